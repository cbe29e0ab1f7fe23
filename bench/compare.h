/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Two results documents, case by case: faster, slower, the same, or can't tell.
 *
 * The ratio new/old of the medians has a 95 % interval by block bootstrap with blocks of one
 * repetition (stats.h), so that drift inside a run widens it. With t the smallest change that is
 * worth a word:
 *   worse       interval above 1, ratio >= 1 + t     better  interval below 1, ratio <= 1 / (1 + t)
 *   same        interval inside 1 / (1 + t) .. 1 + t
 *   can't tell  everything else
 * What differs between two runs but not inside one (page placement, neighbours on a shared host) is
 * in no interval. So t is the threshold that the user gives plus, for each side, what that side
 * shows of its own unrest: the spread of its repetitions' medians, and EDY_UNREST where the thread
 * was preempted or the machine was loaded. The note says so where it decides.
 *
 * Worse is also what needs more memory or errs more, however fast: arena or packed weights larger
 * by more than the user's t, or top-1 on the same data lower by more than EDY_TOP1_DROP (where the
 * numbers of images differ, only if the 95 % intervals are apart too). The note gives both
 * values. */
#ifndef EDY_COMPARE_H
#define EDY_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/record.h"

/* X(name, text) */
#define EDY_CHANGE_MAP(X)                                                                          \
    X(BETTER, "better")                                                                            \
    X(WORSE, "worse")                                                                              \
    X(SAME, "same")                                                                                \
    X(CANT_TELL, "can't tell")                                                                     \
    X(WRONG, "wrong")         /* the new output failed its judgement */                            \
    X(NO_NUMBER, "no number") /* no latency on one side or both, though not wrong */               \
    X(MISSING, "missing")     /* only in the base */                                               \
    X(ADDED, "added")         /* only in the new */

typedef enum edy_change {
#define EDY_CHANGE_ENUM(name, text) EDY_CHANGE_##name,
    EDY_CHANGE_MAP(EDY_CHANGE_ENUM)
#undef EDY_CHANGE_ENUM
        EDY_CHANGE_COUNT
} edy_change;

const char *edy_change_text(edy_change change);

#define EDY_UNREST 0.25
#define EDY_TOP1_DROP 0.005

typedef struct edy_comparison {
    const char *name; /* of the case; belongs to a document */
    edy_change change;
    double old_ns, new_ns;     /* medians, NAN where there is none */
    double ratio, low, high;   /* new / old with its interval; NAN where there is none */
    char note[EDY_TEXT_BYTES]; /* what else differs: accuracy, model file, kind of samples; or "" */
} edy_comparison;

enum { EDY_MAX_DIFFERENCES = 16 };

typedef struct edy_comparison_table {
    edy_comparison *row; /* cases of the base in its order, then those only in the new */
    size_t n, count[EDY_CHANGE_COUNT];
    /* Identity: what must be equal for times to be comparable. One sentence a field that
     * differs. */
    size_t n_differences;
    char difference[EDY_MAX_DIFFERENCES][EDY_TEXT_BYTES];
    double geometric_mean; /* of the ratios; NAN where there are none */
} edy_comparison_table;

/* threshold: e.g. 0.05, see t above. Both documents must outlive the table. EDY_BAD_FILE where one
 * of them has two records of one name, EDY_NO_MEMORY. */
edy_status edy_compare(const edy_results *base, const edy_results *now, double threshold,
                       uint64_t seed, edy_comparison_table **table, edy_error *err);
void edy_comparison_destroy(edy_comparison_table *table); /* NULL is allowed */

/* 80 columns: differences, table, summary line. */
void edy_comparison_print(const edy_comparison_table *table, FILE *stream);
/* One JSON document with the same. */
edy_status edy_comparison_print_json(const edy_comparison_table *table, FILE *stream,
                                     edy_error *err);

/* 1 a new output is wrong; 4 identity differs; 3 a case is worse; 4 a case cannot be told or is
 * missing; 5 no case was compared; else 0. In this order. */
int edy_comparison_exit_code(const edy_comparison_table *table);

#endif
