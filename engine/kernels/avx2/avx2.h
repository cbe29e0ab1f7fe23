/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The AVX2 + FMA backend, and what its files share. Only this folder is compiled with -mavx2 -mfma.
 * Each file gives one function that overrides its entries. */
#ifndef EDY_KERNELS_AVX2_H
#define EDY_KERNELS_AVX2_H

#include <immintrin.h>

#include "engine/kernel.h"

void edy_avx2_f32_dense(edy_kernels *k);
void edy_avx2_f32_depthwise(edy_kernels *k);
void edy_avx2_f32_winograd(edy_kernels *k);
void edy_avx2_f32_pool(edy_kernels *k);
void edy_avx2_f32_elementwise(edy_kernels *k);
void edy_avx2_s8_dense(edy_kernels *k);
void edy_avx2_s8_winograd(edy_kernels *k);
void edy_avx2_s16_dense(edy_kernels *k);
void edy_avx2_s8_depthwise(edy_kernels *k);
void edy_avx2_s8_pool(edy_kernels *k);
void edy_avx2_s8_elementwise(edy_kernels *k);

/* Lane mask for the first n (1..8) of eight 32-bit lanes. */
static inline __m256i edy_avx2_first_lanes(size_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}

/* low <= x <= high; NaN comes out as NaN: max and min return their second operand then. */
static inline __m256 edy_avx2_clamp(__m256 x, __m256 low, __m256 high) {
    return _mm256_min_ps(high, _mm256_max_ps(low, x));
}

#endif
