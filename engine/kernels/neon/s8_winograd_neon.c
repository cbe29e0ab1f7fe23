/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* winograd/s8_winograd.h has the algorithm. */
#include "engine/kernels/neon/requant_neon.h"
#include "engine/kernels/row.h"

enum { LANES = 4, BLOCK = 8 };

typedef int16x8_t v16;
typedef int32x4_t v32;

static inline v16 v16_widen(const int8_t *x) {
    return vmovl_s8(vld1_s8(x));
}
static inline v16 v16_add(v16 a, v16 b) {
    return vaddq_s16(a, b);
}
static inline v16 v16_sub(v16 a, v16 b) {
    return vsubq_s16(a, b);
}
static inline v16 v16_by_4(v16 x) {
    return vshlq_n_s16(x, 2);
}
static inline void v16_store(int16_t *to, v16 x) {
    vst1q_s16(to, x);
}

static inline v32 v32_splat(int32_t x) {
    return vdupq_n_s32(x);
}
static inline v32 v32_add(v32 a, v32 b) {
    return vaddq_s32(a, b);
}
static inline v32 v32_sub(v32 a, v32 b) {
    return vsubq_s32(a, b);
}
static inline v32 v32_by_4(v32 x) {
    return vshlq_n_s32(x, 2);
}
static inline v32 v32_quarter(v32 x) {
    return vshrq_n_s32(x, 2);
}
static inline v32 v32_576th(v32 x) {
    return vshrq_n_s32(vmulq_s32(x, vdupq_n_s32(0x38E38E39)), 6);
}
static inline v32 v32_load(const int32_t *x) {
    return vld1q_s32(x);
}
static inline v32 v32_load_first(const int32_t *x, size_t n) {
    int32_t all[LANES] = {0};
    memcpy(all, x, n * sizeof *x);
    return vld1q_s32(all);
}

typedef edy_neon_head block_scale;

static size_t scale_bytes(size_t channels) {
    return edy_div_up(channels, BLOCK) * sizeof(block_scale);
}

static void pack_scale(size_t channels, const edy_s8_weights *weights, void *packed) {
    memset(packed, 0, scale_bytes(channels));
    for (size_t n = 0; n < channels; n++)
        edy_neon_head_set((block_scale *)packed + n / BLOCK, n % BLOCK, weights, n);
}

static inline v32 block_bias(const block_scale *s, size_t half) {
    return vld1q_s32(s->bias + half * LANES);
}
static inline v32 block_scaled(edy_rule rule, v32 x, const block_scale *s, size_t half) {
    return edy_neon_scale_acc(rule, x, s, half * LANES);
}

typedef edy_neon_output block_output;
static inline block_output block_output_make(const edy_s8_output *o) {
    return edy_neon_output_make(o);
}

static inline void block_store(const v32 first[2], const v32 second[2], const block_output *o,
                               int8_t *const to[2], size_t cols) {
    const int8x16_t bytes = edy_neon_narrow(edy_neon_shifted(first[0], first[1], o),
                                            edy_neon_shifted(second[0], second[1], o), o);
    edy_neon_store_8(to[0], vget_low_s8(bytes), cols);
    edy_neon_store_8(to[1], vget_high_s8(bytes), cols);
}

#include "engine/kernels/winograd/s8_winograd.h"

void edy_neon_s8_winograd(edy_kernels *k) {
    edy_s8_winograd *onnx = k->s8_winograd[EDY_RULE_ONNX];
    edy_s8_winograd *tflite = k->s8_winograd[EDY_RULE_TFLITE];
    onnx[EDY_WINOGRAD_2X2] = family("s8_winograd_onnx_2x2__neon", 2, input_2x2, output_2x2_onnx);
    onnx[EDY_WINOGRAD_4X4] = family("s8_winograd_onnx_4x4__neon", 4, input_4x4, output_4x4_onnx);
    tflite[EDY_WINOGRAD_2X2] =
        family("s8_winograd_tflite_2x2__neon", 2, input_2x2, output_2x2_tflite);
    tflite[EDY_WINOGRAD_4X4] =
        family("s8_winograd_tflite_4x4__neon", 4, input_4x4, output_4x4_tflite);
}
