/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Depthwise kernels on the lists that a sliding window makes, where neighbours share rows and a
 * kernel may load them once: every backend against scalar (s8) and against itself, one pixel a call
 * (fp32). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backend.h"

enum { IMAGES = 2, HEIGHT = 3, MAX_WIDTH = 23, MAX_CHANNELS = 40, TAPS = 9, TRICKS = 3 };

static uint32_t draw(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*seed * below) >> 32);
}

/* One row of output pixels of a 3 x 3 window over IMAGES x HEIGHT x width x channels. */
typedef struct window {
    size_t width, channels, step, pixels;
    size_t source[MAX_WIDTH * TAPS]; /* pixel of the image, or SIZE_MAX for padding */
} window;

static window slide(size_t width, size_t channels, size_t step, size_t pad, uint32_t *seed) {
    window w = {.width = width, .channels = channels, .step = step};
    w.pixels = (width + 2 * pad - 3) / step + 1;
    for (size_t i = 0; i < w.pixels * TAPS; i++) {
        const size_t x = i / TAPS * step + i % 3, y = i % TAPS / 3;
        const int inside = x >= pad && x < width + pad;
        w.source[i] = inside ? y * width + x - pad : SIZE_MAX;
    }
    /* One pointer that does not belong: nothing may be shared across it. */
    if (draw(seed, TRICKS) == 0)
        w.source[draw(seed, (uint32_t)(w.pixels * TAPS))] = draw(seed, (uint32_t)width);
    return w;
}

static window draw_window(uint32_t *seed) {
    const size_t channels = 1 + draw(seed, MAX_CHANNELS), width = 3 + draw(seed, MAX_WIDTH - 2);
    return slide(width, channels, 1 + draw(seed, 3), draw(seed, 2), seed);
}

static void *packed_memory(size_t bytes) {
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(memory);
    return memory;
}

typedef struct s8_problem {
    window window;
    int8_t image[IMAGES * HEIGHT * MAX_WIDTH * MAX_CHANNELS], zero[MAX_CHANNELS];
    int16_t w[MAX_CHANNELS * TAPS];
    int32_t bias[MAX_CHANNELS];
    float multiplier[MAX_CHANNELS];
    edy_fixed fixed[MAX_CHANNELS];
    const int8_t *list[MAX_WIDTH * TAPS];
} s8_problem;

static void draw_s8(uint32_t *seed, s8_problem *p) {
    p->window = draw_window(seed);
    const int32_t reach = draw(seed, 4) == 0 ? 255 : 127; /* 255: no int8 */
    for (size_t i = 0; i < sizeof p->image; i++)
        p->image[i] = (int8_t)draw(seed, 256);
    memset(p->zero, (int)draw(seed, 256), sizeof p->zero);
    for (size_t c = 0; c < MAX_CHANNELS; c++) {
        for (size_t t = 0; t < TAPS; t++)
            p->w[c * TAPS + t] =
                (int16_t)((int32_t)draw(seed, (uint32_t)(2 * reach + 2)) - reach - 1);
        p->bias[c] = (int32_t)draw(seed, 20001) - 10000;
        p->multiplier[c] = (float)(1 + draw(seed, 1000)) * 1e-5f;
        p->fixed[c] = edy_tflite_multiplier((double)p->multiplier[c]);
    }
    for (size_t i = 0; i < p->window.pixels * TAPS; i++)
        p->list[i] = p->window.source[i] == SIZE_MAX
                         ? p->zero
                         : p->image + p->window.source[i] * p->window.channels;
}

static void run_s8(const edy_s8_depthwise *d, edy_rule rule, const s8_problem *p, size_t image,
                   int8_t *out) {
    const window *w = &p->window;
    const edy_s8_output output = {-3, -100, 120};
    int narrow = 1;
    for (size_t i = 0; i < w->channels * TAPS; i++)
        narrow &= p->w[i] >= -128 && p->w[i] <= 127;
    const edy_s8_weights weights = {.w = p->w,
                                    .bias = p->bias,
                                    .narrow = narrow,
                                    .rule = rule,
                                    .multiplier = p->multiplier,
                                    .fixed = p->fixed};
    void *packed = packed_memory(d->packed_bytes(w->channels, TAPS));
    d->pack(w->channels, TAPS, &weights, packed);
    d->run(w->pixels, w->channels, TAPS, p->list, image * HEIGHT * w->width * w->channels, p->zero,
           packed, out, w->channels, &output);
    free(packed);
}

static void s8_equals_scalar(void **state) {
    (void)state;
    static s8_problem p;
    static int8_t want[MAX_WIDTH * MAX_CHANNELS], got[MAX_WIDTH * MAX_CHANNELS];
    edy_kernels scalar;
    memset(&scalar, 0, sizeof scalar);
    edy_kernels_scalar(&scalar);
    uint32_t seed = 5;
    for (size_t i = 0; i < 600; i++) {
        draw_s8(&seed, &p);
        const size_t rule = i % EDY_RULE_COUNT, image = draw(&seed, IMAGES);
        run_s8(&scalar.s8_depthwise[rule], (edy_rule)rule, &p, image, want);
        for (size_t b = 0; b < edy_backend_count(); b++) {
            if (!edy_backend_runs_here(edy_backend_at(b)))
                continue;
            const edy_kernels k = edy_backend_kernels(edy_backend_at(b));
            run_s8(&k.s8_depthwise[rule], (edy_rule)rule, &p, image, got);
            assert_memory_equal(got, want, p.window.pixels * p.window.channels);
        }
    }
}

typedef struct f32_problem {
    window window;
    float image[IMAGES * HEIGHT * MAX_WIDTH * MAX_CHANNELS], zero[MAX_CHANNELS];
    float w[MAX_CHANNELS * TAPS], bias[MAX_CHANNELS];
    const float *list[MAX_WIDTH * TAPS];
} f32_problem;

static void draw_f32(uint32_t *seed, f32_problem *p) {
    p->window = draw_window(seed);
    for (size_t i = 0; i < sizeof p->image / sizeof p->image[0]; i++)
        p->image[i] = (float)draw(seed, 20001) / 10000.0f - 1.0f;
    for (size_t i = 0; i < MAX_CHANNELS * TAPS; i++)
        p->w[i] = (float)draw(seed, 20001) / 10000.0f - 1.0f;
    for (size_t c = 0; c < MAX_CHANNELS; c++)
        p->bias[c] = (float)draw(seed, 20001) / 10000.0f - 1.0f;
    for (size_t i = 0; i < p->window.pixels * TAPS; i++)
        p->list[i] = p->window.source[i] == SIZE_MAX
                         ? p->zero
                         : p->image + p->window.source[i] * p->window.channels;
}

/* at_once pixels a call. */
static void run_f32(const edy_f32_depthwise *d, const f32_problem *p, size_t image, size_t at_once,
                    float *out) {
    const window *w = &p->window;
    const edy_f32_clamp clamp = {-0.75f, INFINITY};
    void *packed = packed_memory(d->packed_bytes(w->channels, TAPS));
    d->pack(w->channels, TAPS, p->w, p->bias, packed);
    for (size_t i = 0; i < w->pixels; i += at_once)
        d->run(at_once, w->channels, TAPS, p->list + i * TAPS,
               image * HEIGHT * w->width * w->channels * sizeof(float), p->zero, packed,
               out + i * w->channels, w->channels, &clamp);
    free(packed);
}

static void f32_equals_one_pixel_a_call(void **state) {
    (void)state;
    static f32_problem p;
    static float want[MAX_WIDTH * MAX_CHANNELS], got[MAX_WIDTH * MAX_CHANNELS];
    uint32_t seed = 6;
    for (size_t i = 0; i < 300; i++) {
        draw_f32(&seed, &p);
        const size_t image = draw(&seed, IMAGES);
        for (size_t b = 0; b < edy_backend_count(); b++) {
            if (!edy_backend_runs_here(edy_backend_at(b)))
                continue;
            const edy_kernels k = edy_backend_kernels(edy_backend_at(b));
            run_f32(&k.f32_depthwise, &p, image, 1, want);
            run_f32(&k.f32_depthwise, &p, image, p.window.pixels, got);
            assert_memory_equal(got, want, p.window.pixels * p.window.channels * sizeof(float));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(s8_equals_scalar),
                                       cmocka_unit_test(f32_equals_one_pixel_a_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
