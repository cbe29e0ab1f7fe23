/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside the walk: the cases of one row, in their order. */
#ifndef EDY_WALK_WALK_ROW_H
#define EDY_WALK_WALK_ROW_H

#include "bench/walk/layer_check.h"
#include "bench/walk/walk.h"

/* What a row walks: a family of the table, or (family NULL) a kind of layer with a dtype. */
typedef struct edy_walk_subject {
    const edy_backend *backend;
    edy_kernels kernels;
    const edy_kernel_family *family;
    edy_layer_kind kind;
    edy_layer_dtype dtype;
} edy_walk_subject;

/* Walks all cases into *row, whose names are set. *row may be memory shared with a parent: `at` is
 * the case that is being run, for the parent of a child that dies; "" between cases. */
void edy_walk_cases(const edy_walk_options *options, const edy_walk_subject *subject,
                    edy_walk_row *row, char at[EDY_PROBLEM_TEXT]);

/* The command line that runs one case again. */
void edy_walk_rerun(const char *backend, const char *problem, char text[EDY_WALK_RERUN]);

/* Is there any case at all? */
bool edy_walk_has_cases(const edy_walk_options *options, const edy_walk_subject *subject);

#endif
