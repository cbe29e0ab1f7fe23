/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The SSE4.1 backend, for CPUs before AVX2 (Atoms up to Goldmont, Nehalem): GEMM of both types; the
 * rest is scalar's, of which the compiler makes SSE2. */
#ifndef EDY_KERNELS_SSE41_H
#define EDY_KERNELS_SSE41_H

#include <smmintrin.h>

#include "engine/kernel.h"

void edy_sse41_f32_dense(edy_kernels *k);
void edy_sse41_s8_dense(edy_kernels *k);
void edy_sse41_s8_elementwise(edy_kernels *k);

/* low <= x <= high; NaN comes out as NaN: max and min return their second operand then. */
static inline __m128 edy_sse41_clamp(__m128 x, __m128 low, __m128 high) {
    return _mm_min_ps(high, _mm_max_ps(low, x));
}

#endif
