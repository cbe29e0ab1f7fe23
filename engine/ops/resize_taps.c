/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/resize_taps.h"

#include <math.h>

/* Where output index o lies on the input axis. The output's length is in * scale as it is, not
 * rounded down: that is what ONNX's own test data has. (ONNX Runtime and PyTorch take the rounded
 * one with align_corners, which differs where in * scale is no integer.) */
static float source(const edy_resize *r, const edy_resize_axis *a, int64_t o) {
    const float x = (float)o, in = (float)a->in, out = in * a->scale;
    switch (r->coordinates) {
    case EDY_COORD_HALF_PIXEL:
        return (x + 0.5f) / a->scale - 0.5f;
    case EDY_COORD_HALF_PIXEL_SYMMETRIC: {
        const float adjustment = (float)a->out / out, center = in / 2.0f;
        return center * (1.0f - adjustment) + (x + 0.5f) / a->scale - 0.5f;
    }
    case EDY_COORD_PYTORCH_HALF_PIXEL:
        return a->out > 1 ? (x + 0.5f) / a->scale - 0.5f : 0.0f;
    case EDY_COORD_ALIGN_CORNERS:
        return a->out > 1 ? x * (in - 1.0f) / (out - 1.0f) : 0.0f;
    case EDY_COORD_ASYMMETRIC:
        return x / a->scale;
    case EDY_COORD_TF_HALF_PIXEL_FOR_NN:
        return (x + 0.5f) / a->scale;
    case EDY_COORD_TF_CROP_AND_RESIZE:
        break;
    }
    if (a->out > 1)
        return a->start * (in - 1.0f) + x * (a->end - a->start) * (in - 1.0f) / (out - 1.0f);
    return 0.5f * (a->start + a->end) * (in - 1.0f);
}

/* Coordinates are compared as floats: a huge one must not be converted. */
static int64_t into(float x, int64_t in) {
    return !(x > 0.0f) ? 0 : x >= (float)(in - 1) ? in - 1 : (int64_t)x;
}

static int64_t nearest(const edy_resize *r, const edy_resize_axis *a, float x) {
    switch (r->nearest) {
    case EDY_NEAREST_PREFER_FLOOR:
        return into(x == floorf(x) + 0.5f ? floorf(x) : roundf(x), a->in);
    case EDY_NEAREST_PREFER_CEIL:
        return into(x == floorf(x) + 0.5f ? ceilf(x) : roundf(x), a->in);
    case EDY_NEAREST_CEIL:
        return into(ceilf(x), a->in);
    case EDY_NEAREST_SIMPLE:
        return into(a->scale < 1.0f ? ceilf(x) : floorf(x), a->in);
    case EDY_NEAREST_FLOOR:
        break;
    }
    return into(floorf(x), a->in);
}

static void linear(const edy_resize_axis *a, float x, edy_resize_taps *t) {
    const float last = (float)(a->in - 1);
    x = !(x > 0.0f) ? 0.0f : x > last ? last : x;
    t->index[0] = into(x, a->in);
    t->index[1] = t->index[0] + 1 < a->in ? t->index[0] + 1 : t->index[0];
    t->weight[1] = x - (float)t->index[0];
    t->weight[0] = 1.0f - t->weight[1];
}

/* Keys' kernel with parameter a, at distances s + 1, s, 1 - s and 2 - s. In double: the terms
 * cancel each other. */
static void cubic(const edy_resize *r, const edy_resize_axis *axis, float x, edy_resize_taps *t) {
    const float base = floorf(x);
    const double a = (double)r->cubic_a, s = (double)(x - base);
    const double far = s + 1.0, back = 1.0 - s, rest = 2.0 - s;
    double weight[4] = {((a * far - 5.0 * a) * far + 8.0 * a) * far - 4.0 * a,
                        ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0,
                        ((a + 2.0) * back - (a + 3.0)) * back * back + 1.0,
                        ((a * rest - 5.0 * a) * rest + 8.0 * a) * rest - 4.0 * a};
    double sum = 0.0;
    for (int i = 0; i < 4; i++) {
        const float at = base + (float)(i - 1);
        if (r->exclude_outside && (at < 0.0f || at > (float)(axis->in - 1)))
            weight[i] = 0.0;
        t->index[i] = into(at, axis->in);
        sum += weight[i];
    }
    for (int i = 0; i < 4; i++)
        t->weight[i] = (float)(r->exclude_outside ? weight[i] / sum : weight[i]);
}

edy_resize_taps edy_resize_taps_at(const edy_resize *r, const edy_resize_axis *a, int64_t o) {
    edy_resize_taps t = {.weight = {1.0f}};
    const float x = source(r, a, o);
    t.outside =
        r->coordinates == EDY_COORD_TF_CROP_AND_RESIZE && !(x >= 0.0f && x <= (float)(a->in - 1));
    if (r->mode == EDY_RESIZE_NEAREST)
        t.index[0] = nearest(r, a, x);
    else if (r->mode == EDY_RESIZE_LINEAR)
        linear(a, x, &t);
    else
        cubic(r, a, x, &t);
    return t;
}
