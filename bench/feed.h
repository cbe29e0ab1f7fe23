/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What a variant is fed with while it is timed, and what its answers are compared with.
 *
 *   golden of the variant  its own images (real ones of the data set) and its expected outputs
 *   test_data_set_0        of a user's model, ONNX's standard layout: the same
 *   data without golden    up to EDY_FEED_SAMPLES inputs (2 for large networks) of --data or of
 *                          seeded synthetic data; the double-precision oracle judges, which is
 *                          MISTRUSTED at best */
#ifndef EDY_FEED_H
#define EDY_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "bench/conform.h"
#include "bench/record.h"
#include "bench/timer.h"
#include "datasets/dataset.h"

enum { EDY_FEED_SAMPLES = 32 };

/* Networks of more multiply-accumulates than this, without a golden, are fed with only two samples:
 * the oracle takes seconds for each. */
#define EDY_FEED_LARGE_MACS UINT64_C(50000000)

/* What the oracle said of a sample, for the next case that ends with it. */
typedef struct edy_feed_cache edy_feed_cache;

typedef struct edy_feed_options {
    const edy_workload *workload;
    const edy_variant *variant;
    const edy_graph *graph; /* as imported; must outlive the feed */
    int64_t batch;          /* of the plans that will run */
    const char *data;       /* --data; NULL: the golden's, the workload's, or synthetic */
    const char *preprocess; /* --preprocess; NULL: the sidecar's alone */
    const char *share;      /* data folder, "" for none */
    uint64_t seed;
} edy_feed_options;

typedef struct edy_feed {
    edy_golden *golden;    /* with inputs; NULL: the oracle judges */
    edy_feed_cache *cache; /* where there is no golden */
    const edy_graph *graph;
    edy_dataset *data;            /* labelled images for accuracy; NULL: none */
    char dataset[EDY_NAME_BYTES]; /* for the record */
    size_t samples, batch;
    int32_t n_inputs;
    size_t sample_bytes[EDY_GOLDEN_PORTS];
    char *
        pool[EDY_GOLDEN_PORTS]; /* [samples + batch - 1] inputs: any `batch` of them, wrapping round
                                     after `samples`, lie end to end */
} edy_feed;

edy_status edy_feed_create(const edy_feed_options *options, edy_feed **feed, edy_error *err);
void edy_feed_destroy(edy_feed *feed); /* NULL is allowed */

/* EDY_BAD_FILE where the plan's inputs are not what the feed holds. */
edy_status edy_feed_check(const edy_feed *feed, const edy_plan *plan, edy_error *err);

/* Pointers to a batch that starts with sample `first` < samples. */
static inline void edy_feed_inputs(const edy_feed *feed, size_t first, const void **inputs) {
    for (int32_t i = 0; i < feed->n_inputs; i++)
        inputs[i] = feed->pool[i] + first * feed->sample_bytes[i];
}

/* Judges the outputs of a batch that started with sample `first`. The oracle runs inside where
 * there is no golden; what it cannot compute is SKIP with the reason. */
edy_judgement edy_feed_judge(const edy_feed *feed, size_t first, const edy_plan *plan,
                             const void *const *outputs);

/* Classifies images of feed->data in order, as many as fit in `seconds` (rounded down to 1, 2 or 5
 * times a power of ten, so that the same machine gives the same n; at least 10), or all. A machine
 * that becomes slower meanwhile ends at an earlier such step. Sets
 * *accuracy; n = 0 where there are no labels. The plan has one input and one output, else n = 0. */
edy_status edy_feed_accuracy(const edy_feed *feed, edy_plan *plan, const edy_clock *clock,
                             double seconds, edy_accuracy *accuracy, edy_error *err);

/* The largest of 1, 2, 5, 10, 20, 50, ... that is <= n; 0 for n < 1. */
int64_t edy_round_down_125(double n);

#endif
