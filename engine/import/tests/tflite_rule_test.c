/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators of the TFLite rule that no golden covers, against real arithmetic: every byte, or every
 * pair of bytes; and ties, where the rule differs from others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "engine/import/tests/tflite_case.h"
#include "engine/tflite_fixed.h"

enum { BYTES = 256 };

static const int64_t zero_of[] = {-128, 0, 3, -20, 127};

/* x -> one operator -> y, both int8 [1, elems]. */
static tb_model one_operator(int code, int options, int elems, const float *xs, int x_zero,
                             const float *ys, int y_zero) {
    tb_model m = {.in = {0}, .n_in = 1, .out = {1}, .n_out = 1};
    for (int i = 0; i < 2; i++)
        tb_add_tensor(&m, (tb_tensor){.name = i ? "y" : "x",
                                      .type = TB_INT8,
                                      .rank = 2,
                                      .dim = {1, elems},
                                      .n_scales = 1,
                                      .scale = i ? ys : xs,
                                      .zero = &zero_of[i ? y_zero : x_zero]});
    *tb_add_op(&m, code, options) =
        (tb_op){.code = code, .in = {0}, .n_in = 1, .out = {1}, .n_out = 1, .options = options};
    return m;
}

static void all_bytes(int8_t x[BYTES]) {
    for (int i = 0; i < BYTES; i++)
        x[i] = (int8_t)(i - 128);
}

static void logistic_of_every_byte(void **state) {
    (void)state;
    static const float scales[] = {0.001f, 0.03f, 0.0625f, 0.2f, 1.5f}, unit = 1.0f / 256;
    int8_t x[BYTES], y[BYTES];
    all_bytes(x);
    for (int s = 0; s < 5; s++) {
        const tb_model m = one_operator(TB_LOGISTIC, 0, BYTES, &scales[s], 3, &unit, 0);
        tb_run(&m, NULL, x, y, sizeof y);
        for (int i = 0; i < BYTES; i++) {
            const double real = 256.0 / (1.0 + exp(-(double)scales[s] * (x[i] + 20)));
            assert_true(fabs(fmin(real, 255.0) - (y[i] + 128)) < 0.502);
        }
    }
    tb_model other = one_operator(TB_LOGISTIC, 0, BYTES, &scales[0], 3, &scales[1], 0);
    tb_refused(&other, EDY_UNSUPPORTED, "operator 0 (LOGISTIC, version 2)", "1/256");
}

static void requantize_and_relu(void **state) {
    (void)state;
    static const float xs = 0.05f, ys = 0.125f;
    int8_t x[BYTES], y[BYTES];
    all_bytes(x);
    for (int kind = 0; kind < 3; kind++) {
        const int code = kind == 0 ? TB_QUANTIZE : kind == 1 ? TB_RELU : TB_RELU6;
        const tb_model m = one_operator(code, 0, BYTES, &xs, 3, &ys, 2);
        tb_run(&m, NULL, x, y, sizeof y);
        for (int i = 0; i < BYTES; i++) {
            double real = (double)xs * (x[i] + 20);
            real = kind && real < 0 ? 0 : kind == 2 && real > 6 ? 6 : real;
            const double q = fmin(fmax(real / (double)ys + 3, -128), 127);
            assert_true(fabs(q - y[i]) <= 0.7501); /* rounded twice: to halves, then to ones */
        }
    }
}

/* a and b of every pair of bytes: 65,536 elements. */
static void pair(int code, int options, const float scales[3], int8_t *a, int8_t *b, int8_t *y) {
    static int8_t both[2][BYTES * BYTES];
    tb_model m = {.in = {0}, .n_in = 1, .out = {2}, .n_out = 1};
    for (int i = 0; i < BYTES * BYTES; i++) {
        both[0][i] = a[i] = (int8_t)(i / BYTES - 128);
        both[1][i] = b[i] = (int8_t)(i % BYTES - 128);
    }
    for (int i = 0; i < 3; i++)
        tb_add_tensor(&m, (tb_tensor){.name = i == 0   ? "a"
                                              : i == 1 ? "b"
                                                       : "y",
                                      .type = TB_INT8,
                                      .rank = 2,
                                      .dim = {1, BYTES * BYTES},
                                      .n_scales = 1,
                                      .scale = &scales[i],
                                      .zero = &zero_of[1 + i],
                                      .data = i == 1 ? both[1] : NULL,
                                      .bytes = sizeof both[1]});
    *tb_add_op(&m, code, options) =
        (tb_op){.code = code, .in = {0, 1}, .n_in = 2, .out = {2}, .n_out = 1, .options = options};
    tb_run(&m, NULL, both[0], y, BYTES * BYTES);
}

static void add_and_mul_of_every_pair(void **state) {
    (void)state;
    static const float scales[3] = {0.07f, 0.021f, 0.13f};
    static int8_t a[BYTES * BYTES], b[BYTES * BYTES], y[BYTES * BYTES];
    for (int mul = 0; mul < 2; mul++) {
        pair(mul ? TB_MUL : TB_ADD, mul ? 21 : 11, scales, a, b, y);
        for (int i = 0; i < BYTES * BYTES; i++) {
            const double u = (double)scales[0] * a[i], v = (double)scales[1] * (b[i] - 3);
            const double real = (mul ? u * v : u + v) / (double)scales[2] - 20;
            assert_true(fabs(fmin(fmax(real, -128), 127) - y[i]) <= 0.51);
        }
    }
}

static void mean_and_average(void **state) {
    (void)state;
    static const float xs = 0.1f, ys = 0.04f;
    static const int32_t axes[2] = {1, 2};
    const int8_t x[24] = {1,  -2, 3,  -4, 5,  -6, 7,  -8,  9,  -10, 11, -12,
                          13, 14, 15, 16, 17, 18, 19, -20, 21, -22, 23, -24};
    int8_t y[2];
    tb_model m = one_operator(TB_MEAN, 27, 1, &xs, 3, &ys, 2);
    m.tensor[0].rank = 4;
    memcpy(m.tensor[0].dim, (int[]){1, 3, 4, 2}, 4 * sizeof(int));
    memcpy(m.tensor[1].dim, (int[]){1, 2}, 2 * sizeof(int));
    m.op[0].in[1] = tb_add_tensor(&m, (tb_tensor){.name = "axes",
                                                  .type = TB_INT32,
                                                  .rank = 1,
                                                  .dim = {2},
                                                  .data = axes,
                                                  .bytes = sizeof axes});
    m.op[0].n_in = 2;
    tb_run(&m, NULL, x, y, sizeof y);
    for (int c = 0; c < 2; c++) {
        int sum = 0;
        for (int p = 0; p < 12; p++)
            sum += x[2 * p + c] + 20;
        const double real = (double)xs * sum / 12 / (double)ys + 3;
        assert_true(fabs(fmin(real, 127) - y[c]) <= 0.5001);
    }
    /* Average: ties away from zero, on both sides of it. */
    tb_model pool = one_operator(TB_AVERAGE, 5, 1, &xs, 3, &xs, 3);
    pool.tensor[0].rank = pool.tensor[1].rank = 4;
    memcpy(pool.tensor[0].dim, (int[]){1, 1, 2, 2}, 4 * sizeof(int));
    memcpy(pool.tensor[1].dim, (int[]){1, 1, 1, 2}, 4 * sizeof(int));
    pool.op[0].n_fields = 5;
    memcpy(pool.op[0].field, (tb_field[]){{0, 1, 1}, {1, 4, 1}, {2, 4, 1}, {3, 4, 2}, {4, 4, 1}},
           5 * sizeof(tb_field));
    tb_run(&pool, NULL, (int8_t[]){3, -3, 4, -4}, y, sizeof y);
    assert_int_equal(y[0], 4);
    assert_int_equal(y[1], -4);
}

static void softmax_rows(void **state) {
    (void)state;
    int8_t x[600], y[600];
    uint32_t seed = 5;
    const float scales[] = {0.0005f, 0.01f, 0.1f, 1.0f, 60.0f};
    for (size_t n = 1; n <= 600; n += n < 20 ? 1 : 145)
        for (int s = 0; s < 5; s++) {
            edy_tflite_softmax params;
            double sum = 0.0;
            int most = -128;
            assert_true(edy_tflite_softmax_make(scales[s], 1.0f, &params));
            for (size_t i = 0; i < n; i++) {
                x[i] = (int8_t)((seed = seed * 1664525 + 1013904223) >> 24);
                most = x[i] > most ? x[i] : most;
            }
            for (size_t i = 0; i < n; i++)
                sum += exp((double)scales[s] * (x[i] - most));
            edy_tflite_softmax_row(&params, n, x, y);
            for (size_t i = 0; i < n; i++) {
                const double real = 256.0 * exp((double)scales[s] * (x[i] - most)) / sum;
                assert_true(fabs(fmin(real, 255.0) - (y[i] + 128)) < 0.52);
            }
        }
    edy_tflite_softmax params;
    assert_false(edy_tflite_softmax_make(1e-9f, 1.0f, &params)); /* the source gives up */
    memset(x, 100, sizeof x); /* 600 equal values: more than the shift of the source can take */
    assert_true(edy_tflite_softmax_make(0.1f, 1.0f, &params));
    edy_tflite_softmax_row(&params, 600, x, y);
    assert_in_range(y[0] + 128, 0, 1);
}

static void exp_and_division(void **state) {
    (void)state;
    for (int bits = 4; bits <= 5; bits++)
        for (int k = 0; k <= 2000; k++) {
            const int32_t x = (int32_t)(-(int64_t)INT32_MAX * k / 2001);
            const double real = exp(ldexp((double)x, bits - 31));
            assert_true(fabs(ldexp((double)edy_tflite_exp(x, bits), -31) - real) < 2e-6);
        }
    for (int k = 0; k <= 1000; k++) {
        const int32_t x = (int32_t)((int64_t)INT32_MAX * k / 1000);
        const double got = ldexp((double)edy_tflite_one_over_one_plus(x), -31);
        assert_true(fabs(got - 1.0 / (1.0 + ldexp((double)x, -31))) < 1e-6);
    }
}

static void ties_of_quantize(void **state) {
    (void)state;
    assert_int_equal(edy_tflite_quantize(0.5f, 1.0f, 0, -128, 127), 1); /* away from zero */
    assert_int_equal(edy_tflite_quantize(2.5f, 1.0f, 0, -128, 127), 3);
    assert_int_equal(edy_tflite_quantize(-0.5f, 1.0f, 0, -128, 127), -1);
    assert_int_equal(edy_tflite_quantize(1e30f, 1.0f, 5, -128, 127), 127);
    assert_int_equal(edy_tflite_quantize(NAN, 1.0f, 5, -128, 127), -128);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logistic_of_every_byte),
        cmocka_unit_test(requantize_and_relu),
        cmocka_unit_test(add_and_mul_of_every_pair),
        cmocka_unit_test(mean_and_average),
        cmocka_unit_test(softmax_rows),
        cmocka_unit_test(exp_and_division),
        cmocka_unit_test(ties_of_quantize),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
