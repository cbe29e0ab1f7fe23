/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise for 3 x 3 windows that slide by 1 or 2 and weights that fit in a byte; the rest is
 * NEON's. A column of a window, three rows, is interleaved so that each four bytes are its three
 * inputs of one channel and a 0; SDOT adds their products. Interleaving is done once for the up to
 * three pixels that a column belongs to: 16 channels go through a row of pixels column by column,
 * with the sums of the pixels that are not finished yet in registers.
 *
 * Packed form: what NEON packs; then, rounded up to 64 bytes, a panel_head for each 8 channels. */
#include <assert.h>

#include "engine/kernels/neon/requant_neon.h"
#include "engine/kernels/neon/s8_depthwise_neon.h"
#include "engine/kernels/neondot/neondot.h"
#include "engine/kernels/row.h"
#include "engine/kernels/window.h"

/* A call of up to MAX_PIXELS is done in one go. */
enum { LANES = 8, TAPS = EDY_WINDOW_3X3, MAX_PIXELS = 64 };

/* w: [column of the window][channel][row of it, and 0]; not to be used where head.wide is set. */
typedef struct panel_head {
    edy_neon_head head;
    int8_t w[3][LANES][4];
    int8_t unused[32];
} panel_head;

static size_t packed_bytes(size_t channels, size_t taps) {
    const size_t panels = taps == TAPS ? edy_div_up(channels, LANES) : 0;
    return edy_neon_s8_dwconv_packed_bytes(channels, taps) + panels * sizeof(panel_head);
}

static const panel_head *panels_of(const void *packed, size_t channels, size_t taps) {
    return (const panel_head *)((const char *)packed +
                                edy_neon_s8_dwconv_packed_bytes(channels, taps));
}

static void pack(size_t channels, size_t taps, const edy_s8_weights *weights, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    edy_neon_s8_dwconv_pack(channels, taps, weights, packed);
    panel_head *panels =
        (panel_head *)((char *)packed + edy_neon_s8_dwconv_packed_bytes(channels, taps));
    for (size_t c = 0; taps == TAPS && c < channels; c++) {
        panel_head *panel = panels + c / LANES;
        edy_neon_head_set(&panel->head, c % LANES, weights, c);
        for (size_t t = 0; weights->narrow && t < TAPS; t++)
            panel->w[t % 3][c % LANES][t / 3] = (int8_t)weights->w[c * TAPS + t];
    }
}

/* One row of pixels of one block of channels. */
typedef struct block {
    const int8_t *const *a; /* resolved rows */
    size_t step, pixels;
    size_t c; /* the first channel */
    const panel_head *first, *second;
    int8_t *out;
    size_t out_stride;
    edy_rule rule;
    const edy_neon_output *output;
} block;

/* Column `index` of the row of windows: quads vectors of four channels. Inlined with constant
 * quads, 2 or 4. */
EDY_SPECIALISE void load_column(size_t quads, const block *b, size_t index, int8x16_t *to) {
    const size_t owner = index / b->step < b->pixels ? index / b->step : b->pixels - 1;
    const int8_t *const *a = b->a + owner * TAPS + index - owner * b->step;
    int8x16_t x[3];
    EDY_UNROLL
    for (size_t r = 0; r < 3; r++)
        x[r] = quads == 4 ? vld1q_s8(a[r * 3] + b->c)
                          : vcombine_s8(vld1_s8(a[r * 3] + b->c), vdup_n_s8(0));
    const int8x16_t none = vdupq_n_s8(0);
    const int16x8_t pair = vreinterpretq_s16_s8(vzip1q_s8(x[0], x[1]));
    const int16x8_t rest = vreinterpretq_s16_s8(vzip1q_s8(x[2], none));
    to[0] = vreinterpretq_s8_s16(vzip1q_s16(pair, rest));
    to[1] = vreinterpretq_s8_s16(vzip2q_s16(pair, rest));
    if (quads == 4) {
        const int16x8_t pair_2 = vreinterpretq_s16_s8(vzip2q_s8(x[0], x[1]));
        const int16x8_t rest_2 = vreinterpretq_s16_s8(vzip2q_s8(x[2], none));
        to[2] = vreinterpretq_s8_s16(vzip1q_s16(pair_2, rest_2));
        to[3] = vreinterpretq_s8_s16(vzip2q_s16(pair_2, rest_2));
    }
}

/* sum (+)= a column times column `t` of the window. */
EDY_SPECIALISE void add_column(size_t quads, const int8x16_t *column, const int8x16_t *weight,
                               size_t t, int32x4_t *sum) {
    EDY_UNROLL
    for (size_t i = 0; i < quads; i++)
        sum[i] = vdotq_s32(sum[i], column[i], weight[t * 4 + i]);
}

EDY_SPECIALISE void start(size_t quads, const block *b, const int8x16_t *column,
                          const int8x16_t *weight, int32x4_t *sum) {
    EDY_UNROLL
    for (size_t i = 0; i < quads; i++)
        sum[i] = vld1q_s32((i < 2 ? b->first : b->second)->head.bias + i % 2 * 4);
    add_column(quads, column, weight, 0, sum);
}

EDY_SPECIALISE void finish(size_t quads, const block *b, size_t pixel, const int32x4_t *sum) {
    int8_t *to = b->out + pixel * b->out_stride + b->c;
    const int32x4_t all[4] = {sum[0], sum[1], sum[quads - 2], sum[quads - 1]};
    const int8x16_t bytes =
        edy_neon_requant(b->rule, all, &b->first->head, &b->second->head, b->output);
    if (quads == 4)
        vst1q_s8(to, bytes);
    else
        vst1_s8(to, vget_low_s8(bytes));
}

/* Finishes `pixel`, whose first two columns are in `oldest`; `middle` has one of the next pixel,
 * and `newest` becomes the one after that. */
EDY_SPECIALISE void turn_1(size_t quads, const block *b, size_t pixel, const int8x16_t *weight,
                           int32x4_t *oldest, int32x4_t *middle, int32x4_t *newest) {
    int8x16_t column[4];
    load_column(quads, b, pixel + 2, column);
    add_column(quads, column, weight, 2, oldest);
    finish(quads, b, pixel, oldest);
    add_column(quads, column, weight, 1, middle);
    start(quads, b, column, weight, newest);
}

EDY_SPECIALISE void slide_by_1(size_t quads, const block *b, const int8x16_t *weight) {
    int32x4_t x[4], y[4], z[4];
    int8x16_t column[4];
    load_column(quads, b, 0, column);
    start(quads, b, column, weight, x);
    load_column(quads, b, 1, column);
    add_column(quads, column, weight, 1, x);
    start(quads, b, column, weight, y);
    for (size_t i = 0; i < b->pixels; i++) { /* the three take turns, so that nothing is moved */
        turn_1(quads, b, i, weight, x, y, z);
        if (++i == b->pixels)
            break;
        turn_1(quads, b, i, weight, y, z, x);
        if (++i == b->pixels)
            break;
        turn_1(quads, b, i, weight, z, x, y);
    }
}

/* The same for windows that share one column: `oldest` has it, `newest` gets the next one. */
EDY_SPECIALISE void turn_2(size_t quads, const block *b, size_t pixel, const int8x16_t *weight,
                           int32x4_t *oldest, int32x4_t *newest) {
    int8x16_t column[4];
    load_column(quads, b, 2 * pixel + 1, column);
    add_column(quads, column, weight, 1, oldest);
    load_column(quads, b, 2 * pixel + 2, column);
    add_column(quads, column, weight, 2, oldest);
    start(quads, b, column, weight, newest);
    finish(quads, b, pixel, oldest);
}

EDY_SPECIALISE void slide_by_2(size_t quads, const block *b, const int8x16_t *weight) {
    int32x4_t x[4], y[4];
    int8x16_t column[4];
    load_column(quads, b, 0, column);
    start(quads, b, column, weight, x);
    for (size_t i = 0; i < b->pixels; i++) {
        turn_2(quads, b, i, weight, x, y);
        if (++i == b->pixels)
            break;
        turn_2(quads, b, i, weight, y, x);
    }
}

/* Inlined with constant rule, step and quads. */
EDY_SPECIALISE void slide(edy_rule rule, size_t step, size_t quads, const block *some) {
    block b = *some;
    b.rule = rule;
    b.step = step;
    int8x16_t weight[3 * 4];
    EDY_UNROLL
    for (size_t i = 0; i < 3 * 4; i++)
        weight[i] = vld1q_s8((i % 4 < 2 ? b.first : b.second)->w[i / 4][i % 2 * 4]);
    if (step == 1)
        slide_by_1(quads, &b, weight);
    else
        slide_by_2(quads, &b, weight);
}

typedef void slide_fn(const block *b);

static void onnx_1x16(const block *b) {
    slide(EDY_RULE_ONNX, 1, 4, b);
}
static void onnx_1x8(const block *b) {
    slide(EDY_RULE_ONNX, 1, 2, b);
}
static void onnx_2x16(const block *b) {
    slide(EDY_RULE_ONNX, 2, 4, b);
}
static void onnx_2x8(const block *b) {
    slide(EDY_RULE_ONNX, 2, 2, b);
}
static void tflite_1x16(const block *b) {
    slide(EDY_RULE_TFLITE, 1, 4, b);
}
static void tflite_1x8(const block *b) {
    slide(EDY_RULE_TFLITE, 1, 2, b);
}
static void tflite_2x16(const block *b) {
    slide(EDY_RULE_TFLITE, 2, 4, b);
}
static void tflite_2x8(const block *b) {
    slide(EDY_RULE_TFLITE, 2, 2, b);
}

/* [rule][step - 1][one panel, two panels] */
static slide_fn *const slides[EDY_RULE_COUNT][2][2] = {
    [EDY_RULE_ONNX] = {{onnx_1x8, onnx_1x16}, {onnx_2x8, onnx_2x16}},
    [EDY_RULE_TFLITE] = {{tflite_1x8, tflite_1x16}, {tflite_2x8, tflite_2x16}}};

/* All panels that are full; returns the number of their channels. */
static size_t full_panels(block *b, size_t channels, const panel_head *panels) {
    for (b->c = 0; b->c + LANES <= channels;) {
        const size_t two = b->c + 2 * LANES <= channels;
        b->first = panels + b->c / LANES;
        b->second = b->first + two;
        slides[b->rule][b->step - 1][two](b);
        b->c += two ? 2 * LANES : LANES;
    }
    return b->c;
}

typedef struct problem {
    edy_rule rule;
    edy_s8_dwconv_fn fallback; /* NEON's of the same rule */
    size_t taps, a_offset;
    const int8_t *zero;
    size_t out_stride;
    const edy_s8_output *output;
} problem;

/* Up to MAX_PIXELS neighbours that share columns; channels past the last full panel go to
 * NEON's. */
static void windows(size_t step, size_t pixels, size_t channels, const problem *p,
                    const int8_t *const *a, const char *w, int8_t *out) {
    const int8_t *rows[MAX_PIXELS * TAPS];
    const edy_neon_output output = edy_neon_output_make(p->output);
    block b = {.a = a,
               .step = step,
               .pixels = pixels,
               .out = out,
               .out_stride = p->out_stride,
               .rule = p->rule,
               .output = &output};
    for (size_t i = 0; p->a_offset && i < pixels * TAPS; i++)
        rows[i] = edy_row_s8(a[i], p->a_offset, p->zero);
    if (p->a_offset)
        b.a = rows;
    const size_t c = full_panels(&b, channels, panels_of(w, channels, TAPS));
    if (c < channels) /* the row of padding holds one value, so it serves from any channel on */
        p->fallback(pixels, channels - c, TAPS, a, p->a_offset + c, p->zero,
                    w + c / LANES * edy_neon_s8_dwconv_panel_bytes(TAPS), out + c, p->out_stride,
                    p->output);
}

static void run(size_t pixels, size_t channels, const problem *p, const int8_t *const *a,
                const void *w, int8_t *out) {
    assert(p->out_stride >= channels);
    const panel_head *panels = panels_of(w, channels, p->taps);
    if (p->taps != TAPS || panels->head.wide) {
        p->fallback(pixels, channels, p->taps, a, p->a_offset, p->zero, w, out, p->out_stride,
                    p->output);
        return;
    }
    for (size_t i = 0; i < pixels;) {
        const size_t n = pixels - i < MAX_PIXELS ? pixels - i : MAX_PIXELS;
        const size_t step = edy_window_step(n, (const void *const *)(a + i * TAPS));
        if (step)
            windows(step, n, channels, p, a + i * TAPS, w, out + i * p->out_stride);
        else
            p->fallback(n, channels, TAPS, a + i * TAPS, p->a_offset, p->zero, w,
                        out + i * p->out_stride, p->out_stride, p->output);
        i += n;
    }
}

static void dwconv_onnx(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                        size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                        size_t out_stride, const edy_s8_output *output) {
    const problem p = {EDY_RULE_ONNX, edy_neon_s8_dwconv_onnx, taps, a_offset, zero, out_stride,
                       output};
    run(pixels, channels, &p, a, w, out);
}

static void dwconv_tflite(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                          size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                          size_t out_stride, const edy_s8_output *output) {
    const problem p = {EDY_RULE_TFLITE, edy_neon_s8_dwconv_tflite, taps, a_offset, zero, out_stride,
                       output};
    run(pixels, channels, &p, a, w, out);
}

void edy_neondot_s8_depthwise(edy_kernels *k) {
    k->s8_depthwise[EDY_RULE_ONNX] = (edy_s8_depthwise){.name = "s8_dwconv_onnx_1x16__neondot",
                                                        .run = dwconv_onnx,
                                                        .packed_bytes = packed_bytes,
                                                        .pack = pack};
    k->s8_depthwise[EDY_RULE_TFLITE] = (edy_s8_depthwise){.name = "s8_dwconv_tflite_1x16__neondot",
                                                          .run = dwconv_tflite,
                                                          .packed_bytes = packed_bytes,
                                                          .pack = pack};
}
