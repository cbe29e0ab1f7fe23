/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/neon/neon.h"

enum { LANES = 4 };

static void add(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    const edy_neon_clamp bounds = edy_neon_clamp_make(clamp);
    for (size_t i = 0; i < n; i += LANES) {
        const float32x4_t sum =
            vaddq_f32(edy_neon_load_f32(a + i, n - i), edy_neon_load_f32(b + i, n - i));
        edy_neon_store_f32(out + i, edy_neon_clamped_exactly(sum, &bounds), n - i);
    }
}

static void mul(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    const edy_neon_clamp bounds = edy_neon_clamp_make(clamp);
    for (size_t i = 0; i < n; i += LANES) {
        const float32x4_t product =
            vmulq_f32(edy_neon_load_f32(a + i, n - i), edy_neon_load_f32(b + i, n - i));
        edy_neon_store_f32(out + i, edy_neon_clamped_exactly(product, &bounds), n - i);
    }
}

static void clamp_all(size_t n, const float *a, float *out, const edy_f32_clamp *clamp) {
    const edy_neon_clamp bounds = edy_neon_clamp_make(clamp);
    for (size_t i = 0; i < n; i += LANES)
        edy_neon_store_f32(
            out + i, edy_neon_clamped_exactly(edy_neon_load_f32(a + i, n - i), &bounds), n - i);
}

void edy_neon_f32_elementwise(edy_kernels *k) {
    k->f32_add = add;
    k->f32_mul = mul;
    k->f32_clamp = clamp_all;
}
