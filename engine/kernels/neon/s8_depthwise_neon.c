/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise: inputs are widened to int16 and multiplied into int32 by SMLAL; 4 pixels by 16
 * channels share a load of weights.
 *
 * Packed form: panels of 8 channels, each an edy_neon_head and int16_t w[taps][8]. */
#include "engine/kernels/neon/s8_depthwise_neon.h"

#include <assert.h>

#include "engine/kernels/neon/requant_neon.h"
#include "engine/kernels/row.h"

/* Windows of up to MAX_TAPS have their rows resolved once for all channels. */
enum { LANES = 8, PIXELS = 4, MAX_TAPS = 64 };

size_t edy_neon_s8_dwconv_panel_bytes(size_t taps) {
    return sizeof(edy_neon_head) + taps * LANES * sizeof(int16_t);
}

size_t edy_neon_s8_dwconv_packed_bytes(size_t channels, size_t taps) {
    return edy_round_up(edy_div_up(channels, LANES) * edy_neon_s8_dwconv_panel_bytes(taps), 64);
}

void edy_neon_s8_dwconv_pack(size_t channels, size_t taps, const edy_s8_weights *weights,
                             void *packed) {
    memset(packed, 0, edy_neon_s8_dwconv_packed_bytes(channels, taps));
    for (size_t c = 0; c < channels; c++) {
        edy_neon_head *head =
            (edy_neon_head *)((char *)packed + c / LANES * edy_neon_s8_dwconv_panel_bytes(taps));
        int16_t *w = (int16_t *)(head + 1);
        edy_neon_head_set(head, c % LANES, weights, c);
        for (size_t t = 0; t < taps; t++)
            w[t * LANES + c % LANES] = weights->w[c * taps + t];
    }
}

typedef struct problem {
    size_t taps, a_offset;
    const int8_t *zero;
    size_t out_stride;
    edy_rule rule;
    edy_neon_output output;
} problem;

/* n channels of one tap: 16, 8 or fewer than 8. */
EDY_SPECIALISE int8x16_t load_bytes(const int8_t *x, size_t n) {
    if (n == 2 * LANES)
        return vld1q_s8(x);
    if (n == LANES)
        return vcombine_s8(vld1_s8(x), vdup_n_s8(0));
    int8_t all[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        all[i] = x[i];
    return vcombine_s8(vld1_s8(all), vdup_n_s8(0));
}

/* acc[0..1] += x * w, eight channels. */
static inline void multiply(int8x8_t x, int16x8_t w, int32x4_t *acc) {
    const int16x8_t wide = vmovl_s8(x);
    acc[0] = vmlal_s16(acc[0], vget_low_s16(wide), vget_low_s16(w));
    acc[1] = edy_neon_mlal_high(acc[1], wide, w);
}

/* pixels x n channels from c on, in panels of 8; inlined with constant resolved, pixels, panels
 * and, unless below 8, n. a: the first pixel's list, of resolved rows or not. */
EDY_SPECIALISE void tile(int resolved, size_t pixels, size_t panels, size_t n, const problem *p,
                         const int8_t *const *a, size_t c, const edy_neon_head *head, int8_t *out) {
    const size_t taps = p->taps;
    const edy_neon_head *second =
        (const edy_neon_head *)((const char *)head +
                                (panels - 1) * edy_neon_s8_dwconv_panel_bytes(taps));
    const int16_t *w[2] = {(const int16_t *)(head + 1), (const int16_t *)(second + 1)};
    int32x4_t acc[PIXELS][4];
    EDY_UNROLL
    for (size_t i = 0; i < pixels * 4; i++)
        acc[i / 4][i % 4] = vld1q_s32((i % 4 < 2 ? head : second)->bias + i % 2 * 4);
    for (size_t t = 0; t < taps; t++) {
        const int16x8_t lower = vld1q_s16(w[0] + t * LANES), upper = vld1q_s16(w[1] + t * LANES);
        EDY_UNROLL
        for (size_t m = 0; m < pixels; m++) {
            const int8_t *row = a[m * taps + t];
            row = resolved ? row : edy_row_s8(row, p->a_offset, p->zero);
            const int8x16_t x = load_bytes(row + c, n);
            multiply(vget_low_s8(x), lower, acc[m]);
            if (panels == 2)
                multiply(vget_high_s8(x), upper, acc[m] + 2);
        }
    }
    EDY_UNROLL
    for (size_t m = 0; m < pixels; m++) {
        int8_t *to = out + m * p->out_stride + c;
        const int8x16_t bytes = edy_neon_requant(p->rule, acc[m], head, second, &p->output);
        if (n == 2 * LANES)
            vst1q_s8(to, bytes);
        else
            edy_neon_store_8(to, vget_low_s8(bytes), n);
    }
}

EDY_SPECIALISE void all_channels(int resolved, size_t pixels, size_t channels, const problem *p,
                                 const int8_t *const *a, const void *w, int8_t *out) {
    const size_t step = edy_neon_s8_dwconv_panel_bytes(p->taps);
    const char *panel = w;
    size_t c = 0;
    for (; c + 2 * LANES <= channels; c += 2 * LANES, panel += 2 * step)
        tile(resolved, pixels, 2, 2 * LANES, p, a, c, (const edy_neon_head *)panel, out);
    if (c + LANES <= channels) {
        tile(resolved, pixels, 1, LANES, p, a, c, (const edy_neon_head *)panel, out);
        c += LANES;
        panel += step;
    }
    if (c < channels)
        tile(resolved, pixels, 1, channels - c, p, a, c, (const edy_neon_head *)panel, out);
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

void edy_neon_s8_dwconv_onnx(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                             size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                             size_t out_stride, const edy_s8_output *output) {
    const problem p = {taps,       a_offset,      zero,
                       out_stride, EDY_RULE_ONNX, edy_neon_output_make(output)};
    run(pixels, channels, &p, a, w, out);
}

void edy_neon_s8_dwconv_tflite(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                               size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                               size_t out_stride, const edy_s8_output *output) {
    const problem p = {taps,       a_offset,        zero,
                       out_stride, EDY_RULE_TFLITE, edy_neon_output_make(output)};
    run(pixels, channels, &p, a, w, out);
}

void edy_neon_s8_depthwise(edy_kernels *k) {
    k->s8_depthwise[EDY_RULE_ONNX] =
        (edy_s8_depthwise){.name = "s8_dwconv_onnx_4x16__neon",
                           .run = edy_neon_s8_dwconv_onnx,
                           .packed_bytes = edy_neon_s8_dwconv_packed_bytes,
                           .pack = edy_neon_s8_dwconv_pack};
    k->s8_depthwise[EDY_RULE_TFLITE] =
        (edy_s8_depthwise){.name = "s8_dwconv_tflite_4x16__neon",
                           .run = edy_neon_s8_dwconv_tflite,
                           .packed_bytes = edy_neon_s8_dwconv_packed_bytes,
                           .pack = edy_neon_s8_dwconv_pack};
}
