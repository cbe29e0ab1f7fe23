/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"
#include "engine/ops/tflite_rule.h"

typedef struct mean_state {
    const edy_kernels *kernels;
    size_t images, channels, rows; /* rows: pixels of one image */
    const void *x;
    void *y;
    edy_f32_clamp clamp;
    edy_s8_output output;
    int32_t x_zero_point;
    float multiplier;
} mean_state;

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank != 4)
        return edy_fail(err, EDY_UNSUPPORTED, "an input that has not 4 dimensions");
    if (x->dtype != EDY_F32 && x->dtype != EDY_S8)
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    if (x->shape.dim[2] < 1 || x->shape.dim[3] < 1)
        return edy_fail(err, EDY_BAD_FILE, "an empty input");
    edy_value *y = edy_node_out(g, n, 0);
    if (x->dtype == EDY_S8 && (x->quant.count != 1 || y->quant.count != 1))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = edy_shape_make(4, (const int64_t[]){x->shape.dim[0], x->shape.dim[1], 1, 1});
    y->dtype = x->dtype;
    return EDY_OK;
}

static void run_images_f32(void *context, size_t begin, size_t end) {
    const mean_state *s = context;
    for (size_t i = begin; i < end; i++)
        s->kernels->f32_mean(s->rows, s->channels, (const float *)s->x + i * s->rows * s->channels,
                             s->channels, (float *)s->y + i * s->channels, &s->clamp);
}

static void run_images_s8(void *context, size_t begin, size_t end) {
    const mean_state *s = context;
    for (size_t i = begin; i < end; i++)
        s->kernels->s8_mean(s->rows, s->channels, (const int8_t *)s->x + i * s->rows * s->channels,
                            s->channels, s->x_zero_point, s->multiplier,
                            (int8_t *)s->y + i * s->channels, &s->output);
}

static void run_f32(const edy_step *step, edy_threads *threads) {
    mean_state *s = step->state;
    edy_parallel_for(threads, s->images, run_images_f32, s);
}

static void run_s8(const edy_step *step, edy_threads *threads) {
    mean_state *s = step->state;
    edy_parallel_for(threads, s->images, run_images_s8, s);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    mean_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->kernels = p->kernels;
    s->images = (size_t)x->shape.dim[0];
    s->channels = (size_t)x->shape.dim[1];
    s->rows = (size_t)(x->shape.dim[2] * x->shape.dim[3]);
    s->x = step->in[0];
    s->y = step->out[0];
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    step->state = s;
    step->reason = "one image an item";
    if (x->dtype == EDY_F32) {
        step->run = run_f32;
        step->kernel = edy_planner_name(p, "f32_mean", p->kernels->f32_mean == p->scalar->f32_mean);
        return EDY_OK;
    }
    if (s->rows > INT32_MAX / 255)
        return edy_fail(err, EDY_UNSUPPORTED, "the sum may leave the 32-bit accumulator");
    if (n->rule == EDY_RULE_TFLITE)
        return edy_prepare_mean_tflite(p, step, err);
    edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    s->x_zero_point = x->quant.zero_point[0];
    const float divisor = p->graph->value[n->output[0]].quant.scale[0] * (float)s->rows;
    s->multiplier = x->quant.scale[0] / divisor; /* xs / (ys * n), NUMERICS.md */
    step->run = run_s8;
    step->kernel = edy_planner_name(p, "s8_mean", p->kernels->s8_mean == p->scalar->s8_mean);
    return EDY_OK;
}

const edy_op edy_op_globalavgpool = {.infer = infer, .prepare = prepare};
