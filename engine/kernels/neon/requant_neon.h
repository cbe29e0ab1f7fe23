/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The epilogue of s8 kernels, four lanes of requant.h at a time, bit for bit. */
#ifndef EDY_KERNELS_REQUANT_NEON_H
#define EDY_KERNELS_REQUANT_NEON_H

#include <string.h>

#include "engine/kernels/neon/neon.h"

/* What the kernels of eight output channels need besides weights. For EDY_RULE_ONNX scale holds the
 * float multiplier, for EDY_RULE_TFLITE the fixed-point one with its shift: left where positive. */
typedef struct edy_neon_head {
    int32_t bias[8], scale[8], shift[8];
    int32_t wide; /* some weight does not fit in a byte */
    int32_t unused[7];
} edy_neon_head;

/* lane: 0..7; channel: index into weights' arrays. */
static inline void edy_neon_head_set(edy_neon_head *h, size_t lane, const edy_s8_weights *weights,
                                     size_t channel) {
    h->bias[lane] = weights->bias[channel];
    h->wide = !weights->narrow;
    if (weights->rule == EDY_RULE_ONNX) {
        memcpy(&h->scale[lane], &weights->multiplier[channel], sizeof(float));
        return;
    }
    h->scale[lane] = weights->fixed[channel].q;
    h->shift[lane] = weights->fixed[channel].shift;
}

/* Output side, broadcast once a call. */
typedef struct edy_neon_output {
    int16x8_t zero_point;
    int8x16_t low, high;
} edy_neon_output;

static inline edy_neon_output edy_neon_output_make(const edy_s8_output *o) {
    return (edy_neon_output){.zero_point = vdupq_n_s16((int16_t)o->zero_point),
                             .low = vdupq_n_s8((int8_t)o->low),
                             .high = vdupq_n_s8((int8_t)o->high)};
}

/* edy_onnx_requant up to the rounding. Its clamp comes later: the bounds are integers, so bounding
 * before or after rounding is the same, and a product that leaves int32 saturates. */
static inline int32x4_t edy_neon_scale_onnx(int32x4_t acc, float32x4_t multiplier) {
    return vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(acc), multiplier));
}

/* edy_tflite_scale. VQRDMULH is edy_tflite_high_mul: half up, and it saturates. VRSHL rounds half
 * up; one less for negative values makes that away from zero (x & right is negative where both
 * are; the shift of 0 rounds nothing, and the lowest value divides exactly). */
static inline int32x4_t edy_neon_scale_tflite(int32x4_t acc, int32x4_t q, int32x4_t shift) {
    const int32x4_t left = vmaxq_s32(shift, vdupq_n_s32(0));
    const int32x4_t right = vminq_s32(shift, vdupq_n_s32(0));
    const int32x4_t x = vqrdmulhq_s32(vshlq_s32(acc, left), q);
    const int32x4_t away = vshrq_n_s32(vandq_s32(x, right), 31);
    return vrshlq_s32(vqaddq_s32(x, away), right);
}

/* Four accumulators of the channels from `lane` (0 or 4) on, scaled and rounded, before the zero
 * point. */
static inline int32x4_t edy_neon_scale_acc(edy_rule rule, int32x4_t acc, const edy_neon_head *h,
                                           size_t lane) {
    const int32x4_t scale = vld1q_s32(h->scale + lane);
    return rule == EDY_RULE_ONNX ? edy_neon_scale_onnx(acc, vreinterpretq_f32_s32(scale))
                                 : edy_neon_scale_tflite(acc, scale, vld1q_s32(h->shift + lane));
}

/* Eight scaled values -> int16 with the zero point. Both steps saturate, as does the narrowing
 * after them, which changes nothing, since the clamp's bounds are bytes. */
static inline int16x8_t edy_neon_shifted(int32x4_t lower, int32x4_t upper,
                                         const edy_neon_output *o) {
    return vqaddq_s16(vcombine_s16(vqmovn_s32(lower), vqmovn_s32(upper)), o->zero_point);
}

/* Sixteen of those -> bytes within the clamp. */
static inline int8x16_t edy_neon_narrow(int16x8_t lower, int16x8_t upper,
                                        const edy_neon_output *o) {
    const int8x16_t bytes = vcombine_s8(vqmovn_s16(lower), vqmovn_s16(upper));
    return vminq_s8(vmaxq_s8(bytes, o->low), o->high);
}

/* Requantizes 16 accumulators: the eight channels of `first` and those of `second`. */
static inline int8x16_t edy_neon_requant(edy_rule rule, const int32x4_t acc[4],
                                         const edy_neon_head *first, const edy_neon_head *second,
                                         const edy_neon_output *o) {
    const int16x8_t lower = edy_neon_shifted(edy_neon_scale_acc(rule, acc[0], first, 0),
                                             edy_neon_scale_acc(rule, acc[1], first, 4), o);
    const int16x8_t upper = edy_neon_shifted(edy_neon_scale_acc(rule, acc[2], second, 0),
                                             edy_neon_scale_acc(rule, acc[3], second, 4), o);
    return edy_neon_narrow(lower, upper, o);
}

/* The first n (1..8) bytes. */
static inline void edy_neon_store_8(int8_t *to, int8x8_t bytes, size_t n) {
    if (n >= 8) {
        vst1_s8(to, bytes);
        return;
    }
    int8_t all[8];
    vst1_s8(all, bytes);
    for (size_t i = 0; i < n; i++)
        to[i] = all[i];
}

#endif
