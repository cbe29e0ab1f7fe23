/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 GEMM and indirect GEMM, 6 rows by 16 columns: 12 accumulators, 2 registers of weights and 1
 * broadcast input fill 15 of the 16 vector registers, and 12 FMAs need 8 loads, fewer than the two
 * a cycle that the core can do.
 *
 * Packed form: panels of NR columns, each float bias[NR]; float w[ks * kc][NR]. */
#include <assert.h>

#include "engine/kernels/avx2/avx2.h"
#include "engine/kernels/avx2/pack_avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { MR = 6, NR = 16, LANES = 8, AHEAD = 48 /* steps; weights may come from memory */ };

static size_t panel_floats(size_t k) {
    return NR + k * NR;
}

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return edy_div_up(nc, NR) * panel_floats(ks * kc) * sizeof(float);
}

static void pack(size_t nc, size_t kc, size_t ks, const float *w, const float *bias, void *packed) {
    const size_t k = ks * kc;
    float *panel = packed;
    for (size_t n0 = 0; n0 < nc; n0 += NR, panel += panel_floats(k))
        edy_avx2_pack_panel(NR, nc - n0 < NR ? nc - n0 : NR, k, w + n0 * k, bias ? bias + n0 : NULL,
                            panel);
}

/* What one call computes, whichever its form. GEMM is one tap whose rows are listed. */
typedef struct problem {
    size_t kc, ks, a_offset;
    const float *const *a; /* [ks][MR] */
    const float *zero;
    size_t c_stride;
    edy_f32_clamp clamp;
} problem;

/* Residual, clamp and store of rows x count vectors, of which the last has last_lanes lanes. */
EDY_SPECIALISE void finish(size_t rows, size_t count, const problem *p, const __m256 *acc, float *c,
                           const float *residual, size_t last_lanes) {
    const __m256 low = _mm256_set1_ps(p->clamp.low), high = _mm256_set1_ps(p->clamp.high);
    const __m256i mask = edy_avx2_first_lanes(last_lanes);
    EDY_UNROLL
    for (size_t i = 0; i < rows * count; i++) {
        const size_t at = i / count * p->c_stride + i % count * LANES;
        const int part = i % count == count - 1 && last_lanes < LANES;
        __m256 sum = acc[i];
        if (residual)
            sum = _mm256_add_ps(sum, part ? _mm256_maskload_ps(residual + at, mask)
                                          : _mm256_loadu_ps(residual + at));
        sum = edy_avx2_clamp(sum, low, high);
        if (part)
            _mm256_maskstore_ps(c + at, mask, sum);
        else
            _mm256_storeu_ps(c + at, sum);
    }
}

/* rows x (panels * vecs * 8) outputs from c on. Inlined with constant rows, panels and vecs, so
 * that acc lives in registers. */
EDY_SPECIALISE void tile(size_t rows, size_t panels, size_t vecs, const problem *p,
                         const float *panel, float *c, const float *residual, size_t last_lanes) {
    const size_t kc = p->kc, step = panel_floats(p->ks * kc), count = panels * vecs;
    __m256 acc[12];
    EDY_UNROLL
    for (size_t i = 0; i < rows * count; i++)
        acc[i] = _mm256_load_ps(panel + i % count / vecs * step + i % vecs * LANES);
    const float *w = panel + NR;
    for (size_t t = 0; t < p->ks; t++) {
        const float *row[MR];
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = edy_row_f32(p->a[t * MR + m], p->a_offset, p->zero);
        for (size_t i = 0; i < kc; i++, w += NR) {
            _mm_prefetch((const char *)(w + AHEAD * NR), _MM_HINT_T0);
            __m256 weight[8];
            EDY_UNROLL
            for (size_t v = 0; v < count; v++)
                weight[v] = _mm256_load_ps(w + v / vecs * step + v % vecs * LANES);
            EDY_UNROLL
            for (size_t m = 0; m < rows; m++) {
                const __m256 x = _mm256_broadcast_ss(row[m] + i);
                EDY_UNROLL
                for (size_t v = 0; v < count; v++)
                    acc[m * count + v] = _mm256_fmadd_ps(x, weight[v], acc[m * count + v]);
            }
        }
    }
    finish(rows, count, p, acc, c, residual, last_lanes);
}

typedef void tile_fn(const problem *p, const float *panel, float *c, const float *residual,
                     size_t last_lanes);

static void tile_1x64(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(1, 4, 2, p, w, c, r, last);
}
static void tile_1x16(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(1, 1, 2, p, w, c, r, last);
}
static void tile_2x16(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(2, 1, 2, p, w, c, r, last);
}
static void tile_3x16(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(3, 1, 2, p, w, c, r, last);
}
static void tile_4x16(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(4, 1, 2, p, w, c, r, last);
}
static void tile_5x16(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(5, 1, 2, p, w, c, r, last);
}
static void tile_6x16(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(6, 1, 2, p, w, c, r, last);
}
static void tile_1x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(1, 1, 1, p, w, c, r, last);
}
static void tile_2x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(2, 1, 1, p, w, c, r, last);
}
static void tile_3x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(3, 1, 1, p, w, c, r, last);
}
static void tile_4x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(4, 1, 1, p, w, c, r, last);
}
static void tile_5x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(5, 1, 1, p, w, c, r, last);
}
static void tile_6x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(6, 1, 1, p, w, c, r, last);
}

static tile_fn *const full[MR] = {tile_1x16, tile_2x16, tile_3x16, tile_4x16, tile_5x16, tile_6x16};
static tile_fn *const half[MR] = {tile_1x8, tile_2x8, tile_3x8, tile_4x8, tile_5x8, tile_6x8};

static void run(size_t rows, size_t nc, const problem *p, const float *panel, float *c,
                const float *residual) {
    const size_t step = panel_floats(p->ks * p->kc);
    size_t n = 0;
    for (; rows == 1 && nc - n >= 4 * NR; n += 4 * NR) /* one row alone cannot hide FMA's latency */
        tile_1x64(p, panel + n / NR * step, c + n, residual ? residual + n : NULL, LANES);
    for (; n < nc; n += NR) {
        const size_t cols = nc - n < NR ? nc - n : NR;
        tile_fn *const fn = cols > LANES ? full[rows - 1] : half[rows - 1];
        fn(p, panel + n / NR * step, c + n, residual ? residual + n : NULL,
           cols > LANES ? cols - LANES : cols);
    }
}

static void f32_gemm_6x16__avx2(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                                const void *w, float *c, size_t c_stride, const float *residual,
                                const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const float *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {kc, 1, 0, row, NULL, c_stride, *clamp};
    run(rows, nc, &p, w, c, residual);
}

static void f32_igemm_6x16__avx2(size_t rows, size_t nc, size_t kc, size_t ks,
                                 const float *const *a, size_t a_offset, const float *zero,
                                 const void *w, float *c, size_t c_stride, const float *residual,
                                 const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const problem p = {kc, ks, a_offset, a, zero, c_stride, *clamp};
    run(rows, nc, &p, w, c, residual);
}

void edy_avx2_f32_dense(edy_kernels *k) {
    k->f32_dense = (edy_f32_dense){.name = "f32_igemm_6x16__avx2",
                                   .mr = MR,
                                   .nr = NR,
                                   .gemm = f32_gemm_6x16__avx2,
                                   .igemm = f32_igemm_6x16__avx2,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
