/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's pooling. */
#include <math.h>

#include "bench/oracle_ops.h"

/* What one window sees. */
typedef struct pool_window {
    double sum, magnitude, max;
    int64_t inside;  /* taps on the image */
    int64_t covered; /* taps on the image or its padding */
} pool_window;

static bool in_padded(const edy_oracle_axis *a, int64_t position) {
    return position >= -a->pad && position < a->in + a->pad_end;
}

static pool_window pool_at(const edy_oracle_call *c, const edy_oracle_axis *h,
                           const edy_oracle_axis *w, const double *x, int64_t oy, int64_t ox) {
    pool_window p = {0, 0, -INFINITY, 0, 0};
    for (int64_t ky = 0; ky < h->kernel; ky++)
        for (int64_t kx = 0; kx < w->kernel; kx++) {
            const int64_t y = edy_oracle_tap(h, oy, ky), at = edy_oracle_tap(w, ox, kx);
            p.covered += in_padded(h, y) && in_padded(w, at);
            if (y < 0 || y >= h->in || at < 0 || at >= w->in)
                continue;
            const double v = x[y * w->in + at];
            p.inside++;
            p.sum = edy_oracle_round(c, p.sum + v);
            p.magnitude += fabs(v);
            if (v > p.max || isnan(v))
                p.max = isnan(p.max) ? p.max : v;
        }
    return p;
}

typedef double (*pool_finish)(const edy_oracle_call *c, const pool_window *p, double *magnitude);

static double finish_max(const edy_oracle_call *c, const pool_window *p, double *magnitude) {
    (void)c;
    *magnitude = 0;
    return p->max;
}

static double finish_average(const edy_oracle_call *c, const pool_window *p, double *magnitude) {
    const double n = (double)(c->node->window.count_include_pad ? p->covered : p->inside);
    *magnitude = p->magnitude / n;
    return edy_oracle_round(c, p->sum / n);
}

static edy_status pool(edy_oracle_call *c, pool_finish finish) {
    const edy_oracle_tensor *x = c->in[0];
    const int64_t *in = x->shape.dim, *out = c->out->shape.dim;
    if (x->shape.rank != 4)
        return edy_fail(c->err, EDY_UNSUPPORTED, "the oracle's pooling takes rank 4 only");
    edy_oracle_axis h, w;
    edy_status st = edy_oracle_axis_of(c, 0, in[2], out[2], &h);
    st = st ? st : edy_oracle_axis_of(c, 1, in[3], out[3], &w);
    if (st)
        return st;
    size_t at = 0;
    for (int64_t plane = 0; plane < out[0] * out[1]; plane++)
        for (int64_t oy = 0; oy < out[2]; oy++)
            for (int64_t ox = 0; ox < out[3]; ox++, at++) {
                const double *image = x->data + plane * in[2] * in[3];
                const pool_window p = pool_at(c, &h, &w, image, oy, ox);
                if (p.inside == 0)
                    return edy_fail(c->err, EDY_UNSUPPORTED, "a window lies outside the image");
                const double v = finish(c, &p, &c->magnitude[at]);
                c->out->data[at] = edy_oracle_clamp(c, v);
            }
    return EDY_OK;
}

edy_status edy_oracle_maxpool(edy_oracle_call *c) {
    return pool(c, finish_max);
}

edy_status edy_oracle_avgpool(edy_oracle_call *c) {
    c->terms = (double)(c->node->window.kernel[0] * c->node->window.kernel[1]) + 1;
    return pool(c, finish_average);
}

edy_status edy_oracle_globalavgpool(edy_oracle_call *c) {
    const edy_oracle_tensor *x = c->in[0];
    const size_t rows = x->count / c->out->count;
    c->terms = (double)rows + 1;
    for (size_t plane = 0; plane < c->out->count; plane++) {
        double sum = 0, magnitude = 0;
        for (size_t i = 0; i < rows; i++) {
            sum = edy_oracle_round(c, sum + x->data[plane * rows + i]);
            magnitude += fabs(x->data[plane * rows + i]);
        }
        const double mean = edy_oracle_round(c, sum / (double)rows);
        c->out->data[plane] = edy_oracle_clamp(c, mean);
        c->magnitude[plane] = magnitude / (double)rows;
    }
    return EDY_OK;
}
