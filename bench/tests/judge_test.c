/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The judge: what is right passes, and each kind of fault is a FAIL that names its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "bench/conform.h"

enum { SAMPLES = 3, CLASSES = 4 };
static const double reference_error = 1e-6; /* so the budget is 8e-6 */

/* Three samples of four logits; the class of each is clear. */
static double expected[SAMPLES * CLASSES] = {0.5, -1, 2, 0.25, 3, 1, -2, 0, -4, -3, -2, -1};

static edy_golden float_golden(void) {
    edy_golden g = {.source = EDY_GOLDEN_COMMITTED,
                    .origin = "golden",
                    .provenance = "test",
                    .samples = SAMPLES,
                    .n_inputs = 1,
                    .n_outputs = 1,
                    .reference_error = reference_error};
    g.output[0] = (edy_golden_port){.dtype = EDY_F64,
                                    .shape = {2, {SAMPLES, CLASSES}},
                                    .sample_bytes = CLASSES * sizeof(double),
                                    .data = expected};
    return g;
}

static void right_floats(float got[SAMPLES * CLASSES]) {
    for (int i = 0; i < SAMPLES * CLASSES; i++)
        got[i] = (float)expected[i];
}

static edy_judgement judge(const edy_golden *g, size_t first, size_t samples, edy_dtype dtype,
                           const void *data) {
    const edy_result result = {data, dtype, CLASSES};
    return edy_judge_output(g, first, samples, &result, 1);
}

/* ---- Float ----------------------------------------------------------------------------------- */

static void right_floats_pass(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    float got[SAMPLES * CLASSES];
    right_floats(got);
    got[5] += 7e-6f; /* inside the budget of 8e-6 */
    const edy_judgement j = judge(&g, 0, SAMPLES, EDY_F32, got);
    assert_int_equal(j.verdict, EDY_VERDICT_PASS);
    assert_int_equal(j.compared, SAMPLES * CLASSES);
    assert_int_equal(j.class_checked, SAMPLES);
    assert_true(j.share > 0.8 && j.share < 1);
    assert_int_equal(j.sample, 1);
    assert_int_equal(j.index, 1);
    assert_string_equal(j.reason, "");
}

static void one_step_over_budget_fails(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    float got[SAMPLES * CLASSES];
    right_floats(got);
    float over = 1.0f; /* the first binary32 number above the budget */
    while ((double)over - 1.0 <= 8 * reference_error)
        over = nextafterf(over, 2.0f);
    got[5] = over;
    edy_judgement j = judge(&g, 0, SAMPLES, EDY_F32, got);
    assert_int_equal(j.verdict, EDY_VERDICT_FAIL);
    assert_int_equal(j.wrong, 1);
    assert_int_equal(j.sample, 1);
    assert_int_equal(j.index, 1);
    assert_true(j.share > 1 && j.share < 1.02);
    assert_non_null(strstr(j.reason, "sample 1"));
    got[5] = nextafterf(over, 0.0f); /* one step back: inside */
    j = judge(&g, 0, SAMPLES, EDY_F32, got);
    assert_int_equal(j.verdict, EDY_VERDICT_PASS);
}

static void nan_and_infinity_fail(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        float got[SAMPLES * CLASSES];
        right_floats(got);
        got[3] = bad[i];
        const edy_judgement j = judge(&g, 0, SAMPLES, EDY_F32, got);
        assert_int_equal(j.verdict, EDY_VERDICT_FAIL);
        assert_true(isinf(j.share));
        assert_int_equal(j.index, 3);
    }
}

static void nan_passes_only_where_the_golden_is_nan(void **state) {
    (void)state;
    double with_nan[CLASSES] = {NAN, 1, INFINITY, 2};
    edy_golden g = float_golden();
    g.samples = 1;
    g.output[0].data = with_nan;
    float got[CLASSES] = {NAN, 1, INFINITY, 2};
    assert_int_equal(judge(&g, 0, 1, EDY_F32, got).verdict, EDY_VERDICT_PASS);
    got[0] = 0;
    assert_int_equal(judge(&g, 0, 1, EDY_F32, got).verdict, EDY_VERDICT_FAIL);
    got[0] = NAN;
    got[2] = -INFINITY;
    assert_int_equal(judge(&g, 0, 1, EDY_F32, got).verdict, EDY_VERDICT_FAIL);
}

static void swapped_channels_fail(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    float got[SAMPLES * CLASSES];
    right_floats(got);
    const float swap = got[8];
    got[8] = got[9];
    got[9] = swap;
    const edy_judgement j = judge(&g, 0, SAMPLES, EDY_F32, got);
    assert_int_equal(j.verdict, EDY_VERDICT_FAIL);
    assert_int_equal(j.wrong, 2);
}

static void a_stale_or_shifted_output_fails(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    float got[SAMPLES * CLASSES];
    right_floats(got);
    memcpy(got + CLASSES, got, CLASSES * sizeof *got); /* sample 1 is what sample 0 was */
    assert_int_equal(judge(&g, 0, SAMPLES, EDY_F32, got).verdict, EDY_VERDICT_FAIL);
}

static void a_wrong_class_fails(void **state) {
    (void)state;
    edy_golden g = float_golden();
    g.reference_error = 0.2; /* budget 1.6, margin of sample 1 is 2: not decided */
    float got[SAMPLES * CLASSES];
    right_floats(got);
    edy_judgement j = judge(&g, 0, SAMPLES, EDY_F32, got);
    assert_int_equal(j.class_checked, 0);
    g.reference_error = 0.12; /* budget 0.96, so the margin of 2 decides */
    got[4] = 1.99f;           /* over budget, but still the class */
    j = judge(&g, 0, SAMPLES, EDY_F32, got);
    assert_int_equal(j.class_checked, 1);
    assert_int_equal(j.class_wrong, 0);
    got[5] = 2.5f;
    j = judge(&g, 0, SAMPLES, EDY_F32, got);
    assert_int_equal(j.class_wrong, 1);
    assert_int_equal(j.verdict, EDY_VERDICT_FAIL);
}

static void results_belong_to_samples_in_turn(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    float got[5 * CLASSES]; /* samples 2, 0, 1, 2, 0 */
    for (int s = 0; s < 5; s++)
        for (int i = 0; i < CLASSES; i++)
            got[s * CLASSES + i] = (float)expected[(2 + s) % SAMPLES * CLASSES + i];
    assert_int_equal(judge(&g, 2, 5, EDY_F32, got).verdict, EDY_VERDICT_PASS);
    assert_int_equal(judge(&g, 1, 5, EDY_F32, got).verdict, EDY_VERDICT_FAIL);
}

/* ---- Integers -------------------------------------------------------------------------------- */

static edy_golden byte_golden(uint8_t *data) {
    edy_golden g = float_golden();
    g.exact = true;
    g.output[0] = (edy_golden_port){
        .dtype = EDY_U8, .shape = {2, {SAMPLES, CLASSES}}, .sample_bytes = CLASSES, .data = data};
    return g;
}

static void one_wrong_byte_fails(void **state) {
    (void)state;
    uint8_t golden[SAMPLES * CLASSES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    uint8_t got[SAMPLES * CLASSES];
    const edy_golden g = byte_golden(golden);
    memcpy(got, golden, sizeof got);
    assert_int_equal(judge(&g, 0, SAMPLES, EDY_U8, got).verdict, EDY_VERDICT_PASS);
    got[6]++; /* by one: not enough for another class */
    const edy_judgement j = judge(&g, 0, SAMPLES, EDY_U8, got);
    assert_int_equal(j.verdict, EDY_VERDICT_FAIL);
    assert_int_equal(j.wrong, 1);
    assert_int_equal(j.sample, 1);
    assert_int_equal(j.index, 2);
    assert_true(j.expected == 7 && j.got == 8);
}

static void zero_and_negative_zero_are_different_bytes(void **state) {
    (void)state;
    float golden[CLASSES] = {0.0f, 1, 2, 3}, got[CLASSES] = {-0.0f, 1, 2, 3};
    edy_golden g = float_golden();
    g.exact = true;
    g.samples = 1;
    g.output[0].dtype = EDY_F32;
    g.output[0].sample_bytes = sizeof golden;
    g.output[0].data = golden;
    assert_int_equal(judge(&g, 0, 1, EDY_F32, got).verdict, EDY_VERDICT_FAIL);
}

/* ---- What cannot be compared ----------------------------------------------------------------- */

static void another_type_size_or_number_of_outputs_fails(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    float got[SAMPLES * CLASSES];
    right_floats(got);
    assert_int_equal(judge(&g, 0, 1, EDY_S8, got).verdict, EDY_VERDICT_FAIL);
    const edy_result shorter = {got, EDY_F32, CLASSES - 1},
                     pair[] = {{got, EDY_F32, CLASSES}, {got, EDY_F32, CLASSES}};
    assert_int_equal(edy_judge_output(&g, 0, 1, &shorter, 1).verdict, EDY_VERDICT_FAIL);
    assert_int_equal(edy_judge_output(&g, 0, 1, pair, 2).verdict, EDY_VERDICT_FAIL);
    assert_int_equal(edy_judge_output(&g, 0, 1, NULL, 0).verdict, EDY_VERDICT_FAIL);
}

static void our_own_oracle_never_makes_a_pass(void **state) {
    (void)state;
    edy_golden g = float_golden();
    g.source = EDY_GOLDEN_ORACLE;
    float got[SAMPLES * CLASSES];
    right_floats(got);
    assert_int_equal(judge(&g, 0, SAMPLES, EDY_F32, got).verdict, EDY_VERDICT_MISTRUSTED);
    got[0] = 9;
    assert_int_equal(judge(&g, 0, SAMPLES, EDY_F32, got).verdict, EDY_VERDICT_FAIL);
}

static void merging_keeps_the_failure_and_adds_up(void **state) {
    (void)state;
    const edy_golden g = float_golden();
    float got[SAMPLES * CLASSES];
    right_floats(got);
    const edy_judgement good = judge(&g, 0, SAMPLES, EDY_F32, got);
    got[2] = NAN;
    const edy_judgement bad = judge(&g, 0, SAMPLES, EDY_F32, got);
    for (int bad_first = 0; bad_first < 2; bad_first++) {
        edy_judgement all = {.verdict = EDY_VERDICT_NONE};
        edy_judgement_merge(&all, bad_first ? &bad : &good);
        edy_judgement_merge(&all, bad_first ? &good : &bad);
        assert_int_equal(all.verdict, EDY_VERDICT_FAIL);
        assert_int_equal(all.compared, 2 * SAMPLES * CLASSES);
        assert_int_equal(all.wrong, 1);
        assert_int_equal(all.index, 2);
        assert_non_null(strstr(all.reason, "1 of 24"));
    }
}

/* ---- The table ------------------------------------------------------------------------------- */

static int exit_code_of(size_t n, const edy_verdict *verdicts, char *line, size_t size) {
    edy_conform_case rows[8] = {{.name = "x"}};
    for (size_t i = 0; i < n; i++)
        rows[i].result.verdict = verdicts[i];
    const edy_conform_table table = {rows, n, n};
    edy_conform_closing_line(&table, line, size);
    return edy_conform_exit_code(&table);
}

static void missing_is_not_passing(void **state) {
    (void)state;
    char line[200];
    const edy_verdict mixed[] = {EDY_VERDICT_PASS, EDY_VERDICT_SKIP, EDY_VERDICT_MISTRUSTED};
    assert_int_equal(exit_code_of(3, mixed, line, sizeof line), 4);
    assert_string_equal(line, "1 passed, 0 failed, 0 unsupported, 0 crashed, 1 skipped, "
                              "1 mistrusted of 3");
    assert_int_equal(exit_code_of(2, mixed, line, sizeof line), 0);
    assert_int_equal(exit_code_of(0, NULL, line, sizeof line), 5);
    assert_string_equal(line, "0 passed, 0 failed, 0 unsupported, 0 crashed, 0 skipped, "
                              "0 mistrusted of 0");
    const edy_verdict nothing[] = {EDY_VERDICT_SKIP, EDY_VERDICT_UNSUPPORTED};
    assert_int_equal(exit_code_of(2, nothing, line, sizeof line), 5);
    const edy_verdict failed[] = {EDY_VERDICT_PASS, EDY_VERDICT_FAIL};
    assert_int_equal(exit_code_of(2, failed, line, sizeof line), 1);
    const edy_verdict crashed[] = {EDY_VERDICT_PASS, EDY_VERDICT_CRASH};
    assert_int_equal(exit_code_of(2, crashed, line, sizeof line), 1);
    const edy_verdict forgotten[] = {EDY_VERDICT_PASS, EDY_VERDICT_NONE};
    assert_int_equal(exit_code_of(2, forgotten, line, sizeof line), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_floats_pass),
        cmocka_unit_test(one_step_over_budget_fails),
        cmocka_unit_test(nan_and_infinity_fail),
        cmocka_unit_test(nan_passes_only_where_the_golden_is_nan),
        cmocka_unit_test(swapped_channels_fail),
        cmocka_unit_test(a_stale_or_shifted_output_fails),
        cmocka_unit_test(a_wrong_class_fails),
        cmocka_unit_test(results_belong_to_samples_in_turn),
        cmocka_unit_test(one_wrong_byte_fails),
        cmocka_unit_test(zero_and_negative_zero_are_different_bytes),
        cmocka_unit_test(another_type_size_or_number_of_outputs_fails),
        cmocka_unit_test(our_own_oracle_never_makes_a_pass),
        cmocka_unit_test(merging_keeps_the_failure_and_adds_up),
        cmocka_unit_test(missing_is_not_passing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
