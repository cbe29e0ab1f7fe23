/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The epilogue of s8 kernels, eight lanes of requant.h at a time, bit for bit. */
#ifndef EDY_KERNELS_REQUANT_AVX2_H
#define EDY_KERNELS_REQUANT_AVX2_H

#include <string.h>

#include "engine/kernels/avx2/avx2.h"

/* Parameters of eight output channels. For EDY_RULE_ONNX scale holds the float multiplier, for
 * EDY_RULE_TFLITE the fixed-point one; left and right are its shift, of which one is 0. */
typedef struct edy_avx2_scale {
    int32_t scale[8], left[8], right[8];
} edy_avx2_scale;

/* lane: 0..7; channel: index into weights' arrays. */
static inline void edy_avx2_scale_set(edy_avx2_scale *s, size_t lane, const edy_s8_weights *weights,
                                      size_t channel) {
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
typedef struct edy_avx2_output {
    __m256i zero_point; /* int16 */
    __m256i low, high;  /* int8 */
} edy_avx2_output;

static inline edy_avx2_output edy_avx2_output_make(const edy_s8_output *o) {
    return (edy_avx2_output){.zero_point = _mm256_set1_epi16((short)o->zero_point),
                             .low = _mm256_set1_epi8((char)o->low),
                             .high = _mm256_set1_epi8((char)o->high)};
}

/* edy_onnx_requant up to the rounding. Its clamp comes later: the bounds are integers, so bounding
 * before or after rounding is the same. Here only what leaves int32 upwards is caught; downwards
 * the conversion gives INT32_MIN, which is as good. */
static inline __m256i edy_avx2_scale_onnx(__m256i acc, __m256 multiplier) {
    const __m256 f = _mm256_mul_ps(_mm256_cvtepi32_ps(acc), multiplier);
    return _mm256_cvtps_epi32(_mm256_min_ps(f, _mm256_set1_ps(32767.0f)));
}

/* edy_tflite_high_mul for q >= 0, where it never saturates: the division that rounds half up is
 * floor((x*q + 2^30) / 2^31), of which 32 bits are wanted, so a logical shift will do. Even lanes
 * have them in the middle of their 64-bit product, odd ones in its upper half after doubling. */
static inline __m256i edy_avx2_high_mul(__m256i x, __m256i q) {
    const __m256i nudge = _mm256_set1_epi64x(INT64_C(1) << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, q), nudge);
    const __m256i odd = _mm256_add_epi64(
        _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(q, 32)), nudge);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
}

/* edy_tflite_shift_right; a comparison is -1 where true. */
static inline __m256i edy_avx2_shift_right(__m256i x, __m256i right) {
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
    const __m256i negative = _mm256_cmpgt_epi32(_mm256_setzero_si256(), x);
    const __m256i threshold = _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), negative);
    const __m256i up = _mm256_cmpgt_epi32(_mm256_and_si256(x, mask), threshold);
    return _mm256_sub_epi32(_mm256_srav_epi32(x, right), up);
}

/* edy_tflite_scale. */
static inline __m256i edy_avx2_scale_tflite(__m256i acc, const edy_avx2_scale *s) {
    const __m256i q = _mm256_load_si256((const __m256i *)s->scale);
    const __m256i left = _mm256_load_si256((const __m256i *)s->left);
    const __m256i right = _mm256_load_si256((const __m256i *)s->right);
    return edy_avx2_shift_right(edy_avx2_high_mul(_mm256_sllv_epi32(acc, left), q), right);
}

/* Eight accumulators, scaled and rounded, before the zero point. */
static inline __m256i edy_avx2_scale_acc(edy_rule rule, __m256i acc, const edy_avx2_scale *s) {
    return rule == EDY_RULE_ONNX ? edy_avx2_scale_onnx(acc, _mm256_load_ps((const float *)s->scale))
                                 : edy_avx2_scale_tflite(acc, s);
}

/* Two rows of sixteen scaled values each -> bytes: the zero point is added, the clamp applied. All
 * three steps of narrowing saturate, which changes nothing, since the clamp's bounds are bytes. */
static inline void edy_avx2_finish(const __m256i first[2], const __m256i second[2],
                                   const edy_avx2_output *o, __m128i bytes[2]) {
    const __m256i a = _mm256_adds_epi16(_mm256_packs_epi32(first[0], first[1]), o->zero_point);
    const __m256i b = _mm256_adds_epi16(_mm256_packs_epi32(second[0], second[1]), o->zero_point);
    /* Packing works in halves of a register; this puts the groups of four back in order. */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i mixed = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(a, b), order);
    const __m256i bounded = _mm256_min_epi8(_mm256_max_epi8(mixed, o->low), o->high);
    bytes[0] = _mm256_castsi256_si128(bounded);
    bytes[1] = _mm256_extracti128_si256(bounded, 1);
}

/* Sixteen int32 in [-128, 127] -> sixteen bytes in order. */
static inline __m128i edy_avx2_narrow(__m256i a, __m256i b) {
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xD8);
    return _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

/* n (1..16) bytes and zeros, reading no others. */
static inline __m128i edy_avx2_load_bytes(const int8_t *from, size_t n) {
    if (n >= 16)
        return _mm_loadu_si128((const __m128i *)from);
    if (n == 8)
        return _mm_loadl_epi64((const __m128i *)from);
    uint64_t lower = 0, upper = 0;
    if (n > 8) {
        memcpy(&lower, from, 8);
        memcpy(&upper, from + n - 8, 8);
        return _mm_set_epi64x((long long)(upper >> (16 - n) * 8), (long long)lower);
    }
    if (n >= 4) {
        uint32_t first, last;
        memcpy(&first, from, 4);
        memcpy(&last, from + n - 4, 4);
        return _mm_cvtsi64_si128((long long)(first | (uint64_t)last << (n - 4) * 8));
    }
    for (size_t i = 0; i < n; i++)
        lower |= (uint64_t)(uint8_t)from[i] << i * 8;
    return _mm_cvtsi64_si128((long long)lower);
}

/* The first n (1..16) bytes. */
static inline void edy_avx2_store_bytes(int8_t *to, __m128i bytes, size_t n) {
    if (n >= 16) {
        _mm_storeu_si128((__m128i *)to, bytes);
        return;
    }
    int8_t all[16];
    _mm_storeu_si128((__m128i *)all, bytes);
    size_t done = 0;
    if (n & 8) {
        memcpy(to, all, 8);
        done = 8;
    }
    if (n & 4) {
        memcpy(to + done, all + done, 4);
        done += 4;
    }
    for (; done < n; done++)
        to[done] = all[done];
}

#endif
