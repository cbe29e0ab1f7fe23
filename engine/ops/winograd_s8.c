/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/winograd_s8.h"

#include <stdlib.h>

#include "engine/ops/conv_plan.h"
#include "engine/ops/winograd.h"

enum { WINDOW = 3, MAX_IN = 6, LARGEST_INPUT = 128, LARGEST_WEIGHT = 128, MAX_PARTS = 8 };

typedef struct winograd_state {
    edy_winograd shared; /* first */
    const edy_s16_dense *dense;
    const edy_s8_winograd *kernel;
    char *scale; /* [blocks] of scale_bytes */
    size_t scale_bytes;
    edy_s8_output output;
    int8_t *y;
} winograd_state;

/* What is not a product costs the more in products of s8_dense, the faster these are. */
static edy_winograd_form form_of(const edy_kernels *k, size_t parts) {
    const double speed = k->s16_dense.cost;
    return (edy_winograd_form){.mr = k->s16_dense.mr,
                               .nr = k->s16_dense.nr,
                               .x_bytes = sizeof(int8_t),
                               .v_bytes = sizeof(int16_t),
                               .parts = parts,
                               .product = k->s16_dense.cost,
                               .weight = 6 * speed,
                               .ends = 12,
                               .transform = 6 * speed};
}

static bool suits(const edy_graph *g, const edy_node *n) {
    return edy_winograd_suits(g, n) && g->value[n->input[EDY_IN_X]].dtype == EDY_S8 &&
           g->value[n->input[EDY_IN_W]].data;
}

/* Are all weights within 128, and the sums of `run` magnitudes in a row below the limit? */
static bool within(const int8_t *q, int32_t zero, size_t count, size_t run, int64_t limit) {
    for (size_t first = 0; first < count; first += run) {
        const size_t n = count - first < run ? count - first : run;
        int64_t sum = 0;
        int32_t most = 0;
        for (size_t i = 0; i < n; i++) {
            const int32_t magnitude = abs(q[first + i] - zero);
            sum += magnitude;
            most = magnitude > most ? magnitude : most;
        }
        if (most > LARGEST_WEIGHT || sum >= limit)
            return false;
    }
    return true;
}

/* Parts that the input channels must be summed in, so that no sum leaves what the transform back
 * can tell; 0 where even MAX_PARTS are too few, or the weights too large. */
static size_t parts_of(const edy_graph *g, const edy_node *n, size_t out) {
    const edy_value *w = edy_node_in(g, n, EDY_IN_W);
    const size_t outputs = (size_t)w->shape.dim[0], inputs = (size_t)w->shape.dim[1];
    const size_t count = inputs * WINDOW * WINDOW;
    const int64_t limit = (out == 4 ? INT64_C(1) << 25 : INT64_C(1) << 29) / LARGEST_INPUT;
    for (size_t parts = 1; parts <= MAX_PARTS && parts <= inputs; parts++) {
        const size_t channels = edy_winograd_part_channels(inputs, parts);
        bool fits = true;
        for (size_t c = 0; fits && c < outputs; c++)
            fits = within((const int8_t *)w->data + c * count,
                          w->quant.zero_point[w->quant.count > 1 ? c : 0], count,
                          channels * WINDOW * WINDOW, limit);
        if (fits)
            return parts;
    }
    return 0;
}

/* How a node is best computed. */
typedef struct choice {
    const edy_s8_winograd *kernel; /* NULL: not this way */
    edy_winograd_form form;
    double cost;
} choice;

static choice cheapest(const edy_graph *g, const edy_node *n, const edy_kernels *k) {
    choice best = {0};
    for (size_t i = 0; k->s16_dense.name && i < EDY_WINOGRAD_COUNT; i++) {
        const edy_s8_winograd *kernel = &k->s8_winograd[n->rule][i];
        const size_t parts = kernel->name ? parts_of(g, n, kernel->out) : 0;
        if (parts == 0)
            continue;
        const edy_winograd_form form = form_of(k, parts);
        const double cost = edy_winograd_cost(g, n, &form, kernel->out);
        if (!best.kernel || cost < best.cost)
            best = (choice){kernel, form, cost};
    }
    return best;
}

static choice choose(const edy_graph *g, const edy_node *n, const edy_kernels *k) {
    const choice best = suits(g, n) ? cheapest(g, n, k) : (choice){0};
    return best.kernel && best.cost < EDY_WINOGRAD_PAYS ? best : (choice){0};
}

bool edy_winograd_s8_pays(const edy_graph *g, const edy_node *n, const edy_kernels *k) {
    return choose(g, n, k).kernel != NULL;
}

const char *edy_winograd_s8_reason(edy_planner *p, const edy_node *n, const char *direct) {
    const choice best = suits(p->graph, n) ? cheapest(p->graph, n, p->kernels) : (choice){0};
    return best.kernel ? edy_winograd_phrase(p, best.cost, best.cost < EDY_WINOGRAD_PAYS, direct)
                       : direct;
}

static void input(const edy_winograd *w, const void *const *pixels, size_t a_offset, void *v) {
    const winograd_state *s = (const winograd_state *)w;
    s->kernel->input(w->cut.channels, (const int8_t *const *)pixels, a_offset, w->zero, v,
                     w->cut.v_stride);
}

static void multiply(const edy_winograd *w, size_t rows, size_t channels, size_t kc, const void *v,
                     const void *packed, void *m) {
    const winograd_state *s = (const winograd_state *)w;
    s->dense->gemm(rows, channels, kc, v, w->cut.channels, packed, m, channels);
}

static void output(const edy_winograd *w, size_t n0, size_t channels, const void *m, size_t height,
                   size_t width, size_t to) {
    const winograd_state *s = (const winograd_state *)w;
    s->kernel->output(channels, w->cut.parts, m, w->cut.m_stride,
                      s->scale + n0 / w->cut.item_channels * s->scale_bytes, height, width,
                      s->y + to, w->out_w * w->pixel_y, w->pixel_y, &s->output);
}

/* Rows of the integer G: winograd_s8.h. */
static const int32_t g4[MAX_IN][WINDOW] = {{6, 0, 0}, {-4, -4, -4}, {-4, 4, -4},
                                           {1, 2, 4}, {1, -2, 4},   {0, 0, 12}};
static const int32_t g2[MAX_IN][WINDOW] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};

/* One output channel: u[position * pitch + k] = (G g Gt)[position] for kc input channels, whose
 * nine weights stand `step` apart from g + k on. line: room for [3][kc]. */
static void transform_weights(size_t out, const int16_t *g, size_t step, size_t kc, int16_t *line,
                              int16_t *u, size_t pitch) {
    const int32_t(*const matrix)[WINDOW] = out == 4 ? g4 : g2;
    const size_t in = out + WINDOW - 1;
    for (size_t y = 0; y < in; y++) {
        const int32_t *row = matrix[y];
        for (size_t j = 0; j < WINDOW; j++)
            for (size_t k = 0; k < kc; k++)
                line[j * kc + k] =
                    (int16_t)(row[0] * g[j * step + k] + row[1] * g[(WINDOW + j) * step + k] +
                              row[2] * g[(2 * WINDOW + j) * step + k]);
        for (size_t x = 0; x < in; x++) {
            const int32_t *column = matrix[x];
            int16_t *to = u + (y * in + x) * pitch;
            for (size_t k = 0; k < kc; k++)
                to[k] = (int16_t)(column[0] * line[k] + column[1] * line[kc + k] +
                                  column[2] * line[2 * kc + k]);
        }
    }
}

/* One block of outputs and one part of the input channels. Weights are [M][3 * 3][C].
 * u: room for [position][output][channel] and then [3][channel]. */
static void pack_part(const winograd_state *s, const int16_t *w, size_t n0, size_t count,
                      size_t part, int16_t *u, char *packed) {
    const edy_winograd_cut *c = &s->shared.cut;
    const size_t first = part * c->part_channels, left = c->channels - first;
    const size_t kc = left < c->part_channels ? left : c->part_channels;
    for (size_t n = 0; n < count; n++)
        transform_weights(c->out, w + (n0 + n) * WINDOW * WINDOW * c->channels + first, c->channels,
                          kc, u + c->positions * count * kc, u + n * kc, count * kc);
    for (size_t i = 0; i < c->positions; i++)
        s->dense->pack(count, kc, u + i * count * kc, packed + i * s->shared.block_bytes);
}

static void pack_block(const winograd_state *s, const edy_s8_operands *o, edy_rule rule,
                       size_t block, int16_t *u) {
    const edy_winograd_cut *c = &s->shared.cut;
    const size_t n0 = block * c->item_channels, left = c->outputs - n0;
    const size_t count = left < c->item_channels ? left : c->item_channels;
    const edy_s8_weights weights = {.bias = o->bias + n0,
                                    .narrow = o->narrow,
                                    .rule = rule,
                                    .multiplier = o->multiplier + n0,
                                    .fixed = o->fixed + n0};
    s->kernel->pack_scale(count, &weights, s->scale + block * s->scale_bytes);
    for (size_t part = 0; part < c->parts; part++)
        pack_part(s, o->w, n0, count, part, u,
                  s->shared.packed +
                      (block * c->parts + part) * c->positions * s->shared.block_bytes);
}

static edy_status pack(edy_planner *p, edy_step *step, winograd_state *s, edy_error *err) {
    const edy_winograd_cut *c = &s->shared.cut;
    edy_s8_operands o;
    edy_status status = edy_s8_operands_make(p->graph, step->node, c->outputs, WINDOW * WINDOW,
                                             c->channels, &o, err);
    if (status)
        return status;
    s->shared.block_bytes = s->dense->packed_bytes(c->item_channels, c->part_channels);
    s->shared.packed =
        edy_planner_packed(p, step, c->blocks * c->parts * c->positions * s->shared.block_bytes);
    s->scale_bytes = s->kernel->scale_bytes(c->item_channels);
    s->scale = edy_planner_packed(p, step, c->blocks * s->scale_bytes);
    const size_t room = (c->positions * c->item_channels + WINDOW) * c->part_channels;
    int16_t *u = malloc(room * sizeof *u);
    if (!s->shared.packed || !s->scale || !u)
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    for (size_t b = 0; !status && b < c->blocks; b++)
        pack_block(s, &o, step->node->rule, b, u);
    free(u);
    edy_s8_operands_free(&o);
    return status;
}

size_t edy_winograd_s8_scratch(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                               unsigned threads) {
    const choice best = choose(g, n, k);
    return best.kernel ? edy_winograd_scratch(g, n, &best.form, best.kernel->out, threads) : 0;
}

/* The node is one for which edy_winograd_s8_pays. */
edy_status edy_prepare_winograd_s8(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const choice best = choose(p->graph, n, p->kernels);
    winograd_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->dense = &p->kernels->s16_dense;
    s->kernel = best.kernel;
    edy_node_s8_output(p->graph, n, &s->output.zero_point, &s->output.low, &s->output.high);
    s->y = step->out[0];
    s->shared.input = input;
    s->shared.multiply = multiply;
    s->shared.output = output;
    step->state = s;
    step->kernel = s->kernel->name;
    step->reason = edy_winograd_s8_reason(p, n, "");
    const int32_t zero_point = edy_node_in(p->graph, n, EDY_IN_X)->quant.zero_point[0];
    edy_status status =
        edy_winograd_prepare(p, step, &best.form, s->kernel->out, zero_point, &s->shared, err);
    return status ? status : pack(p, step, s, err);
}
