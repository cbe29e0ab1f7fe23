/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 GEMM and indirect GEMM, 8 rows by 8 columns: 16 accumulators, 8 registers with four inputs
 * of a row each and 2 of weights fill 26 of the 32 vector registers. Multiply-adds take their input
 * from a lane, so four steps of the reduction need 64 of them and 12 loads.
 *
 * Packed form: panels of NR columns, each float bias[NR]; float w[ks * kc][NR], rounded up to 64
 * bytes. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/neon/neon.h"
#include "engine/kernels/row.h"

enum { MR = 8, NR = 8, LANES = 4, MAX_VECS = 16 };

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
    edy_neon_clamp clamp;
} problem;

/* Residual, clamp and store of rows x count vectors, of which the last has last_lanes lanes. */
EDY_SPECIALISE void finish(size_t rows, size_t count, const problem *p, float32x4_t *acc, float *c,
                           const float *residual, size_t last_lanes) {
    if (residual) {
        EDY_UNROLL
        for (size_t i = 0; i < rows * count; i++) {
            const float *from = residual + i / count * p->c_stride + i % count * LANES;
            const size_t lanes = i % count == count - 1 ? last_lanes : LANES;
            acc[i] = vaddq_f32(acc[i], edy_neon_load_f32(from, lanes));
        }
    }
    EDY_UNROLL
    for (size_t i = 0; i < rows * count; i++)
        edy_neon_store_f32(c + i / count * p->c_stride + i % count * LANES,
                           edy_neon_clamped(acc[i], &p->clamp),
                           i % count == count - 1 ? last_lanes : LANES);
}

/* n = 1, 2 or 4 of the inputs of a row. */
EDY_SPECIALISE float32x4_t load_inputs(const float *x, size_t n) {
    if (n == 4)
        return vld1q_f32(x);
    return n == 2 ? vcombine_f32(vld1_f32(x), vdup_n_f32(0.0f)) : vld1q_dup_f32(x);
}

/* acc += n steps of the reduction. w: the first panel's weights; further ones are step floats
 * on. */
EDY_SPECIALISE void steps(size_t n, size_t rows, size_t panels, size_t vecs,
                          const float *const *row, size_t i, const float *w, size_t step,
                          float32x4_t *acc) {
    const size_t count = panels * vecs;
    float32x4_t x[MR];
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++)
        x[m] = load_inputs(row[m] + i, n);
    EDY_UNROLL
    for (size_t j = 0; j < n; j++) {
        float32x4_t weight[MAX_VECS];
        EDY_UNROLL
        for (size_t v = 0; v < count; v++)
            weight[v] = vld1q_f32(w + v / vecs * step + j * NR + v % vecs * LANES);
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++) {
            EDY_UNROLL
            for (size_t v = 0; v < count; v++)
                acc[m * count + v] = edy_neon_fma_lane(acc[m * count + v], weight[v], x[m], j);
        }
    }
}

/* rows x (panels * vecs * 4) outputs from c on. Inlined with constant rows, panels and vecs, so
 * that acc lives in registers. */
EDY_SPECIALISE void tile(size_t rows, size_t panels, size_t vecs, const problem *p,
                         const float *panel, float *c, const float *residual, size_t last_lanes) {
    const size_t kc = p->kc, step = panel_floats(p->ks * kc), count = panels * vecs;
    float32x4_t acc[MAX_VECS];
    EDY_UNROLL
    for (size_t i = 0; i < rows * count; i++)
        acc[i] = vld1q_f32(panel + i % count / vecs * step + i % vecs * LANES);
    const float *w = panel + NR;
    for (size_t t = 0; t < p->ks; t++) {
        const float *row[MR];
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            row[m] = p->a[t * MR + m];
        if (p->a_offset) {
            EDY_UNROLL
            for (size_t m = 0; m < rows; m++)
                row[m] = edy_row_f32(row[m], p->a_offset, p->zero);
        }
        size_t i = 0;
        for (const float *end = w + kc / 4 * 4 * NR; w < end; i += 4, w += 4 * NR)
            steps(4, rows, panels, vecs, row, i, w, step, acc);
        if (kc & 2) {
            steps(2, rows, panels, vecs, row, i, w, step, acc);
            i += 2;
            w += 2 * NR;
        }
        if (kc & 1) {
            steps(1, rows, panels, vecs, row, i, w, step, acc);
            w += NR;
        }
    }
    finish(rows, count, p, acc, c, residual, last_lanes);
}

typedef void tile_fn(const problem *p, const float *panel, float *c, const float *residual,
                     size_t last_lanes);

static void tile_1x32(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(1, 4, 2, p, w, c, r, last);
}
static void tile_1x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(1, 1, 2, p, w, c, r, last);
}
static void tile_2x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(2, 1, 2, p, w, c, r, last);
}
static void tile_3x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(3, 1, 2, p, w, c, r, last);
}
static void tile_4x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(4, 1, 2, p, w, c, r, last);
}
static void tile_5x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(5, 1, 2, p, w, c, r, last);
}
static void tile_6x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(6, 1, 2, p, w, c, r, last);
}
static void tile_7x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(7, 1, 2, p, w, c, r, last);
}
static void tile_8x8(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(8, 1, 2, p, w, c, r, last);
}
static void tile_1x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(1, 1, 1, p, w, c, r, last);
}
static void tile_2x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(2, 1, 1, p, w, c, r, last);
}
static void tile_3x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(3, 1, 1, p, w, c, r, last);
}
static void tile_4x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(4, 1, 1, p, w, c, r, last);
}
static void tile_5x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(5, 1, 1, p, w, c, r, last);
}
static void tile_6x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(6, 1, 1, p, w, c, r, last);
}
static void tile_7x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(7, 1, 1, p, w, c, r, last);
}
static void tile_8x4(const problem *p, const float *w, float *c, const float *r, size_t last) {
    tile(8, 1, 1, p, w, c, r, last);
}

static tile_fn *const full[MR] = {tile_1x8, tile_2x8, tile_3x8, tile_4x8,
                                  tile_5x8, tile_6x8, tile_7x8, tile_8x8};
static tile_fn *const half[MR] = {tile_1x4, tile_2x4, tile_3x4, tile_4x4,
                                  tile_5x4, tile_6x4, tile_7x4, tile_8x4};

static void run(size_t rows, size_t nc, const problem *p, const float *panel, float *c,
                const float *residual) {
    const size_t step = panel_floats(p->ks * p->kc);
    size_t n = 0;
    for (; rows == 1 && nc - n >= 4 * NR; n += 4 * NR) /* one row alone cannot hide FMA's latency */
        tile_1x32(p, panel + n / NR * step, c + n, residual ? residual + n : NULL, LANES);
    for (; n < nc; n += NR) {
        const size_t cols = nc - n < NR ? nc - n : NR;
        tile_fn *const fn = cols > LANES ? full[rows - 1] : half[rows - 1];
        fn(p, panel + n / NR * step, c + n, residual ? residual + n : NULL,
           cols > LANES ? cols - LANES : cols);
    }
}

static void f32_gemm_8x8__neon(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                               const void *w, float *c, size_t c_stride, const float *residual,
                               const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const float *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {kc, 1, 0, row, NULL, c_stride, edy_neon_clamp_make(clamp)};
    run(rows, nc, &p, w, c, residual);
}

static void f32_igemm_8x8__neon(size_t rows, size_t nc, size_t kc, size_t ks, const float *const *a,
                                size_t a_offset, const float *zero, const void *w, float *c,
                                size_t c_stride, const float *residual,
                                const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const problem p = {kc, ks, a_offset, a, zero, c_stride, edy_neon_clamp_make(clamp)};
    run(rows, nc, &p, w, c, residual);
}

void edy_neon_f32_dense(edy_kernels *k) {
    k->f32_dense = (edy_f32_dense){.name = "f32_igemm_8x8__neon",
                                   .mr = MR,
                                   .nr = NR,
                                   .gemm = f32_gemm_8x8__neon,
                                   .igemm = f32_igemm_8x8__neon,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
