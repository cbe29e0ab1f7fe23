/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Times any function. It knows nothing of networks, files or machines; the clock is given to it.
 *
 *   warm-up ─► single or batched? ─► repetition 1 ... repetition R ─► statistics
 *
 * Where a call takes batch_below_ns or more, each call is a sample. Below, the clock's own cost and
 * resolution would show, so a sample is the mean of n calls, n found as Google Benchmark finds its
 * iteration count, and the latency says so (EDY_SAMPLES_MEANS, per_sample). The cost of one reading
 * of the clock is in each sample and not subtracted; the context states it. */
#ifndef EDY_SAMPLER_H
#define EDY_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "bench/record.h"
#include "bench/timer.h"
#include "engine/status.h"

typedef struct edy_sampler_options {
    double min_time_s;   /* timed, over all repetitions */
    double max_time_s;   /* gives up min_samples beyond this */
    int64_t min_samples; /* over all repetitions */
    int64_t repetitions; /* 1..EDY_MAX_REPETITIONS; each takes at least one sample */
    double warmup_s; /* at least; and at least warmup_calls, unless that takes ten times as long */
    int64_t warmup_calls;
    double batch_below_ns;  /* 10 us */
    double batch_target_ns; /* a batch takes at least this */
    size_t cap;             /* samples kept, 2..EDY_SAMPLES_CAP */
    /* Called outside the timed part, around each repetition (counters on and off). May be NULL. */
    void (*begin)(void *hook_context);
    void (*end)(void *hook_context);
    void *hook_context;
} edy_sampler_options;

/* 0.5 s, 5 repetitions, at least 10 samples within 5 s, warm-up of 0.1 s and 3 calls. */
edy_sampler_options edy_sampler_defaults(void);

/* Fills *latency, samples_ns included (free it). EDY_NO_MEMORY. Above the cap the kept samples are
 * thinned uniformly: every second, fourth, ... one; mean, min and max are of all. */
edy_status edy_sample(const edy_clock *clock, void (*call)(void *), void *context,
                      const edy_sampler_options *options, edy_latency *latency, edy_error *err);

#endif
