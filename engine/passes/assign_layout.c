/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Which rank-4 tensors lie in memory as NHWC.
 *
 * One sweep in run order. Convolutions and pools work on NHWC; elementwise operators, reductions,
 * those that move elements along an axis (Pad, Concat, Slice ...) and those that are written for
 * both (Resize, DepthToSpace, LRN, InstanceNormalization) take the layout of what they are fed
 * (NHWC where it is mixed); all others see the model's axes and need plain order. A tensor that is
 * wanted in its other layout gets one LAYOUT copy,
 * before the first reader, shared by all.
 * No copy is made where both orders are the same bytes (one channel, or one pixel): the tensor is
 * only marked. Graph inputs and outputs are plain.
 *
 * Three cases need no copy although the orders differ:
 *   - a Reshape to [N, C*H*W] that only a Gemm with constant weights reads: its rows come out in
 *     (h, w, c) order and the weights are permuted to match;
 *   - a Transpose to (0, 2, 3, 1) of an NHWC tensor, and to (0, 3, 1, 2) of a plain one that feeds
 *     a convolution or an elementwise operator: the bytes stay, only the shape changes.
 *
 * Constants of operators that broadcast are never NHWC: they stay in the model's order, and the
 * operator spreads them over its input's layout. */
#include <stdio.h>
#include <string.h>

#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

/* n_perm of a Reshape whose two sides were given different orders on purpose; n_perm means nothing
 * else in a Reshape. The pass leaves such a node alone when it is run again. */
enum { SETTLED = 4 };

static bool is_sensitive(edy_op_kind op) {
    return op == EDY_OP_CONV || op == EDY_OP_MAXPOOL || op == EDY_OP_AVGPOOL ||
           op == EDY_OP_GLOBALAVGPOOL;
}

/* Written for both layouts. */
static bool is_spatial(edy_op_kind op) {
    return op == EDY_OP_LRN || op == EDY_OP_INSTANCENORM || op == EDY_OP_DEPTHTOSPACE ||
           op == EDY_OP_SPACETODEPTH || op == EDY_OP_RESIZE;
}

/* Takes the layout of what it is fed. */
static bool follows_input(const edy_graph *g, const edy_node *n) {
    switch (n->op) {
    case EDY_OP_RELU:
    case EDY_OP_CLIP:
    case EDY_OP_LEAKYRELU:
    case EDY_OP_ADD:
    case EDY_OP_MUL:
    case EDY_OP_QUANTIZE:
    case EDY_OP_DEQUANTIZE:
    case EDY_OP_PAD:
    case EDY_OP_CONCAT:
    case EDY_OP_UNARY:
    case EDY_OP_BINARY:
    case EDY_OP_WHERE:
    case EDY_OP_CAST:
    case EDY_OP_SLICE:
    case EDY_OP_TILE:
    case EDY_OP_REDUCE:
        return true;
    case EDY_OP_EXPAND: /* one that adds axes is not */
        return g->value[n->input[0]].shape.rank == g->value[n->output[0]].shape.rank;
    default:
        return is_spatial(n->op);
    }
}

/* Operators that read constants by the model's axes, whatever layout the others have. */
static bool spreads_constants(edy_op_kind op) {
    return op == EDY_OP_ADD || op == EDY_OP_MUL || op == EDY_OP_BINARY || op == EDY_OP_WHERE;
}

static bool is_rank4(const edy_graph *g, edy_value_id v) {
    return v != EDY_NO_VALUE && g->value[v].shape.rank == 4;
}

/* Both layouts are the same bytes. */
static bool orders_agree(const edy_value *v) {
    return v->shape.dim[1] == 1 || v->shape.dim[2] * v->shape.dim[3] == 1;
}

/* True where input i of n is an activation whose layout matters to n: not weights, not a constant
 * that the operator spreads. */
static bool is_operand(const edy_graph *g, const edy_node *n, int32_t i) {
    if (!is_rank4(g, n->input[i]))
        return false;
    if (n->op == EDY_OP_CONV || n->op == EDY_OP_GEMM)
        return i == EDY_IN_X || i == EDY_IN_RESIDUAL;
    return !(spreads_constants(n->op) && g->value[n->input[i]].data);
}

/* Adds the copy of v in the other layout before node `at`. */
static edy_status add_copy(edy_graph *g, edy_value_id v, int32_t at, edy_value_id *out,
                           edy_error *err) {
    const edy_layout layout =
        g->value[v].layout == EDY_LAYOUT_NHWC ? EDY_LAYOUT_PLAIN : EDY_LAYOUT_NHWC;
    edy_status status =
        edy_new_value_like(g, v, layout == EDY_LAYOUT_NHWC ? "_nhwc" : "_nchw", out, err);
    if (status)
        return status;
    g->value[*out].layout = layout;
    edy_node copy;
    status = edy_new_node(g, EDY_OP_LAYOUT, g->value[*out].name, v, *out, &copy, err);
    return status ? status : edy_graph_insert_node(g, at, &copy, err);
}

/* v in that layout, for the node at *at, which moves down where a copy has to be inserted. */
static edy_status in_layout(edy_graph *g, edy_value_id v, edy_layout layout, int32_t *at,
                            edy_value_id *out, edy_error *err) {
    *out = v;
    if (g->value[v].layout == layout)
        return EDY_OK;
    if (orders_agree(&g->value[v])) {
        if (layout == EDY_LAYOUT_NHWC && !g->value[v].data)
            g->value[v].layout = layout;
        return EDY_OK;
    }
    for (int32_t i = 0; i < *at; i++)
        if (g->node[i].op == EDY_OP_LAYOUT && g->node[i].input[0] == v) {
            *out = g->node[i].output[0];
            return EDY_OK;
        }
    const edy_status status = add_copy(g, v, *at, out, err);
    *at += status == EDY_OK;
    return status;
}

static edy_status set_operands(edy_graph *g, int32_t *index, edy_layout layout, edy_error *err) {
    for (int32_t i = 0; i < g->node[*index].n_inputs; i++) {
        if (!is_operand(g, &g->node[*index], i))
            continue;
        edy_value_id v;
        const edy_status status = in_layout(g, g->node[*index].input[i], layout, index, &v, err);
        if (status)
            return status;
        g->node[*index].input[i] = v;
    }
    return EDY_OK;
}

/* ---- Copies that are not needed -------------------------------------------------------------- */

/* Node `index` is a Reshape from NHWC to rows, read through elementwise nodes by one Gemm with
 * constant weights and nobody else: the Gemm's index, else -1. */
static int32_t gemm_after_flatten(const edy_graph *g, int32_t index) {
    const edy_node *n = &g->node[index];
    const edy_shape *x = &g->value[n->input[0]].shape, *y = &g->value[n->output[0]].shape;
    if (n->op != EDY_OP_RESHAPE || x->rank != 4 || y->rank != 2 || y->dim[0] != x->dim[0])
        return -1;
    edy_value_id v = n->output[0];
    for (;;) {
        const int32_t reader = edy_graph_consumer(g, v);
        if (reader < 0)
            return -1;
        const edy_node *r = &g->node[reader];
        const bool unary = r->op == EDY_OP_RELU || r->op == EDY_OP_CLIP ||
                           r->op == EDY_OP_LEAKYRELU || r->op == EDY_OP_QUANTIZE ||
                           r->op == EDY_OP_DEQUANTIZE || r->op == EDY_OP_UNARY;
        if (r->op == EDY_OP_GEMM && r->input[EDY_IN_X] == v) {
            const edy_value *w = &g->value[r->input[EDY_IN_W]];
            const bool fits = w->data && w->shape.rank == 2 && !r->trans_a;
            return fits ? reader : -1;
        }
        if (!unary)
            return -1;
        v = r->output[0];
    }
}

/* New weights for a Gemm whose input elements come in (h, w, c) instead of (c, h, w) order. */
static edy_status permute_weights(edy_graph *g, int32_t gemm, const edy_shape *image,
                                  edy_error *err) {
    const edy_value old = g->value[g->node[gemm].input[EDY_IN_W]];
    const bool by_row = g->node[gemm].trans_b; /* [N][K]: a row holds one output's weights */
    const size_t c = (size_t)image->dim[1], hw = (size_t)(image->dim[2] * image->dim[3]);
    const size_t k = c * hw, n = edy_shape_count(&old.shape) / k;
    const size_t bytes = edy_dtype_bytes(old.dtype);
    edy_value_id id;
    void *data;
    const edy_status status =
        edy_new_constant(g, old.name, "_hwc", old.dtype, &old.shape, &id, &data, err);
    if (status)
        return status;
    g->value[id].quant = old.quant; /* its axis is that of the outputs, which stay in place */
    for (size_t to = 0; to < k; to++) {
        const size_t from = to % c * hw + to / c;
        for (size_t i = 0; i < n; i++) {
            const size_t a = by_row ? i * k + to : to * n + i;
            const size_t b = by_row ? i * k + from : from * n + i;
            memcpy((char *)data + a * bytes, (const char *)old.data + b * bytes, bytes);
        }
    }
    g->node[gemm].input[EDY_IN_W] = id;
    return EDY_OK;
}

/* The rows are no longer what the model calls by this name. */
static edy_status mark_permuted(edy_graph *g, edy_value_id v, edy_error *err) {
    char name[512];
    snprintf(name, sizeof name, "%s (h,w,c order)", g->value[v].name);
    const char *copy = edy_region_string(&g->region, name);
    if (!copy)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for a name");
    g->value[v].name = copy;
    return EDY_OK;
}

static edy_status flatten_in_place(edy_graph *g, int32_t index, int32_t gemm, edy_error *err) {
    const edy_shape image = g->value[g->node[index].input[0]].shape;
    edy_status status = permute_weights(g, gemm, &image, err);
    g->node[index].n_perm = SETTLED;
    for (int32_t i = index; !status && i != gemm; i = edy_graph_consumer(g, g->node[i].output[0]))
        status = mark_permuted(g, g->node[i].output[0], err);
    return status;
}

/* Somebody works on v in NHWC, or in any order. */
static bool may_be_nhwc(const edy_graph *g, edy_value_id v) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const bool takes = is_sensitive(g->node[i].op) || follows_input(g, &g->node[i]);
        for (int32_t j = 0; takes && j < g->node[i].n_inputs; j++)
            if (g->node[i].input[j] == v)
                return true;
    }
    return false;
}

static bool has_perm(const edy_node *n, int64_t h, int64_t w, int64_t last) {
    return n->n_perm == 4 && n->perm[0] == 0 && n->perm[1] == h && n->perm[2] == w &&
           n->perm[3] == last;
}

/* A Transpose between NCHW and NHWC axes that leaves the bytes where they are becomes a Reshape. */
static bool transpose_in_place(edy_graph *g, edy_node *n) {
    const edy_value *x = &g->value[n->input[0]];
    edy_value *y = &g->value[n->output[0]];
    if (n->op != EDY_OP_TRANSPOSE || x->shape.rank != 4)
        return false;
    const bool to_plain = has_perm(n, 2, 3, 1) && x->layout == EDY_LAYOUT_NHWC;
    const bool to_nhwc =
        has_perm(n, 3, 1, 2) && x->layout == EDY_LAYOUT_PLAIN && may_be_nhwc(g, n->output[0]);
    if (!to_plain && !to_nhwc)
        return false;
    n->op = EDY_OP_RESHAPE; /* n_perm stays SETTLED */
    n->n_target = 4;
    n->target[0] = 0;
    for (int32_t i = 1; i < 4; i++)
        n->target[i] = y->shape.dim[i];
    y->layout = to_nhwc ? EDY_LAYOUT_NHWC : EDY_LAYOUT_PLAIN;
    return true;
}

/* ---- The sweep ------------------------------------------------------------------------------- */

static bool any_operand_nhwc(const edy_graph *g, const edy_node *n) {
    for (int32_t i = 0; i < n->n_inputs; i++)
        if (is_operand(g, n, i) && g->value[n->input[i]].layout == EDY_LAYOUT_NHWC)
            return true;
    return false;
}

static edy_status assign_node(edy_graph *g, int32_t *index, edy_error *err) {
    edy_node *n = &g->node[*index];
    const bool settled = n->op == EDY_OP_RESHAPE && n->n_perm == SETTLED;
    if (n->op == EDY_OP_LAYOUT || settled || transpose_in_place(g, n))
        return EDY_OK;
    edy_layout layout = EDY_LAYOUT_PLAIN;
    if (is_sensitive(n->op) || (follows_input(g, n) && any_operand_nhwc(g, n)))
        layout = EDY_LAYOUT_NHWC;
    if (is_rank4(g, n->output[0]))
        g->value[n->output[0]].layout = layout;
    if (n->op == EDY_OP_RESHAPE && is_rank4(g, n->input[0])) {
        const edy_value *x = &g->value[n->input[0]];
        const int32_t gemm =
            x->layout == EDY_LAYOUT_NHWC && !orders_agree(x) ? gemm_after_flatten(g, *index) : -1;
        if (gemm >= 0)
            return flatten_in_place(g, *index, gemm, err);
        if (is_rank4(g, n->output[0]) &&
            edy_shape_equal(&x->shape, &g->value[n->output[0]].shape)) {
            g->value[n->output[0]].layout = x->layout; /* a second name for the same tensor */
            return EDY_OK;
        }
    }
    return set_operands(g, index, layout, err);
}

/* Outputs are plain: the copy takes the model's name. */
static edy_status plain_outputs(edy_graph *g, edy_error *err) {
    for (int32_t i = 0; i < g->n_outputs; i++) {
        const edy_value_id v = g->output[i];
        if (!is_rank4(g, v) || g->value[v].layout == EDY_LAYOUT_PLAIN || orders_agree(&g->value[v]))
            continue;
        int32_t at = g->n_nodes;
        edy_value_id plain;
        const edy_status status = in_layout(g, v, EDY_LAYOUT_PLAIN, &at, &plain, err);
        if (status)
            return status;
        g->output[i] = plain;
        const char *name = g->value[v].name;
        g->value[v].name = g->value[plain].name;
        g->value[plain].name = name;
    }
    return EDY_OK;
}

edy_status edy_pass_assign_layout(edy_graph *g, edy_error *err) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_status status = assign_node(g, &i, err);
        if (status)
            return status;
    }
    const edy_status status = plain_outputs(g, err);
    return status ? status : edy_graph_infer(g, err);
}
