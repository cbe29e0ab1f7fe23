/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* y[a, i, b] = x[a, indices[i], b] along one axis, a and b the axes before and behind it, i the
 * axes of the indices. Indices may be computed: one outside the axis then takes the nearest row
 * (constants are checked). Any dtype. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <string.h>

#include "engine/ops/integers.h"

typedef struct gather_state {
    size_t outer, count, extent, run_bytes;
    const char *x;
    const void *indices;
    edy_dtype dtype; /* of the indices */
    char *y;
} gather_state;

static edy_status check_indices(const edy_value *i, int64_t extent, edy_error *err) {
    const size_t count = i->data ? edy_shape_count(&i->shape) : 0;
    for (size_t k = 0; k < count; k++) {
        const int64_t at = edy_integer_load(i->dtype, i->data, k);
        if (at < -extent || at >= extent)
            return edy_fail(err, EDY_BAD_FILE,
                            "index %" PRId64 " of an axis with %" PRId64 " elements", at, extent);
    }
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0), *i = edy_node_in(g, n, 1);
    if (!x || !i || x->shape.rank < 1)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input with dimensions, and indices");
    const int32_t rank = x->shape.rank;
    const int64_t axis = n->axis < 0 ? n->axis + rank : n->axis;
    if (axis < 0 || axis >= rank)
        return edy_fail(err, EDY_BAD_FILE, "axis %" PRId64 " of an input of rank %d", n->axis,
                        rank);
    if (i->dtype != EDY_S64 && i->dtype != EDY_S32)
        return edy_fail(err, EDY_BAD_FILE, "indices of dtype %s", edy_dtype_text(i->dtype));
    if (rank - 1 + i->shape.rank > EDY_MAX_RANK)
        return edy_fail(err, EDY_UNSUPPORTED, "a result of rank %d", rank - 1 + i->shape.rank);
    const edy_status status = check_indices(i, x->shape.dim[axis], err);
    if (status)
        return status;
    edy_shape shape = {.rank = rank - 1 + i->shape.rank};
    for (int32_t d = 0, to = 0; d < rank; d++)
        if (d != axis)
            shape.dim[to++] = x->shape.dim[d];
        else
            for (int32_t k = 0; k < i->shape.rank; k++)
                shape.dim[to++] = i->shape.dim[k];
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static void run_rows(void *context, size_t begin, size_t end) {
    const gather_state *s = context;
    const int64_t extent = (int64_t)s->extent;
    for (size_t row = begin; row < end; row++) {
        int64_t at = edy_integer_load(s->dtype, s->indices, row % s->count);
        at = at < 0 ? at + extent : at;
        at = at < 0 ? 0 : at >= extent ? extent - 1 : at;
        const size_t from = row / s->count * s->extent + (size_t)at;
        memcpy(s->y + row * s->run_bytes, s->x + from * s->run_bytes, s->run_bytes);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    gather_state *s = step->state;
    edy_parallel_for(s->outer * s->count * s->run_bytes > 65536 ? threads : NULL,
                     s->outer * s->count, run_rows, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0), *i = edy_node_in(p->graph, n, 1);
    const int32_t axis = (int32_t)(n->axis < 0 ? n->axis + x->shape.rank : n->axis);
    gather_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    *s = (gather_state){.outer = 1,
                        .count = edy_shape_count(&i->shape),
                        .extent = (size_t)x->shape.dim[axis],
                        .run_bytes = edy_dtype_bytes(x->dtype),
                        .x = step->in[0],
                        .indices = step->in[1],
                        .dtype = i->dtype,
                        .y = step->out[0]};
    for (int32_t d = 0; d < x->shape.rank; d++)
        if (d < axis)
            s->outer *= (size_t)x->shape.dim[d];
        else if (d > axis)
            s->run_bytes *= (size_t)x->shape.dim[d];
    if (s->extent == 0)
        return edy_fail(err, EDY_UNSUPPORTED, "an empty input");
    step->state = s;
    step->run = run;
    step->kernel = "gather copy";
    step->reason = "rows by index";
    return EDY_OK;
}

const edy_op edy_op_gather = {.infer = infer, .prepare = prepare, .folds = true};
