/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The parent's side of the block protocol, against children that are shell scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "bench/block_child.h"

#define READY "echo 'ready start_ns=5e3 rss=42 name=fake engine 1.0'; "

static edy_block_child *must_start(const char *command) {
    edy_block_child *child = NULL;
    edy_error err;
    if (edy_block_child_start(command, 20, &child, &err))
        fail_msg("%s", err.message);
    return child;
}

static void blocks_on_request(void **state) {
    (void)state;
    edy_block_child *child =
        must_start(READY "n=1; while read word ns; do echo \"ns $n.5 $ns\"; n=$((n + 1)); done");
    const edy_child_facts *facts = edy_block_child_facts(child);
    assert_string_equal(facts->name, "fake engine 1.0");
    assert_true(edy_child_fact(facts, "start_ns") == 5000);
    assert_true(edy_child_fact(facts, "rss") == 42);
    assert_true(isnan(edy_child_fact(facts, "arena")));
    for (int i = 1; i <= 3; i++) {
        double ns = 0;
        int64_t count = 0;
        assert_int_equal(edy_block_child_go(child, 700 + i, 20, &ns, &count, NULL), EDY_OK);
        assert_true(ns == i + 0.5);
        assert_int_equal(count, 700 + i); /* the child saw the length that was asked for */
    }
    assert_int_equal(edy_block_child_end(child, 20, NULL), EDY_OK);
}

/* Each command with a part of the sentence that it must give at its start. */
static void bad_starts_are_sentences(void **state) {
    (void)state;
    static const struct {
        const char *command, *said;
        edy_status status;
    } bad[] = {
        {"exit 3", "ended with code 3 before its ready line", EDY_IO},
        {"/nonexistent/engine 2>/dev/null", "ended with code 127", EDY_IO},
        {"kill -9 $$", "ended with signal 9", EDY_IO},
        {"echo hello", "printed \"hello\" where \"ready", EDY_BAD_FILE},
        {"echo readyy", "printed \"readyy\"", EDY_BAD_FILE},
        {"echo ready start_ns=fast", "start_ns=fast", EDY_BAD_FILE},
        {"echo ready start_ns=nan", "start_ns=nan", EDY_BAD_FILE},
        {"echo ready =1", "=1", EDY_BAD_FILE},
        {"head -c 5000 /dev/zero | tr '\\0' x; sleep 9", "line of more than 1024", EDY_BAD_FILE},
        {"exec >&-; sleep 9", "closed its stdout", EDY_IO},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        edy_block_child *child = NULL;
        edy_error err = {EDY_OK, ""};
        assert_int_equal(edy_block_child_start(bad[i].command, 20, &child, &err), bad[i].status);
        if (!strstr(err.message, bad[i].said))
            fail_msg("%s: \"%s\"", bad[i].command, err.message);
        assert_null(child);
    }
}

static void silence_is_a_sentence(void **state) {
    (void)state;
    edy_block_child *child = NULL;
    edy_error err;
    assert_int_equal(edy_block_child_start("sleep 30", 0.05, &child, &err), EDY_IO);
    assert_non_null(strstr(err.message, "said nothing for 0.05 s; its ready line was awaited"));
    child = must_start(READY "sleep 30");
    double ns;
    int64_t count;
    assert_int_equal(edy_block_child_go(child, 1, 0.05, &ns, &count, &err), EDY_IO);
    assert_non_null(strstr(err.message, "the end of a block was awaited"));
    edy_block_child_kill(child); /* and its sleep: nothing is left behind */
}

static void bad_blocks_are_sentences(void **state) {
    (void)state;
    static const char *const answers[] = {"ns 5",    "ns 0 1", "ns -1 1", "ns inf 1", "ns 5 0",
                                          "ns 5 1x", "us 5 1", "",        "ns nan 1", "ns 1 1 1"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        char command[200];
        double ns;
        int64_t count;
        edy_error err;
        snprintf(command, sizeof command, READY "read go; echo '%s'; cat >/dev/null", answers[i]);
        edy_block_child *child = must_start(command);
        assert_int_equal(edy_block_child_go(child, 1, 20, &ns, &count, &err), EDY_BAD_FILE);
        assert_non_null(strstr(err.message, "\"ns TIME COUNT\" was awaited"));
        edy_block_child_kill(child);
    }
}

static void a_child_that_dies_is_told(void **state) {
    (void)state;
    double ns;
    int64_t count;
    edy_error err;
    edy_block_child *child = must_start(READY "read go; exit 7");
    assert_int_equal(edy_block_child_go(child, 1, 20, &ns, &count, &err), EDY_IO);
    assert_non_null(strstr(err.message, "ended with code 7 before the end of a block"));
    edy_block_child_kill(child);
    child = must_start(READY "cat >/dev/null; exit 5");
    assert_int_equal(edy_block_child_end(child, 20, &err), EDY_IO);
    assert_non_null(strstr(err.message, "ended with code 5"));
    child = must_start(READY "cat >/dev/null; sleep 30");
    assert_int_equal(edy_block_child_end(child, 0.05, &err), EDY_IO);
    assert_non_null(strstr(err.message, "does not end when its stdin does"));
    assert_int_equal(edy_block_child_end(NULL, 1, &err), EDY_OK);
    edy_block_child_kill(NULL);
}

static void whole_processes(void **state) {
    (void)state;
    double ns = 0;
    edy_error err;
    assert_int_equal(edy_whole_process("sleep 0.05; echo unseen", 20, &ns, &err), EDY_OK);
    assert_true(ns >= 0.05e9);
    assert_int_equal(edy_whole_process("exit 4", 20, &ns, &err), EDY_IO);
    assert_non_null(strstr(err.message, "`exit 4` ended with code 4"));
    assert_int_equal(edy_whole_process("sleep 30", 0.05, &ns, &err), EDY_IO);
    assert_non_null(strstr(err.message, "took longer than 0.05 s"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_on_request),         cmocka_unit_test(bad_starts_are_sentences),
        cmocka_unit_test(silence_is_a_sentence),     cmocka_unit_test(bad_blocks_are_sentences),
        cmocka_unit_test(a_child_that_dies_is_told), cmocka_unit_test(whole_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
