/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/tests/report_files.h"
#include "reports/tests/sample_results.h"

static void check_page(const char *page) {
    assert_true(edy_test_balanced(page));
    assert_true(strncmp(page, "<!DOCTYPE html>", 15) == 0);
    /* Nothing is fetched, no address stands in it. */
    static const char *const never[] = {"http:", "https:", "//cdn",   "src=",   "@import", "url(",
                                        "<link", "<img",   "<iframe", "fetch(", "<object"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(strstr(page, never[i]));
    assert_null(strstr(page, "nan"));
    assert_null(strstr(page, "NaN<"));
    assert_null(strstr(page, ">inf"));
    assert_int_equal(edy_test_count(page, "<script"), 1);
}

static void page_is_well_formed_and_alone(void **state) {
    (void)state;
    edy_results *all[] = {edy_sample_results(), edy_sample_odd(), edy_sample_many(100),
                          edy_sample_emulated(), edy_sample_empty()};
    strcpy(all[1]->records[4].verdict_reason, "not a number at 3"); /* "NaN" is looked for */
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *page = edy_test_printed(all[i], "html");
        check_page(page);
        free(page);
        edy_results_destroy(all[i]);
    }
}

static void verdict_comes_first(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    char *page = edy_test_printed(results, "html");
    const char *order[] = {"<h1 class=\"tone-good\">All cases right (24 of 24).</h1>",
                           ">Cases<",
                           ">Doubts<",
                           ">Accuracy<",
                           ">Memory<",
                           ">Machine<",
                           ">Build<",
                           ">How to reproduce<",
                           "edyno run --threads 1,2"};
    const char *at = page;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        at = strstr(at, order[i]);
        if (!at)
            fail_msg("not in its place: %s", order[i]);
    }
    free(page);
    edy_results_destroy(results);
}

static void names_are_no_markup(void **state) {
    (void)state;
    edy_results *results = edy_sample_odd();
    char *page = edy_test_printed(results, "html");
    assert_null(strstr(page, "<script>alert"));
    assert_non_null(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_non_null(strstr(page, "it&#39;s &quot;quoted&quot;, and,commas"));
    assert_non_null(strstr(page, "a_b{c}^d"));
    assert_non_null(strstr(page, "caf\xC3\xA9 \xE2\x82\xAC"));
    assert_null(strchr(page, '\033'));
    assert_null(strstr(page, "\xff"));
    free(page);
    edy_results_destroy(results);
}

static void wrong_cases_have_no_number(void **state) {
    (void)state;
    edy_results *results = edy_sample_odd();
    char *page = edy_test_printed(results, "html");
    const char *row = strstr(page, "tone-bad\">FAIL</span></td>");
    assert_non_null(row);
    const char *end = strstr(row, "</tr>");
    for (const char *cell = strstr(row, "<td"); cell && cell < end; cell = strstr(cell + 1, "<td"))
        assert_null(memmem(cell, (size_t)(end - cell), "data-s", 6));
    assert_null(strstr(page, "71.4 %"));
    free(page);
    edy_results_destroy(results);
    results = edy_sample_emulated();
    page = edy_test_printed(results, "html");
    assert_null(strstr(page, "\xC2\xB5s<"));
    assert_null(strstr(page, " ms<"));
    assert_non_null(strstr(page, "emulated"));
    free(page);
    edy_results_destroy(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_is_well_formed_and_alone),
        cmocka_unit_test(verdict_comes_first),
        cmocka_unit_test(names_are_no_markup),
        cmocka_unit_test(wrong_cases_have_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
