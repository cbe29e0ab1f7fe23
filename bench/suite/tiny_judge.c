/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* One case on one backend. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/suite/tiny_job.h"

/* Winograd's transforms amplify roundings (engine/ops/winograd_f32.h); the node by itself has a
 * bound of its own. */
enum { GROUP = 5, THREADS = 2, WINOGRAD_FACTOR = 4 };

typedef struct judge {
    const edy_tiny_job *job;
    const edy_backend *backend;
    edy_plan *plan;
    char *outputs; /* of all samples */
    edy_tiny_result *r;
} judge;

/* The first thing that is wrong stays. */
__attribute__((format(printf, 2, 3))) static void wrong(judge *j, const char *format, ...) {
    if (j->r->verdict == EDY_VERDICT_FAIL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(j->r->reason, sizeof j->r->reason, format, args);
    va_end(args);
    j->r->verdict = EDY_VERDICT_FAIL;
}

/* Compares elements of a tensor with the golden. place: of element i in both files' order; NULL:
 * i. Returns whether all are right. */
static bool compare(judge *j, const char *what, const void *got, const void *golden, size_t bytes,
                    const edy_value *imported, double budget) {
    const bool integer = imported->dtype == EDY_S8;
    const size_t n = bytes / edy_dtype_bytes(imported->dtype);
    double worst = 0.0, largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        const size_t k = edy_tiny_place(imported, i);
        const double g = integer ? ((const int8_t *)got)[i] : (double)((const float *)got)[i];
        const double e = integer ? ((const int8_t *)golden)[k] : (double)((const float *)golden)[k];
        const double error = fabs(g - e);
        if (!(error <= budget)) {
            wrong(j, "%.120s: element %zu: expected %.9g (%a), got %.9g (%a), allowed error %.3g",
                  what, k, e, e, g, g, budget);
            return false;
        }
        worst = error > worst ? error : worst;
        largest = fabs(e) > largest ? fabs(e) : largest;
    }
    if (integer || n == 0 || largest == 0.0)
        return true;
    const double share = worst / budget, relative = worst / largest;
    j->r->share = share > j->r->share ? share : j->r->share;
    j->r->relative = relative > j->r->relative ? relative : j->r->relative;
    return true;
}

/* The first value behind a Winograd convolution: from there on layers may be further away. Values
 * are made in the order of their ids as imported. */
static edy_value_id first_winograd(const edy_plan *plan) {
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++) {
        const edy_plan_step s = edy_plan_step_at(plan, i);
        if (s.winograd)
            return s.node->output[0];
    }
    return INT32_MAX;
}

static edy_status judge_layer(judge *j, const edy_tiny_layer *layer, edy_error *err) {
    const edy_value *imported = &j->job->graph->value[layer->value];
    char what[200];
    void *got = malloc(layer->bytes + 1);
    if (!got)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for a layer");
    if (edy_plan_read(j->plan, layer->value, got, layer->bytes, NULL)) {
        j->r->fused++; /* the plan has fused what made it into the next node */
    } else {
        snprintf(what, sizeof what, "tensor %d \"%.100s\"", layer->index, layer->name);
        const double factor = layer->value >= first_winograd(j->plan) ? WINOGRAD_FACTOR : 1;
        j->r->right +=
            compare(j, what, got, layer->golden, layer->bytes, imported, factor * layer->budget);
    }
    free(got);
    return EDY_OK;
}

/* Sample by sample, every layer kept. */
static edy_status run_single(judge *j, edy_error *err) {
    const edy_tiny_job *job = j->job;
    const edy_value *imported = &job->graph->value[job->graph->output[0]];
    const edy_plan_options options = {.backend = j->backend, .batch = 1, .keep_values = true};
    edy_status st = edy_plan_create(job->graph, &options, &j->plan, err);
    for (size_t s = 0; s < job->c->samples && !st; s++) {
        const void *in = (const char *)job->input + s * job->input_bytes;
        void *out = j->outputs + s * job->output_bytes;
        char what[40];
        memset(out, 0x55, job->output_bytes); /* a stale output must show */
        edy_plan_run(j->plan, &in, &out);
        for (size_t k = 0; k < job->n_layers && s == 0 && !st; k++)
            st = judge_layer(j, &job->layer[k], err);
        snprintf(what, sizeof what, "output of sample %zu", s);
        if (job->output && !compare(j, what, out, (char *)job->output + s * job->output_bytes,
                                    job->output_bytes, imported, job->budget))
            j->r->wrong_samples++;
    }
    return st;
}

/* In groups, by two threads, in an arena where values share memory. */
static edy_status run_grouped(judge *j, edy_error *err) {
    const edy_tiny_job *job = j->job;
    edy_threads *threads = NULL;
    edy_plan *plan = NULL;
    char *in = calloc(GROUP, job->input_bytes), *out = calloc(GROUP, job->output_bytes);
    edy_status st = in && out ? edy_threads_create(THREADS, NULL, NULL, &threads, err)
                              : edy_fail(err, EDY_NO_MEMORY, "out of memory for a batch");
    const edy_plan_options options = {.backend = j->backend, .threads = threads, .batch = GROUP};
    if (!st)
        st = edy_plan_create(job->graph, &options, &plan, err);
    for (size_t s = 0; s < job->c->samples && !st; s += GROUP) {
        const size_t left = job->c->samples - s, n = left < GROUP ? left : GROUP;
        memcpy(in, (const char *)job->input + s * job->input_bytes, n * job->input_bytes);
        edy_plan_run(plan, (const void *[]){in}, (void *[]){out});
        if (memcmp(out, j->outputs + s * job->output_bytes, n * job->output_bytes) != 0)
            wrong(j, "samples %zu to %zu, run together on %d threads, differ from one by one", s,
                  s + n - 1, THREADS);
    }
    edy_plan_destroy(plan);
    edy_threads_destroy(threads);
    free(in);
    free(out);
    return st;
}

static edy_status judge_nodes(judge *j, edy_error *err) {
    edy_node_judgement nodes = {.share = -1};
    if (!j->job->golden)
        return EDY_OK;
    const edy_status st = edy_judge_nodes(j->plan, j->job->golden, &nodes, err);
    j->r->node_share = nodes.share;
    if (!st && nodes.wrong)
        wrong(j, "%s", nodes.reason);
    return st;
}

void edy_tiny_job_run(const edy_tiny_job *source, const edy_backend *backend,
                      edy_tiny_result *result) {
    edy_error err;
    edy_tiny_job job = *source; /* output_bytes may be filled in */
    const edy_value *y = &job.graph->value[job.graph->output[0]];
    job.output_bytes = edy_shape_count(&y->shape) * edy_dtype_bytes(y->dtype);
    judge j = {.job = &job, .backend = backend, .r = result};
    *result = (edy_tiny_result){.verdict = EDY_VERDICT_PASS,
                                .integer = job.integer,
                                .layers = job.n_layers,
                                .samples = job.c->samples,
                                .node_share = -1};
    j.outputs = malloc(job.c->samples * job.output_bytes);
    edy_status st = j.outputs ? run_single(&j, &err)
                              : edy_fail(&err, EDY_NO_MEMORY, "out of memory for outputs");
    if (!st)
        st = judge_nodes(&j, &err);
    if (!st)
        st = run_grouped(&j, &err);
    if (st)
        wrong(&j, "%s", err.message);
    if (!st && job.output && result->right + result->fused < result->layers)
        wrong(&j, "%zu of %zu layers differ", result->layers - result->right - result->fused,
              result->layers);
    if (result->verdict == EDY_VERDICT_PASS && (!job.output || job.unhealthy[0])) {
        result->verdict = EDY_VERDICT_MISTRUSTED;
        snprintf(result->reason, sizeof result->reason, "%s",
                 job.unhealthy[0] ? job.unhealthy : job.c->status);
        if (!job.unhealthy[0])
            snprintf(result->reason, sizeof result->reason, "no golden (%.300s)", job.c->status);
    }
    edy_plan_destroy(j.plan);
    free(j.outputs);
}
