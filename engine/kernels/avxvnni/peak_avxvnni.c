/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <immintrin.h>

#include "engine/peak.h"

void edy_peak_avxvnni_s8(size_t turns) {
    const __m256i x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(1);
    __m256i acc[EDY_PEAK_CHAINS];
    for (int i = 0; i < EDY_PEAK_CHAINS; i++)
        acc[i] = _mm256_set1_epi32(i);
    for (size_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < EDY_PEAK_CHAINS; i++)
            acc[i] = _mm256_dpbusd_avx_epi32(acc[i], x, y);
    for (int i = 1; i < EDY_PEAK_CHAINS; i++)
        acc[0] = _mm256_add_epi32(acc[0], acc[i]);
    volatile int keep = _mm256_cvtsi256_si32(acc[0]); /* so that the sums are computed */
    (void)keep;
}
