/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The MLPerf Tiny suite: on models made here, whose goldens are changed in turn; and, where they
 * are at hand, on the real ones (the integer cases and one of float: seconds). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/suite/mlperf_tiny.h"
#include "bench/tests/temp_dir.h"
#include "datasets/sha256.h"
#include "engine/import/tests/tflite_case.h"

enum { SAMPLES = 7 };

static char *dir;

static const char *golden_path(const char *name) {
    char text[200];
    snprintf(text, sizeof text, "goldens/%.150s", name);
    return edy_temp_path(dir, text);
}

static const edy_backend *scalar(void) {
    return edy_backend_at(edy_backend_count() - 1);
}

/* One value of sample 0 as a layer file, in the file's axes. */
static void write_layer(const edy_graph *g, const edy_plan *plan, const char *name, FILE *index,
                        const char *folder, int number) {
    for (int32_t v = 0; v < g->n_values; v++) {
        if (strcmp(g->value[v].name, name) != 0 || g->value[v].data)
            continue;
        const size_t elem = edy_dtype_bytes(g->value[v].dtype);
        const size_t n = edy_shape_count(&g->value[v].shape);
        char *planar = malloc(n * elem), *own = malloc(n * elem), path[80];
        assert_int_equal(edy_plan_read(plan, v, planar, n * elem, NULL), EDY_OK);
        const int64_t *d = g->value[v].shape.dim;
        const bool image = g->value[v].file_nhwc;
        for (size_t i = 0; i < n; i++) {
            const size_t hw = image ? (size_t)(d[2] * d[3]) : 1, c = image ? (size_t)d[1] : 1;
            const size_t to = image ? i % hw * c + i / hw : i;
            memcpy(own + to * elem, planar + i * elem, elem);
        }
        snprintf(path, sizeof path, "layers/%.20s/t%03d.bin", folder, number);
        edy_temp_write(golden_path(path), own, n * elem);
        fprintf(index, "%s{\"index\":%d,\"name\":\"%s\",\"file\":\"t%03d.bin\"}", number ? "," : "",
                number, name, number);
        free(planar);
        free(own);
    }
}

/* Model, inputs, outputs and layers of one case, by the scalar backend; the manifest's entry goes
 * to `manifest`. */
static void write_case(const char *name, const tb_model *m, const char *const *layers,
                       FILE *manifest) {
    static uint8_t file[1 << 14];
    char model[64], in_name[64], out_name[64], folder[64], hex[65], *index_text = NULL;
    size_t index_size;
    const size_t size = tb_write(m, file, sizeof file);
    snprintf(model, sizeof model, "%s.tflite", name);
    snprintf(in_name, sizeof in_name, "%s.in.bin", name);
    snprintf(out_name, sizeof out_name, "%s.out.bin", name);
    snprintf(folder, sizeof folder, "layers/%s", name);
    edy_temp_write(edy_temp_path(dir, model), file, size);
    assert_int_equal(edy_sha256_file(edy_temp_path(dir, model), hex, NULL), EDY_OK);
    edy_temp_mkdir(golden_path(folder));
    edy_graph *g = tb_import(m);
    edy_plan *plan;
    const edy_plan_options options = {.backend = scalar(), .keep_values = true};
    assert_int_equal(edy_plan_create(g, &options, &plan, NULL), EDY_OK);
    const size_t in_bytes = edy_plan_input(plan, 0)->bytes;
    const size_t out_bytes = edy_plan_output(plan, 0)->bytes;
    char *in = malloc(SAMPLES * in_bytes), *out = malloc(SAMPLES * out_bytes);
    FILE *index = open_memstream(&index_text, &index_size);
    fprintf(index, "{\"tensors\":[");
    for (size_t i = 0; i < SAMPLES * in_bytes; i++)
        in[i] = (char)(i * 37 % 101);
    if (edy_plan_input(plan, 0)->dtype == EDY_F32)
        for (size_t i = 0; i < SAMPLES * in_bytes / 4; i++)
            ((float *)(void *)in)[i] = (float)(i * 37 % 101) / 8.0f - 3.0f;
    for (size_t s = 0; s < SAMPLES; s++) {
        edy_plan_run(plan, (const void *[]){in + s * in_bytes}, (void *[]){out + s * out_bytes});
        for (int k = 0; s == 0 && layers[k]; k++)
            write_layer(g, plan, layers[k], index, name, k);
    }
    fprintf(index, "]}");
    fclose(index);
    edy_temp_write(golden_path(in_name), in, SAMPLES * in_bytes);
    edy_temp_write(golden_path(out_name), out, SAMPLES * out_bytes);
    strcat(folder, "/index.json");
    edy_temp_write(golden_path(folder), index_text, index_size);
    fprintf(manifest, "{\"case\":\"%s\",\"model\":\"%s\",\"model_sha256\":\"%s\",\"samples\":%d,",
            name, model, hex, SAMPLES);
    assert_int_equal(edy_sha256_file(golden_path(in_name), hex, NULL), EDY_OK);
    fprintf(manifest, "\"status\":\"ok\",\"input\":{\"file\":\"%s\",\"sha256\":\"%s\"},", in_name,
            hex);
    assert_int_equal(edy_sha256_file(golden_path(out_name), hex, NULL), EDY_OK);
    fprintf(manifest,
            "\"output\":{\"file\":\"%s\",\"sha256\":\"%s\"},\"layers\":{\"dir\":\"layers/%s\"}},\n",
            out_name, hex, name);
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
    free(in);
    free(out);
    free(index_text);
}

static int set_up(void **state) {
    (void)state;
    static const char *const integer[] = {"x", "conv", "pool", "flat", "fc", "y", NULL};
    static const char *const real[] = {"x", "y", NULL};
    const tb_model net = tb_int8_net(), conv = tb_float_conv();
    char *text = NULL;
    size_t size;
    dir = edy_temp_dir_create();
    edy_temp_mkdir(edy_temp_path(dir, "goldens"));
    FILE *manifest = open_memstream(&text, &size);
    fprintf(manifest, "{\"cases\":[\n");
    write_case("int8", &net, integer, manifest);
    write_case("real", &conv, real, manifest);
    fprintf(manifest, "{\"case\":\"bare\",\"model\":\"real.tflite\",\"model_sha256\":\"");
    char hex[65];
    assert_int_equal(edy_sha256_file(edy_temp_path(dir, "real.tflite"), hex, NULL), EDY_OK);
    fprintf(manifest, "%s\",\"samples\":%d,\"status\":\"the oracle refuses it\",", hex, SAMPLES);
    assert_int_equal(edy_sha256_file(golden_path("real.in.bin"), hex, NULL), EDY_OK);
    fprintf(manifest, "\"input\":{\"file\":\"real.in.bin\",\"sha256\":\"%s\"}}]}\n", hex);
    fclose(manifest);
    edy_temp_write(golden_path("manifest.json"), text, size);
    free(text);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edy_temp_dir_remove(dir);
    return 0;
}

/* Runs the cases of this name on the best backend and on scalar. */
static edy_tiny_table run(edy_tiny_cases *cases, const char *pattern) {
    const edy_backend *backends[] = {edy_backend_best(), scalar()};
    const edy_tiny_options options = {.backend = backends,
                                      .n_backends = backends[0] == backends[1] ? 1 : 2,
                                      .pattern = pattern,
                                      .in_process = true};
    edy_tiny_table table = {.row = NULL};
    edy_error err;
    if (edy_tiny_cases_read(dir, cases, &err) || edy_tiny_run(cases, &options, &table, &err))
        fail_msg("%s", err.message);
    return table;
}

/* Every row has the verdict, and a reason with that in it. */
static void all_are(const char *pattern, edy_verdict verdict, const char *part) {
    edy_tiny_cases cases;
    edy_tiny_table table = run(&cases, pattern);
    assert_true(table.n > 0);
    for (size_t i = 0; i < table.n; i++) {
        const edy_tiny_result *r = &table.row[i].result;
        if (r->verdict != verdict || !strstr(r->reason, part))
            fail_msg("%s on %s is %s: %s", table.row[i].c->name, table.row[i].backend->name,
                     edy_verdict_text(r->verdict), r->reason);
    }
    edy_tiny_table_free(&table);
    edy_tiny_cases_free(&cases);
}

/* ---- Models made here ------------------------------------------------------------------------ */

static void what_is_right_passes(void **state) {
    (void)state;
    all_are("int8", EDY_VERDICT_PASS, "");
    all_are("real", EDY_VERDICT_PASS, "");
    edy_tiny_cases cases;
    edy_tiny_table table = run(&cases, NULL);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    edy_tiny_print(&table, out);
    fclose(out);
    assert_non_null(strstr(text, "MLPerf-Tiny-style, unverified: "));
    assert_non_null(strstr(text, "SKIP top-1"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("a line of more than 80 columns: %.100s", line);
    assert_int_equal(table.row[0].result.layers, 6);
    assert_int_equal(table.row[0].result.right, 6);
    assert_int_equal(edy_tiny_exit_code(&table), 0);
    free(text);
    edy_tiny_table_free(&table);
    edy_tiny_cases_free(&cases);
}

static void a_case_without_golden_is_mistrusted(void **state) {
    (void)state;
    all_are("bare", EDY_VERDICT_MISTRUSTED, "no golden (the oracle refuses it)");
    edy_tiny_cases cases;
    edy_tiny_table table = run(&cases, "bare");
    assert_int_equal(edy_tiny_exit_code(&table), 5); /* nothing passed or failed */
    edy_tiny_table_free(&table);
    edy_tiny_cases_free(&cases);
}

static void one_bit_of_a_layer(void **state) {
    (void)state;
    edy_temp_flip(golden_path("layers/int8/t001.bin"), 17);
    all_are("int8", EDY_VERDICT_FAIL, "tensor 1 \"conv\": element 17: expected");
    edy_temp_flip(golden_path("layers/int8/t001.bin"), 17);
    all_are("int8", EDY_VERDICT_PASS, "");
    edy_temp_truncate(golden_path("layers/int8/t004.bin"), 1);
    all_are("int8", EDY_VERDICT_FAIL, "t004.bin: has 3 bytes, its tensor 4");
}

static void a_golden_that_is_off(void **state) {
    (void)state;
    size_t n;
    char *bytes = edy_temp_read(golden_path("layers/real/t001.bin"), &n);
    float *y = (float *)(void *)bytes;
    y[0] *= 1.0f + 4e-7f; /* a few roundings: within the budget */
    edy_temp_write(golden_path("layers/real/t001.bin"), bytes, n);
    all_are("real", EDY_VERDICT_PASS, "");
    y[0] *= 1.0f + 1e-4f;
    edy_temp_write(golden_path("layers/real/t001.bin"), bytes, n);
    all_are("real", EDY_VERDICT_FAIL, "tensor 1 \"y\": element 0: expected");
    y[0] = __builtin_nanf("");
    edy_temp_write(golden_path("layers/real/t001.bin"), bytes, n);
    all_are("real", EDY_VERDICT_FAIL, "tensor 1 \"y\": element 0: expected");
    free(bytes);
}

static void other_files(void **state) {
    (void)state;
    edy_temp_flip(golden_path("int8.out.bin"), 3);
    all_are("int8", EDY_VERDICT_FAIL, "int8.out.bin: its sha256 is");
    edy_temp_flip(edy_temp_path(dir, "real.tflite"), 100);
    all_are("real", EDY_VERDICT_FAIL, "real.tflite: its sha256 is");
    unlink(golden_path("layers/int8/t002.bin"));
    edy_temp_flip(golden_path("int8.out.bin"), 3);
    all_are("int8", EDY_VERDICT_FAIL, "t002.bin: cannot open");
}

static void bad_manifest(const char *from, const char *to, const char *part) {
    edy_tiny_cases cases;
    edy_error err;
    edy_temp_replace(golden_path("manifest.json"), from, to);
    assert_int_equal(edy_tiny_cases_read(dir, &cases, &err), EDY_BAD_FILE);
    assert_null(cases.c);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" lacks \"%s\"", err.message, part);
    edy_temp_replace(golden_path("manifest.json"), to, from);
}

static void manifests_that_lie(void **state) {
    (void)state;
    bad_manifest("\"model\":\"int8.tflite\"", "\"model\":\"/etc/passwd\"", "field \"model\"");
    bad_manifest("\"file\":\"int8.in.bin\"", "\"file\":\"../8.in.bin\"", "field \"file\"");
    bad_manifest("\"samples\":7", "\"samples\":0", "case \"int8\": field \"samples\"");
    bad_manifest("\"layers/int8\"", "\"../ers/int8\"", "field \"dir\"");
    bad_manifest("\"cases\"", "\"Cases\"", "no JSON with a list of \"cases\"");
    edy_tiny_cases cases;
    edy_error err;
    assert_int_equal(edy_tiny_cases_read("/nowhere", &cases, &err), EDY_IO);
}

/* ---- The real ones --------------------------------------------------------------------------- */

/* Beside the source tree, or where EDYNO_SHARED says. */
static bool find_real(char *path, size_t size) {
    const char *shared = getenv("EDYNO_SHARED");
    snprintf(path, size, "%s/mlperf-tiny", shared ? shared : EDYNO_SOURCE_DIR "/../shared");
    return access(path, R_OK) == 0;
}

static void the_reference_models(void **state) {
    (void)state;
    char path[EDY_TINY_PATH];
    if (!find_real(path, sizeof path)) {
        print_message("SKIP: no MLPerf Tiny models and goldens at %s\n", path);
        skip();
    }
    static const char *const patterns[] = {"kws_ref_model*", "*_int8",  "*_int8.*",
                                           "*_quant*",       "str_ww*", "ad01_fp32"};
    const edy_backend *backends[] = {edy_backend_best()};
    edy_tiny_cases cases;
    edy_error err;
    if (edy_tiny_cases_read(path, &cases, &err))
        fail_msg("%s", err.message);
    assert_int_equal(cases.n, 23);
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
        edy_tiny_table table;
        const edy_tiny_options options = {
            .backend = backends, .n_backends = 1, .pattern = patterns[p], .in_process = true};
        if (edy_tiny_run(&cases, &options, &table, &err))
            fail_msg("%s", err.message);
        for (size_t i = 0; i < table.n; i++) {
            const edy_tiny_row *row = &table.row[i];
            const edy_verdict wanted =
                row->c->output.name[0] ? EDY_VERDICT_PASS : EDY_VERDICT_MISTRUSTED;
            if (row->result.verdict != wanted)
                fail_msg("%s: %s", row->c->name, row->result.reason);
        }
        edy_tiny_table_free(&table);
    }
    edy_tiny_cases_free(&cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_right_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_case_without_golden_is_mistrusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_bit_of_a_layer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_golden_that_is_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(manifests_that_lie, set_up, tear_down),
        cmocka_unit_test(the_reference_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
