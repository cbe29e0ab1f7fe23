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

static edy_value_id random_conv(edy_graph *g, edy_value_id x, int64_t to, int64_t from,
                                int64_t kernel, int64_t groups, bool quantized) {
    const edy_shape shape = SHAPE(to, from / groups, kernel, kernel);
    float *w = bg_random_floats(edy_shape_count(&shape), (uint64_t)(to + kernel));
    edy_value_id weights;
    if (quantized) {
        int8_t q[1024];
        assert_true(edy_shape_count(&shape) <= sizeof q);
        for (size_t i = 0; i < edy_shape_count(&shape); i++)
            q[i] = (int8_t)(127 * w[i]);
        const edy_value_id c = bg_const(g, EDY_S8, shape, q);
        weights = bg_dequantize(g, c, 0.01f, 0);
    } else {
        weights = bg_f32(g, shape, w);
    }
    free(w);
    const edy_value_id y = bg_conv(g, x, weights, EDY_NO_VALUE, kernel / 2, 1, groups);
    return quantized ? bg_qdq(g, y, 0.05f, 120, EDY_U8) : y;
}

/* Four convolutions, the third of them depthwise and the fourth read twice, side by side. */
static edy_graph *four_layers(bool quantized) {
    edy_graph *g = bg_new();
    edy_value_id x = bg_input(g, SHAPE(3, 6, 5, 7));
    if (quantized)
        x = bg_qdq(g, x, 0.01f, 128, EDY_U8);
    const edy_value_id a = random_conv(g, x, 17, 6, 1, 1, quantized);
    const edy_value_id b = random_conv(g, x, 10, 6, 5, 2, quantized);
    const edy_value_id c = random_conv(g, x, 6, 6, 3, 6, quantized);
    const edy_value_id d = random_conv(g, x, 9, 6, 1, 1, quantized);
    edy_value_id y = concat(g, (const edy_value_id[]){a, b, c, d}, 4, 1);
    if (quantized)
        y = bg_qdq(g, y, 0.05f, 120, EDY_U8);
    bg_output(g, random_conv(g, y, 8, 42, 1, 1, quantized));
    bg_output(g, d);
    bg_infer(g);
    return g;
}

static void *run_four(const edy_graph *g, const edy_backend *backend, bool keep, const float *x,
                      size_t *bytes) {
    edy_plan *plan;
    edy_error err = {0};
    const edy_plan_options options = {.backend = backend, .keep_values = keep};
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s", err.message);
    *bytes = edy_plan_output(plan, 0)->bytes;
    void *y = malloc(*bytes), *d = malloc(edy_plan_output(plan, 1)->bytes);
    edy_plan_run(plan, (const void *const[]){x}, (void *const[]){y, d});
    free(d);
    edy_plan_destroy(plan);
    return y;
}

/* Whether the maker of each of the Concat's inputs writes into its output: dense layers that only
 * the Concat reads do. */
static void check_places(const edy_graph *g) {
    edy_plan *plan;
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    const edy_node *n = bg_find(edy_plan_graph(plan), EDY_OP_CONCAT);
    size_t offset, bytes;
    int32_t first, last;
    const bool inside[4] = {true, true, false, false};
    for (int i = 0; i < 4; i++)
        assert_int_equal(!edy_plan_place(plan, n->input[i], &offset, &bytes, &first, &last),
                         inside[i]);
    edy_plan_destroy(plan);
}

static void layers_write_into_the_result(void **state) {
    (void)state;
    float *x = bg_random_floats(3 * 6 * 35, 6);
    for (int quantized = 0; quantized < 2; quantized++) {
        edy_graph *g = four_layers(quantized);
        check_places(g);
        for (size_t i = 0; i < edy_backend_count(); i++) {
            if (!edy_backend_runs_here(edy_backend_at(i)))
                continue;
            size_t bytes, same;
            void *want = run_four(g, edy_backend_at(i), true, x, &bytes);
            void *got = run_four(g, edy_backend_at(i), false, x, &same);
            assert_int_equal(bytes, same);
            assert_memory_equal(want, got, bytes);
            free(want);
            free(got);
        }
        edy_graph_destroy(g);
    }
    free(x);
}

/* Where all inputs are written there nothing is left to do; they can be read and written still. */
static void nothing_is_left_to_copy(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, 6, 3, 3));
    const edy_value_id a = random_conv(g, x, 5, 6, 1, 1, false);
    const edy_value_id b = random_conv(g, x, 4, 6, 1, 1, false);
    bg_output(g, concat(g, (const edy_value_id[]){a, b}, 2, 1));
    bg_infer(g);
    edy_plan *plan;
    assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
    float *in = bg_random_floats(54, 7), got[36], out[81], set[36];
    edy_plan_run(plan, (const void *const[]){in}, (void *const[]){out});
    const edy_node *n = bg_find(edy_plan_graph(plan), EDY_OP_CONCAT);
    assert_int_equal(edy_plan_read(plan, n->input[1], got, sizeof got, NULL), EDY_OK);
    assert_memory_equal(got, out + 45, sizeof got);
    for (int i = 0; i < 36; i++)
        set[i] = (float)i;
    assert_int_equal(edy_plan_write(plan, n->input[1], set, sizeof set, NULL), EDY_OK);
    assert_int_equal(edy_plan_read(plan, n->output[0], out, sizeof out, NULL), EDY_OK);
    assert_memory_equal(set, out + 45, sizeof set);
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        if (edy_plan_step_at(plan, i).node == n)
            assert_string_equal(edy_plan_step_at(plan, i).kernel, "in place");
    edy_plan_destroy(plan);
    free(in);
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
            "inputs of dtype", "inputs of dtype", "input 1 is missing"};
        refused(g, EDY_BAD_FILE, parts[i]);
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
        cmocka_unit_test(layers_write_into_the_result),
        cmocka_unit_test(nothing_is_left_to_copy),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
