/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Between two cores: a plausible time, a sentence where there is one core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <sched.h>
#include <string.h>

#include "bench/ping_pong.h"

static void two_cores_answer(void **state) {
    (void)state;
    edy_pinning *p = NULL;
    edy_error err;
    double ns = -1;
    cpu_set_t before, after;
    CPU_ZERO(&before);
    CPU_ZERO(&after);
    if (edy_pinning_create(NULL, &p, NULL))
        skip(); /* a sandbox without binding */
    if (edy_pinning_cores(p) < 2) {
        edy_pinning_destroy(p);
        skip();
    }
    sched_getaffinity(0, sizeof before, &before);
    if (edy_ping_pong(p, &ns, &err))
        fail_msg("%s", err.message);
    assert_true(ns > 1 &&
                ns < 1e8); /* light needs longer than 1 ns; a loaded machine a time slice */
    sched_getaffinity(0, sizeof after, &after);
    assert_true(CPU_EQUAL(&before, &after));
    edy_pinning_destroy(p);
}

static void one_core_is_said(void **state) {
    (void)state;
    edy_pinning *p = NULL;
    edy_error err;
    double ns = 0;
    assert_int_equal(edy_pinning_create("pack:1 core:1 pu:2", &p, NULL), EDY_OK);
    assert_int_equal(edy_ping_pong(p, &ns, &err), EDY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "one core"));
    assert_true(isnan(ns));
    edy_pinning_destroy(p);
}

static void limit_between_near_and_far(void **state) {
    (void)state;
    assert_string_equal(edy_ping_pong_text(60), "near");
    assert_string_equal(edy_ping_pong_text(75), "near");
    assert_string_equal(edy_ping_pong_text(320), "far");
    assert_string_equal(edy_ping_pong_text(NAN), "not measured");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cores_answer),
        cmocka_unit_test(one_core_is_said),
        cmocka_unit_test(limit_between_near_and_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
