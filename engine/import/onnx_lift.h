/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* 1-D networks: operators with a window work on rank 4, so a value [N, C, L] gets a twin [N, C, 1,
 * L].
 *
 * A window operator on rank 3 reads its input's twin (made by a Reshape, at first) and makes the
 * twin of its output; a Reshape back makes the output itself. An elementwise operator on a value
 * with a twin works on the twin too, so that in a chain like Conv, BatchNormalization, Relu,
 * MaxPool no Reshape stands between the nodes; the Reshapes that nobody reads are pruned at the
 * end. */
#ifndef EDY_ONNX_LIFT_H
#define EDY_ONNX_LIFT_H

#include "engine/import/onnx_context.h"

/* edy_onnx_begin for window operators: where input 0 has rank 3, it and input number `weights` (0:
 * none) are replaced by their twins. */
edy_status edy_onnx_lift_begin(edy_onnx_context *c, edy_op_kind op, int32_t n_inputs,
                               size_t weights, edy_node **n);
/* edy_onnx_begin for elementwise operators: works on twins where an input has one, or is a
 * constant of rank 3 (weights, before a DequantizeLinear). n_operands inputs, from 0 on, are
 * operands of the elementwise sort (Add: 2); c->lifting tells whether an axis number 2 has
 * become 3. */
edy_status edy_onnx_lift_begin_elementwise(edy_onnx_context *c, edy_op_kind op, int32_t n_inputs,
                                           int32_t n_operands, edy_node **n);
/* edy_onnx_finish for both. */
edy_status edy_onnx_lift_finish(edy_onnx_context *c);
/* Drops the Reshapes made here that nobody reads. After the graph's outputs are set. */
edy_status edy_onnx_lift_prune(edy_onnx_context *c);

#endif
