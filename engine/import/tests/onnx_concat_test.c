/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Concat as files have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_case.h"

static void concat(edy_ob *b, const char *inputs, int64_t axis) {
    edy_ob_int(b, edy_ob_node(b, "Concat", "cat", inputs, "y"), "axis", axis);
}

static void axis_and_inputs(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_f32(b, "k", 4, DIMS(1, 2, 6, 8), NULL);
    concat(b, "x k x", -3);
    edy_graph *g = onnx_case_finish(b);
    const edy_node *n = &g->node[0];
    assert_int_equal(n->op, EDY_OP_CONCAT);
    assert_int_equal(n->n_inputs, 3);
    assert_int_equal(n->axis, 1);
    assert_int_equal(n->input[0], n->input[2]);
    onnx_case_assert_shape(g, "y", "1x10x6x8");
    edy_graph_destroy(g);
}

static void follows_the_batch(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(11);
    concat(b, "x x", 1);
    edy_graph *g = onnx_case_finish(b);
    onnx_case_assert_shape(g, "y", "1x12");
    assert_int_equal(edy_graph_set_batch(g, 5, NULL), EDY_OK);
    onnx_case_assert_shape(g, "y", "5x12");
    edy_graph_destroy(g);
}

static void one_input_is_an_alias(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_node(b, "Relu", "r", "x", "a");
    concat(b, "a", 1);
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(g->node[0].op, EDY_OP_RELU);
    onnx_case_assert_shape(g, "y", "1x4x6x8");
    edy_graph_destroy(g);
}

/* Between 1-D convolutions no Reshape stands: the axis of length moves with its twin. */
static void one_dimension(void **state) {
    (void)state;
    for (int64_t axis = 1; axis < 3; axis++) {
        edy_ob *b = edy_ob_create(13);
        edy_ob_input(b, "x", EDY_F32, 3, DIMS(EDY_OB_N, 2, 16));
        edy_ob_f32(b, "w", 3, DIMS(4, 2, 1), NULL);
        edy_ob_node(b, "Conv", "c", "x w", "a");
        edy_ob_node(b, "Conv", "d", "x w", "b");
        edy_ob_int(b, edy_ob_node(b, "Concat", "cat", "a b", "e"), "axis", axis);
        edy_ob_node(b, "GlobalAveragePool", "g", "e", "y");
        edy_ob_output(b, "y", EDY_F32);
        edy_graph *g = onnx_case_finish(b);
        const edy_op_kind expected[] = {EDY_OP_RESHAPE, EDY_OP_CONV,          EDY_OP_CONV,
                                        EDY_OP_CONCAT,  EDY_OP_GLOBALAVGPOOL, EDY_OP_RESHAPE};
        assert_int_equal(g->n_nodes, 6);
        for (int32_t i = 0; i < 6; i++)
            assert_int_equal(g->node[i].op, expected[i]);
        assert_int_equal(g->node[3].axis, axis == 2 ? 3 : 1);
        onnx_case_assert_shape(g, "y", axis == 1 ? "1x8x1" : "1x4x1");
        edy_graph_destroy(g);
    }
}

static void as_many_inputs_as_fit(void **state) {
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        char inputs[4 * EDY_MAX_INPUTS] = "x";
        for (int32_t i = 1; i < EDY_MAX_INPUTS + extra; i++)
            strcat(inputs, " x");
        edy_ob *b = onnx_case_vector(13);
        concat(b, inputs, 1);
        if (extra) {
            edy_ob_refused(b, EDY_BAD_FILE, "has 65 inputs, 1 to 64 are expected");
            continue;
        }
        edy_graph *g = onnx_case_finish(b);
        onnx_case_assert_shape(g, "y", "1x384");
        edy_graph_destroy(g);
    }
}

static void refusals(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_node(b, "Concat", "cat", "x x", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "Concat (node \"cat\"): attribute \"axis\" is missing");
    b = onnx_case_image(13);
    concat(b, "x x", 4);
    edy_ob_refused(b, EDY_BAD_FILE, "attribute \"axis\" is 4 for inputs of rank 4");
    b = onnx_case_image(13);
    concat(b, "x x", INT64_MIN);
    edy_ob_refused(b, EDY_BAD_FILE, "attribute \"axis\" is -9223372036854775808");
    b = onnx_case_image(13);
    concat(b, "x -", 1);
    edy_ob_refused(b, EDY_BAD_FILE, "input 1 is missing");
    b = onnx_case_image(13);
    edy_ob_f32(b, "k", 4, DIMS(1, 4, 6, 7), NULL);
    concat(b, "x k", 1);
    edy_ob_refused(b, EDY_BAD_FILE, "input 1 is 1x4x6x7, which does not fit 1x4x6x8");
    b = onnx_case_image(13);
    edy_ob_s64(b, "k", 4, DIMS(1, 4, 6, 7));
    concat(b, "k k", 0);
    edy_ob_refused(b, EDY_UNSUPPORTED, "output \"y\" is a constant");
}

/* Doubling its width at each node: the sizes run into the limit of a tensor, not into overflow. */
static void widths_that_double(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    char inputs[16] = "x x", output[16];
    for (int i = 0; i < 70; i++) {
        snprintf(output, sizeof output, "v%d", i);
        edy_ob_int(b, edy_ob_node(b, "Concat", "", inputs, i == 69 ? "y" : output), "axis", 1);
        snprintf(inputs, sizeof inputs, "v%d v%d", i, i);
    }
    edy_ob_refused(b, EDY_LIMIT, "needs more than the limit");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axis_and_inputs),       cmocka_unit_test(follows_the_batch),
        cmocka_unit_test(one_input_is_an_alias), cmocka_unit_test(one_dimension),
        cmocka_unit_test(as_many_inputs_as_fit), cmocka_unit_test(refusals),
        cmocka_unit_test(widths_that_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
