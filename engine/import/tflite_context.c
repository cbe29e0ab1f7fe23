/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/tflite_context.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/ops/op.h"

edy_status edy_tflite_fail(edy_tflite *c, edy_status code, const char *format, ...) {
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return edy_fail(c->err, code, "%.200s: %s", c->file, text);
}

edy_status edy_tflite_op_fail(edy_tflite *c, edy_status code, const char *format, ...) {
    char text[260];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (c->op_index < 0)
        return edy_tflite_fail(c, code, "%s", text);
    return edy_tflite_fail(c, code, "operator %d (%.40s, version %d): %s", c->op_index, c->op_name,
                           c->op_version, text);
}

edy_status edy_tflite_check(edy_tflite *c) {
    return c->fb.status ? edy_tflite_op_fail(c, c->fb.status, "%s", c->fb.error.message) : EDY_OK;
}

/* ---- Operands -------------------------------------------------------------------------------- */

bool edy_tflite_has_input(const edy_tflite *c, uint32_t i) {
    return i < c->inputs.count && edy_fb_vec_i32(&c->inputs, i) != -1;
}

edy_status edy_tflite_input(edy_tflite *c, uint32_t i, edy_tflite_tensor *t) {
    if (!edy_tflite_has_input(c, i))
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "input %" PRIu32 " is missing", i);
    return edy_tflite_tensor_at(c, edy_fb_vec_i32(&c->inputs, i), t);
}

edy_status edy_tflite_output(edy_tflite *c, edy_tflite_tensor *t) {
    if (c->outputs.count != 1)
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "it has %" PRIu32 " outputs, not 1",
                                  c->outputs.count);
    return edy_tflite_tensor_at(c, edy_fb_vec_i32(&c->outputs, 0), t);
}

edy_status edy_tflite_expect_options(edy_tflite *c, uint8_t type) {
    if (c->options_type == type || (c->options_type == 0 && c->options.at == 0))
        return EDY_OK;
    return edy_tflite_op_fail(c, EDY_BAD_FILE, "builtin_options_type is %u, not %u",
                              (unsigned)c->options_type, (unsigned)type);
}

bool edy_tflite_is_image(const edy_tflite *c, const edy_tflite_tensor *t) {
    const edy_tflite_slot *s = &c->slot[t->index];
    return s->value[EDY_AXES_OWN] == EDY_NO_VALUE && s->value[EDY_AXES_NCHW] != EDY_NO_VALUE;
}

/* File axes that the axes of [N, C, H, W] are, and the other way round. */
static const int32_t to_nchw[4] = {0, 3, 1, 2}, to_own[4] = {0, 2, 3, 1};

static edy_status constant_value(edy_tflite *c, const edy_tflite_tensor *t, edy_tflite_axes axes,
                                 edy_value_id *id) {
    edy_tflite_order order = {.rank = axes == EDY_AXES_NCHW ? 4 : t->shape.rank};
    if (t->shape.rank > order.rank)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                  "tensor %d \"%.60s\" of %d dimensions beside an image", t->index,
                                  t->name, t->shape.rank);
    for (int32_t i = 0; i < order.rank; i++)
        order.perm[i] = axes == EDY_AXES_NCHW ? to_nchw[i] : i;
    return edy_tflite_constant(c, t, &order, false, id);
}

/* A Transpose of the value that there is. */
static edy_status transposed(edy_tflite *c, const edy_tflite_tensor *t, edy_tflite_axes axes,
                             edy_value_id *id) {
    const edy_tflite_axes other = axes == EDY_AXES_OWN ? EDY_AXES_NCHW : EDY_AXES_OWN;
    const edy_value_id from = c->slot[t->index].value[other];
    if (from == EDY_NO_VALUE)
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "nothing before it makes tensor %d \"%.60s\"",
                                  t->index, t->name);
    const edy_shape *shape = &c->graph->value[from].shape;
    if (shape->rank != 4)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                  "tensor %d \"%.60s\" has %d dimensions, an image has 4", t->index,
                                  t->name, shape->rank);
    char name[1024];
    edy_tflite_name(c, t, axes == EDY_AXES_OWN ? " (n,h,w,c)" : " (n,c,h,w)", name, sizeof name);
    int32_t index;
    edy_graph *g = c->graph;
    if (edy_graph_add_value(g, name, g->value[from].dtype, id, NULL) ||
        edy_graph_add_node(g, EDY_OP_TRANSPOSE, name, &index, NULL))
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    edy_node *n = &g->node[index];
    n->n_inputs = n->n_outputs = 1;
    n->input[0] = from;
    n->output[0] = *id;
    n->n_perm = 4;
    for (int32_t i = 0; i < 4; i++)
        n->perm[i] = axes == EDY_AXES_OWN ? to_own[i] : to_nchw[i];
    g->value[*id].quant = g->value[from].quant;
    edy_error inner = {0};
    const edy_status status = edy_op_get(n->op)->infer(g, n, &inner);
    g->value[*id].shape_known = true;
    return status ? edy_tflite_op_fail(c, status, "%s", inner.message) : EDY_OK;
}

edy_status edy_tflite_value(edy_tflite *c, const edy_tflite_tensor *t, edy_tflite_axes axes,
                            edy_value_id *id) {
    edy_value_id *known = &c->slot[t->index].value[axes];
    *id = *known;
    if (*id != EDY_NO_VALUE)
        return EDY_OK;
    const edy_status status = t->data ? constant_value(c, t, axes, id) : transposed(c, t, axes, id);
    *known = status ? EDY_NO_VALUE : *id;
    return status;
}

/* ---- Results --------------------------------------------------------------------------------- */

edy_status edy_tflite_begin(edy_tflite *c, edy_op_kind op, const edy_value_id *input,
                            int32_t n_inputs, edy_node **n) {
    int32_t index;
    if (edy_graph_add_node(c->graph, op, c->node_name, &index, NULL))
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    *n = &c->graph->node[index];
    (*n)->n_inputs = n_inputs;
    for (int32_t i = 0; i < n_inputs; i++)
        (*n)->input[i] = input[i];
    return EDY_OK;
}

edy_status edy_tflite_rule(edy_tflite *c, edy_node *n) {
    for (int32_t i = 0; i < n->n_inputs; i++) {
        const edy_value_id v = n->input[i];
        if (v == EDY_NO_VALUE || c->graph->value[v].dtype != EDY_S8)
            continue;
        n->rule = EDY_RULE_TFLITE;
        if (c->graph->value[v].quant.was_u8)
            return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                      "tensor \"%.60s\" is UINT8, which only QUANTIZE and "
                                      "DEQUANTIZE read",
                                      c->graph->value[v].name);
    }
    return EDY_OK;
}

edy_status edy_tflite_activation(edy_tflite *c, int8_t type, edy_node *n) {
    switch (type) {
    case 0: /* NONE */
        return EDY_OK;
    case 1: /* RELU */
        n->act_min = 0.0f;
        return EDY_OK;
    case 2: /* RELU_N1_TO_1 */
        n->act_min = -1.0f;
        n->act_max = 1.0f;
        return EDY_OK;
    case 3: /* RELU6 */
        n->act_min = 0.0f;
        n->act_max = 6.0f;
        return EDY_OK;
    case 4:
    case 5:
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "fused activation %s",
                                  type == 4 ? "TANH" : "SIGN_BIT");
    default:
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "fused activation %d", type);
    }
}

static edy_status check_bytes(edy_tflite *c, const edy_value *v) {
    size_t elems = 0, bytes = 0;
    edy_error inner;
    const edy_status status = edy_shape_elems(&v->shape, &elems, &inner);
    if (status)
        return edy_tflite_op_fail(c, status, "tensor \"%.60s\": %s", v->name, inner.message);
    if (__builtin_mul_overflow(elems, edy_dtype_bytes(v->dtype), &bytes) ||
        bytes > c->limits->tensor_bytes)
        return edy_tflite_op_fail(c, EDY_LIMIT,
                                  "tensor \"%.60s\" needs more than the limit of %" PRIu64 " bytes",
                                  v->name, c->limits->tensor_bytes);
    return EDY_OK;
}

/* The last node's output becomes *id. */
static edy_status add_output(edy_tflite *c, const char *name, edy_dtype dtype, const edy_quant *q,
                             edy_value_id *id) {
    edy_graph *g = c->graph;
    if (edy_graph_add_value(g, name, dtype, id, NULL))
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    g->value[*id].quant = *q;
    edy_node *n = &g->node[g->n_nodes - 1];
    n->n_outputs = 1;
    n->output[0] = *id;
    edy_error inner = {0};
    const edy_status status = edy_op_get(n->op)->infer(g, n, &inner);
    if (status)
        return edy_tflite_op_fail(c, status, "%s", inner.message);
    g->value[*id].shape_known = true;
    return check_bytes(c, &g->value[*id]);
}

edy_status edy_tflite_finish_part(edy_tflite *c, const char *suffix, const edy_quant *q,
                                  edy_value_id *id) {
    edy_tflite_tensor t;
    const edy_status status = edy_tflite_output(c, &t);
    if (status)
        return status;
    char name[1024];
    edy_tflite_name(c, &t, suffix, name, sizeof name);
    return add_output(c, name, q->count ? EDY_S8 : EDY_F32, q, id);
}

/* What the shape rule gives must be what the file says; the batch may differ where it is open. */
static edy_status check_shape(edy_tflite *c, const edy_tflite_tensor *t, const edy_value *v,
                              edy_tflite_axes axes) {
    if (!t->has_shape)
        return EDY_OK;
    edy_shape made = v->shape;
    for (int32_t i = 0; i < 4 && axes == EDY_AXES_NCHW; i++)
        made.dim[i] = v->shape.dim[to_own[i]];
    if (t->any_batch && made.rank == t->shape.rank)
        made.dim[0] = t->shape.dim[0];
    if (edy_shape_equal(&made, &t->shape))
        return EDY_OK;
    char a[96], b[96];
    return edy_tflite_op_fail(c, EDY_BAD_FILE,
                              "tensor %d \"%.60s\" is %s in the file, but the operator makes %s",
                              t->index, t->name, edy_shape_text(&t->shape, a, sizeof a),
                              edy_shape_text(&made, b, sizeof b));
}

edy_status edy_tflite_finish(edy_tflite *c, edy_tflite_axes axes) {
    edy_tflite_tensor t;
    edy_quant q = {0};
    edy_status status = edy_tflite_output(c, &t);
    if (!status && (t.data || c->slot[t.index].value[EDY_AXES_OWN] != EDY_NO_VALUE ||
                    c->slot[t.index].value[EDY_AXES_NCHW] != EDY_NO_VALUE))
        status = edy_tflite_op_fail(c, EDY_BAD_FILE, "tensor %d \"%.60s\" is made twice", t.index,
                                    t.name);
    if (!status && t.dtype != EDY_F32)
        status = edy_tflite_quant(c, &t, &q);
    if (!status && t.dtype != EDY_F32 && q.count != 1)
        status = edy_tflite_op_fail(c, EDY_BAD_FILE,
                                    "tensor %d \"%.60s\" of %s has %" PRIu32 " scales, not 1",
                                    t.index, t.name, edy_dtype_text(t.dtype), q.count);
    if (status)
        return status;
    const edy_dtype dtype = t.dtype == EDY_U8 ? EDY_S8 : t.dtype;
    char name[1024];
    edy_tflite_name(c, &t, "", name, sizeof name);
    edy_value_id id;
    status = add_output(c, name, dtype, &q, &id);
    if (status)
        return status;
    edy_value *v = &c->graph->value[id];
    if (v->dtype != dtype)
        return edy_tflite_op_fail(
            c, EDY_BAD_FILE, "tensor %d \"%.60s\" is %s in the file, but the operator makes %s",
            t.index, t.name, edy_dtype_text(dtype), edy_dtype_text(v->dtype));
    v->file_nhwc = axes == EDY_AXES_NCHW;
    c->slot[t.index].value[axes] = id;
    return check_shape(c, &t, v, axes);
}
