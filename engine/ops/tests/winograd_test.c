/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Winograd layers through the whole plan. With small integers, and weights that are multiples of
 * 24 * 24, every intermediate number is exact: a tile, pad or residual in the wrong place shows. */
#include "engine/ops/tests/one_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct problem {
    int64_t n, c, h, w, m;
    int64_t pad[4]; /* top, left, bottom, right */
} problem;

static float *integers(size_t n, uint32_t seed, int reach, float unit) {
    float *out = malloc(n * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = unit * (float)((int)(seed >> 16) % (2 * reach + 1) - reach);
    }
    return out;
}

static int64_t reference(const problem *p, const float *x, const float *w, const float *b,
                         int64_t i, int64_t oh, int64_t ow) {
    const int64_t ox = i % ow, oy = i / ow % oh, m = i / (ow * oh) % p->m, n = i / (ow * oh * p->m);
    int64_t sum = (int64_t)b[m];
    for (int64_t c = 0; c < p->c; c++)
        for (int64_t k = 0; k < 9; k++) {
            const int64_t y = oy + k / 3 - p->pad[0], at = ox + k % 3 - p->pad[1];
            if (y >= 0 && at >= 0 && y < p->h && at < p->w)
                sum += (int64_t)x[((n * p->c + c) * p->h + y) * p->w + at] *
                       (int64_t)w[(m * p->c + c) * 9 + k];
        }
    return sum;
}

static edy_graph *conv_graph(const problem *p, const float *w, const float *b) {
    const edy_shape x = edy_shape_make(4, (const int64_t[]){1, p->c, p->h, p->w});
    const edy_shape ws = edy_shape_make(4, (const int64_t[]){p->m, p->c, 3, 3});
    const edy_shape bs = edy_shape_make(1, &p->m);
    edy_graph *g = edy_one_node(EDY_OP_CONV, &x);
    edy_one_node_constant(g, EDY_IN_W, &ws, w);
    edy_one_node_constant(g, EDY_IN_BIAS, &bs, b);
    g->node[0].window =
        (edy_window){.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    memcpy(g->node[0].window.pad, p->pad, sizeof p->pad);
    edy_error err;
    if (edy_graph_infer(g, &err))
        fail_msg("%s", err.message);
    return g;
}

/* Tile sizes that the backend chose, as a set of bits. */
static unsigned tiles_of(const edy_graph *g, const edy_backend *backend) {
    edy_plan *plan;
    edy_error err;
    const edy_plan_options options = {.backend = backend};
    assert_int_equal(edy_plan_create(g, &options, &plan, &err), EDY_OK);
    unsigned tiles = 0;
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        tiles |= edy_plan_step_at(plan, i).winograd;
    edy_plan_destroy(plan);
    return tiles;
}

/* Returns the tiles in use. */
static unsigned check(const problem *p, const edy_backend *backend) {
    float *x = integers((size_t)(p->n * p->c * p->h * p->w), 1, 2, 1.0f);
    float *w = integers((size_t)(p->m * p->c * 9), 2, 1, 576.0f);
    float *b = integers((size_t)p->m, 3, 100, 1.0f);
    edy_graph *g = conv_graph(p, w, b);
    const int64_t oh = p->h + p->pad[0] + p->pad[2] - 2, ow = p->w + p->pad[1] + p->pad[3] - 2;
    size_t elems, elems3;
    float *one = edy_one_node_run(g, backend, 1, p->n, x, &elems);
    float *three = edy_one_node_run(g, backend, 3, p->n, x, &elems3);
    assert_int_equal(elems, p->n * p->m * oh * ow);
    for (size_t i = 0; i < elems; i++) {
        const int64_t want = reference(p, x, w, b, (int64_t)i, oh, ow);
        if ((int64_t)one[i] != want)
            fail_msg("%s, element %zu of %lldx%lldx%lld: %g, not %lld", backend->name, i,
                     (long long)p->m, (long long)oh, (long long)ow, (double)one[i],
                     (long long)want);
    }
    assert_memory_equal(one, three, elems * sizeof *one);
    const unsigned tiles = tiles_of(g, backend);
    edy_graph_destroy(g);
    free(x);
    free(w);
    free(b);
    free(one);
    free(three);
    return tiles;
}

/* Odd sizes, pads on some sides only, more channels than a block, tiles that stick out, batches. */
static const problem problems[] = {
    {1, 16, 8, 8, 16, {1, 1, 1, 1}},   {3, 17, 9, 11, 21, {1, 1, 1, 1}},
    {2, 24, 12, 5, 70, {0, 0, 0, 0}},  {1, 33, 7, 30, 40, {2, 0, 1, 1}},
    {1, 8, 40, 40, 16, {1, 1, 1, 1}},  {2, 130, 4, 4, 20, {1, 1, 1, 1}},
    {1, 256, 7, 7, 128, {1, 1, 1, 1}}, {2, 20, 3, 3, 33, {1, 1, 1, 1}},
};

static void integers_come_out_exact(void **state) {
    (void)state;
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *backend = edy_backend_at(i);
        if (!edy_backend_runs_here(backend))
            continue;
        const edy_kernels k = edy_backend_kernels(backend);
        unsigned available = 0, used = 0;
        for (size_t j = 0; j < EDY_WINOGRAD_COUNT; j++)
            available |= k.f32_winograd[j].name ? k.f32_winograd[j].out : 0u;
        for (size_t j = 0; j < sizeof problems / sizeof problems[0]; j++)
            used |= check(&problems[j], backend);
        assert_int_equal(used, available); /* or the test has tested nothing */
    }
}

static void others_stay_direct(void **state) {
    (void)state;
    const problem p = {1, 32, 16, 16, 32, {1, 1, 1, 1}};
    float *w = integers(32 * 32 * 9, 1, 1, 1.0f), *b = integers(32, 2, 1, 1.0f);
    for (int variant = 0; variant < 2; variant++) {
        edy_graph *g = conv_graph(&p, w, b);
        g->node[0].window.stride[variant] = variant == 0 ? 2 : 1;
        g->node[0].window.dilation[variant] = variant == 1 ? 2 : 1;
        edy_error err;
        assert_int_equal(edy_graph_infer(g, &err), EDY_OK);
        assert_int_equal(tiles_of(g, edy_backend_best()), 0);
        edy_graph_destroy(g);
    }
    free(w);
    free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_come_out_exact),
        cmocka_unit_test(others_stay_direct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
