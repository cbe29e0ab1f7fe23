/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Conv and QLinearConv. */
#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"
#include "engine/import/onnx_window.h"

/* kernel_shape, which may be absent, against the weights. */
static edy_status check_kernel(edy_onnx_context *c, const edy_onnx_window *w,
                               const edy_shape *weights) {
    for (int32_t i = 0; w->has_kernel && i < w->axes; i++)
        if (weights->rank != w->axes + 2 || weights->dim[2 + i] != w->kernel[i]) {
            char text[96];
            return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                      "attribute \"kernel_shape\" does not fit weights of %s",
                                      edy_shape_text(weights, text, sizeof text));
        }
    return EDY_OK;
}

/* Conv and QLinearConv: the weights are input number `weights`. */
static edy_status import_conv(edy_onnx_context *c, edy_op_kind op, size_t weights) {
    edy_value_id w, bias;
    edy_onnx_window window;
    int64_t groups;
    edy_status status = edy_onnx_spatial_axes(c, 2, &window.axes);
    if (!status)
        status = edy_onnx_attr_int_in(c, "group", 1, 1, INT32_MAX, &groups);
    if (!status)
        status = edy_onnx_read_window(c, &window);
    if (!status)
        status = edy_onnx_weight_input(c, weights, &w);
    if (!status && op == EDY_OP_CONV)
        status = edy_onnx_weight_input(c, EDY_IN_BIAS, &bias);
    if (!status)
        status = check_kernel(c, &window, &edy_onnx_value(c, w)->shape);
    if (status)
        return status;
    edy_node *n;
    status = edy_onnx_lift_begin(c, op, (int32_t)c->node->n_input, weights, &n);
    if (status)
        return status;
    n->window = edy_onnx_window_2d(&window, 0);
    n->window.groups = groups;
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
