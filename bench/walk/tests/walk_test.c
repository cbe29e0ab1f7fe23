/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The walk with planted faults: each is found, a crash is one row, and the line that is printed
 * reproduces the failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "bench/walk/walk.h"

static edy_kernels right;

/* ---- Faults ---------------------------------------------------------------------------------- */

static void drops_a_term(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                         const void *w, float *c, size_t c_stride, const float *residual,
                         const edy_f32_clamp *clamp) {
    float *copy = calloc(rows * kc, sizeof *copy);
    for (size_t m = 0; m < rows; m++)
        memcpy(copy + m * kc, a + m * a_stride, (kc - 1) * sizeof *copy);
    right.f32_dense.gemm(rows, nc, kc, copy, kc, w, c, c_stride, residual, clamp);
    free(copy);
}

static void swaps_channels(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                           const void *w, float *c, size_t c_stride, const float *residual,
                           const edy_f32_clamp *clamp) {
    right.f32_dense.gemm(rows, nc, kc, a, a_stride, w, c, c_stride, residual, clamp);
    const float first = c[0];
    c[0] = c[nc - 1];
    c[nc - 1] = first;
}

static void ignores_offset(size_t rows, size_t nc, size_t kc, size_t ks, const float *const *a,
                           size_t a_offset, const float *zero, const void *w, float *c,
                           size_t c_stride, const float *residual, const edy_f32_clamp *clamp) {
    (void)a_offset;
    right.f32_dense.igemm(rows, nc, kc, ks, a, 0, zero, w, c, c_stride, residual, clamp);
}

static void reads_too_far(size_t n, const float *a, const float *b, float *out,
                          const edy_f32_clamp *clamp) {
    const volatile float *behind = a + n;
    (void)behind[0];
    right.f32_add(n, a, b, out, clamp);
}

static void writes_beyond(size_t n, const float *a, const float *b, float *out,
                          const edy_f32_clamp *clamp) {
    right.f32_mul(n, a, b, out, clamp);
    out[n] = 0.0f;
}

static void drops_nan(size_t n, const float *a, float *out, const edy_f32_clamp *clamp) {
    for (size_t i = 0; i < n; i++)
        out[i] = fminf(fmaxf(a[i], clamp->low), clamp->high);
}

/* As a byte that saturates before it is multiplied. */
static void saturates(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                      size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                      size_t out_stride, const edy_s8_output *output) {
    int8_t *rows = malloc(pixels * taps * channels);
    const int8_t **list = malloc(pixels * taps * sizeof *list);
    for (size_t i = 0; i < pixels * taps; i++) {
        const int8_t *from = a[i] == zero ? zero : a[i] + a_offset;
        for (size_t c = 0; c < channels; c++)
            rows[i * channels + c] = from[c] < -127 ? -127 : from[c];
        list[i] = rows + i * channels;
    }
    right.s8_depthwise[EDY_RULE_ONNX].run(pixels, channels, taps, list, 0, zero, w, out, out_stride,
                                          output);
    free(list);
    free(rows);
}

static void illegal(size_t n, const int8_t *a, int8_t *out, const int8_t table[256]) {
    (void)n, (void)a, (void)out, (void)table;
    abort();
}

static void fill_drops_a_term(edy_kernels *k) {
    k->f32_dense.gemm = drops_a_term;
}
static void fill_swaps_channels(edy_kernels *k) {
    k->f32_dense.gemm = swaps_channels;
}
static void fill_ignores_offset(edy_kernels *k) {
    k->f32_dense.igemm = ignores_offset;
}
static void fill_reads_too_far(edy_kernels *k) {
    k->f32_add = reads_too_far;
}
static void fill_writes_beyond(edy_kernels *k) {
    k->f32_mul = writes_beyond;
}
static void fill_drops_nan(edy_kernels *k) {
    k->f32_clamp = drops_nan;
}
static void fill_saturates(edy_kernels *k) {
    k->s8_depthwise[EDY_RULE_ONNX].run = saturates;
}
static void fill_illegal(edy_kernels *k) {
    k->s8_lut = illegal;
}

/* ---- Walking --------------------------------------------------------------------------------- */

/* A walk of one backend over the lines given. */
typedef struct walk {
    edy_backend backend;
    const edy_backend *list[1];
    edy_problem problem[8];
    edy_walk_options options;
    edy_walk_table table;
} walk;

static void prepare(walk *w, void (*fill)(edy_kernels *), const char *pattern) {
    *w = (walk){.backend = {"planted", "a fault", 0, fill},
                .options = {.pattern = pattern, .fill = -1, .seed = 5}};
    w->list[0] = &w->backend;
    w->options.backend = w->list;
    w->options.n_backends = 1;
    w->options.problem = w->problem;
    memset(&right, 0, sizeof right);
    edy_kernels_scalar(&right);
}

static void add_line(walk *w, const char *line) {
    edy_error err;
    if (edy_problem_parse("test", 1, line, &w->problem[w->options.n_problems++], &err))
        fail_msg("%s", err.message);
}

static void run(walk *w) {
    edy_error err;
    if (edy_walk_run(&w->options, &w->table, &err))
        fail_msg("%s", err.message);
}

/* Runs the failure's line on its own: the same kind of verdict must come out. */
static void rerun(const walk *w, const edy_walk_row *row) {
    walk again;
    char line[EDY_PROBLEM_TEXT];
    assert_true(row->n_failures > 0);
    const edy_walk_failure *f = &row->failure[row->n_failures - 1];
    const char *from = strchr(f->rerun, '\'');
    assert_non_null(from);
    assert_non_null(strstr(f->rerun, "edyno conform --kernels --backend planted --problem '"));
    snprintf(line, sizeof line, "%.*s", (int)strcspn(from + 1, "'"), from + 1);
    prepare(&again, w->backend.fill, NULL);
    add_line(&again, line);
    again.options.inherited = true;
    run(&again);
    assert_int_equal(again.table.n, 1);
    assert_int_equal(again.table.row[0].cases, 1);
    assert_int_equal(again.table.row[0].verdict, row->verdict);
    assert_string_equal(again.table.row[0].family, row->family);
    if (row->verdict == EDY_WALK_FAIL)
        assert_string_equal(again.table.row[0].failure[0].what, f->what);
    assert_int_equal(edy_walk_exit_code(&again.table), 1);
    edy_walk_free(&again.table);
}

static void finds(void (*fill)(edy_kernels *), const char *pattern, edy_walk_verdict verdict,
                  const char *line) {
    walk w;
    prepare(&w, fill, pattern);
    add_line(&w, line);
    run(&w);
    assert_int_equal(w.table.n, 1);
    if (w.table.row[0].verdict != verdict)
        fail_msg("%s: verdict %d, %zu of %zu failed: %s", pattern, w.table.row[0].verdict,
                 w.table.row[0].failed, w.table.row[0].cases, w.table.row[0].failure[0].what);
    assert_int_equal(edy_walk_exit_code(&w.table), 1);
    rerun(&w, &w.table.row[0]);
    edy_walk_free(&w.table);
}

static const char rows[] = "any rows=1..mr channels=1..9 depth=5 taps=1..4";

static void finds_planted_faults_in_rows(void **state) {
    (void)state;
    finds(fill_drops_a_term, "f32_gemm", EDY_WALK_FAIL, rows);
    finds(fill_swaps_channels, "f32_gemm", EDY_WALK_FAIL, rows);
    finds(fill_ignores_offset, "f32_igemm", EDY_WALK_FAIL, rows);
    finds(fill_drops_nan, "f32_clamp", EDY_WALK_FAIL, rows);
    finds(fill_saturates, "s8_dwconv_onnx", EDY_WALK_FAIL, rows);
}

static void finds_planted_crashes(void **state) {
    (void)state;
    finds(fill_reads_too_far, "f32_add", EDY_WALK_CRASH, rows);
    finds(fill_writes_beyond, "f32_mul", EDY_WALK_CRASH, rows);
    finds(fill_illegal, "s8_lut", EDY_WALK_CRASH, rows);
}

static void finds_planted_faults_in_layers(void **state) {
    (void)state;
    finds(fill_drops_a_term, "conv f32", EDY_WALK_FAIL, "conv in=1x2x3x5 out=4 kernel=1x1");
    finds(fill_swaps_channels, "gemm f32", EDY_WALK_FAIL, "gemm in=3x7 out=6");
    finds(fill_ignores_offset, "conv f32", EDY_WALK_FAIL,
          "conv in=2x4x4x3 out=4 kernel=3x3 pads=1,1,1,1");
    finds(fill_saturates, "dwconv s8_onnx", EDY_WALK_FAIL,
          "dwconv in=1x4x4x3 kernel=3x3 pads=1,1,1,1");
}

/* Whatever the best backend has, with the last channel left out of Winograd's input. */
static edy_f32_winograd_input_fn whole_input[EDY_WINOGRAD_COUNT];

static void without_last(const int size, size_t channels, const float *const *a, size_t a_offset,
                         const float *zero, float *v, size_t v_stride) {
    const size_t positions = size == EDY_WINOGRAD_4X4 ? 36 : 16;
    whole_input[size](channels, a, a_offset, zero, v, v_stride);
    for (size_t i = 0; i < positions; i++)
        v[i * v_stride + channels - 1] = 0.0f;
}

static void without_last_2x2(size_t channels, const float *const *a, size_t a_offset,
                             const float *zero, float *v, size_t v_stride) {
    without_last(EDY_WINOGRAD_2X2, channels, a, a_offset, zero, v, v_stride);
}

static void without_last_4x4(size_t channels, const float *const *a, size_t a_offset,
                             const float *zero, float *v, size_t v_stride) {
    without_last(EDY_WINOGRAD_4X4, channels, a, a_offset, zero, v, v_stride);
}

static void fill_poorer_winograd(edy_kernels *k) {
    edy_backend_best()->fill(k);
    for (int size = 0; size < EDY_WINOGRAD_COUNT; size++)
        whole_input[size] = k->f32_winograd[size].input;
    k->f32_winograd[EDY_WINOGRAD_2X2].input = without_last_2x2;
    k->f32_winograd[EDY_WINOGRAD_4X4].input = without_last_4x4;
}

static void finds_a_lost_channel_in_winograd(void **state) {
    (void)state;
    const edy_kernels k = edy_backend_kernels(edy_backend_best());
    if (!k.f32_winograd[EDY_WINOGRAD_4X4].name)
        skip();
    finds(fill_poorer_winograd, "conv f32", EDY_WALK_FAIL,
          "conv in=1x16x16x64 out=64 kernel=3x3 pads=1,1,1,1 fill=exact");
}

static void never_ends(size_t n, const int8_t *a, int8_t *out, const int8_t table[256]) {
    (void)n, (void)a, (void)out, (void)table;
    for (volatile int i = 0;;)
        (void)i;
}

static void fill_never_ends(edy_kernels *k) {
    k->s8_lut = never_ends;
}

static void an_endless_kernel_does_not_end_the_walk(void **state) {
    (void)state;
    walk w;
    prepare(&w, fill_never_ends, "s8_lut");
    add_line(&w, "any channels=3");
    w.options.case_seconds = 1;
    run(&w);
    assert_int_equal(w.table.row[0].verdict, EDY_WALK_CRASH);
    assert_non_null(strstr(w.table.row[0].failure[0].what, "after 0 cases"));
    edy_walk_free(&w.table);
}

static void a_crash_does_not_end_the_walk(void **state) {
    (void)state;
    walk w;
    char text[200];
    prepare(&w, fill_illegal, "s8_*");
    add_line(&w, "any channels=3");
    w.options.inherited = true;
    run(&w);
    assert_int_equal(edy_walk_count(&w.table, "planted", EDY_WALK_CRASH), 1);
    assert_int_equal(edy_walk_count(&w.table, "planted", EDY_WALK_PASS), w.table.n - 1);
    assert_true(w.table.n > 5);
    edy_walk_closing_line(&w.table, "planted", text, sizeof text);
    assert_non_null(strstr(text, "planted: "));
    assert_non_null(strstr(text, " 1 crashed, 0 inherited from scalar of "));
    edy_walk_free(&w.table);
}

/* ---- What is walked -------------------------------------------------------------------------- */

static void names_what_is_inherited(void **state) {
    (void)state;
    walk w;
    prepare(&w, fill_saturates, "*dwconv*");
    add_line(&w, "any channels=3 fill=exact");
    run(&w);
    assert_int_equal(edy_walk_count(&w.table, NULL, EDY_WALK_INHERITED), w.table.n - 1);
    for (size_t i = 0; i < w.table.n; i++)
        assert_int_equal(w.table.row[i].cases,
                         w.table.row[i].verdict == EDY_WALK_INHERITED ? 0 : 1);
    edy_walk_free(&w.table);
}

static void same_options_give_same_cases(void **state) {
    (void)state;
    walk a, b;
    prepare(&a, fill_drops_a_term, "f32_gemm");
    add_line(&a, rows);
    a.options.random = 20;
    b = a;
    b.list[0] = &b.backend;
    b.options.backend = b.list;
    b.options.problem = b.problem;
    run(&a);
    run(&b);
    assert_int_equal(a.table.row[0].cases, b.table.row[0].cases);
    assert_int_equal(a.table.row[0].failed, b.table.row[0].failed);
    assert_string_equal(a.table.row[0].failure[2].rerun, b.table.row[0].failure[2].rerun);
    edy_walk_free(&a.table);
    edy_walk_free(&b.table);
}

static void large_layers_are_left_out_and_counted(void **state) {
    (void)state;
    walk w;
    prepare(&w, fill_illegal, "conv f32");
    add_line(&w, "conv in=1x2x3x5 out=4 kernel=1x1 fill=exact");
    add_line(&w, "conv in=1x20x30x50 out=4 kernel=1x1");
    w.options.max_macs = 1000;
    run(&w);
    assert_int_equal(w.table.row[0].cases, 1);
    assert_int_equal(w.table.row[0].left_out, 1);
    edy_walk_free(&w.table);
}

static void nothing_walked_is_no_pass(void **state) {
    (void)state;
    walk w;
    prepare(&w, fill_illegal, "no_such_kernel");
    add_line(&w, rows);
    run(&w);
    assert_int_equal(w.table.n, 0);
    assert_int_equal(edy_walk_exit_code(&w.table), 5);
    edy_walk_free(&w.table);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_planted_faults_in_rows),
                                       cmocka_unit_test(finds_planted_crashes),
                                       cmocka_unit_test(finds_planted_faults_in_layers),
                                       cmocka_unit_test(finds_a_lost_channel_in_winograd),
                                       cmocka_unit_test(an_endless_kernel_does_not_end_the_walk),
                                       cmocka_unit_test(a_crash_does_not_end_the_walk),
                                       cmocka_unit_test(names_what_is_inherited),
                                       cmocka_unit_test(same_options_give_same_cases),
                                       cmocka_unit_test(large_layers_are_left_out_and_counted),
                                       cmocka_unit_test(nothing_walked_is_no_pass)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
