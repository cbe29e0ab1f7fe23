/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/passes.h"
#include "engine/passes/tests/build_graph.h"

/* Conv 3x3 of `channels` -> 2, padded by one on every side, on 5x4 pixels, planned and run. */
static edy_graph *padded_conv(int64_t channels, edy_value_id *out) {
    float w[2 * 16 * 9];
    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++)
        w[i] = (float)(i % 7) - 3.0f;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, channels, 5, 4));
    *out = bg_conv(g, x, bg_f32(g, SHAPE(2, channels, 3, 3), w), EDY_NO_VALUE, 1, 1, 1);
    bg_output(g, *out);
    bg_infer(g);
    bg_pass(g, edy_pass_assign_layout);
    return g;
}

static const edy_node *only(const edy_graph *g, edy_op_kind op) {
    assert_int_equal(bg_count(g, op), 1);
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == op)
            return &g->node[i];
    return NULL;
}

static void check_same_numbers(edy_graph *g) {
    float x[16 * 20];
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
        x[i] = (float)(i % 11);
    size_t before_bytes, after_bytes;
    float *before = bg_run(g, x, &before_bytes);
    bg_pass(g, edy_pass_pad_first_layer);
    bg_infer(g); /* the shapes that the pass wrote are the ones that the operators infer */
    float *after = bg_run(g, x, &after_bytes);
    assert_int_equal(before_bytes, after_bytes);
    assert_memory_equal(before, after, after_bytes);
    free(before);
    free(after);
}

static void the_copy_to_nhwc_takes_the_padding(void **state) {
    (void)state;
    edy_value_id out;
    edy_graph *g = padded_conv(3, &out);
    check_same_numbers(g);
    const edy_node *conv = only(g, EDY_OP_CONV);
    for (int i = 0; i < 4; i++)
        assert_int_equal(conv->window.pad[i], 0);
    const edy_shape *padded = &g->value[conv->input[EDY_IN_X]].shape;
    assert_int_equal(padded->dim[2], 7);
    assert_int_equal(padded->dim[3], 6);
    assert_int_equal(bg_count(g, EDY_OP_PAD), 0);
    edy_graph_destroy(g);
}

static void one_channel_gets_a_pad(void **state) {
    (void)state;
    edy_value_id out;
    edy_graph *g = padded_conv(1, &out);
    check_same_numbers(g);
    const edy_node *pad = only(g, EDY_OP_PAD);
    assert_int_equal(pad->pads[2] + pad->pads[3] + pad->pads[6] + pad->pads[7], 4);
    edy_graph_destroy(g);
}

static void many_channels_stay(void **state) {
    (void)state;
    edy_value_id out;
    edy_graph *g = padded_conv(16, &out);
    const int32_t nodes = g->n_nodes;
    bg_pass(g, edy_pass_pad_first_layer);
    assert_int_equal(g->n_nodes, nodes);
    assert_int_equal(only(g, EDY_OP_CONV)->window.pad[0], 1);
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_copy_to_nhwc_takes_the_padding),
        cmocka_unit_test(one_channel_gets_a_pad),
        cmocka_unit_test(many_channels_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
