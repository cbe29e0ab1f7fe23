/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The clock that measures, as a value, so that tests can turn it by hand. */
#ifndef EDY_TIMER_H
#define EDY_TIMER_H

#include <stdint.h>

typedef struct edy_clock {
    int64_t (*now_ns)(void *context); /* monotonic; the zero is arbitrary */
    int64_t (*cpu_ns)(void *context); /* CPU time of the process, all threads */
    void *context;
} edy_clock;

/* CLOCK_MONOTONIC and CLOCK_PROCESS_CPUTIME_ID. */
edy_clock edy_clock_system(void);

static inline int64_t edy_now_ns(const edy_clock *clock) {
    return clock->now_ns(clock->context);
}

static inline int64_t edy_cpu_ns(const edy_clock *clock) {
    return clock->cpu_ns(clock->context);
}

typedef struct edy_clock_quality {
    double resolution_ns; /* smallest step seen between two readings that differ */
    double overhead_ns;   /* median cost of one reading, over 1,000 batches of 100 */
} edy_clock_quality;

/* Measures the clock itself; takes a few milliseconds with the system's. */
edy_clock_quality edy_clock_measure(const edy_clock *clock);

#endif
