/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 pooling: a block of channels stays in registers while the taps (or rows) go by. */
#include "engine/kernels/avx512/avx512.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { LANES = 16, MAX_VECS = 4 };

/* A whole vector, or with masked only mask's lanes. */
EDY_SPECIALISE __m512 load(int masked, const float *x, __mmask16 mask) {
    return masked ? _mm512_maskz_loadu_ps(mask, x) : _mm512_loadu_ps(x);
}

EDY_SPECIALISE void store(int masked, float *x, __mmask16 mask, __m512 value) {
    if (masked)
        _mm512_mask_storeu_ps(x, mask, value);
    else
        _mm512_storeu_ps(x, value);
}

/* The later one where it is larger or NaN; a NaN once in stays: max_ps gives its second operand
 * where either is NaN. */
static inline __m512 larger(__m512 kept, __m512 x) {
    const __m512 most = _mm512_max_ps(x, kept);
    return _mm512_mask_mov_ps(most, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), x);
}

EDY_SPECIALISE void max_block(size_t vecs, int masked, size_t taps, const float *const *a,
                              size_t a_offset, size_t c, float *out, __mmask16 mask,
                              const edy_f32_clamp *clamp) {
    const float *row = (const float *)((const char *)a[0] + a_offset) + c;
    __m512 acc[MAX_VECS];
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        acc[v] = load(masked, row + v * LANES, mask);
    for (size_t t = 1; t < taps; t++) {
        row = (const float *)((const char *)a[t] + a_offset) + c;
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[v] = larger(acc[v], load(masked, row + v * LANES, mask));
    }
    const __m512 low = _mm512_set1_ps(clamp->low), high = _mm512_set1_ps(clamp->high);
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        store(masked, out + c + v * LANES, mask, edy_avx512_clamp(acc[v], low, high));
}

static void maxpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, float *out, size_t out_stride, const edy_f32_clamp *clamp) {
    const __mmask16 mask = edy_avx512_first_lanes((channels - 1) % LANES + 1);
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        size_t c = 0;
        for (; c + MAX_VECS * LANES <= channels; c += MAX_VECS * LANES)
            max_block(MAX_VECS, 0, taps, a, a_offset, c, out, mask, clamp);
        for (; c + LANES <= channels; c += LANES)
            max_block(1, 0, taps, a, a_offset, c, out, mask, clamp);
        if (c < channels)
            max_block(1, 1, taps, a, a_offset, c, out, mask, clamp);
    }
}

EDY_SPECIALISE void average_block(size_t vecs, int masked, size_t taps, const float *const *a,
                                  size_t a_offset, const float *zero, float count, size_t c,
                                  float *out, __mmask16 mask, const edy_f32_clamp *clamp) {
    __m512 acc[MAX_VECS];
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        acc[v] = _mm512_setzero_ps();
    for (size_t t = 0; t < taps; t++) {
        const float *row = edy_row_f32(a[t], a_offset, zero) + c;
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[v] = _mm512_add_ps(acc[v], load(masked, row + v * LANES, mask));
    }
    const __m512 low = _mm512_set1_ps(clamp->low), high = _mm512_set1_ps(clamp->high);
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++) {
        const __m512 mean = _mm512_div_ps(acc[v], _mm512_set1_ps(count));
        store(masked, out + c + v * LANES, mask, edy_avx512_clamp(mean, low, high));
    }
}

static void avgpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, const float *zero, const float *count, float *out,
                    size_t out_stride, const edy_f32_clamp *clamp) {
    const __mmask16 mask = edy_avx512_first_lanes((channels - 1) % LANES + 1);
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        size_t c = 0;
        for (; c + MAX_VECS * LANES <= channels; c += MAX_VECS * LANES)
            average_block(MAX_VECS, 0, taps, a, a_offset, zero, count[p], c, out, mask, clamp);
        for (; c + LANES <= channels; c += LANES)
            average_block(1, 0, taps, a, a_offset, zero, count[p], c, out, mask, clamp);
        if (c < channels)
            average_block(1, 1, taps, a, a_offset, zero, count[p], c, out, mask, clamp);
    }
}

EDY_SPECIALISE void mean_block(size_t vecs, int masked, size_t rows, const float *a,
                               size_t a_stride, float *out, __mmask16 mask,
                               const edy_f32_clamp *clamp) {
    __m512 acc[MAX_VECS];
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        acc[v] = _mm512_setzero_ps();
    for (size_t r = 0; r < rows; r++, a += a_stride) {
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[v] = _mm512_add_ps(acc[v], load(masked, a + v * LANES, mask));
    }
    const __m512 low = _mm512_set1_ps(clamp->low), high = _mm512_set1_ps(clamp->high);
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++) {
        const __m512 quotient = _mm512_div_ps(acc[v], _mm512_set1_ps((float)rows));
        store(masked, out + v * LANES, mask, edy_avx512_clamp(quotient, low, high));
    }
}

static void mean(size_t rows, size_t channels, const float *a, size_t a_stride, float *out,
                 const edy_f32_clamp *clamp) {
    const __mmask16 mask = edy_avx512_first_lanes((channels - 1) % LANES + 1);
    size_t c = 0;
    for (; c + MAX_VECS * LANES <= channels; c += MAX_VECS * LANES)
        mean_block(MAX_VECS, 0, rows, a + c, a_stride, out + c, mask, clamp);
    for (; c + LANES <= channels; c += LANES)
        mean_block(1, 0, rows, a + c, a_stride, out + c, mask, clamp);
    if (c < channels)
        mean_block(1, 1, rows, a + c, a_stride, out + c, mask, clamp);
}

void edy_avx512_f32_pool(edy_kernels *k) {
    k->f32_maxpool = maxpool;
    k->f32_avgpool = avgpool;
    k->f32_mean = mean;
}
