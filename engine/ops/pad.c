/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Constant padding of any axes, where fold_pad could not move it into a window. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <string.h>

#include "engine/ops/strided_copy.h"

typedef struct pad_state {
    edy_strided_copy copy;
    size_t elems; /* of y */
    float fill;   /* fp32 */
    int8_t fill_s8;
    bool integer;
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
    pad_state *s = step->state;
    if (s->integer || s->fill == 0.0f) {
        memset(step->out[0], s->fill_s8, s->elems * s->copy.elem_bytes);
    } else {
        float *y = step->out[0];
        for (size_t i = 0; i < s->elems; i++)
            y[i] = s->fill;
    }
    edy_strided_copy_run(&s->copy, threads);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    pad_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    static const int32_t plain[EDY_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, nhwc[4] = {0, 2, 3, 1};
    const int32_t *axis = x->layout == EDY_LAYOUT_NHWC ? nhwc : plain;
    const edy_shape *y = &p->graph->value[n->output[0]].shape;
    size_t extent[EDY_MAX_RANK], from[EDY_MAX_RANK], to[EDY_MAX_RANK], elems = 1, begin = 0;
    s->elems = 1;
    for (int32_t d = x->shape.rank - 1; d >= 0; d--) {
        extent[d] = (size_t)x->shape.dim[axis[d]];
        from[d] = elems;
        to[d] = s->elems;
        begin += (size_t)n->pads[axis[d]] * s->elems;
        elems *= extent[d];
        s->elems *= (size_t)y->dim[axis[d]];
    }
    s->integer = x->dtype == EDY_S8;
    s->fill = n->pad_value;
    if (s->integer)
        s->fill_s8 =
            edy_onnx_quantize(n->pad_value, x->quant.scale[0], x->quant.zero_point[0], -128, 127);
    const size_t elem = edy_dtype_bytes(x->dtype);
    edy_strided_copy_make(&s->copy, x->shape.rank, extent, from, to, elem, step->in[0],
                          (char *)step->out[0] + begin * elem);
    step->state = s;
    step->run = run;
    step->kernel = "pad copy";
    step->reason = "no window follows that could take it";
    return EDY_OK;
}

const edy_op edy_op_pad = {.infer = infer, .prepare = prepare};
