/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The kernel walk: every kernel of every backend's table, and every kind of layer planned for it,
 * over problem files and random shapes, each filled four ways, against loops that share no code
 * with the engine (kernel_check.h, layer_check.h).
 *
 *   row    = backend x kernel family, or backend x kind of layer and dtype
 *   case   = one problem with all its extents, its fill and its seed
 *
 * A row is walked in a child process: a kernel that dies at a guard page or of an illegal
 * instruction is a CRASH of its row, and the walk goes on. The same options give the same cases. A
 * failing case carries the command line that runs it alone. */
#ifndef EDY_WALK_WALK_H
#define EDY_WALK_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/walk/problem.h"
#include "engine/backend.h"

typedef enum edy_walk_verdict {
    EDY_WALK_PASS,
    EDY_WALK_FAIL,
    EDY_WALK_CRASH,
    EDY_WALK_INHERITED, /* scalar's kernel, walked there */
    EDY_WALK_VERDICTS
} edy_walk_verdict;

enum { EDY_WALK_TIMINGS = 64, EDY_WALK_FAILURES = 3, EDY_WALK_RERUN = EDY_PROBLEM_TEXT + 80 };

typedef struct edy_walk_failure {
    char what[320];             /* one sentence */
    char rerun[EDY_WALK_RERUN]; /* "edyno conform --kernels --backend avx2 --problem '...'" */
} edy_walk_failure;

/* One case, timed: a call of the kernel, or the layer's step of a plan with one thread. */
typedef struct edy_walk_timing {
    char problem[EDY_PROBLEM_TEXT];
    double median_ns;
    double work; /* multiplications and additions of a call; elements where it has none */
    bool is_arithmetic;
} edy_walk_timing;

typedef struct edy_walk_row {
    char backend[32];
    char family[32]; /* "f32_igemm", "conv f32" */
    char kernel[64]; /* as the table or the plan calls it; "" where there are several */
    edy_walk_verdict verdict;
    size_t cases, failed;
    size_t left_out; /* problems over max_macs */
    double share;    /* worst error as a share of the allowed one; 0 where all was exact */
    edy_walk_failure failure[EDY_WALK_FAILURES]; /* the first ones */
    size_t n_failures;
    edy_walk_timing timing[EDY_WALK_TIMINGS];
    size_t n_timings;
} edy_walk_row;

typedef struct edy_walk_options {
    const edy_backend *const *backend;
    size_t n_backends;
    const char *pattern; /* fnmatch on family or kernel name; NULL: all */
    const edy_problem *problem;
    size_t n_problems;
    int fill;              /* -1: all four */
    uint64_t seed;         /* of everything that has none of its own */
    size_t random;         /* random shapes a kernel family, besides the problems */
    double max_macs;       /* layers above are counted as left out; 0: none are */
    bool inherited;        /* walk scalar's kernels again in the backends that inherit them */
    bool in_process;       /* no child process: for debuggers */
    unsigned case_seconds; /* a case that takes longer is a CRASH (not in_process); 0: 600 */
    bool bench; /* time the cases that pass; one fill (realistic) unless one is asked for */
    /* Called before and after each row; may be NULL. */
    void (*on_begin)(void *context, const char *backend, const char *family);
    void (*on_row)(void *context, const edy_walk_row *row);
    void *context;
} edy_walk_options;

typedef struct edy_walk_table {
    edy_walk_row *row;
    size_t n, capacity;
} edy_walk_table;

/* Appends the rows. Fails on no memory only. Rows without a single case are left away. */
edy_status edy_walk_run(const edy_walk_options *options, edy_walk_table *table, edy_error *err);
void edy_walk_free(edy_walk_table *table);

/* 1 where a row failed or crashed, 5 where no case was walked, else 0. */
int edy_walk_exit_code(const edy_walk_table *table);
size_t edy_walk_count(const edy_walk_table *table, const char *backend, edy_walk_verdict verdict);

/* One line a row, its failures below. */
void edy_walk_print_heading(FILE *out);
void edy_walk_print_row(const edy_walk_row *row, FILE *out);
/* "avx2: N passed, N failed, N crashed, N inherited from scalar of N; N cases" */
void edy_walk_closing_line(const edy_walk_table *table, const char *backend, char *text,
                           size_t size);

#endif
