/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside the MLPerf Tiny suite: what a case needs, read once for all backends. */
#ifndef EDY_TINY_JOB_H
#define EDY_TINY_JOB_H

#include "bench/suite/mlperf_tiny.h"

/* A tensor of sample 0. */
typedef struct edy_tiny_layer {
    char *name;
    int index; /* in the .tflite file */
    edy_value_id value;
    void *golden;
    size_t bytes;
    double budget; /* absolute; floats only */
} edy_tiny_layer;

struct edy_tiny_job {
    const edy_tiny_case *c;
    edy_graph *graph;
    bool integer;
    void *input, *output;             /* c->samples of them; output NULL where there is no golden */
    size_t input_bytes, output_bytes; /* of one sample */
    edy_tiny_layer *layer;
    size_t n_layers;
    double budget;                   /* of every output element; floats only */
    edy_golden *golden;              /* of the oracle, sample 0: for judging nodes; floats only */
    char unhealthy[EDY_TINY_REASON]; /* the golden is off: MISTRUSTED; "" where it is not */
};

/* Element i of the value as the plan reads it (in the graph's axes) stands at this element of the
 * file's tensor. */
size_t edy_tiny_place(const edy_value *imported, size_t i);

/* Budgets by two runs of the oracle a sample; sets job->unhealthy too. (tiny_budget.c) */
edy_status edy_tiny_budgets(edy_tiny_job *job, edy_error *err);

#endif
