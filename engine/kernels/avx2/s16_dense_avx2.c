/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The products of s8 Winograd, 6 rows by 16 columns on vpmaddwd and an addition.
 * winograd/s16_dense.h has the algorithm. */
#include "engine/kernels/avx2/avx2.h"

enum { LANES = 8, MR = 6 };

typedef __m256i vec;

static inline vec vec_load(const void *aligned) {
    return _mm256_load_si256((const __m256i *)aligned);
}

static inline vec vec_splat(int32_t x) {
    return _mm256_set1_epi32(x);
}

static inline vec vec_dot16(vec acc, vec a, vec b) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b));
}

static inline void vec_store_s32(int32_t *to, vec x, size_t n) {
    if (n >= LANES)
        _mm256_storeu_si256((__m256i *)to, x);
    else
        _mm256_maskstore_epi32(to, edy_avx2_first_lanes(n), x);
}

#include "engine/kernels/winograd/s16_dense.h"

TILE(1, 1)
TILE(2, 1)
TILE(3, 1)
TILE(4, 1)
TILE(5, 1)
TILE(6, 1)
TILE(1, 2)
TILE(2, 2)
TILE(3, 2)
TILE(4, 2)
TILE(5, 2)
TILE(6, 2)

static const tile_rows tiles[] = {{6, {tile_6x1, tile_6x2}}, {5, {tile_5x1, tile_5x2}},
                                  {4, {tile_4x1, tile_4x2}}, {3, {tile_3x1, tile_3x2}},
                                  {2, {tile_2x1, tile_2x2}}, {1, {tile_1x1, tile_1x2}}};

static void s16_gemm_6x16__avx2(size_t rows, size_t nc, size_t kc, const int16_t *a,
                                size_t a_stride, const void *w, int32_t *c, size_t c_stride) {
    run(tiles, rows, nc, kc, a, a_stride, w, c, c_stride);
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
