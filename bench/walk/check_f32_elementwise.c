/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <string.h>

#include "bench/walk/check_case.h"

static edy_kernel_limits limits(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){1, 32, false, false, false};
}

/* One binary32 operation: the double result rounded once is the only right answer. */
typedef double operation(double a, double b);
static double plus(double a, double b) {
    return a + b;
}
static double times(double a, double b) {
    return a * b;
}
static double first(double a, double b) {
    return b == b ? a : a;
}

static float *draw(edy_case *c) {
    float *x = edy_case_f32(c, c->problem->channels, 100);
    if (c->problem->fill == EDY_FILL_EXTREME)
        edy_spoil_f32(&c->random, x, c->problem->channels);
    return x;
}

static bool check(const char *family, const edy_kernels *k, const edy_kernel_problem *p,
                  edy_kernel_verdict *v, edy_f32_add_fn binary, operation *op) {
    edy_case c = edy_case_begin(family, p, v);
    const size_t n = p->channels;
    float *a = draw(&c), *b = draw(&c);
    const edy_f32_clamp clamp = edy_case_clamp(&c);
    float *want = edy_case_bytes(&c, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        const float x = (float)op(a[i], b[i]);
        want[i] = x < clamp.low ? clamp.low : x > clamp.high ? clamp.high : x;
    }
    float *out = edy_case_bytes(&c, n * sizeof(float));
    const size_t place = edy_case_place(&c, binary ? 3 : 2);
    out = place == 0 ? out : place == 1 ? a : b; /* may be in place */
    while (edy_case_again(&c)) {
        if (binary)
            binary(n, a, b, out, &clamp);
        else
            k->f32_clamp(n, a, out, &clamp);
    }
    for (size_t i = 0; i < n; i++)
        edy_case_same_f32(&c, out[i], want[i], 0, i);
    return edy_case_end(&c);
}

static bool check_add(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("f32_add", k, p, v, k->f32_add, plus);
}

static bool check_mul(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("f32_mul", k, p, v, k->f32_mul, times);
}

static bool check_clamp(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("f32_clamp", k, p, v, NULL, first);
}

static bool check_leaky(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("f32_leaky", p, v);
    float *a = draw(&c), *out = edy_case_bytes(&c, p->channels * sizeof(float));
    float *want = edy_case_bytes(&c, p->channels * sizeof(float));
    const float alpha =
        (float)(2 * edy_random_unit(&c.random) - 0.5); /* above 1 and below 0, too */
    for (size_t i = 0; i < p->channels; i++)
        want[i] = a[i] < 0 ? (float)((double)alpha * (double)a[i]) : a[i];
    out = edy_case_place(&c, 2) ? a : out;
    while (edy_case_again(&c))
        k->f32_leaky(p->channels, a, out, alpha);
    for (size_t i = 0; i < p->channels; i++)
        edy_case_same_f32(&c, out[i], want[i], 0, i);
    return edy_case_end(&c);
}

/* The rule rounds the quotient to binary32 and that to an integer; a double quotient rounded to
 * binary32 is the former. */
static int quantized(float x, float scale, const edy_s8_output *o) {
    const double q = nearbyint((double)(float)((double)x / (double)scale));
    if (isnan(q) || q < o->low - o->zero_point)
        return o->low;
    return q > o->high - o->zero_point ? o->high : (int)q + o->zero_point;
}

static bool check_quantize(const edy_kernels *k, const edy_kernel_problem *p,
                           edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("quantize", p, v);
    const float *a = draw(&c);
    const edy_s8_output o = edy_case_s8_output(&c);
    const float scale = p->fill == EDY_FILL_EXACT
                            ? 2.0f /* every odd number is a tie */
                            : (float)(0.001 + 0.05 * edy_random_unit(&c.random));
    int8_t *out = edy_case_bytes(&c, p->channels);
    while (edy_case_again(&c))
        k->quantize(p->channels, a, out, scale, &o);
    for (size_t i = 0; i < p->channels; i++)
        edy_case_same_int(&c, out[i], quantized(a[i], scale, &o), 0, i);
    return edy_case_end(&c);
}

static bool check_dequantize(const edy_kernels *k, const edy_kernel_problem *p,
                             edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("dequantize", p, v);
    const int8_t *a = edy_case_s8(&c, p->channels);
    const float scale = (float)(0.001 + edy_random_unit(&c.random));
    const int32_t zero_point = edy_random_between(&c.random, -128, 127);
    float *out = edy_case_bytes(&c, p->channels * sizeof(float));
    while (edy_case_again(&c))
        k->dequantize(p->channels, a, out, scale, zero_point);
    for (size_t i = 0; i < p->channels; i++)
        edy_case_same_f32(&c, out[i], (float)(((double)a[i] - zero_point) * (double)scale), 0, i);
    return edy_case_end(&c);
}

const edy_kernel_family edy_families_f32_elementwise[] = {
    {"f32_add", EDY_KERNEL_PART(f32_add), limits, check_add},
    {"f32_mul", EDY_KERNEL_PART(f32_mul), limits, check_mul},
    {"f32_clamp", EDY_KERNEL_PART(f32_clamp), limits, check_clamp},
    {"f32_leaky", EDY_KERNEL_PART(f32_leaky), limits, check_leaky},
    {"quantize", EDY_KERNEL_PART(quantize), limits, check_quantize},
    {"dequantize", EDY_KERNEL_PART(dequantize), limits, check_dequantize},
    {.name = NULL}};
