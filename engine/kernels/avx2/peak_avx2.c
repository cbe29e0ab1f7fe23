/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <immintrin.h>

#include "engine/peak.h"

void edy_peak_avx2_f32(size_t turns) {
    const __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
    __m256 acc[EDY_PEAK_CHAINS];
    for (int i = 0; i < EDY_PEAK_CHAINS; i++)
        acc[i] = _mm256_set1_ps((float)i);
    for (size_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < EDY_PEAK_CHAINS; i++)
            acc[i] = _mm256_fmadd_ps(acc[i], x, y);
    for (int i = 1; i < EDY_PEAK_CHAINS; i++)
        acc[0] = _mm256_add_ps(acc[0], acc[i]);
    volatile float keep = _mm256_cvtss_f32(acc[0]); /* so that the sums are computed */
    (void)keep;
}

/* A sum of products is vpmaddwd and vpaddd; each product depends on the last sum, or it would be
 * taken out of the loop. */
void edy_peak_avx2_s8(size_t turns) {
    const __m256i x = _mm256_set1_epi16(3), y = _mm256_set1_epi32(7);
    __m256i acc[EDY_PEAK_CHAINS];
    for (int i = 0; i < EDY_PEAK_CHAINS; i++)
        acc[i] = _mm256_set1_epi32(i);
    for (size_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < EDY_PEAK_CHAINS; i++)
            acc[i] = _mm256_add_epi32(_mm256_madd_epi16(acc[i], x), y);
    for (int i = 1; i < EDY_PEAK_CHAINS; i++)
        acc[0] = _mm256_add_epi32(acc[0], acc[i]);
    volatile int keep = _mm256_cvtsi256_si32(acc[0]);
    (void)keep;
}
