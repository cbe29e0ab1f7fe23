/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 GEMM and indirect GEMM, 14 rows by 32 columns on 512-bit vpdpbusd: 28 of them need 2 loads of
 * weights and 14 broadcasts. vnni/s8_dense_vnni.h has the algorithm. */
#include "engine/kernels/avx512vnni/avx512vnni.h"
#include "engine/kernels/avx512vnni/vector_avx512vnni.h"

#include "engine/kernels/vnni/s8_dense_vnni.h"

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

static const tile_set tiles = {.half = {tile_1x1x1, tile_2x1x1, tile_3x1x1, tile_4x1x1, tile_5x1x1,
                                        tile_6x1x1, tile_7x1x1, tile_8x1x1, tile_9x1x1, tile_10x1x1,
                                        tile_11x1x1, tile_12x1x1, tile_13x1x1, tile_14x1x1},
                               .full = {tile_1x1x2, tile_2x1x2, tile_3x1x2, tile_4x1x2, tile_5x1x2,
                                        tile_6x1x2, tile_7x1x2, tile_8x1x2, tile_9x1x2, tile_10x1x2,
                                        tile_11x1x2, tile_12x1x2, tile_13x1x2, tile_14x1x2},
                               .wide = {{4, tile_1x4x2},
                                        {2, tile_2x2x2},
                                        {2, tile_3x2x2},
                                        {2, tile_4x2x2},
                                        {2, tile_5x2x2},
                                        {2, tile_6x2x2},
                                        {1, tile_7x1x2}}};

static void gemm_onnx(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                      const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    gemm(&tiles, EDY_RULE_ONNX, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

static void igemm_onnx(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                       size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                       size_t c_stride, const edy_s8_output *output) {
    const problem p = {kc, ks, a_offset, a, zero, c_stride, EDY_RULE_ONNX, vec_output_make(output)};
    run(&tiles, rows, nc, &p, w, c);
}

static void gemm_tflite(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                        const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    gemm(&tiles, EDY_RULE_TFLITE, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

static void igemm_tflite(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                         size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                         size_t c_stride, const edy_s8_output *output) {
    const problem p = {kc,   ks,       a_offset,        a,
                       zero, c_stride, EDY_RULE_TFLITE, vec_output_make(output)};
    run(&tiles, rows, nc, &p, w, c);
}

void edy_avx512vnni_s8_dense(edy_kernels *k) {
    k->s8_dense[EDY_RULE_ONNX] = (edy_s8_dense){.name = "s8_igemm_onnx_14x32__avx512vnni",
                                                .mr = MR,
                                                .nr = NR,
                                                .gemm = gemm_onnx,
                                                .igemm = igemm_onnx,
                                                .packed_bytes = packed_bytes,
                                                .pack = pack};
    k->s8_dense[EDY_RULE_TFLITE] = (edy_s8_dense){.name = "s8_igemm_tflite_14x32__avx512vnni",
                                                  .mr = MR,
                                                  .nr = NR,
                                                  .gemm = gemm_tflite,
                                                  .igemm = igemm_tflite,
                                                  .packed_bytes = packed_bytes,
                                                  .pack = pack};
}
