/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A result does not depend on its place: the same bits from any number of rows, from whole and
 * split panels, from one pixel and from many; and s8 gives the same bytes on every backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "engine/backend.h"
#include "bench/walk/fill.h"

enum { ROUNDS = 40, MAX_ROWS = 16, MAX_CHANNELS = 70, MAX_DEPTH = 60, MAX_TAPS = 10 };

typedef struct shape {
    size_t channels, depth, taps;
} shape;

static shape draw_shape(uint64_t *random) {
    return (shape){1 + edy_random_below(random, MAX_CHANNELS),
                   1 + edy_random_below(random, MAX_DEPTH), 1 + edy_random_below(random, MAX_TAPS)};
}

static void *packed_memory(size_t bytes) {
    void *block = aligned_alloc(64, bytes);
    assert_non_null(block);
    return block;
}

static const edy_f32_clamp none = {-INFINITY, INFINITY};
static const edy_s8_output output = {-3, -128, 127};

/* Lists for `rows` rows of an image of MAX_ROWS rows, taken from `first` on. */
static void list_f32(const float *image, const shape *s, size_t mr, size_t first, size_t rows,
                     const float **list) {
    for (size_t t = 0; t < s->taps; t++)
        for (size_t m = 0; m < mr; m++)
            list[t * mr + m] = image + (first + (m < rows ? m : 0) + t) % MAX_ROWS * s->depth;
}

static void list_s8(const int8_t *image, const shape *s, size_t mr, size_t first, size_t rows,
                    const int8_t **list) {
    for (size_t t = 0; t < s->taps; t++)
        for (size_t m = 0; m < mr; m++)
            list[t * mr + m] = image + (first + (m < rows ? m : 0) + t) % MAX_ROWS * s->depth;
}

/* A full tile, then the same rows in calls of every smaller count, panel by panel. */
static void check_f32_dense(const edy_f32_dense *d, const shape *s, uint64_t *random) {
    static float image[MAX_ROWS * MAX_DEPTH], w[MAX_CHANNELS * MAX_TAPS * MAX_DEPTH];
    static float want[MAX_ROWS * MAX_CHANNELS], got[MAX_ROWS * MAX_CHANNELS];
    const float *list[MAX_TAPS * MAX_ROWS];
    assert_true(d->mr <= MAX_ROWS);
    edy_fill_f32(random, EDY_FILL_REALISTIC, 0, image, MAX_ROWS * s->depth);
    edy_fill_f32(random, EDY_FILL_REALISTIC, 0, w, s->channels * s->taps * s->depth);
    char *packed = packed_memory(d->packed_bytes(s->channels, s->depth, s->taps));
    d->pack(s->channels, s->depth, s->taps, w, NULL, packed);
    list_f32(image, s, d->mr, 0, d->mr, list);
    d->igemm(d->mr, s->channels, s->depth, s->taps, list, 0, NULL, packed, want, s->channels, NULL,
             &none);
    const size_t panel = d->packed_bytes(d->nr, s->depth, s->taps);
    for (size_t rows = 1; rows <= d->mr; rows++) {
        for (size_t first = 0; first + rows <= d->mr; first += rows) {
            list_f32(image, s, d->mr, first, rows, list);
            for (size_t n = 0; n < s->channels; n += d->nr) {
                const size_t nc = s->channels - n < d->nr ? s->channels - n : d->nr;
                d->igemm(rows, nc, s->depth, s->taps, list, 0, NULL, packed + n / d->nr * panel,
                         got + first * s->channels + n, s->channels, NULL, &none);
            }
            assert_memory_equal(got + first * s->channels, want + first * s->channels,
                                rows * s->channels * sizeof(float));
        }
    }
    free(packed);
}

static void check_f32_depthwise(const edy_f32_depthwise *d, const shape *s, uint64_t *random) {
    static float image[MAX_ROWS * MAX_CHANNELS], w[MAX_CHANNELS * MAX_TAPS];
    static float want[MAX_ROWS * MAX_CHANNELS], got[MAX_CHANNELS];
    const float *list[MAX_ROWS * MAX_TAPS];
    edy_fill_f32(random, EDY_FILL_REALISTIC, 0, image, MAX_ROWS * s->channels);
    edy_fill_f32(random, EDY_FILL_REALISTIC, 0, w, s->channels * s->taps);
    void *packed = packed_memory(d->packed_bytes(s->channels, s->taps));
    d->pack(s->channels, s->taps, w, NULL, packed);
    for (size_t i = 0; i < MAX_ROWS * s->taps; i++)
        list[i] = image + edy_random_below(random, MAX_ROWS) * s->channels;
    d->run(MAX_ROWS, s->channels, s->taps, list, 0, NULL, packed, want, s->channels, &none);
    for (size_t p = 0; p < MAX_ROWS; p++) {
        d->run(1, s->channels, s->taps, list + p * s->taps, 0, NULL, packed, got, s->channels,
               &none);
        assert_memory_equal(got, want + p * s->channels, s->channels * sizeof(float));
    }
    free(packed);
}

static void same_bits_in_any_place(void **state) {
    (void)state;
    for (size_t b = 0; b < edy_backend_count(); b++) {
        if (!edy_backend_runs_here(edy_backend_at(b)))
            continue;
        const edy_kernels k = edy_backend_kernels(edy_backend_at(b));
        uint64_t random = 11;
        for (int round = 0; round < ROUNDS; round++) {
            const shape s = draw_shape(&random);
            check_f32_dense(&k.f32_dense, &s, &random);
            check_f32_depthwise(&k.f32_depthwise, &s, &random);
        }
    }
}

/* One s8 problem whose inputs every backend gets. */
typedef struct s8_problem {
    shape shape;
    int8_t image[MAX_ROWS * MAX_DEPTH];
    int16_t w[MAX_CHANNELS * MAX_TAPS * MAX_DEPTH];
    int32_t bias[MAX_CHANNELS];
    float multiplier[MAX_CHANNELS];
    edy_fixed fixed[MAX_CHANNELS];
} s8_problem;

static void draw_s8(uint64_t *random, s8_problem *p) {
    const shape s = p->shape = draw_shape(random);
    edy_fill_s8(random, EDY_FILL_REALISTIC, p->image, MAX_ROWS * s.depth);
    for (size_t i = 0; i < s.channels * s.taps * s.depth; i++)
        p->w[i] = (int16_t)edy_random_between(random, -255, 255);
    for (size_t n = 0; n < s.channels; n++) {
        p->bias[n] = edy_random_between(random, -100000, 100000);
        const double scale =
            (0.2 + edy_random_unit(random)) / (150.0 * sqrt((double)(s.taps * s.depth)));
        p->multiplier[n] = (float)scale;
        p->fixed[n] = edy_tflite_multiplier(scale);
    }
}

/* All MAX_ROWS rows, in tiles of whatever size the backend has. */
static void run_s8(const edy_s8_dense *d, edy_rule rule, const s8_problem *p, int8_t *out) {
    const shape *s = &p->shape;
    const int8_t *list[MAX_TAPS * MAX_ROWS];
    const edy_s8_weights weights = {
        .w = p->w, .bias = p->bias, .rule = rule, .multiplier = p->multiplier, .fixed = p->fixed};
    void *packed = packed_memory(d->packed_bytes(s->channels, s->depth, s->taps));
    d->pack(s->channels, s->depth, s->taps, &weights, packed);
    for (size_t m = 0; m < MAX_ROWS; m += d->mr) {
        const size_t rows = MAX_ROWS - m < d->mr ? MAX_ROWS - m : d->mr;
        list_s8(p->image, s, d->mr, m, rows, list);
        d->igemm(rows, s->channels, s->depth, s->taps, list, 0, NULL, packed, out + m * s->channels,
                 s->channels, &output);
    }
    free(packed);
}

static void same_bytes_on_every_backend(void **state) {
    (void)state;
    enum { CASES = 200 };
    static s8_problem p;
    static int8_t want[MAX_ROWS * MAX_CHANNELS], got[MAX_ROWS * MAX_CHANNELS];
    edy_kernels scalar;
    memset(&scalar, 0, sizeof scalar);
    edy_kernels_scalar(&scalar);
    uint64_t random = 12;
    for (int i = 0; i < CASES; i++) {
        draw_s8(&random, &p);
        for (int rule = 0; rule < EDY_RULE_COUNT; rule++) {
            run_s8(&scalar.s8_dense[rule], (edy_rule)rule, &p, want);
            for (size_t b = 0; b < edy_backend_count(); b++) {
                if (!edy_backend_runs_here(edy_backend_at(b)))
                    continue;
                const edy_kernels k = edy_backend_kernels(edy_backend_at(b));
                run_s8(&k.s8_dense[rule], (edy_rule)rule, &p, got);
                assert_memory_equal(got, want, MAX_ROWS * p.shape.channels);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits_in_any_place),
                                       cmocka_unit_test(same_bytes_on_every_backend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
