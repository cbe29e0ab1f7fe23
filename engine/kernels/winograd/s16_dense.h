/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The products of s8 Winograd on an instruction that adds two products of int16 to an int32 and
 * wraps: MR rows by two vectors of columns. The one algorithm of the x86 instruction sets; the file
 * that includes it first defines the words it is written in:
 *   vec, LANES, MR       a register of int32; rows of a tile
 *   vec_load, vec_splat  aligned; one int32 everywhere
 *   vec_dot16            each lane of acc plus the sum of two products of int16
 *   vec_store_s32        the first n (1..LANES) lanes
 *
 * Packed form: panels of NR columns, int16_t w[pairs][NR][2]; an odd reduction ends with a zero. */
#ifndef EDY_KERNELS_S16_DENSE_H
#define EDY_KERNELS_S16_DENSE_H

#include <assert.h>
#include <string.h>

#include "engine/kernel.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum {
    VECS = 2,
    NR = VECS * LANES,
    AHEAD = 48 /* pairs; weights may come from memory */
};

static size_t panel_elems(size_t kc) {
    return edy_div_up(kc, 2) * 2 * NR;
}

static size_t packed_bytes(size_t nc, size_t kc) {
    return edy_div_up(nc, NR) * panel_elems(kc) * sizeof(int16_t);
}

static void pack(size_t nc, size_t kc, const int16_t *w, void *packed) {
    memset(packed, 0, packed_bytes(nc, kc));
    for (size_t n0 = 0; n0 < nc; n0 += NR) {
        int16_t *panel = (int16_t *)packed + n0 / NR * panel_elems(kc);
        const size_t columns = nc - n0 < NR ? nc - n0 : NR;
        for (size_t i0 = 0; i0 < kc; i0 += 32) /* a block that stays in the cache */
            for (size_t j = 0; j < columns; j++)
                for (size_t i = i0; i < kc && i < i0 + 32; i++)
                    panel[(i / 2 * NR + j) * 2 + i % 2] = w[(n0 + j) * kc + i];
    }
}

/* acc[m][v] += one pair of the reduction. */
EDY_SPECIALISE void accumulate(size_t rows, size_t vecs, const int32_t pair[MR], const int16_t *w,
                               vec *acc) {
    vec weight[VECS];
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        weight[v] = vec_load(w + v * 2 * LANES);
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        const vec x = vec_splat(pair[m]);
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[m * vecs + v] = vec_dot16(acc[m * vecs + v], x, weight[v]);
    }
}

/* One panel: rows x cols, cols in ((vecs - 1) * LANES, vecs * LANES]. */
EDY_SPECIALISE void tile(size_t rows, size_t vecs, size_t kc, const int16_t *a, size_t a_stride,
                         const int16_t *w, int32_t *c, size_t c_stride, size_t cols) {
    vec acc[MR * VECS];
    EDY_UNROLL
    for (size_t i = 0; i < rows; i++) {
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[i * vecs + v] = vec_splat(0);
    }
    int32_t pair[MR];
    for (size_t i = 0; i + 2 <= kc; i += 2, w += 2 * NR) {
        __builtin_prefetch(w + AHEAD * 2 * NR);
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            memcpy(&pair[m], a + m * a_stride + i, sizeof pair[m]);
        accumulate(rows, vecs, pair, w, acc);
    }
    if (kc % 2 != 0) {
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++)
            pair[m] = (uint16_t)a[m * a_stride + kc - 1];
        accumulate(rows, vecs, pair, w, acc);
    }
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            vec_store_s32(c + m * c_stride + v * LANES, acc[m * vecs + v],
                          v + 1 < vecs ? (size_t)LANES : cols - v * LANES);
    }
}

typedef void tile_fn(size_t kc, const int16_t *a, size_t a_stride, const int16_t *w, int32_t *c,
                     size_t c_stride, size_t cols);

/* tile_<rows>x<vecs> */
#define TILE(rows, vecs)                                                                           \
    static void tile_##rows##x##vecs(size_t kc, const int16_t *a, size_t a_stride,                 \
                                     const int16_t *w, int32_t *c, size_t c_stride, size_t cols) { \
        tile(rows, vecs, kc, a, a_stride, w, c, c_stride, cols);                                   \
    }

/* An ISA's tiles: by decreasing rows, from MR to 1; [1]: more than LANES columns. Other numbers of
 * rows take several. */
typedef struct tile_rows {
    size_t rows;
    tile_fn *fn[VECS];
} tile_rows;

static inline void run(const tile_rows *tiles, size_t rows, size_t nc, size_t kc, const int16_t *a,
                       size_t a_stride, const int16_t *w, int32_t *c, size_t c_stride) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    for (; rows > 0;
         rows -= tiles->rows, a += tiles->rows * a_stride, c += tiles->rows * c_stride) {
        while (tiles->rows > rows)
            tiles++;
        for (size_t n = 0; n < nc; n += NR) {
            const size_t cols = nc - n < NR ? nc - n : NR;
            tiles->fn[cols > LANES](kc, a, a_stride, w + n / NR * panel_elems(kc), c + n, c_stride,
                                    cols);
        }
    }
}

#endif
