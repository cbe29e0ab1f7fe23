/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno run as a user calls it: exit codes, what stands on stdout and on disk, a run that is
 * killed, a wrong golden, an emulated machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/env.h"
#include "bench/report_writer.h"
#include "bench/verbs/verbs.h"
#include "datasets/sha256.h"

/* ---- The formats of this program: the real ones are in reports/ ------------------------------ */

static edy_status print_names(const edy_results *results, FILE *stream, edy_error *err) {
    (void)err;
    for (size_t i = 0; i < results->n; i++)
        fprintf(stream, "%s %s\n", results->records[i].name,
                edy_verdict_text(results->records[i].verdict));
    return EDY_OK;
}

static edy_status write_json(const edy_results *results, const char *dir, edy_error *err) {
    char path[512];
    snprintf(path, sizeof path, "%s/results.json", dir);
    return edy_results_write_json(results, path, err);
}

static const edy_report_writer console = {"console", NULL, NULL, print_names};
static const edy_report_writer json = {"json", "results.json", write_json, edy_results_print_json};
const edy_report_writer *const edy_report_writers[] = {&console, &json};
const size_t edy_report_writer_count = 2;

/* ---- Calling --------------------------------------------------------------------------------- */

static char folder[64];
static char out_text[1 << 20], err_text[1 << 16];

static const char *in_folder(const char *name) {
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, 256, "%s/%s", folder, name);
    return p;
}

static void slurp(const char *path, char *text, size_t size) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
}

static pid_t start(const char *const *words) {
    char *argv[24] = {(char *)(uintptr_t) "run"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (!freopen(in_folder("stdout"), "w", stdout) ||
            !freopen(in_folder("stderr"), "w", stderr))
            _exit(99);
        const int code = edy_verb_main(&edy_verb_run, "edyno", argc, argv);
        exit(code);
    }
    return child;
}

/* Exit code; out_text and err_text hold what was printed. */
static int call(const char *const *words) {
    int status = 0;
    waitpid(start(words), &status, 0);
    slurp(in_folder("stdout"), out_text, sizeof out_text);
    slurp(in_folder("stderr"), err_text, sizeof err_text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define RUN(...) call((const char *const[]){__VA_ARGS__, NULL})
#define SHORT "--quick", "--min-time", "0.01", "--repetitions", "2"

static void assert_code(int got, int expected) {
    if (got != expected)
        fail_msg("exit code %d, not %d; stderr: %s", got, expected, err_text);
}

static edy_results *read_results(const char *name) {
    edy_results *results = NULL;
    edy_error err;
    if (edy_results_read(in_folder(name), &results, &err))
        fail_msg("%s", err.message);
    return results;
}

static int make_folder(void **state) {
    (void)state;
    unsetenv("EDYNO_EMULATED");
    unsetenv("EDYNO_SHARE");
    strcpy(folder, "/tmp/edyno_run_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* ---- What it does ---------------------------------------------------------------------------- */

static void profile_prints_and_writes(void **state) {
    (void)state;
    const char *json_path = in_folder("profile.json");
    static char text[1 << 20];
    const int code = RUN("ds_cnn_49x10", "resnet8", "--profile", "--runs", "10", "--variant",
                         "fp32,int8", "--json", json_path);
    if (edy_env_emulated("", NULL, 0)) {
        assert_code(code, 4);
        assert_non_null(strstr(err_text, "emulated"));
        return;
    }
    assert_code(code, 0);
    assert_non_null(strstr(out_text, "ds_cnn_49x10/int8"));
    assert_non_null(strstr(out_text, "pointwise: "));
    slurp(json_path, text, sizeof text);
    cJSON *root = cJSON_Parse(text);
    const cJSON *cases = cJSON_GetObjectItem(root, "cases"), *one;
    assert_int_equal(cJSON_GetArraySize(cases), 4);
    cJSON_ArrayForEach(one, cases) {
        double share = 0;
        const cJSON *step;
        cJSON_ArrayForEach(step, cJSON_GetObjectItem(one, "steps")) {
            share += cJSON_GetObjectItem(step, "share")->valuedouble;
        }
        assert_true(share > 0.999999 && share < 1.000001);
        assert_true(cJSON_GetObjectItem(one, "whole_ns")->valuedouble > 0);
    }
    cJSON_Delete(root);
}

static void profile_refuses_what_does_not_fit(void **state) {
    (void)state;
    assert_code(RUN("resnet8", "--profile", "--quick"), 2);
    assert_non_null(strstr(err_text, "--quick"));
    assert_code(RUN("resnet8", "--runs", "20"), 2);
    assert_non_null(strstr(err_text, "--runs needs --profile"));
    assert_code(RUN("resnet8", "--json", "x.json"), 2);
    assert_code(RUN("resnet8", "--profile", "--runs", "9"), 2);
    assert_code(RUN("--profile"), 2);
    assert_code(RUN("resnet8", "--profile", "--variant", "int3"), 2);
    setenv("EDYNO_EMULATED", "1", 1);
    const int code = RUN("resnet8", "--profile");
    unsetenv("EDYNO_EMULATED");
    assert_code(code, 4);
    assert_non_null(strstr(err_text, "emulated"));
}

static void measures_and_writes(void **state) {
    (void)state;
    if (edy_env_emulated("", NULL, 0))
        skip();
    assert_code(RUN("simplecnn", "--variant", "fp32", "--backend", "scalar", "--threads", "1,2,1",
                    SHORT, "--out", in_folder("a/b"), "--format", "json"),
                0);
    assert_int_equal(strncmp(out_text, "{\n\"context\": ", 13), 0);
    edy_results *results = read_results("a/b/results.json");
    assert_int_equal(results->n, 2); /* the 1 that came twice runs once */
    assert_true(results->complete);
    assert_int_equal(strncmp(results->context.command, "edyno run simplecnn", 19), 0);
    for (size_t i = 0; i < 2; i++) {
        const edy_record *r = &results->records[i];
        assert_string_equal(r->name, i ? "simplecnn/fp32/scalar/threads:2"
                                       : "simplecnn/fp32/scalar/threads:1");
        assert_int_equal(r->verdict, EDY_VERDICT_PASS);
        assert_true(r->latency.n_samples >= 10 || r->latency.mean_ns > 1e6);
        assert_true(r->latency.median_ns > 0 && r->first_ns > 0 && r->load_ns > 0);
        assert_true(r->memory.weights > 0 && r->memory.arena >= r->memory.arena_lower_bound);
        assert_true(r->accuracy.n >= 10 && r->accuracy.top1 > 0.6);
        assert_true(r->counts.kind == EDY_COUNTERS_HARDWARE || strlen(r->counts.reason) > 10);
        assert_int_equal(strlen(r->model_sha256), 64);
        assert_true(r->macs > 100000);
        assert_true(r->memory.peak_rss > r->memory.peak_rss_base);
    }
    edy_results_destroy(results);
    results = read_results("a/b/results.jsonl");
    assert_int_equal(results->n, 2);
    assert_true(results->complete);
    edy_results_destroy(results);
}

static void batch_is_in_the_name(void **state) {
    (void)state;
    assert_code(RUN("simplecnn", "--variant", "fp32", "--backend", "scalar", "--threads", "1",
                    "--batch", "3", SHORT),
                0);
    assert_string_equal(out_text, "simplecnn/fp32/scalar/threads:1/batch:3 PASS\n");
    assert_string_equal(err_text, ""); /* no progress where stderr is no terminal */
}

static void own_model_is_mistrusted(void **state) {
    (void)state;
    char command[512];
    snprintf(command, sizeof command, "cp %s/workloads/models/simplecnn.onnx %s/own.onnx",
             EDYNO_SOURCE_DIR, folder);
    assert_int_equal(system(command), 0);
    assert_code(RUN(in_folder("own.onnx"), "--backend", "scalar", "--threads", "1", SHORT, "--out",
                    in_folder("own")),
                4);
    edy_results *results = read_results("own/results.json");
    assert_string_equal(results->records[0].name, "own/model/scalar/threads:1");
    assert_int_equal(results->records[0].verdict, EDY_VERDICT_MISTRUSTED);
    assert_string_equal(results->records[0].dataset, "synthetic:uniform");
    assert_int_equal(results->records[0].accuracy.n, 0);
    edy_results_destroy(results);
}

/* golden.json states the hash of the output: it has to follow, or the golden is refused as
 * damaged. */
static void replace_hash(const char *json_path, const char old[65], const char now[65]) {
    char text[1 << 16];
    slurp(json_path, text, sizeof text);
    char *at = strstr(text, old);
    assert_non_null(at);
    memcpy(at, now, 64);
    FILE *f = fopen(json_path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A copy of the workload whose golden output is changed in every sample. */
static void spoil_golden(void) {
    char command[1024], path[256];
    snprintf(command, sizeof command,
             "mkdir -p %s/w/models %s/w/goldens && cp %s/workloads/models/simplecnn.onnx "
             "%s/workloads/models/simplecnn.json %s/w/models && cp -r "
             "%s/workloads/goldens/simplecnn.fp32 %s/w/goldens",
             folder, folder, EDYNO_SOURCE_DIR, EDYNO_SOURCE_DIR, folder, EDYNO_SOURCE_DIR, folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/w/goldens/simplecnn.fp32/output.bin", folder);
    char old[65], now[65];
    assert_int_equal(edy_sha256_file(path, old, NULL), EDY_OK);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    const long elems = ftell(f) / (long)sizeof(double);
    for (long i = 0; i < elems; i += 5) {
        double value;
        fseek(f, i * (long)sizeof value, SEEK_SET);
        assert_int_equal(fread(&value, sizeof value, 1, f), 1);
        value += 1;
        fseek(f, i * (long)sizeof value, SEEK_SET);
        assert_int_equal(fwrite(&value, sizeof value, 1, f), 1);
    }
    fclose(f);
    assert_int_equal(edy_sha256_file(path, now, NULL), EDY_OK);
    replace_hash(in_folder("w/goldens/simplecnn.fp32/golden.json"), old, now);
}

static void wrong_answers_have_no_number(void **state) {
    (void)state;
    spoil_golden();
    assert_code(RUN("simplecnn", "--workloads-dir", in_folder("w"), "--backend", "scalar",
                    "--threads", "1", SHORT, "--out", in_folder("bad")),
                1);
    edy_results *results = read_results("bad/results.json");
    assert_int_equal(results->n, 1);
    assert_int_equal(results->records[0].verdict, EDY_VERDICT_FAIL);
    assert_false(edy_record_has_latency(&results->records[0]));
    assert_true(isnan(results->records[0].first_ns));
    assert_true(strlen(results->records[0].verdict_reason) > 10);
    edy_results_destroy(results);
}

/* Nothing that looks like performance may be there under emulation; the verdict is. */
static void emulation_has_no_times(void **state) {
    (void)state;
    setenv("EDYNO_EMULATED", "1", 1);
    assert_code(RUN("simplecnn", "--variant", "fp32", "--backend", "scalar", "--threads", "1",
                    SHORT, "--out", in_folder("emulated")),
                0);
    unsetenv("EDYNO_EMULATED");
    edy_results *results = read_results("emulated/results.json");
    const edy_record *r = &results->records[0];
    assert_true(results->context.emulated);
    assert_int_equal(r->verdict, EDY_VERDICT_PASS);
    assert_false(edy_record_has_latency(r));
    assert_true(isnan(r->first_ns) && isnan(r->load_ns) && isnan(r->plan_ns));
    assert_int_equal(r->memory.peak_rss, -1);
    assert_true(r->memory.arena > 0 && r->accuracy.n > 0);
    assert_string_equal(r->doubt[0].code, "emulated");
    edy_results_destroy(results);
    slurp(in_folder("emulated/results.json"), out_text, sizeof out_text);
    assert_null(strstr(out_text, "real_time"));
}

/* ---- Killed ---------------------------------------------------------------------------------- */

static size_t lines_of(const char *path) {
    FILE *f = fopen(path, "r");
    size_t n = 0;
    if (!f)
        return 0;
    for (int c = getc(f); c != EOF; c = getc(f))
        n += c == '\n';
    fclose(f);
    return n;
}

static void killed_run_keeps_finished_cases(void **state) {
    (void)state;
    const char *const words[] = {
        "simplecnn", "--variant",         "fp32",       "--backend", "scalar",
        "--threads", "1,2,3,4,5,6,7,8",   "--min-time", "0.3",       "--quick",
        "--out",     in_folder("killed"), NULL};
    const pid_t child = start(words);
    char journal[256];
    snprintf(journal, sizeof journal, "%s", in_folder("killed/results.jsonl"));
    for (int i = 0; i < 6000 && lines_of(journal) < 3; i++)
        usleep(10000);
    const size_t lines = lines_of(journal); /* context and at least two records */
    assert_true(lines >= 3);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    edy_results *results = read_results("killed/results.jsonl");
    assert_true(results->n >= lines - 1 && results->n < 8);
    assert_false(results->complete);
    for (size_t i = 0; i < results->n; i++)
        assert_int_equal(results->records[i].verdict, EDY_VERDICT_PASS);
    edy_results_destroy(results);
    assert_int_not_equal(access(in_folder("killed/results.json"), F_OK), 0);
}

/* ---- Bad command lines ----------------------------------------------------------------------- */

static bool folder_is_there(const char *name) {
    return access(in_folder(name), F_OK) == 0;
}

static void bad_usage_is_a_sentence(void **state) {
    (void)state;
    static const struct {
        const char *words[6], *sentence;
    } cases[] = {
        {{"nosuchnet"}, "simplecnn"},
        {{"simplecnn", "--backend", "mmx"}, "scalar"},
        {{"simplecnn", "--variant", "int3"}, "simplecnn/fp32"},
        {{"simplecnn", "--threads", "0"}, "--threads"},
        {{"simplecnn", "--min-time", "soon"}, "--min-time"},
        {{"simplecnn", "--repetitions", "101"}, "--repetitions"},
        {{"simplecnn", "--format", "html"}, "--format"},
        {{"simplecnn", "--data", "/no/data"}, "/no/data"},
        {{"simplecnn", "--preprocess", "colour=red"}, "colour"},
        {{"/no/such.onnx"}, "/no/such.onnx"},
        {{"--frequency"}, "--frequency"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *words[10] = {NULL};
        size_t n = 0;
        while (cases[i].words[n]) {
            words[n] = cases[i].words[n];
            n++;
        }
        words[n++] = "--out";
        words[n] = in_folder("never");
        assert_code(call(words), 2);
        assert_string_equal(out_text, "");
        if (!strstr(err_text, cases[i].sentence))
            fail_msg("\"%s\" does not say %s", err_text, cases[i].sentence);
        assert_false(folder_is_there("never"));
    }
}

static void truncated_model_is_refused(void **state) {
    (void)state;
    char command[512];
    snprintf(command, sizeof command, "head -c 3000 %s/workloads/models/simplecnn.onnx > %s/t.onnx",
             EDYNO_SOURCE_DIR, folder);
    assert_int_equal(system(command), 0);
    assert_code(RUN(in_folder("t.onnx"), SHORT), 2);
    assert_non_null(strstr(err_text, "t.onnx"));
}

/* Refused before anything runs: no case is timed first. */
static void unwritable_out_is_refused(void **state) {
    (void)state;
    FILE *f = fopen(in_folder("file"), "w");
    assert_non_null(f);
    fclose(f);
    assert_code(RUN("simplecnn", SHORT, "--out", in_folder("file/sub")), 2);
    assert_non_null(strstr(err_text, "file/sub"));
    assert_string_equal(out_text, "");
    assert_code(RUN("simplecnn", SHORT, "--out", "/proc/edyno"), 2);
    assert_string_equal(out_text, "");
    mkdir(in_folder("taken"), 0755);
    mkdir(in_folder("taken/results.jsonl"), 0755); /* the journal cannot be a folder */
    assert_code(RUN("simplecnn", SHORT, "--out", in_folder("taken")), 2);
    assert_non_null(strstr(err_text, "results.jsonl"));
}

static void nothing_to_run_is_told(void **state) {
    (void)state;
    mkdir(in_folder("w"), 0755);
    mkdir(in_folder("w/models"), 0755);
    assert_code(RUN("--workloads-dir", in_folder("w"), "--out", in_folder("never")), 5);
    assert_non_null(strstr(err_text, "no case"));
    assert_false(folder_is_there("never"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

/* `run` starts its own program anew to measure memory, and here that is this one. */
int main(int argc, char **argv) {
    if (argc > 1)
        return strcmp(argv[1], "peak-rss") == 0
                   ? edy_verb_main(&edy_verb_peak_rss, argv[0], argc - 1, argv + 1)
                   : EDY_EXIT_USAGE;
    const struct CMUnitTest tests[] = {
        TEST(measures_and_writes),       TEST(batch_is_in_the_name),
        TEST(own_model_is_mistrusted),   TEST(wrong_answers_have_no_number),
        TEST(emulation_has_no_times),    TEST(killed_run_keeps_finished_cases),
        TEST(bad_usage_is_a_sentence),   TEST(truncated_model_is_refused),
        TEST(unwritable_out_is_refused), TEST(nothing_to_run_is_told),
        TEST(profile_prints_and_writes), TEST(profile_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
