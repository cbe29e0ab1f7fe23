/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The definition of each layer as loops, one output element at a time. */
#include <math.h>

#include "bench/walk/layer_check.h"

/* One output element, and where its window begins. */
typedef struct place {
    const edy_layer_data *d;
    int64_t n, m, oy, ox;
    size_t row; /* pixel among all images, for messages */
} place;

/* Index of the input element under window position (ky, kx), or -1 in the padding. */
static int64_t under(const place *p, int64_t channel, int64_t ky, int64_t kx) {
    const edy_layer *l = p->d->layer;
    const int64_t y = p->oy * l->stride[0] + ky * l->dilation[0] - l->pad[0];
    const int64_t x = p->ox * l->stride[1] + kx * l->dilation[1] - l->pad[1];
    if (y < 0 || y >= l->in[1] || x < 0 || x >= l->in[2])
        return -1;
    return ((p->n * l->in[3] + channel) * l->in[1] + y) * l->in[2] + x;
}

static size_t out_index(const place *p) {
    const edy_layer_data *d = p->d;
    return (size_t)(((p->n * d->layer->out + p->m) * d->out_h + p->oy) * d->out_w + p->ox);
}

/* ---- fp32 ------------------------------------------------------------------------------------ */

static edy_expected convolved(const place *p) {
    const edy_layer_data *d = p->d;
    const edy_layer *l = d->layer;
    const int64_t depth = l->in[3] / l->groups, taps = l->kernel[0] * l->kernel[1];
    const int64_t first = p->m / (l->out / l->groups) * depth;
    edy_expected want = {.value = d->bias ? d->bias[p->m] : 0.0,
                         .roundings = (size_t)(depth * taps) + 1};
    want.magnitude = fabs(want.value);
    const float *w = d->w + p->m * depth * taps;
    for (int64_t c = 0; c < depth; c++)
        for (int64_t ky = 0; ky < l->kernel[0]; ky++)
            for (int64_t kx = 0; kx < l->kernel[1]; kx++, w++) {
                const int64_t at = under(p, first + c, ky, kx);
                const double term = at < 0 ? 0.0 * (double)*w : (double)d->x[at] * (double)*w;
                want.value += term;
                want.magnitude += fabs(term);
            }
    if (d->other) {
        const double r = d->other[out_index(p)];
        want.value += r;
        want.magnitude += fabs(r);
        want.roundings++;
    }
    return want;
}

static void compare_convolution(edy_case *c, const place *p, float got) {
    const edy_f32_clamp clamp = {p->d->low, p->d->high};
    edy_case_near(c, got, convolved(p), &clamp, p->row, (size_t)p->m);
}

static float largest(const place *p) {
    const edy_layer *l = p->d->layer;
    float best = -INFINITY;
    for (int64_t ky = 0; ky < l->kernel[0]; ky++)
        for (int64_t kx = 0; kx < l->kernel[1]; kx++) {
            const int64_t at = under(p, p->m, ky, kx);
            if (at < 0)
                continue;
            const float x = p->d->x[at];
            if (isnan(x))
                return x;
            best = x > best ? x : best;
        }
    return best;
}

/* Equal as numbers: which of two zeros a maximum keeps depends on the order of the window. */
static void compare_maximum(edy_case *c, const place *p, float got) {
    const float want = largest(p);
    if (got != want)
        edy_case_same_f32(c, got, want, p->row, (size_t)p->m);
}

static void compare_average(edy_case *c, const place *p, float got) {
    const edy_layer *l = p->d->layer;
    const bool mean = l->kind == EDY_LAYER_MEAN;
    const int64_t kh = mean ? l->in[1] : l->kernel[0], kw = mean ? l->in[2] : l->kernel[1];
    const edy_f32_clamp none = {-INFINITY, INFINITY};
    edy_expected want = {.roundings = (size_t)(kh * kw) + 1};
    double count = 0;
    for (int64_t ky = 0; ky < kh; ky++)
        for (int64_t kx = 0; kx < kw; kx++) {
            const int64_t at = under(p, p->m, ky, kx);
            if (at < 0)
                continue;
            count++;
            want.value += (double)p->d->x[at];
            want.magnitude += fabs((double)p->d->x[at]);
        }
    want.value /= count;
    want.magnitude /= count;
    if (c->problem->fill == EDY_FILL_EXACT) /* the sum is exact: the quotient is rounded once */
        edy_case_same_f32(c, got, (float)want.value, p->row, (size_t)p->m);
    else
        edy_case_near(c, got, want, &none, p->row, (size_t)p->m);
}

/* One operation: rounded once from double, which is exact or wide enough. */
static void compare_pair(edy_case *c, const place *p, float got) {
    const edy_layer_data *d = p->d;
    const size_t i = out_index(p);
    const double a = d->x[i], b = d->other[i];
    const float x = (float)(d->layer->kind == EDY_LAYER_ADD ? a + b : a * b);
    const float want = x < d->low ? d->low : x > d->high ? d->high : x;
    if (got != want)
        edy_case_same_f32(c, got, want, p->row, (size_t)p->m);
}

/* ---- s8 -------------------------------------------------------------------------------------- */

/* TFLite's quantized multiplier of a real number: q * 2^(shift - 31), q rounded half away. */
static edy_fixed fixed_of(double real) {
    int exponent;
    double q = round(frexp(real, &exponent) * 0x1p31);
    if (q == 0x1p31) {
        q /= 2;
        exponent++;
    }
    return exponent < -31 ? (edy_fixed){0, 0} : (edy_fixed){(int32_t)q, exponent};
}

static int64_t convolved_s8(const place *p) {
    const edy_layer_data *d = p->d;
    const edy_layer *l = d->layer;
    const int64_t depth = l->in[3] / l->groups, taps = l->kernel[0] * l->kernel[1];
    const int64_t first = p->m / (l->out / l->groups) * depth;
    const int8_t *w = d->w8 + p->m * depth * taps;
    int64_t acc = d->bias32[p->m];
    for (int64_t c = 0; c < depth; c++)
        for (int64_t ky = 0; ky < l->kernel[0]; ky++)
            for (int64_t kx = 0; kx < l->kernel[1]; kx++, w++) {
                const int64_t at = under(p, first + c, ky, kx);
                if (at >= 0)
                    acc += (d->x8[at] - d->x_zero) * (*w - d->w_zero[p->m]);
            }
    return acc;
}

static int64_t expected_s8(const place *p) {
    const edy_layer_data *d = p->d;
    const edy_layer *l = d->layer;
    const float ws = d->w_scale[p->m];
    const float product = d->x_scale * ws;
    const float onnx = product / d->y_scale;
    /* A dense layer with one scale rounds the product to binary32 first. */
    const double real = l->kind == EDY_LAYER_GEMM && l->out == 1
                            ? (double)product / (double)d->y_scale
                            : (double)d->x_scale * (double)ws / (double)d->y_scale;
    const edy_fixed fixed = fixed_of(real);
    const edy_s8_weights one = {.rule = d->dtype == EDY_LAYER_S8_TFLITE ? EDY_RULE_TFLITE
                                                                        : EDY_RULE_ONNX,
                                .multiplier = &onnx,
                                .fixed = &fixed};
    return edy_oracle_requant(&one, 0, convolved_s8(p), &d->output);
}

static int64_t largest_s8(const place *p) {
    const edy_layer_data *d = p->d;
    const edy_layer *l = d->layer;
    int64_t best = -128;
    for (int64_t ky = 0; ky < l->kernel[0]; ky++)
        for (int64_t kx = 0; kx < l->kernel[1]; kx++) {
            const int64_t at = under(p, p->m, ky, kx);
            if (at >= 0 && d->x8[at] > best)
                best = d->x8[at];
        }
    return best;
}

static int64_t mean_s8(const place *p) {
    const edy_layer_data *d = p->d;
    const edy_layer *l = d->layer;
    int64_t acc = 0;
    for (int64_t y = 0; y < l->in[1]; y++)
        for (int64_t x = 0; x < l->in[2]; x++)
            acc += d->x8[under(p, p->m, y, x)] - d->x_zero;
    const float steps = d->y_scale * (float)(l->in[1] * l->in[2]);
    return edy_oracle_onnx(acc, d->x_scale / steps, &d->output);
}

/* ---- Every output element -------------------------------------------------------------------- */

void edy_layer_compare_f32(edy_case *c, const edy_layer_data *d, const float *y) {
    static void (*const compare[EDY_LAYER_COUNT])(edy_case *, const place *, float) = {
        [EDY_LAYER_CONV] = compare_convolution, [EDY_LAYER_DWCONV] = compare_convolution,
        [EDY_LAYER_GEMM] = compare_convolution, [EDY_LAYER_MAXPOOL] = compare_maximum,
        [EDY_LAYER_AVGPOOL] = compare_average,  [EDY_LAYER_MEAN] = compare_average,
        [EDY_LAYER_ADD] = compare_pair,         [EDY_LAYER_MUL] = compare_pair};
    place p = {.d = d};
    for (p.n = 0; p.n < d->layer->in[0]; p.n++)
        for (p.m = 0; p.m < d->layer->out; p.m++)
            for (p.oy = 0; p.oy < d->out_h; p.oy++)
                for (p.ox = 0; p.ox < d->out_w; p.ox++) {
                    p.row = (size_t)((p.n * d->out_h + p.oy) * d->out_w + p.ox);
                    compare[d->layer->kind](c, &p, y[out_index(&p)]);
                }
}

void edy_layer_compare_s8(edy_case *c, const edy_layer_data *d, const int8_t *y) {
    static int64_t (*const expected[EDY_LAYER_COUNT])(const place *) = {
        [EDY_LAYER_CONV] = expected_s8,
        [EDY_LAYER_DWCONV] = expected_s8,
        [EDY_LAYER_GEMM] = expected_s8,
        [EDY_LAYER_MAXPOOL] = largest_s8,
        [EDY_LAYER_MEAN] = mean_s8};
    place p = {.d = d};
    for (p.n = 0; p.n < d->layer->in[0]; p.n++)
        for (p.m = 0; p.m < d->layer->out; p.m++)
            for (p.oy = 0; p.oy < d->out_h; p.oy++)
                for (p.ox = 0; p.ox < d->out_w; p.ox++) {
                    p.row = (size_t)((p.n * d->out_h + p.oy) * d->out_w + p.ox);
                    edy_case_same_s8(c, y[out_index(&p)], expected[d->layer->kind](&p), p.row,
                                     (size_t)p.m);
                }
}
