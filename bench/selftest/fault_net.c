/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/selftest/fault_net.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datasets/synthetic.h"
#include "engine/compress/quantize.h"
#include "engine/import/text_import.h"

const char edy_fault_net_text[] = "net selftest\n"
                                  "seed 3\n"
                                  "input 3x16x16\n"
                                  "conv 16 3x3 relu\n"
                                  "maxpool 4x4\n"
                                  "conv 4 1x1\n"
                                  "dense 5\n";

enum { SAMPLES = 3, INPUTS = 3 * 16 * 16, SEED = 5 };

/* ---- Network and golden ---------------------------------------------------------------------- */

static edy_status next_image(void *context, uint64_t index, float *out, edy_error *err) {
    (void)context, (void)err;
    edy_synthetic_fill(SEED, 0, index, EDY_UNIFORM, EDY_F32, INPUTS, out);
    return EDY_OK;
}

static edy_status quantize(edy_fault_net *net, edy_error *err) {
    edy_calibration *calibration = NULL;
    const edy_calibration_source source = {.next_image = next_image,
                                           .images = SAMPLES,
                                           .backend = edy_backend_at(edy_backend_count() - 1)};
    edy_status st = edy_calibrate(net->fp32, &source, &calibration, err);
    st = st ? st : edy_quantize(net->fp32, calibration, &net->graph, err);
    edy_calibration_destroy(calibration);
    return st;
}

bool edy_fault_net_create(edy_gate_answer *answer, bool integer, edy_fault_net *net) {
    edy_error err;
    float *inputs = malloc((size_t)SAMPLES * INPUTS * sizeof *inputs);
    *net = (edy_fault_net){.fp32 = NULL};
    if (!inputs) {
        edy_gate_trouble(answer, "no memory for inputs");
        return false;
    }
    edy_status st = edy_text_import_memory("selftest.net", edy_fault_net_text,
                                           strlen(edy_fault_net_text), NULL, &net->fp32, &err);
    for (uint64_t s = 0; s < SAMPLES; s++)
        next_image(NULL, s, inputs + s * INPUTS, NULL);
    if (!st && integer)
        st = quantize(net, &err);
    else
        net->graph = net->fp32;
    const void *const in[] = {inputs};
    st = st ? st : edy_golden_from_oracle(net->graph, in, SAMPLES, &net->golden, &err);
    free(inputs);
    if (st)
        edy_gate_trouble(answer, "%s", err.message);
    else
        net->golden->source = EDY_GOLDEN_TEST_DATA;
    return !st;
}

void edy_fault_net_destroy(edy_fault_net *net) {
    edy_golden_destroy(net->golden);
    if (net->graph != net->fp32)
        edy_graph_destroy(net->graph);
    edy_graph_destroy(net->fp32);
}

/* ---- Kernels --------------------------------------------------------------------------------- */

static int harm;
static edy_kernels right; /* scalar's */

static bool on_main_thread(void) {
    return gettid() == getpid();
}

static void igemm(size_t rows, size_t nc, size_t kc, size_t ks, const float *const *a,
                  size_t a_offset, const float *zero, const void *w, float *c, size_t c_stride,
                  const float *residual, const edy_f32_clamp *clamp) {
    right.f32_dense.igemm(rows, nc, kc, ks, a, harm == EDY_NET_IMAGE ? 0 : a_offset, zero, w, c,
                          c_stride, residual, clamp);
    if (harm == EDY_NET_THREAD && !on_main_thread())
        c[0] += 1.0f;
}

/* Only the dense layer has one row for each image and five channels. */
static void gemm(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride, const void *w,
                 float *c, size_t c_stride, const float *residual, const edy_f32_clamp *clamp) {
    static bool computed; /* in the case's child process */
    const bool last = nc == 5;
    if (harm == EDY_NET_STALE && last && computed)
        return;
    computed = harm == EDY_NET_STALE && (last || computed);
    right.f32_dense.gemm(rows, nc, kc, a, a_stride, w, c, c_stride, residual, clamp);
    if (harm == EDY_NET_NAN && last)
        c[0] = NAN;
    for (size_t n = 0; n < nc && harm == EDY_NET_HALF && last; n++)
        c[n] = rintf(c[n] * 1024.0f) / 1024.0f; /* 11 bits of numbers from 1 to 2 */
}

static void maxpool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                    size_t a_offset, float *out, size_t out_stride, const edy_f32_clamp *clamp) {
    if (harm == EDY_NET_DIES) {
        signal(SIGILL, SIG_DFL); /* a sanitizer's handler would report and exit */
        raise(SIGILL);
    }
    right.f32_maxpool(pixels, channels, taps, a, harm == EDY_NET_IMAGE ? 0 : a_offset, out,
                      out_stride, clamp);
}

static void integer_gemm(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                         const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output) {
    right.s8_dense[EDY_RULE_ONNX].gemm(rows, nc, kc, a, a_stride, w, c, c_stride, output);
    if (harm == EDY_NET_INTEGER && nc == 5)
        c[0] ^= 1;
}

void edy_fault_net_fill(edy_kernels *k) {
    memset(&right, 0, sizeof right);
    edy_kernels_scalar(&right);
    k->f32_dense.igemm = igemm;
    k->f32_dense.gemm = gemm;
    k->f32_maxpool = maxpool;
    k->s8_dense[EDY_RULE_ONNX].gemm = integer_gemm;
}

void edy_fault_net_harm(int which) {
    harm = which;
}
