/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The backend tests of the ONNX project (Debian: libonnx-testdata): small models with inputs and
 * the outputs that ONNX's reference implementation gives.
 *
 * A folder with model.onnx is a case; each test_data_set_N beside it holds input_K.pb and
 * output_K.pb. Integers must be equal. Floats are compared by ONNX's own rule, |got - expected| <=
 * 1e-7 + 1e-3 * |expected|, NaN only with NaN: what is published with the data, and wider than the
 * budgets of conform.h, which need an exact answer that these files, being float32, do not hold. */
#ifndef EDY_ONNX_TESTS_H
#define EDY_ONNX_TESTS_H

#include <stdio.h>

#include "bench/suite/onnx_profile.h"
#include "bench/verdict.h"
#include "engine/backend.h"

/* ---- The cases ------------------------------------------------------------------------------- */

enum { EDY_TEST_NAME = 128, EDY_TEST_PATH = 1024, EDY_TEST_REASON = 400 };

typedef struct edy_onnx_test {
    char name[EDY_TEST_NAME]; /* of the folder */
    char dir[EDY_TEST_PATH];
    edy_census census;
} edy_onnx_test;

typedef struct edy_onnx_tests {
    edy_onnx_test *test; /* by name */
    size_t n, capacity;
} edy_onnx_tests;

/* Every folder below dir, or dir itself, that holds a model.onnx, without following links.
 * EDY_IO where dir cannot be read or holds none; a file that is no ONNX is EDY_BAD_FILE. */
edy_status edy_onnx_tests_find(const char *dir, edy_onnx_tests *tests, edy_error *err);
void edy_onnx_tests_free(edy_onnx_tests *tests);

/* ---- One case -------------------------------------------------------------------------------- */

/* Plain data: comes through a pipe. */
typedef struct edy_onnx_result {
    edy_verdict verdict;
    bool refused; /* by importer or planner: nothing was compared */
    size_t sets;  /* test_data_set_N that were run */
    double share; /* worst |error| of a float output as a share of what is allowed */
    char reason[EDY_TEST_REASON];
} edy_onnx_result;

/* Imports, plans, runs and compares, in this process. UNSUPPORTED is what the importer or the
 * planner says is unsupported; any other refusal of a case, all of which are valid, is a FAIL. */
void edy_onnx_test_run(const edy_onnx_test *test, const edy_backend *backend,
                       edy_onnx_result *result);

/* ---- All of them ----------------------------------------------------------------------------- */

typedef struct edy_onnx_row {
    const edy_onnx_test *test;
    const edy_backend *backend;
    edy_onnx_result result;
    edy_outside outside;             /* EDY_INSIDE: may not be UNSUPPORTED */
    char excuse[EDY_OUTSIDE_REASON]; /* why it lies outside */
} edy_onnx_row;

typedef struct edy_onnx_options {
    const edy_backend *const *backend;
    size_t n_backends;
    const edy_onnx_profile *profile;
    const char *pattern; /* only cases of this name, * allowed; NULL: all */
    bool in_process;     /* no child process a case: for debuggers */
    void (*on_begin)(void *context, const char *name); /* may be NULL */
    void *context;
    /* What runs a case; NULL: edy_onnx_test_run. Tests put in what dies. */
    void (*run)(const edy_onnx_test *test, const edy_backend *backend, edy_onnx_result *result);
} edy_onnx_options;

typedef struct edy_onnx_table {
    edy_onnx_row *row; /* backend by backend, in the order of the tests */
    size_t n;
    size_t required, committed; /* cases inside the profile a backend; what the profile says */
    bool all;                   /* no pattern: required and committed can be compared */
} edy_onnx_table;

/* A child that dies makes its case a CRASH with the signal's name; one that takes a minute, too.
 * The table refers to tests and backends. Fails only for lack of memory. */
edy_status edy_onnx_tests_run(const edy_onnx_tests *tests, const edy_onnx_options *options,
                              edy_onnx_table *table, edy_error *err);
void edy_onnx_table_free(edy_onnx_table *table);

/* Verdicts of one backend's cases; where it is NULL, of the cases over all backends: each has the
 * worst that it got anywhere. */
typedef struct edy_onnx_counts {
    size_t of[EDY_VERDICT_COUNT], total;
    size_t required[EDY_VERDICT_COUNT], required_total;
} edy_onnx_counts;
edy_onnx_counts edy_onnx_count(const edy_onnx_table *table, const edy_backend *backend);
/* Rows of one backend: row i of the first is row i + k * this of the k-th after it. */
size_t edy_onnx_rows_per_backend(const edy_onnx_table *table);

/* 80 columns: what failed, UNSUPPORTED by reason, a line a backend, the profile's verdict. */
void edy_onnx_tests_print(const edy_onnx_table *table, FILE *out);
/* The same as a JSON document, with every case. False on no memory. */
bool edy_onnx_tests_print_json(const edy_onnx_table *table, FILE *out);
/* 1: a case failed or crashed, a required one is UNSUPPORTED or was skipped, or fewer are required
 * than committed; 5: nothing passed or failed; else 0. */
int edy_onnx_tests_exit_code(const edy_onnx_table *table);

#endif
