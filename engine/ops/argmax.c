/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ArgMax and ArgMin along one axis: the first index, or the last one where the node says so, of the
 * extreme element; a NaN counts as the extreme. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <math.h>

#include "engine/ops/integers.h"

typedef struct arg_state {
    size_t outer, extent, inner;
    const void *x;
    int64_t *y;
    edy_dtype dtype;
    bool least, last;
} arg_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank < 1)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input with dimensions");
    const int64_t axis = n->axis < 0 ? n->axis + x->shape.rank : n->axis;
    if (axis < 0 || axis >= x->shape.rank)
        return edy_fail(err, EDY_BAD_FILE, "axis %" PRId64 " of an input of rank %d", n->axis,
                        x->shape.rank);
    if (x->dtype != EDY_F32 && !edy_is_integer(x->dtype))
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    if (x->shape.dim[axis] < 1)
        return edy_fail(err, EDY_BAD_FILE, "axis %" PRId64 " has no elements", n->axis);
    edy_shape shape = {.rank = 0};
    for (int32_t i = 0; i < x->shape.rank; i++)
        if (i != axis)
            shape.dim[shape.rank++] = x->shape.dim[i];
        else if (n->keep_dims)
            shape.dim[shape.rank++] = 1;
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = EDY_S64;
    return EDY_OK;
}

/* Whether element a takes the place of b, the best so far. */
static bool better_f32(const arg_state *s, float a, float b) {
    if (isnan(b))
        return isnan(a) && s->last;
    if (isnan(a))
        return true;
    return (s->least ? a < b : a > b) || (s->last && a == b);
}

static bool better_integer(const arg_state *s, int64_t a, int64_t b) {
    return (s->least ? a < b : a > b) || (s->last && a == b);
}

static void run_rows(void *context, size_t begin, size_t end) {
    const arg_state *s = context;
    for (size_t row = begin; row < end; row++) {
        const size_t first = row / s->inner * s->extent * s->inner + row % s->inner;
        size_t best = 0;
        for (size_t k = 1; k < s->extent; k++) {
            const size_t a = first + k * s->inner, b = first + best * s->inner;
            const bool better =
                s->dtype == EDY_F32
                    ? better_f32(s, ((const float *)s->x)[a], ((const float *)s->x)[b])
                    : better_integer(s, edy_integer_load(s->dtype, s->x, a),
                                     edy_integer_load(s->dtype, s->x, b));
            best = better ? k : best;
        }
        s->y[row] = (int64_t)best;
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    arg_state *s = step->state;
    edy_parallel_for(s->outer * s->inner * s->extent > 16384 ? threads : NULL, s->outer * s->inner,
                     run_rows, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    const int32_t axis = (int32_t)(n->axis < 0 ? n->axis + x->shape.rank : n->axis);
    arg_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    *s = (arg_state){.outer = 1,
                     .extent = (size_t)x->shape.dim[axis],
                     .inner = 1,
                     .x = step->in[0],
                     .y = step->out[0],
                     .dtype = x->dtype,
                     .least = n->op == EDY_OP_ARGMIN,
                     .last = n->last_index};
    for (int32_t d = 0; d < x->shape.rank; d++)
        if (d != axis)
            *(d < axis ? &s->outer : &s->inner) *= (size_t)x->shape.dim[d];
    step->state = s;
    step->run = run;
    step->kernel = "argmax__scalar";
    step->reason = "one row an item";
    return EDY_OK;
}

const edy_op edy_op_argmax = {.infer = infer, .prepare = prepare, .folds = true};
