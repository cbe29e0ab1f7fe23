/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/avx2/avx2.h"

void edy_kernels_avx2(edy_kernels *k) {
    edy_avx2_f32_dense(k);
    edy_avx2_f32_depthwise(k);
    edy_avx2_f32_winograd(k);
    edy_avx2_f32_pool(k);
    edy_avx2_f32_elementwise(k);
    edy_avx2_s8_dense(k);
    edy_avx2_s8_winograd(k);
    edy_avx2_s16_dense(k);
    edy_avx2_s8_depthwise(k);
    edy_avx2_s8_pool(k);
    edy_avx2_s8_elementwise(k);
}
