/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise on vpmaddubsw, exact for any weights: the bytes of two taps are interleaved, and one
 * instruction multiplies and sums both taps of 16 channels. Its int16 sums would saturate on whole
 * weights, so each weight is split, w = 16 * high + low, and the halves are summed apart:
 *   low is in [-8, 7] and high in [-8, 8], inputs (flipped to unsigned, 128 times the sum of
 *   weights being taken from the bias) in [0, 255], so that up to 16 taps sum to at most
 *   16 * 255 * 8 = 32640, which int16 holds. One vpmaddwd by (1, 16) then joins the halves in
 *   int32. Weights of 9 bits have high in [-16, 16] and are joined every 8 taps.
 * In a row of 3 x 3 windows of stride 1 the pixels of a tile share the interleaved columns.
 *
 * Packed form: a buffer_head and units of 16 channels, each a unit_head and
 * int8_t w[tap pairs][low, high][16][2]. Interleaving works in halves of a register, and so does
 * joining. Where 32 channels are left, two units hold channels 0-7, 16-23 and 8-15, 24-31 of them;
 * slot i of a unit is lane i % 8 / 4 * 8 + i / 8 * 4 + i % 4 of its two int32 vectors; and the
 * packing of results undoes both. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/kernels/avx2/requant_avx2.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

enum { UNIT = 16, PIXELS = 2, WINDOW = 9, WINDOW_PAIRS = 5 };
/* Pixels that take their turn with one tile's weights, and rows that are listed for them. */
enum { CHUNK = 16, MAX_ROWS = CHUNK * WINDOW, GROUP = 8 };

typedef struct buffer_head {
    uint32_t group;   /* tap pairs that int16 can sum: 8, or 4 for weights of 9 bits */
    uint32_t bounded; /* no scaled sum can leave int32 */
    uint32_t padding[14];
} buffer_head;

typedef struct unit_head {
    int32_t bias[16];
    edy_avx2_scale scale[2];
} unit_head;

/* Taps of each pair: of 3 x 3 windows by columns, so that neighbours share them. Tap 8 is alone:
 * its partner is whatever is at hand, of weight 0. */
static const unsigned char window_pairs[WINDOW_PAIRS][2] = {{0, 3}, {1, 4}, {2, 5}, {6, 7}, {8, 8}};

static inline size_t pair_tap(size_t taps, size_t pair, size_t which) {
    if (taps == WINDOW)
        return window_pairs[pair][which];
    const size_t t = 2 * pair + which;
    return t < taps ? t : taps - 1;
}

static size_t unit_size(size_t taps) {
    return sizeof(unit_head) + edy_div_up(taps, 2) * 2 * UNIT * 2;
}

static size_t packed_bytes(size_t channels, size_t taps) {
    return edy_round_up(sizeof(buffer_head) + edy_div_up(channels, UNIT) * unit_size(taps), 64);
}

static void pack_channel(size_t taps, const edy_s8_weights *weights, size_t c, size_t slot,
                         unit_head *head) {
    int8_t *w = (int8_t *)(head + 1);
    uint32_t sum = 0;
    for (size_t i = 0; i < edy_div_up(taps, 2) * 2; i++) {
        if (i >= taps) /* the second of the last pair keeps its weight of 0 */
            break;
        const int whole = weights->w[c * taps + pair_tap(taps, i / 2, i % 2)];
        const int low = ((whole + 8) & 15) - 8, high = (whole - low) / 16;
        assert(whole >= -256 && whole <= 255);
        w[((i / 2 * 2 + 0) * UNIT + slot) * 2 + i % 2] = (int8_t)low;
        w[((i / 2 * 2 + 1) * UNIT + slot) * 2 + i % 2] = (int8_t)high;
        sum += (uint32_t)whole;
    }
    const size_t lane = slot % 8 / 4 * 8 + slot / 8 * 4 + slot % 4;
    head->bias[lane] = (int32_t)((uint32_t)weights->bias[c] - 128 * sum);
    edy_avx2_scale_set(&head->scale[lane / 8], lane % 8, weights, c);
}

/* Whether a channel's sum, scaled, stays in int32 whatever the inputs, by a wide margin. */
static int is_bounded(size_t taps, const edy_s8_weights *weights, size_t c) {
    if (weights->rule != EDY_RULE_ONNX)
        return 1;
    double most = fabs((double)weights->bias[c]);
    for (size_t t = 0; t < taps; t++)
        most += 255.0 * abs(weights->w[c * taps + t]);
    return most * (double)weights->multiplier[c] < 1e9;
}

static void pack(size_t channels, size_t taps, const edy_s8_weights *weights, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    buffer_head *buffer = packed;
    buffer->group = weights->narrow ? GROUP : GROUP / 2;
    buffer->bounded = 1;
    for (size_t c = 0; c < channels; c++) {
        buffer->bounded &= (uint32_t)is_bounded(taps, weights, c);
        const size_t block = c / 32 * 32, i = c - block, pair = channels - block >= 32;
        const size_t unit = pair ? c / 32 * 2 + i % 16 / 8 : c / UNIT;
        const size_t slot = pair ? i / 16 * 8 + i % 8 : i % UNIT;
        pack_channel(taps, weights, c, slot,
                     (unit_head *)((char *)(buffer + 1) + unit * unit_size(taps)));
    }
}

typedef struct problem {
    size_t taps, a_offset;
    const int8_t *zero;
    size_t out_stride, group;
    edy_rule rule;
    edy_avx2_output output;
} problem;

/* What a tile is specialised by. */
typedef struct kind {
    int slides;
    size_t taps;   /* 9, of which no scaled sum leaves int32; or 0: as the problem says */
    size_t pixels; /* 1 or PIXELS */
    size_t units;  /* registers a pair of taps: 2 for 32 channels, 1 for fewer */
    int half;      /* of 16 channels there are but 8 */
} kind;

/* The channels of a row from c on, flipped to unsigned; the upper half of 16 is of no account. */
EDY_SPECIALISE __m256i load_row(kind k, const int8_t *x, size_t c) {
    const __m256i flip = _mm256_set1_epi8(-128);
    __m256i row;
    if (k.units == 2)
        row = _mm256_loadu_si256((const __m256i *)(x + c));
    else if (k.half)
        row = _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)(x + c)));
    else
        row = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(x + c)));
    return _mm256_xor_si256(row, flip);
}

/* The bytes of two rows in turn, in one vector a unit. */
EDY_SPECIALISE void interleave(kind k, __m256i x, __m256i y, __m256i pairs[2]) {
    const __m256i lower = _mm256_unpacklo_epi8(x, y), upper = _mm256_unpackhi_epi8(x, y);
    pairs[0] = lower;
    pairs[1] = upper;
    if (k.units == 1 && !k.half)
        pairs[0] = _mm256_inserti128_si256(lower, _mm256_castsi256_si128(upper), 1);
}

/* The same value, but in a register and no later than here: without it compilers reorder the sums
 * and run out of registers, or load a constant once for each of its uses. */
EDY_SPECIALISE __m256i settle(__m256i x) {
    __asm__("" : "+x"(x));
    return x;
}

/* Both sums of one pair of taps of one unit. */
EDY_SPECIALISE void multiply(__m256i pairs, const __m256i *w, int first, __m256i sum[2]) {
    EDY_UNROLL
    for (size_t h = 0; h < 2; h++) {
        const __m256i product = _mm256_maddubs_epi16(pairs, w[h]);
        sum[h] = settle(first ? product : _mm256_add_epi16(sum[h], product));
    }
}

EDY_SPECIALISE const unit_head *unit_at(const unit_head *head, size_t unit, size_t taps) {
    return (const unit_head *)((const char *)head + unit * unit_size(taps));
}

EDY_SPECIALISE const __m256i *weights_at(const unit_head *head, size_t pair) {
    return (const __m256i *)(head + 1) + 2 * pair;
}

/* The same pointer, but what was read there before is to be read again: a load is cheaper than the
 * registers that would keep it. */
EDY_SPECIALISE const unit_head *reread(const unit_head *head) {
    __asm__("" : "+r"(head));
    return head;
}

/* Column x of the rows that sliding windows cover: three pointers, each three places apart. */
EDY_SPECIALISE const int8_t *const *window_column(size_t pixels, const int8_t *const *a, size_t x) {
    return x < pixels ? a + x * WINDOW : a + (pixels - 1) * WINDOW + (x - pixels + 1);
}

/* 3 x 3 windows of stride 1: column x belongs to pixels x, x - 1 and x - 2. sum[pixel * units +
 * unit] of all taps. */
EDY_SPECIALISE void sum_window(kind k, const int8_t *const *a, size_t c,
                               const unit_head *const heads[2], __m256i sum[PIXELS * 2][2]) {
    __m256i below = load_row(k, a[6], c);
    EDY_UNROLL
    for (size_t x = 0; x < k.pixels + 2; x++) {
        const int8_t *const *list = window_column(k.pixels, a, x);
        const unit_head *const fresh[2] = {reread(heads[0]), reread(heads[1])};
        __m256i pairs[2];
        interleave(k, load_row(k, list[0], c), load_row(k, list[3], c), pairs);
        EDY_UNROLL
        for (size_t i = 0; i < k.pixels * k.units; i++) {
            const size_t m = i / k.units, u = i % k.units;
            if (m <= x && x <= m + 2)
                multiply(pairs[u], weights_at(fresh[u], x - m), x == m, sum[i]);
        }
        const __m256i next =
            x <= k.pixels ? load_row(k, window_column(k.pixels, a, x + 1)[6], c) : below;
        interleave(k, below, next, pairs);
        below = next;
        EDY_UNROLL
        for (size_t i = 0; i < k.pixels * k.units; i++) {
            const size_t m = i / k.units, u = i % k.units;
            if (x == m || x == m + 2)
                multiply(pairs[u], weights_at(fresh[u], x == m ? 3 : 4), 0, sum[i]);
        }
    }
}

/* One pair of taps of any list of rows, added to sum; `at` is its place in the list. */
EDY_SPECIALISE void sum_pair(kind k, const problem *p, const int8_t *const *a, size_t c,
                             size_t pair, size_t at, int first, const unit_head *const heads[2],
                             __m256i sum[PIXELS * 2][2]) {
    const size_t taps = k.taps ? k.taps : p->taps;
    EDY_UNROLL
    for (size_t m = 0; m < k.pixels; m++) {
        const int8_t *x = a[m * taps + pair_tap(taps, at, 0)];
        const int8_t *y = a[m * taps + pair_tap(taps, at, 1)];
        __m256i pairs[2];
        interleave(k, load_row(k, x, c), load_row(k, y, c), pairs);
        EDY_UNROLL
        for (size_t u = 0; u < k.units; u++)
            multiply(pairs[u], weights_at(heads[u], pair), first, sum[m * k.units + u]);
    }
}

/* The pairs begin <= i < end of any list of rows, which begins with pair `from`. */
EDY_SPECIALISE void sum_pairs(kind k, const problem *p, const int8_t *const *a, size_t c,
                              size_t from, size_t begin, size_t end,
                              const unit_head *const heads[2], __m256i sum[PIXELS * 2][2]) {
    sum_pair(k, p, a, c, begin, begin - from, 1, heads, sum);
    for (size_t i = begin + 1; i < end; i++)
        sum_pair(k, p, a, c, i, i - from, 0, heads, sum);
}

/* The sums of low and high halves, joined and added to acc, or to the bias at first. */
EDY_SPECIALISE void join(kind k, const __m256i sum[PIXELS * 2][2], int first,
                         const unit_head *const heads[2], __m256i acc[PIXELS * 4]) {
    const __m256i factors = settle(_mm256_set1_epi32(16 << 16 | 1));
    EDY_UNROLL
    for (size_t i = 0; i < 2 * k.units; i++) {
        const size_t u = i / 2;
        const __m256i bias = settle(_mm256_load_si256((const __m256i *)heads[u]->bias + i % 2));
        EDY_UNROLL
        for (size_t m = 0; m < k.pixels; m++) {
            const __m256i *s = sum[m * k.units + u];
            const __m256i both =
                i % 2 == 0 ? _mm256_unpacklo_epi16(s[0], s[1]) : _mm256_unpackhi_epi16(s[0], s[1]);
            __m256i *to = acc + m * 2 * k.units + i;
            *to = _mm256_add_epi32(first ? bias : *to, _mm256_madd_epi16(both, factors));
        }
    }
}

/* edy_avx2_scale_acc by rule ONNX, without its limit where none is needed. */
EDY_SPECIALISE __m256i scale_onnx(kind k, __m256i acc, const edy_avx2_scale *s) {
    const __m256 multiplier = _mm256_load_ps((const float *)s->scale);
    if (!k.taps)
        return edy_avx2_scale_onnx(acc, multiplier);
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(acc), multiplier));
}

/* Long, and so not in every tile. count vectors, 2 * units of them a pixel. */
static __attribute__((noinline)) void scale_tflite(size_t units, size_t count,
                                                   const unit_head *const heads[2], __m256i *acc) {
    for (size_t i = 0; i < count; i++)
        acc[i] = edy_avx2_scale_tflite(acc[i], &heads[i / 2 % units]->scale[i % 2]);
}

EDY_SPECIALISE void scale(kind k, edy_rule rule, const unit_head *const heads[2],
                          __m256i acc[PIXELS * 4]) {
    const size_t count = k.pixels * k.units * 2;
    if (rule == EDY_RULE_ONNX) {
        EDY_UNROLL
        for (size_t i = 0; i < count; i++)
            acc[i] = scale_onnx(k, acc[i], &heads[i / 2 % k.units]->scale[i % 2]);
        return;
    }
    __m256i memory[PIXELS * 4];
    EDY_UNROLL
    for (size_t i = 0; i < count; i++)
        memory[i] = acc[i];
    scale_tflite(k.units, count, heads, memory);
    EDY_UNROLL
    for (size_t i = 0; i < count; i++)
        acc[i] = memory[i];
}

/* acc, scaled: 4 vectors a pixel of 32 channels, 2 of 16, of which n exist. */
EDY_SPECIALISE void store(kind k, const problem *p, size_t n, __m256i acc[PIXELS * 4],
                          int8_t *out) {
    EDY_UNROLL
    for (size_t m = 0; m < k.pixels; m++) {
        __m256i words[2];
        EDY_UNROLL
        for (size_t u = 0; u < 2; u++) {
            const __m256i *v = acc + (m * k.units + u % k.units) * 2;
            words[u] = _mm256_adds_epi16(_mm256_packs_epi32(v[0], v[1]), p->output.zero_point);
        }
        __m256i bytes = _mm256_packs_epi16(words[0], words[1]);
        bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, p->output.low), p->output.high);
        int8_t *to = out + m * p->out_stride;
        if (k.units == 2)
            _mm256_storeu_si256((__m256i *)to, bytes);
        else if (k.half)
            _mm_storel_epi64((__m128i *)to, _mm256_castsi256_si128(bytes));
        else
            edy_avx2_store_bytes(to, _mm256_castsi256_si128(_mm256_permute4x64_epi64(bytes, 0xD8)),
                                 n);
    }
}

/* k.pixels x n channels from c on; inlined with a constant kind. a: the first pixel's list; out:
 * its channel c. */
EDY_SPECIALISE void tile(kind k, const problem *p, const int8_t *const *a, size_t c, size_t n,
                         const unit_head *head, int8_t *out) {
    const size_t taps = k.taps ? k.taps : p->taps, pairs = edy_div_up(taps, 2);
    const size_t group = k.taps ? pairs : p->group;
    const unit_head *const heads[2] = {head, unit_at(head, k.units - 1, taps)};
    __m256i acc[PIXELS * 4], sum[PIXELS * 2][2];
    const size_t end = group < pairs ? group : pairs;
    if (k.slides)
        sum_window(k, a, c, heads, sum);
    else
        sum_pairs(k, p, a, c, 0, 0, end, heads, sum);
    join(k, sum, 1, heads, acc);
    for (size_t begin = end; !k.taps && begin < pairs; begin += group) {
        sum_pairs(k, p, a, c, 0, begin, begin + group < pairs ? begin + group : pairs, heads, sum);
        join(k, sum, 0, heads, acc);
    }
    scale(k, p->rule, heads, acc);
    store(k, p, n, acc, out);
}

/* All pixels of a chunk for the channels of one tile. */
EDY_SPECIALISE void chunk(kind k, size_t pixels, const problem *p, const int8_t *const *a, size_t c,
                          size_t n, const unit_head *head, int8_t *out) {
    const size_t taps = k.taps ? k.taps : p->taps;
    size_t i = 0;
    for (k.pixels = PIXELS; i + PIXELS <= pixels; i += PIXELS)
        tile(k, p, a + i * taps, c, n, head, out + i * p->out_stride);
    for (k.pixels = 1; i < pixels; i++)
        tile(k, p, a + i * taps, c, n, head, out + i * p->out_stride);
}

typedef struct row_copies {
    int8_t bytes[MAX_ROWS][UNIT];
    const int8_t *rows[MAX_ROWS]; /* list of them */
} row_copies;

static void copy_row(const int8_t *from, size_t n, row_copies *to, size_t i) {
    _mm_storeu_si128((__m128i *)to->bytes[i], edy_avx2_load_bytes(from, n));
    to->rows[i] = to->bytes[i];
}

/* The n channels from c on, fewer than 16, of all rows that pixels list, last pixel first: sliding
 * windows have two columns of the next one. */
static void copy_rows(int slide, size_t pixels, size_t taps, const int8_t *const *a, size_t c,
                      size_t n, row_copies *to) {
    for (size_t i = pixels * taps; i-- > 0;) {
        if (slide && i < (pixels - 1) * taps && i % 3 != 0)
            to->rows[i] = to->rows[i + taps - 1];
        else
            copy_row(a[i] + c, n, to, i);
    }
}

/* All channels of a chunk of at most CHUNK pixels: its inputs and the weights of a tile stay in the
 * L1 cache. a: without an offset. The last channels, fewer than 16, are read from copies, so that
 * nothing past them is. */
EDY_SPECIALISE void all_channels(kind k, size_t pixels, size_t channels, const problem *p,
                                 const int8_t *const *a, const unit_head *head, int8_t *out) {
    const size_t taps = k.taps ? k.taps : p->taps;
    size_t c = 0;
    k.units = 2;
    for (; c + 2 * UNIT <= channels; c += 2 * UNIT, head = unit_at(head, 2, taps))
        chunk(k, pixels, p, a, c, 2 * UNIT, head, out + c);
    k.units = 1;
    for (; c + UNIT <= channels; c += UNIT, head = unit_at(head, 1, taps))
        chunk(k, pixels, p, a, c, UNIT, head, out + c);
    if (channels - c == UNIT / 2) {
        k.half = 1;
        chunk(k, pixels, p, a, c, UNIT / 2, head, out + c);
    } else if (c < channels) {
        row_copies copies;
        copy_rows(k.slides, pixels, taps, a, c, channels - c, &copies);
        chunk(k, pixels, p, copies.rows, 0, channels - c, head, out + c);
    }
}

/* Whether all neighbours among 3 x 3 windows share two columns. Pointers decide, never what they
 * point to. */
static int slides(size_t pixels, const int8_t *const *a) {
    __m256i same = _mm256_set1_epi64x(-1);
    for (size_t i = 0; i + 1 < pixels; i++, a += WINDOW) {
        /* Taps 1 2 - 4 and 5 - 7 8 against 0 1 - 3 and 4 - 6 7 of the next pixel. */
        const __m256i *here = (const __m256i *)(a + 1), *next = (const __m256i *)(a + WINDOW);
        const __m256i upper =
            _mm256_cmpeq_epi64(_mm256_loadu_si256(here), _mm256_loadu_si256(next));
        const __m256i lower =
            _mm256_cmpeq_epi64(_mm256_loadu_si256(here + 1), _mm256_loadu_si256(next + 1));
        same = _mm256_and_si256(same, _mm256_or_si256(upper, _mm256_setr_epi64x(0, 0, -1, 0)));
        same = _mm256_and_si256(same, _mm256_or_si256(lower, _mm256_setr_epi64x(0, -1, 0, 0)));
    }
    return _mm256_movemask_epi8(same) == -1;
}

/* The list itself for the first image of a batch, else a copy in `rows` that needs no offset. */
static const int8_t *const *resolve(const problem *p, const int8_t *const *a, size_t count,
                                    const int8_t **rows) {
    if (p->a_offset == 0)
        return a;
    const __m256i offset = _mm256_set1_epi64x((long long)p->a_offset);
    const __m256i zero = _mm256_set1_epi64x((long long)(intptr_t)p->zero);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const __m256i row = _mm256_loadu_si256((const __m256i *)(a + i));
        const __m256i moved = _mm256_andnot_si256(_mm256_cmpeq_epi64(row, zero), offset);
        _mm256_storeu_si256((__m256i *)(rows + i), _mm256_add_epi64(row, moved));
    }
    for (; i < count; i++)
        rows[i] = edy_row_s8(a[i], p->a_offset, p->zero);
    return rows;
}

/* 3 x 3 windows whose sums need no group and no limit. */
static void run_window(size_t pixels, size_t channels, const problem *p, const int8_t *const *a,
                       const unit_head *head, int8_t *out) {
    const kind any = {.taps = WINDOW}, sliding = {.slides = 1, .taps = WINDOW};
    const int8_t *rows[CHUNK * WINDOW];
    const int slide = slides(pixels, a);
    for (size_t i = 0; i < pixels; i += CHUNK) {
        const size_t count = pixels - i < CHUNK ? pixels - i : CHUNK;
        const int8_t *const *list = resolve(p, a + i * WINDOW, count * WINDOW, rows);
        if (slide)
            all_channels(sliding, count, channels, p, list, head, out + i * p->out_stride);
        else
            all_channels(any, count, channels, p, list, head, out + i * p->out_stride);
    }
}

static void run_any(size_t pixels, size_t channels, const problem *p, const int8_t *const *a,
                    const unit_head *head, int8_t *out) {
    const kind any = {0};
    const int8_t *rows[MAX_ROWS];
    const size_t taps = p->taps, step = MAX_ROWS / taps < CHUNK ? MAX_ROWS / taps : CHUNK;
    for (size_t i = 0; i < pixels; i += step) {
        const size_t count = pixels - i < step ? pixels - i : step;
        all_channels(any, count, channels, p, resolve(p, a + i * taps, count * taps, rows), head,
                     out + i * p->out_stride);
    }
}

/* One pixel of a window of more than MAX_ROWS taps, whose rows are listed group by group. */
EDY_SPECIALISE void tile_large(kind k, const problem *p, const int8_t *const *a, size_t c, size_t n,
                               const unit_head *head, int8_t *out) {
    const size_t taps = p->taps, pairs = edy_div_up(taps, 2);
    const unit_head *const heads[2] = {head, unit_at(head, k.units - 1, taps)};
    __m256i acc[PIXELS * 4], sum[PIXELS * 2][2];
    EDY_UNROLL
    for (size_t i = 0; i < 2 * k.units; i++)
        acc[i] = _mm256_load_si256((const __m256i *)heads[i / 2]->bias + i % 2);
    for (size_t begin = 0; begin < pairs; begin += p->group) {
        const size_t end = begin + p->group < pairs ? begin + p->group : pairs;
        int8_t copies[2 * GROUP][UNIT];
        const int8_t *rows[2 * GROUP];
        for (size_t i = 0; i < 2 * (end - begin); i++) {
            const size_t t = 2 * begin + i < taps ? 2 * begin + i : taps - 1;
            rows[i] = edy_row_s8(a[t], p->a_offset, p->zero) + c;
            if (n < UNIT) {
                _mm_storeu_si128((__m128i *)copies[i], edy_avx2_load_bytes(rows[i], n));
                rows[i] = copies[i];
            }
        }
        sum_pairs(k, p, rows, 0, begin, begin, end, heads, sum);
        join(k, sum, 0, heads, acc);
    }
    scale(k, p->rule, heads, acc);
    store(k, p, n, acc, out + c);
}

static void run_large(size_t pixels, size_t channels, const problem *p, const int8_t *const *a,
                      const unit_head *first, int8_t *out) {
    const kind wide = {.pixels = 1, .units = 2}, narrow = {.pixels = 1, .units = 1};
    for (size_t i = 0; i < pixels; i++, a += p->taps, out += p->out_stride) {
        const unit_head *head = first;
        size_t c = 0;
        for (; c + 2 * UNIT <= channels; c += 2 * UNIT, head = unit_at(head, 2, p->taps))
            tile_large(wide, p, a, c, 2 * UNIT, head, out);
        for (; c < channels; c += UNIT, head = unit_at(head, 1, p->taps))
            tile_large(narrow, p, a, c, channels - c < UNIT ? channels - c : UNIT, head, out);
    }
}

static void run(edy_rule rule, size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                size_t a_offset, const int8_t *zero, const void *w, int8_t *out, size_t out_stride,
                const edy_s8_output *output) {
    assert(out_stride >= channels);
    const buffer_head *buffer = w;
    const unit_head *head = (const unit_head *)(buffer + 1);
    const problem p = {
        taps, a_offset, zero, out_stride, buffer->group, rule, edy_avx2_output_make(output)};
    if (taps == WINDOW && buffer->group >= WINDOW_PAIRS && buffer->bounded)
        run_window(pixels, channels, &p, a, head, out);
    else if (taps <= MAX_ROWS)
        run_any(pixels, channels, &p, a, head, out);
    else
        run_large(pixels, channels, &p, a, head, out);
}

static void dwconv_onnx(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                        size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                        size_t out_stride, const edy_s8_output *output) {
    run(EDY_RULE_ONNX, pixels, channels, taps, a, a_offset, zero, w, out, out_stride, output);
}

static void dwconv_tflite(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                          size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                          size_t out_stride, const edy_s8_output *output) {
    run(EDY_RULE_TFLITE, pixels, channels, taps, a, a_offset, zero, w, out, out_stride, output);
}

void edy_avx2_s8_depthwise(edy_kernels *k) {
    k->s8_depthwise[EDY_RULE_ONNX] = (edy_s8_depthwise){.name = "s8_dwconv_onnx_2x32__avx2",
                                                        .run = dwconv_onnx,
                                                        .packed_bytes = packed_bytes,
                                                        .pack = pack};
    k->s8_depthwise[EDY_RULE_TFLITE] = (edy_s8_depthwise){.name = "s8_dwconv_tflite_2x32__avx2",
                                                          .run = dwconv_tflite,
                                                          .packed_bytes = packed_bytes,
                                                          .pack = pack};
}
