/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The seeded numbers of a layer problem. */
#include <math.h>

#include "bench/walk/layer_check.h"

static size_t count_of(const edy_layer *l, int64_t channels, int64_t h, int64_t w) {
    return (size_t)(l->in[0] * channels * h * w);
}

/* The longest reduction: of an output, or of the window's positions. */
static size_t depth_of(const edy_layer *l) {
    const size_t taps = (size_t)(l->kernel[0] * l->kernel[1]);
    return l->kind == EDY_LAYER_MAXPOOL || l->kind == EDY_LAYER_AVGPOOL
               ? taps
               : taps * (size_t)(l->in[3] / l->groups);
}

static void draw_f32(edy_case *c, edy_layer_data *d) {
    const edy_layer *l = d->layer;
    const int32_t reach = edy_exact_reach(depth_of(l));
    if (d->w_count) {
        d->w = edy_case_f32(c, d->w_count, reach);
        if (!edy_case_chance(c, 4))
            d->bias = edy_case_f32(c, (size_t)l->out, reach);
    }
    if (l->residual)
        d->other = edy_case_f32(c, d->y_count, reach);
    if (l->kind == EDY_LAYER_ADD || l->kind == EDY_LAYER_MUL)
        d->other = edy_case_f32(c, d->x_count, reach);
}

/* Weights' scales with which sums of `depth` products fill the output's range. */
static float draw_scale(edy_case *c, size_t depth) {
    const double spread = 0.5 + edy_random_unit(&c->random);
    if (c->problem->fill == EDY_FILL_EXACT)
        return 0.5f;                          /* ties */
    if (c->problem->fill == EDY_FILL_EXTREME) /* all products may have one sign */
        return (float)(spread / (128.0 * (double)depth));
    return (float)(spread * 100.0 / (5000.0 * sqrt((double)depth)));
}

static void draw_s8_weights(edy_case *c, edy_layer_data *d) {
    const size_t out = (size_t)d->layer->out;
    d->w8 = edy_case_s8(c, d->w_count);
    d->bias32 = edy_case_bytes(c, out * sizeof *d->bias32);
    d->w_scale = edy_case_bytes(c, out * sizeof *d->w_scale);
    d->w_zero = edy_case_bytes(c, out * sizeof *d->w_zero);
    const bool wide = edy_case_chance(c, 4);
    for (size_t n = 0; n < out; n++) {
        d->bias32[n] = edy_random_between(&c->random, -9999, 9999);
        d->w_scale[n] = draw_scale(c, depth_of(d->layer));
        d->w_zero[n] = wide ? edy_random_between(&c->random, -128, 127) : 0;
    }
}

static void draw_s8(edy_case *c, edy_layer_data *d) {
    const bool exact = c->problem->fill == EDY_FILL_EXACT;
    d->x_scale = d->y_scale = exact ? 1.0f : (float)(0.5 + edy_random_unit(&c->random));
    d->x_zero = edy_random_between(&c->random, -128, 127);
    d->y_zero = edy_random_between(&c->random, -128, 127);
    if (d->layer->kind == EDY_LAYER_MAXPOOL)
        d->y_zero = d->x_zero;
    if (d->w_count)
        draw_s8_weights(c, d);
    d->output = (edy_s8_output){d->y_zero, -128, 127};
    if (d->low == 0.0f)
        d->output.low = d->y_zero;
    if (d->high == 6.0f) {
        const double top = d->y_zero + nearbyint((double)(6.0f / d->y_scale));
        d->output.high = top < 127 ? (int32_t)top : 127;
    }
}

void edy_layer_draw(edy_case *c, edy_layer_data *d) {
    const edy_layer *l = d->layer;
    const bool mean = l->kind == EDY_LAYER_MEAN;
    d->out_h = mean ? 1 : edy_layer_places(l, 0);
    d->out_w = mean ? 1 : edy_layer_places(l, 1);
    d->x_count = count_of(l, l->in[3], l->in[1], l->in[2]);
    d->y_count = count_of(l, l->out, d->out_h, d->out_w);
    if (l->kind <= EDY_LAYER_GEMM)
        d->w_count = (size_t)l->out * depth_of(l);
    d->low = l->act == EDY_ACT_NONE ? -INFINITY : 0.0f;
    d->high = l->act == EDY_ACT_RELU6 ? 6.0f : INFINITY;
    if (d->dtype == EDY_LAYER_F32)
        draw_f32(c, d);
    else
        draw_s8(c, d);
}

void edy_layer_draw_x(edy_case *c, edy_layer_data *d, bool spoil) {
    if (d->dtype != EDY_LAYER_F32) {
        d->x8 = edy_case_s8(c, d->x_count);
        return;
    }
    d->x = edy_case_f32(c, d->x_count, edy_exact_reach(depth_of(d->layer)));
    if (spoil)
        edy_spoil_f32(&c->random, d->x, d->x_count);
}
