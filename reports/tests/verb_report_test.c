/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno report as a user calls it. It stands here, not in bench/, because it needs the formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "bench/verbs/verbs.h"
#include "reports/tests/report_files.h"
#include "reports/tests/sample_results.h"

/* Runs the verb with up to four arguments; what it prints goes to folder/out and folder/err. */
static int report(const char *folder, const char *a, const char *b, const char *c) {
    char out[512], err[512];
    char *argv[] = {"report", (char *)a, (char *)b, (char *)c, NULL};
    int argc = 1;
    while (argv[argc])
        argc++;
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(err, sizeof err, "%s/err", folder);
    fflush(stdout);
    fflush(stderr);
    const int old_out = dup(1), old_err = dup(2);
    assert_non_null(freopen(out, "w", stdout));
    assert_non_null(freopen(err, "w", stderr));
    const int code = edy_verb_main(&edy_verb_report, "edyno", argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(old_out, 1);
    dup2(old_err, 2);
    close(old_out);
    close(old_err);
    return code;
}

static char *path_in(const char *folder, const char *name) {
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static void put(const char *folder, const char *name, const char *text) {
    char *path = path_in(folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static void save(const edy_results *results, const char *folder) {
    char *path = path_in(folder, "results.json");
    assert_int_equal(edy_results_write_json(results, path, NULL), EDY_OK);
    free(path);
}

static void prints_and_writes(void **state) {
    (void)state;
    char *folder = edy_test_folder(), *to = path_in(folder, "deep/er");
    edy_results *results = edy_sample_results();
    save(results, folder);
    assert_int_equal(report(folder, folder, NULL, NULL), EDY_EXIT_OK);
    char *out = edy_test_text(folder, "out"), *err = edy_test_text(folder, "err");
    assert_non_null(strstr(out, "All cases right (24 of 24)."));
    assert_string_equal(err, "");
    free(out);
    free(err);
    assert_int_equal(report(folder, folder, "--format", "csv"), EDY_EXIT_OK);
    out = edy_test_text(folder, "out");
    char *csv = edy_test_printed(results, "csv");
    assert_string_equal(out, csv); /* results.json has kept every number that results.csv shows */
    free(csv);
    free(out);
    assert_int_equal(report(folder, folder, "-o", to), EDY_EXIT_OK);
    assert_true(edy_test_exists(to, "report.html"));
    assert_true(edy_test_exists(to, "report.md"));
    assert_true(edy_test_exists(to, "results.csv"));
    assert_true(edy_test_exists(to, "plots/latency.gp"));
    free(to);
    edy_results_destroy(results);
    edy_test_folder_remove(folder);
}

static void a_cut_journal_is_reported(void **state) {
    (void)state;
    char *folder = edy_test_folder(), *path = path_in(folder, "results.jsonl");
    edy_results *results = edy_sample_results();
    edy_journal *journal = NULL;
    assert_int_equal(edy_journal_open(path, &results->context, &journal, NULL), EDY_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(edy_journal_append(journal, &results->records[i], NULL), EDY_OK);
    assert_int_equal(edy_journal_close(journal, false, NULL), EDY_OK);
    assert_int_equal(report(folder, folder, NULL, NULL), EDY_EXIT_OK);
    char *out = edy_test_text(folder, "out");
    assert_non_null(strstr(out, "All cases right (5 of 5). The run was cut off"));
    free(out);
    free(path);
    edy_results_destroy(results);
    edy_test_folder_remove(folder);
}

static void nothing_ran_is_five(void **state) {
    (void)state;
    char *folder = edy_test_folder();
    edy_results *results = edy_sample_empty();
    save(results, folder);
    assert_int_equal(report(folder, folder, NULL, NULL), EDY_EXIT_NOTHING_RAN);
    edy_results_destroy(results);
    edy_test_folder_remove(folder);
}

static void bad_input_is_one_sentence(void **state) {
    (void)state;
    char *folder = edy_test_folder(), *empty = edy_test_folder(),
         *bad = path_in(folder, "bad.json"), *file = path_in(folder, "file");
    edy_results *results = edy_sample_results();
    save(results, folder);
    put(folder, "bad.json", "{\"context\": 3");
    put(folder, "file", "x");
    const char *calls[][3] = {{"/nonexistent.json", NULL, NULL},
                              {empty, NULL, NULL},
                              {bad, NULL, NULL},
                              {NULL, NULL, NULL},
                              {folder, "--format", "xml"},
                              {folder, "-o", file},
                              {folder, "-o", ""},
                              {folder, folder, NULL}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        assert_int_equal(report(empty, calls[i][0], calls[i][1], calls[i][2]), EDY_EXIT_USAGE);
        char *out = edy_test_text(empty, "out"), *err = edy_test_text(empty, "err");
        assert_string_equal(out, "");
        assert_true(strncmp(err, "edyno report: ", 14) == 0);
        assert_int_equal(edy_test_count(err, "\n"), 1);
        free(out);
        free(err);
    }
    free(bad);
    free(file);
    edy_results_destroy(results);
    edy_test_folder_remove(folder);
    edy_test_folder_remove(empty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_and_writes),
        cmocka_unit_test(a_cut_journal_is_reported),
        cmocka_unit_test(nothing_ran_is_five),
        cmocka_unit_test(bad_input_is_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
