/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 GEMM and indirect GEMM, both requantization rules. Packed form: panels of NR columns, each a
 * header and int16_t w[ks * kc][NR], rounded up to 64 bytes; columns past nc are zero. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/scalar/scalar.h"

enum { MR = 4, NR = 4 };

typedef struct panel_head {
    int32_t bias[NR];
    float multiplier[NR]; /* EDY_RULE_ONNX */
    edy_fixed fixed[NR];  /* EDY_RULE_TFLITE */
} panel_head;

static size_t panel_size(size_t k) {
    return edy_round_up(sizeof(panel_head) + k * NR * sizeof(int16_t), 64);
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
            w[i * NR + j] = weights->w[n * k + i];
    }
}

/* acc[m][j] += sum over i of row[m][i] * w[i][j]. */
static void accumulate(size_t kc, const int8_t *const row[MR], const int16_t *w,
                       int32_t acc[MR][NR]) {
    for (size_t i = 0; i < kc; i++)
        for (size_t m = 0; m < MR; m++)
            for (size_t j = 0; j < NR; j++)
                acc[m][j] += row[m][i] * w[i * NR + j];
}

static void start(const panel_head *head, int32_t acc[MR][NR]) {
    for (size_t m = 0; m < MR; m++)
        memcpy(acc[m], head->bias, sizeof(head->bias));
}

/* Requantizes and stores the rows x cols corner of one tile. */
static void finish(edy_rule rule, size_t rows, size_t cols, int32_t acc[MR][NR],
                   const panel_head *head, int8_t *c, size_t c_stride, const edy_s8_output *o) {
    for (size_t m = 0; m < rows; m++)
        for (size_t j = 0; j < cols; j++)
            c[m * c_stride + j] =
                rule == EDY_RULE_ONNX
                    ? edy_onnx_requant(acc[m][j], head->multiplier[j], o->zero_point, o->low,
                                       o->high)
                    : edy_tflite_requant(acc[m][j], head->fixed[j], o->zero_point, o->low, o->high);
}

static inline void gemm(edy_rule rule, size_t rows, size_t nc, size_t kc, const int8_t *a,
                        size_t a_stride, const void *w, int8_t *c, size_t c_stride,
                        const edy_s8_output *output) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    const int8_t *row[MR];
    for (size_t m = 0; m < MR; m++)
        row[m] = a + (m < rows ? m : 0) * a_stride;
    for (size_t n0 = 0; n0 < nc; n0 += NR) {
        const panel_head *head = (const panel_head *)((const char *)w + n0 / NR * panel_size(kc));
        int32_t acc[MR][NR];
        start(head, acc);
        accumulate(kc, row, (const int16_t *)(head + 1), acc);
        finish(rule, rows, nc - n0 < NR ? nc - n0 : NR, acc, head, c + n0, c_stride, output);
    }
}

static inline void igemm(edy_rule rule, size_t rows, size_t nc, size_t kc, size_t ks,
                         const int8_t *const *a, size_t a_offset, const int8_t *zero, const void *w,
                         int8_t *c, size_t c_stride, const edy_s8_output *output) {
    assert(rows >= 1 && rows <= MR && c_stride >= nc);
    for (size_t n0 = 0; n0 < nc; n0 += NR) {
        const panel_head *head =
            (const panel_head *)((const char *)w + n0 / NR * panel_size(ks * kc));
        const int16_t *weight = (const int16_t *)(head + 1);
        int32_t acc[MR][NR];
        start(head, acc);
        for (size_t t = 0; t < ks; t++) {
            const int8_t *row[MR];
            for (size_t m = 0; m < MR; m++)
                row[m] = edy_row_s8(a[t * MR + m], a_offset, zero);
            accumulate(kc, row, weight + t * kc * NR, acc);
        }
        finish(rule, rows, nc - n0 < NR ? nc - n0 : NR, acc, head, c + n0, c_stride, output);
    }
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
    igemm(EDY_RULE_ONNX, rows, nc, kc, ks, a, a_offset, zero, w, c, c_stride, output);
}

static void igemm_tflite(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                         size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                         size_t c_stride, const edy_s8_output *output) {
    igemm(EDY_RULE_TFLITE, rows, nc, kc, ks, a, a_offset, zero, w, c, c_stride, output);
}

void edy_scalar_s8_dense(edy_kernels *k) {
    k->s8_dense[EDY_RULE_ONNX] = (edy_s8_dense){.name = "s8_igemm_onnx_4x4__scalar",
                                                .mr = MR,
                                                .nr = NR,
                                                .gemm = gemm_onnx,
                                                .igemm = igemm_onnx,
                                                .packed_bytes = packed_bytes,
                                                .pack = pack};
    k->s8_dense[EDY_RULE_TFLITE] = (edy_s8_dense){.name = "s8_igemm_tflite_4x4__scalar",
                                                  .mr = MR,
                                                  .nr = NR,
                                                  .gemm = gemm_tflite,
                                                  .igemm = igemm_tflite,
                                                  .packed_bytes = packed_bytes,
                                                  .pack = pack};
}
