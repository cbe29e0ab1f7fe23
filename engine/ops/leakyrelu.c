/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* LeakyRelu: x < 0 ? alpha * x : x. Integers by a table of 256 entries: dequantize, LeakyRelu,
 * quantize, as ONNX Runtime's QLinearLeakyRelu does. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/elementwise.h"

typedef struct leaky_state {
    const edy_kernels *kernels;
    size_t elems;
    const void *x;
    void *y;
    float alpha;
    int8_t table[256];
} leaky_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    if (x->dtype != EDY_F32 && x->dtype != EDY_S8)
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    if (!isfinite(n->alpha))
        return edy_fail(err, EDY_BAD_FILE, "alpha is %g", (double)n->alpha);
    edy_value *y = edy_node_out(g, n, 0);
    if (x->dtype == EDY_S8 && (x->quant.count != 1 || y->quant.count != 1))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = x->shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static void run_f32(void *context, size_t begin, size_t end) {
    const leaky_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->f32_leaky(n, (const float *)s->x + at, (float *)s->y + at, s->alpha);
}

static void run_s8(void *context, size_t begin, size_t end) {
    const leaky_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->s8_lut(n, (const int8_t *)s->x + at, (int8_t *)s->y + at, s->table);
}

static void run_step_f32(const edy_step *step, edy_threads *threads) {
    leaky_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_f32, s);
}

static void run_step_s8(const edy_step *step, edy_threads *threads) {
    leaky_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_s8, s);
}

/* With the clamp that lowering may have put behind it. */
static float leak(const edy_node *n, float x) {
    return edy_unary_clamp(n, x < 0.0f ? n->alpha * x : x);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    leaky_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->kernels = p->kernels;
    s->elems = edy_shape_count(&x->shape);
    s->x = step->in[0];
    s->y = step->out[0];
    s->alpha = n->alpha;
    step->state = s;
    step->reason = "elementwise";
    if (x->dtype == EDY_S8) {
        edy_table_make(p->graph, n, 0, leak, s->table);
        step->run = run_step_s8;
        step->kernel = edy_planner_name(p, "s8_lut", p->kernels->s8_lut == p->scalar->s8_lut);
        return EDY_OK;
    }
    step->run = run_step_f32;
    step->kernel = edy_planner_name(p, "f32_leaky", p->kernels->f32_leaky == p->scalar->f32_leaky);
    return EDY_OK;
}

const edy_op edy_op_leakyrelu = {
    .infer = infer, .prepare = prepare, .overwrites = edy_overwrites_first};
