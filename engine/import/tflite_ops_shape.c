/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <inttypes.h>

#include "engine/import/tflite_ops.h"

/* BuiltinOptions */
enum { CONCATENATION_OPTIONS = 10, RESHAPE_OPTIONS = 17, PAD_OPTIONS = 22, PADV2_OPTIONS = 43 };

/* ---- RESHAPE and its like -------------------------------------------------------------------- */

/* The same bytes in the file's axes. */
static edy_status reshape_to(edy_tflite *c, const int64_t *target, int32_t rank) {
    edy_tflite_tensor x;
    edy_value_id input;
    edy_node *n;
    edy_status status = edy_tflite_input(c, 0, &x);
    if (!status)
        status = edy_tflite_value(c, &x, EDY_AXES_OWN, &input);
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_RESHAPE, &input, 1, &n);
    if (status)
        return status;
    n->n_target = rank;
    for (int32_t i = 0; i < rank; i++) {
        n->target[i] = target[i];
        if (target[i] == 0 || target[i] < -1) /* 0 would mean "copy" to our Reshape */
            return edy_tflite_op_fail(c, EDY_BAD_FILE, "dimension %d of its shape is %" PRId64, i,
                                      target[i]);
    }
    return edy_tflite_finish(c, EDY_AXES_OWN);
}

/* The extents that the file gives for the output; an open batch is inferred. */
static edy_status reshape_as_output(edy_tflite *c) {
    edy_tflite_tensor y;
    const edy_status status = edy_tflite_output(c, &y);
    if (status)
        return status;
    if (y.any_batch && y.shape.rank > 0)
        y.shape.dim[0] = -1;
    return reshape_to(c, y.shape.dim, y.shape.rank);
}

edy_status edy_tflite_import_reshape(edy_tflite *c) {
    int64_t target[EDY_MAX_RANK];
    int32_t rank = 0;
    edy_status status = edy_tflite_expect_options(c, RESHAPE_OPTIONS);
    if (status)
        return status;
    if (edy_tflite_has_input(c, 1)) {
        edy_tflite_tensor shape;
        status = edy_tflite_input(c, 1, &shape);
        if (!status && !shape.data) /* computed: the file's extents are all that is known */
            return reshape_as_output(c);
        if (!status)
            status = edy_tflite_ints(c, &shape, target, EDY_MAX_RANK, &rank);
        return status ? status : reshape_to(c, target, rank);
    }
    const edy_fb_vector dims = edy_fb_vec(&c->options, 0, "new_shape", 4);
    if (dims.count == 0)
        return reshape_as_output(c);
    if (dims.count > EDY_MAX_RANK)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "new_shape has %" PRIu32 " dimensions",
                                  dims.count);
    for (uint32_t i = 0; i < dims.count; i++)
        target[i] = edy_fb_vec_i32(&dims, i);
    return reshape_to(c, target, (int32_t)dims.count);
}

edy_status edy_tflite_import_squeeze(edy_tflite *c) {
    return reshape_as_output(c);
}

/* ---- PAD ------------------------------------------------------------------------------------- */

/* PADV2's value, in real numbers: one element of the input's type and scale. */
static edy_status read_pad_value(edy_tflite *c, const edy_tflite_tensor *x, float *value) {
    edy_tflite_tensor v;
    edy_value_id id;
    const edy_tflite_order order = {1, {0}};
    if (!edy_tflite_has_input(c, 2))
        return EDY_OK;
    edy_status status = edy_tflite_input(c, 2, &v);
    if (!status && (v.dtype != x->dtype || edy_shape_count(&v.shape) != 1 || v.shape.rank > 1))
        status = edy_tflite_op_fail(c, EDY_BAD_FILE, "its value is no single %s",
                                    edy_dtype_text(x->dtype));
    if (!status)
        status = edy_tflite_constant(c, &v, &order, true, &id);
    if (!status)
        *value = *(const float *)c->graph->value[id].data;
    return status;
}

edy_status edy_tflite_import_pad(edy_tflite *c) {
    edy_tflite_tensor x, amounts;
    edy_value_id input;
    edy_node *n;
    int64_t pad[2 * EDY_MAX_RANK];
    int32_t count;
    float value = 0.0f;
    const uint8_t options = edy_tflite_has_input(c, 2) ? PADV2_OPTIONS : PAD_OPTIONS;
    edy_status status = edy_tflite_expect_options(c, options);
    if (!status)
        status = edy_tflite_input(c, 0, &x);
    if (!status)
        status = edy_tflite_input(c, 1, &amounts);
    if (!status)
        status = edy_tflite_ints(c, &amounts, pad, 2 * EDY_MAX_RANK, &count);
    if (!status)
        status = read_pad_value(c, &x, &value);
    if (status)
        return status;
    const edy_tflite_axes axes = count == 8 ? EDY_AXES_NCHW : EDY_AXES_OWN;
    status = edy_tflite_value(c, &x, axes, &input);
    const int32_t rank = status ? 0 : c->graph->value[input].shape.rank;
    if (!status && count != 2 * rank)
        status = edy_tflite_op_fail(c, EDY_BAD_FILE, "%d paddings for %d dimensions", count, rank);
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_PAD, &input, 1, &n);
    if (!status)
        status = edy_tflite_rule(c, n);
    if (status)
        return status;
    static const int32_t nchw[4] = {0, 3, 1, 2};
    for (int32_t i = 0; i < rank; i++) {
        const int32_t from = axes == EDY_AXES_NCHW ? nchw[i] : i;
        n->pads[i] = pad[2 * from];
        n->pads[rank + i] = pad[2 * from + 1];
    }
    n->pad_value = value;
    return edy_tflite_finish(c, axes);
}

/* ---- CONCATENATION --------------------------------------------------------------------------- */

/* The reference kernel copies int8: all scales must be the output's. */
static edy_status check_scales(edy_tflite *c, const edy_value_id *input, uint32_t count) {
    edy_tflite_tensor y;
    edy_quant q;
    edy_status status = edy_tflite_output(c, &y);
    if (status || y.dtype != EDY_S8)
        return status;
    status = edy_tflite_quant(c, &y, &q);
    for (uint32_t i = 0; i < count && !status; i++) {
        const edy_quant *x = &c->graph->value[input[i]].quant;
        if (q.count != 1 || x->count != 1 || q.scale[0] != x->scale[0] ||
            q.zero_point[0] != x->zero_point[0])
            return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                      "input %" PRIu32 " and output differ in scale or zero point",
                                      i);
    }
    return status;
}

edy_status edy_tflite_import_concatenation(edy_tflite *c) {
    edy_value_id input[EDY_MAX_INPUTS];
    edy_tflite_tensor t;
    edy_node *n;
    bool image = false;
    edy_status status = edy_tflite_expect_options(c, CONCATENATION_OPTIONS);
    if (!status && (c->inputs.count < 1 || c->inputs.count > EDY_MAX_INPUTS))
        status = edy_tflite_op_fail(c, EDY_UNSUPPORTED, "%" PRIu32 " inputs, of 1 to %d",
                                    c->inputs.count, EDY_MAX_INPUTS);
    for (uint32_t i = 0; i < c->inputs.count && !status; i++) {
        status = edy_tflite_input(c, i, &t);
        image = image || (!status && edy_tflite_is_image(c, &t));
    }
    const edy_tflite_axes axes = image ? EDY_AXES_NCHW : EDY_AXES_OWN;
    for (uint32_t i = 0; i < c->inputs.count && !status; i++) {
        status = edy_tflite_input(c, i, &t);
        if (!status)
            status = edy_tflite_value(c, &t, axes, &input[i]);
    }
    if (!status)
        status = check_scales(c, input, c->inputs.count);
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_CONCAT, input, (int32_t)c->inputs.count, &n);
    if (!status)
        status = edy_tflite_rule(c, n);
    if (status)
        return status;
    const int32_t rank = c->graph->value[input[0]].shape.rank;
    const int32_t axis = edy_fb_i32(&c->options, 0, "axis", 0);
    if (axis < -rank || axis >= rank)
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "axis %d of inputs with %d dimensions", axis,
                                  rank);
    static const int32_t from_own[4] = {0, 2, 3, 1};
    n->axis = axis < 0 ? axis + rank : axis;
    n->axis = image ? from_own[n->axis] : n->axis;
    if (edy_fb_i8(&c->options, 1, "fused_activation_function", 0) != 0)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "a fused activation");
    return edy_tflite_finish(c, axes);
}
