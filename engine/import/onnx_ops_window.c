/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Conv, QLinearConv and the pools. */
#include <inttypes.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"

/* A list attribute with one entry (or `times`) a spatial axis, the axes of a 1-D window standing
 * for W. out is {h, w} or {top, left, bottom, right} and keeps its content where the list is
 * absent. */
static edy_status read_list(edy_onnx_context *c, const char *name, int32_t axes, int32_t times,
                            int64_t *out, bool *present) {
    int64_t list[4];
    int32_t n;
    const edy_status status = edy_onnx_attr_ints(c, name, list, 4, &n);
    *present = n >= 0;
    if (status || n < 0)
        return status;
    if (n != axes * times)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"%s\" has %d elements, not %d", name,
                                  n, axes * times);
    for (int32_t k = 0; k < times; k++)
        for (int32_t i = 0; i < axes; i++)
            out[2 * k + 2 - axes + i] = list[k * axes + i];
    return EDY_OK;
}

static edy_status read_auto_pad(edy_onnx_context *c, edy_window *w) {
    char text[16];
    const edy_status status = edy_onnx_attr_text(c, "auto_pad", "NOTSET", text, sizeof text);
    if (status)
        return status;
    if (strcmp(text, "NOTSET") == 0)
        w->auto_pad = EDY_PAD_EXPLICIT;
    else if (strcmp(text, "SAME_UPPER") == 0)
        w->auto_pad = EDY_PAD_SAME_UPPER;
    else if (strcmp(text, "SAME_LOWER") == 0)
        w->auto_pad = EDY_PAD_SAME_LOWER;
    else if (strcmp(text, "VALID") == 0)
        w->auto_pad = EDY_PAD_VALID;
    else
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"auto_pad\" is \"%s\"", text);
    if (w->auto_pad != EDY_PAD_EXPLICIT && (w->pad[0] || w->pad[1] || w->pad[2] || w->pad[3]))
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "it has both \"auto_pad\" %s and \"pads\"",
                                  text);
    return EDY_OK;
}

/* Everything but kernel and groups. axes: 1 or 2. */
static edy_status read_window(edy_onnx_context *c, int32_t axes, edy_window *w) {
    bool present;
    edy_status status = read_list(c, "strides", axes, 1, w->stride, &present);
    if (!status)
        status = read_list(c, "dilations", axes, 1, w->dilation, &present);
    if (!status)
        status = read_list(c, "pads", axes, 2, w->pad, &present);
    return status ? status : read_auto_pad(c, w);
}

/* Spatial axes of input 0: 2, or 1 for rank 3. */
static edy_status spatial_axes(edy_onnx_context *c, int32_t *axes) {
    edy_value_id x;
    const edy_status status = edy_onnx_input(c, 0, &x);
    if (status)
        return status;
    const int32_t rank = edy_onnx_value(c, x)->shape.rank;
    *axes = rank - 2;
    if (rank == 3 || rank == 4)
        return EDY_OK;
    return edy_onnx_node_fail(
        c, EDY_UNSUPPORTED, "an input of rank %d; 1-D and 2-D windows (rank 3 and 4) are supported",
        rank);
}

/* kernel_shape, which may be absent, against the weights. */
static edy_status check_kernel(edy_onnx_context *c, int32_t axes, const edy_shape *weights) {
    int64_t kernel[2] = {1, 1};
    bool present;
    const edy_status status = read_list(c, "kernel_shape", axes, 1, kernel, &present);
    if (status || !present)
        return status;
    for (int32_t i = 0; i < axes; i++)
        if (weights->rank != axes + 2 || weights->dim[2 + i] != kernel[2 - axes + i]) {
            char text[96];
            return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                      "attribute \"kernel_shape\" does not fit weights of %s",
                                      edy_shape_text(weights, text, sizeof text));
        }
    return EDY_OK;
}

/* Conv and QLinearConv: the weights are input number `weights`. */
static edy_status import_conv(edy_onnx_context *c, edy_op_kind op, size_t weights) {
    int32_t axes;
    edy_value_id w, bias;
    edy_window window = {.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}};
    edy_status status = spatial_axes(c, &axes);
    if (!status)
        status = edy_onnx_attr_int_in(c, "group", 1, 1, INT32_MAX, &window.groups);
    if (!status)
        status = read_window(c, axes, &window);
    if (!status)
        status = edy_onnx_weight_input(c, weights, &w);
    if (!status && op == EDY_OP_CONV)
        status = edy_onnx_weight_input(c, EDY_IN_BIAS, &bias);
    if (!status)
        status = check_kernel(c, axes, &edy_onnx_value(c, w)->shape);
    if (status)
        return status;
    edy_node *n;
    status = edy_onnx_lift_begin(c, op, (int32_t)c->node->n_input, weights, &n);
    if (status)
        return status;
    n->window = window;
    if (op == EDY_OP_CONV)
        n->n_inputs = 3; /* a bias that is left out is EDY_NO_VALUE */
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_conv(edy_onnx_context *c) {
    return import_conv(c, EDY_OP_CONV, EDY_IN_W);
}

/* Inputs stay in ONNX's order: x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale,
 * y_zero_point, bias. */
edy_status edy_import_qlinearconv(edy_onnx_context *c) {
    return import_conv(c, EDY_OP_QLINEARCONV, 3);
}

static edy_status import_pool(edy_onnx_context *c, edy_op_kind op) {
    int32_t axes;
    int64_t ceil_mode, count_include_pad, storage_order;
    bool present = false;
    edy_window window = {.stride = {1, 1}, .dilation = {1, 1}, .kernel = {1, 1}, .groups = 1};
    edy_status status = spatial_axes(c, &axes);
    if (!status)
        status = read_list(c, "kernel_shape", axes, 1, window.kernel, &present);
    if (!status && !present)
        status = edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"kernel_shape\" is missing");
    if (!status)
        status = read_window(c, axes, &window);
    if (!status)
        status = edy_onnx_attr_int_in(c, "ceil_mode", 0, 0, 1, &ceil_mode);
    if (!status)
        status = edy_onnx_attr_int_in(c, "count_include_pad", 0, 0, 1, &count_include_pad);
    if (!status)
        status = edy_onnx_attr_int_in(c, "storage_order", 0, 0, 0, &storage_order);
    if (status)
        return status;
    window.ceil_mode = ceil_mode;
    window.count_include_pad = count_include_pad;
    edy_node *n;
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

edy_status edy_import_globalavgpool(edy_onnx_context *c) {
    int32_t axes;
    edy_node *n;
    edy_status status = spatial_axes(c, &axes);
    if (!status)
        status = edy_onnx_lift_begin(c, EDY_OP_GLOBALAVGPOOL, 1, 0, &n);
    return status ? status : edy_onnx_lift_finish(c);
}
