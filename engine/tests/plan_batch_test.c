/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Batches that are run in groups: which may be, and that the numbers do not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/tests/build_graph.h"

enum { BATCH = 6, CHANNELS = 8, SIDE = 20, IMAGE = CHANNELS * SIDE * SIDE };

static edy_value_id conv(edy_graph *g, edy_value_id x) {
    float *w = bg_random_floats(CHANNELS * CHANNELS * 9, 7);
    const edy_value_id y =
        bg_conv(g, x, bg_f32(g, SHAPE(CHANNELS, CHANNELS, 3, 3), w), EDY_NO_VALUE, 1, 1, 1);
    free(w);
    return y;
}

static edy_plan *planned(const edy_graph *g, int64_t batch, bool keep) {
    const edy_plan_options options = {.batch = batch, .keep_values = keep};
    edy_plan *plan;
    edy_error err = {0};
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s", err.message);
    return plan;
}

static size_t groups_of(edy_graph *g, int64_t batch, bool keep) {
    edy_plan *plan = planned(g, batch, keep);
    const size_t groups = edy_plan_groups(plan);
    edy_plan_destroy(plan);
    return groups;
}

static void groups_change_no_bit(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, CHANNELS, SIDE, SIDE));
    const edy_value_id a = conv(g, x);
    bg_output(g, bg_node(g, EDY_OP_ADD, conv(g, a), a, EDY_NO_VALUE));
    bg_infer(g);
    edy_plan *plan = planned(g, BATCH, false), *apart = planned(g, BATCH, true);
    assert_int_equal(edy_plan_groups(plan), 3); /* pairs of 25,600 bytes an image */
    assert_int_equal(edy_plan_groups(apart), 1);
    assert_int_equal(edy_plan_output(plan, 0)->shape.dim[0], BATCH);
    assert_int_equal(edy_plan_output(plan, 0)->bytes, BATCH * IMAGE * sizeof(float));
    float *in = bg_random_floats((size_t)BATCH * IMAGE, 3);
    float *one = malloc(BATCH * IMAGE * sizeof *one),
          *other = malloc(BATCH * IMAGE * sizeof *other);
    assert_non_null(one);
    assert_non_null(other);
    edy_plan_run(plan, (const void *[]){in}, (void *[]){one});
    edy_plan_run(apart, (const void *[]){in}, (void *[]){other});
    assert_memory_equal(one, other, BATCH * IMAGE * sizeof *one);
    assert_int_equal(groups_of(g, 7, false), 7); /* a prime number of images */
    assert_int_equal(groups_of(g, 1, false), 1);
    free(in);
    free(one);
    free(other);
    edy_plan_destroy(plan);
    edy_plan_destroy(apart);
    edy_graph_destroy(g);
}

/* x * constant of [batch, ...]: each image has a factor of its own. */
static void own_constants_keep_a_batch_together(void **state) {
    (void)state;
    float *factors = bg_random_floats((size_t)BATCH * IMAGE, 5);
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(BATCH, CHANNELS, SIDE, SIDE));
    const edy_value_id c = bg_f32(g, SHAPE(BATCH, CHANNELS, SIDE, SIDE), factors);
    bg_output(g, bg_node(g, EDY_OP_MUL, conv(g, x), c, EDY_NO_VALUE));
    bg_infer(g);
    assert_int_equal(groups_of(g, BATCH, false), 1);
    edy_graph_destroy(g);
    free(factors);
}

/* The same where the factors come out of DequantizeLinear: the graph refuses any other batch. */
static void own_quantized_constants_keep_a_batch_together(void **state) {
    (void)state;
    int8_t *factors = calloc((size_t)BATCH * IMAGE, 1);
    assert_non_null(factors);
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(BATCH, CHANNELS, SIDE, SIDE));
    const edy_value_id q = bg_const(g, EDY_S8, SHAPE(BATCH, CHANNELS, SIDE, SIDE), factors);
    const edy_value_id c = bg_dequantize(g, q, 0.5f, 0);
    bg_output(g, bg_node(g, EDY_OP_MUL, conv(g, x), c, EDY_NO_VALUE));
    bg_infer(g);
    assert_int_equal(groups_of(g, BATCH, false), 1);
    edy_graph_destroy(g);
    free(factors);
}

static void an_axis_moved_over_the_batch_keeps_it_together(void **state) {
    (void)state;
    edy_graph *g = bg_new(); /* as many channels as images: the shape does not tell */
    const edy_value_id x = bg_input(g, SHAPE(CHANNELS, CHANNELS, SIDE, SIDE));
    const edy_value_id y = bg_unary(g, EDY_OP_TRANSPOSE, conv(g, x));
    const int64_t perm[] = {1, 0, 2, 3};
    memcpy(bg_last(g)->perm, perm, sizeof perm);
    bg_last(g)->n_perm = 4;
    bg_output(g, conv(g, y));
    bg_infer(g);
    assert_int_equal(groups_of(g, CHANNELS, false), 1);
    edy_graph_destroy(g);
}

static void softmax_over_the_batch_keeps_it_together(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(4, 100000));
    bg_output(g, bg_unary(g, EDY_OP_SOFTMAX, x));
    bg_last(g)->axis = 0;
    bg_infer(g);
    assert_int_equal(groups_of(g, 4, false), 1);
    g->node[0].axis = 1;
    assert_int_equal(groups_of(g, 4, false), 4);
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_change_no_bit),
        cmocka_unit_test(own_constants_keep_a_batch_together),
        cmocka_unit_test(own_quantized_constants_keep_a_batch_together),
        cmocka_unit_test(an_axis_moved_over_the_batch_keeps_it_together),
        cmocka_unit_test(softmax_over_the_batch_keeps_it_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
