/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/ort_probe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/stats.h"
#include "engine/export/onnx_export.h"

enum { CHANNELS = 16, SIDE = 8, LAYERS = 2, TAPS = 9, PIXELS = SIDE * SIDE };
enum { WEIGHTS = CHANNELS * CHANNELS * TAPS, VALUES = CHANNELS * PIXELS };

typedef struct layer {
    int8_t w[WEIGHTS]; /* [to][from][3][3] */
    float ws[CHANNELS], xs, ys;
    int32_t bias[CHANNELS];
    uint8_t xz, yz;
} layer;

typedef struct probe {
    layer layer[LAYERS];
    uint8_t x[VALUES], expected[VALUES];
} probe;

static double uniform(uint64_t *state, double low, double high) {
    return low + (high - low) * (double)(edy_random_next(state) >> 11) * 0x1p-53;
}

/* Half of the channels have weights of +-127: neighbours whose products saturate 16 bits. */
static void make(probe *p) {
    static const float scales[LAYERS + 1] = {0.017f, 0.061f, 0.47f};
    static const uint8_t zeros[LAYERS + 1] = {3, 0, 119};
    uint64_t state = 20;
    for (int l = 0; l < LAYERS; l++) {
        layer *y = &p->layer[l];
        y->xs = scales[l];
        y->ys = scales[l + 1];
        y->xz = zeros[l];
        y->yz = zeros[l + 1];
        for (int i = 0; i < WEIGHTS; i++) {
            const double w = uniform(&state, -127, 128);
            y->w[i] = (int8_t)(i >= WEIGHTS / 2 ? floor(w) : w > -32 ? 127 : -127);
        }
        for (int c = 0; c < CHANNELS; c++) {
            y->ws[c] = (float)uniform(&state, 1e-4, 2e-3);
            y->bias[c] = (int32_t)uniform(&state, -20000, 20000);
        }
    }
    for (int i = 0; i < VALUES; i++)
        p->x[i] = (uint8_t)uniform(&state, 62, 256);
}

/* ---- By the rules ---------------------------------------------------------------------------- */

static int64_t accumulate(const layer *l, const uint8_t *x, int to, int row, int column) {
    int64_t sum = l->bias[to];
    for (int from = 0; from < CHANNELS; from++)
        for (int t = 0; t < TAPS; t++) {
            const int r = row + t / 3 - 1, c = column + t % 3 - 1;
            if (r < 0 || c < 0 || r >= SIDE || c >= SIDE)
                continue;
            sum += (int64_t)l->w[(to * CHANNELS + from) * TAPS + t] *
                   (x[from * PIXELS + r * SIDE + c] - l->xz);
        }
    return sum;
}

static void compute(const layer *l, const uint8_t *x, uint8_t *y) {
    for (int i = 0; i < VALUES; i++) {
        const int to = i / PIXELS, at = i % PIXELS;
        const float m = l->xs * l->ws[to] / l->ys;
        const float q = rintf((float)accumulate(l, x, to, at / SIDE, at % SIDE) * m);
        const float low = -(float)l->yz, high = 255 - (float)l->yz;
        y[i] = (uint8_t)((q < low ? low : q > high ? high : q) + (float)l->yz);
    }
}

static void expect(probe *p) {
    uint8_t between[VALUES];
    compute(&p->layer[0], p->x, between);
    compute(&p->layer[1], between, p->expected);
}

/* ---- As a model ------------------------------------------------------------------------------ */

static edy_value_id constant(edy_graph *g, edy_dtype dtype, int32_t rank, const int64_t *dims,
                             const void *data, edy_status *st, edy_error *err) {
    char name[32];
    edy_value_id id = EDY_NO_VALUE;
    const edy_shape shape = edy_shape_make(rank, dims);
    snprintf(name, sizeof name, "k%d", g->n_values);
    *st = *st ? *st : edy_graph_add_constant(g, name, dtype, &shape, data, &id, err);
    return id;
}

static edy_status add_layer(edy_graph *g, const layer *l, edy_value_id *x, edy_error *err) {
    static const int64_t w_dims[] = {CHANNELS, CHANNELS, 3, 3}, c_dims[] = {CHANNELS};
    static const int8_t w_zero[CHANNELS] = {0};
    edy_status st = EDY_OK;
    int32_t index = 0;
    edy_value_id y = EDY_NO_VALUE;
    const edy_value_id in[] = {*x,
                               constant(g, EDY_F32, 0, NULL, &l->xs, &st, err),
                               constant(g, EDY_U8, 0, NULL, &l->xz, &st, err),
                               constant(g, EDY_S8, 4, w_dims, l->w, &st, err),
                               constant(g, EDY_F32, 1, c_dims, l->ws, &st, err),
                               constant(g, EDY_S8, 1, c_dims, w_zero, &st, err),
                               constant(g, EDY_F32, 0, NULL, &l->ys, &st, err),
                               constant(g, EDY_U8, 0, NULL, &l->yz, &st, err),
                               constant(g, EDY_S32, 1, c_dims, l->bias, &st, err)};
    st = st ? st
            : edy_graph_add_node(g, EDY_OP_QLINEARCONV, g->n_nodes ? "second" : "first", &index,
                                 err);
    st = st ? st : edy_graph_add_value(g, index ? "y" : "between", EDY_U8, &y, err);
    if (st)
        return st;
    edy_node *n = &g->node[index];
    n->n_inputs = sizeof in / sizeof in[0];
    memcpy(n->input, in, sizeof in);
    n->n_outputs = 1;
    n->output[0] = *x = y;
    n->window = (edy_window){
        .kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1};
    return EDY_OK;
}

static edy_status export_probe(const probe *p, const char *path, edy_error *err) {
    static const int64_t dims[] = {1, CHANNELS, SIDE, SIDE};
    edy_graph *g = NULL;
    edy_value_id x = EDY_NO_VALUE;
    edy_status st = edy_graph_create(&g, err);
    if (st)
        return st;
    g->input = calloc(1, sizeof *g->input);
    g->output = calloc(1, sizeof *g->output);
    if (!g->input || !g->output)
        st = edy_fail(err, EDY_NO_MEMORY, "out of memory for the probe");
    st = st ? st : edy_graph_add_value(g, "x", EDY_U8, &x, err);
    if (!st) {
        g->value[x].shape = edy_shape_make(4, dims);
        g->value[x].shape_known = true;
        g->input[g->n_inputs++] = x;
    }
    for (int l = 0; l < LAYERS && !st; l++)
        st = add_layer(g, &p->layer[l], &x, err);
    if (!st)
        g->output[g->n_outputs++] = x;
    st = st ? st : edy_graph_infer(g, err);
    st = st ? st : edy_onnx_export(g, path, err);
    edy_graph_destroy(g);
    return st;
}

/* ---- By the library -------------------------------------------------------------------------- */

static edy_status run_probe(edy_ort *ort, const char *path, edy_ort_settings settings, probe *p,
                            size_t *wrong, edy_error *err) {
    edy_ort_session *s = NULL;
    edy_status st = edy_ort_session_create(ort, path, 1, 1, settings, &s, err);
    st = st ? st : edy_ort_bind(s, 0, p->x, err);
    st = st ? st : edy_ort_run(s, err);
    if (!st && (edy_ort_output_count(s) != 1 || edy_ort_output(s, 0)->bytes != VALUES))
        st = edy_fail(err, EDY_BAD_FILE, "the library gives other outputs than the probe has");
    const uint8_t *got = st ? NULL : edy_ort_output_data(s, 0);
    for (int i = 0; got && i < VALUES; i++)
        *wrong += got[i] != p->expected[i];
    edy_ort_session_destroy(s);
    return st;
}

edy_status edy_ort_probe(edy_ort *ort, edy_ort_settings settings, size_t *wrong, size_t *total,
                         edy_error *err) {
    char dir[] = "/tmp/edyno-probe-XXXXXX", path[sizeof dir + 16];
    probe *p = malloc(sizeof *p);
    *wrong = 0;
    *total = VALUES;
    if (!p)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for the probe");
    make(p);
    expect(p);
    edy_status st = EDY_OK;
    if (!mkdtemp(dir))
        st = edy_fail(err, EDY_IO, "%s: cannot be made: %s", dir, strerror(errno));
    snprintf(path, sizeof path, "%s/probe.onnx", dir);
    if (!st) {
        st = export_probe(p, path, err);
        st = st ? st : run_probe(ort, path, settings, p, wrong, err);
        unlink(path);
        rmdir(dir);
    }
    free(p);
    return st;
}
