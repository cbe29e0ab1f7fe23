/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Normalizations, DepthToSpace and its inverse, LogSoftmax and Hardmax: on plain tensors and
 * between convolutions, against the oracle. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"
#include "engine/plan.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static edy_ob *image(int32_t rank, edy_dtype dtype) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", dtype, rank, DIMS(EDY_OB_N, 8, 6, 4, 3));
    edy_ob_output(b, "y", dtype);
    return b;
}

/* x, or what a convolution makes of it: then the node works on NHWC. */
static Onnx__NodeProto *node_after(edy_ob *b, bool conv, const char *op, const char *rest) {
    char inputs[64];
    if (conv) {
        float w[64];
        for (size_t i = 0; i < 64; i++)
            w[i] = i % 9 == 0 ? 1.0f : 0.01f * (float)(i % 7);
        edy_ob_f32(b, "w", 4, DIMS(8, 8, 1, 1), w);
        edy_ob_node(b, "Conv", "c", "x w", "t");
    }
    strcpy(inputs, conv ? "t" : "x");
    strcat(inputs, rest);
    return edy_ob_node(b, op, "n", inputs, "y");
}

static void check(edy_ob *b) {
    edy_graph_destroy(edy_against_oracle(b));
}

static void local_response(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++) {
        const bool conv = i & 1;
        edy_ob *b = image(conv ? 4 : 3 + i / 4, EDY_F32);
        Onnx__NodeProto *n = node_after(b, conv, "LRN", "");
        edy_ob_int(b, n, "size", i < 4 ? 5 : 4);
        edy_ob_float(b, n, "alpha", 0.3f);
        edy_ob_float(b, n, "bias", 2.0f);
        if (i & 2)
            edy_ob_float(b, n, "beta", 1.5f);
        check(b);
    }
}

static void instance_normalization(void **state) {
    (void)state;
    for (int32_t rank = 3; rank <= 5; rank++)
        for (int conv = 0; conv < 1 + (rank == 4); conv++) {
            edy_ob *b = image(rank, EDY_F32);
            edy_ob_f32(b, "scale", 1, DIMS(8), NULL);
            edy_ob_f32(b, "shift", 1, DIMS(8), NULL);
            node_after(b, conv, "InstanceNormalization", " scale shift");
            check(b);
        }
}

static void depth_and_space(void **state) {
    (void)state;
    for (int i = 0; i < 6; i++) {
        edy_ob *b = image(4, EDY_F32);
        const bool inverse = i >= 4;
        Onnx__NodeProto *n = node_after(b, i & 1, inverse ? "SpaceToDepth" : "DepthToSpace", "");
        edy_ob_int(b, n, "blocksize", 2);
        if (i == 2 || i == 3)
            edy_ob_text(b, n, "mode", "CRD");
        edy_graph *g = edy_against_oracle(b);
        char text[64];
        assert_string_equal(edy_shape_text(&g->value[g->output[0]].shape, text, sizeof text),
                            inverse ? "2x32x3x2" : "2x2x12x8");
        edy_graph_destroy(g);
    }
    for (int dtype = EDY_S8; dtype <= EDY_U8; dtype++) {
        edy_ob *b = image(4, (edy_dtype)dtype);
        edy_ob_int(b, node_after(b, false, "DepthToSpace", ""), "blocksize", 2);
        check(b);
    }
}

static void along_each_axis(void **state) {
    (void)state;
    for (int64_t opset = 11; opset <= 13; opset += 2)
        for (int64_t axis = -1; axis < 4; axis++)
            for (int hard = 0; hard < 2; hard++) {
                edy_ob *b = edy_ob_create(opset);
                edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 3, 4, 5));
                edy_ob_output(b, "y", EDY_F32);
                Onnx__NodeProto *n = node_after(b, false, hard ? "Hardmax" : "LogSoftmax", "");
                edy_ob_int(b, n, "axis", axis);
                check(b);
            }
}

/* No copy between convolutions that only reorders memory. */
static void no_transposes_inside(void **state) {
    (void)state;
    edy_ob *b = image(4, EDY_F32);
    const float scales[4] = {1, 1, 2, 2};
    edy_ob_f32(b, "w", 4, DIMS(8, 8, 1, 1), NULL);
    edy_ob_f32(b, "v", 4, DIMS(4, 8, 3, 3), NULL);
    edy_ob_f32(b, "scale", 1, DIMS(8), NULL);
    edy_ob_f32(b, "scales", 1, DIMS(4), scales);
    edy_ob_node(b, "Conv", "c", "x w", "a");
    edy_ob_int(b, edy_ob_node(b, "LRN", "l", "a", "b"), "size", 3);
    edy_ob_node(b, "InstanceNormalization", "i", "b scale scale", "c");
    edy_ob_int(b, edy_ob_node(b, "SpaceToDepth", "s", "c", "d"), "blocksize", 2);
    edy_ob_int(b, edy_ob_node(b, "DepthToSpace", "t", "d", "e"), "blocksize", 2);
    edy_ob_node(b, "Resize", "r", "e - scales", "f");
    edy_ob_node(b, "GlobalMaxPool", "g", "f", "h");
    edy_ob_node(b, "Conv", "k", "f v", "y");
    edy_ob_output(b, "h", EDY_F32);
    edy_graph *g = edy_against_oracle(b);
    edy_plan *plan;
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    size_t copies = 0;
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        copies += edy_plan_step_at(plan, i).transposes;
    assert_int_equal(copies, 2); /* the image in, y out */
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

/* Between quantizers of one scale, bytes pass through. */
static void bytes_pass_through(void **state) {
    (void)state;
    static const char *const ops[] = {"DepthToSpace", "SpaceToDepth", "Resize"};
    for (size_t k = 0; k < 3; k++) {
        edy_ob *b = image(4, EDY_U8);
        const float scale = 0.03f, scales[4] = {1, 1, 2, 1};
        const uint8_t zero = 120;
        edy_ob_f32(b, "s", 0, NULL, &scale);
        edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &zero);
        edy_ob_f32(b, "scales", 1, DIMS(4), scales);
        edy_ob_node(b, "DequantizeLinear", "d", "x s z", "f");
        if (k < 2)
            edy_ob_int(b, edy_ob_node(b, ops[k], "p", "f", "m"), "blocksize", 2);
        else
            edy_ob_node(b, ops[k], "p", "f - scales", "m");
        edy_ob_node(b, "QuantizeLinear", "q", "m s z", "y");
        edy_graph *g = edy_against_oracle(b);
        edy_plan *plan;
        assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
        assert_int_equal(edy_plan_step_count(plan), 1);
        edy_plan_destroy(plan);
        edy_graph_destroy(g);
    }
}

static void bad_attributes_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *op;
        int64_t block;
        edy_status code;
        const char *part;
    } rows[] = {{"DepthToSpace", 3, EDY_BAD_FILE, "8 channels in blocks of 3x3"},
                {"DepthToSpace", 0, EDY_BAD_FILE, "blocksize 0"},
                {"DepthToSpace", -2, EDY_BAD_FILE, "blocksize -2"},
                {"DepthToSpace", INT64_MAX, EDY_BAD_FILE, "blocksize 9223372036854775807"},
                {"SpaceToDepth", 4, EDY_BAD_FILE, "an image of 6x4 in blocks of 4"},
                {"SpaceToDepth", INT64_MIN, EDY_BAD_FILE, "blocksize -9223372036854775808"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edy_ob *b = image(4, EDY_F32);
        edy_ob_int(b, node_after(b, false, rows[i].op, ""), "blocksize", rows[i].block);
        edy_ob_refused(b, rows[i].code, rows[i].part);
    }
    edy_ob *b = image(4, EDY_F32);
    node_after(b, false, "DepthToSpace", "");
    edy_ob_refused(b, EDY_BAD_FILE, "\"blocksize\" is missing");
    b = image(4, EDY_F32);
    edy_ob_int(b, node_after(b, false, "LRN", ""), "size", 0);
    edy_ob_refused(b, EDY_BAD_FILE, "size 0");
    b = image(4, EDY_F32);
    Onnx__NodeProto *n = node_after(b, false, "LRN", "");
    edy_ob_int(b, n, "size", 3);
    edy_ob_float(b, n, "beta", INFINITY);
    edy_ob_refused(b, EDY_BAD_FILE, "beta inf");
    b = image(4, EDY_F32);
    edy_ob_f32(b, "scale", 1, DIMS(7), NULL);
    node_after(b, false, "InstanceNormalization", " scale scale");
    edy_ob_refused(b, EDY_BAD_FILE, "parameter 1 is not one float for each channel");
    b = image(4, EDY_F32);
    edy_ob_f32(b, "scale", 1, DIMS(8), NULL);
    edy_ob_float(b, node_after(b, false, "InstanceNormalization", " scale scale"), "epsilon",
                 -1.0f);
    edy_ob_refused(b, EDY_BAD_FILE, "epsilon is -1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_response),
        cmocka_unit_test(instance_normalization),
        cmocka_unit_test(depth_and_space),
        cmocka_unit_test(along_each_axis),
        cmocka_unit_test(no_transposes_inside),
        cmocka_unit_test(bytes_pass_through),
        cmocka_unit_test(bad_attributes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
