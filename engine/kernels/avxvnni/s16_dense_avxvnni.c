/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The products of s8 Winograd, 6 rows by two 256-bit vectors on vpdpwssd.
 * winograd/s16_dense.h has the algorithm. */
#include "engine/kernels/avxvnni/avxvnni.h"
#include "engine/kernels/avxvnni/vector_avxvnni.h"

/* Each lane of acc plus the sum of two products of int16. */
static inline vec vec_dot16(vec acc, vec a, vec b) {
    return _mm256_dpwssd_avx_epi32(acc, a, b);
}

/* The first n (1..LANES) lanes. */
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
TILE(6, 1)
TILE(1, 2)
TILE(2, 2)
TILE(3, 2)
TILE(6, 2)

static const tile_rows tiles[] = {{6, {tile_6x1, tile_6x2}},
                                  {3, {tile_3x1, tile_3x2}},
                                  {2, {tile_2x1, tile_2x2}},
                                  {1, {tile_1x1, tile_1x2}}};

static void s16_gemm_6x16__avxvnni(size_t rows, size_t nc, size_t kc, const int16_t *a,
                                   size_t a_stride, const void *w, int32_t *c, size_t c_stride) {
    run(tiles, rows, nc, kc, a, a_stride, w, c, c_stride);
}

void edy_avxvnni_s16_dense(edy_kernels *k) {
    k->s16_dense = (edy_s16_dense){.name = "s16_gemm_6x16__avxvnni",
                                   .mr = MR,
                                   .nr = NR,
                                   .cost = 2,
                                   .gemm = s16_gemm_6x16__avxvnni,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
