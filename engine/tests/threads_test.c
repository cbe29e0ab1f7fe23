/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/threads.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct tally {
    atomic_int touched[1000];
    atomic_int calls;
} tally;

static void touch(void *context, size_t begin, size_t end) {
    tally *t = context;
    atomic_fetch_add(&t->calls, 1);
    for (size_t i = begin; i < end; i++)
        atomic_fetch_add(&t->touched[i], 1);
}

static void check_covered(edy_threads *pool, size_t items) {
    static tally t;
    memset(&t, 0, sizeof t);
    edy_parallel_for(pool, items, touch, &t);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(t.touched[i], i < items);
    assert_true(t.calls <= (int)edy_threads_count(pool));
}

static void every_item_is_done_once(void **state) {
    (void)state;
    for (unsigned count = 1; count <= 5; count++) {
        edy_threads *pool = NULL;
        edy_error err;
        assert_int_equal(edy_threads_create(count, NULL, NULL, &pool, &err), EDY_OK);
        assert_int_equal(edy_threads_count(pool), count);
        for (size_t items = 0; items < 40; items++)
            check_covered(pool, items);
        check_covered(pool, 1000);
        edy_threads_destroy(pool);
    }
    check_covered(NULL, 17);
}

static void many_rounds_and_sleeps(void **state) {
    (void)state;
    edy_threads *pool = NULL;
    edy_error err;
    assert_int_equal(edy_threads_create(2, NULL, NULL, &pool, &err), EDY_OK);
    for (int round = 0; round < 2000; round++) {
        check_covered(pool, 2);
        if (round % 200 == 0)
            usleep(3000); /* long enough for the worker to fall asleep */
    }
    edy_threads_destroy(pool);
}

static void count_start(void *context, unsigned worker) {
    atomic_fetch_add((atomic_int *)context, (int)worker);
}

static void start_is_told_to_workers_only(void **state) {
    (void)state;
    edy_threads *pool = NULL;
    edy_error err;
    atomic_int sum = 0;
    assert_int_equal(edy_threads_create(3, count_start, &sum, &pool, &err), EDY_OK);
    edy_threads_destroy(pool);
    assert_int_equal(sum, 1 + 2);
}

static void bad_counts_are_refused(void **state) {
    (void)state;
    edy_threads *pool = (edy_threads *)&pool;
    edy_error err;
    assert_int_equal(edy_threads_create(0, NULL, NULL, &pool, &err), EDY_BAD_ARGUMENT);
    assert_null(pool);
    assert_int_equal(edy_threads_create(EDY_MAX_THREADS + 1, NULL, NULL, &pool, &err),
                     EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "257"));
    edy_threads_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_done_once),
        cmocka_unit_test(many_rounds_and_sleeps),
        cmocka_unit_test(start_is_told_to_workers_only),
        cmocka_unit_test(bad_counts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
