/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Constants of rank 3 under DequantizeLinear: weights of a 1-D convolution get an axis, one value a
 * channel of an image does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_builder.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static edy_graph *finish(edy_ob *b) {
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    return g;
}

static void channel_constant_keeps_three_axes(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    const float s = 0.5f;
    const uint8_t k[4] = {1, 2, 3, 4};
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 4, 6, 8));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_f32(b, "s", 0, NULL, &s);
    edy_ob_tensor(b, "k", EDY_U8, 3, DIMS(4, 1, 1), k);
    edy_ob_node(b, "DequantizeLinear", "d", "k s", "kd");
    edy_ob_node(b, "Mul", "m", "kd x", "y");
    edy_graph *g = finish(b);
    assert_int_equal(g->n_nodes, 2);
    assert_int_equal(g->node[1].op, EDY_OP_MUL);
    assert_string_equal(g->value[g->node[1].input[0]].name, "x"); /* the constant stands second */
    assert_int_equal(edy_ob_value(g, "kd")->shape.rank, 3);
    assert_int_equal(edy_ob_value(g, "y")->shape.dim[3], 8);
    edy_graph_destroy(g);
}

static void weights_of_a_1d_conv_get_an_axis(void **state) {
    (void)state;
    for (int64_t axis = 0; axis < 3; axis += 2) { /* one scale an output channel, or a tap */
        edy_ob *b = edy_ob_create(13);
        const float s[3] = {0.5f, 1, 2};
        const int8_t w[18] = {0};
        edy_ob_input(b, "x", EDY_F32, 3, DIMS(EDY_OB_N, 2, 9));
        edy_ob_output(b, "y", EDY_F32);
        edy_ob_f32(b, "s", 1, DIMS(3), s);
        edy_ob_tensor(b, "w", EDY_S8, 3, DIMS(3, 2, 3), w);
        edy_ob_int(b, edy_ob_node(b, "DequantizeLinear", "d", "w s", "wd"), "axis", axis);
        edy_ob_node(b, "Conv", "c", "x wd", "y");
        edy_graph *g = finish(b);
        int32_t dequantizers = 0;
        for (int32_t i = 0; i < g->n_nodes; i++) {
            if (g->node[i].op != EDY_OP_DEQUANTIZE)
                continue;
            dequantizers++;
            const edy_shape *shape = &g->value[g->node[i].input[0]].shape;
            assert_int_equal(shape->rank, 4);
            assert_int_equal(shape->dim[2], 1);
            assert_int_equal(g->node[i].axis, axis ? 3 : 0);
        }
        assert_int_equal(dequantizers, 1);
        assert_int_equal(edy_ob_value(g, "y")->shape.rank, 3);
        edy_graph_destroy(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel_constant_keeps_three_axes),
        cmocka_unit_test(weights_of_a_1d_conv_get_an_axis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
