/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 pooling: maximum, average over a window, mean over an image. */
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/scalar/scalar.h"

/* The later one only where it is larger or NaN; a NaN once in stays. */
static float larger(float kept, float x) {
    return x > kept || x != x ? x : kept;
}

static void maxpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, float *out, size_t out_stride, const edy_f32_clamp *clamp) {
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        memcpy(out, (const char *)a[0] + a_offset, channels * sizeof(float));
        for (size_t t = 1; t < taps; t++) {
            const float *row = (const float *)((const char *)a[t] + a_offset);
            for (size_t c = 0; c < channels; c++)
                out[c] = larger(out[c], row[c]);
        }
        for (size_t c = 0; c < channels; c++)
            out[c] = edy_clamp_f32(out[c], clamp->low, clamp->high);
    }
}

static void avgpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, const float *zero, const float *count, float *out,
                    size_t out_stride, const edy_f32_clamp *clamp) {
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        memset(out, 0, channels * sizeof(float));
        for (size_t t = 0; t < taps; t++) {
            const float *row = edy_row_f32(a[t], a_offset, zero);
            for (size_t c = 0; c < channels; c++)
                out[c] += row[c];
        }
        for (size_t c = 0; c < channels; c++)
            out[c] = edy_clamp_f32(out[c] / count[p], clamp->low, clamp->high);
    }
}

static void mean(size_t rows, size_t channels, const float *a, size_t a_stride, float *out,
                 const edy_f32_clamp *clamp) {
    memset(out, 0, channels * sizeof(float));
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < channels; c++)
            out[c] += a[r * a_stride + c];
    for (size_t c = 0; c < channels; c++)
        out[c] = edy_clamp_f32(out[c] / (float)rows, clamp->low, clamp->high);
}

void edy_scalar_f32_pool(edy_kernels *k) {
    k->f32_maxpool = maxpool;
    k->f32_avgpool = avgpool;
    k->f32_mean = mean;
}
