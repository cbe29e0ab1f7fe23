/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What is fed, how it is judged, and how many images fit in a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/feed.h"
#include "engine/import/onnx_import.h"
#include "workloads/share.h"

static char share[EDY_PATH_MAX];
static edy_workloads *workloads;
static const edy_workload *simplecnn;
static edy_graph *graph;

static int open_workload(void **state) {
    (void)state;
    char dir[EDY_PATH_MAX + 16];
    snprintf(share, sizeof share, "%s", EDYNO_SOURCE_DIR);
    snprintf(dir, sizeof dir, "%s/workloads", share);
    edy_error err;
    if (edy_workloads_open(dir, &workloads, &err) ||
        edy_workloads_resolve(workloads, "simplecnn", &simplecnn, &err) ||
        edy_onnx_import(simplecnn->variant[0].model_path, NULL, &graph, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    return 0;
}

static int close_workload(void **state) {
    (void)state;
    edy_graph_destroy(graph);
    edy_workloads_close(workloads);
    return 0;
}

static edy_feed *make_feed(int64_t batch, const char *data, const char *preprocess) {
    const edy_feed_options o = {.workload = simplecnn,
                                .variant = &simplecnn->variant[0],
                                .graph = graph,
                                .batch = batch,
                                .data = data,
                                .preprocess = preprocess,
                                .share = share,
                                .seed = 1};
    edy_feed *feed = NULL;
    edy_error err;
    if (edy_feed_create(&o, &feed, &err))
        fail_msg("%s", err.message);
    return feed;
}

static edy_plan *make_plan(int64_t batch) {
    const edy_plan_options o = {.batch = batch};
    edy_plan *plan = NULL;
    edy_error err;
    if (edy_plan_create(graph, &o, &plan, &err))
        fail_msg("%s", err.message);
    return plan;
}

static void batches_wrap_round(void **state) {
    (void)state;
    edy_feed *feed = make_feed(5, NULL, NULL);
    assert_int_equal(feed->samples, 32);
    const size_t bytes = feed->sample_bytes[0];
    assert_int_equal(bytes, 28 * 28 * 4);
    const void *last[1], *first[1];
    edy_feed_inputs(feed, 31, last);
    edy_feed_inputs(feed, 0, first);
    assert_memory_equal((const char *)last[0] + bytes, first[0], 4 * bytes);
    assert_memory_not_equal(last[0], first[0], bytes);
    edy_feed_destroy(feed);
    edy_feed_destroy(NULL);
}

/* Runs the batch that begins with sample `first` and judges it, spoilt by `add` in one element. */
static edy_judgement judge(const edy_feed *feed, size_t first, float add) {
    edy_plan *plan = make_plan((int64_t)feed->batch);
    const void *inputs[1];
    float out[10 * 8];
    edy_feed_inputs(feed, first, inputs);
    assert_int_equal(edy_feed_check(feed, plan, NULL), EDY_OK);
    edy_plan_run(plan, inputs, (void *[]){out});
    out[10 * (feed->batch - 1) + 3] += add;
    const edy_judgement j = edy_feed_judge(feed, first, plan, (const void *[]){out});
    edy_plan_destroy(plan);
    return j;
}

static void golden_judges(void **state) {
    (void)state;
    for (int64_t batch = 1; batch <= 5; batch += 4) {
        edy_feed *feed = make_feed(batch, NULL, NULL);
        assert_non_null(feed->golden);
        assert_int_equal(judge(feed, 30, 0).verdict, EDY_VERDICT_PASS);
        assert_int_equal(judge(feed, 30, 0.01f).verdict, EDY_VERDICT_FAIL);
        assert_int_equal(judge(feed, 30, NAN).verdict, EDY_VERDICT_FAIL);
        edy_feed_destroy(feed);
    }
}

/* Other data than the golden's: the oracle judges, and agreeing with it is not a PASS. */
static void oracle_judges_other_data(void **state) {
    (void)state;
    edy_feed *feed = make_feed(2, "synthetic", NULL);
    assert_null(feed->golden);
    assert_string_equal(feed->dataset, "synthetic:uniform");
    assert_int_equal(judge(feed, 31, 0).verdict, EDY_VERDICT_MISTRUSTED);
    assert_int_equal(judge(feed, 31, 0.01f).verdict, EDY_VERDICT_FAIL);
    edy_feed_destroy(feed);
    feed = make_feed(1, NULL, "mean=0.5"); /* the same images, preprocessed otherwise */
    assert_null(feed->golden);
    assert_int_equal(judge(feed, 0, 0).verdict, EDY_VERDICT_MISTRUSTED);
    edy_feed_destroy(feed);
}

static void wrong_plans_are_refused(void **state) {
    (void)state;
    edy_feed *feed = make_feed(2, NULL, NULL);
    edy_plan *plan = make_plan(3);
    edy_error err;
    assert_int_equal(edy_feed_check(feed, plan, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "9408 bytes"));
    edy_plan_destroy(plan);
    edy_feed_destroy(feed);
    const edy_feed_options o = {.workload = simplecnn,
                                .variant = &simplecnn->variant[0],
                                .graph = graph,
                                .batch = 1,
                                .data = "/no/such/data",
                                .share = share};
    assert_int_not_equal(edy_feed_create(&o, &feed, &err), EDY_OK);
    assert_non_null(strstr(err.message, "/no/such/data"));
}

static void counts_round_down(void **state) {
    (void)state;
    assert_int_equal(edy_round_down_125(0.9), 0);
    assert_int_equal(edy_round_down_125(1), 1);
    assert_int_equal(edy_round_down_125(4.99), 2);
    assert_int_equal(edy_round_down_125(5), 5);
    assert_int_equal(edy_round_down_125(999), 500);
    assert_int_equal(edy_round_down_125(1000), 1000);
    assert_int_equal(edy_round_down_125(NAN), 0);
    assert_true(edy_round_down_125(INFINITY) > 0);
}

/* A clock on which every batch takes a millisecond. */
static int64_t tick(void *context) {
    int64_t *now = context;
    return *now += 1000000;
}

static void accuracy_fits_in_its_time(void **state) {
    (void)state;
    edy_feed *feed = make_feed(1, NULL, NULL);
    edy_plan *plan = make_plan(1);
    int64_t now = 0;
    const edy_clock clock = {tick, tick, &now};
    edy_accuracy a;
    assert_int_equal(edy_feed_accuracy(feed, plan, &clock, 0.35, &a, NULL), EDY_OK);
    assert_int_equal(a.n, 200);
    assert_int_equal(a.golden_n, 200);
    assert_true(a.agree >= 199);
    assert_true(a.top1 > 0.85 && a.top1 == (double)a.correct / 200);
    assert_int_equal(edy_feed_accuracy(feed, plan, &clock, 1e-6, &a, NULL), EDY_OK);
    assert_int_equal(a.n, 10);
    assert_int_equal(edy_feed_accuracy(feed, plan, &clock, 0, &a, NULL), EDY_OK);
    assert_int_equal(a.n, 0);
    assert_true(isnan(a.top1));
    edy_plan_destroy(plan);
    edy_feed_destroy(feed);
}

/* Fast while it is tried (6 readings of the clock), a hundred times slower afterwards. */
static int64_t slowing_tick(void *context) {
    int64_t *readings = context;
    const int64_t n = ++*readings;
    return n <= 7 ? n * 1000000 : n * 100000000;
}

static void accuracy_ends_early_on_a_machine_that_slows(void **state) {
    (void)state;
    edy_feed *feed = make_feed(1, NULL, NULL);
    edy_plan *plan = make_plan(1);
    int64_t readings = 0;
    const edy_clock clock = {slowing_tick, slowing_tick, &readings};
    edy_accuracy a;
    assert_int_equal(edy_feed_accuracy(feed, plan, &clock, 0.5, &a, NULL), EDY_OK);
    assert_int_equal(a.n, 10);
    edy_plan_destroy(plan);
    edy_feed_destroy(feed);
}

/* n is not a multiple of the batch: no image counts twice, and the result is that of batch 1. */
static void accuracy_does_not_depend_on_the_batch(void **state) {
    (void)state;
    edy_accuracy one, three;
    int64_t now = 0;
    const edy_clock clock = {tick, tick, &now};
    edy_feed *feed = make_feed(1, NULL, NULL);
    edy_plan *plan = make_plan(1);
    assert_int_equal(edy_feed_accuracy(feed, plan, &clock, 0.1, &one, NULL), EDY_OK);
    edy_plan_destroy(plan);
    edy_feed_destroy(feed);
    feed = make_feed(3, NULL, NULL);
    plan = make_plan(3);
    assert_int_equal(edy_feed_accuracy(feed, plan, &clock, 0.034, &three, NULL), EDY_OK);
    assert_int_equal(one.n, 100);
    assert_int_equal(three.n, 100);
    assert_int_equal(one.correct, three.correct);
    edy_plan_destroy(plan);
    edy_feed_destroy(feed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_wrap_round),
        cmocka_unit_test(golden_judges),
        cmocka_unit_test(oracle_judges_other_data),
        cmocka_unit_test(wrong_plans_are_refused),
        cmocka_unit_test(counts_round_down),
        cmocka_unit_test(accuracy_fits_in_its_time),
        cmocka_unit_test(accuracy_ends_early_on_a_machine_that_slows),
        cmocka_unit_test(accuracy_does_not_depend_on_the_batch),
    };
    return cmocka_run_group_tests(tests, open_workload, close_workload);
}
