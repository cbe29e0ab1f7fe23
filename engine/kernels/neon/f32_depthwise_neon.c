/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 depthwise. Any window: 4 pixels by 8 channels share a load of weights. 3 x 3 windows that
 * slide by 1 or 2: a tile of pixels goes through the window row by row, and each input of a row is
 * loaded once for all pixels it belongs to; every output still adds its taps in order.
 *
 * Packed form: panels of 8 channels, each float bias[8]; float w[taps][8]; lanes past the end 0. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/neon/neon.h"
#include "engine/kernels/row.h"
#include "engine/kernels/window.h"

/* Windows of up to MAX_TAPS have their rows resolved once for all channels. */
enum { LANES = 4, PANEL = 8, PIXELS = 4, MAX_TAPS = 64, WIDE = 6, NARROW = 3 };

static size_t panel_floats(size_t taps) {
    return (1 + taps) * PANEL;
}

static size_t packed_bytes(size_t channels, size_t taps) {
    return edy_round_up(edy_div_up(channels, PANEL) * panel_floats(taps) * sizeof(float), 64);
}

static void pack(size_t channels, size_t taps, const float *w, const float *bias, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    for (size_t c = 0; c < channels; c++) {
        float *panel = (float *)packed + c / PANEL * panel_floats(taps) + c % PANEL;
        panel[0] = bias ? bias[c] : 0.0f;
        for (size_t t = 0; t < taps; t++)
            panel[(1 + t) * PANEL] = w[c * taps + t];
    }
}

typedef struct problem {
    size_t taps, a_offset;
    const float *zero;
    size_t out_stride;
    edy_neon_clamp clamp;
} problem;

EDY_SPECIALISE void finish(size_t pixels, size_t vecs, size_t lanes, const problem *p,
                           const float32x4_t *acc, float *out) {
    EDY_UNROLL
    for (size_t i = 0; i < pixels * vecs; i++)
        edy_neon_store_f32(out + i / vecs * p->out_stride + i % vecs * LANES,
                           edy_neon_clamped(acc[i], &p->clamp),
                           i % vecs == vecs - 1 ? lanes : LANES);
}

/* pixels x vecs * 4 channels, the last vector of `lanes`; inlined with constant resolved, pixels
 * and vecs. a: the first pixel's list, of resolved rows or not; c: the first channel. */
EDY_SPECIALISE void tile(int resolved, size_t pixels, size_t vecs, size_t lanes, const problem *p,
                         const float *const *a, size_t c, const float *panel, float *out) {
    const size_t taps = p->taps;
    float32x4_t acc[PIXELS * 2];
    EDY_UNROLL
    for (size_t i = 0; i < pixels * vecs; i++)
        acc[i] = vld1q_f32(panel + i % vecs * LANES);
    for (size_t t = 0; t < taps; t++) {
        panel += PANEL;
        EDY_UNROLL
        for (size_t m = 0; m < pixels; m++) {
            const float *row = a[m * taps + t];
            row = resolved ? row : edy_row_f32(row, p->a_offset, p->zero);
            EDY_UNROLL
            for (size_t v = 0; v < vecs; v++)
                acc[m * vecs + v] =
                    vfmaq_f32(acc[m * vecs + v],
                              edy_neon_load_f32(row + c + v * LANES, v == vecs - 1 ? lanes : LANES),
                              vld1q_f32(panel + v * LANES));
        }
    }
    finish(pixels, vecs, lanes, p, acc, out + c);
}

/* One row of the windows of `pixels` pixels, 8 channels. a: the first pixel's list from that row
 * on, already at the channels' offset; w: its three taps. Inlined with constant step and pixels. */
EDY_SPECIALISE void window_row(size_t step, size_t pixels, const float *const *a, size_t c,
                               const float *w, float32x4_t *acc) {
    const float32x4x3_t first = vld1q_f32_x3(w), second = vld1q_f32_x3(w + 3 * LANES);
    const float32x4_t lower_w[3] = {first.val[0], first.val[2], second.val[1]};
    const float32x4_t upper_w[3] = {first.val[1], second.val[0], second.val[2]};
    EDY_UNROLL
    for (size_t q = 0; q < (pixels - 1) * step + 3; q++) { /* inputs from left to right */
        const size_t owner = q / step < pixels ? q / step : pixels - 1;
        const float32x4x2_t x = vld1q_f32_x2(a[owner * EDY_WINDOW_3X3 + q - owner * step] + c);
        EDY_UNROLL
        for (size_t t = 0; t < 3; t++) {
            if (q < t || (q - t) % step != 0 || (q - t) / step >= pixels)
                continue;
            float32x4_t *to = acc + (q - t) / step * 2;
            to[0] = vfmaq_f32(to[0], x.val[0], lower_w[t]);
            to[1] = vfmaq_f32(to[1], x.val[1], upper_w[t]);
        }
    }
}

EDY_SPECIALISE void window_tile(size_t step, size_t pixels, const problem *p, const float *const *a,
                                size_t c, const float *panel, float *out) {
    float32x4_t acc[WIDE * 2];
    EDY_UNROLL
    for (size_t i = 0; i < pixels * 2; i++)
        acc[i] = vld1q_f32(panel + i % 2 * LANES);
    EDY_UNROLL
    for (size_t r = 0; r < 3; r++)
        window_row(step, pixels, a + r * 3, c, panel + (1 + r * 3) * PANEL, acc);
    finish(pixels, 2, LANES, p, acc, out + c);
}

/* The channels from c on, without the help of neighbours. */
EDY_SPECIALISE void all_channels(int resolved, size_t pixels, size_t c, size_t channels,
                                 const problem *p, const float *const *a, const float *w,
                                 float *out) {
    const size_t step = panel_floats(p->taps);
    w += c / PANEL * step;
    for (; c + PANEL <= channels; c += PANEL, w += step)
        tile(resolved, pixels, 2, LANES, p, a, c, w, out);
    if (c + LANES < channels)
        tile(resolved, pixels, 2, channels - c - LANES, p, a, c, w, out);
    else if (c < channels)
        tile(resolved, pixels, 1, channels - c, p, a, c, w, out);
}

EDY_SPECIALISE void all_windows(size_t step, size_t pixels, size_t channels, const problem *p,
                                const float *const *a, const float *w, float *out) {
    size_t c = 0;
    for (; c + PANEL <= channels; c += PANEL)
        window_tile(step, pixels, p, a, c, w + c / PANEL * panel_floats(EDY_WINDOW_3X3), out);
    for (size_t i = 0; c < channels && i < pixels; i++)
        all_channels(1, 1, c, channels, p, a + i * EDY_WINDOW_3X3, w, out + i * p->out_stride);
}

/* The list itself for the first image of a batch, else a copy in `rows` that needs no offset. */
static const float *const *resolve(const problem *p, const float *const *a, size_t count,
                                   const float **rows) {
    if (p->a_offset == 0)
        return a;
    for (size_t i = 0; i < count; i++)
        rows[i] = edy_row_f32(a[i], p->a_offset, p->zero);
    return rows;
}

/* As many pixels of a sliding 3 x 3 window as fill tiles; returns how many. */
static size_t windows(size_t pixels, size_t channels, const problem *p, const float *const *a,
                      const float *w, float *out) {
    const float *rows[WIDE * EDY_WINDOW_3X3];
    const size_t taps = EDY_WINDOW_3X3;
    const size_t step = edy_window_step(pixels, (const void *const *)a);
    size_t i = 0;
    for (; step == 1 && i + WIDE <= pixels; i += WIDE)
        all_windows(1, WIDE, channels, p, resolve(p, a + i * taps, WIDE * taps, rows), w,
                    out + i * p->out_stride);
    for (; step == 1 && i + NARROW <= pixels; i += NARROW)
        all_windows(1, NARROW, channels, p, resolve(p, a + i * taps, NARROW * taps, rows), w,
                    out + i * p->out_stride);
    for (; step == 2 && i + NARROW <= pixels; i += NARROW)
        all_windows(2, NARROW, channels, p, resolve(p, a + i * taps, NARROW * taps, rows), w,
                    out + i * p->out_stride);
    return i;
}

static void f32_dwconv_4x8__neon(size_t pixels, size_t channels, size_t taps, const float *const *a,
                                 size_t a_offset, const float *zero, const void *w, float *out,
                                 size_t out_stride, const edy_f32_clamp *clamp) {
    assert(out_stride >= channels);
    const problem p = {taps, a_offset, zero, out_stride, edy_neon_clamp_make(clamp)};
    const float *rows[PIXELS * MAX_TAPS];
    size_t i = taps == EDY_WINDOW_3X3 ? windows(pixels, channels, &p, a, w, out) : 0;
    for (; i + PIXELS <= pixels && taps <= MAX_TAPS; i += PIXELS)
        all_channels(1, PIXELS, 0, channels, &p, resolve(&p, a + i * taps, PIXELS * taps, rows), w,
                     out + i * out_stride);
    for (; i < pixels && taps <= MAX_TAPS; i++)
        all_channels(1, 1, 0, channels, &p, resolve(&p, a + i * taps, taps, rows), w,
                     out + i * out_stride);
    for (; i < pixels; i++)
        all_channels(0, 1, 0, channels, &p, a + i * taps, w, out + i * out_stride);
}

void edy_neon_f32_depthwise(edy_kernels *k) {
    k->f32_depthwise = (edy_f32_depthwise){.name = "f32_dwconv_4x8__neon",
                                           .run = f32_dwconv_4x8__neon,
                                           .packed_bytes = packed_bytes,
                                           .pack = pack};
}
