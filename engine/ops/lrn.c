/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Local response normalization across channels: y = x / (bias + alpha / size * S)^beta, where S is
 * the sum of squares over the size channels around x's, those that exist. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <math.h>

#include "engine/ops/pixels.h"

enum { PIXELS_AN_ITEM = 16 };

typedef struct lrn_state {
    edy_pixels at;
    size_t before, after; /* channels beside the one at hand */
    float alpha, beta, bias;
    const float *x;
    float *y;
} lrn_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->dtype != EDY_F32 || x->shape.rank < 2)
        return edy_fail(err, EDY_UNSUPPORTED, "an input that is not float32 with channels");
    if (n->size < 1 || n->size > INT32_MAX)
        return edy_fail(err, EDY_BAD_FILE, "size %" PRId64 " is not at least 1", n->size);
    if (!isfinite(n->alpha) || !isfinite(n->beta) || !isfinite(n->bias))
        return edy_fail(err, EDY_BAD_FILE, "alpha %g, beta %g or bias %g is not finite",
                        (double)n->alpha, (double)n->beta, (double)n->bias);
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    y->dtype = EDY_F32;
    return EDY_OK;
}

/* x / base^beta; three quarters, which AlexNet has made the usual power, by square roots. */
static inline float divide(float x, float base, float beta) {
    if (beta == 0.75f)
        return x / (sqrtf(base) * sqrtf(sqrtf(base)));
    return x / powf(base, beta);
}

static void run_pixel(const lrn_state *s, const float *x, float *y) {
    const size_t stride = s->at.channel_stride;
    const float factor = s->alpha / (float)(s->before + s->after + 1);
    for (size_t c = 0; c < s->at.channels; c++) {
        const size_t first = c > s->before ? c - s->before : 0;
        const size_t left = s->at.channels - 1 - c;
        const size_t last = c + (left < s->after ? left : s->after);
        float sum = 0.0f;
        for (size_t k = first; k <= last; k++)
            sum += x[k * stride] * x[k * stride];
        y[c * stride] = divide(x[c * stride], s->bias + factor * sum, s->beta);
    }
}

static void run_items(void *context, size_t begin, size_t end) {
    const lrn_state *s = context;
    const size_t pixels = s->at.images * s->at.pixels, image = s->at.channels * s->at.pixels;
    const size_t last = end * PIXELS_AN_ITEM < pixels ? end * PIXELS_AN_ITEM : pixels;
    for (size_t p = begin * PIXELS_AN_ITEM; p < last; p++) {
        const size_t at = p / s->at.pixels * image + p % s->at.pixels * s->at.pixel_stride;
        run_pixel(s, s->x + at, s->y + at);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    lrn_state *s = step->state;
    const size_t pixels = s->at.images * s->at.pixels;
    edy_parallel_for(threads, (pixels + PIXELS_AN_ITEM - 1) / PIXELS_AN_ITEM, run_items, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    lrn_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->at = edy_pixels_of(edy_node_in(p->graph, n, 0));
    s->before = (size_t)((n->size - 1) / 2);
    s->after = (size_t)(n->size / 2);
    s->alpha = n->alpha;
    s->beta = n->beta;
    s->bias = n->bias;
    s->x = step->in[0];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    step->kernel = "f32_lrn__scalar";
    step->reason = "channels of a pixel, in either layout";
    return EDY_OK;
}

const edy_op edy_op_lrn = {.infer = infer, .prepare = prepare};
