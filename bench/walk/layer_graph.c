/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A layer problem as a graph of one node. Integer layers are made as lowering leaves them, so that
 * both rules can be had. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/walk/layer_check.h"

static const edy_op_kind ops[EDY_LAYER_COUNT] = {
    [EDY_LAYER_CONV] = EDY_OP_CONV,       [EDY_LAYER_DWCONV] = EDY_OP_CONV,
    [EDY_LAYER_GEMM] = EDY_OP_GEMM,       [EDY_LAYER_MAXPOOL] = EDY_OP_MAXPOOL,
    [EDY_LAYER_AVGPOOL] = EDY_OP_AVGPOOL, [EDY_LAYER_MEAN] = EDY_OP_GLOBALAVGPOOL,
    [EDY_LAYER_ADD] = EDY_OP_ADD,         [EDY_LAYER_MUL] = EDY_OP_MUL};

/* The graph under construction; after a failure the rest does nothing. */
typedef struct builder {
    edy_graph *g;
    const edy_layer_data *d;
    edy_status status;
    edy_error *err;
} builder;

static bool has_weights(edy_layer_kind kind) {
    return kind == EDY_LAYER_CONV || kind == EDY_LAYER_DWCONV || kind == EDY_LAYER_GEMM;
}

static edy_quant quant(builder *b, size_t count, const float *scale, const int32_t *zero) {
    float *s = edy_region_alloc(&b->g->region, count * sizeof *s);
    int32_t *z = edy_region_alloc(&b->g->region, count * sizeof *z);
    if (!s || !z) {
        b->status = edy_fail(b->err, EDY_NO_MEMORY, "out of memory for the layer's scales");
        return (edy_quant){.count = 0};
    }
    memcpy(s, scale, count * sizeof *s);
    memcpy(z, zero, count * sizeof *z);
    return (edy_quant){.count = (uint32_t)count, .scale = s, .zero_point = z};
}

static edy_shape shape_of(const edy_layer *l, int64_t channels, int64_t h, int64_t w) {
    if (l->kind == EDY_LAYER_GEMM)
        return edy_shape_make(2, (const int64_t[]){l->in[0], channels});
    return edy_shape_make(4, (const int64_t[]){l->in[0], channels, h, w});
}

/* An input of the graph with the shape of channels x h x w. */
static edy_value_id add_input(builder *b, const char *name, edy_shape shape) {
    const bool s8 = b->d->dtype != EDY_LAYER_F32;
    edy_value_id v = EDY_NO_VALUE;
    if (!b->status)
        b->status = edy_graph_add_value(b->g, name, s8 ? EDY_S8 : EDY_F32, &v, b->err);
    if (b->status)
        return EDY_NO_VALUE;
    b->g->value[v].shape = shape;
    b->g->value[v].shape_known = true;
    if (s8)
        b->g->value[v].quant = quant(b, 1, &b->d->x_scale, &b->d->x_zero);
    b->g->input[b->g->n_inputs++] = v;
    return v;
}

static edy_value_id add_constant(builder *b, const char *name, edy_dtype dtype, edy_shape shape,
                                 const void *data) {
    edy_value_id v = EDY_NO_VALUE;
    if (!b->status)
        b->status = edy_graph_add_constant(b->g, name, dtype, &shape, data, &v, b->err);
    return b->status ? EDY_NO_VALUE : v;
}

static void add_weights(builder *b, edy_value_id input[EDY_MAX_INPUTS]) {
    const edy_layer *l = b->d->layer;
    const bool s8 = b->d->dtype != EDY_LAYER_F32;
    const edy_shape filters =
        l->kind == EDY_LAYER_GEMM
            ? edy_shape_make(2, (const int64_t[]){l->out, l->in[3]})
            : edy_shape_make(
                  4, (const int64_t[]){l->out, l->in[3] / l->groups, l->kernel[0], l->kernel[1]});
    input[EDY_IN_W] = add_constant(b, "w", s8 ? EDY_S8 : EDY_F32, filters,
                                   s8 ? (const void *)b->d->w8 : (const void *)b->d->w);
    if (s8 && !b->status)
        b->g->value[input[EDY_IN_W]].quant = quant(b, (size_t)l->out, b->d->w_scale, b->d->w_zero);
    const edy_shape row = edy_shape_make(1, &l->out);
    if (s8)
        input[EDY_IN_BIAS] = add_constant(b, "bias", EDY_S32, row, b->d->bias32);
    else if (b->d->bias)
        input[EDY_IN_BIAS] = add_constant(b, "bias", EDY_F32, row, b->d->bias);
}

static void add_node(builder *b, const edy_value_id input[EDY_MAX_INPUTS]) {
    const edy_layer *l = b->d->layer;
    const bool s8 = b->d->dtype != EDY_LAYER_F32;
    int32_t index = 0;
    edy_value_id y = EDY_NO_VALUE;
    if (!b->status)
        b->status = edy_graph_add_value(b->g, "y", s8 ? EDY_S8 : EDY_F32, &y, b->err);
    if (!b->status)
        b->status = edy_graph_add_node(b->g, ops[l->kind], "layer", &index, b->err);
    if (b->status)
        return;
    if (s8)
        b->g->value[y].quant = quant(b, 1, &b->d->y_scale, &b->d->y_zero);
    edy_node *n = &b->g->node[index];
    for (int32_t i = 0; i < EDY_MAX_INPUTS; i++) {
        n->input[i] = input[i];
        if (input[i] != EDY_NO_VALUE)
            n->n_inputs = i + 1;
    }
    n->output[0] = y;
    n->n_outputs = 1;
    n->act_min = b->d->low;
    n->act_max = b->d->high;
    n->rule = b->d->dtype == EDY_LAYER_S8_TFLITE ? EDY_RULE_TFLITE : EDY_RULE_ONNX;
    n->trans_b = l->kind == EDY_LAYER_GEMM;
    for (int i = 0; i < 2; i++) {
        n->window.kernel[i] = l->kernel[i];
        n->window.stride[i] = l->stride[i];
        n->window.dilation[i] = l->dilation[i];
    }
    memcpy(n->window.pad, l->pad, sizeof l->pad);
    n->window.groups = l->groups;
    b->g->output[b->g->n_outputs++] = y;
}

edy_status edy_layer_graph(const edy_layer_data *d, edy_graph **graph, edy_error *err) {
    const edy_layer *l = d->layer;
    edy_value_id input[EDY_MAX_INPUTS];
    builder b = {.d = d, .err = err};
    *graph = NULL;
    b.status = edy_graph_create(&b.g, err);
    if (b.status)
        return b.status;
    b.g->opset = 13;
    b.g->input = calloc(2, sizeof *b.g->input);
    b.g->output = calloc(1, sizeof *b.g->output);
    if (!b.g->input || !b.g->output)
        b.status = edy_fail(err, EDY_NO_MEMORY, "out of memory for the layer's graph");
    for (int32_t i = 0; i < EDY_MAX_INPUTS; i++)
        input[i] = EDY_NO_VALUE;
    input[EDY_IN_X] = add_input(&b, "x", shape_of(l, l->in[3], l->in[1], l->in[2]));
    if (!b.status && has_weights(l->kind))
        add_weights(&b, input);
    if (!b.status && (l->kind == EDY_LAYER_ADD || l->kind == EDY_LAYER_MUL))
        input[1] = add_input(&b, "other", shape_of(l, l->in[3], l->in[1], l->in[2]));
    if (!b.status && l->residual && d->other)
        input[EDY_IN_RESIDUAL] = add_input(&b, "other", shape_of(l, l->out, d->out_h, d->out_w));
    if (!b.status)
        add_node(&b, input);
    b.g->batch = l->in[0];
    if (!b.status)
        b.status = edy_graph_infer(b.g, err);
    if (b.status) {
        edy_graph_destroy(b.g);
        return b.status;
    }
    *graph = b.g;
    return EDY_OK;
}
