/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <inttypes.h>
#include <math.h>

#include "engine/import/tflite_ops.h"

/* BuiltinOptions */
enum { FULLY_CONNECTED_OPTIONS = 8, SOFTMAX_OPTIONS = 9, ADD_OPTIONS = 11, MUL_OPTIONS = 21 };

/* ---- FULLY_CONNECTED ------------------------------------------------------------------------- */

/* The input as rows of k elements: a Reshape where it is not [N, k] (with keep_num_dims: [.., k]).
 */
static edy_status rows_of(edy_tflite *c, edy_tflite_tensor *x, int64_t k, bool keep_dims,
                          edy_value_id *id) {
    edy_status status = edy_tflite_value(c, x, EDY_AXES_OWN, id);
    if (status)
        return status;
    const edy_value *v = &c->graph->value[*id];
    const edy_quant q = v->quant;
    if (v->shape.rank == 2 || (keep_dims && v->shape.rank > 2))
        return EDY_OK;
    edy_node *n;
    status = edy_tflite_begin(c, EDY_OP_RESHAPE, id, 1, &n);
    if (status)
        return status;
    n->n_target = 2;
    n->target[0] = -1;
    n->target[1] = k;
    return edy_tflite_finish_part(c, " (rows)", &q, id);
}

/* xs * ws is rounded to float where there is one weight scale; it must stay finite. */
static edy_status check_product_scale(edy_tflite *c, edy_value_id x, edy_value_id w) {
    const edy_quant *xq = &c->graph->value[x].quant, *wq = &c->graph->value[w].quant;
    for (uint32_t i = 0; i < wq->count && xq->count; i++)
        if (isinf(xq->scale[0] * wq->scale[i]))
            return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                      "scales %g and %g of input and weights multiply to infinity",
                                      (double)xq->scale[0], (double)wq->scale[i]);
    return EDY_OK;
}

static edy_status check_weights(edy_tflite *c, const edy_tflite_tensor *x,
                                const edy_tflite_tensor *w) {
    edy_quant q;
    if (w->shape.rank != 2)
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "its weights have %d dimensions, not 2",
                                  w->shape.rank);
    if (x->dtype != w->dtype && !(x->dtype == EDY_F32 && w->dtype == EDY_S8))
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "an input of %s and weights of %s",
                                  edy_dtype_text(x->dtype), edy_dtype_text(w->dtype));
    if (edy_fb_i8(&c->options, 1, "weights_format", 0) != 0)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "weights_format SHUFFLED4x16INT8");
    const edy_status status = edy_tflite_quant(c, w, &q);
    if (!status && q.count > 1 && q.axis != 0)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                  "its weights have scales along dimension %d, not 0", q.axis);
    return status;
}

edy_status edy_tflite_import_fully_connected(edy_tflite *c) {
    static const edy_tflite_order rows = {2, {0, 1}};
    edy_tflite_tensor x, w;
    edy_value_id input[3];
    edy_node *n;
    edy_status status = edy_tflite_expect_options(c, FULLY_CONNECTED_OPTIONS);
    if (!status)
        status = edy_tflite_input(c, 0, &x);
    if (!status)
        status = edy_tflite_input(c, 1, &w);
    if (!status)
        status = check_weights(c, &x, &w);
    if (status)
        return status;
    const bool keep_dims = edy_fb_u8(&c->options, 2, "keep_num_dims", 0) != 0;
    status = rows_of(c, &x, w.shape.dim[1], keep_dims, &input[0]);
    if (!status)
        status = edy_tflite_constant(c, &w, &rows, x.dtype == EDY_F32, &input[1]);
    if (!status)
        status = edy_tflite_bias(c, 2, w.shape.dim[0], x.dtype, &input[2]);
    if (!status)
        status = check_product_scale(c, input[0], input[1]);
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_GEMM, input, 3, &n);
    if (status)
        return status;
    n->trans_b = true;
    status = edy_tflite_rule(c, n);
    if (!status)
        status =
            edy_tflite_activation(c, edy_fb_i8(&c->options, 0, "fused_activation_function", 0), n);
    return status ? status : edy_tflite_finish(c, EDY_AXES_OWN);
}

/* ---- Elementwise ----------------------------------------------------------------------------- */

/* Image axes where an operand has no others yet. */
static edy_tflite_axes common_axes(const edy_tflite *c, const edy_tflite_tensor *t, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (edy_tflite_is_image(c, &t[i]))
            return EDY_AXES_NCHW;
    return EDY_AXES_OWN;
}

static edy_status pair(edy_tflite *c, edy_op_kind op, uint8_t options) {
    edy_tflite_tensor t[2];
    edy_value_id input[2];
    edy_node *n;
    edy_status status = edy_tflite_expect_options(c, options);
    for (uint32_t i = 0; i < 2 && !status; i++)
        status = edy_tflite_input(c, i, &t[i]);
    if (status)
        return status;
    const edy_tflite_axes axes = common_axes(c, t, 2);
    for (int32_t i = 0; i < 2 && !status; i++)
        status = edy_tflite_value(c, &t[i], axes, &input[i]);
    if (!status)
        status = edy_tflite_begin(c, op, input, 2, &n);
    if (!status)
        status = edy_tflite_rule(c, n);
    if (!status)
        status =
            edy_tflite_activation(c, edy_fb_i8(&c->options, 0, "fused_activation_function", 0), n);
    return status ? status : edy_tflite_finish(c, axes);
}

edy_status edy_tflite_import_add(edy_tflite *c) {
    return pair(c, EDY_OP_ADD, ADD_OPTIONS);
}

edy_status edy_tflite_import_mul(edy_tflite *c) {
    return pair(c, EDY_OP_MUL, MUL_OPTIONS);
}

/* One operand, the same shape; *n is ready to be finished in *axes. */
static edy_status unary(edy_tflite *c, edy_op_kind op, edy_tflite_axes *axes, edy_node **n) {
    edy_tflite_tensor x;
    edy_value_id input;
    edy_status status = edy_tflite_input(c, 0, &x);
    if (status)
        return status;
    *axes = common_axes(c, &x, 1);
    status = edy_tflite_value(c, &x, *axes, &input);
    return status ? status : edy_tflite_begin(c, op, &input, 1, n);
}

static edy_status clamp(edy_tflite *c, edy_op_kind op, float high) {
    edy_tflite_axes axes;
    edy_node *n;
    edy_status status = unary(c, op, &axes, &n);
    if (!status)
        status = edy_tflite_rule(c, n);
    if (status)
        return status;
    n->act_min = 0.0f;
    n->act_max = high;
    return edy_tflite_finish(c, axes);
}

edy_status edy_tflite_import_relu(edy_tflite *c) {
    return clamp(c, EDY_OP_RELU, INFINITY);
}

edy_status edy_tflite_import_relu6(edy_tflite *c) {
    return clamp(c, EDY_OP_CLIP, 6.0f);
}

edy_status edy_tflite_import_logistic(edy_tflite *c) {
    edy_tflite_axes axes;
    edy_node *n;
    edy_status status = unary(c, EDY_OP_UNARY, &axes, &n);
    if (!status)
        status = edy_tflite_rule(c, n);
    if (status)
        return status;
    n->sub = EDY_UNARY_SIGMOID;
    return edy_tflite_finish(c, axes);
}

/* ---- SOFTMAX --------------------------------------------------------------------------------- */

edy_status edy_tflite_import_softmax(edy_tflite *c) {
    edy_tflite_tensor x;
    edy_value_id input;
    edy_node *n;
    edy_status status = edy_tflite_expect_options(c, SOFTMAX_OPTIONS);
    if (!status)
        status = edy_tflite_input(c, 0, &x);
    if (!status)
        status = edy_tflite_value(c, &x, EDY_AXES_OWN, &input);
    if (!status)
        status = edy_tflite_begin(c, EDY_OP_SOFTMAX, &input, 1, &n);
    if (!status)
        status = edy_tflite_rule(c, n);
    if (status)
        return status;
    const float beta = edy_fb_f32(&c->options, 0, "beta", 0.0f);
    if (!(beta > 0.0f) || isinf(beta))
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "beta is %g", (double)beta);
    if (x.dtype == EDY_F32 && beta != 1.0f)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "beta is %g beside a float input",
                                  (double)beta);
    n->axis = -1;
    n->alpha = beta;
    return edy_tflite_finish(c, EDY_AXES_OWN);
}

/* ---- Quantizers ------------------------------------------------------------------------------ */

edy_status edy_tflite_import_quantize(edy_tflite *c) {
    edy_tflite_axes axes;
    edy_node *n;
    const edy_status status = unary(c, EDY_OP_QUANTIZE, &axes, &n);
    if (status)
        return status;
    n->rule = EDY_RULE_TFLITE;
    return edy_tflite_finish(c, axes);
}

/* A constant becomes a float one. */
static edy_status dequantize_constant(edy_tflite *c, const edy_tflite_tensor *x) {
    edy_tflite_order order = {.rank = x->shape.rank};
    edy_tflite_tensor y;
    edy_value_id id;
    for (int32_t i = 0; i < order.rank; i++)
        order.perm[i] = i;
    edy_status status = edy_tflite_output(c, &y);
    if (!status)
        status = edy_tflite_constant(c, x, &order, true, &id);
    if (!status)
        c->slot[y.index].value[EDY_AXES_OWN] = id;
    return status;
}

edy_status edy_tflite_import_dequantize(edy_tflite *c) {
    edy_tflite_tensor x;
    edy_tflite_axes axes;
    edy_node *n;
    edy_status status = edy_tflite_input(c, 0, &x);
    if (!status && x.data && x.dtype == EDY_S8)
        return dequantize_constant(c, &x);
    if (!status)
        status = unary(c, EDY_OP_DEQUANTIZE, &axes, &n);
    if (status)
        return status;
    n->rule = EDY_RULE_TFLITE;
    return edy_tflite_finish(c, axes);
}
