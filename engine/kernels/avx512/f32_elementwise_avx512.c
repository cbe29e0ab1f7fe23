/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/avx512/avx512.h"

enum { LANES = 16 };

/* The mask is full but in the last round. */
static void add(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    const __m512 low = _mm512_set1_ps(clamp->low), high = _mm512_set1_ps(clamp->high);
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512 sum =
            _mm512_add_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i));
        _mm512_mask_storeu_ps(out + i, mask, edy_avx512_clamp(sum, low, high));
    }
}

static void mul(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    const __m512 low = _mm512_set1_ps(clamp->low), high = _mm512_set1_ps(clamp->high);
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512 product =
            _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i));
        _mm512_mask_storeu_ps(out + i, mask, edy_avx512_clamp(product, low, high));
    }
}

static void clamp_all(size_t n, const float *a, float *out, const edy_f32_clamp *clamp) {
    const __m512 low = _mm512_set1_ps(clamp->low), high = _mm512_set1_ps(clamp->high);
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512 x = _mm512_maskz_loadu_ps(mask, a + i);
        _mm512_mask_storeu_ps(out + i, mask, edy_avx512_clamp(x, low, high));
    }
}

/* Negative lanes, and only they, have alpha * x: the comparison is false for NaN. */
static void leaky(size_t n, const float *a, float *out, float alpha) {
    const __m512 factor = _mm512_set1_ps(alpha), zero = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 mask = edy_avx512_first_lanes(n - i);
        const __m512 x = _mm512_maskz_loadu_ps(mask, a + i);
        const __mmask16 negative = _mm512_cmp_ps_mask(x, zero, _CMP_LT_OQ);
        const __m512 y = _mm512_mask_mov_ps(x, negative, _mm512_mul_ps(factor, x));
        _mm512_mask_storeu_ps(out + i, mask, y);
    }
}

void edy_avx512_f32_elementwise(edy_kernels *k) {
    k->f32_add = add;
    k->f32_mul = mul;
    k->f32_clamp = clamp_all;
    k->f32_leaky = leaky;
}
