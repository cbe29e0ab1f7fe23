/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How often does the kernel walk catch a fault in a single output? Measured on the walk itself: its
 * family f32_gemm checks a kernel that is scalar's but for the fault, one output a case.
 *
 * A bound alone misses dropped terms of long reductions; the fill of exact integers is there for
 * them, and the one-signed fill for lost precision. Dense fp32 kernels are also held to one chain
 * of additions (kernel.h), bit for bit, which leaves nothing to a bound; other kernels are not. */
#ifndef EDY_WALK_DETECT_H
#define EDY_WALK_DETECT_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/walk/fill.h"

/* X(name, text) */
#define EDY_DETECT_MAP(X)                                                                          \
    X(DROPPED, "dropped term")                                                                     \
    X(SWAPPED, "swapped channels") /* two inputs meet each other's weights */                      \
    X(HALF, "rounded to half")     /* the output, once, to 11 significant bits */

typedef enum edy_detect_fault {
#define EDY_DETECT_ENUM(name, text) EDY_DETECT_##name,
    EDY_DETECT_MAP(EDY_DETECT_ENUM)
#undef EDY_DETECT_ENUM
        EDY_DETECT_COUNT
} edy_detect_fault;

/* Fills that the rates are of: EXACT, ONE_SIGNED, REALISTIC. */
enum { EDY_DETECT_FILLS = 3, EDY_DETECT_DEPTHS = 8 };

typedef struct edy_detect_row {
    edy_detect_fault fault;
    size_t depth; /* terms of the reduction */
    struct {
        size_t changed; /* cases in which the fault changed the output; others are no fault */
        size_t caught;  /* of them, by the budget (EXACT: by equality) */
        size_t chained; /* of them, by the budget or by the order of additions */
    } by[EDY_DETECT_FILLS];
} edy_detect_row;

typedef struct edy_detect_table {
    edy_detect_row row[EDY_DETECT_COUNT * EDY_DETECT_DEPTHS];
    size_t n, false_alarms; /* right outputs that were called wrong */
} edy_detect_table;

/* All faults at reductions of 9 to 4,608 terms, `cases` seeded cases each. Not from two threads at
 * once. */
void edy_detect_run(size_t cases, uint64_t seed, edy_detect_table *table);
/* Each row caught by the fill that is meant for it: dropped and swapped always by EXACT, half
 * precision by ONE_SIGNED four times in five or more; and no false alarm. */
bool edy_detect_holds(const edy_detect_table *table);
void edy_detect_print(const edy_detect_table *table, size_t cases, FILE *out); /* 80 columns */

#endif
