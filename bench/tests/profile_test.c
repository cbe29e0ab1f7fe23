/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The figures of a profile follow from the times, under a clock turned by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/profile.h"
#include "workloads/model_load.h"

/* ---- A small net ----------------------------------------------------------------------------- */

static edy_workloads *all;
static edy_graph *graph;
static edy_plan *plan;

static int open_plan(void **state) {
    (void)state;
    edy_error err;
    const edy_workload *w;
    if (edy_workloads_open(EDYNO_SOURCE_DIR "/workloads", &all, &err) ||
        edy_workloads_resolve(all, "mobilenet_v1_0.25_96", &w, &err) ||
        edy_variant_load(edy_workload_variant(w, "fp32"), &graph, &err))
        return -1;
    return edy_plan_create(graph, NULL, &plan, &err) ? -1 : 0;
}

static int close_plan(void **state) {
    (void)state;
    edy_plan_destroy(plan);
    edy_graph_destroy(graph);
    edy_workloads_close(all);
    return 0;
}

/* Each reading is `tick` ns after the last, so each step takes one tick. */
typedef struct hand {
    int64_t now, tick;
} hand;

static int64_t turn(void *context) {
    hand *h = context;
    return h->now += h->tick;
}

static const edy_peak_loop loop = {.name = "test loop", .ops = 2};

static int64_t tick = 1000;

static edy_profile *measure(size_t runs, unsigned threads, double peak_ops) {
    static hand h;
    static edy_clock clock;
    edy_error err;
    h = (hand){0, tick};
    clock = (edy_clock){turn, turn, &h};
    const edy_profile_options options = {
        .clock = &clock,
        .peaks = {{peak_ops > 0 ? &loop : NULL, NULL}, {peak_ops > 0 ? peak_ops : NAN, NAN}},
        .threads = threads,
        .runs = runs};
    edy_profile *p = NULL;
    assert_int_equal(edy_profile_measure(plan, &options, &p, &err), EDY_OK);
    return p;
}

static void near(double a, double b) {
    if (!(fabs(a - b) <= 1e-9 * fabs(b)))
        fail_msg("%.17g is not %.17g", a, b);
}

/* ---- Figures --------------------------------------------------------------------------------- */

static void figures_follow_from_times(void **state) {
    (void)state;
    edy_profile *p = measure(10, 1, 50e9);
    double share = 0, class_share = 0;
    int32_t steps = 0;
    assert_int_equal(p->n, edy_plan_step_count(plan));
    assert_int_equal(p->runs, 10);
    for (int32_t i = 0; i < p->n; i++) {
        const uint64_t macs = edy_plan_step_at(plan, i).macs;
        near(p->step[i].ns, 1000);
        share += p->step[i].share;
        if (macs == 0) {
            assert_true(isnan(p->step[i].gops) && isnan(p->step[i].of_peak));
            continue;
        }
        near(p->step[i].gops, 2 * (double)macs / 1000);
        near(p->step[i].of_peak, p->step[i].gops / 50);
    }
    for (int c = 0; c < EDY_LAYER_CLASSES; c++) {
        class_share += p->by[c].share;
        steps += p->steps_by[c];
    }
    near(share, 1);
    near(class_share, 1);
    assert_int_equal(steps, p->n);
    near(p->all.ns, 1000.0 * p->n);
    near(p->all.of_peak, p->all.gops / 50);
    near(p->whole_ns, 1000);
    edy_profile_destroy(p);
}

static void threads_have_a_peak_each(void **state) {
    (void)state;
    edy_profile *one = measure(10, 1, 50e9), *two = measure(10, 2, 50e9);
    near(two->all.of_peak, one->all.of_peak / 2);
    edy_profile_destroy(one);
    edy_profile_destroy(two);
}

static void unknown_peak_gives_no_share(void **state) {
    (void)state;
    edy_profile *p = measure(10, 1, 0);
    assert_true(isnan(p->all.of_peak));
    assert_false(isnan(p->all.gops));
    edy_profile_destroy(p);
}

/* Half a second of whole runs, and as many step by step. */
static void runs_are_chosen_within_bounds(void **state) {
    (void)state;
    static const int64_t ticks[] = {20 * 1000000, 1000 * 1000000};
    static const size_t runs[] = {25, EDY_PROFILE_FEWEST_RUNS};
    for (int i = 0; i < 2; i++) {
        tick = ticks[i];
        edy_profile *p = measure(0, 1, 50e9);
        tick = 1000;
        assert_int_equal(p->runs, runs[i]);
        edy_profile_destroy(p);
    }
}

static void layers_have_classes(void **state) {
    (void)state;
    edy_profile *p = measure(10, 1, 50e9);
    assert_int_equal(p->steps_by[EDY_LAYER_POINTWISE], 13);
    assert_int_equal(p->steps_by[EDY_LAYER_DEPTHWISE], 13);
    assert_int_equal(p->steps_by[EDY_LAYER_FIRST], 1);
    assert_int_equal(p->steps_by[EDY_LAYER_DENSE], 1);
    assert_int_equal(p->steps_by[EDY_LAYER_WINDOW], 0);
    edy_profile_destroy(p);
}

/* ---- Text and JSON --------------------------------------------------------------------------- */

static void table_fits_80_columns(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    edy_profile *p = measure(10, 2, 50e9);
    FILE *out = open_memstream(&text, &size);
    edy_profile_print(p, "net/fp32", out);
    fclose(out);
    assert_non_null(strstr(text, "pointwise: "));
    assert_non_null(strstr(text, "GlobalAvgPool"));
    assert_non_null(strstr(text, "shares of the peak are of 2 times that"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("over 80 columns: %.*s", (int)strcspn(line, "\n"), line);
    free(text);
    edy_profile_destroy(p);
}

static void unwritable_file_is_refused(void **state) {
    (void)state;
    edy_error err;
    edy_profile *p = measure(10, 1, 50e9);
    edy_profile_file *file = edy_profile_file_create();
    assert_true(edy_profile_file_add(file, p, "net", "fp32"));
    assert_int_equal(edy_profile_file_write(file, "/nonexistent/profile.json", &err), EDY_IO);
    assert_non_null(strstr(err.message, "/nonexistent/profile.json"));
    edy_profile_file_destroy(file);
    edy_profile_destroy(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_follow_from_times),
        cmocka_unit_test(threads_have_a_peak_each),
        cmocka_unit_test(unknown_peak_gives_no_share),
        cmocka_unit_test(runs_are_chosen_within_bounds),
        cmocka_unit_test(layers_have_classes),
        cmocka_unit_test(table_fits_80_columns),
        cmocka_unit_test(unwritable_file_is_refused),
    };
    return cmocka_run_group_tests(tests, open_plan, close_plan);
}
