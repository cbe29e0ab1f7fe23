/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/walk_row.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CASE_SECONDS = 600 }; /* the largest layers take minutes under emulation */

/* One row being walked. */
typedef struct walker {
    const edy_walk_options *options;
    const edy_walk_subject *subject;
    edy_walk_row *row;
    char *at;
} walker;

void edy_walk_rerun(const char *backend, const char *problem, char text[EDY_WALK_RERUN]) {
    snprintf(text, EDY_WALK_RERUN, "edyno conform --kernels --backend %s --problem '%s'", backend,
             problem);
}

/* A seed for one case from the walk's and the case's place in its order. */
static uint64_t seed_of(uint64_t base, uint64_t a, uint64_t b) {
    uint64_t state = base;
    state = edy_random(&state) ^ a;
    state = edy_random(&state) ^ b;
    return edy_random(&state) >> 16; /* short enough to be typed */
}

static void note(walker *w, bool pass, const edy_kernel_verdict *v) {
    edy_walk_row *row = w->row;
    row->cases++;
    if (v->share > row->share)
        row->share = v->share;
    if (!pass) {
        row->failed++;
        row->verdict = EDY_WALK_FAIL;
        if (row->n_failures < EDY_WALK_FAILURES) {
            edy_walk_failure *f = &row->failure[row->n_failures++];
            snprintf(f->what, sizeof f->what, "%s", v->message);
            edy_walk_rerun(row->backend, w->at, f->rerun);
        }
    }
    w->at[0] = '\0';
}

/* A kernel that never ends must not hold up the walk: SIGALRM ends the child. */
static void begin_case(const walker *w) {
    if (!w->options->in_process)
        alarm(w->options->case_seconds ? w->options->case_seconds : CASE_SECONDS);
}

static void note_timing(walker *w, const edy_call_timer *timer, double work, bool is_arithmetic) {
    edy_walk_row *row = w->row;
    if (timer->samples == 0 || row->n_timings == EDY_WALK_TIMINGS)
        return;
    edy_walk_timing *t = &row->timing[row->n_timings++];
    memcpy(t->problem, w->at, sizeof t->problem);
    t->median_ns = timer->median_ns;
    t->work = work;
    t->is_arithmetic = is_arithmetic;
}

static void time_row_case(walker *w, edy_kernel_problem p) {
    const edy_kernel_family *family = w->subject->family;
    const edy_kernel_limits limits = family->limits(&w->subject->kernels);
    edy_call_timer timer = edy_call_timer_make();
    edy_kernel_verdict v;
    double work = (double)p.channels * (double)(limits.has_rows ? p.rows : 1);
    const bool is_arithmetic = limits.has_depth || strstr(family->name, "conv");
    work *= (double)(limits.has_depth ? p.depth : 1) * (double)(limits.has_taps ? p.taps : 1);
    p.timer = &timer;
    family->check(&w->subject->kernels, &p, &v);
    note_timing(w, &timer, is_arithmetic ? 2 * work : work, is_arithmetic);
}

static void run_row_case(walker *w, const edy_kernel_problem *p) {
    edy_kernel_verdict v;
    edy_row_case_text(w->subject->family, p, w->at);
    begin_case(w);
    const bool pass = w->subject->family->check(&w->subject->kernels, p, &v);
    if (pass && w->options->bench)
        time_row_case(w, *p);
    note(w, pass, &v);
}

static void time_layer_case(walker *w, edy_layer_case job) {
    const bool is_arithmetic = job.layer->kind <= EDY_LAYER_GEMM;
    edy_call_timer timer = edy_call_timer_make();
    edy_layer_verdict v;
    job.timer = &timer;
    edy_layer_check(&job, &v);
    note_timing(w, &timer, (is_arithmetic ? 2 : 1) * edy_layer_macs(job.layer), is_arithmetic);
}

static void run_layer_case(walker *w, const edy_layer *layer, edy_fill fill, uint64_t seed) {
    const edy_layer_case job = {.backend = w->subject->backend,
                                .layer = layer,
                                .dtype = w->subject->dtype,
                                .fill = fill,
                                .seed = seed};
    edy_layer_verdict v;
    edy_layer_case_text(layer, job.dtype, fill, seed, w->at);
    begin_case(w);
    const bool pass = edy_layer_check(&job, &v);
    if (pass && w->options->bench)
        time_layer_case(w, job);
    char *kernel = w->row->kernel;
    if (w->row->cases == 0)
        memcpy(kernel, v.kernel, sizeof v.kernel);
    else if (strcmp(kernel, v.kernel) != 0)
        strcpy(kernel, "(several)");
    note(w, pass, &v.of);
}

/* ---- Problems -------------------------------------------------------------------------------- */

static bool has_fill(const walker *w, const edy_problem *p, int fill) {
    if (w->options->bench && w->options->fill < 0 && p->fill < 0)
        return fill == EDY_FILL_REALISTIC;
    return (w->options->fill < 0 || w->options->fill == fill) && (p->fill < 0 || p->fill == fill);
}

/* Does the row take this problem? */
static bool takes(const edy_walk_options *o, const edy_walk_subject *s, const edy_problem *p) {
    if (o->fill >= 0 && p->fill >= 0 && o->fill != p->fill)
        return false;
    if (s->family)
        return !p->is_layer && (!p->family || p->family == s->family);
    return p->is_layer && p->layer.kind == s->kind && (p->dtype < 0 || p->dtype == (int)s->dtype);
}

static void walk_layer(walker *w, const edy_problem *p, uint64_t index) {
    const double limit = w->options->max_macs;
    if (limit > 0 && edy_layer_macs(&p->layer) > limit) {
        w->row->left_out++;
        return;
    }
    for (int fill = 0; fill < EDY_FILL_COUNT; fill++)
        if (has_fill(w, p, fill))
            run_layer_case(w, &p->layer, (edy_fill)fill,
                           p->has_seed ? p->seed
                                       : seed_of(w->options->seed, index, (uint64_t)fill));
}

/* Ends of a range for the row's kernel; a count that the family ignores is 1. */
typedef struct span {
    size_t first, last;
} span;

static span span_of(const edy_extent_range *range, const edy_kernel_limits *limits, bool used) {
    if (!used)
        return (span){1, 1};
    const int64_t a = edy_extent_value(&range->first, limits);
    const int64_t b = edy_extent_value(&range->last, limits);
    return (span){a < 1 ? 1 : (size_t)a, b < 1 ? 0 : (size_t)b};
}

static void walk_rows(walker *w, const edy_problem *p, uint64_t index) {
    const edy_kernel_limits limits = w->subject->family->limits(&w->subject->kernels);
    span rows = span_of(&p->rows, &limits, limits.has_rows);
    const span channels = span_of(&p->channels, &limits, true);
    const span depth = span_of(&p->depth, &limits, limits.has_depth);
    const span taps = span_of(&p->taps, &limits, limits.has_taps);
    if (limits.max_rows && rows.last > limits.max_rows)
        rows.last = limits.max_rows;
    edy_kernel_problem one = {.timer = NULL};
    uint64_t at = 0;
    for (one.rows = rows.first; one.rows <= rows.last; one.rows++)
        for (one.channels = channels.first; one.channels <= channels.last; one.channels++)
            for (one.depth = depth.first; one.depth <= depth.last; one.depth++)
                for (one.taps = taps.first; one.taps <= taps.last; one.taps++)
                    for (int fill = 0; fill < EDY_FILL_COUNT; fill++, at++) {
                        if (!has_fill(w, p, fill))
                            continue;
                        one.fill = (edy_fill)fill;
                        one.seed = p->has_seed ? p->seed : seed_of(w->options->seed, index, at);
                        run_row_case(w, &one);
                    }
}

static void walk_random(walker *w) {
    const edy_kernel_limits limits = w->subject->family->limits(&w->subject->kernels);
    uint64_t random = w->options->seed + 77;
    for (size_t i = 0; i < w->options->random; i++) {
        edy_kernel_problem p = {
            .rows = 1 + edy_random_below(&random, limits.max_rows ? limits.max_rows : 40),
            .channels = 1 + edy_random_below(&random, i % 8 == 0 ? 300 : 4 * limits.tile),
            .depth = 1 + edy_random_below(&random, i % 8 == 1 ? 1500 : 70),
            .taps = 1 + edy_random_below(&random, i % 8 < 4 ? 4 : 26),
            .fill = (edy_fill)edy_random_below(&random, EDY_FILL_COUNT),
            .seed = edy_random(&random) >> 16};
        if (w->options->fill >= 0)
            p.fill = (edy_fill)w->options->fill;
        run_row_case(w, &p);
    }
}

void edy_walk_cases(const edy_walk_options *options, const edy_walk_subject *subject,
                    edy_walk_row *row, char at[EDY_PROBLEM_TEXT]) {
    walker w = {options, subject, row, at};
    at[0] = '\0';
    for (size_t i = 0; i < options->n_problems; i++) {
        const edy_problem *p = &options->problem[i];
        if (!takes(options, subject, p))
            continue;
        if (p->is_layer)
            walk_layer(&w, p, i);
        else
            walk_rows(&w, p, i);
    }
    if (subject->family)
        walk_random(&w);
}

bool edy_walk_has_cases(const edy_walk_options *options, const edy_walk_subject *subject) {
    if (subject->family && options->random)
        return true;
    for (size_t i = 0; i < options->n_problems; i++)
        if (takes(options, subject, &options->problem[i]))
            return true;
    return false;
}
