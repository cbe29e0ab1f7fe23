/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Constant padding of any axes, where fold_pad could not move it into a window. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <string.h>

typedef struct pad_state {
    int32_t rank;
    size_t extent[EDY_MAX_RANK]; /* of y, in memory order */
    size_t begin[EDY_MAX_RANK], in_extent[EDY_MAX_RANK];
    size_t elem_bytes;
    char fill[4];
    const char *x;
    char *y;
} pad_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    if (x->dtype != EDY_F32 && x->dtype != EDY_S8)
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    edy_shape shape = x->shape;
    for (int32_t i = 0; i < shape.rank; i++) {
        const int64_t before = n->pads[i], after = n->pads[shape.rank + i];
        if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX)
            return edy_fail(err, EDY_UNSUPPORTED, "padding of %" PRId64 " and %" PRId64, before,
                            after);
        if (__builtin_add_overflow(shape.dim[i], before + after, &shape.dim[i]))
            return edy_fail(err, EDY_LIMIT, "padding of %" PRId64, before);
    }
    edy_value *y = edy_node_out(g, n, 0);
    if (x->dtype == EDY_S8 && (x->quant.count != 1 || y->quant.count != 1))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static void run(const edy_step *step, edy_threads *threads) {
    (void)threads;
    const pad_state *s = step->state;
    size_t total = 1;
    for (int32_t d = 0; d < s->rank; d++)
        total *= s->extent[d];
    for (size_t i = 0; i < total; i++) {
        size_t rest = i, from = 0, scale = 1;
        bool inside = true;
        for (int32_t d = s->rank - 1; d >= 0; d--) {
            const size_t at = rest % s->extent[d];
            rest /= s->extent[d];
            inside = inside && at >= s->begin[d] && at - s->begin[d] < s->in_extent[d];
            from += inside ? (at - s->begin[d]) * scale : 0;
            scale *= s->in_extent[d];
        }
        memcpy(s->y + i * s->elem_bytes, inside ? s->x + from * s->elem_bytes : s->fill,
               s->elem_bytes);
    }
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    pad_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    static const int32_t plain[EDY_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, nhwc[4] = {0, 2, 3, 1};
    const int32_t *axis = x->layout == EDY_LAYOUT_NHWC ? nhwc : plain;
    s->rank = x->shape.rank;
    for (int32_t d = 0; d < s->rank; d++) {
        s->in_extent[d] = (size_t)x->shape.dim[axis[d]];
        s->begin[d] = (size_t)n->pads[axis[d]];
        s->extent[d] = (size_t)p->graph->value[n->output[0]].shape.dim[axis[d]];
    }
    s->elem_bytes = edy_dtype_bytes(x->dtype);
    if (x->dtype == EDY_S8)
        s->fill[0] =
            edy_onnx_quantize(n->pad_value, x->quant.scale[0], x->quant.zero_point[0], -128, 127);
    else
        memcpy(s->fill, &n->pad_value, sizeof n->pad_value);
    s->x = step->in[0];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    step->kernel = "pad copy";
    step->reason = "no window follows that could take it";
    return EDY_OK;
}

const edy_op edy_op_pad = {.infer = infer, .prepare = prepare};
