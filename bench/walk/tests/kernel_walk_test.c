/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Every family of every backend that this CPU runs, over corner shapes and random ones, in the four
 * fills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/backend.h"
#include "bench/walk/kernel_check.h"

enum { RANDOM_CASES = 240 };

typedef struct tally {
    const char *backend;
    edy_kernels kernels;
    size_t cases, failures;
    double worst_share;
} tally;

static void judge(tally *t, const edy_kernel_family *family, const edy_kernel_problem *p) {
    edy_kernel_verdict v;
    t->cases++;
    if (!family->check(&t->kernels, p, &v)) {
        if (t->failures++ < 5)
            print_error("%s: %s\n", t->backend, v.message);
    }
    if (v.share > t->worst_share)
        t->worst_share = v.share;
}

static void judge_all_fills(tally *t, const edy_kernel_family *family, edy_kernel_problem p) {
    for (int fill = 0; fill < EDY_FILL_COUNT; fill++) {
        p.fill = (edy_fill)fill;
        p.seed += 1;
        judge(t, family, &p);
    }
}

/* Every channel tail by every number of rows, then every small depth and every small window. */
static void corners(tally *t, const edy_kernel_family *family) {
    const edy_kernel_limits limits = family->limits(&t->kernels);
    const size_t rows = limits.has_rows ? (limits.max_rows ? limits.max_rows : 5) : 1;
    edy_kernel_problem p = {.depth = 3, .taps = 2, .seed = 1000};
    for (p.channels = 1; p.channels <= 2 * limits.tile + 1; p.channels++)
        for (p.rows = 1; p.rows <= rows; p.rows++, p.seed += 10)
            judge_all_fills(t, family, p);
    p.channels = limits.tile + 1;
    p.rows = rows;
    for (p.depth = 1; limits.has_depth && p.depth <= 40; p.depth++, p.seed += 10)
        judge_all_fills(t, family, p);
    p.depth = 2;
    for (p.taps = 1; limits.has_taps && p.taps <= 26; p.taps++, p.seed += 10)
        judge_all_fills(t, family, p);
}

static void random_shapes(tally *t, const edy_kernel_family *family) {
    const edy_kernel_limits limits = family->limits(&t->kernels);
    uint64_t random = 77;
    for (size_t i = 0; i < RANDOM_CASES; i++) {
        const edy_kernel_problem p = {
            .rows = 1 + edy_random_below(&random, limits.max_rows ? limits.max_rows : 40),
            .channels = 1 + edy_random_below(&random, i % 8 == 0 ? 300 : 4 * limits.tile),
            .depth = 1 + edy_random_below(&random, i % 8 == 1 ? 1500 : 70),
            .taps = 1 + edy_random_below(&random, i % 8 < 4 ? 4 : 26),
            .fill = (edy_fill)edy_random_below(&random, EDY_FILL_COUNT),
            .seed = edy_random(&random)};
        judge(t, family, &p);
    }
}

static void walks_every_backend(void **state) {
    (void)state;
    size_t failures = 0;
    for (size_t b = 0; b < edy_backend_count(); b++) {
        const edy_backend *backend = edy_backend_at(b);
        if (!edy_backend_runs_here(backend))
            continue;
        for (size_t f = 0; f < edy_kernel_family_count(); f++) {
            const edy_kernel_family *family = edy_kernel_family_at(f);
            tally t = {.backend = backend->name, .kernels = edy_backend_kernels(backend)};
            if (!edy_kernel_present(family, &t.kernels))
                continue;
            corners(&t, family);
            random_shapes(&t, family);
            print_message("%-8s %-16s %5zu cases, %zu wrong, worst share of budget %.2f\n",
                          backend->name, family->name, t.cases, t.failures, t.worst_share);
            assert_true(t.cases > 0);
            failures += t.failures;
        }
    }
    assert_int_equal(failures, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(walks_every_backend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
