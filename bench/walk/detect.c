/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/detect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/walk/kernel_check.h"
#include "engine/backend.h"

static const size_t depths[EDY_DETECT_DEPTHS] = {9, 27, 64, 144, 576, 1152, 2304, 4608};

/* What the kernel does; kernels have no context of their own. */
static struct {
    edy_f32_gemm_fn right;
    bool active;
    edy_detect_fault fault;
    uint64_t random;
    bool changed;
} harm;

static float to_half(float x) {
    int exponent;
    const float f = frexpf(x, &exponent);
    return ldexpf(rintf(ldexpf(f, 11)), exponent - 11);
}

/* The first row with one input dropped, or two exchanged. */
static void spoil(float *a, size_t kc) {
    const size_t i = edy_random_below(&harm.random, kc), j = edy_random_below(&harm.random, kc);
    const float kept = a[i];
    a[i] = harm.fault == EDY_DETECT_SWAPPED ? a[j] : 0;
    a[j] = harm.fault == EDY_DETECT_SWAPPED ? kept : a[j];
}

static void harmed_gemm(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                        const void *w, float *c, size_t c_stride, const float *residual,
                        const edy_f32_clamp *clamp) {
    const float before = residual ? residual[0] : 0; /* which may lie where c does */
    float *row = malloc(kc * sizeof *row);
    if (row)
        memcpy(row, a, kc * sizeof *row);
    harm.right(rows, nc, kc, a, a_stride, w, c, c_stride, residual, clamp);
    const float right = c[0];
    if (harm.active && harm.fault == EDY_DETECT_HALF) {
        c[0] = to_half(right);
    } else if (harm.active && row) {
        spoil(row, kc);
        harm.right(1, 1, kc, row, kc, w, c, c_stride, residual ? &before : NULL, clamp);
    }
    harm.changed = c[0] != right;
    free(row);
}

static void run_row(edy_kernels *k, size_t cases, uint64_t seed, edy_detect_row *row,
                    size_t *false_alarms) {
    static const edy_fill fills[EDY_DETECT_FILLS] = {EDY_FILL_EXACT, EDY_FILL_ONE_SIGNED,
                                                     EDY_FILL_REALISTIC};
    const edy_kernel_family *family = edy_kernel_family_find("f32_gemm");
    harm.fault = row->fault;
    for (size_t i = 0; i < cases * EDY_DETECT_FILLS; i++) {
        const size_t fill = i % EDY_DETECT_FILLS;
        const edy_kernel_problem p = {.rows = 1,
                                      .channels = 1,
                                      .depth = row->depth,
                                      .taps = 1,
                                      .fill = fills[fill],
                                      .seed = seed + i};
        edy_kernel_verdict v = {.share = 0};
        harm.random = seed ^ (i * 0x9e3779b97f4a7c15u);
        harm.active = true;
        const bool passed = family->check(k, &p, &v);
        row->by[fill].changed += harm.changed;
        row->by[fill].caught += harm.changed && v.message[0] == '['; /* an element and its bound */
        row->by[fill].chained += harm.changed && !passed;
        *false_alarms += !harm.changed && !passed;
    }
}

void edy_detect_run(size_t cases, uint64_t seed, edy_detect_table *table) {
    edy_kernels k = edy_backend_kernels(edy_backend_at(edy_backend_count() - 1));
    harm.right = k.f32_dense.gemm;
    k.f32_dense.gemm = harmed_gemm;
    *table = (edy_detect_table){.n = 0};
    for (int fault = 0; fault < EDY_DETECT_COUNT; fault++)
        for (size_t d = 0; d < EDY_DETECT_DEPTHS; d++) {
            edy_detect_row *row = &table->row[table->n++];
            *row = (edy_detect_row){.fault = (edy_detect_fault)fault, .depth = depths[d]};
            run_row(&k, cases, seed + 1000003u * table->n, row, &table->false_alarms);
        }
}

static double rate(const edy_detect_row *row, size_t fill) {
    return row->by[fill].changed ? (double)row->by[fill].caught / (double)row->by[fill].changed : 0;
}

/* Of all fills. */
static double chain_rate(const edy_detect_row *row) {
    size_t changed = 0, chained = 0;
    for (size_t fill = 0; fill < EDY_DETECT_FILLS; fill++) {
        changed += row->by[fill].changed;
        chained += row->by[fill].chained;
    }
    return changed ? (double)chained / (double)changed : 0;
}

bool edy_detect_holds(const edy_detect_table *table) {
    bool holds = table->n > 0 && table->false_alarms == 0;
    for (size_t i = 0; i < table->n; i++) {
        const edy_detect_row *row = &table->row[i];
        const bool half = row->fault == EDY_DETECT_HALF;
        holds = holds && (half ? rate(row, 1) >= 0.8 : rate(row, 0) == 1.0);
    }
    return holds;
}

static const char *fault_text(edy_detect_fault fault) {
    static const char *const text[] = {
#define EDY_DETECT_TEXT(name, text) text,
        EDY_DETECT_MAP(EDY_DETECT_TEXT)
#undef EDY_DETECT_TEXT
    };
    return text[fault];
}

/* "87.5 %"; a star marks the fill that is meant for the fault. */
static void print_rate(const edy_detect_row *row, size_t fill, bool meant, FILE *out) {
    if (row->by[fill].changed)
        fprintf(out, " %8.1f %%%s", 100 * rate(row, fill), meant ? "*" : " ");
    else
        fprintf(out, " %10s ", "-");
}

void edy_detect_print(const edy_detect_table *table, size_t cases, FILE *out) {
    fprintf(out, "How often a fault in one output is caught, of those that it changed\n");
    fprintf(out, "(f32_gemm, %zu cases each: by the budget with three fills, * the one meant\n",
            cases);
    fprintf(out, "for it; by order: the walk also wants one chain of additions, bit for bit)\n\n");
    fprintf(out, "%-18s %7s %11s %11s %11s %11s\n", "FAULT", "TERMS", "exact", "one-signed",
            "realistic", "by order");
    for (size_t i = 0; i < table->n; i++) {
        const edy_detect_row *row = &table->row[i];
        const bool half = row->fault == EDY_DETECT_HALF;
        fprintf(out, "%-18s %7zu", fault_text(row->fault), row->depth);
        for (size_t fill = 0; fill < EDY_DETECT_FILLS; fill++)
            print_rate(row, fill, fill == (half ? 1 : 0), out);
        fprintf(out, " %9.1f %%\n", 100 * chain_rate(row));
    }
    fprintf(out, "\n%zu false alarms; %s\n", table->false_alarms,
            edy_detect_holds(table) ? "the gates hold" : "a gate does NOT hold");
}
