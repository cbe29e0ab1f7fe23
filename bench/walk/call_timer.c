/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/call_timer.h"

#include "bench/stats.h"

enum { WARM_UPS = 3, MIN_SAMPLES = 11 };

edy_call_timer edy_call_timer_make(void) {
    return (edy_call_timer){.clock = edy_clock_system(), .sample_ns = 20e3, .min_ns = 100e6};
}

/* The calls of a sample are made: keeps its mean, or grows their number. False at the end. */
static bool end_sample(edy_call_timer *t) {
    const double took = (double)(edy_now_ns(&t->clock) - t->start_ns);
    if (took < t->sample_ns && t->per_sample < INT64_C(1) << 40) {
        const double factor = took > t->sample_ns / 10 ? 1.4 * t->sample_ns / took : 10.0;
        t->per_sample = (int64_t)((double)t->per_sample * factor) + 1;
        return true;
    }
    if (t->warm_ups < WARM_UPS) {
        t->warm_ups++;
        return true;
    }
    t->spent_ns += took;
    t->sample[t->samples++] = took / (double)t->per_sample;
    return t->samples < EDY_CALL_SAMPLES && (t->samples < MIN_SAMPLES || t->spent_ns < t->min_ns);
}

bool edy_call_again(edy_call_timer *t, bool *done) {
    if (!t) {
        const bool again = !*done;
        *done = true;
        return again;
    }
    if (!t->started) {
        t->started = true;
        t->per_sample = 1;
    } else if (--t->left > 0) {
        return true;
    } else if (!end_sample(t)) {
        edy_sort(t->sample, t->samples);
        t->median_ns = edy_median_sorted(t->sample, t->samples);
        return false;
    }
    t->left = t->per_sample;
    t->start_ns = edy_now_ns(&t->clock);
    return true;
}
