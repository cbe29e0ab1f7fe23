/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/text_weights.h"

#include <assert.h>

#define STEP UINT64_C(0x9e3779b97f4a7c15)

/* splitmix64's output function: a bijection that mixes every bit into every other. */
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The largest r with r * r <= x, bit by bit from above. */
static uint64_t integer_sqrt(uint64_t x) {
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= x)
            root |= bit;
    return root;
}

/* 24 bits a value: exact in float, in [-1, 1) before it is scaled. */
static void fill(uint64_t *state, float scale, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        *state += STEP;
        const int32_t steps = (int32_t)(mix(*state) >> 40) - (1 << 23);
        out[i] = (float)steps * 0x1p-23f * scale;
    }
}

void edy_text_weights(uint64_t seed, uint64_t layer, uint64_t fan_in, unsigned power, unsigned gain,
                      float *weight, size_t n, float *bias, size_t channels) {
    assert(fan_in >= 1 && power >= 1 && power <= 100 && gain >= 1);
    const uint64_t root = integer_sqrt((UINT64_C(3) * power << 40) / fan_in); /* in 2^-20 */
    const float unit = (float)gain / 10000.0f;
    uint64_t state = mix(mix(seed) ^ (layer + 1) * STEP);
    fill(&state, (float)root * 0x1p-20f * unit, weight, n);
    fill(&state, 0.1f * unit, bias, channels);
}
