/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Conformance end to end, on backends that were broken on purpose: each fault must be caught by the
 * gate that claims to catch it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/conform.h"
#include "bench/tests/temp_dir.h"
#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_builder.h"

/* ---- Backends with a fault ------------------------------------------------------------------- */

static edy_kernels scalar;

static void fill_right(edy_kernels *k) {
    (void)k;
}

/* Dense kernels that compute what scalar does and then change the first result of a call. */
static float (*change)(float right);

static void faulty_gemm(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                        const void *w, float *c, size_t c_stride, const float *residual,
                        const edy_f32_clamp *clamp) {
    scalar.f32_dense.gemm(rows, nc, kc, a, a_stride, w, c, c_stride, residual, clamp);
    c[0] = change(c[0]);
}

static void fill_faulty_gemm(edy_kernels *k) {
    k->f32_dense.gemm = faulty_gemm;
}

/* A step of the last place, far below any budget: in every other call, or in plans after the first
 * two (those of the first case), which are counted for all processes. */
static bool every_other;
static int *plans;
static bool shift_all;

static void uneven_gemm(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                        const void *w, float *c, size_t c_stride, const float *residual,
                        const edy_f32_clamp *clamp) {
    static int call;
    scalar.f32_dense.gemm(rows, nc, kc, a, a_stride, w, c, c_stride, residual, clamp);
    if (every_other ? call++ % 2 == 1 : shift_all)
        c[0] = nextafterf(c[0], INFINITY);
}

static void fill_uneven_gemm(edy_kernels *k) {
    k->f32_dense.gemm = uneven_gemm;
    shift_all = ++*plans > 2;
}

static float to_nan(float x) {
    (void)x;
    return NAN;
}

static float one_half_precision_rounding(float x) {
    return ldexpf(rintf(ldexpf(x, 10)), -10); /* about 11 significant bits */
}

static float sign_flip(float x) {
    return -x;
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

static void fill_swapping_pool(edy_kernels *k) {
    k->f32_maxpool = swapping_pool;
}

static void lazy_pool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                      size_t a_offset, float *out, size_t out_stride, const edy_f32_clamp *clamp) {
    if (pixels > 1) /* the last pixel of a row keeps what was there */
        scalar.f32_maxpool(pixels - 1, channels, taps, a, a_offset, out, out_stride, clamp);
}

static void fill_lazy_pool(edy_kernels *k) {
    k->f32_maxpool = lazy_pool;
}

static void crashing_pool(size_t pixels, size_t channels, size_t taps, const float *const *a,
                          size_t a_offset, float *out, size_t out_stride,
                          const edy_f32_clamp *clamp) {
    (void)pixels, (void)channels, (void)taps, (void)a, (void)a_offset, (void)out, (void)out_stride;
    (void)clamp;
    signal(SIGILL, SIG_DFL); /* a sanitizer's handler would report and exit */
    raise(SIGILL);
}

static void fill_crashing_pool(edy_kernels *k) {
    k->f32_maxpool = crashing_pool;
}

/* ---- Running --------------------------------------------------------------------------------- */

static edy_workloads *workloads;
static const edy_workload *simplecnn;

static int set_up(void **state) {
    (void)state;
    scalar = edy_backend_kernels(edy_backend_at(edy_backend_count() - 1));
    return edy_workloads_open(EDYNO_SOURCE_DIR "/workloads", &workloads, NULL) ||
           edy_workloads_resolve(workloads, "simplecnn", &simplecnn, NULL);
}

static int tear_down(void **state) {
    (void)state;
    edy_workloads_close(workloads);
    return 0;
}

/* Thread counts 1..n_threads with each batch. */
static edy_conform_table conform_batches(const edy_workload *w, const edy_variant *v,
                                         void (*fill)(edy_kernels *), size_t n_threads,
                                         const int64_t *batch, size_t n_batches) {
    const edy_backend backend = {"test", "test", 0, fill};
    const edy_backend *list[] = {&backend};
    const int64_t threads[] = {1, 2};
    const edy_conform_options options = {.backend = list,
                                         .n_backends = 1,
                                         .threads = threads,
                                         .n_threads = n_threads,
                                         .batch = batch,
                                         .n_batches = n_batches,
                                         .share = EDYNO_SOURCE_DIR,
                                         .images = 100,
                                         .seed = 1};
    edy_conform_table table = {.row = NULL};
    edy_error err;
    if (edy_conform_variant(w, v, &options, &table, &err))
        fail_msg("%s", err.message);
    return table;
}

static edy_conform_table conform(const edy_workload *w, const edy_variant *v,
                                 void (*fill)(edy_kernels *)) {
    return conform_batches(w, v, fill, 2, (const int64_t[]){1, 5}, 2);
}

static edy_conform_table conform_simplecnn(void (*fill)(edy_kernels *)) {
    return conform(simplecnn, edy_workload_variant(simplecnn, "fp32"), fill);
}

static void all_are(edy_conform_table *t, size_t n, edy_verdict verdict) {
    assert_int_equal(t->n, n);
    for (size_t i = 0; i < t->n; i++)
        if (t->row[i].result.verdict != verdict)
            fail_msg("%s is %s: %s", t->row[i].name, edy_verdict_text(t->row[i].result.verdict),
                     t->row[i].result.reason);
}

/* ---- Trained model --------------------------------------------------------------------------- */

static void the_right_backend_passes(void **state) {
    (void)state;
    edy_conform_table t = conform_simplecnn(fill_right);
    all_are(&t, 4, EDY_VERDICT_PASS);
    assert_int_equal(t.row[0].result.compared, 32 * 10);
    assert_int_equal(t.row[1].result.compared, 32 * 5 * 10);
    assert_int_equal(t.row[0].nodes.judged, 4);
    assert_int_equal(t.row[0].nodes.unknown, 0);
    assert_true(t.row[0].nodes.share > 0 && t.row[0].nodes.share < 1);
    assert_true(t.row[3].result.class_checked > 250);
    assert_string_equal(t.row[3].name, "simplecnn/fp32/test/threads:2/batch:5");
    assert_int_equal(edy_conform_exit_code(&t), 0);
    edy_conform_table_free(&t);
}

static void fails(void (*fill)(edy_kernels *), const char *node) {
    const edy_variant *v = edy_workload_variant(simplecnn, "fp32");
    edy_conform_table t = conform_batches(simplecnn, v, fill, 1, (const int64_t[]){1, 2}, 2);
    all_are(&t, 2, EDY_VERDICT_FAIL);
    assert_true(t.row[0].nodes.wrong >= 1);
    if (!strstr(t.row[0].nodes.reason, node))
        fail_msg("\"%s\" does not name %s", t.row[0].nodes.reason, node);
    assert_int_equal(edy_conform_exit_code(&t), 1);
    edy_conform_table_free(&t);
}

static void faults_are_caught_and_the_first_node_is_named(void **state) {
    (void)state;
    change = to_nan;
    fails(fill_faulty_gemm, "(Gemm)");
    change = sign_flip;
    fails(fill_faulty_gemm, "(Gemm)");
    change = one_half_precision_rounding;
    fails(fill_faulty_gemm, "(Gemm)");
    fails(fill_swapping_pool, "(MaxPool)");
    fails(fill_lazy_pool, "(MaxPool)");
}

static void other_bits_fail(bool other, const char *part) {
    const edy_variant *v = edy_workload_variant(simplecnn, "fp32");
    plans = mmap(NULL, sizeof *plans, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(plans, MAP_FAILED);
    every_other = other;
    edy_conform_table t =
        conform_batches(simplecnn, v, fill_uneven_gemm, 1, (const int64_t[]){1, 2}, 2);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.row[0].result.verdict, EDY_VERDICT_PASS);
    assert_int_equal(t.row[1].result.verdict, EDY_VERDICT_FAIL);
    if (!strstr(t.row[1].result.reason, part))
        fail_msg("\"%s\" is not in: %s", part, t.row[1].result.reason);
    char line[200];
    edy_conform_required_line(&t, line, sizeof line);
    assert_string_equal(line, "required 2: 1 passed, 1 failed, 0 unsupported, 0 crashed");
    edy_conform_table_free(&t);
    munmap(plans, sizeof *plans);
}

static void bits_depend_on_neither_place_nor_batch(void **state) {
    (void)state;
    other_bits_fail(true, "has other bits at place");
    other_bits_fail(false, "other bits than those of simplecnn/fp32/test/threads:1/batch:1");
}

static void a_crash_is_one_verdict_and_the_rest_goes_on(void **state) {
    (void)state;
    edy_conform_table t = conform_simplecnn(fill_crashing_pool);
    all_are(&t, 4, EDY_VERDICT_CRASH);
    assert_non_null(strstr(t.row[0].result.reason, "SIGILL"));
    assert_int_equal(edy_conform_exit_code(&t), 1);
    edy_conform_table_free(&t);
}

static void a_missing_golden_is_mistrusted_and_a_damaged_one_a_fail(void **state) {
    (void)state;
    edy_variant v = *edy_workload_variant(simplecnn, "fp32");
    const char *golden = v.golden_dir;
    v.golden_dir = NULL;
    edy_conform_table t = conform(simplecnn, &v, fill_right);
    all_are(&t, 4, EDY_VERDICT_MISTRUSTED);
    assert_int_equal(edy_conform_exit_code(&t), 4);
    edy_conform_table_free(&t);

    char *dir = edy_temp_dir_create();
    const char *names[] = {"golden.json", "output.bin", "classes.u8", "margins.f32"};
    for (int i = 0; i < 4; i++)
        edy_temp_copy(edy_temp_path(golden, names[i]), edy_temp_path(dir, names[i]));
    edy_temp_truncate(edy_temp_path(dir, "output.bin"), 8);
    v.golden_dir = dir;
    t = conform(simplecnn, &v, fill_right);
    all_are(&t, 1, EDY_VERDICT_FAIL);
    assert_int_equal(edy_conform_exit_code(&t), 1);
    edy_conform_table_free(&t);
    remove(edy_temp_path(dir, "output.bin"));
    t = conform(simplecnn, &v, fill_right);
    all_are(&t, 1, EDY_VERDICT_FAIL);
    assert_non_null(strstr(t.row[0].result.reason, "output.bin"));
    edy_conform_table_free(&t);
    edy_temp_dir_remove(dir);
}

/* ---- A user's own model ---------------------------------------------------------------------- */

/* relu(conv(x)) with a 3x3 filter, [N, 2, 4, 4] -> [N, 3, 4, 4], as dir/own.onnx. */
static void write_model(const char *dir, const char *operator) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 4, (int64_t[]){EDY_OB_N, 2, 4, 4});
    edy_ob_f32(b, "w", 4, (int64_t[]){3, 2, 3, 3}, NULL);
    edy_ob_ints(b, edy_ob_node(b, "Conv", "c", "x w", "t"), "pads", 4, (int64_t[]){1, 1, 1, 1});
    edy_ob_node(b, operator, "r", "t", "y");
    edy_ob_output(b, "y", EDY_F32);
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    edy_temp_write(edy_temp_path(dir, "own.onnx"), bytes, size);
    free(bytes);
    edy_ob_destroy(b);
}

/* A TensorProto of float32 in the wire format: dims (1), data_type (2), raw_data (9). */
static void write_tensor(const char *path, int32_t rank, const int64_t *dims, const float *data,
                         size_t elems) {
    Onnx__TensorProto t = ONNX__TENSOR_PROTO__INIT;
    int64_t copy[8];
    memcpy(copy, dims, (size_t)rank * sizeof *dims);
    t.dims = copy;
    t.n_dims = (size_t)rank;
    t.has_data_type = 1;
    t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t.has_raw_data = 1;
    t.raw_data.len = elems * sizeof *data;
    t.raw_data.data = (uint8_t *)(uintptr_t)data;
    uint8_t bytes[4096];
    assert_true(onnx__tensor_proto__get_packed_size(&t) <= sizeof bytes);
    edy_temp_write(path, bytes, onnx__tensor_proto__pack(&t, bytes));
}

enum { IN = 2 * 2 * 4 * 4, OUT = 2 * 3 * 4 * 4 };

/* test_data_set_0 of two samples, right but for what is added to one output element. */
static void write_test_set(const char *dir, float error) {
    edy_graph *g;
    edy_plan *plan;
    float x[IN], y[OUT];
    for (int i = 0; i < IN; i++)
        x[i] = (float)(i % 7) - 3.25f;
    assert_int_equal(edy_onnx_import(edy_temp_path(dir, "own.onnx"), NULL, &g, NULL), EDY_OK);
    const edy_plan_options options = {.batch = 2};
    assert_int_equal(edy_plan_create(g, &options, &plan, NULL), EDY_OK);
    edy_plan_run(plan, (const void *[]){x}, (void *[]){y});
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
    y[OUT - 1] += error;
    edy_temp_mkdir(edy_temp_path(dir, "test_data_set_0"));
    const int64_t in[] = {2, 2, 4, 4}, out[] = {2, 3, 4, 4};
    write_tensor(edy_temp_path(dir, "test_data_set_0/input_0.pb"), 4, in, x, IN);
    write_tensor(edy_temp_path(dir, "test_data_set_0/output_0.pb"), 4, out, y, OUT);
}

static edy_conform_table conform_own(const char *dir) {
    const edy_workload *w;
    edy_error err;
    if (edy_workloads_resolve(workloads, edy_temp_path(dir, "own.onnx"), &w, &err))
        fail_msg("%s", err.message);
    assert_true(w->own_model);
    return conform(w, &w->variant[0], fill_right);
}

static void without_test_data_it_is_mistrusted(void **state) {
    (void)state;
    char *dir = edy_temp_dir_create();
    write_model(dir, "Relu");
    edy_conform_table t = conform_own(dir);
    all_are(&t, 4, EDY_VERDICT_MISTRUSTED);
    assert_int_equal(edy_conform_exit_code(&t), 4);
    t.row[0].result.verdict = EDY_VERDICT_PASS; /* one that is right does not excuse the others */
    assert_int_equal(edy_conform_exit_code(&t), 4);
    t.row[1].result.verdict = EDY_VERDICT_FAIL;
    assert_int_equal(edy_conform_exit_code(&t), 1);
    t.row[0].result.verdict = t.row[1].result.verdict = EDY_VERDICT_MISTRUSTED;
    char line[200];
    edy_conform_closing_line(&t, line, sizeof line);
    assert_non_null(strstr(line, "0 passed"));
    edy_conform_table_free(&t);

    const edy_workload *w; /* a batch of more samples than there are */
    assert_int_equal(edy_workloads_resolve(workloads, edy_temp_path(dir, "own.onnx"), &w, NULL), 0);
    t = conform_batches(w, &w->variant[0], fill_right, 2, (const int64_t[]){7}, 1);
    all_are(&t, 2, EDY_VERDICT_MISTRUSTED);
    assert_true(t.row[0].nodes.judged > 0);
    edy_conform_table_free(&t);
    edy_temp_dir_remove(dir);
}

/* Quantizers around a Conv, as dir/own.onnx; then, where tail says so, a float Softmax. */
static void write_quantized(const char *dir, bool tail) {
    const float scale = 0.03f, w_scale = 0.01f;
    const uint8_t zero = 128;
    const int8_t w_zero = 0, w[6] = {10, -20, 30, -40, 50, -60};
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 4, (int64_t[]){EDY_OB_N, 2, 4, 4});
    edy_ob_tensor(b, "s", EDY_F32, 0, NULL, &scale);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &zero);
    edy_ob_tensor(b, "ws", EDY_F32, 0, NULL, &w_scale);
    edy_ob_tensor(b, "wz", EDY_S8, 0, NULL, &w_zero);
    edy_ob_tensor(b, "w", EDY_S8, 4, (int64_t[]){3, 2, 1, 1}, w);
    edy_ob_node(b, "QuantizeLinear", "q1", "x s z", "a");
    edy_ob_node(b, "DequantizeLinear", "d1", "a s z", "b");
    edy_ob_node(b, "DequantizeLinear", "d2", "w ws wz", "v");
    edy_ob_node(b, "Conv", "c", "b v", "t");
    edy_ob_node(b, "QuantizeLinear", "q2", "t s z", "u");
    edy_ob_node(b, "DequantizeLinear", "d3", "u s z", tail ? "r" : "y");
    if (tail)
        edy_ob_int(b, edy_ob_node(b, "Softmax", "soft", "r", "y"), "axis", 1);
    edy_ob_output(b, "y", EDY_F32);
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    edy_temp_write(edy_temp_path(dir, "own.onnx"), bytes, size);
    free(bytes);
    edy_ob_destroy(b);
}

static void integers_are_compared_as_bytes_and_mixed_networks_are_not(void **state) {
    (void)state;
    for (int tail = 0; tail < 2; tail++) {
        char *dir = edy_temp_dir_create();
        write_quantized(dir, tail);
        edy_conform_table t = conform_own(dir);
        all_are(&t, 4, EDY_VERDICT_MISTRUSTED);
        assert_int_equal(t.row[0].result.exact, !tail);
        assert_true(t.row[0].nodes.judged >= 3 && t.row[0].nodes.unknown == 0);
        edy_conform_table_free(&t);
        edy_temp_dir_remove(dir);
    }
}

static void right_test_data_pass_and_wrong_ones_fail(void **state) {
    (void)state;
    char *dir = edy_temp_dir_create();
    write_model(dir, "Relu");
    write_test_set(dir, 0);
    edy_conform_table t = conform_own(dir);
    all_are(&t, 4, EDY_VERDICT_PASS);
    assert_non_null(strstr(t.row[0].name, "/set:0"));
    edy_conform_table_free(&t);
    write_test_set(dir, 1e-2f);
    t = conform_own(dir);
    all_are(&t, 4, EDY_VERDICT_FAIL);
    assert_int_equal(t.row[0].result.index, OUT / 2 - 1);
    edy_conform_table_free(&t);
    edy_temp_dir_remove(dir);
}

static void damaged_test_data_fail(void **state) {
    (void)state;
    char *dir = edy_temp_dir_create();
    write_model(dir, "Relu");
    write_test_set(dir, 0);
    edy_temp_truncate(edy_temp_path(dir, "test_data_set_0/output_0.pb"), 3);
    edy_conform_table t = conform_own(dir);
    all_are(&t, 1, EDY_VERDICT_FAIL);
    edy_conform_table_free(&t);
    const int64_t wrong[] = {2, 4, 3, 4}; /* as many elements, another shape */
    const float zero[OUT] = {0};
    write_tensor(edy_temp_path(dir, "test_data_set_0/output_0.pb"), 4, wrong, zero, OUT);
    t = conform_own(dir);
    all_are(&t, 1, EDY_VERDICT_FAIL);
    assert_non_null(strstr(t.row[0].result.reason, "2x4x3x4"));
    edy_conform_table_free(&t);
    edy_temp_dir_remove(dir);
}

static void an_unknown_operator_is_unsupported(void **state) {
    (void)state;
    char *dir = edy_temp_dir_create();
    write_model(dir, "Frobnicate");
    edy_conform_table t = conform_own(dir);
    all_are(&t, 1, EDY_VERDICT_UNSUPPORTED);
    assert_non_null(strstr(t.row[0].result.reason, "Frobnicate"));
    assert_int_equal(edy_conform_exit_code(&t), 5);
    edy_conform_table_free(&t);
    edy_temp_dir_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_backend_passes),
        cmocka_unit_test(faults_are_caught_and_the_first_node_is_named),
        cmocka_unit_test(bits_depend_on_neither_place_nor_batch),
        cmocka_unit_test(a_crash_is_one_verdict_and_the_rest_goes_on),
        cmocka_unit_test(a_missing_golden_is_mistrusted_and_a_damaged_one_a_fail),
        cmocka_unit_test(without_test_data_it_is_mistrusted),
        cmocka_unit_test(integers_are_compared_as_bytes_and_mixed_networks_are_not),
        cmocka_unit_test(right_test_data_pass_and_wrong_ones_fail),
        cmocka_unit_test(damaged_test_data_fail),
        cmocka_unit_test(an_unknown_operator_is_unsupported),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
