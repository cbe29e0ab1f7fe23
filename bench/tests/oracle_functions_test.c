/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Functions of one and two operands and reductions, in both layouts, against the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"
#include "engine/plan.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

/* x of rank 4, of which "c" is what the functions are tried on: x itself, or a convolution of it,
 * which lies in memory as NHWC. */
static edy_ob *image(bool nhwc, edy_dtype result) {
    edy_ob *b = edy_ob_create(14);
    edy_ob_input(b, nhwc ? "x" : "c", EDY_F32, 4, DIMS(EDY_OB_N, 3, 5, 4));
    if (nhwc) {
        edy_ob_f32(b, "w", 4, DIMS(3, 3, 1, 1), NULL);
        edy_ob_node(b, "Conv", "conv", "x w", "c");
    }
    edy_ob_output(b, "y", result);
    return b;
}

static void check_shape(edy_ob *b, const char *expected) {
    edy_graph *g = edy_against_oracle(b);
    char text[96];
    assert_string_equal(edy_shape_text(&g->value[g->output[0]].shape, text, sizeof text), expected);
    edy_graph_destroy(g);
}

/* ---- One operand ----------------------------------------------------------------------------- */

#define TEXT(name, text) text,
static const char *const unary[] = {EDY_UNARY_MAP(TEXT)};
static const char *const binary[] = {EDY_BINARY_MAP(TEXT)};
static const char *const reductions[] = {EDY_REDUCE_MAP(TEXT)};
#undef TEXT

/* log and sqrt get numbers that they have: x * x + 1/2. */
static void every_function(void **state) {
    (void)state;
    for (int sub = 0; sub < EDY_UNARY_COUNT; sub++)
        for (int nhwc = 0; nhwc < 2 && sub != EDY_UNARY_NOT; nhwc++) {
            edy_ob *b = image(nhwc, EDY_F32);
            const bool positive = sub == EDY_UNARY_LOG || sub == EDY_UNARY_SQRT;
            const float half = 0.5f;
            edy_ob_f32(b, "half", 0, NULL, &half);
            if (positive) {
                edy_ob_node(b, "Mul", "square", "c c", "s");
                edy_ob_node(b, "Add", "more", "s half", "p");
            }
            edy_ob_node(b, unary[sub], "f", positive ? "p" : "c", "y");
            check_shape(b, "2x3x5x4");
        }
}

static void integers_and_truth(void **state) {
    (void)state;
    static const edy_dtype types[] = {EDY_S32, EDY_S64, EDY_U8, EDY_S8};
    static const char *const names[] = {"Neg", "Abs", "Sign"};
    for (int t = 0; t < 4; t++)
        for (int f = types[t] == EDY_U8; f < 3; f++) { /* no -x of u8 */
            edy_ob *b = edy_ob_create(13);
            edy_ob_input(b, "x", types[t], 2, DIMS(EDY_OB_N, 9));
            edy_ob_output(b, "y", types[t]);
            edy_ob_node(b, names[f], "f", "x", "y");
            check_shape(b, "2x9");
        }
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_BOOL, 2, DIMS(EDY_OB_N, 9));
    edy_ob_output(b, "y", EDY_BOOL);
    edy_ob_node(b, "Not", "f", "x", "y");
    check_shape(b, "2x9");
}

/* Between quantizers a function is a table: one integer node, all 256 bytes. */
static void tables_of_bytes(void **state) {
    (void)state;
    static const char *const names[] = {"Sigmoid", "HardSwish", "Tanh", "Elu", "Abs", "Exp"};
    for (size_t f = 0; f < sizeof names / sizeof names[0]; f++)
        for (int u8 = 0; u8 < 2; u8++) {
            const edy_dtype dtype = u8 ? EDY_U8 : EDY_S8;
            const float xs = 0.03f, ys = 0.02f;
            edy_ob *b = edy_ob_create(14);
            edy_ob_input(b, "x", dtype, 2, DIMS(EDY_OB_N, 700));
            edy_ob_output(b, "y", dtype);
            edy_ob_f32(b, "xs", 0, NULL, &xs);
            edy_ob_f32(b, "ys", 0, NULL, &ys);
            edy_ob_tensor(b, "z", dtype, 0, NULL, &(uint8_t){9});
            edy_ob_node(b, "DequantizeLinear", "dq", "x xs z", "real");
            edy_ob_node(b, names[f], "f", "real", "result");
            edy_ob_node(b, "QuantizeLinear", "q", "result ys z", "y");
            edy_graph *g = edy_against_oracle(b);
            edy_plan *plan;
            assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
            assert_int_equal(edy_plan_step_count(plan), 1);
            assert_non_null(strstr(edy_plan_step_at(plan, 0).kernel, "s8_lut"));
            edy_plan_destroy(plan);
            edy_graph_destroy(g);
        }
}

/* ---- Two operands ---------------------------------------------------------------------------- */

static bool is_logical(int sub) {
    return sub >= EDY_BINARY_AND;
}

/* One operand is the image, the other a constant or a tensor of each shape that spreads over it. */
static void pairs_that_broadcast(void **state) {
    (void)state;
    static const struct {
        int32_t rank;
        int64_t dim[4];
    } shapes[] = {{0, {0}}, {1, {4}}, {3, {3, 1, 1}}, {4, {1, 1, 5, 1}}, {3, {3, 5, 4}}};
    for (int sub = -2; sub < EDY_BINARY_COUNT; sub++)
        for (size_t s = 0; s < 5 && !is_logical(sub); s++)
            for (int form = 0; form < 4; form++) {
                const char *name = sub == -2 ? "Add" : sub == -1 ? "Mul" : binary[sub];
                const bool truth = sub >= EDY_BINARY_EQUAL;
                edy_ob *b = image(form & 1, truth ? EDY_BOOL : EDY_F32);
                edy_ob_f32(b, "k", shapes[s].rank, shapes[s].dim, NULL);
                edy_ob_node(b, "Abs", "positive", "c", "p"); /* for Pow */
                edy_ob_node(b, name, "f", form & 2 && sub != EDY_BINARY_PRELU ? "k p" : "p k", "y");
                check_shape(b, "2x3x5x4");
            }
}

/* A gate of one number a channel, as in squeeze and excite, and one a pixel; both sides. */
static void computed_operands(void **state) {
    (void)state;
    for (int sub = -2; sub < EDY_BINARY_EQUAL; sub++)
        for (int form = 0; form < 4; form++) {
            const char *name = sub == -2 ? "Add" : sub == -1 ? "Mul" : binary[sub];
            edy_ob *b = image(form & 1, EDY_F32);
            edy_ob_node(b, "Abs", "positive", "c", "p");
            if (form & 2) {
                Onnx__NodeProto *n = edy_ob_node(b, "ReduceMax", "gate", "p", "g");
                edy_ob_ints(b, n, "axes", 1, DIMS(1));
            } else {
                edy_ob_node(b, "GlobalAveragePool", "gate", "p", "g");
            }
            edy_ob_node(b, name, "f", "p g", "y");
            check_shape(b, "2x3x5x4");
        }
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 9));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_f32(b, "k", 3, DIMS(3, 1, 1), NULL);
    edy_ob_node(b, "Sub", "wider", "x k", "y");
    check_shape(b, "3x2x9");
}

static void pairs_of_integers(void **state) {
    (void)state;
    static const edy_dtype types[] = {EDY_S32, EDY_S64, EDY_U8, EDY_S8};
    static const char *const names[] = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Less", "Equal"};
    for (int t = 0; t < 4; t++)
        for (int f = 0; f < 8; f++) {
            if (t > 1 && (f == 0 || f == 1 || f == 2 || f == 3))
                continue; /* the oracle does not wrap around: see wraps_around */
            edy_ob *b = edy_ob_create(13);
            edy_ob_input(b, "x", types[t], 3, DIMS(EDY_OB_N, 3, 4));
            edy_ob_input(b, "z", types[t], 3, DIMS(EDY_OB_N, 1, 4));
            edy_ob_output(b, "y", f < 6 ? types[t] : EDY_BOOL);
            edy_ob_node(b, names[f], "f", "x z", "y");
            check_shape(b, "2x3x4");
        }
}

static void wraps_around(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(14);
    edy_ob_input(b, "x", EDY_U8, 1, DIMS(4));
    edy_ob_output(b, "y", EDY_U8);
    edy_ob_tensor(b, "k", EDY_U8, 1, DIMS(4), (const uint8_t[]){1, 200, 3, 0});
    edy_ob_node(b, "Sub", "f", "x k", "d");
    edy_ob_node(b, "Div", "g", "d k", "y");
    edy_graph *g = edy_ob_import(b);
    edy_plan *plan;
    edy_ob_destroy(b);
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    uint8_t y[4];
    edy_plan_run(plan, (const void *const[]){(const uint8_t[]){0, 199, 9, 5}}, (void *const[]){y});
    assert_memory_equal(y, ((const uint8_t[]){255, 1, 2, 0}), 4);
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

static void choose_and_convert(void **state) {
    (void)state;
    for (int nhwc = 0; nhwc < 2; nhwc++) {
        edy_ob *b = image(nhwc, EDY_F32);
        edy_ob_f32(b, "k", 1, DIMS(4), NULL);
        edy_ob_node(b, "Greater", "g", "c k", "mask");
        edy_ob_node(b, "Where", "w", "mask c k", "chosen");
        Onnx__NodeProto *n = edy_ob_node(b, "Cast", "i", "chosen", "whole");
        edy_ob_int(b, n, "to", 6);
        n = edy_ob_node(b, "Cast", "f", "whole", "y");
        edy_ob_int(b, n, "to", 1);
        check_shape(b, "2x3x5x4");
    }
}

/* ---- Reductions ------------------------------------------------------------------------------ */

static void every_reduction(void **state) {
    (void)state;
    static const struct {
        size_t n;
        int64_t axes[4];
        const char *kept, *dropped;
    } rows[] = {{1, {1}, "2x1x5x4", "2x5x4"},
                {2, {2, 3}, "2x3x1x1", "2x3"},
                {2, {-1, 1}, "2x1x5x1", "2x5"},
                {3, {1, 2, 3}, "2x1x1x1", "2"}};
    for (int sub = 0; sub < EDY_REDUCE_COUNT; sub++)
        for (int r = 0; r < 4; r++)
            for (int form = 0; form < 4; form++) {
                edy_ob *b = image(form & 1, EDY_F32);
                const bool positive = sub == EDY_REDUCE_LOGSUM || sub == EDY_REDUCE_PROD;
                b->opset.version = 12;
                if (positive)
                    edy_ob_node(b, "Abs", "a", "c", "p");
                Onnx__NodeProto *n =
                    edy_ob_node(b, reductions[sub], "f", positive ? "p" : "c", "y");
                edy_ob_ints(b, n, "axes", rows[r].n, rows[r].axes);
                edy_ob_int(b, n, "keepdims", form >> 1);
                check_shape(b, form >> 1 ? rows[r].kept : rows[r].dropped);
            }
}

static void reductions_of_integers(void **state) {
    (void)state;
    static const char *const names[] = {"ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1"};
    for (int f = 0; f < 4; f++) {
        edy_ob *b = edy_ob_create(12);
        edy_ob_input(b, "x", EDY_S32, 3, DIMS(EDY_OB_N, 3, 4));
        edy_ob_output(b, "y", EDY_S32);
        Onnx__NodeProto *n = edy_ob_node(b, names[f], "f", "x", "y");
        edy_ob_ints(b, n, "axes", 1, DIMS(-2));
        check_shape(b, "2x1x4");
    }
}

static void places_of_extremes(void **state) {
    (void)state;
    for (int form = 0; form < 8; form++) {
        edy_ob *b = image(form & 1, EDY_S64);
        Onnx__NodeProto *n = edy_ob_node(b, form & 2 ? "ArgMin" : "ArgMax", "f", "c", "y");
        edy_ob_int(b, n, "axis", form & 4 ? -1 : 1);
        edy_ob_int(b, n, "select_last_index", form >> 2);
        check_shape(b, form & 4 ? "2x3x5x1" : "2x1x5x4");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function),     cmocka_unit_test(integers_and_truth),
        cmocka_unit_test(tables_of_bytes),    cmocka_unit_test(pairs_that_broadcast),
        cmocka_unit_test(computed_operands),  cmocka_unit_test(pairs_of_integers),
        cmocka_unit_test(wraps_around),       cmocka_unit_test(choose_and_convert),
        cmocka_unit_test(every_reduction),    cmocka_unit_test(reductions_of_integers),
        cmocka_unit_test(places_of_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
