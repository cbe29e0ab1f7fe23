/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* All cases of a run: variants x backends x thread counts, one after the other, each record on disk
 * as soon as it is made. */
#ifndef EDY_RUN_SUITE_H
#define EDY_RUN_SUITE_H

#include "bench/run_case.h"

typedef struct edy_suite edy_suite;

typedef struct edy_suite_options {
    const edy_backend *const *backend; /* [n_backends] that run here */
    size_t n_backends;
    const int64_t *threads; /* [n_threads] */
    size_t n_threads;
    int64_t batch;          /* 0: the model's own, mostly 1 */
    const char *data;       /* NULL: the workload's; else as in edy_dataset_open */
    const char *preprocess; /* NULL: the sidecar's alone */
    const char *share;
    int64_t seed;
    double accuracy_s; /* time for one variant on one backend; 0: accuracy is not measured */
} edy_suite_options;

/* Called before each case and once at the end (name NULL): `done` of `total` cases, and the
 * estimated time left in seconds (NAN before the first has ended). */
typedef void (*edy_progress_fn)(void *context, size_t done, size_t total, double left_s,
                                const char *name);

/* The options, and the arrays in them, must outlive the suite. */
edy_status edy_suite_create(const edy_suite_options *options, edy_suite **suite, edy_error *err);
void edy_suite_destroy(edy_suite *suite); /* NULL is allowed */

/* Reads the model and everything it is fed with and judged by, so that what is wrong with them is
 * known before anything runs. Fails as import, golden and dataset do. */
edy_status edy_suite_add(edy_suite *suite, const edy_workload *workload, const edy_variant *variant,
                         edy_error *err);
size_t edy_suite_cases(const edy_suite *suite);

/* Runs all cases. Each record goes to the journal (may be NULL), then into results. Accuracy is
 * measured once for each variant and backend, with the largest thread count, and stands in all
 * their records: answers do not depend on threads, which conform proves. Fails where the journal
 * cannot be written or memory runs out. */
edy_status edy_suite_run(const edy_suite *suite, const edy_run_setup *setup, edy_journal *journal,
                         edy_progress_fn progress, void *progress_context, edy_results *results,
                         edy_error *err);

/* 1 where any record failed or crashed; else 4 where any is mistrusted, as conform does: its
 * numbers stand, but nothing says that its answers are right; 5 where none passed; else 0. */
int edy_suite_exit_code(const edy_results *results);

#endif
