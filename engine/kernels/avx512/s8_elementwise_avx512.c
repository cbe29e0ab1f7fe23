/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 elementwise, 64 elements at a time, the last ones under a mask. */
#include "engine/kernels/avx512/requant_avx512.h"
#include "engine/kernels/unroll.h"

enum { LANES = 16, BYTES = 64 };

/* Bytes of mask's lanes as int32. */
static inline __m512i load_16(__mmask16 mask, const int8_t *x) {
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, x));
}

/* The i-th sixteen of 64 bytes as int32. */
EDY_SPECIALISE __m512i widen(__m512i bytes, size_t i) {
    const __m256i half =
        i < 2 ? _mm512_castsi512_si256(bytes) : _mm512_extracti64x4_epi64(bytes, 1);
    return _mm512_cvtepi8_epi32(i % 2 ? _mm256_extracti128_si256(half, 1)
                                      : _mm256_castsi256_si128(half));
}

/* An edy_requant_add, broadcast. */
typedef struct sum_of {
    __m512i a_shift, b_shift;
    __m512 ra, rb, f;
    edy_avx512_output output; /* its zero point takes y_shift back */
} sum_of;

/* The clamp's bounds are integers, so bounding after rounding is the same; here only what leaves
 * int32 upwards is caught. */
static inline __m512i add_64(__m512i a, __m512i b, const sum_of *s) {
    __m512i y[4];
    EDY_UNROLL
    for (size_t i = 0; i < 4; i++) {
        const __m512i ia = _mm512_add_epi32(widen(a, i), s->a_shift);
        const __m512i ib = _mm512_add_epi32(widen(b, i), s->b_shift);
        const __m512 inner = _mm512_fmadd_ps(s->rb, _mm512_cvtepi32_ps(ib), s->f);
        const __m512 sum = _mm512_fmadd_ps(s->ra, _mm512_cvtepi32_ps(ia), inner);
        y[i] = _mm512_cvtps_epi32(_mm512_min_ps(sum, _mm512_set1_ps(32767.0f)));
    }
    return edy_avx512_narrow(y, &s->output);
}

static void add(size_t n, const int8_t *a, const int8_t *b, int8_t *out, const edy_requant_add *r) {
    const edy_s8_output bytes = {-r->y_shift, r->low - r->y_shift, r->high - r->y_shift};
    const sum_of s = {.a_shift = _mm512_set1_epi32(r->a_shift),
                      .b_shift = _mm512_set1_epi32(r->b_shift),
                      .ra = _mm512_set1_ps(r->ra),
                      .rb = _mm512_set1_ps(r->rb),
                      .f = _mm512_set1_ps(r->f),
                      .output = edy_avx512_output_make(&bytes)};
    size_t i = 0;
    for (; i + BYTES <= n; i += BYTES)
        _mm512_storeu_si512(out + i,
                            add_64(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i), &s));
    if (i < n) {
        const __mmask64 mask = edy_avx512_first_bytes(n - i);
        const __m512i x = _mm512_maskz_loadu_epi8(mask, a + i);
        const __m512i y = _mm512_maskz_loadu_epi8(mask, b + i);
        _mm512_mask_storeu_epi8(out + i, mask, add_64(x, y, &s));
    }
}

/* A table of 256 bytes, as 128 pairs of neighbours. */
typedef struct pairs {
    __m512i part[4];
} pairs;

/* The pairs that hold the entries of 32 indices: index >> 1 chooses within two parts, with only its
 * lower six bits looked at, and `upper` between the two halves of the table. */
static inline __m512i find_pairs(const pairs *t, __m512i index, __mmask32 upper) {
    const __m512i low = _mm512_permutex2var_epi16(t->part[0], index, t->part[1]);
    const __m512i high = _mm512_permutex2var_epi16(t->part[2], index, t->part[3]);
    return _mm512_mask_blend_epi16(upper, low, high);
}

/* Even and odd bytes apart; of each pair the byte wanted is moved to where the index was. */
static inline __m512i lut_64(__m512i x, const pairs *t) {
    const __mmask32 even_upper = _mm512_test_epi16_mask(x, _mm512_set1_epi16(0x80));
    const __mmask32 even_second = _mm512_test_epi16_mask(x, _mm512_set1_epi16(1));
    const __mmask32 odd_upper = _mm512_test_epi16_mask(x, _mm512_set1_epi16((short)0x8000));
    const __mmask32 odd_first = ~_mm512_test_epi16_mask(x, _mm512_set1_epi16(0x100));
    const __m512i even = find_pairs(t, _mm512_srli_epi16(x, 1), even_upper);
    const __m512i odd = find_pairs(t, _mm512_srli_epi16(x, 9), odd_upper);
    const __m512i in_low = _mm512_mask_mov_epi16(even, even_second, _mm512_srli_epi16(even, 8));
    const __m512i in_high = _mm512_mask_mov_epi16(odd, odd_first, _mm512_slli_epi16(odd, 8));
    return _mm512_mask_blend_epi8(UINT64_C(0xAAAAAAAAAAAAAAAA), in_low, in_high);
}

static void lut(size_t n, const int8_t *a, int8_t *out, const int8_t table[256]) {
    pairs t;
    for (size_t i = 0; i < 4; i++)
        t.part[i] = _mm512_loadu_si512(table + i * BYTES);
    size_t i = 0;
    for (; i + BYTES <= n; i += BYTES)
        _mm512_storeu_si512(out + i, lut_64(_mm512_loadu_si512(a + i), &t));
    if (i < n) {
        const __mmask64 mask = edy_avx512_first_bytes(n - i);
        _mm512_mask_storeu_epi8(out + i, mask, lut_64(_mm512_maskz_loadu_epi8(mask, a + i), &t));
    }
}

/* Sixteen quotients, bounded and rounded. The clamp is before the zero point is added; max_ps gives
 * its second operand for NaN: the low bound. */
static inline __m512i quantize_16(__m512 x, __m512 scale, __m512 low, __m512 high) {
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(_mm512_div_ps(x, scale), low), high));
}

static void quantize(size_t n, const float *a, int8_t *out, float scale,
                     const edy_s8_output *output) {
    const edy_avx512_output o = edy_avx512_output_make(output);
    const __m512 s = _mm512_set1_ps(scale);
    const __m512 low = _mm512_set1_ps((float)(output->low - output->zero_point));
    const __m512 high = _mm512_set1_ps((float)(output->high - output->zero_point));
    size_t i = 0;
    for (; i + BYTES <= n; i += BYTES) {
        __m512i q[4];
        EDY_UNROLL
        for (size_t v = 0; v < 4; v++)
            q[v] = quantize_16(_mm512_loadu_ps(a + i + v * LANES), s, low, high);
        _mm512_storeu_si512(out + i, edy_avx512_narrow(q, &o));
    }
    for (; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512i q = quantize_16(_mm512_maskz_loadu_ps(mask, a + i), s, low, high);
        const __m512i y = _mm512_add_epi32(q, _mm512_set1_epi32(output->zero_point));
        _mm_mask_storeu_epi8(out + i, mask, _mm512_cvtepi32_epi8(y));
    }
}

static void dequantize(size_t n, const int8_t *a, float *out, float scale, int32_t zero_point) {
    const __m512 s = _mm512_set1_ps(scale);
    const __m512i z = _mm512_set1_epi32(zero_point);
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512 x = _mm512_cvtepi32_ps(_mm512_sub_epi32(load_16(mask, a + i), z));
        _mm512_mask_storeu_ps(out + i, mask, _mm512_mul_ps(x, s));
    }
}

void edy_avx512_s8_elementwise(edy_kernels *k) {
    k->s8_add = add;
    k->s8_lut = lut;
    k->quantize = quantize;
    k->dequantize = dequantize;
}
