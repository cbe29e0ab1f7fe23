/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Along one axis: Softmax, exp(x - max) / sum; LogSoftmax, x - max - log(sum); Hardmax, 1 where the
 * first of the largest is, else 0. Sums in index order; expf and logf of the C library on every
 * backend. */
#include "engine/ops/op_table.h"
#include "engine/ops/tflite_rule.h"

#include <inttypes.h>
#include <math.h>

typedef struct softmax_state softmax_state;
struct softmax_state {
    void (*row)(const softmax_state *s, const float *x, float *y);
    size_t outer, extent, inner; /* element (o, i, j) lies at (o * extent + i) * inner + j */
    const float *x;
    float *y;
};

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    const bool integer = x && x->dtype == EDY_S8 && n->rule == EDY_RULE_TFLITE;
    if (!x || x->shape.rank < 1 || (x->dtype != EDY_F32 && !integer))
        return edy_fail(err, EDY_UNSUPPORTED, "an input that is not float32 with dimensions");
    const int64_t rank = x->shape.rank;
    if (n->axis < -rank || n->axis >= rank)
        return edy_fail(err, EDY_BAD_FILE, "axis %" PRId64 " of an input of rank %" PRId64, n->axis,
                        rank);
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    y->dtype = x->dtype;
    return integer ? edy_check_softmax_tflite(g, n, err) : EDY_OK;
}

static float largest(const softmax_state *s, const float *x) {
    float most = x[0];
    for (size_t i = 1; i < s->extent; i++)
        most = x[i * s->inner] > most || isnan(x[i * s->inner]) ? x[i * s->inner] : most;
    return most;
}

static void softmax_row(const softmax_state *s, const float *x, float *y) {
    const float most = largest(s, x);
    float sum = 0.0f;
    for (size_t i = 0; i < s->extent; i++) {
        const float e = expf(x[i * s->inner] - most);
        y[i * s->inner] = e;
        sum += e;
    }
    for (size_t i = 0; i < s->extent; i++)
        y[i * s->inner] = y[i * s->inner] / sum;
}

static void log_softmax_row(const softmax_state *s, const float *x, float *y) {
    const float most = largest(s, x);
    float sum = 0.0f;
    for (size_t i = 0; i < s->extent; i++)
        sum += expf(x[i * s->inner] - most);
    const float log_sum = logf(sum);
    for (size_t i = 0; i < s->extent; i++)
        y[i * s->inner] = x[i * s->inner] - most - log_sum;
}

static void hardmax_row(const softmax_state *s, const float *x, float *y) {
    size_t best = 0;
    for (size_t i = 1; i < s->extent; i++)
        best = x[i * s->inner] > x[best * s->inner] ? i : best;
    for (size_t i = 0; i < s->extent; i++)
        y[i * s->inner] = i == best ? 1.0f : 0.0f;
}

static void run_rows(void *context, size_t begin, size_t end) {
    const softmax_state *s = context;
    for (size_t row = begin; row < end; row++) {
        const size_t at = row / s->inner * s->extent * s->inner + row % s->inner;
        s->row(s, s->x + at, s->y + at);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    softmax_state *s = step->state;
    edy_parallel_for(s->extent * s->inner * s->outer > 4096 ? threads : NULL, s->outer * s->inner,
                     run_rows, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_shape *x = &edy_node_in(p->graph, n, 0)->shape;
    if (edy_node_in(p->graph, n, 0)->dtype == EDY_S8)
        return edy_prepare_softmax_tflite(p, step, err);
    softmax_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    const int32_t axis = (int32_t)(n->axis < 0 ? n->axis + x->rank : n->axis);
    s->outer = s->extent = s->inner = 1;
    for (int32_t i = 0; i < x->rank; i++) {
        const bool reduced = i == axis || (n->softmax_flattens && i > axis);
        size_t *part = reduced ? &s->extent : i < axis ? &s->outer : &s->inner;
        *part *= (size_t)x->dim[i];
    }
    s->x = step->in[0];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    s->row = n->op == EDY_OP_SOFTMAX      ? softmax_row
             : n->op == EDY_OP_LOGSOFTMAX ? log_softmax_row
                                          : hardmax_row;
    step->kernel = n->op == EDY_OP_SOFTMAX      ? "f32_softmax__scalar"
                   : n->op == EDY_OP_LOGSOFTMAX ? "f32_logsoftmax__scalar"
                                                : "f32_hardmax__scalar";
    step->reason = "one row an item";
    return EDY_OK;
}

const edy_op edy_op_softmax = {.infer = infer, .prepare = prepare};
const edy_op edy_op_logsoftmax = {.infer = infer, .prepare = prepare};
const edy_op edy_op_hardmax = {.infer = infer, .prepare = prepare};
