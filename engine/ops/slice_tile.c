/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Slice, Expand and Tile: elements of the input by index along each axis, of any dtype. Split is a
 * Slice for each output. */
#include "engine/ops/op_table.h"

#include <inttypes.h>

#include "engine/ops/index_map.h"

/* ---- Slice ----------------------------------------------------------------------------------- */

static int64_t clamp_s64(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

/* First index and number of elements along an axis of that extent; numpy's rules. */
static void resolve(const edy_node *n, int32_t axis, int64_t extent, int64_t *first,
                    int64_t *count) {
    const int64_t step = n->step[axis], low = step < 0 ? -1 : 0;
    int64_t start = n->start[axis], stop = n->stop[axis];
    start = clamp_s64(start < 0 ? start + extent : start, step < 0 ? -1 : 0,
                      step < 0 ? extent - 1 : extent);
    stop = clamp_s64(stop < 0 ? (stop < -extent ? low : stop + extent) : stop, low, extent);
    *first = start;
    if (step > 0)
        *count = stop > start ? (stop - start - 1) / step + 1 : 0;
    else
        *count = start > stop ? (start - stop - 1) / -step + 1 : 0;
}

static edy_status infer_slice(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank < 1)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input with dimensions");
    edy_shape shape = x->shape;
    for (int32_t i = 0; i < shape.rank; i++) {
        int64_t first;
        if (n->step[i] == 0 || n->step[i] == INT64_MIN)
            return edy_fail(err, EDY_BAD_FILE, "step %" PRId64 " along axis %d", n->step[i], i);
        resolve(n, i, x->shape.dim[i], &first, &shape.dim[i]);
    }
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static void slice_index(const edy_graph *g, const edy_node *n, int32_t axis, size_t *at,
                        size_t count) {
    int64_t first, all;
    resolve(n, axis, edy_node_in(g, n, 0)->shape.dim[axis], &first, &all);
    for (size_t k = 0; k < count; k++)
        at[k] = (size_t)(first + (int64_t)k * n->step[axis]);
}

static edy_status prepare_slice(edy_planner *p, edy_step *step, edy_error *err) {
    return edy_prepare_index_map(p, step, slice_index, err);
}

/* ---- Expand and Tile ------------------------------------------------------------------------- */

static edy_status infer_expand(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    edy_shape shape = {.rank = x->shape.rank > n->n_target ? x->shape.rank : n->n_target};
    for (int32_t d = 1; d <= shape.rank; d++) { /* from the end */
        const int64_t a = d <= x->shape.rank ? x->shape.dim[x->shape.rank - d] : 1;
        const int64_t b = d <= n->n_target ? n->target[n->n_target - d] : 1;
        if (b < 0 || (a != b && a != 1 && b != 1))
            return edy_fail(err, EDY_BAD_FILE,
                            "dimension %d of %" PRId64 " elements cannot become %" PRId64,
                            shape.rank - d, a, b);
        shape.dim[shape.rank - d] = a == 1 ? b : a;
    }
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static edy_status infer_tile(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank != n->n_target)
        return edy_fail(err, EDY_BAD_FILE, "%d repeats for an input of rank %d", n->n_target,
                        x ? x->shape.rank : 0);
    edy_shape shape = x->shape;
    for (int32_t i = 0; i < shape.rank; i++)
        if (n->target[i] < 0 || __builtin_mul_overflow(shape.dim[i], n->target[i], &shape.dim[i]))
            return edy_fail(err, EDY_BAD_FILE, "repeat %" PRId64 " of dimension %d", n->target[i],
                            i);
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

/* The input over and over again: what an axis of one element, too, does when it is expanded. */
static void repeat_index(const edy_graph *g, const edy_node *n, int32_t axis, size_t *at,
                         size_t count) {
    const edy_shape *x = &edy_node_in(g, n, 0)->shape, *y = &g->value[n->output[0]].shape;
    const int32_t own = axis - (y->rank - x->rank);
    for (size_t k = 0; k < count; k++)
        at[k] = own < 0 ? 0 : k % (size_t)x->dim[own];
}

static edy_status prepare_repeat(edy_planner *p, edy_step *step, edy_error *err) {
    return edy_prepare_index_map(p, step, repeat_index, err);
}

const edy_op edy_op_slice = {.infer = infer_slice, .prepare = prepare_slice, .folds = true};
const edy_op edy_op_expand = {.infer = infer_expand, .prepare = prepare_repeat, .folds = true};
const edy_op edy_op_tile = {.infer = infer_tile, .prepare = prepare_repeat, .folds = true};
