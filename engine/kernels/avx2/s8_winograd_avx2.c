/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* winograd/s8_winograd.h has the algorithm. */
#include "engine/kernels/avx2/requant_avx2.h"
#include "engine/kernels/row.h"

enum { LANES = 8, BLOCK = 16 };

typedef __m256i v16;
typedef __m256i v32;

static inline v16 v16_widen(const int8_t *x) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)x));
}
static inline v16 v16_add(v16 a, v16 b) {
    return _mm256_add_epi16(a, b);
}
static inline v16 v16_sub(v16 a, v16 b) {
    return _mm256_sub_epi16(a, b);
}
static inline v16 v16_by_4(v16 x) {
    return _mm256_slli_epi16(x, 2);
}
static inline void v16_store(int16_t *to, v16 x) {
    _mm256_storeu_si256((__m256i *)to, x);
}

static inline v32 v32_splat(int32_t x) {
    return _mm256_set1_epi32(x);
}
static inline v32 v32_add(v32 a, v32 b) {
    return _mm256_add_epi32(a, b);
}
static inline v32 v32_sub(v32 a, v32 b) {
    return _mm256_sub_epi32(a, b);
}
static inline v32 v32_by_4(v32 x) {
    return _mm256_slli_epi32(x, 2);
}
static inline v32 v32_quarter(v32 x) {
    return _mm256_srai_epi32(x, 2);
}
static inline v32 v32_576th(v32 x) {
    return _mm256_srai_epi32(_mm256_mullo_epi32(x, _mm256_set1_epi32(0x38E38E39)), 6);
}
static inline v32 v32_load(const int32_t *x) {
    return _mm256_loadu_si256((const __m256i *)x);
}
static inline v32 v32_load_first(const int32_t *x, size_t n) {
    return _mm256_maskload_epi32(x, edy_avx2_first_lanes(n));
}

typedef struct block_scale {
    int32_t bias[BLOCK];
    edy_avx2_scale scale[BLOCK / LANES];
} block_scale;

static size_t scale_bytes(size_t channels) {
    return edy_div_up(channels, BLOCK) * sizeof(block_scale);
}

static void pack_scale(size_t channels, const edy_s8_weights *weights, void *packed) {
    block_scale *block = packed;
    memset(packed, 0, scale_bytes(channels));
    for (size_t n = 0; n < channels; n++) {
        block_scale *to = &block[n / BLOCK];
        to->bias[n % BLOCK] = weights->bias[n];
        edy_avx2_scale_set(&to->scale[n % BLOCK / LANES], n % LANES, weights, n);
    }
}

static inline v32 block_bias(const block_scale *s, size_t half) {
    return _mm256_load_si256((const __m256i *)(s->bias + half * LANES));
}
static inline v32 block_scaled(edy_rule rule, v32 x, const block_scale *s, size_t half) {
    return edy_avx2_scale_acc(rule, x, &s->scale[half]);
}

typedef edy_avx2_output block_output;
static inline block_output block_output_make(const edy_s8_output *o) {
    return edy_avx2_output_make(o);
}

static inline void block_store(const v32 first[2], const v32 second[2], const block_output *o,
                               int8_t *const to[2], size_t cols) {
    __m128i bytes[2];
    edy_avx2_finish(first, second, o, bytes);
    edy_avx2_store_bytes(to[0], bytes[0], cols);
    edy_avx2_store_bytes(to[1], bytes[1], cols);
}

#include "engine/kernels/winograd/s8_winograd.h"

void edy_avx2_s8_winograd(edy_kernels *k) {
    edy_s8_winograd *onnx = k->s8_winograd[EDY_RULE_ONNX];
    edy_s8_winograd *tflite = k->s8_winograd[EDY_RULE_TFLITE];
    onnx[EDY_WINOGRAD_2X2] = family("s8_winograd_onnx_2x2__avx2", 2, input_2x2, output_2x2_onnx);
    onnx[EDY_WINOGRAD_4X4] = family("s8_winograd_onnx_4x4__avx2", 4, input_4x4, output_4x4_onnx);
    tflite[EDY_WINOGRAD_2X2] =
        family("s8_winograd_tflite_2x2__avx2", 2, input_2x2, output_2x2_tflite);
    tflite[EDY_WINOGRAD_4X4] =
        family("s8_winograd_tflite_4x4__avx2", 4, input_4x4, output_4x4_tflite);
}
