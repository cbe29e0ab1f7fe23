/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* requant.h on closed cases, and against formulations that share no code with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/requant.h"

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 16;
}

static int32_t random_s32(uint64_t *state) {
    return (int32_t)(uint32_t)next_random(state);
}

/* ---- Oracles --------------------------------------------------------------------------------- */

static double bounded(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* binary32(a * b + c), rounded once: the product of a binary32 number and a small one is exact in
 * double; the sum is rounded to odd first, which makes the second rounding the only one that counts
 * (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008). */
static float fused(float a, float b, float c) {
    const double product = (double)a * (double)b;
    double sum = product + (double)c;
    const double back = sum - product;
    const double error = (product - (sum - back)) + ((double)c - back);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if (error != 0.0 && bits % 2 == 0)
        sum = nextafter(sum, error > 0.0 ? INFINITY : -INFINITY);
    return (float)sum;
}

/* floor(a / 2^bits) */
static int64_t floor_divide(int64_t a, int bits) {
    const int64_t d = INT64_C(1) << bits;
    return a >= 0 ? a / d : -((-a + d - 1) / d);
}

static int64_t half_away(int64_t a, int bits) {
    const int64_t half = bits > 0 ? INT64_C(1) << (bits - 1) : 0;
    return a >= 0 ? (a + half) / (INT64_C(1) << bits) : -((-a + half) / (INT64_C(1) << bits));
}

/* ---- Rule ONNX ------------------------------------------------------------------------------- */

static void rounds_ties_to_even(void **state) {
    (void)state;
    assert_int_equal(edy_rne(0.5f), 0);
    assert_int_equal(edy_rne(1.5f), 2);
    assert_int_equal(edy_rne(2.5f), 2);
    assert_int_equal(edy_rne(-0.5f), 0);
    assert_int_equal(edy_rne(-1.5f), -2);
    assert_int_equal(edy_rne(-2.5f), -2);
    assert_int_equal(edy_rne(126.49999f), 126);
}

static void clamps_integers(void **state) {
    (void)state;
    assert_int_equal(edy_clamp_s32(INT32_MIN, -128, 127), -128);
    assert_int_equal(edy_clamp_s32(INT32_MAX, -128, 127), 127);
    assert_int_equal(edy_clamp_s32(-5, -5, -5), -5);
}

static void multiplies_scales_before_dividing(void **state) {
    (void)state;
    /* 1e-30 * 1e-30 underflows to 0 in binary32: only that order gives 0. */
    assert_true(edy_onnx_multiplier(1e-30f, 1e-30f, 1e-30f) == 0.0f);
    assert_true(edy_onnx_multiplier(0.5f, 0.25f, 2.0f) == 0.0625f);
    const float product = (float)(0.1 * 1.0) * 0.3f; /* rounded to binary32 */
    assert_true(edy_onnx_multiplier(0.1f, 0.3f, 0.7f) == product / 0.7f);
}

static void requantizes_closed_cases(void **state) {
    (void)state;
    assert_int_equal(edy_onnx_requant(1, 0.5f, 0, -128, 127), 0);
    assert_int_equal(edy_onnx_requant(3, 0.5f, 0, -128, 127), 2);
    assert_int_equal(edy_onnx_requant(-1, 0.5f, 0, -128, 127), 0);
    assert_int_equal(edy_onnx_requant(-3, 0.5f, 0, -128, 127), -2);
    /* The zero point is added after rounding: the tie does not follow its parity. */
    assert_int_equal(edy_onnx_requant(1, 0.5f, 1, -128, 127), 1);
    assert_int_equal(edy_onnx_requant(1, 0.5f, -7, -128, 127), -7);
    assert_int_equal(edy_onnx_requant(INT32_MAX, 1.0f, 0, -128, 127), 127);
    assert_int_equal(edy_onnx_requant(INT32_MIN, 1.0f, 0, -128, 127), -128);
    assert_int_equal(edy_onnx_requant(INT32_MAX, FLT_MAX, -128, -128, 127), 127);
    assert_int_equal(edy_onnx_requant(INT32_MIN, FLT_MAX, 127, -128, 127), -128);
    assert_int_equal(edy_onnx_requant(0, FLT_MAX, 12, -128, 127), 12);
    assert_int_equal(edy_onnx_requant(-100, 1.0f, 5, 5, 100), 5); /* Relu */
    assert_int_equal(edy_onnx_requant(200, 1.0f, 5, 5, 100), 100);
    /* 2^24 + 1 has no binary32: it becomes 2^24 before the product. */
    assert_int_equal(edy_onnx_requant(16777217, 0x1.8p-18f, 0, -128, 127), 96);
}

static void requantizes_like_double(void **state) {
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 1000000; i++) {
        const int32_t acc = random_s32(&random) >> (next_random(&random) % 24);
        const float m = (float)(1 + next_random(&random) % 4096) * 0x1p-20f;
        const int32_t z = (int32_t)(next_random(&random) % 256) - 128;
        const float product = (float)((double)(float)acc * (double)m);
        const double want = bounded(nearbyint((double)product) + z, -128.0, 127.0);
        assert_int_equal(edy_onnx_requant(acc, m, z, -128, 127), (int)want);
    }
}

static void commutes_with_the_shift_to_s8(void **state) {
    (void)state;
    uint64_t random = 2;
    for (int i = 0; i < 100000; i++) { /* as u8 it would be clamp(rne(acc * m) + z, 0, 255) */
        const int32_t acc = random_s32(&random) >> 16, z = (int32_t)(next_random(&random) % 256);
        const double q = nearbyint((double)((float)acc * 0.0371f));
        const double want = bounded(q + z, 0.0, 255.0);
        assert_int_equal(edy_onnx_requant(acc, 0.0371f, z - 128, -128, 127) + 128, (int)want);
    }
}

static void quantizes_closed_cases(void **state) {
    (void)state;
    assert_int_equal(edy_onnx_quantize(NAN, 0.1f, 3, -128, 127), -128);
    assert_int_equal(edy_onnx_quantize(NAN, 0.1f, 3, -5, 100), -5);
    assert_int_equal(edy_onnx_quantize(INFINITY, 0.1f, 3, -128, 127), 127);
    assert_int_equal(edy_onnx_quantize(-INFINITY, 0.1f, 3, -128, 127), -128);
    assert_int_equal(edy_onnx_quantize(FLT_MAX, FLT_MIN, 3, -128, 127), 127);
    assert_int_equal(edy_onnx_quantize(-0.0f, 0.1f, 3, -128, 127), 3);
    assert_int_equal(edy_onnx_quantize(1e-45f, 1.0f, 3, -128, 127), 3);
    assert_int_equal(edy_onnx_quantize(0.5f, 1.0f, 0, -128, 127), 0);
    assert_int_equal(edy_onnx_quantize(1.5f, 1.0f, 0, -128, 127), 2);
    assert_int_equal(edy_onnx_quantize(1.5f, 1.0f, 1, -128, 127), 3); /* z after rounding */
    assert_int_equal(edy_onnx_quantize(127.5f, 1.0f, 0, -128, 127), 127);
    assert_int_equal(edy_onnx_quantize(-128.5f, 1.0f, 0, -128, 127), -128);
}

/* x / s and x * (1 / s) fall on different sides of a tie for many x: each must be as divided. */
static void quantizes_by_division(void **state) {
    (void)state;
    size_t differ = 0;
    for (int scale = 1; scale < 2000; scale++) {
        const float s = (float)scale * 0.00037f, inverse = 1.0f / s;
        for (int q = -100; q < 100; q++) {
            const float x = s * ((float)q + 0.5f);
            const double divided = nearbyint((double)(float)((double)x / (double)s));
            differ += divided != nearbyint((double)(x * inverse));
            assert_int_equal(edy_onnx_quantize(x, s, 0, -128, 127), (int)divided);
        }
    }
    assert_true(differ > 100); /* the sweep can tell the two apart */
}

static void dequantizes_every_pair(void **state) {
    (void)state;
    for (int q = -128; q < 256; q++)
        for (int z = -128; z < 256; z++)
            assert_true(edy_dequantize(q, 0.1f, z) == (float)((double)(q - z) * (double)0.1f));
}

typedef struct add_case {
    float sa, sb, sy;
    int32_t za, zb, zy, shift; /* shift: 128 for u8 */
} add_case;

static const add_case add_cases[] = {
    {0.5f, 0.5f, 1.0f, 0, 0, 0, 0},           {0.5f, 0.5f, 1.0f, 0, 0, 1, 0},
    {0.5f, 0.5f, 1.0f, 128, 3, 7, 128},       {0.02351f, 0.0177f, 0.0312f, 117, 131, 122, 128},
    {0.1f, 0.003f, 0.07f, 0, 255, 128, 128},  {0.25f, 0.125f, 0.5f, -128, 127, -3, 0},
    {0.0471f, 0.0471f, 0.0471f, 1, 2, 3, 128}};

static void adds_every_pair_of_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof add_cases / sizeof add_cases[0]; i++) {
        const add_case *t = &add_cases[i];
        const int low = t->shift - 128, high = t->shift + 127;
        edy_requant_add r = edy_onnx_add_make(t->sa, t->za, t->sb, t->zb, t->sy, t->zy, low, high);
        r.a_shift = r.b_shift = r.y_shift = t->shift;
        const float ra = t->sa / t->sy, rb = t->sb / t->sy;
        const float zbr = (float)((double)rb * (double)t->zb);
        const float offset = (float)((double)t->zy - (double)fused(ra, (float)t->za, zbr));
        for (int a = low; a <= high; a++) {
            for (int b = low; b <= high; b++) {
                const float sum = fused(ra, (float)a, fused(rb, (float)b, offset));
                const int want = (int)nearbyint(bounded(sum, low, high)) - t->shift;
                assert_int_equal(edy_onnx_add((int8_t)(a - t->shift), (int8_t)(b - t->shift), &r),
                                 want);
            }
        }
    }
}

static void add_rounds_with_the_zero_point_inside(void **state) {
    (void)state;
    /* 1 * 0.5 + 0 = 0.5: with zero point 0 the tie goes to 0, with 1 it is 1.5 and goes to 2. */
    edy_requant_add r = edy_onnx_add_make(0.5f, 0, 0.5f, 0, 1.0f, 0, -128, 127);
    assert_int_equal(edy_onnx_add(1, 0, &r), 0);
    r = edy_onnx_add_make(0.5f, 0, 0.5f, 0, 1.0f, 1, -128, 127);
    assert_int_equal(edy_onnx_add(1, 0, &r), 2);
}

static void multiplies_every_pair_of_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof add_cases / sizeof add_cases[0]; i++) {
        const add_case *t = &add_cases[i];
        const int low = t->shift - 128, high = t->shift + 127;
        const float m = edy_onnx_multiplier(t->sa, t->sb, t->sy);
        for (int a = low; a <= high; a++) {
            for (int b = low; b <= high; b++) {
                const double product = (double)(a - t->za) * (double)(b - t->zb);
                const float scaled = (float)(product * (double)m);
                const float moved = (float)((double)scaled + t->zy);
                const int want = (int)nearbyint(bounded(moved, low, high)) - t->shift;
                const int got =
                    edy_onnx_mul((int8_t)(a - t->shift), t->za - t->shift, (int8_t)(b - t->shift),
                                 t->zb - t->shift, m, t->zy, low, high, t->shift);
                assert_int_equal(got, want);
            }
        }
    }
}

/* ---- Rule TFLite ----------------------------------------------------------------------------- */

static void check_multiplier(double real, int32_t q, int32_t shift) {
    const edy_fixed f = edy_tflite_multiplier(real);
    assert_int_equal(f.q, q);
    assert_int_equal(f.shift, shift);
}

static void makes_fixed_point_multipliers(void **state) {
    (void)state;
    check_multiplier(0.0, 0, 0);
    check_multiplier(0.5, 1 << 30, 0);
    check_multiplier(1.0, 1 << 30, 1);
    check_multiplier(0.75, 1610612736, 0);
    check_multiplier(0.25, 1 << 30, -1);
    check_multiplier(3.0, 1610612736, 2);
    check_multiplier(nextafter(1.0, 0.0), 1 << 30, 1); /* rounds to 2^31, which is halved */
    check_multiplier(1.0 - 0x1p-31, INT32_MAX, 0);
    check_multiplier(0.5 + 0x1p-33, 1 << 30, 0);       /* 2^30 + 0.25 */
    check_multiplier(0.5 + 0x1p-32, (1 << 30) + 1, 0); /* a tie: away from zero */
    check_multiplier(0x1p-32, 1 << 30, -31);
    check_multiplier(0x1p-33, 0, 0);
    check_multiplier(nextafter(0x1p-32, 0.0), 1 << 30, -31); /* halved: back in range */
    check_multiplier(0x1p29, 1 << 30, 30);
    check_multiplier(0x1p30, INT32_MAX, 30);
    check_multiplier(1e300, INT32_MAX, 30);
}

static void multiplies_high_closed_cases(void **state) {
    (void)state;
    assert_int_equal(edy_tflite_high_mul(INT32_MIN, INT32_MIN), INT32_MAX);
    assert_int_equal(edy_tflite_high_mul(INT32_MIN, INT32_MAX), -INT32_MAX);
    assert_int_equal(edy_tflite_high_mul(INT32_MAX, INT32_MAX), INT32_MAX - 1);
    assert_int_equal(edy_tflite_high_mul(1, 1 << 30), 1);   /* 0.5 up */
    assert_int_equal(edy_tflite_high_mul(-1, 1 << 30), 0);  /* -0.5 up */
    assert_int_equal(edy_tflite_high_mul(3, 1 << 30), 2);   /* 1.5 */
    assert_int_equal(edy_tflite_high_mul(-3, 1 << 30), -1); /* -1.5 */
    assert_int_equal(edy_tflite_high_mul(1, (1 << 30) - 1), 0);
    assert_int_equal(edy_tflite_high_mul(-1, (1 << 30) + 1), -1);
    assert_int_equal(edy_tflite_high_mul(0, INT32_MIN), 0);
}

static void multiplies_high_like_floor(void **state) {
    (void)state;
    uint64_t random = 3;
    for (int i = 0; i < 1000000; i++) {
        const int32_t a = random_s32(&random) >> (next_random(&random) % 32);
        const int32_t b = random_s32(&random) >> (next_random(&random) % 32);
        if (a == INT32_MIN && b == INT32_MIN)
            continue;
        const int64_t want = floor_divide((int64_t)a * b + (INT64_C(1) << 30), 31);
        assert_int_equal(edy_tflite_high_mul(a, b), want);
    }
}

static void shifts_right_away_from_zero(void **state) {
    (void)state;
    assert_int_equal(edy_tflite_shift_right(1, 1), 1);
    assert_int_equal(edy_tflite_shift_right(-1, 1), -1);
    assert_int_equal(edy_tflite_shift_right(3, 1), 2);
    assert_int_equal(edy_tflite_shift_right(-3, 1), -2);
    assert_int_equal(edy_tflite_shift_right(5, 2), 1);
    assert_int_equal(edy_tflite_shift_right(-5, 2), -1);
    assert_int_equal(edy_tflite_shift_right(INT32_MIN, 0), INT32_MIN);
    assert_int_equal(edy_tflite_shift_right(INT32_MAX, 0), INT32_MAX);
    assert_int_equal(edy_tflite_shift_right(INT32_MAX, 31), 1);
    assert_int_equal(edy_tflite_shift_right(INT32_MIN, 31), -1);
    assert_int_equal(edy_tflite_shift_right(1 << 30, 31), 1);
    assert_int_equal(edy_tflite_shift_right(-(1 << 30), 31), -1);
    assert_int_equal(edy_tflite_shift_right((1 << 30) - 1, 31), 0);
    uint64_t random = 4;
    for (int i = 0; i < 1000000; i++) {
        const int32_t x = random_s32(&random) >> (next_random(&random) % 32);
        const int bits = (int)(next_random(&random) % 32);
        assert_int_equal(edy_tflite_shift_right(x, bits), half_away(x, bits));
    }
}

static void rounds_twice(void **state) {
    (void)state;
    /* 0.25 of 1: 0.5 rounds up to 1, and half of that away from zero to 1. Of -1: -0.5 up to 0. */
    const edy_fixed quarter = {1 << 30, -1};
    assert_int_equal(edy_tflite_scale(1, quarter), 1);
    assert_int_equal(edy_tflite_scale(-1, quarter), 0);
    assert_int_equal(edy_tflite_scale(-2, quarter), -1);
    /* A positive shift multiplies first, and wraps as int32 does. */
    assert_int_equal(edy_tflite_scale(3, (edy_fixed){1 << 30, 1}), 3);
    assert_int_equal(edy_tflite_scale(1 << 30, (edy_fixed){1 << 30, 2}), 0);
    assert_int_equal(edy_tflite_scale(1, (edy_fixed){INT32_MAX, 30}), 1 << 30);
    assert_int_equal(edy_tflite_scale(INT32_MIN, (edy_fixed){1 << 30, -31}), -1);
    assert_int_equal(edy_tflite_scale(INT32_MIN, (edy_fixed){0, 0}), 0);
}

static void requantizes_tflite(void **state) {
    (void)state;
    const edy_fixed one = {1 << 30, 1}, almost = {INT32_MAX, 0};
    assert_int_equal(edy_tflite_requant(5, one, 100, -128, 127), 105);
    assert_int_equal(edy_tflite_requant(50, one, 100, -128, 127), 127);
    assert_int_equal(edy_tflite_requant(-50, one, -100, -128, 127), -128);
    assert_int_equal(edy_tflite_requant(-50, one, -100, -100, 127), -100);
    /* The zero point may carry the sum beyond int32: it must saturate, not wrap. */
    assert_int_equal(edy_tflite_requant(INT32_MAX, almost, 127, -128, 127), 127);
    assert_int_equal(edy_tflite_requant(INT32_MIN, almost, -128, -128, 127), -128);
    uint64_t random = 5;
    for (int i = 0; i < 1000000; i++) {
        const int32_t acc = random_s32(&random) >> (next_random(&random) % 20);
        const edy_fixed m = {(1 << 30) + (int32_t)(next_random(&random) % (1 << 30)),
                             -(int32_t)(next_random(&random) % 32)};
        const int32_t z = (int32_t)(next_random(&random) % 256) - 128;
        const int64_t high = floor_divide((int64_t)acc * m.q + (INT64_C(1) << 30), 31);
        const int64_t sum = half_away(high, -m.shift) + z;
        assert_int_equal(edy_tflite_requant(acc, m, z, -128, 127), sum < -128  ? -128
                                                                   : sum > 127 ? 127
                                                                               : sum);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_ties_to_even),
        cmocka_unit_test(clamps_integers),
        cmocka_unit_test(multiplies_scales_before_dividing),
        cmocka_unit_test(requantizes_closed_cases),
        cmocka_unit_test(requantizes_like_double),
        cmocka_unit_test(commutes_with_the_shift_to_s8),
        cmocka_unit_test(quantizes_closed_cases),
        cmocka_unit_test(quantizes_by_division),
        cmocka_unit_test(dequantizes_every_pair),
        cmocka_unit_test(adds_every_pair_of_bytes),
        cmocka_unit_test(add_rounds_with_the_zero_point_inside),
        cmocka_unit_test(multiplies_every_pair_of_bytes),
        cmocka_unit_test(makes_fixed_point_multipliers),
        cmocka_unit_test(multiplies_high_closed_cases),
        cmocka_unit_test(multiplies_high_like_floor),
        cmocka_unit_test(shifts_right_away_from_zero),
        cmocka_unit_test(rounds_twice),
        cmocka_unit_test(requantizes_tflite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
