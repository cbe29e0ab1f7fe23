/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/check_case.h"

static bool check_maxpool(const edy_kernels *k, const edy_kernel_problem *p,
                          edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("s8_maxpool", p, v);
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    const edy_rows_s8 list = edy_case_rows_s8(&c, p->rows * p->taps, p->channels, false);
    const edy_s8_output o = edy_case_s8_output(&c);
    int8_t *out = edy_case_bytes(&c, (p->rows - 1) * stride + p->channels);
    while (edy_case_again(&c))
        k->s8_maxpool(p->rows, p->channels, p->taps, list.list, list.a_offset, out, stride, &o);
    for (size_t i = 0; i < p->rows; i++) {
        for (size_t ch = 0; ch < p->channels; ch++) {
            int most = -128;
            for (size_t t = 0; t < p->taps; t++) {
                const int x = edy_rows_s8_at(&list, i * p->taps + t, ch);
                most = x > most ? x : most;
            }
            most = most < o.low ? o.low : most > o.high ? o.high : most;
            edy_case_same_int(&c, out[i * stride + ch], most, i, ch);
        }
    }
    edy_case_gaps(&c, out, p->rows, p->channels, stride);
    return edy_case_end(&c);
}

static bool check_mean(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("s8_mean", p, v);
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    const int8_t *a = edy_case_s8(&c, (p->rows - 1) * stride + p->channels);
    const int32_t zero_point = edy_random_between(&c.random, -128, 127);
    const float multiplier = p->fill == EDY_FILL_EXACT
                                 ? 0.5f
                                 : (float)((0.1 + edy_random_unit(&c.random)) / (double)p->rows);
    const edy_s8_output o = edy_case_s8_output(&c);
    int8_t *out = edy_case_bytes(&c, p->channels);
    while (edy_case_again(&c))
        k->s8_mean(p->rows, p->channels, a, stride, zero_point, multiplier, out, &o);
    for (size_t ch = 0; ch < p->channels; ch++) {
        int64_t acc = 0;
        for (size_t r = 0; r < p->rows; r++)
            acc += a[r * stride + ch] - zero_point;
        edy_case_same_int(&c, out[ch], edy_oracle_onnx(acc, multiplier, &o), 0, ch);
    }
    return edy_case_end(&c);
}

static edy_kernel_limits limits_maxpool(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){0, 32, false, true, true};
}

static edy_kernel_limits limits_mean(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){0, 32, false, false, true};
}

const edy_kernel_family edy_families_s8_pool[] = {
    {"s8_maxpool", EDY_KERNEL_PART(s8_maxpool), limits_maxpool, check_maxpool},
    {"s8_mean", EDY_KERNEL_PART(s8_mean), limits_mean, check_mean},
    {.name = NULL}};
