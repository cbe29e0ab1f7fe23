/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 GEMM and indirect GEMM, 8 rows by 8 columns, on SDOT: four inputs of a row times four weights
 * of each column, 16 multiply-adds an instruction. 16 accumulators, 8 registers with sixteen inputs
 * of a row each.
 *
 * Where the channels of a tap are no multiple of 4, the rows of a tile are first laid out in one
 * run (gather_neon.h). Weights that do not fit in a byte are packed for NEON's kernel and left to
 * it.
 *
 * Packed form: panels of NR columns, each an edy_neon_head and int8_t w[k / 4][NR][4], k rounded up
 * to a multiple of 4 with zeros; of the size that NEON's have. */
#include <assert.h>

#include "engine/kernels/neon/gather_neon.h"
#include "engine/kernels/neon/requant_neon.h"
#include "engine/kernels/neon/s8_dense_neon.h"
#include "engine/kernels/neondot/neondot.h"

enum { MR = EDY_GATHER_ROWS, NR = 8, GROUP = 4, CHUNK = EDY_GATHER_CHUNK };

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return edy_div_up(nc, NR) * edy_neon_s8_dense_panel_bytes(ks * kc);
}

static void pack(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights, void *packed) {
    if (!weights->narrow) {
        edy_neon_s8_dense_pack(nc, kc, ks, weights, packed);
        return;
    }
    const size_t k = ks * kc, step = edy_neon_s8_dense_panel_bytes(k);
    memset(packed, 0, packed_bytes(nc, kc, ks));
    for (size_t n = 0; n < nc; n++) {
        edy_neon_head *head = (edy_neon_head *)((char *)packed + n / NR * step);
        int8_t *w = (int8_t *)(head + 1) + n % NR * GROUP;
        edy_neon_head_set(head, n % NR, weights, n);
        for (size_t i = 0; i < k; i++)
            w[i / GROUP * NR * GROUP + i % GROUP] = (int8_t)weights->w[n * k + i];
    }
}

/* What one call computes, whichever its form. GEMM is one tap whose rows are listed. */
typedef struct problem {
    edy_gather rows;
    size_t c_stride;
    edy_rule rule;
    edy_neon_output output;
} problem;

/* groups * 4 inputs from i on; groups is 1, 2 or 4. */
EDY_SPECIALISE int8x16_t load_inputs(const int8_t *x, size_t groups) {
    if (groups == 4)
        return vld1q_s8(x);
    if (groups == 2)
        return vcombine_s8(vld1_s8(x), vdup_n_s8(0));
    int32_t four;
    memcpy(&four, x, sizeof four);
    return vreinterpretq_s8_s32(vsetq_lane_s32(four, vdupq_n_s32(0), 0));
}

EDY_SPECIALISE void steps(size_t groups, size_t rows, size_t vecs, const int8_t *const *row,
                          size_t i, const int8_t *w, int32x4_t *acc) {
    int8x16_t x[MR];
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++)
        x[m] = load_inputs(row[m] + i, groups);
    EDY_UNROLL
    for (size_t j = 0; j < groups; j++) {
        int8x16_t weight[2];
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            weight[v] = vld1q_s8(w + (j * 2 + v) * 16);
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++) {
            EDY_UNROLL
            for (size_t v = 0; v < vecs; v++)
                acc[m * vecs + v] = edy_neondot_lane(acc[m * vecs + v], weight[v], x[m], j);
        }
    }
}

/* acc += the products of count inputs of each row, a multiple of 4. */
EDY_SPECIALISE void accumulate(size_t rows, size_t vecs, size_t count, const int8_t *const *row,
                               const int8_t *w, int32x4_t *acc) {
    size_t i = 0;
    for (; i + 4 * GROUP <= count; i += 4 * GROUP)
        steps(4, rows, vecs, row, i, w + i * NR, acc);
    if (count & 2 * GROUP) {
        steps(2, rows, vecs, row, i, w + i * NR, acc);
        i += 2 * GROUP;
    }
    if (count & GROUP)
        steps(1, rows, vecs, row, i, w + i * NR, acc);
}

/* Requantizes and stores rows x cols, two rows at a time; an odd last row goes with itself. */
EDY_SPECIALISE void finish(size_t rows, size_t vecs, const problem *p, const edy_neon_head *head,
                           const int32x4_t *acc, int8_t *c, size_t cols) {
    EDY_UNROLL
    for (size_t m = 0; m < rows; m += 2) {
        const size_t next = m + 1 < rows ? m + 1 : m;
        const int32x4_t some[4] = {acc[m * vecs], acc[m * vecs + vecs - 1], acc[next * vecs],
                                   acc[next * vecs + vecs - 1]};
        const int8x16_t bytes = edy_neon_requant(p->rule, some, head, head, &p->output);
        edy_neon_store_8(c + m * p->c_stride, vget_low_s8(bytes), cols);
        if (next > m)
            edy_neon_store_8(c + next * p->c_stride, vget_high_s8(bytes), cols);
    }
}

/* The whole reduction of one panel. */
EDY_SPECIALISE void reduce(size_t rows, size_t vecs, const problem *p, const int8_t *w,
                           int8_t (*gathered)[CHUNK], int32x4_t *acc) {
    const edy_gather *g = &p->rows;
    const size_t k = g->ks * g->kc;
    const int8_t *row[MR];
    for (size_t t = 0; !gathered && t < g->ks; t++, w += g->kc * NR) {
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = g->a[t * MR + m];
        if (g->a_offset) {
            EDY_UNROLL
            for (size_t m = 0; m < rows; m++)
                row[m] = edy_row_s8(row[m], g->a_offset, g->zero);
        }
        accumulate(rows, vecs, g->kc, row, w, acc);
    }
    for (size_t first = 0; gathered && first < k; first += CHUNK) {
        const size_t count = k - first < CHUNK ? k - first : CHUNK;
        if (k > CHUNK - 2 * GROUP)
            edy_gather_rows(rows, g, first, count, gathered);
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = gathered[m];
        accumulate(rows, vecs, edy_round_up(count, GROUP), row, w + first * NR, acc);
    }
}

/* One panel. gathered is filled already where the whole reduction fits in it; NULL where rows can
 * be read as they lie. */
EDY_SPECIALISE void tile(size_t rows, size_t vecs, const problem *p, const edy_neon_head *head,
                         int8_t (*gathered)[CHUNK], int8_t *c, size_t cols) {
    int32x4_t acc[MR * 2];
    EDY_UNROLL
    for (size_t i = 0; i < rows * vecs; i++)
        acc[i] = vld1q_s32(head->bias + i % vecs * 4);
    reduce(rows, vecs, p, (const int8_t *)(head + 1), gathered, acc);
    finish(rows, vecs, p, head, acc, c, cols);
}

typedef void tile_fn(const problem *p, const edy_neon_head *head, int8_t (*gathered)[CHUNK],
                     int8_t *c, size_t cols);

static void tile_1x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(1, 1, p, h, g, c, cols);
}
static void tile_2x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(2, 1, p, h, g, c, cols);
}
static void tile_3x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(3, 1, p, h, g, c, cols);
}
static void tile_4x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(4, 1, p, h, g, c, cols);
}
static void tile_5x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(5, 1, p, h, g, c, cols);
}
static void tile_6x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(6, 1, p, h, g, c, cols);
}
static void tile_7x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(7, 1, p, h, g, c, cols);
}
static void tile_8x4(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(8, 1, p, h, g, c, cols);
}
static void tile_1x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(1, 2, p, h, g, c, cols);
}
static void tile_2x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(2, 2, p, h, g, c, cols);
}
static void tile_3x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(3, 2, p, h, g, c, cols);
}
static void tile_4x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(4, 2, p, h, g, c, cols);
}
static void tile_5x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(5, 2, p, h, g, c, cols);
}
static void tile_6x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(6, 2, p, h, g, c, cols);
}
static void tile_7x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(7, 2, p, h, g, c, cols);
}
static void tile_8x8(const problem *p, const edy_neon_head *h, int8_t (*g)[CHUNK], int8_t *c,
                     size_t cols) {
    tile(8, 2, p, h, g, c, cols);
}

static tile_fn *const half[MR] = {tile_1x4, tile_2x4, tile_3x4, tile_4x4,
                                  tile_5x4, tile_6x4, tile_7x4, tile_8x4};
static tile_fn *const full[MR] = {tile_1x8, tile_2x8, tile_3x8, tile_4x8,
                                  tile_5x8, tile_6x8, tile_7x8, tile_8x8};

static void all_panels(size_t rows, size_t nc, const problem *p, const void *w,
                       int8_t (*gathered)[CHUNK], int8_t *c) {
    const size_t step = edy_neon_s8_dense_panel_bytes(p->rows.ks * p->rows.kc);
    for (size_t n = 0; n < nc; n += NR) {
        const size_t cols = nc - n < NR ? nc - n : NR;
        tile_fn *const fn = cols > NR / 2 ? full[rows - 1] : half[rows - 1];
        fn(p, (const edy_neon_head *)((const char *)w + n / NR * step), gathered, c + n, cols);
    }
}

static void gather_first(size_t rows, size_t nc, const problem *p, const void *w, int8_t *c) {
    int8_t gathered[MR][CHUNK];
    if (p->rows.ks * p->rows.kc <= CHUNK - 2 * GROUP)
        edy_gather_all(rows, &p->rows, gathered);
    all_panels(rows, nc, p, w, gathered, c);
}

static void run(size_t rows, size_t nc, const problem *p, const void *w, int8_t *c) {
    assert(rows >= 1 && rows <= MR && p->c_stride >= nc);
    if (p->rows.kc % GROUP == 0)
        all_panels(rows, nc, p, w, NULL, c);
    else
        gather_first(rows, nc, p, w, c);
}

static int is_wide(const void *packed) {
    return ((const edy_neon_head *)packed)->wide;
}

static inline void gemm(edy_rule rule, size_t rows, size_t nc, size_t kc, const int8_t *a,
                        size_t a_stride, const void *w, int8_t *c, size_t c_stride,
                        const edy_s8_output *output) {
    const int8_t *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {{kc, 1, 0, row, NULL}, c_stride, rule, edy_neon_output_make(output)};
    run(rows, nc, &p, w, c);
}

static void gemm_onnx(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                      const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    if (is_wide(w))
        edy_neon_s8_gemm_onnx(rows, nc, kc, a, a_stride, w, c, c_stride, output);
    else
        gemm(EDY_RULE_ONNX, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

static void gemm_tflite(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                        const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    if (is_wide(w))
        edy_neon_s8_gemm_tflite(rows, nc, kc, a, a_stride, w, c, c_stride, output);
    else
        gemm(EDY_RULE_TFLITE, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

static void igemm_onnx(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                       size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                       size_t c_stride, const edy_s8_output *output) {
    const problem p = {
        {kc, ks, a_offset, a, zero}, c_stride, EDY_RULE_ONNX, edy_neon_output_make(output)};
    if (is_wide(w))
        edy_neon_s8_igemm_onnx(rows, nc, kc, ks, a, a_offset, zero, w, c, c_stride, output);
    else
        run(rows, nc, &p, w, c);
}

static void igemm_tflite(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                         size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                         size_t c_stride, const edy_s8_output *output) {
    const problem p = {
        {kc, ks, a_offset, a, zero}, c_stride, EDY_RULE_TFLITE, edy_neon_output_make(output)};
    if (is_wide(w))
        edy_neon_s8_igemm_tflite(rows, nc, kc, ks, a, a_offset, zero, w, c, c_stride, output);
    else
        run(rows, nc, &p, w, c);
}

void edy_neondot_s8_dense(edy_kernels *k) {
    k->s8_dense[EDY_RULE_ONNX] = (edy_s8_dense){.name = "s8_igemm_onnx_8x8__neondot",
                                                .mr = MR,
                                                .nr = NR,
                                                .gemm = gemm_onnx,
                                                .igemm = igemm_onnx,
                                                .packed_bytes = packed_bytes,
                                                .pack = pack};
    k->s8_dense[EDY_RULE_TFLITE] = (edy_s8_dense){.name = "s8_igemm_tflite_8x8__neondot",
                                                  .mr = MR,
                                                  .nr = NR,
                                                  .gemm = gemm_tflite,
                                                  .igemm = igemm_tflite,
                                                  .packed_bytes = packed_bytes,
                                                  .pack = pack};
}
