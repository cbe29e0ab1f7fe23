/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What operators that compute become: windows, products, activations. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_case.h"

/* ---- Windows --------------------------------------------------------------------------------- */

static void conv_keeps_every_attribute(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_f32(b, "w", 4, DIMS(8, 2, 3, 2), NULL);
    edy_ob_f32(b, "b", 1, DIMS(8), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w b", "y");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(3, 2));
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 1));
    edy_ob_ints(b, n, "dilations", 2, DIMS(1, 2));
    edy_ob_ints(b, n, "pads", 4, DIMS(1, 2, 3, 0));
    edy_ob_int(b, n, "group", 2);
    edy_graph *g = onnx_case_finish(b);
    const edy_node *c = &g->node[0];
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(c->op, EDY_OP_CONV);
    assert_string_equal(c->name, "c");
    assert_int_equal(c->window.groups, 2);
    const int64_t pads[] = {1, 2, 3, 0};
    assert_memory_equal(c->window.pad, pads, sizeof pads);
    assert_int_equal(c->window.stride[0], 2);
    assert_int_equal(c->window.stride[1], 1);
    assert_int_equal(c->window.dilation[1], 2);
    assert_true(c->act_min == -INFINITY && c->act_max == INFINITY);
    onnx_case_assert_shape(g, "y", "1x8x4x8");
    const edy_value *w = edy_ob_value(g, "w");
    assert_ptr_equal(&g->value[c->input[EDY_IN_W]], w);
    assert_true(((const float *)w->data)[1] == -0.5f);
    edy_graph_destroy(g);
}

static void conv_without_bias_or_attributes(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(7);
    edy_ob_f32(b, "w", 4, DIMS(4, 4, 1, 1), NULL);
    edy_ob_node(b, "Conv", "", "x w", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_string_equal(g->node[0].name, "Conv_0");
    assert_int_equal(g->node[0].input[EDY_IN_BIAS], EDY_NO_VALUE);
    onnx_case_assert_shape(g, "y", "1x4x6x8");
    edy_graph_destroy(g);
}

static void conv_auto_pad(void **state) {
    (void)state;
    static const struct {
        const char *text, *shape;
        int expected;
    } rows[] = {{"SAME_UPPER", "1x4x3x4", EDY_PAD_SAME_UPPER},
                {"SAME_LOWER", "1x4x3x4", EDY_PAD_SAME_LOWER},
                {"VALID", "1x4x2x3", EDY_PAD_VALID},
                {"NOTSET", "1x4x2x3", EDY_PAD_EXPLICIT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edy_ob *b = onnx_case_image(13);
        edy_ob_f32(b, "w", 4, DIMS(4, 4, 3, 3), NULL);
        Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w", "y");
        edy_ob_ints(b, n, "strides", 2, DIMS(2, 2));
        edy_ob_text(b, n, "auto_pad", rows[i].text);
        edy_graph *g = onnx_case_finish(b);
        assert_int_equal(g->node[0].window.auto_pad, rows[i].expected);
        onnx_case_assert_shape(g, "y", rows[i].shape);
        edy_graph_destroy(g);
    }
}

static void conv_bad_windows(void **state) {
    (void)state;
    static const struct {
        const char *attribute;
        int64_t value[4];
        size_t n;
        edy_status code;
        const char *part;
    } rows[] = {
        {"kernel_shape",
         {5, 3},
         2,
         EDY_BAD_FILE,
         "\"kernel_shape\" does not fit weights of 4x4x3x3"},
        {"strides", {0, 1}, 2, EDY_BAD_FILE, "stride 0"},
        {"strides", {1}, 1, EDY_BAD_FILE, "\"strides\" has 1 elements, not 2"},
        {"dilations", {1, INT64_MAX}, 2, EDY_BAD_FILE, "dilation 9223372036854775807"},
        {"dilations", {100, 1}, 2, EDY_BAD_FILE, "does not fit"},
        {"pads", {0, 0, 0, -1}, 4, EDY_BAD_FILE, "pad -1"},
        {"pads", {0, 0, 0, INT64_MAX}, 4, EDY_BAD_FILE, "pad 9223372036854775807"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edy_ob *b = onnx_case_image(13);
        edy_ob_f32(b, "w", 4, DIMS(4, 4, 3, 3), NULL);
        Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w", "y");
        edy_ob_ints(b, n, rows[i].attribute, rows[i].n, rows[i].value);
        edy_ob_refused(b, rows[i].code, rows[i].part);
    }
}

static void pools_keep_their_attributes(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    Onnx__NodeProto *n = edy_ob_node(b, "MaxPool", "m", "x", "p");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(3, 3));
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 2));
    edy_ob_int(b, n, "ceil_mode", 1);
    n = edy_ob_node(b, "AveragePool", "a", "p", "q");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(2, 2));
    edy_ob_ints(b, n, "pads", 4, DIMS(1, 0, 0, 1));
    edy_ob_int(b, n, "count_include_pad", 1);
    edy_ob_node(b, "GlobalAveragePool", "g", "q", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->node[0].op, EDY_OP_MAXPOOL);
    assert_true(g->node[0].window.ceil_mode);
    onnx_case_assert_shape(g, "p", "1x4x3x4");
    assert_int_equal(g->node[1].op, EDY_OP_AVGPOOL);
    assert_true(g->node[1].window.count_include_pad);
    assert_int_equal(g->node[1].window.pad[0], 1);
    assert_int_equal(g->node[1].window.pad[3], 1);
    onnx_case_assert_shape(g, "q", "1x4x3x4");
    assert_int_equal(g->node[2].op, EDY_OP_GLOBALAVGPOOL);
    onnx_case_assert_shape(g, "y", "1x4x1x1");
    edy_graph_destroy(g);
}

static void second_outputs_are_refused_only_when_read(void **state) {
    (void)state;
    for (int read = 0; read < 2; read++) {
        edy_ob *b = onnx_case_image(13);
        edy_ob_node(b, "Dropout", "d", "x", "p mask");
        edy_ob_node(b, "Relu", "r", read ? "mask" : "p", "y");
        if (read)
            edy_ob_refused(b, EDY_UNSUPPORTED, "reads \"mask\", output 1 of a node");
        else
            edy_graph_destroy(onnx_case_finish(b));
    }
}

/* The indices of a MaxPool are a node of their own, where somebody wants them. */
static void indices_are_made_for_readers(void **state) {
    (void)state;
    for (int read = 0; read < 2; read++) {
        edy_ob *b = onnx_case_image(13);
        if (read)
            edy_ob_output(b, "indices", EDY_S64);
        Onnx__NodeProto *n = edy_ob_node(b, "MaxPool", "m", "x", "y indices");
        edy_ob_ints(b, n, "kernel_shape", 2, DIMS(2, 2));
        edy_graph *g = onnx_case_finish(b);
        assert_int_equal(g->n_nodes, 1 + read);
        edy_graph_destroy(g);
    }
}

/* Conv, BatchNormalization, Relu, MaxPool over [N, C, L]: as H = 1, with a Reshape at each end
 * only. */
static void one_dimension_is_height_one(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 3, DIMS(EDY_OB_N, 2, 16));
    edy_ob_f32(b, "w", 3, DIMS(4, 2, 3), NULL);
    const float one[4] = {1, 1, 1, 1};
    edy_ob_f32(b, "v", 1, DIMS(4), one);
    Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w", "a");
    edy_ob_ints(b, n, "pads", 2, DIMS(2, 1));
    edy_ob_ints(b, n, "strides", 1, DIMS(2));
    edy_ob_node(b, "BatchNormalization", "n", "a v v v v", "b");
    edy_ob_node(b, "Relu", "r", "b", "c");
    n = edy_ob_node(b, "MaxPool", "p", "c", "y");
    edy_ob_ints(b, n, "kernel_shape", 1, DIMS(2));
    edy_ob_output(b, "y", EDY_F32);
    edy_graph *g = onnx_case_finish(b);
    const edy_op_kind expected[] = {EDY_OP_RESHAPE, EDY_OP_CONV,    EDY_OP_BATCHNORM,
                                    EDY_OP_RELU,    EDY_OP_MAXPOOL, EDY_OP_RESHAPE};
    assert_int_equal(g->n_nodes, 6);
    for (int32_t i = 0; i < 6; i++)
        assert_int_equal(g->node[i].op, expected[i]);
    const edy_node *c = &g->node[1];
    assert_int_equal(c->window.pad[0], 0);
    assert_int_equal(c->window.pad[1], 2);
    assert_int_equal(c->window.pad[3], 1);
    assert_int_equal(c->window.stride[0], 1);
    assert_int_equal(c->window.stride[1], 2);
    onnx_case_assert_shape(g, "y", "1x4x8");
    assert_int_equal(edy_graph_set_batch(g, 3, NULL), EDY_OK);
    onnx_case_assert_shape(g, "y", "3x4x8");
    edy_graph_destroy(g);
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static void gemm_and_matmul(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_f32(b, "w", 2, DIMS(5, 6), NULL);
    edy_ob_f32(b, "c", 1, DIMS(5), NULL);
    edy_ob_f32(b, "v", 2, DIMS(5, 3), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "Gemm", "g", "x w c", "h");
    edy_ob_int(b, n, "transB", 1);
    edy_ob_float(b, n, "alpha", 0.5f);
    edy_ob_float(b, n, "beta", 2.0f);
    edy_ob_node(b, "MatMul", "m", "h v", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_true(g->node[0].trans_b && !g->node[0].trans_a);
    assert_true(g->node[0].alpha == 0.5f && g->node[0].beta == 2.0f);
    assert_int_equal(g->node[1].op, EDY_OP_GEMM);
    assert_false(g->node[1].trans_b);
    assert_int_equal(g->node[1].input[EDY_IN_BIAS], EDY_NO_VALUE);
    onnx_case_assert_shape(g, "y", "1x3");
    edy_graph_destroy(g);
}

static void gemm_mismatch(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_f32(b, "w", 2, DIMS(5, 6), NULL);
    edy_ob_node(b, "Gemm", "g", "x w", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "Gemm (node \"g\"): rows of 6 against weights for 5");
}

static void clip_bounds_by_opset(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(6);
    Onnx__NodeProto *n = edy_ob_node(b, "Clip", "c", "x", "y");
    edy_ob_float(b, n, "max", 6.0f);
    edy_graph *g = onnx_case_finish(b);
    assert_true(g->node[0].act_min == -INFINITY && g->node[0].act_max == 6.0f);
    edy_graph_destroy(g);

    b = onnx_case_vector(11);
    const float low = -1.0f;
    edy_ob_f32(b, "low", 0, NULL, &low);
    edy_ob_node(b, "Clip", "c", "x low", "y");
    g = onnx_case_finish(b);
    assert_true(g->node[0].act_min == -1.0f && g->node[0].act_max == INFINITY);
    assert_int_equal(g->node[0].n_inputs, 1);
    edy_graph_destroy(g);

    b = onnx_case_vector(11);
    edy_ob_float(b, edy_ob_node(b, "Clip", "c", "x", "y"), "max", 6.0f);
    edy_ob_refused(b, EDY_BAD_FILE, "Clip (node \"c\"): its bounds are not where opset 11");
}

static void relu_is_a_clamp_at_zero(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_true(g->node[0].act_min == 0.0f && g->node[0].act_max == INFINITY);
    edy_graph_destroy(g);
}

static void leaky_relu(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_node(b, "LeakyRelu", "l", "x", "a");
    edy_ob_float(b, edy_ob_node(b, "LeakyRelu", "m", "a", "y"), "alpha", 0.3f);
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->node[0].op, EDY_OP_LEAKYRELU);
    assert_true(g->node[0].alpha == 0.01f && g->node[1].alpha == 0.3f);
    onnx_case_assert_shape(g, "y", "1x4x6x8");
    edy_graph_destroy(g);
    b = onnx_case_image(13);
    edy_ob_float(b, edy_ob_node(b, "LeakyRelu", "l", "x", "y"), "alpha", INFINITY);
    edy_ob_refused(b, EDY_BAD_FILE, "LeakyRelu (node \"l\"): attribute \"alpha\" is infinite");
    b = onnx_case_image(13);
    edy_ob_int(b, edy_ob_node(b, "LeakyRelu", "l", "x", "y"), "alpha", 1);
    edy_ob_refused(b, EDY_BAD_FILE, "alpha");
}

static void constants_stand_second(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_f32(b, "k", 3, DIMS(4, 1, 1), NULL);
    edy_ob_node(b, "Mul", "m", "k x", "s");
    edy_ob_node(b, "Add", "a", "s k", "t");
    edy_ob_node(b, "Add", "b", "x t", "y");
    edy_graph *g = onnx_case_finish(b);
    for (int32_t i = 0; i < 2; i++)
        assert_string_equal(g->value[g->node[i].input[1]].name, "k");
    assert_string_equal(g->value[g->node[2].input[0]].name, "x");
    edy_graph_destroy(g);
}

static void batchnorm_wants_constants_and_inference(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    const float v[4] = {1, 2, 3, 4};
    edy_ob_f32(b, "v", 1, DIMS(4), v);
    Onnx__NodeProto *n = edy_ob_node(b, "BatchNormalization", "n", "x v v v v", "y");
    edy_ob_float(b, n, "epsilon", 0.125f);
    edy_ob_float(b, n, "momentum", 0.9f);
    edy_graph *g = onnx_case_finish(b);
    assert_true(g->node[0].epsilon == 0.125f);
    assert_int_equal(g->node[0].n_inputs, 5);
    edy_graph_destroy(g);

    b = onnx_case_image(14);
    edy_ob_f32(b, "v", 1, DIMS(4), v);
    n = edy_ob_node(b, "BatchNormalization", "n", "x v v v v", "y");
    edy_ob_int(b, n, "training_mode", 1);
    edy_ob_refused(b, EDY_UNSUPPORTED, "\"training_mode\" is 1");

    b = onnx_case_image(6);
    edy_ob_f32(b, "v", 1, DIMS(4), v);
    edy_ob_node(b, "BatchNormalization", "n", "x v v v v", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "\"is_test\" is 0");
}

static void softmax_by_opset(void **state) {
    (void)state;
    for (int64_t opset = 12; opset <= 13; opset++) {
        edy_ob *b = onnx_case_vector(opset);
        edy_ob_node(b, "Softmax", "s", "x", "y");
        edy_graph *g = onnx_case_finish(b);
        assert_int_equal(g->node[0].axis, opset < 13 ? 1 : -1);
        assert_int_equal(g->node[0].softmax_flattens, opset < 13);
        edy_graph_destroy(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_keeps_every_attribute),
        cmocka_unit_test(conv_without_bias_or_attributes),
        cmocka_unit_test(conv_auto_pad),
        cmocka_unit_test(conv_bad_windows),
        cmocka_unit_test(pools_keep_their_attributes),
        cmocka_unit_test(second_outputs_are_refused_only_when_read),
        cmocka_unit_test(indices_are_made_for_readers),
        cmocka_unit_test(one_dimension_is_height_one),
        cmocka_unit_test(gemm_and_matmul),
        cmocka_unit_test(gemm_mismatch),
        cmocka_unit_test(clip_bounds_by_opset),
        cmocka_unit_test(relu_is_a_clamp_at_zero),
        cmocka_unit_test(leaky_relu),
        cmocka_unit_test(constants_stand_second),
        cmocka_unit_test(batchnorm_wants_constants_and_inference),
        cmocka_unit_test(softmax_by_opset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
