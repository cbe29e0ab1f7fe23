/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Values from the imported to the integer domain. A u8 tensor is stored as q - 128 with zero point
 * z - 128, which changes no difference q - z. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/passes/lower.h"
#include "engine/passes/rewrite.h"

enum { Q_X, Q_SCALE, Q_ZERO }; /* inputs of QuantizeLinear and DequantizeLinear */
enum { QC_X, QC_XS, QC_XZ, QC_W, QC_WS, QC_WZ, QC_YS, QC_YZ, QC_BIAS }; /* of QLinearConv */

static edy_value_id input_of(const edy_node *n, int32_t i) {
    return i < n->n_inputs ? n->input[i] : EDY_NO_VALUE;
}

bool edy_quant_same(const edy_quant *a, const edy_quant *b) {
    return a->count == 1 && b->count == 1 && a->scale[0] == b->scale[0] &&
           a->zero_point[0] == b->zero_point[0] && a->was_u8 == b->was_u8;
}

static bool quant_identical(const edy_quant *a, const edy_quant *b) {
    return a->count == b->count && a->was_u8 == b->was_u8 &&
           (a->count == 1 || a->axis == b->axis) &&
           memcmp(a->scale, b->scale, a->count * sizeof *a->scale) == 0 &&
           memcmp(a->zero_point, b->zero_point, a->count * sizeof *a->zero_point) == 0;
}

edy_quant_pair edy_quant_at(const edy_quant *q, const edy_shape *shape, size_t i) {
    size_t c = 0;
    if (q->count > 1) {
        size_t inner = 1;
        for (int32_t d = q->axis + 1; d < shape->rank; d++)
            inner *= (size_t)shape->dim[d];
        c = i / inner % q->count;
    }
    return (edy_quant_pair){q->scale[c], q->zero_point[c]};
}

static edy_status quant_fail(const edy_node *n, edy_error *err, edy_status code, const char *what) {
    return edy_fail(err, code, "%s (node \"%.80s\"): %s", edy_node_text(n), n->name, what);
}

/* Element i of a constant of an integer dtype. */
static int32_t integer_at(const edy_value *v, size_t i) {
    switch (v->dtype) {
    case EDY_U8:
        return ((const uint8_t *)v->data)[i];
    case EDY_S8:
        return ((const int8_t *)v->data)[i];
    default:
        return ((const int32_t *)v->data)[i];
    }
}

/* Number of (scale, zero point) pairs for a tensor of that shape, or 0 where it fits nothing. */
static size_t pair_count(const edy_graph *g, edy_value_id scale, const edy_shape *shape,
                         int64_t axis) {
    const size_t n = edy_shape_count(&g->value[scale].shape);
    if (n == 1)
        return 1;
    const bool fits = axis >= 0 && axis < shape->rank && (size_t)shape->dim[axis] == n;
    return fits && g->value[scale].shape.rank == 1 ? n : 0;
}

edy_status edy_quant_read(edy_graph *g, const edy_node *node, edy_value_id scale, edy_value_id zero,
                          edy_dtype dtype, const edy_shape *shape, edy_quant *out, edy_error *err) {
    if (scale == EDY_NO_VALUE || !g->value[scale].data || g->value[scale].dtype != EDY_F32)
        return quant_fail(node, err, EDY_UNSUPPORTED, "its scale is not a float32 constant");
    const int64_t axis = node->axis < 0 ? node->axis + shape->rank : node->axis;
    const size_t count = pair_count(g, scale, shape, axis);
    if (count == 0)
        return quant_fail(node, err, EDY_UNSUPPORTED,
                          "its scale is neither one value nor one for each index of the axis");
    const edy_value *z = zero == EDY_NO_VALUE ? NULL : &g->value[zero];
    if (z && (!z->data || z->dtype != dtype || edy_shape_count(&z->shape) != count))
        return quant_fail(node, err, EDY_UNSUPPORTED,
                          "its zero point is not a constant of the tensor's dtype, one a scale");
    float *scales = edy_region_array(&g->region, count, sizeof *scales);
    int32_t *zeros = edy_region_array(&g->region, count, sizeof *zeros);
    if (!scales || !zeros)
        return quant_fail(node, err, EDY_NO_MEMORY, "no memory for its scales");
    for (size_t i = 0; i < count; i++) {
        scales[i] = ((const float *)g->value[scale].data)[i];
        if (!(scales[i] > 0.0f) || !isfinite(scales[i]))
            return edy_fail(err, EDY_BAD_FILE,
                            "%s (node \"%.80s\"): scale %zu is %g, not a positive number",
                            edy_node_text(node), node->name, i, (double)scales[i]);
        zeros[i] = (z ? integer_at(z, i) : 0) - (dtype == EDY_U8 ? 128 : 0);
    }
    *out = (edy_quant){.count = (uint32_t)count,
                       .axis = count == 1 ? 0 : (int32_t)axis,
                       .scale = scales,
                       .zero_point = zeros,
                       .was_u8 = dtype == EDY_U8};
    return EDY_OK;
}

/* The dtype that the model gave v: values of the integer domain remember it. */
static edy_dtype model_dtype(const edy_value *v) {
    return v->dtype == EDY_S8 && v->quant.was_u8 ? EDY_U8 : v->dtype;
}

/* A constant u8 or s8 (or s32) tensor with its quantization, in the stored domain: a new value,
 * which shares the payload where nothing changes. */
static edy_status lower_constant(edy_graph *g, edy_value_id v, const edy_quant *q,
                                 edy_value_id *out, edy_error *err) {
    const edy_value old = g->value[v];
    edy_status status = edy_new_value_like(g, v, "", out, err);
    if (status)
        return status;
    const void *data = old.data;
    if (old.dtype == EDY_U8) {
        const size_t n = edy_shape_count(&old.shape);
        int8_t *stored = edy_region_array(&g->region, n, sizeof *stored);
        if (!stored)
            return edy_fail(err, EDY_NO_MEMORY, "no memory for \"%.80s\"", old.name);
        for (size_t i = 0; i < n; i++)
            stored[i] = (int8_t)(((const uint8_t *)old.data)[i] - 128);
        data = stored;
    }
    edy_value *value = &g->value[*out];
    value->dtype = old.dtype == EDY_U8 ? EDY_S8 : old.dtype;
    value->data = data;
    value->quant = *q;
    return EDY_OK;
}

/* QuantizeLinear of a constant: its output becomes one. */
static edy_status quantize_constant(edy_graph *g, const edy_node *n, const edy_quant *q,
                                    edy_error *err) {
    const edy_value *x = &g->value[n->input[Q_X]];
    const size_t count = edy_shape_count(&x->shape);
    int8_t *stored = edy_region_array(&g->region, count, sizeof *stored);
    if (!stored)
        return quant_fail(n, err, EDY_NO_MEMORY, "no memory for its result");
    for (size_t i = 0; i < count; i++) {
        const edy_quant_pair p = edy_quant_at(q, &x->shape, i);
        stored[i] =
            edy_onnx_quantize(((const float *)x->data)[i], p.scale, p.zero_point, -128, 127);
    }
    edy_value *y = &g->value[n->output[0]];
    y->data = stored;
    y->shape = x->shape;
    y->shape_known = true;
    return EDY_OK;
}

/* Outputs of quantizing nodes get dtype S8 and their quantization. */
static edy_status lower_output(edy_graph *g, const edy_node *n, edy_value_id scale,
                               edy_value_id zero, edy_error *err) {
    edy_value *y = &g->value[n->output[0]];
    edy_quant q;
    const edy_status status = edy_quant_read(g, n, scale, zero, model_dtype(y), &y->shape, &q, err);
    if (status)
        return status;
    y->dtype = EDY_S8;
    y->quant = q;
    return EDY_OK;
}

/* Makes sure that the computed tensor v has quantization q where node `index` reads it. A tensor
 * that already has another one gets a second name: a Reshape to its own shape. Returns in *out what
 * to read; *index moves if a node was inserted. */
static edy_status lower_input(edy_graph *g, int32_t *index, edy_value_id v, const edy_quant *q,
                              edy_value_id *out, edy_error *err) {
    *out = v;
    if (g->value[v].dtype == EDY_U8 || g->value[v].quant.count == 0) {
        g->value[v].dtype = EDY_S8;
        g->value[v].quant = *q;
        return EDY_OK;
    }
    if (quant_identical(&g->value[v].quant, q))
        return EDY_OK;
    edy_status status = edy_new_value_like(g, v, "_as_read", out, err);
    if (status)
        return status;
    g->value[*out].quant = *q;
    edy_node same;
    status = edy_new_node(g, EDY_OP_RESHAPE, g->value[*out].name, v, *out, &same, err);
    if (status)
        return status;
    same.n_target = g->value[v].shape.rank; /* all 0: copies every extent */
    status = edy_graph_insert_node(g, *index, &same, err);
    *index += status == EDY_OK;
    return status;
}

static void keep_first_input(edy_node *n) {
    for (int32_t i = 1; i < n->n_inputs; i++)
        n->input[i] = EDY_NO_VALUE;
    n->n_inputs = 1;
}

static edy_status lower_dequantize(edy_graph *g, int32_t *index, edy_error *err) {
    const edy_node n = g->node[*index];
    const edy_value_id x = n.input[Q_X];
    const edy_value value = g->value[x];
    const edy_dtype dtype = model_dtype(&value);
    if (dtype != EDY_U8 && dtype != EDY_S8 && !(dtype == EDY_S32 && value.data))
        return quant_fail(&n, err, EDY_UNSUPPORTED, "its input is neither u8, s8 nor constant s32");
    edy_quant q;
    edy_status status = edy_quant_read(g, &n, input_of(&n, Q_SCALE), input_of(&n, Q_ZERO), dtype,
                                       &value.shape, &q, err);
    edy_value_id read = x;
    if (!status)
        status = value.data ? lower_constant(g, x, &q, &read, err)
                            : lower_input(g, index, x, &q, &read, err);
    if (status)
        return status;
    g->node[*index].input[Q_X] = read;
    keep_first_input(&g->node[*index]);
    return EDY_OK;
}

/* QLinearConv is one group already: only its operands change places. */
static edy_status lower_qlinearconv(edy_graph *g, int32_t *index, edy_error *err) {
    edy_node n = g->node[*index];
    n.axis = 0; /* of the weights' scales */
    if (n.n_inputs < QC_BIAS || !g->value[n.input[QC_W]].data)
        return quant_fail(&n, err, EDY_UNSUPPORTED, "its weights are not constant");
    const edy_value x = g->value[n.input[QC_X]], w = g->value[n.input[QC_W]];
    edy_quant xq, wq;
    edy_value_id x_id, w_id, bias = input_of(&n, QC_BIAS);
    edy_status status =
        edy_quant_read(g, &n, n.input[QC_XS], n.input[QC_XZ], model_dtype(&x), &x.shape, &xq, err);
    if (!status)
        status = edy_quant_read(g, &n, n.input[QC_WS], n.input[QC_WZ], model_dtype(&w), &w.shape,
                                &wq, err);
    if (!status && xq.count != 1)
        status = quant_fail(&n, err, EDY_UNSUPPORTED, "its input has more than one scale");
    if (!status)
        status = lower_constant(g, n.input[QC_W], &wq, &w_id, err);
    if (!status)
        status = lower_input(g, index, n.input[QC_X], &xq, &x_id, err);
    if (status)
        return status;
    edy_node *conv = &g->node[*index];
    conv->op = EDY_OP_CONV;
    conv->rule = EDY_RULE_ONNX;
    for (int32_t i = 0; i < EDY_MAX_INPUTS; i++)
        conv->input[i] = EDY_NO_VALUE;
    conv->input[EDY_IN_X] = x_id;
    conv->input[EDY_IN_W] = w_id;
    conv->input[EDY_IN_BIAS] = bias;
    conv->n_inputs = EDY_IN_BIAS + 1;
    return EDY_OK;
}

/* Operators that only move data: bytes in another order, quantized or not. */
static bool only_moves_data(edy_op_kind op) {
    return op == EDY_OP_RESHAPE || op == EDY_OP_TRANSPOSE || op == EDY_OP_PAD ||
           op == EDY_OP_CONCAT || op == EDY_OP_LAYOUT || op == EDY_OP_SLICE ||
           op == EDY_OP_EXPAND || op == EDY_OP_TILE || op == EDY_OP_GATHER ||
           op == EDY_OP_DEPTHTOSPACE || op == EDY_OP_SPACETODEPTH || op == EDY_OP_RESIZE;
}

/* Operators that read bytes from either domain (engine/ops/stored.h). */
static bool takes_both(edy_op_kind op) {
    return op == EDY_OP_MAXPOOLINDICES || op == EDY_OP_CONVINTEGER || op == EDY_OP_MATMULINTEGER ||
           op == EDY_OP_QLINEARMATMUL || op == EDY_OP_DYNAMICQUANTIZE;
}

/* Operators whose 8-bit tensors are in the stored domain; all others, but for those that move
 * data, compute with the integers that the model states. */
static bool is_quantized_operator(edy_op_kind op) {
    return op == EDY_OP_QUANTIZE || op == EDY_OP_DEQUANTIZE || op == EDY_OP_QLINEARCONV ||
           op == EDY_OP_CONV || op == EDY_OP_GEMM || op == EDY_OP_MAXPOOL || op == EDY_OP_RELU ||
           op == EDY_OP_CLIP;
}

static bool is_unquantized_byte(const edy_value *v) {
    return (v->dtype == EDY_U8 || v->dtype == EDY_S8) && v->quant.count == 0;
}

/* Calls mark for all bytes that n reads or makes; returns whether one of them was marked. */
static bool mark_bytes(const edy_graph *g, const edy_node *n, bool *plain, bool mark) {
    bool any = false;
    for (int32_t j = 0; j < n->n_inputs + n->n_outputs; j++) {
        const edy_value_id v = j < n->n_inputs ? n->input[j] : n->output[j - n->n_inputs];
        if (v == EDY_NO_VALUE || !is_unquantized_byte(&g->value[v]))
            continue;
        any = any || plain[v];
        plain[v] = plain[v] || mark;
    }
    return any;
}

static bool all_marked(const edy_graph *g, const edy_node *n, const bool *plain) {
    for (int32_t j = 0; j < n->n_inputs + n->n_outputs; j++) {
        const edy_value_id v = j < n->n_inputs ? n->input[j] : n->output[j - n->n_inputs];
        if (v != EDY_NO_VALUE && is_unquantized_byte(&g->value[v]) && !plain[v])
            return false;
    }
    return true;
}

/* Bytes that an operator computes with as integers, and those that are moved to and from there:
 * they stay as they are. [n_values], to be freed; NULL on no memory. */
static bool *find_plain(const edy_graph *g) {
    enum { ROUNDS = 8 }; /* each one forwards and backwards */
    bool *plain = calloc((size_t)g->n_values + 1, sizeof *plain);
    for (int32_t i = 0; plain && i < g->n_nodes; i++)
        if (!only_moves_data(g->node[i].op) && !is_quantized_operator(g->node[i].op) &&
            !takes_both(g->node[i].op))
            mark_bytes(g, &g->node[i], plain, true);
    bool changed = plain != NULL;
    for (int round = 0; changed && round < 2 * ROUNDS; round++) {
        changed = false;
        for (int32_t k = 0; k < g->n_nodes; k++) {
            const edy_node *n = &g->node[round % 2 ? g->n_nodes - 1 - k : k];
            if (!only_moves_data(n->op) || !mark_bytes(g, n, plain, false) ||
                all_marked(g, n, plain))
                continue;
            mark_bytes(g, n, plain, true);
            changed = true;
        }
    }
    return plain;
}

/* Along operators that keep it, from input to output or back. */
static void spread_quantization(edy_graph *g, const bool *plain, bool back) {
    for (int32_t k = 0; k < g->n_nodes; k++) {
        const edy_node *n = &g->node[back ? g->n_nodes - 1 - k : k];
        if (!only_moves_data(n->op) && n->op != EDY_OP_MAXPOOL)
            continue;
        edy_value *x = &g->value[n->input[0]], *y = &g->value[n->output[0]];
        edy_value *to = back ? x : y;
        if (to->dtype == EDY_S8 && to->quant.count == 0 && !plain[to - g->value])
            to->quant = back ? y->quant : x->quant;
    }
}

/* u8 and s8 tensors that no quantizer touched: forwards, then backwards, then by default the
 * identity. */
static edy_status lower_untouched(edy_graph *g, edy_error *err) {
    static const float one = 1.0f;
    static const int32_t zero[2] = {0, -128};
    bool *plain = find_plain(g);
    if (!plain)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the graph");
    for (int32_t i = 0; i < g->n_values; i++) {
        edy_value *v = &g->value[i];
        if (v->dtype != EDY_U8 || v->data || plain[i])
            continue;
        v->dtype = EDY_S8;
        v->quant.was_u8 = true;
    }
    spread_quantization(g, plain, false);
    spread_quantization(g, plain, true);
    for (int32_t i = 0; i < g->n_values; i++) {
        edy_value *v = &g->value[i];
        if (v->dtype == EDY_S8 && !v->data && v->quant.count == 0 && !plain[i])
            v->quant = (edy_quant){.count = 1,
                                   .scale = &one,
                                   .zero_point = &zero[v->quant.was_u8],
                                   .was_u8 = v->quant.was_u8};
    }
    free(plain);
    return EDY_OK;
}

edy_status edy_lower_values(edy_graph *g, edy_error *err) {
    edy_status status = EDY_OK;
    for (int32_t i = 0; !status && i < g->n_nodes; i++) { /* producers first: they decide */
        const edy_node n = g->node[i];
        if (n.op == EDY_OP_QLINEARCONV)
            status = n.n_inputs <= QC_YZ
                         ? quant_fail(&n, err, EDY_BAD_FILE, "it has fewer than eight inputs")
                         : lower_output(g, &n, n.input[QC_YS], n.input[QC_YZ], err);
        if (n.op != EDY_OP_QUANTIZE)
            continue;
        status = lower_output(g, &n, input_of(&n, Q_SCALE), input_of(&n, Q_ZERO), err);
        keep_first_input(&g->node[i]);
        if (status || !g->value[n.input[Q_X]].data)
            continue;
        status = quantize_constant(g, &n, &g->value[n.output[0]].quant, err);
        edy_graph_remove_node(g, i--);
    }
    for (int32_t i = 0; !status && i < g->n_nodes; i++) {
        if (g->node[i].op == EDY_OP_DEQUANTIZE)
            status = lower_dequantize(g, &i, err);
        else if (g->node[i].op == EDY_OP_QLINEARCONV)
            status = lower_qlinearconv(g, &i, err);
    }
    return status ? status : lower_untouched(g, err);
}

/* The dequantized form of a constant, as a constant. */
static edy_status dequantize_constant(edy_graph *g, const edy_node *n, edy_error *err) {
    const edy_value x = g->value[n->input[Q_X]];
    const size_t count = edy_shape_count(&x.shape);
    float *real = edy_region_array(&g->region, count, sizeof *real);
    if (!real)
        return quant_fail(n, err, EDY_NO_MEMORY, "no memory for its result");
    for (size_t k = 0; k < count; k++) {
        const edy_quant_pair p = edy_quant_at(&x.quant, &x.shape, k);
        real[k] = edy_dequantize(integer_at(&x, k), p.scale, p.zero_point);
    }
    edy_value *y = &g->value[n->output[0]];
    y->data = real;
    y->shape = x.shape;
    y->shape_known = true;
    return EDY_OK;
}

/* Those that nobody reads, as integer nodes read the integers themselves, only go. */
edy_status edy_lower_float_constants(edy_graph *g, edy_error *err) {
    int32_t *uses = edy_graph_use_counts(g);
    edy_status status = uses ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "no memory for a pass");
    for (int32_t i = 0; !status && i < g->n_nodes; i++) {
        const edy_node n = g->node[i];
        if (n.op != EDY_OP_DEQUANTIZE || !g->value[n.input[Q_X]].data)
            continue;
        if (uses[n.output[0]] > 0)
            status = dequantize_constant(g, &n, err);
        edy_graph_drop_node(g, i);
    }
    edy_graph_compact(g);
    free(uses);
    return status;
}
