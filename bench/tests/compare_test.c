/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Comparing two documents: verdicts on planted changes, identity, missing and wrong cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare.h"
#include "bench/stats.h"

enum { REPETITIONS = 5, SAMPLES = 500 };

/* A record whose samples scatter by `noise` around median, each repetition shifted by up to `drift`
 * (both relative). */
static void add_case(edy_results *results, const char *workload, double median, double noise,
                     double drift, uint64_t seed) {
    edy_record r;
    edy_record_init(&r);
    snprintf(r.workload, sizeof r.workload, "%s", workload);
    strcpy(r.variant, "int8");
    strcpy(r.backend, "avx2");
    edy_record_set_name(&r);
    r.verdict = EDY_VERDICT_PASS;
    edy_latency *t = &r.latency;
    t->kind = EDY_SAMPLES_SINGLE;
    t->per_sample = t->thinning = 1;
    t->repetitions = REPETITIONS;
    t->taken = t->iterations = SAMPLES;
    t->n_samples = SAMPLES;
    t->samples_ns = malloc(SAMPLES * sizeof(double));
    double shift = 0, sorted[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        const double u = (double)(edy_random_next(&seed) >> 11) * 0x1p-53 - 0.5;
        if (i % (SAMPLES / REPETITIONS) == 0)
            shift = 2 * drift * u;
        t->samples_ns[i] = median * (1 + shift + 2 * noise * u);
        sorted[i] = t->samples_ns[i];
    }
    for (size_t k = 0; k < REPETITIONS; k++) {
        double part[SAMPLES / REPETITIONS];
        memcpy(part, t->samples_ns + k * (SAMPLES / REPETITIONS), sizeof part);
        edy_sort(part, SAMPLES / REPETITIONS);
        t->rep_median_ns[k] = edy_median_sorted(part, SAMPLES / REPETITIONS);
    }
    edy_sort(sorted, SAMPLES);
    t->median_ns = edy_median_sorted(sorted, SAMPLES);
    assert_int_equal(edy_results_add(results, &r, NULL), EDY_OK);
}

static edy_results *new_results(void) {
    edy_results *results = NULL;
    assert_int_equal(edy_results_create(&results, NULL), EDY_OK);
    strcpy(results->context.cpu_model, "A CPU");
    strcpy(results->context.compiler, "GNU 12");
    return results;
}

static edy_comparison_table *compare(const edy_results *a, const edy_results *b) {
    edy_comparison_table *t = NULL;
    edy_error err;
    if (edy_compare(a, b, 0.03, 1, &t, &err))
        fail_msg("%s", err.message);
    return t;
}

static void planted_changes_are_found(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    const double factor[] = {1.0, 1.10, 0.90, 1.01};
    const edy_change expected[] = {EDY_CHANGE_SAME, EDY_CHANGE_WORSE, EDY_CHANGE_BETTER,
                                   EDY_CHANGE_SAME};
    const char *const names[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < 4; i++) {
        add_case(a, names[i], 1e6, 0.02, 0.002, 10 + i);
        add_case(b, names[3 - i], 1e6 * factor[3 - i], 0.02, 0.002, 20 + i); /* another order */
    }
    edy_comparison_table *t = compare(a, b);
    assert_int_equal(t->n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(t->row[i].change, expected[i]);
        assert_true(t->row[i].low <= t->row[i].ratio && t->row[i].ratio <= t->row[i].high);
        assert_true(fabs(t->row[i].ratio - factor[i]) < 0.01);
    }
    assert_int_equal(edy_comparison_exit_code(t), 3);
    assert_true(fabs(t->geometric_mean - pow(1.1 * 0.9 * 1.01, 0.25)) < 0.01);
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

/* The same document against itself, and the order of the two turned round. */
static void same_and_mirrored(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "one", 1e6, 0.02, 0.002, 1);
    add_case(b, "one", 1.2e6, 0.02, 0.002, 2);
    edy_comparison_table *t = compare(a, a);
    assert_int_equal(t->row[0].change, EDY_CHANGE_SAME);
    assert_true(t->row[0].ratio == 1);
    assert_int_equal(edy_comparison_exit_code(t), 0);
    edy_comparison_destroy(t);
    t = compare(a, b);
    assert_int_equal(t->row[0].change, EDY_CHANGE_WORSE);
    edy_comparison_destroy(t);
    t = compare(b, a);
    assert_int_equal(t->row[0].change, EDY_CHANGE_BETTER);
    assert_int_equal(edy_comparison_exit_code(t), 0);
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

static edy_change change_of(const edy_results *a, const edy_results *b, const char *noted) {
    edy_comparison_table *t = compare(a, b);
    const edy_change change = t->row[0].change;
    if (noted && !strstr(t->row[0].note, noted))
        fail_msg("\"%s\" does not say %s", t->row[0].note, noted);
    assert_int_equal(edy_comparison_exit_code(t), change == EDY_CHANGE_WORSE ? 3 : 0);
    edy_comparison_destroy(t);
    return change;
}

static void set_accuracy(edy_results *r, int64_t correct, int64_t n) {
    r->records[0].accuracy =
        (edy_accuracy){.n = n, .correct = correct, .top1 = (double)correct / (double)n};
}

/* As fast as before, and yet worse. */
static void more_memory_or_errors_are_worse(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "one", 1e6, 0.02, 0.002, 1);
    add_case(b, "one", 1e6, 0.02, 0.002, 1);
    edy_memory_use *before = &a->records[0].memory, *after = &b->records[0].memory;
    before->arena = before->packed = after->arena = after->packed = 1000;
    assert_int_equal(change_of(a, b, NULL), EDY_CHANGE_SAME);
    after->arena = 1029; /* compare() allows 3 % */
    assert_int_equal(change_of(a, b, "arena 1000 -> 1029"), EDY_CHANGE_SAME);
    after->arena = 1031;
    assert_int_equal(change_of(a, b, "arena 1000 -> 1031"), EDY_CHANGE_WORSE);
    after->arena = 500;
    after->packed = 2000;
    assert_int_equal(change_of(a, b, "packed weights 1000 -> 2000"), EDY_CHANGE_WORSE);
    after->arena = after->packed = 1000;

    set_accuracy(a, 9200, 10000);
    set_accuracy(b, 9151, 10000);
    assert_int_equal(change_of(a, b, "92.00 % -> 91.51 %"), EDY_CHANGE_SAME);
    set_accuracy(b, 9149, 10000);
    assert_int_equal(change_of(a, b, "92.00 % -> 91.49 %"), EDY_CHANGE_WORSE);
    assert_int_equal(change_of(b, a, NULL), EDY_CHANGE_SAME);
    set_accuracy(b, 91, 100); /* a point less, but of 100 images */
    assert_int_equal(change_of(a, b, "of 10000 images, then of 100"), EDY_CHANGE_SAME);
    set_accuracy(b, 80, 100);
    assert_int_equal(change_of(a, b, NULL), EDY_CHANGE_WORSE);
    strcpy(b->records[0].dataset, "other");
    assert_int_equal(change_of(a, b, "data"), EDY_CHANGE_SAME);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

/* Drift between repetitions as large as the change: no verdict, and that is no pass. */
static void drift_cannot_be_told(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "one", 1e6, 0.01, 0.20, 3);
    add_case(b, "one", 1.04e6, 0.01, 0.20, 4);
    edy_comparison_table *t = compare(a, b);
    assert_int_equal(t->row[0].change, EDY_CHANGE_CANT_TELL);
    assert_int_equal(edy_comparison_exit_code(t), 4);
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

/* A loaded machine: 20 % slower is no verdict, twice as slow is. */
static void unrest_asks_for_more(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "one", 1e6, 0.01, 0.001, 3);
    add_case(a, "two", 1e6, 0.01, 0.001, 4);
    add_case(b, "one", 1.2e6, 0.01, 0.001, 5);
    add_case(b, "two", 2e6, 0.01, 0.001, 6);
    edy_context_doubt(&b->context, "load", "loaded");
    edy_comparison_table *t = compare(a, b);
    assert_int_equal(t->row[0].change, EDY_CHANGE_CANT_TELL);
    assert_non_null(strstr(t->row[0].note, "looks worse"));
    assert_int_equal(t->row[1].change, EDY_CHANGE_WORSE);
    assert_int_equal(edy_comparison_exit_code(t), 3);
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

/* Same against same, 200 times: nearly never worse or better. */
static void false_alarms_are_rare(void **state) {
    (void)state;
    size_t alarms = 0;
    for (uint64_t i = 0; i < 200; i++) {
        edy_results *a = new_results(), *b = new_results();
        add_case(a, "one", 1e6, 0.05, 0.01, 1000 + 2 * i);
        add_case(b, "one", 1e6, 0.05, 0.01, 1001 + 2 * i);
        edy_comparison_table *t = compare(a, b);
        alarms += t->row[0].change == EDY_CHANGE_WORSE || t->row[0].change == EDY_CHANGE_BETTER;
        edy_comparison_destroy(t);
        edy_results_destroy(a);
        edy_results_destroy(b);
    }
    assert_true(alarms <= 2);
}

static void other_machines_are_not_comparable(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "one", 1e6, 0.02, 0, 1);
    add_case(b, "one", 2e6, 0.02, 0, 2);
    strcpy(b->context.compiler, "Clang 14");
    strcpy(b->context.governor, "powersave");
    b->context.pinned = true;
    edy_comparison_table *t = compare(a, b);
    assert_int_equal(t->n_differences, 3);
    assert_string_equal(t->difference[0], "compiler: \"GNU 12\" -> \"Clang 14\"");
    assert_int_equal(edy_comparison_exit_code(t), 4);
    char text[4000] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    edy_comparison_print(t, f);
    fclose(f);
    assert_non_null(strstr(text, "not comparable: compiler"));
    assert_non_null(strstr(text, "one/int8/avx2/threads:1"));
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

static void missing_added_and_wrong_cases(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "both", 1e6, 0.02, 0, 1);
    add_case(a, "gone", 1e6, 0.02, 0, 2);
    add_case(b, "both", 1e6, 0.02, 0, 3);
    add_case(b, "fresh", 1e6, 0.02, 0, 4);
    edy_comparison_table *t = compare(a, b);
    assert_int_equal(t->n, 3);
    assert_int_equal(t->row[1].change, EDY_CHANGE_MISSING);
    assert_int_equal(t->row[2].change, EDY_CHANGE_ADDED);
    assert_int_equal(edy_comparison_exit_code(t), 4);
    edy_comparison_destroy(t);
    b->records[0].verdict = EDY_VERDICT_FAIL;
    strcpy(b->records[0].verdict_reason, "element 7");
    b->records[0].latency.kind = EDY_SAMPLES_NONE;
    t = compare(a, b);
    assert_int_equal(t->row[0].change, EDY_CHANGE_WRONG);
    assert_non_null(strstr(t->row[0].note, "PASS -> FAIL; element 7"));
    assert_true(isnan(t->row[0].ratio));
    assert_int_equal(edy_comparison_exit_code(t), 1);
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

static void nothing_in_common(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    edy_comparison_table *t = compare(a, b);
    assert_int_equal(edy_comparison_exit_code(t), 5);
    edy_comparison_destroy(t);
    add_case(a, "one", 1e6, 0.02, 0, 1);
    add_case(b, "two", 1e6, 0.02, 0, 1);
    t = compare(a, b);
    assert_int_equal(edy_comparison_exit_code(t), 5);
    edy_comparison_destroy(t);
    add_case(b, "two", 1e6, 0.02, 0, 1);
    edy_error err;
    assert_int_equal(edy_compare(a, b, 0.03, 1, &t, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "two records named two/int8/avx2/threads:1"));
    assert_null(t);
    edy_comparison_destroy(NULL);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

static void no_line_is_wider_than_80_columns(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "a_workload_with_quite_a_long_name", 1.234e6, 0.02, 0, 1);
    add_case(b, "a_workload_with_quite_a_long_name", 12.34e6, 0.02, 0, 2);
    a->records[0].accuracy = (edy_accuracy){.n = 1000, .correct = 929, .top1 = 0.929};
    b->records[0].accuracy = (edy_accuracy){.n = 10000, .correct = 9210, .top1 = 0.921};
    strcpy(b->records[0].dataset, "another data set with a name");
    edy_comparison_table *t = compare(a, b);
    char text[4000] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    edy_comparison_print(t, f);
    fclose(f);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

static void notes_tell_what_else_changed(void **state) {
    (void)state;
    edy_results *a = new_results(), *b = new_results();
    add_case(a, "one", 1e6, 0.02, 0, 1);
    add_case(b, "one", 1e6, 0.02, 0, 2);
    a->records[0].accuracy = (edy_accuracy){.n = 1000, .correct = 929, .top1 = 0.929};
    b->records[0].accuracy = (edy_accuracy){.n = 1000, .correct = 921, .top1 = 0.921};
    strcpy(b->records[0].model_sha256, "abc");
    a->records[0].memory.arena = 100;
    b->records[0].memory.arena = 200;
    edy_comparison_table *t = compare(a, b);
    assert_string_equal(t->row[0].note, "another model file; top-1 92.90 % -> 92.10 %; "
                                        "arena 100 -> 200 bytes");
    char text[4000] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    assert_int_equal(edy_comparison_print_json(t, f, NULL), EDY_OK);
    fclose(f);
    assert_non_null(strstr(text, "\"verdict\":\t\"worse\""));
    edy_comparison_destroy(t);
    edy_results_destroy(a);
    edy_results_destroy(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_changes_are_found),
        cmocka_unit_test(same_and_mirrored),
        cmocka_unit_test(more_memory_or_errors_are_worse),
        cmocka_unit_test(drift_cannot_be_told),
        cmocka_unit_test(unrest_asks_for_more),
        cmocka_unit_test(false_alarms_are_rare),
        cmocka_unit_test(other_machines_are_not_comparable),
        cmocka_unit_test(missing_added_and_wrong_cases),
        cmocka_unit_test(nothing_in_common),
        cmocka_unit_test(no_line_is_wider_than_80_columns),
        cmocka_unit_test(notes_tell_what_else_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
