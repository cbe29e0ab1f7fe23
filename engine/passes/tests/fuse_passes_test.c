/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fold_pad, fuse_activation and fuse_residual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/passes.h"
#include "engine/passes/tests/build_graph.h"

static const float ones[64] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static edy_value_id pad(edy_graph *g, edy_value_id x, int64_t top, int64_t left, float value) {
    const edy_value_id y = bg_unary(g, EDY_OP_PAD, x);
    bg_last(g)->pads[2] = top;
    bg_last(g)->pads[3] = left;
    bg_last(g)->pad_value = value;
    return y;
}

static void conv_takes_zero_padding(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id w = bg_f32(g, SHAPE(1, 1, 3, 3), ones);
    bg_output(g, bg_conv(g, pad(g, bg_input(g, SHAPE(1, 1, 5, 5)), 1, 2, 0.0f), w, EDY_NO_VALUE, 1,
                         1, 1));
    bg_infer(g);
    const edy_shape before = g->value[g->output[0]].shape;
    bg_pass(g, edy_pass_fold_pad);
    assert_int_equal(g->n_nodes, 1);
    const int64_t want[4] = {2, 3, 1, 1};
    assert_memory_equal(g->node[0].window.pad, want, sizeof want);
    assert_true(edy_shape_equal(&g->value[g->output[0]].shape, &before));
    edy_graph_destroy(g);
}

static void pad_for_two_convs_goes_into_both(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id w = bg_f32(g, SHAPE(1, 1, 3, 3), ones);
    const edy_value_id p = pad(g, bg_input(g, SHAPE(1, 1, 5, 5)), 1, 1, 0.0f);
    bg_output(g, bg_conv(g, p, w, EDY_NO_VALUE, 0, 1, 1));
    bg_output(g, bg_conv(g, p, w, EDY_NO_VALUE, 0, 1, 1));
    bg_infer(g);
    bg_pass(g, edy_pass_fold_pad);
    assert_int_equal(bg_count(g, EDY_OP_PAD), 0);
    assert_int_equal(g->node[0].window.pad[0], 1);
    assert_int_equal(g->node[1].window.pad[0], 1);
    edy_graph_destroy(g);
}

static void other_padding_stays(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        edy_graph *g = bg_new();
        const edy_value_id x = bg_input(g, SHAPE(1, 1, 4, 4));
        edy_value_id y = pad(g, x, 1, 1, i == 0 ? 1.0f : 0.0f);
        if (i == 1)
            bg_last(g)->pads[1] = 1; /* a channel */
        if (i == 2)
            y = bg_pool(g, EDY_OP_MAXPOOL, y, 2, 1);
        else if (i == 3) {
            y = bg_pool(g, EDY_OP_AVGPOOL, y, 2, 1);
            bg_last(g)->window.pad[0] = 1; /* own padding, not counted */
        } else
            y = bg_conv(g, y, bg_f32(g, SHAPE(1, i == 1 ? 2 : 1, 2, 2), ones), EDY_NO_VALUE, 0, 1,
                        1);
        bg_output(g, y);
        bg_infer(g);
        bg_pass(g, edy_pass_fold_pad);
        assert_int_equal(bg_count(g, EDY_OP_PAD), 1);
        edy_graph_destroy(g);
    }
}

static void average_pool_counts_the_padding(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 1, 1, 2));
    bg_output(g, bg_pool(g, EDY_OP_AVGPOOL, pad(g, x, 1, 0, 0.0f), 2, 1));
    bg_infer(g);
    const float input[2] = {8, 4};
    size_t bytes;
    bg_pass(g, edy_pass_fold_pad);
    assert_int_equal(bg_count(g, EDY_OP_PAD), 0);
    float *out = bg_run(g, input, &bytes);
    assert_int_equal(bytes, sizeof(float));
    assert_float_equal(out[0], 3.0f, 0);
    free(out);
    edy_graph_destroy(g);
}

static void clamps_chain_into_the_producer(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 1, 4, 4));
    edy_value_id y = bg_conv(g, x, bg_f32(g, SHAPE(1, 1, 1, 1), ones), EDY_NO_VALUE, 0, 1, 1);
    y = bg_clip(g, y, 0.0f, INFINITY);
    y = bg_clip(g, y, -5.0f, 6.0f);
    bg_output(g, y);
    bg_infer(g);
    bg_pass(g, edy_pass_fuse_activation);
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(g->node[0].output[0], y);
    assert_float_equal(g->node[0].act_min, 0.0f, 0);
    assert_float_equal(g->node[0].act_max, 6.0f, 0);
    edy_graph_destroy(g);
}

/* ONNX: Clip is min(max(x, low), high), so high wins where low > high. */
static void crossed_bounds_give_the_upper_one(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 1, 1, 2));
    const edy_value_id y = bg_node(g, EDY_OP_ADD, x, bg_scalar(g, 0.0f), EDY_NO_VALUE);
    bg_output(g, bg_clip(g, y, 3.0f, 1.0f));
    bg_infer(g);
    bg_pass(g, edy_pass_fuse_activation);
    assert_int_equal(g->n_nodes, 1);
    const float input[2] = {-9, 9};
    size_t bytes;
    float *out = bg_run(g, input, &bytes);
    assert_float_equal(out[0], 1.0f, 0);
    assert_float_equal(out[1], 1.0f, 0);
    free(out);
    edy_graph_destroy(g);
}

static void second_reader_keeps_the_activation(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 1, 2, 2));
    const edy_value_id y = bg_conv(g, x, bg_f32(g, SHAPE(1, 1, 1, 1), ones), EDY_NO_VALUE, 0, 1, 1);
    bg_output(g, y);
    bg_output(g, bg_clip(g, y, 0.0f, INFINITY));
    bg_infer(g);
    bg_pass(g, edy_pass_fuse_activation);
    assert_int_equal(g->n_nodes, 2);
    assert_float_equal(g->node[0].act_min, -INFINITY, 0);
    edy_graph_destroy(g);
}

/* conv(x) + other, where `late` makes the other operand after the conv and `seen` shows the conv's
 * own result as a second output, so that it cannot be fused. */
static edy_graph *residual_net(bool late, bool seen, bool relu_between) {
    edy_graph *g = bg_new();
    float *w = bg_random_floats(3 * 3 * 9, 7);
    const edy_value_id x = bg_input(g, SHAPE(2, 3, 5, 5));
    const edy_value_id w_id = bg_f32(g, SHAPE(3, 3, 3, 3), w);
    edy_value_id other = EDY_NO_VALUE;
    if (!late)
        other = bg_clip(g, x, -0.5f, 0.5f);
    edy_value_id y = bg_conv(g, x, w_id, EDY_NO_VALUE, 1, 1, 1);
    const edy_value_id conv = y;
    if (relu_between)
        y = bg_clip(g, y, 0.0f, INFINITY);
    if (late)
        other = bg_clip(g, bg_pool(g, EDY_OP_AVGPOOL, x, 1, 1), -0.5f, 0.5f);
    const edy_value_id sum = bg_node(g, EDY_OP_ADD, other, y, EDY_NO_VALUE);
    bg_output(g, bg_clip(g, sum, 0.0f, INFINITY));
    if (seen)
        bg_output(g, conv);
    bg_infer(g);
    free(w);
    return g;
}

static void run_two(const edy_graph *g, const float *x, float *first) {
    edy_plan *plan;
    edy_error err;
    edy_plan_options options = {0};
    assert_int_equal(edy_backend_find("scalar", &options.backend, &err), EDY_OK);
    assert_int_equal(edy_plan_create(g, &options, &plan, &err), EDY_OK);
    float second[150];
    const void *in[1] = {x};
    void *out[2] = {first, second};
    edy_plan_run(plan, in, out);
    edy_plan_destroy(plan);
}

static void residual_keeps_every_bit(void **state) {
    (void)state;
    float *x = bg_random_floats(150, 3);
    for (int late = 0; late < 2; late++) {
        edy_graph *fused = residual_net(late, false, false),
                  *apart = residual_net(late, true, false);
        float a[150], b[150];
        run_two(fused, x, a);
        run_two(apart, x, b);
        assert_memory_equal(a, b, sizeof a);
        bg_pass(fused, edy_pass_fuse_activation);
        bg_pass(fused, edy_pass_fuse_residual);
        assert_int_equal(bg_count(fused, EDY_OP_ADD), 0);
        const edy_node *conv = bg_find(fused, EDY_OP_CONV);
        assert_int_equal(conv->n_inputs, 4);
        assert_float_equal(conv->act_min, 0.0f, 0);
        bg_pass(apart, edy_pass_fuse_residual);
        assert_int_equal(bg_count(apart, EDY_OP_ADD), 1);
        edy_graph_destroy(fused);
        edy_graph_destroy(apart);
    }
    free(x);
}

static void relu_before_the_sum_prevents_it(void **state) {
    (void)state;
    edy_graph *g = residual_net(false, false, true);
    bg_pass(g, edy_pass_fuse_activation);
    bg_pass(g, edy_pass_fuse_residual);
    assert_int_equal(bg_count(g, EDY_OP_ADD), 1);
    edy_graph_destroy(g);
}

static void depthwise_and_constants_take_no_residual(void **state) {
    (void)state;
    for (int constant = 0; constant < 2; constant++) {
        edy_graph *g = bg_new();
        const edy_value_id x = bg_input(g, SHAPE(1, 2, 2, 2));
        const edy_value_id w =
            constant ? bg_f32(g, SHAPE(2, 2, 1, 1), ones) : bg_f32(g, SHAPE(2, 1, 1, 1), ones);
        const edy_value_id y = bg_conv(g, x, w, EDY_NO_VALUE, 0, 1, constant ? 1 : 2);
        const edy_value_id other = constant ? bg_f32(g, SHAPE(1, 2, 2, 2), ones) : x;
        bg_output(g, bg_node(g, EDY_OP_ADD, y, other, EDY_NO_VALUE));
        bg_infer(g);
        bg_pass(g, edy_pass_fuse_residual);
        assert_int_equal(bg_count(g, EDY_OP_ADD), 1);
        edy_graph_destroy(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_takes_zero_padding),
        cmocka_unit_test(pad_for_two_convs_goes_into_both),
        cmocka_unit_test(other_padding_stays),
        cmocka_unit_test(average_pool_counts_the_padding),
        cmocka_unit_test(clamps_chain_into_the_producer),
        cmocka_unit_test(crossed_bounds_give_the_upper_one),
        cmocka_unit_test(second_reader_keeps_the_activation),
        cmocka_unit_test(residual_keeps_every_bit),
        cmocka_unit_test(relu_before_the_sum_prevents_it),
        cmocka_unit_test(depthwise_and_constants_take_no_residual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
