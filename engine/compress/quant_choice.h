/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How scales and zero points are chosen: pure functions. */
#ifndef EDY_QUANT_CHOICE_H
#define EDY_QUANT_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/compress/calibrate.h"

/* u8, asymmetric: real = scale * (q - zero_point), zero_point in 0..255. */
typedef struct edy_u8_choice {
    float scale;
    int32_t zero_point;
} edy_u8_choice;

/* The range widened to hold 0 spans 255 steps: scale = (high - low) / 255, zero_point = rne(-low /
 * scale). A range of nothing but 0 (or one that was never seen) gets scale 1. */
edy_u8_choice edy_choose_u8(edy_range range);

/* True where clamp(low, high) changes no number that q can stand for: q(low) <= 0 and q(high) >=
 * 255. */
bool edy_clamp_is_implied(edy_u8_choice q, float low, float high);

/* s8, symmetric, for one output channel of n weights `stride` elements apart: scale = max|w| / 127.
 * It is larger where |bias| would need more than bias_limit units of x_scale * scale, and where
 * that product would not be a normal float32. */
float edy_choose_s8(const float *w, size_t n, size_t stride, float x_scale, float bias,
                    double bias_limit);

/* clamp(rne(w / scale), -127, 127) */
int8_t edy_quantize_weight(float w, float scale);

#endif
