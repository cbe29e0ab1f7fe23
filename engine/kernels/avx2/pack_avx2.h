/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Packing of fp32 weights, at the speed of memory: a model starts with it. Also for AVX-512, whose
 * panels are of the same form. */
#ifndef EDY_KERNELS_PACK_AVX2_H
#define EDY_KERNELS_PACK_AVX2_H

#include <immintrin.h>
#include <stddef.h>

/* to[i * to_stride + j] = from[j * from_stride + i], i and j < 8. */
static inline void edy_avx2_transpose_8x8(const float *from, size_t from_stride, float *to,
                                          size_t to_stride) {
    __m256 row[8], two[8], four[8];
    for (size_t j = 0; j < 8; j++)
        row[j] = _mm256_loadu_ps(from + j * from_stride);
    for (size_t j = 0; j < 8; j += 2) {
        two[j] = _mm256_unpacklo_ps(row[j], row[j + 1]);
        two[j + 1] = _mm256_unpackhi_ps(row[j], row[j + 1]);
    }
    for (size_t j = 0; j < 8; j += 4)
        for (size_t i = 0; i < 2; i++) {
            four[j + 2 * i] = _mm256_shuffle_ps(two[j + i], two[j + 2 + i], 0x44);
            four[j + 2 * i + 1] = _mm256_shuffle_ps(two[j + i], two[j + 2 + i], 0xEE);
        }
    for (size_t i = 0; i < 4; i++) {
        _mm256_storeu_ps(to + i * to_stride, _mm256_permute2f128_ps(four[i], four[4 + i], 0x20));
        _mm256_storeu_ps(to + (4 + i) * to_stride,
                         _mm256_permute2f128_ps(four[i], four[4 + i], 0x31));
    }
}

/* One panel of nr columns, a multiple of 8, of which the first `columns` exist and the others are
 * 0: bias[nr]; w[k][nr]. w: [columns][k]; bias: [columns] or NULL for 0. */
static inline void edy_avx2_pack_panel(size_t nr, size_t columns, size_t k, const float *w,
                                       const float *bias, float *panel) {
    enum { BLOCK = 16 }; /* of k: a cache line of each column */
    for (size_t j = 0; j < nr; j++)
        panel[j] = bias && j < columns ? bias[j] : 0.0f;
    panel += nr;
    for (size_t at = 0; at < k; at += BLOCK) {
        const size_t end = at + BLOCK < k ? at + BLOCK : k;
        for (size_t j0 = 0; j0 < nr; j0 += 8) {
            size_t i = at;
            for (; i + 8 <= end && j0 + 8 <= columns; i += 8)
                edy_avx2_transpose_8x8(w + j0 * k + i, k, panel + i * nr + j0, nr);
            for (; i < end; i++)
                for (size_t j = j0; j < j0 + 8; j++)
                    panel[i * nr + j] = j < columns ? w[j * k + i] : 0.0f;
        }
    }
}

#endif
