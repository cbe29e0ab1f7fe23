/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/passes.h"
#include "engine/passes/tests/build_graph.h"

/* gamma, beta, mean, var of two channels; with epsilon 0 the gains are 2 and -0.5. */
static const float gamma2[2] = {4.0f, -1.0f}, beta2[2] = {1.0f, 2.0f};
static const float mean2[2] = {3.0f, -2.0f}, var2[2] = {4.0f, 4.0f};

static edy_value_id norm2(edy_graph *g, edy_value_id x) {
    return bg_batchnorm(g, x, bg_f32(g, SHAPE(2), gamma2), bg_f32(g, SHAPE(2), beta2),
                        bg_f32(g, SHAPE(2), mean2), bg_f32(g, SHAPE(2), var2), 0.0f);
}

static const float *data_of(const edy_graph *g, edy_value_id v) {
    assert_true(v >= 0);
    return g->value[v].data;
}

static void conv_absorbs_scale_and_shift(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const float w[4] = {1, 2, 3, 4}, b[2] = {10, 20};
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 3, 3));
    const edy_value_id wid = bg_f32(g, SHAPE(2, 2, 1, 1), w);
    const edy_value_id y = norm2(g, bg_conv(g, x, wid, bg_f32(g, SHAPE(2), b), 0, 1, 1));
    bg_output(g, y);
    bg_infer(g);
    bg_pass(g, edy_pass_fold_batchnorm);
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(g->node[0].output[0], y);
    const float *w2 = data_of(g, g->node[0].input[EDY_IN_W]);
    const float *b2 = data_of(g, g->node[0].input[EDY_IN_BIAS]);
    const float want_w[4] = {2, 4, -1.5f, -2}, want_b[2] = {(10 - 3) * 2 + 1, (20 + 2) * -0.5f + 2};
    assert_memory_equal(w2, want_w, sizeof want_w);
    assert_memory_equal(b2, want_b, sizeof want_b);
    assert_memory_equal(data_of(g, wid), w, sizeof w); /* the model's constant stays */
    edy_graph_destroy(g);
}

static void shared_weights_are_copied(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const float w[4] = {1, 2, 3, 4};
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 1, 1));
    const edy_value_id wid = bg_f32(g, SHAPE(2, 2, 1, 1), w);
    bg_output(g, norm2(g, bg_conv(g, x, wid, EDY_NO_VALUE, 0, 1, 1)));
    bg_output(g, bg_conv(g, x, wid, EDY_NO_VALUE, 0, 1, 1));
    bg_infer(g);
    bg_pass(g, edy_pass_fold_batchnorm);
    assert_int_equal(g->n_nodes, 2);
    assert_int_not_equal(g->node[0].input[EDY_IN_W], wid);
    assert_int_equal(g->node[1].input[EDY_IN_W], wid);
    assert_memory_equal(data_of(g, wid), w, sizeof w);
    assert_float_equal(data_of(g, g->node[0].input[EDY_IN_BIAS])[0], -3 * 2 + 1, 0);
    edy_graph_destroy(g);
}

static void depthwise_conv_absorbs_it(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const float w[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 4, 4));
    bg_output(g, norm2(g, bg_conv(g, x, bg_f32(g, SHAPE(2, 1, 2, 2), w), EDY_NO_VALUE, 0, 1, 2)));
    bg_infer(g);
    bg_pass(g, edy_pass_fold_batchnorm);
    assert_int_equal(g->n_nodes, 1);
    const float want[8] = {2, 4, 6, 8, -2.5f, -3, -3.5f, -4};
    assert_memory_equal(data_of(g, g->node[0].input[EDY_IN_W]), want, sizeof want);
    edy_graph_destroy(g);
}

static void gemm_absorbs_it_both_ways_round(void **state) {
    (void)state;
    for (int trans = 0; trans < 2; trans++) {
        edy_graph *g = bg_new();
        const float rows[6] = {1, 2, 3, 4, 5, 6}, columns[6] = {1, 4, 2, 5, 3, 6}, b[2] = {1, 1};
        const edy_value_id x = bg_input(g, SHAPE(1, 3));
        const edy_value_id w =
            trans ? bg_f32(g, SHAPE(2, 3), rows) : bg_f32(g, SHAPE(3, 2), columns);
        const edy_value_id y = bg_node(g, EDY_OP_GEMM, x, w, bg_f32(g, SHAPE(1, 2), b));
        bg_last(g)->trans_b = trans;
        bg_last(g)->alpha = 2.0f;
        bg_last(g)->beta = 3.0f;
        bg_output(g, norm2(g, y));
        bg_infer(g);
        bg_pass(g, edy_pass_fold_batchnorm);
        assert_int_equal(g->n_nodes, 1);
        const float input[3] = {1, -1, 2};
        size_t bytes;
        float *out = bg_run(g, input, &bytes);
        /* 2 * (1*1 - 2 + 6) + 3 = 13; 2 * (4 - 5 + 12) + 3 = 25 */
        assert_float_equal(out[0], (13 - 3) * 2 + 1, 0);
        assert_float_equal(out[1], (25 + 2) * -0.5f + 2, 0);
        free(out);
        edy_graph_destroy(g);
    }
}

static void alone_it_is_a_depthwise_conv(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 1, 2));
    bg_output(g, norm2(g, x));
    bg_infer(g);
    bg_pass(g, edy_pass_fold_batchnorm);
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(g->node[0].op, EDY_OP_CONV);
    assert_int_equal(g->node[0].window.groups, 2);
    const float input[4] = {1, 2, 3, 4};
    size_t bytes;
    float *out = bg_run(g, input, &bytes);
    const float want[4] = {-3, -1, -0.5f, -1};
    assert_memory_equal(out, want, sizeof want);
    free(out);
    edy_graph_destroy(g);
}

static void alone_on_rows_it_is_mul_and_add(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    bg_output(g, norm2(g, bg_input(g, SHAPE(2, 2))));
    bg_infer(g);
    bg_pass(g, edy_pass_fold_batchnorm);
    assert_int_equal(bg_count(g, EDY_OP_MUL), 1);
    assert_int_equal(bg_count(g, EDY_OP_ADD), 1);
    const float input[4] = {1, 3, 2, 4}, want[4] = {-3, -0.5f, -1, -1};
    size_t bytes;
    float *out = bg_run(g, input, &bytes);
    assert_int_equal(bytes, sizeof want);
    assert_memory_equal(out, want, sizeof want);
    free(out);
    edy_graph_destroy(g);
}

static void does_not_pass_a_second_reader_or_a_clamp(void **state) {
    (void)state;
    for (int clamp = 0; clamp < 2; clamp++) {
        edy_graph *g = bg_new();
        const float w[4] = {1, 0, 0, 1};
        const edy_value_id x = bg_input(g, SHAPE(1, 2, 2, 2));
        const edy_value_id y =
            bg_conv(g, x, bg_f32(g, SHAPE(2, 2, 1, 1), w), EDY_NO_VALUE, 0, 1, 1);
        if (clamp)
            bg_last(g)->act_min = 0.0f;
        else
            bg_output(g, y);
        bg_output(g, norm2(g, y));
        bg_infer(g);
        bg_pass(g, edy_pass_fold_batchnorm);
        assert_int_equal(bg_count(g, EDY_OP_CONV), 2);
        assert_memory_equal(data_of(g, g->node[0].input[EDY_IN_W]), w, sizeof w);
        edy_graph_destroy(g);
    }
}

static void refuses_a_variance_that_is_not_positive(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const float var[2] = {1.0f, -1.0f};
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 1, 1));
    bg_output(g, bg_batchnorm(g, x, bg_f32(g, SHAPE(2), gamma2), bg_f32(g, SHAPE(2), beta2),
                              bg_f32(g, SHAPE(2), mean2), bg_f32(g, SHAPE(2), var), 1e-5f));
    bg_infer(g);
    edy_error err = {0};
    assert_int_equal(edy_pass_fold_batchnorm(g, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "BatchNormalization_0"));
    assert_non_null(strstr(err.message, "channel 1"));
    edy_graph_destroy(g);
}

static void refuses_weights_that_overflow(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const float w[2] = {3e38f, 1.0f}, gamma[1] = {1e30f}, zero[1] = {0}, one[1] = {1};
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 1, 1));
    const edy_value_id y = bg_conv(g, x, bg_f32(g, SHAPE(1, 2, 1, 1), w), EDY_NO_VALUE, 0, 1, 1);
    bg_output(g, bg_batchnorm(g, y, bg_f32(g, SHAPE(1), gamma), bg_f32(g, SHAPE(1), zero),
                              bg_f32(g, SHAPE(1), zero), bg_f32(g, SHAPE(1), one), 0.0f));
    bg_infer(g);
    edy_error err = {0};
    assert_int_equal(edy_pass_fold_batchnorm(g, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "weight 0"));
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_absorbs_scale_and_shift),
        cmocka_unit_test(shared_weights_are_copied),
        cmocka_unit_test(depthwise_conv_absorbs_it),
        cmocka_unit_test(gemm_absorbs_it_both_ways_round),
        cmocka_unit_test(alone_it_is_a_depthwise_conv),
        cmocka_unit_test(alone_on_rows_it_is_mul_and_add),
        cmocka_unit_test(does_not_pass_a_second_reader_or_a_clamp),
        cmocka_unit_test(refuses_a_variance_that_is_not_positive),
        cmocka_unit_test(refuses_weights_that_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
