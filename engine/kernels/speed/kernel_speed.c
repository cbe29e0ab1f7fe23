/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How fast the kernels of one backend are on single layers, beside the FMA peak that this machine
 * shows in the same process:  kernel_speed [BACKEND] [PART OF A ROW'S NAME]
 * A workbench for kernel authors; the instrument that reports figures is bench/. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/backend.h"
#include "engine/peak.h"

typedef struct layer {
    const char *name;
    size_t size, in, out, window, stride; /* square image and window; window 1 is GEMM */
} layer;

static const layer dense_layers[] = {
    {"1x1 64->64 256px", 16, 64, 64, 1, 1},     {"1x1 64->128 16px", 4, 64, 128, 1, 1},
    {"1x1 512->512 196px", 14, 512, 512, 1, 1}, {"3x3 64->64 16x16", 16, 64, 64, 3, 1},
    {"3x3 16->16 32x32", 32, 16, 16, 3, 1},     {"3x3 16->32 32x32 /2", 32, 16, 32, 3, 2},
    {"3x3 32->32 16x16", 16, 32, 32, 3, 1},     {"3x3 64->64 8x8", 8, 64, 64, 3, 1},
    {"3x3 1->16 32x32", 32, 1, 16, 3, 1},       {"3x3 1->32 28x28", 28, 1, 32, 3, 1},
    {"3x3 3->32 96x96 /2", 96, 3, 32, 3, 2},    {"3x3 1->64 32x32 /2", 32, 1, 64, 3, 2},
    {"dense 64->10", 1, 64, 10, 1, 1},          {"dense 6272->64", 1, 6272, 64, 1, 1}};

static const layer depthwise_layers[] = {
    {"dw 3x3 64 16x16", 16, 64, 64, 3, 1},    {"dw 3x3 8 48x48", 48, 8, 8, 3, 1},
    {"dw 3x3 32 112x112", 112, 32, 32, 3, 1}, {"dw 3x3 128 56x56 /2", 56, 128, 128, 3, 2},
    {"dw 3x3 512 14x14", 14, 512, 512, 3, 1}, {"dw 5x5 64 16x16", 16, 64, 64, 5, 1}};

typedef struct bench {
    const edy_kernels *k;
    const layer *l;
    size_t out_size, pixels, taps;
    const void **list; /* dense: [tile][taps][mr]; depthwise: [pixel][taps] */
    void *input, *zero, *packed, *output;
    edy_rule rule;
} bench;

static const edy_f32_clamp relu = {0.0f, 1e30f};
static const edy_s8_output relu_s8 = {-5, -5, 127};

static void *memory(size_t bytes) {
    void *block = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!block)
        exit(2);
    memset(block, 1, bytes);
    return block;
}

static const void *row_of(const bench *b, size_t pixel, size_t tap, size_t element) {
    const layer *l = b->l;
    const long pad = (long)(l->window / 2);
    const long y = (long)(pixel / b->out_size * l->stride + tap / l->window) - pad;
    const long x = (long)(pixel % b->out_size * l->stride + tap % l->window) - pad;
    if (y < 0 || x < 0 || y >= (long)l->size || x >= (long)l->size)
        return b->zero;
    return (const char *)b->input + ((size_t)y * l->size + (size_t)x) * l->in * element;
}

static bench prepare(const edy_kernels *k, const layer *l, size_t element, size_t mr) {
    bench b = {.k = k, .l = l, .out_size = (l->size - 1) / l->stride + 1};
    b.pixels = b.out_size * b.out_size;
    b.taps = l->window * l->window;
    b.input = memory(l->size * l->size * l->in * element);
    b.zero = memory(l->in * element);
    b.output = memory(b.pixels * l->out * element);
    memset(b.input, 0, l->size * l->size * l->in * element);
    memset(b.zero, 0, l->in * element);
    const size_t tiles = (b.pixels + mr - 1) / mr;
    b.list = memory(tiles * b.taps * mr * sizeof(void *));
    for (size_t i = 0; i < tiles; i++)
        for (size_t t = 0; t < b.taps; t++)
            for (size_t m = 0; m < mr; m++) {
                const size_t pixel = i * mr + m < b.pixels ? i * mr + m : b.pixels - 1;
                b.list[(i * b.taps + t) * mr + m] = row_of(&b, pixel, t, element);
            }
    return b;
}

static void finish(bench *b) {
    free(b->input);
    free(b->zero);
    free(b->packed);
    free(b->output);
    free(b->list);
}

static void run_f32_dense(const bench *b) {
    const edy_f32_dense *d = &b->k->f32_dense;
    const size_t in = b->l->in, out = b->l->out, mr = d->mr;
    float *c = b->output;
    for (size_t p = 0; p < b->pixels; p += mr) {
        const size_t rows = b->pixels - p < mr ? b->pixels - p : mr;
        if (b->taps == 1)
            d->gemm(rows, out, in, (const float *)b->input + p * in, in, b->packed, c + p * out,
                    out, NULL, &relu);
        else
            d->igemm(rows, out, in, b->taps, (const float *const *)(b->list + p * b->taps), 0,
                     b->zero, b->packed, c + p * out, out, NULL, &relu);
    }
}

static void run_s8_dense(const bench *b) {
    const edy_s8_dense *d = &b->k->s8_dense[b->rule];
    const size_t in = b->l->in, out = b->l->out, mr = d->mr;
    int8_t *c = b->output;
    for (size_t p = 0; p < b->pixels; p += mr) {
        const size_t rows = b->pixels - p < mr ? b->pixels - p : mr;
        if (b->taps == 1)
            d->gemm(rows, out, in, (const int8_t *)b->input + p * in, in, b->packed, c + p * out,
                    out, &relu_s8);
        else
            d->igemm(rows, out, in, b->taps, (const int8_t *const *)(b->list + p * b->taps), 0,
                     b->zero, b->packed, c + p * out, out, &relu_s8);
    }
}

static void run_f32_depthwise(const bench *b) {
    b->k->f32_depthwise.run(b->pixels, b->l->in, b->taps, (const float *const *)b->list, 0, b->zero,
                            b->packed, b->output, b->l->in, &relu);
}

static void run_s8_depthwise(const bench *b) {
    b->k->s8_depthwise[b->rule].run(b->pixels, b->l->in, b->taps, (const int8_t *const *)b->list, 0,
                                    b->zero, b->packed, b->output, b->l->in, &relu_s8);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int64_t now_ns(void *context) {
    (void)context;
    return (int64_t)(1e9 * seconds());
}

/* Best of many short batches: the machine may be busy with something else most of the time. */
static double time_of(const bench *b, void (*run)(const bench *)) {
    enum { BATCHES = 300 };
    size_t loops = 1;
    double best = 1e30;
    for (int batch = 0; batch < BATCHES; batch++) {
        const double start = seconds();
        for (size_t i = 0; i < loops; i++)
            run(b);
        const double spent = seconds() - start;
        best = spent / (double)loops < best ? spent / (double)loops : best;
        if (spent < 4e-4 && batch < BATCHES / 2)
            loops = spent > 1e-6 ? (size_t)((double)loops * 5e-4 / spent) + 1 : loops * 100;
    }
    return best;
}

static void report(const char *kind, const bench *b, double seconds_each, double macs,
                   double peak) {
    const double rate = 2e-9 * macs / seconds_each;
    printf("%-10s %-22s %9.2f us %8.1f GOP/s %6.1f %% of FMA peak\n", kind, b->l->name,
           1e6 * seconds_each, rate, 100.0 * rate / peak);
    fflush(stdout);
}

static edy_s8_weights some_weights(size_t out, size_t depth, edy_rule rule) {
    int16_t *w = memory(out * depth * sizeof(int16_t));
    int32_t *bias = memory(out * sizeof(int32_t));
    float *multiplier = memory(out * sizeof(float));
    edy_fixed *fixed = memory(out * sizeof(edy_fixed));
    for (size_t i = 0; i < out * depth; i++)
        w[i] = (int16_t)(i % 37) - 18;
    for (size_t n = 0; n < out; n++) {
        bias[n] = (int32_t)n;
        multiplier[n] = 0.001f;
        fixed[n] = (edy_fixed){1 << 30, -8};
    }
    return (edy_s8_weights){w, bias, 1, rule, multiplier, fixed};
}

static void measure_dense(const edy_kernels *k, const layer *l, int dtype, double peak) {
    static const char *const kind[] = {"s8 onnx", "s8 tflite", "f32"};
    bench b = prepare(k, l, dtype == 2 ? 4 : 1, dtype == 2 ? k->f32_dense.mr : k->s8_dense[0].mr);
    const size_t depth = l->in * b.taps;
    if (dtype == 2) {
        float *w = memory(l->out * depth * sizeof(float));
        b.packed = memory(k->f32_dense.packed_bytes(l->out, l->in, b.taps));
        k->f32_dense.pack(l->out, l->in, b.taps, w, NULL, b.packed);
        free(w);
    } else {
        b.rule = (edy_rule)dtype;
        const edy_s8_weights w = some_weights(l->out, depth, b.rule);
        b.packed = memory(k->s8_dense[b.rule].packed_bytes(l->out, l->in, b.taps));
        k->s8_dense[b.rule].pack(l->out, l->in, b.taps, &w, b.packed);
    }
    const double t = time_of(&b, dtype == 2 ? run_f32_dense : run_s8_dense);
    report(kind[dtype], &b, t, (double)(b.pixels * l->out * depth), peak);
    finish(&b);
}

static void measure_depthwise(const edy_kernels *k, const layer *l, int dtype, double peak) {
    static const char *const kind[] = {"s8 onnx", "s8 tflite", "f32"};
    bench b = prepare(k, l, dtype == 2 ? 4 : 1, 1);
    if (dtype == 2) {
        float *w = memory(l->in * b.taps * sizeof(float));
        b.packed = memory(k->f32_depthwise.packed_bytes(l->in, b.taps));
        k->f32_depthwise.pack(l->in, b.taps, w, NULL, b.packed);
        free(w);
    } else {
        b.rule = (edy_rule)dtype;
        const edy_s8_weights w = some_weights(l->in, b.taps, b.rule);
        b.packed = memory(k->s8_depthwise[b.rule].packed_bytes(l->in, b.taps));
        k->s8_depthwise[b.rule].pack(l->in, b.taps, &w, b.packed);
    }
    const double t = time_of(&b, dtype == 2 ? run_f32_depthwise : run_s8_depthwise);
    report(kind[dtype], &b, t, (double)(b.pixels * l->in * b.taps), peak);
    finish(&b);
}

int main(int argc, char **argv) {
    const edy_backend *backend = edy_backend_best();
    edy_error err;
    if (argc > 1 && edy_backend_find(argv[1], &backend, &err) != EDY_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    const char *part = argc > 2 ? argv[2] : "";
    const edy_kernels k = edy_backend_kernels(backend);
    const edy_peak_loop *loop = edy_peak_loop_for(backend, 0);
    const double peak = loop ? 1e-9 * edy_peak_measure(loop, now_ns, NULL) : NAN;
    printf("backend %s, fp32 peak of this core %.1f GFLOP/s\n", backend->name, peak);
    for (int dtype = 2; dtype >= 0; dtype--) {
        for (size_t i = 0; i < sizeof dense_layers / sizeof dense_layers[0]; i++)
            if (strstr(dense_layers[i].name, part))
                measure_dense(&k, &dense_layers[i], dtype, peak);
        for (size_t i = 0; i < sizeof depthwise_layers / sizeof depthwise_layers[0]; i++)
            if (strstr(depthwise_layers[i].name, part))
                measure_depthwise(&k, &depthwise_layers[i], dtype, peak);
    }
    return 0;
}
