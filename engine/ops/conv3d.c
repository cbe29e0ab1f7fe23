/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Convolution over D, H and W, and its transposition: a plain loop on every backend. x is
 * [N][C][D][H][W]; weights are [M][C/groups][kD][kH][kW], transposed [C][M/groups][kD][kH][kW]. */
#include "engine/ops/op_table.h"

#include <inttypes.h>

enum { AXES = 3 };

/* The input index that tap k of output o reads is (o * mul + add + k * step) / div, where whole. */
typedef struct axis {
    int64_t in, out, kernel, mul, add, step, div;
} axis;

typedef struct conv3d_state {
    axis a[AXES];
    size_t images, channels, groups, inputs, outputs; /* inputs, outputs: of one group */
    bool transposed;
    const float *x, *w, *bias;
    float *y, low, high;
} conv3d_state;

static edy_status check(const edy_graph *g, const edy_node *n, int64_t *m, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, EDY_IN_X), *w = edy_node_in(g, n, EDY_IN_W);
    const edy_value *b = edy_node_in(g, n, EDY_IN_BIAS);
    if (!x || !w || x->shape.rank != 5 || w->shape.rank != 5)
        return edy_fail(err, EDY_BAD_FILE, "input and weights that have not 5 dimensions");
    const int64_t groups = n->window.groups, channels = x->shape.dim[1];
    *m = w->shape.dim[0];
    if (n->window.transposed) {
        const edy_status status = edy_check_transposed(x, w, b, groups, err);
        *m = status ? 0 : w->shape.dim[1] * groups;
        return status;
    }
    if (x->dtype != EDY_F32 || w->dtype != EDY_F32 || (b && b->dtype != EDY_F32))
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s and %s",
                        edy_dtype_text(x->dtype), edy_dtype_text(w->dtype));
    if (groups < 1 || channels < 1 || *m < 1 || channels % groups != 0 || *m % groups != 0 ||
        w->shape.dim[1] != channels / groups)
        return edy_fail(err, EDY_BAD_FILE,
                        "%" PRId64 " input and %" PRId64 " output channels in %" PRId64
                        " groups, with weights for %" PRId64 " a group",
                        channels, *m, groups, w->shape.dim[1]);
    if (b && (b->shape.rank != 1 || b->shape.dim[0] != *m))
        return edy_fail(err, EDY_BAD_FILE, "bias is not one value for each of %" PRId64 " channels",
                        *m);
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    int64_t m = 0, d, one, h, v;
    edy_status status = check(g, n, &m, err);
    if (status)
        return status;
    const edy_shape *x = &edy_node_in(g, n, EDY_IN_X)->shape;
    const edy_shape *w = &edy_node_in(g, n, EDY_IN_W)->shape;
    n->depth.kernel[0] = w->dim[2];
    n->window.kernel[0] = w->dim[3];
    n->window.kernel[1] = w->dim[4];
    status = edy_window_resolve(&n->depth, x->dim[2], 1, &d, &one, err);
    if (!status)
        status = edy_window_resolve(&n->window, x->dim[3], x->dim[4], &h, &v, err);
    if (status)
        return status;
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = edy_shape_make(5, (const int64_t[]){x->dim[0], m, d, h, v});
    y->dtype = EDY_F32;
    size_t elems;
    return edy_shape_elems(&y->shape, &elems, err);
}

static uint64_t macs(const edy_graph *g, const edy_node *n) {
    const edy_shape *w = &g->value[n->input[EDY_IN_W]].shape;
    const edy_value_id rows = n->window.transposed ? n->input[EDY_IN_X] : n->output[0];
    return (uint64_t)edy_shape_count(&g->value[rows].shape) *
           (uint64_t)(w->dim[1] * w->dim[2] * w->dim[3] * w->dim[4]);
}

/* -1: in the padding, or between inputs. */
static inline int64_t source(const axis *a, int64_t o, int64_t k) {
    const int64_t at = o * a->mul + a->add + k * a->step;
    return at < 0 || at % a->div != 0 || at / a->div >= a->in ? -1 : at / a->div;
}

/* Weight of output channel m (of its group) for input channel c (of the group), tap 0. */
static const float *weights_of(const conv3d_state *s, size_t group, size_t m, size_t c) {
    const size_t taps = (size_t)(s->a[0].kernel * s->a[1].kernel * s->a[2].kernel);
    const size_t row = s->transposed ? (group * s->inputs + c) * s->outputs + m
                                     : (group * s->outputs + m) * s->inputs + c;
    return s->w + row * taps;
}

/* Sum over one input channel's taps, for output position o. */
static float channel_sum(const conv3d_state *s, const float *x, const float *w, const int64_t o[3],
                         float sum) {
    const axis *d = &s->a[0], *h = &s->a[1], *v = &s->a[2];
    for (int64_t i = 0; i < d->kernel; i++) {
        const int64_t z = source(d, o[0], i);
        for (int64_t j = 0; z >= 0 && j < h->kernel; j++) {
            const int64_t y = source(h, o[1], j);
            for (int64_t k = 0; y >= 0 && k < v->kernel; k++) {
                const int64_t at = source(v, o[2], k);
                if (at >= 0)
                    sum += x[(z * h->in + y) * v->in + at] * w[(i * h->kernel + j) * v->kernel + k];
            }
        }
    }
    return sum;
}

/* One plane (image, output channel, depth). */
static void run_plane(const conv3d_state *s, size_t item) {
    const axis *h = &s->a[1], *v = &s->a[2];
    const size_t depth = (size_t)s->a[0].out, all = s->groups * s->outputs;
    const size_t channel = item / depth % all, image = item / depth / all;
    const size_t group = channel / s->outputs;
    const size_t volume = (size_t)(s->a[0].in * h->in * v->in);
    const float *x = s->x + (image * s->channels + group * s->inputs) * volume;
    float *y = s->y + item * (size_t)(h->out * v->out);
    for (int64_t row = 0; row < h->out; row++)
        for (int64_t col = 0; col < v->out; col++) {
            const int64_t o[AXES] = {(int64_t)(item % depth), row, col};
            float sum = s->bias ? s->bias[channel] : 0.0f;
            for (size_t c = 0; c < s->inputs; c++)
                sum = channel_sum(s, x + c * volume, weights_of(s, group, channel % s->outputs, c),
                                  o, sum);
            sum = sum < s->low ? s->low : sum;
            y[row * v->out + col] = sum > s->high ? s->high : sum;
        }
}

static void run_planes(void *context, size_t begin, size_t end) {
    for (size_t item = begin; item < end; item++)
        run_plane(context, item);
}

static void run(const edy_step *step, edy_threads *threads) {
    conv3d_state *s = step->state;
    edy_parallel_for(threads, s->images * s->groups * s->outputs * (size_t)s->a[0].out, run_planes,
                     s);
}

static axis axis_of(const edy_window *w, int i, int64_t in, int64_t out) {
    const bool t = w->transposed;
    return (axis){.in = in,
                  .out = out,
                  .kernel = w->kernel[i],
                  .mul = t ? 1 : w->stride[i],
                  .add = t ? w->pad[i] : -w->pad[i],
                  .step = t ? -w->dilation[i] : w->dilation[i],
                  .div = t ? w->stride[i] : 1};
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_shape *x = &edy_node_in(p->graph, n, EDY_IN_X)->shape;
    const edy_shape *y = &p->graph->value[n->output[0]].shape;
    conv3d_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->a[0] = axis_of(&n->depth, 0, x->dim[2], y->dim[2]);
    s->a[1] = axis_of(&n->window, 0, x->dim[3], y->dim[3]);
    s->a[2] = axis_of(&n->window, 1, x->dim[4], y->dim[4]);
    s->images = (size_t)x->dim[0];
    s->channels = (size_t)x->dim[1];
    s->groups = (size_t)n->window.groups;
    s->inputs = s->channels / s->groups;
    s->outputs = (size_t)y->dim[1] / s->groups;
    s->transposed = n->window.transposed;
    s->x = step->in[EDY_IN_X];
    s->w = step->in[EDY_IN_W];
    s->bias = step->in[EDY_IN_BIAS];
    s->y = step->out[0];
    s->low = n->act_min;
    s->high = n->act_max;
    step->state = s;
    step->run = run;
    step->kernel = "f32_conv3d__scalar";
    step->reason = "three spatial axes: a plain loop";
    return EDY_OK;
}

const edy_op edy_op_conv3d = {.infer = infer, .macs = macs, .prepare = prepare};
