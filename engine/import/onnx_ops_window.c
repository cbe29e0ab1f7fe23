/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Conv, ConvTranspose and QLinearConv. */
#include <inttypes.h>

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

/* The attributes of any convolution; op's own come later. */
typedef struct conv_form {
    edy_onnx_window window;
    int64_t groups, output_pad[EDY_MAX_SPATIAL], output_size[EDY_MAX_SPATIAL];
    bool transposed;
} conv_form;

static edy_status read_form(edy_onnx_context *c, int32_t most_axes, conv_form *f) {
    edy_status status = edy_onnx_spatial_axes(c, most_axes, &f->window.axes);
    if (!status)
        status = edy_onnx_attr_int_in(c, "group", 1, 1, INT32_MAX, &f->groups);
    return status ? status : edy_onnx_read_window(c, &f->window);
}

static edy_status read_transposed(edy_onnx_context *c, conv_form *f) {
    bool present;
    const int32_t axes = f->window.axes;
    f->transposed = true;
    edy_status status = edy_onnx_axis_list(c, "output_padding", axes, f->output_pad, &present);
    if (!status)
        status = edy_onnx_axis_list(c, "output_shape", axes, f->output_size, &present);
    for (int32_t i = 0; i < axes && !status && present; i++)
        if (f->output_size[i] < 1)
            status =
                edy_onnx_node_fail(c, EDY_BAD_FILE, "output_shape has %" PRId64, f->output_size[i]);
    return status;
}

/* The axes from `first` on as a graph's window. */
static edy_window window_of(const conv_form *f, int32_t first) {
    edy_window w = edy_onnx_window_2d(&f->window, first);
    w.groups = f->groups;
    w.transposed = f->transposed;
    for (int32_t i = first; i < f->window.axes; i++) {
        const int32_t to = 2 - (f->window.axes - i);
        w.output_pad[to] = f->output_pad[i];
        w.output_size[to] = f->output_size[i];
    }
    return w;
}

/* D alone, as H; the W beside it is one element. */
static edy_window depth_of(const conv_form *f) {
    conv_form d = *f;
    d.window.axes = 2;
    d.window.kernel[1] = d.window.stride[1] = d.window.dilation[1] = 1;
    d.window.begin[1] = d.window.end[1] = d.output_pad[1] = 0;
    d.output_size[1] = d.output_size[0] ? 1 : 0;
    return window_of(&d, 0);
}

static edy_status finish_3d(edy_onnx_context *c, const conv_form *f) {
    edy_node *n;
    const edy_status status = edy_onnx_begin(c, EDY_OP_CONV3D, (int32_t)c->node->n_input, &n);
    if (status)
        return status;
    n->n_inputs = 3;
    n->window = window_of(f, 1);
    n->depth = depth_of(f);
    return edy_onnx_finish(c);
}

/* The weights are input number `weights`. */
static edy_status finish_conv(edy_onnx_context *c, edy_op_kind op, size_t weights,
                              const conv_form *f) {
    edy_value_id w, bias;
    edy_status status = edy_onnx_weight_input(c, weights, &w);
    if (!status && op != EDY_OP_QLINEARCONV)
        status = edy_onnx_weight_input(c, EDY_IN_BIAS, &bias);
    if (!status)
        status = check_kernel(c, &f->window, &edy_onnx_value(c, w)->shape);
    if (status || f->window.axes == 3)
        return status ? status : finish_3d(c, f);
    edy_node *n;
    status = edy_onnx_lift_begin(c, op, (int32_t)c->node->n_input, weights, &n);
    if (status)
        return status;
    n->window = window_of(f, 0);
    if (op != EDY_OP_QLINEARCONV)
        n->n_inputs = 3; /* a bias that is left out is EDY_NO_VALUE */
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_conv(edy_onnx_context *c) {
    conv_form f = {.groups = 1};
    const edy_status status = read_form(c, EDY_MAX_SPATIAL, &f);
    return status ? status : finish_conv(c, EDY_OP_CONV, EDY_IN_W, &f);
}

edy_status edy_import_convtranspose(edy_onnx_context *c) {
    conv_form f = {.groups = 1};
    edy_status status = read_form(c, EDY_MAX_SPATIAL, &f);
    if (!status)
        status = read_transposed(c, &f);
    return status ? status : finish_conv(c, EDY_OP_CONVTRANSPOSE, EDY_IN_W, &f);
}

/* Inputs stay in ONNX's order: x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale,
 * y_zero_point, bias. */
edy_status edy_import_qlinearconv(edy_onnx_context *c) {
    conv_form f = {.groups = 1};
    edy_value_id constant;
    edy_status status = read_form(c, 2, &f);
    for (size_t i = 1; i < 8 && !status; i++)
        status = edy_onnx_constant_input(c, i, &constant);
    return status ? status : finish_conv(c, EDY_OP_QLINEARCONV, 3, &f);
}

/* x, w, and zero points that may be absent; weights may be computed. */
edy_status edy_import_convinteger(edy_onnx_context *c) {
    conv_form f = {.groups = 1};
    edy_node *n;
    edy_value_id w;
    edy_status status = read_form(c, 2, &f);
    if (!status)
        status = edy_onnx_input(c, 1, &w);
    if (!status)
        status = check_kernel(c, &f.window, &edy_onnx_value(c, w)->shape);
    if (!status)
        status = edy_onnx_lift_begin(c, EDY_OP_CONVINTEGER, (int32_t)c->node->n_input, 1, &n);
    if (status)
        return status;
    n->window = window_of(&f, 0);
    return edy_onnx_lift_finish(c);
}
