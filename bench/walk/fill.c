/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/fill.h"

#include <assert.h>
#include <float.h>
#include <math.h>

const char *edy_fill_text(edy_fill fill) {
    static const char *const text[] = {
#define EDY_FILL_TEXT(name, text) text,
        EDY_FILL_MAP(EDY_FILL_TEXT)
#undef EDY_FILL_TEXT
    };
    return fill < EDY_FILL_COUNT ? text[fill] : "unknown";
}

uint64_t edy_random(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

size_t edy_random_below(uint64_t *state, size_t bound) {
    assert(bound > 0);
    return (size_t)(edy_random(state) % bound);
}

int32_t edy_random_between(uint64_t *state, int32_t low, int32_t high) {
    assert(low <= high);
    return (int32_t)(low + (int64_t)(edy_random(state) % (uint64_t)((int64_t)high - low + 1)));
}

double edy_random_unit(uint64_t *state) {
    return (double)(edy_random(state) >> 11) * 0x1p-53;
}

/* Sum of four uniforms, centred: close enough to a bell. */
static float bell(uint64_t *state) {
    double sum = -2.0;
    for (int i = 0; i < 4; i++)
        sum += edy_random_unit(state);
    return (float)(sum * 1.7320508);
}

static float extreme(uint64_t *state) {
    static const float some[] = {0.0f,   -0.0f,  FLT_MIN, -FLT_MIN, 1e-40f, -1e-40f,
                                 1e-20f, -1e-8f, 1.0f,    -1.0f,    1e8f,   -1e15f};
    return some[edy_random_below(state, sizeof some / sizeof some[0])];
}

void edy_fill_f32(uint64_t *state, edy_fill fill, int32_t reach, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        switch (fill) {
        case EDY_FILL_EXACT:
            out[i] = (float)edy_random_between(state, -reach, reach);
            break;
        case EDY_FILL_ONE_SIGNED:
            out[i] = (float)(0.5 + edy_random_unit(state));
            break;
        case EDY_FILL_EXTREME:
            out[i] = extreme(state);
            break;
        default:
            out[i] = bell(state);
        }
    }
}

void edy_spoil_f32(uint64_t *state, float *out, size_t n) {
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++)
        if (edy_random_below(state, 4) == 0)
            out[i] = bad[edy_random_below(state, 3)];
}

void edy_fill_s8(uint64_t *state, edy_fill fill, int8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        switch (fill) {
        case EDY_FILL_EXACT:
            out[i] = (int8_t)edy_random_between(state, -8, 8);
            break;
        case EDY_FILL_ONE_SIGNED:
            out[i] = (int8_t)edy_random_between(state, 1, 127);
            break;
        case EDY_FILL_EXTREME:
            out[i] = edy_random_below(state, 4) ? -128 : 127;
            break;
        default:
            out[i] = (int8_t)edy_random_between(state, -128, 127);
        }
    }
}
