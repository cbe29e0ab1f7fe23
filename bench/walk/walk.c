/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/walk.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/walk/walk_row.h"

/* ---- One row in a child process -------------------------------------------------------------- */

/* Shared with the child, so that what it found survives it. */
typedef struct shared {
    edy_walk_row row;
    char at[EDY_PROBLEM_TEXT];
} shared;

static void note_death(shared *s, int status) {
    edy_walk_row *row = &s->row;
    row->verdict = EDY_WALK_CRASH;
    row->failed++;
    if (row->n_failures == EDY_WALK_FAILURES)
        row->n_failures--;
    edy_walk_failure *f = &row->failure[row->n_failures++];
    if (WIFSIGNALED(status))
        snprintf(f->what, sizeof f->what, "died of signal %d (%s) after %zu cases",
                 WTERMSIG(status), strsignal(WTERMSIG(status)), row->cases);
    else
        snprintf(f->what, sizeof f->what, "ended early with exit code %d after %zu cases",
                 WEXITSTATUS(status), row->cases);
    s->at[sizeof s->at - 1] = '\0';
    edy_walk_rerun(row->backend, s->at, f->rerun);
    row->cases++;
}

/* A fault must end the child, whatever handlers the program has. */
static _Noreturn void be_child(const edy_walk_options *o, const edy_walk_subject *subject,
                               shared *s) {
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGALRM};
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], SIG_DFL);
    edy_walk_cases(o, subject, &s->row, s->at);
    _exit(0);
}

static edy_status walk_apart(const edy_walk_options *o, const edy_walk_subject *subject,
                             edy_walk_row *row, edy_error *err) {
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to share with a child process");
    s->row = *row;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid < 0) {
        munmap(s, sizeof *s);
        return edy_fail(err, EDY_NO_MEMORY, "no child process: %s", strerror(errno));
    }
    if (pid == 0)
        be_child(o, subject, s);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        note_death(s, status);
    *row = s->row;
    munmap(s, sizeof *s);
    return EDY_OK;
}

/* ---- The rows of a backend ------------------------------------------------------------------- */

static edy_status append(edy_walk_table *table, const edy_walk_row *row, edy_error *err) {
    if (table->n == table->capacity) {
        const size_t more = table->capacity ? 2 * table->capacity : 64;
        edy_walk_row *rows = realloc(table->row, more * sizeof *rows);
        if (!rows)
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for the table");
        table->row = rows;
        table->capacity = more;
    }
    table->row[table->n++] = *row;
    return EDY_OK;
}

static bool matches(const char *pattern, const char *name) {
    return !pattern || fnmatch(pattern, name, 0) == 0;
}

static edy_status walk_subject(const edy_walk_options *o, const edy_walk_subject *subject,
                               edy_walk_row *row, edy_walk_table *table, edy_error *err) {
    char at[EDY_PROBLEM_TEXT];
    edy_status st = EDY_OK;
    if (!matches(o->pattern, row->family) && !matches(o->pattern, row->kernel))
        return EDY_OK;
    if (!edy_walk_has_cases(o, subject))
        return EDY_OK;
    if (o->on_begin)
        o->on_begin(o->context, row->backend, row->family);
    if (row->verdict != EDY_WALK_INHERITED) {
        if (o->in_process)
            edy_walk_cases(o, subject, row, at);
        else
            st = walk_apart(o, subject, row, err);
        if (st || (row->cases == 0 && row->left_out == 0))
            return st;
    }
    if (o->on_row)
        o->on_row(o->context, row);
    return append(table, row, err);
}

static edy_status walk_family(const edy_walk_options *o, edy_walk_subject *subject,
                              const edy_kernels *scalar, edy_walk_table *table, edy_error *err) {
    char name[64];
    edy_walk_row row = {.verdict = EDY_WALK_PASS};
    if (!edy_kernel_present(subject->family, &subject->kernels))
        return EDY_OK;
    snprintf(row.backend, sizeof row.backend, "%s", subject->backend->name);
    snprintf(row.family, sizeof row.family, "%s", subject->family->name);
    const bool same = edy_kernel_same(subject->family, &subject->kernels, scalar);
    snprintf(row.kernel, sizeof row.kernel, "%s",
             edy_kernel_name(subject->family, &subject->kernels,
                             same ? "scalar" : subject->backend->name, name));
    if (same && !o->inherited && strcmp(row.backend, "scalar") != 0)
        row.verdict = EDY_WALK_INHERITED;
    return walk_subject(o, subject, &row, table, err);
}

static edy_status walk_layers(const edy_walk_options *o, edy_walk_subject *subject,
                              edy_walk_table *table, edy_error *err) {
    edy_status st = EDY_OK;
    subject->family = NULL;
    for (int kind = 0; kind < EDY_LAYER_COUNT && !st; kind++)
        for (int dtype = 0; dtype < EDY_LAYER_DTYPES && !st; dtype++) {
            if (!edy_layer_has_dtype((edy_layer_kind)kind, (edy_layer_dtype)dtype))
                continue;
            edy_walk_row row = {.verdict = EDY_WALK_PASS};
            subject->kind = (edy_layer_kind)kind;
            subject->dtype = (edy_layer_dtype)dtype;
            snprintf(row.backend, sizeof row.backend, "%s", subject->backend->name);
            snprintf(row.family, sizeof row.family, "%s %s",
                     edy_layer_kind_text((edy_layer_kind)kind),
                     edy_layer_dtype_text((edy_layer_dtype)dtype));
            st = walk_subject(o, subject, &row, table, err);
        }
    return st;
}

edy_status edy_walk_run(const edy_walk_options *o, edy_walk_table *table, edy_error *err) {
    edy_kernels scalar;
    edy_status st = EDY_OK;
    memset(&scalar, 0, sizeof scalar);
    edy_kernels_scalar(&scalar);
    for (size_t b = 0; b < o->n_backends && !st; b++) {
        edy_walk_subject subject = {.backend = o->backend[b],
                                    .kernels = edy_backend_kernels(o->backend[b])};
        for (size_t f = 0; f < edy_kernel_family_count() && !st; f++) {
            subject.family = edy_kernel_family_at(f);
            st = walk_family(o, &subject, &scalar, table, err);
        }
        st = st ? st : walk_layers(o, &subject, table, err);
    }
    return st;
}

void edy_walk_free(edy_walk_table *table) {
    free(table->row);
    *table = (edy_walk_table){.row = NULL};
}
