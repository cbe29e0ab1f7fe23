/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Conformance: is what this machine computes right?
 *
 * End to end, float: |got - golden| <= EDY_BUDGET_FACTOR * golden.reference_error for every
 * element, where the golden is a float64 run and reference_error is the error that an independent
 * scalar float32 run of the same graph has against it (NUMERICS: "at most 8x that of scalar fp32").
 * The denominator is committed with the golden, not measured with our own scalar kernels, so a bug
 * of ours cannot widen it. Class: the same argmax wherever the golden's margin exceeds twice the
 * budget.
 * End to end, integer: every byte equal.
 * The same bits at every place of a batch, for any number of threads and any batch size.
 * Per node, float: |got - exact| <= k*u*S + k*FLT_MIN always (hard) and <= 6*sqrt(k)*u*S
 * (expected), S = sum |a*b|, u = 2^-24, with the node's own inputs fed to the double oracle.
 * NaN never passes, except where the golden is NaN. */
#ifndef EDY_CONFORM_H
#define EDY_CONFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/golden.h"
#include "bench/verdict.h"
#include "engine/backend.h"
#include "engine/plan.h"
#include "workloads/workload.h"

enum { EDY_BUDGET_FACTOR = 8 };

/* What one comparison found. Plain data: can go through a pipe. */
typedef struct edy_judgement {
    edy_verdict verdict;
    bool exact;      /* bytes were compared: share is not meaningful */
    size_t compared; /* elements */
    size_t wrong;    /* elements over budget, or unequal */
    double share;    /* worst |error| / budget; INFINITY for a NaN */
    double budget;   /* allowed absolute error */
    size_t sample;   /* of the worst element, or of the first unequal one */
    size_t index;    /* inside that sample */
    int32_t output;  /* which output of the model */
    double expected, got;
    size_t class_checked, class_wrong;
    char reason[400]; /* why not PASS, one sentence; "" for PASS */
} edy_judgement;

/* Results of one model output, `samples` of them end to end, in the model's own dtype. */
typedef struct edy_result {
    const void *data;
    edy_dtype dtype;
    size_t sample_elems; /* elements of one sample */
} edy_result;

/* Fills result[0..edy_plan_output_count) from a plan's ports and the buffers that it wrote. */
void edy_results_of(const edy_plan *plan, const void *const *outputs,
                    edy_result result[EDY_GOLDEN_PORTS]);

/* Judges `samples` samples of all of a model's outputs: sample s belongs to golden sample
 * (first + s) % golden->samples. Gives PASS, FAIL, or (source EDY_GOLDEN_ORACLE) MISTRUSTED in
 * place of PASS. samples >= 1. A wrong number of outputs, dtype or size is a FAIL. */
edy_judgement edy_judge_output(const edy_golden *golden, size_t first, size_t samples,
                               const edy_result *results, int32_t n_results);

/* Class of one sample: index of the first largest element. elems >= 1. */
size_t edy_argmax(edy_dtype dtype, const void *data, size_t elems);

/* Adds what another part of the same case found: FAIL wins, then the larger share; counts add up.
 * An all-zero *all is empty. */
void edy_judgement_merge(edy_judgement *all, const edy_judgement *more);

/* The first node, in order of the run, that computes something wrong from right inputs. Plain
 * data. */
typedef struct edy_divergence {
    int32_t step, steps;  /* of the plan, from 0; how many it has */
    char node[96];        /* "name (operator)" */
    char kernel[64];      /* "f32_igemm_6x16__avx2" */
    char place[80];       /* "[0,3,1,2] of 1x8x4x4" */
    size_t index, wrong;  /* first wrong element; how many are */
    bool integer;         /* expected is before rounding to a step */
    double expected, got; /* as stored: of a u8 layer q - 128 */
    double allowed;       /* absolute error */
    double ulps;          /* error in units of the last place of a float32 `expected` */
    double share;         /* of the allowed error; INFINITY for a NaN */
} edy_divergence;

/* What judging the nodes of a plan one by one found. Plain data. */
typedef struct edy_node_judgement {
    size_t judged, unknown, wrong; /* unknown: the oracle does not know the form */
    double share;                  /* worst share of a float node's bound; < 0: none was judged */
    char worst[96];                /* that node: "name (operator)" */
    char reason[400];              /* the first wrong node, in order of the run; "" for none */
    edy_divergence first;          /* where wrong > 0 */
} edy_node_judgement;

/* Runs the plan (made with keep_values) on the first golden samples and judges every step on the
 * inputs that the plan itself gave it. Float: both bounds above; operators without rounding must be
 * exact. Integer: |q - exact| <= 0.5 (0.75 by TFLite's rule, which rounds twice) plus the
 * rounding of a float32 epilogue (1e-4 and 4*u*S steps). */
edy_status edy_judge_nodes(edy_plan *plan, const edy_golden *golden, edy_node_judgement *j,
                           edy_error *err);

/* Expected values of output 0 of the first wrong step: [elems] in the model's axes, as real numbers
 * (integers: stored steps, rounded; where the plan's own value is allowed, that one). */
typedef void (*edy_wrong_step_fn)(void *context, const edy_plan *plan, int32_t step,
                                  const double *expected, size_t elems);
/* The same; calls `wrong` for the first wrong step while the plan holds all values. */
edy_status edy_judge_nodes_watched(edy_plan *plan, const edy_golden *golden,
                                   edy_wrong_step_fn wrong, void *context, edy_node_judgement *j,
                                   edy_error *err);

/* Distance of got from expected in units of the last place of float32 around expected; INFINITY
 * where one of them is not finite. */
double edy_ulps_between(double expected, double got);

/* One case: a variant on a backend, at a thread count and a batch size. */
typedef struct edy_conform_case {
    char name[160];           /* "resnet8/int8/avx2/threads:1/batch:5" */
    edy_judgement result;     /* result.verdict is the case's */
    edy_node_judgement nodes; /* judged 0: not in this case */
    bool required;            /* of a listed workload: may not be refused or left out */
    uint64_t bits;            /* hash of all outputs (same_bits.h); 0: none */
    char repro[192];          /* folder that replays a failure (repro.h); "" for none */
} edy_conform_case;

typedef struct edy_conform_options {
    const edy_backend *const *backend; /* those that run here */
    size_t n_backends;
    const int64_t *threads; /* e.g. {1, 2} */
    size_t n_threads;
    const int64_t *batch; /* e.g. {1, 5} */
    size_t n_batches;
    const char *share; /* data folder (workloads/share.h); "" for none */
    size_t images;     /* judge the classes of at most so many images; 0: of all that are there */
    bool in_process;   /* no child process: for debuggers; a crash then ends the program */
    uint64_t seed;     /* of synthetic inputs, where a model has no golden */
    const char *repro; /* folder to write repro-<hash>/ into where a case fails; NULL: nowhere */
    /* Of a user's own model, in place of test data beside it: */
    const char *const *golden; /* files: inputs, then outputs (golden.h); NULL: none */
    size_t n_golden;
    const char *oracle; /* path of ONNX Runtime's library; NULL: none */
    /* Called before and after each case; may be NULL. */
    void (*on_begin)(void *context, const char *name);
    void (*on_case)(void *context, const edy_conform_case *c);
    void *context;
} edy_conform_options;

typedef struct edy_conform_table {
    edy_conform_case *row;
    size_t n, capacity;
} edy_conform_table;

/* Appends the cases of one variant of one workload. The nodes are judged in a backend's first case,
 * the classes of many images in its last (they are the same for any threads and batch). A model
 * outside the profile is one UNSUPPORTED row a backend. A variant without golden is judged like a
 * user's model without test data: MISTRUSTED. A golden that is incomplete, damaged or belongs to
 * another model is a FAIL; one whose images are not on this machine SKIP.
 * Fails only for a model that cannot be read and for lack of memory. */
edy_status edy_conform_variant(const edy_workload *workload, const edy_variant *variant,
                               const edy_conform_options *options, edy_conform_table *table,
                               edy_error *err);
void edy_conform_table_free(edy_conform_table *table);

/* 80 columns, one line a case, reasons below it; then the closing line. */
void edy_conform_print(const edy_conform_table *table, FILE *out);
/* The same as a JSON document. False on no memory. */
bool edy_conform_print_json(const edy_conform_table *table, FILE *out);
/* "required N: N passed, N failed, N unsupported, N crashed", of the listed workloads. */
void edy_conform_required_line(const edy_conform_table *table, char *text, size_t size);
/* "N passed, N failed, N unsupported, N crashed, N skipped, N mistrusted of N" */
void edy_conform_closing_line(const edy_conform_table *table, char *text, size_t size);
size_t edy_conform_count(const edy_conform_table *table, edy_verdict verdict);
/* 1 where anything failed or crashed; 5 where nothing was judged (no case, or only skipped and
 * unsupported ones); 4 where a case is MISTRUSTED, which is no pass; else 0. In this order. */
int edy_conform_exit_code(const edy_conform_table *table);

#endif
