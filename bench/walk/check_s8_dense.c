/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/check_case.h"

static bool check(const char *family, const edy_kernels *k, const edy_kernel_problem *p,
                  edy_kernel_verdict *v, edy_rule rule, bool indirect) {
    const edy_s8_dense *kernel = &k->s8_dense[rule];
    edy_case c = edy_case_begin(family, p, v);
    const size_t taps = indirect ? p->taps : 1, depth = p->depth, reduction = depth * taps;
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    const size_t a_stride = depth + edy_random_below(&c.random, 3);
    const edy_s8_weights w = edy_case_s8_weights(&c, rule, p->channels, reduction);
    const edy_s8_output o = edy_case_s8_output(&c);
    void *packed = edy_case_bytes(&c, kernel->packed_bytes(p->channels, depth, taps));
    kernel->pack(p->channels, depth, taps, &w, packed);
    const size_t span = (p->rows - 1) * stride + p->channels;
    int8_t *out = edy_case_bytes(&c, span);
    edy_rows_s8 list = {0};
    const int8_t *a = NULL;
    if (indirect) {
        list = edy_case_rows_s8(&c, taps * kernel->mr, depth, true);
        while (edy_case_again(&c))
            kernel->igemm(p->rows, p->channels, depth, taps, list.list, list.a_offset, list.zero,
                          packed, out, stride, &o);
    } else {
        a = edy_case_s8(&c, (p->rows - 1) * a_stride + depth);
        while (edy_case_again(&c))
            kernel->gemm(p->rows, p->channels, depth, a, a_stride, packed, out, stride, &o);
    }
    for (size_t m = 0; m < p->rows; m++) {
        for (size_t n = 0; n < p->channels; n++) {
            int64_t acc = w.bias[n];
            for (size_t i = 0; i < reduction; i++) {
                const int64_t x = indirect
                                      ? edy_rows_s8_at(&list, i / depth * kernel->mr + m, i % depth)
                                      : a[m * a_stride + i];
                acc += x * w.w[n * reduction + i];
            }
            edy_case_same_int(&c, out[m * stride + n], edy_oracle_requant(&w, n, acc, &o), m, n);
        }
    }
    edy_case_gaps(&c, out, p->rows, p->channels, stride);
    return edy_case_end(&c);
}

static bool gemm_onnx(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("s8_gemm_onnx", k, p, v, EDY_RULE_ONNX, false);
}
static bool igemm_onnx(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("s8_igemm_onnx", k, p, v, EDY_RULE_ONNX, true);
}
static bool gemm_tflite(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("s8_gemm_tflite", k, p, v, EDY_RULE_TFLITE, false);
}
static bool igemm_tflite(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("s8_igemm_tflite", k, p, v, EDY_RULE_TFLITE, true);
}

static edy_kernel_limits limits_gemm(const edy_kernels *k) {
    return (edy_kernel_limits){k->s8_dense[0].mr, k->s8_dense[0].nr, true, false, true};
}
static edy_kernel_limits limits_igemm(const edy_kernels *k) {
    return (edy_kernel_limits){k->s8_dense[0].mr, k->s8_dense[0].nr, true, true, true};
}

const edy_kernel_family edy_families_s8_dense[] = {
    {"s8_gemm_onnx", EDY_KERNEL_NAMED_PART(s8_dense[EDY_RULE_ONNX]), limits_gemm, gemm_onnx},
    {"s8_igemm_onnx", EDY_KERNEL_NAMED_PART(s8_dense[EDY_RULE_ONNX]), limits_igemm, igemm_onnx},
    {"s8_gemm_tflite", EDY_KERNEL_NAMED_PART(s8_dense[EDY_RULE_TFLITE]), limits_gemm, gemm_tflite},
    {"s8_igemm_tflite", EDY_KERNEL_NAMED_PART(s8_dense[EDY_RULE_TFLITE]), limits_igemm,
     igemm_tflite},
    {.name = NULL}};
