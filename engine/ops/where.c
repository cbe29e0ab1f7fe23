/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* y[i] = condition[i] ? a[i] : b[i], broadcast; any dtype. */
#include "engine/ops/op_table.h"

#include <string.h>

#include "engine/ops/broadcast.h"

typedef struct where_state {
    edy_broadcast broadcast;
    size_t bytes;
} where_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    edy_shape shape;
    const edy_status status = edy_broadcast_shape(g, n, 3, &shape, err);
    if (status)
        return status;
    const edy_value *c = edy_node_in(g, n, 0), *a = edy_node_in(g, n, 1), *b = edy_node_in(g, n, 2);
    if (c->dtype != EDY_BOOL || a->dtype != b->dtype)
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s, %s and %s",
                        edy_dtype_text(c->dtype), edy_dtype_text(a->dtype),
                        edy_dtype_text(b->dtype));
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = a->dtype;
    return EDY_OK;
}

static void row(const void *context, size_t n, const void *const *x, void *y) {
    const where_state *s = context;
    const uint8_t *condition = x[0];
    for (size_t i = 0; i < n; i++)
        memmove((char *)y + i * s->bytes, (const char *)x[condition[i] ? 1 : 2] + i * s->bytes,
                s->bytes);
}

static void run(const edy_step *step, edy_threads *threads) {
    where_state *s = step->state;
    edy_broadcast_run(&s->broadcast, threads);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    where_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->bytes = edy_dtype_bytes(p->graph->value[step->node->output[0]].dtype);
    edy_broadcast_make(&s->broadcast, p->graph, step, 3, row, s);
    step->state = s;
    step->run = run;
    step->kernel = "where__scalar";
    step->reason = "elementwise";
    return EDY_OK;
}

const edy_op edy_op_where = {.infer = infer, .prepare = prepare, .folds = true};
