/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Winograd's two transforms, with the products between them done here in double: the outputs must
 * be those of the 3x3 convolution that they stand for. */
#include <math.h>

#include "bench/walk/check_case.h"
#include "bench/winograd_bound.h"

enum { WINDOW = EDY_WINOGRAD_WINDOW, MAX_DEPTH = 12 };

typedef struct tile {
    const edy_winograd_matrices *m;
    size_t out, in, depth, channels;
    edy_rows_f32 list;     /* [in * in] of depth */
    const float *w, *bias; /* [channels][depth][3 * 3] */
} tile;

static double pixel(const tile *t, size_t y, size_t x, size_t k) {
    return (double)edy_rows_f32_at(&t->list, y * t->in + x, k);
}

static void weight(const tile *t, size_t n, size_t k, bool absolute, double *u) {
    double g[WINDOW * WINDOW];
    for (size_t i = 0; i < WINDOW * WINDOW; i++)
        g[i] = (double)t->w[(n * t->depth + k) * WINDOW * WINDOW + i];
    edy_winograd_weight(t->m, g, absolute, u);
}

/* The convolution itself, and the magnitude of its bound, of one channel's outputs. */
static void expected(const tile *t, size_t n, edy_expected *want) {
    double w[EDY_WINOGRAD_MAX_OUT * EDY_WINOGRAD_MAX_OUT] = {0};
    for (size_t k = 0; k < t->depth; k++) {
        double u[EDY_WINOGRAD_MAX_TILE], d[EDY_WINOGRAD_MAX_TILE], v[EDY_WINOGRAD_MAX_TILE];
        for (size_t i = 0; i < t->in * t->in; i++)
            d[i] = pixel(t, i / t->in, i % t->in, k);
        weight(t, n, k, true, u);
        edy_winograd_reach(t->m, d, v);
        edy_winograd_spread(t->m, u, v, w);
    }
    for (size_t i = 0; i < t->out * t->out; i++) {
        double sum = (double)t->bias[n];
        for (size_t k = 0; k < t->depth; k++)
            for (size_t j = 0; j < WINDOW * WINDOW; j++)
                sum += pixel(t, i / t->out + j / WINDOW, i % t->out + j % WINDOW, k) *
                       (double)t->w[(n * t->depth + k) * WINDOW * WINDOW + j];
        want[i] = (edy_expected){.value = sum,
                                 .magnitude = fabs((double)t->bias[n]) + w[i],
                                 .roundings = (size_t)edy_winograd_terms(t->depth)};
    }
}

/* m[position][channel] = sum over depth of transformed weight by transformed input. */
static void multiply(const tile *t, const float *v, size_t v_stride, float *m, size_t m_stride) {
    for (size_t n = 0; n < t->channels; n++) {
        double sum[EDY_WINOGRAD_MAX_TILE] = {0}, u[EDY_WINOGRAD_MAX_TILE];
        for (size_t k = 0; k < t->depth; k++) {
            weight(t, n, k, false, u);
            for (size_t i = 0; i < t->in * t->in; i++)
                sum[i] += (double)v[i * v_stride + k] * u[i];
        }
        for (size_t i = 0; i < t->in * t->in; i++)
            m[i * m_stride + n] = (float)sum[i];
    }
}

/* Weights of which the transforms are integers: multiples of 4 and of 24 * 24. */
static float *some_weights(edy_case *c, const tile *t) {
    const float unit = t->out == 4 ? 576.0f : 4.0f;
    const size_t count = t->channels * t->depth * WINDOW * WINDOW;
    float *w = edy_case_f32(c, count, 2);
    for (size_t i = 0; c->problem->fill == EDY_FILL_EXACT && i < count; i++)
        w[i] *= unit;
    return w;
}

static bool check(const edy_f32_winograd *kernel, const char *family, const edy_kernel_problem *p,
                  edy_kernel_verdict *v) {
    edy_case c = edy_case_begin(family, p, v);
    tile t = {.m = edy_winograd_matrices_of(kernel->out),
              .out = kernel->out,
              .in = kernel->out + 2u,
              .channels = p->channels};
    t.depth = 1 + (p->depth - 1) % (p->fill == EDY_FILL_EXACT ? 3 : MAX_DEPTH);
    t.list = edy_case_rows_f32(&c, t.in * t.in, t.depth, true, 3);
    t.w = some_weights(&c, &t);
    t.bias = edy_case_f32(&c, t.channels, 3);
    const edy_f32_clamp clamp = edy_case_clamp(&c);
    const size_t positions = t.in * t.in;
    const size_t v_stride = t.depth + edy_random_below(&c.random, 3);
    const size_t m_stride = t.channels + edy_random_below(&c.random, 3);
    float *transformed = edy_case_bytes(&c, ((positions - 1) * v_stride + t.depth) * sizeof(float));
    while (edy_case_again(&c))
        kernel->input(t.depth, t.list.list, t.list.a_offset, t.list.zero, transformed, v_stride);
    edy_case_gaps(&c, transformed, positions, t.depth * sizeof(float), v_stride * sizeof(float));
    float *m = edy_case_bytes(&c, ((positions - 1) * m_stride + t.channels) * sizeof(float));
    multiply(&t, transformed, v_stride, m, m_stride);

    const size_t height = 1 + edy_random_below(&c.random, t.out);
    const size_t width = 1 + edy_random_below(&c.random, t.out);
    const size_t pixel_stride = t.channels + edy_random_below(&c.random, 3);
    const size_t row_stride = width * pixel_stride + edy_random_below(&c.random, 3);
    const size_t elems = (height - 1) * row_stride + (width - 1) * pixel_stride + t.channels;
    float *out = edy_case_bytes(&c, elems * sizeof(float));
    const float *residual = edy_case_chance(&c, 2) ? NULL : edy_case_f32(&c, elems, 3);
    kernel->output(t.channels, m, m_stride, t.bias, height, width, out, row_stride, pixel_stride,
                   residual, &clamp);
    for (size_t n = 0; n < t.channels; n++) {
        edy_expected want[EDY_WINOGRAD_MAX_OUT * EDY_WINOGRAD_MAX_OUT];
        expected(&t, n, want);
        for (size_t i = 0; i < height * width; i++) {
            const size_t y = i / width, x = i % width, at = y * row_stride + x * pixel_stride + n;
            edy_expected *e = &want[y * t.out + x];
            e->value += residual ? (double)residual[at] : 0.0;
            e->magnitude += residual ? fabs((double)residual[at]) : 0.0;
            edy_case_near(&c, out[at], *e, &clamp, i, n);
        }
    }
    for (size_t y = 0; y < height; y++)
        edy_case_gaps(&c, out + y * row_stride, width, t.channels * sizeof(float),
                      pixel_stride * sizeof(float));
    return edy_case_end(&c);
}

static bool check_2x2(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check(&k->f32_winograd[EDY_WINOGRAD_2X2], "f32_winograd_2x2", p, v);
}

static bool check_4x4(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check(&k->f32_winograd[EDY_WINOGRAD_4X4], "f32_winograd_4x4", p, v);
}

static edy_kernel_limits limits(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){1, 16, true, false, false};
}

const edy_kernel_family edy_families_f32_winograd[] = {
    {"f32_winograd_2x2", EDY_KERNEL_NAMED_PART(f32_winograd[EDY_WINOGRAD_2X2]), limits, check_2x2},
    {"f32_winograd_4x4", EDY_KERNEL_NAMED_PART(f32_winograd[EDY_WINOGRAD_4X4]), limits, check_4x4},
    {.name = NULL}};
