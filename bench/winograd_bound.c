/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/winograd_bound.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { WINDOW = EDY_WINOGRAD_WINDOW, MAX_IN = EDY_WINOGRAD_MAX_IN, TILE = EDY_WINOGRAD_MAX_TILE };

static const edy_winograd_matrices tile_2 = {
    .out = 2,
    .in = 4,
    .bt = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
    .g = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
    .at = {{1, 1, 1, 0}, {0, 1, -1, -1}}};

static const edy_winograd_matrices tile_4 = {
    .out = 4,
    .in = 6,
    .bt = {{4, 0, -5, 0, 1, 0},
           {0, -4, -4, 1, 1, 0},
           {0, 4, -4, -1, 1, 0},
           {0, -2, -1, 2, 1, 0},
           {0, 2, -1, -2, 1, 0},
           {0, 4, 0, -5, 0, 1}},
    .g = {{1.0 / 4, 0, 0},
          {-1.0 / 6, -1.0 / 6, -1.0 / 6},
          {-1.0 / 6, 1.0 / 6, -1.0 / 6},
          {1.0 / 24, 1.0 / 12, 1.0 / 6},
          {1.0 / 24, -1.0 / 12, 1.0 / 6},
          {0, 0, 1}},
    .at = {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}};

const edy_winograd_matrices *edy_winograd_matrices_of(size_t out) {
    assert(out == 2 || out == 4);
    return out == 4 ? &tile_4 : &tile_2;
}

void edy_winograd_weight(const edy_winograd_matrices *m, const double *g, bool absolute,
                         double *u) {
    for (size_t y = 0; y < m->in; y++)
        for (size_t x = 0; x < m->in; x++) {
            double sum = 0.0;
            for (size_t i = 0; i < WINDOW; i++)
                for (size_t j = 0; j < WINDOW; j++) {
                    const double term = m->g[y][i] * g[i * WINDOW + j] * m->g[x][j];
                    sum += absolute ? fabs(term) : term;
                }
            u[y * m->in + x] = sum;
        }
}

void edy_winograd_reach(const edy_winograd_matrices *m, const double *d, double *v) {
    double half[MAX_IN][MAX_IN];
    for (size_t y = 0; y < m->in; y++)
        for (size_t x = 0; x < m->in; x++) {
            half[y][x] = 0.0;
            for (size_t i = 0; i < m->in; i++)
                half[y][x] += fabs(m->bt[y][i] * d[i * m->in + x]);
        }
    for (size_t y = 0; y < m->in; y++)
        for (size_t x = 0; x < m->in; x++) {
            double sum = 0.0;
            for (size_t j = 0; j < m->in; j++)
                sum += half[y][j] * fabs(m->bt[x][j]);
            v[y * m->in + x] = sum;
        }
}

void edy_winograd_spread(const edy_winograd_matrices *m, const double *u, const double *v,
                         double *w) {
    double half[EDY_WINOGRAD_MAX_OUT][MAX_IN];
    for (size_t y = 0; y < m->out; y++)
        for (size_t x = 0; x < m->in; x++) {
            half[y][x] = 0.0;
            for (size_t i = 0; i < m->in; i++)
                half[y][x] += fabs(m->at[y][i]) * u[i * m->in + x] * v[i * m->in + x];
        }
    for (size_t y = 0; y < m->out; y++)
        for (size_t x = 0; x < m->out; x++)
            for (size_t j = 0; j < m->in; j++)
                w[y * m->out + x] += half[y][j] * fabs(m->at[x][j]);
}

/* ---- A layer --------------------------------------------------------------------------------- */

typedef struct layer {
    const edy_winograd_matrices *m;
    const int64_t *pad;
    size_t channels, in_h, in_w, outputs, out_h, out_w;
    const double *x;
    double *u, *v; /* [outputs][channels][TILE], [channels][TILE] */
} layer;

static void reach_of_tile(const layer *l, size_t image, size_t top, size_t left) {
    for (size_t c = 0; c < l->channels; c++) {
        double d[TILE];
        for (size_t i = 0; i < l->m->in * l->m->in; i++) {
            const int64_t y = (int64_t)(top + i / l->m->in) - l->pad[0];
            const int64_t x = (int64_t)(left + i % l->m->in) - l->pad[1];
            const bool inside = y >= 0 && x >= 0 && y < (int64_t)l->in_h && x < (int64_t)l->in_w;
            d[i] =
                inside
                    ? l->x[((image * l->channels + c) * l->in_h + (size_t)y) * l->in_w + (size_t)x]
                    : 0.0;
        }
        edy_winograd_reach(l->m, d, l->v + c * TILE);
    }
}

/* Adds what the tile's products may be off by to the bias and residual that magnitude holds. */
static void spread_tile(const layer *l, size_t image, size_t top, size_t left, double *magnitude) {
    for (size_t n = 0; n < l->outputs; n++) {
        double w[EDY_WINOGRAD_MAX_OUT * EDY_WINOGRAD_MAX_OUT] = {0};
        for (size_t c = 0; c < l->channels; c++)
            edy_winograd_spread(l->m, l->u + (n * l->channels + c) * TILE, l->v + c * TILE, w);
        for (size_t i = 0; i < l->m->out * l->m->out; i++) {
            const size_t y = top + i / l->m->out, x = left + i % l->m->out;
            if (y < l->out_h && x < l->out_w)
                magnitude[((image * l->outputs + n) * l->out_h + y) * l->out_w + x] += w[i];
        }
    }
}

edy_status edy_winograd_bound(const edy_node *node, size_t out, const edy_oracle_tensor *const *in,
                              const edy_shape *y, edy_oracle_bound *bound, edy_error *err) {
    const edy_oracle_tensor *x = in[EDY_IN_X], *w = in[EDY_IN_W];
    layer l = {.m = edy_winograd_matrices_of(out),
               .pad = node->window.pad,
               .channels = (size_t)x->shape.dim[1],
               .in_h = (size_t)x->shape.dim[2],
               .in_w = (size_t)x->shape.dim[3],
               .outputs = (size_t)y->dim[1],
               .out_h = (size_t)y->dim[2],
               .out_w = (size_t)y->dim[3],
               .x = x->data};
    l.u = malloc(l.outputs * l.channels * TILE * sizeof *l.u);
    l.v = malloc(l.channels * TILE * sizeof *l.v);
    if (l.u && l.v) {
        for (size_t i = 0; i < l.outputs * l.channels; i++)
            edy_winograd_weight(l.m, w->data + i * WINDOW * WINDOW, true, l.u + i * TILE);
        for (size_t image = 0; image < (size_t)y->dim[0]; image++)
            for (size_t top = 0; top < l.out_h; top += out)
                for (size_t left = 0; left < l.out_w; left += out) {
                    reach_of_tile(&l, image, top, left);
                    spread_tile(&l, image, top, left, bound->magnitude);
                }
        bound->terms = edy_winograd_terms(l.channels);
    }
    const bool complete = l.u && l.v;
    free(l.u);
    free(l.v);
    return complete ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "out of memory for a bound");
}
