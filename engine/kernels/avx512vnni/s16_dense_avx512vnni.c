/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The products of s8 Winograd, 14 rows by two 512-bit vectors on vpdpwssd.
 * winograd/s16_dense.h has the algorithm. */
#include "engine/kernels/avx512vnni/avx512vnni.h"
#include "engine/kernels/avx512vnni/vector_avx512vnni.h"

/* Each lane of acc plus the sum of two products of int16. */
static inline vec vec_dot16(vec acc, vec a, vec b) {
    return _mm512_dpwssd_epi32(acc, a, b);
}

/* The first n (1..LANES) lanes. */
static inline void vec_store_s32(int32_t *to, vec x, size_t n) {
    if (n >= LANES)
        _mm512_storeu_si512(to, x);
    else
        _mm512_mask_storeu_epi8(to, edy_avx512_first_bytes(4 * n), x);
}

#include "engine/kernels/winograd/s16_dense.h"

TILE(1, 1)
TILE(2, 1)
TILE(4, 1)
TILE(7, 1)
TILE(14, 1)
TILE(1, 2)
TILE(2, 2)
TILE(4, 2)
TILE(7, 2)
TILE(14, 2)

static const tile_rows tiles[] = {{14, {tile_14x1, tile_14x2}},
                                  {7, {tile_7x1, tile_7x2}},
                                  {4, {tile_4x1, tile_4x2}},
                                  {2, {tile_2x1, tile_2x2}},
                                  {1, {tile_1x1, tile_1x2}}};

static void s16_gemm_14x32__avx512vnni(size_t rows, size_t nc, size_t kc, const int16_t *a,
                                       size_t a_stride, const void *w, int32_t *c,
                                       size_t c_stride) {
    run(tiles, rows, nc, kc, a, a_stride, w, c, c_stride);
}

void edy_avx512vnni_s16_dense(edy_kernels *k) {
    k->s16_dense = (edy_s16_dense){.name = "s16_gemm_14x32__avx512vnni",
                                   .mr = MR,
                                   .nr = NR,
                                   .cost = 2,
                                   .gemm = s16_gemm_14x32__avx512vnni,
                                   .packed_bytes = packed_bytes,
                                   .pack = pack};
}
