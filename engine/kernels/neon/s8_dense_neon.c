/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 GEMM and indirect GEMM, 8 rows by 8 columns, on SMLAL: inputs are widened to int16 as they are
 * loaded, weights are packed so, and products are added to int32 straight away, which never
 * saturates. 16 accumulators, 8 registers with eight inputs of a row each.
 *
 * Where the channels of a tap are no multiple of 8, the rows of a tile are first laid out in one
 * run (gather_neon.h).
 *
 * Packed form: panels of NR columns, each an edy_neon_head and int16_t w[k][NR], k rounded up to a
 * multiple of 8 with zeros. */
#include "engine/kernels/neon/s8_dense_neon.h"

#include <assert.h>

#include "engine/kernels/neon/gather_neon.h"
#include "engine/kernels/neon/requant_neon.h"

enum { MR = EDY_GATHER_ROWS, NR = 8, STEP = 8, CHUNK = EDY_GATHER_CHUNK };

size_t edy_neon_s8_dense_panel_bytes(size_t k) {
    return sizeof(edy_neon_head) + edy_round_up(k, STEP) * NR * sizeof(int16_t);
}

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return edy_div_up(nc, NR) * edy_neon_s8_dense_panel_bytes(ks * kc);
}

void edy_neon_s8_dense_pack(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights,
                            void *packed) {
    const size_t k = ks * kc;
    memset(packed, 0, packed_bytes(nc, kc, ks));
    for (size_t n = 0; n < nc; n++) {
        edy_neon_head *head =
            (edy_neon_head *)((char *)packed + n / NR * edy_neon_s8_dense_panel_bytes(k));
        int16_t *w = (int16_t *)(head + 1);
        edy_neon_head_set(head, n % NR, weights, n);
        for (size_t i = 0; i < k; i++)
            w[i * NR + n % NR] = weights->w[n * k + i];
    }
}

/* What one call computes, whichever its form. GEMM is one tap whose rows are listed. */
typedef struct problem {
    edy_gather rows;
    size_t c_stride;
    edy_rule rule;
    edy_neon_output output;
} problem;

/* acc += steps of the reduction, a multiple of STEP. Inlined with constant rows and vecs. */
EDY_SPECIALISE void accumulate(size_t rows, size_t vecs, size_t steps, const int8_t *const *row,
                               const int16_t *w, int32x4_t *acc) {
    for (size_t i = 0; i < steps; i += STEP, w += STEP * NR) {
        int16x8_t x[MR];
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            x[m] = vmovl_s8(vld1_s8(row[m] + i));
        EDY_UNROLL
        for (size_t j = 0; j < STEP; j++) {
            const int16x8_t weight = vld1q_s16(w + j * NR);
            EDY_UNROLL
            for (size_t m = 0; m < rows; m++) {
                int32x4_t *to = acc + m * vecs;
                to[0] = edy_neon_mlal_lane(to[0], vget_low_s16(weight), x[m], j);
                if (vecs == 2)
                    to[1] = edy_neon_mlal_high_lane(to[1], weight, x[m], j);
            }
        }
    }
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

/* One panel. gathered is filled already where the whole reduction fits in it; NULL where rows can
 * be read as they lie. */
EDY_SPECIALISE void tile(size_t rows, size_t vecs, const problem *p, const edy_neon_head *head,
                         int8_t (*gathered)[CHUNK], int8_t *c, size_t cols) {
    const edy_gather *g = &p->rows;
    const size_t k = g->ks * g->kc;
    const int16_t *w = (const int16_t *)(head + 1);
    const int8_t *row[MR];
    int32x4_t acc[MR * 2];
    EDY_UNROLL
    for (size_t i = 0; i < rows * vecs; i++)
        acc[i] = vld1q_s32(head->bias + i % vecs * 4);
    for (size_t t = 0; !gathered && t < g->ks; t++, w += g->kc * NR) {
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = edy_row_s8(g->a[t * MR + m], g->a_offset, g->zero);
        accumulate(rows, vecs, g->kc, row, w, acc);
    }
    for (size_t first = 0; gathered && first < k; first += CHUNK) {
        const size_t count = k - first < CHUNK ? k - first : CHUNK;
        if (k > CHUNK - STEP)
            edy_gather_rows(rows, g, first, count, gathered);
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = gathered[m];
        accumulate(rows, vecs, edy_round_up(count, STEP), row, w + first * NR, acc);
    }
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
    if (p->rows.ks * p->rows.kc <= CHUNK - STEP)
        edy_gather_all(rows, &p->rows, gathered);
    all_panels(rows, nc, p, w, gathered, c);
}

static void run(size_t rows, size_t nc, const problem *p, const void *w, int8_t *c) {
    assert(rows >= 1 && rows <= MR && p->c_stride >= nc);
    if (p->rows.kc % STEP == 0)
        all_panels(rows, nc, p, w, NULL, c);
    else
        gather_first(rows, nc, p, w, c);
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

void edy_neon_s8_gemm_onnx(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                           const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    gemm(EDY_RULE_ONNX, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

void edy_neon_s8_gemm_tflite(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                             const void *w, int8_t *c, size_t c_stride,
                             const edy_s8_output *output) {
    gemm(EDY_RULE_TFLITE, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

void edy_neon_s8_igemm_onnx(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                            size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                            size_t c_stride, const edy_s8_output *output) {
    const problem p = {
        {kc, ks, a_offset, a, zero}, c_stride, EDY_RULE_ONNX, edy_neon_output_make(output)};
    run(rows, nc, &p, w, c);
}

void edy_neon_s8_igemm_tflite(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                              size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                              size_t c_stride, const edy_s8_output *output) {
    const problem p = {
        {kc, ks, a_offset, a, zero}, c_stride, EDY_RULE_TFLITE, edy_neon_output_make(output)};
    run(rows, nc, &p, w, c);
}

void edy_neon_s8_dense(edy_kernels *k) {
    k->s8_dense[EDY_RULE_ONNX] = (edy_s8_dense){.name = "s8_igemm_onnx_8x8__neon",
                                                .mr = MR,
                                                .nr = NR,
                                                .gemm = edy_neon_s8_gemm_onnx,
                                                .igemm = edy_neon_s8_igemm_onnx,
                                                .packed_bytes = packed_bytes,
                                                .pack = edy_neon_s8_dense_pack};
    k->s8_dense[EDY_RULE_TFLITE] = (edy_s8_dense){.name = "s8_igemm_tflite_8x8__neon",
                                                  .mr = MR,
                                                  .nr = NR,
                                                  .gemm = edy_neon_s8_gemm_tflite,
                                                  .igemm = edy_neon_s8_igemm_tflite,
                                                  .packed_bytes = packed_bytes,
                                                  .pack = edy_neon_s8_dense_pack};
}
