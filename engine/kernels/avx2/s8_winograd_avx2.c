/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Winograd's transforms in integers (kernel.h, "s8 Winograd"): inputs sixteen channels at a time
 * in int16, which does not overflow, outputs sixteen at a time in int32 modulo 2^32. */
#include <string.h>

#include "engine/kernels/avx2/requant_avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { MAX_OUT = 4, MAX_IN = 6, LANES = 8, BLOCK = 16 };

/* y = Bt x, one line of out + 2, in int16. */
EDY_SPECIALISE void transform_input(size_t out, const __m256i x[MAX_IN], __m256i y[MAX_IN]) {
    if (out == 2) {
        y[0] = _mm256_sub_epi16(x[0], x[2]);
        y[1] = _mm256_add_epi16(x[1], x[2]);
        y[2] = _mm256_sub_epi16(x[2], x[1]);
        y[3] = _mm256_sub_epi16(x[1], x[3]);
        return;
    }
    const __m256i p = _mm256_sub_epi16(x[4], x[2]), q = _mm256_sub_epi16(x[3], x[1]);
    const __m256i even = _mm256_sub_epi16(x[4], _mm256_slli_epi16(x[2], 2)); /* x4 - 4 x2 */
    const __m256i odd = _mm256_sub_epi16(x[3], _mm256_slli_epi16(x[1], 2));  /* x3 - 4 x1 */
    const __m256i q2 = _mm256_add_epi16(q, q);
    y[0] = _mm256_add_epi16(_mm256_slli_epi16(_mm256_sub_epi16(x[0], x[2]), 2), p);
    y[1] = _mm256_add_epi16(even, odd);
    y[2] = _mm256_sub_epi16(even, odd);
    y[3] = _mm256_add_epi16(p, q2);
    y[4] = _mm256_sub_epi16(p, q2);
    /* 4 x1 - 5 x3 + x5 */
    y[5] = _mm256_sub_epi16(_mm256_sub_epi16(x[5], x[3]), _mm256_add_epi16(q2, q2));
}

/* y = At x with the factors of winograd_s8.h, out + 2 to out, in int32. */
EDY_SPECIALISE void transform_output(size_t out, const __m256i x[MAX_IN], __m256i y[MAX_OUT]) {
    const __m256i sum1 = _mm256_add_epi32(x[1], x[2]), difference1 = _mm256_sub_epi32(x[1], x[2]);
    if (out == 2) {
        y[0] = _mm256_add_epi32(x[0], sum1);
        y[1] = _mm256_sub_epi32(difference1, x[3]);
        return;
    }
    const __m256i sum2 = _mm256_add_epi32(x[3], x[4]), difference2 = _mm256_sub_epi32(x[3], x[4]);
    const __m256i twice = _mm256_add_epi32(difference2, difference2);
    y[0] = _mm256_add_epi32(_mm256_add_epi32(x[0], sum1), sum2);
    y[1] = _mm256_add_epi32(difference1, twice);
    y[2] = _mm256_add_epi32(sum1, _mm256_slli_epi32(sum2, 2));
    /* difference1 + 8 difference2 + 2 x5 */
    const __m256i last = _mm256_add_epi32(_mm256_add_epi32(twice, twice), x[5]);
    y[3] = _mm256_add_epi32(difference1, _mm256_add_epi32(last, last));
}

/* Sixteen channels of a tile. v: sixteen from position to position v_stride apart. */
EDY_SPECIALISE void input_block(size_t out, const int8_t *const *row, size_t c, int16_t *v,
                                size_t v_stride) {
    const size_t in = out + 2;
    __m256i half[MAX_IN][MAX_IN]; /* [position across][position down, transformed] */
    for (size_t x = 0; x < in; x++) {
        __m256i column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] =
                _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(row[y * in + x] + c)));
        transform_input(out, column, half[x]);
    }
    for (size_t y = 0; y < in; y++) {
        __m256i line[MAX_IN], done[MAX_IN];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_input(out, line, done);
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            _mm256_storeu_si256((__m256i *)(v + (y * in + x) * v_stride), done[x]);
    }
}

/* Fewer than sixteen channels: by way of copies that have sixteen. */
EDY_SPECIALISE void input_few(size_t out, size_t channels, const int8_t *const *row, int16_t *v,
                              size_t v_stride) {
    const size_t positions = (out + 2) * (out + 2);
    int8_t copy[MAX_IN * MAX_IN][BLOCK] = {{0}};
    const int8_t *copied[MAX_IN * MAX_IN];
    int16_t done[MAX_IN * MAX_IN * BLOCK];
    for (size_t i = 0; i < positions; i++) {
        memcpy(copy[i], row[i], channels);
        copied[i] = copy[i];
    }
    input_block(out, copied, 0, done, BLOCK);
    for (size_t i = 0; i < positions; i++)
        memcpy(v + i * v_stride, done + i * BLOCK, channels * sizeof *v);
}

EDY_SPECIALISE void input_tile(size_t out, size_t channels, const int8_t *const *a, size_t a_offset,
                               const int8_t *zero, int16_t *v, size_t v_stride) {
    const int8_t *row[MAX_IN * MAX_IN];
    for (size_t i = 0; i < (out + 2) * (out + 2); i++)
        row[i] = edy_row_s8(a[i], a_offset, zero);
    if (channels < BLOCK) {
        input_few(out, channels, row, v, v_stride);
        return;
    }
    for (size_t c = 0; c + BLOCK <= channels; c += BLOCK)
        input_block(out, row, c, v + c, v_stride);
    if (channels % BLOCK != 0) /* the last block overlaps the one before it */
        input_block(out, row, channels - BLOCK, v + channels - BLOCK, v_stride);
}

/* ---- Outputs --------------------------------------------------------------------------------- */

/* Packed bias and multipliers of sixteen channels. */
typedef struct block_scale {
    int32_t bias[BLOCK];
    edy_avx2_scale scale[BLOCK / LANES];
} block_scale;

static size_t scale_bytes(size_t channels) {
    return edy_div_up(channels, BLOCK) * sizeof(block_scale);
}

static void pack_scale(size_t channels, const edy_s8_weights *weights, void *packed) {
    block_scale *block = packed;
    memset(packed, 0, scale_bytes(channels));
    for (size_t n = 0; n < channels; n++) {
        block_scale *to = &block[n / BLOCK];
        to->bias[n % BLOCK] = weights->bias[n];
        edy_avx2_scale_set(&to->scale[n % BLOCK / LANES], n % LANES, weights, n);
    }
}

/* Where the outputs of a tile go, and how. */
typedef struct destination {
    size_t height, width, row, pixel;
    int8_t *c;
    edy_rule rule;
    edy_avx2_output output;
} destination;

EDY_SPECIALISE __m256i load(int part, const int32_t *x, __m256i mask) {
    return part ? _mm256_maskload_epi32(x, mask) : _mm256_loadu_si256((const __m256i *)x);
}

/* The sum itself out of 4 or 576 times it. 0x38E38E39 * 9 = 1 modulo 2^32. */
EDY_SPECIALISE __m256i divide(size_t out, __m256i x) {
    return out == 2 ? _mm256_srai_epi32(x, 2)
                    : _mm256_srai_epi32(_mm256_mullo_epi32(x, _mm256_set1_epi32(0x38E38E39)), 6);
}

/* sum[y][x][v] += one part of eight channels of a tile. */
EDY_SPECIALISE void add_part(size_t out, int part, __m256i mask, const int32_t *m, size_t m_stride,
                             size_t v, __m256i sum[MAX_OUT][MAX_OUT][2]) {
    const size_t in = out + 2;
    __m256i half[MAX_IN][MAX_OUT];
    for (size_t x = 0; x < in; x++) {
        __m256i column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] = load(part, m + (y * in + x) * m_stride, mask);
        transform_output(out, column, half[x]);
    }
    for (size_t y = 0; y < out; y++) {
        __m256i line[MAX_IN], done[MAX_OUT];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_output(out, line, done);
        EDY_UNROLL
        for (size_t x = 0; x < out; x++)
            sum[y][x][v] = _mm256_add_epi32(sum[y][x][v], divide(out, done[x]));
    }
}

/* Eight channels of a tile, up to the rounding. m: their first. */
EDY_SPECIALISE void output_lanes(size_t out, int part, __m256i mask, size_t parts, const int32_t *m,
                                 size_t m_stride, const block_scale *s, size_t v, edy_rule rule,
                                 __m256i sum[MAX_OUT][MAX_OUT][2]) {
    const __m256i bias = _mm256_load_si256((const __m256i *)(s->bias + v * LANES));
    for (size_t i = 0; i < out * out; i++)
        sum[i / out][i % out][v] = bias;
    for (size_t p = 0; p < parts; p++)
        add_part(out, part, mask, m + p * (out + 2) * (out + 2) * m_stride, m_stride, v, sum);
    for (size_t i = 0; i < out * out; i++)
        sum[i / out][i % out][v] = edy_avx2_scale_acc(rule, sum[i / out][i % out][v], &s->scale[v]);
}

/* Up to sixteen channels, cols of which exist. */
EDY_SPECIALISE void output_block(size_t out, size_t cols, size_t parts, const int32_t *m,
                                 size_t m_stride, const block_scale *s, const destination *d,
                                 int8_t *c) {
    __m256i sum[MAX_OUT][MAX_OUT][2];
    if (cols == BLOCK) {
        const __m256i none = _mm256_setzero_si256();
        output_lanes(out, 0, none, parts, m, m_stride, s, 0, d->rule, sum);
        output_lanes(out, 0, none, parts, m + LANES, m_stride, s, 1, d->rule, sum);
    } else {
        const size_t first = cols < LANES ? cols : LANES;
        output_lanes(out, 1, edy_avx2_first_lanes(first), parts, m, m_stride, s, 0, d->rule, sum);
        if (cols > LANES)
            output_lanes(out, 1, edy_avx2_first_lanes(cols - LANES), parts, m + LANES, m_stride, s,
                         1, d->rule, sum);
        else
            for (size_t i = 0; i < out * out; i++)
                sum[i / out][i % out][1] = _mm256_setzero_si256();
    }
    for (size_t y = 0; y < d->height; y++)
        for (size_t x = 0; x < d->width; x += 2) {
            const size_t next = x + 1 < d->width ? x + 1 : x;
            __m128i bytes[2];
            edy_avx2_finish(sum[y][x], sum[y][next], &d->output, bytes);
            edy_avx2_store_bytes(c + y * d->row + x * d->pixel, bytes[0], cols);
            if (next > x)
                edy_avx2_store_bytes(c + y * d->row + next * d->pixel, bytes[1], cols);
        }
}

EDY_SPECIALISE void output_tile(size_t out, size_t channels, size_t parts, const int32_t *m,
                                size_t m_stride, const void *scale, const destination *d) {
    const block_scale *s = scale;
    size_t n = 0;
    for (; n + BLOCK <= channels; n += BLOCK)
        output_block(out, BLOCK, parts, m + n, m_stride, s++, d, d->c + n);
    if (n < channels)
        output_block(out, channels - n, parts, m + n, m_stride, s, d, d->c + n);
}

static void input_2x2(size_t channels, const int8_t *const *a, size_t a_offset, const int8_t *zero,
                      int16_t *v, size_t v_stride) {
    input_tile(2, channels, a, a_offset, zero, v, v_stride);
}

static void input_4x4(size_t channels, const int8_t *const *a, size_t a_offset, const int8_t *zero,
                      int16_t *v, size_t v_stride) {
    input_tile(4, channels, a, a_offset, zero, v, v_stride);
}

static void output_2x2_onnx(size_t channels, size_t parts, const int32_t *m, size_t m_stride,
                            const void *scale, size_t height, size_t width, int8_t *c, size_t c_row,
                            size_t c_pixel, const edy_s8_output *output) {
    const destination d = {
        height, width, c_row, c_pixel, c, EDY_RULE_ONNX, edy_avx2_output_make(output)};
    output_tile(2, channels, parts, m, m_stride, scale, &d);
}

static void output_4x4_onnx(size_t channels, size_t parts, const int32_t *m, size_t m_stride,
                            const void *scale, size_t height, size_t width, int8_t *c, size_t c_row,
                            size_t c_pixel, const edy_s8_output *output) {
    const destination d = {
        height, width, c_row, c_pixel, c, EDY_RULE_ONNX, edy_avx2_output_make(output)};
    output_tile(4, channels, parts, m, m_stride, scale, &d);
}

static void output_2x2_tflite(size_t channels, size_t parts, const int32_t *m, size_t m_stride,
                              const void *scale, size_t height, size_t width, int8_t *c,
                              size_t c_row, size_t c_pixel, const edy_s8_output *output) {
    const destination d = {
        height, width, c_row, c_pixel, c, EDY_RULE_TFLITE, edy_avx2_output_make(output)};
    output_tile(2, channels, parts, m, m_stride, scale, &d);
}

static void output_4x4_tflite(size_t channels, size_t parts, const int32_t *m, size_t m_stride,
                              const void *scale, size_t height, size_t width, int8_t *c,
                              size_t c_row, size_t c_pixel, const edy_s8_output *output) {
    const destination d = {
        height, width, c_row, c_pixel, c, EDY_RULE_TFLITE, edy_avx2_output_make(output)};
    output_tile(4, channels, parts, m, m_stride, scale, &d);
}

static edy_s8_winograd family(const char *name, uint16_t out, edy_s8_winograd_input_fn input,
                              edy_s8_winograd_output_fn output) {
    return (edy_s8_winograd){.name = name,
                             .out = out,
                             .input = input,
                             .output = output,
                             .scale_bytes = scale_bytes,
                             .pack_scale = pack_scale};
}

void edy_avx2_s8_winograd(edy_kernels *k) {
    edy_s8_winograd *onnx = k->s8_winograd[EDY_RULE_ONNX];
    edy_s8_winograd *tflite = k->s8_winograd[EDY_RULE_TFLITE];
    onnx[EDY_WINOGRAD_2X2] = family("s8_winograd_onnx_2x2__avx2", 2, input_2x2, output_2x2_onnx);
    onnx[EDY_WINOGRAD_4X4] = family("s8_winograd_onnx_4x4__avx2", 4, input_4x4, output_4x4_onnx);
    tflite[EDY_WINOGRAD_2X2] =
        family("s8_winograd_tflite_2x2__avx2", 2, input_2x2, output_2x2_tflite);
    tflite[EDY_WINOGRAD_4X4] =
        family("s8_winograd_tflite_4x4__avx2", 4, input_4x4, output_4x4_tflite);
}
