/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* One case of `edyno run`: load, plan, first inference, timed inferences, and the judgement of the
 * last timed one.
 *
 *   pin caller ─ counters ─ pool ─ load ─ plan ─ first ─► sampler ─► judge the output that the last
 *   timed inference left ─► FAIL: the latency is taken away again; else it stays */
#ifndef EDY_RUN_CASE_H
#define EDY_RUN_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/feed.h"
#include "bench/pin.h"
#include "bench/record.h"
#include "bench/sampler.h"
#include "bench/timer.h"

/* The same for all cases of a run. */
typedef struct edy_run_setup {
    const edy_clock *clock;
    edy_sampler_options sampler; /* hooks are set by the case */
    edy_pinning *pinning;        /* NULL: threads are not pinned */
    bool emulated;               /* nothing is timed; the output is judged all the same */
    const char *program; /* path of edyno, to start `peak-rss`; NULL: peak is not measured */
    double peak_rss_s;   /* time that it may take */
    int64_t seed;        /* for the record */
} edy_run_setup;

typedef struct edy_run_job {
    const edy_workload *workload;
    const edy_variant *variant;
    const edy_backend *backend;
    int64_t threads;
    const edy_feed *feed;         /* its batch is the case's */
    const edy_accuracy *accuracy; /* of this variant on this backend */
    const char *model_sha256;
    int64_t model_bytes;
} edy_run_job;

/* Fills *record (initialised by the call). What stops the case is its verdict: UNSUPPORTED for a
 * plan outside the profile, else FAIL with the message. Returns an error only where memory runs
 * out. */
edy_status edy_run_case(const edy_run_setup *setup, const edy_run_job *job, edy_record *record,
                        edy_error *err);

/* A pool of `threads` workers for a case, pinned where pinning is not NULL; NULL for one thread. */
edy_status edy_run_pool(edy_pinning *pinning, int64_t threads, edy_threads **pool, edy_error *err);

/* What is doubtful about a record by its own numbers, each with the next step. cores: of the
 * machine (pinning), 0 if unknown. */
void edy_run_doubts(const edy_run_setup *setup, edy_record *record);

#endif
