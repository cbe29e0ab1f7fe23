/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Every kernel of every backend that this CPU runs, over the corner problems and 200 random shapes
 * a family: `edyno conform --kernels`, as a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "bench/walk/walk.h"

enum { BACKENDS = 16, RANDOM_SHAPES = 200 };

static void print_row(void *context, const edy_walk_row *row) {
    (void)context;
    edy_walk_print_row(row, stdout);
}

static void walks_every_backend(void **state) {
    (void)state;
    const edy_backend *backend[BACKENDS];
    edy_problems problems = {.item = NULL};
    edy_walk_table table = {.row = NULL};
    edy_error err;
    edy_walk_options o = {
        .backend = backend, .fill = -1, .seed = 1, .random = RANDOM_SHAPES, .on_row = print_row};
    for (size_t i = 0; i < edy_backend_count() && i < BACKENDS; i++)
        if (edy_backend_runs_here(edy_backend_at(i)))
            backend[o.n_backends++] = edy_backend_at(i);
    if (edy_problems_read(EDYNO_SOURCE_DIR "/workloads/shapes_corner.txt", &problems, &err))
        fail_msg("%s", err.message);
    o.problem = problems.item;
    o.n_problems = problems.n;
    if (edy_walk_run(&o, &table, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < table.n; i++)
        assert_true(table.row[i].cases > 0 || table.row[i].verdict == EDY_WALK_INHERITED);
    assert_true(table.n > edy_kernel_family_count());
    assert_int_equal(edy_walk_exit_code(&table), 0);
    edy_problems_free(&problems);
    edy_walk_free(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(walks_every_backend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
