/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Records: what is written is read back unchanged; a killed run loses nothing that was finished;
 * hostile files are refused with a sentence that names file, record and field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/record.h"
#include "bench/record_fields.h"

static char folder[] = "/tmp/edyno_record_XXXXXX";

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void fill_context(edy_context *c) {
    edy_context_init(c);
    snprintf(c->cpu_model, sizeof c->cpu_model, "A CPU with \"quotes\" and \\ in its name");
    c->cpus = 2;
    c->scaling = EDY_YES;
    c->turbo = EDY_UNKNOWN;
    c->load_avg[0] = 0.5;
    c->load_avg[1] = 0.25;
    c->load_avg[2] = 0.125;
    c->n_caches = 1;
    c->cache[0] = (edy_cache){1, "data", 32768, 64, 2, 1};
    c->perf_event_paranoid = -1;
    edy_context_doubt(c, "load", "load average is %.1f; stop other work", 3.2);
}

static edy_record make_record(const char *workload, size_t samples) {
    edy_record r;
    edy_record_init(&r);
    snprintf(r.workload, sizeof r.workload, "%s", workload);
    snprintf(r.variant, sizeof r.variant, "int8");
    snprintf(r.backend, sizeof r.backend, "scalar");
    edy_record_set_name(&r);
    r.verdict = EDY_VERDICT_PASS;
    r.budget_share = 0;
    r.seed = INT64_C(9007199254740992);
    r.accuracy = (edy_accuracy){.n = 10, .correct = 9, .golden_n = 10, .agree = 10, .top1 = 0.9};
    r.memory.arena = 4096;
    if (samples) {
        edy_latency *t = &r.latency;
        t->kind = EDY_SAMPLES_SINGLE;
        t->per_sample = t->thinning = t->repetitions = 1;
        t->iterations = t->taken = (int64_t)samples;
        t->n_samples = samples;
        t->samples_ns = malloc(samples * sizeof(double));
        for (size_t i = 0; i < samples; i++)
            t->samples_ns[i] = 1000.0 / 3.0 + (double)i;
        t->min_ns = t->samples_ns[0];
        t->max_ns = t->samples_ns[samples - 1];
        t->mean_ns = t->median_ns = t->p90_ns = t->p99_ns = t->samples_ns[samples / 2];
        t->rep_median_ns[0] = t->median_ns;
        t->mad_ns = 1;
        t->outliers = 0;
        t->cpu_time_ns = 333;
    }
    return r;
}

static void assert_same_latency(const edy_latency *a, const edy_latency *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->n_samples, b->n_samples);
    if (a->n_samples)
        assert_memory_equal(a->samples_ns, b->samples_ns, a->n_samples * sizeof(double));
    assert_int_equal(a->iterations, b->iterations);
    assert_true(a->median_ns == b->median_ns || (isnan(a->median_ns) && isnan(b->median_ns)));
    assert_true(isnan(b->median_low_ns) && isnan(b->median_high_ns));
}

static edy_results *two_records(void) {
    edy_results *results;
    assert_int_equal(edy_results_create(&results, NULL), EDY_OK);
    fill_context(&results->context);
    results->complete = true;
    edy_record a = make_record("resnet8", 7), b = make_record("dscnn", 0);
    b.verdict = EDY_VERDICT_FAIL;
    snprintf(b.verdict_reason, sizeof b.verdict_reason, "element 3 is 2, not 1");
    edy_record_doubt(&b, "few", "only %d samples", 3);
    assert_int_equal(edy_results_add(results, &a, NULL), EDY_OK);
    assert_int_equal(edy_results_add(results, &b, NULL), EDY_OK);
    return results;
}

static void json_comes_back_unchanged(void **state) {
    (void)state;
    edy_results *out = two_records(), *in = NULL;
    edy_error err;
    assert_int_equal(edy_results_write_json(out, in_folder("a.json"), &err), EDY_OK);
    assert_int_not_equal(access(in_folder("a.json.tmp"), F_OK), 0);
    assert_int_equal(edy_results_read(in_folder("a.json"), &in, &err), EDY_OK);
    assert_int_equal(in->n, 2);
    assert_true(in->complete);
    assert_string_equal(in->context.cpu_model, out->context.cpu_model);
    assert_int_equal(in->context.cache[0].bytes, 32768);
    assert_int_equal(in->context.perf_event_paranoid, -1);
    assert_int_equal(in->context.scaling, EDY_YES);
    assert_int_equal(in->context.turbo, EDY_UNKNOWN);
    assert_true(in->context.load_avg[2] == 0.125);
    assert_string_equal(in->context.doubt[0].text, "load average is 3.2; stop other work");
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(in->records[i].name, out->records[i].name);
        assert_int_equal(in->records[i].verdict, out->records[i].verdict);
        assert_true(in->records[i].seed == out->records[i].seed);
        assert_int_equal(in->records[i].memory.arena, 4096);
        assert_int_equal(in->records[i].memory.weights, -1);
        assert_int_equal(in->records[i].accuracy.correct, 9);
        assert_same_latency(&out->records[i].latency, &in->records[i].latency);
    }
    assert_string_equal(in->records[1].doubt[0].text, "only 3 samples");
    assert_string_equal(in->records[1].verdict_reason, "element 3 is 2, not 1");
    edy_results_destroy(in);
    edy_results_destroy(out);
}

/* Google Benchmark's tools/gbench/report.py reads name, time_unit, real_time, cpu_time, run_type
 * and aggregate_name of each entry of benchmarks; entries that lack a time must not be there. */
static void google_fields_are_there(void **state) {
    (void)state;
    edy_results *out = two_records();
    assert_int_equal(edy_results_write_json(out, in_folder("g.json"), NULL), EDY_OK);
    FILE *f = fopen(in_folder("g.json"), "r");
    char *text = calloc(1, 1 << 16);
    assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
    fclose(f);
    cJSON *root = cJSON_Parse(text);
    const cJSON *list = cJSON_GetObjectItem(root, "benchmarks"), *item;
    int n = 0;
    cJSON_ArrayForEach(item, list) {
        n++;
        assert_true(cJSON_IsString(cJSON_GetObjectItem(item, "name")));
        assert_true(cJSON_IsString(cJSON_GetObjectItem(item, "run_name")));
        assert_true(cJSON_IsString(cJSON_GetObjectItem(item, "run_type")));
        assert_string_equal(cJSON_GetObjectItem(item, "time_unit")->valuestring, "ns");
        assert_true(cJSON_GetObjectItem(item, "real_time")->valuedouble > 300);
        assert_true(cJSON_IsNumber(cJSON_GetObjectItem(item, "cpu_time")));
        assert_true(cJSON_IsNumber(cJSON_GetObjectItem(item, "iterations")));
    }
    assert_int_equal(n, 2); /* the case and its median */
    assert_true(cJSON_GetArrayItem(list, 0)->child != NULL);
    assert_true(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "real_time")->valuedouble ==
                out->records[0].latency.mean_ns);
    const cJSON *failed = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "unmeasured"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(failed, "error_occurred")));
    assert_string_equal(cJSON_GetObjectItem(failed, "error_message")->valuestring,
                        "FAIL: element 3 is 2, not 1");
    assert_null(cJSON_GetObjectItem(failed, "real_time"));
    cJSON_Delete(root);
    free(text);
    edy_results_destroy(out);
}

/* A child writes records without end and is killed: each line that it reported is read back. */
static void killed_run_loses_no_record(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    const pid_t child = fork();
    if (child == 0) {
        edy_context c;
        fill_context(&c);
        edy_journal *j;
        if (edy_journal_open(in_folder("killed.jsonl"), &c, &j, NULL))
            _exit(1);
        edy_record r = make_record("resnet8", 500);
        while (!edy_journal_append(j, &r, NULL) && write(fds[1], ".", 1) == 1)
            ;
        _exit(1);
    }
    close(fds[1]);
    char byte;
    size_t reported = 0;
    while (reported < 5 && read(fds[0], &byte, 1) == 1)
        reported++;
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(fds[0], &byte, 1) == 1)
        reported++;
    close(fds[0]);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    edy_results *in = NULL;
    edy_error err;
    assert_int_equal(edy_results_read(in_folder("killed.jsonl"), &in, &err), EDY_OK);
    assert_true(in->n >= reported && in->n <= reported + 1);
    assert_false(in->complete);
    edy_results_destroy(in);
}

static void cut_last_line_costs_only_itself(void **state) {
    (void)state;
    edy_context c;
    fill_context(&c);
    edy_journal *j;
    assert_int_equal(edy_journal_open(in_folder("cut.jsonl"), &c, &j, NULL), EDY_OK);
    edy_record r = make_record("resnet8", 20);
    for (int i = 0; i < 3; i++)
        assert_int_equal(edy_journal_append(j, &r, NULL), EDY_OK);
    assert_int_equal(edy_journal_close(j, true, NULL), EDY_OK);
    edy_results *in = NULL;
    edy_error err;
    assert_int_equal(edy_results_read(in_folder("cut.jsonl"), &in, &err), EDY_OK);
    assert_int_equal(in->n, 3);
    assert_true(in->complete);
    edy_results_destroy(in);
    FILE *f = fopen(in_folder("cut.jsonl"), "r");
    fseek(f, 0, SEEK_END);
    const long whole = ftell(f);
    fclose(f);
    /* Every length: never a crash, and as many records as there are whole lines. */
    size_t last = 3;
    for (long length = whole - 1; length >= 0; length -= 7) {
        assert_int_equal(truncate(in_folder("cut.jsonl"), length), 0);
        const edy_status status = edy_results_read(in_folder("cut.jsonl"), &in, &err);
        if (status == EDY_OK) {
            assert_true(in->n <= last && !in->complete);
            last = in->n;
            edy_results_destroy(in);
        } else {
            assert_int_equal(status, EDY_BAD_FILE);
            assert_int_equal(last, 0);
            assert_non_null(strstr(err.message, "cut.jsonl"));
        }
    }
    edy_record_clear(&r);
}

/* Replaces the first `from` in a good file by `to` and expects a refusal that says `word`. */
static void assert_refused(const char *from, const char *to, const char *word) {
    edy_results *out = two_records(), *in = NULL;
    assert_int_equal(edy_results_write_json(out, in_folder("good.json"), NULL), EDY_OK);
    edy_results_destroy(out);
    FILE *f = fopen(in_folder("good.json"), "r");
    char *text = calloc(1, 1 << 16);
    const size_t n = fread(text, 1, (1 << 16) - 1, f);
    fclose(f);
    assert_true(n > 0);
    char *at = strstr(text, from);
    if (!at)
        fail_msg("no %s in the file", from);
    f = fopen(in_folder("bad.json"), "w");
    fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    fclose(f);
    free(text);
    edy_error err = {EDY_OK, ""};
    const edy_status status = edy_results_read(in_folder("bad.json"), &in, &err);
    if (status == EDY_OK)
        fail_msg("accepted %s in place of %s", to, from);
    assert_null(in);
    assert_non_null(strstr(err.message, "bad.json"));
    if (!strstr(err.message, word))
        fail_msg("\"%s\" does not say %s", err.message, word);
}

static void hostile_files_are_refused(void **state) {
    (void)state;
    assert_refused("\"schema_version\":1", "\"schema_version\":2", "schema_version is 2");
    assert_refused("\"schema_version\":1", "\"schema\":1", "schema_version is missing");
    assert_refused("\"threads\":1", "\"threads\":-1", "threads is -1");
    assert_refused("\"threads\":1", "\"threads\":1.5", "not an integer");
    assert_refused("\"threads\":1", "\"threads\":\"1\"", "threads must be a number");
    assert_refused("\"threads\":1", "\"threads\":1e999", "threads is inf");
    assert_refused("\"verdict\":\"PASS\"", "\"verdict\":\"GOOD\"", "verdict is \"GOOD\"");
    assert_refused("\"kind\":\"single\"", "\"kind\":7", "kind must be a text");
    assert_refused("\"samples_ns\":[", "\"samples_ns\":[-1,", "samples_ns[0]");
    assert_refused("\"samples_ns\":[", "\"samples_ns\":[null,", "samples_ns[0]");
    assert_refused("\"samples_ns\":[", "\"samples_ns\":[1],\"x\":[", "taken");
    assert_refused("\"samples_ns\":[", "\"samples_ns\":[],\"x\":[", "samples_ns");
    assert_refused("\"repetitions\":1,\"mean", "\"repetitions\":99,\"mean", "rep_median_ns");
    assert_refused("\"correct\":9", "\"correct\":11", "correct <= n");
    assert_refused("\"correct\":9", "\"correct\":8", "top1");
    assert_refused("\"memory\":{", "\"memory\":3,\"x\":{", "memory must be an object");
    assert_refused("\"workload\":\"resnet8\"", "\"workload\":\"a\\u0007\"", "control character");
    assert_refused("\"benchmarks\": [", "\"benchmarks\": 3, \"x\": [", "benchmarks");
    assert_refused("\"median_ns\":", "\"median_ns\":1,\"x\":", "min <= median");
    assert_refused("{", "[", "not a results file");
}

static void long_text_is_refused(void **state) {
    (void)state;
    char text[EDY_NAME_BYTES + 40] = "\"workload\":\"";
    memset(text + strlen(text), 'x', EDY_NAME_BYTES);
    strcat(text, "\"");
    assert_refused("\"workload\":\"resnet8\"", text, "workload has 128 bytes");
}

static void missing_and_empty_files(void **state) {
    (void)state;
    edy_results *in = NULL;
    edy_error err;
    assert_int_equal(edy_results_read(in_folder("none.json"), &in, &err), EDY_IO);
    assert_non_null(strstr(err.message, "none.json"));
    fclose(fopen(in_folder("empty.json"), "w"));
    assert_int_equal(edy_results_read(in_folder("empty.json"), &in, &err), EDY_BAD_FILE);
    assert_int_equal(edy_results_read(folder, &in, &err), EDY_IO);
    edy_results *out = two_records();
    assert_int_equal(edy_results_write_json(out, in_folder("no/such/a.json"), &err), EDY_IO);
    edy_journal *j;
    assert_int_equal(edy_journal_open(in_folder("no/a.jsonl"), &out->context, &j, &err), EDY_IO);
    assert_null(j);
    edy_results_destroy(out);
}

static void doubts_are_bounded(void **state) {
    (void)state;
    edy_record r;
    edy_record_init(&r);
    char code[16];
    for (int i = 0; i < 3 * EDY_MAX_DOUBTS; i++) {
        snprintf(code, sizeof code, "c%d", i / 2);
        edy_record_doubt(&r, code, "%400d", i);
    }
    assert_int_equal(r.n_doubts, EDY_MAX_DOUBTS);
    assert_string_equal(r.doubt[1].code, "c1");
    edy_record_clear(&r);
    edy_record_clear(NULL);
    edy_results_destroy(NULL);
    assert_int_equal(edy_journal_close(NULL, true, NULL), EDY_OK);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_comes_back_unchanged),
        cmocka_unit_test(google_fields_are_there),
        cmocka_unit_test(killed_run_loses_no_record),
        cmocka_unit_test(cut_last_line_costs_only_itself),
        cmocka_unit_test(hostile_files_are_refused),
        cmocka_unit_test(long_text_is_refused),
        cmocka_unit_test(missing_and_empty_files),
        cmocka_unit_test(doubts_are_bounded),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
