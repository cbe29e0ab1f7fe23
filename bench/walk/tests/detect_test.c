/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The gates of the kernel walk catch what they claim to: a dropped term, swapped channels, one
 * rounding to half precision, at every length of a reduction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bench/walk/detect.h"

static void faults_are_caught_at_every_length(void **state) {
    (void)state;
    edy_detect_table table;
    edy_detect_run(60, 1, &table);
    edy_detect_print(&table, 60, stdout);
    assert_int_equal(table.n, EDY_DETECT_COUNT * EDY_DETECT_DEPTHS);
    assert_int_equal(table.false_alarms, 0);
    for (size_t i = 0; i < table.n; i++) /* a rate of few cases says nothing */
        assert_true(table.row[i].by[table.row[i].fault == EDY_DETECT_HALF].changed >= 20);
    assert_true(edy_detect_holds(&table));
}

static void a_missed_fault_or_a_false_alarm_shows(void **state) {
    (void)state;
    edy_detect_table table = {.n = 1};
    table.row[0] = (edy_detect_row){.fault = EDY_DETECT_DROPPED, .depth = 9};
    assert_false(edy_detect_holds(&table)); /* nothing was tried */
    table.row[0].by[0].changed = table.row[0].by[0].caught = 50;
    assert_true(edy_detect_holds(&table));
    table.row[0].by[0].caught = 49;
    assert_false(edy_detect_holds(&table));
    table.row[0].by[0].caught = 50;
    table.false_alarms = 1;
    assert_false(edy_detect_holds(&table));
    table.n = 0;
    assert_false(edy_detect_holds(&table));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_caught_at_every_length),
        cmocka_unit_test(a_missed_fault_or_a_false_alarm_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
