/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The scoreboard on made-up results whose scores are known in closed form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/scoreboard.h"
#include "bench/tests/temp_dir.h"

enum { ROUNDS = 7 };

static const char best[] = "edyno 0.1.0, avx512vnni, 1 thread";

/* base takes `ratio` times as long as new, in every round. */
static edy_ab *result(const char *tag, double ratio) {
    edy_ab *ab = calloc(1, sizeof *ab);
    edy_ab_side *const sides[] = {&ab->base, &ab->now};
    double scratch[ROUNDS];
    snprintf(ab->tag, sizeof ab->tag, "%s", tag);
    ab->rounds = ROUNDS;
    ab->threads = 1;
    ab->tolerance = 0.05;
    ab->ping_before_ns = ab->ping_after_ns = NAN;
    for (int s = 0; s < 2; s++) {
        sides[s]->command = strdup("true");
        sides[s]->value = calloc(ROUNDS, sizeof(double));
        sides[s]->inferences = calloc(ROUNDS, sizeof(double));
        for (int r = 0; r < ROUNDS; r++) {
            sides[s]->value[r] = (1 + r) * 1e5 * (s ? 1 : ratio);
            sides[s]->inferences[r] = 1;
        }
    }
    snprintf(ab->now.facts.name, sizeof ab->now.facts.name, "%s", best);
    ab->ratio = edy_paired_ratio(ab->base.value, ab->now.value, ROUNDS, scratch);
    return ab;
}

static void fact(edy_ab *ab, const char *key, double value) {
    edy_peer_fact *f = &ab->now.facts.fact[ab->now.facts.n++];
    snprintf(f->key, sizeof f->key, "%s", key);
    f->value = value;
}

static edy_scoreboard *board_of(edy_ab *const *results, size_t n) {
    edy_scoreboard *board = calloc(1, sizeof *board);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(edy_scoreboard_add(board, results[i], NULL), EDY_OK);
    return board;
}

/* The score whose text holds all of `what`. */
static edy_score score_of(const edy_scoreboard *board, const char *what) {
    edy_score score[EDY_SCORES];
    edy_scoreboard_scores(board, score);
    for (size_t i = 0; i < EDY_SCORES; i++)
        if (strstr(score[i].what, what))
            return score[i];
    fail_msg("no score \"%s\"", what);
    return score[0];
}

static void near(double got, double wanted) {
    if (!(fabs(got - wanted) < 1e-9))
        fail_msg("%.12g instead of %.12g", got, wanted);
}

static void worst_and_mean(void **state) {
    (void)state;
    edy_ab *const results[] = {result("peer/a/fp32/1", 2), result("peer/b/fp32/1", 0.96),
                               result("peer/b/fp32/2", 0.1), result("peer/a/int8/1", 0.1)};
    edy_scoreboard *board = board_of(results, 4);
    edy_score s = score_of(board, "fp32, 1 thread, each");
    near(s.value, 0.96);
    near(s.low, 0.96);
    assert_int_equal(s.networks, 2);
    assert_int_equal(s.state, EDY_SCORE_MET);
    assert_string_equal(s.note, "worst: b fp32");
    s = score_of(board, "fp32, 1 thread, geom");
    near(s.value, sqrt(2 * 0.96)); /* 1.386 */
    near(s.high, sqrt(2 * 0.96));
    assert_int_equal(s.state, EDY_SCORE_AIM);
    edy_scoreboard_destroy(board);
    edy_scoreboard_destroy(NULL);
}

/* Ratios exactly on gate and aim count; the smallest step below does not. */
static void gate_and_aim_are_inclusive(void **state) {
    (void)state;
    static const struct {
        double ratio;
        edy_score_state state;
    } cases[] = {{1.6, EDY_SCORE_AIM},
                 {1.59, EDY_SCORE_MET},
                 {1.35, EDY_SCORE_MET},
                 {1.349, EDY_SCORE_MISSED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        edy_ab *const ab = result("peer/resnet18_224/fp32/1", 1);
        ab->ratio.ratio = cases[i].ratio;
        edy_scoreboard *board = board_of(&ab, 1);
        assert_int_equal(score_of(board, "resnet18").state, cases[i].state);
        edy_scoreboard_destroy(board);
    }
}

static void smaller_is_better(void **state) {
    (void)state;
    edy_ab *const results[] = {result("start/mobilenet_v1_1.0_224/fp32", 4),
                               result("rss/resnet8_32/fp32", 3), result("batch/a/fp32", 0.125),
                               result("batch/b/int8", 0.1)};
    edy_scoreboard *board = board_of(results, 4);
    edy_score s = score_of(board, "start to first");
    near(s.value, 0.25);
    assert_int_equal(s.state, EDY_SCORE_AIM);
    s = score_of(board, "peak memory");
    near(s.value, 1.0 / 3);
    assert_int_equal(s.state, EDY_SCORE_MISSED);
    s = score_of(board, "batch 8"); /* b: a batch takes 10 times an image, 1.25 an image */
    near(s.value, 1.25);
    assert_int_equal(s.state, EDY_SCORE_MISSED);
    assert_string_equal(s.note, "worst: b int8");
    assert_int_equal(edy_scoreboard_exit_code(board), 3);
    edy_scoreboard_destroy(board);
}

static void facts_decide(void **state) {
    (void)state;
    edy_ab *const results[] = {result("threads/small/fp32", 1.1), result("threads/large/fp32", 1.9),
                               result("peer/small/fp32/1", 2), result("peer/large/fp32/1", 2)};
    fact(results[0], "macs", 99e6);
    fact(results[1], "macs", 101e6);
    fact(results[2], "arena", 105);
    fact(results[2], "arena_bound", 100);
    fact(results[3], "arena", 100);
    fact(results[3], "arena_bound", 100);
    edy_scoreboard *board = board_of(results, 4);
    edy_score s = score_of(board, "over 100 MMAC");
    near(s.value, 1.9);
    assert_int_equal(s.networks, 1);
    s = score_of(board, "arena");
    near(s.value, 1.05);
    assert_int_equal(s.state, EDY_SCORE_MET);
    assert_string_equal(s.note, "worst: small fp32");
    edy_scoreboard_destroy(board);
}

static void what_was_not_measured_is_said(void **state) {
    (void)state;
    edy_ab *const results[] = {result("peer/a/int8/1", 1.5), result("peer/a/fp32/2", 0.5)};
    strcpy(results[0]->now.facts.name, "edyno 0.1.0, avx2, 1 thread");
    results[1]->threads = 2;
    results[1]->ping_before_ns = 70;
    results[1]->ping_after_ns = 330;
    edy_scoreboard *board = board_of(results, 2);
    edy_score s = score_of(board, "int8 avx512vnni, 1 thread, each");
    assert_int_equal(s.state, EDY_SCORE_SKIP);
    assert_true(isnan(s.value));
    assert_non_null(strstr(s.note, "lacks avx512vnni"));
    assert_non_null(strstr(s.note, "worst 1.500 without this condition (edyno 0.1.0, avx2"));
    s = score_of(board, "2 threads, each");
    assert_int_equal(s.state, EDY_SCORE_SKIP);
    assert_non_null(strstr(s.note, "far"));
    results[1]->ping_after_ns = 80;
    assert_int_equal(score_of(board, "2 threads, each").state, EDY_SCORE_MISSED);
    assert_int_equal(edy_scoreboard_exit_code(board), 3);
    edy_scoreboard_destroy(board);
    board = board_of(NULL, 0);
    edy_score score[EDY_SCORES];
    edy_scoreboard_scores(board, score);
    for (size_t i = 0; i < EDY_SCORES; i++) {
        assert_int_equal(score[i].state, EDY_SCORE_SKIP);
        assert_true(score[i].note[0] != '\0');
    }
    assert_int_equal(edy_scoreboard_exit_code(board), 5);
    edy_scoreboard_destroy(board);
}

static void a_tag_counts_once(void **state) {
    (void)state;
    edy_ab *const results[] = {result("peer/a/fp32/1", 2), result("peer/a/fp32/1", 3),
                               result("odd", 9), result("", 9)};
    edy_scoreboard *board = board_of(results, 3);
    near(score_of(board, "fp32, 1 thread, each").value, 3);
    assert_int_equal(board->n, 2);
    edy_error err;
    board->n = EDY_MOST_RESULTS;
    for (size_t i = 2; i < EDY_MOST_RESULTS; i++)
        board->result[i] = board->result[1];
    assert_int_equal(edy_scoreboard_add(board, results[3], &err), EDY_LIMIT);
    board->n = 2;
    edy_scoreboard_destroy(board);
}

/* ---- Files and text -------------------------------------------------------------------------- */

static void folders_are_read_and_printed(void **state) {
    (void)state;
    char *dir = edy_temp_dir_create();
    const char *const tags[] = {"peer/net_b/fp32/1", "peer/net_a/fp32/1"};
    for (int i = 0; i < 2; i++) {
        char name[32];
        edy_ab *ab = result(tags[i], 2);
        snprintf(name, sizeof name, "%d.json", i);
        assert_int_equal(edy_ab_write_json(ab, NULL, edy_temp_path(dir, name), NULL), EDY_OK);
        edy_ab_destroy(ab);
    }
    edy_temp_write(edy_temp_path(dir, "notes.txt"), "x", 1); /* not looked at */
    edy_scoreboard *board = NULL;
    edy_error err;
    if (edy_scoreboard_read(dir, &board, &err))
        fail_msg("%s", err.message);
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    edy_scoreboard_print(board, out);
    fclose(out);
    const char *a = strstr(text, "net_a"), *b = strstr(text, "net_b");
    assert_true(a && b && a < b);
    assert_non_null(strstr(text, "net_a                 fp32  1   800.0 us  400.0 us  2.000 "
                                 "2.000 .. 2.000 -\n"));
    assert_non_null(strstr(text, "2 at the aim, 0 met, 0 missed, 15 not measured of 17\n"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strlen(line) > 80)
            fail_msg("%zu columns: %s", strlen(line), line);
    free(text);
    edy_scoreboard_destroy(board);
    edy_temp_write(edy_temp_path(dir, "bad.json"), "{}", 2);
    assert_int_equal(edy_scoreboard_read(dir, &board, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "bad.json"));
    assert_int_equal(edy_scoreboard_read(edy_temp_path(dir, "none"), &board, &err), EDY_IO);
    edy_temp_dir_remove(dir);
}

#define CASE(net, variant, backend, threads, share)                                                \
    "{\"workload\": \"" net "\", \"variant\": \"" variant "\", \"backend\": \"" backend            \
    "\", \"threads\": " threads ", \"classes\": {\"pointwise\": {\"of_peak\": " share "}}}"

static void put(const char *path, const char *text) {
    edy_temp_write(path, text, strlen(text));
}

/* One thread, that network, and for int8 that backend; the smallest of what is left. */
static void shares_come_from_profiles(void **state) {
    (void)state;
    edy_error err;
    edy_scoreboard *board = NULL;
    char *dir = edy_temp_dir_create();
    put(edy_temp_path(dir, "profile.a.json"),
        "{\"kind\": \"profile\", \"cases\": [" CASE(
            "mobilenet_v1_1.0_224", "fp32", "avx2", "1",
            "0.9") ", " CASE("mobilenet_v1_1.0_224", "fp32", "avx2", "2",
                             "0.1") ", " CASE("mobilenet_v1_0.25_96", "fp32", "avx2", "1",
                                              "0.1") ", " CASE("mobilenet_v1_1.0_224", "fp32",
                                                               "avx2", "1",
                                                               "null") ", " CASE("mobilenet_v1_1.0_"
                                                                                 "224",
                                                                                 "int8", "avx2",
                                                                                 "1", "0.7") "]}");
    assert_int_equal(edy_scoreboard_read(dir, &board, &err), EDY_OK);
    edy_score s = score_of(board, "pointwise fp32");
    near(s.value, 0.9);
    assert_int_equal(s.state, EDY_SCORE_MET);
    s = score_of(board, "pointwise int8");
    assert_int_equal(s.state, EDY_SCORE_SKIP);
    assert_non_null(strstr(s.note, "0.700 on avx2"));
    edy_scoreboard_destroy(board);
    put(edy_temp_path(dir, "profile.b.json"), "{\"kind\": \"ab\", \"cases\": []}");
    assert_int_equal(edy_scoreboard_read(dir, &board, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "profile.b.json"));
    put(edy_temp_path(dir, "profile.b.json"),
        "{\"kind\": \"profile\", \"cases\": [" CASE("n", "fp32", "avx2", "\"one\"", "0.5") "]}");
    assert_int_equal(edy_scoreboard_read(dir, &board, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "threads"));
    put(edy_temp_path(dir, "profile.b.json"), "[");
    assert_int_equal(edy_scoreboard_read(dir, &board, &err), EDY_BAD_FILE);
    edy_temp_dir_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worst_and_mean),
        cmocka_unit_test(gate_and_aim_are_inclusive),
        cmocka_unit_test(smaller_is_better),
        cmocka_unit_test(facts_decide),
        cmocka_unit_test(what_was_not_measured_is_said),
        cmocka_unit_test(a_tag_counts_once),
        cmocka_unit_test(folders_are_read_and_printed),
        cmocka_unit_test(shares_come_from_profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
