/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 GEMM and indirect GEMM, 4 rows by 8 columns, on pmaddwd: two products of int16 summed into
 * int32, which never saturates. As in avx2, rows are widened to int16 once a tile, all taps in one
 * run, or, where a reduction is longer than the buffer, piece by piece for each panel.
 *
 * Packed form: panels of NR columns, each a panel_head and int16_t w[pairs][NR][2], rounded up to
 * 64 bytes; an odd reduction ends with a zero. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/sse41/sse41.h"
#include "engine/kernels/unroll.h"

enum { MR = 4, NR = 8, LANES = 4, VECS = NR / LANES, CHUNK = 2304 /* even */ };

typedef struct panel_head {
    int32_t bias[NR];
    float multiplier[NR]; /* EDY_RULE_ONNX */
    edy_fixed fixed[NR];  /* EDY_RULE_TFLITE */
} panel_head;

static size_t panel_size(size_t k) {
    return edy_round_up(sizeof(panel_head) + edy_div_up(k, 2) * 2 * NR * sizeof(int16_t), 64);
}

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return edy_div_up(nc, NR) * panel_size(ks * kc);
}

static void pack(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights, void *packed) {
    const size_t k = ks * kc;
    memset(packed, 0, packed_bytes(nc, kc, ks));
    for (size_t n = 0; n < nc; n++) {
        panel_head *head = (panel_head *)((char *)packed + n / NR * panel_size(k));
        int16_t *w = (int16_t *)(head + 1);
        const size_t j = n % NR;
        head->bias[j] = weights->bias[n];
        if (weights->rule == EDY_RULE_ONNX)
            head->multiplier[j] = weights->multiplier[n];
        else
            head->fixed[j] = weights->fixed[n];
        for (size_t i = 0; i < k; i++)
            w[(i / 2 * NR + j) * 2 + i % 2] = weights->w[n * k + i];
    }
}

/* What one call computes, whichever its form. GEMM is one tap whose rows are listed. */
typedef struct problem {
    size_t kc, ks, a_offset;
    const int8_t *const *a; /* [ks][MR] */
    const int8_t *zero;
    size_t c_stride;
    edy_rule rule;
    edy_s8_output output;
} problem;

static inline void widen_8(const int8_t *x, int16_t *out) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i *)x);
    _mm_storeu_si128((__m128i *)out, _mm_cvtepi8_epi16(bytes));
}

/* The last vector overlaps the one before it. */
static inline void widen(const int8_t *x, size_t n, int16_t *out) {
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8)
            widen_8(x + i, out + i);
        widen_8(x + n - 8, out + n - 8);
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = x[i];
    }
}

/* Elements [first, first + count) of the reduction of every row; an odd count gets a zero. */
static void widen_rows(size_t rows, const problem *p, size_t first, size_t count,
                       int16_t wide[MR][CHUNK]) {
    size_t tap = first / p->kc, skip = first % p->kc;
    for (size_t done = 0; done < count; tap++, skip = 0) {
        const size_t n = p->kc - skip < count - done ? p->kc - skip : count - done;
        for (size_t m = 0; m < rows; m++) {
            const int8_t *row = edy_row_s8(p->a[tap * MR + m], p->a_offset, p->zero);
            widen(row + skip, n, wide[m] + done);
        }
        done += n;
    }
    for (size_t m = 0; count % 2 != 0 && m < rows; m++)
        wide[m][count] = 0;
}

/* acc[m][v] += products of pairs, over one chunk. Inlined with constant rows. */
EDY_SPECIALISE void accumulate(size_t rows, size_t pairs, const int16_t *wide, const int16_t *w,
                               __m128i acc[MR][VECS]) {
    for (size_t i = 0; i < pairs; i++, wide += 2, w += 2 * NR) {
        __m128i weight[VECS];
        EDY_UNROLL
        for (size_t v = 0; v < VECS; v++)
            weight[v] = _mm_load_si128((const __m128i *)(w + v * 2 * LANES));
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++) {
            int32_t pair;
            memcpy(&pair, wide + m * CHUNK, sizeof pair);
            const __m128i x = _mm_set1_epi32(pair);
            EDY_UNROLL
            for (size_t v = 0; v < VECS; v++)
                acc[m][v] = _mm_add_epi32(acc[m][v], _mm_madd_epi16(x, weight[v]));
        }
    }
}

/* Four lanes of edy_onnx_requant up to the rounding; the clamp comes later, as in
 * requant_avx2.h. */
static inline __m128i scale_onnx(__m128i acc, const float *multiplier) {
    const __m128 f = _mm_mul_ps(_mm_cvtepi32_ps(acc), _mm_load_ps(multiplier));
    return _mm_cvtps_epi32(_mm_min_ps(f, _mm_set1_ps(32767.0f)));
}

/* Lanes differ in their shifts, which SSE4.1 cannot do at once. */
static inline __m128i scale_tflite(__m128i acc, const edy_fixed *fixed) {
    int32_t x[LANES];
    _mm_storeu_si128((__m128i *)x, acc);
    for (size_t i = 0; i < LANES; i++)
        x[i] = edy_tflite_scale(x[i], fixed[i]);
    return _mm_loadu_si128((const __m128i *)x);
}

/* All three steps of narrowing saturate, which changes nothing: the clamp's bounds are bytes. */
static void finish_row(const problem *p, const panel_head *head, const __m128i acc[VECS], int8_t *c,
                       size_t cols) {
    __m128i scaled[VECS];
    for (size_t v = 0; v < VECS; v++)
        scaled[v] = p->rule == EDY_RULE_ONNX ? scale_onnx(acc[v], head->multiplier + v * LANES)
                                             : scale_tflite(acc[v], head->fixed + v * LANES);
    const __m128i words = _mm_adds_epi16(_mm_packs_epi32(scaled[0], scaled[1]),
                                         _mm_set1_epi16((short)p->output.zero_point));
    __m128i bytes = _mm_packs_epi16(words, words);
    bytes = _mm_max_epi8(bytes, _mm_set1_epi8((char)p->output.low));
    bytes = _mm_min_epi8(bytes, _mm_set1_epi8((char)p->output.high));
    int8_t out[NR];
    _mm_storel_epi64((__m128i *)out, bytes);
    memcpy(c, out, cols);
}

/* One panel. wide is filled already where the whole reduction fits in it. */
EDY_SPECIALISE void tile(size_t rows, const problem *p, const panel_head *head,
                         int16_t wide[MR][CHUNK], int8_t *c, size_t cols) {
    const size_t k = p->ks * p->kc;
    const int16_t *w = (const int16_t *)(head + 1);
    __m128i acc[MR][VECS];
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++) {
        EDY_UNROLL
        for (size_t v = 0; v < VECS; v++)
            acc[m][v] = _mm_load_si128((const __m128i *)(head->bias + v * LANES));
    }
    for (size_t first = 0; first < k; first += CHUNK) {
        const size_t count = k - first < CHUNK ? k - first : CHUNK;
        if (k > CHUNK)
            widen_rows(rows, p, first, count, wide);
        accumulate(rows, edy_div_up(count, 2), wide[0], w + first * NR, acc);
    }
    EDY_UNROLL
    for (size_t m = 0; m < rows; m++)
        finish_row(p, head, acc[m], c + m * p->c_stride, cols);
}

typedef void tile_fn(const problem *p, const panel_head *head, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols);

static void tile_1(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                   size_t cols) {
    tile(1, p, h, wide, c, cols);
}
static void tile_2(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                   size_t cols) {
    tile(2, p, h, wide, c, cols);
}
static void tile_3(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                   size_t cols) {
    tile(3, p, h, wide, c, cols);
}
static void tile_4(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                   size_t cols) {
    tile(4, p, h, wide, c, cols);
}

static tile_fn *const tiles[MR] = {tile_1, tile_2, tile_3, tile_4};

static void run(size_t rows, size_t nc, const problem *p, const void *w, int8_t *c) {
    assert(rows >= 1 && rows <= MR && p->c_stride >= nc);
    const size_t k = p->ks * p->kc, step = panel_size(k);
    int16_t wide[MR][CHUNK];
    if (k <= CHUNK)
        widen_rows(rows, p, 0, k, wide);
    for (size_t n = 0; n < nc; n += NR)
        tiles[rows - 1](p, (const panel_head *)((const char *)w + n / NR * step), wide, c + n,
                        nc - n < NR ? nc - n : NR);
}

static inline void gemm(edy_rule rule, size_t rows, size_t nc, size_t kc, const int8_t *a,
                        size_t a_stride, const void *w, int8_t *c, size_t c_stride,
                        const edy_s8_output *output) {
    const int8_t *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {kc, 1, 0, row, NULL, c_stride, rule, *output};
    run(rows, nc, &p, w, c);
}

static void gemm_onnx(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                      const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    gemm(EDY_RULE_ONNX, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

static void gemm_tflite(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                        const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    gemm(EDY_RULE_TFLITE, rows, nc, kc, a, a_stride, w, c, c_stride, output);
}

static void igemm_onnx(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                       size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                       size_t c_stride, const edy_s8_output *output) {
    const problem p = {kc, ks, a_offset, a, zero, c_stride, EDY_RULE_ONNX, *output};
    run(rows, nc, &p, w, c);
}

static void igemm_tflite(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                         size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                         size_t c_stride, const edy_s8_output *output) {
    const problem p = {kc, ks, a_offset, a, zero, c_stride, EDY_RULE_TFLITE, *output};
    run(rows, nc, &p, w, c);
}

void edy_sse41_s8_dense(edy_kernels *k) {
    k->s8_dense[EDY_RULE_ONNX] = (edy_s8_dense){.name = "s8_igemm_onnx_4x8__sse41",
                                                .mr = MR,
                                                .nr = NR,
                                                .gemm = gemm_onnx,
                                                .igemm = igemm_onnx,
                                                .packed_bytes = packed_bytes,
                                                .pack = pack};
    k->s8_dense[EDY_RULE_TFLITE] = (edy_s8_dense){.name = "s8_igemm_tflite_4x8__sse41",
                                                  .mr = MR,
                                                  .nr = NR,
                                                  .gemm = gemm_tflite,
                                                  .igemm = igemm_tflite,
                                                  .packed_bytes = packed_bytes,
                                                  .pack = pack};
}
