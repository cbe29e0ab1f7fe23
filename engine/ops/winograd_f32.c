/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/winograd_f32.h"

#include <stdlib.h>

#include "engine/ops/winograd.h"

enum { WINDOW = 3, MAX_IN = 6 };

typedef struct winograd_state {
    edy_winograd shared; /* first */
    const edy_f32_dense *dense;
    const edy_f32_winograd *kernel;
    float *bias; /* [outputs] */
    edy_f32_clamp clamp;
    const float *residual;
    float *y;
} winograd_state;

static edy_winograd_form form_of(const edy_kernels *k) {
    return (edy_winograd_form){.mr = k->f32_dense.mr,
                               .nr = k->f32_dense.nr,
                               .x_bytes = sizeof(float),
                               .v_bytes = sizeof(float),
                               .parts = 1,
                               .product = 1,
                               .weight = 8,
                               .ends = 12,
                               .transform = 5};
}

static bool suits(const edy_graph *g, const edy_node *n) {
    return edy_winograd_suits(g, n) && g->value[n->input[EDY_IN_X]].dtype == EDY_F32;
}

/* The cheapest kernel that the backend has, and its cost; NULL where it has none. */
static const edy_f32_winograd *cheapest(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                                        double *cost) {
    const edy_winograd_form form = form_of(k);
    const edy_f32_winograd *best = NULL;
    for (size_t i = 0; i < EDY_WINOGRAD_COUNT; i++) {
        if (!k->f32_winograd[i].name)
            continue;
        const double this_cost = edy_winograd_cost(g, n, &form, k->f32_winograd[i].out);
        if (best && this_cost >= *cost)
            continue;
        best = &k->f32_winograd[i];
        *cost = this_cost;
    }
    return best;
}

const edy_f32_winograd *edy_winograd_f32_choose(const edy_graph *g, const edy_node *n,
                                                const edy_kernels *k) {
    double cost = 0;
    const edy_f32_winograd *best = suits(g, n) ? cheapest(g, n, k, &cost) : NULL;
    return best && cost < EDY_WINOGRAD_PAYS ? best : NULL;
}

const char *edy_winograd_f32_reason(edy_planner *p, const edy_node *n, const char *direct) {
    double cost = 0;
    if (!suits(p->graph, n) || !cheapest(p->graph, n, p->kernels, &cost))
        return direct;
    return edy_winograd_phrase(p, cost, cost < EDY_WINOGRAD_PAYS, direct);
}

static void input(const edy_winograd *w, const void *const *pixels, size_t a_offset, void *v) {
    const winograd_state *s = (const winograd_state *)w;
    s->kernel->input(w->cut.channels, (const float *const *)pixels, a_offset, w->zero, v,
                     w->cut.v_stride);
}

static void multiply(const edy_winograd *w, size_t rows, size_t channels, size_t kc, const void *v,
                     const void *packed, void *m) {
    static const edy_f32_clamp none = {-__builtin_inff(), __builtin_inff()};
    const winograd_state *s = (const winograd_state *)w;
    s->dense->gemm(rows, channels, kc, v, w->cut.channels, packed, m, channels, NULL, &none);
}

static void output(const edy_winograd *w, size_t n0, size_t channels, const void *m, size_t height,
                   size_t width, size_t to) {
    const winograd_state *s = (const winograd_state *)w;
    s->kernel->output(channels, m, w->cut.m_stride, s->bias + n0, height, width, s->y + to,
                      w->out_w * w->pixel_y, w->pixel_y, s->residual ? s->residual + to : NULL,
                      &s->clamp);
}

/* Rows of G (Lavin and Gray) for tiles of 4 x 4 and of 2 x 2 outputs. */
static const double g4[MAX_IN][WINDOW] = {
    {1.0 / 4, 0.0, 0.0},           {-1.0 / 6, -1.0 / 6, -1.0 / 6}, {-1.0 / 6, 1.0 / 6, -1.0 / 6},
    {1.0 / 24, 1.0 / 12, 1.0 / 6}, {1.0 / 24, -1.0 / 12, 1.0 / 6}, {0.0, 0.0, 1.0}};
static const double g2[MAX_IN][WINDOW] = {
    {1.0, 0.0, 0.0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0.0, 0.0, 1.0}};

/* One output channel: u[position * pitch + k] = (G g Gt)[position] for the channels k of w, that is
 * [C][3 * 3], in double and rounded once. nine, line: room for [3 * 3][C] and [3][C]. */
static void transform_weights(size_t out, const float *w, size_t channels, double *nine,
                              double *line, float *u, size_t pitch) {
    const double(*const matrix)[WINDOW] = out == 4 ? g4 : g2;
    const size_t in = out + WINDOW - 1;
    for (size_t k = 0; k < channels; k++)
        for (size_t i = 0; i < WINDOW * WINDOW; i++)
            nine[i * channels + k] = (double)w[k * WINDOW * WINDOW + i];
    for (size_t y = 0; y < in; y++) {
        const double *row = matrix[y];
        for (size_t i = 0; i < WINDOW * channels; i++) /* of each column of the window in turn */
            line[i] = row[0] * nine[i] + row[1] * nine[WINDOW * channels + i] +
                      row[2] * nine[2 * WINDOW * channels + i];
        for (size_t x = 0; x < in; x++) {
            const double *column = matrix[x];
            float *to = u + (y * in + x) * pitch;
            for (size_t k = 0; k < channels; k++)
                to[k] = (float)(column[0] * line[k] + column[1] * line[channels + k] +
                                column[2] * line[2 * channels + k]);
        }
    }
}

static edy_status pack(edy_planner *p, edy_step *step, winograd_state *s, edy_error *err) {
    edy_winograd *shared = &s->shared;
    const edy_winograd_cut *c = &shared->cut;
    const float *w = step->in[EDY_IN_W], *bias = step->in[EDY_IN_BIAS];
    shared->block_bytes = s->dense->packed_bytes(c->item_channels, c->channels, 1);
    shared->packed = edy_planner_packed(p, step, c->blocks * c->positions * shared->block_bytes);
    s->bias = edy_planner_packed(p, step, c->outputs * sizeof *s->bias);
    float *u = malloc(c->positions * c->item_channels * c->channels * sizeof *u);
    double *nine = malloc((WINDOW * WINDOW + WINDOW) * c->channels * sizeof *nine);
    if (!shared->packed || !s->bias || !u || !nine) {
        free(u);
        free(nine);
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    }
    for (size_t n = 0; bias && n < c->outputs; n++)
        s->bias[n] = bias[n];
    for (size_t b = 0; b < c->blocks; b++) {
        const size_t n0 = b * c->item_channels;
        const size_t count =
            c->outputs - n0 < c->item_channels ? c->outputs - n0 : c->item_channels;
        for (size_t n = 0; n < count; n++)
            transform_weights(c->out, w + (n0 + n) * c->channels * WINDOW * WINDOW, c->channels,
                              nine, nine + WINDOW * WINDOW * c->channels, u + n * c->channels,
                              count * c->channels);
        for (size_t i = 0; i < c->positions; i++)
            s->dense->pack(count, c->channels, 1, u + i * count * c->channels, NULL,
                           shared->packed + (b * c->positions + i) * shared->block_bytes);
    }
    free(u);
    free(nine);
    return EDY_OK;
}

size_t edy_winograd_f32_scratch(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                                unsigned threads) {
    const edy_f32_winograd *kernel = edy_winograd_f32_choose(g, n, k);
    const edy_winograd_form form = form_of(k);
    return kernel ? edy_winograd_scratch(g, n, &form, kernel->out, threads) : 0;
}

/* The node is one for which edy_winograd_f32_choose gives a kernel. */
edy_status edy_prepare_winograd_f32(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_winograd_form form = form_of(p->kernels);
    winograd_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->dense = &p->kernels->f32_dense;
    s->kernel = edy_winograd_f32_choose(p->graph, n, p->kernels);
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    s->residual = step->in[EDY_IN_RESIDUAL];
    s->y = step->out[0];
    s->shared.input = input;
    s->shared.multiply = multiply;
    s->shared.output = output;
    step->state = s;
    step->kernel = s->kernel->name;
    step->reason = edy_winograd_f32_reason(p, n, "");
    step->winograd = s->kernel->out;
    edy_status status = edy_winograd_prepare(p, step, &form, s->kernel->out, 0, &s->shared, err);
    return status ? status : pack(p, step, s, err);
}
