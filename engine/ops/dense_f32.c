/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/conv_plan.h"
#include "engine/ops/winograd_f32.h"

#include <stdlib.h>

typedef struct dense_state {
    edy_dense_shape shape;
    edy_dense_cut cut;
    const edy_f32_dense *kernel;
    const float **pointers; /* [tiles][ks][mr], image 0, group 0; NULL for a plain GEMM */
    float *zero;            /* [all input channels] */
    char *packed;           /* [groups][blocks], each packed on its own */
    size_t block_bytes;
    size_t image_x, image_y; /* elements from image to image */
    edy_f32_clamp clamp;
    const float *x, *residual;
    float *y;
} dense_state;

static void run_items(void *context, size_t begin, size_t end) {
    const dense_state *s = context;
    const size_t mr = s->kernel->mr;
    for (size_t i = begin; i < end; i++) {
        const edy_dense_item it = edy_dense_item_at(&s->shape, &s->cut, mr, i);
        const void *w = s->packed + (it.group * s->cut.blocks + it.block) * s->block_bytes;
        const size_t to = it.image * s->image_y + it.first_row * s->shape.y_stride +
                          it.group * s->shape.nc + it.first_nc;
        const float *residual = s->residual ? s->residual + to : NULL;
        const size_t from = it.image * s->image_x + it.group * s->shape.kc;
        if (s->pointers)
            s->kernel->igemm(it.rows, it.nc, s->shape.kc, s->shape.ks,
                             s->pointers + it.tile * s->shape.ks * mr, from * sizeof(float),
                             s->zero, w, s->y + to, s->shape.y_stride, residual, &s->clamp);
        else
            s->kernel->gemm(it.rows, it.nc, s->shape.kc,
                            s->x + from + it.first_row * s->shape.x_stride, s->shape.x_stride, w,
                            s->y + to, s->shape.y_stride, residual, &s->clamp);
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
    s->zero = edy_planner_indirection(p, s->shape.x_stride * sizeof *s->zero);
    if (!s->pointers || !s->zero)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the pointer list");
    size_t i = 0;
    for (size_t tile = 0; tile < s->cut.tiles; tile++)
        for (size_t t = 0; t < s->shape.ks; t++)
            for (size_t lane = 0; lane < mr; lane++) {
                const int64_t offset = edy_dense_tap_offset(&s->shape, &taps, mr, tile, t, lane);
                s->pointers[i++] = offset < 0 ? s->zero : s->x + offset;
            }
    return EDY_OK;
}

/* The weights of `count` output channels as [count][ks][kc], alpha applied; in place where the
 * model has them so, else in `copy`. */
static const float *gather(const edy_graph *g, const edy_node *n, const float *w, size_t channel,
                           size_t count, size_t k, float *copy) {
    const float alpha = n->op == EDY_OP_CONV ? 1.0f : n->alpha;
    edy_weight_order order = edy_weight_order_of(g, n, channel);
    if (alpha == 1.0f && order.step == 1)
        return w + channel * k;
    float *to = copy;
    for (size_t c = 0; c < count; c++) {
        order = edy_weight_order_of(g, n, channel + c);
        for (size_t p = 0; p < order.positions; p++)
            for (size_t i = 0; i < order.inputs; i++)
                *to++ = alpha * w[order.first + i * order.step + p];
    }
    return copy;
}

/* Packs [group][block]; alpha and beta of Gemm go into the weights and the bias. */
static edy_status pack(edy_planner *p, edy_step *step, dense_state *s, edy_error *err) {
    const edy_node *n = step->node;
    const edy_dense_shape *d = &s->shape;
    const float *w = step->in[EDY_IN_W], *b = step->in[EDY_IN_BIAS];
    const edy_value *bias = edy_node_in(p->graph, n, EDY_IN_BIAS);
    const size_t k = d->ks * d->kc;
    float *block_w = malloc((s->cut.block_nc * k + 1) * sizeof *block_w);
    float *block_b = malloc(s->cut.block_nc * sizeof *block_b);
    s->block_bytes = s->kernel->packed_bytes(s->cut.block_nc, d->kc, d->ks);
    s->packed = edy_planner_packed(p, step, d->groups * s->cut.blocks * s->block_bytes);
    if (!block_w || !block_b || !s->packed) {
        free(block_w);
        free(block_b);
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    }
    const bool one_bias = bias && edy_shape_count(&bias->shape) == 1;
    for (size_t gb = 0; gb < d->groups * s->cut.blocks; gb++) {
        const size_t first = gb % s->cut.blocks * s->cut.block_nc;
        const size_t nc = d->nc - first < s->cut.block_nc ? d->nc - first : s->cut.block_nc;
        const size_t channel = gb / s->cut.blocks * d->nc + first;
        for (size_t c = 0; c < nc; c++)
            block_b[c] = b ? n->beta * b[one_bias ? 0 : channel + c] : 0.0f;
        s->kernel->pack(nc, d->kc, d->ks, gather(p->graph, n, w, channel, nc, k, block_w), block_b,
                        s->packed + gb * s->block_bytes);
    }
    free(block_w);
    free(block_b);
    return EDY_OK;
}

edy_status edy_prepare_dense_f32(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const bool conv = n->op == EDY_OP_CONV;
    dense_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    step->state = s;
    step->run = run;
    s->kernel = &p->kernels->f32_dense;
    s->shape = conv ? edy_dense_shape_conv(p->graph, n) : edy_dense_shape_gemm(p->graph, n);
    s->shape.y_stride = step->y_stride ? step->y_stride : s->shape.y_stride;
    s->cut = edy_dense_cut_make(&s->shape, s->kernel->mr, s->kernel->nr, sizeof(float));
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    s->x = step->in[EDY_IN_X];
    s->y = step->out[0];
    s->residual = conv ? step->in[EDY_IN_RESIDUAL] : NULL;
    s->image_x = edy_shape_count(&p->graph->value[n->input[EDY_IN_X]].shape) / s->shape.images;
    s->image_y = s->shape.rows * s->shape.y_stride;
    step->kernel = s->kernel->name;
    step->tile[0] = s->kernel->mr;
    step->tile[1] = s->kernel->nr;
    step->reason = edy_winograd_f32_reason(p, n, edy_dense_reason(&s->shape));
    edy_status status = pack(p, step, s, err);
    if (!status && !s->shape.direct)
        status = make_pointers(p, step, s, err);
    return status;
}
