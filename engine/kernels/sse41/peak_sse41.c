/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <smmintrin.h>

#include "engine/peak.h"

void edy_peak_sse41_f32(size_t turns) {
    const __m128 x = _mm_set1_ps(0.999f), y = _mm_set1_ps(1e-3f);
    __m128 acc[EDY_PEAK_CHAINS];
    for (int i = 0; i < EDY_PEAK_CHAINS; i++)
        acc[i] = _mm_set1_ps((float)i);
    for (size_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < EDY_PEAK_CHAINS; i++)
            acc[i] = _mm_add_ps(_mm_mul_ps(acc[i], x), y);
    for (int i = 1; i < EDY_PEAK_CHAINS; i++)
        acc[0] = _mm_add_ps(acc[0], acc[i]);
    volatile float keep = _mm_cvtss_f32(acc[0]); /* so that the sums are computed */
    (void)keep;
}

/* A sum of products is pmaddwd and paddd; each product depends on the last sum, or it would be
 * taken out of the loop. */
void edy_peak_sse41_s8(size_t turns) {
    const __m128i x = _mm_set1_epi16(3), y = _mm_set1_epi32(7);
    __m128i acc[EDY_PEAK_CHAINS];
    for (int i = 0; i < EDY_PEAK_CHAINS; i++)
        acc[i] = _mm_set1_epi32(i);
    for (size_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < EDY_PEAK_CHAINS; i++)
            acc[i] = _mm_add_epi32(_mm_madd_epi16(acc[i], x), y);
    for (int i = 1; i < EDY_PEAK_CHAINS; i++)
        acc[0] = _mm_add_epi32(acc[0], acc[i]);
    volatile int keep = _mm_cvtsi128_si32(acc[0]);
    (void)keep;
}
