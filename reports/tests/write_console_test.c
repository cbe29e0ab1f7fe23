/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/console.h"
#include "reports/tests/report_files.h"
#include "reports/tests/sample_results.h"

static char *shown(const edy_results *results, size_t width, bool color) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    assert_int_equal(edy_console_print(results, width, color, memory, NULL), EDY_OK);
    fclose(memory);
    return text;
}

/* The table is what stands from the line of titles to the next empty line after the last case. */
static void check_lines(const char *text, size_t width, bool names_too) {
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        const size_t n = strcspn(line, "\n");
        const bool name = strstr(line, "/threads:") && strstr(line, "/threads:") < line + n;
        if (names_too || !name) /* a case's name is not broken: one can copy it */
            assert_true(n <= width);
        if (n > 0)
            assert_true(line[n - 1] != ' ');
        for (size_t i = 0; i < n; i++)
            assert_true(line[i] >= ' ' && line[i] <= '~');
    }
}

static void fits_any_width(void **state) {
    (void)state;
    edy_results *all[] = {edy_sample_results(), edy_sample_odd(), edy_sample_many(30),
                          edy_sample_emulated(), edy_sample_empty()};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (size_t width = 60; width <= 160; width++) {
            char *text = shown(all[i], width, false);
            check_lines(text, width, i == 0);
            free(text);
        }
        edy_results_destroy(all[i]);
    }
}

static void shows_more_where_there_is_room(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    char *narrow = shown(results, 80, false), *wide = shown(results, 120, false);
    static const char *const both[] = {"workload", "variant", "backend", "thr",    "verdict",
                                       "median",   "p99",     "top-1",   "doubt",  "PASS",
                                       "29.0 us",  "91.8 %",  "31.9 us", "+-0.2%", "24 of 24"};
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        assert_non_null(strstr(narrow, both[i]));
        assert_non_null(strstr(wide, both[i]));
    }
    assert_null(strstr(narrow, "peak RSS"));
    assert_non_null(strstr(wide, "peak RSS"));
    assert_non_null(strstr(wide, "arena"));
    assert_int_equal(edy_test_count(narrow, "PASS"), 24);
    free(narrow);
    free(wide);
    edy_results_destroy(results);
}

static void wrong_cases_have_no_number(void **state) {
    (void)state;
    edy_results *results = edy_sample_odd();
    char *text = shown(results, 160, false);
    assert_null(strstr(text, "77.7 us")); /* the time of a FAIL */
    assert_null(strstr(text, "71.4 %"));  /* its accuracy */
    assert_non_null(strstr(text, "FAIL resnet8/fp32/avx2/threads:2\n    NaN at 3\n"));
    assert_non_null(strstr(text, "CRASH resnet8/prune80/avx2/threads:1"));
    assert_non_null(strstr(text, "ns*"));
    assert_non_null(strstr(text, "* of means of n"));
    assert_non_null(strstr(text, "cut off"));
    free(text);
    edy_results_destroy(results);
    results = edy_sample_emulated();
    text = shown(results, 160, false);
    assert_null(strstr(text, " us"));
    assert_null(strstr(text, " ms"));
    assert_null(strstr(text, "median"));
    assert_non_null(strstr(text, "emulated"));
    free(text);
    edy_results_destroy(results);
}

static void colour_only_where_asked(void **state) {
    (void)state;
    edy_results *results = edy_sample_odd();
    char *plain = shown(results, 100, false), *colored = shown(results, 100, true);
    assert_null(strchr(plain, '\033'));
    assert_non_null(strstr(colored, "\033[1;31mFAIL\033[0m"));
    assert_int_equal(edy_test_count(colored, "\033[") % 2, 0);
    free(plain);
    free(colored);
    char *printed = edy_test_printed(results, "console"); /* not a terminal */
    assert_null(strchr(printed, '\033'));
    free(printed);
    edy_results_destroy(results);
}

static void shortened_names_stay_apart(void **state) {
    (void)state;
    edy_results *results = edy_sample_many(12);
    char *text = shown(results, 80, false);
    for (int i = 0; i < 12; i++) { /* told apart though shortened */
        char part[24];
        snprintf(part, sizeof part, "_%d.onnx", i);
        assert_int_equal(edy_test_count(text, part), 1);
    }
    assert_non_null(strstr(text, "~ shortened"));
    free(text);
    edy_results_destroy(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_any_width),
        cmocka_unit_test(shows_more_where_there_is_room),
        cmocka_unit_test(wrong_cases_have_no_number),
        cmocka_unit_test(colour_only_where_asked),
        cmocka_unit_test(shortened_names_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
