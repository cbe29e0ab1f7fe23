/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Integer Winograd through the whole plan: the same bytes as scalar's direct convolution, also with
 * weights so large that the input channels must be summed in parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/passes/tests/build_graph.h"

typedef struct problem {
    int64_t c, h, w, m, pad;
    int smallest, largest; /* weights are drawn from these and the values between */
    int x_zero, w_zero;
} problem;

/* Every weight at its largest is the worst case for the sums. */
static const problem problems[] = {
    /* Tiles of 4x4 in parts: one sum over all channels would leave 26 bits. */
    {600, 16, 16, 48, 1, 127, 127, 255, 0},   {500, 12, 16, 40, 1, -128, -127, 0, 0},
    {16, 8, 8, 16, 1, -127, 127, 128, 0},     {21, 9, 11, 24, 1, -128, 127, 3, 0},
    {64, 7, 30, 70, 0, 127, 127, 0, 0},       {260, 6, 6, 32, 1, -128, -128, 255, 0},
    {600, 8, 8, 17, 1, 127, 127, 255, 0},     {1100, 4, 4, 40, 1, -127, 127, 7, 0},
    {700, 12, 9, 20, 2, -128, -127, 0, 0},    {64, 12, 12, 64, 1, -128, 127, 100, 1},
    {64, 12, 12, 64, 1, -120, 120, 100, -20},
};

static edy_graph *graph_of(const problem *p) {
    const size_t count = (size_t)(p->m * p->c * 9);
    int8_t *w = malloc(count);
    int32_t *bias = malloc((size_t)p->m * sizeof *bias);
    assert_non_null(w);
    assert_non_null(bias);
    uint32_t seed = 7;
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        w[i] =
            (int8_t)(p->smallest + (int)((seed >> 16) % (uint32_t)(p->largest - p->smallest + 1)));
    }
    for (int64_t i = 0; i < p->m; i++)
        bias[i] = (int32_t)(i * 1000 - 3000);
    edy_graph *g = bg_new();
    const float scale = 0.05f, ws = 0.002f, product = scale * ws;
    /* So wide that outputs don't saturate, which would hide a sum that wrapped. */
    const float middle = 0.5f * fabsf((float)(p->smallest + p->largest - 2 * p->w_zero));
    const float mean = middle * ws * 9.0f * (float)p->c * 4.5f;
    const float spread = sqrtf(9.0f * (float)p->c) * 128.0f * ws * 5.0f;
    const edy_value_id x =
        bg_qdq(g, bg_input(g, SHAPE(1, p->c, p->h, p->w)), scale, p->x_zero, EDY_U8);
    const edy_value_id wq = bg_const(g, EDY_S8, SHAPE(p->m, p->c, 3, 3), w);
    const edy_value_id bq = bg_const(g, EDY_S32, SHAPE(p->m), bias);
    const edy_value_id wf = bg_dequantize(g, wq, ws, p->w_zero);
    const edy_value_id bf = bg_node(g, EDY_OP_DEQUANTIZE, bq, bg_scalar(g, product), EDY_NO_VALUE);
    const edy_value_id y = bg_conv(g, x, wf, bf, p->pad, 1, 1);
    bg_output(g, bg_quantize(g, y, (mean + 3.0f * spread) / 100.0f, 120, EDY_U8));
    bg_infer(g);
    free(w);
    free(bias);
    return g;
}

/* Fills out, malloc'ed; *winograd: is that a kernel of the plan? */
static void run(const edy_graph *g, const edy_backend *backend, unsigned threads, int64_t batch,
                const float *x, uint8_t **out, size_t *bytes, bool *winograd) {
    edy_threads *pool;
    edy_plan *plan;
    edy_error err = {0};
    assert_int_equal(edy_threads_create(threads, NULL, NULL, &pool, &err), EDY_OK);
    const edy_plan_options options = {.backend = backend, .threads = pool, .batch = batch};
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s: %s", backend->name, err.message);
    *bytes = edy_plan_output(plan, 0)->bytes;
    *out = malloc(*bytes);
    assert_non_null(*out);
    edy_plan_run(plan, (const void *const[]){x}, (void *const[]){*out});
    *winograd = false;
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        *winograd |= strstr(edy_plan_step_at(plan, i).kernel, "winograd") != NULL;
    edy_plan_destroy(plan);
    edy_threads_destroy(pool);
}

static void bytes_are_those_of_the_direct_way(void **state) {
    (void)state;
    const edy_backend *scalar;
    edy_error err;
    assert_int_equal(edy_backend_find("scalar", &scalar, &err), EDY_OK);
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *backend = edy_backend_at(i);
        if (backend == scalar || !edy_backend_runs_here(backend))
            continue;
        const edy_kernels k = edy_backend_kernels(backend);
        size_t used = 0;
        for (size_t j = 0; j < sizeof problems / sizeof problems[0]; j++) {
            const problem *p = &problems[j];
            edy_graph *g = graph_of(p);
            float *x = bg_random_floats((size_t)(3 * p->c * p->h * p->w), 5);
            for (int64_t e = 0; e < 3 * p->c * p->h * p->w; e++)
                x[e] *= 9.0f; /* beyond what the quantizer holds at either end */
            uint8_t *want, *got;
            size_t want_bytes, got_bytes;
            bool winograd;
            run(g, scalar, 1, 3, x, &want, &want_bytes, &winograd);
            for (unsigned threads = 1; threads <= 3; threads += 2) {
                run(g, backend, threads, 3, x, &got, &got_bytes, &winograd);
                assert_int_equal(got_bytes, want_bytes);
                for (size_t b = 0; b < got_bytes; b++)
                    if (got[b] != want[b])
                        fail_msg("%s, problem %zu, %u threads: byte %zu is %d, not %d",
                                 backend->name, j, threads, b, got[b], want[b]);
                free(got);
            }
            used += winograd;
            free(x);
            free(want);
            edy_graph_destroy(g);
        }
        if (k.s16_dense.name && k.s16_dense.cost == 1)
            assert_true(used >= 5); /* or the test has tested nothing */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_are_those_of_the_direct_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
