/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/conv_plan.h"

#include <string.h>

#include "engine/ops/winograd_s8.h"

typedef struct dense_state {
    edy_dense_shape shape;
    edy_dense_cut cut;
    const edy_s8_dense *kernel;
    const int8_t **pointers; /* as in dense_f32.c */
    int8_t *zero;            /* holds the input's zero point */
    char *packed;
    size_t block_bytes;
    size_t image_x, image_y;
    edy_s8_output output;
    const int8_t *x;
    int8_t *y;
} dense_state;

static void run_items(void *context, size_t begin, size_t end) {
    const dense_state *s = context;
    const size_t mr = s->kernel->mr;
    for (size_t i = begin; i < end; i++) {
        const edy_dense_item it = edy_dense_item_at(&s->shape, &s->cut, mr, i);
        const void *w = s->packed + (it.group * s->cut.blocks + it.block) * s->block_bytes;
        int8_t *y = s->y + it.image * s->image_y + it.first_row * s->shape.y_stride +
                    it.group * s->shape.nc + it.first_nc;
        const size_t from = it.image * s->image_x + it.group * s->shape.kc;
        if (s->pointers)
            s->kernel->igemm(it.rows, it.nc, s->shape.kc, s->shape.ks,
                             s->pointers + it.tile * s->shape.ks * mr, from, s->zero, w, y,
                             s->shape.y_stride, &s->output);
        else
            s->kernel->gemm(it.rows, it.nc, s->shape.kc,
                            s->x + from + it.first_row * s->shape.x_stride, s->shape.x_stride, w, y,
                            s->shape.y_stride, &s->output);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    dense_state *s = step->state;
    edy_parallel_for(threads, edy_dense_items(&s->shape, &s->cut), run_items, s);
}

static edy_status make_pointers(edy_planner *p, const edy_step *step, dense_state *s,
                                edy_error *err) {
    const edy_taps taps = edy_taps_of(p->graph, step->node);
    const size_t mr = s->kernel->mr, count = s->cut.tiles * s->shape.ks * mr;
    s->pointers = edy_planner_indirection(p, count * sizeof *s->pointers);
    s->zero = edy_planner_indirection(p, s->shape.x_stride);
    if (!s->pointers || !s->zero)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the pointer list");
    const edy_value *x = edy_node_in(p->graph, step->node, EDY_IN_X);
    memset(s->zero, x->quant.zero_point[0], s->shape.x_stride);
    size_t i = 0;
    for (size_t tile = 0; tile < s->cut.tiles; tile++)
        for (size_t t = 0; t < s->shape.ks; t++)
            for (size_t lane = 0; lane < mr; lane++) {
                const int64_t offset = edy_dense_tap_offset(&s->shape, &taps, mr, tile, t, lane);
                s->pointers[i++] = offset < 0 ? s->zero : s->x + offset;
            }
    return EDY_OK;
}

static edy_status pack(edy_planner *p, edy_step *step, dense_state *s, edy_error *err) {
    const edy_dense_shape *d = &s->shape;
    edy_s8_operands o;
    edy_status status =
        edy_s8_operands_make(p->graph, step->node, d->groups * d->nc, d->ks, d->kc, &o, err);
    if (status)
        return status;
    s->block_bytes = s->kernel->packed_bytes(s->cut.block_nc, d->kc, d->ks);
    s->packed = edy_planner_packed(p, step, d->groups * s->cut.blocks * s->block_bytes);
    if (!s->packed)
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    for (size_t gb = 0; !status && gb < d->groups * s->cut.blocks; gb++) {
        const size_t first = gb % s->cut.blocks * s->cut.block_nc;
        const size_t nc = d->nc - first < s->cut.block_nc ? d->nc - first : s->cut.block_nc;
        const size_t channel = gb / s->cut.blocks * d->nc + first;
        const edy_s8_weights weights = {.w = o.w + channel * d->ks * d->kc,
                                        .bias = o.bias + channel,
                                        .narrow = o.narrow,
                                        .rule = step->node->rule,
                                        .multiplier = o.multiplier + channel,
                                        .fixed = o.fixed + channel};
        s->kernel->pack(nc, d->kc, d->ks, &weights, s->packed + gb * s->block_bytes);
    }
    edy_s8_operands_free(&o);
    return status;
}

edy_status edy_prepare_dense_s8(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    dense_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    step->state = s;
    step->run = run;
    s->kernel = &p->kernels->s8_dense[n->rule];
    s->shape = n->op == EDY_OP_CONV ? edy_dense_shape_conv(p->graph, n)
                                    : edy_dense_shape_gemm(p->graph, n);
    s->shape.y_stride = step->y_stride ? step->y_stride : s->shape.y_stride;
    s->cut = edy_dense_cut_make(&s->shape, s->kernel->mr, s->kernel->nr, sizeof(int16_t));
    edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    s->x = step->in[EDY_IN_X];
    s->y = step->out[0];
    s->image_x = edy_shape_count(&p->graph->value[n->input[EDY_IN_X]].shape) / s->shape.images;
    s->image_y = s->shape.rows * s->shape.y_stride;
    step->kernel = s->kernel->name;
    step->tile[0] = s->kernel->mr;
    step->tile[1] = s->kernel->nr;
    step->reason = edy_winograd_s8_reason(p, n, edy_dense_reason(&s->shape));
    edy_status status = pack(p, step, s, err);
    if (!status && !s->shape.direct)
        status = make_pointers(p, step, s, err);
    return status;
}
