/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/avx512/avx512.h"

void edy_kernels_avx512(edy_kernels *k) {
    edy_kernels_avx2(k);
    edy_avx512_f32_dense(k);
    edy_avx512_f32_depthwise(k);
    edy_avx512_f32_winograd(k);
    edy_avx512_f32_pool(k);
    edy_avx512_f32_elementwise(k);
    edy_avx512_s8_pool(k);
    edy_avx512_s8_elementwise(k);
}
