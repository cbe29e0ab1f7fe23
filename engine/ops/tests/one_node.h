/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Graphs of one node for the tests of operators and plans. */
#ifndef EDY_ONE_NODE_H
#define EDY_ONE_NODE_H

#include "engine/plan.h"

/* A graph with one fp32 input of the given shape and one node of kind op that reads it (input 0)
 * and makes the only output. Further inputs: edy_one_node_constant. Asserts on failure. */
edy_graph *edy_one_node(edy_op_kind op, const edy_shape *x);
/* Sets input `index` of the node to a constant. */
void edy_one_node_constant(edy_graph *g, int32_t index, const edy_shape *shape, const float *data);
/* Plans g for the backend, batch and threads, runs it on x, returns the malloc'ed output. */
float *edy_one_node_run(const edy_graph *g, const edy_backend *backend, unsigned threads,
                        int64_t batch, const float *x, size_t *out_elems);
/* Seeded values in [-1, 1), malloc'ed. */
float *edy_random_floats(size_t n, uint32_t seed);

#endif
