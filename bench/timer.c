/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/timer.h"

#include <stddef.h>
#include <time.h>

#include "bench/stats.h"

enum { BATCHES = 1000, READINGS = 100 };

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t system_now(void *context) {
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_cpu(void *context) {
    (void)context;
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

edy_clock edy_clock_system(void) {
    return (edy_clock){system_now, system_cpu, NULL};
}

edy_clock_quality edy_clock_measure(const edy_clock *clock) {
    edy_clock_quality quality = {.resolution_ns = 0, .overhead_ns = 0};
    double cost[BATCHES];
    for (int b = 0; b < BATCHES; b++) {
        const int64_t start = edy_now_ns(clock);
        int64_t before = start, now = start;
        for (int i = 0; i < READINGS; i++) {
            now = edy_now_ns(clock);
            const double step = (double)(now - before);
            if (step > 0 && (quality.resolution_ns == 0 || step < quality.resolution_ns))
                quality.resolution_ns = step;
            before = now;
        }
        cost[b] = (double)(now - start) / READINGS;
    }
    edy_sort(cost, BATCHES);
    quality.overhead_ns = edy_median_sorted(cost, BATCHES);
    return quality;
}
