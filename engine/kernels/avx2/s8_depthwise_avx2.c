/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise: the bytes of two taps are interleaved and widened, so that vpmaddwd multiplies and
 * sums both; 4 pixels by 16 channels share a load of weights. An odd last tap is paired with itself
 * and a weight of zero.
 *
 * Packed form: panels of 8 channels, each a panel_head and int16_t w[tap pairs][8][2]. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/avx2/requant_avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

/* Windows of up to MAX_TAPS have their rows resolved once for all channels. */
enum { LANES = 8, PIXELS = 4, MAX_TAPS = 64 };

typedef struct panel_head {
    int32_t bias[LANES];
    edy_avx2_scale scale;
} panel_head;

static size_t panel_size(size_t taps) {
    return sizeof(panel_head) + edy_div_up(taps, 2) * LANES * 2 * sizeof(int16_t);
}

static size_t packed_bytes(size_t channels, size_t taps) {
    return edy_round_up(edy_div_up(channels, LANES) * panel_size(taps), 64);
}

static void pack(size_t channels, size_t taps, const edy_s8_weights *weights, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    for (size_t c = 0; c < channels; c++) {
        panel_head *head = (panel_head *)((char *)packed + c / LANES * panel_size(taps));
        int16_t *w = (int16_t *)(head + 1);
        head->bias[c % LANES] = weights->bias[c];
        edy_avx2_scale_set(&head->scale, c % LANES, weights, c);
        for (size_t t = 0; t < taps; t++)
            w[(t / 2 * LANES + c % LANES) * 2 + t % 2] = weights->w[c * taps + t];
    }
}

typedef struct problem {
    size_t taps, a_offset;
    const int8_t *zero;
    size_t out_stride;
    edy_rule rule;
    edy_avx2_output output;
} problem;

/* n channels of one tap: 16, 8 or fewer than 8. */
EDY_SPECIALISE __m128i load_bytes(const int8_t *x, size_t n) {
    if (n == 2 * LANES)
        return _mm_loadu_si128((const __m128i *)x);
    if (n == LANES)
        return _mm_loadl_epi64((const __m128i *)x);
    int8_t all[16] = {0};
    for (size_t i = 0; i < n; i++)
        all[i] = x[i];
    return _mm_loadu_si128((const __m128i *)all);
}

/* pixels x n channels from c on, in vecs vectors; inlined with constant resolved, pixels, vecs and,
 * unless below 8, n. a: the first pixel's list, of resolved rows or not. */
EDY_SPECIALISE void tile(int resolved, size_t pixels, size_t vecs, size_t n, const problem *p,
                         const int8_t *const *a, size_t c, const panel_head *head, int8_t *out) {
    const size_t taps = p->taps;
    const panel_head *heads[2] = {
        head, (const panel_head *)((const char *)head + (vecs - 1) * panel_size(taps))};
    __m256i acc[PIXELS * 2];
    EDY_UNROLL
    for (size_t i = 0; i < pixels * vecs; i++)
        acc[i] = _mm256_load_si256((const __m256i *)heads[i % vecs]->bias);
    for (size_t t = 0; t < taps; t += 2) {
        __m256i weight[2];
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            weight[v] = _mm256_load_si256((const __m256i *)(heads[v] + 1) + t / 2);
        const size_t next = t + 1 < taps ? t + 1 : t;
        EDY_UNROLL
        for (size_t m = 0; m < pixels; m++) {
            const int8_t *x = a[m * taps + t], *y = a[m * taps + next];
            if (!resolved) {
                x = edy_row_s8(x, p->a_offset, p->zero);
                y = edy_row_s8(y, p->a_offset, p->zero);
            }
            const __m128i first = load_bytes(x + c, n), second = load_bytes(y + c, n);
            EDY_UNROLL
            for (size_t v = 0; v < vecs; v++) {
                const __m128i pairs =
                    v == 0 ? _mm_unpacklo_epi8(first, second) : _mm_unpackhi_epi8(first, second);
                const __m256i products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(pairs), weight[v]);
                acc[m * vecs + v] = _mm256_add_epi32(acc[m * vecs + v], products);
            }
        }
    }
    EDY_UNROLL
    for (size_t m = 0; m < pixels; m += 2) { /* a single pixel goes with itself */
        const size_t next = m + 1 < pixels ? m + 1 : m;
        __m256i one[2], other[2];
        EDY_UNROLL
        for (size_t v = 0; v < 2; v++) {
            const size_t at = v < vecs ? v : 0;
            one[v] = edy_avx2_scale_acc(p->rule, acc[m * vecs + at], &heads[at]->scale);
            other[v] = edy_avx2_scale_acc(p->rule, acc[next * vecs + at], &heads[at]->scale);
        }
        __m128i bytes[2];
        edy_avx2_finish(one, other, &p->output, bytes);
        edy_avx2_store_bytes(out + m * p->out_stride + c, bytes[0], n);
        if (next > m)
            edy_avx2_store_bytes(out + next * p->out_stride + c, bytes[1], n);
    }
}

EDY_SPECIALISE void all_channels(int resolved, size_t pixels, size_t channels, const problem *p,
                                 const int8_t *const *a, const void *w, int8_t *out) {
    const size_t step = panel_size(p->taps);
    const char *panel = w;
    size_t c = 0;
    for (; c + 2 * LANES <= channels; c += 2 * LANES, panel += 2 * step)
        tile(resolved, pixels, 2, 2 * LANES, p, a, c, (const panel_head *)panel, out);
    if (c + LANES <= channels) {
        tile(resolved, pixels, 1, LANES, p, a, c, (const panel_head *)panel, out);
        c += LANES;
        panel += step;
    }
    if (c < channels)
        tile(resolved, pixels, 1, channels - c, p, a, c, (const panel_head *)panel, out);
}

/* The list itself for the first image of a batch, else a copy in `rows` that needs no offset. */
static const int8_t *const *resolve(const problem *p, const int8_t *const *a, size_t count,
                                    const int8_t **rows) {
    if (p->a_offset == 0)
        return a;
    for (size_t i = 0; i < count; i++)
        rows[i] = edy_row_s8(a[i], p->a_offset, p->zero);
    return rows;
}

static void run(size_t pixels, size_t channels, const problem *p, const int8_t *const *a,
                const void *w, int8_t *out) {
    const size_t taps = p->taps, stride = p->out_stride;
    assert(stride >= channels);
    const int8_t *rows[PIXELS * MAX_TAPS];
    size_t i = 0;
    for (; i + PIXELS <= pixels && taps <= MAX_TAPS; i += PIXELS)
        all_channels(1, PIXELS, channels, p, resolve(p, a + i * taps, PIXELS * taps, rows), w,
                     out + i * stride);
    for (; i < pixels && taps <= MAX_TAPS; i++)
        all_channels(1, 1, channels, p, resolve(p, a + i * taps, taps, rows), w, out + i * stride);
    for (; i < pixels; i++)
        all_channels(0, 1, channels, p, a + i * taps, w, out + i * stride);
}

static void dwconv_onnx(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                        size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                        size_t out_stride, const edy_s8_output *output) {
    const problem p = {taps,       a_offset,      zero,
                       out_stride, EDY_RULE_ONNX, edy_avx2_output_make(output)};
    run(pixels, channels, &p, a, w, out);
}

static void dwconv_tflite(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                          size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                          size_t out_stride, const edy_s8_output *output) {
    const problem p = {taps,       a_offset,        zero,
                       out_stride, EDY_RULE_TFLITE, edy_avx2_output_make(output)};
    run(pixels, channels, &p, a, w, out);
}

void edy_avx2_s8_depthwise(edy_kernels *k) {
    k->s8_depthwise[EDY_RULE_ONNX] = (edy_s8_depthwise){.name = "s8_dwconv_onnx_4x16__avx2",
                                                        .run = dwconv_onnx,
                                                        .packed_bytes = packed_bytes,
                                                        .pack = pack};
    k->s8_depthwise[EDY_RULE_TFLITE] = (edy_s8_depthwise){.name = "s8_dwconv_tflite_4x16__avx2",
                                                          .run = dwconv_tflite,
                                                          .packed_bytes = packed_bytes,
                                                          .pack = pack};
}
