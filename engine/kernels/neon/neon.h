/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The NEON backend (armv8.0), and what its files share. Each file gives one function that overrides
 * its entries. */
#ifndef EDY_KERNELS_NEON_H
#define EDY_KERNELS_NEON_H

#include <arm_neon.h>

#include "engine/kernel.h"
#include "engine/kernels/unroll.h"

void edy_neon_f32_dense(edy_kernels *k);
void edy_neon_f32_depthwise(edy_kernels *k);
void edy_neon_f32_winograd(edy_kernels *k);
void edy_neon_f32_pool(edy_kernels *k);
void edy_neon_f32_elementwise(edy_kernels *k);
void edy_neon_s8_dense(edy_kernels *k);
void edy_neon_s8_winograd(edy_kernels *k);
void edy_neon_s16_dense(edy_kernels *k);
void edy_neon_s8_depthwise(edy_kernels *k);
void edy_neon_s8_pool(edy_kernels *k);
void edy_neon_s8_elementwise(edy_kernels *k);

/* acc + w * x[lane], fused; lane is a constant 0..3 once inlined. */
EDY_SPECIALISE float32x4_t edy_neon_fma_lane(float32x4_t acc, float32x4_t w, float32x4_t x,
                                             size_t lane) {
    switch (lane) {
    case 0:
        return vfmaq_laneq_f32(acc, w, x, 0);
    case 1:
        return vfmaq_laneq_f32(acc, w, x, 1);
    case 2:
        return vfmaq_laneq_f32(acc, w, x, 2);
    default:
        return vfmaq_laneq_f32(acc, w, x, 3);
    }
}

/* acc + w * x[lane], int16 to int32; lane is a constant 0..7 once inlined. */
EDY_SPECIALISE int32x4_t edy_neon_mlal_lane(int32x4_t acc, int16x4_t w, int16x8_t x, size_t lane) {
    switch (lane) {
    case 0:
        return vmlal_laneq_s16(acc, w, x, 0);
    case 1:
        return vmlal_laneq_s16(acc, w, x, 1);
    case 2:
        return vmlal_laneq_s16(acc, w, x, 2);
    case 3:
        return vmlal_laneq_s16(acc, w, x, 3);
    case 4:
        return vmlal_laneq_s16(acc, w, x, 4);
    case 5:
        return vmlal_laneq_s16(acc, w, x, 5);
    case 6:
        return vmlal_laneq_s16(acc, w, x, 6);
    default:
        return vmlal_laneq_s16(acc, w, x, 7);
    }
}

/* The same with the upper half of w. */
EDY_SPECIALISE int32x4_t edy_neon_mlal_high_lane(int32x4_t acc, int16x8_t w, int16x8_t x,
                                                 size_t lane) {
    switch (lane) {
    case 0:
        return vmlal_high_laneq_s16(acc, w, x, 0);
    case 1:
        return vmlal_high_laneq_s16(acc, w, x, 1);
    case 2:
        return vmlal_high_laneq_s16(acc, w, x, 2);
    case 3:
        return vmlal_high_laneq_s16(acc, w, x, 3);
    case 4:
        return vmlal_high_laneq_s16(acc, w, x, 4);
    case 5:
        return vmlal_high_laneq_s16(acc, w, x, 5);
    case 6:
        return vmlal_high_laneq_s16(acc, w, x, 6);
    default:
        return vmlal_high_laneq_s16(acc, w, x, 7);
    }
}

/* acc + the products of the upper halves. */
static inline int32x4_t edy_neon_mlal_high(int32x4_t acc, int16x8_t a, int16x8_t b) {
    return vmlal_high_s16(acc, a, b);
}

/* Bounds of a clamp, broadcast once a call. */
typedef struct edy_neon_clamp {
    float32x4_t low, high;
} edy_neon_clamp;

static inline edy_neon_clamp edy_neon_clamp_make(const edy_f32_clamp *clamp) {
    return (edy_neon_clamp){vdupq_n_f32(clamp->low), vdupq_n_f32(clamp->high)};
}

/* low <= x <= high. NaN comes out as NaN, which is what FMAX and FMIN do; of zeros of both signs
 * they take +0 and -0. */
static inline float32x4_t edy_neon_clamped(float32x4_t x, const edy_neon_clamp *c) {
    return vminq_f32(vmaxq_f32(x, c->low), c->high);
}

/* The same for kernels that only compare and copy: a zero that is within the bounds keeps its sign.
 * Comparisons with NaN are false, so it stays. */
static inline float32x4_t edy_neon_clamped_exactly(float32x4_t x, const edy_neon_clamp *c) {
    x = vbslq_f32(vcltq_f32(x, c->low), c->low, x);
    return vbslq_f32(vcgtq_f32(x, c->high), c->high, x);
}

/* The first n (1..4) lanes; the others are 0. */
static inline float32x4_t edy_neon_load_f32(const float *x, size_t n) {
    if (n >= 4)
        return vld1q_f32(x);
    float32x4_t all = vdupq_n_f32(0.0f);
    all = vld1q_lane_f32(x, all, 0);
    if (n > 1)
        all = vld1q_lane_f32(x + 1, all, 1);
    if (n > 2)
        all = vld1q_lane_f32(x + 2, all, 2);
    return all;
}

static inline void edy_neon_store_f32(float *to, float32x4_t value, size_t n) {
    if (n >= 4) {
        vst1q_f32(to, value);
        return;
    }
    vst1q_lane_f32(to, value, 0);
    if (n > 1)
        vst1q_lane_f32(to + 1, value, 1);
    if (n > 2)
        vst1q_lane_f32(to + 2, value, 2);
}

#endif
