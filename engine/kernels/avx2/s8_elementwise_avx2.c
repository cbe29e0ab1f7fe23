/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 elementwise, sixteen elements at a time; what is left over goes through requant.h itself. A
 * table of 256 entries stays with scalar: shuffling it together costs as much as looking it up. */
#include "engine/kernels/avx2/requant_avx2.h"

enum { BLOCK = 16 };

/* Eight of the bytes at x as int32. */
static inline __m256i load_8(const int8_t *x) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)x));
}

static inline __m256i add_8(const int8_t *a, const int8_t *b, const edy_requant_add *r) {
    const __m256i ia = _mm256_add_epi32(load_8(a), _mm256_set1_epi32(r->a_shift));
    const __m256i ib = _mm256_add_epi32(load_8(b), _mm256_set1_epi32(r->b_shift));
    const __m256 inner =
        _mm256_fmadd_ps(_mm256_set1_ps(r->rb), _mm256_cvtepi32_ps(ib), _mm256_set1_ps(r->f));
    const __m256 sum = _mm256_fmadd_ps(_mm256_set1_ps(r->ra), _mm256_cvtepi32_ps(ia), inner);
    const __m256 bounded =
        edy_avx2_clamp(sum, _mm256_set1_ps((float)r->low), _mm256_set1_ps((float)r->high));
    return _mm256_sub_epi32(_mm256_cvtps_epi32(bounded), _mm256_set1_epi32(r->y_shift));
}

static void add(size_t n, const int8_t *a, const int8_t *b, int8_t *out, const edy_requant_add *r) {
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        const __m256i lower = add_8(a + i, b + i, r);
        const __m256i upper = add_8(a + i + 8, b + i + 8, r);
        _mm_storeu_si128((__m128i *)(out + i), edy_avx2_narrow(lower, upper));
    }
    for (; i < n; i++)
        out[i] = edy_onnx_add(a[i], b[i], r);
}

typedef struct quantizer {
    __m256 scale, low, high; /* the clamp before the zero point is added */
    __m256i zero_point;
} quantizer;

/* max_ps gives its second operand for NaN: the low bound. */
static inline __m256i quantize_8(const float *a, const quantizer *q) {
    const __m256 quotient = _mm256_div_ps(_mm256_loadu_ps(a), q->scale);
    const __m256 bounded = _mm256_min_ps(_mm256_max_ps(quotient, q->low), q->high);
    return _mm256_add_epi32(_mm256_cvtps_epi32(bounded), q->zero_point);
}

static void quantize(size_t n, const float *a, int8_t *out, float scale,
                     const edy_s8_output *output) {
    const quantizer q = {.scale = _mm256_set1_ps(scale),
                         .low = _mm256_set1_ps((float)(output->low - output->zero_point)),
                         .high = _mm256_set1_ps((float)(output->high - output->zero_point)),
                         .zero_point = _mm256_set1_epi32(output->zero_point)};
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        const __m256i lower = quantize_8(a + i, &q);
        const __m256i upper = quantize_8(a + i + 8, &q);
        _mm_storeu_si128((__m128i *)(out + i), edy_avx2_narrow(lower, upper));
    }
    for (; i < n; i++)
        out[i] = edy_onnx_quantize(a[i], scale, output->zero_point, output->low, output->high);
}

static void dequantize(size_t n, const int8_t *a, float *out, float scale, int32_t zero_point) {
    const __m256 s = _mm256_set1_ps(scale);
    const __m256i z = _mm256_set1_epi32(zero_point);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 x = _mm256_cvtepi32_ps(_mm256_sub_epi32(load_8(a + i), z));
        _mm256_storeu_ps(out + i, _mm256_mul_ps(x, s));
    }
    for (; i < n; i++)
        out[i] = edy_dequantize(a[i], scale, zero_point);
}

void edy_avx2_s8_elementwise(edy_kernels *k) {
    k->s8_add = add;
    k->quantize = quantize;
    k->dequantize = dequantize;
}
