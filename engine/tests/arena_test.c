/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

static void check_no_overlap(const edy_arena_block *b, size_t n, size_t total) {
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(b[i].offset % EDY_ARENA_ALIGN, 0);
        assert_true(b[i].offset + b[i].bytes <= total);
        for (size_t j = 0; j < i; j++) {
            const int together = b[i].first <= b[j].last && b[j].first <= b[i].last;
            const int apart =
                b[i].offset + b[i].bytes <= b[j].offset || b[j].offset + b[j].bytes <= b[i].offset;
            if (together && b[i].bytes && b[j].bytes)
                assert_true(apart);
        }
    }
}

static void chain_reuses_memory(void **state) {
    (void)state;
    edy_arena_block b[] = {{100, 0, 1, 0}, {100, 1, 2, 0}, {100, 2, 3, 0}, {100, 3, 4, 0}};
    const size_t total = edy_arena_place(b, 4);
    check_no_overlap(b, 4, total);
    assert_int_equal(total, 256); /* two alive at a time, 128 each */
    assert_int_equal(edy_arena_lower_bound(b, 4), 256);
}

static int by_offset(const void *a, const void *b) {
    const edy_arena_block *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Twenty thousand that live on, then a chain of as many: each compared with each would take
 * seconds. */
static void thousands_take_no_time(void **state) {
    (void)state;
    enum { N = 20000 };
    edy_arena_block *b = calloc(N, sizeof *b);
    for (int32_t i = 0; i < N; i++)
        b[i] = (edy_arena_block){.bytes = 1 + (size_t)(i % 7) * 100, .first = i, .last = N};
    const clock_t begin = clock();
    assert_true(edy_arena_place(b, N) == edy_arena_lower_bound(b, N));
    qsort(b, N, sizeof *b, by_offset);
    for (int i = 1; i < N; i++)
        assert_true(b[i].offset >= b[i - 1].offset + b[i - 1].bytes);
    for (int32_t i = 0; i < N; i++)
        b[i] = (edy_arena_block){.bytes = 100, .first = i, .last = i + 2};
    const size_t total = edy_arena_place(b, N);
    assert_true(total == 3 * 128 && edy_arena_lower_bound(b, N) == total);
    for (int i = 1; i < N; i++)
        assert_true(b[i].offset != b[i - 1].offset);
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5);
    free(b);
}

static void nothing_needs_nothing(void **state) {
    (void)state;
    edy_arena_block b[] = {{0, 0, 3, 7}};
    assert_int_equal(edy_arena_place(b, 0), 0);
    assert_int_equal(edy_arena_place(b, 1), 0);
    assert_int_equal(b[0].offset, 0);
}

static void random_blocks_never_overlap(void **state) {
    (void)state;
    srand(7);
    for (int round = 0; round < 500; round++) {
        edy_arena_block b[40];
        const size_t n = 1 + (size_t)(rand() % 40);
        for (size_t i = 0; i < n; i++) {
            const int first = rand() % 30;
            b[i] = (edy_arena_block){(size_t)(rand() % 5000), first, first + rand() % 6, 0};
        }
        const size_t total = edy_arena_place(b, n), bound = edy_arena_lower_bound(b, n);
        check_no_overlap(b, n, total);
        assert_true(total >= bound);
        assert_true(total <= 2 * bound + EDY_ARENA_ALIGN);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_reuses_memory),
        cmocka_unit_test(nothing_needs_nothing),
        cmocka_unit_test(thousands_take_no_time),
        cmocka_unit_test(random_blocks_never_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
