/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators that move elements, of every dtype and in both layouts, and products of two computed
 * matrices, against the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"
#include "engine/plan.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

/* x as "c", or a convolution of it in NHWC; other dtypes than float32 have only the first form. */
static edy_ob *image(bool nhwc, edy_dtype dtype) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, nhwc ? "x" : "c", dtype, 4, DIMS(EDY_OB_N, 4, 5, 6));
    if (nhwc) {
        edy_ob_f32(b, "w", 4, DIMS(4, 4, 1, 1), NULL);
        edy_ob_node(b, "Conv", "conv", "x w", "c");
    }
    edy_ob_output(b, "y", dtype);
    return b;
}

static void check_shape(edy_ob *b, const char *expected) {
    edy_graph *g = edy_against_oracle(b);
    char text[96];
    assert_string_equal(edy_shape_text(&g->value[g->output[0]].shape, text, sizeof text), expected);
    edy_graph_destroy(g);
}

static const edy_dtype dtypes[] = {EDY_F32, EDY_F32, EDY_S32, EDY_S64, EDY_U8, EDY_S8, EDY_BOOL};
enum { FORMS = 7 }; /* of image: form 1 is NHWC */

static edy_ob *form_of(int form) {
    return image(form == 1, dtypes[form]);
}

static void slices(void **state) {
    (void)state;
    static const struct {
        int64_t start[2], end[2], axes[2], steps[2];
        const char *shape;
    } rows[] = {{{1, 0}, {3, INT64_MAX}, {1, 3}, {1, 2}, "2x2x5x3"},
                {{-1, -2}, {INT64_MIN, 1}, {2, -1}, {-1, -1}, "2x4x5x3"},
                {{3, -100}, {100, 100}, {-3, 2}, {1, 3}, "2x1x2x6"}};
    for (int form = 0; form < FORMS; form++)
        for (int r = 0; r < 3; r++) {
            edy_ob *b = form_of(form);
            edy_ob_s64(b, "starts", 2, rows[r].start);
            edy_ob_s64(b, "ends", 2, rows[r].end);
            edy_ob_s64(b, "axes", 2, rows[r].axes);
            edy_ob_s64(b, "steps", 2, rows[r].steps);
            edy_ob_node(b, "Slice", "s", "c starts ends axes steps", "y");
            check_shape(b, rows[r].shape);
        }
    edy_ob *b = image(false, EDY_F32); /* opset 9: attributes */
    b->opset.version = 9;
    Onnx__NodeProto *n = edy_ob_node(b, "Slice", "s", "c", "y");
    edy_ob_ints(b, n, "starts", 1, DIMS(-3));
    edy_ob_ints(b, n, "ends", 1, DIMS(-1));
    edy_ob_ints(b, n, "axes", 1, DIMS(1));
    check_shape(b, "2x2x5x6");
}

/* Parts that meet again in another order. */
static void splits(void **state) {
    (void)state;
    for (int form = 0; form < FORMS; form++)
        for (int even = 0; even < 2; even++) {
            edy_ob *b = form_of(form);
            edy_ob_s64(b, "parts", 2, DIMS(1, 3));
            Onnx__NodeProto *n = edy_ob_node(b, "Split", "s", even ? "c" : "c parts", "a d");
            edy_ob_int(b, n, "axis", 1);
            n = edy_ob_node(b, "Concat", "join", "d a", "y");
            edy_ob_int(b, n, "axis", 1);
            check_shape(b, "2x4x5x6");
        }
}

static void repeats(void **state) {
    (void)state;
    for (int form = 0; form < FORMS; form++) {
        edy_ob *b = form_of(form);
        edy_ob_s64(b, "times", 4, DIMS(1, 2, 1, 3));
        edy_ob_node(b, "Tile", "t", "c times", "y");
        check_shape(b, "2x8x5x18");
        b = form_of(form);
        edy_ob_s64(b, "starts", 1, DIMS(2));
        edy_ob_s64(b, "ends", 1, DIMS(3));
        edy_ob_s64(b, "axes", 1, DIMS(1));
        edy_ob_s64(b, "shape", 3, DIMS(3, 1, 6));
        edy_ob_node(b, "Slice", "s", "c starts ends axes", "one");
        edy_ob_node(b, "Expand", "e", "one shape", "y");
        check_shape(b, "2x3x5x6");
        b = form_of(form);
        edy_ob_s64(b, "shape", 5, DIMS(3, 1, 1, 1, 1));
        edy_ob_node(b, "Expand", "e", "c shape", "y");
        check_shape(b, "3x2x4x5x6");
    }
}

static void gathers(void **state) {
    (void)state;
    for (int form = 0; form < FORMS; form++)
        for (int64_t axis = -1; axis < 3; axis++) {
            static const char *const shapes[] = {"2x4x5x2x2", "2x2x4x5x6", "2x2x2x5x6",
                                                 "2x4x2x2x6"};
            edy_ob *b = form_of(form);
            const int64_t one = axis != 0; /* the batch is 1 so far */
            edy_ob_tensor(b, "i", EDY_S64, 2, DIMS(2, 2), DIMS(one, 0, -1, one));
            Onnx__NodeProto *n = edy_ob_node(b, "Gather", "g", "c i", "y");
            edy_ob_int(b, n, "axis", axis);
            check_shape(b, shapes[axis + 1]);
        }
}

/* Indices that are computed: where they leave the axis, the nearest row. */
static void computed_indices(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(5, 3));
    edy_ob_input(b, "i", EDY_S64, 1, DIMS(5));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Gather", "g", "x i", "y");
    check_shape(b, "5x3");
}

static void products(void **state) {
    (void)state;
    static const struct {
        int32_t a_rank, b_rank;
        int64_t a[4], b[4];
        const char *shape;
    } rows[] = {{2, 2, {4, 5}, {5, 3}, "4x3"},
                {3, 3, {4, 2, 5}, {4, 5, 3}, "4x2x3"},
                {4, 4, {4, 1, 2, 5}, {4, 3, 5, 6}, "4x3x2x6"},
                {2, 3, {4, 5}, {4, 5, 2}, "4x4x2"},
                {1, 1, {4}, {4}, "scalar"},
                {1, 3, {4}, {4, 4, 2}, "4x2"},
                {3, 1, {4, 3, 4}, {4}, "4x3"}};
    for (int r = 0; r < 7; r++)
        for (int type = 0; type < 2; type++) {
            const edy_dtype dtype = type ? EDY_S32 : EDY_F32;
            edy_ob *b = edy_ob_create(13);
            edy_ob_input(b, "a", dtype, rows[r].a_rank, rows[r].a);
            edy_ob_input(b, "b", dtype, rows[r].b_rank, rows[r].b);
            edy_ob_output(b, "y", dtype);
            edy_ob_node(b, "MatMul", "m", "a b", "y");
            check_shape(b, rows[r].shape);
        }
}

static void gemms_of_computed_operands(void **state) {
    (void)state;
    for (int form = 0; form < 8; form++) {
        const bool ta = form & 1, tb = form & 2;
        edy_ob *b = edy_ob_create(13);
        edy_ob_input(b, "a", EDY_F32, 2, ta ? DIMS(5, 4) : DIMS(4, 5));
        edy_ob_input(b, "b", EDY_F32, 2, tb ? DIMS(3, 5) : DIMS(5, 3));
        edy_ob_input(b, "c", EDY_F32, 2, DIMS(4, 1));
        edy_ob_output(b, "y", EDY_F32);
        Onnx__NodeProto *n = edy_ob_node(b, "Gemm", "g", form & 4 ? "a b c" : "a b", "y");
        edy_ob_int(b, n, "transA", ta);
        edy_ob_int(b, n, "transB", tb);
        edy_ob_float(b, n, "alpha", form & 1 ? 1.0f : 0.5f);
        edy_ob_float(b, n, "beta", 2.0f);
        check_shape(b, "4x3");
    }
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *op, *inputs, *attribute, *part;
        int64_t value;
    } rows[] = {{"Slice", "c k two", "", "2 starts, 1 ends", 0},
                {"Slice", "c two two nine", "", "axis 9 of an input of rank 4", 0},
                {"Slice", "c k k k zero", "", "2 starts, 2 ends, 2 axes and 1 steps", 0},
                {"Split", "c k", "axis", "2 parts for 1 outputs", 1},
                {"Split", "c zero", "axis", "parts that leave", 1},
                {"Expand", "c k", "", "cannot become 7", 0},
                {"Tile", "c k", "", "2 repeats for an input of rank 4", 0},
                {"Gather", "c nine", "axis", "index 9 of an axis with 4 elements", 1},
                {"Gather", "c nine", "axis", "axis 4 of an input of rank 4", 4},
                {"ReduceSum", "c nine", "", "axis 9 of an input of rank 4", 0},
                {"ArgMax", "c", "axis", "axis -5 of an input of rank 4", -5},
                {"MatMul", "c c", "", "rows of 6 against columns of 5", 0},
                {"Sub", "c odd", "", "operands of shape", 0},
                {"And", "c c", "", "operands of dtype float32", 0},
                {"Where", "c c c", "", "operands of dtype float32", 0},
                {"Not", "c", "", "an input of dtype float32", 0}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        edy_ob *b = image(false, EDY_F32);
        edy_ob_s64(b, "k", 2, DIMS(7, 7));
        edy_ob_s64(b, "two", 1, DIMS(2));
        edy_ob_s64(b, "nine", 1, DIMS(9));
        edy_ob_s64(b, "zero", 1, DIMS(0));
        edy_ob_f32(b, "odd", 1, DIMS(5), NULL);
        Onnx__NodeProto *n = edy_ob_node(b, rows[r].op, "n", rows[r].inputs, "y");
        if (rows[r].attribute[0])
            edy_ob_int(b, n, rows[r].attribute, rows[r].value);
        const bool dtype = strstr(rows[r].part, "dtype") != NULL;
        edy_ob_refused(b, dtype ? EDY_UNSUPPORTED : EDY_BAD_FILE, rows[r].part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),   cmocka_unit_test(splits),
        cmocka_unit_test(repeats),  cmocka_unit_test(gathers),
        cmocka_unit_test(products), cmocka_unit_test(computed_indices),
        cmocka_unit_test(refusals), cmocka_unit_test(gemms_of_computed_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
