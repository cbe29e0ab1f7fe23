/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/synthetic.h"

#include <assert.h>
#include <string.h>

/* splitmix64's output function: a bijection that mixes every bit into every other. */
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t next(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(*state);
}

/* In [-1, 1): 24 bits, so exact in float. */
static float uniform(uint64_t *state) {
    return (float)((int64_t)(next(state) >> 40) - (INT64_C(1) << 23)) * 0x1p-23f;
}

/* Irwin-Hall: sums of 20-bit integers are exact, so every machine agrees. */
static float normal(uint64_t *state) {
    int64_t sum = 0;
    for (int i = 0; i < 4; i++) {
        const uint64_t bits = next(state);
        sum += (int64_t)(bits & 0xfffff) + (int64_t)(bits >> 20 & 0xfffff) +
               (int64_t)(bits >> 40 & 0xfffff);
    }
    return (float)(sum - (INT64_C(6) << 20)) * 0x1p-20f;
}

static float real(uint64_t *state, edy_distribution kind) {
    return kind == EDY_NORMAL ? normal(state) : uniform(state);
}

static int64_t small_integer(uint64_t *state) {
    return (int64_t)(next(state) >> 56) - 128;
}

/* One value of dtype at `to`, which need not be aligned. */
static void put(uint64_t *state, edy_distribution kind, edy_dtype dtype, void *to) {
    if (dtype == EDY_F32) {
        const float value = real(state, kind);
        memcpy(to, &value, sizeof value);
    } else if (dtype == EDY_F64) {
        const double value = real(state, kind);
        memcpy(to, &value, sizeof value);
    } else if (dtype == EDY_S32) {
        const int32_t value = (int32_t)small_integer(state);
        memcpy(to, &value, sizeof value);
    } else if (dtype == EDY_S64) {
        const int64_t value = small_integer(state);
        memcpy(to, &value, sizeof value);
    } else {
        *(uint8_t *)to = (uint8_t)(next(state) >> 56);
    }
}

void edy_synthetic_fill(uint64_t seed, uint64_t stream, uint64_t index, edy_distribution kind,
                        edy_dtype dtype, size_t elems, void *out) {
    assert(dtype != EDY_NONE);
    uint64_t state = mix(seed);
    state = mix(state ^ (stream + 1) * UINT64_C(0x9e3779b97f4a7c15));
    state = mix(state ^ (index + 1) * UINT64_C(0xd1b54a32d192ed03));

    const size_t bytes = edy_dtype_bytes(dtype);
    uint8_t *to = out;
    for (size_t i = 0; i < elems; i++)
        put(&state, kind, dtype, to + i * bytes);
}
