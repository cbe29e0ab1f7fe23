/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* QuantizeLinear and DequantizeLinear. As imported they have scale and zero point as inputs 1 and
 * 2; as lowered they have input 0 only, and the S8 side's quant holds both. Only the lowered form
 * is run, and only with one scale a tensor. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <math.h>

#include "engine/ops/elementwise.h"
#include "engine/ops/tflite_rule.h"

typedef struct quantizer_state {
    const edy_kernels *kernels;
    size_t elems;
    const void *x;
    void *y;
    float scale;
    edy_s8_output output;
    int8_t table[256]; /* from one scale to another */
} quantizer_state;

static edy_status check_scale(const edy_graph *g, const edy_node *n, const edy_shape *x,
                              edy_error *err) {
    const edy_value *s = edy_node_in(g, n, 1), *z = edy_node_in(g, n, 2);
    if (!s || !s->data || (z && !z->data))
        return edy_fail(err, EDY_UNSUPPORTED, "a scale or zero point that is not constant");
    if (s->dtype != EDY_F32)
        return edy_fail(err, EDY_UNSUPPORTED, "a scale of dtype %s", edy_dtype_text(s->dtype));
    const size_t count = edy_shape_count(&s->shape);
    if (z && edy_shape_count(&z->shape) != count)
        return edy_fail(err, EDY_BAD_FILE, "scale and zero point differ in shape");
    for (size_t i = 0; i < count; i++) {
        const float v = ((const float *)s->data)[i];
        if (!(v > 0.0f) || isinf(v))
            return edy_fail(err, EDY_BAD_FILE, "scale %zu is %g", i, (double)v);
    }
    if (s->shape.rank == 0 || (s->shape.rank == 1 && count == 1))
        return EDY_OK;
    const int64_t axis = n->axis < 0 ? n->axis + x->rank : n->axis;
    if (s->shape.rank != 1 || axis < 0 || axis >= x->rank || (int64_t)count != x->dim[axis])
        return edy_fail(err, EDY_BAD_FILE, "%zu scales along axis %" PRId64, count, n->axis);
    return EDY_OK;
}

static edy_status infer_quantize(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    const bool moves = x && x->dtype == EDY_S8 && x->quant.count == 1 && n->rule == EDY_RULE_TFLITE;
    if (!x || (x->dtype != EDY_F32 && !moves))
        return edy_fail(err, EDY_UNSUPPORTED, "an input that is not float32");
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    if (n->n_inputs == 1) { /* lowered */
        if (y->dtype != EDY_S8 || y->quant.count != 1)
            return edy_fail(err, EDY_UNSUPPORTED, "an output that has not one scale");
        return EDY_OK;
    }
    const edy_value *z = edy_node_in(g, n, 2);
    y->dtype = z ? z->dtype : EDY_U8;
    if (y->dtype != EDY_U8 && y->dtype != EDY_S8)
        return edy_fail(err, EDY_UNSUPPORTED, "an output of dtype %s", edy_dtype_text(y->dtype));
    return check_scale(g, n, &x->shape, err);
}

static edy_status infer_dequantize(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || (x->dtype != EDY_U8 && x->dtype != EDY_S8 && x->dtype != EDY_S32))
        return edy_fail(err, EDY_UNSUPPORTED, "an input that is not uint8, int8 or int32");
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    y->dtype = EDY_F32;
    if (n->n_inputs > 1)
        return check_scale(g, n, &x->shape, err);
    if (x->dtype != EDY_S8 || x->quant.count != 1)
        return edy_fail(err, EDY_UNSUPPORTED, "an input that has not one scale");
    return EDY_OK;
}

static void run_quantize_range(void *context, size_t begin, size_t end) {
    const quantizer_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->quantize(n, (const float *)s->x + at, (int8_t *)s->y + at, s->scale, &s->output);
}

static void run_tflite_range(void *context, size_t begin, size_t end) {
    const quantizer_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    const float *x = (const float *)s->x + at;
    int8_t *y = (int8_t *)s->y + at;
    for (size_t i = 0; i < n; i++)
        y[i] = edy_tflite_quantize(x[i], s->scale, s->output.zero_point, s->output.low,
                                   s->output.high);
}

static void run_table_range(void *context, size_t begin, size_t end) {
    const quantizer_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->s8_lut(n, (const int8_t *)s->x + at, (int8_t *)s->y + at, s->table);
}

static void run_dequantize_range(void *context, size_t begin, size_t end) {
    const quantizer_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->dequantize(n, (const int8_t *)s->x + at, (float *)s->y + at, s->scale,
                           s->output.zero_point);
}

static void run_quantize(const edy_step *step, edy_threads *threads) {
    quantizer_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_quantize_range, s);
}

static void run_tflite(const edy_step *step, edy_threads *threads) {
    quantizer_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_tflite_range, s);
}

static void run_table(const edy_step *step, edy_threads *threads) {
    quantizer_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_table_range, s);
}

static void run_dequantize(const edy_step *step, edy_threads *threads) {
    quantizer_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_dequantize_range, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const bool quantize = n->op == EDY_OP_QUANTIZE;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    const edy_value *q = quantize ? &p->graph->value[n->output[0]] : x;
    quantizer_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    if (q->dtype != EDY_S8 || q->quant.count != 1)
        return edy_fail(err, EDY_UNSUPPORTED, "an activation that has not one scale");
    s->kernels = p->kernels;
    s->elems = edy_shape_count(&x->shape);
    s->x = step->in[0];
    s->y = step->out[0];
    s->scale = q->quant.scale[0];
    s->output = (edy_s8_output){q->quant.zero_point[0], -128, 127};
    step->state = s;
    step->run = quantize ? run_quantize : run_dequantize;
    step->kernel =
        quantize
            ? edy_planner_name(p, "quantize", p->kernels->quantize == p->scalar->quantize)
            : edy_planner_name(p, "dequantize", p->kernels->dequantize == p->scalar->dequantize);
    step->reason = "between float and integer domain";
    if (!quantize || n->rule != EDY_RULE_TFLITE)
        return EDY_OK;
    step->run = run_tflite;
    step->kernel = "tflite_quantize__scalar";
    if (x->dtype == EDY_F32)
        return EDY_OK;
    edy_table_make_tflite(p->graph, n, s->table);
    step->run = run_table;
    step->kernel = edy_planner_name(p, "s8_lut", p->kernels->s8_lut == p->scalar->s8_lut);
    step->reason = "from one scale to another";
    return EDY_OK;
}

const edy_op edy_op_quantize = {.infer = infer_quantize, .prepare = prepare};
const edy_op edy_op_dequantize = {.infer = infer_dequantize, .prepare = prepare};
