/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise on vpdpbusd: the bytes of four taps are zipped so that each int32 lane holds four
 * taps of one channel, which one vpdpbusd multiplies and sums. BYTES channels of PIXELS pixels
 * share the loads of weights. The one algorithm of avx512vnni and avxvnni; see s8_dense_vnni.h for
 * the words it is written in, the unsigned inputs and sums that wrap.
 *
 * Zipping works in quarters of 16 bytes, so lane l of vector q holds channel l / 4 * 16 + q * 4 +
 * l % 4 of a panel; weights, bias and scales are packed in that order, and narrowing the four
 * vectors undoes it. Where at most half a panel is left over, its registers hold two pixels, and
 * all that belongs to a channel is packed twice.
 *
 * Packed form: panels of BYTES channels, each a panel_head and int8_t w[groups][4][LANES][4], a
 * group being four taps; taps past the end have weight 0 and read the last tap. Where weights have
 * 9 bits each group is there a second time: w / 2 twice and what that leaves (s8_dense_vnni.h). */
#ifndef EDY_KERNELS_S8_DEPTHWISE_VNNI_H
#define EDY_KERNELS_S8_DEPTHWISE_VNNI_H

#include <assert.h>
#include <string.h>

#include "engine/kernel.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

/* Windows of up to MAX_TAPS have their rows resolved once for all channels. */
enum { QUARTERS = 4, GROUP = 4, MAX_TAPS = 64 };

typedef struct panel_head {
    int32_t bias[QUARTERS][LANES];
    vec_scale scale[QUARTERS];
    uint32_t narrow; /* every weight is an int8: the second plane is not read */
    uint32_t paired; /* the channels are there twice, for two pixels */
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

/* Channel c of the weights into a lane of a panel. */
static void pack_lane(size_t taps, const edy_s8_weights *weights, size_t c, size_t q, size_t lane,
                      panel_head *head) {
    int8_t *plane[2] = {(int8_t *)(head + 1), (int8_t *)(head + 1) + plane_size(taps)};
    uint32_t sum = 0;
    for (size_t t = 0; t < taps; t++) {
        const int w = weights->w[c * taps + t], odd = w & 1;
        const size_t at = (t / GROUP * QUARTERS + q) * BYTES + lane * GROUP + t % GROUP;
        plane[0][at] = (int8_t)(head->narrow ? w : (w - odd) / 2);
        plane[1][at] = (int8_t)odd;
        sum += (uint32_t)w;
    }
    head->bias[q][lane] = (int32_t)((uint32_t)weights->bias[c] - 128 * sum);
    vec_scale_set(&head->scale[q], lane, weights, c);
}

static void pack(size_t channels, size_t taps, const edy_s8_weights *weights, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    for (size_t c = 0; c < channels; c++) {
        panel_head *head = (panel_head *)((char *)packed + c / BYTES * panel_size(taps));
        const size_t in_panel = c % BYTES, q = in_panel % 16 / 4, lane = in_panel / 16 * 4 + c % 4;
        head->narrow = weights->narrow != 0;
        head->paired = channels - (c - in_panel) <= BYTES / 2;
        pack_lane(taps, weights, c, q, lane, head);
        if (head->paired)
            pack_lane(taps, weights, c, q, lane + LANES / 2, head);
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
    int paired;    /* two pixels a register */
    size_t pixels; /* 1, or up to PIXELS and even */
} kind;

/* n channels of one pixel's tap, or of two. */
EDY_SPECIALISE vec load_tap(kind k, const problem *p, const int8_t *first, const int8_t *second,
                            size_t c, size_t n) {
    if (!k.resolved) {
        first = edy_row_s8(first, p->a_offset, p->zero);
        second = edy_row_s8(second, p->a_offset, p->zero);
    }
    if (k.paired)
        return vec_load_pair(first + c, second + c, n);
    return n == BYTES ? vec_load_bytes(first + c) : vec_load_first(first + c, n);
}

/* The taps from t on of register m's pixels, zipped: count (1..4) taps, of which those from 1 on
 * may be the last one again. */
EDY_SPECIALISE void zip(kind k, size_t count, const problem *p, const int8_t *const *a, size_t m,
                        size_t t, size_t c, size_t n, vec zipped[QUARTERS]) {
    const int8_t *const *first = a + (k.paired ? 2 * m : m) * p->taps;
    const int8_t *const *second = k.pixels > 1 && k.paired ? first + p->taps : first;
    vec x[GROUP];
    EDY_UNROLL
    for (size_t i = 0; i < GROUP; i++) {
        if (i >= count) {
            x[i] = vec_splat(0);
            continue;
        }
        const size_t tap = t + i < p->taps ? t + i : p->taps - 1;
        x[i] = vec_flip(load_tap(k, p, first[tap], second[tap], c, n));
    }
    const vec low[2] = {vec_zip8_low(x[0], x[1]), vec_zip8_low(x[2], x[3])};
    const vec high[2] = {vec_zip8_high(x[0], x[1]), vec_zip8_high(x[2], x[3])};
    zipped[0] = vec_zip16_low(low[0], low[1]);
    zipped[1] = vec_zip16_high(low[0], low[1]);
    zipped[2] = vec_zip16_low(high[0], high[1]);
    zipped[3] = vec_zip16_high(high[0], high[1]);
}

/* One group of taps of every pixel. w: this group's weights in the first plane. */
EDY_SPECIALISE void group(kind k, size_t registers, size_t count, const problem *p,
                          const int8_t *const *a, size_t t, size_t c, size_t n, const int8_t *w,
                          vec acc[PIXELS][QUARTERS]) {
    EDY_UNROLL
    for (size_t m = 0; m < registers; m++) {
        vec x[QUARTERS];
        zip(k, count, p, a, m, t, c, n, x);
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

/* k.pixels x n channels from c on; inlined with constant k and, where a panel is whole, n. a: the
 * first pixel's list. 3 x 3 and 5 x 5 windows leave one tap over, which is cheaper to zip. */
EDY_SPECIALISE void tile(kind k, size_t n, const problem *p, const int8_t *const *a, size_t c,
                         const panel_head *head, int8_t *out) {
    const size_t registers = k.paired ? (k.pixels + 1) / 2 : k.pixels;
    const int8_t *w = (const int8_t *)(head + 1);
    vec acc[PIXELS][QUARTERS];
    EDY_UNROLL
    for (size_t m = 0; m < registers; m++) {
        EDY_UNROLL
        for (size_t q = 0; q < QUARTERS; q++)
            acc[m][q] = vec_load(head->bias[q]);
    }
    size_t t = 0;
    for (; t + 1 < p->taps; t += GROUP, w += QUARTERS * BYTES)
        group(k, registers, GROUP, p, a, t, c, n, w, acc);
    if (t < p->taps)
        group(k, registers, 1, p, a, t, c, n, w, acc);
    EDY_UNROLL
    for (size_t m = 0; m < registers; m++) {
        int8_t *to = out + (k.paired ? 2 * m : m) * p->out_stride + c;
        vec scaled[QUARTERS];
        EDY_UNROLL
        for (size_t q = 0; q < QUARTERS; q++)
            scaled[q] = vec_scale_acc(p->rule, acc[m][q], &head->scale[q]);
        if (k.paired)
            vec_store_pair(scaled, &p->output, to, k.pixels > 1 ? to + p->out_stride : to, n);
        else
            vec_store_zipped(scaled, &p->output, to, n);
    }
}

EDY_SPECIALISE void all_channels(int resolved, size_t pixels, int narrow, size_t channels,
                                 const problem *p, const int8_t *const *a, const void *w,
                                 int8_t *out) {
    const kind whole = {resolved, narrow, 0, pixels}, half = {resolved, narrow, 1, pixels};
    const char *panel = w;
    size_t c = 0;
    for (; c + BYTES <= channels; c += BYTES, panel += panel_size(p->taps))
        tile(whole, BYTES, p, a, c, (const panel_head *)panel, out);
    if (c == channels)
        return;
    const panel_head *head = (const panel_head *)panel;
    if (head->paired)
        tile(half, channels - c, p, a, c, head, out);
    else
        tile(whole, channels - c, p, a, c, head, out);
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
    const int narrow = ((const panel_head *)w)->narrow != 0;
    assert(stride >= channels);
    const int8_t *rows[PIXELS * MAX_TAPS];
    size_t i = 0;
    for (; i + PIXELS <= pixels && taps <= MAX_TAPS && narrow; i += PIXELS)
        all_channels(1, PIXELS, 1, channels, p, resolve(p, a + i * taps, PIXELS * taps, rows), w,
                     out + i * stride);
    for (; i < pixels && taps <= MAX_TAPS && narrow; i++)
        all_channels(1, 1, 1, channels, p, resolve(p, a + i * taps, taps, rows), w,
                     out + i * stride);
    for (; i < pixels && narrow; i++)
        all_channels(0, 1, 1, channels, p, a + i * taps, w, out + i * stride);
    for (; i < pixels; i++)
        all_channels(0, 1, 0, channels, p, a + i * taps, w, out + i * stride);
}

#endif
