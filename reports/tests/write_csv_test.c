/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <csv.h>
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

enum { MAX_COLUMNS = 96, MAX_ROWS = 120 };

typedef struct sheet {
    char *cell[MAX_ROWS][MAX_COLUMNS];
    size_t columns[MAX_ROWS], rows;
} sheet;

static void on_field(void *text, size_t bytes, void *context) {
    sheet *s = context;
    assert_true(s->rows < MAX_ROWS && s->columns[s->rows] < MAX_COLUMNS);
    char *copy = calloc(1, bytes + 1); /* libcsv's field has no NUL behind it */
    assert_non_null(copy);
    if (bytes)
        memcpy(copy, text, bytes);
    s->cell[s->rows][s->columns[s->rows]++] = copy;
}

static void on_row(int end, void *context) {
    (void)end;
    ((sheet *)context)->rows++;
}

/* Reads by libcsv, which refuses what RFC 4180 does not allow. */
static sheet *parse(const char *text) {
    sheet *s = calloc(1, sizeof *s);
    struct csv_parser parser;
    assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    assert_int_equal(csv_parse(&parser, text, strlen(text), on_field, on_row, s), strlen(text));
    assert_int_equal(csv_fini(&parser, on_field, on_row, s), 0);
    csv_free(&parser);
    for (size_t r = 1; r < s->rows; r++)
        assert_int_equal(s->columns[r], s->columns[0]);
    return s;
}

static void release(sheet *s) {
    for (size_t r = 0; r < s->rows; r++)
        for (size_t c = 0; c < s->columns[r]; c++)
            free(s->cell[r][c]);
    free(s);
}

static const char *get(const sheet *s, size_t row, const char *column) {
    for (size_t c = 0; c < s->columns[0]; c++)
        if (strcmp(s->cell[0][c], column) == 0)
            return s->cell[row][c];
    fail_msg("no column %s", column);
    return NULL;
}

static void same_real(const sheet *s, size_t row, const char *column, double value) {
    const char *text = get(s, row, column);
    if (isnan(value))
        assert_string_equal(text, "");
    else
        assert_true(text[0] && strtod(text, NULL) == value);
}

static void same_integer(const sheet *s, size_t row, const char *column, int64_t value) {
    const char *text = get(s, row, column);
    if (value < 0)
        assert_string_equal(text, "");
    else
        assert_true(text[0] && strtoll(text, NULL, 10) == value);
}

static void check_row(const sheet *s, size_t row, const edy_view *view, const edy_record *r) {
    const bool timed = edy_view_timed(view, r), accurate = edy_view_accurate(r);
    assert_string_equal(get(s, row, "name"), r->name);
    assert_string_equal(get(s, row, "workload"), r->workload);
    assert_string_equal(get(s, row, "variant"), r->variant);
    assert_string_equal(get(s, row, "backend"), r->backend);
    assert_string_equal(get(s, row, "verdict"), edy_verdict_text(r->verdict));
    assert_string_equal(get(s, row, "verdict_reason"), r->verdict_reason);
    assert_string_equal(get(s, row, "counts_reason"), r->counts.reason);
    assert_string_equal(get(s, row, "cpu_model"), view->results->context.cpu_model);
    same_integer(s, row, "threads", r->threads);
    same_integer(s, row, "batch", r->batch);
    same_real(s, row, "median_ns", timed ? r->latency.median_ns : (double)NAN);
    same_real(s, row, "median_low_ns", timed ? r->latency.median_low_ns : (double)NAN);
    same_real(s, row, "mean_ns", timed ? r->latency.mean_ns : (double)NAN);
    same_real(s, row, "p99_ns", timed ? r->latency.p99_ns : (double)NAN);
    same_real(s, row, "first_ns", timed ? r->first_ns : (double)NAN);
    same_integer(s, row, "n_samples", timed ? (int64_t)r->latency.n_samples : -1);
    same_real(s, row, "top1", accurate ? r->accuracy.top1 : (double)NAN);
    same_integer(s, row, "correct", accurate ? r->accuracy.correct : -1);
    same_integer(s, row, "peak_rss", r->memory.peak_rss);
    same_integer(s, row, "arena", r->memory.arena);
    same_integer(s, row, "macs", r->macs);
}

static void libcsv_reads_it_back(void **state) {
    (void)state;
    edy_results *all[] = {edy_sample_results(), edy_sample_odd(), edy_sample_many(100),
                          edy_sample_emulated(), edy_sample_empty()};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        edy_view *view = NULL;
        assert_int_equal(edy_view_create(all[i], &view, NULL), EDY_OK);
        char *text = edy_test_printed(all[i], "csv");
        sheet *s = parse(text);
        assert_int_equal(s->rows, all[i]->n + 1);
        for (size_t r = 0; r < view->n; r++)
            check_row(s, r + 1, view, view->record[r]);
        release(s);
        free(text);
        edy_view_destroy(view);
        edy_results_destroy(all[i]);
    }
}

static void doubts_are_one_cell(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    edy_record_doubt(&results->records[0], "x", "says \"no\", and more\nthen ends");
    char *text = edy_test_printed(results, "csv");
    sheet *s = parse(text);
    assert_string_equal(get(s, 1, "doubts"), "x: says \"no\", and more\nthen ends");
    release(s);
    free(text);
    edy_results_destroy(results);
}

static void columns_are_named_once(void **state) {
    (void)state;
    edy_results *results = edy_sample_empty();
    char *text = edy_test_printed(results, "csv");
    sheet *s = parse(text);
    for (size_t a = 0; a < s->columns[0]; a++)
        for (size_t b = 0; b < a; b++)
            assert_string_not_equal(s->cell[0][a], s->cell[0][b]);
    release(s);
    free(text);
    edy_results_destroy(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libcsv_reads_it_back),
        cmocka_unit_test(doubts_are_one_cell),
        cmocka_unit_test(columns_are_named_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
