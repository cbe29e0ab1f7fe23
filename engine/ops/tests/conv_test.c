/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Convolutions of random geometry through the whole plan, against loops in double over NCHW. */
#include "engine/ops/tests/one_node.h"
#include "engine/ops/window_taps.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct problem {
    int64_t n, c, h, w, m, groups;
    edy_window window;
} problem;

static int64_t out_extent(const problem *p, int axis) {
    const int64_t in = axis ? p->w : p->h;
    const int64_t span = (p->window.kernel[axis] - 1) * p->window.dilation[axis] + 1;
    return (in + p->window.pad[axis] + p->window.pad[axis + 2] - span) / p->window.stride[axis] + 1;
}

static double reference(const problem *p, const float *x, const float *w, const float *b, int64_t n,
                        int64_t m, int64_t oy, int64_t ox, double *magnitude) {
    const edy_window *v = &p->window;
    const int64_t cg = p->c / p->groups, g = m / (p->m / p->groups);
    double sum = b[m];
    *magnitude = fabs(sum);
    for (int64_t c = 0; c < cg; c++)
        for (int64_t ky = 0; ky < v->kernel[0]; ky++)
            for (int64_t kx = 0; kx < v->kernel[1]; kx++) {
                const int64_t y = oy * v->stride[0] - v->pad[0] + ky * v->dilation[0];
                const int64_t xx = ox * v->stride[1] - v->pad[1] + kx * v->dilation[1];
                if (y < 0 || xx < 0 || y >= p->h || xx >= p->w)
                    continue;
                const double product = (double)x[((n * p->c + g * cg + c) * p->h + y) * p->w + xx] *
                                       w[((m * cg + c) * v->kernel[0] + ky) * v->kernel[1] + kx];
                sum += product;
                *magnitude += fabs(product);
            }
    return sum;
}

static edy_graph *conv_graph(const problem *p, const float *w, const float *b) {
    const edy_shape x = edy_shape_make(4, (const int64_t[]){p->n, p->c, p->h, p->w});
    const edy_shape ws = edy_shape_make(
        4, (const int64_t[]){p->m, p->c / p->groups, p->window.kernel[0], p->window.kernel[1]});
    const edy_shape bs = edy_shape_make(1, &p->m);
    edy_graph *g = edy_one_node(EDY_OP_CONV, &x);
    edy_one_node_constant(g, EDY_IN_W, &ws, w);
    edy_one_node_constant(g, EDY_IN_BIAS, &bs, b);
    g->node[0].window = p->window;
    edy_error err;
    if (edy_graph_infer(g, &err))
        fail_msg("%s", err.message);
    return g;
}

static void check_against_double(const problem *p, const float *x, const float *w, const float *b,
                                 const float *y) {
    const double u = ldexp(1.0, -24);
    const int64_t oh = out_extent(p, 0), ow = out_extent(p, 1);
    const int64_t k = p->c / p->groups * p->window.kernel[0] * p->window.kernel[1] + 1;
    for (int64_t i = 0; i < p->n * p->m * oh * ow; i++) {
        double s;
        const double want = reference(p, x, w, b, i / (p->m * oh * ow), i / (oh * ow) % p->m,
                                      i / ow % oh, i % ow, &s);
        const double error = fabs((double)y[i] - want);
        if (!(error <= (double)k * u * s))
            fail_msg("element %lld: %g, expected %g", (long long)i, (double)y[i], want);
    }
}

static int pick(int low, int high) {
    return low + rand() % (high - low + 1);
}

static problem random_problem(void) {
    problem p = {.n = pick(1, 3), .h = pick(1, 12), .w = pick(1, 12)};
    const int kind = rand() % 4;
    p.groups = kind == 0 ? 1 : kind == 1 ? pick(2, 9) : kind == 2 ? pick(1, 40) : 1;
    p.c = kind == 2 ? p.groups : p.groups * pick(1, 9); /* kind 2: depthwise, multiplier 1 or 2 */
    p.m = p.groups * (kind == 2 ? pick(1, 2) : pick(1, 20));
    edy_window *w = &p.window;
    w->groups = p.groups;
    for (int a = 0; a < 2; a++) {
        w->kernel[a] = pick(1, 4);
        w->stride[a] = pick(1, 3);
        w->dilation[a] = pick(1, 2);
        w->pad[a] = pick(0, 3);
        w->pad[a + 2] = pick(0, 3);
        const int64_t span = (w->kernel[a] - 1) * w->dilation[a] + 1;
        const int64_t in = a ? p.w : p.h;
        if (in + w->pad[a] + w->pad[a + 2] < span)
            w->pad[a] = span;
    }
    return p;
}

/* Every backend, on one thread and three. */
static void check_problem(const problem *p, uint32_t seed) {
    const size_t nx = (size_t)(p->n * p->c * p->h * p->w);
    const size_t nw = (size_t)(p->m * p->c / p->groups * p->window.kernel[0] * p->window.kernel[1]);
    float *x = edy_random_floats(nx, seed), *w = edy_random_floats(nw, 5);
    float *b = edy_random_floats((size_t)p->m, 9);
    edy_graph *g = conv_graph(p, w, b);
    for (size_t i = 0; i < edy_backend_count(); i++) {
        if (!edy_backend_runs_here(edy_backend_at(i)))
            continue;
        size_t elems, elems2;
        float *one = edy_one_node_run(g, edy_backend_at(i), 1, 0, x, &elems);
        float *two = edy_one_node_run(g, edy_backend_at(i), 3, 0, x, &elems2);
        check_against_double(p, x, w, b, one);
        assert_memory_equal(one, two, elems * sizeof *one);
        free(one);
        free(two);
    }
    edy_graph_destroy(g);
    free(x);
    free(w);
    free(b);
}

static void random_convolutions(void **state) {
    (void)state;
    srand(11);
    for (int round = 0; round < 150; round++) {
        const problem p = random_problem();
        check_problem(&p, (uint32_t)round);
    }
}

/* Lists of pointers that are long enough to be shared among rows. */
static void large_depthwise_convolutions(void **state) {
    (void)state;
    const edy_window windows[] = {
        {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}},
        {.kernel = {5, 3}, .stride = {2, 1}, .dilation = {1, 2}, .pad = {3, 0, 0, 4}},
        {.kernel = {4, 6}, .stride = {3, 1}, .dilation = {3, 1}, .pad = {0, 2, 70, 1}},
        {.kernel = {50, 1}, .stride = {1, 1}, .dilation = {2, 1}, .pad = {60, 0, 60, 0}}};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        problem p = {.n = 2, .c = 3, .m = 3, .h = 90, .w = 61, .groups = 3, .window = windows[i]};
        p.window.groups = 3;
        const int64_t list = out_extent(&p, 0) * out_extent(&p, 1) * p.window.kernel[0] *
                             p.window.kernel[1] * (int64_t)sizeof(void *);
        assert_true(list > 192 * 1024 || sizeof(void *) < 8);
        check_problem(&p, (uint32_t)i);
    }
}

/* Inner rows are exactly those none of whose windows' rows lies in the padding. */
static void inner_rows_touch_no_padding(void **state) {
    (void)state;
    srand(12);
    for (int round = 0; round < 2000; round++) {
        const problem p = random_problem();
        const edy_taps taps = {.in_h = (size_t)p.h,
                               .in_w = (size_t)p.w,
                               .out_h = (size_t)out_extent(&p, 0),
                               .out_w = (size_t)out_extent(&p, 1),
                               .taps = (size_t)(p.window.kernel[0] * p.window.kernel[1]),
                               .window = &p.window};
        const edy_inner_rows inner = edy_inner_rows_of(&taps);
        assert_true(inner.first <= inner.end && inner.end <= taps.out_h);
        for (int64_t y = 0; y < (int64_t)taps.out_h; y++) {
            const int64_t top = y * p.window.stride[0] - p.window.pad[0];
            const int64_t bottom = top + (p.window.kernel[0] - 1) * p.window.dilation[0];
            const int inside = top >= 0 && bottom < p.h;
            assert_int_equal(inside, y >= (int64_t)inner.first && y < (int64_t)inner.end);
        }
    }
}

/* The same image gives the same bits at every place of a batch. */
static void batch_place_does_not_matter(void **state) {
    (void)state;
    const problem p = {.n = 1,
                       .c = 5,
                       .h = 7,
                       .w = 9,
                       .m = 19,
                       .groups = 1,
                       .window = {.kernel = {3, 3},
                                  .stride = {1, 2},
                                  .dilation = {1, 1},
                                  .pad = {1, 0, 1, 2},
                                  .groups = 1}};
    const size_t nx = (size_t)(p.c * p.h * p.w);
    float *x = edy_random_floats(nx * 5, 3), *w = edy_random_floats(19 * 5 * 9, 5);
    float *b = edy_random_floats(19, 6);
    edy_graph *g = conv_graph(&p, w, b);
    for (size_t i = 0; i < edy_backend_count(); i++) {
        if (!edy_backend_runs_here(edy_backend_at(i)))
            continue;
        size_t all, each;
        float *batch = edy_one_node_run(g, edy_backend_at(i), 2, 5, x, &all);
        for (size_t k = 0; k < 5; k++) {
            float *one = edy_one_node_run(g, edy_backend_at(i), 1, 1, x + k * nx, &each);
            assert_int_equal(each * 5, all);
            assert_memory_equal(one, batch + k * each, each * sizeof *one);
            free(one);
        }
        free(batch);
    }
    edy_graph_destroy(g);
    free(x);
    free(w);
    free(b);
}

static void bad_convolutions_are_refused(void **state) {
    (void)state;
    float w[64] = {0};
    edy_error err;
    const edy_shape x = edy_shape_make(4, (const int64_t[]){1, 4, 5, 5});
    edy_graph *g = edy_one_node(EDY_OP_CONV, &x);
    const edy_shape wrong = edy_shape_make(4, (const int64_t[]){2, 3, 1, 1});
    edy_one_node_constant(g, EDY_IN_W, &wrong, w);
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    const edy_shape large = edy_shape_make(4, (const int64_t[]){1, 4, 6, 2});
    edy_one_node_constant(g, EDY_IN_W, &large, w);
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "does not fit"));
    const edy_shape fits = edy_shape_make(4, (const int64_t[]){1, 4, 2, 2});
    edy_one_node_constant(g, EDY_IN_W, &fits, w);
    assert_int_equal(edy_graph_infer(g, &err), EDY_OK);
    g->node[0].window.stride[1] = 0;
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    g->node[0].window.stride[1] = 1;
    g->node[0].window.groups = 3;
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_convolutions),
        cmocka_unit_test(large_depthwise_convolutions),
        cmocka_unit_test(inner_rows_touch_no_padding),
        cmocka_unit_test(batch_place_does_not_matter),
        cmocka_unit_test(bad_convolutions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
