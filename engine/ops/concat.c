/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Concat along any axis, of any dtype: in memory, rows that hold a stretch of each input in turn.
 * Over the channels of NHWC tensors a row is a pixel. Integers whose scale or zero point is not the
 * output's go through a table of 256 entries: dequantize, then quantize. An input that the plan has
 * let its maker write into the output (edy_op.holds_input) is left alone. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/ops/elementwise.h"

typedef struct part {
    const char *x;
    size_t bytes;        /* of one row */
    size_t at;           /* where it begins in the output's row */
    const int8_t *table; /* NULL: a copy */
} part;

typedef struct concat_state {
    const edy_kernels *kernels;
    int32_t n_parts;
    part *parts;
    char *y;
    size_t rows, row_bytes;
    size_t rows_at_once; /* an item of work */
} concat_state;

static edy_status check_shape(const edy_shape *first, const edy_shape *x, int64_t axis,
                              int32_t index, edy_error *err) {
    char a[96], b[96];
    bool fits = x->rank == first->rank;
    for (int32_t d = 0; fits && d < x->rank; d++)
        fits = d == axis || x->dim[d] == first->dim[d];
    if (fits)
        return EDY_OK;
    return edy_fail(err, EDY_BAD_FILE,
                    "input %d is %s, which does not fit %s but for axis %" PRId64, index,
                    edy_shape_text(x, a, sizeof a), edy_shape_text(first, b, sizeof b), axis);
}

static edy_status check_dtype(const edy_value *first, const edy_value *x, edy_error *err) {
    if (x->dtype != first->dtype)
        return edy_fail(err, EDY_BAD_FILE, "inputs of dtype %s and %s",
                        edy_dtype_text(first->dtype), edy_dtype_text(x->dtype));
    if (x->dtype == EDY_S8 && (x->quant.count > 1 || x->quant.count != first->quant.count))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *first = edy_node_in(g, n, 0);
    if (!first)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    edy_shape shape = first->shape;
    const int64_t axis = n->axis < 0 ? n->axis + shape.rank : n->axis;
    if (axis < 0 || axis >= shape.rank)
        return edy_fail(err, EDY_BAD_FILE, "axis %" PRId64 " of an input with %d dimensions",
                        n->axis, shape.rank);
    for (int32_t i = 0; i < n->n_inputs; i++) {
        const edy_value *x = edy_node_in(g, n, i);
        if (!x)
            return edy_fail(err, EDY_BAD_FILE, "input %d is missing", i);
        edy_status status = check_dtype(first, x, err);
        if (!status)
            status = check_shape(&first->shape, &x->shape, axis, i, err);
        if (status)
            return status;
        if (i > 0 && __builtin_add_overflow(shape.dim[axis], x->shape.dim[axis], &shape.dim[axis]))
            return edy_fail(err, EDY_LIMIT, "axis %" PRId64 " has too many elements", axis);
    }
    edy_value *y = edy_node_out(g, n, 0);
    if (first->dtype == EDY_S8 && y->quant.count != first->quant.count)
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = shape;
    y->dtype = first->dtype;
    return EDY_OK;
}

static void run_rows(void *context, size_t begin, size_t end) {
    const concat_state *s = context;
    const size_t last = end * s->rows_at_once < s->rows ? end * s->rows_at_once : s->rows;
    for (size_t row = begin * s->rows_at_once; row < last; row++)
        for (const part *p = s->parts; p < s->parts + s->n_parts; p++) {
            const char *from = p->x + row * p->bytes;
            char *to = s->y + row * s->row_bytes + p->at;
            if (p->table)
                s->kernels->s8_lut(p->bytes, (const int8_t *)from, (int8_t *)to, p->table);
            else
                memcpy(to, from, p->bytes);
        }
}

static void run(const edy_step *step, edy_threads *threads) {
    concat_state *s = step->state;
    const size_t items = (s->rows + s->rows_at_once - 1) / s->rows_at_once;
    edy_parallel_for(threads, items, run_rows, s);
}

static void run_nothing(const edy_step *step, edy_threads *threads) {
    (void)step;
    (void)threads;
}

/* Where ONNX's axis stands in the memory order of y. */
static int32_t memory_axis(const edy_value *y, int64_t axis) {
    static const int32_t nhwc[4] = {0, 3, 1, 2};
    return y->layout == EDY_LAYOUT_NHWC ? nhwc[axis] : (int32_t)axis;
}

/* Elements for one index of the memory axes before `position`, and the number of such rows. */
static size_t row_elems(const edy_value *x, const edy_value *y, int32_t position, size_t *rows) {
    size_t elems = 1;
    *rows = 1;
    for (int32_t d = 0; d < x->shape.rank; d++)
        if (memory_axis(y, d) < position)
            *rows *= (size_t)x->shape.dim[d];
        else
            elems *= (size_t)x->shape.dim[d];
    return elems;
}

/* Whether the output holds input i byte for byte. */
static bool is_copy(const edy_graph *g, const edy_node *n, int32_t i) {
    const edy_value *x = edy_node_in(g, n, i), *y = &g->value[n->output[0]];
    const bool clamps = n->act_min != -INFINITY || n->act_max != INFINITY;
    return x->dtype != EDY_S8 || x->quant.count == 0 ||
           (!clamps && x->quant.scale[0] == y->quant.scale[0] &&
            x->quant.zero_point[0] == y->quant.zero_point[0]);
}

static bool holds_input(const edy_graph *g, const edy_node *n, int32_t i, size_t *at, size_t *row) {
    const edy_value *y = &g->value[n->output[0]];
    if (y->shape.rank != 4 || y->layout != EDY_LAYOUT_NHWC || (n->axis != 1 && n->axis != -3) ||
        !is_copy(g, n, i))
        return false;
    *row = (size_t)y->shape.dim[1];
    *at = 0;
    for (int32_t j = 0; j < i; j++)
        *at += (size_t)edy_node_in(g, n, j)->shape.dim[1];
    return true;
}

/* NULL where the bytes need no change; *failed on no memory. */
static const int8_t *table_of(edy_planner *p, const edy_node *n, int32_t i, bool *failed) {
    if (is_copy(p->graph, n, i))
        return NULL;
    int8_t *table = edy_planner_indirection(p, 256);
    *failed = *failed || !table;
    if (table)
        edy_table_make(p->graph, n, i, edy_unary_clamp, table);
    return table;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *y = &p->graph->value[n->output[0]];
    const size_t size = edy_dtype_bytes(y->dtype);
    const int64_t axis = n->axis < 0 ? n->axis + y->shape.rank : n->axis;
    concat_state *s = edy_region_alloc(p->region, sizeof *s);
    part *parts = edy_region_array(p->region, (size_t)n->n_inputs, sizeof *parts);
    if (!s || !parts)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    *s = (concat_state){.kernels = p->kernels, .parts = parts, .y = step->out[0]};
    bool failed = false, tables = false;
    for (int32_t i = 0; i < n->n_inputs; i++) {
        const edy_value *x = edy_node_in(p->graph, n, i);
        const size_t bytes = row_elems(x, y, memory_axis(y, axis), &s->rows) * size;
        const part to = {step->in[i], bytes, s->row_bytes, table_of(p, n, i, &failed)};
        s->row_bytes += bytes;
        if (bytes == 0 || to.x == s->y + to.at) /* nothing, or written there by its maker */
            continue;
        parts[s->n_parts++] = to;
        tables = tables || to.table;
    }
    if (failed)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for a table");
    s->rows_at_once = EDY_FLAT_CHUNK / s->row_bytes + 1;
    step->state = s;
    step->run = s->n_parts ? run : run_nothing;
    step->kernel = tables ? edy_planner_name(p, "s8_lut", p->kernels->s8_lut == p->scalar->s8_lut)
                   : s->n_parts ? "concat copy"
                                : "in place";
    step->reason = tables       ? "inputs of other scales than the output's"
                   : s->n_parts ? "rows side by side"
                                : "its inputs were written there";
    return EDY_OK;
}

const edy_op edy_op_concat = {
    .infer = infer, .prepare = prepare, .holds_input = holds_input, .folds = true};
