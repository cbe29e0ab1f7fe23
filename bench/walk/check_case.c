/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/check_case.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

edy_case edy_case_begin(const char *family, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    v->share = 0.0;
    v->message[0] = '\0';
    return (edy_case){.family = family, .problem = p, .verdict = v, .random = p->seed};
}

void edy_case_fail(edy_case *c, const char *format, ...) {
    if (c->failed)
        return;
    c->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(c->verdict->message, sizeof c->verdict->message, format, args);
    va_end(args);
}

bool edy_case_end(edy_case *c) {
    if (!edy_guard_intact(&c->guard))
        edy_case_fail(c, "wrote outside a buffer");
    edy_guard_free(&c->guard);
    return !c->failed;
}

bool edy_case_again(edy_case *c) {
    return edy_call_again(c->problem->timer, &c->called);
}

size_t edy_case_place(edy_case *c, size_t places) {
    const size_t place = edy_random_below(&c->random, places);
    return c->problem->timer ? 0 : place;
}

bool edy_case_chance(edy_case *c, size_t one_in) {
    return edy_random_below(&c->random, one_in) == 0;
}

void *edy_case_bytes(edy_case *c, size_t bytes) {
    const edy_guard_side side = edy_case_chance(c, 2) ? EDY_GUARD_AFTER : EDY_GUARD_BEFORE;
    void *block = edy_guard_alloc(&c->guard, bytes, side);
    if (!block) {
        fprintf(stderr, "edyno: out of memory for a case of %s\n", c->family);
        exit(2);
    }
    return block;
}

float *edy_case_f32(edy_case *c, size_t n, int32_t reach) {
    float *out = edy_case_bytes(c, n * sizeof(float));
    edy_fill_f32(&c->random, c->problem->fill, reach, out, n);
    return out;
}

int8_t *edy_case_s8(edy_case *c, size_t n) {
    int8_t *out = edy_case_bytes(c, n);
    edy_fill_s8(&c->random, c->problem->fill, out, n);
    return out;
}

edy_f32_clamp edy_case_clamp(edy_case *c) {
    static const edy_f32_clamp some[] = {{0.0f, INFINITY}, {0.0f, 6.0f}, {-0.5f, 0.5f}};
    if (!edy_case_chance(c, 3)) /* mostly none: a clamp hides faults */
        return (edy_f32_clamp){-INFINITY, INFINITY};
    return some[edy_random_below(&c->random, 3)];
}

edy_s8_output edy_case_s8_output(edy_case *c) {
    edy_s8_output o = {edy_random_between(&c->random, -128, 127), -128, 127};
    if (edy_case_chance(c, 3)) {
        o.low = edy_random_between(&c->random, -128, 127);
        o.high = edy_random_between(&c->random, o.low, 127);
    } else if (edy_case_chance(c, 2)) {
        o.low = o.zero_point; /* a Relu */
    }
    return o;
}

int32_t edy_exact_reach(size_t k) {
    int32_t reach = 100;
    while (reach > 1 && (double)reach * reach * (double)(k + 2) >= 0x1p24)
        reach--;
    return reach;
}

static double clamp_double(double x, double low, double high) {
    return x < low ? low : x > high ? high : x; /* NaN stays */
}

static void compare_near(edy_case *c, float got, edy_expected want, const edy_f32_clamp *clamp,
                         bool exact, size_t row, size_t column) {
    const double value = clamp_double(want.value, clamp->low, clamp->high);
    if (isnan(value) || isnan(got) || isinf(value) || isinf(got)) {
        if (isnan(value) ? !isnan(got) : got != value)
            edy_case_fail(c, "[%zu][%zu] is %g, not %g", row, column, (double)got, value);
        return;
    }
    const double u = 0x1p-24, k = (double)want.roundings;
    const double tiny = k * (double)FLT_MIN;
    const double hard = k * u / (1.0 - k * u) * want.magnitude + tiny;
    const double usual = 6.0 * sqrt(k) * u * want.magnitude + tiny;
    const double allowed = exact ? 0.0 : (hard < usual ? hard : usual);
    const double error = fabs((double)got - value);
    if (!(error <= allowed))
        edy_case_fail(c, "[%zu][%zu] is %.9g, not %.9g: off by %g, allowed %g", row, column,
                      (double)got, value, error, allowed);
    if (allowed > 0.0 && error / allowed > c->verdict->share)
        c->verdict->share = error / allowed;
}

void edy_case_near(edy_case *c, float got, edy_expected want, const edy_f32_clamp *clamp,
                   size_t row, size_t column) {
    compare_near(c, got, want, clamp, c->problem->fill == EDY_FILL_EXACT, row, column);
}

void edy_case_within(edy_case *c, float got, edy_expected want, const edy_f32_clamp *clamp,
                     size_t row, size_t column) {
    compare_near(c, got, want, clamp, false, row, column);
}

void edy_case_same_f32(edy_case *c, float got, float want, size_t row, size_t column) {
    if (isnan(got) && isnan(want))
        return;
    if (memcmp(&got, &want, sizeof got) != 0)
        edy_case_fail(c, "[%zu][%zu] is %.9g, not %.9g", row, column, (double)got, (double)want);
}

void edy_case_same_int(edy_case *c, int got, int64_t want, size_t row, size_t column) {
    if (got != want)
        edy_case_fail(c, "[%zu][%zu] is %d, not %" PRId64, row, column, got, want);
}

void edy_case_gaps(edy_case *c, const void *out, size_t rows, size_t row_bytes,
                   size_t stride_bytes) {
    const unsigned char *at = out;
    for (size_t r = 0; r + 1 < rows; r++, at += stride_bytes)
        for (size_t i = row_bytes; i < stride_bytes; i++)
            if (at[i] != EDY_GUARD_CANARY)
                edy_case_fail(c, "wrote byte %zu past the end of row %zu", i - row_bytes, r);
}

/* Mostly the last row, which is the one against the forbidden page. */
static size_t pick_row(edy_case *c, size_t n) {
    return edy_case_chance(c, 2) ? n - 1 : edy_random_below(&c->random, n);
}

enum { IMAGE_ROWS = 5 };

edy_rows_f32 edy_case_rows_f32(edy_case *c, size_t count, size_t width, bool padding,
                               int32_t reach) {
    edy_rows_f32 rows = {.list = edy_case_bytes(c, count * sizeof(float *)),
                         .a_offset = IMAGE_ROWS * width * sizeof(float)};
    float *image = edy_case_f32(c, 2 * IMAGE_ROWS * width, reach);
    for (size_t i = 0; i < IMAGE_ROWS * width; i++)
        image[i] = NAN; /* reading it is a fault that shows */
    float *zero = edy_case_bytes(c, width * sizeof(float));
    for (size_t i = 0; i < width; i++)
        zero[i] = 0.0f;
    rows.zero = zero;
    for (size_t i = 0; i < count; i++)
        rows.list[i] =
            padding && edy_case_chance(c, 4) ? zero : image + pick_row(c, IMAGE_ROWS) * width;
    return rows;
}

edy_rows_s8 edy_case_rows_s8(edy_case *c, size_t count, size_t width, bool padding) {
    edy_rows_s8 rows = {.list = edy_case_bytes(c, count * sizeof(int8_t *)),
                        .a_offset = IMAGE_ROWS * width};
    int8_t *image = edy_case_s8(c, 2 * IMAGE_ROWS * width);
    for (size_t i = 0; i < IMAGE_ROWS * width; i++)
        image[i] = (int8_t)~image[i];
    int8_t *zero = edy_case_bytes(c, width);
    memset(zero, edy_random_between(&c->random, -128, 127), width);
    rows.zero = zero;
    for (size_t i = 0; i < count; i++)
        rows.list[i] =
            padding && edy_case_chance(c, 4) ? zero : image + pick_row(c, IMAGE_ROWS) * width;
    return rows;
}

float edy_rows_f32_at(const edy_rows_f32 *rows, size_t index, size_t column) {
    const float *row = rows->list[index];
    return row == rows->zero ? row[column] : row[rows->a_offset / sizeof(float) + column];
}

int8_t edy_rows_s8_at(const edy_rows_s8 *rows, size_t index, size_t column) {
    const int8_t *row = rows->list[index];
    return row == rows->zero ? row[column] : row[rows->a_offset + column];
}

/* A multiplier with which sums of `depth` products fill the output range; or an extreme one. */
static double pick_scale(edy_case *c, size_t depth) {
    static const double some[] = {1e-12, 0x1p-31, 1e-5, 0x1p-7, 0.5, 0.999999999, 1.0};
    const double spread = 0.5 + edy_random_unit(&c->random);
    switch (c->problem->fill) {
    case EDY_FILL_EXACT: /* ties */
        return 0.5;
    case EDY_FILL_EXTREME: /* every product may have the same sign */
        return edy_case_chance(c, 2) ? spread / (128.0 * (double)depth)
                                     : some[edy_random_below(&c->random, 7)];
    default:
        return spread * 100.0 / (5000.0 * sqrt((double)depth));
    }
}

static edy_fixed pick_fixed(edy_case *c, double scale) {
    int exponent;
    const double fraction = frexp(scale, &exponent);
    const double q = floor(fraction * 0x1p31);
    edy_fixed f = {(int32_t)q, exponent < -31 ? -31 : exponent};
    if (c->problem->fill == EDY_FILL_EXTREME && edy_case_chance(c, 4))
        f = (edy_fixed){edy_random_between(&c->random, 1 << 30, INT32_MAX),
                        edy_random_between(&c->random, -31, 7)};
    if (c->problem->fill == EDY_FILL_EXTREME && edy_case_chance(c, 16))
        f = (edy_fixed){0, 0};
    return f;
}

edy_s8_weights edy_case_s8_weights(edy_case *c, edy_rule rule, size_t outputs, size_t depth) {
    int16_t *w = edy_case_bytes(c, outputs * depth * sizeof(int16_t));
    int32_t *bias = edy_case_bytes(c, outputs * sizeof(int32_t));
    float *multiplier = edy_case_bytes(c, outputs * sizeof(float));
    edy_fixed *fixed = edy_case_bytes(c, outputs * sizeof(edy_fixed));
    const edy_fill fill = c->problem->fill;
    const int narrow = !edy_case_chance(c, 3);
    const int32_t reach = fill == EDY_FILL_EXACT ? 8 : narrow ? 127 : 255;
    for (size_t i = 0; i < outputs * depth; i++) {
        w[i] = (int16_t)edy_random_between(&c->random, narrow ? -reach - 1 : -reach, reach);
        if (fill == EDY_FILL_EXTREME)
            w[i] = (int16_t)(w[i] < 0 ? (narrow ? -128 : -255) : reach);
    }
    for (size_t n = 0; n < outputs; n++) {
        const double scale = pick_scale(c, depth);
        const int32_t room = INT32_MAX - (int32_t)depth * 255 * 128;
        const int32_t far = fill == EDY_FILL_EXTREME && edy_case_chance(c, 2) ? room : 9999;
        bias[n] = edy_random_between(&c->random, -far, far);
        multiplier[n] = (float)scale;
        fixed[n] = pick_fixed(c, scale);
    }
    return (edy_s8_weights){.w = w,
                            .bias = bias,
                            .narrow = narrow,
                            .rule = rule,
                            .multiplier = multiplier,
                            .fixed = fixed};
}

static int64_t bounded(int64_t x, const edy_s8_output *o) {
    return x < o->low ? o->low : x > o->high ? o->high : x;
}

int64_t edy_oracle_onnx(int64_t acc, float m, const edy_s8_output *o) {
    /* A product of two binary32 numbers is exact in double: this rounds once, as binary32 does. */
    const float product = (float)((double)(float)acc * (double)m);
    const double rounded = nearbyint((double)product);
    if (rounded > 1000.0 || rounded < -1000.0)
        return rounded > 0.0 ? o->high : o->low;
    return bounded((int64_t)rounded + o->zero_point, o);
}

/* floor(a / 2^bits) for any sign, without shifting negative numbers. */
static int64_t floor_divide(int64_t a, int bits) {
    const int64_t d = INT64_C(1) << bits;
    return a >= 0 ? a / d : -((-a + d - 1) / d);
}

static int64_t oracle_tflite(int64_t acc, edy_fixed f, const edy_s8_output *o) {
    const int left = f.shift > 0 ? f.shift : 0, right = f.shift < 0 ? -f.shift : 0;
    int64_t x = acc * (INT64_C(1) << left);
    x = x - floor_divide(x + (INT64_C(1) << 31), 32) * (INT64_C(1) << 32); /* wraps to int32 */
    const int64_t high = floor_divide(x * f.q + (INT64_C(1) << 30), 31);   /* half up */
    const int64_t half = right ? INT64_C(1) << (right - 1) : 0;
    const int64_t magnitude = high < 0 ? -high : high;
    const int64_t shifted = (magnitude + half) / (INT64_C(1) << right); /* half away from zero */
    return bounded((high < 0 ? -shifted : shifted) + o->zero_point, o);
}

int64_t edy_oracle_requant(const edy_s8_weights *w, size_t output, int64_t acc,
                           const edy_s8_output *o) {
    return w->rule == EDY_RULE_ONNX ? edy_oracle_onnx(acc, w->multiplier[output], o)
                                    : oracle_tflite(acc, w->fixed[output], o);
}
