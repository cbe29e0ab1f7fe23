/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <arm_neon.h>

#include "engine/peak.h"

void edy_peak_neon_f32(size_t turns) {
    const float32x4_t x = vdupq_n_f32(0.999f), y = vdupq_n_f32(1e-3f);
    float32x4_t acc[EDY_PEAK_CHAINS];
    for (int i = 0; i < EDY_PEAK_CHAINS; i++)
        acc[i] = vdupq_n_f32((float)i);
    for (size_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < EDY_PEAK_CHAINS; i++)
            acc[i] = vfmaq_f32(acc[i], x, y);
    for (int i = 1; i < EDY_PEAK_CHAINS; i++)
        acc[0] = vaddq_f32(acc[0], acc[i]);
    volatile float keep = vaddvq_f32(acc[0]); /* so that the sums are computed */
    (void)keep;
}

/* s8 is widened to s16 outside of the inner loop, whose instruction is smlal. As text: an intrinsic
 * product that never changes is taken out of the loop. */
#define BEGIN(n) int32x4_t acc##n = vdupq_n_s32(n);
#define TURN(n) __asm__("smlal %0.4s, %1.4h, %2.4h" : "+w"(acc##n) : "w"(x), "w"(y));
#define END(n) sum = vaddq_s32(sum, acc##n);
void edy_peak_neon_s8(size_t turns) {
    const int16x4_t x = vdup_n_s16(3), y = vdup_n_s16(7);
    int32x4_t sum = vdupq_n_s32(0);
    EDY_PEAK_CHAIN_MAP(BEGIN)
    for (size_t t = 0; t < turns; t++) {
        EDY_PEAK_CHAIN_MAP(TURN)
    }
    EDY_PEAK_CHAIN_MAP(END)
    volatile int32_t keep = vaddvq_s32(sum); /* so that the sums are computed */
    (void)keep;
}
#undef BEGIN
#undef TURN
#undef END
