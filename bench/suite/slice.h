/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A step of a plan as a model of its own. */
#ifndef EDY_SLICE_H
#define EDY_SLICE_H

#include "engine/plan.h"

/* Makes the part of `imported` (the graph that the plan was made of, at any batch) that step
 * `index` computes, from the step's inputs to its output: the imported nodes that passes made one
 * of, quantizers included. Its inputs keep their ids, so that `edy_slice_read` finds their values.
 * The slice shares payloads with imported, which must outlive it.
 * EDY_UNSUPPORTED where the step has no such part: a copy that only a pass made, say. */
edy_status edy_slice_make(const edy_graph *imported, const edy_plan *plan, int32_t index,
                          edy_graph **slice, edy_error *err);

/* The value of an input of the slice after a run of the plan, which must keep values, in the
 * slice's own dtype: u8 layers are q again. The caller frees *data. */
edy_status edy_slice_read(const edy_graph *slice, const edy_plan *plan, edy_value_id id,
                          void **data, edy_error *err);

/* Expected values of the slice's output (edy_wrong_step_fn) in its dtype. The caller frees. */
edy_status edy_slice_expected(const edy_graph *slice, const edy_plan *plan, const double *expected,
                              size_t elems, void **data, edy_error *err);

#endif
