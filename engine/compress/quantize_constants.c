/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/compress/qdq_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/passes/rewrite.h"

enum { NAME_SIZE = 512 };

/* ---- Emitting -------------------------------------------------------------------------------- */

edy_status edy_qdq_emit(edy_qdq_writer *w, const edy_node *node, edy_error *err) {
    return edy_graph_insert_node(w->g, w->g->n_nodes, node, err);
}

static edy_status constant(edy_qdq_writer *w, const char *base, const char *suffix, edy_dtype dtype,
                           edy_shape shape, edy_value_id *id, void **data, edy_error *err) {
    return edy_new_constant(w->g, base, suffix, dtype, &shape, id, data, err);
}

/* A quantizer is called as its output, unless a node of the model has that name: names of nodes
 * must differ in a file. */
static const char *quantizer_name(const edy_qdq_writer *w, edy_op_kind op, edy_value_id out,
                                  char text[NAME_SIZE]) {
    const char *name = w->g->value[out].name;
    for (int32_t i = 0; i < w->n_old; i++)
        if (strcmp(w->old[i].name, name) == 0) {
            snprintf(text, NAME_SIZE, "%s/%s", name, edy_op_text(op));
            return text;
        }
    return name;
}

static edy_status emit_quantizer(edy_qdq_writer *w, edy_op_kind op, const edy_value_id in[3],
                                 int64_t axis, edy_value_id out, edy_error *err) {
    edy_node n;
    char text[NAME_SIZE];
    const edy_status status =
        edy_new_node(w->g, op, quantizer_name(w, op, out, text), in[0], out, &n, err);
    if (status)
        return status;
    n.input[1] = in[1];
    n.input[2] = in[2];
    n.n_inputs = 3;
    n.axis = axis;
    return edy_qdq_emit(w, &n, err);
}

/* Scale and zero point of one activation as constants. */
static edy_status choice_constants(edy_qdq_writer *w, const char *base, edy_u8_choice q,
                                   edy_value_id *scale, edy_value_id *zero, edy_error *err) {
    const edy_shape one = edy_shape_make(0, NULL);
    void *s, *z;
    edy_status status = constant(w, base, "_scale", EDY_F32, one, scale, &s, err);
    if (!status)
        status = constant(w, base, "_zero_point", EDY_U8, one, zero, &z, err);
    if (status)
        return status;
    *(float *)s = q.scale;
    *(uint8_t *)z = (uint8_t)q.zero_point;
    return EDY_OK;
}

/* A graph output keeps its name behind the quantizers: v is renamed, the DequantizeLinear gets
 * it. */
static void swap_names(edy_graph *g, edy_value_id a, edy_value_id b) {
    const char *name = g->value[a].name;
    g->value[a].name = g->value[b].name;
    g->value[b].name = name;
}

edy_status edy_qdq_pair(edy_qdq_writer *w, edy_value_id v, edy_u8_choice q, edy_error *err) {
    edy_value_id scale, zero, quantized, real;
    edy_status status = choice_constants(w, w->g->value[v].name, q, &scale, &zero, err);
    if (!status)
        status = edy_new_value_like(w->g, v, "_q", &quantized, err);
    if (!status)
        status = edy_new_value_like(w->g, v, "_dq", &real, err);
    if (status)
        return status;
    w->g->value[quantized].dtype = EDY_U8;
    for (int32_t i = 0; i < w->g->n_outputs; i++)
        if (w->g->output[i] == v) {
            swap_names(w->g, v, real);
            w->g->output[i] = real;
        }
    status =
        emit_quantizer(w, EDY_OP_QUANTIZE, (edy_value_id[]){v, scale, zero}, 1, quantized, err);
    if (!status)
        status = emit_quantizer(w, EDY_OP_DEQUANTIZE, (edy_value_id[]){quantized, scale, zero}, 1,
                                real, err);
    w->real[v] = real;
    w->quantized[v] = true;
    w->choice[v] = q;
    return status;
}

/* ---- Constants ------------------------------------------------------------------------------- */

edy_status edy_qdq_operand(edy_qdq_writer *w, edy_value_id *operand, edy_error *err) {
    const edy_value old = w->g->value[*operand];
    const float *x = old.data;
    const size_t n = edy_shape_count(&old.shape);
    edy_range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++) {
        range.low = fminf(range.low, x[i]);
        range.high = fmaxf(range.high, x[i]);
    }
    const edy_u8_choice q = edy_choose_u8(range);
    edy_value_id scale, zero, quantized, real;
    void *data;
    edy_status status = choice_constants(w, old.name, q, &scale, &zero, err);
    if (!status)
        status = constant(w, old.name, "_q", EDY_U8, old.shape, &quantized, &data, err);
    if (!status)
        status = edy_new_value_like(w->g, *operand, "_dq", &real, err);
    if (status)
        return status;
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)data)[i] =
            (uint8_t)(edy_onnx_quantize(x[i], q.scale, q.zero_point - 128, -128, 127) + 128);
    *operand = real;
    return emit_quantizer(w, EDY_OP_DEQUANTIZE, (edy_value_id[]){quantized, scale, zero}, 1, real,
                          err);
}

/* Where the weights of output channel c lie: first + c * channel + i * stride, i < length. */
typedef struct weight_view {
    const float *w;
    size_t channels, length, channel, stride;
} weight_view;

static weight_view view_weights(const edy_graph *g, const edy_node *n) {
    const edy_value *w = &g->value[n->input[EDY_IN_W]];
    const bool columns = n->op == EDY_OP_GEMM && !n->trans_b;
    weight_view v = {.w = w->data, .channels = (size_t)w->shape.dim[columns ? 1 : 0]};
    v.length = edy_shape_count(&w->shape) / v.channels;
    v.channel = columns ? 1 : v.length;
    v.stride = columns ? v.channels : 1;
    return v;
}

/* One layer's operands; element (c, i) of the weights by the view. */
typedef struct layer {
    weight_view view;
    const float *bias;
    size_t bias_elems;
    float x_scale;
    double bias_limit;
} layer;

static float layer_bias(const layer *l, size_t c) {
    return l->bias ? l->bias[l->bias_elems == 1 ? 0 : c] : 0.0f;
}

static edy_status read_layer(const edy_qdq_writer *w, const edy_node *n, layer *l, edy_error *err) {
    const edy_graph *g = w->g;
    const edy_value_id bias = edy_node_bias(n);
    if (!g->value[n->input[EDY_IN_W]].data || (bias != EDY_NO_VALUE && !g->value[bias].data))
        return edy_fail(err, EDY_UNSUPPORTED, "%s (node \"%.80s\"): its weights are not constant",
                        edy_node_text(n), n->name);
    *l = (layer){.view = view_weights(g, n),
                 .bias = bias == EDY_NO_VALUE ? NULL : g->value[bias].data,
                 .bias_elems = bias == EDY_NO_VALUE ? 0 : edy_shape_count(&g->value[bias].shape),
                 .x_scale = w->choice[n->input[EDY_IN_X]].scale};
    /* 255 * 127 a product at most; half of what is left is the bias's. */
    l->bias_limit = (2147483647.0 - 255.0 * 127.0 * (double)l->view.length) / 2.0;
    if (l->bias_limit < 65536.0)
        return edy_fail(err, EDY_UNSUPPORTED,
                        "%s (node \"%.80s\"): sums of %zu products may leave 32 bits",
                        edy_node_text(n), n->name, l->view.length);
    return EDY_OK;
}

/* s8 weights, their scales and zero points as constants, in ids[0..2]. */
static edy_status weight_constants(edy_qdq_writer *w, const edy_node *n, const layer *l,
                                   edy_value_id ids[3], const float **scales, edy_error *err) {
    const edy_value old = w->g->value[n->input[EDY_IN_W]];
    const weight_view *v = &l->view;
    const edy_shape row = edy_shape_make(1, (const int64_t[]){(int64_t)v->channels});
    void *q, *s, *z;
    edy_status status = constant(w, old.name, "_q", EDY_S8, old.shape, &ids[0], &q, err);
    if (!status)
        status = constant(w, old.name, "_scale", EDY_F32, row, &ids[1], &s, err);
    if (!status)
        status = constant(w, old.name, "_zero_point", EDY_S8, row, &ids[2], &z, err);
    if (status)
        return status;
    for (size_t c = 0; c < v->channels; c++) {
        const float *from = v->w + c * v->channel;
        const float scale =
            edy_choose_s8(from, v->length, v->stride, l->x_scale, layer_bias(l, c), l->bias_limit);
        ((float *)s)[c] = scale;
        for (size_t i = 0; i < v->length; i++)
            ((int8_t *)q)[c * v->channel + i * v->stride] =
                edy_quantize_weight(from[i * v->stride], scale);
    }
    *scales = s;
    return EDY_OK;
}

static edy_status emit_weights(edy_qdq_writer *w, edy_node *n, const layer *l, const float **scales,
                               edy_error *err) {
    const int64_t axis = n->op == EDY_OP_GEMM && !n->trans_b ? 1 : 0;
    edy_value_id ids[3], real;
    edy_status status = weight_constants(w, n, l, ids, scales, err);
    if (!status)
        status = edy_new_value_like(w->g, n->input[EDY_IN_W], "_dq", &real, err);
    if (status)
        return status;
    w->g->value[real].dtype = EDY_F32;
    n->input[EDY_IN_W] = real;
    return emit_quantizer(w, EDY_OP_DEQUANTIZE, ids, axis, real, err);
}

/* s32 bias with scale xs * ws[c], in float32. */
static edy_status emit_bias(edy_qdq_writer *w, edy_node *n, const layer *l, const float *scales,
                            edy_error *err) {
    if (!l->bias)
        return EDY_OK;
    const char *name = w->g->value[n->input[EDY_IN_BIAS]].name;
    const edy_shape row = edy_shape_make(1, (const int64_t[]){(int64_t)l->view.channels});
    edy_value_id ids[3], real;
    void *q, *s, *z;
    edy_status status = constant(w, name, "_q", EDY_S32, row, &ids[0], &q, err);
    if (!status)
        status = constant(w, name, "_scale", EDY_F32, row, &ids[1], &s, err);
    if (!status)
        status = constant(w, name, "_zero_point", EDY_S32, row, &ids[2], &z, err);
    if (!status)
        status = edy_add_named(w->g, name, "_dq", EDY_F32, &real, err);
    if (status)
        return status;
    for (size_t c = 0; c < l->view.channels; c++) {
        const float unit = l->x_scale * scales[c];
        ((float *)s)[c] = unit;
        ((int32_t *)q)[c] = (int32_t)nearbyint((double)layer_bias(l, c) / (double)unit);
    }
    n->input[EDY_IN_BIAS] = real;
    return emit_quantizer(w, EDY_OP_DEQUANTIZE, ids, 0, real, err);
}

edy_status edy_qdq_layer_operands(edy_qdq_writer *w, edy_node *n, edy_error *err) {
    layer l = {0};
    const float *scales = NULL;
    edy_status status = read_layer(w, n, &l, err);
    if (!status)
        status = emit_weights(w, n, &l, &scales, err);
    if (!status)
        status = emit_bias(w, n, &l, scales, err);
    return status;
}
