/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Float kernels with a fault, for the kernel walk: scalar's, wrapped. */
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/selftest/fault_walk.h"

enum {
    UNHARMED,
    NAN_OUT,
    INF_OUT,
    SIGN,
    ONE_STEP,
    HALF,
    DROPPED_ROW,
    TILE_TAIL,
    PAST_ROW,
    READ_PAST,
    CLAMP,
    RESIDUAL_TWICE,
    DROPPED_TERM,
    TRANSPOSED,
    OTHER_BIAS,
    OTHER_ORDER,
    IMAGE_OFFSET,
    SWAPPED,
    FLUSHED,
    NAN_LOST,
    DIVISOR,
    DIES,
    ENDLESS,
    FALLS_BACK
};

/* What the wrappers of this file do; set before each walk, which runs in a child process. */
static int harm;
static edy_kernels right; /* scalar's */

/* ---- Dense ----------------------------------------------------------------------------------- */

enum { MOST_DEPTH = 256, MOST_ROWS = 16 };

/* One rounding to the 11 significant bits of a half. */
static float half(float x) {
    int exponent;
    if (!isfinite(x))
        return x;
    const float fraction = frexpf(x, &exponent);
    return ldexpf(rintf(ldexpf(fraction, 11)), exponent - 11);
}

static void spoil_outputs(size_t rows, size_t nc, float *c, size_t stride) {
    if (harm == NAN_OUT)
        c[0] = NAN;
    if (harm == INF_OUT)
        c[0] = INFINITY;
    if (harm == ONE_STEP)
        c[0] = nextafterf(c[0], INFINITY);
    if (harm == PAST_ROW && stride > nc && rows > 1)
        c[nc] = 0.0f;
    for (size_t m = 0; m < rows; m++)
        for (size_t n = 0; n < nc && (harm == HALF || harm == SIGN); n++)
            c[m * stride + n] = harm == HALF ? half(c[m * stride + n]) : -c[m * stride + n];
}

/* The reduction from its end: `a` is copied in reverse, as pack does with the weights. */
static const float *reversed(size_t rows, size_t kc, const float *a, size_t a_stride) {
    static float copy[MOST_ROWS * MOST_DEPTH];
    for (size_t m = 0; m < rows; m++)
        for (size_t k = 0; k < kc; k++)
            copy[m * a_stride + k] = a[m * a_stride + kc - 1 - k];
    return copy;
}

static void gemm(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride, const void *w,
                 float *c, size_t c_stride, const float *residual, const edy_f32_clamp *clamp) {
    static const edy_f32_clamp none = {-INFINITY, INFINITY};
    const size_t did = harm == DROPPED_ROW && rows > 1 ? rows - 1 : rows;
    const size_t columns = harm == TILE_TAIL && nc % 2 && nc > 1 ? nc - 1 : nc;
    const float *from = harm == OTHER_ORDER ? reversed(rows, kc, a, a_stride) : a;
    volatile float beyond = harm == READ_PAST ? a[(rows - 1) * a_stride + kc] : 0.0f;
    (void)beyond;
    right.f32_dense.gemm(did, columns, kc, from, a_stride, w, c, c_stride, residual,
                         harm == CLAMP ? &none : clamp);
    for (size_t m = 0; harm == RESIDUAL_TWICE && residual && residual != c && m < rows; m++)
        for (size_t n = 0; n < nc; n++)
            c[m * c_stride + n] += residual[m * c_stride + n];
    spoil_outputs(rows, nc, c, c_stride);
}

static void igemm(size_t rows, size_t nc, size_t kc, size_t ks, const float *const *a,
                  size_t a_offset, const float *zero, const void *w, float *c, size_t c_stride,
                  const float *residual, const edy_f32_clamp *clamp) {
    right.f32_dense.igemm(rows, nc, kc, ks, a, harm == IMAGE_OFFSET ? 0 : a_offset, zero, w, c,
                          c_stride, residual, clamp);
    spoil_outputs(rows, nc, c, c_stride);
}

/* Where the weight that should be at [n][k] is taken from. */
static size_t place(size_t n, size_t k, size_t nc, size_t depth) {
    if (harm == OTHER_ORDER)
        return n * depth + depth - 1 - k;
    return harm == TRANSPOSED ? (n + k * nc) % (nc * depth) : n * depth + k;
}

static void pack(size_t nc, size_t kc, size_t ks, const float *w, const float *bias, void *packed) {
    const size_t depth = kc * ks;
    float *other = malloc((nc * depth + nc) * sizeof *other);
    if (!other)
        abort();
    float *other_bias = other + nc * depth;
    for (size_t n = 0; n < nc; n++) {
        for (size_t k = 0; k < depth; k++)
            other[n * depth + k] =
                harm == DROPPED_TERM && k + 1 == depth ? 0.0f : w[place(n, k, nc, depth)];
        other_bias[n] = !bias ? 0.0f : harm == OTHER_BIAS ? bias[(n + 1) % nc] : bias[n];
    }
    right.f32_dense.pack(nc, kc, ks, other, bias ? other_bias : NULL, packed);
    free(other);
}

/* ---- Pools and elementwise ------------------------------------------------------------------- */

static void maxpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, float *out, size_t out_stride, const edy_f32_clamp *clamp) {
    right.f32_maxpool(pixels, channels, taps, a, a_offset, out, out_stride, clamp);
    for (size_t p = 0; p < pixels; p++) {
        float *row = out + p * out_stride;
        if (harm == SWAPPED && channels > 1) {
            const float first = row[0];
            row[0] = row[1];
            row[1] = first;
        }
        for (size_t c = 0; c < channels && harm == FLUSHED; c++)
            row[c] = fabsf(row[c]) < FLT_MIN ? 0.0f : row[c];
    }
}

static void avgpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, const float *zero, const float *count, float *out,
                    size_t out_stride, const edy_f32_clamp *clamp) {
    float all[64];
    for (size_t p = 0; p < pixels && p < 64; p++)
        all[p] = harm == DIVISOR ? (float)(taps + 1) : count[p];
    right.f32_avgpool(pixels, channels, taps, a, a_offset, zero, all, out, out_stride, clamp);
}

static void clamp_all(size_t n, const float *a, float *out, const edy_f32_clamp *clamp) {
    right.f32_clamp(n, a, out, clamp);
    for (size_t i = 0; i < n && harm == NAN_LOST; i++)
        out[i] = fminf(fmaxf(out[i], clamp->low), clamp->high);
}

static void add(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    if (harm == DIES)
        raise(SIGILL);
    right.f32_add(n, a, b, out, clamp);
}

static void mul(size_t n, const float *a, const float *b, float *out, const edy_f32_clamp *clamp) {
    while (harm == ENDLESS)
        pause();
    right.f32_mul(n, a, b, out, clamp);
}

/* ---- The table ------------------------------------------------------------------------------- */

static void fill(edy_kernels *k) {
    if (harm == FALLS_BACK)
        return;
    k->f32_dense.name = "f32_gemm__faulty";
    k->f32_dense.gemm = gemm;
    k->f32_dense.igemm = igemm;
    k->f32_dense.pack = pack;
    k->f32_maxpool = maxpool;
    k->f32_avgpool = avgpool;
    k->f32_clamp = clamp_all;
    k->f32_add = add;
    k->f32_mul = mul;
}

static void ask(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer) {
    (void)folder;
    memset(&right, 0, sizeof right);
    edy_kernels_scalar(&right);
    harm = harmed ? fault->kind : UNHARMED;
    edy_fault_walk(answer, fill, fault->with, fault->kind == ENDLESS ? 1 : 0);
}

#define WALK "kernel walk"
static const char gemms[] = "f32_gemm rows=1..4 channels=3..6 depth=17";
static const char long_gemm[] = "f32_gemm rows=2 channels=3 depth=256";
static const char igemms[] = "f32_igemm rows=1..3 channels=5 depth=7 taps=3";
static const char maxpools[] = "f32_maxpool rows=4 channels=3..12 taps=1..2";
static const char avgpools[] = "f32_avgpool rows=4 channels=3 taps=4";

const edy_fault edy_faults_walk_f32[] = {
    {"nan-output", WALK, "is nan, not", ask, NAN_OUT, gemms},
    {"infinite-output", WALK, "is inf, not", ask, INF_OUT, igemms},
    {"sign-flip", WALK, "] is ", ask, SIGN, gemms},
    {"one-step-in-a-sum", WALK, "allowed 0", ask, ONE_STEP, "f32_gemm rows=1 channels=3 depth=9"},
    {"half-precision-rounding", WALK, "allowed", ask, HALF, long_gemm},
    {"dropped-row", WALK, "] is ", ask, DROPPED_ROW, gemms},
    {"tile-tail-off-by-one", WALK, "] is ", ask, TILE_TAIL, gemms},
    {"write-past-row", WALK, "past the end of row", ask, PAST_ROW, gemms},
    {"read-past-end", WALK, "died of ", ask, READ_PAST, gemms},
    {"clamp-forgotten", WALK, "] is ", ask, CLAMP, gemms},
    {"residual-added-twice", WALK, "] is ", ask, RESIDUAL_TWICE, gemms},
    {"dropped-term", WALK, "allowed 0", ask, DROPPED_TERM,
     "f32_gemm rows=2 channels=3 depth=256 fill=exact"},
    {"transposed-weights", WALK, "] is ", ask, TRANSPOSED, gemms},
    {"bias-of-another-channel", WALK, "] is ", ask, OTHER_BIAS, gemms},
    {"sum-in-another-order", WALK, "order of the contract", ask, OTHER_ORDER,
     "f32_gemm rows=1..4 channels=3..6 depth=200 fill=realistic"},
    {"image-offset-forgotten", WALK, "is nan, not", ask, IMAGE_OFFSET, igemms},
    {"swapped-channels", WALK, "] is ", ask, SWAPPED, maxpools},
    {"denormal-flushed", WALK, "] is ", ask, FLUSHED, maxpools},
    {"nan-clamped-away", WALK, "not nan", ask, NAN_LOST, "f32_clamp channels=40..60"},
    {"wrong-divisor", WALK, "] is ", ask, DIVISOR, avgpools},
    {"illegal-instruction", WALK, "died of ", ask, DIES, "f32_add channels=9"},
    {"endless-kernel", WALK, "died of ", ask, ENDLESS, "f32_mul channels=9"},
    {"silent-fallback", WALK, "inherited from scalar", ask, FALLS_BACK, gemms},
    {.name = NULL}};
