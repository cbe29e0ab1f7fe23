/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's Resize: the definition of one output element, recursively over the axes. Coordinates
 * are in float32, since which tap is nearest depends on it; everything after is in double. */
#include <float.h>
#include <math.h>

#include "bench/oracle_ops.h"

/* One axis at one output index: the coordinate on the input axis, and its extent. */
typedef struct place {
    float at;
    int64_t extent;
    bool same, outside;
} place;

static place place_of(const edy_oracle_call *c, int32_t d, int64_t o) {
    const edy_resize *r = &c->node->resize;
    const int64_t in = c->in[0]->shape.dim[d], out = c->out->shape.dim[d];
    const float scale = r->by_size ? (float)out / (float)in : r->scale[d];
    const float start = r->roi[d], end = r->roi[EDY_MAX_RANK + d];
    const float length = (float)in * scale, i = (float)o, top = (float)in - 1;
    const bool crop = r->coordinates == EDY_COORD_TF_CROP_AND_RESIZE;
    place p = {.extent = in, .same = scale == 1 && !(crop && (start != 0 || end != 1))};
    if (p.same || r->coordinates == EDY_COORD_ASYMMETRIC)
        p.at = p.same ? i : i / scale;
    else if (crop)
        p.at = out > 1 ? start * top + i * (end - start) * top / (length - 1)
                       : 0.5f * (start + end) * top;
    else if (r->coordinates == EDY_COORD_ALIGN_CORNERS)
        p.at = out > 1 ? i * top / (length - 1) : 0;
    else if (r->coordinates == EDY_COORD_TF_HALF_PIXEL_FOR_NN)
        p.at = (i + 0.5f) / scale;
    else if (r->coordinates == EDY_COORD_PYTORCH_HALF_PIXEL && out == 1)
        p.at = 0;
    else if (r->coordinates == EDY_COORD_HALF_PIXEL_SYMMETRIC)
        p.at = (float)in / 2 * (1 - (float)out / length) + (i + 0.5f) / scale - 0.5f;
    else
        p.at = (i + 0.5f) / scale - 0.5f;
    p.outside = crop && !(p.at >= 0 && p.at <= top);
    return p;
}

static int64_t clip(double x, int64_t extent) {
    return x < 0 ? 0 : x > (double)(extent - 1) ? extent - 1 : (int64_t)x;
}

static int64_t nearest_of(const edy_oracle_call *c, const place *p, int32_t d) {
    const double x = (double)p->at, low = floor(x), high = ceil(x);
    const bool shrinks = c->out->shape.dim[d] < p->extent;
    switch (c->node->resize.nearest) {
    case EDY_NEAREST_FLOOR:
        return clip(low, p->extent);
    case EDY_NEAREST_CEIL:
        return clip(high, p->extent);
    case EDY_NEAREST_SIMPLE:
        return clip(shrinks ? high : low, p->extent);
    case EDY_NEAREST_PREFER_CEIL:
        return clip(x - low < 0.5 ? low : high, p->extent);
    case EDY_NEAREST_PREFER_FLOOR:
        break;
    }
    return clip(x - low <= 0.5 ? low : high, p->extent);
}

/* Cubic convolution at distance t (Keys 1981), parameter a. */
static double keys(double t, double a) {
    t = fabs(t);
    if (t <= 1)
        return (a + 2) * t * t * t - (a + 3) * t * t + 1;
    return t < 2 ? a * (t * t * t - 5 * t * t + 8 * t - 4) : 0;
}

typedef struct sum {
    double value, magnitude;
} sum;

static sum sample(const edy_oracle_call *c, const int64_t *index, int32_t d, size_t at);

static void add(const edy_oracle_call *c, const int64_t *index, int32_t d, size_t at, int64_t i,
                double weight, sum *s) {
    const size_t next = at * (size_t)c->in[0]->shape.dim[d] + (size_t)i;
    const sum part = sample(c, index, d + 1, next);
    s->value = edy_oracle_round(c, s->value + edy_oracle_round(c, weight * part.value));
    s->magnitude += fabs(weight) * part.magnitude;
}

/* The value at the output index, axes before d settled: `at` is the input's offset so far. */
static sum sample(const edy_oracle_call *c, const int64_t *index, int32_t d, size_t at) {
    const edy_resize *r = &c->node->resize;
    if (d == c->out->shape.rank)
        return (sum){c->in[0]->data[at], fabs(c->in[0]->data[at])};
    const place p = place_of(c, d, index[d]);
    sum s = {0, 0};
    if (p.same || r->mode == EDY_RESIZE_NEAREST) {
        add(c, index, d, at, p.same ? index[d] : nearest_of(c, &p, d), 1, &s);
        return s;
    }
    if (r->mode == EDY_RESIZE_LINEAR) {
        const double x = fmin(fmax((double)p.at, 0), (double)(p.extent - 1)), low = floor(x);
        add(c, index, d, at, clip(low, p.extent), 1 - (x - low), &s);
        add(c, index, d, at, clip(low + 1, p.extent), x - low, &s);
        return s;
    }
    const double x = (double)p.at, low = floor(x), a = (double)r->cubic_a;
    double whole = 0;
    for (int i = -1; i < 3; i++)
        if (!r->exclude_outside || (low + i >= 0 && low + i < (double)p.extent))
            whole += keys(x - (low + i), a);
    for (int i = -1; i < 3; i++)
        if (!r->exclude_outside || (low + i >= 0 && low + i < (double)p.extent))
            add(c, index, d, at, clip(low + i, p.extent),
                keys(x - (low + i), a) / (r->exclude_outside ? whole : 1), &s);
    return s;
}

/* Roundings of one axis: products and sums of its taps, and those of its weights. */
static double axis_terms(const edy_oracle_call *c) {
    switch (c->node->resize.mode) {
    case EDY_RESIZE_LINEAR:
        return 2 + 3;
    case EDY_RESIZE_CUBIC:
        return 4 + 3;
    default:
        return 0;
    }
}

edy_status edy_oracle_resize(edy_oracle_call *c) {
    const edy_shape *out = &c->out->shape;
    double changing = 0;
    for (int32_t d = 0; d < out->rank; d++)
        changing += !place_of(c, d, 0).same;
    c->terms = changing * axis_terms(c);
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t index[EDY_MAX_RANK];
        size_t rest = i;
        bool outside = false;
        for (int32_t d = out->rank - 1; d >= 0; d--) {
            index[d] = (int64_t)(rest % (size_t)out->dim[d]);
            rest /= (size_t)out->dim[d];
            outside = outside || place_of(c, d, index[d]).outside;
        }
        const sum s = sample(c, index, 0, 0);
        c->out->data[i] = outside ? (double)c->node->resize.extrapolation : s.value;
        c->magnitude[i] = outside ? 0 : s.magnitude;
    }
    return EDY_OK;
}
