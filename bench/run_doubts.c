/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What a record's own numbers say against it. Every sentence ends with the next step. */
#include "bench/run_case.h"

enum { FEW_SAMPLES = 100 };

/* Largest over smallest median of the repetitions, minus 1. */
static double repetition_spread(const edy_latency *t) {
    double low = INFINITY, high = 0;
    for (int64_t i = 0; i < t->repetitions; i++) {
        low = fmin(low, t->rep_median_ns[i]);
        high = fmax(high, t->rep_median_ns[i]);
    }
    return t->repetitions > 1 && low > 0 ? high / low - 1 : 0;
}

static void doubt_samples(edy_record *r) {
    const edy_latency *t = &r->latency;
    if (t->taken < FEW_SAMPLES)
        edy_record_doubt(r, "few-samples",
                         "p99 is of only %lld samples, so nearly the maximum; take more with "
                         "--min-time",
                         (long long)t->taken);
    if (t->kind == EDY_SAMPLES_MEANS)
        edy_record_doubt(r, "batched",
                         "samples are means of %lld inferences (one takes less than 10 us), which "
                         "hide single slow ones; read percentiles as \"of means\"",
                         (long long)t->per_sample);
    if (t->thinning > 1)
        edy_record_doubt(r, "thinned",
                         "one in %lld of %lld samples is kept; shorten --min-time to keep all",
                         (long long)t->thinning, (long long)t->taken);
}

static void doubt_noise(edy_record *r) {
    const edy_latency *t = &r->latency;
    const double spread = repetition_spread(t);
    if (spread > 0.05)
        edy_record_doubt(r, "drift",
                         "the medians of the %lld repetitions differ by %.0f %%; stop other work, "
                         "fix the clock, run again",
                         (long long)t->repetitions, 100 * spread);
    if (t->mad_ns > 0.05 * t->median_ns)
        edy_record_doubt(r, "noise",
                         "samples scatter by %.0f %% (MAD/median); stop other work and run again",
                         100 * t->mad_ns / t->median_ns);
    if (r->threads == 1 && t->cpu_time_ns < 0.95 * t->mean_ns)
        edy_record_doubt(r, "preempted",
                         "the thread had the CPU for only %.0f %% of the time; stop other work and "
                         "run again",
                         100 * t->cpu_time_ns / t->mean_ns);
}

static void doubt_placement(const edy_run_setup *setup, edy_record *r) {
    if (!setup->pinning) {
        edy_record_doubt(r, "unpinned",
                         "threads were not pinned and may have moved between cores; leave --no-pin "
                         "out, or allow sched_setaffinity");
        return;
    }
    const size_t cores = edy_pinning_cores(setup->pinning);
    if ((size_t)r->threads > cores)
        edy_record_doubt(r, "oversubscribed",
                         "%lld threads share %zu cores; use --threads %zu or fewer",
                         (long long)r->threads, cores, cores);
    if (edy_pinning_failures(setup->pinning) > 0)
        edy_record_doubt(r, "unpinned",
                         "threads could not be bound to cores; allow "
                         "sched_setaffinity, or say --no-pin");
}

void edy_run_doubts(const edy_run_setup *setup, edy_record *record) {
    if (record->verdict == EDY_VERDICT_MISTRUSTED)
        edy_record_doubt(record, "mistrusted",
                         "nothing independent of the engine confirms the output; put ONNX's "
                         "test_data_set_0 beside the model, or compare a text net by ci/peers.sh");
    if (record->verdict == EDY_VERDICT_SKIP)
        edy_record_doubt(record, "unjudged",
                         "the output was not judged: %.150s; put ONNX's "
                         "test_data_set_0 beside the model",
                         record->verdict_reason);
    if (setup->emulated)
        edy_record_doubt(record, "emulated",
                         "instructions are emulated, so there is no latency; "
                         "run on the machine itself to measure");
    if (!edy_record_has_latency(record))
        return;
    doubt_samples(record);
    doubt_noise(record);
    doubt_placement(setup, record);
}
