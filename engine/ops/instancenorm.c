/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* InstanceNormalization: y = scale[c] * (x - mean) / sqrt(variance + epsilon) + shift[c], mean and
 * (biased) variance over the pixels of one channel of one image. Sums, and all that follows, are in
 * double: the result is rounded once. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/pixels.h"

enum { CHANNELS_AN_ITEM = 16 }; /* neighbours in NHWC, so that whole cache lines are read */

typedef struct norm_state {
    edy_pixels at;
    size_t blocks; /* of channels, an image */
    double epsilon;
    const float *x, *scale, *shift;
    float *y;
} norm_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->dtype != EDY_F32 || x->shape.rank < 3)
        return edy_fail(err, EDY_UNSUPPORTED, "an input that is not float32 [N, C, ...]");
    for (int32_t i = 1; i < 3; i++) {
        const edy_value *v = edy_node_in(g, n, i);
        if (!v || v->dtype != EDY_F32 || v->shape.rank != 1 || v->shape.dim[0] != x->shape.dim[1])
            return edy_fail(err, EDY_BAD_FILE, "parameter %d is not one float for each channel", i);
    }
    if (!(n->epsilon >= 0.0f) || isinf(n->epsilon))
        return edy_fail(err, EDY_BAD_FILE, "epsilon is %g", (double)n->epsilon);
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    y->dtype = EDY_F32;
    return EDY_OK;
}

/* Channels [c, c + count) of the image at x. */
static void run_block(const norm_state *s, const float *x, float *y, size_t c, size_t count) {
    const size_t channel = s->at.channel_stride, pixel = s->at.pixel_stride;
    double mean[CHANNELS_AN_ITEM] = {0}, variance[CHANNELS_AN_ITEM] = {0};
    for (size_t p = 0; p < s->at.pixels; p++)
        for (size_t i = 0; i < count; i++)
            mean[i] += (double)x[p * pixel + i * channel];
    for (size_t i = 0; i < count; i++)
        mean[i] /= (double)s->at.pixels;
    for (size_t p = 0; p < s->at.pixels; p++)
        for (size_t i = 0; i < count; i++) {
            const double d = (double)x[p * pixel + i * channel] - mean[i];
            variance[i] += d * d;
        }
    for (size_t i = 0; i < count; i++)
        variance[i] = (double)s->scale[c + i] /
                      sqrt(variance[i] / (double)s->at.pixels + s->epsilon); /* the factor */
    for (size_t p = 0; p < s->at.pixels; p++)
        for (size_t i = 0; i < count; i++) {
            const size_t at = p * pixel + i * channel;
            y[at] = (float)(((double)x[at] - mean[i]) * variance[i] + (double)s->shift[c + i]);
        }
}

static void run_items(void *context, size_t begin, size_t end) {
    const norm_state *s = context;
    const size_t width = s->at.channel_stride == 1 ? CHANNELS_AN_ITEM : 1;
    for (size_t item = begin; item < end; item++) {
        const size_t image = item / s->blocks, c = item % s->blocks * width;
        const size_t left = s->at.channels - c, count = left < width ? left : width;
        const size_t at = image * s->at.channels * s->at.pixels + c * s->at.channel_stride;
        run_block(s, s->x + at, s->y + at, c, count);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    norm_state *s = step->state;
    edy_parallel_for(threads, s->at.images * s->blocks, run_items, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    norm_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->at = edy_pixels_of(edy_node_in(p->graph, n, 0));
    const size_t width = s->at.channel_stride == 1 ? CHANNELS_AN_ITEM : 1;
    s->blocks = (s->at.channels + width - 1) / width;
    s->epsilon = (double)n->epsilon;
    s->x = step->in[0];
    s->scale = step->in[1];
    s->shift = step->in[2];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    step->kernel = "f32_instancenorm__scalar";
    step->reason = "in double, in either layout";
    return EDY_OK;
}

const edy_op edy_op_instancenorm = {.infer = infer, .prepare = prepare};
