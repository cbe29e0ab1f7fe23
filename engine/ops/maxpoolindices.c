/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The second output of MaxPool: where in the whole input tensor, row by row (or column by column)
 * in each plane, the first of each window's largest elements lies. int64, in plain order. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/stored.h"
#include "engine/ops/window_taps.h"

typedef struct indices_state {
    edy_taps taps;
    const edy_value *x_value;
    const void *x;
    int64_t *y;
    bool columns;
} indices_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank != 4 || (x->dtype != EDY_F32 && !edy_is_byte(x)))
        return edy_fail(err, EDY_UNSUPPORTED, "an input that is not float32 or bytes of rank 4");
    int64_t h, w;
    const edy_status status =
        edy_window_resolve(&n->window, x->shape.dim[2], x->shape.dim[3], &h, &w, err);
    if (status)
        return status;
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = edy_shape_make(4, (const int64_t[]){x->shape.dim[0], x->shape.dim[1], h, w});
    y->dtype = EDY_S64;
    return EDY_OK;
}

static double element(const indices_state *s, size_t i) {
    if (s->x_value->dtype == EDY_F32)
        return (double)((const float *)s->x)[i];
    return edy_byte_at(s->x_value, s->x, i);
}

static int64_t index_of(const indices_state *s, size_t plane, size_t p) {
    const edy_taps *t = &s->taps;
    const size_t first = plane * t->in_h * t->in_w;
    int64_t best = -1;
    double most = 0.0;
    for (size_t k = 0; k < t->taps; k++) {
        const int64_t at = edy_tap_pixel(t, p, k);
        if (at < 0)
            continue;
        const double v = element(s, first + (size_t)at);
        if (best < 0 || v > most || (isnan(v) && !isnan(most))) {
            best = at;
            most = v;
        }
    }
    const int64_t w = (int64_t)t->in_w, h = (int64_t)t->in_h;
    return (int64_t)first + (s->columns ? best % w * h + best / w : best);
}

static void run_planes(void *context, size_t begin, size_t end) {
    const indices_state *s = context;
    const size_t pixels = s->taps.out_h * s->taps.out_w;
    for (size_t plane = begin; plane < end; plane++)
        for (size_t p = 0; p < pixels; p++)
            s->y[plane * pixels + p] = index_of(s, plane, p);
}

static void run(const edy_step *step, edy_threads *threads) {
    indices_state *s = step->state;
    edy_parallel_for(threads, s->taps.batch * s->taps.channels, run_planes, s);
}

/* Each window must hold an element of the image. */
static edy_status check_windows(const edy_taps *t, edy_error *err) {
    for (size_t p = 0; p < t->out_h * t->out_w; p++) {
        size_t k = 0;
        while (k < t->taps && edy_tap_pixel(t, p, k) < 0)
            k++;
        if (k == t->taps)
            return edy_fail(err, EDY_UNSUPPORTED, "a window that lies in the padding only");
    }
    return EDY_OK;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    indices_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->taps = edy_taps_of(p->graph, step->node);
    s->x_value = edy_node_in(p->graph, step->node, 0);
    s->x = step->in[0];
    s->y = step->out[0];
    s->columns = step->node->storage_columns;
    step->state = s;
    step->run = run;
    step->kernel = "maxpool_indices__scalar";
    step->reason = "a plain loop";
    return check_windows(&s->taps, err);
}

const edy_op edy_op_maxpoolindices = {.infer = infer, .prepare = prepare};
