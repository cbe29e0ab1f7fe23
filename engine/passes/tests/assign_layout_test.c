/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How many copies are left, and that the numbers are those of the model's axes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/passes.h"
#include "engine/passes/tests/build_graph.h"

/* 1x1 Conv that changes nothing, for 3 channels. */
static edy_value_id same3(edy_graph *g, edy_value_id x) {
    const float eye[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    return bg_conv(g, x, bg_f32(g, SHAPE(3, 3, 1, 1), eye), EDY_NO_VALUE, 0, 1, 1);
}

static int copies(edy_graph *g) {
    bg_infer(g);
    bg_pass(g, edy_pass_assign_layout);
    const int n = bg_count(g, EDY_OP_LAYOUT);
    bg_pass(g, edy_pass_assign_layout); /* once more changes nothing */
    assert_int_equal(bg_count(g, EDY_OP_LAYOUT), n);
    return n;
}

/* Runs the graph as it is on 0, 1, 2, ... */
static float *run_ramp(const edy_graph *g, size_t *n) {
    float x[256];
    for (int i = 0; i < 256; i++)
        x[i] = (float)i;
    float *out = bg_run(g, x, n);
    *n /= sizeof *out;
    return out;
}

static void check_ramp(const edy_graph *g) {
    size_t n;
    float *out = run_ramp(g, &n);
    for (size_t i = 0; i < n; i++)
        assert_float_equal(out[i], (float)i, 0);
    free(out);
}

static void copy_in_is_shared_and_copy_out_keeps_the_name(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(2, 3, 2, 2));
    const edy_value_id a = same3(g, x), b = same3(g, x);
    const edy_value_id y = bg_node(g, EDY_OP_MUL, a, bg_scalar(g, 1.0f), EDY_NO_VALUE);
    bg_output(g, y);
    bg_output(g, b);
    const char *name = g->value[y].name;
    bg_infer(g);
    assert_int_equal(copies(g), 3);
    assert_string_equal(g->value[g->output[0]].name, name);
    assert_int_equal(g->value[g->output[0]].layout, EDY_LAYOUT_PLAIN);
    assert_int_equal(g->value[y].layout, EDY_LAYOUT_NHWC);
    assert_int_equal(g->value[x].layout, EDY_LAYOUT_PLAIN);
    edy_graph_destroy(g);
}

static void numbers_are_in_the_models_order(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    bg_output(g, same3(g, bg_input(g, SHAPE(2, 3, 2, 4))));
    bg_infer(g);
    check_ramp(g);
    edy_graph_destroy(g);
}

static void one_channel_or_one_pixel_needs_no_copy(void **state) {
    (void)state;
    const float one[3] = {1, 1, 1};
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 1, 4, 4));
    const edy_value_id w = bg_f32(g, SHAPE(3, 1, 1, 1), one);
    bg_output(g, bg_unary(g, EDY_OP_GLOBALAVGPOOL, bg_conv(g, x, w, EDY_NO_VALUE, 0, 1, 1)));
    assert_int_equal(copies(g), 0);
    assert_int_equal(g->value[x].layout, EDY_LAYOUT_NHWC);
    edy_graph_destroy(g);
}

/* y[n] = sum over c, h, w of x[c][h][w] * weight(n, c, h, w) with an image of 3x2x4. */
static float weight_of(int n, int k) {
    return (float)((n * 7 + k * 5) % 11 - 5);
}

static edy_graph *flatten_net(bool trans, bool relu, bool second_reader) {
    edy_graph *g = bg_new();
    edy_value_id y = same3(g, bg_input(g, SHAPE(2, 3, 2, 4)));
    y = bg_reshape(g, y, SHAPE(0, -1));
    if (second_reader)
        bg_output(g, y);
    if (relu)
        y = bg_clip(g, y, -1.0f, 1000.0f);
    float w[5 * 24];
    for (int n = 0; n < 5; n++)
        for (int k = 0; k < 24; k++)
            w[trans ? n * 24 + k : k * 5 + n] = weight_of(n, k);
    y = bg_node(g, EDY_OP_GEMM, y, trans ? bg_f32(g, SHAPE(5, 24), w) : bg_f32(g, SHAPE(24, 5), w),
                EDY_NO_VALUE);
    bg_last(g)->trans_b = trans;
    bg_output(g, y);
    bg_infer(g);
    return g;
}

static void dense_layer_after_flatten_takes_permuted_weights(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        edy_graph *g = flatten_net(i & 1, i & 2, false);
        size_t count;
        float *out = run_ramp(g, &count);
        assert_int_equal(count, 10);
        for (int image = 0; image < 2; image++)
            for (int n = 0; n < 5; n++) {
                float sum = 0;
                for (int k = 0; k < 24; k++)
                    sum += (float)(image * 24 + k) * weight_of(n, k);
                assert_float_equal(out[image * 5 + n], sum, 0);
            }
        free(out);
        const edy_value_id rows = bg_find(g, EDY_OP_RESHAPE)->output[0];
        assert_int_equal(copies(g), 1); /* of the input */
        assert_non_null(strstr(g->value[rows].name, "(h,w,c order)"));
        edy_graph_destroy(g);
    }
}

static void second_reader_of_the_rows_wants_a_copy(void **state) {
    (void)state;
    edy_graph *g = flatten_net(false, false, true);
    check_ramp(g); /* the rows themselves are the first output */
    assert_int_equal(copies(g), 2);
    edy_graph_destroy(g);
}

static void integer_dense_layer_keeps_its_scales(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const float one[2] = {1, 1};
    const int8_t w[16] = {1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8};
    const float scales[2] = {1, 2};
    const int8_t zeros[2] = {0, 0};
    edy_value_id y = bg_qdq(g, bg_input(g, SHAPE(1, 1, 2, 2)), 1.0f, 0, EDY_S8);
    const edy_value_id wq = bg_qdq(g, bg_f32(g, SHAPE(2, 1, 1, 1), one), 1.0f, 0, EDY_S8);
    y = bg_qdq(g, bg_conv(g, y, wq, EDY_NO_VALUE, 0, 1, 1), 1.0f, 0, EDY_S8);
    y = bg_qdq(g, bg_reshape(g, y, SHAPE(1, 8)), 1.0f, 0, EDY_S8);
    const edy_value_id wd =
        bg_node(g, EDY_OP_DEQUANTIZE, bg_const(g, EDY_S8, SHAPE(2, 8), w),
                bg_f32(g, SHAPE(2), scales), bg_const(g, EDY_S8, SHAPE(2), zeros));
    bg_last(g)->axis = 0;
    y = bg_node(g, EDY_OP_GEMM, y, wd, EDY_NO_VALUE);
    bg_last(g)->trans_b = true;
    bg_output(g, bg_qdq(g, y, 1.0f, 0, EDY_S8));
    bg_infer(g);
    size_t n;
    float *out = run_ramp(g, &n); /* both channels are 0 1 2 3 */
    assert_float_equal(out[0], 2 + 6 + 12 + 6 + 14 + 24, 0);
    assert_float_equal(out[1], -128, 0);
    free(out);
    bg_pass(g, edy_passes_run);
    const edy_node *gemm = bg_find(g, EDY_OP_GEMM);
    assert_int_equal(g->value[gemm->input[1]].quant.count, 2);
    const int8_t want[8] = {1, 5, 2, 6, 3, 7, 4, 8};
    assert_memory_equal(g->value[gemm->input[1]].data, want, sizeof want);
    assert_int_equal(bg_count(g, EDY_OP_LAYOUT), 0);
    bg_pass(g, edy_pass_assign_layout); /* once more permutes nothing */
    gemm = bg_find(g, EDY_OP_GEMM);
    assert_memory_equal(g->value[gemm->input[1]].data, want, sizeof want);
    edy_graph_destroy(g);
}

static void softmax_over_channels_sees_plain_order(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    edy_value_id y = same3(g, bg_input(g, SHAPE(1, 3, 2, 2)));
    y = bg_unary(g, EDY_OP_SOFTMAX, y);
    bg_output(g, same3(g, y));
    bg_infer(g);
    size_t n;
    float *out = run_ramp(g, &n);
    for (int i = 0; i < 4; i++)
        assert_float_equal(out[i] + out[4 + i] + out[8 + i], 1.0f, 1e-6);
    free(out);
    assert_int_equal(copies(g), 4); /* in, before and after the softmax, out */
    edy_graph_destroy(g);
}

static void transposes_between_the_layouts_are_free(void **state) {
    (void)state;
    edy_graph *g = bg_new(); /* a model whose input is NHWC */
    const int64_t in[4] = {0, 3, 1, 2}, out[4] = {0, 2, 3, 1};
    edy_value_id y = bg_unary(g, EDY_OP_TRANSPOSE, bg_input(g, SHAPE(2, 2, 4, 3)));
    memcpy(bg_last(g)->perm, in, sizeof in);
    bg_last(g)->n_perm = 4;
    y = bg_unary(g, EDY_OP_TRANSPOSE, same3(g, y));
    memcpy(bg_last(g)->perm, out, sizeof out);
    bg_last(g)->n_perm = 4;
    bg_output(g, y);
    bg_infer(g);
    check_ramp(g);
    assert_int_equal(copies(g), 0);
    assert_int_equal(bg_count(g, EDY_OP_TRANSPOSE), 0);
    edy_graph_destroy(g);
}

static void other_transposes_stay(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const int64_t perm[4] = {0, 1, 3, 2};
    edy_value_id y = bg_unary(g, EDY_OP_TRANSPOSE, same3(g, bg_input(g, SHAPE(1, 3, 2, 4))));
    memcpy(bg_last(g)->perm, perm, sizeof perm);
    bg_last(g)->n_perm = 4;
    bg_output(g, y);
    bg_infer(g);
    size_t n;
    float *out = run_ramp(g, &n);
    assert_float_equal(out[1], 4, 0); /* [0][0][0][1] of the transposed is [0][0][1][0] */
    free(out);
    assert_int_equal(copies(g), 2);
    assert_int_equal(bg_count(g, EDY_OP_TRANSPOSE), 1);
    edy_graph_destroy(g);
}

static void constants_spread_over_either_layout(void **state) {
    (void)state;
    for (int nhwc = 0; nhwc < 2; nhwc++)
        for (int full = 0; full < 2; full++) {
            edy_graph *g = bg_new();
            float k[24];
            for (int i = 0; i < 24; i++)
                k[i] = (float)(100 * i);
            edy_value_id x = bg_input(g, SHAPE(1, 3, 2, 4));
            x = nhwc ? same3(g, x) : x;
            const edy_value_id c =
                full ? bg_f32(g, SHAPE(1, 3, 2, 4), k) : bg_f32(g, SHAPE(3, 1, 1), k);
            bg_output(g, bg_node(g, EDY_OP_ADD, x, c, EDY_NO_VALUE));
            bg_infer(g);
            size_t n;
            float *out = run_ramp(g, &n);
            for (int i = 0; i < 24; i++)
                assert_float_equal(out[i], (float)i + k[full ? i : i / 8], 0);
            free(out);
            edy_graph_destroy(g);
        }
}

static void mixed_sum_copies_the_plain_side_once(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 3, 2, 4));
    const edy_value_id y = bg_node(g, EDY_OP_ADD, same3(g, x), x, EDY_NO_VALUE);
    bg_output(g, y);
    bg_infer(g);
    size_t n;
    float *out = run_ramp(g, &n);
    for (int i = 0; i < 24; i++)
        assert_float_equal(out[i], 2.0f * (float)i, 0);
    free(out);
    assert_int_equal(copies(g), 2);
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_in_is_shared_and_copy_out_keeps_the_name),
        cmocka_unit_test(numbers_are_in_the_models_order),
        cmocka_unit_test(one_channel_or_one_pixel_needs_no_copy),
        cmocka_unit_test(dense_layer_after_flatten_takes_permuted_weights),
        cmocka_unit_test(second_reader_of_the_rows_wants_a_copy),
        cmocka_unit_test(integer_dense_layer_keeps_its_scales),
        cmocka_unit_test(softmax_over_channels_sees_plain_order),
        cmocka_unit_test(transposes_between_the_layouts_are_free),
        cmocka_unit_test(other_transposes_stay),
        cmocka_unit_test(constants_spread_over_either_layout),
        cmocka_unit_test(mixed_sum_copies_the_plain_side_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
