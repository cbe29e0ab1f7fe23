/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>

#include "bench/walk/check_case.h"

static edy_kernel_limits limits_pool(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){0, 32, false, true, true};
}

static edy_kernel_limits limits_mean(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){0, 32, false, false, true};
}

static float clamped(float x, const edy_f32_clamp *clamp) {
    return x < clamp->low ? clamp->low : x > clamp->high ? clamp->high : x;
}

/* The largest, NaN where any is; of equal ones the first. */
static float most(const edy_rows_f32 *list, size_t first, size_t taps, size_t ch) {
    float best = edy_rows_f32_at(list, first, ch);
    for (size_t t = 1; t < taps; t++) {
        const float x = edy_rows_f32_at(list, first + t, ch);
        if (!isnan(best) && (isnan(x) || x > best))
            best = x;
    }
    return best;
}

static bool check_maxpool(const edy_kernels *k, const edy_kernel_problem *p,
                          edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("f32_maxpool", p, v);
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    edy_rows_f32 list = edy_case_rows_f32(&c, p->rows * p->taps, p->channels, false, 100);
    if (p->fill == EDY_FILL_EXTREME) { /* spoil one of the listed rows, in the second image */
        char *row = (char *)(uintptr_t)list.list[edy_random_below(&c.random, p->rows * p->taps)];
        edy_spoil_f32(&c.random, (float *)(row + list.a_offset), p->channels);
    }
    const edy_f32_clamp clamp = edy_case_clamp(&c);
    float *out = edy_case_bytes(&c, ((p->rows - 1) * stride + p->channels) * sizeof(float));
    while (edy_case_again(&c))
        k->f32_maxpool(p->rows, p->channels, p->taps, list.list, list.a_offset, out, stride,
                       &clamp);
    for (size_t i = 0; i < p->rows; i++)
        for (size_t ch = 0; ch < p->channels; ch++)
            edy_case_same_f32(&c, out[i * stride + ch],
                              clamped(most(&list, i * p->taps, p->taps, ch), &clamp), i, ch);
    edy_case_gaps(&c, out, p->rows, p->channels * sizeof(float), stride * sizeof(float));
    return edy_case_end(&c);
}

static bool check_avgpool(const edy_kernels *k, const edy_kernel_problem *p,
                          edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("f32_avgpool", p, v);
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    edy_rows_f32 list = edy_case_rows_f32(&c, p->rows * p->taps, p->channels, true, 100);
    float *count = edy_case_bytes(&c, p->rows * sizeof(float));
    for (size_t i = 0; i < p->rows; i++) /* exact fill: powers of two divide exactly */
        count[i] =
            p->fill == EDY_FILL_EXACT ? 4.0f : (float)(1 + edy_random_below(&c.random, p->taps));
    const edy_f32_clamp clamp = edy_case_clamp(&c);
    float *out = edy_case_bytes(&c, ((p->rows - 1) * stride + p->channels) * sizeof(float));
    while (edy_case_again(&c))
        k->f32_avgpool(p->rows, p->channels, p->taps, list.list, list.a_offset, list.zero, count,
                       out, stride, &clamp);
    for (size_t i = 0; i < p->rows; i++) {
        for (size_t ch = 0; ch < p->channels; ch++) {
            edy_expected want = {.roundings = p->taps + 1};
            float sum = 0.0f; /* additions only: every backend gives these bits */
            for (size_t t = 0; t < p->taps; t++) {
                const float x = edy_rows_f32_at(&list, i * p->taps + t, ch);
                want.value += (double)x / count[i];
                want.magnitude += fabs((double)x) / count[i];
                sum += x;
            }
            edy_case_near(&c, out[i * stride + ch], want, &clamp, i, ch);
            edy_case_same_f32(&c, out[i * stride + ch], clamped(sum / count[i], &clamp), i, ch);
        }
    }
    edy_case_gaps(&c, out, p->rows, p->channels * sizeof(float), stride * sizeof(float));
    return edy_case_end(&c);
}

static bool check_mean(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("f32_mean", p, v);
    const size_t stride = p->channels + edy_random_below(&c.random, 3);
    const float *a = edy_case_f32(&c, (p->rows - 1) * stride + p->channels, 100);
    const edy_f32_clamp clamp = edy_case_clamp(&c);
    float *out = edy_case_bytes(&c, p->channels * sizeof(float));
    while (edy_case_again(&c))
        k->f32_mean(p->rows, p->channels, a, stride, out, &clamp);
    for (size_t ch = 0; ch < p->channels; ch++) {
        edy_expected want = {.roundings = p->rows + 1};
        float sum = 0.0f;
        for (size_t r = 0; r < p->rows; r++) {
            want.value += (double)a[r * stride + ch] / (double)p->rows;
            want.magnitude += fabs((double)a[r * stride + ch]) / (double)p->rows;
            sum += a[r * stride + ch];
        }
        if (p->fill != EDY_FILL_EXACT) /* the quotient itself is rounded */
            edy_case_near(&c, out[ch], want, &clamp, 0, ch);
        edy_case_same_f32(&c, out[ch], clamped(sum / (float)p->rows, &clamp), 0, ch);
    }
    return edy_case_end(&c);
}

const edy_kernel_family edy_families_f32_pool[] = {
    {"f32_maxpool", EDY_KERNEL_PART(f32_maxpool), limits_pool, check_maxpool},
    {"f32_avgpool", EDY_KERNEL_PART(f32_avgpool), limits_pool, check_avgpool},
    {"f32_mean", EDY_KERNEL_PART(f32_mean), limits_mean, check_mean},
    {.name = NULL}};
