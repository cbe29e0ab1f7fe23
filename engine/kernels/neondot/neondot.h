/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The NEON backend with the dot product of armv8.2: SDOT adds four products of bytes to each int32
 * lane, exactly. Only this folder is compiled for it; what is not here is NEON's. */
#ifndef EDY_KERNELS_NEONDOT_H
#define EDY_KERNELS_NEONDOT_H

#include "engine/kernels/neon/neon.h"

void edy_neondot_s8_dense(edy_kernels *k);
void edy_neondot_s8_depthwise(edy_kernels *k);

/* acc + the dot products of each four bytes of w with bytes lane * 4 ... of x; lane is a constant
 * 0..3 once inlined. */
EDY_SPECIALISE int32x4_t edy_neondot_lane(int32x4_t acc, int8x16_t w, int8x16_t x, size_t lane) {
    switch (lane) {
    case 0:
        return vdotq_laneq_s32(acc, w, x, 0);
    case 1:
        return vdotq_laneq_s32(acc, w, x, 1);
    case 2:
        return vdotq_laneq_s32(acc, w, x, 2);
    default:
        return vdotq_laneq_s32(acc, w, x, 3);
    }
}

#endif
