/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Fixed-point functions of the TFLite rule: what gemmlowp's fixedpoint.h computes for the integer
 * SOFTMAX and LOGISTIC of TensorFlow Lite Micro, bit by bit. Qm.n is an int32 with n fraction bits,
 * m + n = 31. */
#ifndef EDY_TFLITE_FIXED_H
#define EDY_TFLITE_FIXED_H

#include <stddef.h>
#include <stdint.h>

/* exp(x) in Q0.31 for x <= 0 in Q(integer_bits).(31 - integer_bits), integer_bits 1 to 5. */
int32_t edy_tflite_exp(int32_t x, int integer_bits);
/* 1 / (1 + x) in Q0.31 for x in [0, 1] in Q0.31. */
int32_t edy_tflite_one_over_one_plus(int32_t x);

/* What SOFTMAX needs of its input's scale and beta. */
typedef struct edy_tflite_softmax {
    int32_t multiplier, left_shift;
    int32_t diff_min; /* smaller differences to the maximum count as infinitely far */
} edy_tflite_softmax;

enum { EDY_TFLITE_SOFTMAX_MAX = 4095 }; /* elements of a row: their sum fits Q12.19 */

/* 0 where beta * scale is so small that the source gives up. Both are finite and positive. */
int edy_tflite_softmax_make(float scale, float beta, edy_tflite_softmax *s);
/* One row of n, 1..EDY_TFLITE_SOFTMAX_MAX; y in steps of 1/256 from -128. May be in place. */
void edy_tflite_softmax_row(const edy_tflite_softmax *s, size_t n, const int8_t *x, int8_t *y);

/* LOGISTIC of every int8 value at this scale and zero point; y in steps of 1/256 from -128. */
void edy_tflite_logistic_table(float scale, int32_t zero_point, int8_t table[256]);

#endif
