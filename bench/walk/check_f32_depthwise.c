/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>

#include "bench/walk/check_case.h"

typedef struct depthwise {
    edy_rows_f32 list;
    const float *w, *bias;
    edy_f32_clamp clamp;
} depthwise;

static edy_expected expected(const depthwise *d, size_t taps, size_t p, size_t ch) {
    edy_expected want = {.value = d->bias ? d->bias[ch] : 0.0, .roundings = taps + 1};
    want.magnitude = fabs(want.value);
    for (size_t t = 0; t < taps; t++) {
        const double a = edy_rows_f32_at(&d->list, p * taps + t, ch);
        const double term = a * (double)d->w[ch * taps + t];
        want.value += term;
        want.magnitude += fabs(term);
    }
    return want;
}

static float chain(const depthwise *d, size_t taps, size_t p, size_t ch, bool fused) {
    float sum = d->bias ? d->bias[ch] : 0.0f;
    for (size_t t = 0; t < taps; t++) {
        const float a = edy_rows_f32_at(&d->list, p * taps + t, ch), w = d->w[ch * taps + t];
        const float product = a * w;
        sum = fused ? fmaf(a, w, sum) : sum + product;
    }
    return sum < d->clamp.low ? d->clamp.low : sum > d->clamp.high ? d->clamp.high : sum;
}

static bool check(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("f32_dwconv", p, v);
    const int32_t reach = edy_exact_reach(p->taps);
    const size_t channels = p->channels, taps = p->taps, pixels = p->rows;
    const size_t stride = channels + edy_random_below(&c.random, 3);
    depthwise d = {.list = edy_case_rows_f32(&c, pixels * taps, channels, true, reach),
                   .w = edy_case_f32(&c, channels * taps, reach),
                   .clamp = edy_case_clamp(&c)};
    if (!edy_case_chance(&c, 4))
        d.bias = edy_case_f32(&c, channels, reach);
    void *packed = edy_case_bytes(&c, k->f32_depthwise.packed_bytes(channels, taps));
    k->f32_depthwise.pack(channels, taps, d.w, d.bias, packed);
    float *out = edy_case_bytes(&c, ((pixels - 1) * stride + channels) * sizeof(float));
    while (edy_case_again(&c))
        k->f32_depthwise.run(pixels, channels, taps, d.list.list, d.list.a_offset, d.list.zero,
                             packed, out, stride, &d.clamp);
    bool plain = true, fused = true;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t ch = 0; ch < channels; ch++) {
            const float got = out[i * stride + ch];
            edy_case_near(&c, got, expected(&d, taps, i, ch), &d.clamp, i, ch);
            plain = plain && got == chain(&d, taps, i, ch, false);
            fused = fused && got == chain(&d, taps, i, ch, true);
        }
    }
    if (!plain && !fused)
        edy_case_fail(&c, "not one chain of additions in the order of the contract");
    edy_case_gaps(&c, out, pixels, channels * sizeof(float), stride * sizeof(float));
    return edy_case_end(&c);
}

static edy_kernel_limits limits(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){0, 32, false, true, true};
}

const edy_kernel_family edy_families_f32_depthwise[] = {
    {"f32_dwconv", EDY_KERNEL_NAMED_PART(f32_depthwise), limits, check}, {.name = NULL}};
