/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Right answers that a user names: .npy, .pb and raw files, good and bad; and what an oracle that
 * failed its health check is worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/conform.h"
#include "bench/npy.h"
#include "bench/ort_probe.h"
#include "bench/tensor_pb.h"
#include "bench/tests/temp_dir.h"
#include "engine/import/tests/onnx_builder.h"

static char *dir;
static edy_graph *graph; /* y = Relu(x), [N, 4] */

static int set_up(void **state) {
    (void)state;
    dir = edy_temp_dir_create();
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, (int64_t[]){EDY_OB_N, 4});
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_ob_output(b, "y", EDY_F32);
    graph = edy_ob_import(b);
    edy_ob_destroy(b);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edy_graph_destroy(graph);
    edy_temp_dir_remove(dir);
    return 0;
}

/* Two samples. */
static const float x[8] = {-1, 2, -3, 4, 5, -6, 7, -8}, y[8] = {0, 2, 0, 4, 5, 0, 7, 0};

static void write_npy(const char *name, const char *descr, const char *shape, const void *data,
                      size_t bytes) {
    char file[512] = "\x93NUMPY\x01";
    const int n =
        snprintf(file + 10, sizeof file - 10,
                 "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape);
    file[8] = (char)n;
    memcpy(file + 10 + n, data, bytes);
    edy_temp_write(edy_temp_path(dir, name), file, 10 + (size_t)n + bytes);
}

static void reads(const char *in, const char *out) {
    char paths[2][300];
    snprintf(paths[0], sizeof paths[0], "%.200s/%s", dir, in);
    snprintf(paths[1], sizeof paths[1], "%.200s/%s", dir, out);
    edy_golden *golden = NULL;
    edy_error err;
    if (edy_golden_from_files(graph, (const char *const[]){paths[0], paths[1]}, 2, &golden, &err))
        fail_msg("%s", err.message);
    assert_int_equal(golden->samples, 2);
    assert_int_equal(golden->source, EDY_GOLDEN_TEST_DATA);
    assert_memory_equal(golden->input[0].data, x, sizeof x);
    for (int i = 0; i < 8; i++)
        assert_true(((const double *)golden->output[0].data)[i] == (double)y[i]);
    const edy_result good = {y, EDY_F32, 4}, bad = {x, EDY_F32, 4};
    assert_int_equal(edy_judge_output(golden, 0, 2, &good, 1).verdict, EDY_VERDICT_PASS);
    assert_int_equal(edy_judge_output(golden, 0, 2, &bad, 1).verdict, EDY_VERDICT_FAIL);
    edy_golden_destroy(golden);
}

static void every_format_reads(void **state) {
    (void)state;
    double wide[8];
    for (int i = 0; i < 8; i++)
        wide[i] = (double)y[i];
    write_npy("x.npy", "<f4", "(2, 4)", x, sizeof x);
    write_npy("y.npy", "<f4", "(2, 4)", y, sizeof y);
    write_npy("wide.npy", "<f8", "(2, 4)", wide, sizeof wide);
    edy_temp_write(edy_temp_path(dir, "x.bin"), x, sizeof x);
    edy_temp_write(edy_temp_path(dir, "y.f32"), y, sizeof y);
    const edy_shape shape = {2, {2, 4}};
    assert_int_equal(edy_tensor_pb_write(edy_temp_path(dir, "x.pb"), EDY_F32, &shape, x, NULL), 0);
    assert_int_equal(edy_tensor_pb_write(edy_temp_path(dir, "y.pb"), EDY_F32, &shape, y, NULL), 0);
    reads("x.npy", "y.npy");
    reads("x.bin", "wide.npy");
    reads("x.pb", "y.f32");
    reads("x.npy", "y.pb");
}

static void refused(const char *in, const char *out, edy_status code, const char *part) {
    char paths[2][300];
    snprintf(paths[0], sizeof paths[0], "%.200s/%s", dir, in);
    snprintf(paths[1], sizeof paths[1], "%.200s/%s", dir, out);
    edy_golden *golden = NULL;
    edy_error err;
    assert_int_equal(
        edy_golden_from_files(graph, (const char *const[]){paths[0], paths[1]}, 2, &golden, &err),
        code);
    assert_null(golden);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" is not in: %s", part, err.message);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    edy_golden *golden;
    edy_error err;
    write_npy("x.npy", "<f4", "(2, 4)", x, sizeof x);
    write_npy("y.npy", "<f4", "(2, 4)", y, sizeof y);
    const char *one = edy_temp_path(dir, "x.npy");
    assert_int_equal(edy_golden_from_files(graph, &one, 1, &golden, &err), EDY_BAD_ARGUMENT);
    refused("x.npy", "gone.npy", EDY_IO, "gone.npy");
    write_npy("one.npy", "<f4", "(1, 4)", y, 16);
    refused("x.npy", "one.npy", EDY_BAD_FILE, "shape 1x4");
    write_npy("type.npy", "|u1", "(2, 4)", y, 8);
    refused("x.npy", "type.npy", EDY_BAD_FILE, "uint8");
    write_npy("half.npy", "<f2", "(2, 4)", y, 16);
    refused("x.npy", "half.npy", EDY_UNSUPPORTED, "'<f2'");
    write_npy("short.npy", "<f4", "(2, 4)", y, 31);
    refused("x.npy", "short.npy", EDY_BAD_FILE, "31 bytes");
    write_npy("huge.npy", "<f4", "(4611686018427387904, 4)", y, 32);
    refused("x.npy", "huge.npy", EDY_LIMIT, "huge.npy");
    write_npy("shape.npy", "<f4", "(2, -4)", y, 32);
    refused("x.npy", "shape.npy", EDY_BAD_FILE, "shape");
    edy_temp_write(edy_temp_path(dir, "magic.npy"), "no numpy here", 13);
    refused("x.npy", "magic.npy", EDY_BAD_FILE, "no .npy");
    write_npy("long.npy", "<f4", "(2, 4)", y, 0);
    edy_temp_flip(edy_temp_path(dir, "long.npy"), 9); /* the header's length */
    refused("x.npy", "long.npy", EDY_BAD_FILE, "header");
    edy_temp_write(edy_temp_path(dir, "odd.bin"), y, 30);
    refused("x.npy", "odd.bin", EDY_BAD_FILE, "30 bytes");
}

static void an_unhealthy_oracle_proves_nothing(void **state) {
    (void)state;
    write_npy("x.npy", "<f4", "(2, 4)", x, sizeof x);
    write_npy("y.npy", "<f4", "(2, 4)", y, sizeof y);
    char a[300], b[300], sentence[] = "it saturates on this CPU";
    snprintf(a, sizeof a, "%.200s/x.npy", dir);
    snprintf(b, sizeof b, "%.200s/y.npy", dir);
    edy_golden *golden;
    assert_int_equal(edy_golden_from_files(graph, (const char *const[]){a, b}, 2, &golden, NULL),
                     EDY_OK);
    golden->doubt = strdup(sentence);
    const edy_result good = {y, EDY_F32, 4}, bad = {x, EDY_F32, 4};
    const edy_judgement j = edy_judge_output(golden, 0, 2, &good, 1);
    assert_int_equal(j.verdict, EDY_VERDICT_MISTRUSTED);
    assert_string_equal(j.reason, sentence);
    assert_int_equal(edy_judge_output(golden, 0, 2, &bad, 1).verdict, EDY_VERDICT_FAIL);
    edy_golden_destroy(golden);
}

/* With EDYNO_ORT=PATH of the library: by its exact settings it is healthy. */
static void the_real_oracle_is_healthy(void **state) {
    (void)state;
    const char *library = getenv("EDYNO_ORT");
    if (!library) {
        print_message("SKIP: EDYNO_ORT names no libonnxruntime.so\n");
        skip();
    }
    edy_ort *ort;
    edy_error err;
    size_t wrong = 0, total = 0;
    if (edy_ort_open(library, &ort, &err) ||
        edy_ort_probe(ort, EDY_ORT_EXACT, &wrong, &total, &err))
        fail_msg("%s", err.message);
    assert_int_equal(total, 1024);
    assert_int_equal(wrong, 0);
    if (edy_ort_probe(ort, EDY_ORT_DEFAULT, &wrong, &total, &err))
        fail_msg("%s", err.message);
    print_message("by default settings %zu of %zu are wrong on this CPU\n", wrong, total);
    edy_ort_close(ort);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_format_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unhealthy_oracle_proves_nothing, set_up, tear_down),
        cmocka_unit_test(the_real_oracle_is_healthy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
