/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Winograd's transforms for 3x3 windows (kernel.h, "fp32 Winograd"), with the points 0, 1, -1,
 * infinity (tiles of 2x2 outputs) and 2, -2 (tiles of 4x4), LANES channels at a time. The one
 * algorithm of all instruction sets; the file that includes it first defines the words it is
 * written in:
 *   vec, LANES                            a register of floats
 *   vec_splat, vec_add, vec_sub
 *   vec_fma(a, b, c), vec_fnma(a, b, c)   a * b + c, c - a * b, fused
 *   vec_load, vec_store                   all lanes
 *   vec_load_first, vec_store_first       the first n (1..LANES - 1) lanes, no other memory
 *   vec_bounds, vec_bounds_make, vec_bound   the clamp, which keeps NaN */
#ifndef EDY_KERNELS_F32_WINOGRAD_H
#define EDY_KERNELS_F32_WINOGRAD_H

#include "engine/kernel.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { MAX_OUT = 4, MAX_IN = 6 };

/* y = Bt x, one line of out + 2. */
EDY_SPECIALISE void transform_input(size_t out, const vec x[MAX_IN], vec y[MAX_IN]) {
    if (out == 2) {
        y[0] = vec_sub(x[0], x[2]);
        y[1] = vec_add(x[1], x[2]);
        y[2] = vec_sub(x[2], x[1]);
        y[3] = vec_sub(x[1], x[3]);
        return;
    }
    const vec two = vec_splat(2.0f), four = vec_splat(4.0f);
    const vec five = vec_splat(5.0f);
    const vec even = vec_fnma(four, x[2], x[4]); /* x4 - 4 x2 */
    const vec odd = vec_fnma(four, x[1], x[3]);  /* x3 - 4 x1 */
    const vec p = vec_sub(x[4], x[2]), q = vec_sub(x[3], x[1]);
    y[0] = vec_fma(four, x[0], vec_fnma(five, x[2], x[4]));
    y[1] = vec_add(even, odd);
    y[2] = vec_sub(even, odd);
    y[3] = vec_fma(two, q, p);
    y[4] = vec_fnma(two, q, p);
    y[5] = vec_fma(four, x[1], vec_fnma(five, x[3], x[5]));
}

/* y = At x, out + 2 to out. */
EDY_SPECIALISE void transform_output(size_t out, const vec x[MAX_IN], vec y[MAX_OUT]) {
    const vec sum1 = vec_add(x[1], x[2]), difference1 = vec_sub(x[1], x[2]);
    if (out == 2) {
        y[0] = vec_add(x[0], sum1);
        y[1] = vec_sub(difference1, x[3]);
        return;
    }
    const vec two = vec_splat(2.0f), four = vec_splat(4.0f);
    const vec eight = vec_splat(8.0f);
    const vec sum2 = vec_add(x[3], x[4]), difference2 = vec_sub(x[3], x[4]);
    y[0] = vec_add(vec_add(x[0], sum1), sum2);
    y[1] = vec_fma(two, difference2, difference1);
    y[2] = vec_fma(four, sum2, sum1);
    y[3] = vec_fma(eight, difference2, vec_add(difference1, x[5]));
}

/* part: a constant; not all lanes exist, only n. */
EDY_SPECIALISE vec load(int part, const float *x, size_t n) {
    return part ? vec_load_first(x, n) : vec_load(x);
}

EDY_SPECIALISE void store(int part, float *x, size_t n, vec value) {
    if (part)
        vec_store_first(x, value, n);
    else
        vec_store(x, value);
}

/* LANES channels from c on, of which only `lanes` exist where part is set. */
EDY_SPECIALISE void input_block(size_t out, int part, size_t lanes, const float *const *row,
                                size_t c, float *v, size_t v_stride) {
    const size_t in = out + 2;
    vec half[MAX_IN][MAX_IN]; /* [position across][position down, transformed] */
    for (size_t x = 0; x < in; x++) {
        vec column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] = load(part, row[y * in + x] + c, lanes);
        transform_input(out, column, half[x]);
    }
    for (size_t y = 0; y < in; y++) {
        vec line[MAX_IN], done[MAX_IN];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_input(out, line, done);
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            store(part, v + (y * in + x) * v_stride + c, lanes, done[x]);
    }
}

EDY_SPECIALISE void input_tile(size_t out, size_t channels, const float *const *a, size_t a_offset,
                               const float *zero, float *v, size_t v_stride) {
    const float *row[MAX_IN * MAX_IN];
    for (size_t i = 0; i < (out + 2) * (out + 2); i++)
        row[i] = edy_row_f32(a[i], a_offset, zero);
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        input_block(out, 0, LANES, row, c, v, v_stride);
    if (c < channels)
        input_block(out, 1, channels - c, row, c, v, v_stride);
}

/* Where the outputs of a tile go. */
typedef struct destination {
    size_t height, width, row, pixel;
    float *c;
    const float *residual;
    vec_bounds bounds;
} destination;

EDY_SPECIALISE void output_block(size_t out, int part, size_t lanes, const float *m,
                                 size_t m_stride, vec bias, const destination *d, size_t n) {
    const size_t in = out + 2;
    vec half[MAX_IN][MAX_OUT];
    for (size_t x = 0; x < in; x++) {
        vec column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] = load(part, m + (y * in + x) * m_stride + n, lanes);
        transform_output(out, column, half[x]);
    }
    for (size_t y = 0; y < out && y < d->height; y++) {
        vec line[MAX_IN], done[MAX_OUT];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_output(out, line, done);
        for (size_t x = 0; x < out && x < d->width; x++) {
            const size_t at = y * d->row + x * d->pixel + n;
            vec sum = vec_add(done[x], bias);
            if (d->residual)
                sum = vec_add(sum, load(part, d->residual + at, lanes));
            store(part, d->c + at, lanes, vec_bound(sum, &d->bounds));
        }
    }
}

EDY_SPECIALISE void output_tile(size_t out, size_t channels, const float *m, size_t m_stride,
                                const float *bias, const destination *d) {
    size_t n = 0;
    for (; n + LANES <= channels; n += LANES)
        output_block(out, 0, LANES, m, m_stride, vec_load(bias + n), d, n);
    if (n < channels) {
        const size_t left = channels - n;
        output_block(out, 1, left, m, m_stride, vec_load_first(bias + n, left), d, n);
    }
}

static void input_2x2(size_t channels, const float *const *a, size_t a_offset, const float *zero,
                      float *v, size_t v_stride) {
    input_tile(2, channels, a, a_offset, zero, v, v_stride);
}

static void input_4x4(size_t channels, const float *const *a, size_t a_offset, const float *zero,
                      float *v, size_t v_stride) {
    input_tile(4, channels, a, a_offset, zero, v, v_stride);
}

static void output_2x2(size_t channels, const float *m, size_t m_stride, const float *bias,
                       size_t height, size_t width, float *c, size_t c_row, size_t c_pixel,
                       const float *residual, const edy_f32_clamp *clamp) {
    const destination d = {height, width, c_row, c_pixel, c, residual, vec_bounds_make(clamp)};
    output_tile(2, channels, m, m_stride, bias, &d);
}

static void output_4x4(size_t channels, const float *m, size_t m_stride, const float *bias,
                       size_t height, size_t width, float *c, size_t c_row, size_t c_pixel,
                       const float *residual, const edy_f32_clamp *clamp) {
    const destination d = {height, width, c_row, c_pixel, c, residual, vec_bounds_make(clamp)};
    output_tile(4, channels, m, m_stride, bias, &d);
}

#endif
