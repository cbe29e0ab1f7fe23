/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno export, as a user calls it: the file computes the same bits as the net. And the ranges that
 * the int8 nets are made from can be made again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/verbs/verbs.h"
#include "datasets/synthetic.h"
#include "engine/import/onnx_import.h"
#include "engine/plan.h"
#include "workloads/model_load.h"

static char folder[] = "/tmp/edyno-export-XXXXXX";
static char onnx[64], ranges[64];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(onnx, sizeof onnx, "%s/net.onnx", folder);
    snprintf(ranges, sizeof ranges, "%s/net.ranges", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(onnx);
    unlink(ranges);
    return rmdir(folder);
}

/* The verb with words, the last NULL. */
static int call(const edy_verb *verb, const char *const *words) {
    char *argv[16] = {(char *)(uintptr_t)verb->name};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return edy_verb_main(verb, "edyno", argc, argv);
}

#define EXPORT(...) call(&edy_verb_export, (const char *const[]){__VA_ARGS__, NULL})
#define QUANTIZE(...) call(&edy_verb_quantize, (const char *const[]){__VA_ARGS__, NULL})

/* Outputs of the graph's one run on a seeded input; *bytes of them. */
static void *outputs_of(const edy_graph *g, size_t *bytes) {
    edy_plan *plan;
    edy_error err;
    if (edy_plan_create(g, NULL, &plan, &err))
        fail_msg("%s", err.message);
    const edy_plan_port *in = edy_plan_input(plan, 0), *out = edy_plan_output(plan, 0);
    void *x = malloc(in->bytes), *y = malloc(out->bytes);
    assert_true(x && y);
    edy_synthetic_fill(9, 0, 0, EDY_UNIFORM, in->dtype, in->bytes / 4, x);
    edy_plan_run(plan, (const void *[]){x}, (void *[]){y});
    *bytes = out->bytes;
    edy_plan_destroy(plan);
    free(x);
    return y;
}

static edy_graph *load(const char *name, const char *variant) {
    edy_workloads *all;
    const edy_workload *w;
    edy_graph *g = NULL;
    edy_error err;
    if (edy_workloads_open(EDYNO_SOURCE_DIR "/workloads", &all, &err) ||
        edy_workloads_resolve(all, name, &w, &err) ||
        edy_variant_load(edy_workload_variant(w, variant), &g, &err))
        fail_msg("%s", err.message);
    edy_workloads_close(all);
    return g;
}

static void an_export_computes_the_same_bits(void **state) {
    (void)state;
    const char *const names[] = {"resnet8_32", "ds_cnn_49x10", "simplecnn"};
    for (int i = 0; i < 6; i++) {
        const char *name = names[i / 2], *variant = i % 2 ? "int8" : "fp32";
        assert_int_equal(EXPORT(name, "--variant", variant, "-o", onnx), EDY_EXIT_OK);
        edy_graph *net = load(name, variant), *file;
        edy_error err;
        if (edy_onnx_import(onnx, NULL, &file, &err))
            fail_msg("%s", err.message);
        assert_int_equal(edy_graph_macs(file), edy_graph_macs(net));
        assert_int_equal(edy_graph_parameters(file), edy_graph_parameters(net));
        size_t a_bytes, b_bytes;
        void *a = outputs_of(net, &a_bytes), *b = outputs_of(file, &b_bytes);
        assert_int_equal(a_bytes, b_bytes);
        assert_memory_equal(a, b, a_bytes);
        free(a);
        free(b);
        edy_graph_destroy(net);
        edy_graph_destroy(file);
    }
}

static void bad_calls_exit_with_2_and_write_nothing(void **state) {
    (void)state;
    struct stat info;
    unlink(onnx);
    assert_int_equal(EXPORT("resnet8_32"), EDY_EXIT_USAGE);
    assert_int_equal(EXPORT("nonesuch", "-o", onnx), EDY_EXIT_USAGE);
    assert_int_equal(EXPORT("resnet8_32", "--variant", "int4", "-o", onnx), EDY_EXIT_USAGE);
    assert_int_equal(EXPORT("resnet8_32", "-o", "no/such/folder.onnx"), EDY_EXIT_USAGE);
    assert_true(stat(onnx, &info) != 0);
    assert_int_equal(EXPORT("resnet8_32", "-o", onnx), EDY_EXIT_OK);
    assert_int_equal(EXPORT(onnx, "-o", onnx), EDY_EXIT_USAGE); /* the model itself */
}

static char *slurp(const char *path) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
    fclose(f);
    return text;
}

static void the_ranges_of_the_small_nets_can_be_made_again(void **state) {
    (void)state;
    const char *const names[] = {"resnet8_32", "ds_cnn_49x10", "mobilenet_v1_0.25_96"};
    for (int i = 0; i < 3; i++) {
        char committed[512];
        snprintf(committed, sizeof committed, "%s/workloads/nets/%s.ranges", EDYNO_SOURCE_DIR,
                 names[i]);
        assert_int_equal(QUANTIZE(names[i], "-o", ranges, "--calib", "synthetic", "-n", "16"),
                         EDY_EXIT_OK);
        char *made = slurp(ranges), *kept = slurp(committed);
        assert_string_equal(made, kept);
        free(made);
        free(kept);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_computes_the_same_bits),
        cmocka_unit_test(bad_calls_exit_with_2_and_write_nothing),
        cmocka_unit_test(the_ranges_of_the_small_nets_can_be_made_again),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
