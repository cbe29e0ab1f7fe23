/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Graph to graph rewrites. Each changes nothing that a consumer could see except rounding where its
 * comment says so; each leaves shapes inferred and the graph runnable, and may be called alone. */
#ifndef EDY_PASSES_H
#define EDY_PASSES_H

#include "engine/graph.h"

/* BatchNormalization after Conv or Gemm (single consumer, no clamp between) into new weights and
 * bias:
 * w' = w * g, b' = (b - mean) * g + beta, g = gamma / sqrt(var + eps), computed in double and
 * rounded once. One elsewhere becomes a depthwise 1x1 Conv or, where the input has not 4
 * dimensions, Mul and Add. EDY_BAD_FILE where var + eps is not positive or a folded value leaves
 * float32. */
edy_status edy_pass_fold_batchnorm(edy_graph *g, edy_error *err);
/* A 2-D ConvTranspose with constant weights becomes a CONV with a transposed window and the weights
 * in CONV's order. */
edy_status edy_pass_lower_transposed(edy_graph *g, edy_error *err);
/* Pad with zeros (the zero point, after lowering) over H and W into the Conv or AveragePool window
 * that follows. */
edy_status edy_pass_fold_pad(edy_graph *g, edy_error *err);
/* Relu and Clip into the single producer's act_min/act_max. */
edy_status edy_pass_fuse_activation(edy_graph *g, edy_error *err);
/* fp32 Add of equal shapes into the dense Conv that feeds it (single consumer, no clamp between),
 * as EDY_IN_RESIDUAL, with the Add's clamp; same bits. */
edy_status edy_pass_fuse_residual(edy_graph *g, edy_error *err);
/* MaxPool goes before the LeakyRelu (alpha > 0) that feeds it alone, where it makes fewer
 * elements; same bits but for the sign of a zero. */
edy_status edy_pass_pool_before_leaky(edy_graph *g, edy_error *err);
/* Groups between DequantizeLinear and QuantizeLinear, and QLinearConv, into integer nodes
 * (NUMERICS.md, rule ONNX). What cannot be an integer node keeps its quantizers and runs in float.
 * Afterwards no value is EDY_U8 but unused constants. EDY_BAD_FILE or EDY_UNSUPPORTED where a scale
 * is not positive, not constant, or of the wrong number. */
edy_status edy_pass_lower_quantized(edy_graph *g, edy_error *err);
/* NHWC for every rank-4 activation that a layout-sensitive operator touches; LAYOUT nodes where a
 * blind one needs plain order (none where C or H*W is 1), constants of a Gemm after a Reshape
 * permuted (the rows between are then renamed "... (h,w,c order)"). */
edy_status edy_pass_assign_layout(edy_graph *g, edy_error *err);
/* The padding of a convolution of few input channels into the copy before it, or a Pad. After
 * assign_layout; same bits. */
edy_status edy_pass_pad_first_layer(edy_graph *g, edy_error *err);

/* All of the above in the order the plan wants. */
edy_status edy_passes_run(edy_graph *g, edy_error *err);

#endif
