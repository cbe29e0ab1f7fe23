/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 GEMM and indirect GEMM, 6 rows by 16 columns, on vpmaddwd: two products of int16 summed into
 * int32, which never saturates (vpmaddubsw on bytes would). That is 16 multiply-adds for each
 * instruction, twice what fp32 FMA does.
 *
 * The rows of a tile are widened to int16 once, all taps in one run, and serve every panel of
 * columns; a pair of inputs is then one broadcast from memory, which costs no vector operation. A
 * reduction that is longer than the buffer is widened piece by piece for each panel.
 *
 * Packed form: panels of NR columns, each a panel_head and int16_t w[pairs][NR][2]; an odd
 * reduction ends with a zero. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/avx2/requant_avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum {
    MR = 6,
    NR = 16,
    LANES = 8,
    CHUNK = 4608, /* even; 3 x 3 x 512 */
    AHEAD = 48    /* pairs; weights may come from memory */
};

typedef struct panel_head {
    int32_t bias[NR];
    edy_avx2_scale scale[NR / LANES];
} panel_head;

static size_t panel_size(size_t k) {
    return sizeof(panel_head) + edy_div_up(k, 2) * 2 * NR * sizeof(int16_t);
}

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return edy_div_up(nc, NR) * panel_size(ks * kc);
}

static void pack(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights, void *packed) {
    const size_t k = ks * kc;
    memset(packed, 0, packed_bytes(nc, kc, ks));
    for (size_t n0 = 0; n0 < nc; n0 += NR) {
        panel_head *head = (panel_head *)((char *)packed + n0 / NR * panel_size(k));
        int16_t *w = (int16_t *)(head + 1);
        const size_t columns = nc - n0 < NR ? nc - n0 : NR;
        for (size_t j = 0; j < columns; j++) {
            head->bias[j] = weights->bias[n0 + j];
            edy_avx2_scale_set(&head->scale[j / LANES], j % LANES, weights, n0 + j);
        }
        for (size_t i0 = 0; i0 < k; i0 += 32) /* a block that stays in the cache */
            for (size_t j = 0; j < columns; j++)
                for (size_t i = i0; i < k && i < i0 + 32; i++)
                    w[(i / 2 * NR + j) * 2 + i % 2] = weights->w[(n0 + j) * k + i];
    }
}

/* What one call computes, whichever its form. GEMM is one tap whose rows are listed. */
typedef struct problem {
    size_t kc, ks, a_offset;
    const int8_t *const *a; /* [ks][MR] */
    const int8_t *zero;
    size_t c_stride;
    edy_rule rule;
    edy_avx2_output output;
} problem;

static inline void widen_16(const int8_t *x, int16_t *out) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)x);
    _mm256_storeu_si256((__m256i *)out, _mm256_cvtepi8_epi16(bytes));
}

static inline void widen_8(const int8_t *x, int16_t *out) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i *)x);
    _mm_storeu_si128((__m128i *)out, _mm_cvtepi8_epi16(bytes));
}

/* The last vector overlaps the one before it. */
static inline void widen(const int8_t *x, size_t n, int16_t *out) {
    if (n >= 16) {
        for (size_t i = 0; i + 16 < n; i += 16)
            widen_16(x + i, out + i);
        widen_16(x + n - 16, out + n - 16);
    } else if (n >= 8) {
        widen_8(x, out);
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

/* The same for whole blocks of 16 channels, all rows at once. */
static void widen_blocks(const problem *p, int16_t wide[MR][CHUNK]) {
    int16_t *out = wide[0];
    for (size_t t = 0; t < p->ks; t++, out += p->kc) {
        const int8_t *row[MR];
        EDY_UNROLL
        for (size_t m = 0; m < MR; m++)
            row[m] = edy_row_s8(p->a[t * MR + m], p->a_offset, p->zero);
        for (size_t i = 0; i < p->kc; i += 16) {
            EDY_UNROLL
            for (size_t m = 0; m < MR; m++)
                widen_16(row[m] + i, out + m * CHUNK + i);
        }
    }
}

/* The same for a window of few channels as in a first layer, with constant kc: two taps at a time,
 * so that the pairs which are read later are written whole. */
EDY_SPECIALISE void widen_window(size_t kc, const problem *p, int16_t wide[MR][CHUNK]) {
    for (size_t t = 0; t < p->ks; t += 2) {
        EDY_UNROLL
        for (size_t m = 0; m < MR; m++) {
            const int8_t *const *a = p->a + t * MR + m;
            const int8_t *first = edy_row_s8(a[0], p->a_offset, p->zero);
            const int8_t *second = t + 1 < p->ks ? edy_row_s8(a[MR], p->a_offset, p->zero) : NULL;
            EDY_UNROLL
            for (size_t i = 0; i < kc; i++) {
                const size_t even = 2 * i, odd = 2 * i + 1;
                const int lower = even < kc ? first[even] : second ? second[even - kc] : 0;
                const int upper = odd < kc ? first[odd] : second ? second[odd - kc] : 0;
                const uint32_t pair = (uint32_t)(uint16_t)lower | (uint32_t)upper << 16;
                memcpy(&wide[m][t * kc + even], &pair, sizeof pair);
            }
        }
    }
}

/* The same for three taps of nine elements, the first layer of most networks for images of three
 * colours: a row's 27 bytes are put together in registers, so that no pair which is read soon
 * after lies in two writes. */
static void widen_image(const problem *p, int16_t wide[MR][CHUNK]) {
    for (size_t m = 0; m < MR; m++) {
        uint64_t row[3], last[3];
        EDY_UNROLL
        for (size_t t = 0; t < 3; t++) {
            const int8_t *x = edy_row_s8(p->a[t * MR + m], p->a_offset, p->zero);
            memcpy(&row[t], x, sizeof row[t]);
            last[t] = (uint8_t)x[8];
        }
        const __m128i lower = _mm_set_epi64x((long long)(last[0] | row[1] << 8), (long long)row[0]);
        const __m128i upper =
            _mm_set_epi64x((long long)(row[2] >> 48 | last[2] << 16),
                           (long long)(row[1] >> 56 | last[1] << 8 | row[2] << 16));
        _mm256_storeu_si256((__m256i *)wide[m], _mm256_cvtepi8_epi16(lower));
        _mm256_storeu_si256((__m256i *)(wide[m] + 16), _mm256_cvtepi8_epi16(upper));
    }
}

/* acc[m][v] += products of pairs, over one chunk. Inlined with constant rows and vecs. */
EDY_SPECIALISE void accumulate(size_t rows, size_t vecs, size_t pairs, const int16_t *wide,
                               const int16_t *w, __m256i *acc) {
    for (size_t i = 0; i < pairs; i++, wide += 2, w += 2 * NR) {
        __m256i weight[2];
        _mm_prefetch((const char *)(w + AHEAD * 2 * NR), _MM_HINT_T0);
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            weight[v] = _mm256_load_si256((const __m256i *)(w + v * 2 * LANES));
        EDY_UNROLL
        for (size_t m = 0; m < rows; m++) {
            int32_t pair;
            memcpy(&pair, wide + m * CHUNK, sizeof pair);
            const __m256i x = _mm256_set1_epi32(pair);
            EDY_UNROLL
            for (size_t v = 0; v < vecs; v++)
                acc[m * vecs + v] =
                    _mm256_add_epi32(acc[m * vecs + v], _mm256_madd_epi16(x, weight[v]));
        }
    }
}

/* Requantizes and stores rows x cols, two rows at a time; an odd last row goes with itself. */
EDY_SPECIALISE void finish(size_t rows, size_t vecs, const problem *p, const panel_head *head,
                           const __m256i *acc, int8_t *c, size_t cols) {
    EDY_UNROLL
    for (size_t m = 0; m < rows; m += 2) {
        const size_t next = m + 1 < rows ? m + 1 : m;
        __m256i first[2], second[2];
        EDY_UNROLL
        for (size_t v = 0; v < 2; v++) {
            const size_t at = v < vecs ? v : 0;
            first[v] = edy_avx2_scale_acc(p->rule, acc[m * vecs + at], &head->scale[at]);
            second[v] = edy_avx2_scale_acc(p->rule, acc[next * vecs + at], &head->scale[at]);
        }
        __m128i bytes[2];
        edy_avx2_finish(first, second, &p->output, bytes);
        edy_avx2_store_bytes(c + m * p->c_stride, bytes[0], cols);
        if (next > m)
            edy_avx2_store_bytes(c + next * p->c_stride, bytes[1], cols);
    }
}

/* One panel. wide is filled already where the whole reduction fits in it. */
EDY_SPECIALISE void tile(size_t rows, size_t vecs, const problem *p, const panel_head *head,
                         int16_t wide[MR][CHUNK], int8_t *c, size_t cols) {
    const size_t k = p->ks * p->kc;
    const int16_t *w = (const int16_t *)(head + 1);
    __m256i acc[MR * 2];
    EDY_UNROLL
    for (size_t i = 0; i < rows * vecs; i++)
        acc[i] = _mm256_load_si256((const __m256i *)(head->bias + i % vecs * LANES));
    for (size_t first = 0; first < k; first += CHUNK) {
        const size_t count = k - first < CHUNK ? k - first : CHUNK;
        if (k > CHUNK)
            widen_rows(rows, p, first, count, wide);
        accumulate(rows, vecs, edy_div_up(count, 2), wide[0], w + first * NR, acc);
    }
    finish(rows, vecs, p, head, acc, c, cols);
}

typedef void tile_fn(const problem *p, const panel_head *head, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols);

static void tile_1x8(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols) {
    tile(1, 1, p, h, wide, c, cols);
}
static void tile_2x8(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols) {
    tile(2, 1, p, h, wide, c, cols);
}
static void tile_3x8(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols) {
    tile(3, 1, p, h, wide, c, cols);
}
static void tile_4x8(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols) {
    tile(4, 1, p, h, wide, c, cols);
}
static void tile_5x8(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols) {
    tile(5, 1, p, h, wide, c, cols);
}
static void tile_6x8(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                     size_t cols) {
    tile(6, 1, p, h, wide, c, cols);
}
static void tile_1x16(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                      size_t cols) {
    tile(1, 2, p, h, wide, c, cols);
}
static void tile_2x16(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                      size_t cols) {
    tile(2, 2, p, h, wide, c, cols);
}
static void tile_3x16(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                      size_t cols) {
    tile(3, 2, p, h, wide, c, cols);
}
static void tile_4x16(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                      size_t cols) {
    tile(4, 2, p, h, wide, c, cols);
}
static void tile_5x16(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                      size_t cols) {
    tile(5, 2, p, h, wide, c, cols);
}
static void tile_6x16(const problem *p, const panel_head *h, int16_t wide[MR][CHUNK], int8_t *c,
                      size_t cols) {
    tile(6, 2, p, h, wide, c, cols);
}

static tile_fn *const half[MR] = {tile_1x8, tile_2x8, tile_3x8, tile_4x8, tile_5x8, tile_6x8};
static tile_fn *const full[MR] = {tile_1x16, tile_2x16, tile_3x16, tile_4x16, tile_5x16, tile_6x16};

static void run(size_t rows, size_t nc, const problem *p, const void *w, int8_t *c) {
    assert(rows >= 1 && rows <= MR && p->c_stride >= nc);
    const size_t k = p->ks * p->kc, step = panel_size(k);
    int16_t wide[MR][CHUNK];
    if (p->kc == 1 && k < CHUNK - 8)
        widen_window(1, p, wide);
    else if (p->kc == 3 && k < CHUNK - 8)
        widen_window(3, p, wide);
    else if (p->kc == 9 && p->ks == 3)
        widen_image(p, wide);
    else if (p->kc % 16 == 0 && k <= CHUNK && rows > MR / 2)
        widen_blocks(p, wide);
    else if (k <= CHUNK)
        widen_rows(rows, p, 0, k, wide);
    for (size_t n = 0; n < nc; n += NR) {
        const size_t cols = nc - n < NR ? nc - n : NR;
        tile_fn *const fn = cols > LANES ? full[rows - 1] : half[rows - 1];
        fn(p, (const panel_head *)((const char *)w + n / NR * step), wide, c + n, cols);
    }
}

static inline void gemm(edy_rule rule, size_t rows, size_t nc, size_t kc, const int8_t *a,
                        size_t a_stride, const void *w, int8_t *c, size_t c_stride,
                        const edy_s8_output *output) {
    const int8_t *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    const problem p = {kc, 1, 0, row, NULL, c_stride, rule, edy_avx2_output_make(output)};
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
    const problem p = {kc,   ks,       a_offset,      a,
                       zero, c_stride, EDY_RULE_ONNX, edy_avx2_output_make(output)};
    run(rows, nc, &p, w, c);
}

static void igemm_tflite(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                         size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                         size_t c_stride, const edy_s8_output *output) {
    const problem p = {kc,   ks,       a_offset,        a,
                       zero, c_stride, EDY_RULE_TFLITE, edy_avx2_output_make(output)};
    run(rows, nc, &p, w, c);
}

void edy_avx2_s8_dense(edy_kernels *k) {
    k->s8_dense[EDY_RULE_ONNX] = (edy_s8_dense){.name = "s8_igemm_onnx_6x16__avx2",
                                                .mr = MR,
                                                .nr = NR,
                                                .gemm = gemm_onnx,
                                                .igemm = igemm_onnx,
                                                .packed_bytes = packed_bytes,
                                                .pack = pack};
    k->s8_dense[EDY_RULE_TFLITE] = (edy_s8_dense){.name = "s8_igemm_tflite_6x16__avx2",
                                                  .mr = MR,
                                                  .nr = NR,
                                                  .gemm = gemm_tflite,
                                                  .igemm = igemm_tflite,
                                                  .packed_bytes = packed_bytes,
                                                  .pack = pack};
}
