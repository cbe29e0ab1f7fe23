/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/scalar/scalar.h"

void edy_kernels_scalar(edy_kernels *k) {
    edy_scalar_f32_dense(k);
    edy_scalar_f32_depthwise(k);
    edy_scalar_f32_pool(k);
    edy_scalar_f32_elementwise(k);
    edy_scalar_s8_dense(k);
    edy_scalar_s8_depthwise(k);
    edy_scalar_s8_pool(k);
    edy_scalar_s8_elementwise(k);
}
