/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Stands before the compiler's header of this name in emulated kernels (EDYNO_SIMDE, test-only):
 * AVX-512 and VNNI intrinsics come from SIMDe, in terms of AVX2, so that the kernels' own source
 * runs on a CPU without them.
 *
 * SIMDe's masked loads and stores touch the whole vector; here they are the ones of the hardware,
 * which touch only lanes that are on: kernels rely on that at the end of a tensor. */
#ifndef EDY_KERNELS_SIMDE_IMMINTRIN_H
#define EDY_KERNELS_SIMDE_IMMINTRIN_H

#include_next <immintrin.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#include <stdint.h>
#include <string.h>

/* lanes of size bytes each that are on in mask go from `from` to `to`. */
static inline void edy_emulated_move(void *to, const void *from, uint64_t mask, size_t lanes,
                                     size_t size) {
    for (size_t i = 0; i < lanes; i++)
        if (mask >> i & 1)
            memcpy((char *)to + i * size, (const char *)from + i * size, size);
}

#define EDY_EMULATED(name, type, mask_type, lanes, size)                                           \
    static inline type edy_emulated_mask_load_##name(type kept, mask_type mask, const void *x) {   \
        edy_emulated_move(&kept, x, mask, lanes, size);                                            \
        return kept;                                                                               \
    }                                                                                              \
    static inline type edy_emulated_load_##name(mask_type mask, const void *x) {                   \
        type zero;                                                                                 \
        memset(&zero, 0, sizeof zero);                                                             \
        return edy_emulated_mask_load_##name(zero, mask, x);                                       \
    }                                                                                              \
    static inline void edy_emulated_store_##name(void *to, mask_type mask, type x) {               \
        edy_emulated_move(to, &x, mask, lanes, size);                                              \
    }
EDY_EMULATED(m512i, __m512i, __mmask64, 64, 1)
EDY_EMULATED(m256i, __m256i, __mmask32, 32, 1)
EDY_EMULATED(m128i, __m128i, __mmask16, 16, 1)
EDY_EMULATED(m512, __m512, __mmask16, 16, 4)

#undef _mm512_mask_loadu_epi8
#undef _mm512_maskz_loadu_epi8
#undef _mm512_mask_storeu_epi8
#undef _mm256_mask_storeu_epi8
#undef _mm_maskz_loadu_epi8
#undef _mm_mask_storeu_epi8
#undef _mm512_maskz_loadu_ps
#undef _mm512_mask_storeu_ps
#define _mm512_mask_loadu_epi8 edy_emulated_mask_load_m512i
#define _mm512_maskz_loadu_epi8 edy_emulated_load_m512i
#define _mm512_mask_storeu_epi8 edy_emulated_store_m512i
#define _mm256_mask_storeu_epi8 edy_emulated_store_m256i
#define _mm_maskz_loadu_epi8 edy_emulated_load_m128i
#define _mm_mask_storeu_epi8 edy_emulated_store_m128i
#define _mm512_maskz_loadu_ps edy_emulated_load_m512
#define _mm512_mask_storeu_ps edy_emulated_store_m512

/* What SIMDe lacks, or does not fuse, by halves. */
static inline __m512i edy_emulated_join(__m256i low, __m256i high) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

static inline __m256 edy_emulated_half(__m512 x, int upper) {
    float lanes[16];
    memcpy(lanes, &x, sizeof lanes);
    return _mm256_loadu_ps(lanes + 8 * upper);
}

static inline __m512 edy_emulated_fmadd(__m512 a, __m512 b, __m512 c) {
    __m512 sum;
    for (int i = 0; i < 2; i++) {
        const __m256 half = _mm256_fmadd_ps(edy_emulated_half(a, i), edy_emulated_half(b, i),
                                            edy_emulated_half(c, i));
        memcpy((char *)&sum + i * sizeof half, &half, sizeof half);
    }
    return sum;
}

static inline __m512 edy_emulated_fnmadd(__m512 a, __m512 b, __m512 c) {
    return edy_emulated_fmadd(_mm512_sub_ps(_mm512_set1_ps(-0.0f), a), b, c);
}

static inline __m512i edy_emulated_round(__m512 x) {
    return edy_emulated_join(_mm256_cvtps_epi32(edy_emulated_half(x, 0)),
                             _mm256_cvtps_epi32(edy_emulated_half(x, 1)));
}

static inline __m512 edy_emulated_to_float(__m512i x) {
    __m512 y;
    for (int i = 0; i < 2; i++) {
        __m256i half;
        memcpy(&half, (const char *)&x + i * sizeof half, sizeof half);
        const __m256 converted = _mm256_cvtepi32_ps(half);
        memcpy((char *)&y + i * sizeof half, &converted, sizeof converted);
    }
    return y;
}

static inline __m512i edy_emulated_widen(__m128i x) {
    return edy_emulated_join(_mm256_cvtepi8_epi32(x), _mm256_cvtepi8_epi32(_mm_srli_si128(x, 8)));
}

static inline __m512i edy_emulated_srav(__m512i x, __m512i by) {
    __m256i halves[2], counts[2];
    memcpy(halves, &x, sizeof halves);
    memcpy(counts, &by, sizeof counts);
    return edy_emulated_join(_mm256_srav_epi32(halves[0], counts[0]),
                             _mm256_srav_epi32(halves[1], counts[1]));
}

static inline __m512i edy_emulated_widen_words(__m256i x) {
    return edy_emulated_join(_mm256_cvtepi16_epi32(_mm256_castsi256_si128(x)),
                             _mm256_cvtepi16_epi32(_mm256_extracti128_si256(x, 1)));
}

static inline __m128i edy_emulated_narrow(__m512i x) {
    int32_t lanes[16];
    int8_t bytes[16];
    memcpy(lanes, &x, sizeof lanes);
    for (size_t i = 0; i < 16; i++)
        bytes[i] = (int8_t)lanes[i];
    return _mm_loadu_si128((const __m128i *)bytes);
}

#undef _mm512_srav_epi32
#define _mm512_srav_epi32 edy_emulated_srav
#undef _mm512_cvtepi16_epi32
#define _mm512_cvtepi16_epi32 edy_emulated_widen_words
#undef _mm512_cvtepi32_epi8
#define _mm512_cvtepi32_epi8 edy_emulated_narrow
#undef _mm512_fmadd_ps
#undef _mm512_cvtps_epi32
#undef _mm512_cvtepi32_ps
#undef _mm512_cvtepi8_epi32
#define _mm512_fmadd_ps edy_emulated_fmadd
#undef _mm512_fnmadd_ps
#define _mm512_fnmadd_ps edy_emulated_fnmadd
#define _mm512_cvtps_epi32 edy_emulated_round
#define _mm512_cvtepi32_ps edy_emulated_to_float
#define _mm512_cvtepi8_epi32 edy_emulated_widen

/* The VEX forms have no intrinsics in SIMDe. */
#define _mm256_dpbusd_avx_epi32 _mm256_dpbusd_epi32
#define _mm256_dpwssd_avx_epi32 _mm256_dpwssd_epi32

#endif
