/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Event counts around the timed part: perf_event_open where the machine allows it, what is left
 * where it does not, and the reason in words.
 *
 * Three steps down: hardware (instructions, cycles) and software events; software events alone,
 * where there is no PMU or the kernel refuses it; getrusage and the CPU clock, where the kernel
 * refuses even software events. Counts are of the opening thread and of threads that it makes
 * afterwards: open before the thread pool is made. */
#ifndef EDY_COUNTERS_H
#define EDY_COUNTERS_H

#include "bench/record.h"
#include "engine/status.h"

struct perf_event_attr;
typedef struct edy_counters edy_counters;

/* Opens one event for the calling thread on any CPU, in the group of group_fd (-1: none): a file
 * descriptor, or -1 with errno. The system's is perf_event_open(2); tests give their own. */
typedef int (*edy_perf_open_fn)(struct perf_event_attr *attr, int group_fd);

/* Fails only where memory runs out. open NULL: the system's. */
edy_status edy_counters_create(edy_perf_open_fn open, edy_counters **counters, edy_error *err);
void edy_counters_destroy(edy_counters *counters); /* NULL is allowed */

/* Counting on and off, many times; counts add up. The context is an edy_counters *, so that they
 * can be the hooks of a sampler. */
void edy_counters_start(void *counters);
void edy_counters_stop(void *counters);

/* The sums so far, with kind and reason. */
void edy_counters_read(const edy_counters *counters, edy_counts *counts);

/* kernel.perf_event_paranoid, or -1000 where it cannot be read. */
int64_t edy_perf_event_paranoid(void);

#endif
