/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/profile.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peer.h"
#include "bench/stats.h"

/* ---- Classes --------------------------------------------------------------------------------- */

const char *edy_layer_class_key(edy_layer_class c) {
#define EDY_CLASS_KEY(name, key, text) key,
    static const char *const keys[] = {EDY_LAYER_CLASS_MAP(EDY_CLASS_KEY)};
#undef EDY_CLASS_KEY
    return keys[c];
}

const char *edy_layer_class_text(edy_layer_class c) {
#define EDY_CLASS_TEXT(name, key, text) text,
    static const char *const texts[] = {EDY_LAYER_CLASS_MAP(EDY_CLASS_TEXT)};
#undef EDY_CLASS_TEXT
    return texts[c];
}

edy_layer_class edy_layer_class_of(const edy_graph *g, const edy_node *n) {
    if (n->op == EDY_OP_GEMM)
        return EDY_LAYER_DENSE;
    if (n->op != EDY_OP_CONV)
        return EDY_LAYER_REST;
    const int64_t in = g->value[n->input[EDY_IN_X]].shape.dim[1];
    const int64_t out = g->value[n->output[0]].shape.dim[1];
    const edy_window *w = &n->window;
    if (w->groups > 1 && w->groups == in && w->groups == out)
        return EDY_LAYER_DEPTHWISE;
    if (w->groups == 1 && in <= 4)
        return EDY_LAYER_FIRST;
    return w->groups == 1 && w->kernel[0] == 1 && w->kernel[1] == 1 ? EDY_LAYER_POINTWISE
                                                                    : EDY_LAYER_WINDOW;
}

/* ---- Figures --------------------------------------------------------------------------------- */

edy_peaks edy_peaks_measure(const edy_backend *backend, const edy_clock *clock) {
    edy_peaks p = {.ops = {NAN, NAN}};
    for (int integer = 0; integer < 2; integer++) {
        p.loop[integer] = edy_peak_loop_for(backend, integer);
        if (p.loop[integer])
            p.ops[integer] = edy_peak_measure(p.loop[integer], clock->now_ns, clock->context);
    }
    return p;
}

/* best_ns: the time that the operations would take at the peak; NAN where unknown. */
static void set_rate(edy_profile_rate *r, double all_ns, double best_ns) {
    r->share = all_ns > 0 ? r->ns / all_ns : 0;
    r->gops = r->macs && r->ns > 0 ? 2 * (double)r->macs / r->ns : NAN;
    r->of_peak = r->macs && r->ns > 0 ? best_ns / r->ns : NAN;
}

static void add_rate(edy_profile_rate *sum, const edy_profile_rate *r) {
    sum->ns += r->ns;
    sum->macs += r->macs;
}

void edy_profile_sum(edy_profile *p) {
    const edy_graph *g = edy_plan_graph(p->plan);
    double best[EDY_LAYER_CLASSES] = {0}, best_of_all = 0;
    p->all = (edy_profile_rate){0};
    memset(p->by, 0, sizeof p->by);
    memset(p->steps_by, 0, sizeof p->steps_by);
    for (int32_t i = 0; i < p->n; i++) {
        p->step[i].macs = edy_plan_step_at(p->plan, i).macs;
        add_rate(&p->all, &p->step[i]);
    }
    for (int32_t i = 0; i < p->n; i++) {
        const edy_node *n = edy_plan_step_at(p->plan, i).node;
        const edy_layer_class c = edy_layer_class_of(g, n);
        const bool integer = g->value[n->output[0]].dtype == EDY_S8;
        const double ops = 2 * (double)p->step[i].macs;
        const double best_ns = ops > 0 ? 1e9 * ops / (p->peaks.ops[integer] * p->threads) : 0;
        set_rate(&p->step[i], p->all.ns, best_ns);
        add_rate(&p->by[c], &p->step[i]);
        p->steps_by[c]++;
        best[c] += best_ns;
        best_of_all += best_ns;
    }
    for (int c = 0; c < EDY_LAYER_CLASSES; c++)
        set_rate(&p->by[c], p->all.ns, best[c]);
    set_rate(&p->all, p->all.ns, best_of_all);
}

/* ---- Measuring ------------------------------------------------------------------------------- */

typedef struct session {
    edy_plan *plan;
    const edy_clock *clock;
    void **input, **output;
    double *sample; /* [steps + 1][EDY_PROFILE_MOST_RUNS]; the last row: whole runs */
} session;

static void close_session(session *s) {
    for (int32_t i = 0; s->input && i < edy_plan_input_count(s->plan); i++)
        free(s->input[i]);
    for (int32_t i = 0; s->output && i < edy_plan_output_count(s->plan); i++)
        free(s->output[i]);
    free(s->input);
    free(s->output);
    free(s->sample);
}

static edy_status open_session(session *s, uint64_t seed, edy_error *err) {
    const int32_t n_in = edy_plan_input_count(s->plan), n_out = edy_plan_output_count(s->plan);
    const size_t rows = (size_t)edy_plan_step_count(s->plan) + 1;
    s->input = calloc((size_t)n_in + 1, sizeof *s->input);
    s->output = calloc((size_t)n_out + 1, sizeof *s->output);
    s->sample = calloc(rows * EDY_PROFILE_MOST_RUNS, sizeof *s->sample);
    bool ok = s->input && s->output && s->sample;
    for (int32_t i = 0; ok && i < n_in; i++) {
        const edy_plan_port *port = edy_plan_input(s->plan, i);
        ok = (s->input[i] = malloc(port->bytes + 1)) != NULL;
        if (ok)
            edy_peer_fill(port->dtype, port->bytes / edy_dtype_bytes(port->dtype),
                          seed + (uint64_t)i, s->input[i]);
    }
    for (int32_t i = 0; ok && i < n_out; i++)
        ok = (s->output[i] = malloc(edy_plan_output(s->plan, i)->bytes + 1)) != NULL;
    return ok ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "no memory for the profile");
}

static double run_whole(const session *s) {
    const int64_t begun = edy_now_ns(s->clock);
    edy_plan_run(s->plan, (const void *const *)s->input, s->output);
    return (double)(edy_now_ns(s->clock) - begun);
}

/* One reading of the clock between two steps. The inputs are put in place again, since a step may
 * have written over them; one that no step reads has no place, which does no harm. */
static void run_steps(const session *s, size_t run) {
    edy_error ignored;
    const edy_graph *g = edy_plan_graph(s->plan);
    for (int32_t i = 0; i < edy_plan_input_count(s->plan); i++)
        edy_plan_write(s->plan, g->input[i], s->input[i],
                       edy_plan_input(s->plan, i)->bytes / edy_plan_groups(s->plan), &ignored);
    int64_t begun = edy_now_ns(s->clock);
    for (int32_t i = 0; i < edy_plan_step_count(s->plan); i++) {
        edy_plan_run_step(s->plan, i);
        const int64_t now = edy_now_ns(s->clock);
        s->sample[(size_t)i * EDY_PROFILE_MOST_RUNS + run] = (double)(now - begun);
        begun = now;
    }
}

/* How many runs of both kinds take about a second. */
static size_t choose_runs(double whole_ns) {
    const double fit = whole_ns > 0 ? 0.5e9 / whole_ns : EDY_PROFILE_MOST_RUNS;
    return fit < EDY_PROFILE_FEWEST_RUNS ? EDY_PROFILE_FEWEST_RUNS
           : fit > EDY_PROFILE_MOST_RUNS ? EDY_PROFILE_MOST_RUNS
                                         : (size_t)fit;
}

static double median_of(double *values, size_t n) {
    edy_sort(values, n);
    return edy_median_sorted(values, n);
}

static void measure(const session *s, edy_profile *p, size_t runs) {
    run_whole(s);
    const double once = run_whole(s);
    double *whole = s->sample + (size_t)p->n * EDY_PROFILE_MOST_RUNS;
    p->runs = runs ? runs : choose_runs(once);
    for (size_t r = 0; r < p->runs; r++) {
        whole[r] = run_whole(s);
        run_steps(s, r);
    }
    for (int32_t i = 0; i < p->n; i++)
        p->step[i].ns = median_of(s->sample + (size_t)i * EDY_PROFILE_MOST_RUNS, p->runs);
    p->whole_ns = median_of(whole, p->runs);
    edy_profile_sum(p);
}

edy_status edy_profile_measure(edy_plan *plan, const edy_profile_options *options,
                               edy_profile **out, edy_error *err) {
    assert(!options->runs ||
           (options->runs >= EDY_PROFILE_FEWEST_RUNS && options->runs <= EDY_PROFILE_MOST_RUNS));
    session s = {.plan = plan, .clock = options->clock};
    edy_profile *p = calloc(1, sizeof *p);
    if (!p)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the profile");
    *p = (edy_profile){.plan = plan,
                       .peaks = options->peaks,
                       .threads = options->threads,
                       .n = edy_plan_step_count(plan),
                       .reading_ns = edy_clock_measure(options->clock).overhead_ns};
    p->step = calloc((size_t)p->n + 1, sizeof *p->step);
    edy_status st = p->step ? open_session(&s, options->seed, err)
                            : edy_fail(err, EDY_NO_MEMORY, "no memory for the profile");
    if (st)
        goto fail;
    measure(&s, p, options->runs);
    close_session(&s);
    *out = p;
    return EDY_OK;
fail:
    close_session(&s);
    edy_profile_destroy(p);
    return st;
}

void edy_profile_destroy(edy_profile *profile) {
    if (!profile)
        return;
    free(profile->step);
    free(profile);
}
