/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators whose output element is an input element that can be told axis by axis: along axis d,
 * index k of the output comes from index at[d][k] of the input. Slice, Expand, Tile, and Gather by
 * constant indices are such. Any dtype, any layout. */
#ifndef EDY_INDEX_MAP_H
#define EDY_INDEX_MAP_H

#include "engine/ops/op.h"

/* at[k] for the k-th axis of the output of n, count = its extent. */
typedef void (*edy_index_fn)(const edy_graph *g, const edy_node *n, int32_t axis, size_t *at,
                             size_t count);

/* edy_op.prepare of such operators: fills the step. The input's shape is aligned with the output's
 * at the end; axes that the input lacks are repeated. */
edy_status edy_prepare_index_map(edy_planner *p, edy_step *step, edy_index_fn index,
                                 edy_error *err);

#endif
