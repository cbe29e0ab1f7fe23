/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/scalar/scalar.h"

static void add(size_t n, const int8_t *a, const int8_t *b, int8_t *out, const edy_requant_add *r) {
    for (size_t i = 0; i < n; i++)
        out[i] = edy_onnx_add(a[i], b[i], r);
}

static void lut(size_t n, const int8_t *a, int8_t *out, const int8_t table[256]) {
    for (size_t i = 0; i < n; i++)
        out[i] = table[(uint8_t)a[i]];
}

static void quantize(size_t n, const float *a, int8_t *out, float scale,
                     const edy_s8_output *output) {
    for (size_t i = 0; i < n; i++)
        out[i] = edy_onnx_quantize(a[i], scale, output->zero_point, output->low, output->high);
}

static void dequantize(size_t n, const int8_t *a, float *out, float scale, int32_t zero_point) {
    for (size_t i = 0; i < n; i++)
        out[i] = edy_dequantize(a[i], scale, zero_point);
}

void edy_scalar_s8_elementwise(edy_kernels *k) {
    k->s8_add = add;
    k->s8_lut = lut;
    k->quantize = quantize;
    k->dequantize = dequantize;
}
