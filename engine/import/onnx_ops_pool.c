/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The pools. Those over D, H and W are done in two steps, over H and W and then over D: a maximum
 * of maxima is one, and an average of averages too, since as many taps count in each row. */
#include <stdio.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"
#include "engine/import/onnx_window.h"

/* The name of something on the way to output 0 of the node at hand. */
static edy_status part_name(edy_onnx_context *c, const char *suffix, char *text, size_t size) {
    edy_onnx_name *name;
    const edy_status status = edy_onnx_output(c, &name);
    if (!status)
        snprintf(text, size, "%.*s%s", (int)(size - 16), name->text, suffix);
    return status;
}

/* A pool over the last two axes of x viewed as [N, ...view]; the batch stays symbolic. */
static edy_status pool_view(edy_onnx_context *c, edy_op_kind op, edy_value_id x,
                            const int64_t view[3], const edy_window *window, const char *suffix,
                            edy_value_id *y) {
    char name[256];
    edy_value_id flat;
    edy_node *n;
    edy_status status = part_name(c, suffix, name, sizeof name);
    if (!status)
        status =
            edy_onnx_reshape(c, x, (const int64_t[]){0, view[0], view[1], view[2]}, 4, name, &flat);
    if (!status)
        status = edy_onnx_begin_with(c, op, &flat, 1, &n);
    if (status)
        return status;
    if (window)
        n->window = *window;
    return edy_onnx_finish_as(c, name, y);
}

/* The result itself: x with other extents behind the batch. */
static edy_status finish_view(edy_onnx_context *c, edy_value_id x, const int64_t *target,
                              int32_t rank) {
    edy_onnx_name *name;
    const edy_status status = edy_onnx_output(c, &name);
    return status ? status : edy_onnx_reshape(c, x, target, rank, name->text, &name->id);
}

static edy_status pool_3d(edy_onnx_context *c, edy_op_kind op, const edy_onnx_window *w,
                          const edy_window *hw) {
    edy_value_id x, y;
    edy_status status = edy_onnx_input(c, 0, &x);
    if (status)
        return status;
    const edy_shape in = edy_onnx_value(c, x)->shape;
    const edy_onnx_window depth = {.axes = 2,
                                   .kernel = {w->kernel[0], 1},
                                   .stride = {w->stride[0], 1},
                                   .dilation = {w->dilation[0], 1},
                                   .begin = {w->begin[0]},
                                   .end = {w->end[0]},
                                   .auto_pad = w->auto_pad};
    edy_window d = edy_onnx_window_2d(&depth, 0);
    d.ceil_mode = hw->ceil_mode;
    d.count_include_pad = hw->count_include_pad;
    int64_t planes;
    if (__builtin_mul_overflow(in.dim[1], in.dim[2], &planes))
        return edy_onnx_node_fail(c, EDY_LIMIT, "an input of too many elements");
    status = pool_view(c, op, x, (const int64_t[]){planes, in.dim[3], in.dim[4]}, hw, "/hw", &y);
    if (status)
        return status;
    const edy_shape flat = edy_onnx_value(c, y)->shape;
    status = pool_view(c, op, y, (const int64_t[]){in.dim[1], in.dim[2], -1}, &d, "/d", &y);
    if (status)
        return status;
    const int64_t deep = edy_onnx_value(c, y)->shape.dim[2];
    return finish_view(c, y, (const int64_t[]){0, in.dim[1], deep, flat.dim[2], flat.dim[3]}, 5);
}

static bool same_text(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

/* Whether the graph or one of its nodes reads that output of the node at hand. */
static bool is_read(const edy_onnx_context *c, size_t output) {
    const Onnx__GraphProto *g = c->proto;
    const char *text = output < c->node->n_output ? c->node->output[output] : NULL;
    if (!text || !text[0])
        return false;
    for (size_t i = 0; i < g->n_output; i++)
        if (same_text(g->output[i]->name, text))
            return true;
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_input; k++)
            if (same_text(g->node[i]->input[k], text))
                return true;
    return false;
}

static edy_status import_pool(edy_onnx_context *c, edy_op_kind op) {
    int64_t ceil_mode, count_include_pad, storage_order;
    edy_onnx_window w;
    edy_status status = edy_onnx_spatial_axes(c, EDY_MAX_SPATIAL, &w.axes);
    if (!status)
        status = edy_onnx_read_window(c, &w);
    if (!status && !w.has_kernel)
        status = edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"kernel_shape\" is missing");
    if (!status)
        status = edy_onnx_attr_int_in(c, "ceil_mode", 0, 0, 1, &ceil_mode);
    if (!status)
        status = edy_onnx_attr_int_in(c, "count_include_pad", 0, 0, 1, &count_include_pad);
    if (!status) /* of the Indices output */
        status = edy_onnx_attr_int_in(c, "storage_order", 0, 0, 1, &storage_order);
    if (status)
        return status;
    edy_window window = edy_onnx_window_2d(&w, w.axes == 3 ? 1 : 0);
    window.ceil_mode = ceil_mode;
    window.count_include_pad = count_include_pad;
    const bool indices = is_read(c, 1);
    if (w.axes == 3 && !indices)
        return pool_3d(c, op, &w, &window);
    if (indices && (op != EDY_OP_MAXPOOL || w.axes != 2))
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "a second output of a %d-D pool", w.axes);
    edy_node *n;
    if (indices) {
        status = edy_onnx_begin(c, EDY_OP_MAXPOOLINDICES, 1, &n);
        if (status)
            return status;
        n->window = window;
        n->storage_columns = storage_order;
        status = edy_onnx_finish_output(c, 1);
        if (status)
            return status;
    }
    status = edy_onnx_lift_begin(c, op, 1, 0, &n);
    if (status)
        return status;
    n->window = window;
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_maxpool(edy_onnx_context *c) {
    return import_pool(c, EDY_OP_MAXPOOL);
}

edy_status edy_import_avgpool(edy_onnx_context *c) {
    return import_pool(c, EDY_OP_AVGPOOL);
}

/* ---- Over the whole image ---------------------------------------------------------------------
 */

/* GlobalMaxPool is a MaxPool whose window is the image. */
static void span_image(const edy_onnx_context *c, edy_node *n) {
    const edy_shape *x = &edy_onnx_value(c, n->input[0])->shape;
    n->window.kernel[0] = x->dim[2];
    n->window.kernel[1] = x->dim[3];
}

static edy_status import_global(edy_onnx_context *c, edy_op_kind op) {
    int32_t axes;
    edy_node *n;
    edy_value_id x, y;
    edy_status status = edy_onnx_spatial_axes(c, EDY_MAX_SPATIAL, &axes);
    if (!status)
        status = edy_onnx_input(c, 0, &x);
    if (status)
        return status;
    if (axes == 3) {
        const edy_shape in = edy_onnx_value(c, x)->shape;
        int64_t rows;
        if (__builtin_mul_overflow(in.dim[2], in.dim[3], &rows))
            return edy_onnx_node_fail(c, EDY_LIMIT, "an input of too many elements");
        const edy_onnx_window all = {
            .axes = 2, .kernel = {rows, in.dim[4]}, .stride = {1, 1}, .dilation = {1, 1}};
        const edy_window window = edy_onnx_window_2d(&all, 0);
        status =
            pool_view(c, op, x, (const int64_t[]){in.dim[1], rows, in.dim[4]}, &window, "/hw", &y);
        return status ? status : finish_view(c, y, (const int64_t[]){0, in.dim[1], 1, 1, 1}, 5);
    }
    status = edy_onnx_lift_begin(c, op, 1, 0, &n);
    if (status)
        return status;
    if (op == EDY_OP_MAXPOOL)
        span_image(c, n);
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_globalavgpool(edy_onnx_context *c) {
    return import_global(c, EDY_OP_GLOBALAVGPOOL);
}

edy_status edy_import_globalmaxpool(edy_onnx_context *c) {
    return import_global(c, EDY_OP_MAXPOOL);
}
