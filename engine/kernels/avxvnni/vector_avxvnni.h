/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The words that the kernels in engine/kernels/vnni/ are written in, for 256-bit registers;
 * vector_avx512vnni.h says what each does. */
#ifndef EDY_KERNELS_VECTOR_AVXVNNI_H
#define EDY_KERNELS_VECTOR_AVXVNNI_H

#include "engine/kernels/avx2/requant_avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

/* 6 rows by 2 vectors: 12 accumulators, 2 registers of weights and 1 broadcast input of 16. */
enum { LANES = 8, BYTES = 32, MR = 6 };

typedef __m256i vec;
typedef edy_avx2_scale vec_scale;
typedef edy_avx2_output vec_output;

static inline vec_output vec_output_make(const edy_s8_output *o) {
    return edy_avx2_output_make(o);
}

static inline void vec_scale_set(vec_scale *s, size_t lane, const edy_s8_weights *weights,
                                 size_t channel) {
    edy_avx2_scale_set(s, lane, weights, channel);
}

static inline vec vec_scale_acc(edy_rule rule, vec acc, const vec_scale *s) {
    return edy_avx2_scale_acc(rule, acc, s);
}

static inline vec vec_load(const void *aligned) {
    return _mm256_load_si256((const __m256i *)aligned);
}

static inline vec vec_splat(int32_t x) {
    return _mm256_set1_epi32(x);
}

static inline vec vec_dot(vec acc, vec u8, vec s8) {
    return _mm256_dpbusd_avx_epi32(acc, u8, s8);
}

/* Byte i tests bit i % 8 of byte i / 8. */
static inline vec vec_expand_bits(const uint8_t *bits) {
    int32_t word;
    memcpy(&word, bits, sizeof word);
    const vec from =
        _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const vec bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    const vec bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(word), from);
    const vec set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
    return _mm256_and_si256(set, _mm256_set1_epi8(1));
}

static inline vec vec_flip(vec s8) {
    return _mm256_xor_si256(s8, _mm256_set1_epi8((char)0x80));
}

static inline vec vec_load_bytes(const int8_t *x) {
    return _mm256_loadu_si256((const __m256i *)x);
}

/* Masks are of four bytes; other numbers are copied. */
static inline vec vec_load_first(const int8_t *x, size_t n) {
    if (n % 4 == 0)
        return _mm256_maskload_epi32((const int *)x, edy_avx2_first_lanes(n / 4));
    int8_t all[BYTES] = {0};
    memcpy(all, x, n);
    return vec_load_bytes(all);
}

/* Two of 16 bytes and four of 8 are put together in registers, others in memory. */
EDY_SPECIALISE vec vec_load_rows(const int8_t *const *a, size_t step, size_t count, size_t c,
                                 size_t n) {
    if (count == 2 && n == 16)
        return _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(a[step] + c)),
                                _mm_loadu_si128((const __m128i *)(a[0] + c)));
    if (count == 4 && n == 8) {
        __m128i eight[4];
        EDY_UNROLL
        for (size_t i = 0; i < 4; i++)
            eight[i] = _mm_loadl_epi64((const __m128i *)(a[i * step] + c));
        return _mm256_set_m128i(_mm_unpacklo_epi64(eight[2], eight[3]),
                                _mm_unpacklo_epi64(eight[0], eight[1]));
    }
    int8_t all[BYTES] = {0};
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * n, a[i * step] + c, n);
    return vec_load_bytes(all);
}

static inline int vec_rows_apart(const int8_t *const *a, size_t step, size_t count, size_t bytes) {
    uintptr_t differ = 0;
    for (size_t i = 0; i < count; i++)
        differ |= ((uintptr_t)a[i + step] - (uintptr_t)a[i]) ^ bytes;
    return differ == 0;
}

static inline vec vec_zip8_low(vec a, vec b) {
    return _mm256_unpacklo_epi8(a, b);
}
static inline vec vec_zip8_high(vec a, vec b) {
    return _mm256_unpackhi_epi8(a, b);
}
static inline vec vec_zip16_low(vec a, vec b) {
    return _mm256_unpacklo_epi16(a, b);
}
static inline vec vec_zip16_high(vec a, vec b) {
    return _mm256_unpackhi_epi16(a, b);
}

EDY_SPECIALISE void vec_flip_bytes(const int8_t *x, size_t width, uint8_t *out) {
    const vec flip = _mm256_set1_epi8((char)0x80);
    if (width == 16)
        _mm_storeu_si128((__m128i *)out, _mm_xor_si128(_mm_loadu_si128((const void *)x),
                                                       _mm256_castsi256_si128(flip)));
    for (size_t i = 0; i + BYTES <= width; i += BYTES)
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_xor_si256(vec_load_bytes(x + i), flip));
}

/* Of bytes in a general register. */
static inline void vec_flip_8(const int8_t *x, uint8_t *out) {
    uint64_t bytes;
    memcpy(&bytes, x, sizeof bytes);
    bytes ^= 0x8080808080808080u;
    memcpy(out, &bytes, sizeof bytes);
}
static inline void vec_flip_4(const int8_t *x, uint8_t *out) {
    uint32_t bytes;
    memcpy(&bytes, x, sizeof bytes);
    bytes ^= 0x80808080u;
    memcpy(out, &bytes, sizeof bytes);
}

/* The last block overlaps the one before it. */
static inline void vec_flip_run(const int8_t *x, size_t n, uint8_t *out) {
    if (n >= BYTES) {
        for (size_t i = 0; i + BYTES < n; i += BYTES)
            vec_flip_bytes(x + i, BYTES, out + i);
        vec_flip_bytes(x + n - BYTES, BYTES, out + n - BYTES);
    } else if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8)
            vec_flip_8(x + i, out + i);
        vec_flip_8(x + n - 8, out + n - 8);
    } else if (n >= 4) {
        vec_flip_4(x, out);
        vec_flip_4(x + n - 4, out + n - 4);
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = (uint8_t)x[i] ^ 0x80;
    }
}

EDY_SPECIALISE void vec_flip_window(int moved, const int8_t *const *a, size_t a_offset,
                                    const int8_t *zero, size_t kc, size_t ks, uint8_t *out) {
    for (size_t t = 0; t < ks; t++)
        vec_flip_run(moved ? edy_row_s8(a[t * MR], a_offset, zero) : a[t * MR], kc, out + t * kc);
    memset(out + ks * kc, 0, 4);
}

static inline void vec_store_rows(const vec row[4], const vec_output *o, int8_t *const to[2],
                                  size_t cols) {
    __m128i bytes[2];
    edy_avx2_finish(row, row + 2, o, bytes);
    edy_avx2_store_bytes(to[0], bytes[0], cols);
    edy_avx2_store_bytes(to[1], bytes[1], cols);
}

static inline void vec_store_half_rows(const vec row[4], const vec_output *o, int8_t *const to[4],
                                       size_t cols) {
    __m128i bytes[2];
    edy_avx2_finish(row, row + 2, o, bytes);
    EDY_UNROLL
    for (size_t i = 0; i < 4; i++) {
        const __m128i half = i % 2 ? _mm_unpackhi_epi64(bytes[i / 2], bytes[i / 2]) : bytes[i / 2];
        if (cols == LANES)
            _mm_storel_epi64((__m128i *)to[i], half);
        else
            edy_avx2_store_bytes(to[i], half, cols);
    }
}

static inline vec vec_narrow_zipped(const vec v[4], const vec_output *o) {
    const vec a = _mm256_adds_epi16(_mm256_packs_epi32(v[0], v[1]), o->zero_point);
    const vec b = _mm256_adds_epi16(_mm256_packs_epi32(v[2], v[3]), o->zero_point);
    return _mm256_min_epi8(_mm256_max_epi8(_mm256_packs_epi16(a, b), o->low), o->high);
}

static inline void vec_store_first(vec bytes, int8_t *to, size_t n) {
    if (n == BYTES) {
        _mm256_storeu_si256((__m256i *)to, bytes);
        return;
    }
    const size_t half = n < BYTES / 2 ? n : BYTES / 2;
    edy_avx2_store_bytes(to, _mm256_castsi256_si128(bytes), half);
    if (n > half)
        edy_avx2_store_bytes(to + half, _mm256_extracti128_si256(bytes, 1), n - half);
}

static inline void vec_store_split(vec bytes, int8_t *to, size_t stride, size_t count, size_t n) {
    int8_t all[BYTES];
    _mm256_storeu_si256((__m256i *)all, bytes);
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * stride, all + i * n, n);
}

#endif
