/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"

#include "engine/ops/window_taps.h"

typedef struct maxpool_state {
    edy_taps taps;
    const edy_kernels *kernels;
    const float **pointers_f32; /* [out pixels][taps], image 0; one of the two is set */
    const int8_t **pointers_s8;
    void *y;
    edy_f32_clamp clamp;
    edy_s8_output output;
} maxpool_state;

/* Bytes need no scales as imported: the largest is the largest. */
static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank != 4)
        return edy_fail(err, EDY_UNSUPPORTED, "an input that has not 4 dimensions");
    if (x->dtype != EDY_F32 && x->dtype != EDY_S8 && x->dtype != EDY_U8)
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    int64_t out_h, out_w;
    const edy_status status =
        edy_window_resolve(&n->window, x->shape.dim[2], x->shape.dim[3], &out_h, &out_w, err);
    if (status)
        return status;
    edy_value *y = edy_node_out(g, n, 0);
    if (x->dtype == EDY_S8 && (x->quant.count > 1 || x->quant.count != y->quant.count))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = edy_shape_make(4, (const int64_t[]){x->shape.dim[0], x->shape.dim[1], out_h, out_w});
    y->dtype = x->dtype;
    return EDY_OK;
}

static void run_rows(void *context, size_t begin, size_t end) {
    const maxpool_state *s = context;
    const edy_taps *t = &s->taps;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / t->out_h, first = i % t->out_h * t->out_w;
        const size_t to = (image * t->out_h * t->out_w + first) * t->channels;
        const size_t from = image * t->in_h * t->in_w * t->channels;
        if (s->pointers_f32)
            s->kernels->f32_maxpool(t->out_w, t->channels, t->taps,
                                    s->pointers_f32 + first * t->taps, from * sizeof(float),
                                    (float *)s->y + to, t->channels, &s->clamp);
        else
            s->kernels->s8_maxpool(t->out_w, t->channels, t->taps, s->pointers_s8 + first * t->taps,
                                   from, (int8_t *)s->y + to, t->channels, &s->output);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    maxpool_state *s = step->state;
    edy_parallel_for(threads, s->taps.batch * s->taps.out_h, run_rows, s);
}

/* A tap of pixel p inside the image, as a stand-in for one outside; -1 if there is none. */
static int64_t inner_tap(const edy_taps *taps, size_t p) {
    for (size_t t = 0; t < taps->taps; t++) {
        const int64_t pixel = edy_tap_pixel(taps, p, t);
        if (pixel >= 0)
            return pixel;
    }
    return -1;
}

static edy_status fill(edy_planner *p, const void *x, maxpool_state *s, bool f32, edy_error *err) {
    const edy_taps *t = &s->taps;
    const size_t count = t->out_h * t->out_w * t->taps;
    void *list = edy_planner_indirection(p, count * sizeof(void *));
    if (!list)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the pointer list");
    s->pointers_f32 = f32 ? list : NULL;
    s->pointers_s8 = f32 ? NULL : list;
    for (size_t i = 0; i < count; i++) {
        int64_t pixel = edy_tap_pixel(t, i / t->taps, i % t->taps);
        if (pixel < 0)
            pixel = inner_tap(t, i / t->taps);
        if (pixel < 0)
            return edy_fail(err, EDY_UNSUPPORTED, "a window that lies in the padding only");
        const size_t offset = (size_t)pixel * t->channels;
        if (f32)
            s->pointers_f32[i] = (const float *)x + offset;
        else
            s->pointers_s8[i] = (const int8_t *)x + offset;
    }
    return EDY_OK;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    const bool f32 = x->dtype == EDY_F32;
    if (x->dtype == EDY_U8)
        return edy_fail(err, EDY_UNSUPPORTED, "uint8 that others compute with as plain integers");
    maxpool_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->taps = edy_taps_of(p->graph, n);
    s->kernels = p->kernels;
    s->y = step->out[0];
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    s->output = (edy_s8_output){0, -128, 127}; /* plain bytes */
    if (!f32 && x->quant.count)
        edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    step->state = s;
    step->run = run;
    step->kernel =
        f32 ? edy_planner_name(p, "f32_maxpool", p->kernels->f32_maxpool == p->scalar->f32_maxpool)
            : edy_planner_name(p, "s8_maxpool", p->kernels->s8_maxpool == p->scalar->s8_maxpool);
    step->reason = "row pointers";
    return fill(p, step->in[0], s, f32, err);
}

const edy_op edy_op_maxpool = {.infer = infer, .prepare = prepare};
