/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside conformance: one case, from plan to verdict, in a process of its own. */
#ifndef EDY_CONFORM_CASE_H
#define EDY_CONFORM_CASE_H

#include "bench/conform.h"

typedef struct edy_conform_job {
    const edy_workload *workload;
    const edy_graph *graph;   /* as imported */
    const edy_golden *golden; /* with inputs */
    const edy_backend *backend;
    int64_t threads, batch;
    bool nodes;    /* judge each node */
    bool classes;  /* judge the class of many images */
    size_t images; /* for classes: at most so many; 0: all */
    const char *share;
    const char *repro; /* folder for repro-<hash>/ of a failure; NULL: nowhere */
} edy_conform_job;

/* Fills result and nodes; the name is the caller's. What stops a case becomes its verdict: a plan
 * outside the profile UNSUPPORTED, a batch the model does not allow SKIP, else FAIL with the
 * message. */
void edy_conform_run(const edy_conform_job *job, edy_conform_case *c);

/* The same in a child process: one that dies of a signal leaves verdict CRASH. */
void edy_conform_run_apart(const edy_conform_job *job, edy_conform_case *c);

/* The classes of the images of the golden's data set against golden->classes, by a plan of
 * job->batch.
 * Adds class_checked and class_wrong to *j; fails it where a class is wrong. */
edy_status edy_conform_classes(const edy_conform_job *job, edy_plan *plan, edy_judgement *j,
                               edy_error *err);

#endif
