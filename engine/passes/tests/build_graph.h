/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Graphs by hand, for tests: every helper asserts success. Include after cmocka.h. */
#ifndef EDY_BUILD_GRAPH_H
#define EDY_BUILD_GRAPH_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/graph.h"
#include "engine/plan.h"

#define SHAPE(...)                                                                                 \
    edy_shape_make((int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                  \
                   (const int64_t[]){__VA_ARGS__})

static inline edy_graph *bg_new(void) {
    edy_graph *g;
    edy_error err;
    assert_int_equal(edy_graph_create(&g, &err), EDY_OK);
    g->opset = 13;
    return g;
}

static inline edy_value_id bg_value(edy_graph *g, const char *name, edy_dtype dtype) {
    edy_value_id v;
    edy_error err;
    assert_int_equal(edy_graph_add_value(g, name, dtype, &v, &err), EDY_OK);
    return v;
}

static inline void bg_list(edy_value_id **list, int32_t *n, edy_value_id v) {
    *list = realloc(*list, (size_t)(*n + 1) * sizeof **list);
    assert_non_null(*list);
    (*list)[(*n)++] = v;
}

static inline edy_value_id bg_input_of(edy_graph *g, edy_dtype dtype, edy_shape shape) {
    const edy_value_id v = bg_value(g, "x", dtype);
    g->value[v].shape = shape;
    g->value[v].shape_known = true;
    bg_list(&g->input, &g->n_inputs, v);
    return v;
}

static inline edy_value_id bg_input(edy_graph *g, edy_shape shape) {
    return bg_input_of(g, EDY_F32, shape);
}

static inline void bg_output(edy_graph *g, edy_value_id v) {
    bg_list(&g->output, &g->n_outputs, v);
}

static inline edy_value_id bg_const(edy_graph *g, edy_dtype dtype, edy_shape shape,
                                    const void *data) {
    edy_value_id v;
    edy_error err;
    assert_int_equal(edy_graph_add_constant(g, "c", dtype, &shape, data, &v, &err), EDY_OK);
    return v;
}

static inline edy_value_id bg_f32(edy_graph *g, edy_shape shape, const float *data) {
    return bg_const(g, EDY_F32, shape, data);
}

static inline edy_value_id bg_scalar(edy_graph *g, float x) {
    return bg_f32(g, edy_shape_make(0, NULL), &x);
}

/* A node of up to three inputs (EDY_NO_VALUE: absent) and one output, whose id is returned; its
 * index is g->n_nodes - 1. */
static inline edy_value_id bg_node(edy_graph *g, edy_op_kind op, edy_value_id a, edy_value_id b,
                                   edy_value_id c) {
    int32_t i;
    edy_error err;
    char name[64];
    snprintf(name, sizeof name, "%s_%d", edy_op_text(op), g->n_nodes);
    assert_int_equal(edy_graph_add_node(g, op, name, &i, &err), EDY_OK);
    const edy_value_id y = bg_value(g, name, EDY_F32);
    edy_node *n = &g->node[i];
    n->input[0] = a;
    n->input[1] = b;
    n->input[2] = c;
    n->n_inputs = c != EDY_NO_VALUE ? 3 : b != EDY_NO_VALUE ? 2 : 1;
    n->output[0] = y;
    n->n_outputs = 1;
    n->axis = 1;
    return y;
}

static inline edy_node *bg_last(edy_graph *g) {
    return &g->node[g->n_nodes - 1];
}

static inline edy_value_id bg_unary(edy_graph *g, edy_op_kind op, edy_value_id x) {
    return bg_node(g, op, x, EDY_NO_VALUE, EDY_NO_VALUE);
}

static inline edy_value_id bg_clip(edy_graph *g, edy_value_id x, float low, float high) {
    const edy_value_id y =
        bg_unary(g, low == 0.0f && high == INFINITY ? EDY_OP_RELU : EDY_OP_CLIP, x);
    bg_last(g)->act_min = low;
    bg_last(g)->act_max = high;
    return y;
}

static inline edy_value_id bg_conv(edy_graph *g, edy_value_id x, edy_value_id w, edy_value_id b,
                                   int64_t pad, int64_t stride, int64_t groups) {
    const edy_value_id y = bg_node(g, EDY_OP_CONV, x, w, b);
    edy_window *win = &bg_last(g)->window;
    for (int i = 0; i < 4; i++)
        win->pad[i] = pad;
    win->stride[0] = win->stride[1] = stride;
    win->groups = groups;
    return y;
}

static inline edy_value_id bg_batchnorm(edy_graph *g, edy_value_id x, edy_value_id gamma,
                                        edy_value_id beta, edy_value_id mean, edy_value_id var,
                                        float epsilon) {
    const edy_value_id y = bg_node(g, EDY_OP_BATCHNORM, x, gamma, beta);
    edy_node *n = bg_last(g);
    n->input[3] = mean;
    n->input[4] = var;
    n->n_inputs = 5;
    n->epsilon = epsilon;
    return y;
}

static inline edy_value_id bg_reshape(edy_graph *g, edy_value_id x, edy_shape target) {
    const edy_value_id y = bg_unary(g, EDY_OP_RESHAPE, x);
    bg_last(g)->n_target = target.rank;
    memcpy(bg_last(g)->target, target.dim, sizeof target.dim);
    return y;
}

static inline edy_value_id bg_pool(edy_graph *g, edy_op_kind op, edy_value_id x, int64_t kernel,
                                   int64_t stride) {
    const edy_value_id y = bg_unary(g, op, x);
    edy_window *w = &bg_last(g)->window;
    w->kernel[0] = w->kernel[1] = kernel;
    w->stride[0] = w->stride[1] = stride;
    return y;
}

static inline edy_value_id bg_zero_point(edy_graph *g, edy_dtype dtype, int zero) {
    const uint8_t u = (uint8_t)zero;
    const int8_t s = (int8_t)zero;
    return bg_const(g, dtype, edy_shape_make(0, NULL),
                    dtype == EDY_U8 ? (const void *)&u : (const void *)&s);
}

/* QuantizeLinear and DequantizeLinear with one scale; dtype is that of the integer side. */
static inline edy_value_id bg_quantize(edy_graph *g, edy_value_id x, float scale, int zero,
                                       edy_dtype dtype) {
    const edy_value_id s = bg_scalar(g, scale), z = bg_zero_point(g, dtype, zero);
    const edy_value_id y = bg_node(g, EDY_OP_QUANTIZE, x, s, z);
    g->value[y].dtype = dtype;
    return y;
}

static inline edy_value_id bg_dequantize(edy_graph *g, edy_value_id q, float scale, int zero) {
    const edy_value_id s = bg_scalar(g, scale), z = bg_zero_point(g, g->value[q].dtype, zero);
    return bg_node(g, EDY_OP_DEQUANTIZE, q, s, z);
}

/* Both, with the same parameters. */
static inline edy_value_id bg_qdq(edy_graph *g, edy_value_id x, float scale, int zero,
                                  edy_dtype dtype) {
    return bg_dequantize(g, bg_quantize(g, x, scale, zero, dtype), scale, zero);
}

static inline void bg_infer(edy_graph *g) {
    edy_error err = {0};
    if (edy_graph_infer(g, &err))
        fail_msg("%s", err.message);
}

static inline void bg_pass(edy_graph *g, edy_status (*pass)(edy_graph *, edy_error *)) {
    edy_error err = {0};
    if (pass(g, &err))
        fail_msg("%s", err.message);
}

static inline int32_t bg_count(const edy_graph *g, edy_op_kind op) {
    int32_t n = 0;
    for (int32_t i = 0; i < g->n_nodes; i++)
        n += g->node[i].op == op;
    return n;
}

/* The first node of that kind. */
static inline const edy_node *bg_find(const edy_graph *g, edy_op_kind op) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == op)
            return &g->node[i];
    fail_msg("no %s", edy_op_text(op));
    return NULL;
}

/* Seeded numbers in [-1, 1). */
static inline float bg_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (float)((double)(*state >> 40) / (double)(1 << 23) - 1.0);
}

static inline float *bg_random_floats(size_t n, uint64_t seed) {
    float *x = malloc((n + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = bg_random(&seed);
    return x;
}

/* Runs the graph by a plan on the scalar backend: one input; the first output is returned
 * (malloc'ed, *bytes long). */
static inline void *bg_run(const edy_graph *g, const void *input, size_t *bytes) {
    edy_plan *plan;
    edy_error err = {0};
    edy_plan_options options = {0};
    void *out[8] = {NULL};
    assert_int_equal(edy_backend_find("scalar", &options.backend, &err), EDY_OK);
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s", err.message);
    const int32_t n = edy_plan_output_count(plan);
    assert_in_range(n, 1, 8);
    for (int32_t i = 0; i < n; i++) {
        out[i] = malloc(edy_plan_output(plan, i)->bytes + 1);
        assert_non_null(out[i]);
    }
    *bytes = edy_plan_output(plan, 0)->bytes;
    edy_plan_run(plan, &input, out);
    edy_plan_destroy(plan);
    for (int32_t i = 1; i < n; i++)
        free(out[i]);
    return out[0];
}

#endif
