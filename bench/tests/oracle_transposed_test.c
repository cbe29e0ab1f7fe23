/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ConvTranspose of one to three spatial axes and convolution of three, against the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"
#include "engine/plan.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static edy_ob *image(int32_t rank) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, rank, DIMS(EDY_OB_N, 4, 5, 3, 4));
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

static void check(edy_ob *b, const char *expected) {
    edy_graph *g = edy_against_oracle(b);
    char text[96];
    assert_string_equal(edy_shape_text(&g->value[g->output[0]].shape, text, sizeof text), expected);
    edy_graph_destroy(g);
}

/* What the loops below vary, in two dimensions. */
typedef struct form {
    int64_t kernel, stride, dilation, group, output_pad;
    int64_t pads[4];
    const char *auto_pad;
    int64_t output_shape[2];
    const char *shape;
} form;

static void forms_in_two_dimensions(void **state) {
    (void)state;
    static const form forms[] = {
        {2, 2, 1, 1, 0, {0, 0, 0, 0}, NULL, {0, 0}, "2x6x10x6"},
        {3, 2, 1, 1, 1, {1, 1, 1, 1}, NULL, {0, 0}, "2x6x10x6"},
        {4, 2, 1, 2, 0, {1, 1, 1, 1}, NULL, {0, 0}, "2x6x10x6"},
        {3, 1, 1, 1, 0, {1, 1, 1, 1}, NULL, {0, 0}, "2x6x5x3"}, /* as a 3x3 convolution */
        {3, 3, 2, 1, 0, {0, 1, 2, 0}, NULL, {0, 0}, "2x6x15x10"},
        {1, 1, 1, 1, 0, {0, 0, 0, 0}, NULL, {0, 0}, "2x6x5x3"},
        {1, 3, 1, 1, 2, {0, 0, 0, 0}, NULL, {0, 0}, "2x6x15x9"}, /* outputs of the bias alone */
        {3, 2, 1, 1, 0, {0, 0, 0, 0}, "SAME_UPPER", {0, 0}, "2x6x10x6"},
        {4, 3, 1, 1, 0, {0, 0, 0, 0}, "SAME_LOWER", {0, 0}, "2x6x15x9"},
        {3, 2, 1, 1, 0, {0, 0, 0, 0}, "VALID", {0, 0}, "2x6x11x7"},
        {3, 3, 1, 1, 0, {0, 0, 0, 0}, NULL, {10, 8}, "2x6x10x8"},
        {3, 2, 1, 1, 0, {0, 0, 0, 0}, "SAME_UPPER", {13, 6}, "2x6x13x6"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const form *f = &forms[i];
        edy_ob *b = image(4);
        edy_ob_f32(b, "w", 4, DIMS(4, 6 / f->group, f->kernel, f->kernel), NULL);
        edy_ob_f32(b, "bias", 1, DIMS(6), NULL);
        Onnx__NodeProto *n = edy_ob_node(b, "ConvTranspose", "t", "x w bias", "y");
        edy_ob_ints(b, n, "strides", 2, DIMS(f->stride, f->stride));
        edy_ob_ints(b, n, "dilations", 2, DIMS(f->dilation, f->dilation));
        edy_ob_ints(b, n, "output_padding", 2, DIMS(f->output_pad, f->output_pad));
        edy_ob_int(b, n, "group", f->group);
        if (f->auto_pad)
            edy_ob_text(b, n, "auto_pad", f->auto_pad);
        else
            edy_ob_ints(b, n, "pads", 4, f->pads);
        if (f->output_shape[0])
            edy_ob_ints(b, n, "output_shape", 2, f->output_shape);
        check(b, f->shape);
    }
}

/* Each channel has a window of its own, as in a learnt upsampling. */
static void depthwise(void **state) {
    (void)state;
    edy_ob *b = image(4);
    edy_ob_f32(b, "w", 4, DIMS(4, 1, 4, 4), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "ConvTranspose", "t", "x w", "y");
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 2));
    edy_ob_ints(b, n, "pads", 4, DIMS(1, 1, 1, 1));
    edy_ob_int(b, n, "group", 4);
    check(b, "2x4x10x6");
}

static void one_and_three_dimensions(void **state) {
    (void)state;
    edy_ob *b = image(3);
    edy_ob_f32(b, "w", 3, DIMS(4, 3, 4), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "ConvTranspose", "t", "x w", "y");
    edy_ob_ints(b, n, "strides", 1, DIMS(2));
    edy_ob_ints(b, n, "pads", 2, DIMS(1, 1));
    check(b, "2x3x10");
    for (int64_t group = 1; group <= 2; group++) {
        b = image(5);
        edy_ob_f32(b, "w", 5, DIMS(4, 3, 3, 2, 2), NULL);
        edy_ob_f32(b, "bias", 1, DIMS(3 * group), NULL);
        n = edy_ob_node(b, "ConvTranspose", "t", "x w bias", "y");
        edy_ob_ints(b, n, "strides", 3, DIMS(2, 1, 2));
        edy_ob_ints(b, n, "pads", 6, DIMS(1, 0, 0, 1, 0, 0));
        edy_ob_int(b, n, "group", group);
        check(b, group == 1 ? "2x3x9x4x8" : "2x6x9x4x8");
    }
}

static void convolution_in_three_dimensions(void **state) {
    (void)state;
    for (int64_t group = 1; group <= 2; group++) {
        edy_ob *b = image(5);
        edy_ob_f32(b, "w", 5, DIMS(6, 4 / group, 3, 2, 3), NULL);
        edy_ob_f32(b, "bias", 1, DIMS(6), NULL);
        edy_ob_f32(b, "gain", 1, DIMS(6), NULL);
        edy_ob_f32(b, "variance", 1, DIMS(6), (const float[]){1, 2, 3, 4, 5, 6});
        Onnx__NodeProto *n = edy_ob_node(b, "Conv", "c", "x w bias", "a");
        edy_ob_ints(b, n, "strides", 3, DIMS(2, 1, 1));
        edy_ob_ints(b, n, "dilations", 3, DIMS(1, 2, 1));
        edy_ob_ints(b, n, "pads", 6, DIMS(1, 0, 1, 1, 1, 0));
        edy_ob_int(b, n, "group", group);
        edy_ob_node(b, "Relu", "r", "a", "b");
        edy_ob_node(b, "BatchNormalization", "n", "b gain bias gain variance", "y");
        check(b, "2x6x3x2x3");
    }
}

/* BatchNormalization and Relu go into the layer; no copy beyond the image in and y out. */
static void folds_like_a_convolution(void **state) {
    (void)state;
    edy_ob *b = image(4);
    edy_ob_f32(b, "w", 4, DIMS(4, 6, 2, 2), NULL);
    edy_ob_f32(b, "p", 1, DIMS(6), NULL);
    edy_ob_f32(b, "variance", 1, DIMS(6), (const float[]){1, 2, 3, 4, 5, 6});
    edy_ob_ints(b, edy_ob_node(b, "ConvTranspose", "t", "x w", "a"), "strides", 2, DIMS(2, 2));
    edy_ob_node(b, "BatchNormalization", "n", "a p p p variance", "b");
    edy_ob_node(b, "Relu", "r", "b", "y");
    edy_graph *g = edy_against_oracle(b);
    edy_plan *plan;
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    assert_int_equal(edy_plan_step_count(plan), 3);
    assert_string_equal(edy_node_text(edy_plan_step_at(plan, 1).node), "ConvTranspose");
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

static void refused(const char *attribute, size_t n_values, const int64_t *values, edy_status code,
                    const char *part) {
    edy_ob *b = image(4);
    edy_ob_f32(b, "w", 4, DIMS(4, 6, 3, 3), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "ConvTranspose", "t", "x w", "y");
    if (n_values)
        edy_ob_ints(b, n, attribute, n_values, values);
    else
        edy_ob_int(b, n, attribute, values[0]);
    edy_ob_refused(b, code, part);
}

static void bad_attributes_are_refused(void **state) {
    (void)state;
    refused("pads", 4, DIMS(9, 9, 9, 9), EDY_BAD_FILE, "leave no output");
    refused("pads", 4, DIMS(-1, 0, 0, 0), EDY_BAD_FILE, "pad -1");
    refused("pads", 4, DIMS(INT64_MAX, 0, INT64_MAX, 0), EDY_BAD_FILE, "pad 9223372036854775807");
    refused("strides", 2, DIMS(0, 1), EDY_BAD_FILE, "stride 0");
    refused("strides", 2, DIMS(INT64_MAX, 1), EDY_BAD_FILE, "stride 9223372036854775807");
    refused("strides", 2, DIMS(1 << 20, 1 << 20), EDY_LIMIT, "more than the limit");
    refused("output_padding", 2, DIMS(-1, 0), EDY_BAD_FILE, "output padding -1");
    refused("output_padding", 2, DIMS(INT64_MAX, 0), EDY_BAD_FILE, "output padding 9223372036");
    refused("output_shape", 2, DIMS(-4, 4), EDY_BAD_FILE, "output_shape has -4");
    refused("output_shape", 2, DIMS(INT64_MAX, 4), EDY_BAD_FILE, "9223372036854775807 outputs");
    refused("output_shape", 3, DIMS(2, 2, 2), EDY_BAD_FILE, "has 3 elements, not 2");
    refused("group", 0, DIMS(3), EDY_BAD_FILE, "in 3 groups");
    refused("kernel_shape", 2, DIMS(2, 3), EDY_BAD_FILE, "does not fit weights of 4x6x3x3");
    edy_ob *b = image(5);
    edy_ob_f32(b, "w", 5, DIMS(6, 3, 3, 2, 3), NULL);
    edy_ob_node(b, "Conv", "c", "x w", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "with weights for 3 a group");
    b = image(5);
    edy_ob_f32(b, "w", 5, DIMS(6, 4, 6, 2, 3), NULL);
    edy_ob_node(b, "Conv", "c", "x w", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "does not fit the padded input extent 5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_in_two_dimensions),
        cmocka_unit_test(depthwise),
        cmocka_unit_test(one_and_three_dimensions),
        cmocka_unit_test(convolution_in_three_dimensions),
        cmocka_unit_test(folds_like_a_convolution),
        cmocka_unit_test(bad_attributes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
