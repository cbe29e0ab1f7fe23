/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A slow, obvious interpreter of graphs in double precision, over plain NCHW loops.
 *
 * It shares no code with kernels, operators or passes: it reads edy_graph structs only. It serves
 * as the exact answer of per-node budgets, and as the only opinion on a model that nobody made
 * goldens for (which is why such a verdict is MISTRUSTED).
 *
 * Precision. EDY_ORACLE_DOUBLE keeps every float value in double. EDY_ORACLE_FLOAT rounds each
 * product and each sum to binary32 in the order of the loops: an independent scalar float32 run,
 * whose distance from the first is what float budgets are made of. Quantizers divide, scale and
 * round in binary32 in both, as NUMERICS.md states. */
#ifndef EDY_ORACLE_H
#define EDY_ORACLE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/graph.h"

typedef enum edy_oracle_precision { EDY_ORACLE_DOUBLE, EDY_ORACLE_FLOAT } edy_oracle_precision;

/* A value: every element as double (the integers of a network are exact in it). */
typedef struct edy_oracle_tensor {
    edy_shape shape;
    size_t count;
    double *data;
} edy_oracle_tensor;

edy_status edy_oracle_tensor_create(const edy_shape *shape, edy_oracle_tensor *tensor,
                                    edy_error *err);
void edy_oracle_tensor_free(edy_oracle_tensor *tensor); /* all-zero is allowed */
/* Fills the tensor from elements of a dtype, row-major. */
void edy_oracle_tensor_load(edy_oracle_tensor *tensor, edy_dtype dtype, const void *data);

/* How far a float32 evaluation of one node may be from the exact answer. magnitude[i] = S, the sum
 * of the absolute products that make output element i (bias and residual count as products with 1);
 * terms = k, the number of roundings in the chain. 0 terms: the answer must be exact. */
typedef struct edy_oracle_bound {
    double *magnitude;
    size_t count;
    double terms;
} edy_oracle_bound;
void edy_oracle_bound_free(edy_oracle_bound *bound); /* all-zero is allowed */

/* ---- One node -------------------------------------------------------------------------------- */

/* One node of any graph, a lowered one too (fused clamp, residual and padding are applied), on
 * inputs in ONNX's axes; in[i] is NULL where absent, constants are passed too. *out is created;
 * bound, which may be NULL, is created for float nodes. EDY_UNSUPPORTED names what the oracle does
 * not know. */
edy_status edy_oracle_node(const edy_graph *graph, const edy_node *node,
                           const edy_oracle_tensor *const *in, edy_oracle_precision precision,
                           edy_oracle_tensor *out, edy_oracle_bound *bound, edy_error *err);

/* A node of the lowered integer domain (its output is EDY_S8). in: stored integers. out: the real
 * number that is rounded to the stored output, clamped, in double: a correct output q has
 * |q - out| <= 0.5 plus the rounding of the float32 epilogue. magnitude as above, in output
 * steps. */
edy_status edy_oracle_integer_node(const edy_graph *graph, const edy_node *node,
                                   const edy_oracle_tensor *const *in, edy_oracle_tensor *out,
                                   edy_oracle_bound *bound, edy_error *err);

/* ---- A whole graph --------------------------------------------------------------------------- */

typedef struct edy_oracle edy_oracle;

/* The graph must be as imported (shapes known) and outlive the oracle. */
edy_status edy_oracle_create(const edy_graph *graph, edy_oracle_precision precision,
                             edy_oracle **oracle, edy_error *err);
void edy_oracle_destroy(edy_oracle *oracle); /* NULL is allowed */

/* inputs[i]: the graph's input i in its dtype, row-major, at the graph's batch. */
edy_status edy_oracle_run(edy_oracle *oracle, const void *const *inputs, edy_error *err);
/* After a run; NULL for a value that was not computed. Belongs to the oracle. */
const edy_oracle_tensor *edy_oracle_value(const edy_oracle *oracle, edy_value_id value);

#endif
