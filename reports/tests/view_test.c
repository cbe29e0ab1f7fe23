/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/tests/sample_results.h"
#include "reports/view.h"

static edy_view *view_of(const edy_results *results) {
    edy_view *view = NULL;
    assert_int_equal(edy_view_create(results, &view, NULL), EDY_OK);
    return view;
}

static edy_results *one_case(edy_verdict verdict) {
    edy_results *results = edy_sample_empty();
    edy_record r;
    edy_record_init(&r);
    strcpy(r.workload, "w");
    strcpy(r.variant, "v");
    strcpy(r.backend, "b");
    r.threads = r.batch = 1;
    r.verdict = verdict;
    edy_sample_latency(&r, 1e6, 50, 1);
    r.accuracy = (edy_accuracy){.n = 10, .correct = 9, .top1 = 0.9};
    edy_record_set_name(&r);
    assert_int_equal(edy_results_add(results, &r, NULL), EDY_OK);
    return results;
}

static void verdict_lines_have_the_denominator(void **state) {
    (void)state;
    static const struct {
        edy_verdict verdict;
        const char *line;
        edy_tone tone;
    } rows[] = {{EDY_VERDICT_PASS, "The only case is right (1 of 1).", EDY_TONE_GOOD},
                {EDY_VERDICT_FAIL, "0 of 1 case right; 1 wrong.", EDY_TONE_BAD},
                {EDY_VERDICT_CRASH, "0 of 1 case right; 1 crashed.", EDY_TONE_BAD},
                {EDY_VERDICT_SKIP, "0 of 1 case right; 1 skipped.", EDY_TONE_MIXED},
                {EDY_VERDICT_UNSUPPORTED, "0 of 1 case right; 1 unsupported.", EDY_TONE_MIXED},
                {EDY_VERDICT_MISTRUSTED, "0 of 1 case right; 1 mistrusted.", EDY_TONE_MIXED},
                {EDY_VERDICT_NONE, "0 of 1 case right; 1 not judged.", EDY_TONE_MIXED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[200];
        edy_results *results = one_case(rows[i].verdict);
        edy_view *view = view_of(results);
        edy_view_verdict_line(view, line, sizeof line);
        assert_string_equal(line, rows[i].line);
        assert_int_equal(edy_view_tone(view), rows[i].tone);
        edy_view_destroy(view);
        edy_results_destroy(results);
    }
}

static void nothing_and_half_are_not_good(void **state) {
    (void)state;
    char line[200];
    edy_results *results = edy_sample_empty();
    edy_view *view = view_of(results);
    edy_view_verdict_line(view, line, sizeof line);
    assert_string_equal(line, "Nothing ran: 0 cases.");
    assert_int_equal(edy_view_tone(view), EDY_TONE_BAD);
    assert_null(edy_view_fastest(view, "resnet8"));
    edy_view_destroy(view);
    edy_results_destroy(results);

    results = edy_sample_results();
    results->complete = false;
    view = view_of(results);
    edy_view_verdict_line(view, line, sizeof line);
    assert_string_equal(line, "All cases right (24 of 24). The run was cut off; these cases were "
                              "finished.");
    assert_int_equal(edy_view_tone(view), EDY_TONE_MIXED);
    edy_view_destroy(view);
    edy_results_destroy(results);
}

static void no_time_of_what_is_wrong_or_emulated(void **state) {
    (void)state;
    for (int v = 0; v < EDY_VERDICT_COUNT; v++)
        for (int emulated = 0; emulated < 2; emulated++) {
            edy_results *results = one_case((edy_verdict)v);
            results->context.emulated = emulated;
            edy_view *view = view_of(results);
            const bool may = !emulated && (v == EDY_VERDICT_PASS || v == EDY_VERDICT_MISTRUSTED ||
                                           v == EDY_VERDICT_NONE);
            assert_int_equal(edy_view_timed(view, view->record[0]), may);
            assert_int_equal(isfinite(edy_view_image_ns(view, view->record[0])), may);
            assert_int_equal(edy_view_fastest(view, "w") != NULL, may);
            edy_view_destroy(view);
            edy_results_destroy(results);
        }
}

static void order_groups_what_a_run_mixed(void **state) {
    (void)state;
    edy_results *results = edy_sample_results(), *mixed = edy_sample_empty();
    for (size_t i = 0; i < results->n; i++) /* 5 and 24 share no factor: every case once */
        assert_int_equal(edy_results_add(mixed, &results->records[i * 5 % 24], NULL), EDY_OK);
    edy_view *view = view_of(mixed);
    for (size_t i = 1; i < view->n; i++) {
        const edy_record *a = view->record[i - 1], *b = view->record[i];
        if (strcmp(a->workload, b->workload) == 0 && strcmp(a->variant, b->variant) == 0 &&
            strcmp(a->backend, b->backend) == 0)
            assert_true(a->threads < b->threads);
    }
    size_t changes = 0;
    for (size_t i = 1; i < view->n; i++)
        changes += strcmp(view->record[i - 1]->workload, view->record[i]->workload) != 0;
    assert_int_equal(changes, 2);
    edy_view_destroy(view);
    edy_results_destroy(results);
    edy_results_destroy(mixed);
}

static void the_fastest_is_right_and_per_image(void **state) {
    (void)state;
    edy_results *results = edy_sample_results();
    edy_view *view = view_of(results);
    const edy_record *best = edy_view_fastest(view, "resnet8");
    assert_string_equal(best->name, "resnet8/int8/avx2/threads:2");
    edy_view_destroy(view);
    for (size_t i = 0; i < results->n; i++) {
        edy_record *r = &results->records[i];
        if (strcmp(r->name, "resnet8/int8/avx2/threads:2") == 0)
            r->verdict = EDY_VERDICT_MISTRUSTED; /* faster, but nothing says that it is right */
        if (strcmp(r->name, "resnet8/fp32/avx2/threads:2") == 0)
            r->batch = 8;
    }
    view = view_of(results);
    best = edy_view_fastest(view, "resnet8");
    assert_string_equal(best->name, "resnet8/fp32/avx2/threads:2");
    assert_true(fabs(edy_view_image_ns(view, best) * 8.0 - best->latency.median_ns) < 1e-6);
    edy_view_destroy(view);
    edy_results_destroy(results);
}

static void doubts_are_gathered_by_code(void **state) {
    (void)state;
    char marks[16], line[200];
    edy_results *results = edy_sample_results();
    edy_view *view = view_of(results);
    assert_int_equal(view->n_doubts, 3);
    assert_string_equal(view->doubt[0].code, "frequency");
    assert_true(view->doubt[0].of_run);
    assert_string_equal(view->doubt[0].mark, "");
    assert_string_equal(view->doubt[1].code, "placement");
    assert_int_equal(view->doubt[1].cases, 12);
    assert_string_equal(view->doubt[1].mark, "a");
    assert_string_equal(view->doubt[2].mark, "b");
    for (size_t i = 0; i < view->n; i++) {
        const char *name = view->record[i]->name;
        edy_view_marks(view, view->record[i], marks, sizeof marks);
        if (strcmp(name, "resnet8/int8/avx2/threads:2") == 0)
            assert_string_equal(marks, "ab");
        if (strcmp(name, "dscnn/int8/avx2/threads:1") == 0)
            assert_string_equal(marks, "");
    }
    edy_cases_text(view->doubt[1].first, 12, line, sizeof line);
    assert_string_equal(line, "simplecnn/fp32/avx2/threads:2, and 11 more");
    edy_view_destroy(view);
    edy_results_destroy(results);
}

/* As many codes as records can hold must neither overflow nor be lost without a word. */
static void too_many_doubts_are_counted(void **state) {
    (void)state;
    edy_results *results = edy_sample_many(60);
    for (size_t i = 0; i < results->n; i++)
        for (int k = 0; k < EDY_MAX_DOUBTS; k++) {
            char code[32];
            snprintf(code, sizeof code, "code-%zu-%d", i, k);
            edy_record_doubt(&results->records[i], code, "text");
        }
    edy_view *view = view_of(results);
    assert_int_equal(view->n_doubts, EDY_VIEW_MAX_GROUPS);
    assert_int_equal(view->left_out, 60 * EDY_MAX_DOUBTS - EDY_VIEW_MAX_GROUPS);
    for (size_t i = 0; i < view->n_doubts; i++)
        assert_true(strlen(view->doubt[i].mark) >= 1 && strlen(view->doubt[i].mark) <= 2);
    edy_view_destroy(view);
    edy_results_destroy(results);
}

static void reasons_are_worst_first(void **state) {
    (void)state;
    edy_results *results = edy_sample_odd();
    strcpy(results->records[3].verdict_reason, "3 of 320 elements differ, the first at 17");
    results->records[3].verdict = EDY_VERDICT_FAIL;
    edy_view *view = view_of(results);
    assert_int_equal(view->reason[0].verdict, EDY_VERDICT_FAIL);
    assert_int_equal(view->reason[0].cases, 2);
    for (size_t i = 1; i < view->n_reasons; i++)
        assert_true(edy_verdict_tone(view->reason[i - 1].verdict) >=
                    edy_verdict_tone(view->reason[i].verdict));
    size_t sum = view->verdict_count[EDY_VERDICT_PASS];
    for (size_t i = 0; i < view->n_reasons; i++)
        sum += view->reason[i].cases;
    assert_int_equal(sum, view->n);
    edy_view_destroy(view);
    edy_results_destroy(results);
}

static void lines_about_the_run(void **state) {
    (void)state;
    char line[600];
    edy_results *results = edy_sample_results();
    edy_view *view = view_of(results);
    edy_machine_line(&results->context, line, sizeof line);
    assert_string_equal(line, "AMD EPYC 7763 64-Core Processor, 2 cores, 23.5 GiB, Linux 6.1.0 "
                              "x86_64, kvm, governor unknown");
    edy_build_line(&results->context, line, sizeof line);
    assert_string_equal(line, "edyno 0.1.0 (0123456789ab), GNU 12.2.0, Release");
    edy_accuracy_line(view, line, sizeof line);
    assert_string_equal(line, "Top-1 is of 10,000 images of fashion-mnist:test: its 95 % intervals "
                              "reach at most 0.6 points to each side.");
    edy_view_destroy(view);
    edy_results_destroy(results);

    results = edy_sample_empty();
    edy_context_init(&results->context); /* nothing known at all */
    view = view_of(results);
    edy_machine_line(&results->context, line, sizeof line);
    assert_string_equal(line, "unknown CPU, governor unknown");
    edy_accuracy_line(view, line, sizeof line);
    assert_string_equal(line, "");
    char tight[20];
    edy_machine_line(&results->context, tight, sizeof tight);
    assert_int_equal(strlen(tight), sizeof tight - 1);
    edy_view_destroy(view);
    edy_results_destroy(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_lines_have_the_denominator),
        cmocka_unit_test(nothing_and_half_are_not_good),
        cmocka_unit_test(no_time_of_what_is_wrong_or_emulated),
        cmocka_unit_test(order_groups_what_a_run_mixed),
        cmocka_unit_test(the_fastest_is_right_and_per_image),
        cmocka_unit_test(doubts_are_gathered_by_code),
        cmocka_unit_test(too_many_doubts_are_counted),
        cmocka_unit_test(reasons_are_worst_first),
        cmocka_unit_test(lines_about_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
