/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Relu and Clip: the bounds are the node's act_min and act_max. Mostly fused into their producer;
 * these run where they could not be. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/elementwise.h"
#include "engine/ops/tflite_rule.h"

typedef struct clip_state {
    const edy_kernels *kernels;
    size_t elems;
    const void *x;
    void *y;
    edy_f32_clamp clamp;
    int8_t table[256];
} clip_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    if (x->dtype != EDY_F32 && x->dtype != EDY_S8)
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    if (isnan(n->act_min) || isnan(n->act_max))
        return edy_fail(err, EDY_BAD_FILE, "a bound is NaN");
    edy_value *y = edy_node_out(g, n, 0);
    if (x->dtype == EDY_S8 && (x->quant.count != 1 || y->quant.count != 1))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = x->shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static void run_f32(void *context, size_t begin, size_t end) {
    const clip_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->f32_clamp(n, (const float *)s->x + at, (float *)s->y + at, &s->clamp);
}

static void run_s8(void *context, size_t begin, size_t end) {
    const clip_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->s8_lut(n, (const int8_t *)s->x + at, (int8_t *)s->y + at, s->table);
}

static void run_step_f32(const edy_step *step, edy_threads *threads) {
    clip_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_f32, s);
}

static void run_step_s8(const edy_step *step, edy_threads *threads) {
    clip_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_s8, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    clip_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->kernels = p->kernels;
    s->elems = edy_shape_count(&x->shape);
    s->x = step->in[0];
    s->y = step->out[0];
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    step->state = s;
    step->run = x->dtype == EDY_F32 ? run_step_f32 : run_step_s8;
    step->kernel =
        x->dtype == EDY_F32
            ? edy_planner_name(p, "f32_clamp", p->kernels->f32_clamp == p->scalar->f32_clamp)
            : edy_planner_name(p, "s8_lut", p->kernels->s8_lut == p->scalar->s8_lut);
    step->reason = "could not be fused into its producer";
    if (x->dtype == EDY_S8 && n->rule == EDY_RULE_TFLITE)
        edy_table_make_tflite(p->graph, n, s->table);
    else if (x->dtype == EDY_S8)
        edy_table_make(p->graph, n, 0, edy_unary_clamp, s->table);
    return EDY_OK;
}

const edy_op edy_op_relu = {.infer = infer, .prepare = prepare, .overwrites = edy_overwrites_first};
const edy_op edy_op_clip = {.infer = infer, .prepare = prepare, .overwrites = edy_overwrites_first};
