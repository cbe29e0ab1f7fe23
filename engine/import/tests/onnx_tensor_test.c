/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* TensorProto -> constant: every way to store one, and every way to store one wrongly. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_builder.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

/* x [N,6] + w [6] -> y; w is the tensor under test. */
static edy_ob *sum(Onnx__TensorProto **w) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 6));
    *w = edy_ob_f32(b, "w", 1, DIMS(6), NULL);
    edy_ob_node(b, "Add", "a", "x w", "y");
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

static void drop_raw(Onnx__TensorProto *t) {
    t->has_raw_data = 0;
    t->raw_data.len = 0;
}

static void check_w(edy_ob *b, const float *expected) {
    edy_graph *g = edy_ob_import(b);
    const edy_value *w = edy_ob_value(g, "w");
    assert_int_equal(w->dtype, EDY_F32);
    assert_memory_equal(w->data, expected, 6 * sizeof *expected);
    edy_graph_destroy(g);
    edy_ob_destroy(b);
}

static void float_data(void **state) {
    (void)state;
    Onnx__TensorProto *w;
    edy_ob *b = sum(&w);
    float data[6] = {1, 2, 3, 4, 5, 6};
    drop_raw(w);
    w->float_data = data;
    w->n_float_data = 6;
    check_w(b, data);
}

/* 0.1 and 1e300 have no float32 form: the first is rounded, the second is an infinity and
 * refused. */
static void float64_is_rounded(void **state) {
    (void)state;
    const float expected[6] = {0.1f, -0.1f, 1, 2, 3, 4};
    double data[6] = {0.1, -0.1, 1, 2, 3, 4};
    Onnx__TensorProto *w;
    for (int raw = 0; raw < 2; raw++) {
        edy_ob *b = sum(&w);
        drop_raw(w);
        w->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
        w->n_double_data = raw ? 0 : 6;
        w->double_data = data;
        w->has_raw_data = raw;
        w->raw_data.len = raw ? sizeof data : 0;
        w->raw_data.data = (uint8_t *)data;
        check_w(b, expected);
    }
    edy_ob *b = sum(&w);
    data[4] = 1e300;
    w->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    w->raw_data.len = sizeof data;
    w->raw_data.data = (uint8_t *)data;
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"w\": element 4 is infinite");
}

/* x u8, dequantized with a zero point in int32_data; the weights of a QLinearConv likewise. */
static void small_integers_in_int32_data(void **state) {
    (void)state;
    static const struct {
        int32_t type, value;
        const char *refused;
    } rows[] = {{2, 200, NULL},
                {2, 256, "tensor \"z\": element 0 is 256, no uint8"},
                {2, -1, "tensor \"z\": element 0 is -1, no uint8"},
                {3, -128, NULL},
                {3, -129, "tensor \"z\": element 0 is -129, no int8"},
                {3, 128, "tensor \"z\": element 0 is 128, no int8"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edy_ob *b = edy_ob_create(13);
        const edy_dtype dtype = rows[i].type == 2 ? EDY_U8 : EDY_S8;
        const float one = 1.0f;
        int32_t value = rows[i].value;
        edy_ob_input(b, "x", dtype, 2, DIMS(EDY_OB_N, 6));
        edy_ob_f32(b, "s", 0, NULL, &one);
        Onnx__TensorProto *z = edy_ob_tensor(b, "z", dtype, 0, NULL, NULL);
        drop_raw(z);
        z->n_int32_data = 1;
        z->int32_data = &value;
        edy_ob_node(b, "DequantizeLinear", "d", "x s z", "y");
        edy_ob_output(b, "y", EDY_F32);
        if (rows[i].refused) {
            edy_ob_refused(b, EDY_BAD_FILE, rows[i].refused);
            continue;
        }
        edy_graph *g = edy_ob_import(b);
        const uint8_t *data = edy_ob_value(g, "z")->data;
        assert_int_equal(*data, (uint8_t)value);
        edy_graph_destroy(g);
        edy_ob_destroy(b);
    }
}

static void int64_data(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    int64_t target[2] = {0, -1};
    edy_ob_input(b, "x", EDY_F32, 3, DIMS(EDY_OB_N, 2, 3));
    Onnx__TensorProto *t = edy_ob_s64(b, "t", 2, DIMS(7, 7));
    drop_raw(t);
    t->n_int64_data = 2;
    t->int64_data = target;
    edy_ob_node(b, "Reshape", "r", "x t", "y");
    edy_ob_output(b, "y", EDY_F32);
    edy_graph *g = edy_ob_import(b);
    assert_int_equal(edy_ob_value(g, "y")->shape.dim[1], 6);
    edy_graph_destroy(g);
    edy_ob_destroy(b);
}

static void nan_and_infinity(void **state) {
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        Onnx__TensorProto *w;
        edy_ob *b = sum(&w);
        memcpy(w->raw_data.data + 12, &bad[i], sizeof bad[i]);
        edy_ob_refused(b, EDY_BAD_FILE,
                       i ? "tensor \"w\": element 3 is infinite"
                         : "tensor \"w\": element 3 is NaN");
    }
}

static void data_that_does_not_fit_the_dims(void **state) {
    (void)state;
    Onnx__TensorProto *w;
    edy_ob *b = sum(&w);
    w->raw_data.len = 20;
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"w\" has 20 bytes of data, its dimensions need 24");
    b = sum(&w);
    w->raw_data.len = 0; /* present, but empty */
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"w\" has 0 bytes of data");
    b = sum(&w);
    w->dims[0] = 5;
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"w\" has 24 bytes of data, its dimensions need 20");
    b = sum(&w);
    float data[7] = {0};
    drop_raw(w);
    w->float_data = data;
    w->n_float_data = 7;
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"w\" has 7 elements of data");
    b = sum(&w);
    w->float_data = data;
    w->n_float_data = 6;
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"w\" has data in two fields");
    b = sum(&w);
    int32_t integers[6] = {0};
    drop_raw(w);
    w->int32_data = integers;
    w->n_int32_data = 6;
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"w\" has data in two fields or in one of another");
}

static void impossible_dims(void **state) {
    (void)state;
    static const struct {
        int64_t dims[9];
        size_t n;
        edy_status code;
        const char *part;
    } rows[] = {
        {{-1}, 1, EDY_BAD_FILE, "tensor \"w\": dimension 0 is -1"},
        {{INT64_MIN}, 1, EDY_BAD_FILE, "dimension 0 is -9223372036854775808"},
        {{INT64_MAX}, 1, EDY_LIMIT, "dimension 0 of 9223372036854775807"},
        {{INT64_C(1) << 40}, 1, EDY_LIMIT, "needs more than the limit of 1073741824 bytes"},
        {{INT64_C(1) << 32, INT64_C(1) << 32}, 2, EDY_LIMIT, "makes the tensor too large"},
        {{1, 1, 1, 1, 1, 1, 1, 1, 6}, 9, EDY_UNSUPPORTED, "has 9 dimensions, at most 8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Onnx__TensorProto *w;
        edy_ob *b = sum(&w);
        memcpy(w->dims, rows[i].dims, rows[i].n * sizeof rows[i].dims[0]);
        w->n_dims = rows[i].n;
        edy_ob_refused(b, rows[i].code, rows[i].part);
    }
}

static void types_and_places_outside_the_list(void **state) {
    (void)state;
    Onnx__TensorProto *w;
    edy_ob *b = sum(&w);
    w->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
    edy_ob_refused(b, EDY_UNSUPPORTED, "tensor \"w\" is float16, which is not supported");
    b = sum(&w);
    w->data_type = 12345;
    edy_ob_refused(b, EDY_UNSUPPORTED, "tensor \"w\" is of an unknown type");
    b = sum(&w);
    w->has_data_location = 1;
    w->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    edy_ob_refused(b, EDY_UNSUPPORTED, "tensor \"w\" has its data in another file");
    b = sum(&w);
    Onnx__TensorProto__Segment segment = ONNX__TENSOR_PROTO__SEGMENT__INIT;
    w->segment = &segment;
    edy_ob_refused(b, EDY_UNSUPPORTED, "tensor \"w\" is stored in segments");
}

/* What nothing reads is not looked at: exporters leave all sorts of things behind. */
static void unused_tensors_do_not_matter(void **state) {
    (void)state;
    Onnx__TensorProto *w;
    edy_ob *b = sum(&w);
    edy_ob_f32(b, "unused", 1, DIMS(3), NULL)->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    edy_graph *g = edy_ob_import(b);
    assert_int_equal(edy_graph_parameters(g), 6);
    edy_graph_destroy(g);
    edy_ob_destroy(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_data),
        cmocka_unit_test(float64_is_rounded),
        cmocka_unit_test(small_integers_in_int32_data),
        cmocka_unit_test(int64_data),
        cmocka_unit_test(nan_and_infinity),
        cmocka_unit_test(data_that_does_not_fit_the_dims),
        cmocka_unit_test(impossible_dims),
        cmocka_unit_test(types_and_places_outside_the_list),
        cmocka_unit_test(unused_tensors_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
