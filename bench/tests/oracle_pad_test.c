/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Pad in all its modes, and cropping, against the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/tests/against_oracle.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static const char *const modes[] = {"constant", "reflect", "edge", "wrap"};

static edy_ob *image(edy_dtype dtype) {
    edy_ob *b = edy_ob_create(18);
    edy_ob_input(b, "x", dtype, 4, DIMS(EDY_OB_N, 3, 5, 4));
    edy_ob_output(b, "y", dtype);
    return b;
}

/* Small, beyond the image, on channels and cropping; plain and NHWC. */
static void each_mode(void **state) {
    (void)state;
    static const int64_t pads[][8] = {{0, 0, 1, 2, 0, 0, 2, 1},
                                      {0, 0, 7, 9, 0, 0, 11, 3},
                                      {0, 2, 0, 0, 0, 1, 1, 0},
                                      {0, 0, -1, 2, 0, 0, 3, -2},
                                      {0, -1, -2, -1, 0, -1, -1, -1}};
    for (size_t mode = 0; mode < 4; mode++)
        for (size_t i = 0; i < sizeof pads / sizeof *pads; i++)
            for (int conv = 0; conv < 2; conv++) {
                edy_ob *b = image(EDY_F32);
                edy_ob_f32(b, "w", 4, DIMS(3, 3, 1, 1), NULL);
                edy_ob_s64(b, "p", 8, pads[i]);
                edy_ob_f32(b, "v", 0, NULL, &(const float){2.5f});
                if (conv)
                    edy_ob_node(b, "Conv", "c", "x w", "t");
                edy_ob_text(b, edy_ob_node(b, "Pad", "n", conv ? "t p v" : "x p v", "y"), "mode",
                            modes[mode]);
                edy_graph_destroy(edy_against_oracle(b));
            }
}

static void bytes_and_axes(void **state) {
    (void)state;
    for (size_t mode = 0; mode < 4; mode++)
        for (int dtype = EDY_S8; dtype <= EDY_U8; dtype++) {
            edy_ob *b = image((edy_dtype)dtype);
            edy_ob_s64(b, "p", 4, DIMS(1, 2, 3, 0));
            edy_ob_s64(b, "axes", 2, DIMS(-1, 1));
            edy_ob_text(b, edy_ob_node(b, "Pad", "n", "x p - axes", "y"), "mode", modes[mode]);
            edy_graph *g = edy_against_oracle(b);
            char text[64];
            assert_string_equal(edy_shape_text(&g->value[g->output[0]].shape, text, sizeof text),
                                "2x5x5x8");
            edy_graph_destroy(g);
        }
}

/* A reflection in front of a convolution is no zero padding. */
static void only_zeros_go_into_a_window(void **state) {
    (void)state;
    for (size_t mode = 0; mode < 4; mode++) {
        edy_ob *b = image(EDY_F32);
        edy_ob_s64(b, "p", 8, DIMS(0, 0, 1, 1, 0, 0, 1, 1));
        edy_ob_f32(b, "w", 4, DIMS(3, 3, 3, 3), NULL);
        edy_ob_text(b, edy_ob_node(b, "Pad", "n", "x p", "t"), "mode", modes[mode]);
        edy_ob_node(b, "Conv", "c", "t w", "y");
        edy_graph_destroy(edy_against_oracle(b));
    }
}

static void refused(const int64_t *pads, const char *mode, edy_status code, const char *part) {
    edy_ob *b = image(EDY_F32);
    edy_ob_s64(b, "p", 8, pads);
    edy_ob_text(b, edy_ob_node(b, "Pad", "n", "x p", "y"), "mode", mode);
    edy_ob_refused(b, code, part);
}

static void bad_pads_are_refused(void **state) {
    (void)state;
    refused(DIMS(0, 0, 0, 0, 0, 0, 0, 0), "mirror", EDY_UNSUPPORTED, "mode \"mirror\"");
    refused(DIMS(0, 0, -3, 0, 0, 0, -2, 0), "edge", EDY_BAD_FILE, "leaves nothing of axis 2");
    refused(DIMS(0, 0, INT64_MAX, 0, 0, 0, 0, 0), "reflect", EDY_UNSUPPORTED,
            "9223372036854775807");
    refused(DIMS(0, 0, INT64_MIN, 0, 0, 0, 0, 0), "wrap", EDY_UNSUPPORTED, "-9223372036854775808");
    refused(DIMS(0, 0, INT32_MAX, 0, 0, 0, INT32_MAX, INT32_MAX), "edge", EDY_LIMIT, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mode),
        cmocka_unit_test(bytes_and_axes),
        cmocka_unit_test(only_zeros_go_into_a_window),
        cmocka_unit_test(bad_pads_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
