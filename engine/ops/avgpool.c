/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"

#include "engine/ops/window_taps.h"
#include "engine/ops/tflite_rule.h"

typedef struct avgpool_state {
    edy_taps taps;
    const edy_kernels *kernels;
    const float **pointers; /* [out pixels][taps], image 0 */
    float *zero, *count;    /* [channels] of 0; [out pixels] taps that count */
    const void *x;
    void *y;
    edy_f32_clamp clamp;
    /* integer */
    edy_s8_output output;
    int32_t x_zero_point, y_shift; /* 128 where y is u8 in the model */
    float x_scale, y_scale;
} avgpool_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0), *y = edy_node_out(g, n, 0);
    if (x && x->dtype != EDY_F32 && (x->dtype != EDY_S8 || x->quant.count != 1))
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s%s", edy_dtype_text(x->dtype),
                        x->dtype == EDY_S8 ? " without a scale" : "");
    if (x && x->dtype == EDY_S8 && y->quant.count != 1)
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    return edy_op_maxpool.infer(g, n, err); /* the same shape rule */
}

static void run_rows_f32(void *context, size_t begin, size_t end) {
    const avgpool_state *s = context;
    const edy_taps *t = &s->taps;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / t->out_h, first = i % t->out_h * t->out_w;
        float *y = (float *)s->y + (image * t->out_h * t->out_w + first) * t->channels;
        s->kernels->f32_avgpool(t->out_w, t->channels, t->taps, s->pointers + first * t->taps,
                                image * t->in_h * t->in_w * t->channels * sizeof(float), s->zero,
                                s->count + first, y, t->channels, &s->clamp);
    }
}

/* Rule ONNX: float sum of the dequantized taps in window order, / count, / ys, + zy inside the
 * rounding (NUMERICS.md), in the model's own domain. Taps in the padding add nothing. */
static int8_t average(const avgpool_state *s, const int8_t *image, size_t p, size_t c) {
    const edy_taps *t = &s->taps;
    float sum = 0.0f;
    for (size_t k = 0; k < t->taps; k++) {
        const int64_t pixel = edy_tap_pixel(t, p, k);
        if (pixel >= 0)
            sum +=
                edy_dequantize(image[(size_t)pixel * t->channels + c], s->x_scale, s->x_zero_point);
    }
    const float mean = sum / s->count[p];
    const float scaled = mean / s->y_scale;
    const float low = (float)(s->output.low + s->y_shift);
    const float high = (float)(s->output.high + s->y_shift);
    float f = scaled + (float)(s->output.zero_point + s->y_shift);
    f = f < low ? low : f;
    f = f > high ? high : f;
    return (int8_t)(edy_rne(f) - s->y_shift);
}

static void run_rows_s8(void *context, size_t begin, size_t end) {
    const avgpool_state *s = context;
    const edy_taps *t = &s->taps;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / t->out_h, first = i % t->out_h * t->out_w;
        const int8_t *x = (const int8_t *)s->x + image * t->in_h * t->in_w * t->channels;
        int8_t *y = (int8_t *)s->y + (image * t->out_h * t->out_w + first) * t->channels;
        for (size_t p = 0; p < t->out_w; p++)
            for (size_t c = 0; c < t->channels; c++)
                y[p * t->channels + c] = average(s, x, first + p, c);
    }
}

static void run_f32(const edy_step *step, edy_threads *threads) {
    avgpool_state *s = step->state;
    edy_parallel_for(threads, s->taps.batch * s->taps.out_h, run_rows_f32, s);
}

static void run_s8(const edy_step *step, edy_threads *threads) {
    avgpool_state *s = step->state;
    edy_parallel_for(threads, s->taps.batch * s->taps.out_h, run_rows_s8, s);
}

static edy_status fill_counts(edy_planner *p, avgpool_state *s, edy_error *err) {
    const edy_taps *t = &s->taps;
    const size_t pixels = t->out_h * t->out_w;
    s->count = edy_planner_indirection(p, pixels * sizeof *s->count);
    if (!s->count)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the window sizes");
    for (size_t i = 0; i < pixels; i++) {
        size_t n = 0;
        for (size_t k = 0; k < t->taps; k++)
            n += t->window->count_include_pad ? edy_tap_in_padded(t, i, k)
                                              : edy_tap_pixel(t, i, k) >= 0;
        if (n == 0)
            return edy_fail(err, EDY_UNSUPPORTED, "a window that lies in the padding only");
        s->count[i] = (float)n;
    }
    return EDY_OK;
}

static edy_status fill_pointers(edy_planner *p, avgpool_state *s, edy_error *err) {
    const edy_taps *t = &s->taps;
    const size_t count = t->out_h * t->out_w * t->taps;
    s->pointers = edy_planner_indirection(p, count * sizeof *s->pointers);
    s->zero = edy_planner_indirection(p, t->channels * sizeof *s->zero);
    if (!s->pointers || !s->zero)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the pointer list");
    for (size_t i = 0; i < count; i++) {
        const int64_t pixel = edy_tap_pixel(t, i / t->taps, i % t->taps);
        s->pointers[i] = pixel < 0 ? s->zero : (const float *)s->x + (size_t)pixel * t->channels;
    }
    return EDY_OK;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    avgpool_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->taps = edy_taps_of(p->graph, n);
    s->kernels = p->kernels;
    s->x = step->in[0];
    s->y = step->out[0];
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    step->state = s;
    step->reason = "row pointers";
    const edy_status status = fill_counts(p, s, err);
    if (status)
        return status;
    if (x->dtype == EDY_F32) {
        step->run = run_f32;
        step->kernel =
            edy_planner_name(p, "f32_avgpool", p->kernels->f32_avgpool == p->scalar->f32_avgpool);
        return fill_pointers(p, s, err);
    }
    if (n->rule == EDY_RULE_TFLITE)
        return edy_prepare_average_tflite(p, step, err);
    edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    s->x_zero_point = x->quant.zero_point[0];
    s->x_scale = x->quant.scale[0];
    s->y_shift = p->graph->value[n->output[0]].quant.was_u8 ? 128 : 0;
    s->y_scale = p->graph->value[n->output[0]].quant.scale[0];
    step->run = run_s8;
    step->kernel = "s8_avgpool__scalar";
    return EDY_OK;
}

const edy_op edy_op_avgpool = {.infer = infer, .prepare = prepare};
