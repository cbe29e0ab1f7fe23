/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/row.h"
#include "engine/kernels/scalar/scalar.h"

static void add(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    for (size_t i = 0; i < n; i++)
        out[i] = edy_clamp_f32(a[i] + b[i], clamp->low, clamp->high);
}

static void mul(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    for (size_t i = 0; i < n; i++)
        out[i] = edy_clamp_f32(a[i] * b[i], clamp->low, clamp->high);
}

static void clamp_all(size_t n, const float *a, float *out, const edy_f32_clamp *clamp) {
    for (size_t i = 0; i < n; i++)
        out[i] = edy_clamp_f32(a[i], clamp->low, clamp->high);
}

static void leaky(size_t n, const float *a, float *out, float alpha) {
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] < 0.0f ? alpha * a[i] : a[i];
}

void edy_scalar_f32_elementwise(edy_kernels *k) {
    k->f32_add = add;
    k->f32_mul = mul;
    k->f32_clamp = clamp_all;
    k->f32_leaky = leaky;
}
