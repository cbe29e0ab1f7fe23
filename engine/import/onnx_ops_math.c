/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators on numbers: dense layers, elementwise, softmax, quantizers. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"

/* ---- Dense ------------------------------------------------------------------------------------
 */

static edy_status check_finite(edy_onnx_context *c, const char *name, float value) {
    if (isfinite(value))
        return EDY_OK;
    return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"%s\" is infinite", name);
}

edy_status edy_import_gemm(edy_onnx_context *c) {
    float alpha, beta;
    int64_t trans_a, trans_b, broadcast;
    edy_status status = edy_onnx_attr_float(c, "alpha", 1.0f, &alpha);
    if (!status)
        status = check_finite(c, "alpha", alpha);
    if (!status)
        status = edy_onnx_attr_float(c, "beta", 1.0f, &beta);
    if (!status)
        status = check_finite(c, "beta", beta);
    if (!status)
        status = edy_onnx_attr_int_in(c, "transA", 0, 0, 1, &trans_a);
    if (!status)
        status = edy_onnx_attr_int_in(c, "transB", 0, 0, 1, &trans_b);
    if (!status) /* opset 6: the shape rule checks what may be broadcast in any case */
        status = edy_onnx_attr_int_in(c, "broadcast", 0, 0, 1, &broadcast);
    edy_value_id constant;
    for (size_t i = 1; i < 3 && !status; i++)
        status = edy_onnx_weight_input(c, i, &constant);
    edy_node *n;
    if (!status)
        status = edy_onnx_begin(c, EDY_OP_GEMM, (int32_t)c->node->n_input, &n);
    if (status)
        return status;
    if (edy_onnx_value(c, n->input[0])->shape.rank != 2)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "its left side has rank %d, not 2",
                                  edy_onnx_value(c, n->input[0])->shape.rank);
    n->n_inputs = 3;
    n->alpha = alpha;
    n->beta = beta;
    n->trans_a = trans_a;
    n->trans_b = trans_b;
    return edy_onnx_finish(c);
}

/* y = x * B: a Gemm without bias. */
edy_status edy_import_matmul(edy_onnx_context *c) {
    edy_value_id right;
    edy_node *n;
    edy_status status = edy_onnx_weight_input(c, 1, &right);
    if (!status)
        status = edy_onnx_begin(c, EDY_OP_GEMM, 2, &n);
    if (status)
        return status;
    n->n_inputs = 3;
    return edy_onnx_finish(c);
}

/* ---- BatchNormalization and activations -------------------------------------------------------
 */

edy_status edy_import_batchnorm(edy_onnx_context *c) {
    float epsilon;
    int64_t training, spatial, is_test;
    edy_status status = edy_onnx_attr_float(c, "epsilon", 1e-5f, &epsilon);
    if (!status)
        status = edy_onnx_attr_int_in(c, "training_mode", 0, 0, 0, &training);
    if (!status)
        status = edy_onnx_attr_int_in(c, "spatial", 1, 1, 1, &spatial);
    if (!status && c->opset < 7) /* 0, training, is the default there */
        status = edy_onnx_attr_int_in(c, "is_test", 0, 1, 1, &is_test);
    if (!status && !(epsilon >= 0.0f && isfinite(epsilon)))
        status =
            edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"epsilon\" is %g", (double)epsilon);
    edy_value_id parameter;
    for (size_t i = 1; i < 5 && !status; i++)
        status = edy_onnx_constant_input(c, i, &parameter);
    edy_node *n;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, EDY_OP_BATCHNORM, 5, 1, &n);
    if (status)
        return status;
    n->epsilon = epsilon;
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_relu(edy_onnx_context *c) {
    edy_node *n;
    const edy_status status = edy_onnx_lift_begin_elementwise(c, EDY_OP_RELU, 1, 1, &n);
    if (status)
        return status;
    n->act_min = 0.0f;
    return edy_onnx_lift_finish(c);
}

/* Bounds are attributes until opset 10, inputs from 11 on. */
edy_status edy_import_clip(edy_onnx_context *c) {
    float low = -INFINITY, high = INFINITY;
    if (c->opset < 11 ? c->node->n_input > 1 : c->node->n_attribute > 0)
        return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                  "its bounds are not where opset %" PRId64 " has them", c->opset);
    edy_status status = edy_onnx_attr_float(c, "min", low, &low);
    if (!status)
        status = edy_onnx_attr_float(c, "max", high, &high);
    if (!status)
        status = edy_onnx_scalar_input(c, 1, &low);
    if (!status)
        status = edy_onnx_scalar_input(c, 2, &high);
    if (!status && low > high)
        status = edy_onnx_node_fail(c, EDY_UNSUPPORTED, "min %g is above max %g", (double)low,
                                    (double)high);
    edy_node *n;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, EDY_OP_CLIP, 1, 1, &n);
    if (status)
        return status;
    n->act_min = low;
    n->act_max = high;
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_leakyrelu(edy_onnx_context *c) {
    float alpha;
    edy_status status = edy_onnx_attr_float(c, "alpha", 0.01f, &alpha);
    if (!status)
        status = check_finite(c, "alpha", alpha);
    edy_node *n;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, EDY_OP_LEAKYRELU, 1, 1, &n);
    if (status)
        return status;
    n->alpha = alpha;
    return edy_onnx_lift_finish(c);
}

/* ---- Two operands -----------------------------------------------------------------------------
 */

/* Until opset 6 broadcasting had to be asked for, and `axis` could place the second operand.
 * Without axis it is aligned at the end, as from opset 7 on. */
static edy_status check_old_broadcast(edy_onnx_context *c) {
    if (c->opset < 7 && edy_onnx_has_attr(c, "axis"))
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED,
                                  "attribute \"axis\" of opset 6 is not supported");
    if (c->opset >= 7 && c->node->n_attribute)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "attribute \"%.60s\" is not supported",
                                  c->node->attribute[0]->name);
    return EDY_OK;
}

/* A constant stands second. */
static edy_status import_pair(edy_onnx_context *c, edy_op_kind op) {
    edy_status status = check_old_broadcast(c);
    edy_node *n;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, op, 2, 2, &n);
    if (status)
        return status;
    const bool first = edy_onnx_value(c, n->input[0])->data != NULL;
    const bool second = edy_onnx_value(c, n->input[1])->data != NULL;
    if (first && second)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "both operands are constants");
    if (first) {
        const edy_value_id constant = n->input[0];
        n->input[0] = n->input[1];
        n->input[1] = constant;
    }
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_add(edy_onnx_context *c) {
    return import_pair(c, EDY_OP_ADD);
}

edy_status edy_import_mul(edy_onnx_context *c) {
    return import_pair(c, EDY_OP_MUL);
}

/* ---- Softmax ----------------------------------------------------------------------------------
 */

static edy_status import_along_axis(edy_onnx_context *c, edy_op_kind op) {
    int64_t axis;
    edy_status status = edy_onnx_attr_int(c, "axis", c->opset < 13 ? 1 : -1, &axis);
    edy_node *n;
    if (!status)
        status = edy_onnx_begin(c, op, 1, &n);
    if (status)
        return status;
    n->axis = axis;
    n->softmax_flattens = c->opset < 13;
    return edy_onnx_finish(c);
}

edy_status edy_import_softmax(edy_onnx_context *c) {
    return import_along_axis(c, EDY_OP_SOFTMAX);
}

edy_status edy_import_logsoftmax(edy_onnx_context *c) {
    return import_along_axis(c, EDY_OP_LOGSOFTMAX);
}

edy_status edy_import_hardmax(edy_onnx_context *c) {
    return import_along_axis(c, EDY_OP_HARDMAX);
}

/* ---- Quantizers -------------------------------------------------------------------------------
 */

/* Inputs x, scale, and a zero point that may be absent. `axis` (opset 13) is for one scale a
 * channel. */
static edy_status import_quantizer(edy_onnx_context *c, edy_op_kind op) {
    int64_t axis;
    edy_value_id constant;
    edy_status status = edy_onnx_attr_int(c, "axis", 1, &axis);
    if (!status && c->opset < 10)
        status =
            edy_onnx_node_fail(c, EDY_UNSUPPORTED, "it does not exist in opset %" PRId64, c->opset);
    for (size_t i = 1; i < 3 && !status; i++)
        status = edy_onnx_constant_input(c, i, &constant);
    edy_node *n;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, op, (int32_t)c->node->n_input, 1, &n);
    if (status)
        return status;
    n->n_inputs = 3;
    n->axis =
        c->lifting ? (axis < 0 ? axis + 3 : axis) + ((axis < 0 ? axis + 3 : axis) == 2) : axis;
    return edy_onnx_lift_finish(c);
}

/* The constant x quantized by the last node, a QuantizeLinear; NULL on no memory. */
static void *quantized(edy_onnx_context *c, const edy_node *n) {
    const edy_value *x = edy_onnx_value(c, n->input[0]), *y = edy_onnx_value(c, n->output[0]);
    const edy_value *s = edy_onnx_value(c, n->input[1]);
    const size_t elems = edy_shape_count(&x->shape), scales = edy_shape_count(&s->shape);
    const int32_t axis = (int32_t)(n->axis < 0 ? n->axis + x->shape.rank : n->axis);
    const uint8_t *zero = n->input[2] == EDY_NO_VALUE ? NULL : edy_onnx_value(c, n->input[2])->data;
    const int32_t shift = y->dtype == EDY_U8 ? 128 : 0; /* requant.h works on s8 */
    size_t inner = 1;
    for (int32_t i = axis + 1; scales > 1 && i < x->shape.rank; i++)
        inner *= (size_t)x->shape.dim[i];
    uint8_t *out = edy_region_array(&c->graph->region, elems, 1);
    for (size_t i = 0; out && i < elems; i++) {
        const size_t k = i / inner % scales;
        const int32_t z = !zero ? 0 : shift ? zero[k] : (int8_t)zero[k];
        const int8_t q = edy_onnx_quantize(((const float *)x->data)[i], ((const float *)s->data)[k],
                                           z - shift, -128, 127);
        out[i] = (uint8_t)(q + shift);
    }
    return out;
}

/* Training with simulated quantization leaves float weights behind a QuantizeLinear: they are
 * quantized here. */
edy_status edy_import_quantize(edy_onnx_context *c) {
    const edy_status status = import_quantizer(c, EDY_OP_QUANTIZE);
    if (status)
        return status;
    const edy_node *n = &c->graph->node[c->graph->n_nodes - 1];
    if (n->op != EDY_OP_QUANTIZE || !edy_onnx_value(c, n->input[0])->data)
        return status;
    const void *data = quantized(c, n);
    if (!data)
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for a constant");
    edy_onnx_fold(c, data);
    return EDY_OK;
}

edy_status edy_import_dequantize(edy_onnx_context *c) {
    edy_onnx_name *name;
    edy_value_id x;
    edy_status status = edy_onnx_input(c, 0, &x);
    if (!status)
        status = import_quantizer(c, EDY_OP_DEQUANTIZE);
    if (!status)
        status = edy_onnx_output(c, &name);
    if (!status)
        name->dequantized = edy_onnx_value(c, x)->data != NULL;
    return status;
}
