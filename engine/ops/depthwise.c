/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/conv_plan.h"

#include <stdlib.h>
#include <string.h>

/* A list of pointers that is longer would push activations out of the cache: all rows that padding
 * does not touch then share one list, moved down the image by the kernel's offset. A kernel adds an
 * offset for every tap, so that short lists are faster in full. */
enum { FULL_LIST_BYTES = 192 * 1024 };

/* One item of work is one output row of one image. */
typedef struct depthwise_state {
    edy_taps taps;
    edy_inner_rows inner;         /* rows of one list; none where first is end */
    const edy_f32_depthwise *f32; /* one of the two is set */
    const edy_s8_depthwise *s8;
    const float **pointers_f32; /* [lists][out_w][taps], image 0 */
    const int8_t **pointers_s8;
    void *zero, *packed;
    edy_f32_clamp clamp;
    edy_s8_output output;
    const void *x;
    void *y;
} depthwise_state;

/* Which list output row y reads, and how many elements further on. */
typedef struct row_list {
    size_t list, offset;
} row_list;

static row_list list_of(const depthwise_state *s, size_t y) {
    const edy_inner_rows inner = s->inner;
    const edy_taps *t = &s->taps;
    if (y <= inner.first || inner.first == inner.end)
        return (row_list){y, 0};
    if (y >= inner.end)
        return (row_list){y - (inner.end - inner.first) + 1, 0};
    const size_t rows = (y - inner.first) * (size_t)t->window->stride[0];
    return (row_list){inner.first, rows * t->in_w * t->channels};
}

static void run_rows_f32(void *context, size_t begin, size_t end) {
    const depthwise_state *s = context;
    const edy_taps *t = &s->taps;
    for (size_t i = begin; i < end; i++) {
        const row_list row = list_of(s, i % t->out_h);
        const size_t from = i / t->out_h * t->in_h * t->in_w * t->channels + row.offset;
        s->f32->run(t->out_w, t->channels, t->taps, s->pointers_f32 + row.list * t->out_w * t->taps,
                    from * sizeof(float), s->zero, s->packed,
                    (float *)s->y + i * t->out_w * t->channels, t->channels, &s->clamp);
    }
}

static void run_rows_s8(void *context, size_t begin, size_t end) {
    const depthwise_state *s = context;
    const edy_taps *t = &s->taps;
    for (size_t i = begin; i < end; i++) {
        const row_list row = list_of(s, i % t->out_h);
        const size_t from = i / t->out_h * t->in_h * t->in_w * t->channels + row.offset;
        s->s8->run(t->out_w, t->channels, t->taps, s->pointers_s8 + row.list * t->out_w * t->taps,
                   from, s->zero, s->packed, (int8_t *)s->y + i * t->out_w * t->channels,
                   t->channels, &s->output);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    depthwise_state *s = step->state;
    edy_parallel_for(threads, s->taps.batch * s->taps.out_h, s->f32 ? run_rows_f32 : run_rows_s8,
                     s);
}

static edy_status make_pointers(edy_planner *p, depthwise_state *s, size_t elem_bytes, int fill,
                                edy_error *err) {
    const edy_taps *t = &s->taps;
    const size_t row = t->out_w * t->taps;
    const size_t count = (list_of(s, t->out_h - 1).list + 1) * row;
    void *list = edy_planner_indirection(p, count * sizeof(void *));
    s->zero = edy_planner_indirection(p, t->channels * elem_bytes);
    if (!list || !s->zero)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the pointer list");
    memset(s->zero, fill, t->channels * elem_bytes);
    s->pointers_f32 = s->f32 ? list : NULL;
    s->pointers_s8 = s->s8 ? list : NULL;
    for (size_t y = 0; y < t->out_h; y++) {
        const row_list to = list_of(s, y);
        for (size_t i = 0; to.offset == 0 && i < row; i++) {
            const int64_t pixel = edy_tap_pixel(t, y * t->out_w + i / t->taps, i % t->taps);
            const size_t offset = pixel < 0 ? 0 : (size_t)pixel * t->channels;
            if (s->f32)
                s->pointers_f32[to.list * row + i] =
                    pixel < 0 ? s->zero : (const float *)s->x + offset;
            else
                s->pointers_s8[to.list * row + i] =
                    pixel < 0 ? s->zero : (const int8_t *)s->x + offset;
        }
    }
    return EDY_OK;
}

static depthwise_state *make_state(edy_planner *p, edy_step *step) {
    depthwise_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return NULL;
    s->taps = edy_taps_of(p->graph, step->node);
    if (s->taps.out_h * s->taps.out_w * s->taps.taps * sizeof(void *) > FULL_LIST_BYTES)
        s->inner = edy_inner_rows_of(&s->taps);
    s->x = step->in[EDY_IN_X];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    step->reason = "one input channel an output channel";
    return s;
}

/* Weights [C][1][kH][kW] are already [channels][taps]. */
edy_status edy_prepare_depthwise_f32(edy_planner *p, edy_step *step, edy_error *err) {
    if (edy_node_in(p->graph, step->node, EDY_IN_RESIDUAL))
        return edy_prepare_dense_f32(p, step, err); /* groups of one channel each */
    depthwise_state *s = make_state(p, step);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->f32 = &p->kernels->f32_depthwise;
    s->clamp = (edy_f32_clamp){step->node->act_min, step->node->act_max};
    step->kernel = s->f32->name;
    const edy_taps *t = &s->taps;
    s->packed = edy_planner_packed(p, step, s->f32->packed_bytes(t->channels, t->taps));
    if (!s->packed)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    s->f32->pack(t->channels, t->taps, step->in[EDY_IN_W], step->in[EDY_IN_BIAS], s->packed);
    return make_pointers(p, s, sizeof(float), 0, err);
}

edy_status edy_prepare_depthwise_s8(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    depthwise_state *s = make_state(p, step);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->s8 = &p->kernels->s8_depthwise[n->rule];
    edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    step->kernel = s->s8->name;
    const edy_taps *t = &s->taps;
    s->packed = edy_planner_packed(p, step, s->s8->packed_bytes(t->channels, t->taps));
    if (!s->packed)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    edy_s8_operands o;
    const edy_status status = edy_s8_operands_make(p->graph, n, t->channels, t->taps, 1, &o, err);
    if (status)
        return status;
    const edy_s8_weights weights = {.w = o.w,
                                    .bias = o.bias,
                                    .narrow = o.narrow,
                                    .rule = n->rule,
                                    .multiplier = o.multiplier,
                                    .fixed = o.fixed};
    s->s8->pack(t->channels, t->taps, &weights, s->packed);
    edy_s8_operands_free(&o);
    return make_pointers(p, s, 1, edy_node_in(p->graph, n, EDY_IN_X)->quant.zero_point[0], err);
}
