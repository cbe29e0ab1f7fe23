/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Padding of any axes by a constant (where fold_pad could not move it into a window), by the
 * nearest element, by reflection or by wrapping around; a negative pad crops. Constants around a
 * whole tensor are a fill and a strided copy; else each axis has a table of where its indices come
 * from (pad_map.h). */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <string.h>

#include "engine/ops/pad_map.h"
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
    edy_shape shape = x->shape;
    for (int32_t i = 0; i < shape.rank; i++) {
        const int64_t before = n->pads[i], after = n->pads[shape.rank + i];
        if (before < -INT32_MAX || after < -INT32_MAX || before > INT32_MAX || after > INT32_MAX)
            return edy_fail(err, EDY_UNSUPPORTED, "padding of %" PRId64 " and %" PRId64, before,
                            after);
        if (__builtin_add_overflow(shape.dim[i], before + after, &shape.dim[i]))
            return edy_fail(err, EDY_LIMIT, "padding of %" PRId64, before);
        if (x->shape.dim[i] < 1 || shape.dim[i] < 1)
            return edy_fail(err, EDY_BAD_FILE,
                            "padding of %" PRId64 " and %" PRId64 " leaves nothing of axis %d",
                            before, after, i);
    }
    edy_value *y = edy_node_out(g, n, 0);
    if (x->dtype == EDY_S8 && (x->quant.count > 1 || x->quant.count != y->quant.count))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    if (x->dtype != EDY_F32 && edy_dtype_bytes(x->dtype) > 1 && n->pad_mode == EDY_FILL_CONSTANT &&
        n->pad_value != 0.0f)
        return edy_fail(err, EDY_UNSUPPORTED, "a value of dtype %s that is not 0",
                        edy_dtype_text(x->dtype));
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

/* Of tensors of bytes; wider integers are filled with 0. */
static int8_t fill_byte(const edy_node *n, const edy_value *x) {
    if (x->dtype == EDY_S8 && x->quant.count)
        return edy_onnx_quantize(n->pad_value, x->quant.scale[0], x->quant.zero_point[0], -128,
                                 127);
    const float low = x->dtype == EDY_S8 ? -128.0f : 0.0f;
    const float value = n->pad_value < low ? low : n->pad_value;
    return (int8_t)edy_rne(value > low + 255.0f ? low + 255.0f : value); /* the low byte */
}

static void run_map(const edy_step *step, edy_threads *threads) {
    edy_pad_map_run(step->state, threads);
}

static edy_status prepare_map(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    edy_pad_map *map = edy_region_alloc(p->region, sizeof *map);
    uint8_t fill[8] = {0};
    if (!map)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    if (x->dtype == EDY_F32)
        memcpy(fill, &n->pad_value, sizeof n->pad_value);
    else
        fill[0] = (uint8_t)fill_byte(n, x);
    step->state = map;
    step->run = run_map;
    step->kernel = "pad by tables";
    step->reason = "from a table for each axis";
    return edy_pad_map_make(p, step, fill, map, err);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    if (edy_pad_needs_map(n, x->shape.rank))
        return prepare_map(p, step, err);
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
    s->integer = x->dtype != EDY_F32;
    s->fill = n->pad_value;
    if (s->integer)
        s->fill_s8 = fill_byte(n, x);
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
