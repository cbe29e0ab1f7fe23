/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <string.h>

#include "bench/walk/check_case.h"

/* One dense problem: row m, reduction index i = tap * depth + channel. */
typedef struct dense {
    size_t rows, channels, depth, taps, stride;
    const float *a; /* GEMM */
    size_t a_stride;
    edy_rows_f32 list; /* indirect GEMM; list.list is NULL for GEMM */
    size_t mr;
    const float *w, *bias, *residual;
    edy_f32_clamp clamp;
} dense;

static float input(const dense *d, size_t m, size_t i) {
    if (!d->list.list)
        return d->a[m * d->a_stride + i];
    return edy_rows_f32_at(&d->list, i / d->depth * d->mr + m, i % d->depth);
}

static edy_expected expected(const dense *d, size_t m, size_t n) {
    const size_t k = d->depth * d->taps;
    edy_expected want = {.value = d->bias ? d->bias[n] : 0.0, .roundings = k + 1};
    want.magnitude = fabs(want.value);
    for (size_t i = 0; i < k; i++) {
        const double term = (double)input(d, m, i) * (double)d->w[n * k + i];
        want.value += term;
        want.magnitude += fabs(term);
    }
    if (d->residual) {
        const double r = d->residual[m * d->stride + n];
        want.value += r;
        want.magnitude += fabs(r);
        want.roundings++;
    }
    return want;
}

/* The chain that kernel.h promises, by multiply then add or fused. */
static float chain(const dense *d, size_t m, size_t n, bool fused) {
    const size_t k = d->depth * d->taps;
    float sum = d->bias ? d->bias[n] : 0.0f;
    for (size_t i = 0; i < k; i++) {
        const float a = input(d, m, i), w = d->w[n * k + i];
        const float product = a * w;
        sum = fused ? fmaf(a, w, sum) : sum + product;
    }
    if (d->residual)
        sum += d->residual[m * d->stride + n];
    return sum < d->clamp.low ? d->clamp.low : sum > d->clamp.high ? d->clamp.high : sum;
}

static void compare(edy_case *c, const dense *d, const float *out) {
    bool plain = true, fused = true;
    for (size_t m = 0; m < d->rows; m++) {
        for (size_t n = 0; n < d->channels; n++) {
            const float got = out[m * d->stride + n];
            edy_case_near(c, got, expected(d, m, n), &d->clamp, m, n);
            plain = plain && (isnan(got) || got == chain(d, m, n, false));
            fused = fused && (isnan(got) || got == chain(d, m, n, true));
        }
    }
    if (!plain && !fused)
        edy_case_fail(c, "not one chain of additions in the order of the contract");
    edy_case_gaps(c, out, d->rows, d->channels * sizeof(float), d->stride * sizeof(float));
}

static const float *draw_a(edy_case *c, size_t n, int32_t reach) {
    float *a = edy_case_f32(c, n, reach);
    if (c->problem->fill == EDY_FILL_EXTREME && edy_case_chance(c, 3))
        edy_spoil_f32(&c->random, a, n);
    return a;
}

static dense draw(edy_case *c, const edy_f32_dense *kernel, bool indirect) {
    const edy_kernel_problem *p = c->problem;
    dense d = {.rows = p->rows,
               .channels = p->channels,
               .depth = p->depth,
               .taps = indirect ? p->taps : 1,
               .stride = p->channels + edy_random_below(&c->random, 3),
               .a_stride = p->depth + edy_random_below(&c->random, 3),
               .mr = kernel->mr};
    const size_t k = d.depth * d.taps;
    const int32_t reach = edy_exact_reach(k);
    d.w = edy_case_f32(c, d.channels * k, reach);
    if (!edy_case_chance(c, 4))
        d.bias = edy_case_f32(c, d.channels, reach);
    d.clamp = edy_case_clamp(c);
    if (indirect)
        d.list = edy_case_rows_f32(c, d.taps * d.mr, d.depth, true, reach);
    else
        d.a = draw_a(c, (d.rows - 1) * d.a_stride + d.depth, reach);
    return d;
}

static bool check(const char *family, const edy_kernels *k, const edy_kernel_problem *p,
                  edy_kernel_verdict *v, bool indirect) {
    const edy_f32_dense *kernel = &k->f32_dense;
    edy_case c = edy_case_begin(family, p, v);
    dense d = draw(&c, kernel, indirect);
    const size_t packed_bytes = kernel->packed_bytes(d.channels, d.depth, d.taps);
    void *packed = edy_case_bytes(&c, packed_bytes);
    kernel->pack(d.channels, d.depth, d.taps, d.w, d.bias, packed);
    const size_t span = (d.rows - 1) * d.stride + d.channels;
    float *out = edy_case_bytes(&c, span * sizeof(float));
    const float *residual = NULL; /* what the kernel gets: separate, or the output itself */
    if (edy_case_chance(&c, 2)) {
        const float *kept = edy_case_f32(&c, span, edy_exact_reach(d.depth * d.taps));
        d.residual = residual = kept;
        if (edy_case_chance(&c, 2)) {
            for (size_t m = 0; m < d.rows; m++)
                memcpy(out + m * d.stride, kept + m * d.stride, d.channels * sizeof(float));
            residual = out;
        }
    }
    while (edy_case_again(&c)) {
        if (indirect)
            kernel->igemm(d.rows, d.channels, d.depth, d.taps, d.list.list, d.list.a_offset,
                          d.list.zero, packed, out, d.stride, residual, &d.clamp);
        else
            kernel->gemm(d.rows, d.channels, d.depth, d.a, d.a_stride, packed, out, d.stride,
                         residual, &d.clamp);
    }
    if (packed_bytes % 64 != 0)
        edy_case_fail(&c, "packed_bytes is %zu, not a multiple of 64", packed_bytes);
    compare(&c, &d, out);
    return edy_case_end(&c);
}

static bool check_gemm(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("f32_gemm", k, p, v, false);
}

static bool check_igemm(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("f32_igemm", k, p, v, true);
}

static edy_kernel_limits limits_gemm(const edy_kernels *k) {
    return (edy_kernel_limits){k->f32_dense.mr, k->f32_dense.nr, true, false, true};
}

static edy_kernel_limits limits_igemm(const edy_kernels *k) {
    return (edy_kernel_limits){k->f32_dense.mr, k->f32_dense.nr, true, true, true};
}

const edy_kernel_family edy_families_f32_dense[] = {
    {"f32_gemm", EDY_KERNEL_NAMED_PART(f32_dense), limits_gemm, check_gemm},
    {"f32_igemm", EDY_KERNEL_NAMED_PART(f32_dense), limits_igemm, check_igemm},
    {.name = NULL}};
