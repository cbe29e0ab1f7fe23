/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators that pick, repeat or count elements: Slice, Split, Expand, Tile, Gather; and those that
 * make constants: Shape, Size, ConstantOfShape, Range. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_ops.h"
#include "engine/import/onnx_tensor.h"
#include "engine/ops/integers.h"

static edy_status shape_of(edy_onnx_context *c, edy_value_id *x, edy_shape *shape) {
    const edy_status status = edy_onnx_input(c, 0, x);
    if (!status)
        *shape = edy_onnx_value(c, *x)->shape;
    return status;
}

static edy_status refuse_axis(edy_onnx_context *c, int64_t axis, int32_t rank) {
    return edy_onnx_node_fail(c, EDY_BAD_FILE, "axis %" PRId64 " of an input of rank %d", axis,
                              rank);
}

/* ---- Slice and Split ------------------------------------------------------------------------- */

/* A Slice of x that takes everything: one axis or more are narrowed by the caller. */
static edy_status begin_slice(edy_onnx_context *c, edy_value_id x, edy_node **n) {
    const edy_status status = edy_onnx_begin_with(c, EDY_OP_SLICE, &x, 1, n);
    for (int32_t i = 0; !status && i < EDY_MAX_RANK; i++) {
        (*n)->stop[i] = INT64_MAX;
        (*n)->step[i] = 1;
    }
    return status;
}

typedef struct slice_list {
    int64_t starts[EDY_MAX_RANK], ends[EDY_MAX_RANK], axes[EDY_MAX_RANK], steps[EDY_MAX_RANK];
    int32_t n_starts, n_ends, n_axes, n_steps; /* -1: left out */
} slice_list;

/* Attributes until opset 9, inputs from 10 on. */
static edy_status read_slice(edy_onnx_context *c, slice_list *l) {
    *l = (slice_list){.n_steps = -1};
    const bool attributes = c->opset < 10;
    if (attributes ? c->node->n_input > 1 : c->node->n_attribute > 0)
        return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                  "its bounds are not where opset %" PRId64 " has them", c->opset);
    edy_status status = attributes
                            ? edy_onnx_attr_ints(c, "starts", l->starts, EDY_MAX_RANK, &l->n_starts)
                            : edy_onnx_ints_input(c, 1, l->starts, EDY_MAX_RANK, &l->n_starts);
    if (!status)
        status = attributes ? edy_onnx_attr_ints(c, "ends", l->ends, EDY_MAX_RANK, &l->n_ends)
                            : edy_onnx_ints_input(c, 2, l->ends, EDY_MAX_RANK, &l->n_ends);
    if (!status)
        status = attributes ? edy_onnx_attr_ints(c, "axes", l->axes, EDY_MAX_RANK, &l->n_axes)
                            : edy_onnx_ints_input(c, 3, l->axes, EDY_MAX_RANK, &l->n_axes);
    if (!status && !attributes)
        status = edy_onnx_ints_input(c, 4, l->steps, EDY_MAX_RANK, &l->n_steps);
    if (status)
        return status;
    if (l->n_starts < 0 || l->n_starts != l->n_ends ||
        (l->n_axes >= 0 && l->n_axes != l->n_starts) ||
        (l->n_steps >= 0 && l->n_steps != l->n_starts))
        return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                  "%d starts, %d ends, %d axes and %d steps (-1: none given)",
                                  l->n_starts, l->n_ends, l->n_axes, l->n_steps);
    return EDY_OK;
}

edy_status edy_import_slice(edy_onnx_context *c) {
    slice_list l;
    edy_value_id x;
    edy_shape shape;
    edy_node *n;
    edy_status status = shape_of(c, &x, &shape);
    if (!status)
        status = read_slice(c, &l);
    if (!status)
        status = begin_slice(c, x, &n);
    uint32_t seen = 0;
    for (int32_t i = 0; !status && i < l.n_starts; i++) {
        const int64_t given = l.n_axes < 0 ? i : l.axes[i];
        const int64_t axis = given < 0 ? given + shape.rank : given;
        if (axis < 0 || axis >= shape.rank || (seen >> axis & 1))
            return refuse_axis(c, given, shape.rank);
        seen |= UINT32_C(1) << axis;
        n->start[axis] = l.starts[i];
        n->stop[axis] = l.ends[i];
        n->step[axis] = l.n_steps < 0 ? 1 : l.steps[i];
    }
    return status ? status : edy_onnx_finish(c);
}

/* Elements of each output along the axis into part[n_output]; given: what the file says, n < 0 for
 * nothing. */
static edy_status split_parts(edy_onnx_context *c, int64_t extent, int32_t n, int64_t *part) {
    const int64_t count = (int64_t)c->node->n_output;
    if (n >= 0 && n != count)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "%d parts for %" PRId64 " outputs", n, count);
    const int64_t even = (extent + count - 1) / count;
    if (n < 0 && extent % count != 0 && c->opset < 18)
        return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                  "%" PRId64 " elements in %" PRId64 " equal parts", extent, count);
    int64_t rest = extent;
    for (int64_t i = 0; i < count; i++) {
        if (n < 0)
            part[i] = even < rest ? even : rest;
        if (part[i] < 0 || part[i] > rest)
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "part %" PRId64 " has %" PRId64 " elements",
                                      i, part[i]);
        rest -= part[i];
    }
    return rest == 0
               ? EDY_OK
               : edy_onnx_node_fail(c, EDY_BAD_FILE, "parts that leave %" PRId64 " elements", rest);
}

/* A Slice for each output that is named. */
edy_status edy_import_split(edy_onnx_context *c) {
    int64_t part[EDY_MAX_INPUTS], axis;
    int32_t n_parts;
    edy_value_id x;
    edy_shape shape;
    if (c->node->n_output < 1 || c->node->n_output > EDY_MAX_INPUTS)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "%zu outputs, 1 to %d are supported",
                                  c->node->n_output, EDY_MAX_INPUTS);
    edy_status status = shape_of(c, &x, &shape);
    if (!status)
        status = edy_onnx_attr_int(c, "axis", 0, &axis);
    if (!status)
        status = edy_onnx_attr_ints(c, "split", part, EDY_MAX_INPUTS, &n_parts);
    if (!status && n_parts < 0)
        status = edy_onnx_ints_input(c, 1, part, EDY_MAX_INPUTS, &n_parts);
    if (status)
        return status;
    if (axis < -shape.rank || axis >= shape.rank)
        return refuse_axis(c, axis, shape.rank);
    axis += axis < 0 ? shape.rank : 0;
    status = split_parts(c, shape.dim[axis], n_parts, part);
    int64_t first = 0;
    for (size_t i = 0; i < c->node->n_output && !status; first += part[i++]) {
        edy_node *n;
        if (!c->node->output[i] || !c->node->output[i][0])
            continue;
        status = begin_slice(c, x, &n);
        if (status)
            break;
        n->start[axis] = first;
        n->stop[axis] = first + part[i];
        status = edy_onnx_finish_output(c, i);
    }
    return status;
}

/* ---- Expand, Tile, Gather -------------------------------------------------------------------- */

/* Where the shape in input `index` begins with the batch, the node stays, constants or not: another
 * batch changes what it makes. */
static edy_status keep_if_batch(edy_onnx_context *c, size_t index, const int64_t *target,
                                int32_t n_target) {
    edy_value_id id;
    const edy_status status = edy_onnx_raw_input(c, index, &id);
    c->keep =
        !status && n_target > 0 && target[0] == c->graph->batch && edy_onnx_is_from_batch(c, id);
    return status;
}

static edy_status import_target(edy_onnx_context *c, edy_op_kind op) {
    int64_t target[EDY_MAX_RANK];
    int32_t n_target;
    edy_node *n;
    edy_status status = edy_onnx_ints_input(c, 1, target, EDY_MAX_RANK, &n_target);
    if (!status && op == EDY_OP_EXPAND)
        status = keep_if_batch(c, 1, target, n_target);
    if (!status)
        status = edy_onnx_begin(c, op, 1, &n);
    if (status)
        return status;
    n->n_target = n_target;
    memcpy(n->target, target, (size_t)n_target * sizeof *target);
    return edy_onnx_finish(c);
}

edy_status edy_import_expand(edy_onnx_context *c) {
    return import_target(c, EDY_OP_EXPAND);
}

edy_status edy_import_tile(edy_onnx_context *c) {
    return import_target(c, EDY_OP_TILE);
}

edy_status edy_import_gather(edy_onnx_context *c) {
    int64_t axis;
    edy_node *n;
    edy_status status = edy_onnx_attr_int(c, "axis", 0, &axis);
    if (!status)
        status = edy_onnx_begin(c, EDY_OP_GATHER, 2, &n);
    if (status)
        return status;
    n->axis = axis;
    return edy_onnx_finish(c);
}

/* ---- Constants ------------------------------------------------------------------------------- */

/* start and end (opset 15) as Slice has them. */
edy_status edy_import_shape(edy_onnx_context *c) {
    int64_t start, end;
    edy_value_id x;
    edy_shape shape;
    edy_status status = shape_of(c, &x, &shape);
    if (!status)
        status = edy_onnx_attr_int(c, "start", 0, &start);
    if (!status)
        status = edy_onnx_attr_int(c, "end", INT64_MAX, &end);
    if (status)
        return status;
    start += start < 0 ? shape.rank : 0;
    end += end < 0 ? shape.rank : 0;
    start = start < 0 ? 0 : start > shape.rank ? shape.rank : start;
    end = end < start ? start : end > shape.rank ? shape.rank : end;
    const edy_shape list = edy_shape_make(1, (const int64_t[]){end - start});
    edy_onnx_name *name;
    status = edy_onnx_finish_constant(c, EDY_S64, &list, shape.dim + start);
    if (!status)
        status = edy_onnx_output(c, &name);
    const bool batch = start == 0 && end > 0 && shape.dim[0] == c->graph->batch;
    if (status || !batch || edy_onnx_value(c, x)->data)
        return status;
    return edy_onnx_mark_batch(c, name->id);
}

edy_status edy_import_size(edy_onnx_context *c) {
    edy_value_id x;
    edy_shape shape;
    const edy_status status = shape_of(c, &x, &shape);
    if (status)
        return status;
    const int64_t count = (int64_t)edy_shape_count(&shape);
    const edy_shape scalar = {.rank = 0};
    return edy_onnx_finish_constant(c, EDY_S64, &scalar, &count);
}

/* One element, expanded: the limits on constants are those of folding. */
edy_status edy_import_constant_of_shape(edy_onnx_context *c) {
    int64_t target[EDY_MAX_RANK];
    int32_t n_target;
    const Onnx__TensorProto *tensor;
    edy_value_id one = EDY_NO_VALUE;
    edy_status status = edy_onnx_attr_tensor(c, "value", &tensor);
    if (!status)
        status = edy_onnx_ints_input(c, 0, target, EDY_MAX_RANK, &n_target);
    if (!status && tensor)
        status = edy_onnx_tensor(c, tensor, c->node_name, &one);
    const edy_shape scalar = {.rank = 0};
    const float zero = 0.0f;
    if (!status && !tensor &&
        edy_graph_add_constant(c->graph, c->node_name, EDY_F32, &scalar, &zero, &one, c->err))
        status = edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    if (status)
        return status;
    if (edy_shape_count(&edy_onnx_value(c, one)->shape) != 1)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"value\" has not one element");
    c->graph->value[one].shape = scalar;
    edy_node *n;
    status = keep_if_batch(c, 0, target, n_target);
    if (!status)
        status = edy_onnx_begin_with(c, EDY_OP_EXPAND, &one, 1, &n);
    if (status)
        return status;
    n->n_target = n_target;
    memcpy(n->target, target, (size_t)n_target * sizeof *target);
    return edy_onnx_finish(c);
}

/* start, limit, delta; all integers or all float32. A value is start + i * delta. */
typedef struct range {
    double start, limit, delta; /* int64 beyond 2^53 are refused */
} range;

static edy_status read_range(edy_onnx_context *c, range *r) {
    double *const bound[3] = {&r->start, &r->limit, &r->delta};
    for (size_t i = 0; i < 3; i++) {
        edy_value_id id;
        const edy_status status = edy_onnx_constant_input(c, i, &id);
        if (status)
            return status;
        const edy_value *v = edy_onnx_value(c, id);
        if (edy_shape_count(&v->shape) != 1 || (v->dtype != EDY_F32 && !edy_is_integer(v->dtype)))
            return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "input %zu is %s of rank %d", i,
                                      edy_dtype_text(v->dtype), v->shape.rank);
        *bound[i] = v->dtype == EDY_F32 ? (double)*(const float *)v->data
                                        : (double)edy_integer_load(v->dtype, v->data, 0);
        if (fabs(*bound[i]) > 0x1p53)
            return edy_onnx_node_fail(c, EDY_LIMIT, "input %zu is %g", i, *bound[i]);
    }
    return EDY_OK;
}

edy_status edy_import_range(edy_onnx_context *c) {
    enum { MOST = 1 << 20 };
    range r;
    edy_value_id first;
    edy_status status = read_range(c, &r);
    if (!status)
        status = edy_onnx_input(c, 0, &first);
    if (status)
        return status;
    const double whole = r.delta == 0 ? INFINITY : ceil((r.limit - r.start) / r.delta);
    if (!(whole <= MOST))
        return edy_onnx_node_fail(c, EDY_LIMIT, "from %g to %g by %g", r.start, r.limit, r.delta);
    const edy_dtype dtype = edy_onnx_value(c, first)->dtype;
    const int64_t count = whole < 0 ? 0 : (int64_t)whole;
    const edy_shape list = edy_shape_make(1, &count);
    void *data = edy_region_array(&c->graph->region, (size_t)count, edy_dtype_bytes(dtype));
    if (!data)
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for a constant");
    for (int64_t i = 0; i < count; i++)
        if (dtype == EDY_F32)
            ((float *)data)[i] = (float)(r.start + (double)i * r.delta);
        else
            edy_integer_store(dtype, data, (size_t)i, (int64_t)(r.start + (double)i * r.delta));
    return edy_onnx_finish_constant(c, dtype, &list, data);
}
