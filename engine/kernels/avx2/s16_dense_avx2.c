/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The products of s8 Winograd: 6 rows by 16 columns on vpmaddwd, sums modulo 2^32. Packed form:
 * panels of NR columns, int16_t w[pairs][NR][2]; an odd reduction ends with a zero. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/avx2/avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum {
    MR = 6,
    NR = 16,
    LANES = 8,
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
EDY_SPECIALISE void accumulate(size_t rows, size_t vecs, const int32_t *pair, const int16_t *w,
                               __m256i *acc) {
    __m256i weight[2];
    EDY_UNROLL
    for (size_t v = 0; v < vecs; v++)
        weight[v] = _mm256_load_si256((const __m256i *)(w + v * 2 * LANES));
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        const __m256i x = _mm256_set1_epi32(pair[m]);
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[m * vecs + v] =
                _mm256_add_epi32(acc[m * vecs + v], _mm256_madd_epi16(x, weight[v]));
    }
}

EDY_SPECIALISE void store(const __m256i acc, int32_t *c, size_t cols) {
    if (cols >= LANES)
        _mm256_storeu_si256((__m256i *)c, acc);
    else
        _mm256_maskstore_epi32(c, edy_avx2_first_lanes(cols), acc);
}

/* One panel: rows x cols, cols in ((vecs - 1) * LANES, vecs * LANES]. */
EDY_SPECIALISE void tile(size_t rows, size_t vecs, size_t kc, const int16_t *a, size_t a_stride,
                         const int16_t *w, int32_t *c, size_t c_stride, size_t cols) {
    __m256i acc[MR * 2];
    EDY_UNROLL
    for (size_t i = 0; i < rows * vecs; i++)
        acc[i] = _mm256_setzero_si256();
    int32_t pair[MR];
    for (size_t i = 0; i + 2 <= kc; i += 2, w += 2 * NR) {
        _mm_prefetch((const char *)(w + AHEAD * 2 * NR), _MM_HINT_T0);
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
        if (vecs == 2)
            _mm256_storeu_si256((__m256i *)(c + m * c_stride), acc[m * 2]);
        store(acc[m * vecs + vecs - 1], c + m * c_stride + (vecs - 1) * LANES,
              cols - (vecs - 1) * LANES);
    }
}

EDY_SPECIALISE void panel(size_t vecs, size_t rows, size_t kc, const int16_t *a, size_t a_stride,
                          const int16_t *w, int32_t *c, size_t c_stride, size_t cols) {
    switch (rows) {
    case 1:
        tile(1, vecs, kc, a, a_stride, w, c, c_stride, cols);
        break;
    case 2:
        tile(2, vecs, kc, a, a_stride, w, c, c_stride, cols);
        break;
    case 3:
        tile(3, vecs, kc, a, a_stride, w, c, c_stride, cols);
        break;
    case 4:
        tile(4, vecs, kc, a, a_stride, w, c, c_stride, cols);
        break;
    case 5:
        tile(5, vecs, kc, a, a_stride, w, c, c_stride, cols);
        break;
    default:
        tile(MR, vecs, kc, a, a_stride, w, c, c_stride, cols);
        break;
    }
}

static void s16_gemm_6x16__avx2(size_t rows, size_t nc, size_t kc, const int16_t *a,
                                size_t a_stride, const void *packed, int32_t *c, size_t c_stride) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const int16_t *w = packed;
    for (size_t n = 0; n < nc; n += NR, w += panel_elems(kc)) {
        const size_t cols = nc - n < NR ? nc - n : NR;
        if (cols > LANES)
            panel(2, rows, kc, a, a_stride, w, c + n, c_stride, cols);
        else
            panel(1, rows, kc, a, a_stride, w, c + n, c_stride, cols);
    }
}

void edy_avx2_s16_dense(edy_kernels *k) {
    k->s16_dense = (edy_s16_dense){.name = "s16_gemm_6x16__avx2",
                                   .mr = MR,
                                   .nr = NR,
                                   .cost = 1,
                                   .gemm = s16_gemm_6x16__avx2,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
