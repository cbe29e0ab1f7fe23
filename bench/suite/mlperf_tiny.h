/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The reference models of MLPerf Tiny against goldens of TensorFlow Lite Micro's reference kernels.
 *
 * DIR holds the .tflite files and goldens/ with manifest.json, which lists the cases: model, input
 * and output of some samples, and layers/CASE/index.json, which names a file for every tensor of
 * sample 0. Every file's sha256 that the manifest states is checked.
 *
 * int8: every layer of sample 0 and the outputs of all samples must be equal byte for byte.
 * float32: each node of sample 0 within its budget on its own inputs (edy_judge_nodes); each layer
 * of sample 0, and the outputs of all, within EDY_BUDGET_FACTOR times what an independent float32
 * run (the oracle's) is away from the double run there, plus one rounding of the largest value;
 * layers behind a Winograd convolution, but not outputs, within four times that. A golden that is
 * itself further from the double run makes the case MISTRUSTED.
 * Then all samples again, five at a time on two threads, without keeping layers: the same bytes.
 * A case without a golden is judged by its nodes alone, and MISTRUSTED at best.
 *
 * This is not an MLPerf result: "MLPerf-Tiny-style, unverified". */
#ifndef EDY_MLPERF_TINY_H
#define EDY_MLPERF_TINY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/conform.h"
#include "bench/verdict.h"
#include "engine/backend.h"

/* ---- The cases ------------------------------------------------------------------------------- */

enum { EDY_TINY_NAME = 96, EDY_TINY_PATH = 1024, EDY_TINY_REASON = 400 };

/* A file of goldens/; "" where the manifest names none. */
typedef struct edy_tiny_file {
    char name[EDY_TINY_NAME], sha256[65];
} edy_tiny_file;

typedef struct edy_tiny_case {
    char name[EDY_TINY_NAME];  /* "kws_ref_model.smooth" */
    char model[EDY_TINY_NAME]; /* of DIR */
    char model_sha256[65];
    size_t samples;
    edy_tiny_file input, output;
    char layers[2 * EDY_TINY_NAME]; /* folder of goldens/ */
    char status[EDY_TINY_REASON];   /* why there is no golden */
} edy_tiny_case;

typedef struct edy_tiny_cases {
    char dir[EDY_TINY_PATH];
    edy_tiny_case *c;
    size_t n;
} edy_tiny_cases;

/* EDY_IO, EDY_BAD_FILE; the message names file and field. A name with a '/' is refused. */
edy_status edy_tiny_cases_read(const char *dir, edy_tiny_cases *cases, edy_error *err);
void edy_tiny_cases_free(edy_tiny_cases *cases); /* all-zero is allowed */

/* ---- Judging --------------------------------------------------------------------------------- */

/* Plain data: comes through a pipe. */
typedef struct edy_tiny_result {
    edy_verdict verdict;
    bool integer;
    size_t layers, right, fused; /* of the golden; fused: the plan has no such value any more */
    size_t samples, wrong_samples;
    double share;      /* of the budgets of layers and outputs; floats only */
    double node_share; /* of the worst node's budget; < 0: none was judged */
    double relative;   /* worst error of a layer over its largest value */
    char reason[EDY_TINY_REASON];
} edy_tiny_result;

typedef struct edy_tiny_row {
    const edy_tiny_case *c;
    const edy_backend *backend;
    edy_tiny_result result;
} edy_tiny_row;

typedef struct edy_tiny_options {
    const edy_backend *const *backend;
    size_t n_backends;
    const char *pattern; /* only cases of this name, * allowed; NULL: all */
    bool in_process;     /* no child process a case: for debuggers */
    const char *cifar;   /* test1000.bin; NULL: no top-1 */
    bool every_backend;  /* top-1 on all of them, not only on the first */
    void (*on_begin)(void *context, const char *name); /* may be NULL */
    void *context;
} edy_tiny_options;

/* Top-1 of a model on images of CIFAR-10. */
typedef struct edy_tiny_top1 {
    char model[EDY_TINY_NAME];
    const edy_backend *backend;
    edy_verdict verdict; /* PASS: right == expected */
    size_t right, images, expected;
    const char *target; /* MLPerf Tiny's, of its own images; "" for none */
    char reason[EDY_TINY_REASON];
} edy_tiny_top1;

typedef struct edy_tiny_table {
    edy_tiny_row *row; /* case by case, in the order of the backends */
    size_t n;
    edy_tiny_top1 *top1;
    size_t n_top1;
    const char *top1_skipped; /* why there is no top-1; NULL: there is */
    bool top1_one_backend;
} edy_tiny_table;

/* A child that dies makes its case a CRASH. A model or golden that is missing or damaged is a FAIL
 * of its case. The table refers to cases and backends. Fails for lack of memory only. */
edy_status edy_tiny_run(const edy_tiny_cases *cases, const edy_tiny_options *options,
                        edy_tiny_table *table, edy_error *err);
void edy_tiny_table_free(edy_tiny_table *table);

size_t edy_tiny_count(const edy_tiny_table *table, edy_verdict verdict); /* rows and top-1 */

/* 80 columns; the closing line "N passed, N failed, ... of N". */
void edy_tiny_print(const edy_tiny_table *table, FILE *out);
bool edy_tiny_print_json(const edy_tiny_table *table, FILE *out);
/* 1: a case failed or crashed; 5: nothing passed or failed; 4: a case with a golden is MISTRUSTED;
 * else 0: a case without one cannot be more. */
int edy_tiny_exit_code(const edy_tiny_table *table);

/* ---- Inside ---------------------------------------------------------------------------------- */

/* One case, ready to be judged on any backend. */
typedef struct edy_tiny_job edy_tiny_job;
edy_status edy_tiny_job_create(const edy_tiny_cases *cases, const edy_tiny_case *c,
                               edy_tiny_job **job, edy_error *err);
void edy_tiny_job_destroy(edy_tiny_job *job); /* NULL is allowed */
/* In this process. */
void edy_tiny_job_run(const edy_tiny_job *job, const edy_backend *backend, edy_tiny_result *result);

/* Fills right and images of *t for the model at path; the others are the caller's. cifar: records
 * of a label byte and 32x32 RGB pixels, interleaved. */
edy_status edy_tiny_top1_run(const char *path, const char *cifar, edy_tiny_top1 *t, edy_error *err);
/* What the oracle counts on test1000.bin and MLPerf Tiny asks for; false for other models. */
bool edy_tiny_top1_expected(const char *model, size_t *expected, const char **target);

/* The whole file; the caller frees. sha256 "" is not checked. */
edy_status edy_tiny_read_file(const char *path, const char *sha256, void **bytes, size_t *size,
                              edy_error *err);

#endif
