/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The products of s8 Winograd, 8 rows by 8 columns on SMLAL: 16 accumulators, 8 registers with
 * eight inputs of a row each. Packed form: panels of NR columns, int16_t w[k][NR], k rounded up to
 * a multiple of 8 with zeros. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/neon/neon.h"
#include "engine/kernels/row.h"

enum { MR = 8, NR = 8, LANES = 4, STEP = 8 };

static size_t panel_elems(size_t kc) {
    return edy_round_up(kc, STEP) * NR;
}

static size_t packed_bytes(size_t nc, size_t kc) {
    return edy_div_up(nc, NR) * panel_elems(kc) * sizeof(int16_t);
}

static void pack(size_t nc, size_t kc, const int16_t *w, void *packed) {
    memset(packed, 0, packed_bytes(nc, kc));
    for (size_t n = 0; n < nc; n++) {
        int16_t *panel = (int16_t *)packed + n / NR * panel_elems(kc);
        for (size_t i = 0; i < kc; i++)
            panel[i * NR + n % NR] = w[n * kc + i];
    }
}

/* acc[m][v] += STEP terms. */
EDY_SPECIALISE void accumulate(size_t rows, size_t vecs, const int16x8_t x[MR], const int16_t *w,
                               int32x4_t *acc) {
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

static inline int16x8_t load_first(const int16_t *x, size_t n) {
    int16_t all[STEP] = {0};
    memcpy(all, x, n * sizeof *x);
    return vld1q_s16(all);
}

static inline void store(int32_t *to, int32x4_t x, size_t n) {
    if (n >= LANES) {
        vst1q_s32(to, x);
        return;
    }
    int32_t all[LANES];
    vst1q_s32(all, x);
    memcpy(to, all, n * sizeof *to);
}

/* One panel: rows x cols, cols in ((vecs - 1) * LANES, vecs * LANES]. */
EDY_SPECIALISE void tile(size_t rows, size_t vecs, size_t kc, const int16_t *a, size_t a_stride,
                         const int16_t *w, int32_t *c, size_t c_stride, size_t cols) {
    int32x4_t acc[MR * 2];
    int16x8_t x[MR];
    EDY_UNROLL
    for (size_t i = 0; i < rows * vecs; i++)
        acc[i] = vdupq_n_s32(0);
    size_t i = 0;
    for (; i + STEP <= kc; i += STEP, w += STEP * NR) {
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            x[m] = vld1q_s16(a + m * a_stride + i);
        accumulate(rows, vecs, x, w, acc);
    }
    if (i < kc) {
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            x[m] = load_first(a + m * a_stride + i, kc - i);
        accumulate(rows, vecs, x, w, acc);
    }
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        if (vecs == 2)
            vst1q_s32(c + m * c_stride, acc[m * 2]);
        store(c + m * c_stride + (vecs - 1) * LANES, acc[m * vecs + vecs - 1],
              cols - (vecs - 1) * LANES);
    }
}

/* A tile of a constant number of rows, from a, c on. */
EDY_SPECIALISE void panels(size_t rows, size_t nc, size_t kc, const int16_t *a, size_t a_stride,
                           const int16_t *w, int32_t *c, size_t c_stride) {
    for (size_t n = 0; n < nc; n += NR, w += panel_elems(kc)) {
        const size_t cols = nc - n < NR ? nc - n : NR;
        if (cols > LANES)
            tile(rows, 2, kc, a, a_stride, w, c + n, c_stride, cols);
        else
            tile(rows, 1, kc, a, a_stride, w, c + n, c_stride, cols);
    }
}

/* Numbers of rows that are no tile take several. */
static void s16_gemm_8x8__neon(size_t rows, size_t nc, size_t kc, const int16_t *a, size_t a_stride,
                               const void *w, int32_t *c, size_t c_stride) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    if (rows == MR) {
        panels(MR, nc, kc, a, a_stride, w, c, c_stride);
        return;
    }
    for (; rows >= 4; rows -= 4, a += 4 * a_stride, c += 4 * c_stride)
        panels(4, nc, kc, a, a_stride, w, c, c_stride);
    for (; rows >= 2; rows -= 2, a += 2 * a_stride, c += 2 * c_stride)
        panels(2, nc, kc, a, a_stride, w, c, c_stride);
    if (rows > 0)
        panels(1, nc, kc, a, a_stride, w, c, c_stride);
}

void edy_neon_s16_dense(edy_kernels *k) {
    k->s16_dense = (edy_s16_dense){.name = "s16_gemm_8x8__neon",
                                   .mr = MR,
                                   .nr = NR,
                                   .cost = 1,
                                   .gemm = s16_gemm_8x8__neon,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
