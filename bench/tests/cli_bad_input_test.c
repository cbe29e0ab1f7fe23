/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Bad input of every kind, as a user meets it: one sentence that names file, field or value, exit
 * code 2, nothing on stdout, nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/tests/run_program.h"
#include "bench/tests/temp_dir.h"
#include "engine/import/tests/onnx_builder.h"

static char *shell;

static const char *work(const char *name) {
    char text[300];
    snprintf(text, sizeof text, "work/%s", name);
    return edy_temp_path(shell, text);
}

/* ---- A good model, and what can be wrong with it --------------------------------------------- */

typedef void (*change_fn)(edy_ob *b, Onnx__NodeProto *conv, Onnx__TensorProto *w);

/* y = conv(x), x [N, 2, 4, 4], w [3, 2, 3, 3], changed, as model.onnx. */
static void write_model(change_fn change) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 4, (int64_t[]){EDY_OB_N, 2, 4, 4});
    Onnx__TensorProto *w = edy_ob_f32(b, "w", 4, (int64_t[]){3, 2, 3, 3}, NULL);
    Onnx__NodeProto *conv = edy_ob_node(b, "Conv", "c1", "x w", "y");
    edy_ob_output(b, "y", EDY_F32);
    if (change)
        change(b, conv, w);
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    edy_temp_write(work("model.onnx"), bytes, size);
    free(bytes);
    edy_ob_destroy(b);
}

static void unknown_operator(edy_ob *b, Onnx__NodeProto *conv, Onnx__TensorProto *w) {
    (void)b, (void)w;
    conv->op_type = "Frobnicate";
}

static void shape_mismatch(edy_ob *b, Onnx__NodeProto *conv, Onnx__TensorProto *w) {
    (void)b, (void)conv;
    w->dims[0] = 2; /* 3 channels a filter, where x has 2 */
    w->dims[1] = 3;
}

static void dims_without_data(edy_ob *b, Onnx__NodeProto *conv, Onnx__TensorProto *w) {
    (void)b, (void)conv;
    w->dims[0] = 4;
}

static void huge_dimension(edy_ob *b, Onnx__NodeProto *conv, Onnx__TensorProto *w) {
    (void)b, (void)conv;
    w->dims[0] = INT64_C(1) << 60;
}

static void nan_weight(edy_ob *b, Onnx__NodeProto *conv, Onnx__TensorProto *w) {
    (void)b, (void)conv;
    const float nan_value = NAN;
    memcpy(w->raw_data.data + 5 * sizeof nan_value, &nan_value, sizeof nan_value);
}

static int set_up(void **state) {
    (void)state;
    shell = edy_shell_create(EDYNO_PROGRAM_PATH, EDYNO_EMULATOR);
    static const float zero[2 * 4 * 4];
    edy_temp_write(work("in.bin"), zero, sizeof zero);
    write_model(NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edy_shell_destroy(shell);
    return 0;
}

/* The line must give exit code 2, one sentence with these parts, and leave the folder as it was. */
static void refused(const char *line, const char *part, const char *more) {
    const size_t before = edy_temp_count(work("."));
    edy_run r = edy_shell(shell, line);
    const char *newline = strchr(r.err, '\n');
    const bool one_line = newline && newline[1] == '\0';
    if (r.code != 2 || !one_line || r.out[0] || !strstr(r.err, part) || !strstr(r.err, more))
        fail_msg("%s: exit code %d\nstdout: %s\nstderr: %s", line, r.code, r.out, r.err);
    edy_run_free(&r);
    assert_int_equal(edy_temp_count(work(".")), before);
}

#define INFER "edyno infer model.onnx -i in.bin -o out.bin"

static void the_good_model_runs(void **state) {
    (void)state;
    edy_run r = edy_shell(shell, INFER);
    if (r.code != 0)
        fail_msg("%s", r.err);
    edy_run_free(&r);
    assert_true(edy_temp_exists(work("out.bin")));
}

/* ---- Models ---------------------------------------------------------------------------------- */

static void truncated_model(void **state) {
    (void)state;
    edy_temp_truncate(work("model.onnx"), 40);
    refused(INFER, "edyno infer: model.onnx: ", "");
    refused("edyno inspect model.onnx", "edyno inspect: model.onnx: ", "");
    refused("edyno conform model.onnx", "edyno conform: model.onnx: ", "");
}

static void wrong_magic(void **state) {
    (void)state;
    static const char png[] = "\x89PNG\r\n\x1a\n and so on";
    edy_temp_write(work("model.onnx"), png, sizeof png);
    refused(INFER, "model.onnx: ", "");
    edy_temp_write(work("model.onnx"), "", 0);
    refused(INFER, "model.onnx: ", "empty");
}

static void unknown_operator_is_named(void **state) {
    (void)state;
    write_model(unknown_operator);
    refused(INFER, "Frobnicate", "c1");
    refused("edyno inspect model.onnx", "Frobnicate", "c1");
}

static void shapes_that_do_not_fit(void **state) {
    (void)state;
    write_model(shape_mismatch);
    refused(INFER, "model.onnx: ", "c1");
    write_model(dims_without_data);
    refused(INFER, "model.onnx: ", "\"w\"");
}

static void a_huge_dimension(void **state) {
    (void)state;
    write_model(huge_dimension);
    refused(INFER, "model.onnx: ", "\"w\"");
}

static void a_nan_weight(void **state) {
    (void)state;
    write_model(nan_weight);
    refused(INFER, "\"w\"", "element 5 is NaN");
}

/* Every verb that loads a model has the limits. */
static void a_limit_that_the_model_exceeds(void **state) {
    (void)state;
    write_model(NULL);
    const char *const verbs[] = {
        "inspect model.onnx",     "infer model.onnx -i in.bin -o out.bin", "conform model.onnx",
        "run model.onnx --quick", "export model.onnx -o out.onnx",         "peer model.onnx",
        "peak-rss model.onnx"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        char line[200];
        snprintf(line, sizeof line, "edyno %s --max-model-bytes 100", verbs[i]);
        refused(line, "model.onnx: ", "100");
    }
    refused("edyno inspect model.onnx --max-tensor-bytes 99", "model.onnx: ", "99");
    refused("edyno inspect model.onnx --max-nodes 0", "--max-nodes", "0");
    edy_run r = edy_shell(shell, "edyno inspect model.onnx --max-nodes 1 --max-tensor-bytes 500");
    assert_int_equal(r.code, 0);
    edy_run_free(&r);
}

static void a_missing_file(void **state) {
    (void)state;
    refused("edyno infer nosuch.onnx -i in.bin -o out.bin", "nosuch.onnx", "No such file");
    refused("edyno infer model.onnx -i nosuch.bin -o out.bin", "nosuch.bin", "No such file");
    refused("edyno inspect nosuch.onnx", "nosuch.onnx", "No such file");
    refused("edyno conform nosuch.onnx", "nosuch.onnx", "No such file");
    refused("edyno infer . -i in.bin -o out.bin", "\".\"", "");
    refused("edyno infer ./ -i in.bin -o out.bin", "./: is not a file", "");
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void an_output_that_cannot_be_written(void **state) {
    (void)state;
    refused("edyno infer model.onnx -i in.bin -o nosuch/out.bin", "nosuch/out.bin",
            "cannot be written");
    refused("edyno infer model.onnx -i in.bin -o in.bin/out.bin", "in.bin/out.bin",
            "cannot be written");
    refused("edyno infer model.onnx -i in.bin -o .", ".: is a folder", "");
    refused(INFER " --dump-layers nosuch/layers", "nosuch/layers", "cannot be written");
    refused(INFER " --dump-layers in.bin", "in.bin: exists already", "");
    refused("edyno infer model.onnx -i in.bin -o /dev/full", "/dev/full", "cannot be written");
}

/* ---- Backends -------------------------------------------------------------------------------- */

static void an_unknown_backend(void **state) {
    (void)state;
    refused(INFER " --backend mmx", "\"mmx\"", "scalar");
    refused("edyno inspect model.onnx --backend mmx", "\"mmx\"", "scalar");
    refused("edyno conform model.onnx --backend scalar,mmx", "\"mmx\"", "scalar");
    refused("edyno conform --bench", "--bench", "--kernels");
    refused("edyno conform simplecnn --kernels", "\"simplecnn\"", "--kernels");
    refused("edyno conform --kernels --threads 2", "--threads", "--kernels");
    refused("edyno conform --kernels --shapes nosuch", "\"nosuch\"", "shapes_nosuch.txt");
    refused("edyno conform --kernels --problem 'conv in=1x8x8x3'", "--problem: ", "\"out\"");
}

static void a_backend_that_this_cpu_lacks(void **state) {
    (void)state;
    if (access(EDYNO_LESSER_CPU, X_OK) != 0)
        skip(); /* needs the user-mode emulator of a CPU without AVX2 */
    refused(EDYNO_LESSER_CPU " -cpu Nehalem " EDYNO_PROGRAM_PATH
                             " infer model.onnx -i in.bin -o out.bin --backend avx2",
            "avx2", "CPU");
    edy_run r = edy_shell(shell, EDYNO_LESSER_CPU " -cpu Nehalem " EDYNO_PROGRAM_PATH
                                                  " infer model.onnx -i in.bin -o out.bin");
    if (r.code != 0 || !strstr(r.out, "backend sse41"))
        fail_msg("%d %s%s", r.code, r.out, r.err);
    edy_run_free(&r);
    r = edy_shell(shell, EDYNO_LESSER_CPU " -cpu Conroe " EDYNO_PROGRAM_PATH
                                          " infer model.onnx -i in.bin -o out.bin");
    if (r.code != 0 || !strstr(r.out, "backend scalar"))
        fail_msg("%d %s%s", r.code, r.out, r.err);
    edy_run_free(&r);
}

/* ---- Samples and arguments ------------------------------------------------------------------- */

static void samples_of_a_wrong_size_or_number(void **state) {
    (void)state;
    edy_temp_write(work("odd.bin"), "12345", 5);
    edy_temp_write(work("none.bin"), "", 0);
    refused("edyno infer model.onnx -i odd.bin -o out.bin", "odd.bin: has 5 bytes", "128");
    refused("edyno infer model.onnx -i none.bin -o out.bin", "none.bin: has 0 bytes", "128");
    refused("edyno infer model.onnx -i in.bin,in.bin -o out.bin", "2 input files", "1 input");
    refused("edyno infer model.onnx -i in.bin -o a.bin,b.bin", "2 output files", "1 output");
    refused("edyno infer model.onnx -i in.bin", "--output", "usage");
    refused("edyno infer model.onnx -i . -o out.bin", ".: is not a file", "");
}

static void wrong_arguments(void **state) {
    (void)state;
    refused("edyno infer", "needs 1 argument", "usage");
    refused(INFER " extra", "extra", "usage");
    refused(INFER " --threads 0", "--threads is 0", "1 to 256");
    refused(INFER " --batch -1", "--batch is -1", "");
    refused("edyno inspect nosuch", "\"nosuch\"", "simplecnn");
    refused("edyno inspect simplecnn --variant int3", "\"int3\"", "fp32");
    refused("edyno conform simplecnn nosuch", "\"nosuch\"", "simplecnn");
    refused("edyno conform simplecnn --variant int3", "\"int3\"", "simplecnn/fp32");
    refused("edyno list nosuch", "\"nosuch\"", "backends");
    refused("EDYNO_SHARE=/nosuch edyno list", "EDYNO_SHARE", "/nosuch");
    refused("edyno list --workloads-dir nosuch", "nosuch/models", "No such file");
}

static void a_bad_sidecar(void **state) {
    (void)state;
    edy_temp_write(work("model.json"), "{\"classes\": 3}", 14);
    refused("edyno inspect model.onnx", "model.json", "classes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_good_model_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(truncated_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_magic, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_operator_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shapes_that_do_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_huge_dimension, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_nan_weight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_limit_that_the_model_exceeds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_output_that_cannot_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_backend, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_backend_that_this_cpu_lacks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(samples_of_a_wrong_size_or_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bad_sidecar, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
