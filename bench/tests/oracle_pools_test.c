/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Pools of one to three spatial axes, over bytes too, against the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"
#include "engine/plan.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static edy_ob *image(int32_t rank, edy_dtype dtype) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", dtype, rank, DIMS(EDY_OB_N, 5, 7, 6, 9));
    edy_ob_output(b, "y", dtype);
    return b;
}

static void check_shape(edy_ob *b, const char *expected) {
    edy_graph *g = edy_against_oracle(b);
    char text[96];
    assert_string_equal(edy_shape_text(&g->value[g->output[0]].shape, text, sizeof text), expected);
    edy_graph_destroy(g);
}

static void three_spatial_axes(void **state) {
    (void)state;
    for (int average = 0; average < 2; average++)
        for (int64_t form = 0; form < 4; form++) {
            edy_ob *b = image(5, EDY_F32);
            Onnx__NodeProto *n = edy_ob_node(b, average ? "AveragePool" : "MaxPool", "p", "x", "y");
            edy_ob_ints(b, n, "kernel_shape", 3, DIMS(3, 2, 3));
            edy_ob_ints(b, n, "strides", 3, DIMS(2, 1, 2));
            if (form < 2)
                edy_ob_ints(b, n, "pads", 6, DIMS(1, 0, 1, 1, 1, 0));
            else
                edy_ob_text(b, n, "auto_pad", form == 2 ? "SAME_UPPER" : "VALID");
            if (form == 1)
                edy_ob_int(b, n, "ceil_mode", 1);
            if (average)
                edy_ob_int(b, n, "count_include_pad", form == 1);
            static const char *const expected[] = {"2x5x4x6x4", "2x5x4x6x5", "2x5x4x6x5",
                                                   "2x5x3x5x4"};
            check_shape(b, expected[form]);
        }
}

static void over_the_whole_image(void **state) {
    (void)state;
    static const char *const expected[] = {"2x5x1", "2x5x1x1", "2x5x1x1x1"};
    for (int32_t rank = 3; rank <= 5; rank++)
        for (int average = 0; average < 2; average++) {
            edy_ob *b = image(rank, EDY_F32);
            edy_ob_node(b, average ? "GlobalAveragePool" : "GlobalMaxPool", "p", "x", "y");
            check_shape(b, expected[rank - 3]);
        }
}

static void bytes_pass_through_a_maximum(void **state) {
    (void)state;
    static const edy_dtype dtypes[] = {EDY_U8, EDY_S8};
    for (size_t i = 0; i < 2; i++) {
        edy_ob *b = image(4, dtypes[i]);
        Onnx__NodeProto *n = edy_ob_node(b, "MaxPool", "p", "x", "y");
        edy_ob_ints(b, n, "kernel_shape", 2, DIMS(3, 3));
        edy_ob_ints(b, n, "pads", 4, DIMS(1, 1, 1, 1));
        check_shape(b, "2x5x7x6");
        b = image(4, dtypes[i]);
        edy_ob_node(b, "GlobalMaxPool", "p", "x", "y");
        check_shape(b, "2x5x1x1");
    }
}

/* DequantizeLinear, GlobalMaxPool, QuantizeLinear of one scale is one integer node. */
static void quantized_global_maximum_is_integer(void **state) {
    (void)state;
    edy_ob *b = image(4, EDY_U8);
    const float scale = 0.03f;
    const uint8_t zero = 120;
    edy_ob_f32(b, "s", 0, NULL, &scale);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &zero);
    edy_ob_node(b, "DequantizeLinear", "d", "x s z", "f");
    edy_ob_node(b, "GlobalMaxPool", "p", "f", "m");
    edy_ob_node(b, "QuantizeLinear", "q", "m s z", "y");
    edy_graph *g = edy_against_oracle(b);
    edy_plan *plan;
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        assert_int_equal(
            edy_plan_graph(plan)->value[edy_plan_step_at(plan, i).node->output[0]].dtype, EDY_S8);
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

static void bad_pools_are_refused(void **state) {
    (void)state;
    edy_ob *b = image(4, EDY_U8);
    edy_ob_ints(b, edy_ob_node(b, "AveragePool", "p", "x", "y"), "kernel_shape", 2, DIMS(2, 2));
    edy_ob_refused(b, EDY_UNSUPPORTED, "an input of dtype uint8");
    b = image(5, EDY_F32);
    edy_ob_ints(b, edy_ob_node(b, "MaxPool", "p", "x", "y"), "kernel_shape", 2, DIMS(2, 2));
    edy_ob_refused(b, EDY_BAD_FILE, "\"kernel_shape\" has 2 elements, not 3");
    b = image(5, EDY_F32);
    edy_ob_ints(b, edy_ob_node(b, "MaxPool", "p", "x", "y"), "kernel_shape", 3, DIMS(8, 2, 2));
    edy_ob_refused(b, EDY_BAD_FILE, "does not fit");
    b = image(5, EDY_F32);
    edy_ob_ints(b, edy_ob_node(b, "MaxPool", "p", "x", "y"), "kernel_shape", 3,
                DIMS(1, INT64_MAX, 2));
    edy_ob_refused(b, EDY_BAD_FILE, "kernel extent");
    b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 4));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "GlobalMaxPool", "p", "x", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "rank 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_spatial_axes),
        cmocka_unit_test(over_the_whole_image),
        cmocka_unit_test(bytes_pass_through_a_maximum),
        cmocka_unit_test(quantized_global_maximum_is_integer),
        cmocka_unit_test(bad_pools_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
