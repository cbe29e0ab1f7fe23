/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What operators that move data become, and whole models. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_case.h"

/* ---- Shapes ---------------------------------------------------------------------------------- */

/* The graph's output shape after one node, at batch 1 and at batch 5. */
static void check_shapes(edy_ob *b, const char *one, const char *five) {
    edy_graph *g = onnx_case_finish(b);
    onnx_case_assert_shape(g, "y", one);
    assert_int_equal(edy_graph_set_batch(g, 5, NULL), EDY_OK);
    onnx_case_assert_shape(g, "y", five);
    edy_graph_destroy(g);
}

static void flatten_axes(void **state) {
    (void)state;
    static const struct {
        int64_t axis;
        const char *one, *five;
    } rows[] = {{1, "1x192", "5x192"}, {2, "4x48", "20x48"},  {3, "24x8", "120x8"},
                {4, "192x1", "960x1"}, {-1, "24x8", "120x8"}, {-3, "1x192", "5x192"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edy_ob *b = onnx_case_image(13);
        edy_ob_int(b, edy_ob_node(b, "Flatten", "f", "x", "y"), "axis", rows[i].axis);
        check_shapes(b, rows[i].one, rows[i].five);
    }
    edy_ob *b = onnx_case_image(13);
    edy_ob_int(b, edy_ob_node(b, "Flatten", "f", "x", "y"), "axis", 0);
    edy_graph *g = onnx_case_finish(b);
    onnx_case_assert_shape(g, "y", "1x192");
    edy_graph_destroy(g);
    b = onnx_case_image(13);
    edy_ob_int(b, edy_ob_node(b, "Flatten", "f", "x", "y"), "axis", 5);
    edy_ob_refused(b, EDY_BAD_FILE, "axis 5 of an input of rank 4");
}

static void reshape_takes_a_constant_target(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_s64(b, "t", 3, DIMS(0, -1, 16));
    edy_ob_node(b, "Reshape", "r", "x t", "y");
    check_shapes(b, "1x12x16", "5x12x16");

    b = onnx_case_image(13);
    edy_ob_s64(b, "t", 2, DIMS(1, -1)); /* written by exporters for batch 1: follows the batch */
    edy_ob_node(b, "Reshape", "r", "x t", "y");
    check_shapes(b, "1x192", "5x192");

    b = onnx_case_image(13);
    edy_ob_s64(b, "t", 2, DIMS(-1, -1));
    edy_ob_node(b, "Reshape", "r", "x t", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "Reshape (node \"r\")");

    b = onnx_case_image(13);
    edy_ob_node(b, "Reshape", "r", "x x", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "input 1 \"x\" is not a constant");

    b = onnx_case_image(14);
    edy_ob_s64(b, "t", 2, DIMS(0, -1));
    edy_ob_int(b, edy_ob_node(b, "Reshape", "r", "x t", "y"), "allowzero", 1);
    edy_ob_refused(b, EDY_UNSUPPORTED, "a target dimension of 0 elements");
}

static void squeeze_and_unsqueeze(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(11);
    edy_ob_node(b, "GlobalAveragePool", "g", "x", "p");
    edy_ob_ints(b, edy_ob_node(b, "Squeeze", "s", "p", "y"), "axes", 2, DIMS(2, -1));
    check_shapes(b, "1x4", "5x4");

    b = onnx_case_image(13);
    edy_ob_s64(b, "axes", 2, DIMS(-1, -2));
    edy_ob_node(b, "GlobalAveragePool", "g", "x", "p");
    edy_ob_node(b, "Squeeze", "s", "p axes", "y");
    check_shapes(b, "1x4", "5x4");

    b = onnx_case_vector(13);
    edy_ob_s64(b, "axes", 2, DIMS(1, 3));
    edy_ob_node(b, "Unsqueeze", "u", "x axes", "y");
    check_shapes(b, "1x1x6x1", "5x1x6x1");

    b = onnx_case_vector(12);
    edy_ob_ints(b, edy_ob_node(b, "Unsqueeze", "u", "x", "y"), "axes", 1, DIMS(0));
    edy_graph *g = onnx_case_finish(b);
    onnx_case_assert_shape(g, "y", "1x1x6");
    edy_graph_destroy(g);

    b = onnx_case_image(13);
    edy_ob_s64(b, "axes", 1, DIMS(1));
    edy_ob_node(b, "Squeeze", "s", "x axes", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "dimension 1 has 4 elements");

    b = onnx_case_image(13);
    edy_ob_ints(b, edy_ob_node(b, "Squeeze", "s", "x", "y"), "axes", 1, DIMS(1));
    edy_ob_refused(b, EDY_BAD_FILE, "\"axes\" is not where opset 13 has it");
}

static void transpose_permutes(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_ints(b, edy_ob_node(b, "Transpose", "t", "x", "y"), "perm", 4, DIMS(0, 2, 3, 1));
    check_shapes(b, "1x6x8x4", "5x6x8x4");
    b = onnx_case_image(13);
    edy_ob_ints(b, edy_ob_node(b, "Transpose", "t", "x", "y"), "perm", 4, DIMS(0, 2, 2, 1));
    edy_ob_refused(b, EDY_BAD_FILE, "permutation entry 2 is 2");
    b = onnx_case_image(13);
    edy_ob_ints(b, edy_ob_node(b, "Transpose", "t", "x", "y"), "perm", 3, DIMS(0, 2, 1));
    edy_ob_refused(b, EDY_BAD_FILE, "\"perm\" has 3 elements for an input of rank 4");
}

/* A weight that a file transposes and reshapes is still a constant. */
static void constants_are_folded(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    const float w[6] = {1, 2, 3, 4, 5, 6}; /* [3][2] */
    edy_ob_f32(b, "w", 3, DIMS(1, 3, 2), w);
    edy_ob_s64(b, "shape", 2, DIMS(3, 2));
    edy_ob_s64(b, "six", 2, DIMS(0, 6));
    edy_ob_node(b, "Reshape", "r", "w shape", "w2");
    edy_ob_node(b, "Identity", "i", "w2", "w3");
    edy_ob_node(b, "Transpose", "t", "w3", "w4"); /* [2][3] */
    edy_ob_s64(b, "half", 2, DIMS(-1, 2));
    edy_ob_node(b, "Reshape", "s", "x half", "h");
    edy_ob_node(b, "MatMul", "m", "h w4", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->n_nodes, 2);
    const edy_value *v = edy_ob_value(g, "w4");
    const float expected[6] = {1, 3, 5, 2, 4, 6};
    assert_memory_equal(v->data, expected, sizeof expected);
    onnx_case_assert_shape(g, "w4", "2x3");
    edy_graph_destroy(g);
}

static void pad_by_opset(void **state) {
    (void)state;
    const int64_t pads[8] = {0, 0, 1, 2, 0, 0, 3, 4};
    edy_ob *b = onnx_case_image(10);
    Onnx__NodeProto *n = edy_ob_node(b, "Pad", "p", "x", "y");
    edy_ob_ints(b, n, "pads", 8, pads);
    edy_ob_float(b, n, "value", 0.5f);
    edy_graph *g = onnx_case_finish(b);
    assert_memory_equal(g->node[0].pads, pads, sizeof pads);
    assert_true(g->node[0].pad_value == 0.5f);
    assert_int_equal(g->node[0].window.pad[1], 2);
    assert_int_equal(g->node[0].window.pad[2], 3);
    onnx_case_assert_shape(g, "y", "1x4x10x14");
    edy_graph_destroy(g);

    b = onnx_case_image(18);
    edy_ob_s64(b, "pads", 4, DIMS(1, 2, 3, 4));
    edy_ob_s64(b, "axes", 2, DIMS(2, -1));
    edy_ob_node(b, "Pad", "p", "x pads - axes", "y");
    g = onnx_case_finish(b);
    assert_memory_equal(g->node[0].pads, pads, sizeof pads);
    edy_graph_destroy(g);

    b = onnx_case_image(13);
    edy_ob_s64(b, "pads", 8, pads);
    edy_ob_text(b, edy_ob_node(b, "Pad", "p", "x pads", "y"), "mode", "mirror");
    edy_ob_refused(b, EDY_UNSUPPORTED, "mode \"mirror\" is not supported");
    b = onnx_case_image(13);
    edy_ob_s64(b, "pads", 4, pads);
    edy_ob_node(b, "Pad", "p", "x pads", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "it has 4 pads for 4 axes");
}

/* ---- Quantizers ------------------------------------------------------------------------------ */

static void quantizers_keep_constants_and_axis(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    const float s = 0.5f, ws[4] = {1, 2, 3, 4};
    const uint8_t z = 7;
    edy_ob_f32(b, "s", 0, NULL, &s);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &z);
    edy_ob_f32(b, "ws", 1, DIMS(4), ws);
    edy_ob_tensor(b, "w", EDY_S8, 4, DIMS(4, 4, 1, 1), NULL);
    edy_ob_node(b, "QuantizeLinear", "q", "x s z", "xq");
    edy_ob_node(b, "DequantizeLinear", "d", "xq s z", "xd");
    edy_ob_int(b, edy_ob_node(b, "DequantizeLinear", "e", "w ws", "wd"), "axis", 0);
    edy_ob_node(b, "Conv", "c", "xd wd", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(edy_ob_value(g, "xq")->dtype, EDY_U8);
    assert_int_equal(edy_ob_value(g, "xd")->dtype, EDY_F32);
    assert_int_equal(*(const uint8_t *)g->value[g->node[0].input[2]].data, 7);
    assert_int_equal(g->node[2].axis, 0);
    assert_int_equal(g->node[2].input[2], EDY_NO_VALUE);
    assert_int_equal(edy_ob_value(g, "w")->dtype, EDY_S8);
    edy_graph_destroy(g);
}

static void quantizers_without_a_sound_scale(void **state) {
    (void)state;
    const float scales[] = {0.0f, -1.0f};
    for (size_t i = 0; i < 2; i++) {
        edy_ob *b = onnx_case_image(13);
        edy_ob_f32(b, "s", 0, NULL, &scales[i]);
        edy_ob_node(b, "QuantizeLinear", "q", "x s", "q");
        edy_ob_node(b, "DequantizeLinear", "d", "q s", "y");
        edy_ob_refused(b, EDY_BAD_FILE, "QuantizeLinear (node \"q\"): scale 0");
    }
    edy_ob *b = onnx_case_image(13);
    edy_ob_f32(b, "s", 1, DIMS(3), NULL);
    edy_ob_node(b, "QuantizeLinear", "q", "x s", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "QuantizeLinear (node \"q\")");
}

static void qlinearconv_keeps_nine_inputs(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    const float s = 0.5f;
    const uint8_t z = 128;
    const int8_t zero = 0;
    edy_ob_input(b, "x", EDY_U8, 4, DIMS(EDY_OB_N, 2, 5, 5));
    edy_ob_output(b, "y", EDY_U8);
    edy_ob_f32(b, "s", 0, NULL, &s);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &z);
    edy_ob_tensor(b, "wz", EDY_S8, 0, NULL, &zero);
    edy_ob_tensor(b, "w", EDY_S8, 4, DIMS(3, 2, 3, 3), NULL);
    edy_ob_tensor(b, "b", EDY_S32, 1, DIMS(3), NULL);
    edy_ob_node(b, "QLinearConv", "c", "x s z w s wz s z b", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->node[0].op, EDY_OP_QLINEARCONV);
    assert_int_equal(g->node[0].n_inputs, 9);
    assert_string_equal(g->value[g->node[0].input[3]].name, "w");
    assert_int_equal(edy_ob_value(g, "y")->dtype, EDY_U8);
    onnx_case_assert_shape(g, "y", "1x3x3x3");
    edy_graph_destroy(g);
}

/* ---- The graph ------------------------------------------------------------------------------- */

static void aliases_vanish(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_node(b, "Dropout", "d", "x", "a mask");
    edy_ob_node(b, "Relu", "r", "a", "b");
    edy_ob_node(b, "Identity", "i", "b", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->n_nodes, 1);
    assert_string_equal(g->value[g->node[0].input[0]].name, "x");
    assert_string_equal(g->value[g->output[0]].name, "y");
    edy_graph_destroy(g);
}

/* Two outputs that are one value, and an output that is the input: each keeps its name. */
static void aliased_outputs_keep_their_names(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_output(b, "z", EDY_F32);
    edy_ob_output(b, "same", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_ob_node(b, "Identity", "i", "y", "z");
    edy_ob_node(b, "Identity", "j", "x", "same");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->n_outputs, 3);
    assert_string_equal(g->value[g->output[0]].name, "y");
    assert_string_equal(g->value[g->output[1]].name, "z");
    assert_string_equal(g->value[g->output[2]].name, "same");
    assert_int_equal(g->n_nodes, 3);
    edy_graph_destroy(g);
}

static void dropout_in_training_is_refused(void **state) {
    (void)state;
    for (int training = 0; training < 2; training++) {
        edy_ob *b = onnx_case_vector(13);
        const float ratio = 0.5f;
        const uint8_t flag = (uint8_t)training;
        edy_ob_f32(b, "ratio", 0, NULL, &ratio);
        edy_ob_tensor(b, "flag", EDY_U8, 0, NULL, &flag)->data_type = 9; /* bool */
        edy_ob_node(b, "Dropout", "d", "x ratio flag", "h");
        edy_ob_node(b, "Relu", "r", "h", "y");
        if (training)
            edy_ob_refused(b, EDY_UNSUPPORTED, "training_mode is not supported");
        else
            edy_graph_destroy(onnx_case_finish(b));
    }
}

static void constant_nodes(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    Onnx__NodeProto *n = edy_ob_node(b, "Constant", "k", "", "low");
    edy_ob_float(b, n, "value_float", -0.5f);
    n = edy_ob_node(b, "Constant", "l", "", "shape");
    edy_ob_ints(b, n, "value_ints", 2, DIMS(0, 6));
    edy_ob_node(b, "Clip", "c", "x low", "h");
    edy_ob_node(b, "Reshape", "r", "h shape", "i");
    n = edy_ob_node(b, "Constant", "m", "", "w");
    edy_ob_attribute(b, n, "value", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR)->t =
        edy_ob_f32(b, "unused name", 2, DIMS(6, 2), NULL);
    b->graph.n_initializer--; /* it belongs to the attribute only */
    edy_ob_node(b, "MatMul", "g", "i w", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->n_nodes, 3);
    assert_true(g->node[0].act_min == -0.5f);
    assert_string_equal(g->value[g->node[2].input[1]].name, "w");
    edy_graph_destroy(g);
}

static void unsorted_nodes_are_sorted(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_node(b, "Relu", "third", "b", "y");
    edy_ob_node(b, "Relu", "second", "a", "b");
    edy_ob_node(b, "Relu", "first", "x", "a");
    edy_graph *g = onnx_case_finish(b);
    assert_string_equal(g->node[0].name, "first");
    assert_string_equal(g->node[1].name, "second");
    assert_string_equal(g->node[2].name, "third");
    edy_graph_destroy(g);
}

static void batch_is_the_first_dimension(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->batch, 1);
    assert_int_equal(g->opset, 13);
    assert_string_equal(g->name, "test");
    edy_graph_destroy(g);

    b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(7, 6));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    g = onnx_case_finish(b);
    assert_int_equal(g->batch, 7);
    onnx_case_assert_shape(g, "y", "7x6");
    edy_graph_destroy(g);

    b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(1, EDY_OB_N));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "input \"x\": dimension 1 is the symbol \"N\"");
}

/* Before IR version 4 weights were listed among the graph's inputs too. */
static void initializers_may_be_listed_as_inputs(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(7);
    edy_ob_input(b, "w", EDY_F32, 2, DIMS(6, 3));
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 6));
    edy_ob_f32(b, "w", 2, DIMS(6, 3), NULL);
    edy_ob_node(b, "MatMul", "m", "x w", "y");
    edy_ob_output(b, "y", EDY_F32);
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->n_inputs, 1);
    assert_string_equal(g->value[g->input[0]].name, "x");
    edy_graph_destroy(g);
}

static void trained_models_import(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t macs;
    } models[] = {{"simplecnn", 541440},      {"simplecnn.int8", 541440}, {"resnet8", 12206720},
                  {"resnet8.int8", 12206720}, {"dscnn", 4932224},         {"dscnn.int8", 4932224}};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        char path[512];
        edy_graph *g;
        edy_error err;
        snprintf(path, sizeof path, "%s/workloads/models/%s.onnx", EDYNO_SOURCE_DIR,
                 models[i].name);
        if (edy_onnx_import(path, NULL, &g, &err))
            fail_msg("%s", err.message);
        assert_int_equal(edy_graph_macs(g), models[i].macs);
        assert_string_equal(g->value[g->input[0]].name, "input");
        assert_string_equal(g->value[g->output[0]].name, "logits");
        onnx_case_assert_shape(g, "logits", "1x10");
        edy_graph_destroy(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flatten_axes),
        cmocka_unit_test(reshape_takes_a_constant_target),
        cmocka_unit_test(squeeze_and_unsqueeze),
        cmocka_unit_test(transpose_permutes),
        cmocka_unit_test(constants_are_folded),
        cmocka_unit_test(pad_by_opset),
        cmocka_unit_test(quantizers_keep_constants_and_axis),
        cmocka_unit_test(quantizers_without_a_sound_scale),
        cmocka_unit_test(qlinearconv_keeps_nine_inputs),
        cmocka_unit_test(aliases_vanish),
        cmocka_unit_test(aliased_outputs_keep_their_names),
        cmocka_unit_test(dropout_in_training_is_refused),
        cmocka_unit_test(constant_nodes),
        cmocka_unit_test(unsorted_nodes_are_sorted),
        cmocka_unit_test(batch_is_the_first_dimension),
        cmocka_unit_test(initializers_may_be_listed_as_inputs),
        cmocka_unit_test(trained_models_import),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
