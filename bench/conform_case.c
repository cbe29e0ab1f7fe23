/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/conform_case.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/apart.h"
#include "bench/same_bits.h"
#include "bench/suite/repro.h"

/* ---- Running --------------------------------------------------------------------------------- */

/* The buffers of one batch. */
typedef struct batch_io {
    void *in[EDY_GOLDEN_PORTS], *out[EDY_GOLDEN_PORTS];
} batch_io;

static void free_io(batch_io *io) {
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++) {
        free(io->in[i]);
        free(io->out[i]);
    }
}

static edy_status make_io(const edy_plan *plan, const edy_golden *golden, batch_io *io,
                          edy_error *err) {
    memset(io, 0, sizeof *io);
    if (edy_plan_input_count(plan) != golden->n_inputs ||
        edy_plan_output_count(plan) > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_BAD_FILE, "%s: has %d inputs, the model has %d", golden->origin,
                        golden->n_inputs, edy_plan_input_count(plan));
    for (int32_t i = 0; i < golden->n_inputs; i++) {
        const edy_plan_port *port = edy_plan_input(plan, i);
        if (port->bytes != (size_t)port->shape.dim[0] * golden->input[i].sample_bytes ||
            port->dtype != golden->input[i].dtype)
            return edy_fail(err, EDY_BAD_FILE, "%s: input %d does not fit the model",
                            golden->origin, i);
        io->in[i] = malloc(port->bytes);
        if (!io->in[i])
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for an input");
    }
    for (int32_t i = 0; i < edy_plan_output_count(plan); i++) {
        io->out[i] = malloc(edy_plan_output(plan, i)->bytes);
        if (!io->out[i])
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for an output");
    }
    return EDY_OK;
}

static void fill_inputs(const edy_golden *golden, size_t first, size_t batch, batch_io *io) {
    for (int32_t i = 0; i < golden->n_inputs; i++) {
        const size_t bytes = golden->input[i].sample_bytes;
        for (size_t k = 0; k < batch; k++)
            memcpy((char *)io->in[i] + k * bytes,
                   (const char *)golden->input[i].data + (first + k) % golden->samples * bytes,
                   bytes);
    }
}

static void run_at(const edy_conform_job *job, edy_plan *plan, size_t first, batch_io *io,
                   edy_judgement *all) {
    edy_result results[EDY_GOLDEN_PORTS];
    fill_inputs(job->golden, first, (size_t)job->batch, io);
    for (int32_t i = 0; i < edy_plan_output_count(plan); i++) /* a stale output must show */
        memset(io->out[i], 0x7f, edy_plan_output(plan, i)->bytes);
    edy_plan_run(plan, (const void *const *)io->in, io->out);
    edy_results_of(plan, (const void *const *)io->out, results);
    const edy_judgement one = edy_judge_output(job->golden, first, (size_t)job->batch, results,
                                               edy_plan_output_count(plan));
    edy_judgement_merge(all, &one);
}

/* Every golden sample at every place of the batch: right, and the same bits. */
static edy_status judge_places(const edy_conform_job *job, edy_plan *plan, edy_conform_case *c,
                               edy_error *err) {
    batch_io io;
    edy_same_bits *bits = NULL;
    char differs[160] = "";
    edy_status st = make_io(plan, job->golden, &io, err);
    st = st ? st : edy_same_bits_create(plan, job->golden->samples, &bits, err);
    for (size_t first = 0; first < job->golden->samples && !st; first++) {
        run_at(job, plan, first, &io, &c->result);
        if (!differs[0])
            edy_same_bits_add(bits, first, io.out, differs, sizeof differs);
    }
    if (!st)
        c->bits = edy_same_bits_hash(bits);
    if (!st && differs[0] && c->result.verdict != EDY_VERDICT_FAIL) {
        c->result.verdict = EDY_VERDICT_FAIL;
        snprintf(c->result.reason, sizeof c->result.reason, "%s", differs);
    }
    edy_same_bits_destroy(bits);
    free_io(&io);
    return st;
}

/* ---- Nodes, and what is left of a failure ---------------------------------------------------- */

typedef struct watch {
    const edy_conform_job *job;
    edy_repro_part part;
} watch;

static void take(void *context, const edy_plan *plan, int32_t step, const double *expected,
                 size_t elems) {
    watch *w = context;
    if (w->job->repro)
        edy_repro_take(&w->part, w->job->graph, plan, step, expected, elems);
}

static edy_status judge_nodes(watch *w, edy_threads *pool, edy_conform_case *c, edy_error *err) {
    const edy_plan_options options = {
        .backend = w->job->backend, .threads = pool, .batch = w->job->batch, .keep_values = true};
    edy_plan *plan = NULL;
    edy_status st = edy_plan_create(w->job->graph, &options, &plan, err);
    st = st ? st : edy_judge_nodes_watched(plan, w->job->golden, take, w, &c->nodes, err);
    edy_plan_destroy(plan);
    if (!st && c->nodes.wrong) {
        c->result.verdict = EDY_VERDICT_FAIL;
        memcpy(c->result.reason, c->nodes.reason, sizeof c->result.reason);
    }
    return st;
}

/* A folder that cannot be written changes no verdict; the reason says so. */
static void write_repro(const edy_conform_job *job, const edy_repro_part *part,
                        edy_conform_case *c) {
    edy_error err;
    const edy_repro_case r = {.dir = job->repro,
                              .graph = job->graph,
                              .golden = job->golden,
                              .backend = job->backend,
                              .threads = job->threads,
                              .batch = job->batch,
                              .found = c};
    if (!edy_repro_write(&r, part, c->repro, sizeof c->repro, &err))
        return;
    const size_t n = strlen(c->result.reason);
    snprintf(c->result.reason + n, sizeof c->result.reason - n, " (no repro: %.120s)", err.message);
}

static edy_status judge(const edy_conform_job *job, edy_threads *pool, edy_plan *plan,
                        edy_conform_case *c, edy_error *err) {
    watch w = {.job = job};
    edy_status st = judge_places(job, plan, c, err);
    if (!st && job->classes && job->golden->classes)
        st = edy_conform_classes(job, plan, &c->result, err);
    if (!st && (job->nodes || c->result.verdict == EDY_VERDICT_FAIL))
        st = judge_nodes(&w, pool, c, err);
    if (!st && c->result.verdict == EDY_VERDICT_FAIL && job->repro)
        write_repro(job, &w.part, c);
    edy_repro_part_free(&w.part);
    return st;
}

static void stop(edy_conform_case *c, edy_verdict verdict, const char *message) {
    c->result.verdict = verdict;
    snprintf(c->result.reason, sizeof c->result.reason, "%s", message);
}

/* Not every user's model allows every batch; ours do. */
static edy_verdict plan_failure(const edy_conform_job *job, edy_status st) {
    if (job->workload->own_model && job->batch != job->graph->batch)
        return EDY_VERDICT_SKIP;
    return st == EDY_UNSUPPORTED ? EDY_VERDICT_UNSUPPORTED : EDY_VERDICT_FAIL;
}

void edy_conform_run(const edy_conform_job *job, edy_conform_case *c) {
    edy_error err = {0};
    edy_threads *pool = NULL;
    edy_plan *plan = NULL;
    edy_status st = edy_threads_create((unsigned)job->threads, NULL, NULL, &pool, &err);
    const edy_plan_options options = {
        .backend = job->backend, .threads = pool, .batch = job->batch};
    c->result = (edy_judgement){.verdict = EDY_VERDICT_NONE};
    c->nodes = (edy_node_judgement){.share = -1};
    if (!st) {
        st = edy_plan_create(job->graph, &options, &plan, &err);
        if (st)
            stop(c, plan_failure(job, st), err.message);
        else
            st = judge(job, pool, plan, c, &err);
    }
    if (st && c->result.verdict == EDY_VERDICT_NONE)
        stop(c, EDY_VERDICT_FAIL, err.message);
    if (st && plan)
        stop(c, EDY_VERDICT_FAIL, err.message);
    edy_plan_destroy(plan);
    edy_threads_destroy(pool);
}

/* ---- In a child process ---------------------------------------------------------------------- */

static void work(void *context, void *result) {
    edy_conform_run(context, result);
}

void edy_conform_run_apart(const edy_conform_job *job, edy_conform_case *c) {
    char death[EDY_DEATH_TEXT];
    edy_conform_job copy = *job;
    const edy_apart_end end = edy_apart_run(work, &copy, c, sizeof *c, 0, death);
    if (end == EDY_APART_DONE)
        return;
    stop(c, end == EDY_APART_DIED ? EDY_VERDICT_CRASH : EDY_VERDICT_FAIL, death);
    const edy_repro_part none = {.slice = NULL};
    if (end == EDY_APART_DIED && job->repro)
        write_repro(job, &none, c);
}
