/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 GEMM and indirect GEMM, 4 rows by 8 columns: 8 accumulators, 2 registers of weights, 1 input
 * and 1 product of 16 vector registers. A multiply and an add: these CPUs have no FMA.
 *
 * Packed form: panels of NR columns, each float bias[NR]; float w[ks * kc][NR]; rounded up to 64
 * bytes. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/sse41/sse41.h"
#include "engine/kernels/unroll.h"

enum { MR = 4, NR = 8, LANES = 4, VECS = NR / LANES };

static size_t panel_floats(size_t k) {
    return edy_round_up(NR + k * NR, 16);
}

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return edy_div_up(nc, NR) * panel_floats(ks * kc) * sizeof(float);
}

static void pack(size_t nc, size_t kc, size_t ks, const float *w, const float *bias, void *packed) {
    const size_t k = ks * kc;
    float *panel = packed;
    memset(packed, 0, packed_bytes(nc, kc, ks));
    for (size_t n0 = 0; n0 < nc; n0 += NR, panel += panel_floats(k)) {
        for (size_t j = 0; j < NR && n0 + j < nc; j++) {
            panel[j] = bias ? bias[n0 + j] : 0.0f;
            for (size_t i = 0; i < k; i++)
                panel[NR + i * NR + j] = w[(n0 + j) * k + i];
        }
    }
}

/* What one call computes, whichever its form. GEMM is one tap whose rows are listed. */
typedef struct problem {
    size_t kc, ks, a_offset;
    const float *const *a; /* [ks][MR] */
    const float *zero;
    size_t c_stride;
    edy_f32_clamp clamp;
} problem;

/* Residual, clamp and store of one row's cols (1..NR) columns. */
static inline void finish_row(const problem *p, const __m128 acc[VECS], float *c,
                              const float *residual, size_t cols) {
    const __m128 low = _mm_set1_ps(p->clamp.low), high = _mm_set1_ps(p->clamp.high);
    float in[NR] = {0}, out[NR];
    if (residual)
        memcpy(in, residual, cols * sizeof *in);
    for (size_t v = 0; v < VECS; v++) {
        const __m128 sum = residual ? _mm_add_ps(acc[v], _mm_loadu_ps(in + v * LANES)) : acc[v];
        _mm_storeu_ps(out + v * LANES, edy_sse41_clamp(sum, low, high));
    }
    memcpy(c, out, cols * sizeof *out);
}

/* rows x cols outputs of one panel. Inlined with constant rows, so that acc lives in registers. */
EDY_SPECIALISE void tile(size_t rows, const problem *p, const float *panel, float *c,
                         const float *residual, size_t cols) {
    __m128 acc[MR][VECS];
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        EDY_UNROLL
        for (size_t v = 0; v < VECS; v++)
            acc[m][v] = _mm_load_ps(panel + v * LANES);
    }
    const float *w = panel + NR;
    for (size_t t = 0; t < p->ks; t++) {
        const float *row[MR];
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = edy_row_f32(p->a[t * MR + m], p->a_offset, p->zero);
        for (size_t i = 0; i < p->kc; i++, w += NR) {
            __m128 weight[VECS];
            EDY_UNROLL
            for (size_t v = 0; v < VECS; v++)
                weight[v] = _mm_load_ps(w + v * LANES);
            EDY_UNROLL
            for (size_t m = 0; m < rows; m++) {
                const __m128 x = _mm_set1_ps(row[m][i]);
                EDY_UNROLL
                for (size_t v = 0; v < VECS; v++)
                    acc[m][v] = _mm_add_ps(acc[m][v], _mm_mul_ps(x, weight[v]));
            }
        }
    }
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++)
        finish_row(p, acc[m], c + m * p->c_stride, residual ? residual + m * p->c_stride : NULL,
                   cols);
}

typedef void tile_fn(const problem *p, const float *panel, float *c, const float *residual,
                     size_t cols);

static void tile_1(const problem *p, const float *w, float *c, const float *r, size_t cols) {
    tile(1, p, w, c, r, cols);
}
static void tile_2(const problem *p, const float *w, float *c, const float *r, size_t cols) {
    tile(2, p, w, c, r, cols);
}
static void tile_3(const problem *p, const float *w, float *c, const float *r, size_t cols) {
    tile(3, p, w, c, r, cols);
}
static void tile_4(const problem *p, const float *w, float *c, const float *r, size_t cols) {
    tile(4, p, w, c, r, cols);
}

static tile_fn *const tiles[MR] = {tile_1, tile_2, tile_3, tile_4};

static void run(size_t rows, size_t nc, const problem *p, const float *w, float *c,
                const float *residual) {
    const size_t step = panel_floats(p->ks * p->kc);
    for (size_t n = 0; n < nc; n += NR)
        tiles[rows - 1](p, w + n / NR * step, c + n, residual ? residual + n : NULL,
                        nc - n < NR ? nc - n : NR);
}

static void f32_gemm_4x8__sse41(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                                const void *w, float *c, size_t c_stride, const float *residual,
                                const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const float *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {kc, 1, 0, row, NULL, c_stride, *clamp};
    run(rows, nc, &p, w, c, residual);
}

static void f32_igemm_4x8__sse41(size_t rows, size_t nc, size_t kc, size_t ks,
                                 const float *const *a, size_t a_offset, const float *zero,
                                 const void *w, float *c, size_t c_stride, const float *residual,
                                 const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const problem p = {kc, ks, a_offset, a, zero, c_stride, *clamp};
    run(rows, nc, &p, w, c, residual);
}

void edy_sse41_f32_dense(edy_kernels *k) {
    k->f32_dense = (edy_f32_dense){.name = "f32_igemm_4x8__sse41",
                                   .mr = MR,
                                   .nr = NR,
                                   .gemm = f32_gemm_4x8__sse41,
                                   .igemm = f32_igemm_4x8__sse41,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
