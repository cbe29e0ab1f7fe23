/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 elementwise, sixteen elements at a time, the last ones under a mask. A table of 256 entries
 * stays with scalar, as in avx2. */
#include "engine/kernels/avx512/avx512.h"

enum { LANES = 16 };

/* Bytes of mask's lanes as int32. */
static inline __m512i load_16(__mmask16 mask, const int8_t *x) {
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, x));
}

/* int32 in [-128, 127] -> bytes. */
static inline void store_16(__mmask16 mask, int8_t *to, __m512i x) {
    _mm_mask_storeu_epi8(to, mask, _mm512_cvtepi32_epi8(x));
}

static void add(size_t n, const int8_t *a, const int8_t *b, int8_t *out, const edy_requant_add *r) {
    const __m512i a_shift = _mm512_set1_epi32(r->a_shift), b_shift = _mm512_set1_epi32(r->b_shift);
    const __m512i y_shift = _mm512_set1_epi32(r->y_shift);
    const __m512 ra = _mm512_set1_ps(r->ra), rb = _mm512_set1_ps(r->rb), f = _mm512_set1_ps(r->f);
    const __m512 low = _mm512_set1_ps((float)r->low), high = _mm512_set1_ps((float)r->high);
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512i ia = _mm512_add_epi32(load_16(mask, a + i), a_shift);
        const __m512i ib = _mm512_add_epi32(load_16(mask, b + i), b_shift);
        const __m512 inner = _mm512_fmadd_ps(rb, _mm512_cvtepi32_ps(ib), f);
        const __m512 sum = _mm512_fmadd_ps(ra, _mm512_cvtepi32_ps(ia), inner);
        const __m512i y = _mm512_cvtps_epi32(edy_avx512_clamp(sum, low, high));
        store_16(mask, out + i, _mm512_sub_epi32(y, y_shift));
    }
}

/* The clamp is before the zero point is added; max_ps gives its second operand for NaN: the low
 * bound. */
static void quantize(size_t n, const float *a, int8_t *out, float scale,
                     const edy_s8_output *output) {
    const __m512 s = _mm512_set1_ps(scale);
    const __m512 low = _mm512_set1_ps((float)(output->low - output->zero_point));
    const __m512 high = _mm512_set1_ps((float)(output->high - output->zero_point));
    const __m512i zero_point = _mm512_set1_epi32(output->zero_point);
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512 quotient = _mm512_div_ps(_mm512_maskz_loadu_ps(mask, a + i), s);
        const __m512 bounded = _mm512_min_ps(_mm512_max_ps(quotient, low), high);
        store_16(mask, out + i, _mm512_add_epi32(_mm512_cvtps_epi32(bounded), zero_point));
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
    k->quantize = quantize;
    k->dequantize = dequantize;
}
