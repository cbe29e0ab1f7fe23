/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* winograd/f32_winograd.h has the algorithm. */
#include "engine/kernels/avx512/avx512.h"

enum { LANES = 16 };

typedef __m512 vec;
typedef struct vec_bounds {
    vec low, high;
} vec_bounds;

static inline vec_bounds vec_bounds_make(const edy_f32_clamp *clamp) {
    return (vec_bounds){_mm512_set1_ps(clamp->low), _mm512_set1_ps(clamp->high)};
}
static inline vec vec_bound(vec x, const vec_bounds *b) {
    return edy_avx512_clamp(x, b->low, b->high);
}
static inline vec vec_splat(float x) {
    return _mm512_set1_ps(x);
}
static inline vec vec_add(vec a, vec b) {
    return _mm512_add_ps(a, b);
}
static inline vec vec_sub(vec a, vec b) {
    return _mm512_sub_ps(a, b);
}
static inline vec vec_fma(vec a, vec b, vec c) {
    return _mm512_fmadd_ps(a, b, c);
}
static inline vec vec_fnma(vec a, vec b, vec c) {
    return _mm512_fnmadd_ps(a, b, c);
}
static inline vec vec_load(const float *x) {
    return _mm512_loadu_ps(x);
}
static inline void vec_store(float *to, vec x) {
    _mm512_storeu_ps(to, x);
}
static inline vec vec_load_first(const float *x, size_t n) {
    return _mm512_maskz_loadu_ps(edy_avx512_first_lanes(n), x);
}
static inline void vec_store_first(float *to, vec x, size_t n) {
    _mm512_mask_storeu_ps(to, edy_avx512_first_lanes(n), x);
}

#include "engine/kernels/winograd/f32_winograd.h"

void edy_avx512_f32_winograd(edy_kernels *k) {
    k->f32_winograd[EDY_WINOGRAD_2X2] = (edy_f32_winograd){
        .name = "f32_winograd_2x2__avx512", .out = 2, .input = input_2x2, .output = output_2x2};
    k->f32_winograd[EDY_WINOGRAD_4X4] = (edy_f32_winograd){
        .name = "f32_winograd_4x4__avx512", .out = 4, .input = input_4x4, .output = output_4x4};
}
