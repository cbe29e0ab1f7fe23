/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/tflite_rule.h"

typedef struct mul_state {
    const edy_kernels *kernels;
    size_t elems;
    const void *a, *b;
    void *y;
    edy_f32_clamp clamp;
    float multiplier; /* (sa * sb) / sy */
    int32_t za, zb, zy, low, high, y_shift;
} mul_state;

static void run_f32(void *context, size_t begin, size_t end) {
    const mul_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->f32_mul(n, (const float *)s->a + at, (const float *)s->b + at, (float *)s->y + at,
                        &s->clamp);
}

static void run_s8(void *context, size_t begin, size_t end) {
    const mul_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    const int8_t *a = (const int8_t *)s->a + at, *b = (const int8_t *)s->b + at;
    int8_t *y = (int8_t *)s->y + at;
    for (size_t i = 0; i < n; i++)
        y[i] = edy_onnx_mul(a[i], s->za, b[i], s->zb, s->multiplier, s->zy, s->low, s->high,
                            s->y_shift);
}

static void run_step_f32(const edy_step *step, edy_threads *threads) {
    mul_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_f32, s);
}

static void run_step_s8(const edy_step *step, edy_threads *threads) {
    mul_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_s8, s);
}

static edy_status prepare_s8(edy_planner *p, edy_step *step, mul_state *s) {
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
    return EDY_OK;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0), *b = edy_node_in(p->graph, n, 1);
    mul_state *s = edy_region_alloc(p->region, sizeof *s);
    edy_spread spread;
    const edy_status status = edy_spread_of(p->graph, n, &spread, err);
    if (status)
        return status;
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->kernels = p->kernels;
    s->elems = edy_shape_count(&x->shape);
    s->a = step->in[0];
    s->b = step->in[1];
    s->y = step->out[0];
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    step->state = s;
    step->reason = spread == EDY_SPREAD_SAME ? "same shape" : "constant spread over the shape";
    if (b->data)
        s->b = edy_spread_operand(p, n);
    if (!s->b)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the constant");
    if (x->dtype == EDY_S8 && n->rule == EDY_RULE_TFLITE)
        return edy_prepare_mul_tflite(p, step, s->a, s->b, err);
    if (x->dtype == EDY_S8)
        return prepare_s8(p, step, s);
    step->run = run_step_f32;
    step->kernel = edy_planner_name(p, "f32_mul", p->kernels->f32_mul == p->scalar->f32_mul);
    return EDY_OK;
}

const edy_op edy_op_mul = {
    .infer = edy_infer_pair, .prepare = prepare, .overwrites = edy_overwrites_first};
