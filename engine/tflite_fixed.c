/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/tflite_fixed.h"

#include <assert.h>
#include <math.h>

#include "engine/requant.h"

/* x * 2^exponent, saturating; exponent 0 to 30. */
static int32_t shift_left(int32_t x, int exponent) {
    const int64_t wide = (int64_t)x * (INT64_C(1) << exponent);
    return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

/* exp(x) for x in [-1/4, 0) in Q0.31: Taylor's series of 4th order around -1/8. */
static int32_t exp_quarter(int32_t x) {
    enum { EXP_EIGHTH = 1895147668 /* exp(-1/8) */, THIRD = 715827883 };
    const int32_t d = x + (1 << 28);
    const int32_t d2 = edy_tflite_high_mul(d, d), d3 = edy_tflite_high_mul(d2, d);
    const int32_t d4_4 = edy_tflite_shift_right(edy_tflite_high_mul(d2, d2), 2);
    const int32_t tail =
        edy_tflite_shift_right(edy_tflite_high_mul(d4_4 + d3, THIRD) + d2, 1); /* d2/2+d3/6+d4/24 */
    return EXP_EIGHTH + edy_tflite_high_mul(EXP_EIGHTH, d + tail);
}

int32_t edy_tflite_exp(int32_t x, int integer_bits) {
    /* exp(-2^k) in Q0.31 for k = -2 .. 4. */
    static const int32_t power[7] = {1672461947, 1302514674, 790015084, 290630308,
                                     39332535,   720401,     242};
    assert(x <= 0 && integer_bits >= 1 && integer_bits <= 5);
    if (x == 0)
        return INT32_MAX;
    const int fraction = 31 - integer_bits;
    const int32_t quarter = INT32_C(1) << (fraction - 2);
    const int32_t part = (x & (quarter - 1)) - quarter; /* in [-1/4, 0) */
    const int64_t rest = (int64_t)part - x;             /* a multiple of 1/4 */
    int32_t y = exp_quarter(shift_left(part, integer_bits));
    for (int k = -2; k < integer_bits; k++)
        if (rest >> (fraction + k) & 1)
            y = edy_tflite_high_mul(y, power[k + 2]);
    return y;
}

/* Division by three steps of Newton and Raphson from 48/17 - 32/17 d, d = (1 + x) / 2, in Q2.29. */
int32_t edy_tflite_one_over_one_plus(int32_t x) {
    enum { A = 1515870810 /* 48/17 */, B = -1010580540 /* -32/17 */, ONE = 1 << 29 };
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = A + edy_tflite_high_mul(half, B);
    for (int i = 0; i < 3; i++) {
        const int32_t error = ONE - edy_tflite_high_mul(half, y);
        y += shift_left(edy_tflite_high_mul(y, error), 2);
    }
    return shift_left(y, 1); /* half of it, in Q0.31 */
}

/* ---- SOFTMAX --------------------------------------------------------------------------------- */

enum { DIFF_BITS = 5, SUM_BITS = 12, OUTPUT_BITS = 8 };

/* Largest difference that scales to less than 2^integer_bits - 1 (CalculateInputRadius). */
static int32_t radius(int integer_bits, int left_shift) {
    const double most = ((1 << integer_bits) - 1.0) * ldexp(1.0, 31 - integer_bits - left_shift);
    return most < 2147483647.0 ? (int32_t)floor(most) : INT32_MAX;
}

int edy_tflite_softmax_make(float scale, float beta, edy_tflite_softmax *s) {
    const double real = (double)beta * (double)scale * (double)(1 << (31 - DIFF_BITS));
    if (!(real > 1.0))
        return 0;
    const edy_fixed m = edy_tflite_multiplier(real < 2147483647.0 ? real : 2147483647.0);
    /* edy_tflite_multiplier keeps shifts below 31; this one may be 31, then only 0 is near. */
    int shift;
    frexp(real < 2147483647.0 ? real : 2147483647.0, &shift);
    s->multiplier = m.q;
    s->left_shift = shift > 30 ? shift : m.shift;
    s->diff_min = -radius(DIFF_BITS, s->left_shift);
    return 1;
}

/* The difference to the maximum in Q5.26; diff in diff_min..0. */
static int32_t scaled_diff(const edy_tflite_softmax *s, int32_t diff) {
    const int64_t shifted = (int64_t)diff * (INT64_C(1) << s->left_shift);
    return edy_tflite_high_mul((int32_t)shifted, s->multiplier);
}

/* Divides by 2^exponent, ties away from zero; x is not negative and the exponent may exceed 31. */
static int32_t shift_far(int32_t x, int exponent) {
    return exponent > 31 ? 0 : edy_tflite_shift_right(x, exponent);
}

void edy_tflite_softmax_row(const edy_tflite_softmax *s, size_t n, const int8_t *x, int8_t *y) {
    assert(n >= 1 && n <= EDY_TFLITE_SOFTMAX_MAX);
    int32_t most = x[0];
    for (size_t i = 1; i < n; i++)
        most = x[i] > most ? x[i] : most;
    int32_t sum = 0; /* Q12.19, at least 1 */
    for (size_t i = 0; i < n; i++)
        if (x[i] - most >= s->diff_min)
            sum += edy_tflite_shift_right(edy_tflite_exp(scaled_diff(s, x[i] - most), DIFF_BITS),
                                          SUM_BITS);
    const int headroom = __builtin_clz((unsigned)sum);
    const int32_t mantissa = (int32_t)(((uint32_t)sum << headroom) - (UINT32_C(1) << 31));
    const int32_t inverse = edy_tflite_one_over_one_plus(mantissa);
    const int exponent = SUM_BITS - headroom + 31 - OUTPUT_BITS;
    for (size_t i = 0; i < n; i++) {
        int32_t q = -128;
        if (x[i] - most >= s->diff_min) {
            const int32_t e = edy_tflite_exp(scaled_diff(s, x[i] - most), DIFF_BITS);
            q += shift_far(edy_tflite_high_mul(inverse, e), exponent);
        }
        y[i] = (int8_t)edy_clamp_s32(q, -128, 127);
    }
}

/* ---- LOGISTIC -------------------------------------------------------------------------------- */

static int32_t logistic(int32_t x, int integer_bits) {
    if (x == 0)
        return 1 << 30;
    const int32_t positive =
        edy_tflite_one_over_one_plus(edy_tflite_exp(x > 0 ? -x : x, integer_bits));
    return x > 0 ? positive : INT32_MAX - positive;
}

void edy_tflite_logistic_table(float scale, int32_t zero_point, int8_t table[256]) {
    enum { INPUT_BITS = 4 };
    const edy_fixed m = edy_tflite_multiplier((double)scale * (double)(1 << (31 - INPUT_BITS)));
    const int32_t most = radius(INPUT_BITS, m.shift);
    for (int32_t q = -128; q < 128; q++) {
        const int32_t x = q - zero_point;
        int32_t y = x <= -most ? -128 : 127;
        if (x > -most && x < most)
            y = edy_tflite_shift_right(logistic(edy_tflite_scale(x, m), INPUT_BITS),
                                       31 - OUTPUT_BITS) -
                128;
        table[(uint8_t)q] = (int8_t)edy_clamp_s32(y, -128, 127);
    }
}
