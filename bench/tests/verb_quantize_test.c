/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno quantize, as a user calls it, on a committed model and committed images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "bench/verbs/verbs.h"
#include "engine/import/onnx_import.h"

static char folder[] = "/tmp/edyno-quantize-XXXXXX";
static char first[64], second[64];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(first, sizeof first, "%s/a.onnx", folder);
    snprintf(second, sizeof second, "%s/b.onnx", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(first);
    unlink(second);
    return rmdir(folder);
}

/* Words after "quantize", the last NULL. */
static int call(const char *const *words) {
    char *argv[16] = {(char *)(uintptr_t) "quantize"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return edy_verb_main(&edy_verb_quantize, "edyno", argc, argv);
}

#define QUANTIZE(...) call((const char *const[]){__VA_ARGS__, NULL})

static char *slurp(const char *path, size_t *bytes) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *data = malloc(1 << 21);
    assert_non_null(data);
    *bytes = fread(data, 1, 1 << 21, f);
    fclose(f);
    return data;
}

static void writes_a_quantized_model(void **state) {
    (void)state;
    assert_int_equal(QUANTIZE("simplecnn", "-o", first, "--calib", "fashion-mnist:1000", "-n", "8"),
                     EDY_EXIT_OK);
    edy_graph *g;
    edy_error err = {0};
    if (edy_onnx_import(first, NULL, &g, &err))
        fail_msg("%s", err.message);
    int32_t quantizers = 0, activations = 0;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        quantizers += g->node[i].op == EDY_OP_QUANTIZE;
        activations += g->node[i].op == EDY_OP_RELU;
    }
    assert_int_equal(quantizers, 6); /* input, Conv, MaxPool, Flatten, two Gemms */
    assert_int_equal(activations, 0);
    assert_int_equal(g->value[g->output[0]].dtype, EDY_F32);
    edy_graph_destroy(g);
}

static void writes_the_same_bytes_again_and_with_two_threads(void **state) {
    (void)state;
    assert_int_equal(QUANTIZE("simplecnn", "-o", first, "--calib", "fashion-mnist:1000", "-n", "8"),
                     EDY_EXIT_OK);
    assert_int_equal(QUANTIZE("simplecnn", "-o", second, "--calib", "fashion-mnist:1000", "-n", "8",
                              "--threads", "2"),
                     EDY_EXIT_OK);
    size_t a_bytes, b_bytes;
    char *a = slurp(first, &a_bytes), *b = slurp(second, &b_bytes);
    assert_int_equal(a_bytes, b_bytes);
    assert_memory_equal(a, b, a_bytes);
    free(a);
    free(b);
}

static void bad_calls_exit_with_2_and_write_nothing(void **state) {
    (void)state;
    unlink(second);
    assert_int_equal(QUANTIZE("simplecnn"), EDY_EXIT_USAGE);
    assert_int_equal(QUANTIZE("simplecnn", "-o", second), EDY_EXIT_USAGE);
    assert_int_equal(QUANTIZE("nonesuch", "-o", second, "--calib", "fashion-mnist:1000"),
                     EDY_EXIT_USAGE);
    assert_int_equal(QUANTIZE("simplecnn", "-o", second, "--calib", "nonesuch"), EDY_EXIT_USAGE);
    assert_int_equal(
        QUANTIZE("simplecnn", "-o", second, "--calib", "fashion-mnist:1000", "--images", "1001"),
        EDY_EXIT_USAGE);
    assert_int_equal(QUANTIZE("simplecnn", "-o", second, "--calib", "fashion-mnist:1000",
                              "--preprocess", "pad=2"),
                     EDY_EXIT_USAGE);
    assert_int_equal(
        QUANTIZE("simplecnn", "-o", "/nonesuch/x.onnx", "--calib", "fashion-mnist:1000", "-n", "1"),
        EDY_EXIT_USAGE);
    assert_int_equal(QUANTIZE(first, "-o", first, "--calib", "fashion-mnist:1000"), EDY_EXIT_USAGE);
    assert_int_equal(QUANTIZE(first, "-o", second, "--calib", "fashion-mnist:1000"),
                     EDY_EXIT_USAGE); /* quantized already */
    assert_int_not_equal(access(second, F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_quantized_model),
        cmocka_unit_test(writes_the_same_bytes_again_and_with_two_threads),
        cmocka_unit_test(bad_calls_exit_with_2_and_write_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
