/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Concat: any axis, both layouts, no transposes between channels, integers by tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/passes.h"
#include "engine/passes/tests/build_graph.h"

static edy_value_id concat(edy_graph *g, const edy_value_id *inputs, int32_t n, int64_t axis) {
    const edy_value_id y = bg_unary(g, EDY_OP_CONCAT, inputs[0]);
    edy_node *node = bg_last(g);
    for (int32_t i = 0; i < n; i++)
        node->input[i] = inputs[i];
    node->n_inputs = n;
    node->axis = axis;
    return y;
}

/* y[i] along the axis, by coordinates: what Concat means. Both inputs have the same shape but for
 * the axis. */
static void check_axis(edy_shape a, edy_shape b, int64_t axis) {
    edy_graph *g = bg_new();
    const size_t na = edy_shape_count(&a), nb = edy_shape_count(&b);
    float *xa = bg_random_floats(na, 1), *xb = bg_random_floats(nb, 2);
    const edy_value_id inputs[2] = {bg_input(g, a), bg_f32(g, b, xb)};
    bg_output(g, concat(g, inputs, 2, axis));
    bg_infer(g);
    size_t bytes, inner = 1;
    float *y = bg_run(g, xa, &bytes);
    assert_int_equal(bytes, (na + nb) * sizeof *y);
    const int64_t at = axis < 0 ? axis + a.rank : axis;
    for (int32_t d = (int32_t)at; d < a.rank; d++)
        inner *= (size_t)a.dim[d];
    const size_t inner_b = inner / (size_t)a.dim[at] * (size_t)b.dim[at];
    for (size_t i = 0; i < na + nb; i++) {
        const size_t row = i / (inner + inner_b), k = i % (inner + inner_b);
        const float want = k < inner ? xa[row * inner + k] : xb[row * inner_b + k - inner];
        if (y[i] != want)
            fail_msg("axis %d, element %zu: %g, not %g", (int)axis, i, (double)y[i], (double)want);
    }
    free(y);
    free(xa);
    free(xb);
    edy_graph_destroy(g);
}

static void every_axis(void **state) {
    (void)state;
    for (int32_t axis = -4; axis < 4; axis++) {
        edy_shape a = SHAPE(2, 3, 4, 5), b = a;
        b.dim[axis < 0 ? axis + 4 : axis] = 2;
        check_axis(a, b, axis);
    }
    check_axis(SHAPE(2, 3), SHAPE(2, 1), 1);
    check_axis(SHAPE(3), SHAPE(4), 0);
    check_axis(SHAPE(1, 2, 100, 3, 90), SHAPE(1, 2, 41, 3, 90), 2); /* many items of work */
}

/* Pools work on NHWC: x -> two pools -> Concat -> pool. */
static edy_graph *branches(int64_t axis) {
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(2, 3, 4, 5));
    const edy_value_id a = bg_pool(g, EDY_OP_MAXPOOL, x, 1, 1);
    const edy_value_id b = bg_pool(g, EDY_OP_AVGPOOL, x, 1, 1);
    const edy_value_id c = concat(g, (const edy_value_id[]){a, b, a}, 3, axis);
    bg_output(g, bg_pool(g, EDY_OP_MAXPOOL, c, 1, 1));
    bg_infer(g);
    return g;
}

static void branches_need_no_transposes(void **state) {
    (void)state;
    for (int64_t axis = 0; axis < 4; axis++) {
        edy_graph *g = branches(axis);
        float *x = bg_random_floats(120, 3);
        size_t bytes;
        float *y = bg_run(g, x, &bytes);
        size_t inner = 1;
        for (int32_t d = (int32_t)axis; d < 4; d++)
            inner *= (size_t)g->value[0].shape.dim[d];
        for (size_t i = 0; i < 360; i++)
            assert_true(y[i] == x[i / (3 * inner) * inner + i % inner]);
        bg_pass(g, edy_pass_assign_layout);
        assert_int_equal(bg_count(g, EDY_OP_LAYOUT), 2); /* the graph's ends */
        assert_int_equal(g->value[bg_find(g, EDY_OP_CONCAT)->output[0]].layout, EDY_LAYOUT_NHWC);
        free(x);
        free(y);
        edy_graph_destroy(g);
    }
}

static void plain_and_nhwc_meet(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 2, 3));
    const edy_value_id p = bg_pool(g, EDY_OP_MAXPOOL, x, 1, 1);
    bg_output(g, concat(g, (const edy_value_id[]){x, p}, 2, 1));
    bg_infer(g);
    float *in = bg_random_floats(12, 4);
    size_t bytes;
    float *y = bg_run(g, in, &bytes);
    assert_memory_equal(y, in, 12 * sizeof *y);
    assert_memory_equal(y + 12, in, 12 * sizeof *y);
    bg_pass(g, edy_pass_assign_layout);
    assert_int_equal(bg_count(g, EDY_OP_LAYOUT), 2); /* x once for both, and the output */
    free(in);
    free(y);
    edy_graph_destroy(g);
}

/* x (scale 0.5, zero 100) and 2 * x beside it, as u8 with scale ys. */
static void check_integers(float ys, int yz) {
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 1, 1, 256));
    const edy_value_id a = bg_qdq(g, x, 0.5f, 100, EDY_U8);
    const edy_value_id b = bg_qdq(g, a, 0.25f, 30, EDY_U8);
    const edy_value_id y = concat(g, (const edy_value_id[]){a, b}, 2, 1);
    bg_output(g, bg_quantize(g, y, ys, yz, EDY_U8));
    bg_infer(g);
    float in[256];
    for (int i = 0; i < 256; i++)
        in[i] = 0.5f * (float)(i - 100);
    size_t bytes;
    uint8_t *got = bg_run(g, in, &bytes);
    assert_int_equal(bytes, 512);
    for (int i = 0; i < 512; i++) {
        const float q = i < 256 ? in[i] : nearbyintf(in[i - 256] / 0.25f);
        const float real = i < 256 ? q : 0.25f * fminf(fmaxf(q, -30), 225);
        const float want = fminf(fmaxf(nearbyintf(real / ys), (float)-yz), (float)(255 - yz));
        assert_int_equal(got[i], (int)want + yz);
    }
    free(got);
    edy_plan *plan;
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    const edy_plan_step last = edy_plan_step_at(plan, edy_plan_step_count(plan) - 1);
    assert_int_equal(last.node->op, EDY_OP_CONCAT);
    assert_string_not_equal(last.kernel, "concat copy");
    edy_plan_destroy(plan);
    bg_pass(g, edy_pass_lower_quantized);
    assert_int_equal(bg_count(g, EDY_OP_DEQUANTIZE), 1); /* between the two scales of x */
    edy_graph_destroy(g);
}

static void integers_change_their_scale(void **state) {
    (void)state;
    check_integers(0.5f, 100);
    check_integers(0.25f, 30);
    check_integers(0.37f, 128);
    check_integers(2.0f, 0);
}

static void one_scale_is_a_copy(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id a = bg_qdq(g, bg_input(g, SHAPE(1, 2, 2, 2)), 0.5f, 100, EDY_U8);
    const edy_value_id y = concat(g, (const edy_value_id[]){a, a}, 2, 1);
    bg_output(g, bg_qdq(g, y, 0.5f, 100, EDY_U8));
    bg_infer(g);
    edy_plan *plan;
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    bool found = false;
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        found = found || strcmp(edy_plan_step_at(plan, i).kernel, "concat copy") == 0;
    assert_true(found);
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

static void signs_must_agree(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 2, 2, 2));
    const edy_value_id a = bg_qdq(g, x, 0.5f, 100, EDY_U8), b = bg_qdq(g, x, 0.5f, 0, EDY_S8);
    const edy_value_id y = concat(g, (const edy_value_id[]){a, b}, 2, 1);
    bg_output(g, bg_qdq(g, y, 0.5f, 100, EDY_U8));
    bg_infer(g);
    bg_pass(g, edy_pass_lower_quantized);
    assert_int_equal(g->value[bg_find(g, EDY_OP_CONCAT)->output[0]].dtype, EDY_F32);
    edy_graph_destroy(g);
}

static void refused(edy_graph *g, edy_status code, const char *part) {
    edy_error err = {0};
    assert_int_equal(edy_graph_infer(g, &err), code);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not hold \"%s\"", err.message, part);
    edy_graph_destroy(g);
}

static void refusals(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        edy_graph *g = bg_new();
        const edy_value_id x = bg_input(g, SHAPE(1, 2, 3, 4));
        const edy_value_id other = bg_input(g, i == 1 ? SHAPE(1, 2, 3) : SHAPE(1, 2, 2, 4));
        if (i == 2)
            g->value[other].dtype = EDY_S64;
        if (i == 3)
            g->value[other].dtype = EDY_S8;
        bg_output(g, concat(g, (const edy_value_id[]){x, other}, 2, i == 0 ? 4 : 1));
        if (i == 4)
            bg_last(g)->input[1] = EDY_NO_VALUE;
        static const char *const parts[] = {
            "axis 4 of an input with 4 dimensions", "input 1 is 1x2x3, which does not fit 1x2x3x4",
            "an input of dtype", "inputs of dtype", "input 1 is missing"};
        refused(g, i == 2 ? EDY_UNSUPPORTED : EDY_BAD_FILE, parts[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_axis),
        cmocka_unit_test(branches_need_no_transposes),
        cmocka_unit_test(plain_and_nhwc_meet),
        cmocka_unit_test(integers_change_their_scale),
        cmocka_unit_test(one_scale_is_a_copy),
        cmocka_unit_test(signs_must_agree),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
