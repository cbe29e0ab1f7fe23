/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Cast between float32, the integers and bool. To an integer: truncated toward zero, then its low
 * bits; NaN, and what int64 cannot hold, give 0. To bool: whether it is not 0. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/elementwise.h"
#include "engine/ops/integers.h"

typedef struct cast_state {
    size_t elems;
    const void *x;
    void *y;
    edy_dtype from, to;
} cast_state;

static bool is_known(edy_dtype dtype) {
    return dtype == EDY_F32 || dtype == EDY_BOOL || edy_is_integer(dtype);
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    if (!is_known(x->dtype) || !is_known(n->to) || x->quant.count)
        return edy_fail(err, EDY_UNSUPPORTED, "from %s to %s", edy_dtype_text(x->dtype),
                        edy_dtype_text(n->to));
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    y->dtype = n->to;
    return EDY_OK;
}

static void from_real(const cast_state *s, size_t i) {
    const float x = ((const float *)s->x)[i];
    if (s->to == EDY_F32)
        ((float *)s->y)[i] = x;
    else if (s->to == EDY_BOOL)
        ((uint8_t *)s->y)[i] = x != 0.0f;
    else
        edy_integer_store(s->to, s->y, i, fabsf(x) < 0x1p63f ? (int64_t)x : 0);
}

static void from_integer(const cast_state *s, size_t i) {
    const int64_t x = edy_integer_load(s->from, s->x, i);
    if (s->to == EDY_F32)
        ((float *)s->y)[i] = (float)x;
    else
        edy_integer_store(s->to, s->y, i, s->to == EDY_BOOL ? x != 0 : x);
}

static void run_items(void *context, size_t begin, size_t end) {
    const cast_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    for (size_t i = at; i < at + n; i++)
        if (s->from == EDY_F32)
            from_real(s, i);
        else
            from_integer(s, i);
}

static void run(const edy_step *step, edy_threads *threads) {
    cast_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_items, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_value *x = edy_node_in(p->graph, step->node, 0);
    cast_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    *s = (cast_state){edy_shape_count(&x->shape), step->in[0], step->out[0], x->dtype,
                      step->node->to};
    step->state = s;
    step->run = run;
    step->kernel = "cast__scalar";
    step->reason = "elementwise";
    return EDY_OK;
}

const edy_op edy_op_cast = {.infer = infer, .prepare = prepare, .folds = true};
