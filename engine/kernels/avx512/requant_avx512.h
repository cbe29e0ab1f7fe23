/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The epilogue of s8 kernels, sixteen lanes of requant.h at a time, bit for bit; requant_avx2.h has
 * the same in eight. */
#ifndef EDY_KERNELS_REQUANT_AVX512_H
#define EDY_KERNELS_REQUANT_AVX512_H

#include <string.h>

#include "engine/kernels/avx512/avx512.h"

/* Parameters of sixteen output channels. For EDY_RULE_ONNX scale holds the float multiplier, for
 * EDY_RULE_TFLITE the fixed-point one; left and right are its shift, of which one is 0. */
typedef struct edy_avx512_scale {
    int32_t scale[16], left[16], right[16];
} edy_avx512_scale;

/* lane: 0..15; channel: index into weights' arrays. */
static inline void edy_avx512_scale_set(edy_avx512_scale *s, size_t lane,
                                        const edy_s8_weights *weights, size_t channel) {
    if (weights->rule == EDY_RULE_ONNX) {
        memcpy(&s->scale[lane], &weights->multiplier[channel], sizeof(float));
        return;
    }
    const edy_fixed f = weights->fixed[channel];
    s->scale[lane] = f.q;
    s->left[lane] = f.shift > 0 ? f.shift : 0;
    s->right[lane] = f.shift > 0 ? 0 : -f.shift;
}

/* Output side, broadcast once a call. */
typedef struct edy_avx512_output {
    __m512i zero_point; /* int16 */
    __m512i low, high;  /* int8 */
} edy_avx512_output;

static inline edy_avx512_output edy_avx512_output_make(const edy_s8_output *o) {
    return (edy_avx512_output){.zero_point = _mm512_set1_epi16((short)o->zero_point),
                               .low = _mm512_set1_epi8((char)o->low),
                               .high = _mm512_set1_epi8((char)o->high)};
}

/* edy_onnx_requant up to the rounding. Its clamp comes later: the bounds are integers, so bounding
 * before or after rounding is the same. Here only what leaves int32 upwards is caught; downwards
 * the conversion gives INT32_MIN, which is as good. */
static inline __m512i edy_avx512_scale_onnx(__m512i acc, __m512 multiplier) {
    const __m512 f = _mm512_mul_ps(_mm512_cvtepi32_ps(acc), multiplier);
    return _mm512_cvtps_epi32(_mm512_min_ps(f, _mm512_set1_ps(32767.0f)));
}

/* edy_tflite_high_mul for q >= 0, where it never saturates: the division that rounds half up is
 * floor((x*q + 2^30) / 2^31), of which 32 bits are wanted, so a logical shift will do. Even lanes
 * have them in the middle of their 64-bit product, odd ones in its upper half after doubling. */
static inline __m512i edy_avx512_high_mul(__m512i x, __m512i q) {
    const __m512i nudge = _mm512_set1_epi64(INT64_C(1) << 30);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, q), nudge);
    const __m512i odd = _mm512_add_epi64(
        _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(q, 32)), nudge);
    return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}

/* edy_tflite_shift_right. */
static inline __m512i edy_avx512_shift_right(__m512i x, __m512i right) {
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
    const __m512i negative = _mm512_srli_epi32(x, 31);
    const __m512i threshold = _mm512_add_epi32(_mm512_srli_epi32(mask, 1), negative);
    const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(x, mask), threshold);
    const __m512i shifted = _mm512_srav_epi32(x, right);
    return _mm512_mask_add_epi32(shifted, up, shifted, one);
}

/* edy_tflite_scale. */
static inline __m512i edy_avx512_scale_tflite(__m512i acc, const edy_avx512_scale *s) {
    const __m512i q = _mm512_load_si512(s->scale);
    const __m512i left = _mm512_load_si512(s->left), right = _mm512_load_si512(s->right);
    return edy_avx512_shift_right(edy_avx512_high_mul(_mm512_sllv_epi32(acc, left), q), right);
}

/* Sixteen accumulators, scaled and rounded, before the zero point. */
static inline __m512i edy_avx512_scale_acc(edy_rule rule, __m512i acc, const edy_avx512_scale *s) {
    return rule == EDY_RULE_ONNX ? edy_avx512_scale_onnx(acc, _mm512_load_ps(s->scale))
                                 : edy_avx512_scale_tflite(acc, s);
}

/* Four vectors of scaled values -> bytes: the zero point is added, the clamp applied. All three
 * steps of narrowing saturate, which changes nothing, since the clamp's bounds are bytes. Packing
 * works in quarters of a register: quarter i of the result holds quarters i of the four in turn. */
static inline __m512i edy_avx512_narrow_quarters(const __m512i v[4], const edy_avx512_output *o) {
    const __m512i a = _mm512_adds_epi16(_mm512_packs_epi32(v[0], v[1]), o->zero_point);
    const __m512i b = _mm512_adds_epi16(_mm512_packs_epi32(v[2], v[3]), o->zero_point);
    return _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(a, b), o->low), o->high);
}

/* The same, all of v[0] first, then v[1], v[2], v[3]. */
static inline __m512i edy_avx512_narrow(const __m512i v[4], const edy_avx512_output *o) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, edy_avx512_narrow_quarters(v, o));
}

#endif
