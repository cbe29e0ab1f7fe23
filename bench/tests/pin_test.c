/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <string.h>

#include "bench/pin.h"
#include "engine/threads.h"

/* Two hardware threads a core: only one of each is used. */
static void one_thread_a_core(void **state) {
    (void)state;
    edy_pinning *p = NULL;
    assert_int_equal(edy_pinning_create("pack:2 core:2 pu:2", &p, NULL), EDY_OK);
    assert_int_equal(edy_pinning_cores(p), 4);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(edy_pinning_cpu(p, i), 2 * (i % 4));
    edy_pin_worker(p, 3); /* binds nothing */
    assert_int_equal(edy_pinning_failures(p), 0);
    edy_pinning_destroy(p);
    edy_error err;
    assert_int_equal(edy_pinning_create("core:what", &p, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "core:what"));
    edy_pinning_destroy(NULL);
}

typedef struct seen {
    edy_pinning *pinning;
    int cpu[EDY_MAX_THREADS], n[EDY_MAX_THREADS];
} seen;

static void note_affinity(seen *s, unsigned worker) {
    cpu_set_t set;
    CPU_ZERO(&set);
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    s->n[worker] = CPU_COUNT(&set);
    for (s->cpu[worker] = 0; !CPU_ISSET(s->cpu[worker], &set);)
        s->cpu[worker]++;
}

static void on_start(void *context, unsigned worker) {
    seen *s = context;
    edy_pin_worker(s->pinning, worker);
    note_affinity(s, worker);
}

static void idle(void *context, size_t begin, size_t end) {
    (void)context;
    (void)begin;
    (void)end;
}

static void workers_are_bound_and_caller_restored(void **state) {
    (void)state;
    seen s = {.pinning = NULL};
    if (edy_pinning_create(NULL, &s.pinning, NULL))
        skip(); /* a sandbox without binding */
    cpu_set_t before, after;
    CPU_ZERO(&before);
    CPU_ZERO(&after);
    sched_getaffinity(0, sizeof before, &before);
    edy_pin_worker(s.pinning, 0);
    note_affinity(&s, 0);
    edy_threads *pool = NULL;
    assert_int_equal(edy_threads_create(3, on_start, &s, &pool, NULL), EDY_OK);
    edy_parallel_for(pool, 3, idle, NULL);
    edy_threads_destroy(pool);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(s.n[i], 1);
        assert_int_equal(s.cpu[i], edy_pinning_cpu(s.pinning, i));
    }
    edy_pin_cores(s.pinning, 2);
    note_affinity(&s, 0);
    assert_int_equal(s.n[0], edy_pinning_cores(s.pinning) >= 2 ? 2 : 1);
    edy_pin_cores(s.pinning, 1000); /* no more than there are */
    note_affinity(&s, 0);
    assert_int_equal(s.n[0], edy_pinning_cores(s.pinning));
    assert_int_equal(edy_pinning_failures(s.pinning), 0);
    edy_pin_restore(s.pinning);
    sched_getaffinity(0, sizeof after, &after);
    assert_true(CPU_EQUAL(&before, &after));
    edy_pinning_destroy(s.pinning);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_a_core),
        cmocka_unit_test(workers_are_bound_and_caller_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
