/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Every fault is caught by its gate; and the self-test itself can fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "bench/selftest/selftest.h"

static void every_fault_is_caught(void **state) {
    (void)state;
    assert_true(edy_fault_count() >= 90);
    for (size_t i = 0; i < edy_fault_count(); i++) {
        const edy_fault_result r = edy_fault_try(edy_fault_at(i));
        if (!r.caught)
            fail_msg("%s: %s", r.fault->name, r.text);
        assert_non_null(strstr(r.text, r.fault->sign));
    }
}

static void names_are_unique_and_found(void **state) {
    (void)state;
    for (size_t i = 0; i < edy_fault_count(); i++) {
        const edy_fault *f = edy_fault_at(i);
        assert_ptr_equal(edy_fault_find(f->name), f);
        assert_true(strlen(f->name) <= 28 && strlen(f->gate) <= 24 && f->sign[0]);
    }
    assert_null(edy_fault_at(edy_fault_count()));
    assert_null(edy_fault_find("no-such-fault"));
}

/* ---- Gates that do not work ------------------------------------------------------------------ */

enum { BLIND, NERVOUS, MISTAKEN, ABSENT, WORKING };
static char last_folder[EDY_FAULT_PATH];

static void ask(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer) {
    char path[EDY_FAULT_PATH];
    snprintf(last_folder, sizeof last_folder, "%s", folder);
    assert_true(edy_fault_write(answer, edy_fault_path(folder, "file", path), "x", 1));
    if (fault->kind == ABSENT && harmed)
        edy_gate_trouble(answer, "not here");
    if (fault->kind == NERVOUS || (fault->kind == MISTAKEN && harmed))
        edy_gate_fires(answer, "something else");
    if (fault->kind == WORKING && harmed)
        edy_gate_fires(answer, "the thing is %d", 7);
}

static edy_fault_result try(int kind) {
    const edy_fault fault = {"made-up", "made up", "thing is 7", ask, kind, NULL};
    return edy_fault_try(&fault);
}

static void a_gate_that_does_not_work_is_missed(void **state) {
    (void)state;
    const struct {
        int kind;
        const char *why;
    } all[] = {{BLIND, "let it pass"},
               {NERVOUS, "fires on what is unharmed: something else"},
               {MISTAKEN, "for another reason (not \"thing is 7\"): something else"},
               {ABSENT, "could not be asked: not here"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const edy_fault_result r = try(all[i].kind);
        assert_false(r.caught);
        assert_non_null(strstr(r.text, all[i].why));
    }
    const edy_fault_result r = try(WORKING);
    assert_true(r.caught);
    assert_string_equal(r.text, "the thing is 7");
}

static void nothing_is_left_behind(void **state) {
    (void)state;
    try(WORKING);
    assert_true(last_folder[0] == '/');
    assert_int_not_equal(access(last_folder, F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_caught),
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(a_gate_that_does_not_work_is_missed),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
