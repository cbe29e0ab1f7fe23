/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ADD, MUL and requantization by the TFLite rule. */
#include "engine/ops/elementwise.h"
#include "engine/ops/tflite_rule.h"

typedef struct pair_state {
    size_t elems;
    const int8_t *a, *b;
    int8_t *y;
    edy_tflite_add add;
    /* MUL */
    edy_fixed multiplier; /* sa * sb / sy */
    int32_t za, zb;
    edy_s8_output output;
} pair_state;

static void add_range(void *context, size_t begin, size_t end) {
    const pair_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    for (size_t i = at; i < at + n; i++)
        s->y[i] = edy_tflite_add_one(s->a[i], s->b[i], &s->add);
}

static void mul_range(void *context, size_t begin, size_t end) {
    const pair_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    for (size_t i = at; i < at + n; i++)
        s->y[i] = edy_tflite_requant((s->a[i] - s->za) * (s->b[i] - s->zb), s->multiplier,
                                     s->output.zero_point, s->output.low, s->output.high);
}

static void run_add(const edy_step *step, edy_threads *threads) {
    pair_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), add_range, s);
}

static void run_mul(const edy_step *step, edy_threads *threads) {
    pair_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), mul_range, s);
}

static pair_state *make_state(edy_planner *p, edy_step *step, const int8_t *a, const int8_t *b) {
    pair_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return NULL;
    s->elems = edy_shape_count(&p->graph->value[step->node->output[0]].shape);
    s->a = a;
    s->b = b;
    s->y = step->out[0];
    edy_node_s8_output(p->graph, step->node, &s->output.zero_point, &s->output.low,
                       &s->output.high);
    step->state = s;
    return s;
}

edy_status edy_prepare_add_tflite(edy_planner *p, edy_step *step, const int8_t *a, const int8_t *b,
                                  edy_error *err) {
    const edy_quant *qa = &edy_node_in(p->graph, step->node, 0)->quant;
    const edy_quant *qb = &edy_node_in(p->graph, step->node, 1)->quant;
    const float sy = p->graph->value[step->node->output[0]].quant.scale[0];
    pair_state *s = make_state(p, step, a, b);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    if (!edy_tflite_add_make(&s->add, qa->scale[0], qa->zero_point[0], qb->scale[0],
                             qb->zero_point[0], sy))
        return edy_fail(err, EDY_UNSUPPORTED, "scales %g and %g beside an output scale of %g",
                        (double)qa->scale[0], (double)qb->scale[0], (double)sy);
    s->add.zero_point = s->output.zero_point;
    s->add.low = s->output.low;
    s->add.high = s->output.high;
    step->run = run_add;
    step->kernel = "s8_add_tflite__scalar";
    return EDY_OK;
}

edy_status edy_prepare_mul_tflite(edy_planner *p, edy_step *step, const int8_t *a, const int8_t *b,
                                  edy_error *err) {
    const edy_quant *qa = &edy_node_in(p->graph, step->node, 0)->quant;
    const edy_quant *qb = &edy_node_in(p->graph, step->node, 1)->quant;
    const edy_quant *qy = &p->graph->value[step->node->output[0]].quant;
    pair_state *s = make_state(p, step, a, b);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->za = qa->zero_point[0];
    s->zb = qb->zero_point[0];
    s->multiplier =
        edy_tflite_multiplier((double)qa->scale[0] * (double)qb->scale[0] / (double)qy->scale[0]);
    step->run = run_mul;
    step->kernel = "s8_mul_tflite__scalar";
    return EDY_OK;
}

void edy_table_make_tflite(const edy_graph *g, const edy_node *n, int8_t table[256]) {
    const edy_quant *x = &g->value[n->input[0]].quant, *y = &g->value[n->output[0]].quant;
    const edy_fixed m = edy_tflite_multiplier((double)x->scale[0] / (double)y->scale[0]);
    int32_t zero_point, low, high;
    edy_node_s8_output(g, n, &zero_point, &low, &high);
    for (int32_t q = -128; q < 128; q++)
        table[(uint8_t)q] = edy_tflite_requant(q - x->zero_point[0], m, zero_point, low, high);
}
