/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Winograd's transforms in integers (kernel.h, "s8 Winograd"): inputs in int16, which does not
 * overflow, outputs in int32 modulo 2^32, a block of channels at a time. The one algorithm of all
 * instruction sets; the file that includes it first defines the words it is written in:
 *   LANES, BLOCK                channels of an int32 and of an int16 register: BLOCK = 2 * LANES
 *   v16, v16_widen              a register of int16; BLOCK bytes, widened
 *   v16_add, v16_sub, v16_by_4, v16_store
 *   v32, v32_splat, v32_add, v32_sub, v32_by_4, v32_load
 *   v32_load_first              the first n (1..LANES) lanes, no other memory; the rest is anything
 *   v32_quarter                 shifts right by 2 bits, with the sign
 *   v32_576th                   times 0x38E38E39, the inverse of 9 modulo 2^32, and right by 6 bits
 *   block_scale                 what a block's channels need: pack_scale and scale_bytes
 *   block_bias(s, half)         of LANES channels
 *   block_scaled(rule, x, s, half)   scaled and rounded, before the zero point
 *   block_output, block_output_make  the output side, broadcast
 *   block_store(first, second, o, to, cols)   two pixels' BLOCK values (two registers each) as
 *                               bytes, cols (1..BLOCK) of each; to[1] may be to[0], with equal
 *                               values */
#ifndef EDY_KERNELS_S8_WINOGRAD_H
#define EDY_KERNELS_S8_WINOGRAD_H

#include <string.h>

#include "engine/kernel.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { MAX_OUT = 4, MAX_IN = 6 };

/* y = Bt x, one line of out + 2, in int16. */
EDY_SPECIALISE void transform_input(size_t out, const v16 x[MAX_IN], v16 y[MAX_IN]) {
    if (out == 2) {
        y[0] = v16_sub(x[0], x[2]);
        y[1] = v16_add(x[1], x[2]);
        y[2] = v16_sub(x[2], x[1]);
        y[3] = v16_sub(x[1], x[3]);
        return;
    }
    const v16 p = v16_sub(x[4], x[2]), q = v16_sub(x[3], x[1]);
    const v16 even = v16_sub(x[4], v16_by_4(x[2])); /* x4 - 4 x2 */
    const v16 odd = v16_sub(x[3], v16_by_4(x[1]));  /* x3 - 4 x1 */
    const v16 q2 = v16_add(q, q);
    y[0] = v16_add(v16_by_4(v16_sub(x[0], x[2])), p);
    y[1] = v16_add(even, odd);
    y[2] = v16_sub(even, odd);
    y[3] = v16_add(p, q2);
    y[4] = v16_sub(p, q2);
    /* 4 x1 - 5 x3 + x5 */
    y[5] = v16_sub(v16_sub(x[5], x[3]), v16_add(q2, q2));
}

/* y = At x with the factors of winograd_s8.h, out + 2 to out, in int32. */
EDY_SPECIALISE void transform_output(size_t out, const v32 x[MAX_IN], v32 y[MAX_OUT]) {
    const v32 sum1 = v32_add(x[1], x[2]), difference1 = v32_sub(x[1], x[2]);
    if (out == 2) {
        y[0] = v32_add(x[0], sum1);
        y[1] = v32_sub(difference1, x[3]);
        return;
    }
    const v32 sum2 = v32_add(x[3], x[4]), difference2 = v32_sub(x[3], x[4]);
    const v32 twice = v32_add(difference2, difference2);
    y[0] = v32_add(v32_add(x[0], sum1), sum2);
    y[1] = v32_add(difference1, twice);
    y[2] = v32_add(sum1, v32_by_4(sum2));
    /* difference1 + 8 difference2 + 2 x5 */
    const v32 last = v32_add(v32_add(twice, twice), x[5]);
    y[3] = v32_add(difference1, v32_add(last, last));
}

/* BLOCK channels of a tile, from c on. */
EDY_SPECIALISE void input_block(size_t out, const int8_t *const *row, size_t c, int16_t *v,
                                size_t v_stride) {
    const size_t in = out + 2;
    v16 half[MAX_IN][MAX_IN]; /* [position across][position down, transformed] */
    for (size_t x = 0; x < in; x++) {
        v16 column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] = v16_widen(row[y * in + x] + c);
        transform_input(out, column, half[x]);
    }
    for (size_t y = 0; y < in; y++) {
        v16 line[MAX_IN], done[MAX_IN];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_input(out, line, done);
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            v16_store(v + (y * in + x) * v_stride, done[x]);
    }
}

/* Fewer than BLOCK channels: by way of copies that have as many. */
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

/* Where the outputs of a tile go, and how. */
typedef struct destination {
    size_t height, width, row, pixel;
    int8_t *c;
    edy_rule rule;
    block_output output;
} destination;

/* part: a constant; not all lanes exist, only n. */
EDY_SPECIALISE v32 load(int part, const int32_t *x, size_t n) {
    return part ? v32_load_first(x, n) : v32_load(x);
}

/* The sum itself out of 4 or 576 times it. */
EDY_SPECIALISE v32 divide(size_t out, v32 x) {
    return out == 2 ? v32_quarter(x) : v32_576th(x);
}

/* sum[y][x][v] += one part of LANES channels of a tile. */
EDY_SPECIALISE void add_part(size_t out, int part, size_t lanes, const int32_t *m, size_t m_stride,
                             size_t v, v32 sum[MAX_OUT][MAX_OUT][2]) {
    const size_t in = out + 2;
    v32 half[MAX_IN][MAX_OUT];
    for (size_t x = 0; x < in; x++) {
        v32 column[MAX_IN];
        EDY_UNROLL
        for (size_t y = 0; y < in; y++)
            column[y] = load(part, m + (y * in + x) * m_stride, lanes);
        transform_output(out, column, half[x]);
    }
    for (size_t y = 0; y < out; y++) {
        v32 line[MAX_IN], done[MAX_OUT];
        EDY_UNROLL
        for (size_t x = 0; x < in; x++)
            line[x] = half[x][y];
        transform_output(out, line, done);
        EDY_UNROLL
        for (size_t x = 0; x < out; x++)
            sum[y][x][v] = v32_add(sum[y][x][v], divide(out, done[x]));
    }
}

/* LANES channels of a tile, up to the rounding. m: their first. */
EDY_SPECIALISE void output_lanes(size_t out, int part, size_t lanes, size_t parts, const int32_t *m,
                                 size_t m_stride, const block_scale *s, size_t v, edy_rule rule,
                                 v32 sum[MAX_OUT][MAX_OUT][2]) {
    const v32 bias = block_bias(s, v);
    for (size_t i = 0; i < out * out; i++)
        sum[i / out][i % out][v] = bias;
    for (size_t p = 0; p < parts; p++)
        add_part(out, part, lanes, m + p * (out + 2) * (out + 2) * m_stride, m_stride, v, sum);
    for (size_t i = 0; i < out * out; i++)
        sum[i / out][i % out][v] = block_scaled(rule, sum[i / out][i % out][v], s, v);
}

/* Up to BLOCK channels, cols of which exist. */
EDY_SPECIALISE void output_block(size_t out, size_t cols, size_t parts, const int32_t *m,
                                 size_t m_stride, const block_scale *s, const destination *d,
                                 int8_t *c) {
    v32 sum[MAX_OUT][MAX_OUT][2];
    if (cols == BLOCK) {
        output_lanes(out, 0, LANES, parts, m, m_stride, s, 0, d->rule, sum);
        output_lanes(out, 0, LANES, parts, m + LANES, m_stride, s, 1, d->rule, sum);
    } else {
        const size_t first = cols < LANES ? cols : LANES;
        output_lanes(out, 1, first, parts, m, m_stride, s, 0, d->rule, sum);
        if (cols > LANES)
            output_lanes(out, 1, cols - LANES, parts, m + LANES, m_stride, s, 1, d->rule, sum);
        else
            for (size_t i = 0; i < out * out; i++)
                sum[i / out][i % out][1] = v32_splat(0);
    }
    for (size_t y = 0; y < d->height; y++)
        for (size_t x = 0; x < d->width; x += 2) {
            const size_t next = x + 1 < d->width ? x + 1 : x;
            int8_t *const to[2] = {c + y * d->row + x * d->pixel, c + y * d->row + next * d->pixel};
            block_store(sum[y][x], sum[y][next], &d->output, to, cols);
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
        height, width, c_row, c_pixel, c, EDY_RULE_ONNX, block_output_make(output)};
    output_tile(2, channels, parts, m, m_stride, scale, &d);
}

static void output_4x4_onnx(size_t channels, size_t parts, const int32_t *m, size_t m_stride,
                            const void *scale, size_t height, size_t width, int8_t *c, size_t c_row,
                            size_t c_pixel, const edy_s8_output *output) {
    const destination d = {
        height, width, c_row, c_pixel, c, EDY_RULE_ONNX, block_output_make(output)};
    output_tile(4, channels, parts, m, m_stride, scale, &d);
}

static void output_2x2_tflite(size_t channels, size_t parts, const int32_t *m, size_t m_stride,
                              const void *scale, size_t height, size_t width, int8_t *c,
                              size_t c_row, size_t c_pixel, const edy_s8_output *output) {
    const destination d = {
        height, width, c_row, c_pixel, c, EDY_RULE_TFLITE, block_output_make(output)};
    output_tile(2, channels, parts, m, m_stride, scale, &d);
}

static void output_4x4_tflite(size_t channels, size_t parts, const int32_t *m, size_t m_stride,
                              const void *scale, size_t height, size_t width, int8_t *c,
                              size_t c_row, size_t c_pixel, const edy_s8_output *output) {
    const destination d = {
        height, width, c_row, c_pixel, c, EDY_RULE_TFLITE, block_output_make(output)};
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

#endif
