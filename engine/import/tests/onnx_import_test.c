/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What each operator becomes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_builder.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

/* x [N,4,6,8], and y as the graph's output. */
static edy_ob *image(int64_t opset) {
    edy_ob *b = edy_ob_create(opset);
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 4, 6, 8));
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

static edy_ob *vector(int64_t opset) {
    edy_ob *b = edy_ob_create(opset);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 6));
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

static edy_graph *finish(edy_ob *b) {
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    return g;
}

static void assert_shape(const edy_graph *g, const char *name, const char *expected) {
    char text[96];
    assert_string_equal(edy_shape_text(&edy_ob_value(g, name)->shape, text, sizeof text), expected);
}

/* ---- Windows --------------------------------------------------------------------------------- */

static void conv_keeps_every_attribute(void **state) {
    (void)state;
    edy_ob *b = image(13);
    edy_ob_f32(b, "w", 4, DIMS(8, 2, 3, 2), NULL);
    edy_ob_f32(b, "b", 1, DIMS(8), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w b", "y");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(3, 2));
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 1));
    edy_ob_ints(b, n, "dilations", 2, DIMS(1, 2));
    edy_ob_ints(b, n, "pads", 4, DIMS(1, 2, 3, 0));
    edy_ob_int(b, n, "group", 2);
    edy_graph *g = finish(b);
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
    assert_shape(g, "y", "1x8x4x8");
    const edy_value *w = edy_ob_value(g, "w");
    assert_ptr_equal(&g->value[c->input[EDY_IN_W]], w);
    assert_true(((const float *)w->data)[1] == -0.5f);
    edy_graph_destroy(g);
}

static void conv_without_bias_or_attributes(void **state) {
    (void)state;
    edy_ob *b = image(7);
    edy_ob_f32(b, "w", 4, DIMS(4, 4, 1, 1), NULL);
    edy_ob_node(b, "Conv", "", "x w", "y");
    edy_graph *g = finish(b);
    assert_string_equal(g->node[0].name, "Conv_0");
    assert_int_equal(g->node[0].input[EDY_IN_BIAS], EDY_NO_VALUE);
    assert_shape(g, "y", "1x4x6x8");
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
        edy_ob *b = image(13);
        edy_ob_f32(b, "w", 4, DIMS(4, 4, 3, 3), NULL);
        Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w", "y");
        edy_ob_ints(b, n, "strides", 2, DIMS(2, 2));
        edy_ob_text(b, n, "auto_pad", rows[i].text);
        edy_graph *g = finish(b);
        assert_int_equal(g->node[0].window.auto_pad, rows[i].expected);
        assert_shape(g, "y", rows[i].shape);
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
        edy_ob *b = image(13);
        edy_ob_f32(b, "w", 4, DIMS(4, 4, 3, 3), NULL);
        Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w", "y");
        edy_ob_ints(b, n, rows[i].attribute, rows[i].n, rows[i].value);
        edy_ob_refused(b, rows[i].code, rows[i].part);
    }
}

static void pools_keep_their_attributes(void **state) {
    (void)state;
    edy_ob *b = image(13);
    Onnx__NodeProto *n = edy_ob_node(b, "MaxPool", "m", "x", "p");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(3, 3));
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 2));
    edy_ob_int(b, n, "ceil_mode", 1);
    n = edy_ob_node(b, "AveragePool", "a", "p", "q");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(2, 2));
    edy_ob_ints(b, n, "pads", 4, DIMS(1, 0, 0, 1));
    edy_ob_int(b, n, "count_include_pad", 1);
    edy_ob_node(b, "GlobalAveragePool", "g", "q", "y");
    edy_graph *g = finish(b);
    assert_int_equal(g->node[0].op, EDY_OP_MAXPOOL);
    assert_true(g->node[0].window.ceil_mode);
    assert_shape(g, "p", "1x4x3x4");
    assert_int_equal(g->node[1].op, EDY_OP_AVGPOOL);
    assert_true(g->node[1].window.count_include_pad);
    assert_int_equal(g->node[1].window.pad[0], 1);
    assert_int_equal(g->node[1].window.pad[3], 1);
    assert_shape(g, "q", "1x4x3x4");
    assert_int_equal(g->node[2].op, EDY_OP_GLOBALAVGPOOL);
    assert_shape(g, "y", "1x4x1x1");
    edy_graph_destroy(g);
}

static void second_outputs_are_refused_only_when_read(void **state) {
    (void)state;
    for (int read = 0; read < 2; read++) {
        edy_ob *b = image(13);
        Onnx__NodeProto *n = edy_ob_node(b, "MaxPool", "m", "x", "p indices");
        edy_ob_ints(b, n, "kernel_shape", 2, DIMS(2, 2));
        edy_ob_node(b, "Relu", "r", read ? "indices" : "p", "y");
        if (read)
            edy_ob_refused(b, EDY_UNSUPPORTED, "reads \"indices\", output 1 of a node");
        else
            edy_graph_destroy(finish(b));
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
    edy_graph *g = finish(b);
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
    assert_shape(g, "y", "1x4x8");
    assert_int_equal(edy_graph_set_batch(g, 3, NULL), EDY_OK);
    assert_shape(g, "y", "3x4x8");
    edy_graph_destroy(g);
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static void gemm_and_matmul(void **state) {
    (void)state;
    edy_ob *b = vector(13);
    edy_ob_f32(b, "w", 2, DIMS(5, 6), NULL);
    edy_ob_f32(b, "c", 1, DIMS(5), NULL);
    edy_ob_f32(b, "v", 2, DIMS(5, 3), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "Gemm", "g", "x w c", "h");
    edy_ob_int(b, n, "transB", 1);
    edy_ob_float(b, n, "alpha", 0.5f);
    edy_ob_float(b, n, "beta", 2.0f);
    edy_ob_node(b, "MatMul", "m", "h v", "y");
    edy_graph *g = finish(b);
    assert_true(g->node[0].trans_b && !g->node[0].trans_a);
    assert_true(g->node[0].alpha == 0.5f && g->node[0].beta == 2.0f);
    assert_int_equal(g->node[1].op, EDY_OP_GEMM);
    assert_false(g->node[1].trans_b);
    assert_int_equal(g->node[1].input[EDY_IN_BIAS], EDY_NO_VALUE);
    assert_shape(g, "y", "1x3");
    edy_graph_destroy(g);
}

static void gemm_mismatch(void **state) {
    (void)state;
    edy_ob *b = vector(13);
    edy_ob_f32(b, "w", 2, DIMS(5, 6), NULL);
    edy_ob_node(b, "Gemm", "g", "x w", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "Gemm (node \"g\"): rows of 6 against weights for 5");
}

static void clip_bounds_by_opset(void **state) {
    (void)state;
    edy_ob *b = vector(6);
    Onnx__NodeProto *n = edy_ob_node(b, "Clip", "c", "x", "y");
    edy_ob_float(b, n, "max", 6.0f);
    edy_graph *g = finish(b);
    assert_true(g->node[0].act_min == -INFINITY && g->node[0].act_max == 6.0f);
    edy_graph_destroy(g);

    b = vector(11);
    const float low = -1.0f;
    edy_ob_f32(b, "low", 0, NULL, &low);
    edy_ob_node(b, "Clip", "c", "x low", "y");
    g = finish(b);
    assert_true(g->node[0].act_min == -1.0f && g->node[0].act_max == INFINITY);
    assert_int_equal(g->node[0].n_inputs, 1);
    edy_graph_destroy(g);

    b = vector(11);
    edy_ob_float(b, edy_ob_node(b, "Clip", "c", "x", "y"), "max", 6.0f);
    edy_ob_refused(b, EDY_BAD_FILE, "Clip (node \"c\"): its bounds are not where opset 11");
}

static void relu_is_a_clamp_at_zero(void **state) {
    (void)state;
    edy_ob *b = vector(13);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_graph *g = finish(b);
    assert_true(g->node[0].act_min == 0.0f && g->node[0].act_max == INFINITY);
    edy_graph_destroy(g);
}

static void constants_stand_second(void **state) {
    (void)state;
    edy_ob *b = image(13);
    edy_ob_f32(b, "k", 3, DIMS(4, 1, 1), NULL);
    edy_ob_node(b, "Mul", "m", "k x", "s");
    edy_ob_node(b, "Add", "a", "s k", "t");
    edy_ob_node(b, "Add", "b", "x t", "y");
    edy_graph *g = finish(b);
    for (int32_t i = 0; i < 2; i++)
        assert_string_equal(g->value[g->node[i].input[1]].name, "k");
    assert_string_equal(g->value[g->node[2].input[0]].name, "x");
    edy_graph_destroy(g);
}

static void batchnorm_wants_constants_and_inference(void **state) {
    (void)state;
    edy_ob *b = image(13);
    const float v[4] = {1, 2, 3, 4};
    edy_ob_f32(b, "v", 1, DIMS(4), v);
    Onnx__NodeProto *n = edy_ob_node(b, "BatchNormalization", "n", "x v v v v", "y");
    edy_ob_float(b, n, "epsilon", 0.125f);
    edy_ob_float(b, n, "momentum", 0.9f);
    edy_graph *g = finish(b);
    assert_true(g->node[0].epsilon == 0.125f);
    assert_int_equal(g->node[0].n_inputs, 5);
    edy_graph_destroy(g);

    b = image(14);
    edy_ob_f32(b, "v", 1, DIMS(4), v);
    n = edy_ob_node(b, "BatchNormalization", "n", "x v v v v", "y");
    edy_ob_int(b, n, "training_mode", 1);
    edy_ob_refused(b, EDY_UNSUPPORTED, "\"training_mode\" is 1");

    b = image(6);
    edy_ob_f32(b, "v", 1, DIMS(4), v);
    edy_ob_node(b, "BatchNormalization", "n", "x v v v v", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "\"is_test\" is 0");
}

static void softmax_by_opset(void **state) {
    (void)state;
    for (int64_t opset = 12; opset <= 13; opset++) {
        edy_ob *b = vector(opset);
        edy_ob_node(b, "Softmax", "s", "x", "y");
        edy_graph *g = finish(b);
        assert_int_equal(g->node[0].axis, opset < 13 ? 1 : -1);
        assert_int_equal(g->node[0].softmax_flattens, opset < 13);
        edy_graph_destroy(g);
    }
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

/* The graph's output shape after one node, at batch 1 and at batch 5. */
static void check_shapes(edy_ob *b, const char *one, const char *five) {
    edy_graph *g = finish(b);
    assert_shape(g, "y", one);
    assert_int_equal(edy_graph_set_batch(g, 5, NULL), EDY_OK);
    assert_shape(g, "y", five);
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
        edy_ob *b = image(13);
        edy_ob_int(b, edy_ob_node(b, "Flatten", "f", "x", "y"), "axis", rows[i].axis);
        check_shapes(b, rows[i].one, rows[i].five);
    }
    edy_ob *b = image(13);
    edy_ob_int(b, edy_ob_node(b, "Flatten", "f", "x", "y"), "axis", 0);
    edy_graph *g = finish(b);
    assert_shape(g, "y", "1x192");
    edy_graph_destroy(g);
    b = image(13);
    edy_ob_int(b, edy_ob_node(b, "Flatten", "f", "x", "y"), "axis", 5);
    edy_ob_refused(b, EDY_BAD_FILE, "axis 5 of an input of rank 4");
}

static void reshape_takes_a_constant_target(void **state) {
    (void)state;
    edy_ob *b = image(13);
    edy_ob_s64(b, "t", 3, DIMS(0, -1, 16));
    edy_ob_node(b, "Reshape", "r", "x t", "y");
    check_shapes(b, "1x12x16", "5x12x16");

    b = image(13);
    edy_ob_s64(b, "t", 2, DIMS(1, -1)); /* written by exporters for batch 1: follows the batch */
    edy_ob_node(b, "Reshape", "r", "x t", "y");
    check_shapes(b, "1x192", "5x192");

    b = image(13);
    edy_ob_s64(b, "t", 2, DIMS(-1, -1));
    edy_ob_node(b, "Reshape", "r", "x t", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "Reshape (node \"r\")");

    b = image(13);
    edy_ob_node(b, "Reshape", "r", "x x", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "input 1 \"x\" is not a constant");

    b = image(14);
    edy_ob_s64(b, "t", 2, DIMS(0, -1));
    edy_ob_int(b, edy_ob_node(b, "Reshape", "r", "x t", "y"), "allowzero", 1);
    edy_ob_refused(b, EDY_UNSUPPORTED, "a target dimension of 0 elements");
}

static void squeeze_and_unsqueeze(void **state) {
    (void)state;
    edy_ob *b = image(11);
    edy_ob_node(b, "GlobalAveragePool", "g", "x", "p");
    edy_ob_ints(b, edy_ob_node(b, "Squeeze", "s", "p", "y"), "axes", 2, DIMS(2, -1));
    check_shapes(b, "1x4", "5x4");

    b = image(13);
    edy_ob_s64(b, "axes", 2, DIMS(-1, -2));
    edy_ob_node(b, "GlobalAveragePool", "g", "x", "p");
    edy_ob_node(b, "Squeeze", "s", "p axes", "y");
    check_shapes(b, "1x4", "5x4");

    b = vector(13);
    edy_ob_s64(b, "axes", 2, DIMS(1, 3));
    edy_ob_node(b, "Unsqueeze", "u", "x axes", "y");
    check_shapes(b, "1x1x6x1", "5x1x6x1");

    b = vector(12);
    edy_ob_ints(b, edy_ob_node(b, "Unsqueeze", "u", "x", "y"), "axes", 1, DIMS(0));
    edy_graph *g = finish(b);
    assert_shape(g, "y", "1x1x6");
    edy_graph_destroy(g);

    b = image(13);
    edy_ob_s64(b, "axes", 1, DIMS(1));
    edy_ob_node(b, "Squeeze", "s", "x axes", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "dimension 1 has 4 elements");

    b = image(13);
    edy_ob_ints(b, edy_ob_node(b, "Squeeze", "s", "x", "y"), "axes", 1, DIMS(1));
    edy_ob_refused(b, EDY_BAD_FILE, "\"axes\" is not where opset 13 has it");
}

static void transpose_permutes(void **state) {
    (void)state;
    edy_ob *b = image(13);
    edy_ob_ints(b, edy_ob_node(b, "Transpose", "t", "x", "y"), "perm", 4, DIMS(0, 2, 3, 1));
    check_shapes(b, "1x6x8x4", "5x6x8x4");
    b = image(13);
    edy_ob_ints(b, edy_ob_node(b, "Transpose", "t", "x", "y"), "perm", 4, DIMS(0, 2, 2, 1));
    edy_ob_refused(b, EDY_BAD_FILE, "permutation entry 2 is 2");
    b = image(13);
    edy_ob_ints(b, edy_ob_node(b, "Transpose", "t", "x", "y"), "perm", 3, DIMS(0, 2, 1));
    edy_ob_refused(b, EDY_BAD_FILE, "\"perm\" has 3 elements for an input of rank 4");
}

/* A weight that a file transposes and reshapes is still a constant. */
static void constants_are_folded(void **state) {
    (void)state;
    edy_ob *b = vector(13);
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
    edy_graph *g = finish(b);
    assert_int_equal(g->n_nodes, 2);
    const edy_value *v = edy_ob_value(g, "w4");
    const float expected[6] = {1, 3, 5, 2, 4, 6};
    assert_memory_equal(v->data, expected, sizeof expected);
    assert_shape(g, "w4", "2x3");
    edy_graph_destroy(g);
}

static void pad_by_opset(void **state) {
    (void)state;
    const int64_t pads[8] = {0, 0, 1, 2, 0, 0, 3, 4};
    edy_ob *b = image(10);
    Onnx__NodeProto *n = edy_ob_node(b, "Pad", "p", "x", "y");
    edy_ob_ints(b, n, "pads", 8, pads);
    edy_ob_float(b, n, "value", 0.5f);
    edy_graph *g = finish(b);
    assert_memory_equal(g->node[0].pads, pads, sizeof pads);
    assert_true(g->node[0].pad_value == 0.5f);
    assert_int_equal(g->node[0].window.pad[1], 2);
    assert_int_equal(g->node[0].window.pad[2], 3);
    assert_shape(g, "y", "1x4x10x14");
    edy_graph_destroy(g);

    b = image(18);
    edy_ob_s64(b, "pads", 4, DIMS(1, 2, 3, 4));
    edy_ob_s64(b, "axes", 2, DIMS(2, -1));
    edy_ob_node(b, "Pad", "p", "x pads - axes", "y");
    g = finish(b);
    assert_memory_equal(g->node[0].pads, pads, sizeof pads);
    edy_graph_destroy(g);

    b = image(13);
    edy_ob_s64(b, "pads", 8, pads);
    edy_ob_text(b, edy_ob_node(b, "Pad", "p", "x pads", "y"), "mode", "reflect");
    edy_ob_refused(b, EDY_UNSUPPORTED, "mode \"reflect\" is not supported");
    b = image(13);
    edy_ob_s64(b, "pads", 4, pads);
    edy_ob_node(b, "Pad", "p", "x pads", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "it has 4 pads for 4 axes");
}

/* ---- Quantizers ------------------------------------------------------------------------------ */

static void quantizers_keep_constants_and_axis(void **state) {
    (void)state;
    edy_ob *b = image(13);
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
    edy_graph *g = finish(b);
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
        edy_ob *b = image(13);
        edy_ob_f32(b, "s", 0, NULL, &scales[i]);
        edy_ob_node(b, "QuantizeLinear", "q", "x s", "q");
        edy_ob_node(b, "DequantizeLinear", "d", "q s", "y");
        edy_ob_refused(b, EDY_BAD_FILE, "QuantizeLinear (node \"q\"): scale 0");
    }
    edy_ob *b = image(13);
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
    edy_graph *g = finish(b);
    assert_int_equal(g->node[0].op, EDY_OP_QLINEARCONV);
    assert_int_equal(g->node[0].n_inputs, 9);
    assert_string_equal(g->value[g->node[0].input[3]].name, "w");
    assert_int_equal(edy_ob_value(g, "y")->dtype, EDY_U8);
    assert_shape(g, "y", "1x3x3x3");
    edy_graph_destroy(g);
}

/* ---- The graph ------------------------------------------------------------------------------- */

static void aliases_vanish(void **state) {
    (void)state;
    edy_ob *b = vector(13);
    edy_ob_node(b, "Dropout", "d", "x", "a mask");
    edy_ob_node(b, "Relu", "r", "a", "b");
    edy_ob_node(b, "Identity", "i", "b", "y");
    edy_graph *g = finish(b);
    assert_int_equal(g->n_nodes, 1);
    assert_string_equal(g->value[g->node[0].input[0]].name, "x");
    assert_string_equal(g->value[g->output[0]].name, "y");
    edy_graph_destroy(g);
}

/* Two outputs that are one value, and an output that is the input: each keeps its name. */
static void aliased_outputs_keep_their_names(void **state) {
    (void)state;
    edy_ob *b = vector(13);
    edy_ob_output(b, "z", EDY_F32);
    edy_ob_output(b, "same", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_ob_node(b, "Identity", "i", "y", "z");
    edy_ob_node(b, "Identity", "j", "x", "same");
    edy_graph *g = finish(b);
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
        edy_ob *b = vector(13);
        const float ratio = 0.5f;
        const uint8_t flag = (uint8_t)training;
        edy_ob_f32(b, "ratio", 0, NULL, &ratio);
        edy_ob_tensor(b, "flag", EDY_U8, 0, NULL, &flag)->data_type = 9; /* bool */
        edy_ob_node(b, "Dropout", "d", "x ratio flag", "h");
        edy_ob_node(b, "Relu", "r", "h", "y");
        if (training)
            edy_ob_refused(b, EDY_UNSUPPORTED, "training_mode is not supported");
        else
            edy_graph_destroy(finish(b));
    }
}

static void constant_nodes(void **state) {
    (void)state;
    edy_ob *b = vector(13);
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
    edy_graph *g = finish(b);
    assert_int_equal(g->n_nodes, 3);
    assert_true(g->node[0].act_min == -0.5f);
    assert_string_equal(g->value[g->node[2].input[1]].name, "w");
    edy_graph_destroy(g);
}

static void unsorted_nodes_are_sorted(void **state) {
    (void)state;
    edy_ob *b = vector(13);
    edy_ob_node(b, "Relu", "third", "b", "y");
    edy_ob_node(b, "Relu", "second", "a", "b");
    edy_ob_node(b, "Relu", "first", "x", "a");
    edy_graph *g = finish(b);
    assert_string_equal(g->node[0].name, "first");
    assert_string_equal(g->node[1].name, "second");
    assert_string_equal(g->node[2].name, "third");
    edy_graph_destroy(g);
}

static void batch_is_the_first_dimension(void **state) {
    (void)state;
    edy_ob *b = vector(13);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_graph *g = finish(b);
    assert_int_equal(g->batch, 1);
    assert_int_equal(g->opset, 13);
    assert_string_equal(g->name, "test");
    edy_graph_destroy(g);

    b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(7, 6));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    g = finish(b);
    assert_int_equal(g->batch, 7);
    assert_shape(g, "y", "7x6");
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
    edy_graph *g = finish(b);
    assert_int_equal(g->n_inputs, 1);
    assert_string_equal(g->value[g->input[0]].name, "x");
    edy_graph_destroy(g);
}

static void trained_models_import(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t macs;
    } models[] = {{"simplecnn", 541440}};
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
        assert_shape(g, "logits", "1x10");
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
        cmocka_unit_test(one_dimension_is_height_one),
        cmocka_unit_test(gemm_and_matmul),
        cmocka_unit_test(gemm_mismatch),
        cmocka_unit_test(clip_bounds_by_opset),
        cmocka_unit_test(relu_is_a_clamp_at_zero),
        cmocka_unit_test(constants_stand_second),
        cmocka_unit_test(batchnorm_wants_constants_and_inference),
        cmocka_unit_test(softmax_by_opset),
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
