/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 pooling, 64 channels at a time; the last ones under a mask. */
#include "engine/kernels/avx512/requant_avx512.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { BYTES = 64 };

static void maxpool(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                    size_t a_offset, int8_t *out, size_t out_stride, const edy_s8_output *output) {
    const __m512i low = _mm512_set1_epi8((char)output->low);
    const __m512i high = _mm512_set1_epi8((char)output->high);
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        for (size_t c = 0; c < channels; c += BYTES) {
            const __mmask64 mask = edy_avx512_first_bytes(channels - c);
            __m512i most = _mm512_maskz_loadu_epi8(mask, a[0] + a_offset + c);
            for (size_t t = 1; t < taps; t++)
                most = _mm512_max_epi8(most, _mm512_maskz_loadu_epi8(mask, a[t] + a_offset + c));
            most = _mm512_min_epi8(_mm512_max_epi8(most, low), high);
            _mm512_mask_storeu_epi8(out + c, mask, most);
        }
    }
}

/* Sums mask's 64 channels over rows: in int16 as long as it holds them, then in int32. */
static void sum_64(size_t rows, const int8_t *a, size_t a_stride, __mmask64 mask, __m512i sum[4]) {
    enum { ROWS_IN_INT16 = 255 };
    for (size_t i = 0; i < 4; i++)
        sum[i] = _mm512_setzero_si512();
    while (rows > 0) {
        const size_t some = rows < ROWS_IN_INT16 ? rows : ROWS_IN_INT16;
        __m512i lower = _mm512_setzero_si512(), upper = lower;
        for (size_t r = 0; r < some; r++, a += a_stride) {
            const __m512i bytes = _mm512_maskz_loadu_epi8(mask, a);
            lower = _mm512_add_epi16(lower, _mm512_cvtepi8_epi16(_mm512_castsi512_si256(bytes)));
            upper =
                _mm512_add_epi16(upper, _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(bytes, 1)));
        }
        const __m256i words[4] = {
            _mm512_castsi512_si256(lower), _mm512_extracti64x4_epi64(lower, 1),
            _mm512_castsi512_si256(upper), _mm512_extracti64x4_epi64(upper, 1)};
        EDY_UNROLL
        for (size_t i = 0; i < 4; i++)
            sum[i] = _mm512_add_epi32(sum[i], _mm512_cvtepi16_epi32(words[i]));
        rows -= some;
    }
}

static void mean(size_t rows, size_t channels, const int8_t *a, size_t a_stride,
                 int32_t x_zero_point, float multiplier, int8_t *out, const edy_s8_output *output) {
    const edy_avx512_output o = edy_avx512_output_make(output);
    const __m512 m = _mm512_set1_ps(multiplier);
    const __m512i offset = _mm512_set1_epi32((int32_t)rows * x_zero_point);
    for (size_t c = 0; c < channels; c += BYTES) {
        const __mmask64 mask = edy_avx512_first_bytes(channels - c);
        __m512i sum[4];
        sum_64(rows, a + c, a_stride, mask, sum);
        EDY_UNROLL
        for (size_t i = 0; i < 4; i++)
            sum[i] = edy_avx512_scale_onnx(_mm512_sub_epi32(sum[i], offset), m);
        _mm512_mask_storeu_epi8(out + c, mask, edy_avx512_narrow(sum, &o));
    }
}

void edy_avx512_s8_pool(edy_kernels *k) {
    k->s8_maxpool = maxpool;
    k->s8_mean = mean;
}
