/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Products of plain 8-bit integers, DynamicQuantizeLinear and MaxPool's indices against the
 * oracle: equal in every bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static const edy_dtype bytes[] = {EDY_U8, EDY_S8};

static void check(edy_ob *b) {
    edy_graph_destroy(edy_against_oracle(b));
}

/* Both signs of both operands; constants and computed ones; spread batches; rows of zero points. */
static void matrix_products(void **state) {
    (void)state;
    for (int form = 0; form < 12; form++) {
        const edy_dtype left = bytes[form & 1], right = bytes[form >> 1 & 1];
        edy_ob *b = edy_ob_create(13);
        edy_ob_input(b, "a", left, 3, DIMS(2, 5, 7));
        edy_ob_output(b, "y", EDY_S32);
        if (form >= 8)
            edy_ob_tensor(b, "b", right, 2, DIMS(7, 3), NULL);
        else
            edy_ob_input(b, "b", right, form < 4 ? 2 : 3, form < 4 ? DIMS(7, 3) : DIMS(1, 7, 3));
        edy_ob_tensor(b, "az", left, form < 4 ? 0 : 1, DIMS(5), (const uint8_t[]){3, 120, 7, 0, 9});
        edy_ob_tensor(b, "bz", right, form < 4 ? 0 : 1, DIMS(3), (const uint8_t[]){100, 2, 5});
        edy_ob_node(b, "MatMulInteger", "m", form & 4 ? "a b" : "a b az bz", "y");
        check(b);
    }
}

static void quantized_matrix_products(void **state) {
    (void)state;
    for (int form = 0; form < 8; form++) {
        const edy_dtype dtype = bytes[form & 1], out = bytes[form >> 1 & 1];
        edy_ob *b = edy_ob_create(10);
        edy_ob_input(b, "a", dtype, 3, DIMS(2, 5, 7));
        edy_ob_input(b, "b", dtype, 2, DIMS(7, 3));
        edy_ob_output(b, "y", out);
        edy_ob_f32(b, "s", 0, NULL, &(const float){0.02f});
        edy_ob_f32(b, "r", form & 4 ? 1 : 0, DIMS(3), (const float[]){0.03f, 0.01f, 0.5f});
        edy_ob_tensor(b, "z", dtype, 0, NULL, (const uint8_t[]){113});
        edy_ob_tensor(b, "w", dtype, form & 4 ? 1 : 0, DIMS(3), (const uint8_t[]){1, 90, 30});
        edy_ob_tensor(b, "o", out, 0, NULL, (const uint8_t[]){118});
        edy_ob_node(b, "QLinearMatMul", "m", "a s z b r w s o", "y");
        check(b);
    }
}

static void integer_convolutions(void **state) {
    (void)state;
    for (int form = 0; form < 8; form++) {
        const edy_dtype x = bytes[form & 1], w = bytes[form >> 1 & 1];
        const bool line = form & 4;
        edy_ob *b = edy_ob_create(10);
        edy_ob_input(b, "x", x, line ? 3 : 4, DIMS(EDY_OB_N, 4, 6, 5));
        edy_ob_output(b, "y", EDY_S32);
        edy_ob_tensor(b, "w", w, line ? 3 : 4, DIMS(6, 2, 3, 3), NULL);
        edy_ob_tensor(b, "xz", x, 0, NULL, (const uint8_t[]){50});
        edy_ob_tensor(b, "wz", w, 1, DIMS(6), (const uint8_t[]){1, 2, 3, 4, 5, 6});
        Onnx__NodeProto *n = edy_ob_node(b, "ConvInteger", "c", "x w xz wz", "y");
        edy_ob_int(b, n, "group", 2);
        edy_ob_ints(b, n, "pads", line ? 2 : 4, line ? DIMS(1, 0) : DIMS(1, 1, 0, 1));
        check(b);
    }
}

/* The dynamically quantized layer as tools draw it: everything computed, zero point too. */
static void dynamic_quantization(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(3, 7));
    edy_ob_output(b, "y", EDY_S32);
    edy_ob_output(b, "q", EDY_U8);
    edy_ob_output(b, "s", EDY_F32);
    edy_ob_output(b, "z", EDY_U8);
    edy_ob_tensor(b, "w", EDY_S8, 2, DIMS(7, 4), NULL);
    edy_ob_node(b, "DynamicQuantizeLinear", "d", "x", "q s z");
    edy_ob_node(b, "MatMulInteger", "m", "q w z", "y");
    check(b);
}

static void maximum_and_where_it_is(void **state) {
    (void)state;
    for (int form = 0; form < 6; form++) {
        edy_ob *b = edy_ob_create(12);
        const edy_dtype dtype = form < 2 ? EDY_F32 : bytes[form & 1];
        edy_ob_input(b, "x", dtype, 4, DIMS(EDY_OB_N, 3, 6, 5));
        edy_ob_output(b, "y", dtype);
        edy_ob_output(b, "i", EDY_S64);
        Onnx__NodeProto *n = edy_ob_node(b, "MaxPool", "p", "x", "y i");
        edy_ob_ints(b, n, "kernel_shape", 2, DIMS(3, 2));
        edy_ob_ints(b, n, "strides", 2, DIMS(2, 2));
        edy_ob_ints(b, n, "pads", 4, DIMS(1, 1, 1, 0));
        edy_ob_int(b, n, "storage_order", form & 1);
        edy_ob_int(b, n, "ceil_mode", form > 3);
        check(b);
    }
}

static edy_ob *quantized(const char *scale_name, float scale) {
    edy_ob *b = edy_ob_create(10);
    edy_ob_input(b, "a", EDY_U8, 2, DIMS(2, 7));
    edy_ob_output(b, "y", EDY_U8);
    edy_ob_tensor(b, "b", EDY_U8, 2, DIMS(7, 3), NULL);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, (const uint8_t[]){113});
    edy_ob_f32(b, "s", 0, NULL, &(const float){0.5f});
    edy_ob_f32(b, "bad", 0, NULL, &scale);
    char inputs[64];
    snprintf(inputs, sizeof inputs, "a s z b %s z s z", scale_name);
    edy_ob_node(b, "QLinearMatMul", "m", inputs, "y");
    return b;
}

static void bad_operands_are_refused(void **state) {
    (void)state;
    edy_ob_refused(quantized("bad", 0.0f), EDY_BAD_FILE, "scale 0 is 0");
    edy_ob_refused(quantized("bad", -1.0f), EDY_BAD_FILE, "scale 0 is -1");
    edy_ob_refused(quantized("bad", NAN), EDY_BAD_FILE, "NaN");
    edy_ob_refused(quantized("-", 1.0f), EDY_BAD_FILE, "input 4 is missing");
    edy_ob *b = edy_ob_create(10);
    edy_ob_input(b, "a", EDY_U8, 2, DIMS(2, 7));
    edy_ob_output(b, "y", EDY_S32);
    edy_ob_tensor(b, "b", EDY_S8, 2, DIMS(6, 3), NULL);
    edy_ob_node(b, "MatMulInteger", "m", "a b", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "operands of shape 2x7 and 6x3");
    b = edy_ob_create(10);
    edy_ob_input(b, "a", EDY_U8, 2, DIMS(2, 7));
    edy_ob_output(b, "y", EDY_S32);
    edy_ob_tensor(b, "b", EDY_S8, 2, DIMS(7, 3), NULL);
    edy_ob_tensor(b, "z", EDY_S8, 1, DIMS(5), NULL);
    edy_ob_node(b, "MatMulInteger", "m", "a b - z", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "a zero point of shape 5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_products),         cmocka_unit_test(quantized_matrix_products),
        cmocka_unit_test(integer_convolutions),    cmocka_unit_test(dynamic_quantization),
        cmocka_unit_test(maximum_and_where_it_is), cmocka_unit_test(bad_operands_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
