/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Integer kernels with a fault, for the kernel walk. Rounding, saturation and zero points are
 * inside an s8 kernel, where no wrapper reaches; so here is a plain one, with one column a panel,
 * whose every step can be made wrong. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/selftest/fault_walk.h"

enum {
    UNHARMED,
    SATURATED,    /* pairs of products summed in 16 bits, as vpmaddubsw does */
    TIES_AWAY,    /* half away from zero in place of half to even */
    ONE_ROUNDING, /* TFLite's two roundings done as one */
    OUT_ZERO,
    PADDING,
    CLAMP,
    OTHER_SCALE,
    NARROWED,
    TAIL,
    QUANTIZED_NAN,
    TABLE,
    ADD_TIES
};

static int harm;          /* as in faults_walk_f32.c */
static edy_kernels right; /* scalar's */

/* ---- A plain dense kernel -------------------------------------------------------------------- */

enum { MR = 4 };

/* One output channel, packed; its weights follow. */
typedef struct column {
    int32_t bias;
    edy_rule rule;
    float multiplier;
    edy_fixed fixed;
} column;

static size_t column_bytes(size_t depth) {
    return (sizeof(column) + depth * sizeof(int16_t) + 63) / 64 * 64;
}

static size_t packed_bytes(size_t nc, size_t kc, size_t ks) {
    return nc * column_bytes(kc * ks);
}

static void pack(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights, void *packed) {
    const size_t depth = kc * ks;
    for (size_t n = 0; n < nc; n++) {
        const size_t from = harm == OTHER_SCALE ? (n + 1) % nc : n;
        char *at = (char *)packed + n * column_bytes(depth);
        column c = {.bias = weights->bias[n], .rule = weights->rule};
        if (weights->rule == EDY_RULE_ONNX)
            c.multiplier = weights->multiplier[from];
        else
            c.fixed = weights->fixed[from];
        memset(at, 0, column_bytes(depth));
        memcpy(at, &c, sizeof c);
        for (size_t k = 0; k < depth; k++) {
            const int16_t w = weights->w[n * depth + k];
            const int16_t kept = harm == NARROWED ? (int16_t)edy_clamp_s32(w, -128, 127) : w;
            memcpy(at + sizeof c + k * sizeof w, &kept, sizeof kept);
        }
    }
}

static int32_t weight(const char *w, size_t k) {
    int16_t one;
    memcpy(&one, w + k * sizeof one, sizeof one);
    return one;
}

/* sum x * w over one row; saturated: (x + 128) * w in pairs, each pair cut to 16 bits. */
static int64_t product(const int8_t *x, const char *w, size_t kc) {
    int64_t sum = 0;
    for (size_t k = 0; k < kc; k++) {
        if (harm != SATURATED) {
            sum += x[k] * weight(w, k);
            continue;
        }
        int32_t pair = (x[k] + 128) * weight(w, k);
        sum -= 128 * weight(w, k);
        if (k + 1 < kc) {
            k++;
            pair += (x[k] + 128) * weight(w, k);
            sum -= 128 * weight(w, k);
        }
        sum += edy_clamp_s32(pair, INT16_MIN, INT16_MAX);
    }
    return sum;
}

static int8_t rounded_once(int32_t acc, edy_fixed m, const edy_s8_output *o, int32_t zero) {
    const double real = floor(ldexp((double)acc * m.q, m.shift - 31) + 0.5) + zero;
    return (int8_t)(real < o->low ? o->low : real > o->high ? o->high : real);
}

static int8_t finish(int32_t acc, const column *c, const edy_s8_output *given) {
    edy_s8_output o = *given;
    if (harm == CLAMP)
        o = (edy_s8_output){given->zero_point, -128, 127};
    const int32_t zero = o.zero_point + (harm == OUT_ZERO);
    if (harm == ONE_ROUNDING && c->rule == EDY_RULE_TFLITE)
        return rounded_once(acc, c->fixed, &o, zero);
    if (c->rule == EDY_RULE_TFLITE)
        return edy_tflite_requant(acc, c->fixed, zero, o.low, o.high);
    if (harm != TIES_AWAY)
        return edy_onnx_requant(acc, c->multiplier, zero, o.low, o.high);
    const float real = roundf((float)acc * c->multiplier) + (float)zero;
    return (int8_t)(real < (float)o.low ? o.low : real > (float)o.high ? o.high : (int32_t)real);
}

static void igemm(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                  size_t a_offset, const int8_t *zero, const void *w, int8_t *c, size_t c_stride,
                  const edy_s8_output *output) {
    int8_t *zeros = calloc(kc, 1);
    if (!zeros)
        abort();
    const size_t did = harm == TAIL && nc % 2 && nc > 1 ? nc - 1 : nc;
    for (size_t n = 0; n < did; n++) {
        const char *at = (const char *)w + n * column_bytes(kc * ks);
        column one;
        memcpy(&one, at, sizeof one);
        for (size_t m = 0; m < rows; m++) {
            int64_t acc = one.bias;
            for (size_t t = 0; t < ks; t++) {
                const int8_t *row = a[t * MR + m];
                const int8_t *padding = harm == PADDING ? zeros : zero;
                acc += product(row == zero ? padding : row + a_offset,
                               at + sizeof one + t * kc * sizeof(int16_t), kc);
            }
            c[m * c_stride + n] = finish((int32_t)acc, &one, output);
        }
    }
    free(zeros);
}

static void gemm(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride, const void *w,
                 int8_t *c, size_t c_stride, const edy_s8_output *output) {
    const int8_t *list[MR] = {NULL};
    for (size_t m = 0; m < rows; m++)
        list[m] = a + m * a_stride;
    igemm(rows, nc, kc, 1, list, 0, NULL, w, c, c_stride, output);
}

/* ---- Elementwise ----------------------------------------------------------------------------- */

static void quantize(size_t n, const float *a, int8_t *out, float scale, const edy_s8_output *o) {
    right.quantize(n, a, out, scale, o);
    for (size_t i = 0; i < n && harm == QUANTIZED_NAN; i++)
        if (isnan(a[i]))
            out[i] = (int8_t)o->zero_point;
}

/* The index as a signed byte: the halves of the table change places. */
static void lut(size_t n, const int8_t *a, int8_t *out, const int8_t table[256]) {
    for (size_t i = 0; i < n; i++)
        out[i] = table[(harm == TABLE ? a[i] + 128 : a[i]) & 255];
}

/* The zero point added after the rounding: another parity at ties. */
static void add(size_t n, const int8_t *a, const int8_t *b, int8_t *out, const edy_requant_add *r) {
    for (size_t i = 0; i < n; i++) {
        const float sum = r->ra * (float)(a[i] + r->a_shift) + r->rb * (float)(b[i] + r->b_shift);
        const int32_t wrong = edy_clamp_s32(edy_rne(sum) + edy_rne(r->f), r->low, r->high);
        out[i] = harm == ADD_TIES ? (int8_t)(wrong - r->y_shift) : edy_onnx_add(a[i], b[i], r);
    }
}

/* ---- The table ------------------------------------------------------------------------------- */

static void fill(edy_kernels *k) {
    const edy_s8_dense plain = {"s8_gemm_4x1__faulty", MR, 1, gemm, igemm, packed_bytes, pack};
    for (int rule = 0; rule < EDY_RULE_COUNT; rule++)
        k->s8_dense[rule] = plain;
    k->quantize = quantize;
    k->s8_lut = lut;
    k->s8_add = add;
}

static void ask(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer) {
    (void)folder;
    memset(&right, 0, sizeof right);
    edy_kernels_scalar(&right);
    harm = harmed ? fault->kind : UNHARMED;
    edy_fault_walk(answer, fill, fault->with, 0);
}

#define WALK "kernel walk"
static const char onnx[] = "s8_gemm_onnx rows=1..4 channels=3..6 depth=19";
static const char tflite[] = "s8_gemm_tflite rows=4 channels=20..40 depth=19";
static const char indirect[] = "s8_igemm_onnx rows=1..4 channels=5 depth=6 taps=4";

const edy_fault edy_faults_walk_s8[] = {
    {"saturated-accumulator", WALK, "] is ", ask, SATURATED, onnx},
    {"wrong-rounding-at-ties", WALK, "] is ", ask, TIES_AWAY, onnx},
    {"single-for-double-rounding", WALK, "] is ", ask, ONE_ROUNDING, tflite},
    {"wrong-zero-point", WALK, "] is ", ask, OUT_ZERO, onnx},
    {"wrong-pad-value", WALK, "] is ", ask, PADDING, indirect},
    {"integer-clamp-forgotten", WALK, "] is ", ask, CLAMP, onnx},
    {"scale-of-another-channel", WALK, "] is ", ask, OTHER_SCALE, tflite},
    {"weights-cut-to-8-bits", WALK, "] is ", ask, NARROWED, onnx},
    {"integer-tile-tail", WALK, "] is ", ask, TAIL, indirect},
    {"quantized-nan", WALK, "] is ", ask, QUANTIZED_NAN, "quantize channels=40..60"},
    {"table-read-signed", WALK, "] is ", ask, TABLE, "s8_lut channels=33"},
    {"zero-point-after-rounding", WALK, "] is ", ask, ADD_TIES, "s8_add channels=190..200"},
    {.name = NULL}};
