/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What a .tflite file becomes, that it computes what it should, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "engine/import/tests/tflite_case.h"
#include "engine/import/tflite_import.h"

/* ---- What is computed ------------------------------------------------------------------------ */

static void a_float_convolution(void **state) {
    (void)state;
    const float x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    float y[8];
    const tb_model m = tb_float_conv();
    tb_run(&m, NULL, x, y, sizeof y);
    for (int p = 0; p < 4; p++) {
        const float *at = x + p / 2 * 3 + p % 2;
        const float first = at[0] + 2 * at[1] + 3 * at[3] + 4 * at[4] + 0.5f;
        const float second = 5 * at[0] + 6 * at[1] + 7 * at[3] + 8 * at[4] - 100.0f;
        assert_float_equal(y[2 * p], first, 1e-5); /* channels are innermost */
        assert_float_equal(y[2 * p + 1], second > 0 ? second : 0, 1e-5);
    }
}

/* The rule once more, from the paper (Jacob et al. 2018) and gemmlowp's words. */
static int32_t scale_twice(int32_t x, double real) {
    int shift;
    const int64_t q = (int64_t)llround(frexp(real, &shift) * 2147483648.0);
    const int64_t wide = (int64_t)x * (shift > 0 ? 1 << shift : 1) * q;
    const int64_t high = (wide + (1 << 30)) >> 31; /* ties up */
    if (shift >= 0)
        return (int32_t)high;
    const double exact = ldexp((double)high, shift);
    return (int32_t)round(exact); /* ties away from zero */
}

static int8_t clamp8(int32_t v) {
    return (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v);
}

/* Convolution of the int8 net, by the file's own layout. */
static void convolve(const tb_model *m, const int8_t *x, int8_t y[48]) {
    const int8_t *w = m->tensor[1].data;
    const int32_t *bias = m->tensor[2].data;
    for (int i = 0; i < 48; i++) {
        const int row = i / 12, column = i / 3 % 4, o = i % 3;
        int32_t sum = bias[o];
        for (int k = 0; k < 9; k++) {
            const int h = row + k / 3 - 1, v = column + k % 3 - 1;
            for (int c = 0; c < 2 && h >= 0 && h < 4 && v >= 0 && v < 4; c++)
                sum += (x[(h * 4 + v) * 2 + c] + 3) * w[(o * 9 + k) * 2 + c];
        }
        const double real = (double)m->tensor[0].scale[0] * (double)m->tensor[1].scale[o] /
                            (double)m->tensor[3].scale[0];
        const int32_t q = scale_twice(sum, real) + 5;
        y[i] = clamp8(q < 5 ? 5 : q); /* RELU */
    }
}

static void pool_and_multiply(const tb_model *m, const int8_t conv[48], int8_t logits[4]) {
    int8_t pooled[12];
    for (int i = 0; i < 12; i++) {
        const int at = (i / 6 * 2 * 4 + i / 3 % 2 * 2) * 3 + i % 3;
        pooled[i] = conv[at];
        for (int k = 1; k < 4; k++) {
            const int8_t v = conv[at + (k / 2 * 4 + k % 2) * 3];
            pooled[i] = v > pooled[i] ? v : pooled[i];
        }
    }
    const int8_t *w = m->tensor[7].data;
    const int32_t *bias = m->tensor[8].data;
    for (int o = 0; o < 4; o++) {
        int32_t sum = bias[o];
        for (int k = 0; k < 12; k++)
            sum += (pooled[k] - 5) * w[o * 12 + k];
        const float product = m->tensor[6].scale[0] * m->tensor[7].scale[0];
        logits[o] = clamp8(scale_twice(sum, (double)product / (double)m->tensor[9].scale[0]) + 10);
    }
}

static void check_softmax(const int8_t logits[4], const int8_t y[4]) {
    double e[4], sum = 0.0;
    for (int i = 0; i < 4; i++)
        sum += e[i] = exp(0.2 * logits[i]);
    for (int i = 0; i < 4; i++) {
        const double real = 256.0 * e[i] / sum;
        assert_true(fabs(fmin(real, 255.0) - (y[i] + 128)) < 0.51);
    }
}

static void an_int8_net_on_every_backend(void **state) {
    (void)state;
    const tb_model m = tb_int8_net();
    int8_t x[32], conv[48], logits[4], y[4], scalar[4];
    uint32_t seed = 1;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 32; i++)
            x[i] = (int8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        convolve(&m, x, conv);
        pool_and_multiply(&m, conv, logits);
        tb_run(&m, "scalar", x, scalar, sizeof scalar);
        check_softmax(logits, scalar);
        for (size_t b = 0; b < edy_backend_count(); b++) {
            if (!edy_backend_runs_here(edy_backend_at(b)))
                continue;
            tb_run(&m, edy_backend_at(b)->name, x, y, sizeof y);
            assert_memory_equal(y, scalar, sizeof y);
        }
        tb_model inner = m; /* the logits themselves, byte for byte */
        inner.out[0] = 9;
        inner.n_ops = 4;
        tb_run(&inner, NULL, x, y, sizeof y);
        assert_memory_equal(y, logits, sizeof y);
        inner.out[0] = 3;
        inner.n_ops = 1;
        int8_t made[48];
        tb_run(&inner, NULL, x, made, sizeof made);
        assert_memory_equal(made, conv, sizeof made);
    }
}

static void weights_of_a_hybrid_model(void **state) {
    (void)state;
    static const int8_t w[8] = {10, 20, 30, 40, 50, 60, 70, 80};
    static const float scale = 0.1f;
    static const int64_t zero = 0;
    tb_model m = tb_float_conv();
    m.tensor[1].type = TB_INT8;
    m.tensor[1].data = w;
    m.tensor[1].bytes = sizeof w;
    m.tensor[1].n_scales = 1;
    m.tensor[1].scale = &scale;
    m.tensor[1].zero = &zero;
    const float x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    float y[8];
    tb_run(&m, NULL, x, y, sizeof y);
    assert_float_equal(y[0], 37.5, 1e-4);
    edy_graph *g = tb_import(&m);
    assert_int_equal(g->n_dequantized, 1);
    edy_graph_destroy(g);
}

/* ---- The graph ------------------------------------------------------------------------------- */

static void ports_keep_the_files_axes(void **state) {
    (void)state;
    const tb_model m = tb_float_conv();
    edy_graph *g = tb_import(&m);
    edy_plan *plan;
    edy_error err;
    const edy_plan_options options = {.batch = 3};
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s", err.message);
    char text[64];
    const edy_plan_port *in = edy_plan_input(plan, 0), *out = edy_plan_output(plan, 0);
    assert_string_equal(in->name, "x");
    assert_string_equal(edy_shape_text(&in->shape, text, sizeof text), "3x3x3x1");
    assert_string_equal(out->name, "y");
    assert_string_equal(edy_shape_text(&out->shape, text, sizeof text), "3x2x2x2");
    float x[27], y[24], one[8];
    for (int i = 0; i < 27; i++)
        x[i] = (float)(i * 7 % 13) - 3.0f;
    edy_plan_run(plan, (const void *[]){x}, (void *[]){y});
    for (int image = 0; image < 3; image++) {
        tb_run(&m, NULL, x + 9 * image, one, sizeof one);
        assert_memory_equal(one, y + 8 * image, sizeof one);
    }
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

static void no_transpose_is_left(void **state) {
    (void)state;
    const tb_model m = tb_int8_net();
    edy_graph *g = tb_import(&m);
    edy_plan *plan;
    edy_error err;
    if (edy_plan_create(g, NULL, &plan, &err))
        fail_msg("%s", err.message);
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        assert_false(edy_plan_step_at(plan, i).transposes);
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

static void names_are_told_apart(void **state) {
    (void)state;
    tb_model m = tb_float_conv();
    m.tensor[0].name = "same";
    m.tensor[3].name = "same";
    m.tensor[2].name = NULL;
    edy_graph *g = tb_import(&m);
    assert_string_equal(g->value[g->input[0]].name, "same:0");
    assert_string_equal(g->value[g->output[0]].name, "same:3");
    edy_graph_destroy(g);
}

/* ---- What is refused ------------------------------------------------------------------------- */

static void other_operators(void **state) {
    (void)state;
    tb_model m = tb_float_conv();
    m.op[0].code = TB_CUSTOM;
    m.op[0].custom = "MyOp";
    tb_refused(&m, EDY_UNSUPPORTED, "operator 0 (MyOp, version 2)", "custom");
    m.op[0].custom = NULL;
    m.op[0].code = 16;
    tb_refused(&m, EDY_UNSUPPORTED, "operator 0 (LSTM, version 2)", NULL);
    m.op[0].code = 9999;
    tb_refused(&m, EDY_UNSUPPORTED, "builtin code 9999", NULL);
    m.op[0].code = TB_CONV;
    m.op[0].options = 5;
    tb_refused(&m, EDY_BAD_FILE, "builtin_options_type is 5, not 1", NULL);
}

static void other_models(void **state) {
    (void)state;
    tb_model m = tb_float_conv();
    m.subgraphs = 2;
    tb_refused(&m, EDY_UNSUPPORTED, "2 subgraphs", NULL);
    m.subgraphs = 0;
    m.version = 2;
    tb_refused(&m, EDY_UNSUPPORTED, "schema version 2", NULL);
    m.version = 0;
    m.n_in = 0;
    tb_refused(&m, EDY_BAD_FILE, "no input", NULL);
    m.n_in = 1;
    m.n_out = 0;
    tb_refused(&m, EDY_BAD_FILE, "no output", NULL);
    m.n_out = 2;
    m.out[1] = 3;
    tb_refused(&m, EDY_UNSUPPORTED, "output tensor 3", "twice");
    m.out[1] = 0;
    tb_refused(&m, EDY_UNSUPPORTED, "output tensor 0", "no operator's result");
    m.out[1] = 77;
    tb_refused(&m, EDY_BAD_FILE, "tensor 77 of 4", NULL);
}

static void other_types(void **state) {
    (void)state;
    tb_model m = tb_float_conv();
    m.tensor[1].type = 1;
    tb_refused(&m, EDY_UNSUPPORTED, "tensor 1 \"w\" is FLOAT16", NULL);
    m.tensor[1].type = 7;
    tb_refused(&m, EDY_UNSUPPORTED, "tensor 1 \"w\" is INT16", NULL);
    m.tensor[1].type = 99;
    tb_refused(&m, EDY_BAD_FILE, "unknown type 99", NULL);
    m = tb_float_conv();
    m.tensor[2].type = TB_INT32;
    tb_refused(&m, EDY_UNSUPPORTED, "bias is int32 beside an input of float32", NULL);
}

static void wrong_shapes(void **state) {
    (void)state;
    tb_model m = tb_float_conv();
    m.tensor[0].dim[1] = -7;
    tb_refused(&m, EDY_BAD_FILE, "tensor 0 \"x\": dimension 1 is -7", NULL);
    m.tensor[0].dim[1] = 1 << 30;
    m.tensor[0].dim[2] = 1 << 30;
    tb_refused(&m, EDY_LIMIT, "tensor 0 \"x\"", "limit");
    m = tb_float_conv();
    m.tensor[3].dim[3] = 3;
    tb_refused(&m, EDY_BAD_FILE, "tensor 3 \"y\" is 1x2x2x3 in the file", "1x2x2x2");
    m = tb_float_conv();
    m.tensor[1].bytes -= 4;
    tb_refused(&m, EDY_BAD_FILE, "tensor 1 \"w\": 2x2x2x1 of float32 has 28 bytes", NULL);
    m = tb_float_conv();
    m.tensor[2].dim[0] = 1;
    m.tensor[2].bytes = 4;
    tb_refused(&m, EDY_BAD_FILE, "bias", "2 channels");
    m = tb_float_conv();
    m.op[0].field[1].value = 0;
    tb_refused(&m, EDY_BAD_FILE, "stride 0", NULL);
    m.op[0].field[1].value = 1;
    m.op[0].field[0].value = 4;
    tb_refused(&m, EDY_BAD_FILE, "padding is 4", NULL);
    m.op[0].field[0].value = 1;
    m.op[0].field[3].value = 4;
    tb_refused(&m, EDY_UNSUPPORTED, "TANH", NULL);
}

static void wrong_numbers(void **state) {
    (void)state;
    tb_model m = tb_float_conv();
    const float bias[2] = {1.0f, NAN};
    m.tensor[2].data = bias;
    tb_refused(&m, EDY_BAD_FILE, "tensor 2 \"b\": element 1 is NaN", NULL);
    m = tb_int8_net();
    const float scales[] = {0.0f, -1.0f, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        m.tensor[3].scale = &scales[i];
        tb_refused(&m, EDY_BAD_FILE, "tensor 3 \"conv\": scale 0 is", NULL);
    }
    m = tb_int8_net();
    const int64_t zero = 128, weight_zero[3] = {0, 1, 0};
    m.tensor[3].zero = &zero;
    tb_refused(&m, EDY_BAD_FILE, "tensor 3 \"conv\": zero point 0 is 128", NULL);
    m = tb_int8_net();
    m.tensor[1].zero = weight_zero;
    tb_refused(&m, EDY_UNSUPPORTED, "filter has a zero point of 1", NULL);
    m = tb_int8_net();
    m.tensor[1].axis = 3;
    tb_refused(&m, EDY_BAD_FILE, "3 scales along dimension 3", NULL);
    m = tb_int8_net();
    m.tensor[3].n_scales = 0;
    tb_refused(&m, EDY_BAD_FILE, "tensor 3 \"conv\" of int8 has 0 scales", NULL);
}

static void wrong_order(void **state) {
    (void)state;
    tb_model m = tb_int8_net();
    const tb_op first = m.op[0];
    m.op[0] = m.op[1];
    m.op[1] = first;
    tb_refused(&m, EDY_BAD_FILE, "nothing before it makes tensor 3", NULL);
    m = tb_int8_net();
    m.op[1].out[0] = 3;
    tb_refused(&m, EDY_BAD_FILE, "tensor 3 \"conv\" is made twice", NULL);
    m = tb_int8_net();
    m.op[0].in[1] = -2;
    tb_refused(&m, EDY_BAD_FILE, "tensor -2 of 11", NULL);
    m.op[0].in[1] = -1;
    tb_refused(&m, EDY_BAD_FILE, "input 1 is missing", NULL);
}

static void files_that_are_not(void **state) {
    (void)state;
    edy_graph *g;
    edy_error err;
    assert_int_equal(edy_tflite_import("/nowhere/m.tflite", NULL, &g, &err), EDY_IO);
    assert_non_null(strstr(err.message, "/nowhere/m.tflite: cannot open"));
    assert_int_equal(edy_tflite_import_memory("m", "12345678", 8, NULL, &g, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "is no TFL3 file"));
    assert_false(edy_is_tflite("12345678", 8));
    assert_true(edy_is_tflite("1234TFL3", 8));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_float_convolution),
        cmocka_unit_test(an_int8_net_on_every_backend),
        cmocka_unit_test(weights_of_a_hybrid_model),
        cmocka_unit_test(ports_keep_the_files_axes),
        cmocka_unit_test(no_transpose_is_left),
        cmocka_unit_test(names_are_told_apart),
        cmocka_unit_test(other_operators),
        cmocka_unit_test(other_models),
        cmocka_unit_test(other_types),
        cmocka_unit_test(wrong_shapes),
        cmocka_unit_test(wrong_numbers),
        cmocka_unit_test(wrong_order),
        cmocka_unit_test(files_that_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
