/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 pooling. A channel count that is no multiple of the block ends with a block that overlaps the
 * one before it: its outputs are computed twice, alike. */
#include "engine/kernels/neon/requant_neon.h"
#include "engine/kernels/row.h"

enum { BLOCK = 16 };

static void max_16(size_t taps, const int8_t *const *a, size_t at, int8_t *out,
                   const edy_neon_output *o) {
    int8x16_t most = vld1q_s8(a[0] + at);
    for (size_t t = 1; t < taps; t++)
        most = vmaxq_s8(most, vld1q_s8(a[t] + at));
    vst1q_s8(out, vminq_s8(vmaxq_s8(most, o->low), o->high));
}

static int8_t max_1(size_t taps, const int8_t *const *a, size_t at, const edy_s8_output *output) {
    int8_t most = a[0][at];
    for (size_t t = 1; t < taps; t++)
        most = a[t][at] > most ? a[t][at] : most;
    return (int8_t)edy_clamp_s32(most, output->low, output->high);
}

static void maxpool(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                    size_t a_offset, int8_t *out, size_t out_stride, const edy_s8_output *output) {
    const edy_neon_output wide = edy_neon_output_make(output);
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        size_t c = 0;
        for (; c + BLOCK <= channels; c += BLOCK)
            max_16(taps, a, a_offset + c, out + c, &wide);
        if (c < channels && channels > BLOCK) {
            max_16(taps, a, a_offset + channels - BLOCK, out + channels - BLOCK, &wide);
            c = channels;
        }
        for (; c < channels; c++)
            out[c] = max_1(taps, a, a_offset + c, output);
    }
}

/* Sums 16 channels over rows: in int16 as long as it holds them, then in int32. */
static void sum_16(size_t rows, const int8_t *a, size_t a_stride, int32x4_t sum[4]) {
    enum { ROWS_IN_INT16 = 255 };
    for (size_t i = 0; i < 4; i++)
        sum[i] = vdupq_n_s32(0);
    while (rows > 0) {
        const size_t some = rows < ROWS_IN_INT16 ? rows : ROWS_IN_INT16;
        int16x8_t lower = vdupq_n_s16(0), upper = lower;
        for (size_t r = 0; r < some; r++, a += a_stride) {
            const int8x16_t x = vld1q_s8(a);
            lower = vaddw_s8(lower, vget_low_s8(x));
            upper = vaddw_s8(upper, vget_high_s8(x));
        }
        sum[0] = vaddw_s16(sum[0], vget_low_s16(lower));
        sum[1] = vaddw_s16(sum[1], vget_high_s16(lower));
        sum[2] = vaddw_s16(sum[2], vget_low_s16(upper));
        sum[3] = vaddw_s16(sum[3], vget_high_s16(upper));
        rows -= some;
    }
}

static void mean_16(size_t rows, const int8_t *a, size_t a_stride, int32_t x_zero_point,
                    float multiplier, int8_t *out, const edy_neon_output *o) {
    const int32x4_t offset = vdupq_n_s32((int32_t)rows * x_zero_point);
    const float32x4_t m = vdupq_n_f32(multiplier);
    int32x4_t sum[4];
    sum_16(rows, a, a_stride, sum);
    for (size_t i = 0; i < 4; i++)
        sum[i] = edy_neon_scale_onnx(vsubq_s32(sum[i], offset), m);
    vst1q_s8(out, edy_neon_narrow(edy_neon_shifted(sum[0], sum[1], o),
                                  edy_neon_shifted(sum[2], sum[3], o), o));
}

static int8_t mean_1(size_t rows, const int8_t *a, size_t a_stride, int32_t x_zero_point,
                     float multiplier, const edy_s8_output *o) {
    int32_t acc = 0;
    for (size_t r = 0; r < rows; r++)
        acc += a[r * a_stride] - x_zero_point;
    return edy_onnx_requant(acc, multiplier, o->zero_point, o->low, o->high);
}

static void mean(size_t rows, size_t channels, const int8_t *a, size_t a_stride,
                 int32_t x_zero_point, float multiplier, int8_t *out, const edy_s8_output *output) {
    const edy_neon_output wide = edy_neon_output_make(output);
    size_t c = 0;
    for (; c + BLOCK <= channels; c += BLOCK)
        mean_16(rows, a + c, a_stride, x_zero_point, multiplier, out + c, &wide);
    if (c < channels && channels > BLOCK) {
        c = channels - BLOCK;
        mean_16(rows, a + c, a_stride, x_zero_point, multiplier, out + c, &wide);
        c = channels;
    }
    for (; c < channels; c++)
        out[c] = mean_1(rows, a + c, a_stride, x_zero_point, multiplier, output);
}

void edy_neon_s8_pool(edy_kernels *k) {
    k->s8_maxpool = maxpool;
    k->s8_mean = mean;
}
