/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The program as a user sees it: help, examples, exit codes, output files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tests/run_program.h"
#include "bench/tests/temp_dir.h"

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

static const char *work(const char *name) {
    char text[300];
    snprintf(text, sizeof text, "work/%s", name);
    return edy_temp_path(shell, text);
}

/* Runs a line that must end with this code; returns what it printed on stdout. */
static char *must(int code, const char *line) {
    edy_run r = edy_shell(shell, line);
    if (r.code != code)
        fail_msg("%s: exit code %d instead of %d\n%s%s", line, r.code, code, r.out, r.err);
    free(r.err);
    return r.out;
}

static void must_quietly(int code, const char *line) {
    free(must(code, line));
}

/* ---- Help ------------------------------------------------------------------------------------ */

static void help_and_version(void **state) {
    (void)state;
    char *text = must(0, "edyno --help");
    assert_non_null(strstr(text, "inspect"));
    assert_non_null(strstr(text, "Exit codes"));
    free(text);
    text = must(0, "edyno --version");
    assert_true(strncmp(text, "edyno ", 6) == 0);
    free(text);
    edy_run r = edy_shell(shell, "edyno");
    assert_int_equal(r.code, 2);
    assert_string_equal(r.out, "");
    assert_non_null(strstr(r.err, "Verbs:"));
    edy_run_free(&r);
    r = edy_shell(shell, "edyno frobnicate");
    assert_int_equal(r.code, 2);
    assert_non_null(strstr(r.err, "unknown verb \"frobnicate\""));
    assert_non_null(strstr(r.err, "conform"));
    edy_run_free(&r);
}

/* The verb's --help; the caller frees. */
static char *help_of(const char *verb) {
    char line[64];
    snprintf(line, sizeof line, "edyno %s --help", verb);
    return must(0, line);
}

static void assert_narrow(const char *text) {
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strcspn(text, "\n") > 80)
            fail_msg("wider than 80 columns: %.*s", (int)strcspn(text, "\n"), text);
}

/* Calls use with each example line of a help text; returns how many there were. */
static int each_example(const char *help, void (*use)(const char *line)) {
    const char *at = strstr(help, "\nExamples:\n");
    assert_non_null(at);
    int n = 0;
    for (at += strlen("\nExamples:\n"); *at == ' '; n++) {
        char line[512];
        const size_t length = strcspn(at, "\n");
        assert_true(length < sizeof line);
        snprintf(line, sizeof line, "%.*s", (int)length, at + strspn(at, " "));
        line[length - strspn(at, " ")] = '\0';
        if (use)
            use(line);
        at += length + 1;
    }
    return n;
}

static void every_verb_has_help_with_three_examples(void **state) {
    (void)state;
    char *text = must(0, "edyno --help");
    const char *at = strstr(text, "Verbs:\n");
    assert_non_null(at);
    int verbs = 0;
    for (at += strlen("Verbs:\n"); *at == ' '; at += strcspn(at, "\n") + 1) {
        char verb[32];
        assert_int_equal(sscanf(at, " %31s", verb), 1);
        char *help = help_of(verb);
        assert_non_null(strstr(help, "\nUsage:\n"));
        assert_non_null(strstr(help, "\nOptions"));
        assert_narrow(help);
        assert_int_equal(each_example(help, NULL), 3);
        for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
            if (strcspn(line, "\n") > 100)
                fail_msg("%s: a help line of more than 100 columns", verb);
        free(help);
        verbs++;
    }
    assert_true(verbs >= 4);
    free(text);
}

static void run_example(const char *line) {
    if (strcmp(line, "edyno conform") != 0) /* all of it: too long here, and CI runs it */
        must_quietly(0, line);
}

static void examples_run_as_they_stand(void **state) {
    (void)state;
    const char *verbs[] = {"list", "inspect", "infer", "conform"};
    for (int i = 0; i < 4; i++) {
        char *help = help_of(verbs[i]);
        each_example(help, run_example);
        free(help);
    }
    assert_true(edy_temp_exists(work("out.bin")));
    assert_true(edy_temp_exists(work("layers/index.json")));
}

/* ---- Output ---------------------------------------------------------------------------------- */

static cJSON *json(const char *line) {
    char *text = must(0, line);
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithOpts(text, &end, 0);
    if (!root || strcmp(end + strspn(end, "\n"), "") != 0)
        fail_msg("%s: stdout is not one JSON document", line);
    free(text);
    return root;
}

static void json_is_all_there_is_on_stdout(void **state) {
    (void)state;
    cJSON *list = json("edyno list --format json");
    assert_non_null(cJSON_GetObjectItem(list, "workloads"));
    assert_non_null(cJSON_GetObjectItem(list, "backends"));
    cJSON_Delete(list);
    cJSON *inspect = json("edyno inspect simplecnn --format json");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(inspect, "steps")), 4);
    cJSON_Delete(inspect);
    cJSON *conform = json("edyno conform simplecnn --variant fp32 -b scalar -t 1 --batch 2 "
                          "--format json");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(conform, "cases")), 1);
    cJSON_Delete(conform);
}

static void tables_fit_80_columns(void **state) {
    (void)state;
    const char *lines[] = {"edyno list workloads; edyno list backends", "edyno inspect simplecnn",
                           "edyno conform simplecnn --variant fp32 -t 1 --batch 1", "edyno --help"};
    for (int i = 0; i < 4; i++) {
        char *text = must(0, lines[i]);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            if (strlen(line) > 80 && !strstr(line, ".onnx"))
                fail_msg("%s: %zu columns: %s", lines[i], strlen(line), line);
        free(text);
    }
}

static void conform_ends_with_its_denominator(void **state) {
    (void)state;
    char *text = must(0, "edyno conform simplecnn --variant fp32 -b scalar -t 1,2 --batch 1");
    assert_non_null(strstr(text, "\n2 passed, 0 failed, 0 unsupported, 0 crashed, 0 skipped, "
                                 "0 mistrusted of 2\n"));
    free(text);
}

static void conform_says_why_it_is_neither_right_nor_wrong(void **state) {
    (void)state;
    must_quietly(0, "cp " EDYNO_SOURCE_DIR "/workloads/models/simplecnn.onnx own.onnx");
    edy_run r = edy_shell(shell, "edyno conform own.onnx -b scalar -t 1 --batch 1");
    assert_int_equal(r.code, 4);
    assert_non_null(strstr(r.out, "1 mistrusted of 1\n"));
    assert_non_null(strstr(r.err, "1 of 1 cases are mistrusted"));
    edy_run_free(&r);
}

static void selftest_counts_what_it_was_asked_for(void **state) {
    (void)state;
    char *text = must(0, "edyno selftest --list");
    assert_non_null(strstr(text, "saturated-accumulator        kernel walk\n"));
    free(text);
    text = must(0, "edyno selftest --fault 'saturated-*,truncated-golden'");
    assert_non_null(strstr(text, "holds less than the 80 bytes"));
    assert_non_null(strstr(text, "\n2 of 2 faults caught\n"));
    free(text);
    edy_run r = edy_shell(shell, "edyno selftest --fault nan-output,no-such-fault");
    assert_int_equal(r.code, 2);
    assert_string_equal(r.out, "");
    assert_non_null(strstr(r.err, "no fault is called \"no-such-fault\""));
    edy_run_free(&r);
}

static void nets_are_a_group_of_their_own(void **state) {
    (void)state;
    edy_run r = edy_shell(shell, "edyno conform --variant int4");
    assert_int_equal(r.code, 2);
    assert_non_null(strstr(r.err, "there are dscnn/fp32"));
    assert_null(strstr(r.err, "ds_cnn_49x10"));
    edy_run_free(&r);
    r = edy_shell(shell, "edyno run --group nets --variant int4");
    assert_int_equal(r.code, 2);
    assert_non_null(strstr(r.err, "there are ds_cnn_49x10/fp32, ds_cnn_49x10/int8"));
    assert_null(strstr(r.err, "dscnn/"));
    edy_run_free(&r);
    /* On every backend that this CPU has. */
    r = edy_shell(shell, "edyno conform ds_cnn_49x10 resnet8_32 mobilenet_v1_0.25_96 -t 1 "
                         "--batch 3");
    if (r.code != 0 || !strstr(r.out, " passed, 0 failed, 0 unsupported, 0 crashed, 0 skipped, 0 "
                                      "mistrusted of "))
        fail_msg("exit code %d:\n%s", r.code, r.out);
    edy_run_free(&r);
}

static void inspect_shows_kernels_memory_and_arena(void **state) {
    (void)state;
    char *text = must(0, "edyno inspect simplecnn -b scalar");
    const char *parts[] = {"541,440 MACs", "347,146 parameters", "__scalar", "Transposes left: 0\n",
                           "Arena map",    "weights as packed",  "0 |"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!strstr(text, parts[i]))
            fail_msg("\"%s\" is missing", parts[i]);
    free(text);
}

/* ---- infer ----------------------------------------------------------------------------------- */

enum { IMAGE = 28 * 28, SAMPLES = 4, LOGITS = 10 };

static void write_samples(const char *name) {
    static float x[SAMPLES * IMAGE];
    for (int i = 0; i < SAMPLES * IMAGE; i++)
        x[i] = (float)(i * 37 % 101) / 50.0f - 1.0f;
    edy_temp_write(work(name), x, sizeof x);
}

static void batch_threads_and_place_do_not_change_a_byte(void **state) {
    (void)state;
    write_samples("in.bin");
    must_quietly(0, "edyno infer simplecnn -i in.bin -o one.bin");
    must_quietly(0, "edyno infer simplecnn -i in.bin -o three.bin --batch 3 -t 2");
    must_quietly(0, "edyno infer simplecnn -i in.bin -o eight.bin --batch 8");
    must_quietly(0, "cmp one.bin three.bin && cmp one.bin eight.bin");
    must_quietly(0, "head -c 9408 in.bin | tail -c 3136 | edyno infer simplecnn -i /dev/stdin "
                    "-o third.bin");
    must_quietly(0, "head -c 120 one.bin | tail -c 40 | cmp - third.bin");
    size_t bytes;
    free(edy_temp_read(work("one.bin"), &bytes));
    assert_int_equal(bytes, SAMPLES * LOGITS * sizeof(float));
    char *text = must(0, "edyno infer simplecnn -i in.bin -o /dev/null -b scalar");
    assert_non_null(strstr(text, "float32  1x1x28x28"));
    assert_non_null(strstr(text, "4 samples, backend scalar, 1 thread, batch 1"));
    free(text);
}

static void layers_are_dumped_with_an_index(void **state) {
    (void)state;
    write_samples("in.bin");
    must_quietly(0, "edyno infer simplecnn -i in.bin -o out.bin --batch 3 --dump-layers layers");
    size_t bytes;
    char *text = edy_temp_read(work("layers/index.json"), &bytes);
    cJSON *index = cJSON_Parse(text), *layer = NULL;
    assert_int_equal(cJSON_GetArraySize(index), 4);
    assert_int_equal(edy_temp_count(work("layers")), 5);
    cJSON_ArrayForEach(layer, index) {
        char file[64];
        snprintf(file, sizeof file, "layers/%s", cJSON_GetObjectItem(layer, "file")->valuestring);
        size_t wanted = SAMPLES * sizeof(float);
        const cJSON *dim;
        cJSON_ArrayForEach(dim, cJSON_GetObjectItem(layer, "shape")) {
            wanted *= (size_t)dim->valuedouble;
        }
        free(edy_temp_read(work(file), &bytes));
        assert_int_equal(bytes, wanted);
    }
    cJSON_Delete(index);
    free(text);
    must_quietly(0, "cmp layers/003.bin out.bin"); /* the last layer is the output */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(help_and_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_verb_has_help_with_three_examples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(examples_run_as_they_stand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_is_all_there_is_on_stdout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_fit_80_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conform_ends_with_its_denominator, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conform_says_why_it_is_neither_right_nor_wrong, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(selftest_counts_what_it_was_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nets_are_a_group_of_their_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(inspect_shows_kernels_memory_and_arena, set_up, tear_down),
        cmocka_unit_test_setup_teardown(batch_threads_and_place_do_not_change_a_byte, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(layers_are_dumped_with_an_index, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
