/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise on vpdpbusd: the bytes of four taps are zipped so that each int32 lane holds four
 * taps of one channel, which one vpdpbusd multiplies and sums. BYTES channels of PIXELS pixels
 * share the loads of weights. The one algorithm of avx512vnni and avxvnni; see s8_dense_vnni.h for
 * the words it is written in, the unsigned inputs and sums that wrap.
 *
 * Zipping works in quarters of 16 bytes, so lane l of vector q holds byte l / 4 * 16 + q * 4 + l %
 * 4 of the register; weights, bias and scales are packed in that order, and narrowing the four
 * vectors undoes it. Where at most half a panel is left over, its channels stand in it 2, 4 or 8
 * times, for as many pixels at once; pixels that lie one behind the other, as those of a row of the
 * image do where the stride is 1, are then one load.
 *
 * Packed form: panels of BYTES channels, each a panel_head and int8_t w[groups][4][LANES][4], a
 * group being four taps; taps past the end have weight 0. Where weights have 9 bits each group is
 * there a second time: w / 2 twice and what that leaves (s8_dense_vnni.h). */
#ifndef EDY_KERNELS_S8_DEPTHWISE_VNNI_H
#define EDY_KERNELS_S8_DEPTHWISE_VNNI_H

#include <assert.h>
#include <string.h>

#include "engine/kernel.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

/* Windows of up to MAX_TAPS have their rows resolved once for all channels. */
enum { QUARTERS = 4, GROUP = 4, MAX_TAPS = 64, MAX_COPIES = 8 };

typedef struct panel_head {
    int32_t bias[QUARTERS][LANES];
    vec_scale scale[QUARTERS];
    uint32_t narrow; /* every weight is an int8: the second plane is not read */
    uint32_t copies; /* how often each channel is there: 1, 2, 4 or 8 */
    uint32_t padding[14];
} panel_head;

static size_t plane_size(size_t taps) {
    return edy_div_up(taps, GROUP) * QUARTERS * BYTES;
}

static size_t panel_size(size_t taps) {
    return sizeof(panel_head) + 2 * plane_size(taps);
}

static size_t packed_bytes(size_t channels, size_t taps) {
    return edy_div_up(channels, BYTES) * panel_size(taps);
}

/* Channel c of the weights into byte `at` of a panel. */
static void pack_byte(size_t taps, const edy_s8_weights *weights, size_t c, size_t at,
                      panel_head *head) {
    const size_t q = at % 16 / 4, lane = at / 16 * 4 + at % 4;
    int8_t *plane[2] = {(int8_t *)(head + 1), (int8_t *)(head + 1) + plane_size(taps)};
    uint32_t sum = 0;
    for (size_t t = 0; t < taps; t++) {
        const int w = weights->w[c * taps + t], odd = w & 1;
        const size_t to = (t / GROUP * QUARTERS + q) * BYTES + lane * GROUP + t % GROUP;
        plane[0][to] = (int8_t)(head->narrow ? w : (w - odd) / 2);
        plane[1][to] = (int8_t)odd;
        sum += (uint32_t)w;
    }
    head->bias[q][lane] = (int32_t)((uint32_t)weights->bias[c] - 128 * sum);
    vec_scale_set(&head->scale[q], lane, weights, c);
}

static void pack(size_t channels, size_t taps, const edy_s8_weights *weights, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    for (size_t first = 0; first < channels; first += BYTES) {
        panel_head *head = (panel_head *)((char *)packed + first / BYTES * panel_size(taps));
        const size_t n = channels - first < BYTES ? channels - first : BYTES;
        head->narrow = weights->narrow != 0;
        head->copies = 1;
        while (head->copies < MAX_COPIES && 2 * head->copies * n <= BYTES)
            head->copies *= 2;
        for (size_t at = 0; at < head->copies * n; at++)
            pack_byte(taps, weights, first + at % n, at, head);
    }
}

typedef struct problem {
    size_t taps, a_offset;
    const int8_t *zero;
    size_t out_stride;
    edy_rule rule;
    vec_output output;
} problem;

/* What a tile is specialised by. */
typedef struct kind {
    int resolved; /* the rows of the list */
    int narrow;
    size_t registers; /* each of one pixel, or of `copies` of them */
    size_t copies;    /* 1, 2, 4, 8; 0: any number that lie one behind the other */
} kind;

/* One tap of a register's pixels, n bytes of each, or of all where they lie one behind the other.
 * a: the first one's row in the list. */
EDY_SPECIALISE vec load_tap(kind k, const problem *p, const int8_t *const *a, size_t c, size_t n) {
    if (k.copies > 1)
        return vec_load_rows(a, p->taps, k.copies, c, n);
    const int8_t *row = k.resolved ? *a : edy_row_s8(*a, p->a_offset, p->zero);
    return n == BYTES ? vec_load_bytes(row + c) : vec_load_first(row + c, n);
}

/* The first count (constant, 1..4) of four taps of register m's pixels, zipped with zeros. */
EDY_SPECIALISE void zip(kind k, size_t count, const problem *p, const int8_t *const *a, size_t c,
                        size_t n, vec zipped[QUARTERS]) {
    vec x[GROUP];
    EDY_UNROLL
    for (size_t i = 0; i < GROUP; i++)
        x[i] = i < count ? vec_flip(load_tap(k, p, a + i, c, n)) : vec_splat(0);
    const vec low[2] = {vec_zip8_low(x[0], x[1]), vec_zip8_low(x[2], x[3])};
    const vec high[2] = {vec_zip8_high(x[0], x[1]), vec_zip8_high(x[2], x[3])};
    zipped[0] = vec_zip16_low(low[0], low[1]);
    zipped[1] = vec_zip16_high(low[0], low[1]);
    zipped[2] = vec_zip16_low(high[0], high[1]);
    zipped[3] = vec_zip16_high(high[0], high[1]);
}

/* One group of taps of every pixel. w: this group's weights in the first plane. */
EDY_SPECIALISE void group(kind k, size_t count, const problem *p, const int8_t *const *a, size_t c,
                          size_t n, const int8_t *w, vec acc[PIXELS][QUARTERS]) {
    EDY_UNROLL
    for (size_t m = 0; m < k.registers; m++) {
        vec x[QUARTERS];
        zip(k, count, p, a + m * p->taps, c, n, x);
        EDY_UNROLL
        for (size_t q = 0; q < QUARTERS; q++) {
            const vec weight = vec_load(w + q * BYTES);
            acc[m][q] = vec_dot(acc[m][q], x[q], weight);
            if (!k.narrow) {
                const vec odd = vec_load(w + plane_size(p->taps) + q * BYTES);
                acc[m][q] = vec_dot(vec_dot(acc[m][q], x[q], weight), x[q], odd);
            }
        }
    }
}

/* Requantizes and stores a register. */
EDY_SPECIALISE void finish(edy_rule rule, size_t copies, const problem *p, const panel_head *head,
                           const vec acc[QUARTERS], int8_t *out, size_t n) {
    vec scaled[QUARTERS];
    EDY_UNROLL
    for (size_t q = 0; q < QUARTERS; q++)
        scaled[q] = vec_scale_acc(rule, acc[q], &head->scale[q]);
    const vec bytes = vec_narrow_zipped(scaled, &p->output);
    if (copies <= 1)
        vec_store_first(bytes, out, n);
    else if (p->out_stride == n)
        vec_store_first(bytes, out, copies * n);
    else
        vec_store_split(bytes, out, p->out_stride, copies, n);
}

/* Out of line, since this rule takes three times as many instructions. acc is in memory. */
static __attribute__((noinline)) void finish_tflite(size_t registers, size_t copies,
                                                    const problem *p, const panel_head *head,
                                                    vec acc[][QUARTERS], int8_t *out, size_t n) {
    for (size_t m = 0; m < registers; m++)
        finish(EDY_RULE_TFLITE, copies, p, head, acc[m], out + m * p->out_stride, n);
}

/* k.registers x n bytes from channel c on; inlined with constant k and, where a panel is whole, n.
 * a: the first pixel's list. stored: how many pixels a register has, for k.copies of 0 or more
 * than 1; n is then of one of them. */
EDY_SPECIALISE void tile(kind k, size_t n, const problem *p, const int8_t *const *a, size_t c,
                         size_t stored, const panel_head *head, int8_t *out) {
    const size_t loaded = k.copies == 0 ? stored * n : n;
    const int8_t *w = (const int8_t *)(head + 1);
    vec acc[PIXELS][QUARTERS];
    EDY_UNROLL
    for (size_t m = 0; m < k.registers; m++) {
        EDY_UNROLL
        for (size_t q = 0; q < QUARTERS; q++)
            acc[m][q] = vec_load(head->bias[q]);
    }
    size_t t = 0;
    for (; t + GROUP <= p->taps; t += GROUP, w += QUARTERS * BYTES)
        group(k, GROUP, p, a + t, c, loaded, w, acc);
    switch (p->taps - t) { /* 3 x 3 and 5 x 5 windows leave one over, which is cheaper to zip */
    case 1:
        group(k, 1, p, a + t, c, loaded, w, acc);
        break;
    case 2:
        group(k, 2, p, a + t, c, loaded, w, acc);
        break;
    case 3:
        group(k, 3, p, a + t, c, loaded, w, acc);
        break;
    default:
        break;
    }
    if (p->rule == EDY_RULE_ONNX) {
        EDY_UNROLL
        for (size_t m = 0; m < k.registers; m++)
            finish(EDY_RULE_ONNX, stored, p, head, acc[m], out + m * p->out_stride + c, n);
        return;
    }
    vec sums[PIXELS][QUARTERS];
    memcpy(sums, acc, k.registers * sizeof acc[0]);
    finish_tflite(k.registers, stored, p, head, sums, out + c, n);
}

/* Panels from the first on, up to `channels`. */
EDY_SPECIALISE void all_channels(kind k, size_t channels, const problem *p, const int8_t *const *a,
                                 const void *w, int8_t *out) {
    const char *panel = w;
    size_t c = 0;
    for (; c + BYTES <= channels; c += BYTES, panel += panel_size(p->taps))
        tile(k, BYTES, p, a, c, 1, (const panel_head *)panel, out);
    if (c < channels)
        tile(k, channels - c, p, a, c, 1, (const panel_head *)panel, out);
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

/* A register of a panel whose n channels from c on are there several times: `stored` pixels that
 * lie one behind the other, and 1, 2, 4 or 8 that may lie anywhere. Each a function of its own, for
 * the sake of its registers. */
typedef void copies_fn(size_t n, const problem *p, const int8_t *const *a, size_t c, size_t stored,
                       const panel_head *head, int8_t *out);

#define COPIES(copies)                                                                             \
    static __attribute__((noinline)) void tile_of_##copies(                                        \
        size_t n, const problem *p, const int8_t *const *a, size_t c, size_t stored,               \
        const panel_head *head, int8_t *out) {                                                     \
        tile((kind){1, 1, 1, copies}, n, p, a, c, copies ? copies : stored, head, out);            \
    }
COPIES(0)
COPIES(1)
COPIES(2)
COPIES(4)
COPIES(8)

/* All pixels of such a panel. */
static void run_copies(size_t pixels, size_t n, const problem *p, const int8_t *const *a, size_t c,
                       const panel_head *head, int8_t *out) {
    static copies_fn *const anywhere[] = {
        [1] = tile_of_1, [2] = tile_of_2, [4] = tile_of_4, [8] = tile_of_8};
    const size_t taps = p->taps;
    const int8_t *rows[MAX_COPIES * MAX_TAPS];
    for (size_t i = 0, some = head->copies; i < pixels; i += some) {
        while (some > pixels - i)
            some /= 2;
        const int8_t *const *list = resolve(p, a + i * taps, some * taps, rows);
        const int adjacent = some > 1 && vec_rows_apart(list, taps, (some - 1) * taps, n);
        (adjacent ? tile_of_0 : anywhere[some])(n, p, list, c, some, head, out + i * p->out_stride);
    }
}

static void run(size_t pixels, size_t channels, const problem *p, const int8_t *const *a,
                const void *w, int8_t *out) {
    const size_t taps = p->taps, stride = p->out_stride, whole = channels / BYTES * BYTES;
    const panel_head *last =
        (const panel_head *)((const char *)w + (channels - 1) / BYTES * panel_size(taps));
    assert(stride >= channels);
    if (!last->narrow || taps > MAX_TAPS) {
        const kind any = {0, 0, 1, 1}, narrow = {0, 1, 1, 1};
        for (size_t i = 0; i < pixels; i++) {
            if (last->narrow)
                all_channels(narrow, channels, p, a + i * taps, w, out + i * stride);
            else
                all_channels(any, channels, p, a + i * taps, w, out + i * stride);
        }
        return;
    }
    const size_t wide = last->copies > 1 ? whole : channels;
    const int8_t *rows[PIXELS * MAX_TAPS];
    size_t i = wide > 0 ? 0 : pixels;
    for (; i + PIXELS <= pixels; i += PIXELS)
        all_channels((kind){1, 1, PIXELS, 1}, wide, p,
                     resolve(p, a + i * taps, PIXELS * taps, rows), w, out + i * stride);
    for (; i < pixels; i++)
        all_channels((kind){1, 1, 1, 1}, wide, p, resolve(p, a + i * taps, taps, rows), w,
                     out + i * stride);
    if (wide < channels)
        run_copies(pixels, channels - wide, p, a, wide, last, out);
}

#endif
