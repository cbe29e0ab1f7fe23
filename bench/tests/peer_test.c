/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* An engine as a child: what it says, what it answers, and when two engines answer alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peer_check.h"
#include "engine/import/onnx_import.h"

#define MODEL EDYNO_SOURCE_DIR "/workloads/models/simplecnn.onnx"
#define INT8_MODEL EDYNO_SOURCE_DIR "/workloads/models/simplecnn.int8.onnx"

static edy_graph *import(const char *path) {
    edy_graph *graph = NULL;
    edy_error err;
    if (edy_onnx_import(path, NULL, &graph, &err))
        fail_msg("%s", err.message);
    return graph;
}

static edy_peer *own(const edy_graph *graph, const char *backend, int64_t batch, uint64_t seed) {
    const edy_backend *b = NULL;
    edy_peer *peer = NULL;
    edy_error err;
    if (edy_backend_find(backend, &b, &err) ||
        edy_peer_create_own(graph, 7, b, 1, batch, seed, &peer, &err))
        fail_msg("%s", err.message);
    return peer;
}

/* ---- Inputs ---------------------------------------------------------------------------------- */

static void inputs_are_seeded_and_in_range(void **state) {
    (void)state;
    enum { N = 4000 };
    float x[N], again[N], other[N];
    double sum = 0;
    edy_peer_fill(EDY_F32, N, 3, x);
    edy_peer_fill(EDY_F32, N, 3, again);
    edy_peer_fill(EDY_F32, N, 4, other);
    assert_memory_equal(x, again, sizeof x);
    assert_memory_not_equal(x, other, sizeof x);
    for (int i = 0; i < N; i++) {
        assert_true(x[i] >= -1 && x[i] < 1);
        sum += x[i];
    }
    assert_true(fabs(sum / N) < 0.05); /* sigma is 0.0091 */
    uint8_t bytes[N];
    bool seen[256] = {false};
    edy_peer_fill(EDY_U8, N, 3, bytes);
    for (int i = 0; i < N; i++)
        seen[bytes[i]] = true;
    for (int i = 0; i < 256; i++)
        assert_true(seen[i]); /* missing one has a chance of 4e-5 for this seed: none */
    int64_t wide[2] = {9, 9};
    edy_peer_fill(EDY_S64, 2, 1, wide);
    assert_true(wide[0] == 0 && wide[1] == 0);
}

/* ---- Serving --------------------------------------------------------------------------------- */

/* Time passes by 50 ns a reading. */
static int64_t now_by_hand(void *context) {
    return *(int64_t *)context += 50;
}

static edy_status serve(const char *asked, char **said, edy_error *err) {
    int64_t time = 0;
    size_t bytes;
    const edy_clock clock = {.now_ns = now_by_hand, .context = &time};
    edy_graph *graph = import(MODEL);
    edy_peer *peer = own(graph, "scalar", 0, 1);
    FILE *in = fmemopen((char *)(uintptr_t)asked, strlen(asked), "r");
    FILE *out = open_memstream(said, &bytes);
    const edy_status st = edy_peer_serve(peer, &clock, in, out, err);
    fclose(in);
    fclose(out);
    edy_peer_destroy(peer);
    edy_graph_destroy(graph);
    return st;
}

static void blocks_are_answered(void **state) {
    (void)state;
    char *said = NULL;
    assert_int_equal(serve("go 1000\ngo 1\n", &said, NULL), EDY_OK);
    assert_int_equal(strncmp(said, "ready start_ns=", 15), 0);
    const char *parts[] = {" rss=", " arena=", " arena_bound=", " macs=541440 ",
                           " name=edyno " EDYNO_VERSION ", scalar, 1 thread\n"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!strstr(said, parts[i]))
            fail_msg("\"%s\" is missing in %s", parts[i], said);
    /* An inference takes one step of the clock; two readings a sample: ten fit into 1000 ns. */
    assert_non_null(strstr(said, "\nns 50 10\nns 50 1\n"));
    free(said);
}

static void other_lines_are_refused(void **state) {
    (void)state;
    static const char *const lines[] = {"stop\n", "go\n", "go 0\n", "go -5\n", "go 5 6\n", "\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char *said = NULL;
        edy_error err;
        assert_int_equal(serve(lines[i], &said, &err), EDY_BAD_ARGUMENT);
        assert_non_null(strstr(err.message, "expected \"go NANOSECONDS\""));
        assert_null(strstr(said, "\nns "));
        free(said);
    }
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static edy_peer_check compare(const char *path, const char *a, const char *b) {
    edy_graph *graph = import(path);
    edy_peer *one = own(graph, a, 0, 1), *two = own(graph, b, 0, 1);
    edy_peer_check check;
    edy_error err;
    if (edy_peer_compare(graph, one, two, &check, &err))
        fail_msg("%s", err.message);
    edy_peer_destroy(one);
    edy_peer_destroy(two);
    edy_graph_destroy(graph);
    return check;
}

static void same_answers(void **state) {
    (void)state;
    const char *best = edy_backend_best()->name;
    edy_peer_check check = compare(INT8_MODEL, best, "scalar");
    assert_true(check.same);
    assert_string_equal(check.text, "0 of 40 output bytes differ");
    check = compare(MODEL, best, "scalar");
    assert_true(check.same);
    assert_non_null(strstr(check.text, "10 values within the budget of the double run"));
}

/* The same network with one weight changed is another engine. */
static void other_answers(void **state) {
    (void)state;
    const char *const paths[] = {MODEL, INT8_MODEL};
    for (int i = 0; i < 2; i++) {
        edy_graph *graph = import(paths[i]), *wrong = import(paths[i]);
        for (int32_t v = 0; v < wrong->n_values; v++)
            if (wrong->value[v].data && wrong->value[v].dtype == (i ? EDY_S8 : EDY_F32) &&
                wrong->value[v].shape.rank == 4)
                memset((void *)(uintptr_t)wrong->value[v].data, 0x3f, 8);
        edy_peer *one = own(graph, "scalar", 0, 1), *two = own(wrong, "scalar", 0, 1);
        edy_peer_check check;
        assert_int_equal(edy_peer_compare(graph, one, two, &check, NULL), EDY_OK);
        assert_false(check.same);
        assert_non_null(strstr(check.text, i ? "of 40 output bytes differ" : "theirs: "));
        edy_peer_destroy(one);
        edy_peer_destroy(two);
        edy_graph_destroy(graph);
        edy_graph_destroy(wrong);
    }
}

static void what_cannot_be_compared(void **state) {
    (void)state;
    edy_graph *graph = import(MODEL);
    edy_peer *one = own(graph, "scalar", 0, 1), *two = own(graph, "scalar", 0, 2);
    edy_peer *three = own(graph, "scalar", 3, 1), *four = own(graph, "scalar", 3, 1);
    edy_peer_check check;
    edy_error err;
    assert_int_equal(edy_peer_compare(graph, one, two, &check, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "other values in input"));
    assert_int_equal(edy_peer_compare(graph, one, three, &check, &err), EDY_BAD_FILE);
    assert_int_equal(edy_peer_compare(graph, three, four, &check, &err), EDY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "batch 1 only"));
    edy_peer_destroy(one);
    edy_peer_destroy(two);
    edy_peer_destroy(three);
    edy_peer_destroy(four);
    edy_graph_destroy(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_seeded_and_in_range),
        cmocka_unit_test(blocks_are_answered),
        cmocka_unit_test(other_lines_are_refused),
        cmocka_unit_test(same_answers),
        cmocka_unit_test(other_answers),
        cmocka_unit_test(what_cannot_be_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
