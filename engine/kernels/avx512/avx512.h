/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The AVX-512 backend (F, BW, VL, DQ), and what its files and avx512vnni's share. It overrides
 * avx2's table. */
#ifndef EDY_KERNELS_AVX512_H
#define EDY_KERNELS_AVX512_H

#include <immintrin.h>

#include "engine/kernel.h"

void edy_avx512_f32_dense(edy_kernels *k);
void edy_avx512_f32_depthwise(edy_kernels *k);
void edy_avx512_f32_winograd(edy_kernels *k);
void edy_avx512_f32_pool(edy_kernels *k);
void edy_avx512_f32_elementwise(edy_kernels *k);
void edy_avx512_s8_pool(edy_kernels *k);
void edy_avx512_s8_elementwise(edy_kernels *k);

/* Masks for the first n of 16 lanes or 64 bytes; all of them from there on. A masked load or store
 * touches nothing else: lanes that are off never fault. */
static inline __mmask16 edy_avx512_first_lanes(size_t n) {
    return n >= 16 ? (__mmask16)0xFFFF : (__mmask16)((1u << n) - 1);
}

static inline __mmask64 edy_avx512_first_bytes(size_t n) {
    return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* low <= x <= high; NaN comes out as NaN: max and min return their second operand then. */
static inline __m512 edy_avx512_clamp(__m512 x, __m512 low, __m512 high) {
    return _mm512_min_ps(high, _mm512_max_ps(low, x));
}

#endif
