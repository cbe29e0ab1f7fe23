/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* DynamicQuantizeLinear: u8, with scale and zero point from the range of the values themselves.
 * Each of its outputs is a node: 0 the integers, 1 the scale, 2 the zero point. In float32, as the
 * ONNX operator says: scale = (max - min) / 255 with 0 inside the range (1 where it is empty), zero
 * point = rne(-min / scale), y = rne(x / scale) + zero point, both saturated. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/stored.h"

typedef struct dynamic_state {
    size_t elems;
    const float *x;
    const edy_value *y_value;
    void *y;
    int32_t sub;
} dynamic_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->dtype != EDY_F32)
        return edy_fail(err, EDY_UNSUPPORTED, "an input that is not float32");
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = n->sub == 0 ? x->shape : edy_shape_make(0, NULL);
    if (n->sub == 1)
        y->dtype = EDY_F32;
    else if (y->dtype != EDY_S8) /* lowered, it stays as it is */
        y->dtype = EDY_U8;
    return EDY_OK;
}

static int32_t saturate(float q) {
    return !(q > 0.0f) ? 0 : q > 255.0f ? 255 : edy_rne(q);
}

static void run(const edy_step *step, edy_threads *threads) {
    const dynamic_state *s = step->state;
    (void)threads;
    float low = 0.0f, high = 0.0f;
    for (size_t i = 0; i < s->elems; i++) {
        low = s->x[i] < low ? s->x[i] : low;
        high = s->x[i] > high ? s->x[i] : high;
    }
    const float range = high - low, scale = range > 0.0f ? range / 255.0f : 1.0f;
    const int32_t zero = saturate(-low / scale);
    if (s->sub == 1)
        *(float *)s->y = scale;
    if (s->sub == 2)
        edy_byte_put(s->y_value, s->y, 0, zero);
    for (size_t i = 0; s->sub == 0 && i < s->elems; i++) {
        const float q = s->x[i] / scale;
        const float bounded = !(q > -300.0f) ? -300.0f : q > 300.0f ? 300.0f : q;
        edy_byte_put(s->y_value, s->y, i, edy_clamp_s32(edy_rne(bounded) + zero, 0, 255));
    }
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    dynamic_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->elems = edy_shape_count(&edy_node_in(p->graph, step->node, 0)->shape);
    s->x = step->in[0];
    s->y = step->out[0];
    s->y_value = &p->graph->value[step->node->output[0]];
    s->sub = step->node->sub;
    step->state = s;
    step->run = run;
    step->kernel = "dynamicquantize__scalar";
    step->reason = "a range that is known only then";
    return EDY_OK;
}

const edy_op edy_op_dynamicquantize = {.infer = infer, .prepare = prepare};
