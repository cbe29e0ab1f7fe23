/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/synthetic.h"

#include <math.h>
#include <string.h>

#include "datasets/tests/data_files.h"

enum { MANY = 100000 };

/* Values from an independent script in integers of any size: the same on every machine, for
 * ever. */
static void pinned_values(void **state) {
    (void)state;
    float f[4];
    edy_synthetic_fill(0, 0, 0, EDY_UNIFORM, EDY_F32, 4, f);
    const float uniform[4] = {0x1.4dda4p-1f, 0x1.88c0dp-2f, 0x1.6ec62p-2f, -0x1.1ba138p-2f};
    assert_memory_equal(f, uniform, sizeof f);
    edy_synthetic_fill(7, 1, 5, EDY_NORMAL, EDY_F32, 4, f);
    const float normal[4] = {0x1.23553p+0f, -0x1.91d1p-2f, -0x1.0a008p-3f, 0x1.4d264p-2f};
    assert_memory_equal(f, normal, sizeof f);
    uint8_t u[8];
    edy_synthetic_fill(1, 0, 2, EDY_UNIFORM, EDY_U8, 8, u);
    assert_memory_equal(u, ((uint8_t[]){192, 67, 188, 220, 170, 24, 223, 221}), 8);
    int32_t s[8];
    edy_synthetic_fill(1, 0, 2, EDY_NORMAL, EDY_S32, 8, s);
    assert_memory_equal(s, ((int32_t[]){64, -61, 60, 92, 42, -104, 95, 93}), sizeof s);
}

static void each_argument_matters(void **state) {
    (void)state;
    uint8_t base[32], other[32];
    edy_synthetic_fill(1, 0, 0, EDY_UNIFORM, EDY_U8, 32, base);
    const uint64_t argument[3][3] = {{2, 0, 0}, {1, 1, 0}, {1, 0, 1}};
    for (int i = 0; i < 3; i++) {
        edy_synthetic_fill(argument[i][0], argument[i][1], argument[i][2], EDY_UNIFORM, EDY_U8, 32,
                           other);
        assert_memory_not_equal(base, other, 32);
    }
    edy_synthetic_fill(1, 0, 0, EDY_UNIFORM, EDY_U8, 32, other);
    assert_memory_equal(base, other, 32);
}

static void moments(edy_distribution kind, double variance, double limit) {
    static float x[MANY];
    edy_synthetic_fill(3, 0, 0, kind, EDY_F32, MANY, x);
    double sum = 0, squares = 0;
    for (int i = 0; i < MANY; i++) {
        assert_true(fabsf(x[i]) <= limit);
        sum += x[i];
        squares += (double)x[i] * x[i];
    }
    /* Five standard deviations of a mean of 100,000. */
    assert_true(fabs(sum / MANY) < 5 * sqrt(variance / MANY));
    assert_true(fabs(squares / MANY - variance) < 0.02 * variance);
}

static void distributions(void **state) {
    (void)state;
    moments(EDY_UNIFORM, 1.0 / 3, 1.0);
    moments(EDY_NORMAL, 1.0, 6.0);
}

static void bytes_take_every_value(void **state) {
    (void)state;
    static int8_t x[MANY];
    int seen[256] = {0};
    edy_synthetic_fill(4, 0, 0, EDY_UNIFORM, EDY_S8, MANY, x);
    for (int i = 0; i < MANY; i++)
        seen[x[i] + 128]++;
    for (int i = 0; i < 256; i++)
        assert_in_range(seen[i], MANY / 256 / 2, MANY / 256 * 2);
}

/* Each dtype writes its own bytes and not one more, at any alignment. */
static void sizes(void **state) {
    (void)state;
    const edy_dtype dtype[] = {EDY_F32, EDY_F64, EDY_S8, EDY_U8, EDY_S32, EDY_S64};
    for (size_t i = 0; i < sizeof dtype / sizeof dtype[0]; i++) {
        uint8_t held[3 * 8 + 2], aligned[3 * 8];
        const size_t n = 3 * edy_dtype_bytes(dtype[i]);
        memset(held, 0xa5, sizeof held);
        edy_synthetic_fill(5, 0, 0, EDY_NORMAL, dtype[i], 3, held + 1);
        edy_synthetic_fill(5, 0, 0, EDY_NORMAL, dtype[i], 3, aligned);
        assert_memory_equal(held + 1, aligned, n);
        assert_int_equal(held[0], 0xa5);
        assert_int_equal(held[n + 1], 0xa5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pinned_values), cmocka_unit_test(each_argument_matters),
        cmocka_unit_test(distributions), cmocka_unit_test(bytes_take_every_value),
        cmocka_unit_test(sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
