/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Running ONNX's backend tests: verdicts, what a crash does, the profile as a promise; and, where
 * the data are installed, all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/env.h"
#include "bench/suite/onnx_tests.h"
#include "bench/tests/temp_dir.h"
#include "engine/import/tests/onnx_builder.h"

static const char data[] = "/usr/share/libonnx-testdata/data";

/* ---- Cases made here ------------------------------------------------------------------------- */

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

static const char *in_dir(const char *name, const char *file) {
    char text[400];
    snprintf(text, sizeof text, "%.200s/%s", name, file);
    return edy_temp_path(dir, text);
}

static void write_tensor(const char *path, size_t n, const float *values) {
    Onnx__TensorProto t = ONNX__TENSOR_PROTO__INIT;
    int64_t dim = (int64_t)n;
    t.dims = &dim;
    t.n_dims = 1;
    t.has_data_type = 1;
    t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t.has_raw_data = 1;
    t.raw_data.len = n * sizeof *values;
    t.raw_data.data = (uint8_t *)(uintptr_t)values;
    uint8_t bytes[256];
    assert_true(onnx__tensor_proto__get_packed_size(&t) <= sizeof bytes);
    edy_temp_write(path, bytes, onnx__tensor_proto__pack(&t, bytes));
}

/* y = operator(x), x and y of 4 floats; relu(-1, 0, 1, 2), plus an error on the last. */
static void write_case(const char *name, const char *operator, edy_dtype dtype, float error) {
    const float x[] = {-1, 0, 1, 2}, y[] = {0, 0, 1, 2 + error};
    char set[200];
    snprintf(set, sizeof set, "%s/test_data_set_0", name);
    edy_temp_mkdir(edy_temp_path(dir, set));
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", dtype, 1, (int64_t[]){4});
    edy_ob_node(b, operator, "", "x", "y");
    edy_ob_output(b, "y", dtype);
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    edy_temp_write(in_dir(name, "model.onnx"), bytes, size);
    free(bytes);
    edy_ob_destroy(b);
    write_tensor(in_dir(set, "input_0.pb"), 4, x);
    write_tensor(in_dir(set, "output_0.pb"), 4, y);
}

static edy_onnx_profile *profile_of(const char *text) {
    edy_onnx_profile *p = NULL;
    edy_error err;
    edy_temp_write(edy_temp_path(dir, "profile.txt"), text, strlen(text));
    if (edy_onnx_profile_read(edy_temp_path(dir, "profile.txt"), &p, &err))
        fail_msg("%s", err.message);
    return p;
}

static const edy_backend *scalar(void) {
    return edy_backend_at(edy_backend_count() - 1);
}

typedef void (*run_fn)(const edy_onnx_test *, const edy_backend *, edy_onnx_result *);

/* On two backends, so that joining their verdicts is tested too. */
static void run_all(edy_onnx_tests *tests, const edy_onnx_profile *profile, run_fn run,
                    edy_onnx_table *table) {
    const edy_backend *backends[] = {edy_backend_best(), scalar()};
    const edy_onnx_options options = {.backend = backends,
                                      .n_backends = backends[0] == backends[1] ? 1 : 2,
                                      .profile = profile,
                                      .run = run};
    edy_error err;
    if (edy_onnx_tests_find(dir, tests, &err) || edy_onnx_tests_run(tests, &options, table, &err))
        fail_msg("%s", err.message);
}

/* What is printed; the caller frees. */
static char *printed(const edy_onnx_table *table) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    edy_onnx_tests_print(table, out);
    fclose(out);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("a line of more than 80 columns: %.100s", line);
    return text;
}

static void holds(const edy_onnx_table *table, const char *part) {
    char *text = printed(table);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
    free(text);
}

static void finish(edy_onnx_tests *tests, edy_onnx_table *table, edy_onnx_profile *profile) {
    edy_onnx_table_free(table);
    edy_onnx_tests_free(tests);
    edy_onnx_profile_destroy(profile);
}

static void write_four(void) {
    write_case("group/test_right", "Relu", EDY_F32, 0);
    write_case("group/test_wrong", "Relu", EDY_F32, 0.01f);
    write_case("group/test_other", "Frobnicate", EDY_F32, 0);
    write_case("test_close", "Relu", EDY_F32, 1e-4f);
}

static void each_case_has_its_verdict(void **state) {
    (void)state;
    edy_onnx_tests tests;
    edy_onnx_table table;
    write_four();
    edy_onnx_profile *p = profile_of("required 3 # of four\nRelu 6-18 float\n");
    run_all(&tests, p, NULL, &table);
    assert_int_equal(tests.n, 4);
    assert_string_equal(tests.test[0].name, "test_close");
    holds(&table, "FAIL test_wrong (");
    holds(&table, "(0x1.0147aep+1), got 2 (0x1p+1)");
    holds(&table, "Frobnicate 1");
    holds(&table, "\n2 passed, 1 failed, 1 unsupported, 0 crashed, 0 skipped of 4\n");
    holds(&table, "\nrequired 3: 2 passed, 1 failed, 0 unsupported, 0 crashed\n");
    assert_int_equal(edy_onnx_tests_exit_code(&table), 1);
    finish(&tests, &table, p);
}

static void die(const edy_onnx_test *test, const edy_backend *backend, edy_onnx_result *result) {
    if (strcmp(test->name, "test_wrong") == 0)
        raise(SIGILL);
    edy_onnx_test_run(test, backend, result);
}

static void a_crash_is_one_verdict(void **state) {
    (void)state;
    edy_onnx_tests tests;
    edy_onnx_table table;
    write_four();
    edy_onnx_profile *p = profile_of("required 3\nRelu 6-18 float\n");
    run_all(&tests, p, die, &table);
    holds(&table, "CRASH test_wrong (");
    holds(&table, "SIGILL");
    holds(&table, "\n2 passed, 0 failed, 1 unsupported, 1 crashed, 0 skipped of 4\n");
    holds(&table, "\nrequired 3: 2 passed, 0 failed, 0 unsupported, 1 crashed\n");
    assert_int_equal(edy_onnx_tests_exit_code(&table), 1);
    finish(&tests, &table, p);
}

/* ---- The profile as a promise ---------------------------------------------------------------- */

static void counts(const char *text, const char *wanted, int code) {
    edy_onnx_tests tests;
    edy_onnx_table table;
    edy_onnx_profile *p = profile_of(text);
    run_all(&tests, p, NULL, &table);
    holds(&table, wanted);
    assert_int_equal(edy_onnx_tests_exit_code(&table), code);
    finish(&tests, &table, p);
}

static void the_profile_is_a_promise(void **state) {
    (void)state;
    write_case("test_right", "Relu", EDY_F32, 0);
    write_case("test_other", "Frobnicate", EDY_F32, 0);
    counts("required 1\nRelu 6-18 float", "required 1: 1 passed", 0);
    counts("required 2\nRelu 6-18 float", "FAIL: the profile has shrunk: 1 case", 1);
    counts("required 1\nRelu 6-12 float", "FAIL: the profile has shrunk: 0 cases", 1);
    counts("required 0\nRelu 6-12 float", "required 0: 0 passed", 0);
    counts("required 0\nRelu 6-18 int8", "1 case passes that lies outside", 0);
    counts("required 2\nRelu 6-18 float\nFrobnicate 6-18 float", "1 unsupported, 0 crashed\n", 1);
    counts("required 1\nRelu 6-18 float\nFrobnicate 6-18 float\noutside *_other none has it",
           "1  none has it", 0);
}

static void excluded_types_are_not_tried(void **state) {
    (void)state;
    edy_onnx_tests tests;
    edy_onnx_table table;
    write_case("test_double", "Relu", EDY_F64, 0);
    edy_onnx_profile *p = profile_of("required 0\nRelu 6-18 float\nexclude double too wide");
    run_all(&tests, p, die, &table);
    assert_int_equal(table.row[0].result.verdict, EDY_VERDICT_UNSUPPORTED);
    holds(&table, "1  double: too wide");
    assert_int_equal(edy_onnx_tests_exit_code(&table), 5);
    finish(&tests, &table, p);
}

static void refused(const char *text, const char *part) {
    edy_onnx_profile *p = NULL;
    edy_error err;
    edy_temp_write(edy_temp_path(dir, "profile.txt"), text, strlen(text));
    assert_int_equal(edy_onnx_profile_read(edy_temp_path(dir, "profile.txt"), &p, &err),
                     EDY_BAD_FILE);
    assert_null(p);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" is not in: %s", part, err.message);
}

static void bad_profiles_are_refused(void **state) {
    (void)state;
    refused("", "required N");
    refused("required", "profile.txt:1:");
    refused("required -1", "\"-1\"");
    refused("required 1\nrequired 1", ":2:");
    refused("required 1 2", "required");
    refused("required 1\nRelu", "opsets");
    refused("required 1\nRelu 9-8 float", "\"9-8\"");
    refused("required 1\nRelu 6-18", "no type");
    refused("required 1\nRelu 6-18 flout", "\"flout\"");
    refused("required 1\nRelu 6-18 float outputs=0", "outputs=0");
    refused("required 1\nRelu 6-18 float\nRelu 6-18 float", "second");
    refused("required 1\nexclude float", "reason");
    refused("required 1\nexclude flout because", "\"flout\"");
    refused("required 1\noutside", "pattern");
}

static void missing_folders_are_errors(void **state) {
    (void)state;
    edy_onnx_tests tests;
    edy_error err;
    assert_int_equal(edy_onnx_tests_find(edy_temp_path(dir, "nowhere"), &tests, &err), EDY_IO);
    assert_int_equal(edy_onnx_tests_find(dir, &tests, &err), EDY_IO); /* empty */
    edy_temp_write(edy_temp_path(dir, "model.onnx"), "no model", 8);
    assert_int_equal(edy_onnx_tests_find(dir, &tests, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "model.onnx"));
}

/* ---- The real ones --------------------------------------------------------------------------- */

static void the_committed_profile_holds(void **state) {
    (void)state;
    struct stat st;
    char how[32];
    if (stat(data, &st) != 0) {
        print_message("SKIP: %s is not there (Debian: libonnx-testdata)\n", data);
        skip();
    }
    edy_onnx_tests tests;
    edy_onnx_table table;
    edy_onnx_profile *p;
    edy_error err;
    const edy_backend *best = edy_backend_best();
    if (edy_onnx_profile_read(EDYNO_SOURCE_DIR "/workloads/onnx_profile.txt", &p, &err) ||
        edy_onnx_tests_find(data, &tests, &err))
        fail_msg("%s", err.message);
    const bool emulated = edy_env_emulated("", how, sizeof how); /* slow: some of them, here */
    const edy_onnx_options options = {.backend = &best,
                                      .n_backends = 1,
                                      .profile = p,
                                      .pattern = emulated ? "test_[a-d]*" : NULL,
                                      .in_process = emulated};
    assert_int_equal(edy_onnx_tests_run(&tests, &options, &table, &err), EDY_OK);
    if (edy_onnx_tests_exit_code(&table) != 0)
        fail_msg("%s", printed(&table));
    assert_true(table.required >= (emulated ? 100 : table.committed));
    finish(&tests, &table, p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_case_has_its_verdict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_is_one_verdict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_profile_is_a_promise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(excluded_types_are_not_tried, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_profiles_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_folders_are_errors, set_up, tear_down),
        cmocka_unit_test(the_committed_profile_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
