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

typedef struct gemm_form {
    float alpha, beta;
    int64_t trans_a, trans_b;
    bool weights; /* B is constant */
    bool row;     /* C is absent, or constant and one row or one element */
} gemm_form;

static edy_status read_gemm(edy_onnx_context *c, gemm_form *f) {
    int64_t broadcast;
    edy_status status = edy_onnx_attr_float(c, "alpha", 1.0f, &f->alpha);
    if (!status)
        status = check_finite(c, "alpha", f->alpha);
    if (!status)
        status = edy_onnx_attr_float(c, "beta", 1.0f, &f->beta);
    if (!status)
        status = check_finite(c, "beta", f->beta);
    if (!status)
        status = edy_onnx_attr_int_in(c, "transA", 0, 0, 1, &f->trans_a);
    if (!status)
        status = edy_onnx_attr_int_in(c, "transB", 0, 0, 1, &f->trans_b);
    if (!status) /* opset 6: the shape rule checks what may be broadcast in any case */
        status = edy_onnx_attr_int_in(c, "broadcast", 0, 0, 1, &broadcast);
    if (!status)
        status = edy_onnx_is_weight(c, 1, &f->weights);
    if (!status)
        status = edy_onnx_is_weight(c, 2, &f->row);
    return status;
}

/* What the Gemm kind takes: its shape rule refuses any other bias. */
static bool is_row(const edy_value *bias) {
    for (int32_t i = 0; i + 1 < bias->shape.rank; i++)
        if (bias->shape.dim[i] != 1)
            return false;
    return bias->shape.rank <= 2;
}

static edy_status transpose_matrix(edy_onnx_context *c, edy_value_id *x) {
    edy_node *n;
    const edy_status status = edy_onnx_begin_with(c, EDY_OP_TRANSPOSE, x, 1, &n);
    if (status)
        return status;
    n->n_perm = 2;
    n->perm[0] = 1;
    return edy_onnx_finish_part(c, false, x);
}

/* *x times a number, where that is not 1. */
static edy_status scale(edy_onnx_context *c, float factor, bool last, edy_value_id *x) {
    const edy_shape scalar = {.rank = 0};
    edy_value_id in[2] = {*x, EDY_NO_VALUE};
    edy_node *n;
    if (factor == 1.0f)
        return EDY_OK;
    if (edy_graph_add_constant(c->graph, c->node_name, EDY_F32, &scalar, &factor, &in[1], c->err))
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    const edy_status status = edy_onnx_begin_with(c, EDY_OP_MUL, in, 2, &n);
    return status ? status : edy_onnx_finish_part(c, last, x);
}

/* A Gemm in parts: [Transpose], MatMul, [Mul], [Mul of C], [Add]. */
static edy_status compose_gemm(edy_onnx_context *c, const gemm_form *f, edy_value_id *in) {
    const bool sum = in[2] != EDY_NO_VALUE;
    edy_node *n;
    edy_status status = f->trans_a ? transpose_matrix(c, &in[0]) : EDY_OK;
    if (!status && f->trans_b)
        status = transpose_matrix(c, &in[1]);
    if (!status)
        status = edy_onnx_begin_with(c, EDY_OP_MATMUL, in, 2, &n);
    if (!status)
        status = edy_onnx_finish_part(c, !sum && f->alpha == 1.0f, &in[0]);
    if (!status)
        status = scale(c, f->alpha, !sum, &in[0]);
    if (status || !sum)
        return status;
    status = scale(c, f->beta, false, &in[2]);
    if (!status)
        status = edy_onnx_begin_with(c, EDY_OP_ADD, (edy_value_id[]){in[0], in[2]}, 2, &n);
    return status ? status : edy_onnx_finish(c);
}

edy_status edy_import_gemm(edy_onnx_context *c) {
    gemm_form f;
    edy_value_id in[3] = {EDY_NO_VALUE, EDY_NO_VALUE, EDY_NO_VALUE};
    edy_status status = read_gemm(c, &f);
    if (!status)
        status = edy_onnx_inputs(c, (int32_t)c->node->n_input, in);
    if (status)
        return status;
    for (int i = 0; i < 2; i++)
        if (edy_onnx_value(c, in[i])->shape.rank != 2)
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "its %s side has rank %d, not 2",
                                      i ? "right" : "left", edy_onnx_value(c, in[i])->shape.rank);
    const bool bias = in[2] == EDY_NO_VALUE || (f.row && is_row(edy_onnx_value(c, in[2])));
    if (!f.weights || !bias || f.trans_a || edy_onnx_value(c, in[0])->data ||
        edy_onnx_value(c, in[0])->dtype != EDY_F32)
        return compose_gemm(c, &f, in);
    edy_node *n;
    status = edy_onnx_begin_with(c, EDY_OP_GEMM, in, 3, &n);
    if (status)
        return status;
    n->alpha = f.alpha;
    n->beta = f.beta;
    n->trans_b = f.trans_b;
    return edy_onnx_finish(c);
}

/* y = x * B: with a constant matrix B, a Gemm without bias. */
edy_status edy_import_matmul(edy_onnx_context *c) {
    bool weights;
    edy_value_id in[3] = {EDY_NO_VALUE, EDY_NO_VALUE, EDY_NO_VALUE};
    edy_status status = edy_onnx_is_weight(c, 1, &weights);
    if (!status)
        status = edy_onnx_inputs(c, 2, in);
    if (status)
        return status;
    const edy_value *a = edy_onnx_value(c, in[0]), *b = edy_onnx_value(c, in[1]);
    const bool gemm =
        weights && b->shape.rank == 2 && a->shape.rank >= 2 && !a->data && a->dtype == EDY_F32;
    edy_node *n;
    status = edy_onnx_begin_with(c, gemm ? EDY_OP_GEMM : EDY_OP_MATMUL, in, gemm ? 3 : 2, &n);
    return status ? status : edy_onnx_finish(c);
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

/* Clip of integers, or to bounds that are computed: a Max, then a Min, of what is given. */
static edy_status clip_in_parts(edy_onnx_context *c, edy_value_id x) {
    const bool low = edy_onnx_has_input(c, 1), high = edy_onnx_has_input(c, 2);
    if (!low && !high)
        return edy_onnx_alias(c, x);
    for (size_t i = 1; i <= 2; i++) {
        edy_value_id in[2] = {x, EDY_NO_VALUE};
        edy_node *n;
        if (!edy_onnx_has_input(c, i))
            continue;
        edy_status status = edy_onnx_input(c, i, &in[1]);
        if (!status)
            status = edy_onnx_begin_with(c, EDY_OP_BINARY, in, 2, &n);
        if (status)
            return status;
        n->sub = i == 1 ? EDY_BINARY_MAX : EDY_BINARY_MIN;
        status = edy_onnx_finish_part(c, i == 2 || !high, &x);
        if (status)
            return status;
    }
    return EDY_OK;
}

static edy_status is_computed(edy_onnx_context *c, size_t index, bool *yes) {
    edy_value_id id = EDY_NO_VALUE;
    const edy_status status =
        edy_onnx_has_input(c, index) ? edy_onnx_raw_input(c, index, &id) : EDY_OK;
    *yes = *yes || (!status && id != EDY_NO_VALUE && !edy_onnx_value(c, id)->data);
    return status;
}

/* Bounds are attributes until opset 10, inputs from 11 on. */
edy_status edy_import_clip(edy_onnx_context *c) {
    float low = -INFINITY, high = INFINITY;
    edy_value_id x;
    bool computed = false;
    edy_status first = edy_onnx_input(c, 0, &x);
    for (size_t i = 1; i < 3 && !first; i++)
        first = is_computed(c, i, &computed);
    if (first)
        return first;
    const bool real = edy_onnx_value(c, x)->dtype == EDY_F32;
    if (c->opset >= 11 && (!real || computed))
        return clip_in_parts(c, x);
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

edy_status edy_import_add(edy_onnx_context *c) {
    return edy_import_pair(c, EDY_OP_ADD, 0);
}

edy_status edy_import_mul(edy_onnx_context *c) {
    return edy_import_pair(c, EDY_OP_MUL, 0);
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
