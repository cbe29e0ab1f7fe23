/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The other operators through the plan: pooling, dense, elementwise, shape operators, softmax. */
#include "engine/ops/tests/one_node.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Runs g on every backend that this CPU has and compares with want. */
static void expect(edy_graph *g, const float *x, const float *want, size_t n, float tolerance) {
    edy_error err;
    if (edy_graph_infer(g, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < edy_backend_count(); i++) {
        if (!edy_backend_runs_here(edy_backend_at(i)))
            continue;
        size_t elems;
        float *y = edy_one_node_run(g, edy_backend_at(i), 2, 0, x, &elems);
        assert_int_equal(elems, n);
        for (size_t k = 0; k < n; k++)
            if (isnan(want[k]) ? !isnan(y[k])
                               : y[k] != want[k] && !(fabsf(y[k] - want[k]) <= tolerance))
                fail_msg("%s, element %zu: %g, expected %g", edy_backend_at(i)->name, k,
                         (double)y[k], (double)want[k]);
        free(y);
    }
    edy_graph_destroy(g);
}

static edy_shape shape4(int64_t a, int64_t b, int64_t c, int64_t d) {
    return edy_shape_make(4, (const int64_t[]){a, b, c, d});
}

static edy_graph *pool(edy_op_kind op, const edy_shape *x, int64_t kernel, int64_t stride) {
    edy_graph *g = edy_one_node(op, x);
    g->node[0].window.kernel[0] = g->node[0].window.kernel[1] = kernel;
    g->node[0].window.stride[0] = g->node[0].window.stride[1] = stride;
    return g;
}

static void max_pool(void **state) {
    (void)state;
    /* two channels of 3x3, to see that NCHW goes in and out */
    const float x[18] = {1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, -4, NAN, -6, -7, -8, -9};
    const edy_shape s = shape4(1, 2, 3, 3);
    expect(pool(EDY_OP_MAXPOOL, &s, 2, 1), x, (const float[]){5, 6, 8, 9, NAN, NAN, NAN, NAN}, 8,
           0);
    edy_graph *g = pool(EDY_OP_MAXPOOL, &s, 2, 2);
    g->node[0].window.ceil_mode = true;
    expect(g, x, (const float[]){5, 6, 8, 9, NAN, -3, -7, -9}, 8, 0);
    g = pool(EDY_OP_MAXPOOL, &s, 2, 2);
    g->node[0].window.pad[0] = g->node[0].window.pad[1] = 1;
    expect(g, x, (const float[]){1, 3, 7, 9, -1, -2, -4, NAN}, 8, 0);
}

static void average_pool(void **state) {
    (void)state;
    const float x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const edy_shape s = shape4(1, 1, 3, 3);
    expect(pool(EDY_OP_AVGPOOL, &s, 2, 1), x, (const float[]){3, 4, 6, 7}, 4, 1e-6f);
    for (int include = 0; include < 2; include++) {
        edy_graph *g = pool(EDY_OP_AVGPOOL, &s, 2, 2);
        g->node[0].window.pad[0] = g->node[0].window.pad[1] = 1;
        g->node[0].window.count_include_pad = include;
        const float with[4] = {0.25f, 1.25f, 2.75f, 7.0f}, without[4] = {1, 2.5f, 5.5f, 7};
        expect(g, x, include ? with : without, 4, 1e-6f);
    }
    edy_graph *g = pool(EDY_OP_AVGPOOL, &s, 2, 2);
    g->node[0].window.ceil_mode = true; /* taps beyond the declared padding never count */
    g->node[0].window.count_include_pad = true;
    expect(g, x, (const float[]){3, 4.5f, 7.5f, 9}, 4, 1e-6f);
    expect(edy_one_node(EDY_OP_GLOBALAVGPOOL, &s), x, (const float[]){5}, 1, 1e-6f);
}

static void dense(void **state) {
    (void)state;
    const edy_shape s = edy_shape_make(2, (const int64_t[]){2, 3});
    const float x[6] = {1, 2, 3, 4, 5, 6}, w[6] = {1, 0, 0, 1, 1, 1}, b[2] = {10, 20};
    edy_graph *g = edy_one_node(EDY_OP_GEMM, &s);
    const edy_shape ws = edy_shape_make(2, (const int64_t[]){3, 2});
    const edy_shape bs = edy_shape_make(1, (const int64_t[]){2});
    edy_one_node_constant(g, EDY_IN_W, &ws, w);
    edy_one_node_constant(g, EDY_IN_BIAS, &bs, b);
    g->node[0].alpha = 2.0f;
    g->node[0].beta = 0.5f;
    expect(g, x, (const float[]){13, 20, 25, 32}, 4, 0);
    g = edy_one_node(EDY_OP_GEMM, &s);
    const edy_shape wt = edy_shape_make(2, (const int64_t[]){2, 3});
    edy_one_node_constant(g, EDY_IN_W, &wt, w);
    g->node[0].trans_b = true;
    expect(g, x, (const float[]){1, 6, 4, 15}, 4, 0);
}

static void relu_and_clip_keep_nan(void **state) {
    (void)state;
    const edy_shape s = edy_shape_make(1, (const int64_t[]){4});
    const float x[4] = {-2, 0.5f, NAN, 9};
    edy_graph *g = edy_one_node(EDY_OP_RELU, &s);
    g->node[0].act_min = 0;
    expect(g, x, (const float[]){0, 0.5f, NAN, 9}, 4, 0);
    g = edy_one_node(EDY_OP_CLIP, &s);
    g->node[0].act_min = -1;
    g->node[0].act_max = 6;
    expect(g, x, (const float[]){-1, 0.5f, NAN, 6}, 4, 0);
}

static void leaky_relu(void **state) {
    (void)state;
    const edy_shape s = edy_shape_make(1, (const int64_t[]){11});
    const float x[11] = {-2, 0.5f, NAN, 9, -0.0f, -INFINITY, INFINITY, 0, -8, -1, 3};
    edy_graph *g = edy_one_node(EDY_OP_LEAKYRELU, &s);
    g->node[0].alpha = 0.25f;
    expect(g, x, (const float[]){-0.5f, 0.5f, NAN, 9, 0, -INFINITY, INFINITY, 0, -2, -0.25f, 3}, 11,
           0);
    g = edy_one_node(EDY_OP_LEAKYRELU, &s);
    g->node[0].alpha = -2.0f;
    expect(g, x, (const float[]){4, 0.5f, NAN, 9, 0, INFINITY, INFINITY, 0, 16, 2, 3}, 11, 0);
}

static void constants_spread(void **state) {
    (void)state;
    const edy_shape s = shape4(1, 2, 1, 2),
                    per_channel = edy_shape_make(3, (const int64_t[]){2, 1, 1});
    const edy_shape one = edy_shape_make(0, NULL);
    const float x[4] = {1, 2, 3, 4}, c[2] = {10, 100};
    edy_graph *g = edy_one_node(EDY_OP_MUL, &s);
    edy_one_node_constant(g, 1, &per_channel, c);
    expect(g, x, (const float[]){10, 20, 300, 400}, 4, 0);
    g = edy_one_node(EDY_OP_ADD, &s);
    edy_one_node_constant(g, 1, &one, c);
    expect(g, x, (const float[]){11, 12, 13, 14}, 4, 0);
    const edy_shape last_axis = edy_shape_make(1, (const int64_t[]){2});
    g = edy_one_node(EDY_OP_ADD, &s);
    edy_one_node_constant(g, 1, &last_axis, c);
    expect(g, x, (const float[]){11, 102, 13, 104}, 4, 0);
    const edy_shape two_axes = edy_shape_make(4, (const int64_t[]){1, 2, 1, 2});
    g = edy_one_node(EDY_OP_MUL, &two_axes);
    edy_one_node_constant(g, 1, &two_axes, (const float[]){2, 3, 4, 5});
    expect(g, x, (const float[]){2, 6, 12, 20}, 4, 0);
    g = edy_one_node(EDY_OP_ADD, &s);
    edy_one_node_constant(g, 1, &s, x);
    expect(g, x, (const float[]){2, 4, 6, 8}, 4, 0);
}

static void shape_operators(void **state) {
    (void)state;
    const edy_shape s = edy_shape_make(2, (const int64_t[]){2, 3});
    const float x[6] = {1, 2, 3, 4, 5, 6};
    expect(edy_one_node(EDY_OP_TRANSPOSE, &s), x, (const float[]){1, 4, 2, 5, 3, 6}, 6, 0);
    edy_graph *g = edy_one_node(EDY_OP_PAD, &s);
    g->node[0].pads[0] = 1; /* a row before, a column after */
    g->node[0].pads[3] = 1;
    g->node[0].pad_value = 7;
    expect(g, x, (const float[]){7, 7, 7, 7, 1, 2, 3, 7, 4, 5, 6, 7}, 12, 0);
    g = edy_one_node(EDY_OP_RESHAPE, &s);
    g->node[0].n_target = 3;
    g->node[0].target[0] = 0;
    g->node[0].target[1] = -1;
    g->node[0].target[2] = 1;
    expect(g, x, x, 6, 0);
}

static void softmax(void **state) {
    (void)state;
    const edy_shape s = edy_shape_make(3, (const int64_t[]){1, 2, 2});
    const float x[4] = {1000, 1000, 1001, 1001}, lo = 0.26894142f, hi = 0.73105858f;
    edy_graph *g = edy_one_node(EDY_OP_SOFTMAX, &s);
    g->node[0].axis = 1;
    expect(g, x, (const float[]){lo, lo, hi, hi}, 4, 1e-6f);
    g = edy_one_node(EDY_OP_SOFTMAX, &s);
    g->node[0].axis = -1;
    expect(g, x, (const float[]){0.5f, 0.5f, 0.5f, 0.5f}, 4, 1e-6f);
    g = edy_one_node(EDY_OP_SOFTMAX, &s);
    g->node[0].axis = 1;
    g->node[0].softmax_flattens = true;
    expect(g, x, (const float[]){lo / 2, lo / 2, hi / 2, hi / 2}, 4, 1e-6f);
}

static void refusals(void **state) {
    (void)state;
    edy_error err;
    const edy_shape s = edy_shape_make(2, (const int64_t[]){2, 3});
    edy_graph *g = edy_one_node(EDY_OP_SOFTMAX, &s);
    g->node[0].axis = 2;
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    g->node[0].op = EDY_OP_LEAKYRELU;
    g->node[0].alpha = NAN;
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    g->node[0].op = EDY_OP_MAXPOOL;
    assert_int_equal(edy_graph_infer(g, &err), EDY_UNSUPPORTED);
    g->node[0].op = EDY_OP_RESHAPE;
    g->node[0].n_target = 1;
    g->node[0].target[0] = 5;
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    g->node[0].target[0] = INT64_MAX;
    assert_int_not_equal(edy_graph_infer(g, &err), EDY_OK);
    g->node[0].op = EDY_OP_TRANSPOSE;
    g->node[0].n_perm = 2;
    g->node[0].perm[0] = g->node[0].perm[1] = 1;
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    g->node[0].op = EDY_OP_PAD;
    g->node[0].pads[0] = -2; /* of two */
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    g->node[0].pads[0] = INT64_MIN;
    assert_int_equal(edy_graph_infer(g, &err), EDY_UNSUPPORTED);
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_pool),        cmocka_unit_test(average_pool),
        cmocka_unit_test(dense),           cmocka_unit_test(relu_and_clip_keep_nan),
        cmocka_unit_test(leaky_relu),      cmocka_unit_test(constants_spread),
        cmocka_unit_test(shape_operators), cmocka_unit_test(softmax),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
