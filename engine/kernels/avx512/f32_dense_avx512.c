/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 GEMM and indirect GEMM, 14 rows by 32 columns: 28 accumulators, 2 registers of weights and 1
 * broadcast input fill 31 of the 32 vector registers, and 28 FMAs need 16 loads.
 *
 * Packed form: panels of NR columns, each float bias[NR]; float w[ks * kc][NR]. */
#include <assert.h>

#include "engine/kernels/avx2/pack_avx2.h"
#include "engine/kernels/avx512/avx512.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { MR = 14, NR = 32, LANES = 16, WIDE_ROWS = 6 };

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

/* Residual, clamp and store of rows x count vectors, of which the last has mask's lanes. */
EDY_SPECIALISE void finish(size_t rows, size_t count, const problem *p, const __m512 *acc, float *c,
                           const float *residual, __mmask16 mask) {
    const __m512 low = _mm512_set1_ps(p->clamp.low), high = _mm512_set1_ps(p->clamp.high);
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        EDY_UNROLL
        for (size_t v = 0; v < count; v++) {
            const size_t at = m * p->c_stride + v * LANES;
            const __mmask16 lanes = v + 1 < count ? (__mmask16)0xFFFF : mask;
            __m512 sum = acc[m * count + v];
            if (residual)
                sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, residual + at));
            _mm512_mask_storeu_ps(c + at, lanes, edy_avx512_clamp(sum, low, high));
        }
    }
}

/* rows x (panels * vecs * 16) outputs from c on. Inlined with constant rows, panels and vecs, so
 * that acc lives in registers. */
EDY_SPECIALISE void tile(size_t rows, size_t panels, size_t vecs, const problem *p,
                         const float *panel, float *c, const float *residual, __mmask16 mask) {
    const size_t kc = p->kc, step = panel_floats(p->ks * kc), count = panels * vecs;
    __m512 acc[MR * 2];
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        EDY_UNROLL
        for (size_t v = 0; v < count; v++)
            acc[m * count + v] = _mm512_load_ps(panel + v / vecs * step + v % vecs * LANES);
    }
    const float *w = panel + NR;
    for (size_t t = 0; t < p->ks; t++) {
        const float *row[MR];
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = edy_row_f32(p->a[t * MR + m], p->a_offset, p->zero);
        for (size_t i = 0; i < kc; i++, w += NR) {
            __m512 weight[8];
            EDY_UNROLL
            for (size_t v = 0; v < count; v++)
                weight[v] = _mm512_load_ps(w + v / vecs * step + v % vecs * LANES);
            EDY_UNROLL
            for (size_t m = 0; m < rows; m++) {
                const __m512 x = _mm512_set1_ps(row[m][i]);
                EDY_UNROLL
                for (size_t v = 0; v < count; v++)
                    acc[m * count + v] = _mm512_fmadd_ps(x, weight[v], acc[m * count + v]);
            }
        }
    }
    finish(rows, count, p, acc, c, residual, mask);
}

typedef void tile_fn(const problem *p, const float *panel, float *c, const float *residual,
                     __mmask16 mask);

/* tile_<rows>x<panels>x<vecs> */
#define TILE(rows, panels, vecs)                                                                   \
    static void tile_##rows##x##panels##x##vecs(const problem *p, const float *w, float *c,        \
                                                const float *residual, __mmask16 mask) {           \
        tile(rows, panels, vecs, p, w, c, residual, mask);                                         \
    }
TILE(1, 1, 1)
TILE(2, 1, 1)
TILE(3, 1, 1)
TILE(4, 1, 1)
TILE(5, 1, 1)
TILE(6, 1, 1)
TILE(7, 1, 1)
TILE(8, 1, 1)
TILE(9, 1, 1)
TILE(10, 1, 1)
TILE(11, 1, 1)
TILE(12, 1, 1)
TILE(13, 1, 1)
TILE(14, 1, 1)
TILE(1, 1, 2)
TILE(2, 1, 2)
TILE(3, 1, 2)
TILE(4, 1, 2)
TILE(5, 1, 2)
TILE(6, 1, 2)
TILE(7, 1, 2)
TILE(8, 1, 2)
TILE(9, 1, 2)
TILE(10, 1, 2)
TILE(11, 1, 2)
TILE(12, 1, 2)
TILE(13, 1, 2)
TILE(14, 1, 2)
TILE(1, 4, 2)
TILE(2, 2, 2)
TILE(3, 2, 2)
TILE(4, 2, 2)
TILE(5, 2, 2)
TILE(6, 2, 2)

/* One panel, up to LANES columns of it and more. */
static tile_fn *const half[MR] = {tile_1x1x1,  tile_2x1x1,  tile_3x1x1,  tile_4x1x1, tile_5x1x1,
                                  tile_6x1x1,  tile_7x1x1,  tile_8x1x1,  tile_9x1x1, tile_10x1x1,
                                  tile_11x1x1, tile_12x1x1, tile_13x1x1, tile_14x1x1};
static tile_fn *const full[MR] = {tile_1x1x2,  tile_2x1x2,  tile_3x1x2,  tile_4x1x2, tile_5x1x2,
                                  tile_6x1x2,  tile_7x1x2,  tile_8x1x2,  tile_9x1x2, tile_10x1x2,
                                  tile_11x1x2, tile_12x1x2, tile_13x1x2, tile_14x1x2};

/* Few rows alone have too few accumulators to hide FMA's latency, so they take several panels at
 * once where there are as many. */
static const struct {
    size_t panels;
    tile_fn *fn;
} wide[WIDE_ROWS] = {{4, tile_1x4x2}, {2, tile_2x2x2}, {2, tile_3x2x2},
                     {2, tile_4x2x2}, {2, tile_5x2x2}, {2, tile_6x2x2}};

static void run(size_t rows, size_t nc, const problem *p, const float *w, float *c,
                const float *residual) {
    const size_t step = panel_floats(p->ks * p->kc);
    for (size_t n = 0, panels = 1; n < nc; n += panels * NR) {
        const float *panel = w + n / NR * step;
        const float *r = residual ? residual + n : NULL;
        panels = rows <= WIDE_ROWS ? wide[rows - 1].panels : 1;
        if (nc - n <= (panels - 1) * NR + LANES)
            panels = 1;
        const size_t left = nc - n - (panels - 1) * NR, cols = left < NR ? left : NR;
        if (panels > 1)
            wide[rows - 1].fn(p, panel, c + n, r, edy_avx512_first_lanes(cols - LANES));
        else if (cols > LANES)
            full[rows - 1](p, panel, c + n, r, edy_avx512_first_lanes(cols - LANES));
        else
            half[rows - 1](p, panel, c + n, r, edy_avx512_first_lanes(cols));
    }
}

static void f32_gemm_14x32__avx512(size_t rows, size_t nc, size_t kc, const float *a,
                                   size_t a_stride, const void *w, float *c, size_t c_stride,
                                   const float *residual, const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const float *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {kc, 1, 0, row, NULL, c_stride, *clamp};
    run(rows, nc, &p, w, c, residual);
}

static void f32_igemm_14x32__avx512(size_t rows, size_t nc, size_t kc, size_t ks,
                                    const float *const *a, size_t a_offset, const float *zero,
                                    const void *w, float *c, size_t c_stride, const float *residual,
                                    const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const problem p = {kc, ks, a_offset, a, zero, c_stride, *clamp};
    run(rows, nc, &p, w, c, residual);
}

void edy_avx512_f32_dense(edy_kernels *k) {
    k->f32_dense = (edy_f32_dense){.name = "f32_igemm_14x32__avx512",
                                   .mr = MR,
                                   .nr = NR,
                                   .gemm = f32_gemm_14x32__avx512,
                                   .igemm = f32_igemm_14x32__avx512,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
