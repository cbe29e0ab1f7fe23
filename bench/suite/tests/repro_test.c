/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What a failure leaves behind: on backends that were broken on purpose, the first diverging node
 * is named, its folder replays the failure on them, and passes on one that is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bench/conform.h"
#include "bench/suite/repro.h"
#include "bench/tests/temp_dir.h"

/* ---- Faults ---------------------------------------------------------------------------------- */

static edy_kernels scalar;

static void fill_right(edy_kernels *k) {
    (void)k;
}

/* One element of what an indirect GEMM writes is off by a little; the first call decides. */
static void float_igemm(size_t rows, size_t nc, size_t kc, size_t ks, const float *const *a,
                        size_t a_offset, const float *zero, const void *w, float *c,
                        size_t c_stride, const float *residual, const edy_f32_clamp *clamp) {
    scalar.f32_dense.igemm(rows, nc, kc, ks, a, a_offset, zero, w, c, c_stride, residual, clamp);
    c[nc - 1] = c[nc - 1] * 1.001f + 0.001f;
}

static void fill_float(edy_kernels *k) {
    k->f32_dense.igemm = float_igemm;
}

static void integer_igemm(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                          size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                          size_t c_stride, const edy_s8_output *output) {
    scalar.s8_dense[EDY_RULE_ONNX].igemm(rows, nc, kc, ks, a, a_offset, zero, w, c, c_stride,
                                         output);
    c[0] = (int8_t)(c[0] > 0 ? c[0] - 2 : c[0] + 2);
}

static void fill_integer(edy_kernels *k) {
    k->s8_dense[EDY_RULE_ONNX].igemm = integer_igemm;
}

static void swapping_pool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                          size_t a_offset, float *out, size_t out_stride,
                          const edy_f32_clamp *clamp) {
    scalar.f32_maxpool(pixels, channels, taps, a, a_offset, out, out_stride, clamp);
    for (size_t p = 0; p < pixels && channels > 1; p++) {
        const float first = out[p * out_stride];
        out[p * out_stride] = out[p * out_stride + 1];
        out[p * out_stride + 1] = first;
    }
}

static void crashing_pool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                          size_t a_offset, float *out, size_t out_stride,
                          const edy_f32_clamp *clamp) {
    (void)pixels, (void)channels, (void)taps, (void)a, (void)a_offset, (void)out, (void)out_stride;
    (void)clamp;
    raise(SIGILL);
}

static void fill_crash(edy_kernels *k) {
    k->f32_maxpool = crashing_pool;
}

static void fill_pool(edy_kernels *k) {
    k->f32_maxpool = swapping_pool;
}

/* ---- Running --------------------------------------------------------------------------------- */

static edy_workloads *workloads;
static char *dir;

static int set_up(void **state) {
    (void)state;
    scalar = edy_backend_kernels(edy_backend_at(edy_backend_count() - 1));
    dir = edy_temp_dir_create();
    return edy_workloads_open(EDYNO_SOURCE_DIR "/workloads", &workloads, NULL);
}

static int tear_down(void **state) {
    (void)state;
    edy_workloads_close(workloads);
    edy_temp_dir_remove(dir);
    return 0;
}

static edy_conform_table conform(const char *name, const char *variant, void (*fill)(edy_kernels *),
                                 const edy_repro *how) {
    const edy_backend backend = {"test", "test", 0, fill};
    const edy_backend *list[] = {&backend};
    const int64_t one = 1;
    const edy_conform_options options = {.backend = list,
                                         .n_backends = 1,
                                         .threads = how ? &how->threads : &one,
                                         .n_threads = 1,
                                         .batch = how ? &how->batch : &one,
                                         .n_batches = 1,
                                         .share = EDYNO_SOURCE_DIR,
                                         .images = 10,
                                         .repro = dir};
    const edy_workload *w;
    edy_conform_table table = {.row = NULL};
    edy_error err;
    if (edy_workloads_resolve(workloads, name, &w, &err) ||
        edy_conform_variant(w, variant ? edy_workload_variant(w, variant) : &w->variant[0],
                            &options, &table, &err))
        fail_msg("%s", err.message);
    return table;
}

/* Does the folder replay? With a fault it fails at the same node, without it passes. */
static void replays(const char *folder, void (*fill)(edy_kernels *), const edy_divergence *before) {
    edy_repro repro;
    edy_error err;
    char model[300];
    snprintf(model, sizeof model, "%.250s/model.onnx", folder);
    assert_true(edy_repro_is(folder));
    if (edy_repro_read(folder, &repro, &err))
        fail_msg("%s", err.message);
    assert_string_equal(repro.backend, "test");
    assert_string_equal(repro.verdict, "FAIL");
    edy_conform_table t = conform(model, NULL, fill, &repro);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.row[0].result.verdict, EDY_VERDICT_FAIL);
    assert_true(t.row[0].nodes.wrong >= 1);
    const edy_divergence *d = &t.row[0].nodes.first;
    assert_string_equal(d->kernel, before->kernel);
    assert_int_equal(d->index, before->index);
    assert_true(d->expected == before->expected && d->got == before->got);
    edy_conform_table_free(&t);
    t = conform(model, NULL, fill_right, &repro);
    assert_int_equal(t.n, 1);
    if (t.row[0].result.verdict != EDY_VERDICT_PASS)
        fail_msg("%s: %s", edy_verdict_text(t.row[0].result.verdict), t.row[0].result.reason);
    edy_conform_table_free(&t);
}

static char *text_of(const char *folder, const char *file) {
    char path[300];
    size_t n;
    snprintf(path, sizeof path, "%.250s/%s", folder, file);
    char *text = edy_temp_read(path, &n);
    text = realloc(text, n + 1);
    text[n] = '\0';
    return text;
}

static void holds(const char *folder, const char *file, const char *part) {
    char *text = text_of(folder, file);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in %s: %s", part, file, text);
    free(text);
}

static void left_behind(const char *name, const char *variant, void (*fill)(edy_kernels *),
                        const char *node) {
    edy_conform_table t = conform(name, variant, fill, NULL);
    assert_int_equal(t.n, 1);
    const edy_conform_case *c = &t.row[0];
    assert_int_equal(c->result.verdict, EDY_VERDICT_FAIL);
    if (!strstr(c->nodes.first.node, node))
        fail_msg("\"%s\" is not %s", c->nodes.first.node, node);
    if (!c->repro[0])
        fail_msg("no repro: %s", c->result.reason);
    assert_int_equal(edy_temp_count(dir), 1); /* no half-written one beside it */
    holds(c->repro, "repro.json", "\"first diverging node\"");
    holds(c->repro, "repro.json", "\"cpu_features\"");
    holds(c->repro, "README", "edyno conform repro-");
    replays(c->repro, fill, &c->nodes.first);
    assert_int_equal(edy_temp_count(dir), 1); /* the replay found the same folder */
    edy_conform_table_free(&t);
}

static void a_float_node_replays(void **state) {
    (void)state;
    left_behind("simplecnn", "fp32", fill_float, "(Conv)");
}

static void a_pool_replays(void **state) {
    (void)state;
    left_behind("simplecnn", "fp32", fill_pool, "(MaxPool)");
}

static void an_integer_node_replays(void **state) {
    (void)state;
    left_behind("simplecnn", "int8", fill_integer, "(Conv)");
}

/* The whole model: nobody lived to say which node it was. */
static void a_crash_replays(void **state) {
    (void)state;
    edy_conform_table t = conform("simplecnn", "fp32", fill_crash, NULL);
    assert_int_equal(t.row[0].result.verdict, EDY_VERDICT_CRASH);
    assert_non_null(strstr(t.row[0].result.reason, "SIGILL"));
    const char *folder = t.row[0].repro;
    holds(folder, "repro.json", "\"whole\"");
    edy_repro repro;
    edy_error err;
    if (edy_repro_read(folder, &repro, &err))
        fail_msg("%s", err.message);
    assert_string_equal(repro.verdict, "CRASH");
    char model[300];
    snprintf(model, sizeof model, "%.250s/model.onnx", folder);
    edy_conform_table again = conform(model, NULL, fill_crash, &repro);
    assert_int_equal(again.row[0].result.verdict, EDY_VERDICT_CRASH);
    edy_conform_table_free(&again);
    again = conform(model, NULL, fill_right, &repro);
    assert_int_equal(again.row[0].result.verdict, EDY_VERDICT_PASS);
    edy_conform_table_free(&again);
    edy_conform_table_free(&t);
}

static void bad_replays_are_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"[]", "JSON object"},
        {"{\"backend\": 3}", "\"backend\""},
        {"{\"backend\": \"scalar\", \"verdict\": \"MAYBE\", \"threads\": 1, \"batch\": 1}",
         "MAYBE"},
        {"{\"backend\": \"scalar\", \"verdict\": \"FAIL\", \"threads\": 0, \"batch\": 1}",
         "\"threads\""},
        {"{\"backend\": \"scalar\", \"verdict\": \"FAIL\", \"threads\": 1}", "\"batch\""}};
    edy_repro repro;
    edy_error err;
    assert_false(edy_repro_is(dir));
    assert_int_equal(edy_repro_read(dir, &repro, &err), EDY_IO);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        edy_temp_write(edy_temp_path(dir, "repro.json"), bad[i][0], strlen(bad[i][0]));
        assert_int_equal(edy_repro_read(dir, &repro, &err), EDY_BAD_FILE);
        if (!strstr(err.message, bad[i][1]))
            fail_msg("\"%s\" is not in: %s", bad[i][1], err.message);
    }
}

/* A folder that cannot be written leaves the verdict as it is, and nothing half-written. */
static void no_folder_is_no_verdict(void **state) {
    (void)state;
    const char *right = dir;
    char nowhere[300];
    snprintf(nowhere, sizeof nowhere, "%.250s/nowhere", dir);
    dir = nowhere;
    edy_conform_table t = conform("simplecnn", "fp32", fill_pool, NULL);
    dir = (char *)(uintptr_t)right;
    assert_int_equal(t.row[0].result.verdict, EDY_VERDICT_FAIL);
    assert_string_equal(t.row[0].repro, "");
    assert_non_null(strstr(t.row[0].result.reason, "no repro"));
    assert_int_equal(edy_temp_count(dir), 0);
    edy_conform_table_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_float_node_replays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pool_replays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_integer_node_replays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_replays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_replays_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_folder_is_no_verdict, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
