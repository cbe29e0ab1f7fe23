/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Goldens: the committed ones are read, damaged and foreign ones are refused with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/golden.h"
#include "bench/tests/temp_dir.h"
#include "engine/import/onnx_import.h"

static const char models[] = EDYNO_SOURCE_DIR "/workloads/models";
static const char goldens[] = EDYNO_SOURCE_DIR "/workloads/goldens/simplecnn.fp32";

/* A copy of simplecnn and its golden that a test may damage. */
typedef struct copy {
    char *dir;
    char model[1024], golden[1024];
} copy;

static copy make_copy(void) {
    copy c = {.dir = edy_temp_dir_create()};
    strcpy(c.model, edy_temp_path(c.dir, "simplecnn.onnx"));
    strcpy(c.golden, edy_temp_path(c.dir, "simplecnn.fp32"));
    edy_temp_copy(edy_temp_path(models, "simplecnn.onnx"), c.model);
    edy_temp_mkdir(c.golden);
    const char *names[] = {"golden.json", "output.bin", "classes.u8", "margins.f32"};
    for (int i = 0; i < 4; i++)
        edy_temp_copy(edy_temp_path(goldens, names[i]), edy_temp_path(c.golden, names[i]));
    return c;
}

static void a_committed_golden_is_read(void **state) {
    (void)state;
    edy_golden *g;
    edy_error err;
    if (edy_golden_read(goldens, edy_temp_path(models, "simplecnn.onnx"), &g, &err))
        fail_msg("%s", err.message);
    assert_int_equal(g->samples, 32);
    assert_int_equal(g->n_outputs, 1);
    assert_int_equal(g->output[0].dtype, EDY_F64);
    assert_int_equal(g->output[0].sample_bytes, 80);
    assert_int_equal(g->n_classes, 10000);
    assert_non_null(g->margins);
    assert_false(g->exact);
    assert_true(g->reference_error > 0 && g->reference_error < 1e-4);
    assert_string_equal(g->dataset, "fashion-mnist");

    edy_graph *graph;
    assert_int_equal(edy_onnx_import(edy_temp_path(models, "simplecnn.onnx"), NULL, &graph, &err),
                     EDY_OK);
    if (edy_golden_load_inputs(g, graph, edy_temp_path(models, "simplecnn.json"), EDYNO_SOURCE_DIR,
                               &err))
        fail_msg("%s", err.message);
    assert_int_equal(g->input[0].sample_bytes, 28 * 28 * 4);
    edy_golden_destroy(g);
    edy_graph_destroy(graph);
}

static void other_inputs_than_the_goldens_are_refused(void **state) {
    (void)state;
    edy_golden *g;
    edy_error err;
    const char *model = edy_temp_path(models, "simplecnn.onnx");
    edy_graph *graph;
    assert_int_equal(edy_onnx_import(model, NULL, &graph, &err), EDY_OK);
    assert_int_equal(edy_golden_read(goldens, model, &g, &err), EDY_OK);
    /* without the sidecar's mean and deviation */
    assert_int_equal(edy_golden_load_inputs(g, graph, NULL, EDYNO_SOURCE_DIR, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "sha256"));
    edy_golden_destroy(g);
    edy_graph_destroy(graph);
}

/* What a test did to the copy must be refused with this code and a sentence that has this word. */
static void refused(copy *c, edy_status code, const char *word) {
    edy_golden *g = NULL;
    edy_error err = {EDY_OK, ""};
    const edy_status st = edy_golden_read(c->golden, c->model, &g, &err);
    if (st != code || !strstr(err.message, word) || g)
        fail_msg("status %d \"%s\" instead of %d with \"%s\"", (int)st, err.message, (int)code,
                 word);
    edy_temp_dir_remove(c->dir);
}

static void a_truncated_output_is_refused(void **state) {
    (void)state;
    copy c = make_copy();
    edy_temp_truncate(edy_temp_path(c.golden, "output.bin"), 1);
    refused(&c, EDY_BAD_FILE, "output.bin: holds less");
}

static void a_longer_output_is_refused(void **state) {
    (void)state;
    copy c = make_copy();
    size_t n;
    char *data = edy_temp_read(edy_temp_path(c.golden, "output.bin"), &n);
    edy_temp_write(edy_temp_path(c.golden, "output.bin"), data, n + 1);
    free(data);
    refused(&c, EDY_BAD_FILE, "output.bin: holds more");
}

static void a_changed_byte_is_refused(void **state) {
    (void)state;
    const char *names[] = {"output.bin", "classes.u8", "margins.f32"};
    for (int i = 0; i < 3; i++) {
        copy c = make_copy();
        edy_temp_flip(edy_temp_path(c.golden, names[i]), 100);
        refused(&c, EDY_BAD_FILE, names[i]);
    }
}

static void a_golden_of_another_model_is_refused(void **state) {
    (void)state;
    copy c = make_copy();
    edy_temp_flip(c.model, 5000);
    refused(&c, EDY_BAD_FILE, "made for a model with sha256");
}

static void a_missing_file_is_named(void **state) {
    (void)state;
    copy c = make_copy();
    assert_int_equal(remove(edy_temp_path(c.golden, "margins.f32")), 0);
    refused(&c, EDY_IO, "margins.f32: cannot be opened");
    c = make_copy();
    assert_int_equal(remove(edy_temp_path(c.golden, "golden.json")), 0);
    refused(&c, EDY_IO, "golden.json: cannot be opened");
    c = make_copy();
    assert_int_equal(remove(c.model), 0);
    refused(&c, EDY_IO, "simplecnn.onnx");
}

static void wrong_fields_are_named(void **state) {
    (void)state;
    const struct {
        const char *from, *to, *word;
    } cases[] = {
        {"\"dtype\": \"float64\"", "\"dtype\": \"float16\"", "output.dtype"},
        {"\"count\": 32", "\"count\": -2", "count"},
        {"\"count\": 32", "\"count\": 31", "output.shape"},
        {"\"n\": 10000", "\"n\": 1e+99", "\"n\""},
        {"\"file\": \"output.bin\"", "\"file\": \"../put.bin\"", "file"},
        {"\"numpy_float32_max_abs\"", "\"nunpy_float32_max_abs\"", "numpy_float32_max_abs"},
        {"\"model_sha256\"", "\"nodel_sha256\"", "model_sha256"},
        {"\"margins\"", "\"nargins\"", "margins"},
        {"{\n", "[\n", "golden.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        copy c = make_copy();
        edy_temp_replace(edy_temp_path(c.golden, "golden.json"), cases[i].from, cases[i].to);
        refused(&c, EDY_BAD_FILE, cases[i].word);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_committed_golden_is_read),
        cmocka_unit_test(other_inputs_than_the_goldens_are_refused),
        cmocka_unit_test(a_truncated_output_is_refused),
        cmocka_unit_test(a_longer_output_is_refused),
        cmocka_unit_test(a_changed_byte_is_refused),
        cmocka_unit_test(a_golden_of_another_model_is_refused),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(wrong_fields_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
