/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Resize and Upsample in all their modes against the oracle. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static edy_ob *image(int64_t opset, edy_dtype dtype) {
    edy_ob *b = edy_ob_create(opset);
    edy_ob_input(b, "x", dtype, 4, DIMS(EDY_OB_N, 3, 5, 7));
    edy_ob_output(b, "y", dtype);
    return b;
}

static void check(edy_ob *b) {
    edy_graph_destroy(edy_against_oracle(b));
}

static const char *const coordinates[] = {
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
    "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"};

static Onnx__NodeProto *resize(edy_ob *b, bool by_size, const float *scales, const int64_t *sizes) {
    edy_ob_f32(b, "roi", 1, DIMS(8), (const float[]){0, 0, 0.3f, 0.1f, 1, 1, 0.9f, 1.2f});
    edy_ob_f32(b, "scales", 1, DIMS(4), scales);
    edy_ob_s64(b, "sizes", 4, sizes);
    return edy_ob_node(b, "Resize", "r", by_size ? "x roi - sizes" : "x roi scales", "y");
}

/* Up and down, by sizes and by scales, plain and NHWC. */
static void each_mode_and_coordinate(void **state) {
    (void)state;
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const float scales[2][4] = {{1, 1, 2, 1.5f}, {1, 1, 0.5f, 0.75f}};
    static const int64_t sizes[2][4] = {{1, 3, 9, 10}, {1, 3, 4, 3}};
    for (size_t mode = 0; mode < 3; mode++)
        for (size_t k = 0; k < sizeof coordinates / sizeof *coordinates; k++)
            for (int form = 0; form < 4; form++) {
                edy_ob *b = image(13, EDY_F32);
                Onnx__NodeProto *n = resize(b, form & 1, scales[form / 2], sizes[form / 2]);
                edy_ob_text(b, n, "mode", modes[mode]);
                edy_ob_text(b, n, "coordinate_transformation_mode", coordinates[k]);
                edy_ob_float(b, n, "extrapolation_value", 10.0f);
                if (form & 1)
                    edy_ob_int(b, n, "exclude_outside", mode == 2);
                check(b);
            }
}

static void each_nearest_rounding(void **state) {
    (void)state;
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                            "ceil"};
    for (size_t i = 0; i < 4; i++)
        for (int dtype = EDY_F32; dtype <= EDY_U8; dtype++) {
            if (dtype == EDY_F64)
                continue;
            edy_ob *b = image(11, (edy_dtype)dtype);
            Onnx__NodeProto *n = resize(b, false, (const float[]){1, 1, 2, 0.6f}, DIMS(1, 1, 1, 1));
            edy_ob_text(b, n, "nearest_mode", roundings[i]);
            edy_ob_text(b, n, "coordinate_transformation_mode",
                        i < 2 ? "asymmetric" : "half_pixel");
            check(b);
        }
}

/* Channels and the batch of a constant size may change too. */
static void other_axes_and_ranks(void **state) {
    (void)state;
    for (int linear = 0; linear < 2; linear++) {
        edy_ob *b = edy_ob_create(18);
        edy_ob_input(b, "x", EDY_F32, 3, DIMS(EDY_OB_N, 4, 6));
        edy_ob_output(b, "y", EDY_F32);
        edy_ob_s64(b, "sizes", 2, DIMS(9, 8));
        Onnx__NodeProto *n = edy_ob_node(b, "Resize", "r", "x - - sizes", "y");
        edy_ob_ints(b, n, "axes", 2, DIMS(-1, 1));
        edy_ob_text(b, n, "mode", linear ? "linear" : "nearest");
        edy_graph *g = edy_against_oracle(b);
        char text[64];
        assert_string_equal(edy_shape_text(&g->value[g->output[0]].shape, text, sizeof text),
                            "2x8x9");
        edy_graph_destroy(g);
    }
}

static void old_forms(void **state) {
    (void)state;
    for (int64_t opset = 7; opset <= 10; opset++)
        for (int linear = 0; linear < 2; linear++) {
            edy_ob *b = image(opset, EDY_F32);
            const float scales[4] = {1, 1, 2, 3};
            edy_ob_f32(b, "scales", 1, DIMS(4), scales);
            Onnx__NodeProto *n = edy_ob_node(b, opset == 10 ? "Resize" : "Upsample", "r",
                                             opset < 9 ? "x" : "x scales", "y");
            if (opset < 9) {
                Onnx__AttributeProto *a =
                    edy_ob_attribute(b, n, "scales", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS);
                a->n_floats = 4;
                a->floats = (float *)(uintptr_t)scales;
            }
            edy_ob_text(b, n, "mode", linear ? "linear" : "nearest");
            check(b);
        }
    edy_ob *b = image(10, EDY_F32); /* shrinking rounds up */
    edy_ob_f32(b, "scales", 1, DIMS(4), (const float[]){1, 1, 0.6f, 0.5f});
    edy_ob_node(b, "Resize", "r", "x scales", "y");
    check(b);
}

static void refused(const float *scales, const int64_t *sizes, edy_status code, const char *part) {
    edy_ob *b = image(13, EDY_F32);
    resize(b, sizes != NULL, scales ? scales : (const float[]){1, 1, 1, 1},
           sizes ? sizes : DIMS(1, 1, 1, 1));
    edy_ob_refused(b, code, part);
}

static void bad_extents_are_refused(void **state) {
    (void)state;
    refused((const float[]){1, 1, 0, 1}, NULL, EDY_BAD_FILE, "scale 0 of axis 2");
    refused((const float[]){1, 1, -2, 1}, NULL, EDY_BAD_FILE, "scale -2 of axis 2");
    refused((const float[]){1, 1, 1e30f, 1}, NULL, EDY_BAD_FILE, "scale 1e+30 makes");
    refused((const float[]){1, 1, 1e-30f, 1}, NULL, EDY_BAD_FILE, "makes 0 elements");
    refused((const float[]){1, 1, NAN, 1}, NULL, EDY_BAD_FILE, "NaN");
    refused((const float[]){1, 1, INFINITY, 1}, NULL, EDY_BAD_FILE, "infinite");
    refused((const float[]){1, 1, 1e7f, 1e7f}, NULL, EDY_LIMIT, "");
    refused(NULL, DIMS(1, 3, 0, 2), EDY_BAD_FILE, "size 0 of axis 2");
    refused(NULL, DIMS(1, 3, -1, 2), EDY_BAD_FILE, "size -1 of axis 2");
    refused(NULL, DIMS(1, 3, INT64_MAX, 2), EDY_BAD_FILE, "size 9223372036854775807");
    refused(NULL, DIMS(1, 3, INT32_MAX, INT32_MAX), EDY_LIMIT, "");
}

static void bad_forms_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *attribute, *text, *part;
    } rows[] = {{"mode", "area", "\"mode\" is \"area\""},
                {"nearest_mode", "up", "\"nearest_mode\" is \"up\""},
                {"coordinate_transformation_mode", "centre", "is \"centre\""},
                {"keep_aspect_ratio_policy", "not_larger", "\"not_larger\""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        edy_ob *b = image(18, EDY_F32);
        Onnx__NodeProto *n = resize(b, false, (const float[]){1, 1, 2, 2}, DIMS(1, 1, 1, 1));
        edy_ob_text(b, n, rows[i].attribute, rows[i].text);
        edy_ob_refused(b, EDY_UNSUPPORTED, rows[i].part);
    }
    edy_ob *b = image(18, EDY_F32);
    edy_ob_int(b, resize(b, false, (const float[]){1, 1, 2, 2}, DIMS(1, 1, 1, 1)), "antialias", 1);
    edy_ob_refused(b, EDY_UNSUPPORTED, "\"antialias\" is 1");
    b = image(13, EDY_U8);
    edy_ob_text(b, resize(b, false, (const float[]){1, 1, 2, 2}, DIMS(1, 1, 1, 1)), "mode",
                "linear");
    edy_ob_refused(b, EDY_UNSUPPORTED, "an input of dtype uint8");
    b = image(13, EDY_F32);
    edy_ob_node(b, "Resize", "r", "x", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "either scales or sizes");
    b = image(13, EDY_F32);
    edy_ob_f32(b, "scales", 1, DIMS(3), NULL);
    edy_ob_node(b, "Resize", "r", "x - scales", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "3 elements of float32, not 4");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mode_and_coordinate), cmocka_unit_test(each_nearest_rounding),
        cmocka_unit_test(other_axes_and_ranks),     cmocka_unit_test(old_forms),
        cmocka_unit_test(bad_extents_are_refused),  cmocka_unit_test(bad_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
