/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 pooling: a block of channels stays in registers while the taps (or rows) go by. */
#include "engine/kernels/neon/neon.h"
#include "engine/kernels/row.h"

enum { LANES = 4, MAX_VECS = 4, BLOCK = MAX_VECS * LANES };

/* The later one where it is larger or NaN; a NaN once in stays, for nothing is larger. */
static inline float32x4_t larger(float32x4_t kept, float32x4_t x) {
    return vbslq_f32(vorrq_u32(vcgtq_f32(x, kept), vmvnq_u32(vceqq_f32(x, x))), x, kept);
}

/* vecs vectors, of which the last has `lanes` lanes; inlined with constant vecs. */
EDY_SPECIALISE void load(size_t vecs, size_t lanes, const float *x, float32x4_t *to) {
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        to[v] = edy_neon_load_f32(x + v * LANES, v == vecs - 1 ? lanes : LANES);
}

EDY_SPECIALISE void store(size_t vecs, size_t lanes, float *out, const float32x4_t *from,
                          const edy_f32_clamp *clamp) {
    const edy_neon_clamp bounds = edy_neon_clamp_make(clamp);
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        edy_neon_store_f32(out + v * LANES, edy_neon_clamped_exactly(from[v], &bounds),
                           v == vecs - 1 ? lanes : LANES);
}

EDY_SPECIALISE void max_block(size_t vecs, size_t lanes, size_t taps, const float *const *a,
                              size_t a_offset, size_t c, float *out, const edy_f32_clamp *clamp) {
    float32x4_t acc[MAX_VECS], x[MAX_VECS];
    load(vecs, lanes, (const float *)((const char *)a[0] + a_offset) + c, acc);
    for (size_t t = 1; t < taps; t++) {
        load(vecs, lanes, (const float *)((const char *)a[t] + a_offset) + c, x);
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[v] = larger(acc[v], x[v]);
    }
    store(vecs, lanes, out + c, acc, clamp);
}

static void maxpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, float *out, size_t out_stride, const edy_f32_clamp *clamp) {
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        size_t c = 0;
        for (; c + BLOCK <= channels; c += BLOCK)
            max_block(MAX_VECS, LANES, taps, a, a_offset, c, out, clamp);
        for (; c + LANES <= channels; c += LANES)
            max_block(1, LANES, taps, a, a_offset, c, out, clamp);
        if (c < channels)
            max_block(1, channels - c, taps, a, a_offset, c, out, clamp);
    }
}

/* Divides the sums and stores them. */
EDY_SPECIALISE void finish(size_t vecs, size_t lanes, float count, float32x4_t *acc, float *out,
                           const edy_f32_clamp *clamp) {
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        acc[v] = vdivq_f32(acc[v], vdupq_n_f32(count));
    store(vecs, lanes, out, acc, clamp);
}

EDY_SPECIALISE void average_block(size_t vecs, size_t lanes, size_t taps, const float *const *a,
                                  size_t a_offset, const float *zero, float count, size_t c,
                                  float *out, const edy_f32_clamp *clamp) {
    float32x4_t acc[MAX_VECS], x[MAX_VECS];
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        acc[v] = vdupq_n_f32(0.0f);
    for (size_t t = 0; t < taps; t++) {
        load(vecs, lanes, edy_row_f32(a[t], a_offset, zero) + c, x);
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[v] = vaddq_f32(acc[v], x[v]);
    }
    finish(vecs, lanes, count, acc, out + c, clamp);
}

static void avgpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, const float *zero, const float *count, float *out,
                    size_t out_stride, const edy_f32_clamp *clamp) {
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        size_t c = 0;
        for (; c + BLOCK <= channels; c += BLOCK)
            average_block(MAX_VECS, LANES, taps, a, a_offset, zero, count[p], c, out, clamp);
        for (; c + LANES <= channels; c += LANES)
            average_block(1, LANES, taps, a, a_offset, zero, count[p], c, out, clamp);
        if (c < channels)
            average_block(1, channels - c, taps, a, a_offset, zero, count[p], c, out, clamp);
    }
}

EDY_SPECIALISE void mean_block(size_t vecs, size_t lanes, size_t rows, const float *a,
                               size_t a_stride, float *out, const edy_f32_clamp *clamp) {
    float32x4_t acc[MAX_VECS], x[MAX_VECS];
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        acc[v] = vdupq_n_f32(0.0f);
    for (size_t r = 0; r < rows; r++, a += a_stride) {
        load(vecs, lanes, a, x);
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[v] = vaddq_f32(acc[v], x[v]);
    }
    finish(vecs, lanes, (float)rows, acc, out, clamp);
}

static void mean(size_t rows, size_t channels, const float *a, size_t a_stride, float *out,
                 const edy_f32_clamp *clamp) {
    size_t c = 0;
    for (; c + BLOCK <= channels; c += BLOCK)
        mean_block(MAX_VECS, LANES, rows, a + c, a_stride, out + c, clamp);
    for (; c + LANES <= channels; c += LANES)
        mean_block(1, LANES, rows, a + c, a_stride, out + c, clamp);
    if (c < channels)
        mean_block(1, channels - c, rows, a + c, a_stride, out + c, clamp);
}

void edy_neon_f32_pool(edy_kernels *k) {
    k->f32_maxpool = maxpool;
    k->f32_avgpool = avgpool;
    k->f32_mean = mean;
}
