/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* winograd/f32_winograd.h has the algorithm. */
#include "engine/kernels/neon/neon.h"

enum { LANES = 4 };

typedef float32x4_t vec;
typedef edy_neon_clamp vec_bounds;

static inline vec_bounds vec_bounds_make(const edy_f32_clamp *clamp) {
    return edy_neon_clamp_make(clamp);
}
static inline vec vec_bound(vec x, const vec_bounds *b) {
    return edy_neon_clamped(x, b);
}
static inline vec vec_splat(float x) {
    return vdupq_n_f32(x);
}
static inline vec vec_add(vec a, vec b) {
    return vaddq_f32(a, b);
}
static inline vec vec_sub(vec a, vec b) {
    return vsubq_f32(a, b);
}
static inline vec vec_fma(vec a, vec b, vec c) {
    return vfmaq_f32(c, a, b);
}
static inline vec vec_fnma(vec a, vec b, vec c) {
    return vfmsq_f32(c, a, b);
}
static inline vec vec_load(const float *x) {
    return vld1q_f32(x);
}
static inline void vec_store(float *to, vec x) {
    vst1q_f32(to, x);
}
static inline vec vec_load_first(const float *x, size_t n) {
    return edy_neon_load_f32(x, n);
}
static inline void vec_store_first(float *to, vec x, size_t n) {
    edy_neon_store_f32(to, x, n);
}

#include "engine/kernels/winograd/f32_winograd.h"

void edy_neon_f32_winograd(edy_kernels *k) {
    k->f32_winograd[EDY_WINOGRAD_2X2] = (edy_f32_winograd){
        .name = "f32_winograd_2x2__neon", .out = 2, .input = input_2x2, .output = output_2x2};
    k->f32_winograd[EDY_WINOGRAD_4X4] = (edy_f32_winograd){
        .name = "f32_winograd_4x4__neon", .out = 4, .input = input_4x4, .output = output_4x4};
}
