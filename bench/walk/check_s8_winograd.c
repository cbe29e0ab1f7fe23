/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Integer Winograd: its two transforms with the products between them done here in int64, and its
 * GEMM. The outputs must be, byte for byte, those of the 3x3 convolution that they stand for. */
#include <stdlib.h>
#include <string.h>

#include "bench/walk/check_case.h"

enum { WINDOW = 3, MAX_OUT = 4, MAX_IN = 6, MAX_DEPTH = 40, MAX_PARTS = 3 };

/* Rows of G as the engine's planner multiplies weights with (engine/ops/winograd_s8.h): part of the
 * contract between planner and kernel, so repeated here. */
static const int64_t g4[MAX_IN][WINDOW] = {{6, 0, 0}, {-4, -4, -4}, {-4, 4, -4},
                                           {1, 2, 4}, {1, -2, 4},   {0, 0, 12}};
static const int64_t g2[MAX_IN][WINDOW] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};

typedef struct tile {
    size_t out, in, depth;
    edy_rows_s8 list;        /* [in * in] of depth */
    const edy_s8_weights *w; /* w->w: [channels][depth][3 * 3] */
} tile;

static int64_t pixel(const tile *t, size_t y, size_t x, size_t k) {
    return edy_rows_s8_at(&t->list, y * t->in + x, k);
}

static int64_t weight(const tile *t, size_t n, size_t k, size_t i) {
    return t->w->w[(n * t->depth + k) * WINDOW * WINDOW + i];
}

static int64_t transformed_weight(const tile *t, size_t n, size_t k, size_t position) {
    const int64_t(*const g)[WINDOW] = t->out == 4 ? g4 : g2;
    int64_t sum = 0;
    for (size_t i = 0; i < WINDOW * WINDOW; i++)
        sum +=
            g[position / t->in][i / WINDOW] * weight(t, n, k, i) * g[position % t->in][i % WINDOW];
    return sum;
}

/* Wrapped as the kernels' own sums are. */
static int32_t wrapped(int64_t sum) {
    const uint32_t bits = (uint32_t)(uint64_t)sum;
    int32_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void multiply(const tile *t, size_t channels, size_t parts, const int16_t *v,
                     size_t v_stride, int32_t *m, size_t m_stride) {
    const size_t positions = t->in * t->in;
    for (size_t p = 0; p < parts; p++)
        for (size_t n = 0; n < channels; n++)
            for (size_t i = 0; i < positions; i++) {
                int64_t sum = 0;
                for (size_t k = p; k < t->depth; k += parts)
                    sum += v[i * v_stride + k] * transformed_weight(t, n, k, i);
                m[(p * positions + i) * m_stride + n] = wrapped(sum);
            }
}

static int64_t convolution(const tile *t, size_t n, size_t y, size_t x) {
    int64_t sum = t->w->bias[n];
    for (size_t k = 0; k < t->depth; k++)
        for (size_t i = 0; i < WINDOW * WINDOW; i++)
            sum += pixel(t, y + i / WINDOW, x + i % WINDOW, k) * weight(t, n, k, i);
    return sum;
}

/* The planner's promise: weights within 128, and the sums of a part (every parts-th input channel)
 * within what is left of 32 bits. */
static void keep_promise(int16_t *w, size_t outputs, size_t each, size_t parts, size_t out) {
    const int64_t most = (out == 4 ? INT64_C(1) << 25 : INT64_C(1) << 29) / 128 - 1;
    for (size_t n = 0; n < outputs; n++) {
        int64_t left[MAX_PARTS];
        for (size_t part = 0; part < parts; part++)
            left[part] = most;
        for (size_t i = 0; i < each; i++) {
            int16_t *one = &w[n * each + i];
            *one = (int16_t)(*one > 128 ? 128 : *one < -128 ? -128 : *one);
            int64_t *of_part = &left[i / (WINDOW * WINDOW) % parts];
            if (abs(*one) > *of_part)
                *one = 0;
            *of_part -= abs(*one);
        }
    }
}

static bool check(const edy_s8_winograd *kernel, const char *family, edy_rule rule,
                  const edy_kernel_problem *p, edy_kernel_verdict *v) {
    edy_case c = edy_case_begin(family, p, v);
    tile t = {.out = kernel->out, .in = kernel->out + 2u, .depth = 1 + (p->depth - 1) % MAX_DEPTH};
    const size_t positions = t.in * t.in, each = t.depth * WINDOW * WINDOW;
    t.list = edy_case_rows_s8(&c, positions, t.depth, true);
    const edy_s8_weights w = edy_case_s8_weights(&c, rule, p->channels, each);
    t.w = &w;
    const size_t parts = 1 + edy_random_below(&c.random, MAX_PARTS);
    keep_promise((int16_t *)w.w, p->channels, each, parts, t.out);
    const edy_s8_output o = edy_case_s8_output(&c);
    const size_t v_stride = t.depth + edy_random_below(&c.random, 3);
    const size_t m_stride = p->channels + edy_random_below(&c.random, 3);
    int16_t *transformed = edy_case_bytes(&c, ((positions - 1) * v_stride + t.depth) * 2);
    while (edy_case_again(&c))
        kernel->input(t.depth, t.list.list, t.list.a_offset, t.list.zero, transformed, v_stride);
    edy_case_gaps(&c, transformed, positions, t.depth * 2, v_stride * 2);
    int32_t *m = edy_case_bytes(&c, ((parts * positions - 1) * m_stride + p->channels) * 4);
    multiply(&t, p->channels, parts, transformed, v_stride, m, m_stride);
    void *scale = edy_case_bytes(&c, kernel->scale_bytes(p->channels));
    const edy_s8_weights scales = {.bias = w.bias,
                                   .narrow = w.narrow,
                                   .rule = rule,
                                   .multiplier = w.multiplier,
                                   .fixed = w.fixed};
    kernel->pack_scale(p->channels, &scales, scale);

    const size_t height = 1 + edy_random_below(&c.random, t.out);
    const size_t width = 1 + edy_random_below(&c.random, t.out);
    const size_t pixel_stride = p->channels + edy_random_below(&c.random, 3);
    const size_t row_stride = width * pixel_stride + edy_random_below(&c.random, 3);
    int8_t *out =
        edy_case_bytes(&c, (height - 1) * row_stride + (width - 1) * pixel_stride + p->channels);
    kernel->output(p->channels, parts, m, m_stride, scale, height, width, out, row_stride,
                   pixel_stride, &o);
    for (size_t n = 0; n < p->channels; n++)
        for (size_t i = 0; i < height * width; i++) {
            const size_t y = i / width, x = i % width;
            edy_case_same_int(&c, out[y * row_stride + x * pixel_stride + n],
                              edy_oracle_requant(&w, n, convolution(&t, n, y, x), &o), i, n);
        }
    for (size_t y = 0; y < height; y++)
        edy_case_gaps(&c, out + y * row_stride, width, p->channels, pixel_stride);
    return edy_case_end(&c);
}

static bool onnx_2x2(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check(&k->s8_winograd[EDY_RULE_ONNX][EDY_WINOGRAD_2X2], "s8_winograd_onnx_2x2",
                 EDY_RULE_ONNX, p, v);
}
static bool onnx_4x4(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check(&k->s8_winograd[EDY_RULE_ONNX][EDY_WINOGRAD_4X4], "s8_winograd_onnx_4x4",
                 EDY_RULE_ONNX, p, v);
}
static bool tflite_2x2(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check(&k->s8_winograd[EDY_RULE_TFLITE][EDY_WINOGRAD_2X2], "s8_winograd_tflite_2x2",
                 EDY_RULE_TFLITE, p, v);
}
static bool tflite_4x4(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check(&k->s8_winograd[EDY_RULE_TFLITE][EDY_WINOGRAD_4X4], "s8_winograd_tflite_4x4",
                 EDY_RULE_TFLITE, p, v);
}

/* Any int16, as large as they come: sums wrap. */
static int16_t *some_s16(edy_case *c, size_t n) {
    int16_t *x = edy_case_bytes(c, n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        const int32_t any = (int32_t)edy_random_below(&c->random, 65535) - 32767;
        x[i] = (int16_t)(c->problem->fill == EDY_FILL_EXTREME ? (any < 0 ? -32767 : 32767) : any);
    }
    return x;
}

static bool gemm(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    const edy_s16_dense *kernel = &k->s16_dense;
    edy_case c = edy_case_begin("s16_gemm", p, v);
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    const size_t a_stride = p->depth + edy_random_below(&c.random, 3);
    const int16_t *w = some_s16(&c, p->channels * p->depth);
    void *packed = edy_case_bytes(&c, kernel->packed_bytes(p->channels, p->depth));
    kernel->pack(p->channels, p->depth, w, packed);
    const int16_t *a = some_s16(&c, (p->rows - 1) * a_stride + p->depth);
    int32_t *out = edy_case_bytes(&c, ((p->rows - 1) * stride + p->channels) * sizeof *out);
    while (edy_case_again(&c))
        kernel->gemm(p->rows, p->channels, p->depth, a, a_stride, packed, out, stride);
    for (size_t m = 0; m < p->rows; m++)
        for (size_t n = 0; n < p->channels; n++) {
            int64_t sum = 0;
            for (size_t i = 0; i < p->depth; i++)
                sum += (int64_t)a[m * a_stride + i] * w[n * p->depth + i];
            edy_case_same_int(&c, out[m * stride + n], wrapped(sum), m, n);
        }
    edy_case_gaps(&c, out, p->rows, p->channels * sizeof *out, stride * sizeof *out);
    return edy_case_end(&c);
}

static edy_kernel_limits limits(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){1, 16, true, false, false};
}
static edy_kernel_limits limits_gemm(const edy_kernels *k) {
    return (edy_kernel_limits){k->s16_dense.mr, k->s16_dense.nr, true, false, true};
}

const edy_kernel_family edy_families_s8_winograd[] = {
    {"s8_winograd_onnx_2x2", EDY_KERNEL_NAMED_PART(s8_winograd[EDY_RULE_ONNX][EDY_WINOGRAD_2X2]),
     limits, onnx_2x2},
    {"s8_winograd_onnx_4x4", EDY_KERNEL_NAMED_PART(s8_winograd[EDY_RULE_ONNX][EDY_WINOGRAD_4X4]),
     limits, onnx_4x4},
    {"s8_winograd_tflite_2x2",
     EDY_KERNEL_NAMED_PART(s8_winograd[EDY_RULE_TFLITE][EDY_WINOGRAD_2X2]), limits, tflite_2x2},
    {"s8_winograd_tflite_4x4",
     EDY_KERNEL_NAMED_PART(s8_winograd[EDY_RULE_TFLITE][EDY_WINOGRAD_4X4]), limits, tflite_4x4},
    {"s16_gemm", EDY_KERNEL_NAMED_PART(s16_dense), limits_gemm, gemm},
    {.name = NULL}};
