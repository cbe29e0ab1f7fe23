/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/oracle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bench/oracle_ops.h"

static edy_status no_memory(edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "out of memory for the oracle");
}

/* ---- Tensors --------------------------------------------------------------------------------- */

edy_status edy_oracle_tensor_create(const edy_shape *shape, edy_oracle_tensor *tensor,
                                    edy_error *err) {
    *tensor = (edy_oracle_tensor){.shape = *shape};
    edy_status st = edy_shape_elems(shape, &tensor->count, err);
    if (st)
        return st;
    tensor->data = calloc(tensor->count ? tensor->count : 1, sizeof *tensor->data);
    return tensor->data ? EDY_OK : no_memory(err);
}

void edy_oracle_tensor_free(edy_oracle_tensor *tensor) {
    free(tensor->data);
    *tensor = (edy_oracle_tensor){.count = 0};
}

void edy_oracle_bound_free(edy_oracle_bound *bound) {
    free(bound->magnitude);
    *bound = (edy_oracle_bound){.count = 0};
}

static double element(edy_dtype dtype, const char *at) {
    float f32;
    double f64;
    int32_t s32;
    int64_t s64;
    switch (dtype) {
    case EDY_F32:
        memcpy(&f32, at, sizeof f32);
        return (double)f32;
    case EDY_F64:
        memcpy(&f64, at, sizeof f64);
        return f64;
    case EDY_S8:
        return *(const int8_t *)at;
    case EDY_U8:
    case EDY_BOOL:
        return *(const uint8_t *)at;
    case EDY_S32:
        memcpy(&s32, at, sizeof s32);
        return s32;
    case EDY_S64:
        memcpy(&s64, at, sizeof s64);
        return (double)s64;
    case EDY_NONE:
        break;
    }
    assert(!"a value has a dtype");
    return 0;
}

void edy_oracle_tensor_load(edy_oracle_tensor *tensor, edy_dtype dtype, const void *data) {
    const size_t bytes = edy_dtype_bytes(dtype);
    for (size_t i = 0; i < tensor->count; i++)
        tensor->data[i] = element(dtype, (const char *)data + i * bytes);
}

/* ---- One node -------------------------------------------------------------------------------- */

static const struct {
    edy_oracle_fn run;
    int32_t inputs; /* that must be there, from the first on */
} operators[EDY_OP_COUNT] = {
    [EDY_OP_CONV] = {edy_oracle_conv, 2},
    [EDY_OP_GEMM] = {edy_oracle_gemm, 2},
    [EDY_OP_BATCHNORM] = {edy_oracle_batchnorm, 5},
    [EDY_OP_RELU] = {edy_oracle_relu_clip, 1},
    [EDY_OP_CLIP] = {edy_oracle_relu_clip, 1},
    [EDY_OP_LEAKYRELU] = {edy_oracle_leakyrelu, 1},
    [EDY_OP_ADD] = {edy_oracle_add, 2},
    [EDY_OP_MUL] = {edy_oracle_mul, 2},
    [EDY_OP_MAXPOOL] = {edy_oracle_maxpool, 1},
    [EDY_OP_AVGPOOL] = {edy_oracle_avgpool, 1},
    [EDY_OP_GLOBALAVGPOOL] = {edy_oracle_globalavgpool, 1},
    [EDY_OP_RESHAPE] = {edy_oracle_reshape, 1},
    [EDY_OP_TRANSPOSE] = {edy_oracle_transpose, 1},
    [EDY_OP_PAD] = {edy_oracle_pad, 1},
    [EDY_OP_CONCAT] = {edy_oracle_concat, 1},
    [EDY_OP_SOFTMAX] = {edy_oracle_softmax, 1},
    [EDY_OP_QUANTIZE] = {edy_oracle_quantize, 1},
    [EDY_OP_DEQUANTIZE] = {edy_oracle_dequantize, 1},
    [EDY_OP_QLINEARCONV] = {edy_oracle_qlinearconv, 8},
    [EDY_OP_UNARY] = {edy_oracle_unary, 1},
    [EDY_OP_CONVTRANSPOSE] = {edy_oracle_conv_nd, 2},
    [EDY_OP_CONV3D] = {edy_oracle_conv_nd, 2},
    [EDY_OP_MAXPOOLINDICES] = {edy_oracle_maxpoolindices, 1},
    [EDY_OP_CONVINTEGER] = {edy_oracle_convinteger, 2},
    [EDY_OP_MATMULINTEGER] = {edy_oracle_matmulinteger, 2},
    [EDY_OP_QLINEARMATMUL] = {edy_oracle_qlinearmatmul, 8},
    [EDY_OP_DYNAMICQUANTIZE] = {edy_oracle_dynamicquantize, 1},
    [EDY_OP_LRN] = {edy_oracle_lrn, 1},
    [EDY_OP_INSTANCENORM] = {edy_oracle_instancenorm, 3},
    [EDY_OP_DEPTHTOSPACE] = {edy_oracle_depthtospace, 1},
    [EDY_OP_SPACETODEPTH] = {edy_oracle_spacetodepth, 1},
    [EDY_OP_RESIZE] = {edy_oracle_resize, 1},
    [EDY_OP_LOGSOFTMAX] = {edy_oracle_logsoftmax, 1},
    [EDY_OP_HARDMAX] = {edy_oracle_hardmax, 1},
    [EDY_OP_BINARY] = {edy_oracle_binary, 2},
    [EDY_OP_WHERE] = {edy_oracle_where, 3},
    [EDY_OP_CAST] = {edy_oracle_cast, 1},
    [EDY_OP_SLICE] = {edy_oracle_slice, 1},
    [EDY_OP_EXPAND] = {edy_oracle_repeat, 1},
    [EDY_OP_TILE] = {edy_oracle_repeat, 1},
    [EDY_OP_GATHER] = {edy_oracle_gather, 2},
    [EDY_OP_REDUCE] = {edy_oracle_reduce, 1},
    [EDY_OP_ARGMAX] = {edy_oracle_argmax, 1},
    [EDY_OP_ARGMIN] = {edy_oracle_argmax, 1},
    [EDY_OP_MATMUL] = {edy_oracle_matmul, 2},
    [EDY_OP_LAYOUT] = {edy_oracle_pad, 1}, /* same axes: in ONNX's order nothing moves */
};

static edy_status name_node(const edy_node *n, const edy_error *inner, edy_error *err) {
    return edy_fail(err, inner->code, "oracle, %s (node \"%.80s\"): %s", edy_node_text(n), n->name,
                    inner->message);
}

edy_status edy_oracle_node(const edy_graph *graph, const edy_node *node,
                           const edy_oracle_tensor *const *in, edy_oracle_precision precision,
                           edy_oracle_tensor *out, edy_oracle_bound *bound, edy_error *err) {
    edy_error inner = {0};
    edy_status st = EDY_OK;
    *out = (edy_oracle_tensor){.count = 0};
    if (bound)
        *bound = (edy_oracle_bound){.count = 0};
    for (int32_t i = 0; i < operators[node->op].inputs && !st; i++)
        if (i >= node->n_inputs || !in[i])
            if (!(i > 0 && (node->op == EDY_OP_QUANTIZE || node->op == EDY_OP_DEQUANTIZE)))
                st = edy_fail(&inner, EDY_UNSUPPORTED, "input %d is missing", i);
    if (!st && !operators[node->op].run)
        st = edy_fail(&inner, EDY_UNSUPPORTED, "it is not known");
    st = st ? st : edy_oracle_tensor_create(&graph->value[node->output[0]].shape, out, &inner);
    double *magnitude = st ? NULL : calloc(out->count ? out->count : 1, sizeof *magnitude);
    if (!st && !magnitude)
        st = no_memory(&inner);
    edy_oracle_call call = {.graph = graph,
                            .node = node,
                            .in = in,
                            .single = precision == EDY_ORACLE_FLOAT,
                            .out = out,
                            .magnitude = magnitude,
                            .err = &inner};
    st = st ? st : operators[node->op].run(&call);
    if (st) {
        free(magnitude);
        edy_oracle_tensor_free(out);
        return name_node(node, &inner, err);
    }
    if (bound)
        *bound = (edy_oracle_bound){magnitude, out->count, call.terms};
    else
        free(magnitude);
    return EDY_OK;
}

/* ---- A whole graph --------------------------------------------------------------------------- */

struct edy_oracle {
    const edy_graph *graph;
    edy_oracle_precision precision;
    edy_oracle_tensor *value; /* [graph->n_values]; data NULL: not computed */
};

edy_status edy_oracle_create(const edy_graph *graph, edy_oracle_precision precision,
                             edy_oracle **out, edy_error *err) {
    *out = NULL;
    edy_oracle *oracle = calloc(1, sizeof *oracle);
    if (!oracle)
        return no_memory(err);
    oracle->graph = graph;
    oracle->precision = precision;
    oracle->value = calloc((size_t)graph->n_values + 1, sizeof *oracle->value);
    edy_status st = oracle->value ? EDY_OK : no_memory(err);
    for (int32_t i = 0; i < graph->n_values && !st; i++) {
        const edy_value *v = &graph->value[i];
        if (!v->data)
            continue;
        st = edy_oracle_tensor_create(&v->shape, &oracle->value[i], err);
        if (!st)
            edy_oracle_tensor_load(&oracle->value[i], v->dtype, v->data);
    }
    if (st) {
        edy_oracle_destroy(oracle);
        return st;
    }
    *out = oracle;
    return EDY_OK;
}

void edy_oracle_destroy(edy_oracle *oracle) {
    if (!oracle)
        return;
    for (int32_t i = 0; oracle->value && i < oracle->graph->n_values; i++)
        edy_oracle_tensor_free(&oracle->value[i]);
    free(oracle->value);
    free(oracle);
}

static edy_status run_node(edy_oracle *o, const edy_node *n, edy_error *err) {
    const edy_oracle_tensor *in[EDY_MAX_INPUTS] = {NULL};
    for (int32_t i = 0; i < n->n_inputs; i++) {
        if (n->input[i] == EDY_NO_VALUE)
            continue;
        in[i] = &o->value[n->input[i]];
        if (!in[i]->data)
            return edy_fail(err, EDY_BAD_ARGUMENT,
                            "oracle: node \"%.80s\" reads a value that "
                            "nothing computes",
                            n->name);
    }
    edy_oracle_tensor *out = &o->value[n->output[0]];
    edy_oracle_tensor_free(out);
    return edy_oracle_node(o->graph, n, in, o->precision, out, NULL, err);
}

edy_status edy_oracle_run(edy_oracle *o, const void *const *inputs, edy_error *err) {
    edy_status st = EDY_OK;
    for (int32_t i = 0; i < o->graph->n_inputs && !st; i++) {
        const edy_value_id id = o->graph->input[i];
        edy_oracle_tensor_free(&o->value[id]);
        st = edy_oracle_tensor_create(&o->graph->value[id].shape, &o->value[id], err);
        if (!st)
            edy_oracle_tensor_load(&o->value[id], o->graph->value[id].dtype, inputs[i]);
    }
    for (int32_t i = 0; i < o->graph->n_nodes && !st; i++)
        st = run_node(o, &o->graph->node[i], err);
    return st;
}

const edy_oracle_tensor *edy_oracle_value(const edy_oracle *oracle, edy_value_id value) {
    assert(value >= 0 && value < oracle->graph->n_values);
    return oracle->value[value].data ? &oracle->value[value] : NULL;
}
