/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Constant folding: one node, by its own run function on the scalar kernels. */
#ifndef EDY_EVALUATE_H
#define EDY_EVALUATE_H

#include "engine/graph.h"

/* Whether all inputs of n are constants (it has at least one) and its operator folds. */
bool edy_can_evaluate(const edy_graph *g, const edy_node *n);

/* Computes output 0 of n, whose shape is known, into a payload of the graph's region: it becomes a
 * constant. The node stays; the caller removes it. EDY_LIMIT where it would take more than 2^31
 * multiply-adds. */
edy_status edy_evaluate(edy_graph *g, const edy_node *n, edy_error *err);

#endif
