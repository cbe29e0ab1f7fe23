/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/integers.h"
#include "engine/ops/tflite_rule.h"

typedef struct add_state {
    const edy_kernels *kernels;
    size_t elems;
    const void *a, *b;
    void *y;
    edy_f32_clamp clamp;
    edy_requant_add requant;
    edy_dtype dtype;
    edy_broadcast broadcast;
} add_state;

static void run_f32(void *context, size_t begin, size_t end) {
    const add_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->f32_add(n, (const float *)s->a + at, (const float *)s->b + at, (float *)s->y + at,
                        &s->clamp);
}

static void run_s8(void *context, size_t begin, size_t end) {
    const add_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->s8_add(n, (const int8_t *)s->a + at, (const int8_t *)s->b + at, (int8_t *)s->y + at,
                       &s->requant);
}

static void run_step_f32(const edy_step *step, edy_threads *threads) {
    add_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_f32, s);
}

static void run_step_s8(const edy_step *step, edy_threads *threads) {
    add_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_s8, s);
}

static void row_f32(const void *context, size_t n, const void *const *x, void *y) {
    const add_state *s = context;
    s->kernels->f32_add(n, x[0], x[1], y, &s->clamp);
}

static void row_s8(const void *context, size_t n, const void *const *x, void *y) {
    const add_state *s = context;
    s->kernels->s8_add(n, x[0], x[1], y, &s->requant);
}

static void row_integers(const void *context, size_t n, const void *const *x, void *y) {
    const add_state *s = context;
    for (size_t i = 0; i < n; i++) {
        const uint64_t a = (uint64_t)edy_integer_load(s->dtype, x[0], i);
        const uint64_t b = (uint64_t)edy_integer_load(s->dtype, x[1], i);
        edy_integer_store(s->dtype, y, i, (int64_t)(a + b));
    }
}

static void run_step_broadcast(const edy_step *step, edy_threads *threads) {
    add_state *s = step->state;
    edy_broadcast_run(&s->broadcast, threads);
}

/* The model's own domain: a u8 tensor's zero point and clamp are 128 above the stored ones. */
static edy_requant_add make_requant(const edy_graph *g, const edy_node *n) {
    const edy_quant *a = &g->value[n->input[0]].quant, *b = &g->value[n->input[1]].quant;
    const edy_quant *y = &g->value[n->output[0]].quant;
    const int32_t as = a->was_u8 ? 128 : 0, bs = b->was_u8 ? 128 : 0, ys = y->was_u8 ? 128 : 0;
    int32_t zero_point, low, high;
    edy_node_s8_output(g, n, &zero_point, &low, &high);
    edy_requant_add r =
        edy_onnx_add_make(a->scale[0], a->zero_point[0] + as, b->scale[0], b->zero_point[0] + bs,
                          y->scale[0], zero_point + ys, low + ys, high + ys);
    r.a_shift = as;
    r.b_shift = bs;
    r.y_shift = ys;
    return r;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0), *b = edy_node_in(p->graph, n, 1);
    add_state *s = edy_region_alloc(p->region, sizeof *s);
    const edy_spread spread = edy_spread_of(p->graph, n);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->kernels = p->kernels;
    s->elems = edy_shape_count(&x->shape);
    s->a = step->in[0];
    s->b = step->in[1];
    s->y = step->out[0];
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    step->state = s;
    s->dtype = x->dtype;
    if (edy_is_plain_integer(x)) {
        edy_broadcast_make(&s->broadcast, p->graph, step, 2, row_integers, s);
        step->run = run_step_broadcast;
        step->kernel = "integer_add__scalar";
        step->reason = "integers that are not quantized";
        return EDY_OK;
    }
    const bool tflite = x->dtype != EDY_F32 && n->rule == EDY_RULE_TFLITE;
    if (tflite && spread == EDY_SPREAD_BROADCAST)
        return edy_fail(err, EDY_UNSUPPORTED, "an integer sum of operands that are spread");
    if (x->dtype != EDY_F32 && !tflite)
        s->requant = make_requant(p->graph, n);
    step->kernel = x->dtype == EDY_F32
                       ? edy_planner_name(p, "f32_add", p->kernels->f32_add == p->scalar->f32_add)
                       : edy_planner_name(p, "s8_add", p->kernels->s8_add == p->scalar->s8_add);
    if (spread == EDY_SPREAD_BROADCAST) {
        edy_broadcast_make(&s->broadcast, p->graph, step, 2, x->dtype == EDY_F32 ? row_f32 : row_s8,
                           s);
        step->run = run_step_broadcast;
        step->reason = "operands that are spread";
        return EDY_OK;
    }
    step->reason = spread == EDY_SPREAD_SAME ? "same shape" : "constant spread over the shape";
    if (b->data)
        s->b = edy_spread_operand(p, n);
    if (!s->b)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the constant");
    if (tflite)
        return edy_prepare_add_tflite(p, step, s->a, s->b, err);
    step->run = x->dtype == EDY_F32 ? run_step_f32 : run_step_s8;
    return EDY_OK;
}

const edy_op edy_op_add = {.infer = edy_infer_pair,
                           .prepare = prepare,
                           .overwrites = edy_broadcast_overwrites,
                           .folds = true};
