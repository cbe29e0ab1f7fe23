/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/plot_script.h"
#include "reports/tests/report_files.h"
#include "reports/tests/sample_results.h"

static char old_path[4096];

static bool have_gnuplot(void) {
    return system("command -v gnuplot >/dev/null 2>&1") == 0; /* of the test, not of the program */
}

static int keep_path(void **state) {
    (void)state;
    const char *path = getenv("PATH");
    snprintf(old_path, sizeof old_path, "%s", path ? path : "");
    return 0;
}

static int restore_path(void **state) {
    (void)state;
    return setenv("PATH", old_path, 1);
}

static const char *const names[] = {"latency", "memory", "accuracy"};
static const char *const endings[] = {".gp", ".svg", ".png", "-narrow.svg"};

static bool has(const char *folder, size_t plot, size_t ending) {
    char name[64];
    snprintf(name, sizeof name, "plots/%s%s", names[plot], endings[ending]);
    return edy_test_exists(folder, name);
}

static void draws_all_forms(void **state) {
    (void)state;
    if (!have_gnuplot())
        skip();
    edy_results *results = edy_sample_results();
    char *folder = edy_test_folder();
    edy_test_write_all(results, folder);
    for (size_t p = 0; p < 3; p++)
        for (size_t e = 0; e < 4; e++)
            assert_true(has(folder, p, e));
    assert_false(edy_test_exists(folder, "plots/missing.txt"));
    char *svg = edy_test_text(folder, "plots/latency.svg");
    assert_true(edy_test_balanced(svg));
    assert_non_null(strstr(svg, "AMD EPYC 7763"));  /* the machine, */
    assert_non_null(strstr(svg, "29.0 \xC2\xB5s")); /* the median with its unit, */
    assert_non_null(strstr(svg, "\xC2\xB1"
                                "0.2%"));  /* its interval, */
    assert_non_null(strstr(svg, ">437<")); /* and n */
    char *page = edy_test_text(folder, "report.html"), *md = edy_test_text(folder, "report.md");
    assert_int_equal(edy_test_count(page, "<svg"), 6);
    assert_true(edy_test_balanced(page));
    assert_null(strstr(page, "http:"));
    assert_int_equal(edy_test_count(md, "!["), 3);
    free(md);
    free(page);
    free(svg);
    edy_test_folder_remove(folder);
    edy_results_destroy(results);
}

static void names_are_shown_as_they_are(void **state) {
    (void)state;
    if (!have_gnuplot())
        skip();
    edy_results *results = edy_sample_odd();
    char *folder = edy_test_folder();
    edy_test_write_all(results, folder);
    assert_false(edy_test_exists(folder, "plots/missing.txt"));
    assert_false(has(folder, 1, 1)); /* no memory was measured */
    char *svg = edy_test_text(folder, "plots/latency.svg"),
         *other = edy_test_text(folder, "plots/accuracy.svg");
    assert_true(edy_test_balanced(svg) && edy_test_balanced(other));
    assert_non_null(strstr(svg, ">it's \"quoted\", and,commas<"));
    assert_non_null(strstr(svg, ">$(reboot) @macro \\n %s %n<"));
    assert_non_null(strstr(svg, ">pipe|`tick`*_x<"));
    assert_null(strstr(svg, "<script"));
    assert_non_null(strstr(other, "a_b{c}^d"));
    assert_null(strstr(svg, "77.8")); /* of a FAIL */
    char *page = edy_test_text(folder, "report.html");
    assert_true(edy_test_balanced(page));
    free(page);
    free(other);
    free(svg);
    edy_test_folder_remove(folder);
    edy_results_destroy(results);
}

static void one_sample_and_many_cases(void **state) {
    (void)state;
    if (!have_gnuplot())
        skip();
    edy_results *results = edy_sample_many(100);
    edy_record_clear(&results->records[0]);
    edy_sample_latency(&results->records[0], 5e3, 1, 3);
    char *folder = edy_test_folder();
    edy_test_write_all(results, folder);
    assert_false(edy_test_exists(folder, "plots/missing.txt"));
    char *svg = edy_test_text(folder, "plots/latency.svg");
    assert_non_null(strstr(svg, "The first 60 of 100 timed cases."));
    free(svg);
    edy_test_folder_remove(folder);
    edy_results_destroy(results);
}

static void no_times_no_latency_plot(void **state) {
    (void)state;
    edy_results *results = edy_sample_emulated();
    char *folder = edy_test_folder();
    edy_test_write_all(results, folder);
    assert_false(has(folder, 0, 0) || has(folder, 0, 1));
    assert_false(has(folder, 2, 0) || has(folder, 2, 1));
    assert_true(has(folder, 1, 0));
    edy_test_folder_remove(folder);
    edy_results_destroy(results);
}

static void check_complete_without_plots(const char *folder, const char *sentence) {
    char *missing = edy_test_text(folder, "plots/missing.txt"),
         *page = edy_test_text(folder, "report.html"), *md = edy_test_text(folder, "report.md");
    assert_non_null(missing);
    assert_non_null(strstr(missing, sentence));
    assert_non_null(strstr(page, sentence));
    assert_non_null(strstr(md, sentence));
    assert_null(strstr(page, "<svg"));
    assert_null(strstr(md, "!["));
    assert_int_equal(edy_test_count(page, ">PASS<"), 24);
    assert_int_equal(edy_test_count(md, "| PASS |"), 24);
    assert_true(edy_test_balanced(page));
    assert_true(edy_test_exists(folder, "results.json"));
    assert_true(edy_test_exists(folder, "results.csv"));
    for (size_t p = 0; p < 3; p++) {
        assert_true(has(folder, p, 0)); /* the script, with the data */
        for (size_t e = 1; e < 4; e++)
            assert_false(has(folder, p, e));
    }
    free(md);
    free(page);
    free(missing);
}

static void complete_without_gnuplot(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    char *folder = edy_test_folder();
    edy_test_write_all(results, folder); /* leaves pictures, which must not outlive their data */
    setenv("PATH", "/nonexistent", 1);
    edy_test_write_all(results, folder);
    check_complete_without_plots(folder, "gnuplot is not installed");
    setenv("PATH", "", 1);
    edy_test_write_all(results, folder);
    restore_path(NULL);
    edy_test_write_all(results, folder);
    assert_int_equal(edy_test_exists(folder, "plots/missing.txt"), !have_gnuplot());
    edy_test_folder_remove(folder);
    edy_results_destroy(results);
}

static void write_program(const char *folder, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/gnuplot", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
}

static void a_failing_gnuplot_is_a_sentence(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    char *folder = edy_test_folder(), *programs = edy_test_folder();
    setenv("PATH", programs, 1);
    write_program(programs, "#!/bin/sh\necho 'line 0: no such terminal' >&2\nexit 3\n");
    edy_test_write_all(results, folder);
    check_complete_without_plots(folder, "gnuplot failed (exit code 3): line 0: no such terminal");
    write_program(programs, "#!/bin/sh\nkill -9 $$\n");
    edy_test_write_all(results, folder);
    check_complete_without_plots(folder, "gnuplot was ended by signal 9");
    restore_path(NULL);
    edy_test_folder_remove(programs);
    edy_test_folder_remove(folder);
    edy_results_destroy(results);
}

static void a_folder_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    for (size_t i = 0; i < edy_report_writer_count; i++) {
        edy_error err;
        if (!edy_report_writers[i]->write)
            continue;
        assert_int_equal(edy_report_writers[i]->write(results, "/nonexistent/folder", &err),
                         EDY_IO);
        assert_non_null(strstr(err.message, "/nonexistent/folder"));
        assert_null(strchr(err.message, '\n'));
    }
    edy_results_destroy(results);
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    for (size_t i = 0; i < edy_report_writer_count; i++) {
        edy_error err;
        FILE *full = fopen("/dev/full", "w");
        if (!full)
            skip();
        if (edy_report_writers[i]->print)
            assert_int_equal(edy_report_writers[i]->print(results, full, &err), EDY_IO);
        fclose(full);
    }
    edy_results_destroy(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(draws_all_forms, keep_path, restore_path),
        cmocka_unit_test_setup_teardown(names_are_shown_as_they_are, keep_path, restore_path),
        cmocka_unit_test_setup_teardown(one_sample_and_many_cases, keep_path, restore_path),
        cmocka_unit_test_setup_teardown(no_times_no_latency_plot, keep_path, restore_path),
        cmocka_unit_test_setup_teardown(complete_without_gnuplot, keep_path, restore_path),
        cmocka_unit_test_setup_teardown(a_failing_gnuplot_is_a_sentence, keep_path, restore_path),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_an_error),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
