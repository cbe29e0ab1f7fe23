/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/integers.h"
#include "engine/ops/tflite_rule.h"

typedef struct mul_state {
    const edy_kernels *kernels;
    size_t elems;
    const void *a, *b;
    void *y;
    edy_f32_clamp clamp;
    float multiplier; /* (sa * sb) / sy */
    int32_t za, zb, zy, low, high, y_shift;
    edy_dtype dtype;
    edy_broadcast broadcast;
} mul_state;

static void run_f32(void *context, size_t begin, size_t end) {
    const mul_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->f32_mul(n, (const float *)s->a + at, (const float *)s->b + at, (float *)s->y + at,
                        &s->clamp);
}

static void row_f32(const void *context, size_t n, const void *const *x, void *y) {
    const mul_state *s = context;
    s->kernels->f32_mul(n, x[0], x[1], y, &s->clamp);
}

static void row_s8(const void *context, size_t n, const void *const *x, void *out) {
    const mul_state *s = context;
    const int8_t *a = x[0], *b = x[1];
    int8_t *y = out;
    for (size_t i = 0; i < n; i++)
        y[i] = edy_onnx_mul(a[i], s->za, b[i], s->zb, s->multiplier, s->zy, s->low, s->high,
                            s->y_shift);
}

static void row_integers(const void *context, size_t n, const void *const *x, void *y) {
    const mul_state *s = context;
    for (size_t i = 0; i < n; i++) {
        const uint64_t a = (uint64_t)edy_integer_load(s->dtype, x[0], i);
        const uint64_t b = (uint64_t)edy_integer_load(s->dtype, x[1], i);
        edy_integer_store(s->dtype, y, i, (int64_t)(a * b));
    }
}

static void run_s8(void *context, size_t begin, size_t end) {
    const mul_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    const void *const x[2] = {(const int8_t *)s->a + at, (const int8_t *)s->b + at};
    row_s8(s, n, x, (int8_t *)s->y + at);
}

static void run_step_broadcast(const edy_step *step, edy_threads *threads) {
    mul_state *s = step->state;
    edy_broadcast_run(&s->broadcast, threads);
}

static void run_step_f32(const edy_step *step, edy_threads *threads) {
    mul_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_f32, s);
}

static void run_step_s8(const edy_step *step, edy_threads *threads) {
    mul_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_s8, s);
}

static void prepare_s8(edy_planner *p, edy_step *step, mul_state *s) {
    const edy_graph *g = p->graph;
    const edy_node *n = step->node;
    const edy_value *a = edy_node_in(g, n, 0), *b = edy_node_in(g, n, 1);
    const edy_quant *y = &g->value[n->output[0]].quant;
    edy_node_s8_output(g, n, &s->zy, &s->low, &s->high);
    s->y_shift = y->was_u8 ? 128 : 0;
    s->zy += s->y_shift;
    s->low += s->y_shift;
    s->high += s->y_shift;
    s->za = a->quant.zero_point[0];
    s->zb = b->quant.zero_point[0];
    const float product = a->quant.scale[0] * b->quant.scale[0];
    s->multiplier = product / y->scale[0];
    step->run = run_step_s8;
    step->kernel = "s8_mul__scalar";
}

static void prepare_broadcast(edy_planner *p, edy_step *step, mul_state *s) {
    const bool plain = edy_is_plain_integer(edy_node_in(p->graph, step->node, 0));
    const edy_row_fn row = plain ? row_integers : s->dtype == EDY_S8 ? row_s8 : row_f32;
    edy_broadcast_make(&s->broadcast, p->graph, step, 2, row, s);
    step->run = run_step_broadcast;
    step->reason = plain ? "integers that are not quantized" : "operands that are spread";
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0), *b = edy_node_in(p->graph, n, 1);
    mul_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->kernels = p->kernels;
    s->elems = edy_shape_count(&x->shape);
    s->dtype = x->dtype;
    s->a = step->in[0];
    s->b = step->in[1];
    s->y = step->out[0];
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    step->state = s;
    step->run = run_step_f32;
    step->kernel = x->dtype == EDY_F32
                       ? edy_planner_name(p, "f32_mul", p->kernels->f32_mul == p->scalar->f32_mul)
                       : "integer_mul__scalar";
    const bool quantized = x->dtype == EDY_S8 && !edy_is_plain_integer(x);
    const bool tflite = quantized && n->rule == EDY_RULE_TFLITE;
    const edy_spread spread = edy_spread_of(p->graph, n);
    if (tflite && spread == EDY_SPREAD_BROADCAST)
        return edy_fail(err, EDY_UNSUPPORTED, "an integer product of operands that are spread");
    if (quantized && !tflite)
        prepare_s8(p, step, s);
    if (spread == EDY_SPREAD_BROADCAST) {
        prepare_broadcast(p, step, s);
        return EDY_OK;
    }
    step->reason = spread == EDY_SPREAD_SAME ? "same shape" : "constant spread over the shape";
    if (b->data)
        s->b = edy_spread_operand(p, n);
    if (!s->b)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the constant");
    return tflite ? edy_prepare_mul_tflite(p, step, s->a, s->b, err) : EDY_OK;
}

const edy_op edy_op_mul = {.infer = edy_infer_pair,
                           .prepare = prepare,
                           .overwrites = edy_broadcast_overwrites,
                           .folds = true};
