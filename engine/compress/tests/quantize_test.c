/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/compress/quantize.h"
#include "engine/passes/tests/build_graph.h"

enum { IMAGES = 8 };

typedef struct images {
    const float *x;
    size_t elems;
} images;

static edy_status next_image(void *context, uint64_t index, float *out, edy_error *err) {
    (void)err;
    const images *im = context;
    memcpy(out, im->x + index * im->elems, im->elems * sizeof *out);
    return EDY_OK;
}

static edy_calibration *calibrate(const edy_graph *g, const float *x) {
    images im = {x, edy_shape_count(&g->value[g->input[0]].shape)};
    const edy_calibration_source source = {
        .next_image = next_image, .context = &im, .images = IMAGES};
    edy_calibration *c;
    edy_error err = {0};
    if (edy_calibrate(g, &source, &c, &err))
        fail_msg("%s", err.message);
    return c;
}

static edy_graph *quantize(const edy_graph *g, const float *x) {
    edy_calibration *c = calibrate(g, x);
    edy_graph *q;
    edy_error err = {0};
    if (edy_quantize(g, c, &q, &err))
        fail_msg("%s", err.message);
    edy_calibration_destroy(c);
    return q;
}

static edy_value_id random_f32(edy_graph *g, edy_shape shape, uint64_t seed) {
    float *x = bg_random_floats(edy_shape_count(&shape), seed);
    const edy_value_id v = bg_f32(g, shape, x);
    free(x);
    return v;
}

/* The QuantizeLinear that reads v, and its zero point. */
static const edy_node *quantizer_of(const edy_graph *g, edy_value_id v) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == EDY_OP_QUANTIZE && g->node[i].input[0] == v)
            return &g->node[i];
    fail_msg("\"%s\" is not quantized", g->value[v].name);
    return NULL;
}

static int zero_point_of(const edy_graph *g, edy_value_id v) {
    return *(const uint8_t *)g->value[quantizer_of(g, v)->input[2]].data;
}

static float scale_of(const edy_graph *g, edy_value_id v) {
    return *(const float *)g->value[quantizer_of(g, v)->input[1]].data;
}

/* Largest error of the quantized network on image 0 against the float one, over the output's
 * range. */
static double worst_error(const edy_graph *f, const edy_graph *q, const float *x) {
    size_t bytes, same;
    float *want = bg_run(f, x, &bytes), *got = bg_run(q, x, &same);
    assert_int_equal(bytes, same);
    double worst = 0, most = 0;
    for (size_t i = 0; i < bytes / sizeof *want; i++) { /* as edy_choose_s8: no fmax */
        const double error = fabs((double)want[i] - (double)got[i]), size = fabs((double)want[i]);
        worst = error > worst ? error : worst;
        most = size > most ? size : most;
    }
    free(want);
    free(got);
    return worst / most;
}

static void check_node_names_are_unique(const edy_graph *g) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t k = 0; k < i; k++)
            assert_string_not_equal(g->node[i].name, g->node[k].name);
}

/* Nothing but the first quantizer and the last dequantizer is float in the plan. */
static void check_all_integer(const edy_graph *q) {
    edy_plan *plan;
    edy_error err = {0};
    if (edy_plan_create(q, NULL, &plan, &err))
        fail_msg("%s", err.message);
    const edy_graph *g = edy_plan_graph(plan);
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op != EDY_OP_DEQUANTIZE)
            assert_int_equal(g->value[g->node[i].output[0]].dtype, EDY_S8);
    assert_int_equal(bg_count(g, EDY_OP_QUANTIZE), 1);
    assert_int_equal(bg_count(g, EDY_OP_DEQUANTIZE), 1);
    edy_plan_destroy(plan);
}

static void check_names_are_unique(const edy_graph *g) {
    for (int32_t i = 0; i < g->n_values; i++)
        for (int32_t k = 0; k < i; k++)
            if (strcmp(g->value[i].name, "c") != 0) /* the tests' own constants */
                assert_string_not_equal(g->value[i].name, g->value[k].name);
}

static void small_network_becomes_all_integer(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 6, 6));
    const edy_value_id w = random_f32(g, SHAPE(4, 2, 3, 3), 1), b = random_f32(g, SHAPE(4), 2);
    const edy_value_id relu = bg_clip(g, bg_conv(g, x, w, b, 1, 1, 1), 0.0f, INFINITY);
    const edy_value_id pool = bg_pool(g, EDY_OP_MAXPOOL, relu, 2, 2);
    const edy_value_id flat = bg_reshape(g, pool, SHAPE(0, -1));
    const edy_value_id y =
        bg_node(g, EDY_OP_GEMM, flat, random_f32(g, SHAPE(36, 3), 3), random_f32(g, SHAPE(3), 4));
    bg_output(g, y);
    bg_infer(g);
    float *images_x = bg_random_floats(IMAGES * 72, 5);
    edy_graph *q = quantize(g, images_x);
    assert_int_equal(bg_count(q, EDY_OP_RELU), 0);
    assert_int_equal(bg_count(q, EDY_OP_QUANTIZE), 5);
    assert_int_equal(bg_count(q, EDY_OP_DEQUANTIZE), 5 + 4);
    assert_int_equal(zero_point_of(q, relu), 0);
    assert_float_equal(scale_of(q, relu), scale_of(q, pool), 0);
    assert_float_equal(scale_of(q, relu), scale_of(q, flat), 0);
    assert_string_equal(q->value[q->output[0]].name, "Gemm_4");
    check_node_names_are_unique(q); /* the Gemm is called as its output, too */
    assert_int_equal(q->value[q->output[0]].dtype, EDY_F32);
    check_names_are_unique(q);
    check_all_integer(q);
    assert_true(worst_error(g, q, images_x) < 0.05);
    free(images_x);
    edy_graph_destroy(q);
    edy_graph_destroy(g);
}

static void operands_follow_the_rules(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 4, 4));
    const edy_value_id w = random_f32(g, SHAPE(4, 1, 3, 3), 1), b = random_f32(g, SHAPE(4), 2);
    bg_output(g, bg_conv(g, x, w, b, 1, 1, 2));
    bg_infer(g);
    float *images_x = bg_random_floats(IMAGES * 32, 5);
    edy_graph *q = quantize(g, images_x);
    const edy_node *conv = bg_find(q, EDY_OP_CONV);
    const edy_node *wq = &q->node[edy_graph_producer(q, conv->input[1])];
    const edy_node *bq = &q->node[edy_graph_producer(q, conv->input[2])];
    assert_int_equal(wq->op, EDY_OP_DEQUANTIZE);
    assert_int_equal(wq->axis, 0);
    const int8_t *weights = q->value[wq->input[0]].data;
    const float *scales = q->value[wq->input[1]].data, *units = q->value[bq->input[1]].data;
    const int32_t *bias = q->value[bq->input[0]].data;
    for (int c = 0; c < 4; c++) {
        int most = 0;
        for (int i = 0; i < 9; i++)
            most = abs(weights[c * 9 + i]) > most ? abs(weights[c * 9 + i]) : most;
        assert_int_equal(most, 127); /* each channel uses its range */
        assert_float_equal(units[c], scale_of(q, x) * scales[c], 0);
        const float real = ((const float *)g->value[b].data)[c];
        assert_true(fabsf((float)bias[c] * units[c] - real) <= units[c]);
    }
    assert_int_equal(q->value[bq->input[0]].dtype, EDY_S32);
    free(images_x);
    edy_graph_destroy(q);
    edy_graph_destroy(g);
}

/* Residual block: the Conv before the sum has a quantizer of its own; the Relu after it is
 * dropped. */
static void residual_sum_is_quantized_on_both_sides(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 3, 5, 5));
    const edy_value_id w = random_f32(g, SHAPE(3, 3, 3, 3), 1); /* shared by both Convs */
    const edy_value_id one = bg_clip(g, bg_conv(g, x, w, EDY_NO_VALUE, 1, 1, 1), 0.0f, INFINITY);
    const edy_value_id two = bg_conv(g, one, w, EDY_NO_VALUE, 1, 1, 1);
    const edy_value_id sum = bg_node(g, EDY_OP_ADD, two, x, EDY_NO_VALUE);
    const edy_value_id relu = bg_clip(g, sum, 0.0f, INFINITY);
    bg_output(g, bg_unary(g, EDY_OP_GLOBALAVGPOOL, relu));
    bg_infer(g);
    float *images_x = bg_random_floats(IMAGES * 75, 5);
    edy_graph *q = quantize(g, images_x);
    assert_int_equal(bg_count(q, EDY_OP_RELU), 0);
    assert_int_not_equal(zero_point_of(q, two), 0);
    assert_int_equal(zero_point_of(q, relu), 0);
    check_names_are_unique(q);
    check_all_integer(q);
    assert_true(worst_error(g, q, images_x) < 0.1);
    free(images_x);
    edy_graph_destroy(q);
    edy_graph_destroy(g);
}

static void clamps_stay_where_the_range_does_not_imply_them(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        edy_graph *g = bg_new();
        const edy_value_id x = bg_input(g, SHAPE(1, 1, 4, 4));
        edy_value_id y = bg_conv(g, x, random_f32(g, SHAPE(1, 1, 3, 3), 1), EDY_NO_VALUE, 1, 1, 1);
        y = bg_clip(g, y, i ? 0.25f : 0.0f, 0.5f);
        bg_output(g, y);
        bg_infer(g);
        float *images_x = bg_random_floats(IMAGES * 16, 5);
        edy_graph *q = quantize(g, images_x);
        assert_int_equal(bg_count(q, EDY_OP_CLIP), i);
        assert_true(worst_error(g, q, images_x) < 0.05);
        free(images_x);
        edy_graph_destroy(q);
        edy_graph_destroy(g);
    }
}

static void batch_norm_gemm_factors_and_constants_are_inside(void **state) {
    (void)state;
    for (int trans = 0; trans < 2; trans++) {
        edy_graph *g = bg_new();
        const float gamma[2] = {2, 3}, zero[2] = {0.5f, -0.5f}, var[2] = {1, 4};
        const edy_value_id x = bg_input(g, SHAPE(1, 2, 3, 3));
        const edy_value_id conv =
            bg_conv(g, x, random_f32(g, SHAPE(2, 2, 3, 3), 1), EDY_NO_VALUE, 1, 1, 1);
        const edy_value_id norm =
            bg_batchnorm(g, conv, bg_f32(g, SHAPE(2), gamma), bg_f32(g, SHAPE(2), zero),
                         bg_f32(g, SHAPE(2), zero), bg_f32(g, SHAPE(2), var), 1e-5f);
        const edy_value_id scaled =
            bg_node(g, EDY_OP_MUL, norm, random_f32(g, SHAPE(1, 2, 1, 1), 7), EDY_NO_VALUE);
        const edy_value_id flat = bg_reshape(g, scaled, SHAPE(0, -1));
        const edy_value_id w =
            trans ? random_f32(g, SHAPE(4, 18), 2) : random_f32(g, SHAPE(18, 4), 2);
        const edy_value_id y = bg_node(g, EDY_OP_GEMM, flat, w, random_f32(g, SHAPE(4), 3));
        bg_last(g)->trans_b = trans;
        bg_last(g)->alpha = -0.5f;
        bg_last(g)->beta = 2.0f;
        bg_output(g, y);
        bg_infer(g);
        float *images_x = bg_random_floats(IMAGES * 18, 5);
        edy_graph *q = quantize(g, images_x);
        assert_int_equal(bg_count(q, EDY_OP_BATCHNORM), 0);
        const edy_node *gemm = bg_find(q, EDY_OP_GEMM);
        assert_float_equal(gemm->alpha, 1.0f, 0);
        assert_float_equal(gemm->beta, 1.0f, 0);
        check_all_integer(q);
        assert_true(worst_error(g, q, images_x) < 0.05);
        free(images_x);
        edy_graph_destroy(q);
        edy_graph_destroy(g);
    }
}

/* Branches that only the Concat reads have its scale, so that it is a copy; one that others read,
 * or whose clamp that scale would not imply, keeps its own. */
static void concat_shares_its_scale(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 4, 4));
    const edy_value_id w = random_f32(g, SHAPE(3, 2, 1, 1), 1);
    const edy_value_id a = bg_conv(g, x, w, EDY_NO_VALUE, 0, 1, 1);
    const edy_value_id b =
        bg_conv(g, a, random_f32(g, SHAPE(2, 3, 1, 1), 2), EDY_NO_VALUE, 0, 1, 1);
    const edy_value_id c = bg_clip(g, bg_conv(g, x, w, EDY_NO_VALUE, 0, 1, 1), 0.0f, INFINITY);
    const edy_value_id k = random_f32(g, SHAPE(1, 1, 4, 4), 3);
    const edy_value_id y = bg_node(g, EDY_OP_CONCAT, a, b, c);
    bg_last(g)->input[3] = k;
    bg_last(g)->n_inputs = 4;
    bg_output(g, bg_unary(g, EDY_OP_GLOBALAVGPOOL, y));
    bg_infer(g);
    float *images_x = bg_random_floats(IMAGES * 32, 5);
    edy_graph *q = quantize(g, images_x);
    assert_true(scale_of(q, b) == scale_of(q, y) && zero_point_of(q, b) == zero_point_of(q, y));
    assert_true(scale_of(q, a) != scale_of(q, y));
    assert_int_equal(zero_point_of(q, c), 0);
    assert_int_equal(bg_count(q, EDY_OP_RELU), 0);
    check_all_integer(q);
    check_names_are_unique(q);
    assert_true(worst_error(g, q, images_x) < 0.05);
    free(images_x);
    edy_graph_destroy(q);
    edy_graph_destroy(g);
}

static void softmax_stays_float(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 4));
    const edy_value_id y = bg_node(g, EDY_OP_GEMM, x, random_f32(g, SHAPE(4, 3), 1), EDY_NO_VALUE);
    const edy_value_id p = bg_unary(g, EDY_OP_SOFTMAX, y);
    bg_output(g, p);
    bg_infer(g);
    float *images_x = bg_random_floats(IMAGES * 4, 5);
    edy_graph *q = quantize(g, images_x);
    assert_int_equal(q->output[0], p);
    const edy_node *softmax = bg_find(q, EDY_OP_SOFTMAX);
    assert_int_equal(q->node[edy_graph_producer(q, softmax->input[0])].op, EDY_OP_DEQUANTIZE);
    free(images_x);
    edy_graph_destroy(q);
    edy_graph_destroy(g);
}

static void refuses_what_it_cannot_quantize(void **state) {
    (void)state;
    edy_error err = {0};
    edy_graph *g = bg_new(), *q;
    bg_output(g, bg_qdq(g, bg_input(g, SHAPE(1, 4)), 0.5f, 3, EDY_U8));
    bg_infer(g);
    edy_graph *other = bg_new();
    bg_output(other, bg_unary(other, EDY_OP_SOFTMAX, bg_input(other, SHAPE(1, 4))));
    bg_infer(other);
    float *images_x = bg_random_floats(IMAGES * 4, 5);
    edy_calibration *c = calibrate(other, images_x);
    assert_int_equal(edy_quantize(g, c, &q, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "quantized already"));
    assert_null(q);
    edy_graph_destroy(g);

    g = bg_new(); /* has a tensor that the calibration does not know */
    edy_value_id y = bg_input(g, SHAPE(1, 4));
    y = bg_node(g, EDY_OP_GEMM, y, random_f32(g, SHAPE(4, 2), 1), EDY_NO_VALUE);
    y = bg_node(g, EDY_OP_GEMM, y, random_f32(g, SHAPE(2, 2), 1), EDY_NO_VALUE);
    bg_output(g, y);
    bg_infer(g);
    assert_int_equal(edy_quantize(g, c, &q, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "no range for"));
    edy_calibration_destroy(c);
    edy_graph_destroy(g);
    edy_graph_destroy(other);
    free(images_x);

    g = bg_new(); /* 255 * 127 * 70000 leaves int32 */
    y = bg_input(g, SHAPE(1, 70000));
    bg_output(g, bg_node(g, EDY_OP_GEMM, y, random_f32(g, SHAPE(70000, 1), 1), EDY_NO_VALUE));
    bg_infer(g);
    images_x = bg_random_floats(IMAGES * 70000, 5);
    c = calibrate(g, images_x);
    assert_int_equal(edy_quantize(g, c, &q, &err), EDY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "70000 products"));
    edy_calibration_destroy(c);
    edy_graph_destroy(g);
    free(images_x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_network_becomes_all_integer),
        cmocka_unit_test(operands_follow_the_rules),
        cmocka_unit_test(residual_sum_is_quantized_on_both_sides),
        cmocka_unit_test(clamps_stay_where_the_range_does_not_imply_them),
        cmocka_unit_test(batch_norm_gemm_factors_and_constants_are_inside),
        cmocka_unit_test(concat_shares_its_scale),
        cmocka_unit_test(softmax_stays_float),
        cmocka_unit_test(refuses_what_it_cannot_quantize),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
