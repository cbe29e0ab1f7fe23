/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 GEMM and indirect GEMM on vpdpbusd, which adds four products of an unsigned and a signed byte
 * to an int32: MR rows by two vectors of columns. The one algorithm of avx512vnni and avxvnni; the
 * file that includes it first includes the words it is written in (vector_<isa>.h).
 *
 * Inputs are made unsigned: u = a + 128. Since sum(a*w) = sum(u*w) - 128*sum(w), the last term goes
 * into the packed bias. vpdpbusd wraps and does not saturate, so sums on the way may leave int32:
 * the result is right modulo 2^32, and the planner has seen to it that it fits.
 *
 * The rows of a tile are copied once, all taps in one run, and serve every panel of columns, so
 * that four inputs are one broadcast from memory whatever the number of channels. A reduction that
 * is longer than the buffer is copied piece by piece for each panel.
 *
 * Packed form: panels of NR columns, each a panel_head, int8_t w[steps][NR][4] and one bit for each
 * of these weights; a reduction that is no multiple of 4 ends with zeros. Weights of 9 bits (models
 * with zero points for weights) are 2 * w + bit, and their sum 2 * sum(u*w) + sum(u*bit); else the
 * bits are not read. */
#ifndef EDY_KERNELS_S8_DENSE_VNNI_H
#define EDY_KERNELS_S8_DENSE_VNNI_H

#include <assert.h>
#include <string.h>

#include "engine/kernel.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum {
    VECS = 2,
    NR = VECS * LANES,
    STEP = 4 * NR,     /* bytes of weights for four inputs */
    CHUNK = 4608,      /* a multiple of 4; 3 x 3 x 512 */
    PITCH = CHUNK + 64 /* a run of the copy may write past its end */
};

typedef struct panel_head {
    int32_t bias[NR];
    vec_scale scale[VECS];
    uint32_t narrow; /* every weight is an int8: there are no bits */
    uint32_t padding[15];
} panel_head;

static size_t panel_size(size_t k) {
    const size_t steps = edy_div_up(k, 4);
    return sizeof(panel_head) + steps * STEP + edy_round_up(steps * STEP / 8, 64);
}

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return edy_div_up(nc, NR) * panel_size(ks * kc);
}

/* One column of k weights. narrow: of all weights. */
static void pack_column(size_t k, const int16_t *w, uint32_t narrow, size_t j, panel_head *head) {
    int8_t *values = (int8_t *)(head + 1);
    uint8_t *bits = (uint8_t *)values + edy_div_up(k, 4) * STEP;
    uint32_t sum = 0;
    for (size_t i = 0; i < k; i++) {
        const size_t at = i / 4 * STEP + j * 4 + i % 4;
        const int odd = w[i] & 1;
        values[at] = (int8_t)(narrow ? w[i] : (w[i] - odd) / 2);
        if (!narrow && odd)
            bits[at / 8] |= (uint8_t)(1u << at % 8);
        sum += (uint32_t)w[i];
    }
    head->bias[j] = (int32_t)((uint32_t)head->bias[j] - 128 * sum);
}

static void pack(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights, void *packed) {
    const size_t k = ks * kc;
    memset(packed, 0, packed_bytes(nc, kc, ks));
    for (size_t n = 0; n < nc; n++) {
        panel_head *head = (panel_head *)((char *)packed + n / NR * panel_size(k));
        head->narrow = weights->narrow != 0;
        head->bias[n % NR] = weights->bias[n];
        vec_scale_set(&head->scale[n % NR / LANES], n % LANES, weights, n);
        pack_column(k, weights->w + n * k, head->narrow, n % NR, head);
    }
}

/* What one call computes, whichever its form. GEMM is one tap whose rows are listed. */
typedef struct problem {
    size_t kc, ks, a_offset;
    const int8_t *const *a; /* [ks][MR] */
    const int8_t *zero;
    size_t c_stride;
    edy_rule rule;
    vec_output output;
} problem;

/* Elements [first, first + count) of the reduction of row m, then zeros up to a multiple of 4. */
static void copy_row(const problem *p, size_t m, size_t first, size_t count, uint8_t *out) {
    size_t tap = first / p->kc, skip = first % p->kc;
    for (size_t done = 0; done < count; tap++, skip = 0) {
        const size_t left = p->kc - skip, n = left < count - done ? left : count - done;
        vec_flip_run(edy_row_s8(p->a[tap * MR + m], p->a_offset, p->zero) + skip, n, out + done);
        done += n;
    }
    memset(out + count, 0, 4);
}

/* The whole reduction of every row, k <= CHUNK. Inlined with constant moved, ks and width: moved is
 * 0 for the first image of a batch, whose list needs no offset. */
EDY_SPECIALISE void copy_windows(int moved, size_t ks, size_t rows, const problem *p,
                                 uint8_t copy[MR][PITCH]) {
    for (size_t m = 0; m < rows; m++)
        vec_flip_window(moved, p->a + m, p->a_offset, p->zero, p->kc, ks, copy[m]);
}

/* width: kc, or 0 where that is no constant. */
EDY_SPECIALISE void copy_taps(int moved, size_t width, size_t rows, const problem *p,
                              uint8_t copy[MR][PITCH]) {
    const size_t kc = width ? width : p->kc;
    for (size_t m = 0; m < rows; m++) {
        const int8_t *const *a = p->a + m;
        uint8_t *out = copy[m];
        for (size_t t = 0; t < p->ks; t++, out += kc) {
            const int8_t *row = a[t * MR];
            if (moved)
                row = edy_row_s8(row, p->a_offset, p->zero);
            if (width)
                vec_flip_bytes(row, width, out);
            else
                vec_flip_run(row, kc, out);
        }
        memset(out, 0, 4); /* what the last four inputs may lack */
    }
}

EDY_SPECIALISE void copy_rows_of(int moved, size_t rows, const problem *p,
                                 uint8_t copy[MR][PITCH]) {
    if (p->ks == 1 && p->kc <= BYTES)
        copy_windows(moved, 1, rows, p, copy);
    else if (p->ks == 3 && p->kc * 3 <= BYTES) /* a first layer: the rows of its window */
        copy_windows(moved, 3, rows, p, copy);
    else if (p->ks * p->kc <= BYTES)
        copy_windows(moved, p->ks, rows, p, copy);
    else if (p->kc == 16)
        copy_taps(moved, 16, rows, p, copy);
    else if (p->kc == 32)
        copy_taps(moved, 32, rows, p, copy);
    else if (p->kc == 64)
        copy_taps(moved, 64, rows, p, copy);
    else
        copy_taps(moved, 0, rows, p, copy);
}

static void copy_rows(size_t rows, const problem *p, uint8_t copy[MR][PITCH]) {
    if (p->a_offset == 0)
        copy_rows_of(0, rows, p, copy);
    else
        copy_rows_of(1, rows, p, copy);
}

/* acc[m][panel][v] += products, over steps of four inputs. Inlined with constant rows, panels, vecs
 * and narrow. next: from one panel to the next. */
EDY_SPECIALISE void accumulate(size_t rows, size_t panels, size_t vecs, int narrow, size_t steps,
                               const uint8_t *copy, const int8_t *w, size_t next,
                               const uint8_t *bits, vec *acc) {
    const size_t count = panels * vecs;
    for (size_t i = 0; i < steps; i++, copy += 4, w += STEP, bits += STEP / 8) {
        vec weight[8], odd[8];
        EDY_UNROLL
        for (size_t v = 0; v < count; v++) {
            weight[v] = vec_load(w + v / vecs * next + v % vecs * BYTES);
            odd[v] = narrow ? weight[v] : vec_expand_bits(bits + v % vecs * (BYTES / 8));
        }
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++) {
            int32_t four;
            memcpy(&four, copy + m * PITCH, sizeof four);
            const vec x = vec_splat(four);
            EDY_UNROLL
            for (size_t v = 0; v < count; v++) {
                vec *sum = &acc[m * count + v];
                *sum = vec_dot(*sum, x, weight[v]);
                if (!narrow)
                    *sum = vec_dot(vec_dot(*sum, x, weight[v]), x, odd[v]);
            }
        }
    }
}

/* Requantizes and stores one panel's columns of every row. Four vectors become one of bytes: two
 * rows, or four where only half a panel is wanted; for a row past the last one that one is stored
 * again. acc: the first row's, rows being count vectors apart. */
EDY_SPECIALISE void finish_by(edy_rule rule, size_t rows, size_t count, size_t vecs,
                              const problem *p, const panel_head *head, const vec *acc, int8_t *c,
                              size_t cols) {
    EDY_UNROLL
    for (size_t m = 0; m < rows; m += 4 / vecs) {
        vec scaled[4];
        int8_t *to[4];
        EDY_UNROLL
        for (size_t i = 0; i < 4; i++) {
            const size_t row = m + i / vecs < rows ? m + i / vecs : rows - 1, v = i % vecs;
            scaled[i] = vec_scale_acc(rule, acc[row * count + v], &head->scale[v]);
            to[i / vecs] = c + row * p->c_stride;
        }
        if (vecs == VECS)
            vec_store_rows(scaled, &p->output, to, cols);
        else
            vec_store_half_rows(scaled, &p->output, to, cols);
    }
}

/* The rule of TFLite takes three times as many instructions, so they are not in each tile. acc is
 * in memory, one panel's. */
static __attribute__((noinline)) void finish_tflite(size_t rows, size_t vecs, const problem *p,
                                                    const panel_head *head, const vec *acc,
                                                    int8_t *c, size_t cols) {
    size_t m = 0;
    for (; vecs == 1 && m + 4 <= rows; m += 4)
        finish_by(EDY_RULE_TFLITE, 4, 1, 1, p, head, acc + m, c + m * p->c_stride, cols);
    for (; vecs == 1 && m < rows; m++)
        finish_by(EDY_RULE_TFLITE, 1, 1, 1, p, head, acc + m, c + m * p->c_stride, cols);
    for (; m + 2 <= rows; m += 2)
        finish_by(EDY_RULE_TFLITE, 2, VECS, VECS, p, head, acc + m * VECS, c + m * p->c_stride,
                  cols);
    for (; m < rows; m++)
        finish_by(EDY_RULE_TFLITE, 1, VECS, VECS, p, head, acc + m * VECS, c + m * p->c_stride,
                  cols);
}

EDY_SPECIALISE void finish(size_t rows, size_t count, size_t vecs, const problem *p,
                           const panel_head *head, const vec *acc, int8_t *c, size_t cols) {
    if (p->rule == EDY_RULE_ONNX) {
        finish_by(EDY_RULE_ONNX, rows, count, vecs, p, head, acc, c, cols);
        return;
    }
    vec stored[MR * VECS];
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            stored[m * vecs + v] = acc[m * count + v];
    }
    finish_tflite(rows, vecs, p, head, stored, c, cols);
}

/* rows x (panels * vecs * LANES) outputs from c on. Inlined with constant rows, panels, vecs and
 * narrow, so that acc lives in registers. copy is filled already where the whole reduction fits in
 * it. cols: of the last panel. */
EDY_SPECIALISE void tile(size_t rows, size_t panels, size_t vecs, int narrow, const problem *p,
                         const panel_head *head, uint8_t copy[MR][PITCH], int8_t *c, size_t cols) {
    const size_t k = p->ks * p->kc, next = panel_size(k), count = panels * vecs;
    const int8_t *w = (const int8_t *)(head + 1);
    const uint8_t *bits = (const uint8_t *)w + edy_div_up(k, 4) * STEP;
    vec acc[MR * VECS];
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        EDY_UNROLL
        for (size_t v = 0; v < count; v++)
            acc[m * count + v] =
                vec_load((const char *)head + v / vecs * next + v % vecs * LANES * 4);
    }
    for (size_t first = 0; first < k; first += CHUNK) {
        const size_t left = k - first < CHUNK ? k - first : CHUNK;
        for (size_t m = 0; k > CHUNK && m < rows; m++)
            copy_row(p, m, first, left, copy[m]);
        accumulate(rows, panels, vecs, narrow, edy_div_up(left, 4), copy[0], w + first / 4 * STEP,
                   next, bits + first / 4 * (STEP / 8), acc);
    }
    EDY_UNROLL
    for (size_t i = 0; i < panels; i++)
        finish(rows, count, vecs, p, (const panel_head *)((const char *)head + i * next),
               acc + i * vecs, c + i * NR, i + 1 < panels ? (size_t)NR : cols);
}

typedef void tile_fn(const problem *p, const panel_head *head, uint8_t copy[MR][PITCH], int8_t *c,
                     size_t cols);

/* tile_<rows>x<panels>x<vecs> */
#define TILE(rows, panels, vecs)                                                                   \
    static void tile_##rows##x##panels##x##vecs(const problem *p, const panel_head *h,             \
                                                uint8_t copy[MR][PITCH], int8_t *c, size_t cols) { \
        tile(rows, panels, vecs, 1, p, h, copy, c, cols);                                          \
    }

/* An ISA's tiles for 1 to MR rows. Up to MR / 2 rows alone have too few accumulators to hide the
 * latency of vpdpbusd, so they take several panels at once where there are as many. */
typedef struct tile_set {
    tile_fn *half[MR], *full[MR]; /* one panel, up to LANES columns of it and more */
    struct {
        size_t panels;
        tile_fn *fn;
    } wide[MR / 2];
} tile_set;

/* One panel of weights of 9 bits, a row at a time. */
static void run_exact(size_t rows, size_t cols, const problem *p, const panel_head *head,
                      uint8_t copy[MR][PITCH], int8_t *c) {
    for (size_t m = 0; m < rows; m++) {
        problem one = *p;
        one.a += m;
        tile(1, 1, VECS, 0, &one, head, copy + m, c + m * p->c_stride, cols);
    }
}

static inline void run(const tile_set *tiles, size_t rows, size_t nc, const problem *p,
                       const void *w, int8_t *c) {
    assert(rows >= 1 && rows <= MR && p->c_stride >= nc);
    const size_t step = panel_size(p->ks * p->kc);
    _Alignas(64) uint8_t copy[MR][PITCH];
    if (p->ks * p->kc <= CHUNK)
        copy_rows(rows, p, copy);
    for (size_t n = 0, panels = 1; n < nc; n += panels * NR) {
        const panel_head *head = (const panel_head *)((const char *)w + n / NR * step);
        const size_t left = edy_div_up(nc - n, NR);
        panels = rows <= MR / 2 && tiles->wide[rows - 1].panels <= left && head->narrow
                     ? tiles->wide[rows - 1].panels
                     : 1;
        const size_t end = nc - n - (panels - 1) * NR, cols = end < NR ? end : NR;
        if (panels > 1)
            tiles->wide[rows - 1].fn(p, head, copy, c + n, cols);
        else if (!head->narrow)
            run_exact(rows, cols, p, head, copy, c + n);
        else
            (cols > LANES ? tiles->full : tiles->half)[rows - 1](p, head, copy, c + n, cols);
    }
}

EDY_SPECIALISE void gemm(const tile_set *tiles, edy_rule rule, size_t rows, size_t nc, size_t kc,
                         const int8_t *a, size_t a_stride, const void *w, int8_t *c,
                         size_t c_stride, const edy_s8_output *output) {
    const int8_t *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {kc, 1, 0, row, NULL, c_stride, rule, vec_output_make(output)};
    run(tiles, rows, nc, &p, w, c);
}

#endif
