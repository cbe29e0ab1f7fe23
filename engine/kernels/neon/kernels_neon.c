/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/neon/neon.h"

void edy_kernels_neon(edy_kernels *k) {
    edy_neon_f32_dense(k);
    edy_neon_f32_depthwise(k);
    edy_neon_f32_winograd(k);
    edy_neon_f32_pool(k);
    edy_neon_f32_elementwise(k);
    edy_neon_s8_dense(k);
    edy_neon_s8_winograd(k);
    edy_neon_s16_dense(k);
    edy_neon_s8_depthwise(k);
    edy_neon_s8_pool(k);
    edy_neon_s8_elementwise(k);
}
