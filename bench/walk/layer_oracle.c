/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The definition of each layer as loops, one output element at a time. */
#include <math.h>

#include "bench/walk/layer_check.h"

/* The operands of a convolution, widened and reordered so that the channels of a pixel, and of a
 * window position, are adjacent: [n][y][x][c] and [m][ky][kx][c]. Zero points are subtracted. */
typedef struct operands {
    double *x, *w;    /* f32 */
    int32_t *x8, *w8; /* s8 */
} operands;

/* One output element, and where its window begins. */
typedef struct place {
    const edy_layer_data *d;
    const operands *o; /* of kinds with weights */
    int64_t n, m, oy, ox;
    size_t row; /* pixel among all images, for messages */
} place;

/* Index of the input pixel, of all images, under window position (ky, kx); -1 in the padding. */
static int64_t pixel_under(const place *p, int64_t ky, int64_t kx) {
    const edy_layer *l = p->d->layer;
    const int64_t y = p->oy * l->stride[0] + ky * l->dilation[0] - l->pad[0];
    const int64_t x = p->ox * l->stride[1] + kx * l->dilation[1] - l->pad[1];
    if (y < 0 || y >= l->in[1] || x < 0 || x >= l->in[2])
        return -1;
    return (p->n * l->in[1] + y) * l->in[2] + x;
}

/* Index into x, NCHW, of a channel of that pixel; -1 in the padding. */
static int64_t under(const place *p, int64_t channel, int64_t ky, int64_t kx) {
    const int64_t pixel = pixel_under(p, ky, kx), image = p->d->layer->in[1] * p->d->layer->in[2];
    return pixel < 0 ? -1 : (p->n * p->d->layer->in[3] + channel) * image + pixel % image;
}

static size_t out_index(const place *p) {
    const edy_layer_data *d = p->d;
    return (size_t)(((p->n * d->layer->out + p->m) * d->out_h + p->oy) * d->out_w + p->ox);
}

/* ---- fp32 ------------------------------------------------------------------------------------ */

/* Adds the products and their magnitudes: four chains at once, which double has the room for. */
static void add_products(const double *a, const double *b, int64_t n, edy_expected *want) {
    double sum[4] = {0}, magnitude[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int lane = 0; lane < 4; lane++) {
            const double term = a[i + lane] * b[i + lane];
            sum[lane] += term;
            magnitude[lane] += fabs(term);
        }
    for (; i < n; i++) {
        sum[0] += a[i] * b[i];
        magnitude[0] += fabs(a[i] * b[i]);
    }
    for (int lane = 0; lane < 4; lane++) {
        want->value += sum[lane];
        want->magnitude += magnitude[lane];
    }
}

static edy_expected convolved(const place *p) {
    const edy_layer_data *d = p->d;
    const edy_layer *l = d->layer;
    const int64_t depth = l->in[3] / l->groups, taps = l->kernel[0] * l->kernel[1];
    const int64_t first = p->m / (l->out / l->groups) * depth;
    edy_expected want = {.value = d->bias ? d->bias[p->m] : 0.0,
                         .roundings = (size_t)(depth * taps) + 1};
    want.magnitude = fabs(want.value);
    for (int64_t t = 0; t < taps; t++) {
        const int64_t at = pixel_under(p, t / l->kernel[1], t % l->kernel[1]);
        if (at >= 0)
            add_products(p->o->x + at * l->in[3] + first, p->o->w + (p->m * taps + t) * depth,
                         depth, &want);
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
    edy_expected want = convolved(p);
    if (p->d->winograd.count == 0) {
        edy_case_near(c, got, want, &clamp, p->row, (size_t)p->m);
        return;
    }
    want.magnitude = p->d->winograd.magnitude[out_index(p)];
    want.roundings = (size_t)p->d->winograd.terms;
    edy_case_within(c, got, want, &clamp, p->row, (size_t)p->m);
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
    int64_t acc = d->bias32[p->m];
    for (int64_t t = 0; t < taps; t++) {
        const int64_t at = pixel_under(p, t / l->kernel[1], t % l->kernel[1]);
        const int32_t *x = p->o->x8 + at * l->in[3] + first;
        const int32_t *w = p->o->w8 + (p->m * taps + t) * depth;
        for (int64_t c = 0; at >= 0 && c < depth; c++)
            acc += x[c] * w[c]; /* at most 255 * 255 */
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

/* [outer][channels][inner] to [outer][inner][channels]: where element i goes. */
static size_t moved(size_t i, size_t channels, size_t inner) {
    const size_t at = i % inner, channel = i / inner % channels, outer = i / inner / channels;
    return (outer * inner + at) * channels + channel;
}

/* The case's memory: freed with it. */
static operands make_operands(edy_case *c, const edy_layer_data *d) {
    const edy_layer *l = d->layer;
    const size_t channels = (size_t)l->in[3], image = (size_t)(l->in[1] * l->in[2]);
    const size_t depth = channels / (size_t)l->groups, taps = (size_t)(l->kernel[0] * l->kernel[1]);
    operands o = {.x = NULL};
    if (d->dtype == EDY_LAYER_F32) {
        o.x = edy_case_bytes(c, d->x_count * sizeof *o.x);
        o.w = edy_case_bytes(c, d->w_count * sizeof *o.w);
        for (size_t i = 0; i < d->x_count; i++)
            o.x[moved(i, channels, image)] = d->x[i];
        for (size_t i = 0; i < d->w_count; i++)
            o.w[moved(i, depth, taps)] = d->w[i];
        return o;
    }
    o.x8 = edy_case_bytes(c, d->x_count * sizeof *o.x8);
    o.w8 = edy_case_bytes(c, d->w_count * sizeof *o.w8);
    for (size_t i = 0; i < d->x_count; i++)
        o.x8[moved(i, channels, image)] = d->x8[i] - d->x_zero;
    for (size_t i = 0; i < d->w_count; i++)
        o.w8[moved(i, depth, taps)] = d->w8[i] - d->w_zero[i / (depth * taps)];
    return o;
}

static bool next_place(place *p) {
    const edy_layer_data *d = p->d;
    if (++p->ox == d->out_w)
        p->ox = 0, p->oy++;
    if (p->oy == d->out_h)
        p->oy = 0, p->m++;
    if (p->m == d->layer->out)
        p->m = 0, p->n++;
    p->row = (size_t)((p->n * d->out_h + p->oy) * d->out_w + p->ox);
    return p->n < d->layer->in[0];
}

void edy_layer_compare_f32(edy_case *c, const edy_layer_data *d, const float *y) {
    static void (*const compare[EDY_LAYER_COUNT])(edy_case *, const place *, float) = {
        [EDY_LAYER_CONV] = compare_convolution, [EDY_LAYER_DWCONV] = compare_convolution,
        [EDY_LAYER_GEMM] = compare_convolution, [EDY_LAYER_MAXPOOL] = compare_maximum,
        [EDY_LAYER_AVGPOOL] = compare_average,  [EDY_LAYER_MEAN] = compare_average,
        [EDY_LAYER_ADD] = compare_pair,         [EDY_LAYER_MUL] = compare_pair};
    const operands o = d->w_count ? make_operands(c, d) : (operands){.x = NULL};
    place p = {.d = d, .o = &o};
    do
        compare[d->layer->kind](c, &p, y[out_index(&p)]);
    while (next_place(&p));
}

void edy_layer_compare_s8(edy_case *c, const edy_layer_data *d, const int8_t *y) {
    static int64_t (*const expected[EDY_LAYER_COUNT])(const place *) = {
        [EDY_LAYER_CONV] = expected_s8,
        [EDY_LAYER_DWCONV] = expected_s8,
        [EDY_LAYER_GEMM] = expected_s8,
        [EDY_LAYER_MAXPOOL] = largest_s8,
        [EDY_LAYER_MEAN] = mean_s8};
    const operands o = d->w_count ? make_operands(c, d) : (operands){.x = NULL};
    place p = {.d = d, .o = &o};
    do
        edy_case_same_int(c, y[out_index(&p)], expected[d->layer->kind](&p), p.row, (size_t)p.m);
    while (next_place(&p));
}
