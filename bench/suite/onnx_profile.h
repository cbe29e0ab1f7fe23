/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The published profile: which ONNX models edyno promises to run (workloads/onnx_profile.txt).
 *
 * A line is one of these; '#' begins a comment:
 *   required N                       committed count of the backend tests that lie inside
 *   exclude TYPE REASON...           a model with an input or output of this type lies outside
 *   OPERATOR FIRST-LAST TYPE... [outputs=N]
 *                                    opsets, types of inputs and outputs, and where fewer than ONNX
 *                                    allows, how many outputs may be used
 *   outside PATTERN REASON...        backend tests of this name (* allowed) lie outside: forms of
 *                                    an operator that a type or an opset does not tell apart
 * A model lies inside where all its operators, their types and its opset do, and no exclude or
 * outside line applies. */
#ifndef EDY_ONNX_PROFILE_H
#define EDY_ONNX_PROFILE_H

#include <stdbool.h>

#include "bench/suite/census.h"

enum { EDY_OUTSIDE_REASON = 160 };

typedef struct edy_onnx_profile_op {
    char name[EDY_CENSUS_NAME];
    int64_t first, last; /* opsets */
    edy_type_set types;
    uint32_t outputs; /* 0: any number */
} edy_onnx_profile_op;

typedef struct edy_onnx_profile_pattern {
    char pattern[EDY_CENSUS_NAME + 16];
    char reason[EDY_OUTSIDE_REASON];
} edy_onnx_profile_pattern;

typedef struct edy_onnx_profile {
    size_t required;
    size_t n_ops, n_outside;
    edy_onnx_profile_op *op;
    edy_onnx_profile_pattern *outside;
    edy_type_set excluded;
    char exclude_reason[32][EDY_OUTSIDE_REASON]; /* by bit */
} edy_onnx_profile;

/* EDY_IO, EDY_LIMIT, EDY_BAD_FILE with file, line and what is wrong there. */
edy_status edy_onnx_profile_read(const char *path, edy_onnx_profile **profile, edy_error *err);
void edy_onnx_profile_destroy(edy_onnx_profile *profile); /* NULL is allowed */

/* Why a model lies outside; its text is the same for models that lie outside for the same reason,
 * so that they can be counted together. */
typedef enum edy_outside {
    EDY_INSIDE,
    EDY_OUTSIDE_OPERATOR, /* "operator And" */
    EDY_OUTSIDE_TYPE,     /* "double: REASON", "Add of int64" */
    EDY_OUTSIDE_OPSET,    /* "Relu of opset 5" */
    EDY_OUTSIDE_FORM      /* the reason of the outside line, "2 outputs of MaxPool" */
} edy_outside;

/* name: of the backend test; NULL for any other model. types_excluded is set where an exclude line
 * applies: such a model is not to be run. */
edy_outside edy_onnx_profile_place(const edy_onnx_profile *profile, const edy_census *census,
                                   const char *name, bool *types_excluded,
                                   char reason[EDY_OUTSIDE_REASON]);

#endif
