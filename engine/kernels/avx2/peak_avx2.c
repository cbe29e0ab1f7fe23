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

/* A sum of products is two instructions; each product depends on the last sum. As text: GCC would
 * begin all products first and run out of registers. */
#define BEGIN(n) __m256i acc##n = _mm256_set1_epi32(n);
#define TURN(n) __asm__("vpmaddwd %1, %0, %0\n\tvpaddd %2, %0, %0" : "+x"(acc##n) : "x"(x), "x"(y));
#define END(n) sum = _mm256_add_epi32(sum, acc##n);
void edy_peak_avx2_s8(size_t turns) {
    const __m256i x = _mm256_set1_epi16(3), y = _mm256_set1_epi32(7);
    __m256i sum = x;
    EDY_PEAK_CHAIN_MAP(BEGIN)
    for (size_t t = 0; t < turns; t++) {
        EDY_PEAK_CHAIN_MAP(TURN)
    }
    EDY_PEAK_CHAIN_MAP(END)
    volatile int keep = _mm256_cvtsi256_si32(sum); /* so that the sums are computed */
    (void)keep;
}
#undef BEGIN
#undef TURN
#undef END
