/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno ab, peer and scoreboard as a user sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/env.h"
#include "bench/tests/run_program.h"
#include "bench/tests/temp_dir.h"

/* A child that takes 100 ns times TIMES. */
#define CHILD(times)                                                                               \
    "echo ready name=child" times "; while read go ns; do echo ns " times "00 9; done"

static char *shell; /* a new one a test */

static int set_up(void **state) {
    (void)state;
    shell = edy_shell_create(EDYNO_PROGRAM_PATH, EDYNO_EMULATOR);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edy_shell_destroy(shell);
    return 0;
}

/* Runs a line that must end with this code and print `said`, on stderr where the code is 2. */
static void must(int code, const char *line, const char *said) {
    edy_run r = edy_shell(shell, line);
    if (r.code != code || !strstr(code == 2 ? r.err : r.out, said))
        fail_msg("%s: exit code %d instead of %d, or not \"%s\"\n%s%s", line, r.code, code, said,
                 r.out, r.err);
    if (code == 2)
        assert_string_equal(r.out, "");
    edy_run_free(&r);
}

/* Under emulation there are no times: said at once, whatever is to be compared. */
static bool emulation_is_refused(void) {
    edy_run r = edy_shell(shell, "edyno ab --no-pin --base true --new true");
    const bool refused = r.code == 4 && strstr(r.err, "instructions are emulated");
    edy_run_free(&r);
    assert_int_equal(refused, edy_env_emulated("", NULL, 0));
    return refused;
}

static void two_commands(void **state) {
    (void)state;
    if (emulation_is_refused())
        skip();
    must(0, "edyno ab --no-pin --base '" CHILD("3") "' --new '" CHILD("2") "'",
         "new is faster: base takes 50.0 % more");
    must(0, "edyno ab --no-pin --base '" CHILD("2") "' --new '" CHILD("3") "'",
         "new is slower: it takes 50.0 % more");
    must(0, "edyno ab --no-pin --base '" CHILD("2") "' --new '" CHILD("2") "'",
         "no difference seen");
    /* Three of seven pairs are 9, four are 1/9. */
    must(4,
         "edyno ab --no-pin --rounds 7 --base 'echo ready; t=1; while read go; do echo ns $t 1; "
         "t=$((10 - t)); done' --new 'echo ready; t=9; while read go; do echo ns $t 1; "
         "t=$((10 - t)); done'",
         "cannot say");
}

static void two_backends(void **state) {
    (void)state;
    if (emulation_is_refused())
        skip();
    edy_run r = edy_shell(shell, "edyno ab --backend scalar,scalar simplecnn --rounds 7 "
                                 "--block 0.002 --json ab.json --tag 'my tag'");
    if (r.code != 0 && r.code != 4) /* a noisy machine cannot say */
        fail_msg("exit code %d\n%s%s", r.code, r.out, r.err);
    assert_non_null(strstr(r.out, ", scalar, 1 thread\n"));
    edy_run_free(&r);
    must(0, "grep -c '\"tag\":.\"my tag\"' ab.json", "1\n");
    must(0, "grep -c cpu_model ab.json", "1\n");
    must(0, "mkdir d && mv ab.json d/ && edyno scoreboard d", "17 not measured of 17");
    must(5, "mkdir e && edyno scoreboard e", "17 not measured of 17");
}

static void a_child_of_our_own(void **state) {
    (void)state;
    must(0, "echo 'go 1000000' | edyno peer simplecnn -b scalar -t 2", "scalar, 2 threads\nns ");
    must(0, "edyno peer simplecnn --variant int8 -b scalar </dev/null", "ready start_ns=");
}

static void bad_input_is_one_sentence(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"edyno ab", "needs --base and --new, or --backend a,b and a model"},
        {"edyno ab --base true", "needs --base and --new"},
        {"edyno ab --base true --new true simplecnn", "\"simplecnn\": commands name their own"},
        {"edyno ab --base true --new true -b a,b", "--backend does not go with --base"},
        {"edyno ab -b scalar simplecnn", "--backend needs two names"},
        {"edyno ab -b scalar,scalar", "--backend needs a workload or a model"},
        {"edyno ab -b scalar,nosuch simplecnn", "nosuch"},
        {"edyno ab -b scalar,scalar simplecnn --measure process", "needs --base and --new"},
        {"edyno ab --base true --new true --rounds 6", "--rounds"},
        {"edyno peer simplecnn --check", "--check needs --library"},
        {"echo stop | edyno peer simplecnn >/dev/null", "expected \"go NANOSECONDS\""},
        {"edyno peer m.onnx --library /nonexistent.so", "cannot load ONNX Runtime: /nonexistent"},
        {"edyno peer m.onnx --library libm.so.6", "libm.so.6 is not ONNX Runtime"},
        {"edyno peer m.onnx", "m.onnx"},
        {"edyno scoreboard nowhere", "cannot open the folder nowhere"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        must(2, bad[i][0], bad[i][1]);
}

static void a_side_that_fails_is_told(void **state) {
    (void)state;
    if (emulation_is_refused())
        skip();
    must(2, "edyno ab --no-pin --base true --new true", "base: `true` ended with code 0 before");
    must(2, "edyno ab --no-pin --base 'echo hi' --new true", "base: `echo hi` printed \"hi\"");
    must(2, "edyno ab --base true --new true --block 0", "--block must be above 0 s");
    must(2, "edyno ab --no-pin --base '" CHILD("2") "' --new '" CHILD("3") "' --json no/ab.json",
         "no/ab.json");
    assert_false(edy_temp_exists(edy_temp_path(shell, "work/no")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(two_commands),
        TEST(two_backends),
        TEST(a_child_of_our_own),
        TEST(bad_input_is_one_sentence),
        TEST(a_side_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
