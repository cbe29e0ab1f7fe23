/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 pooling. A channel count that is no multiple of the block ends with a block that overlaps the
 * one before it: its outputs are computed twice, alike. */
#include "engine/kernels/avx2/requant_avx2.h"
#include "engine/kernels/row.h"

enum { WIDE = 32, BLOCK = 16 };

static void max_32(size_t taps, const int8_t *const *a, size_t at, int8_t *out, __m256i low,
                   __m256i high) {
    __m256i most = _mm256_loadu_si256((const __m256i *)(a[0] + at));
    for (size_t t = 1; t < taps; t++)
        most = _mm256_max_epi8(most, _mm256_loadu_si256((const __m256i *)(a[t] + at)));
    most = _mm256_min_epi8(_mm256_max_epi8(most, low), high);
    _mm256_storeu_si256((__m256i *)out, most);
}

static void max_16(size_t taps, const int8_t *const *a, size_t at, int8_t *out, __m256i low,
                   __m256i high) {
    __m128i most = _mm_loadu_si128((const __m128i *)(a[0] + at));
    for (size_t t = 1; t < taps; t++)
        most = _mm_max_epi8(most, _mm_loadu_si128((const __m128i *)(a[t] + at)));
    most = _mm_max_epi8(most, _mm256_castsi256_si128(low));
    _mm_storeu_si128((__m128i *)out, _mm_min_epi8(most, _mm256_castsi256_si128(high)));
}

static int8_t max_1(size_t taps, const int8_t *const *a, size_t at, const edy_s8_output *output) {
    int8_t most = a[0][at];
    for (size_t t = 1; t < taps; t++)
        most = a[t][at] > most ? a[t][at] : most;
    return (int8_t)edy_clamp_s32(most, output->low, output->high);
}

static void maxpool(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                    size_t a_offset, int8_t *out, size_t out_stride, const edy_s8_output *output) {
    const __m256i low = _mm256_set1_epi8((char)output->low);
    const __m256i high = _mm256_set1_epi8((char)output->high);
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        size_t c = 0;
        for (; c + WIDE <= channels; c += WIDE)
            max_32(taps, a, a_offset + c, out + c, low, high);
        for (; c + BLOCK <= channels; c += BLOCK)
            max_16(taps, a, a_offset + c, out + c, low, high);
        if (c < channels && channels > BLOCK) {
            max_16(taps, a, a_offset + channels - BLOCK, out + channels - BLOCK, low, high);
            c = channels;
        }
        for (; c < channels; c++)
            out[c] = max_1(taps, a, a_offset + c, output);
    }
}

/* Sums 16 channels over rows: in int16 as long as it holds them, then in int32. */
static void sum_16(size_t rows, const int8_t *a, size_t a_stride, __m256i sum[2]) {
    enum { ROWS_IN_INT16 = 255 };
    sum[0] = sum[1] = _mm256_setzero_si256();
    while (rows > 0) {
        const size_t some = rows < ROWS_IN_INT16 ? rows : ROWS_IN_INT16;
        __m256i words = _mm256_setzero_si256();
        for (size_t r = 0; r < some; r++, a += a_stride)
            words =
                _mm256_add_epi16(words, _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)a)));
        const __m128i lower = _mm256_castsi256_si128(words);
        const __m128i upper = _mm256_extracti128_si256(words, 1);
        sum[0] = _mm256_add_epi32(sum[0], _mm256_cvtepi16_epi32(lower));
        sum[1] = _mm256_add_epi32(sum[1], _mm256_cvtepi16_epi32(upper));
        rows -= some;
    }
}

static void mean_16(size_t rows, const int8_t *a, size_t a_stride, int32_t x_zero_point,
                    __m256 multiplier, int8_t *out, const edy_avx2_output *output) {
    const __m256i offset = _mm256_set1_epi32((int32_t)rows * x_zero_point);
    __m256i sum[2];
    sum_16(rows, a, a_stride, sum);
    sum[0] = edy_avx2_scale_onnx(_mm256_sub_epi32(sum[0], offset), multiplier);
    sum[1] = edy_avx2_scale_onnx(_mm256_sub_epi32(sum[1], offset), multiplier);
    __m128i bytes[2];
    edy_avx2_finish(sum, sum, output, bytes);
    _mm_storeu_si128((__m128i *)out, bytes[0]);
}

static int8_t mean_1(size_t rows, const int8_t *a, size_t a_stride, int32_t x_zero_point,
                     float multiplier, const edy_s8_output *o) {
    int32_t acc = 0;
    for (size_t r = 0; r < rows; r++)
        acc += a[r * a_stride] - x_zero_point;
    return edy_onnx_requant(acc, multiplier, o->zero_point, o->low, o->high);
}

static void mean(size_t rows, size_t channels, const int8_t *a, size_t a_stride,
                 int32_t x_zero_point, float multiplier, int8_t *out, const edy_s8_output *output) {
    const edy_avx2_output wide = edy_avx2_output_make(output);
    const __m256 m = _mm256_set1_ps(multiplier);
    size_t c = 0;
    for (; c + BLOCK <= channels; c += BLOCK)
        mean_16(rows, a + c, a_stride, x_zero_point, m, out + c, &wide);
    if (c < channels && channels > BLOCK) {
        c = channels - BLOCK;
        mean_16(rows, a + c, a_stride, x_zero_point, m, out + c, &wide);
        c = channels;
    }
    for (; c < channels; c++)
        out[c] = mean_1(rows, a + c, a_stride, x_zero_point, multiplier, output);
}

void edy_avx2_s8_pool(edy_kernels *k) {
    k->s8_maxpool = maxpool;
    k->s8_mean = mean;
}
