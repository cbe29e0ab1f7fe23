/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/layer_check.h"
#include "bench/winograd_bound.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The step that computes: the one with the node's work, or the last. */
static int32_t working_step(const edy_plan *plan) {
    int32_t best = 0;
    uint64_t most = 0;
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++) {
        const edy_plan_step s = edy_plan_step_at(plan, i);
        if (s.node && strcmp(s.node->name, "layer") == 0 && (s.macs >= most)) {
            best = i;
            most = s.macs;
        }
    }
    return best;
}

static edy_status plan_layer(const edy_layer_case *job, const edy_layer_data *d, edy_threads *pool,
                             edy_graph **graph, edy_plan **plan, edy_error *err) {
    const edy_plan_options options = {
        .backend = job->backend, .threads = pool, .keep_values = job->timer != NULL};
    const edy_status st = edy_layer_graph(d, graph, err);
    return st ? st : edy_plan_create(*graph, &options, plan, err);
}

static void run_and_compare(edy_case *c, const edy_layer_data *d, edy_plan *plan) {
    const bool s8 = d->dtype != EDY_LAYER_F32;
    const size_t bytes = d->y_count * (s8 ? sizeof(int8_t) : sizeof(float));
    if (edy_plan_output(plan, 0)->bytes != bytes) {
        edy_case_fail(c, "the plan's output has %zu bytes, not %zu",
                      edy_plan_output(plan, 0)->bytes, bytes);
        return;
    }
    void *y = edy_case_bytes(c, bytes);
    const void *const in[] = {s8 ? (const void *)d->x8 : (const void *)d->x, d->other};
    edy_plan_run(plan, in, &y);
    if (s8)
        edy_layer_compare_s8(c, d, y);
    else
        edy_layer_compare_f32(c, d, y);
}

/* The layer's step alone: without the copies in and out of the model's axes. */
static void time_step(edy_case *c, const edy_layer_case *job, const edy_layer_data *d,
                      edy_plan *plan) {
    const int32_t step = working_step(plan);
    const bool s8 = d->dtype != EDY_LAYER_F32;
    void *y = edy_case_bytes(c, edy_plan_output(plan, 0)->bytes);
    const void *const in[] = {s8 ? (const void *)d->x8 : (const void *)d->x, d->other};
    bool done = false;
    edy_plan_run(plan, in, &y);
    while (edy_call_again(job->timer, &done))
        edy_plan_run_step(plan, step);
}

static edy_oracle_tensor tensor(const float *data, int64_t n, int64_t ch, int64_t h, int64_t w) {
    edy_oracle_tensor t = {0};
    edy_error err;
    const edy_shape shape = edy_shape_make(4, (const int64_t[]){n, ch, h, w});
    if (data && edy_oracle_tensor_create(&shape, &t, &err) == EDY_OK)
        edy_oracle_tensor_load(&t, EDY_F32, data);
    return t;
}

/* The magnitudes start as those of bias and residual. */
static void bound_winograd(edy_case *c, edy_layer_data *d, const edy_node *node, size_t tile) {
    const edy_layer *l = d->layer;
    const edy_shape y = edy_shape_make(4, (const int64_t[]){l->in[0], l->out, d->out_h, d->out_w});
    edy_oracle_tensor x = tensor(d->x, l->in[0], l->in[3], l->in[1], l->in[2]);
    edy_oracle_tensor w = tensor(d->w, l->out, l->in[3], l->kernel[0], l->kernel[1]);
    const edy_oracle_tensor *in[] = {&x, &w};
    edy_error err = {0};
    d->winograd =
        (edy_oracle_bound){.magnitude = calloc(d->y_count, sizeof(double)), .count = d->y_count};
    if (!d->winograd.magnitude || !x.data || !w.data ||
        edy_winograd_bound(node, tile, in, &y, &d->winograd, &err))
        edy_case_fail(c, "no memory for Winograd's budget");
    for (size_t i = 0; d->winograd.magnitude && i < d->y_count; i++) {
        const size_t m = i / (size_t)(d->out_h * d->out_w) % (size_t)l->out;
        d->winograd.magnitude[i] += d->bias ? fabs((double)d->bias[m]) : 0.0;
        d->winograd.magnitude[i] += d->other ? fabs((double)d->other[i]) : 0.0;
    }
    edy_oracle_tensor_free(&x);
    edy_oracle_tensor_free(&w);
}

static void to_signs(float *x, size_t n, float unit) {
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > 0 ? unit : x[i] < 0 ? -unit : 0.0f;
}

/* Exact fill: weights of which Winograd's transforms are integers (multiples of 4, or of 24 * 24),
 * and signs as inputs, so that sums over thousands of channels stay below 2^24. Plans again. */
static edy_status plan_exactly(const edy_layer_case *job, edy_layer_data *d, size_t tile,
                               edy_threads *pool, edy_graph **graph, edy_plan **plan,
                               edy_error *err) {
    to_signs(d->w, d->w_count, tile == 4 ? 576.0f : 4.0f);
    edy_plan_destroy(*plan);
    edy_graph_destroy(*graph);
    *plan = NULL;
    *graph = NULL;
    return plan_layer(job, d, pool, graph, plan, err);
}

bool edy_layer_check(const edy_layer_case *job, edy_layer_verdict *v) {
    assert(edy_layer_has_dtype(job->layer->kind, job->dtype));
    const edy_kernel_problem p = {.fill = job->fill, .seed = job->seed};
    edy_case c = edy_case_begin(edy_layer_kind_text(job->layer->kind), &p, &v->of);
    edy_layer_data d = {.layer = job->layer, .dtype = job->dtype};
    edy_threads *pool = NULL;
    edy_graph *graph = NULL;
    edy_plan *plan = NULL;
    edy_error err = {0};
    v->kernel[0] = '\0';
    edy_layer_draw(&c, &d);
    const unsigned threads = 1 + (unsigned)edy_random_below(&c.random, 3);
    edy_status st = edy_threads_create(job->timer ? 1 : threads, NULL, NULL, &pool, &err);
    st = st ? st : plan_layer(job, &d, pool, &graph, &plan, &err);
    const size_t winograd = st ? 0 : edy_plan_step_at(plan, working_step(plan)).winograd;
    const bool exact = winograd && job->fill == EDY_FILL_EXACT;
    if (exact)
        st = plan_exactly(job, &d, winograd, pool, &graph, &plan, &err);
    if (st) {
        edy_case_fail(&c, "no plan: %s", err.message);
    } else {
        const edy_plan_step step = edy_plan_step_at(plan, working_step(plan));
        snprintf(v->kernel, sizeof v->kernel, "%s", step.kernel);
        const bool spoil = job->fill == EDY_FILL_EXTREME && edy_case_chance(&c, 3);
        edy_layer_draw_x(&c, &d, spoil && !winograd);
        if (exact)
            to_signs(d.x, d.x_count, 1.0f);
        else if (winograd)
            bound_winograd(&c, &d, step.node, winograd);
        if (job->timer)
            time_step(&c, job, &d, plan);
        else
            run_and_compare(&c, &d, plan);
        edy_oracle_bound_free(&d.winograd);
    }
    edy_plan_destroy(plan);
    edy_graph_destroy(graph);
    edy_threads_destroy(pool);
    return edy_case_end(&c);
}
