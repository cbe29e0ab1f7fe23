/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <smmintrin.h>

#include "engine/peak.h"

/* A sum of products is two instructions; each product depends on the last sum. As text: GCC would
 * begin all products first and run out of registers. */
#define BEGIN(n) __m128 acc##n = _mm_set1_ps(n);
#define TURN(n) __asm__("mulps %1, %0\n\taddps %2, %0" : "+x"(acc##n) : "x"(x), "x"(y));
#define END(n) sum = _mm_add_ps(sum, acc##n);
void edy_peak_sse41_f32(size_t turns) {
    const __m128 x = _mm_set1_ps(0.999f), y = _mm_set1_ps(1e-3f);
    __m128 sum = x;
    EDY_PEAK_CHAIN_MAP(BEGIN)
    for (size_t t = 0; t < turns; t++) {
        EDY_PEAK_CHAIN_MAP(TURN)
    }
    EDY_PEAK_CHAIN_MAP(END)
    volatile float keep = _mm_cvtss_f32(sum); /* so that the sums are computed */
    (void)keep;
}
#undef BEGIN
#undef TURN
#undef END

#define BEGIN(n) __m128i acc##n = _mm_set1_epi32(n);
#define TURN(n) __asm__("pmaddwd %1, %0\n\tpaddd %2, %0" : "+x"(acc##n) : "x"(x), "x"(y));
#define END(n) sum = _mm_add_epi32(sum, acc##n);
void edy_peak_sse41_s8(size_t turns) {
    const __m128i x = _mm_set1_epi16(3), y = _mm_set1_epi32(7);
    __m128i sum = x;
    EDY_PEAK_CHAIN_MAP(BEGIN)
    for (size_t t = 0; t < turns; t++) {
        EDY_PEAK_CHAIN_MAP(TURN)
    }
    EDY_PEAK_CHAIN_MAP(END)
    volatile int keep = _mm_cvtsi128_si32(sum); /* so that the sums are computed */
    (void)keep;
}
#undef BEGIN
#undef TURN
#undef END
