/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A slow, obvious interpreter of the graph as imported, in double precision, over plain NCHW loops.
 *
 * It shares no code with kernels, operators or passes: it reads edy_graph structs only. It serves as
 * the exact answer of per-node budgets, and as the only opinion on a model that nobody made goldens
 * for (which is why such a verdict is MISTRUSTED).
 *
 * Precision. EDY_ORACLE_DOUBLE keeps every float value in double. EDY_ORACLE_FLOAT rounds each product
 * and each sum to binary32 in the order of the loops: an independent scalar float32 run, whose distance
 * from the first is what float budgets are made of. Quantized values are exact in both: quantizers
 * divide, scale and round in binary32 as NUMERICS.md states, and integer nodes accumulate in int64. */
#ifndef EDY_ORACLE_H
#define EDY_ORACLE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/graph.h"

typedef enum edy_oracle_precision { EDY_ORACLE_DOUBLE, EDY_ORACLE_FLOAT } edy_oracle_precision;

/* A value: every element as double (integers are exact in it). */
typedef struct edy_oracle_tensor {
    edy_shape shape;
    size_t count;
    double *data;
} edy_oracle_tensor;

/* Error bound of each output element of one node, for the caller's budgets. magnitude[i] = S, the sum
 * of the absolute products that make element i (bias and residual count as products with 1); terms is
 * k, the number of them. */
typedef struct edy_oracle_bound {
    double *magnitude;
    size_t count;
    double terms;
} edy_oracle_bound;

typedef struct edy_oracle edy_oracle;

/* The graph must be as imported (no LAYOUT node, shapes known) and outlive the oracle. */
edy_status edy_oracle_create(const edy_graph *graph, edy_oracle_precision precision,
                             edy_oracle **oracle, edy_error *err);
void edy_oracle_destroy(edy_oracle *oracle); /* NULL is allowed */

/* inputs[i]: the graph's input i in its dtype, row-major, at the graph's batch. EDY_UNSUPPORTED where
 * a node is of a form that the oracle does not know (named). */
edy_status edy_oracle_run(edy_oracle *oracle, const void *const *inputs, edy_error *err);
/* After a run; NULL for a value that was not computed. Belongs to the oracle. */
const edy_oracle_tensor *edy_oracle_value(const edy_oracle *oracle, edy_value_id value);

/* One float node of any graph, a lowered one too (fused clamp, residual and padding are applied), on
 * inputs in ONNX's axes: in[i] NULL where absent; constants included, as double. *out and *bound are
 * filled in (free with edy_oracle_tensor_free and edy_oracle_bound_free); bound may be NULL. */
edy_status edy_oracle_node(const edy_graph *graph, const edy_node *node,
                           const edy_oracle_tensor *const *in, edy_oracle_precision precision,
                           edy_oracle_tensor *out, edy_oracle_bound *bound, edy_error *err);
void edy_oracle_tensor_free(edy_oracle_tensor *tensor);
void edy_oracle_bound_free(edy_oracle_bound *bound);

#endif
