/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Between float and s8, four elements at a time; what is left over goes through requant.h itself.
 * Add stays with scalar, since its rule has fused multiply-adds. */
#include <string.h>

#include "engine/kernels/sse41/sse41.h"

enum { LANES = 4 };

/* The clamp is before the zero point is added; max_ps gives its second operand for NaN: the low
 * bound. */
static void quantize(size_t n, const float *a, int8_t *out, float scale,
                     const edy_s8_output *output) {
    const __m128 s = _mm_set1_ps(scale);
    const __m128 low = _mm_set1_ps((float)(output->low - output->zero_point));
    const __m128 high = _mm_set1_ps((float)(output->high - output->zero_point));
    const __m128i zero_point = _mm_set1_epi32(output->zero_point);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const __m128 quotient = _mm_div_ps(_mm_loadu_ps(a + i), s);
        const __m128 bounded = _mm_min_ps(_mm_max_ps(quotient, low), high);
        const __m128i y = _mm_add_epi32(_mm_cvtps_epi32(bounded), zero_point);
        const __m128i words = _mm_packs_epi32(y, y);
        const int32_t bytes = _mm_cvtsi128_si32(_mm_packs_epi16(words, words));
        memcpy(out + i, &bytes, sizeof bytes);
    }
    for (; i < n; i++)
        out[i] = edy_onnx_quantize(a[i], scale, output->zero_point, output->low, output->high);
}

static void dequantize(size_t n, const int8_t *a, float *out, float scale, int32_t zero_point) {
    const __m128 s = _mm_set1_ps(scale);
    const __m128i z = _mm_set1_epi32(zero_point);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        int32_t bytes;
        memcpy(&bytes, a + i, sizeof bytes);
        const __m128i x = _mm_sub_epi32(_mm_cvtepi8_epi32(_mm_cvtsi32_si128(bytes)), z);
        _mm_storeu_ps(out + i, _mm_mul_ps(_mm_cvtepi32_ps(x), s));
    }
    for (; i < n; i++)
        out[i] = edy_dequantize(a[i], scale, zero_point);
}

void edy_sse41_s8_elementwise(edy_kernels *k) {
    k->quantize = quantize;
    k->dequantize = dequantize;
}
