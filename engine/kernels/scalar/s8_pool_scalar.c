/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 pooling: maximum over a window, mean over an image. */
#include "engine/kernels/row.h"
#include "engine/kernels/scalar/scalar.h"

static void maxpool(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                    size_t a_offset, int8_t *out, size_t out_stride, const edy_s8_output *output) {
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        for (size_t c = 0; c < channels; c++) {
            int8_t most = a[0][a_offset + c];
            for (size_t t = 1; t < taps; t++)
                most = a[t][a_offset + c] > most ? a[t][a_offset + c] : most;
            out[c] = (int8_t)edy_clamp_s32(most, output->low, output->high);
        }
    }
}

static void mean(size_t rows, size_t channels, const int8_t *a, size_t a_stride,
                 int32_t x_zero_point, float multiplier, int8_t *out, const edy_s8_output *output) {
    for (size_t c = 0; c < channels; c++) {
        int32_t acc = 0;
        for (size_t r = 0; r < rows; r++)
            acc += a[r * a_stride + c] - x_zero_point;
        out[c] = edy_onnx_requant(acc, multiplier, output->zero_point, output->low, output->high);
    }
}

void edy_scalar_s8_pool(edy_kernels *k) {
    k->s8_maxpool = maxpool;
    k->s8_mean = mean;
}
