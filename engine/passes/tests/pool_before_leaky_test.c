/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The pool goes first, and every bit stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/passes.h"
#include "engine/passes/tests/build_graph.h"

/* x [1, 3, 6, 6] -> LeakyRelu -> MaxPool 2x2, between quantizers of three scales or none. */
static edy_graph *chain(float alpha, int64_t stride, bool quantized) {
    edy_graph *g = bg_new();
    edy_value_id x = bg_input(g, SHAPE(1, 3, 6, 6));
    if (quantized)
        x = bg_qdq(g, x, 0.008f, 120, EDY_U8);
    edy_value_id y = bg_unary(g, EDY_OP_LEAKYRELU, x);
    bg_last(g)->alpha = alpha;
    if (quantized)
        y = bg_qdq(g, y, 0.005f, 30, EDY_U8);
    y = bg_pool(g, EDY_OP_MAXPOOL, y, 2, stride);
    bg_output(g, quantized ? bg_quantize(g, y, 0.005f, 30, EDY_U8) : y);
    bg_infer(g);
    return g;
}

static float leak(float x, float alpha) {
    return x < 0 ? alpha * x : x;
}

static void check_order(const edy_graph *g, edy_op_kind first) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == EDY_OP_MAXPOOL || g->node[i].op == EDY_OP_LEAKYRELU) {
            assert_int_equal(g->node[i].op, first);
            return;
        }
    fail();
}

static void floats_stay_the_same(void **state) {
    (void)state;
    const float alphas[2] = {0.1f, 3.0f};
    for (int k = 0; k < 2; k++) {
        edy_graph *g = chain(alphas[k], 2, false);
        float *x = bg_random_floats(108, (uint64_t)k + 1);
        x[7] = NAN;
        x[20] = -INFINITY;
        size_t bytes;
        float *y = bg_run(g, x, &bytes);
        assert_int_equal(bytes, 27 * sizeof *y);
        for (int i = 0; i < 27; i++) {
            const float *from = x + i / 9 * 36 + i / 3 % 3 * 12 + i % 3 * 2;
            float want = leak(from[0], alphas[k]);
            for (int t = 1; t < 4; t++) {
                const float v = leak(from[t / 2 * 6 + t % 2], alphas[k]);
                want = isnan(want) || v <= want ? want : v;
            }
            assert_true(isnan(want) ? isnan(y[i]) : y[i] == want);
        }
        free(y);
        bg_pass(g, edy_pass_pool_before_leaky);
        check_order(g, EDY_OP_MAXPOOL);
        y = bg_run(g, x, &bytes); /* again, from the changed graph */
        assert_int_equal(bytes, 27 * sizeof *y);
        free(y);
        free(x);
        edy_graph_destroy(g);
    }
}

static void integers_stay_the_same(void **state) {
    (void)state;
    edy_graph *g = chain(0.1f, 2, true);
    float *x = bg_random_floats(108, 9);
    size_t bytes;
    uint8_t *y = bg_run(g, x, &bytes);
    assert_int_equal(bytes, 27);
    for (int i = 0; i < 27; i++) {
        const float *from = x + i / 9 * 36 + i / 3 % 3 * 12 + i % 3 * 2;
        int want = 0;
        for (int t = 0; t < 4; t++) {
            const float q = nearbyintf(from[t / 2 * 6 + t % 2] / 0.008f);
            const float real = fminf(fmaxf(q, -120), 135) * 0.008f;
            const float v = nearbyintf(leak(real, 0.1f) / 0.005f) + 30;
            want = (int)v > want ? (int)v : want;
        }
        assert_int_equal(y[i], want > 255 ? 255 : want);
    }
    bg_pass(g, edy_pass_lower_quantized);
    bg_pass(g, edy_pass_pool_before_leaky);
    check_order(g, EDY_OP_MAXPOOL);
    assert_int_equal(g->value[bg_find(g, EDY_OP_MAXPOOL)->output[0]].quant.zero_point[0], -8);
    free(y);
    free(x);
    edy_graph_destroy(g);
}

static void others_keep_their_order(void **state) {
    (void)state;
    const float alphas[2] = {-0.1f, 0.0f}; /* decreases below 0; -infinity becomes NaN */
    for (int k = 0; k < 2; k++) {
        edy_graph *g = chain(alphas[k], 2, false);
        bg_pass(g, edy_pass_pool_before_leaky);
        check_order(g, EDY_OP_LEAKYRELU);
        edy_graph_destroy(g);
    }
    edy_graph *g = chain(0.1f, 1, false); /* 25 of 36: fewer, too */
    bg_pass(g, edy_pass_pool_before_leaky);
    check_order(g, EDY_OP_MAXPOOL);
    edy_graph_destroy(g);
    g = chain(0.1f, 2, false); /* a second reader */
    bg_output(g, g->node[0].output[0]);
    bg_pass(g, edy_pass_pool_before_leaky);
    check_order(g, EDY_OP_LEAKYRELU);
    edy_graph_destroy(g);
    g = chain(0.1f, 1, false); /* padded: as many elements */
    g->node[1].window.auto_pad = EDY_PAD_SAME_UPPER;
    bg_infer(g);
    bg_pass(g, edy_pass_pool_before_leaky);
    check_order(g, EDY_OP_LEAKYRELU);
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_stay_the_same),
        cmocka_unit_test(integers_stay_the_same),
        cmocka_unit_test(others_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
