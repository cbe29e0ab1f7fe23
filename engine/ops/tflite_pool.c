/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* AVERAGE_POOL_2D and MEAN by the TFLite rule. */
#include "engine/ops/tflite_rule.h"
#include "engine/ops/window_taps.h"

typedef struct pool_state {
    edy_taps taps;
    const int8_t *x;
    int8_t *y;
    edy_s8_output output;
    /* MEAN */
    edy_fixed multiplier;
    int32_t x_zero_point;
    size_t images, pixels, channels;
} pool_state;

/* Taps in the padding are left out of sum and count. */
static int8_t average(const pool_state *s, const int8_t *image, size_t p, size_t c) {
    const edy_taps *t = &s->taps;
    int32_t sum = 0, count = 0;
    for (size_t k = 0; k < t->taps; k++) {
        const int64_t pixel = edy_tap_pixel(t, p, k);
        if (pixel < 0)
            continue;
        sum += image[(size_t)pixel * t->channels + c];
        count++;
    }
    return (int8_t)edy_clamp_s32(edy_tflite_average(sum, count), s->output.low, s->output.high);
}

static void average_rows(void *context, size_t begin, size_t end) {
    const pool_state *s = context;
    const edy_taps *t = &s->taps;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / t->out_h, first = i % t->out_h * t->out_w;
        const int8_t *x = s->x + image * t->in_h * t->in_w * t->channels;
        int8_t *y = s->y + (image * t->out_h * t->out_w + first) * t->channels;
        for (size_t p = 0; p < t->out_w; p++)
            for (size_t c = 0; c < t->channels; c++)
                y[p * t->channels + c] = average(s, x, first + p, c);
    }
}

static void run_average(const edy_step *step, edy_threads *threads) {
    pool_state *s = step->state;
    edy_parallel_for(threads, s->taps.batch * s->taps.out_h, average_rows, s);
}

edy_status edy_prepare_average_tflite(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_quant *x = &edy_node_in(p->graph, n, 0)->quant;
    const edy_quant *y = &p->graph->value[n->output[0]].quant;
    pool_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    if (x->scale[0] != y->scale[0] || x->zero_point[0] != y->zero_point[0])
        return edy_fail(err, EDY_UNSUPPORTED, "input and output differ in scale or zero point");
    s->taps = edy_taps_of(p->graph, n);
    s->x = step->in[0];
    s->y = step->out[0];
    edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    if (s->taps.taps > INT32_MAX / 256)
        return edy_fail(err, EDY_UNSUPPORTED, "the sum may leave the 32-bit accumulator");
    for (size_t i = 0; i < s->taps.out_h * s->taps.out_w; i++) {
        size_t inside = 0;
        for (size_t k = 0; k < s->taps.taps; k++)
            inside += edy_tap_pixel(&s->taps, i, k) >= 0;
        if (inside == 0)
            return edy_fail(err, EDY_UNSUPPORTED, "a window that lies in the padding only");
    }
    step->state = s;
    step->run = run_average;
    step->kernel = "s8_avgpool_tflite__scalar";
    return EDY_OK;
}

static void mean_images(void *context, size_t begin, size_t end) {
    const pool_state *s = context;
    for (size_t i = begin; i < end; i++) {
        const int8_t *x = s->x + i * s->pixels * s->channels;
        int8_t *y = s->y + i * s->channels;
        for (size_t c = 0; c < s->channels; c++) {
            int32_t sum = 0;
            for (size_t p = 0; p < s->pixels; p++)
                sum += x[p * s->channels + c] - s->x_zero_point;
            y[c] = edy_tflite_requant(sum, s->multiplier, s->output.zero_point, s->output.low,
                                      s->output.high);
        }
    }
}

static void run_mean(const edy_step *step, edy_threads *threads) {
    pool_state *s = step->state;
    edy_parallel_for(threads, s->images, mean_images, s);
}

edy_status edy_prepare_mean_tflite(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    const edy_quant *y = &p->graph->value[n->output[0]].quant;
    pool_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->images = (size_t)x->shape.dim[0];
    s->channels = (size_t)x->shape.dim[1];
    s->pixels = (size_t)(x->shape.dim[2] * x->shape.dim[3]);
    s->x = step->in[0];
    s->y = step->out[0];
    s->x_zero_point = x->quant.zero_point[0];
    s->multiplier = edy_tflite_mean_multiplier((double)x->quant.scale[0] / (double)y->scale[0],
                                               (int64_t)s->pixels);
    edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    step->state = s;
    step->run = run_mean;
    step->kernel = "s8_mean_tflite__scalar";
    return EDY_OK;
}
