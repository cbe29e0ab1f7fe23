/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/limits.h"

edy_limits edy_limits_default(void) {
    return (edy_limits){
        .model_bytes = UINT64_C(2) << 30, .tensor_bytes = UINT64_C(1) << 30, .nodes = 100000};
}
