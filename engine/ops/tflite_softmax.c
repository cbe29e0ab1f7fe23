/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <inttypes.h>

#include "engine/ops/tflite_rule.h"
#include "engine/tflite_fixed.h"

typedef struct softmax_state {
    edy_tflite_softmax params;
    size_t rows, extent;
    const int8_t *x;
    int8_t *y;
} softmax_state;

edy_status edy_check_softmax_tflite(const edy_graph *g, const edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0), *y = &g->value[n->output[0]];
    if (x->quant.count != 1 || y->quant.count != 1)
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    if (y->quant.scale[0] != 1.0f / 256 || y->quant.zero_point[0] != -128)
        return edy_fail(err, EDY_UNSUPPORTED,
                        "an output of scale %g and zero point %d, not 1/256 and -128",
                        (double)y->quant.scale[0], y->quant.zero_point[0]);
    edy_tflite_softmax params;
    if (!edy_tflite_softmax_make(x->quant.scale[0], n->alpha, &params))
        return edy_fail(err, EDY_UNSUPPORTED, "an input of scale %g with beta %g",
                        (double)x->quant.scale[0], (double)n->alpha);
    const int64_t extent = x->shape.dim[x->shape.rank - 1];
    if (n->axis != -1 && n->axis != x->shape.rank - 1)
        return edy_fail(err, EDY_UNSUPPORTED, "integers along axis %" PRId64, n->axis);
    if (extent < 1 || extent > EDY_TFLITE_SOFTMAX_MAX)
        return edy_fail(err, EDY_UNSUPPORTED, "a row of %" PRId64 " integers", extent);
    return EDY_OK;
}

static void run_rows(void *context, size_t begin, size_t end) {
    const softmax_state *s = context;
    for (size_t row = begin; row < end; row++)
        edy_tflite_softmax_row(&s->params, s->extent, s->x + row * s->extent,
                               s->y + row * s->extent);
}

static void run(const edy_step *step, edy_threads *threads) {
    softmax_state *s = step->state;
    edy_parallel_for(s->rows * s->extent > 1024 ? threads : NULL, s->rows, run_rows, s);
}

edy_status edy_prepare_softmax_tflite(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_value *x = edy_node_in(p->graph, step->node, 0);
    softmax_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    edy_tflite_softmax_make(x->quant.scale[0], step->node->alpha, &s->params);
    s->extent = (size_t)x->shape.dim[x->shape.rank - 1];
    s->rows = edy_shape_count(&x->shape) / s->extent;
    s->x = step->in[0];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    step->kernel = "s8_softmax_tflite__scalar";
    step->reason = "fixed point, one row an item";
    return EDY_OK;
}
