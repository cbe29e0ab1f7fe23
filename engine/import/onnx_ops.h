/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ONNX operator -> node or nodes of the graph. */
#ifndef EDY_ONNX_OPS_H
#define EDY_ONNX_OPS_H

#include "engine/import/onnx_context.h"

/* Imports the node at hand: finds its operator in the table, checks the number of inputs and
 * outputs and the attributes' names, then calls the operator's own function. EDY_UNSUPPORTED where
 * there is none. */
edy_status edy_onnx_import_node(edy_onnx_context *c);

/* The operators' own functions, by file. */
edy_status edy_import_conv(edy_onnx_context *c); /* onnx_ops_window.c */
edy_status edy_import_convtranspose(edy_onnx_context *c);
edy_status edy_import_qlinearconv(edy_onnx_context *c);
edy_status edy_import_convinteger(edy_onnx_context *c);

edy_status edy_import_matmulinteger(edy_onnx_context *c); /* onnx_ops_integer.c */
edy_status edy_import_qlinearmatmul(edy_onnx_context *c);
edy_status edy_import_dynamicquantize(edy_onnx_context *c);

edy_status edy_import_maxpool(edy_onnx_context *c); /* onnx_ops_pool.c */
edy_status edy_import_avgpool(edy_onnx_context *c);
edy_status edy_import_globalavgpool(edy_onnx_context *c);
edy_status edy_import_globalmaxpool(edy_onnx_context *c);

edy_status edy_import_lrn(edy_onnx_context *c); /* onnx_ops_spatial.c */
edy_status edy_import_instancenorm(edy_onnx_context *c);
edy_status edy_import_depthtospace(edy_onnx_context *c);
edy_status edy_import_spacetodepth(edy_onnx_context *c);

edy_status edy_import_resize(edy_onnx_context *c); /* onnx_ops_resize.c */
edy_status edy_import_upsample(edy_onnx_context *c);

edy_status edy_import_gemm(edy_onnx_context *c); /* onnx_ops_math.c */
edy_status edy_import_matmul(edy_onnx_context *c);
edy_status edy_import_batchnorm(edy_onnx_context *c);
edy_status edy_import_relu(edy_onnx_context *c);
edy_status edy_import_clip(edy_onnx_context *c);
edy_status edy_import_leakyrelu(edy_onnx_context *c);
edy_status edy_import_add(edy_onnx_context *c);
edy_status edy_import_mul(edy_onnx_context *c);
edy_status edy_import_softmax(edy_onnx_context *c);
edy_status edy_import_logsoftmax(edy_onnx_context *c);
edy_status edy_import_hardmax(edy_onnx_context *c);
edy_status edy_import_quantize(edy_onnx_context *c);
edy_status edy_import_dequantize(edy_onnx_context *c);

edy_status edy_import_unary(edy_onnx_context *c); /* onnx_ops_family.c */
edy_status edy_import_binary(edy_onnx_context *c);
edy_status edy_import_variadic(edy_onnx_context *c);
edy_status edy_import_where(edy_onnx_context *c);
/* Two operands that broadcast, by the rules of each opset: for import functions. */
edy_status edy_import_pair(edy_onnx_context *c, edy_op_kind op, int32_t sub);

edy_status edy_import_reduce(edy_onnx_context *c);
edy_status edy_import_argmax(edy_onnx_context *c);

edy_status edy_import_slice(edy_onnx_context *c); /* onnx_ops_index.c */
edy_status edy_import_split(edy_onnx_context *c);
edy_status edy_import_expand(edy_onnx_context *c);
edy_status edy_import_tile(edy_onnx_context *c);
edy_status edy_import_gather(edy_onnx_context *c);
edy_status edy_import_shape(edy_onnx_context *c);
edy_status edy_import_size(edy_onnx_context *c);
edy_status edy_import_constant_of_shape(edy_onnx_context *c);
edy_status edy_import_range(edy_onnx_context *c);

edy_status edy_import_constant(edy_onnx_context *c); /* onnx_ops_shape.c */
edy_status edy_import_cast(edy_onnx_context *c);
edy_status edy_import_identity(edy_onnx_context *c);
edy_status edy_import_dropout(edy_onnx_context *c);
edy_status edy_import_flatten(edy_onnx_context *c);
edy_status edy_import_reshape(edy_onnx_context *c);
edy_status edy_import_squeeze(edy_onnx_context *c);
edy_status edy_import_unsqueeze(edy_onnx_context *c);
edy_status edy_import_transpose(edy_onnx_context *c);
edy_status edy_import_pad(edy_onnx_context *c);
edy_status edy_import_concat(edy_onnx_context *c);

#endif
