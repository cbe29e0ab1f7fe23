/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/avx2/avx2.h"

enum { LANES = 8 };

static void add(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    const __m256 low = _mm256_set1_ps(clamp->low), high = _mm256_set1_ps(clamp->high);
    for (; n >= LANES; n -= LANES, a += LANES, b += LANES, out += LANES) {
        const __m256 sum = _mm256_add_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b));
        _mm256_storeu_ps(out, edy_avx2_clamp(sum, low, high));
    }
    if (n > 0) {
        const __m256i mask = edy_avx2_first_lanes(n);
        const __m256 sum = _mm256_add_ps(_mm256_maskload_ps(a, mask), _mm256_maskload_ps(b, mask));
        _mm256_maskstore_ps(out, mask, edy_avx2_clamp(sum, low, high));
    }
}

static void mul(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    const __m256 low = _mm256_set1_ps(clamp->low), high = _mm256_set1_ps(clamp->high);
    for (; n >= LANES; n -= LANES, a += LANES, b += LANES, out += LANES) {
        const __m256 product = _mm256_mul_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b));
        _mm256_storeu_ps(out, edy_avx2_clamp(product, low, high));
    }
    if (n > 0) {
        const __m256i mask = edy_avx2_first_lanes(n);
        const __m256 product =
            _mm256_mul_ps(_mm256_maskload_ps(a, mask), _mm256_maskload_ps(b, mask));
        _mm256_maskstore_ps(out, mask, edy_avx2_clamp(product, low, high));
    }
}

static void clamp_all(size_t n, const float *a, float *out, const edy_f32_clamp *clamp) {
    const __m256 low = _mm256_set1_ps(clamp->low), high = _mm256_set1_ps(clamp->high);
    for (; n >= LANES; n -= LANES, a += LANES, out += LANES)
        _mm256_storeu_ps(out, edy_avx2_clamp(_mm256_loadu_ps(a), low, high));
    if (n > 0) {
        const __m256i mask = edy_avx2_first_lanes(n);
        const __m256 x = _mm256_maskload_ps(a, mask);
        _mm256_maskstore_ps(out, mask, edy_avx2_clamp(x, low, high));
    }
}

/* Negative lanes, and only they, have alpha * x: the comparison is false for NaN. */
static __m256 leak(__m256 x, __m256 alpha) {
    const __m256 negative = _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ);
    return _mm256_blendv_ps(x, _mm256_mul_ps(alpha, x), negative);
}

static void leaky(size_t n, const float *a, float *out, float alpha) {
    const __m256 factor = _mm256_set1_ps(alpha);
    for (; n >= LANES; n -= LANES, a += LANES, out += LANES)
        _mm256_storeu_ps(out, leak(_mm256_loadu_ps(a), factor));
    if (n > 0) {
        const __m256i mask = edy_avx2_first_lanes(n);
        _mm256_maskstore_ps(out, mask, leak(_mm256_maskload_ps(a, mask), factor));
    }
}

void edy_avx2_f32_elementwise(edy_kernels *k) {
    k->f32_add = add;
    k->f32_mul = mul;
    k->f32_clamp = clamp_all;
    k->f32_leaky = leaky;
}
