/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators that slide a window over an image, and MEAN over all of it. */
#include <inttypes.h>

#include "engine/import/tflite_ops.h"

/* BuiltinOptions */
enum { CONV_OPTIONS = 1, DEPTHWISE_OPTIONS = 2, POOL_OPTIONS = 5, REDUCER_OPTIONS = 27 };

/* Padding; the window's odd pixel of SAME goes to the end, as in TFLite. */
static edy_status read_padding(edy_tflite *c, edy_window *w) {
    const int8_t padding = edy_fb_i8(&c->options, 0, "padding", 0);
    if (padding != 0 && padding != 1)
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "padding is %d, neither SAME nor VALID",
                                  padding);
    w->auto_pad = padding == 0 ? EDY_PAD_SAME_UPPER : EDY_PAD_VALID;
    return EDY_OK;
}

static edy_status image_input(edy_tflite *c, edy_tflite_tensor *x, edy_value_id *id) {
    edy_status status = edy_tflite_input(c, 0, x);
    if (!status && x->has_shape && x->shape.rank != 4)
        status = edy_tflite_op_fail(c, EDY_UNSUPPORTED, "its input has %d dimensions, not 4",
                                    x->shape.rank);
    return status ? status : edy_tflite_value(c, x, EDY_AXES_NCHW, id);
}

/* ---- Convolutions ---------------------------------------------------------------------------- */

/* Filter scales: one, or one for each output channel along `axis`; zero points are 0. */
static edy_status check_filter(edy_tflite *c, const edy_tflite_tensor *w, int32_t axis) {
    edy_quant q;
    const edy_status status = edy_tflite_quant(c, w, &q);
    if (status)
        return status;
    if (q.count > 1 && q.axis != axis)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                  "its filter has scales along dimension %d, not %d", q.axis, axis);
    for (uint32_t i = 0; i < q.count; i++)
        if (q.zero_point[i] != 0)
            return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "its filter has a zero point of %d",
                                      q.zero_point[i]);
    return EDY_OK;
}

edy_status edy_tflite_bias(edy_tflite *c, uint32_t index, int64_t channels, edy_dtype x,
                           edy_value_id *id) {
    *id = EDY_NO_VALUE;
    if (!edy_tflite_has_input(c, index))
        return EDY_OK;
    edy_tflite_tensor b;
    const edy_status status = edy_tflite_input(c, index, &b);
    if (status)
        return status;
    const edy_dtype expected = x == EDY_S8 ? EDY_S32 : EDY_F32;
    if (b.dtype != expected)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "its bias is %s beside an input of %s",
                                  edy_dtype_text(b.dtype), edy_dtype_text(x));
    if (b.shape.rank != 1 || b.shape.dim[0] != channels)
        return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                  "its bias has not one element for each of %" PRId64 " channels",
                                  channels);
    const edy_tflite_order order = {1, {0}};
    return edy_tflite_constant(c, &b, &order, false, id);
}

/* What both convolutions do once their options are read. order: of the filter's axes. */
static edy_status finish_conv(edy_tflite *c, const edy_tflite_order *order, edy_window window,
                              int8_t activation) {
    edy_tflite_tensor x, w;
    edy_value_id input[3];
    edy_status status = image_input(c, &x, &input[0]);
    if (!status)
        status = edy_tflite_input(c, 1, &w);
    if (status)
        return status;
    const int64_t channels = w.shape.dim[order->perm[0]];
    const bool hybrid = x.dtype == EDY_F32 && w.dtype == EDY_S8;
    if (x.dtype != w.dtype && !hybrid)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "an input of %s and a filter of %s",
                                  edy_dtype_text(x.dtype), edy_dtype_text(w.dtype));
    status = check_filter(c, &w, order->perm[0]);
    if (!status)
        status = edy_tflite_constant(c, &w, order, hybrid, &input[1]);
    if (!status)
        status = edy_tflite_bias(c, 2, channels, x.dtype, &input[2]);
    edy_node *n;
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_CONV, input, 3, &n);
    if (status)
        return status;
    n->window = window;
    status = edy_tflite_rule(c, n);
    if (!status)
        status = edy_tflite_activation(c, activation, n);
    return status ? status : edy_tflite_finish(c, EDY_AXES_NCHW);
}

/* The filter, of 4 dimensions, and the channels of the input. */
static edy_status filter_shape(edy_tflite *c, edy_shape *filter, int64_t *channels) {
    edy_tflite_tensor x, w;
    edy_value_id id;
    edy_status status = image_input(c, &x, &id);
    if (!status)
        status = edy_tflite_input(c, 1, &w);
    if (!status && w.shape.rank != 4)
        status = edy_tflite_op_fail(c, EDY_BAD_FILE, "its filter has %d dimensions, not 4",
                                    w.shape.rank);
    if (status)
        return status;
    *filter = w.shape;
    *channels = c->graph->value[id].shape.dim[1];
    return EDY_OK;
}

edy_status edy_tflite_import_conv(edy_tflite *c) {
    static const edy_tflite_order ohwi = {4, {0, 3, 1, 2}};
    edy_window window = {.kernel = {1, 1}, .groups = 1};
    edy_shape filter;
    int64_t channels;
    edy_status status = edy_tflite_expect_options(c, CONV_OPTIONS);
    if (!status)
        status = read_padding(c, &window);
    if (!status)
        status = filter_shape(c, &filter, &channels);
    if (status)
        return status;
    if (channels % filter.dim[3] != 0)
        return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                  "%" PRId64 " input channels beside a filter for %" PRId64,
                                  channels, filter.dim[3]);
    window.groups = channels / filter.dim[3];
    window.stride[1] = edy_fb_i32(&c->options, 1, "stride_w", 0);
    window.stride[0] = edy_fb_i32(&c->options, 2, "stride_h", 0);
    window.dilation[1] = edy_fb_i32(&c->options, 4, "dilation_w_factor", 1);
    window.dilation[0] = edy_fb_i32(&c->options, 5, "dilation_h_factor", 1);
    return finish_conv(c, &ohwi, window, edy_fb_i8(&c->options, 3, "fused_activation_function", 0));
}

edy_status edy_tflite_import_depthwise(edy_tflite *c) {
    static const edy_tflite_order one_hwo = {4, {3, 0, 1, 2}};
    edy_window window = {.kernel = {1, 1}, .groups = 1};
    edy_shape filter;
    int64_t channels;
    edy_status status = edy_tflite_expect_options(c, DEPTHWISE_OPTIONS);
    if (!status)
        status = read_padding(c, &window);
    if (!status)
        status = filter_shape(c, &filter, &channels);
    if (status)
        return status;
    const int32_t multiplier = edy_fb_i32(&c->options, 3, "depth_multiplier", 0);
    if (filter.dim[0] != 1 || filter.dim[3] % channels != 0)
        return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                  "a filter of %" PRId64 " times %" PRId64
                                  " channels beside %" PRId64 " input channels",
                                  filter.dim[0], filter.dim[3], channels);
    if (multiplier != 0 && multiplier != filter.dim[3] / channels)
        return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                  "depth_multiplier is %d, its filter has %" PRId64
                                  " channels for %" PRId64,
                                  multiplier, filter.dim[3], channels);
    window.groups = channels;
    window.stride[1] = edy_fb_i32(&c->options, 1, "stride_w", 0);
    window.stride[0] = edy_fb_i32(&c->options, 2, "stride_h", 0);
    window.dilation[1] = edy_fb_i32(&c->options, 5, "dilation_w_factor", 1);
    window.dilation[0] = edy_fb_i32(&c->options, 6, "dilation_h_factor", 1);
    return finish_conv(c, &one_hwo, window,
                       edy_fb_i8(&c->options, 4, "fused_activation_function", 0));
}

/* ---- Pools ----------------------------------------------------------------------------------- */

/* int8 pools keep the scale of their input. */
static edy_status check_same_scale(edy_tflite *c, edy_value_id x) {
    edy_tflite_tensor y;
    edy_quant q;
    edy_status status = edy_tflite_output(c, &y);
    if (status || y.dtype != EDY_S8)
        return status;
    status = edy_tflite_quant(c, &y, &q);
    const edy_quant *in = &c->graph->value[x].quant;
    if (!status && (q.count != 1 || in->count != 1 || q.scale[0] != in->scale[0] ||
                    q.zero_point[0] != in->zero_point[0]))
        status = edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                    "input and output differ in scale or zero point");
    return status;
}

static edy_status pool(edy_tflite *c, edy_op_kind op) {
    edy_window window = {.dilation = {1, 1}, .groups = 1};
    edy_tflite_tensor x;
    edy_value_id input;
    edy_node *n;
    edy_status status = edy_tflite_expect_options(c, POOL_OPTIONS);
    if (!status)
        status = read_padding(c, &window);
    if (!status)
        status = image_input(c, &x, &input);
    if (!status)
        status = check_same_scale(c, input);
    if (!status)
        status = edy_tflite_begin(c, op, &input, 1, &n);
    if (status)
        return status;
    window.stride[1] = edy_fb_i32(&c->options, 1, "stride_w", 0);
    window.stride[0] = edy_fb_i32(&c->options, 2, "stride_h", 0);
    window.kernel[1] = edy_fb_i32(&c->options, 3, "filter_width", 0);
    window.kernel[0] = edy_fb_i32(&c->options, 4, "filter_height", 0);
    n->window = window;
    status = edy_tflite_rule(c, n);
    if (!status)
        status =
            edy_tflite_activation(c, edy_fb_i8(&c->options, 5, "fused_activation_function", 0), n);
    return status ? status : edy_tflite_finish(c, EDY_AXES_NCHW);
}

edy_status edy_tflite_import_average_pool(edy_tflite *c) {
    return pool(c, EDY_OP_AVGPOOL);
}

edy_status edy_tflite_import_max_pool(edy_tflite *c) {
    return pool(c, EDY_OP_MAXPOOL);
}

/* ---- MEAN over height and width -------------------------------------------------------------- */

static edy_status check_axes(edy_tflite *c) {
    edy_tflite_tensor axes;
    int64_t axis[4];
    int32_t count;
    edy_status status = edy_tflite_input(c, 1, &axes);
    if (!status)
        status = edy_tflite_ints(c, &axes, axis, 4, &count);
    if (status)
        return status;
    for (int32_t i = 0; i < count; i++)
        axis[i] += axis[i] < 0 ? 4 : 0;
    if (count == 2 && axis[0] + axis[1] == 3 && axis[0] * axis[1] == 2)
        return EDY_OK;
    return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                              "it reduces other dimensions than height and width");
}

edy_status edy_tflite_import_mean(edy_tflite *c) {
    edy_tflite_tensor x, y;
    edy_value_id id;
    edy_node *n;
    edy_quant q = {0};
    edy_status status = edy_tflite_expect_options(c, REDUCER_OPTIONS);
    if (!status)
        status = image_input(c, &x, &id);
    if (!status)
        status = check_axes(c);
    if (!status)
        status = edy_tflite_output(c, &y);
    if (!status && y.dtype == EDY_S8)
        status = edy_tflite_quant(c, &y, &q);
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_GLOBALAVGPOOL, &id, 1, &n);
    if (!status)
        status = edy_tflite_rule(c, n);
    if (status)
        return status;
    if (edy_fb_u8(&c->options, 0, "keep_dims", 0))
        return edy_tflite_finish(c, EDY_AXES_NCHW);
    status = edy_tflite_finish_part(c, " (n,c,1,1)", &q, &id);
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_RESHAPE, &id, 1, &n);
    if (status)
        return status;
    n->n_target = 2; /* two zeros: N and C are kept */
    return edy_tflite_finish(c, EDY_AXES_OWN);
}
