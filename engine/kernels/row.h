/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The two things that every kernel folder does alike: resolving a listed row, and sizing buffers.
 */
#ifndef EDY_KERNELS_ROW_H
#define EDY_KERNELS_ROW_H

#include <stddef.h>
#include <stdint.h>

/* kernel.h, "Pixels": the padding row is used as it is, every other one moves to the image. */
static inline const float *edy_row_f32(const float *row, size_t a_offset, const float *zero) {
    return row == zero ? row : (const float *)((const char *)row + a_offset);
}

static inline const int8_t *edy_row_s8(const int8_t *row, size_t a_offset, const int8_t *zero) {
    return row == zero ? row : row + a_offset;
}

/* x < low ? low : x > high ? high : x, written so that NaN comes out as NaN. */
static inline float edy_clamp_f32(float x, float low, float high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

static inline size_t edy_div_up(size_t x, size_t step) {
    return (x + step - 1) / step;
}

static inline size_t edy_round_up(size_t x, size_t step) {
    return edy_div_up(x, step) * step;
}

#endif
