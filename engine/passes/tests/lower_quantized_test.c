/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What becomes integer, what stays float, and that the numbers are right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/passes.h"
#include "engine/passes/tests/build_graph.h"

/* u8 activations of the tests, unless they say otherwise. */
static const float XS = 0.5f, YS = 0.25f;
enum { XZ = 100, YZ = 30 };

static void lower(edy_graph *g) {
    bg_infer(g);
    bg_pass(g, edy_pass_lower_quantized);
}

static const uint8_t w_u8[8] = {130, 120, 140, 128, 0, 255, 127, 90};
static const int8_t w_s8[8] = {2, -8, 12, 0, -128, 127, -1, -38};

/* DequantizeLinear of a constant with n scales along axis. */
static edy_value_id weights(edy_graph *g, edy_shape shape, edy_dtype dtype, const void *data,
                            int64_t n, int64_t axis, int zero) {
    const float scales[4] = {0.5f, 0.25f, 0.125f, 2.0f};
    uint8_t zeros[4];
    memset(zeros, zero, sizeof zeros);
    const edy_shape of = n == 1 ? edy_shape_make(0, NULL) : SHAPE(n);
    const edy_value_id y = bg_node(g, EDY_OP_DEQUANTIZE, bg_const(g, dtype, shape, data),
                                   bg_const(g, EDY_F32, of, scales), bg_const(g, dtype, of, zeros));
    bg_last(g)->axis = axis;
    return y;
}

/* DequantizeLinear of s32 integers with two scales. */
static edy_value_id bias2(edy_graph *g, float s0, float s1) {
    const int32_t b[2] = {7, -9};
    const float s[2] = {s0, s1};
    const edy_value_id y = bg_node(g, EDY_OP_DEQUANTIZE, bg_const(g, EDY_S32, SHAPE(2), b),
                                   bg_f32(g, SHAPE(2), s), EDY_NO_VALUE);
    bg_last(g)->axis = 0;
    return y;
}

static void conv_group_is_one_integer_node(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 4, 2, 2));
    const edy_value_id real = bg_qdq(g, x, XS, XZ, EDY_U8);
    const edy_value_id w = weights(g, SHAPE(2, 4, 1, 1), EDY_U8, w_u8, 2, 0, 128);
    const edy_value_id b = bias2(g, XS * 0.5f, XS * 0.25f);
    edy_value_id y = bg_conv(g, real, w, b, 0, 1, 1);
    y = bg_clip(g, y, 0.0f, INFINITY);
    bg_output(g, bg_qdq(g, y, YS, YZ, EDY_U8));
    lower(g);
    assert_int_equal(g->n_nodes, 3);
    assert_int_equal(g->node[0].op, EDY_OP_QUANTIZE);
    assert_int_equal(g->node[0].n_inputs, 1);
    const edy_node *conv = &g->node[1];
    assert_int_equal(conv->op, EDY_OP_CONV);
    assert_int_equal(conv->rule, EDY_RULE_ONNX);
    assert_float_equal(conv->act_min, 0.0f, 0);
    assert_int_equal(g->node[2].op, EDY_OP_DEQUANTIZE);
    assert_int_equal(g->node[2].n_inputs, 1);
    const edy_value *vx = &g->value[conv->input[0]], *vw = &g->value[conv->input[1]];
    const edy_value *vb = &g->value[conv->input[2]], *vy = &g->value[conv->output[0]];
    assert_int_equal(vx->dtype, EDY_S8);
    assert_true(vx->quant.was_u8);
    assert_int_equal(vx->quant.zero_point[0], XZ - 128);
    assert_float_equal(vx->quant.scale[0], XS, 0);
    assert_int_equal(vw->dtype, EDY_S8);
    assert_int_equal(vw->quant.count, 2);
    assert_int_equal(vw->quant.zero_point[1], 0);
    assert_memory_equal(vw->data, w_s8, sizeof w_s8);
    assert_int_equal(vb->dtype, EDY_S32);
    assert_int_equal(((const int32_t *)vb->data)[1], -9);
    assert_int_equal(vy->dtype, EDY_S8);
    assert_int_equal(vy->quant.zero_point[0], YZ - 128);
    edy_graph_destroy(g);
}

/* One pixel, weights u8 with a zero point, against integers worked out here. */
static void conv_group_computes_the_rule(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id real = bg_qdq(g, bg_input(g, SHAPE(1, 4, 1, 1)), XS, XZ, EDY_U8);
    const edy_value_id w = weights(g, SHAPE(2, 4, 1, 1), EDY_U8, w_u8, 2, 0, 120);
    const edy_value_id b = bias2(g, XS * 0.5f, XS * 0.25f);
    bg_output(g, bg_quantize(g, bg_conv(g, real, w, b, 0, 1, 1), YS, YZ, EDY_U8));
    bg_infer(g);
    const float x[4] = {1.0f, -2.5f, 3.1f, 200.0f};
    const int q[4] = {102 - 100, 95 - 100, 106 - 100, 255 - 100}; /* 3.1 / 0.5 = 6.2; saturates */
    int want[2];
    for (int c = 0; c < 2; c++) {
        int acc = c ? -9 : 7;
        for (int k = 0; k < 4; k++)
            acc += q[k] * (w_u8[c * 4 + k] - 120);
        const float scaled = (float)acc * ((XS * (c ? 0.25f : 0.5f)) / YS);
        const float bounded = fminf(fmaxf(scaled, -YZ), 255 - YZ);
        want[c] = (int)nearbyintf(bounded) + YZ;
    }
    size_t bytes;
    uint8_t *out = bg_run(g, x, &bytes);
    assert_int_equal(bytes, 2);
    assert_int_equal(out[0], want[0]);
    assert_int_equal(out[1], want[1]);
    free(out);
    edy_graph_destroy(g);
}

static void dequantizer_serves_several_readers(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id real = bg_qdq(g, bg_input(g, SHAPE(1, 4, 2, 2)), XS, XZ, EDY_U8);
    const edy_value_id w = weights(g, SHAPE(2, 4, 1, 1), EDY_S8, w_s8, 2, 0, 0);
    const edy_value_id a = bg_qdq(g, bg_conv(g, real, w, EDY_NO_VALUE, 0, 1, 1), YS, YZ, EDY_U8);
    const edy_value_id b = bg_qdq(g, bg_conv(g, real, w, EDY_NO_VALUE, 0, 1, 1), YS, YZ, EDY_U8);
    bg_output(g, bg_qdq(g, bg_node(g, EDY_OP_ADD, a, b, EDY_NO_VALUE), 1.0f, 9, EDY_U8));
    lower(g);
    assert_int_equal(bg_count(g, EDY_OP_DEQUANTIZE), 1);
    assert_int_equal(bg_count(g, EDY_OP_QUANTIZE), 1);
    assert_int_equal(g->value[bg_find(g, EDY_OP_ADD)->output[0]].dtype, EDY_S8);
    edy_graph_destroy(g);
}

/* Nothing under a DequantizeLinear is constant any more, and no value is u8. */
static void check_float_constants(const edy_graph *g) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        if (g->node[i].op == EDY_OP_DEQUANTIZE)
            assert_null(g->value[g->node[i].input[0]].data);
        assert_int_not_equal(g->value[g->node[i].output[0]].dtype, EDY_U8);
    }
}

enum { WRONG_AXIS, WRONG_BIAS, SIGNED_X, FLOAT_WEIGHTS, SIGNED_Y, WRONG_CASES };

static void groups_that_do_not_fit_stay_float(void **state) {
    (void)state;
    for (int i = 0; i < WRONG_CASES; i++) {
        edy_graph *g = bg_new();
        const edy_dtype xt = i == SIGNED_X ? EDY_S8 : EDY_U8, yt = i == SIGNED_Y ? EDY_S8 : EDY_U8;
        const edy_value_id real = bg_qdq(g, bg_input(g, SHAPE(1, 2, 2, 2)), XS, 5, xt);
        edy_value_id w = weights(g, SHAPE(2, 2, 1, 2), EDY_U8, w_u8, 2, i == WRONG_AXIS, 0);
        if (i == FLOAT_WEIGHTS) {
            const float f[8] = {1, 2, 3, 4, 5, 6, 7, 8};
            w = bg_f32(g, SHAPE(2, 2, 1, 2), f);
        }
        const edy_value_id b = bias2(g, XS * (i == WRONG_BIAS ? 0.51f : 0.5f), XS * 0.25f);
        bg_output(g, bg_qdq(g, bg_conv(g, real, w, b, 0, 1, 1), YS, 6, yt));
        lower(g);
        const edy_node *conv = bg_find(g, EDY_OP_CONV);
        assert_int_equal(g->value[conv->output[0]].dtype, EDY_F32);
        assert_int_equal(g->value[conv->input[1]].dtype, EDY_F32);
        assert_non_null(g->value[conv->input[1]].data);
        assert_int_equal(bg_count(g, EDY_OP_QUANTIZE), 2);
        assert_int_equal(bg_count(g, EDY_OP_DEQUANTIZE), 2);
        check_float_constants(g);
        edy_graph_destroy(g);
    }
}

static void float_bias_is_rounded_to_units(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id real = bg_qdq(g, bg_input(g, SHAPE(1, 4, 1, 1)), XS, XZ, EDY_U8);
    const edy_value_id w = weights(g, SHAPE(2, 4, 1, 1), EDY_S8, w_s8, 2, 0, 0);
    const float b[2] = {0.625f, -0.4375f}; /* 2.5 units of 0.25: to the even one; -3.5 of 0.125 */
    bg_output(g, bg_qdq(g, bg_conv(g, real, w, bg_f32(g, SHAPE(2), b), 0, 1, 1), YS, YZ, EDY_U8));
    lower(g);
    const edy_node *conv = bg_find(g, EDY_OP_CONV);
    const int32_t *q = g->value[conv->input[2]].data;
    assert_int_equal(q[0], 2);
    assert_int_equal(q[1], -4);
    edy_graph_destroy(g);
}

static void gemm_must_be_plain(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        edy_graph *g = bg_new();
        const edy_value_id real = bg_qdq(g, bg_input(g, SHAPE(1, 4)), XS, XZ, EDY_U8);
        const bool trans = i == 1; /* scales belong to axis 0 then */
        const edy_value_id w =
            weights(g, trans ? SHAPE(2, 4) : SHAPE(4, 2), EDY_S8, w_s8, 2, trans ? 0 : 1, 0);
        const edy_value_id y = bg_node(g, EDY_OP_GEMM, real, w, bias2(g, XS * 0.5f, XS * 0.25f));
        bg_last(g)->trans_b = trans;
        bg_last(g)->alpha = i == 2 ? 2.0f : 1.0f;
        bg_last(g)->beta = i == 3 ? 2.0f : 1.0f;
        bg_output(g, bg_qdq(g, y, YS, YZ, EDY_U8));
        lower(g);
        const edy_value *out = &g->value[bg_find(g, EDY_OP_GEMM)->output[0]];
        assert_int_equal(out->dtype, i < 2 ? EDY_S8 : EDY_F32);
        edy_graph_destroy(g);
    }
}

static void data_movement_is_integer_with_one_scale(void **state) {
    (void)state;
    static const edy_op_kind ops[] = {EDY_OP_MAXPOOL, EDY_OP_RESHAPE, EDY_OP_TRANSPOSE, EDY_OP_PAD};
    for (size_t i = 0; i < 8; i++) {
        edy_graph *g = bg_new();
        const edy_op_kind op = ops[i / 2];
        const float scale = i % 2 ? YS : XS; /* same, or another */
        edy_value_id y = bg_qdq(g, bg_input(g, SHAPE(1, 2, 4, 4)), XS, XZ, EDY_U8);
        y = op == EDY_OP_MAXPOOL   ? bg_pool(g, op, y, 2, 2)
            : op == EDY_OP_RESHAPE ? bg_reshape(g, y, SHAPE(0, -1))
                                   : bg_unary(g, op, y);
        if (op == EDY_OP_PAD)
            bg_last(g)->pads[2] = 1;
        bg_output(g, bg_qdq(g, y, scale, XZ, EDY_U8));
        lower(g);
        const edy_value *out = &g->value[bg_find(g, op)->output[0]];
        assert_int_equal(out->dtype, i % 2 ? EDY_F32 : EDY_S8);
        assert_int_equal(bg_count(g, EDY_OP_QUANTIZE), i % 2 ? 2 : 1);
        edy_graph_destroy(g);
    }
}

/* Conv, MaxPool, Q and DQ, MaxPool, Conv: no quantizer between. */
static void quantizers_move_past_a_pool(void **state) {
    (void)state;
    for (int before = 0; before < 2; before++) {
        edy_graph *g = bg_new();
        edy_value_id y = bg_qdq(g, bg_input(g, SHAPE(1, 4, 4, 4)), XS, XZ, EDY_U8);
        const edy_value_id w = weights(g, SHAPE(2, 4, 1, 1), EDY_S8, w_s8, 2, 0, 0);
        if (before)
            y = bg_pool(g, EDY_OP_MAXPOOL, y, 2, 2);
        y = bg_clip(g, bg_conv(g, y, w, EDY_NO_VALUE, 0, 1, 1), 0.0f, INFINITY);
        if (!before)
            y = bg_pool(g, EDY_OP_MAXPOOL, y, 2, 2);
        bg_output(g, bg_qdq(g, y, YS, 0, EDY_U8));
        lower(g);
        assert_int_equal(g->n_nodes, 4);
        assert_int_equal(g->value[bg_find(g, EDY_OP_CONV)->output[0]].dtype, EDY_S8);
        assert_int_equal(g->value[bg_find(g, EDY_OP_MAXPOOL)->output[0]].dtype, EDY_S8);
        edy_graph_destroy(g);
    }
}

static void padding_ends_in_the_integer_window(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    edy_value_id y = bg_qdq(g, bg_input(g, SHAPE(1, 4, 2, 2)), XS, XZ, EDY_U8);
    y = bg_unary(g, EDY_OP_PAD, y);
    bg_last(g)->pads[2] = 1;
    bg_last(g)->pads[7] = 2;
    y = bg_qdq(g, y, XS, XZ, EDY_U8);
    const edy_value_id w = weights(g, SHAPE(2, 4, 1, 1), EDY_S8, w_s8, 2, 0, 0);
    bg_output(g, bg_qdq(g, bg_conv(g, y, w, EDY_NO_VALUE, 0, 1, 1), YS, YZ, EDY_U8));
    bg_infer(g);
    bg_pass(g, edy_passes_run);
    assert_int_equal(bg_count(g, EDY_OP_PAD), 0);
    const edy_node *conv = bg_find(g, EDY_OP_CONV);
    assert_int_equal(conv->window.pad[0], 1);
    assert_int_equal(conv->window.pad[3], 2);
    assert_int_equal(g->value[conv->output[0]].dtype, EDY_S8);
    edy_graph_destroy(g);
}

static void qlinearconv_is_an_integer_conv(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input_of(g, EDY_U8, SHAPE(1, 4, 1, 1));
    const float ws[2] = {0.5f, 0.25f};
    const int8_t wz[2] = {0, 0};
    const int32_t bias[2] = {7, -9};
    const edy_value_id y = bg_unary(g, EDY_OP_QLINEARCONV, x);
    const edy_value_id operands[8] = {bg_scalar(g, XS),
                                      bg_zero_point(g, EDY_U8, XZ),
                                      bg_const(g, EDY_S8, SHAPE(2, 4, 1, 1), w_s8),
                                      bg_f32(g, SHAPE(2), ws),
                                      bg_const(g, EDY_S8, SHAPE(2), wz),
                                      bg_scalar(g, YS),
                                      bg_zero_point(g, EDY_U8, YZ),
                                      bg_const(g, EDY_S32, SHAPE(2), bias)};
    memcpy(bg_last(g)->input + 1, operands, sizeof operands);
    bg_last(g)->n_inputs = 9;
    bg_output(g, y);
    bg_infer(g);
    const uint8_t in[4] = {102, 95, 106, 255};
    size_t bytes;
    uint8_t *out = bg_run(g, in, &bytes);
    const int q[4] = {2, -5, 6, 155};
    for (int c = 0; c < 2; c++) {
        int acc = bias[c];
        for (int k = 0; k < 4; k++)
            acc += q[k] * w_s8[c * 4 + k];
        const float f = nearbyintf((float)acc * ((XS * ws[c]) / YS));
        assert_int_equal(out[c], (int)fminf(fmaxf(f + YZ, 0), 255));
    }
    free(out);
    lower(g);
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(g->node[0].op, EDY_OP_CONV);
    assert_int_equal(g->node[0].n_inputs, 3);
    edy_graph_destroy(g);
}

/* One u8 input read by two DequantizeLinear with other parameters: a second name for the tensor. */
static void tensor_may_be_read_with_two_scales(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input_of(g, EDY_U8, SHAPE(1, 3));
    const edy_value_id a = bg_dequantize(g, x, 0.5f, 10), b = bg_dequantize(g, x, 2.0f, 20);
    bg_output(g, bg_node(g, EDY_OP_ADD, a, b, EDY_NO_VALUE));
    bg_infer(g);
    const uint8_t in[3] = {0, 10, 255};
    size_t bytes;
    float *out = bg_run(g, in, &bytes);
    for (int i = 0; i < 3; i++)
        assert_float_equal(out[i], 0.5f * (float)(in[i] - 10) + 2.0f * (float)(in[i] - 20), 0);
    free(out);
    edy_graph_destroy(g);
}

static void quantizer_of_a_constant_is_folded(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const float w[8] = {1, -4, 6, 0, -100, 100, 0.3f, -19};
    const edy_value_id real = bg_qdq(g, bg_input(g, SHAPE(1, 4, 1, 1)), XS, XZ, EDY_U8);
    const edy_value_id wq = bg_qdq(g, bg_f32(g, SHAPE(2, 4, 1, 1), w), 0.5f, 0, EDY_S8);
    bg_output(g, bg_qdq(g, bg_conv(g, real, wq, EDY_NO_VALUE, 0, 1, 1), YS, YZ, EDY_U8));
    lower(g);
    const int8_t want[8] = {2, -8, 12, 0, -128, 127, 1, -38};
    const edy_node *conv = bg_find(g, EDY_OP_CONV);
    assert_memory_equal(g->value[conv->input[1]].data, want, sizeof want);
    edy_graph_destroy(g);
}

static void equal_quantizers_are_merged(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 4));
    const edy_value_id a = bg_qdq(g, x, XS, XZ, EDY_U8), b = bg_qdq(g, x, XS, XZ, EDY_U8);
    const edy_value_id c = bg_qdq(g, x, XS, XZ + 1, EDY_U8); /* not equal */
    bg_output(g, bg_node(g, EDY_OP_ADD, a, b, EDY_NO_VALUE));
    bg_output(g, c);
    lower(g);
    assert_int_equal(bg_count(g, EDY_OP_QUANTIZE), 2);
    edy_graph_destroy(g);
}

/* All 256 integers of x by the rule, with the Relu that follows inside. */
static void leaky_relu_is_a_table(void **state) {
    (void)state;
    for (int relu = 0; relu < 2; relu++) {
        edy_graph *g = bg_new();
        const edy_value_id real = bg_qdq(g, bg_input(g, SHAPE(1, 256)), XS, XZ, EDY_U8);
        edy_value_id y = bg_unary(g, EDY_OP_LEAKYRELU, real);
        bg_last(g)->alpha = 0.1f;
        if (relu)
            y = bg_clip(g, y, 0.0f, INFINITY);
        bg_output(g, bg_quantize(g, y, YS, YZ, EDY_U8));
        bg_infer(g);
        float x[256];
        for (int i = 0; i < 256; i++)
            x[i] = XS * (float)(i - XZ);
        size_t bytes;
        uint8_t *out = bg_run(g, x, &bytes);
        assert_int_equal(bytes, 256);
        for (int i = 0; i < 256; i++) {
            const float leaked = x[i] < 0 ? (relu ? 0 : 0.1f * x[i]) : x[i];
            const float bounded = fminf(fmaxf(leaked / YS, -YZ), 255 - YZ);
            assert_int_equal(out[i], (int)nearbyintf(bounded) + YZ);
        }
        free(out);
        bg_pass(g, edy_pass_lower_quantized);
        assert_int_equal(g->n_nodes, 2);
        assert_int_equal(g->value[bg_find(g, EDY_OP_LEAKYRELU)->output[0]].dtype, EDY_S8);
        edy_graph_destroy(g);
    }
}

static void refused(edy_graph *g, edy_status code, const char *part) {
    edy_error err = {0};
    assert_int_equal(edy_pass_lower_quantized(g, &err), code);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" lacks \"%s\"", err.message, part);
    edy_graph_destroy(g);
}

static void refuses_bad_quantizers(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        edy_graph *g = bg_new();
        const edy_value_id x = bg_input(g, SHAPE(1, 4));
        const edy_value_id q = bg_quantize(g, x, XS, XZ, EDY_U8);
        edy_node *n = bg_last(g);
        const float two[2] = {1, 1}, bad = i == 0 ? -1.0f : NAN;
        bg_output(g, q);
        bg_infer(g);
        if (i < 2)
            g->value[n->input[1]].data = &bad;
        if (i == 2)
            n->input[1] = bg_f32(g, SHAPE(2), two); /* the axis has 4 */
        if (i == 3)
            n->input[1] = x; /* computed */
        const char *part = i < 2    ? "not a positive number"
                           : i == 2 ? "neither one value"
                                    : "not a float32 constant";
        refused(g, i < 2 ? EDY_BAD_FILE : EDY_UNSUPPORTED, part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_group_is_one_integer_node),
        cmocka_unit_test(conv_group_computes_the_rule),
        cmocka_unit_test(dequantizer_serves_several_readers),
        cmocka_unit_test(groups_that_do_not_fit_stay_float),
        cmocka_unit_test(float_bias_is_rounded_to_units),
        cmocka_unit_test(gemm_must_be_plain),
        cmocka_unit_test(data_movement_is_integer_with_one_scale),
        cmocka_unit_test(quantizers_move_past_a_pool),
        cmocka_unit_test(padding_ends_in_the_integer_window),
        cmocka_unit_test(qlinearconv_is_an_integer_conv),
        cmocka_unit_test(tensor_may_be_read_with_two_scales),
        cmocka_unit_test(quantizer_of_a_constant_is_folded),
        cmocka_unit_test(equal_quantizers_are_merged),
        cmocka_unit_test(leaky_relu_is_a_table),
        cmocka_unit_test(refuses_bad_quantizers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
