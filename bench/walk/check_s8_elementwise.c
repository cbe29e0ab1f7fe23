/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <string.h>

#include "bench/walk/check_case.h"

/* The rule of NUMERICS.md in long double: a product of two binary32 numbers and a sum with a third
 * fit well enough into 64 bits of mantissa to be rounded once, as a fused multiply-add is. */
static float fused(float a, float b, float c) {
    return (float)((long double)a * (long double)b + (long double)c);
}

static int added(int a, int b, const edy_requant_add *r) {
    const float inner = fused(r->rb, (float)(b + r->b_shift), r->f);
    const float sum = fused(r->ra, (float)(a + r->a_shift), inner);
    const double rounded = nearbyint((double)sum);
    const double bounded = rounded < r->low ? r->low : rounded > r->high ? r->high : rounded;
    return (int)bounded - r->y_shift;
}

static bool check_add(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("s8_add", p, v);
    int8_t *a = edy_case_s8(&c, p->channels), *b = edy_case_s8(&c, p->channels);
    const int u8 = edy_case_chance(&c, 2) ? 128 : 0;
    const float scale =
        p->fill == EDY_FILL_EXACT ? 0.5f : (float)(0.1 + edy_random_unit(&c.random));
    edy_requant_add r = {.ra = scale,
                         .rb = p->fill == EDY_FILL_EXACT ? 1.0f : (float)edy_random_unit(&c.random),
                         .f = (float)edy_random_between(&c.random, -40, 40),
                         .a_shift = u8,
                         .b_shift = u8,
                         .y_shift = u8,
                         .low = u8 - 128,
                         .high = u8 + 127};
    if (edy_case_chance(&c, 3)) {
        r.low = edy_random_between(&c.random, r.low, r.high);
        r.high = edy_random_between(&c.random, r.low, r.high);
    }
    int8_t *want = edy_case_bytes(&c, p->channels), *out = edy_case_bytes(&c, p->channels);
    for (size_t i = 0; i < p->channels; i++)
        want[i] = (int8_t)added(a[i], b[i], &r);
    const size_t place = edy_case_place(&c, 3);
    out = place == 0 ? out : place == 1 ? a : b;
    while (edy_case_again(&c))
        k->s8_add(p->channels, a, b, out, &r);
    for (size_t i = 0; i < p->channels; i++)
        edy_case_same_int(&c, out[i], want[i], 0, i);
    return edy_case_end(&c);
}

static bool check_lut(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v) {
    edy_case c = edy_case_begin("s8_lut", p, v);
    int8_t *a = edy_case_s8(&c, p->channels), *table = edy_case_bytes(&c, 256);
    int8_t *copy = edy_case_bytes(&c, p->channels), *out = edy_case_bytes(&c, p->channels);
    memcpy(copy, a, p->channels);
    for (int i = 0; i < 256; i++)
        table[i] = (int8_t)edy_random_between(&c.random, -128, 127);
    out = edy_case_place(&c, 2) ? a : out;
    while (edy_case_again(&c))
        k->s8_lut(p->channels, a, out, table);
    for (size_t i = 0; i < p->channels; i++)
        edy_case_same_int(&c, out[i], table[copy[i] < 0 ? copy[i] + 256 : copy[i]], 0, i);
    return edy_case_end(&c);
}

static edy_kernel_limits limits(const edy_kernels *k) {
    (void)k;
    return (edy_kernel_limits){1, 32, false, false, false};
}

const edy_kernel_family edy_families_s8_elementwise[] = {
    {"s8_add", EDY_KERNEL_PART(s8_add), limits, check_add},
    {"s8_lut", EDY_KERNEL_PART(s8_lut), limits, check_lut},
    {.name = NULL}};
