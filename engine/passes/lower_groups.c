/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* DequantizeLinear(s) -> operator -> [Relu, Clip] -> QuantizeLinear to one integer node.
 *
 * The quantizers of a group disappear from it; a DequantizeLinear that others read stays for
 * them. */
#include <math.h>

#include "engine/passes/lower.h"
#include "engine/passes/rewrite.h"

/* What follows the operator: clamps that only it feeds, then the only reader, a QuantizeLinear. */
typedef struct tail {
    int32_t quantizer; /* node index, -1: none */
    edy_node clamp;    /* the clamps' bounds composed */
} tail;

static tail find_tail(const edy_graph *g, const edy_node *n) {
    tail t = {.quantizer = -1, .clamp = *n};
    edy_value_id v = n->output[0];
    for (;;) {
        const int32_t reader = edy_graph_consumer(g, v);
        if (reader < 0)
            return t;
        const edy_node *r = &g->node[reader];
        if (r->op == EDY_OP_QUANTIZE) {
            if (g->value[r->output[0]].quant.count == 1)
                t.quantizer = reader;
            return t;
        }
        if (r->op != EDY_OP_RELU && r->op != EDY_OP_CLIP)
            return t;
        edy_clamp_after(&t.clamp, r->act_min, r->act_max);
        v = r->output[0];
    }
}

/* The integer tensor behind input i of n, which a DequantizeLinear makes; else EDY_NO_VALUE. */
static edy_value_id behind(const edy_graph *g, const edy_node *n, int32_t i) {
    if (i >= n->n_inputs || n->input[i] == EDY_NO_VALUE)
        return EDY_NO_VALUE;
    const int32_t p = edy_graph_producer(g, n->input[i]);
    return p >= 0 && g->node[p].op == EDY_OP_DEQUANTIZE ? g->node[p].input[0] : EDY_NO_VALUE;
}

/* As behind, for an activation with one scale. */
static edy_value_id activation_behind(const edy_graph *g, const edy_node *n, int32_t i) {
    const edy_value_id v = behind(g, n, i);
    const bool fits =
        v != EDY_NO_VALUE && g->value[v].dtype == EDY_S8 && g->value[v].quant.count == 1;
    return fits ? v : EDY_NO_VALUE;
}

static bool same_sign(const edy_graph *g, edy_value_id a, edy_value_id b) {
    return g->value[a].quant.was_u8 == g->value[b].quant.was_u8;
}

/* The operator's output becomes that of the quantizer, with the clamps inside; clamps and quantizer
 * go. */
static void close_group(edy_graph *g, int32_t index, const tail *t) {
    const edy_value_id end = g->node[t->quantizer].output[0];
    int32_t last = t->quantizer;
    while (last > index) {
        const edy_value_id fed = g->node[last].input[0];
        edy_graph_remove_node(g, last);
        last = edy_graph_producer(g, fed);
    }
    edy_node *n = &g->node[index];
    n->output[0] = end;
    n->act_min = t->clamp.act_min;
    n->act_max = t->clamp.act_max;
    n->rule = EDY_RULE_ONNX;
}

/* ---- Conv and Gemm --------------------------------------------------------------------------- */

static int64_t output_channels(const edy_graph *g, const edy_node *n) {
    const edy_shape *w = &g->value[n->input[EDY_IN_W]].shape;
    return n->op == EDY_OP_GEMM && !n->trans_b ? w->dim[1] : w->dim[0];
}

/* A Gemm that is y = A * B' + C, or a Conv; both with weights of the right rank. */
static bool is_plain_product(const edy_graph *g, const edy_node *n) {
    const edy_shape *x = &g->value[n->input[EDY_IN_X]].shape;
    const edy_shape *w = &g->value[n->input[EDY_IN_W]].shape;
    if (n->op == EDY_OP_CONV)
        return w->rank == 4 && edy_node_residual(n) == EDY_NO_VALUE;
    const bool bias = edy_node_bias(n) != EDY_NO_VALUE;
    return x->rank == 2 && w->rank == 2 && !n->trans_a && n->alpha == 1.0f &&
           (!bias || n->beta == 1.0f);
}

/* One scale, or one for each output channel along the axis that holds them. */
static bool scales_fit(const edy_graph *g, const edy_node *n, edy_value_id w) {
    const edy_quant *q = &g->value[w].quant;
    const int32_t axis = n->op == EDY_OP_GEMM && !n->trans_b ? 1 : 0;
    return q->count == 1 || (q->axis == axis && q->count == (uint32_t)output_channels(g, n));
}

typedef struct product {
    edy_value_id x, w;
    size_t channels;
} product;

static float bias_scale(const edy_graph *g, const product *p, size_t channel) {
    const edy_quant *w = &g->value[p->w].quant;
    return g->value[p->x].quant.scale[0] * w->scale[w->count == 1 ? 0 : channel];
}

/* An s32 bias counts in units of xs * ws[c]. ONNX Runtime takes the integers whatever scale the
 * file states; here it must be that one, up to rounding: else the group stays float. */
static bool bias_scale_fits(const edy_graph *g, const product *p, const edy_value *bias) {
    const size_t elems = edy_shape_count(&bias->shape);
    for (size_t c = 0; c < p->channels; c++) {
        const size_t i = elems == 1 ? 0 : c;
        const edy_quant_pair stated = edy_quant_at(&bias->quant, &bias->shape, i);
        const float expected = bias_scale(g, p, c);
        if (stated.zero_point != 0 || fabsf(stated.scale - expected) > 1e-5f * expected)
            return false;
    }
    return true;
}

/* rne(b / (xs * ws[c])) in float32 into out[channels]: what ONNX Runtime makes of a float bias
 * (weight_bias_quantization.cc). False where it does not fit in int32. */
static bool quantize_bias(const edy_graph *g, const product *p, const float *bias, size_t elems,
                          int32_t *out) {
    for (size_t c = 0; c < p->channels; c++) {
        const float units = bias[elems == 1 ? 0 : c] / bias_scale(g, p, c);
        if (!(fabsf(units) < 2147483648.0f))
            return false;
        out[c] = edy_rne(units);
    }
    return true;
}

/* The integer bias of the product into *bias (EDY_NO_VALUE where there is none), one a channel.
 * *fits is false where it has none that means the same. */
static edy_status integer_bias(edy_graph *g, const edy_node *n, const product *p,
                               edy_value_id *bias, bool *fits, edy_error *err) {
    *fits = true;
    *bias = EDY_NO_VALUE;
    const edy_value_id given = edy_node_bias(n);
    if (given == EDY_NO_VALUE)
        return EDY_OK;
    const edy_value_id quantized = behind(g, n, EDY_IN_BIAS);
    edy_node probe = *n;
    probe.input[EDY_IN_BIAS] = quantized == EDY_NO_VALUE ? given : quantized;
    const edy_value source = g->value[probe.input[EDY_IN_BIAS]];
    const edy_dtype dtype = quantized == EDY_NO_VALUE ? EDY_F32 : EDY_S32;
    *fits = edy_bias_is_row(g, &probe, dtype, p->channels) &&
            (dtype == EDY_F32 || bias_scale_fits(g, p, &source));
    if (!*fits)
        return EDY_OK;
    const edy_shape shape = edy_shape_make(1, (const int64_t[]){(int64_t)p->channels});
    const size_t elems = edy_shape_count(&source.shape);
    void *data;
    const edy_status status =
        edy_new_constant(g, source.name, "_s32", EDY_S32, &shape, bias, &data, err);
    if (status)
        return status;
    int32_t *integers = data;
    if (dtype == EDY_F32)
        *fits = quantize_bias(g, p, source.data, elems, integers);
    for (size_t c = 0; c < p->channels && dtype == EDY_S32; c++)
        integers[c] = ((const int32_t *)source.data)[elems == 1 ? 0 : c];
    return EDY_OK;
}

static edy_status lower_product(edy_graph *g, int32_t index, edy_error *err) {
    const edy_node n = g->node[index];
    const product p = {
        .x = activation_behind(g, &n, EDY_IN_X), .w = behind(g, &n, EDY_IN_W), .channels = 0};
    if (p.x == EDY_NO_VALUE || p.w == EDY_NO_VALUE || !g->value[p.w].data ||
        g->value[p.w].dtype != EDY_S8 || !is_plain_product(g, &n) || !scales_fit(g, &n, p.w))
        return EDY_OK;
    const tail t = find_tail(g, &n);
    if (t.quantizer < 0)
        return EDY_OK;
    const edy_value_id y = g->node[t.quantizer].output[0];
    const bool signed_x = !g->value[p.x].quant.was_u8;
    if (!same_sign(g, p.x, y) || (signed_x && g->value[p.w].quant.was_u8))
        return EDY_OK;
    const product full = {p.x, p.w, (size_t)output_channels(g, &n)};
    edy_value_id bias;
    bool fits;
    const edy_status status = integer_bias(g, &n, &full, &bias, &fits, err);
    if (status || !fits)
        return status;
    edy_node *m = &g->node[index];
    m->input[EDY_IN_X] = p.x;
    m->input[EDY_IN_W] = p.w;
    m->input[EDY_IN_BIAS] = bias;
    m->n_inputs = EDY_IN_BIAS + 1;
    close_group(g, index, &t);
    return EDY_OK;
}

/* ---- The others ------------------------------------------------------------------------------ */

/* Add and Mul of two quantized tensors, one of which may be a constant: it goes second. (The sum's
 * rounding depends on the order; ONNX Runtime, too, lets the operand that is spread come
 * second.) */
static void lower_binary(edy_graph *g, int32_t index) {
    const edy_node n = g->node[index];
    const edy_value_id a = activation_behind(g, &n, 0), b = activation_behind(g, &n, 1);
    if (a == EDY_NO_VALUE || b == EDY_NO_VALUE || !same_sign(g, a, b))
        return;
    const tail t = find_tail(g, &n);
    if (t.quantizer < 0 || !same_sign(g, a, g->node[t.quantizer].output[0]))
        return;
    const bool swap = g->value[a].data && !g->value[b].data;
    g->node[index].input[0] = swap ? b : a;
    g->node[index].input[1] = swap ? a : b;
    close_group(g, index, &t);
}

/* A Concat of quantized tensors: each input is moved to the output's scale by a table. */
static void lower_concat(edy_graph *g, int32_t index) {
    const edy_node n = g->node[index];
    const edy_value_id first = activation_behind(g, &n, 0);
    for (int32_t i = 0; i < n.n_inputs; i++) {
        const edy_value_id x = activation_behind(g, &n, i);
        if (x == EDY_NO_VALUE || !same_sign(g, x, first))
            return;
    }
    const tail t = find_tail(g, &n);
    if (t.quantizer < 0 || !same_sign(g, first, g->node[t.quantizer].output[0]))
        return;
    for (int32_t i = 0; i < n.n_inputs; i++)
        g->node[index].input[i] = activation_behind(g, &n, i);
    close_group(g, index, &t);
}

/* Pools that compute: input and output have scales of their own. */
static void lower_mean(edy_graph *g, int32_t index) {
    const edy_node n = g->node[index];
    const edy_value_id x = activation_behind(g, &n, 0);
    if (x == EDY_NO_VALUE)
        return;
    const tail t = find_tail(g, &n);
    if (t.quantizer < 0 || !same_sign(g, x, g->node[t.quantizer].output[0]))
        return;
    g->node[index].input[0] = x;
    close_group(g, index, &t);
}

/* Operators whose result is some of their inputs' values (or real zero): integer where the scale
 * stays the same. Relu, Clip and LeakyRelu are a table of 256 entries, so their scales may
 * differ. */
static void lower_choice(edy_graph *g, int32_t index) {
    const edy_node n = g->node[index];
    const edy_value_id x = activation_behind(g, &n, 0);
    if (x == EDY_NO_VALUE)
        return;
    const tail t = find_tail(g, &n);
    if (t.quantizer < 0)
        return;
    const edy_value_id y = g->node[t.quantizer].output[0];
    const bool table = n.op == EDY_OP_RELU || n.op == EDY_OP_CLIP || n.op == EDY_OP_LEAKYRELU ||
                       n.op == EDY_OP_UNARY;
    const bool clamps = table || n.op == EDY_OP_MAXPOOL;
    if ((!table && !edy_quant_same(&g->value[x].quant, &g->value[y].quant)) ||
        (!clamps && edy_has_clamp(&t.clamp)))
        return;
    g->node[index].input[0] = x;
    close_group(g, index, &t);
}

edy_status edy_lower_groups(edy_graph *g, edy_error *err) {
    edy_status status = EDY_OK;
    for (int32_t i = 0; !status && i < g->n_nodes; i++) {
        switch (g->node[i].op) {
        case EDY_OP_CONV:
        case EDY_OP_GEMM:
            status = lower_product(g, i, err);
            break;
        case EDY_OP_ADD:
        case EDY_OP_MUL:
            lower_binary(g, i);
            break;
        case EDY_OP_CONCAT:
            lower_concat(g, i);
            break;
        case EDY_OP_AVGPOOL:
        case EDY_OP_GLOBALAVGPOOL:
            lower_mean(g, i);
            break;
        case EDY_OP_MAXPOOL:
        case EDY_OP_RESHAPE:
        case EDY_OP_TRANSPOSE:
        case EDY_OP_SLICE:
        case EDY_OP_TILE:
        case EDY_OP_EXPAND:
        case EDY_OP_PAD:
        case EDY_OP_DEPTHTOSPACE:
        case EDY_OP_SPACETODEPTH:
        case EDY_OP_RELU:
        case EDY_OP_CLIP:
        case EDY_OP_LEAKYRELU:
        case EDY_OP_UNARY:
            lower_choice(g, i);
            break;
        case EDY_OP_RESIZE:
            if (g->node[i].resize.mode == EDY_RESIZE_NEAREST)
                lower_choice(g, i);
            break;
        default:
            break;
        }
    }
    return status;
}
