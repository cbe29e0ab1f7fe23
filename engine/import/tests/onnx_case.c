/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/tests/onnx_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

edy_ob *onnx_case_image(int64_t opset) {
    edy_ob *b = edy_ob_create(opset);
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 4, 6, 8));
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

edy_ob *onnx_case_vector(int64_t opset) {
    edy_ob *b = edy_ob_create(opset);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 6));
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

edy_graph *onnx_case_finish(edy_ob *b) {
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    return g;
}

void onnx_case_assert_shape(const edy_graph *g, const char *name, const char *expected) {
    char text[96];
    assert_string_equal(edy_shape_text(&edy_ob_value(g, name)->shape, text, sizeof text), expected);
}
