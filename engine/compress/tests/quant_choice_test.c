/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/compress/quant_choice.h"

static void check_u8(float low, float high, float scale, int zero_point) {
    const edy_u8_choice q = edy_choose_u8((edy_range){low, high});
    assert_float_equal(q.scale, scale, 0);
    assert_int_equal(q.zero_point, zero_point);
}

static void range_becomes_scale_and_zero_point(void **state) {
    (void)state;
    check_u8(0.0f, 255.0f, 1.0f, 0);
    check_u8(-128.0f, 127.0f, 1.0f, 128);
    check_u8(-255.0f, 0.0f, 1.0f, 255);
    check_u8(-51.0f, 204.0f, 1.0f, 51);
}

static void range_always_holds_zero(void **state) {
    (void)state;
    check_u8(51.0f, 510.0f, 2.0f, 0);
    check_u8(-510.0f, -51.0f, 2.0f, 255);
}

static void range_of_nothing_has_a_usable_scale(void **state) {
    (void)state;
    check_u8(0.0f, 0.0f, 1.0f, 0);
    check_u8(INFINITY, -INFINITY, 1.0f, 0); /* never seen */
    check_u8(0.0f, FLT_MIN, FLT_MIN, 0);    /* would be denormal */
    const edy_u8_choice wide = edy_choose_u8((edy_range){-FLT_MAX, FLT_MAX});
    assert_true(isfinite(wide.scale));
}

static void relu_is_implied_only_by_zero_point_0(void **state) {
    (void)state;
    assert_true(edy_clamp_is_implied((edy_u8_choice){0.5f, 0}, 0.0f, INFINITY));
    assert_false(edy_clamp_is_implied((edy_u8_choice){0.5f, 1}, 0.0f, INFINITY));
    assert_true(edy_clamp_is_implied((edy_u8_choice){0.5f, 7}, -INFINITY, INFINITY));
}

static void clip_is_implied_by_a_narrower_range(void **state) {
    (void)state;
    const edy_u8_choice six = edy_choose_u8((edy_range){0.0f, 6.0f});
    assert_true(edy_clamp_is_implied(six, 0.0f, 6.0f));
    assert_false(edy_clamp_is_implied(six, 0.0f, 5.9f));
    assert_false(edy_clamp_is_implied(six, 1.0f, 6.0f));
}

static void weight_scale_is_the_largest_over_127(void **state) {
    (void)state;
    const float w[6] = {1, 100, -2, 100, 254, 100};
    assert_float_equal(edy_choose_s8(w, 3, 2, 1.0f, 0.0f, 1e9), 2.0f, 0);
    assert_int_equal(edy_quantize_weight(254.0f, 2.0f), 127);
    assert_int_equal(edy_quantize_weight(-300.0f, 2.0f), -127); /* -128 is never used */
    assert_int_equal(edy_quantize_weight(5.0f, 2.0f), 2);       /* a tie goes to the even one */
    assert_int_equal(edy_quantize_weight(7.0f, 2.0f), 4);
}

static void weight_scale_leaves_room_for_the_bias(void **state) {
    (void)state;
    const float tiny[2] = {1e-20f, -1e-20f};
    const float scale = edy_choose_s8(tiny, 2, 1, 0.5f, 1000.0f, 1e6);
    assert_true(1000.0 / (0.5 * (double)scale) <= 1e6 * 1.000001);
    const float dead[1] = {0.0f};
    assert_float_equal(edy_choose_s8(dead, 1, 1, 0.5f, 0.0f, 1e6), 1.0f, 0);
}

static void product_of_scales_is_a_normal_number(void **state) {
    (void)state;
    const float w[1] = {1e-30f};
    const float scale = edy_choose_s8(w, 1, 1, 1e-20f, 0.0f, 1e9);
    assert_true(1e-20f * scale >= FLT_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_becomes_scale_and_zero_point),
        cmocka_unit_test(range_always_holds_zero),
        cmocka_unit_test(range_of_nothing_has_a_usable_scale),
        cmocka_unit_test(relu_is_implied_only_by_zero_point_0),
        cmocka_unit_test(clip_is_implied_by_a_narrower_range),
        cmocka_unit_test(weight_scale_is_the_largest_over_127),
        cmocka_unit_test(weight_scale_leaves_room_for_the_bias),
        cmocka_unit_test(product_of_scales_is_a_normal_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
