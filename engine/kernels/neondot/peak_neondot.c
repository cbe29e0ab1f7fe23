/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <arm_neon.h>

#include "engine/peak.h"

void edy_peak_neondot_s8(size_t turns) {
    const int8x16_t x = vdupq_n_s8(3), y = vdupq_n_s8(1);
    int32x4_t acc[EDY_PEAK_CHAINS];
    for (int i = 0; i < EDY_PEAK_CHAINS; i++)
        acc[i] = vdupq_n_s32(i);
    for (size_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < EDY_PEAK_CHAINS; i++)
            acc[i] = vdotq_s32(acc[i], x, y);
    for (int i = 1; i < EDY_PEAK_CHAINS; i++)
        acc[0] = vaddq_s32(acc[0], acc[i]);
    volatile int32_t keep = vaddvq_s32(acc[0]); /* so that the sums are computed */
    (void)keep;
}
