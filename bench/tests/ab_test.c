/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A/B with children whose times are known in advance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/ab.h"
#include "bench/tests/temp_dir.h"

static char *dir;

static int set_up(void **state) {
    (void)state;
    dir = edy_temp_dir_create();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edy_temp_dir_remove(dir);
    return 0;
}

/* A child that answers `first`, then `more` longer each time, and notes `letter` in a file. */
static const char *child(char text[600], char letter, int first, int more) {
    snprintf(text, 600,
             "echo 'ready start_ns=%d rss=%d macs=12 name=child %c'; t=%d; "
             "while read go ns; do printf %c >>'%s/order'; echo \"ns $t 3\"; t=$((t + %d)); done",
             first, 2 * first, letter, first, letter, dir, more);
    return text;
}

static edy_ab *must_run(const edy_ab_options *options) {
    edy_ab *ab = NULL;
    edy_error err;
    if (edy_ab_run(options, &ab, &err))
        fail_msg("%s", err.message);
    return ab;
}

static edy_ab_options options_of(const char *base, const char *now) {
    return (edy_ab_options){.base = base,
                            .now = now,
                            .tag = "a test",
                            .rounds = 7,
                            .block_s = 0.001,
                            .tolerance = 0.05,
                            .timeout_s = 20};
}

static void order_is_abba(void **state) {
    (void)state;
    char base[600], now[600];
    const edy_ab_options o = options_of(child(base, 'b', 200, 2), child(now, 'n', 100, 1));
    edy_ab *ab = must_run(&o);
    size_t bytes;
    char *order = edy_temp_read(edy_temp_path(dir, "order"), &bytes);
    assert_string_equal(order, "bnnbbnnbbnnbbn");
    free(order);
    assert_true(ab->base.value[0] == 200 && ab->base.value[6] == 212);
    assert_true(ab->now.value[6] == 106 && ab->now.inferences[6] == 3);
    /* Drift of both: every pair is 2 all the same. */
    assert_true(fabs(ab->ratio.ratio - 2) < 1e-12 && fabs(ab->ratio.high - ab->ratio.low) < 1e-12);
    assert_int_equal(ab->verdict, EDY_AB_FASTER);
    assert_string_equal(ab->now.facts.name, "child n");
    assert_true(isnan(ab->ping_before_ns) && isnan(ab->ping_after_ns));
    edy_ab_destroy(ab);
    edy_ab_destroy(NULL);
}

static void fresh_processes_are_measured(void **state) {
    (void)state;
    char base[600], now[600];
    edy_ab_options o = options_of(child(base, 'b', 300, 0), child(now, 'n', 400, 0));
    o.measure = EDY_AB_START;
    edy_ab *ab = must_run(&o);
    assert_true(ab->base.value[3] == 300 && ab->now.value[3] == 400);
    assert_int_equal(ab->verdict, EDY_AB_SLOWER);
    edy_ab_destroy(ab);
    o.measure = EDY_AB_RSS;
    ab = must_run(&o);
    assert_true(ab->base.value[0] == 600 && ab->now.value[6] == 800);
    edy_ab_destroy(ab);
    o.measure = EDY_AB_PROCESS;
    o.base = "sleep 0.03";
    o.now = "true";
    ab = must_run(&o);
    assert_true(ab->ratio.ratio > 1 && ab->base.value[0] >= 0.03e9);
    edy_ab_destroy(ab);
}

static void failures_name_the_side(void **state) {
    (void)state;
    char good[600];
    edy_ab *ab = NULL;
    edy_error err;
    edy_ab_options o = options_of(child(good, 'b', 1, 0), "exit 2");
    assert_int_equal(edy_ab_run(&o, &ab, &err), EDY_IO);
    assert_non_null(strstr(err.message, "new: `exit 2` ended with code 2"));
    o = options_of("echo ready; read go; echo what", good);
    assert_int_equal(edy_ab_run(&o, &ab, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "base: "));
    o = options_of("echo ready; cat", good);
    o.measure = EDY_AB_RSS;
    assert_int_equal(edy_ab_run(&o, &ab, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "states no rss in its ready line"));
    assert_null(ab);
}

static void verdicts(void **state) {
    (void)state;
    static const struct {
        edy_ratio ratio;
        edy_ab_verdict verdict;
    } cases[] = {
        {{1.10, 1.01, 1.30}, EDY_AB_FASTER},   {{0.90, 0.80, 0.99}, EDY_AB_SLOWER},
        {{1.00, 0.97, 1.04}, EDY_AB_SAME},     {{1.00, 0.97, 1.06}, EDY_AB_CANT_SAY},
        {{1.00, 0.94, 1.01}, EDY_AB_CANT_SAY}, {{1.00, 1.00, 1.00}, EDY_AB_SAME},
        {{1.50, NAN, NAN}, EDY_AB_CANT_SAY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(edy_ab_judge(&cases[i].ratio, 0.05), cases[i].verdict);
}

static char *printed(const edy_ab *ab) {
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    edy_ab_print(ab, out);
    fclose(out);
    return text;
}

static void sentences(void **state) {
    (void)state;
    char base[600], now[600];
    const edy_ab_options o = options_of(child(base, 'b', 2000, 0), child(now, 'n', 1000, 0));
    edy_ab *ab = must_run(&o);
    char *text = printed(ab);
    assert_non_null(strstr(text, "base  2.00 us  (2.00 us .. 2.00 us)  child b\n"));
    assert_non_null(strstr(text, "ratio base/new 2.000, 95 % interval 2.000 .. 2.000, 7 rounds"));
    assert_non_null(strstr(text, "new is faster: base takes 100.0 % more"));
    free(text);
    ab->verdict = EDY_AB_CANT_SAY;
    ab->threads = 2;
    ab->ping_before_ns = 60;
    ab->ping_after_ns = 340;
    text = printed(ab);
    assert_non_null(strstr(text, "cannot say: the interval holds 1"));
    assert_non_null(strstr(text, "cores near before (60 ns), far after (340 ns)"));
    assert_non_null(strstr(text, "the cores moved"));
    free(text);
    edy_ab_destroy(ab);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_there_and_back(void **state) {
    (void)state;
    char base[600], now[600];
    const edy_ab_options o = options_of(child(base, 'b', 2000, 3), child(now, 'n', 1000, 1));
    edy_ab *ab = must_run(&o), *back = NULL;
    const char *path = edy_temp_path(dir, "ab.json");
    edy_error err;
    assert_int_equal(edy_ab_write_json(ab, NULL, path, NULL), EDY_OK);
    if (edy_ab_read_json(path, &back, &err))
        fail_msg("%s", err.message);
    assert_string_equal(back->tag, "a test");
    assert_string_equal(back->base.command, ab->base.command);
    assert_string_equal(back->now.facts.name, "child n");
    assert_true(edy_child_fact(&back->now.facts, "macs") == 12);
    assert_memory_equal(back->base.value, ab->base.value, 7 * sizeof(double));
    assert_memory_equal(back->now.inferences, ab->now.inferences, 7 * sizeof(double));
    assert_memory_equal(&back->ratio, &ab->ratio, sizeof ab->ratio);
    assert_int_equal(back->verdict, ab->verdict);
    assert_true(isnan(back->ping_after_ns) && back->block_s == 0.001);
    edy_ab_destroy(back);
    assert_int_equal(edy_ab_write_json(ab, NULL, edy_temp_path(dir, "no/ab.json"), &err), EDY_IO);
    edy_ab_destroy(ab);
}

static void bad_json_is_a_sentence(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *said;
    } bad[] = {
        {"\"kind\":\t\"ab\"", "\"kind\":\t\"cd\"", "not a result of edyno ab"},
        {"\"inference\"", "\"interence\"", "\"measure\""},
        {"\"rounds\":\t7", "\"rounds\":\t8", "\"base\""},
        {"\"rounds\":\t7", "\"rounds\":-7", "\"rounds\""},
        {"[1000, ", "[-100, ", "\"new\""},
        {"\"ping_after_ns\":\tnull", "\"ping_after_ns\":\ttrue", "\"ping_after_ns\""},
        {"{", "[", "is not JSON"},
    };
    char base[600], now[600];
    const edy_ab_options o = options_of(child(base, 'b', 2000, 0), child(now, 'n', 1000, 0));
    edy_ab *ab = must_run(&o);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        edy_ab *back = NULL;
        edy_error err;
        const char *path = edy_temp_path(dir, "bad.json");
        assert_int_equal(edy_ab_write_json(ab, NULL, path, NULL), EDY_OK);
        edy_temp_replace(path, bad[i].from, bad[i].to);
        assert_int_equal(edy_ab_read_json(path, &back, &err), EDY_BAD_FILE);
        if (!strstr(err.message, bad[i].said) || !strstr(err.message, "bad.json"))
            fail_msg("%s: \"%s\"", bad[i].to, err.message);
        assert_null(back);
    }
    edy_error err;
    edy_ab *back = NULL;
    assert_int_equal(edy_ab_read_json(edy_temp_path(dir, "none.json"), &back, &err), EDY_IO);
    edy_ab_destroy(ab);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(order_is_abba),
        TEST(fresh_processes_are_measured),
        TEST(failures_name_the_side),
        TEST(verdicts),
        TEST(sentences),
        TEST(json_there_and_back),
        TEST(bad_json_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
