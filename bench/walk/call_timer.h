/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Times one statement of a check where it stands: the very call that is judged.
 *
 *     while (edy_call_again(timer))      timer NULL: once, untimed
 *         kernel->gemm(...);
 *
 * A sample is the mean of as many calls as take sample_ns, so that the clock's cost does not show.
 * The first samples warm up; then samples are taken until min_ns have passed and at least eleven
 * exist. */
#ifndef EDY_WALK_CALL_TIMER_H
#define EDY_WALK_CALL_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/timer.h"

enum { EDY_CALL_SAMPLES = 501 };

typedef struct edy_call_timer {
    edy_clock clock;
    double sample_ns; /* 20e3 */
    double min_ns;    /* 100e6 */
    /* Result: of the calls of one statement. 0 samples: the check timed nothing. */
    size_t samples;
    double median_ns;
    /* Inside. */
    bool started;
    int64_t per_sample, left, start_ns;
    size_t warm_ups;
    double spent_ns, sample[EDY_CALL_SAMPLES];
} edy_call_timer;

/* The system's clock and the usual times. */
edy_call_timer edy_call_timer_make(void);

/* True for each call that is still to be made; after the last one the result is there. */
bool edy_call_again(edy_call_timer *timer, bool *done);

#endif
