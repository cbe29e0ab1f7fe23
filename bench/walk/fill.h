/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Seeded numbers for kernel cases, in the four ways that find different faults. */
#ifndef EDY_WALK_FILL_H
#define EDY_WALK_FILL_H

#include <stddef.h>
#include <stdint.h>

/* X(name, text) */
#define EDY_FILL_MAP(X)                                                                            \
    X(EXACT, "exact")           /* small integers: every order of summing gives the same bits */   \
    X(ONE_SIGNED, "one-signed") /* no cancellation: finds lost precision */                        \
    X(REALISTIC, "realistic")   /* centred, bell-shaped */                                         \
    X(EXTREME, "extreme")       /* type limits, denormals; NaN and Inf where the family allows */

typedef enum edy_fill {
#define EDY_FILL_ENUM(name, text) EDY_FILL_##name,
    EDY_FILL_MAP(EDY_FILL_ENUM)
#undef EDY_FILL_ENUM
        EDY_FILL_COUNT
} edy_fill;

const char *edy_fill_text(edy_fill fill);

/* splitmix64: the state is the seed. */
uint64_t edy_random(uint64_t *state);
size_t edy_random_below(uint64_t *state, size_t bound);                 /* 0..bound-1 */
int32_t edy_random_between(uint64_t *state, int32_t low, int32_t high); /* inclusive */
double edy_random_unit(uint64_t *state);                                /* [0, 1) */

/* reach: EXACT draws integers in [-reach, reach]; other fills ignore it. */
void edy_fill_f32(uint64_t *state, edy_fill fill, int32_t reach, float *out, size_t n);
/* A quarter of the numbers become NaN or infinities. */
void edy_spoil_f32(uint64_t *state, float *out, size_t n);
/* EXACT is small integers, ONE_SIGNED 1..127, REALISTIC all values, EXTREME only -128 and 127. */
void edy_fill_s8(uint64_t *state, edy_fill fill, int8_t *out, size_t n);

#endif
