/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The registry: what a folder of models becomes, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workloads/model_load.h"
#include "workloads/share.h"
#include "workloads/workload.h"

static char dir[64];

static const char *path(const char *name) {
    static char text[4][256];
    static int next = 0;
    next = (next + 1) % 4;
    snprintf(text[next], sizeof text[next], "%s/%s", dir, name);
    return text[next];
}

static void put(const char *name, const char *content) {
    FILE *f = fopen(path(name), "w");
    assert_non_null(f);
    assert_true(fputs(content, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int set_up(void **state) {
    (void)state;
    strcpy(dir, "/tmp/edyno-workloads-XXXXXX");
    if (!mkdtemp(dir) || mkdir(path("models"), 0777) || mkdir(path("goldens"), 0777) ||
        mkdir(path("goldens/net.int8"), 0777))
        return -1;
    put("models/net.onnx", "");
    put("models/net.int8.onnx", "");
    put("models/net.a8.onnx", "");
    put("models/also.onnx", "");
    put("models/also.json", "{}");
    put("models/net.json",
        "{\"name\": \"net\", \"input\": {\"shape\": [1, 3, 8, 8]}, \"preprocess\": {\"pad\": 2},"
        " \"dataset\": \"fashion-mnist\", \"classes\": [\"cat\", \"dog\"]}");
    return 0;
}

static int remove_entry(const char *name, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(name);
}

static int tear_down(void **state) {
    (void)state;
    return nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static edy_workloads *opened(void) {
    edy_workloads *all;
    edy_error err;
    if (edy_workloads_open(dir, &all, &err))
        fail_msg("%s", err.message);
    return all;
}

static void a_folder_becomes_workloads_with_variants(void **state) {
    (void)state;
    edy_workloads *all = opened();
    assert_int_equal(edy_workloads_count(all), 2);
    assert_string_equal(edy_workloads_at(all, 0)->name, "also"); /* sorted */
    const edy_workload *w = edy_workloads_at(all, 1);
    assert_string_equal(w->name, "net");
    assert_false(w->own_model);
    assert_int_equal(w->n_variants, 3);
    assert_string_equal(w->variant[0].name, "fp32"); /* first, then by name */
    assert_string_equal(w->variant[1].name, "a8");
    assert_string_equal(w->variant[2].name, "int8");
    assert_null(w->variant[0].golden_dir);
    assert_string_equal(w->variant[2].golden_dir, path("goldens/net.int8"));
    assert_string_equal(w->variant[2].model_path, path("models/net.int8.onnx"));
    assert_ptr_equal(edy_workload_variant(w, "int8"), &w->variant[2]);
    assert_null(edy_workload_variant(w, "int4"));
    edy_workloads_close(all);
}

static void the_sidecar_is_read(void **state) {
    (void)state;
    edy_workloads *all = opened();
    const edy_workload *w = edy_workloads_at(all, 1);
    assert_string_equal(w->dataset, "fashion-mnist");
    assert_int_equal(w->input_shape.rank, 4);
    assert_int_equal(w->input_shape.dim[1], 3);
    assert_true(w->has_preprocess);
    assert_int_equal(w->n_classes, 2);
    assert_string_equal(w->classes[1], "dog");
    const edy_workload *bare = edy_workloads_at(all, 0);
    assert_null(bare->dataset);
    assert_false(bare->has_preprocess);
    assert_int_equal(bare->input_shape.rank, 0);
    edy_workloads_close(all);
}

static void names_and_paths_are_resolved(void **state) {
    (void)state;
    edy_workloads *all = opened();
    const edy_workload *w;
    edy_error err;
    assert_int_equal(edy_workloads_resolve(all, "net", &w, &err), EDY_OK);
    assert_ptr_equal(w, edy_workloads_at(all, 1));
    assert_int_equal(edy_workloads_resolve(all, "nut", &w, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "\"nut\""));
    assert_non_null(strstr(err.message, "also, net"));
    assert_int_equal(edy_workloads_resolve(all, path("models/net.onnx"), &w, &err), EDY_OK);
    assert_true(w->own_model);
    assert_string_equal(w->name, "net");
    assert_int_equal(w->n_classes, 2); /* its sidecar is beside it */
    assert_string_equal(w->variant[0].name, "model");
    assert_int_equal(edy_workloads_resolve(all, "missing.onnx", &w, &err), EDY_IO);
    assert_non_null(strstr(err.message, "missing.onnx"));
    assert_int_equal(edy_workloads_resolve(all, path("models"), &w, &err), EDY_IO);
    assert_int_equal(edy_workloads_count(all), 2); /* a user's file is not listed */
    edy_workloads_close(all);
}

/* ---- Text nets ------------------------------------------------------------------------------- */

static void add_nets(void) {
    assert_int_equal(mkdir(path("nets"), 0777), 0);
    put("nets/b_1.1.net", "net b\ninput 2x4x4\nx = conv 2 1x1 relu\nconv 2 3x3\nadd x\n");
    put("nets/b_1.1.ranges", "ranges b 1\ninput -1 1\nconv_1.relu 0 2\nconv_2 -2 2\noutput -4 4\n");
    put("nets/a.net", "net a\ninput 3x5x6\ndense 2\n");
    put("nets/README", "not a net");
}

static void remove_nets(void) {
    const char *const files[] = {"b_1.1.net", "b_1.1.ranges", "a.net", "README"};
    for (size_t i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "nets/%s", files[i]);
        unlink(path(name));
    }
    assert_int_equal(rmdir(path("nets")), 0);
}

static void nets_are_listed_behind_models(void **state) {
    (void)state;
    add_nets();
    edy_workloads *all = opened();
    assert_int_equal(edy_workloads_count(all), 4);
    assert_int_equal(edy_workloads_at(all, 1)->group, EDY_GROUP_MODELS);
    const edy_workload *a = edy_workloads_at(all, 2), *b = edy_workloads_at(all, 3);
    assert_string_equal(a->name, "a");
    assert_int_equal(a->group, EDY_GROUP_NETS);
    assert_int_equal(a->n_variants, 1); /* without ranges no int8 */
    assert_int_equal(a->input_shape.dim[3], 6);
    assert_string_equal(b->name, "b_1.1"); /* a dot is part of the name */
    assert_int_equal(b->n_variants, 2);
    assert_string_equal(b->variant[1].name, "int8");
    assert_string_equal(b->variant[1].ranges_path, path("nets/b_1.1.ranges"));
    edy_workloads_close(all);
    remove_nets();
}

static void nets_are_loaded_by_name_and_path(void **state) {
    (void)state;
    add_nets();
    edy_workloads *all = opened();
    const char *const names[] = {"b_1.1", path("nets/b_1.1.net")};
    for (int i = 0; i < 4; i++) {
        const edy_workload *w;
        edy_graph *g;
        edy_error err;
        if (edy_workloads_resolve(all, names[i / 2], &w, &err))
            fail_msg("%s", err.message);
        assert_int_equal(w->own_model, i / 2);
        const edy_variant *v = edy_workload_variant(w, i % 2 ? "int8" : "fp32");
        assert_non_null(v);
        if (edy_variant_load(v, &g, &err))
            fail_msg("%s", err.message);
        assert_int_equal(g->node[0].op, i % 2 ? EDY_OP_QUANTIZE : EDY_OP_CONV);
        edy_graph_destroy(g);
    }
    edy_workloads_close(all);
    remove_nets();
}

static void bad_nets_are_refused(void **state) {
    (void)state;
    edy_workloads *all;
    edy_error err;
    add_nets();
    put("nets/b_1.1.ranges", "ranges b 1\ninput -1\n");
    all = opened(); /* ranges are read when they are used */
    edy_graph *g;
    assert_int_equal(
        edy_variant_load(edy_workload_variant(edy_workloads_at(all, 3), "int8"), &g, &err),
        EDY_BAD_FILE);
    assert_null(g);
    assert_non_null(strstr(err.message, "b_1.1.ranges:2: "));
    edy_workloads_close(all);
    put("nets/a.net", "net a\n");
    assert_int_equal(edy_workloads_open(dir, &all, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "a.net: has no input"));
    unlink(path("nets/a.net"));
    put("nets/also.net", "net also\ninput 1x1x1\nrelu\n");
    assert_int_equal(edy_workloads_open(dir, &all, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "also is a model and a net"));
    unlink(path("nets/also.net"));
    remove_nets();
}

static void an_empty_registry_still_takes_paths(void **state) {
    (void)state;
    edy_workloads *all;
    const edy_workload *w;
    edy_error err;
    assert_int_equal(edy_workloads_open(NULL, &all, &err), EDY_OK);
    assert_int_equal(edy_workloads_count(all), 0);
    assert_int_equal(edy_workloads_resolve(all, path("models/also.onnx"), &w, &err), EDY_OK);
    assert_int_equal(edy_workloads_resolve(all, "net", &w, &err), EDY_BAD_ARGUMENT);
    edy_workloads_close(all);
}

static void bad_sidecars_are_refused_by_field(void **state) {
    (void)state;
    const struct {
        const char *text, *part;
    } cases[] = {
        {"", "is not JSON"},
        {"{\"name\": ", "is not JSON"},
        {"[1]", "must hold one JSON object"},
        {"{\"input\": {\"shape\": [1, -3, 8, 8]}}", "input.shape"},
        {"{\"input\": {\"shape\": [1, 1e30]}}", "input.shape"},
        {"{\"input\": {\"shape\": [1,1,1,1,1,1,1,1,1]}}", "input.shape"},
        {"{\"input\": 3}", "input.shape"},
        {"{\"dataset\": 7}", "dataset"},
        {"{\"classes\": \"cat\"}", "classes"},
        {"{\"classes\": [\"cat\", 1]}", "classes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put("models/also.json", cases[i].text);
        edy_workloads *all = NULL;
        edy_error err = {EDY_OK, ""};
        const edy_status st = edy_workloads_open(dir, &all, &err);
        if (st != EDY_BAD_FILE || all || !strstr(err.message, cases[i].part) ||
            !strstr(err.message, "also.json"))
            fail_msg("%s: status %d, \"%s\"", cases[i].text, (int)st, err.message);
    }
    put("models/also.json", "{}");
}

static void a_missing_sidecar_or_folder_is_an_error(void **state) {
    (void)state;
    edy_workloads *all = NULL;
    edy_error err;
    put("models/third.onnx", "");
    assert_int_equal(edy_workloads_open(dir, &all, &err), EDY_IO);
    assert_non_null(strstr(err.message, "third.json"));
    assert_int_equal(remove(path("models/third.onnx")), 0);
    assert_int_equal(edy_workloads_open(path("nowhere"), &all, &err), EDY_IO);
    assert_null(all);
}

static void the_share_folder_is_the_given_one_or_the_source_tree(void **state) {
    (void)state;
    char found[EDY_PATH_MAX];
    edy_error err;
    assert_int_equal(edy_share_find(NULL, found, &err), EDY_OK);
    assert_string_equal(found, EDYNO_SOURCE_DIR);
    assert_int_equal(edy_share_find("", found, &err), EDY_OK);
    assert_int_equal(edy_share_find(EDYNO_SOURCE_DIR "/workloads/..", found, &err), EDY_OK);
    assert_string_equal(found, EDYNO_SOURCE_DIR "/workloads/..");
    assert_int_equal(edy_share_find(dir, found, &err), EDY_IO); /* never a silent other one */
    assert_non_null(strstr(err.message, dir));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_becomes_workloads_with_variants),
        cmocka_unit_test(the_sidecar_is_read),
        cmocka_unit_test(names_and_paths_are_resolved),
        cmocka_unit_test(nets_are_listed_behind_models),
        cmocka_unit_test(nets_are_loaded_by_name_and_path),
        cmocka_unit_test(bad_nets_are_refused),
        cmocka_unit_test(an_empty_registry_still_takes_paths),
        cmocka_unit_test(bad_sidecars_are_refused_by_field),
        cmocka_unit_test(a_missing_sidecar_or_folder_is_an_error),
        cmocka_unit_test(the_share_folder_is_the_given_one_or_the_source_tree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
