/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* All cases on all backends. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "bench/apart.h"
#include "bench/suite/mlperf_tiny.h"

enum { LONGEST_SECONDS = 600, MODELS = 16 };

typedef struct work {
    const edy_tiny_job *job;
    const edy_backend *backend;
    const char *path, *cifar;
} work;

static void run_job(void *context, void *result) {
    const work *w = context;
    edy_tiny_job_run(w->job, w->backend, result);
}

static void run_top1(void *context, void *result) {
    const work *w = context;
    edy_tiny_top1 *t = result;
    edy_error err;
    if (edy_tiny_top1_run(w->path, w->cifar, t, &err)) {
        t->verdict = EDY_VERDICT_FAIL;
        snprintf(t->reason, sizeof t->reason, "%s", err.message);
        return;
    }
    t->verdict = EDY_VERDICT_PASS;
    if (t->right == t->expected && t->images == 1000)
        return;
    t->verdict = EDY_VERDICT_FAIL;
    snprintf(t->reason, sizeof t->reason,
             "%zu of %zu images are right, the oracle counts %zu of 1000", t->right, t->images,
             t->expected);
}

/* In a child process unless told otherwise. */
static void run_apart(const edy_tiny_options *options, void (*f)(void *, void *), work *w,
                      void *result, size_t bytes, edy_verdict *verdict,
                      char reason[EDY_TINY_REASON]) {
    char death[EDY_DEATH_TEXT];
    if (options->in_process) {
        f(w, result);
        return;
    }
    const edy_apart_end end = edy_apart_run(f, w, result, bytes, LONGEST_SECONDS, death);
    if (end == EDY_APART_DONE)
        return;
    *verdict = end == EDY_APART_DIED ? EDY_VERDICT_CRASH : EDY_VERDICT_FAIL;
    snprintf(reason, EDY_TINY_REASON, "%s", death);
}

static void begin(const edy_tiny_options *options, const char *name, const edy_backend *b) {
    char text[2 * EDY_TINY_NAME];
    snprintf(text, sizeof text, "%s/%s", name, b->name);
    if (options->on_begin)
        options->on_begin(options->context, text);
}

static void run_case(const edy_tiny_cases *cases, const edy_tiny_case *c,
                     const edy_tiny_options *options, edy_tiny_table *table) {
    edy_tiny_job *job = NULL;
    edy_error err;
    begin(options, c->name, options->backend[0]);
    const edy_status st = edy_tiny_job_create(cases, c, &job, &err);
    for (size_t b = 0; b < options->n_backends; b++) {
        edy_tiny_row *row = &table->row[table->n++];
        *row = (edy_tiny_row){.c = c, .backend = options->backend[b]};
        row->result.node_share = -1;
        if (st) {
            row->result.verdict = EDY_VERDICT_FAIL;
            snprintf(row->result.reason, sizeof row->result.reason, "%s", err.message);
            continue;
        }
        begin(options, c->name, row->backend);
        work w = {.job = job, .backend = row->backend};
        run_apart(options, run_job, &w, &row->result, sizeof row->result, &row->result.verdict,
                  row->result.reason);
    }
    edy_tiny_job_destroy(job);
}

/* Each model of the cases once. */
static void run_accuracy(const edy_tiny_cases *cases, const edy_tiny_options *options,
                         edy_tiny_table *table) {
    const size_t backends = options->every_backend ? options->n_backends : 1;
    for (size_t i = 0; i < cases->n; i++) {
        edy_tiny_top1 t = {.images = 0};
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || strcmp(cases->c[k].model, cases->c[i].model) == 0;
        if (seen || !edy_tiny_top1_expected(cases->c[i].model, &t.expected, &t.target) ||
            (options->pattern && fnmatch(options->pattern, cases->c[i].name, 0) != 0))
            continue;
        snprintf(t.model, sizeof t.model, "%s", cases->c[i].model);
        for (size_t b = 0; b < backends; b++) {
            char path[EDY_TINY_PATH + EDY_TINY_NAME + 2];
            edy_tiny_top1 *row = &table->top1[table->n_top1++];
            snprintf(path, sizeof path, "%s/%s", cases->dir, t.model);
            *row = t;
            row->backend = options->backend[b];
            begin(options, t.model, row->backend);
            work w = {.path = path, .cifar = options->cifar};
            run_apart(options, run_top1, &w, row, sizeof *row, &row->verdict, row->reason);
        }
    }
}

edy_status edy_tiny_run(const edy_tiny_cases *cases, const edy_tiny_options *options,
                        edy_tiny_table *table, edy_error *err) {
    const size_t most = cases->n * options->n_backends + 1;
    *table = (edy_tiny_table){.row = calloc(most, sizeof *table->row),
                              .top1 = calloc(most, sizeof *table->top1),
                              .top1_one_backend = !options->every_backend};
    if (!table->row || !table->top1) {
        edy_tiny_table_free(table);
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for results");
    }
    for (size_t i = 0; i < cases->n; i++)
        if (!options->pattern || fnmatch(options->pattern, cases->c[i].name, 0) == 0)
            run_case(cases, &cases->c[i], options, table);
    if (options->cifar)
        run_accuracy(cases, options, table);
    else
        table->top1_skipped = "no test1000.bin of CIFAR-10 is there (--cifar10 FILE)";
    return EDY_OK;
}

void edy_tiny_table_free(edy_tiny_table *table) {
    free(table->row);
    free(table->top1);
    *table = (edy_tiny_table){.row = NULL};
}

size_t edy_tiny_count(const edy_tiny_table *table, edy_verdict verdict) {
    size_t n = 0;
    for (size_t i = 0; i < table->n; i++)
        n += table->row[i].result.verdict == verdict;
    for (size_t i = 0; i < table->n_top1; i++)
        n += table->top1[i].verdict == verdict;
    return n;
}

int edy_tiny_exit_code(const edy_tiny_table *table) {
    if (edy_tiny_count(table, EDY_VERDICT_FAIL) || edy_tiny_count(table, EDY_VERDICT_CRASH))
        return 1;
    if (edy_tiny_count(table, EDY_VERDICT_PASS) == 0)
        return 5;
    for (size_t i = 0; i < table->n; i++)
        if (table->row[i].result.verdict == EDY_VERDICT_MISTRUSTED &&
            table->row[i].c->output.name[0])
            return 4;
    return 0;
}
