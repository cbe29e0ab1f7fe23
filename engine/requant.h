/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The one definition of integer requantization: int32 accumulator -> int8 activation.
 *
 * Integer activations are s8 inside the engine. A u8 tensor of a model is stored as q - 128 with
 * zero point z - 128. Both rules below commute with that shift where the zero point is added to an
 * integer; in add and mul it takes part in a rounding, so these work in the model's own domain.
 *
 * Two rules exist and which one applies is a property of the graph:
 *   EDY_RULE_ONNX    float multiply, round to nearest even   (ONNX Runtime 1.30 MLAS, level 99)
 *   EDY_RULE_TFLITE  fixed point, double rounding            (TensorFlow Lite Micro, reference)
 *
 * All float arithmetic is binary32; a fused multiply-add happens only where fmaf is written.
 * The current rounding mode must be to-nearest (the C default). */
#ifndef EDY_REQUANT_H
#define EDY_REQUANT_H

#include <assert.h>
#include <math.h>
#include <stdint.h>

typedef enum edy_rule { EDY_RULE_ONNX, EDY_RULE_TFLITE, EDY_RULE_COUNT } edy_rule;

/* Round to nearest, ties to even, of a value already clamped to int32 range. */
static inline int32_t edy_rne(float x) {
    return (int32_t)lrintf(x);
}

static inline int32_t edy_clamp_s32(int32_t x, int32_t low, int32_t high) {
    return x < low ? low : x > high ? high : x;
}

/* ---- Rule ONNX ------------------------------------------------------------------------------- */

/* Multiplier of a convolution or dense layer for one output channel: (xs * ws) / ys, in that order,
 * each step rounded to binary32. Source: MLAS requantization as called by QLinearConv (ORT 1.30).
 * The caller refuses scales for which it is not finite. */
static inline float edy_onnx_multiplier(float x_scale, float w_scale, float y_scale) {
    const float product = x_scale * w_scale;
    return product / y_scale;
}

/* acc: int32 with bias. Result: clamp(rne((float)acc * m), low - z, high - z) + z, where z, low and
 * high are in the s8 domain (low >= -128, high <= 127). The clamp is done in float before
 * converting, so that a product beyond int32 saturates. */
static inline int8_t edy_onnx_requant(int32_t acc, float m, int32_t zero_point, int32_t low,
                                      int32_t high) {
    float f = (float)acc * m;
    const float lo = (float)(low - zero_point), hi = (float)(high - zero_point);
    f = f < lo ? lo : f;
    f = f > hi ? hi : f;
    return (int8_t)(edy_rne(f) + zero_point);
}

/* QuantizeLinear: clamp(rne(x / s) + z) in the s8 domain. A division, never a multiply by 1/s. The
 * clamp comes before the conversion; NaN gives low (ORT on x86-64: maxps returns its second
 * operand). */
static inline int8_t edy_onnx_quantize(float x, float scale, int32_t zero_point, int32_t low,
                                       int32_t high) {
    const float f = x / scale;
    const float lo = (float)(low - zero_point), hi = (float)(high - zero_point);
    if (!(f >= lo))
        return (int8_t)low;
    if (f > hi)
        return (int8_t)high;
    return (int8_t)(edy_rne(f) + zero_point);
}

/* DequantizeLinear: (q - z) * s. The difference is exact in binary32. */
static inline float edy_dequantize(int32_t q, float scale, int32_t zero_point) {
    return (float)(q - zero_point) * scale;
}

/* Add of two quantized tensors (MLAS QLinearAdd). The zero point of the result is inside the
 * rounding, so a tie follows its parity: the arithmetic is done in the model's own domain, where a
 * u8 value is the stored s8 plus 128. */
typedef struct edy_requant_add {
    float ra, rb, f; /* sa/sy, sb/sy, zy - fma(ra, za, rb * zb) with z in the model's domain */
    int32_t a_shift, b_shift, y_shift; /* 128 where that tensor is u8 in the model, else 0 */
    int32_t low, high;                 /* clamp, in the model's domain of y */
} edy_requant_add;

/* Scales and zero points in the model's own domain (z of a u8 tensor is 0..255). The shifts are 0:
 * the caller sets them. */
static inline edy_requant_add edy_onnx_add_make(float sa, int32_t za, float sb, int32_t zb,
                                                float sy, int32_t zy, int32_t low, int32_t high) {
    edy_requant_add r = {.ra = sa / sy, .rb = sb / sy, .low = low, .high = high};
    const float zbr = r.rb * (float)zb;
    r.f = (float)zy - fmaf(r.ra, (float)za, zbr);
    return r;
}

static inline int8_t edy_onnx_add(int8_t a, int8_t b, const edy_requant_add *r) {
    const float fa = (float)(a + r->a_shift), fb = (float)(b + r->b_shift);
    float f = fmaf(r->ra, fa, fmaf(r->rb, fb, r->f));
    f = f < (float)r->low ? (float)r->low : f;
    f = f > (float)r->high ? (float)r->high : f;
    return (int8_t)(edy_rne(f) - r->y_shift);
}

/* Mul: clamp(rne(((a-za)*(b-zb)) * ((sa*sb)/sy) + zy)), no FMA; zy in the model's own domain and
 * y_shift 128 where y is u8 there. a, b are stored s8, za, zb their stored zero points. */
static inline int8_t edy_onnx_mul(int8_t a, int32_t za, int8_t b, int32_t zb, float m, int32_t zy,
                                  int32_t low, int32_t high, int32_t y_shift) {
    const float product = (float)((a - za) * (b - zb));
    const float scaled = product * m;
    float f = scaled + (float)zy;
    f = f < (float)low ? (float)low : f;
    f = f > (float)high ? (float)high : f;
    return (int8_t)(edy_rne(f) - y_shift);
}

/* ---- Rule TFLite ----------------------------------------------------------------------------- */

/* Fixed-point multiplier: real = q * 2^(shift - 31), q in [2^30, 2^31) or 0. */
typedef struct edy_fixed {
    int32_t q;
    int32_t shift; /* positive: left, before the high multiply; negative: right, after it */
} edy_fixed;

/* Source: QuantizeMultiplier of tensorflow/lite/kernels/internal/quantization_util.cc: frexp in
 * double, round(frac * 2^31); 2^31 is halved with shift + 1; shift < -31 gives 0. real is finite
 * and not negative. */
static inline edy_fixed edy_tflite_multiplier(double real) {
    edy_fixed r = {0, 0};
    if (real == 0.0)
        return r;
    int shift = 0;
    const double fraction = frexp(real, &shift);
    int64_t q = (int64_t)round(fraction * 2147483648.0);
    if (q == INT64_C(2147483648)) {
        q /= 2;
        shift++;
    }
    if (shift < -31) {
        shift = 0;
        q = 0;
    }
    if (shift > 30) { /* the source overflows; its single-rounding form saturates like this */
        shift = 30;
        q = INT32_MAX;
    }
    r.q = (int32_t)q;
    r.shift = shift;
    return r;
}

/* Saturating rounding doubling high multiply: round half up of a*b / 2^31 (gemmlowp). */
static inline int32_t edy_tflite_high_mul(int32_t a, int32_t b) {
    if (a == b && a == INT32_MIN)
        return INT32_MAX;
    const int64_t ab = (int64_t)a * b;
    const int64_t nudge = ab >= 0 ? (INT64_C(1) << 30) : 1 - (INT64_C(1) << 30);
    return (int32_t)((ab + nudge) / (INT64_C(1) << 31));
}

/* Divide by 2^exponent, round half away from zero (gemmlowp). exponent in [0, 31]. */
static inline int32_t edy_tflite_shift_right(int32_t x, int32_t exponent) {
    const int32_t mask = (int32_t)((INT64_C(1) << exponent) - 1);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* MultiplyByQuantizedMultiplier with double rounding (TFLITE_SINGLE_ROUNDING unset). The left shift
 * wraps like the source's int32 arithmetic. */
static inline int32_t edy_tflite_scale(int32_t x, edy_fixed m) {
    const int32_t left = m.shift > 0 ? m.shift : 0;
    const int32_t right = m.shift > 0 ? 0 : -m.shift;
    const int32_t shifted = (int32_t)((uint32_t)x << left);
    return edy_tflite_shift_right(edy_tflite_high_mul(shifted, m.q), right);
}

/* acc with bias -> s8, all in the s8 domain: the zero point is added, then the clamp is applied. */
static inline int8_t edy_tflite_requant(int32_t acc, edy_fixed m, int32_t zero_point, int32_t low,
                                        int32_t high) {
    const int64_t scaled = (int64_t)edy_tflite_scale(acc, m) + zero_point;
    return (int8_t)(scaled < low ? low : scaled > high ? high : scaled);
}

/* QUANTIZE of a float (AffineQuantize): round(x / s) + z, ties away from zero. NaN, for which the
 * source is undefined, gives low. */
static inline int8_t edy_tflite_quantize(float x, float scale, int32_t zero_point, int32_t low,
                                         int32_t high) {
    const float f = roundf(x / scale);
    if (!(f >= (float)(low - zero_point)))
        return (int8_t)low;
    if (f > (float)(high - zero_point))
        return (int8_t)high;
    return (int8_t)((int32_t)f + zero_point);
}

/* ADD (tensorflow/lite/kernels/internal/reference/integer_ops/add.h): both operands are scaled to
 * twice the larger scale with 20 bits more, added, and scaled to the output. An operand is one of
 * 256 values, so its half is a table, indexed by the byte. */
typedef struct edy_tflite_add {
    int32_t a[256], b[256];
    edy_fixed output;
    int32_t zero_point, low, high;
} edy_tflite_add;

enum { EDY_TFLITE_ADD_SHIFT = 20 };

/* False where the output's scale is so small that its multiplier is not below 1: the source gives
 * up there. zero_point, low and high are the caller's. */
static inline int edy_tflite_add_make(edy_tflite_add *r, float sa, int32_t za, float sb, int32_t zb,
                                      float sy) {
    const double twice = 2.0 * (double)(sa > sb ? sa : sb);
    const double real = twice / ((double)(1 << EDY_TFLITE_ADD_SHIFT) * (double)sy);
    if (!(real < 1.0))
        return 0;
    const edy_fixed ma = edy_tflite_multiplier((double)sa / twice);
    const edy_fixed mb = edy_tflite_multiplier((double)sb / twice);
    r->output = edy_tflite_multiplier(real);
    for (int32_t q = -128; q < 128; q++) {
        r->a[(uint8_t)q] = edy_tflite_scale((q - za) * (1 << EDY_TFLITE_ADD_SHIFT), ma);
        r->b[(uint8_t)q] = edy_tflite_scale((q - zb) * (1 << EDY_TFLITE_ADD_SHIFT), mb);
    }
    return 1;
}

static inline int8_t edy_tflite_add_one(int8_t a, int8_t b, const edy_tflite_add *r) {
    return edy_tflite_requant(r->a[(uint8_t)a] + r->b[(uint8_t)b], r->output, r->zero_point, r->low,
                              r->high);
}

/* MEAN (QuantizedMeanOrSum of reference/reduce.h): 1 / count goes into the multiplier. count >= 1.
 */
static inline edy_fixed edy_tflite_mean_multiplier(double real, int64_t count) {
    edy_fixed m = edy_tflite_multiplier(real);
    int32_t shift = 63 - __builtin_clzll((unsigned long long)count);
    shift = shift > 32 ? 32 : shift;
    shift = shift > 31 + m.shift ? 31 + m.shift : shift;
    m.q = (int32_t)(((int64_t)m.q << shift) / count);
    m.shift -= shift;
    return m;
}

/* AVERAGE_POOL_2D: round half away from zero. count >= 1. */
static inline int32_t edy_tflite_average(int32_t sum, int32_t count) {
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

#endif
