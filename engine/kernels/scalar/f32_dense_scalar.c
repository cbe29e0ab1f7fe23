/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 GEMM and indirect GEMM. Packed form: panels of NR columns, each
 *     float bias[NR]; float w[ks * kc][NR];
 * rounded up to 64 bytes; columns past nc are zero. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/scalar/scalar.h"

enum { MR = 4, NR = 4 };

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

/* acc[m][j] += sum over i of row[m][i] * w[i][j], in order. */
static void accumulate(size_t kc, const float *const row[MR], const float *w, float acc[MR][NR]) {
    for (size_t i = 0; i < kc; i++)
        for (size_t m = 0; m < MR; m++)
            for (size_t j = 0; j < NR; j++)
                acc[m][j] += row[m][i] * w[i * NR + j];
}

/* Residual, clamp and store of the rows x cols corner of one tile. */
static void finish(size_t rows, size_t cols, float acc[MR][NR], float *c, size_t c_stride,
                   const float *residual, const edy_f32_clamp *clamp) {
    for (size_t m = 0; m < rows; m++) {
        for (size_t j = 0; j < cols; j++) {
            const size_t at = m * c_stride + j;
            const float sum = residual ? acc[m][j] + residual[at] : acc[m][j];
            c[at] = edy_clamp_f32(sum, clamp->low, clamp->high);
        }
    }
}

static void start(const float *bias, float acc[MR][NR]) {
    for (size_t m = 0; m < MR; m++)
        memcpy(acc[m], bias, NR * sizeof(float));
}

static void gemm(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride, const void *w,
                 float *c, size_t c_stride, const float *residual, const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const float *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const float *panel = w;
    for (size_t n0 = 0; n0 < nc; n0 += NR, panel += panel_floats(kc)) {
        float acc[MR][NR];
        start(panel, acc);
        accumulate(kc, row, panel + NR, acc);
        finish(rows, nc - n0 < NR ? nc - n0 : NR, acc, c + n0, c_stride,
               residual ? residual + n0 : NULL, clamp);
    }
}

static void igemm(size_t rows, size_t nc, size_t kc, size_t ks, const float *const *a,
                  size_t a_offset, const float *zero, const void *w, float *c, size_t c_stride,
                  const float *residual, const edy_f32_clamp *clamp) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const float *panel = w;
    for (size_t n0 = 0; n0 < nc; n0 += NR, panel += panel_floats(ks * kc)) {
        float acc[MR][NR];
        start(panel, acc);
        for (size_t t = 0; t < ks; t++) {
            const float *row[MR];
            for (size_t m = 0; m < MR; m++)
                row[m] = edy_row_f32(a[t * MR + m], a_offset, zero);
            accumulate(kc, row, panel + NR + t * kc * NR, acc);
        }
        finish(rows, nc - n0 < NR ? nc - n0 : NR, acc, c + n0, c_stride,
               residual ? residual + n0 : NULL, clamp);
    }
}

void edy_scalar_f32_dense(edy_kernels *k) {
    k->f32_dense = (edy_f32_dense){.name = "f32_igemm_4x4__scalar",
                                   .mr = MR,
                                   .nr = NR,
                                   .gemm = gemm,
                                   .igemm = igemm,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
