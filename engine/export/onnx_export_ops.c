/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/export/onnx_export_ops.h"

#include <math.h>

/* ---- Pieces ---------------------------------------------------------------------------------- */

static void write_inputs(edy_onnx_writer *w, Onnx__NodeProto *p, const edy_node *n, int32_t count) {
    while (count > 0 && (count > n->n_inputs || n->input[count - 1] == EDY_NO_VALUE))
        count--; /* trailing inputs that are left out need no place */
    for (int32_t i = 0; i < count; i++)
        edy_writer_value(w, p, n->input[i]);
}

/* Pads of an auto_pad were resolved for one input size: the rule is written, not they. */
static void write_pads(edy_onnx_writer *w, Onnx__NodeProto *p, const edy_window *window) {
    static const char *const text[] = {[EDY_PAD_EXPLICIT] = "NOTSET",
                                       [EDY_PAD_SAME_UPPER] = "SAME_UPPER",
                                       [EDY_PAD_SAME_LOWER] = "SAME_LOWER",
                                       [EDY_PAD_VALID] = "VALID"};
    if (window->auto_pad == EDY_PAD_EXPLICIT)
        edy_writer_ints(w, p, "pads", window->pad, 4);
    else
        edy_writer_text(w, p, "auto_pad", text[window->auto_pad]);
}

static void write_window(edy_onnx_writer *w, Onnx__NodeProto *p, const edy_window *window) {
    edy_writer_ints(w, p, "kernel_shape", window->kernel, 2);
    edy_writer_ints(w, p, "strides", window->stride, 2);
    write_pads(w, p, window);
}

/* Bounds of a Clip, whose input stands already; those that are infinite are left out. */
static void write_bounds(edy_onnx_writer *w, Onnx__NodeProto *p, const edy_node *n) {
    if (isfinite(n->act_min))
        edy_writer_constant(w, p, EDY_F32, 0, 1, &n->act_min);
    if (!isfinite(n->act_max))
        return;
    if (!isfinite(n->act_min))
        edy_writer_input(w, p, "");
    edy_writer_constant(w, p, EDY_F32, 0, 1, &n->act_max);
}

static bool is_relu(const edy_node *n) {
    return n->act_min == 0.0f && n->act_max == INFINITY;
}

/* ---- Operators that become one node, up to the output ---------------------------------------- */

static Onnx__NodeProto *write_conv(edy_onnx_writer *w, const edy_node *n) {
    const bool integer = n->op == EDY_OP_QLINEARCONV;
    Onnx__NodeProto *p = edy_writer_node(w, edy_node_text(n), n->name);
    write_inputs(w, p, n, integer ? 9 : 3);
    write_window(w, p, &n->window);
    edy_writer_ints(w, p, "dilations", n->window.dilation, 2);
    edy_writer_int(w, p, "group", n->window.groups);
    return p;
}

static Onnx__NodeProto *write_pool(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, edy_node_text(n), n->name);
    write_inputs(w, p, n, 1);
    write_window(w, p, &n->window);
    edy_writer_int(w, p, "ceil_mode", n->window.ceil_mode);
    if (n->op == EDY_OP_MAXPOOL)
        edy_writer_ints(w, p, "dilations", n->window.dilation, 2);
    else
        edy_writer_int(w, p, "count_include_pad", n->window.count_include_pad);
    if (n->op == EDY_OP_AVGPOOL && (n->window.dilation[0] != 1 || n->window.dilation[1] != 1))
        edy_writer_fail(w, EDY_UNSUPPORTED, "opset 13 has no dilated AveragePool");
    return p;
}

/* Gemm takes rank 2 only; a higher rank comes from a MatMul and becomes one again. */
static Onnx__NodeProto *write_gemm(edy_onnx_writer *w, const edy_node *n) {
    const bool matmul = w->graph->value[n->input[0]].shape.rank != 2;
    const bool plain = n->alpha == 1.0f && !n->trans_a && !n->trans_b &&
                       (n->n_inputs < 3 || n->input[EDY_IN_BIAS] == EDY_NO_VALUE);
    if (matmul && !plain)
        edy_writer_fail(w, EDY_UNSUPPORTED, "ONNX has no Gemm of this rank");
    Onnx__NodeProto *p = edy_writer_node(w, matmul ? "MatMul" : "Gemm", n->name);
    write_inputs(w, p, n, matmul ? 2 : 3);
    if (matmul)
        return p;
    edy_writer_float(w, p, "alpha", n->alpha);
    edy_writer_float(w, p, "beta", n->beta);
    edy_writer_int(w, p, "transA", n->trans_a);
    edy_writer_int(w, p, "transB", n->trans_b);
    return p;
}

static Onnx__NodeProto *write_batchnorm(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, "BatchNormalization", n->name);
    write_inputs(w, p, n, 5);
    edy_writer_float(w, p, "epsilon", n->epsilon);
    return p;
}

static Onnx__NodeProto *write_plain(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, edy_node_text(n), n->name);
    write_inputs(w, p, n, n->op == EDY_OP_GLOBALAVGPOOL ? 1 : 2);
    return p;
}

static Onnx__NodeProto *write_reshape(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, "Reshape", n->name);
    write_inputs(w, p, n, 1);
    edy_writer_constant(w, p, EDY_S64, 1, n->n_target, n->target);
    return p;
}

static Onnx__NodeProto *write_transpose(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, "Transpose", n->name);
    write_inputs(w, p, n, 1);
    edy_writer_ints(w, p, "perm", n->perm, n->n_perm);
    return p;
}

static Onnx__NodeProto *write_pad(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, "Pad", n->name);
    write_inputs(w, p, n, 1);
    edy_writer_constant(w, p, EDY_S64, 1, 2 * w->graph->value[n->input[0]].shape.rank, n->pads);
    edy_writer_constant(w, p, EDY_F32, 0, 1, &n->pad_value);
    return p;
}

static Onnx__NodeProto *write_concat(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, "Concat", n->name);
    write_inputs(w, p, n, n->n_inputs);
    edy_writer_int(w, p, "axis", n->axis);
    return p;
}

static Onnx__NodeProto *write_quantizer(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, edy_node_text(n), n->name);
    if (n->n_inputs < 2)
        edy_writer_fail(w, EDY_BAD_ARGUMENT, "%s (node \"%.80s\") was lowered", edy_node_text(n),
                        n->name);
    write_inputs(w, p, n, 3);
    if (n->n_inputs >= 2 && w->graph->value[n->input[1]].shape.rank > 0)
        edy_writer_int(w, p, "axis", n->axis);
    return p;
}

static Onnx__NodeProto *write_activation(edy_onnx_writer *w, const edy_node *n) {
    const bool relu = n->op == EDY_OP_RELU && is_relu(n);
    Onnx__NodeProto *p = edy_writer_node(w, relu ? "Relu" : "Clip", n->name);
    write_inputs(w, p, n, 1);
    if (!relu)
        write_bounds(w, p, n);
    return p;
}

static Onnx__NodeProto *write_leakyrelu(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, "LeakyRelu", n->name);
    write_inputs(w, p, n, 1);
    edy_writer_float(w, p, "alpha", n->alpha);
    return p;
}

/* Opset 14 has it as a node: x * HardSigmoid(x) with a slope of 1/6. */
static Onnx__NodeProto *write_hardswish(edy_onnx_writer *w, const edy_node *n) {
    const char *gate = edy_writer_made_up(w, n->name);
    if (!gate)
        return NULL;
    Onnx__NodeProto *p = edy_writer_node(w, "HardSigmoid", gate);
    write_inputs(w, p, n, 1);
    edy_writer_float(w, p, "alpha", 1.0f / 6.0f);
    edy_writer_float(w, p, "beta", 0.5f);
    edy_writer_output(w, p, gate);
    p = edy_writer_node(w, "Mul", n->name);
    write_inputs(w, p, n, 1);
    edy_writer_input(w, p, gate);
    return p;
}

static Onnx__NodeProto *write_unary(edy_onnx_writer *w, const edy_node *n) {
    if (n->sub == EDY_UNARY_HARDSWISH)
        return write_hardswish(w, n);
    Onnx__NodeProto *p = edy_writer_node(w, edy_node_text(n), n->name);
    write_inputs(w, p, n, 1);
    const bool beta = n->sub == EDY_UNARY_HARDSIGMOID || n->sub == EDY_UNARY_SELU;
    if (beta || n->sub == EDY_UNARY_ELU || n->sub == EDY_UNARY_CELU ||
        n->sub == EDY_UNARY_THRESHOLDEDRELU)
        edy_writer_float(w, p, "alpha", n->alpha);
    if (beta)
        edy_writer_float(w, p, n->sub == EDY_UNARY_SELU ? "gamma" : "beta", n->beta);
    return p;
}

static Onnx__NodeProto *write_operands(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, edy_node_text(n), n->name);
    write_inputs(w, p, n, n->n_inputs);
    return p;
}

static Onnx__NodeProto *write_cast(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, "Cast", n->name);
    write_inputs(w, p, n, 1);
    edy_writer_int(w, p, "to", edy_writer_data_type(n->to));
    return p;
}

static Onnx__NodeProto *write_slice(edy_onnx_writer *w, const edy_node *n) {
    const int32_t rank = w->graph->value[n->input[0]].shape.rank;
    int64_t axes[EDY_MAX_RANK];
    for (int32_t i = 0; i < rank; i++)
        axes[i] = i;
    Onnx__NodeProto *p = edy_writer_node(w, "Slice", n->name);
    write_inputs(w, p, n, 1);
    edy_writer_constant(w, p, EDY_S64, 1, rank, n->start);
    edy_writer_constant(w, p, EDY_S64, 1, rank, n->stop);
    edy_writer_constant(w, p, EDY_S64, 1, rank, axes);
    edy_writer_constant(w, p, EDY_S64, 1, rank, n->step);
    return p;
}

/* Expand and Tile. */
static Onnx__NodeProto *write_repeat(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = edy_writer_node(w, edy_node_text(n), n->name);
    write_inputs(w, p, n, 1);
    edy_writer_constant(w, p, EDY_S64, 1, n->n_target, n->target);
    return p;
}

static Onnx__NodeProto *write_gather(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = write_operands(w, n);
    edy_writer_int(w, p, "axis", n->axis);
    return p;
}

/* In opset 13 the axes are an input of ReduceSum alone. */
static Onnx__NodeProto *write_reduce(edy_onnx_writer *w, const edy_node *n) {
    int64_t axes[EDY_MAX_RANK];
    int32_t count = 0;
    for (int32_t i = 0; i < EDY_MAX_RANK; i++)
        if (n->axes >> i & 1)
            axes[count++] = i;
    if (count == 0) { /* each element by itself: it does not change */
        edy_writer_fail(w, EDY_UNSUPPORTED, "opset 13 has no %s of no axes", edy_node_text(n));
        return NULL;
    }
    Onnx__NodeProto *p = write_operands(w, n);
    if (n->sub == EDY_REDUCE_SUM)
        edy_writer_constant(w, p, EDY_S64, 1, count, axes);
    else
        edy_writer_ints(w, p, "axes", axes, count);
    edy_writer_int(w, p, "keepdims", n->keep_dims);
    return p;
}

static Onnx__NodeProto *write_argmax(edy_onnx_writer *w, const edy_node *n) {
    Onnx__NodeProto *p = write_operands(w, n);
    edy_writer_int(w, p, "axis", n->axis);
    edy_writer_int(w, p, "keepdims", n->keep_dims);
    edy_writer_int(w, p, "select_last_index", n->last_index);
    return p;
}

/* ---- Softmax --------------------------------------------------------------------------------- */

/* Before opset 13 Softmax saw all axes from `axis` on as one. Where that is not the last axis
 * alone, the file flattens, takes the softmax of the rows, and restores the shape. */
static Onnx__NodeProto *write_softmax(edy_onnx_writer *w, const edy_node *n) {
    const edy_shape *x = &w->graph->value[n->input[0]].shape;
    const int64_t axis = n->axis < 0 ? n->axis + x->rank : n->axis;
    if (!n->softmax_flattens || axis == x->rank - 1) {
        Onnx__NodeProto *p = edy_writer_node(w, "Softmax", n->name);
        write_inputs(w, p, n, 1);
        edy_writer_int(w, p, "axis", n->axis);
        return p;
    }
    const char *flat = edy_writer_made_up(w, n->name), *rows = edy_writer_made_up(w, n->name);
    if (!flat || !rows)
        return NULL;
    Onnx__NodeProto *p = edy_writer_node(w, "Flatten", flat);
    write_inputs(w, p, n, 1);
    edy_writer_int(w, p, "axis", axis);
    edy_writer_output(w, p, flat);
    p = edy_writer_node(w, "Softmax", n->name);
    edy_writer_input(w, p, flat);
    edy_writer_int(w, p, "axis", 1);
    edy_writer_output(w, p, rows);
    p = edy_writer_node(w, "Reshape", rows);
    edy_writer_input(w, p, rows);
    int64_t target[EDY_MAX_RANK] = {-1}; /* the batch */
    for (int32_t i = 1; i < x->rank; i++)
        target[i] = x->dim[i];
    edy_writer_constant(w, p, EDY_S64, 1, x->rank, target);
    return p;
}

/* ---- All ------------------------------------------------------------------------------------- */

static Onnx__NodeProto *(*const writers[EDY_OP_COUNT])(edy_onnx_writer *, const edy_node *) = {
    [EDY_OP_CONV] = write_conv,           [EDY_OP_GEMM] = write_gemm,
    [EDY_OP_BATCHNORM] = write_batchnorm, [EDY_OP_RELU] = write_activation,
    [EDY_OP_CLIP] = write_activation,     [EDY_OP_LEAKYRELU] = write_leakyrelu,
    [EDY_OP_ADD] = write_plain,           [EDY_OP_MUL] = write_plain,
    [EDY_OP_MAXPOOL] = write_pool,        [EDY_OP_AVGPOOL] = write_pool,
    [EDY_OP_GLOBALAVGPOOL] = write_plain, [EDY_OP_RESHAPE] = write_reshape,
    [EDY_OP_TRANSPOSE] = write_transpose, [EDY_OP_PAD] = write_pad,
    [EDY_OP_CONCAT] = write_concat,       [EDY_OP_SOFTMAX] = write_softmax,
    [EDY_OP_QUANTIZE] = write_quantizer,  [EDY_OP_DEQUANTIZE] = write_quantizer,
    [EDY_OP_QLINEARCONV] = write_conv,    [EDY_OP_UNARY] = write_unary,
    [EDY_OP_BINARY] = write_operands,     [EDY_OP_WHERE] = write_operands,
    [EDY_OP_CAST] = write_cast,           [EDY_OP_SLICE] = write_slice,
    [EDY_OP_EXPAND] = write_repeat,       [EDY_OP_TILE] = write_repeat,
    [EDY_OP_GATHER] = write_gather,       [EDY_OP_REDUCE] = write_reduce,
    [EDY_OP_ARGMAX] = write_argmax,       [EDY_OP_ARGMIN] = write_argmax,
    [EDY_OP_MATMUL] = write_operands,
};

/* The sum of a Conv and its residual, as a node of its own. */
static Onnx__NodeProto *write_residual(edy_onnx_writer *w, const edy_node *n, Onnx__NodeProto *p) {
    const char *sum = edy_writer_made_up(w, n->name);
    if (!sum)
        return NULL;
    edy_writer_output(w, p, sum);
    Onnx__NodeProto *add = edy_writer_node(w, "Add", sum);
    edy_writer_input(w, add, sum);
    edy_writer_value(w, add, n->input[EDY_IN_RESIDUAL]);
    return add;
}

/* The activation that was fused into n, as a node of its own. */
static Onnx__NodeProto *write_fused(edy_onnx_writer *w, const edy_node *n, Onnx__NodeProto *p) {
    const char *before = edy_writer_made_up(w, n->name);
    if (!before)
        return NULL;
    edy_writer_output(w, p, before);
    Onnx__NodeProto *activation = edy_writer_node(w, is_relu(n) ? "Relu" : "Clip", before);
    edy_writer_input(w, activation, before);
    if (!is_relu(n))
        write_bounds(w, activation, n);
    return activation;
}

void edy_export_node(edy_onnx_writer *w, const edy_node *n) {
    if (w->status)
        return;
    if (!writers[n->op]) {
        edy_writer_fail(w, EDY_BAD_ARGUMENT, "%s (node \"%.80s\") has no form in ONNX",
                        edy_node_text(n), n->name);
        return;
    }
    Onnx__NodeProto *p = writers[n->op](w, n);
    if (n->op == EDY_OP_CONV && n->n_inputs > EDY_IN_RESIDUAL &&
        n->input[EDY_IN_RESIDUAL] != EDY_NO_VALUE)
        p = write_residual(w, n, p);
    const bool fused = n->act_min != -INFINITY || n->act_max != INFINITY;
    if (fused && n->op != EDY_OP_RELU && n->op != EDY_OP_CLIP)
        p = write_fused(w, n, p);
    edy_writer_output(w, p, w->status ? "" : w->name[n->output[0]]);
}
