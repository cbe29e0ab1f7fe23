/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The words that the kernels in engine/kernels/vnni/ are written in, for 512-bit registers. */
#ifndef EDY_KERNELS_VECTOR_AVX512VNNI_H
#define EDY_KERNELS_VECTOR_AVX512VNNI_H

#include "engine/kernels/avx512/requant_avx512.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

/* 14 rows by 2 vectors: 28 accumulators, 2 registers of weights and 1 broadcast input of 32. 14
 * divides the 14, 28, 56 and 112 rows of common images. */
enum { LANES = 16, BYTES = 64, MR = 14 };

typedef __m512i vec;
typedef edy_avx512_scale vec_scale;
typedef edy_avx512_output vec_output;

static inline vec_output vec_output_make(const edy_s8_output *o) {
    return edy_avx512_output_make(o);
}

static inline void vec_scale_set(vec_scale *s, size_t lane, const edy_s8_weights *weights,
                                 size_t channel) {
    edy_avx512_scale_set(s, lane, weights, channel);
}

static inline vec vec_scale_acc(edy_rule rule, vec acc, const vec_scale *s) {
    return edy_avx512_scale_acc(rule, acc, s);
}

static inline vec vec_load(const void *aligned) {
    return _mm512_load_si512(aligned);
}

static inline vec vec_splat(int32_t x) {
    return _mm512_set1_epi32(x);
}

/* Each lane of acc plus the sum of four products of an unsigned byte and a signed one. */
static inline vec vec_dot(vec acc, vec u8, vec s8) {
    return _mm512_dpbusd_epi32(acc, u8, s8);
}

/* One byte, 0 or 1, for each of BYTES bits. */
static inline vec vec_expand_bits(const uint8_t *bits) {
    uint64_t mask;
    memcpy(&mask, bits, sizeof mask);
    return _mm512_maskz_set1_epi8(mask, 1);
}

/* Signed bytes -> unsigned ones that are 128 more. */
static inline vec vec_flip(vec s8) {
    return _mm512_xor_si512(s8, _mm512_set1_epi8((char)0x80));
}

/* The first n (1..BYTES) bytes at x; the others are 0. */
static inline vec vec_load_first(const int8_t *x, size_t n) {
    return _mm512_maskz_loadu_epi8(edy_avx512_first_bytes(n), x);
}

static inline vec vec_load_bytes(const int8_t *x) {
    return _mm512_loadu_si512(x);
}

/* Bytes or pairs of bytes of a and b in turn, of the first or second half of each 16 bytes. */
static inline vec vec_zip8_low(vec a, vec b) {
    return _mm512_unpacklo_epi8(a, b);
}
static inline vec vec_zip8_high(vec a, vec b) {
    return _mm512_unpackhi_epi8(a, b);
}
static inline vec vec_zip16_low(vec a, vec b) {
    return _mm512_unpacklo_epi16(a, b);
}
static inline vec vec_zip16_high(vec a, vec b) {
    return _mm512_unpackhi_epi16(a, b);
}

/* width bytes, a constant 16, 32 or 64, flipped. */
EDY_SPECIALISE void vec_flip_bytes(const int8_t *x, size_t width, uint8_t *out) {
    const vec flip = _mm512_set1_epi8((char)0x80);
    if (width == 64)
        _mm512_storeu_si512(out, _mm512_xor_si512(_mm512_loadu_si512(x), flip));
    else if (width == 32)
        _mm256_storeu_si256((__m256i *)out, _mm256_xor_si256(_mm256_loadu_si256((const void *)x),
                                                             _mm512_castsi512_si256(flip)));
    else
        _mm_storeu_si128((__m128i *)out, _mm_xor_si128(_mm_loadu_si128((const void *)x),
                                                       _mm512_castsi512_si128(flip)));
}

/* n bytes, flipped; up to BYTES - 1 bytes more may be written. */
static inline void vec_flip_run(const int8_t *x, size_t n, uint8_t *out) {
    size_t i = 0;
    for (; i + BYTES <= n; i += BYTES)
        _mm512_storeu_si512(out + i, vec_flip(vec_load_bytes(x + i)));
    if (i < n)
        _mm512_storeu_si512(out + i, vec_flip(vec_load_first(x + i, n - i)));
}

/* The whole reduction of one row, ks * kc <= BYTES bytes, flipped, where a[t * MR] lists its taps,
 * which a_offset moves if `moved` is set: put together in a register, each tap by a load that
 * begins as far before the tap as bytes are there already, with only the tap's own bytes on. Writes
 * BYTES bytes. */
EDY_SPECIALISE void vec_flip_window(int moved, const int8_t *const *a, size_t a_offset,
                                    const int8_t *zero, size_t kc, size_t ks, uint8_t *out) {
    const __mmask64 first = edy_avx512_first_bytes(kc);
    vec all = _mm512_setzero_si512();
    for (size_t t = 0, done = 0; t < ks; t++, done += kc) {
        const int8_t *row = moved ? edy_row_s8(a[t * MR], a_offset, zero) : a[t * MR];
        all = _mm512_mask_loadu_epi8(all, first << done, (const void *)((uintptr_t)row - done));
    }
    _mm512_storeu_si512(out, vec_flip(all));
}

/* Requantized bytes of two rows of two vectors each; cols (1..2 * LANES) of each are stored. */
static inline void vec_store_rows(const vec row[4], const vec_output *o, int8_t *const to[2],
                                  size_t cols) {
    const vec bytes = edy_avx512_narrow(row, o);
    const __m256i first = _mm512_castsi512_si256(bytes);
    const __m256i second = _mm512_extracti64x4_epi64(bytes, 1);
    if (cols == 2 * LANES) {
        _mm256_storeu_si256((__m256i *)to[0], first);
        _mm256_storeu_si256((__m256i *)to[1], second);
        return;
    }
    const __mmask32 mask = (__mmask32)edy_avx512_first_bytes(cols);
    _mm256_mask_storeu_epi8(to[0], mask, first);
    _mm256_mask_storeu_epi8(to[1], mask, second);
}

/* Requantized bytes of four rows of a vector each; cols (1..LANES) of each are stored. */
static inline void vec_store_half_rows(const vec row[4], const vec_output *o, int8_t *const to[4],
                                       size_t cols) {
    const vec bytes = edy_avx512_narrow(row, o);
    const __m128i quarter[4] = {_mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1),
                                _mm512_extracti32x4_epi32(bytes, 2),
                                _mm512_extracti32x4_epi32(bytes, 3)};
    const __mmask16 mask = (__mmask16)edy_avx512_first_bytes(cols);
    EDY_UNROLL
    for (size_t i = 0; i < 4; i++) {
        if (cols == LANES)
            _mm_storeu_si128((__m128i *)to[i], quarter[i]);
        else
            _mm_mask_storeu_epi8(to[i], mask, quarter[i]);
    }
}

/* n bytes from c on of each of count rows a[i * step], one behind the other: each by a load that
 * begins as far before them as bytes are there already. count * n <= BYTES; count is a constant. */
EDY_SPECIALISE vec vec_load_rows(const int8_t *const *a, size_t step, size_t count, size_t c,
                                 size_t n) {
    const __mmask64 first = edy_avx512_first_bytes(n);
    vec all = _mm512_maskz_loadu_epi8(first, a[0] + c);
    EDY_UNROLL
    for (size_t i = 1; i < count; i++) {
        const void *before = (const void *)((uintptr_t)a[i * step] + c - i * n);
        all = _mm512_mask_loadu_epi8(all, first << (i * n), before);
    }
    return all;
}

/* Whether each of count rows is so many bytes before the one `step` rows later in the list. The
 * last eight overlap those before them. */
static inline int vec_rows_apart(const int8_t *const *a, size_t step, size_t count, size_t bytes) {
    const vec apart = _mm512_set1_epi64((long long)bytes);
    size_t i = 0;
    for (; count < 8 && i < count; i++)
        if ((uintptr_t)a[i + step] - (uintptr_t)a[i] != bytes)
            return 0;
    for (; i < count; i += 8) {
        const int8_t *const *here = a + (i + 8 <= count ? i : count - 8);
        const vec distance =
            _mm512_sub_epi64(_mm512_loadu_si512(here + step), _mm512_loadu_si512(here));
        if (_mm512_cmpeq_epi64_mask(distance, apart) != 0xFF)
            return 0;
    }
    return 1;
}

/* Requantized bytes of four vectors whose channels were zipped. */
static inline vec vec_narrow_zipped(const vec v[4], const vec_output *o) {
    return edy_avx512_narrow_quarters(v, o);
}

/* The first n (1..BYTES) bytes. */
static inline void vec_store_first(vec bytes, int8_t *to, size_t n) {
    if (n == BYTES)
        _mm512_storeu_si512(to, bytes);
    else
        _mm512_mask_storeu_epi8(to, edy_avx512_first_bytes(n), bytes);
}

/* count times n bytes, to rows that are `stride` apart. */
static inline void vec_store_split(vec bytes, int8_t *to, size_t stride, size_t count, size_t n) {
    const __mmask64 first = edy_avx512_first_bytes(n);
    for (size_t i = 0; i < count; i++) {
        void *before = (void *)((uintptr_t)to + i * stride - i * n);
        _mm512_mask_storeu_epi8(before, first << (i * n), bytes);
    }
}

#endif
