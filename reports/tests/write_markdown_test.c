/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/tests/report_files.h"
#include "reports/tests/sample_results.h"
#include "reports/view.h"

enum { MAX_KNOWN = 400, NUMBER = 32 };

/* Every number, as text, that may stand in a record's row: from the record, rounded here by other
 * means than the writers' own. */
typedef struct known {
    char text[MAX_KNOWN][NUMBER];
    size_t n;
} known;

static void know(known *k, const char *text) {
    assert_true(k->n < MAX_KNOWN && strlen(text) < NUMBER);
    strcpy(k->text[k->n++], text);
}

/* Up to eight decimals and all units: any rounding of the value, but of no other value. */
static void know_scaled(known *k, double value, double unit, int steps) {
    char text[64];
    if (!isfinite(value) || value < 0.0)
        return;
    double in_unit = value;
    for (int s = 0; s < steps; s++, in_unit /= unit)
        for (int decimals = 0; decimals <= 5 && in_unit < 1e5 && in_unit > 0.5; decimals++) {
            snprintf(text, sizeof text, "%.*f", decimals, in_unit);
            know(k, text);
        }
}

static void know_record(known *k, const edy_record *r) {
    const edy_latency *l = &r->latency;
    const double time[] = {l->median_ns, l->median_low_ns, l->median_high_ns,
                           l->p90_ns,    l->p99_ns,        1e9 / l->median_ns};
    char text[64];
    double low, high;
    k->n = 0;
    for (size_t i = 0; i < sizeof time / sizeof *time; i++)
        know_scaled(k, time[i], 1000.0, 4);
    edy_view_accuracy_interval(&r->accuracy, &low, &high);
    const double share[] = {r->accuracy.top1, low, high};
    for (size_t i = 0; i < sizeof share / sizeof *share; i++) {
        snprintf(text, sizeof text, "%.1f", 100.0 * share[i]);
        know(k, text);
    }
    const int64_t count[] = {r->threads, r->batch, r->accuracy.n, r->accuracy.correct};
    for (size_t i = 0; i < sizeof count / sizeof *count; i++) {
        snprintf(text, sizeof text, "%lld", (long long)count[i]);
        know(k, text);
    }
}

static bool knows(const known *k, const char *text) {
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->text[i], text) == 0)
            return true;
    return false;
}

/* The section that begins with a heading, up to the next; the caller frees it. */
static char *section(const char *text, const char *heading) {
    const char *begin = strstr(text, heading);
    assert_non_null(begin);
    const char *end = strstr(begin + strlen(heading), "\n## ");
    return end ? strndup(begin, (size_t)(end - begin)) : strdup(begin);
}

/* Numbers of a line of the table, without thousands' commas; calls for each. */
static void check_numbers(const char *line, size_t bytes, const known *k) {
    for (size_t i = 0; i < bytes;) {
        const bool begins =
            isdigit((unsigned char)line[i]) &&
            (i == 0 || !(isalnum((unsigned char)line[i - 1]) || line[i - 1] == '_'));
        if (!begins) {
            i++;
            continue;
        }
        char number[NUMBER];
        size_t n = 0;
        for (; i < bytes && (isdigit((unsigned char)line[i]) || line[i] == '.' || line[i] == ',');
             i++)
            if (line[i] != ',')
                number[n++] = line[i];
        number[n] = '\0';
        if (!knows(k, number))
            fail_msg("%s is not in the record: %.*s", number, (int)bytes, line);
    }
}

static void every_number_is_in_the_record(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    edy_view *view = NULL;
    assert_int_equal(edy_view_create(results, &view, NULL), EDY_OK);
    char *text = edy_test_printed(results, "markdown"), *cases = section(text, "## Cases");
    const char *line = strstr(cases, "|\n|---"); /* titles, then rows */
    line = strchr(line + 2, '\n') + 1;
    size_t row = 0;
    for (; *line == '|'; line = strchr(line, '\n') + 1, row++) {
        known k;
        know_record(&k, view->record[row]);
        check_numbers(line, strcspn(line, "\n"), &k);
        assert_non_null(strstr(line, view->record[row]->variant));
    }
    assert_int_equal(row, results->n);
    free(cases);
    free(text);
    edy_view_destroy(view);
    edy_results_destroy(results);
}

static size_t bars(const char *line, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    return n;
}

static void rows_have_as_many_cells_as_titles(void **state) {
    (void)state;
    edy_results *all[] = {edy_sample_results(), edy_sample_odd(), edy_sample_many(20),
                          edy_sample_emulated()};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *text = edy_test_printed(all[i], "markdown");
        size_t cells = 0;
        for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
            const size_t n = strcspn(line, "\n");
            if (line[0] != '|')
                cells = 0;
            else if (cells == 0)
                cells = bars(line, n);
            else
                assert_int_equal(bars(line, n), cells);
        }
        free(text);
        edy_results_destroy(all[i]);
    }
}

static void names_are_no_markup(void **state) {
    (void)state;
    edy_results *results = edy_sample_odd();
    strcpy(results->context.command, "edyno run ```x```");
    char *text = edy_test_printed(results, "markdown");
    assert_null(strstr(text, "<script"));
    assert_non_null(strstr(text, "&lt;script>"));
    assert_non_null(strstr(text, "pipe\\|\\`tick\\`\\*\\_x"));
    assert_non_null(strstr(text, "````sh\nedyno run ```x```\n````\n"));
    assert_null(strchr(text, '\033'));
    free(text);
    edy_results_destroy(results);
}

static void wrong_cases_have_no_number(void **state) {
    (void)state;
    edy_results *results = edy_sample_odd();
    char *text = edy_test_printed(results, "markdown");
    assert_null(strstr(text, "77.8 \xC2\xB5s"));
    assert_null(strstr(text, "77.7 \xC2\xB5s"));
    assert_null(strstr(text, "71.4 %"));
    assert_null(strstr(text, "nan"));
    assert_non_null(strstr(text, "| resnet8 | fp32 | avx2 | 2 | 1 | FAIL | - |"));
    free(text);
    edy_results_destroy(results);
}

static void no_file_no_picture(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    char *text = edy_test_printed(results, "markdown");
    assert_null(strstr(text, "!["));
    free(text);
    edy_results_destroy(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_in_the_record),
        cmocka_unit_test(rows_have_as_many_cells_as_titles),
        cmocka_unit_test(names_are_no_markup),
        cmocka_unit_test(wrong_cases_have_no_number),
        cmocka_unit_test(no_file_no_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
