/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Winograd's transforms for 3x3 windows, with the points 0, 1, -1, infinity (tiles of 2x2 outputs)
 * and 2, -2 (tiles of 4x4); eight channels at a time, the last ones by masks. */
#include "engine/kernels/avx2/avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { MAX_OUT = 4, MAX_IN = 6, LANES = 8 };

/* y = Bt x, one line of out + 2. */
EDY_SPECIALISE void transform_input(size_t out, const __m256 x[MAX_IN], __m256 y[MAX_IN]) {
    if (out == 2) {
        y[0] = _mm256_sub_ps(x[0], x[2]);
        y[1] = _mm256_add_ps(x[1], x[2]);
        y[2] = _mm256_sub_ps(x[2], x[1]);
        y[3] = _mm256_sub_ps(x[1], x[3]);
        return;
    }
    const __m256 two = _mm256_set1_ps(2.0f), four = _mm256_set1_ps(4.0f);
    const __m256 five = _mm256_set1_ps(5.0f);
    const __m256 even = _mm256_fnmadd_ps(four, x[2], x[4]); /* x4 - 4 x2 */
    const __m256 odd = _mm256_fnmadd_ps(four, x[1], x[3]);  /* x3 - 4 x1 */
    const __m256 p = _mm256_sub_ps(x[4], x[2]), q = _mm256_sub_ps(x[3], x[1]);
    y[0] = _mm256_fmadd_ps(four, x[0], _mm256_fnmadd_ps(five, x[2], x[4]));
    y[1] = _mm256_add_ps(even, odd);
    y[2] = _mm256_sub_ps(even, odd);
    y[3] = _mm256_fmadd_ps(two, q, p);
    y[4] = _mm256_fnmadd_ps(two, q, p);
    y[5] = _mm256_fmadd_ps(four, x[1], _mm256_fnmadd_ps(five, x[3], x[5]));
}

/* y = At x, out + 2 to out. */
EDY_SPECIALISE void transform_output(size_t out, const __m256 x[MAX_IN], __m256 y[MAX_OUT]) {
    const __m256 sum1 = _mm256_add_ps(x[1], x[2]), difference1 = _mm256_sub_ps(x[1], x[2]);
    if (out == 2) {
        y[0] = _mm256_add_ps(x[0], sum1);
        y[1] = _mm256_sub_ps(difference1, x[3]);
        return;
    }
    const __m256 two = _mm256_set1_ps(2.0f), four = _mm256_set1_ps(4.0f);
    const __m256 eight = _mm256_set1_ps(8.0f);
    const __m256 sum2 = _mm256_add_ps(x[3], x[4]), difference2 = _mm256_sub_ps(x[3], x[4]);
    y[0] = _mm256_add_ps(_mm256_add_ps(x[0], sum1), sum2);
    y[1] = _mm256_fmadd_ps(two, difference2, difference1);
    y[2] = _mm256_fmadd_ps(four, sum2, sum1);
    y[3] = _mm256_fmadd_ps(eight, difference2, _mm256_add_ps(difference1, x[5]));
}

EDY_SPECIALISE __m256 load(int part, const float *x, __m256i mask) {
    return part ? _mm256_maskload_ps(x, mask) : _mm256_loadu_ps(x);
}

EDY_SPECIALISE void store(int part, float *x, __m256i mask, __m256 value) {
    if (part)
        _mm256_maskstore_ps(x, mask, value);
    else
        _mm256_storeu_ps(x, value);
}

/* Eight channels from c on, of which only those in mask exist where part is set. */
EDY_SPECIALISE void input_block(size_t out, int part, __m256i mask, const float *const *row,
                                size_t c, float *v, size_t v_stride) {
    const size_t in = out + 2;
    __m256 half[MAX_IN][MAX_IN]; /* [position across][position down, transformed] */
    for (size_t x = 0; x < in; x++) {
        __m256 column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] = load(part, row[y * in + x] + c, mask);
        transform_input(out, column, half[x]);
    }
    for (size_t y = 0; y < in; y++) {
        __m256 line[MAX_IN], done[MAX_IN];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_input(out, line, done);
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            store(part, v + (y * in + x) * v_stride + c, mask, done[x]);
    }
}

EDY_SPECIALISE void input_tile(size_t out, size_t channels, const float *const *a, size_t a_offset,
                               const float *zero, float *v, size_t v_stride) {
    const float *row[MAX_IN * MAX_IN];
    for (size_t i = 0; i < (out + 2) * (out + 2); i++)
        row[i] = edy_row_f32(a[i], a_offset, zero);
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        input_block(out, 0, _mm256_setzero_si256(), row, c, v, v_stride);
    if (c < channels)
        input_block(out, 1, edy_avx2_first_lanes(channels - c), row, c, v, v_stride);
}

/* Where the outputs of a tile go. */
typedef struct destination {
    size_t height, width, row, pixel;
    float *c;
    const float *residual;
    __m256 low, high;
} destination;

EDY_SPECIALISE void output_block(size_t out, int part, __m256i mask, const float *m,
                                 size_t m_stride, __m256 bias, const destination *d, size_t n) {
    const size_t in = out + 2;
    __m256 half[MAX_IN][MAX_OUT];
    for (size_t x = 0; x < in; x++) {
        __m256 column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] = load(part, m + (y * in + x) * m_stride + n, mask);
        transform_output(out, column, half[x]);
    }
    for (size_t y = 0; y < out && y < d->height; y++) {
        __m256 line[MAX_IN], done[MAX_OUT];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_output(out, line, done);
        for (size_t x = 0; x < out && x < d->width; x++) {
            const size_t at = y * d->row + x * d->pixel + n;
            __m256 sum = _mm256_add_ps(done[x], bias);
            if (d->residual)
                sum = _mm256_add_ps(sum, load(part, d->residual + at, mask));
            store(part, d->c + at, mask, edy_avx2_clamp(sum, d->low, d->high));
        }
    }
}

EDY_SPECIALISE void output_tile(size_t out, size_t channels, const float *m, size_t m_stride,
                                const float *bias, const destination *d) {
    size_t n = 0;
    for (; n + LANES <= channels; n += LANES)
        output_block(out, 0, _mm256_setzero_si256(), m, m_stride, _mm256_loadu_ps(bias + n), d, n);
    if (n < channels) {
        const __m256i mask = edy_avx2_first_lanes(channels - n);
        output_block(out, 1, mask, m, m_stride, _mm256_maskload_ps(bias + n, mask), d, n);
    }
}

static void f32_winograd_input_2x2__avx2(size_t channels, const float *const *a, size_t a_offset,
                                         const float *zero, float *v, size_t v_stride) {
    input_tile(2, channels, a, a_offset, zero, v, v_stride);
}

static void f32_winograd_input_4x4__avx2(size_t channels, const float *const *a, size_t a_offset,
                                         const float *zero, float *v, size_t v_stride) {
    input_tile(4, channels, a, a_offset, zero, v, v_stride);
}

static void f32_winograd_output_2x2__avx2(size_t channels, const float *m, size_t m_stride,
                                          const float *bias, size_t height, size_t width, float *c,
                                          size_t c_row, size_t c_pixel, const float *residual,
                                          const edy_f32_clamp *clamp) {
    const destination d = {height,
                           width,
                           c_row,
                           c_pixel,
                           c,
                           residual,
                           _mm256_set1_ps(clamp->low),
                           _mm256_set1_ps(clamp->high)};
    output_tile(2, channels, m, m_stride, bias, &d);
}

static void f32_winograd_output_4x4__avx2(size_t channels, const float *m, size_t m_stride,
                                          const float *bias, size_t height, size_t width, float *c,
                                          size_t c_row, size_t c_pixel, const float *residual,
                                          const edy_f32_clamp *clamp) {
    const destination d = {height,
                           width,
                           c_row,
                           c_pixel,
                           c,
                           residual,
                           _mm256_set1_ps(clamp->low),
                           _mm256_set1_ps(clamp->high)};
    output_tile(4, channels, m, m_stride, bias, &d);
}

void edy_avx2_f32_winograd(edy_kernels *k) {
    k->f32_winograd[EDY_WINOGRAD_2X2] = (edy_f32_winograd){.name = "f32_winograd_2x2__avx2",
                                                           .out = 2,
                                                           .input = f32_winograd_input_2x2__avx2,
                                                           .output = f32_winograd_output_2x2__avx2};
    k->f32_winograd[EDY_WINOGRAD_4X4] = (edy_f32_winograd){.name = "f32_winograd_4x4__avx2",
                                                           .out = 4,
                                                           .input = f32_winograd_input_4x4__avx2,
                                                           .output = f32_winograd_output_4x4__avx2};
}
