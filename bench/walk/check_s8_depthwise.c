/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/check_case.h"

static bool check(const char *family, const edy_kernels *k, const edy_kernel_problem *p,
                  edy_kernel_verdict *v, edy_rule rule) {
    const edy_s8_depthwise *kernel = &k->s8_depthwise[rule];
    edy_case c = edy_case_begin(family, p, v);
    const size_t taps = p->taps;
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    const edy_s8_weights w = edy_case_s8_weights(&c, rule, p->channels, taps);
    const edy_s8_output o = edy_case_s8_output(&c);
    const edy_rows_s8 list = edy_case_rows_s8(&c, p->rows * taps, p->channels, true);
    void *packed = edy_case_bytes(&c, kernel->packed_bytes(p->channels, taps));
    kernel->pack(p->channels, taps, &w, packed);
    int8_t *out = edy_case_bytes(&c, (p->rows - 1) * stride + p->channels);
    while (edy_case_again(&c))
        kernel->run(p->rows, p->channels, taps, list.list, list.a_offset, list.zero, packed, out,
                    stride, &o);
    for (size_t i = 0; i < p->rows; i++) {
        for (size_t ch = 0; ch < p->channels; ch++) {
            int64_t acc = w.bias[ch];
            for (size_t t = 0; t < taps; t++)
                acc += (int64_t)edy_rows_s8_at(&list, i * taps + t, ch) * w.w[ch * taps + t];
            edy_case_same_int(&c, out[i * stride + ch], edy_oracle_requant(&w, ch, acc, &o), i, ch);
        }
    }
    edy_case_gaps(&c, out, p->rows, p->channels, stride);
    return edy_case_end(&c);
}

static bool check_onnx(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("s8_dwconv_onnx", k, p, v, EDY_RULE_ONNX);
}
static bool check_tflite(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    return check("s8_dwconv_tflite", k, p, v, EDY_RULE_TFLITE);
}

static edy_kernel_limits limits(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){0, 32, false, true, true};
}

const edy_kernel_family edy_families_s8_depthwise[] = {
    {"s8_dwconv_onnx", EDY_KERNEL_NAMED_PART(s8_depthwise[EDY_RULE_ONNX]), limits, check_onnx},
    {"s8_dwconv_tflite", EDY_KERNEL_NAMED_PART(s8_depthwise[EDY_RULE_TFLITE]), limits,
     check_tflite},
    {.name = NULL}};
