/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The checks themselves: each fault that a kernel could have must be found by at least one of a
 * hundred seeds, and the scalar kernels must pass all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "bench/walk/guard.h"
#include "bench/walk/kernel_check.h"

static edy_kernels right;

static edy_kernels scalar(void) {
    memset(&right, 0, sizeof right);
    edy_kernels_scalar(&right);
    return right;
}

/* How many of 100 seeds of a small problem fail. */
static size_t failures(const char *family, const edy_kernels *k, edy_fill fill) {
    const edy_kernel_family *f = edy_kernel_family_find(family);
    assert_non_null(f);
    size_t failed = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        const edy_kernel_problem p = {
            .rows = 1, .channels = 7, .depth = 40, .taps = 3, .fill = fill, .seed = seed};
        edy_kernel_verdict v;
        const bool pass = f->check(k, &p, &v);
        assert_true(pass == (v.message[0] == '\0'));
        failed += !pass;
    }
    return failed;
}

static void drops_last_product(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                               const void *w, float *c, size_t c_stride, const float *residual,
                               const edy_f32_clamp *clamp) {
    float row[64] = {0};
    memcpy(row, a, (kc - 1) * sizeof(float));
    (void)a_stride;
    right.f32_dense.gemm(rows, nc, kc, row, kc, w, c, c_stride, residual, clamp);
}

static void rounds_input_to_half(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                                 const void *w, float *c, size_t c_stride, const float *residual,
                                 const edy_f32_clamp *clamp) {
    float row[64];
    for (size_t i = 0; i < kc; i++)
        row[i] = ldexpf(nearbyintf(ldexpf(a[i], 10)), -10);
    (void)a_stride;
    right.f32_dense.gemm(rows, nc, kc, row, kc, w, c, c_stride, residual, clamp);
}

static void writes_one_too_many(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                                const void *w, float *c, size_t c_stride, const float *residual,
                                const edy_f32_clamp *clamp) {
    right.f32_dense.gemm(rows, nc, kc, a, a_stride, w, c, c_stride, residual, clamp);
    if (((uintptr_t)(c + nc) & 4095) != 0) /* stay clear of the forbidden page */
        c[nc] = 0.0f;
}

static void ignores_offset(size_t rows, size_t nc, size_t kc, size_t ks, const float *const *a,
                           size_t a_offset, const float *zero, const void *w, float *c,
                           size_t c_stride, const float *residual, const edy_f32_clamp *clamp) {
    (void)a_offset;
    right.f32_dense.igemm(rows, nc, kc, ks, a, 0, zero, w, c, c_stride, residual, clamp);
}

static void swallows_nan(size_t n, const float *a, float *out, const edy_f32_clamp *clamp) {
    for (size_t i = 0; i < n; i++)
        out[i] = fminf(fmaxf(a[i], clamp->low), clamp->high);
}

static void rounds_half_away(size_t rows, size_t channels, const int8_t *a, size_t a_stride,
                             int32_t zero_point, float m, int8_t *out, const edy_s8_output *o) {
    for (size_t c = 0; c < channels; c++) {
        int32_t acc = 0;
        for (size_t r = 0; r < rows; r++)
            acc += a[r * a_stride + c] - zero_point;
        const int32_t q = (int32_t)roundf((float)acc * m) + o->zero_point;
        out[c] = (int8_t)edy_clamp_s32(q, o->low, o->high);
    }
}

/* As a product does that saturates before it is summed. */
static void saturates_products(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                               const void *w, int8_t *c, size_t c_stride, const edy_s8_output *o) {
    int8_t row[64];
    for (size_t i = 0; i < kc; i++)
        row[i] = a[i] < -96 ? -96 : a[i];
    (void)a_stride;
    right.s8_dense[EDY_RULE_ONNX].gemm(rows, nc, kc, row, kc, w, c, c_stride, o);
}

static void passes_the_scalar_kernels(void **state) {
    (void)state;
    const edy_kernels k = scalar();
    for (size_t i = 0; i < edy_kernel_family_count(); i++)
        for (int fill = 0; edy_kernel_present(edy_kernel_family_at(i), &k) && fill < EDY_FILL_COUNT;
             fill++)
            assert_int_equal(failures(edy_kernel_family_at(i)->name, &k, (edy_fill)fill), 0);
}

static void finds_a_dropped_term(void **state) {
    (void)state;
    edy_kernels k = scalar();
    k.f32_dense.gemm = drops_last_product;
    assert_true(failures("f32_gemm", &k, EDY_FILL_EXACT) > 60);
}

static void finds_lost_precision(void **state) {
    (void)state;
    edy_kernels k = scalar();
    k.f32_dense.gemm = rounds_input_to_half;
    assert_true(failures("f32_gemm", &k, EDY_FILL_ONE_SIGNED) > 50);
}

static void finds_a_stray_write(void **state) {
    (void)state;
    edy_kernels k = scalar();
    k.f32_dense.gemm = writes_one_too_many;
    assert_true(failures("f32_gemm", &k, EDY_FILL_REALISTIC) > 20);
}

static void finds_a_forgotten_image_offset(void **state) {
    (void)state;
    edy_kernels k = scalar();
    k.f32_dense.igemm = ignores_offset;
    assert_true(failures("f32_igemm", &k, EDY_FILL_REALISTIC) > 90);
}

static void finds_a_swallowed_nan(void **state) {
    (void)state;
    edy_kernels k = scalar();
    k.f32_clamp = swallows_nan;
    assert_true(failures("f32_clamp", &k, EDY_FILL_EXTREME) > 10);
}

static void finds_another_rounding_of_ties(void **state) {
    (void)state;
    edy_kernels k = scalar();
    k.s8_mean = rounds_half_away;
    assert_true(failures("s8_mean", &k, EDY_FILL_EXACT) > 10);
}

static void finds_saturation(void **state) {
    (void)state;
    edy_kernels k = scalar();
    k.s8_dense[EDY_RULE_ONNX].gemm = saturates_products;
    assert_true(failures("s8_gemm_onnx", &k, EDY_FILL_EXTREME) > 50);
}

static void finds_canaries_disturbed(void **state) {
    (void)state;
    edy_guard guard = {0};
    unsigned char *a = edy_guard_alloc(&guard, 100, EDY_GUARD_AFTER);
    unsigned char *b = edy_guard_alloc(&guard, 100, EDY_GUARD_BEFORE);
    assert_true(edy_guard_intact(&guard));
    a[-1] ^= 1;
    assert_false(edy_guard_intact(&guard));
    a[-1] ^= 1;
    b[100] ^= 1;
    assert_false(edy_guard_intact(&guard));
    edy_guard_free(&guard);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_the_scalar_kernels),      cmocka_unit_test(finds_a_dropped_term),
        cmocka_unit_test(finds_lost_precision),           cmocka_unit_test(finds_a_stray_write),
        cmocka_unit_test(finds_a_forgotten_image_offset), cmocka_unit_test(finds_a_swallowed_nan),
        cmocka_unit_test(finds_another_rounding_of_ties), cmocka_unit_test(finds_saturation),
        cmocka_unit_test(finds_canaries_disturbed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
