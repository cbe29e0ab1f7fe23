/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/sse41/sse41.h"

void edy_kernels_sse41(edy_kernels *k) {
    edy_sse41_f32_dense(k);
    edy_sse41_s8_dense(k);
    edy_sse41_s8_elementwise(k);
}
