/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Results as a run might leave them, made up and seeded: for tests of reports, and to look at. */
#ifndef EDY_SAMPLE_RESULTS_H
#define EDY_SAMPLE_RESULTS_H

#include "bench/record.h"

/* Three workloads x fp32, int8 x scalar, avx2 x 1, 2 threads: all right, skewed samples. */
edy_results *edy_sample_results(void);

/* Cases that go wrong in every way there is, names that attack each format, one and no sample, an
 * accuracy of 0 and of 1, means of n. */
edy_results *edy_sample_odd(void);

/* `n` cases of one workload each, with long names. */
edy_results *edy_sample_many(size_t n);

/* The first, under emulation: no case may show a time. */
edy_results *edy_sample_emulated(void);

/* A document without a case. */
edy_results *edy_sample_empty(void);

/* Gives the record n samples around `median_ns`, skewed to the right, and all that follows from
 * them. seed chooses them. */
void edy_sample_latency(edy_record *record, double median_ns, size_t n, uint64_t seed);

#endif
