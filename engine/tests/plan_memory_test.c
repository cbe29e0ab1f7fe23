/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Outputs that take the place of an input: where it is safe they do, where not they don't, and the
 * numbers are those of a plan that keeps every value apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/tests/build_graph.h"

enum { CHANNELS = 8, PIXELS = 35, ELEMS = CHANNELS * PIXELS };

static edy_value_id conv(edy_graph *g, edy_value_id x, uint64_t seed) {
    float *w = bg_random_floats(CHANNELS * CHANNELS * 9, seed);
    const edy_value_id y =
        bg_conv(g, x, bg_f32(g, SHAPE(CHANNELS, CHANNELS, 3, 3), w), EDY_NO_VALUE, 1, 1, 1);
    free(w);
    return y;
}

typedef struct result {
    float out[2][ELEMS];
    size_t arena, bound;
} result;

static void run(const edy_graph *g, const edy_backend *backend, bool keep, result *r) {
    const edy_plan_options options = {.backend = backend, .keep_values = keep};
    edy_plan *plan;
    edy_error err = {0};
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s", err.message);
    float *x = bg_random_floats(ELEMS, 1);
    const void *in[] = {x};
    void *out[] = {r->out[0], r->out[1]};
    assert_int_equal(edy_plan_output(plan, 0)->bytes, sizeof r->out[0]);
    edy_plan_run(plan, in, out);
    edy_plan_run(plan, in, out); /* what the first run overwrote is made anew */
    r->arena = edy_plan_memory_use(plan).arena_bytes;
    r->bound = edy_plan_memory_use(plan).arena_lower_bound_bytes;
    edy_plan_destroy(plan);
    free(x);
}

/* Every backend: same numbers with and without sharing. Returns whether memory was saved. */
static bool check(edy_graph *g) {
    bool saved = false;
    bg_infer(g);
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *backend = edy_backend_at(i);
        if (!edy_backend_runs_here(backend))
            continue;
        result shared = {0}, apart = {0};
        run(g, backend, false, &shared);
        run(g, backend, true, &apart);
        assert_memory_equal(shared.out, apart.out, sizeof shared.out);
        assert_int_equal(shared.bound, apart.bound);
        saved = shared.arena < shared.bound;
    }
    edy_graph_destroy(g);
    return saved;
}

static void a_residual_that_dies_is_overwritten(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, CHANNELS, 5, 7));
    const edy_value_id a = conv(g, x, 2), b = conv(g, a, 3);
    const edy_value_id sum = bg_node(g, EDY_OP_ADD, conv(g, b, 4), a, EDY_NO_VALUE);
    bg_output(g, conv(g, sum, 5));
    assert_true(check(g));
}

static void one_that_is_read_later_is_not(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, CHANNELS, 5, 7));
    const edy_value_id a = conv(g, x, 2);
    const edy_value_id sum = bg_node(g, EDY_OP_ADD, conv(g, a, 4), a, EDY_NO_VALUE);
    bg_output(g, bg_node(g, EDY_OP_MUL, conv(g, sum, 5), a, EDY_NO_VALUE));
    check(g);
}

static void an_output_of_the_graph_stays(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, CHANNELS, 5, 7));
    const edy_value_id a = conv(g, x, 2);
    bg_output(g, bg_node(g, EDY_OP_ADD, conv(g, a, 4), a, EDY_NO_VALUE));
    bg_output(g, a);
    check(g);
}

/* The sum of a value and itself, and chains of elementwise layers and of reshapes. */
static void elementwise_layers_share(void **state) {
    (void)state;
    edy_graph *g = bg_new();
    const edy_value_id x = bg_input(g, SHAPE(1, CHANNELS, 5, 7));
    const edy_value_id twice = bg_node(g, EDY_OP_ADD, x, x, EDY_NO_VALUE);
    const edy_value_id flat = bg_reshape(g, twice, SHAPE(1, ELEMS));
    const edy_value_id back = bg_reshape(g, flat, SHAPE(1, CHANNELS, 5, 7));
    const edy_value_id square = bg_node(g, EDY_OP_MUL, back, x, EDY_NO_VALUE);
    bg_output(g, bg_clip(g, bg_node(g, EDY_OP_ADD, square, back, EDY_NO_VALUE), -1.0f, 1.0f));
    bg_output(g, flat);
    check(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_residual_that_dies_is_overwritten),
        cmocka_unit_test(one_that_is_read_later_is_not),
        cmocka_unit_test(an_output_of_the_graph_stays),
        cmocka_unit_test(elementwise_layers_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
