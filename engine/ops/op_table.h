/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The operators, one declaration each; op_table.c puts them in the order of EDY_OP_MAP. */
#ifndef EDY_OP_TABLE_H
#define EDY_OP_TABLE_H

#include "engine/ops/op.h"

extern const edy_op edy_op_conv;
extern const edy_op edy_op_gemm;
extern const edy_op edy_op_batchnorm;
extern const edy_op edy_op_relu;
extern const edy_op edy_op_clip;
extern const edy_op edy_op_leakyrelu;
extern const edy_op edy_op_add;
extern const edy_op edy_op_mul;
extern const edy_op edy_op_maxpool;
extern const edy_op edy_op_avgpool;
extern const edy_op edy_op_globalavgpool;
extern const edy_op edy_op_reshape;
extern const edy_op edy_op_transpose;
extern const edy_op edy_op_pad;
extern const edy_op edy_op_concat;
extern const edy_op edy_op_softmax;
extern const edy_op edy_op_quantize;
extern const edy_op edy_op_dequantize;
extern const edy_op edy_op_qlinearconv;
extern const edy_op edy_op_lrn;
extern const edy_op edy_op_instancenorm;
extern const edy_op edy_op_depthtospace;
extern const edy_op edy_op_spacetodepth;
extern const edy_op edy_op_resize;
extern const edy_op edy_op_logsoftmax;
extern const edy_op edy_op_hardmax;
extern const edy_op edy_op_convtranspose;
extern const edy_op edy_op_conv3d;
extern const edy_op edy_op_maxpoolindices;
extern const edy_op edy_op_convinteger;
extern const edy_op edy_op_matmulinteger;
extern const edy_op edy_op_qlinearmatmul;
extern const edy_op edy_op_dynamicquantize;
extern const edy_op edy_op_layout;
extern const edy_op edy_op_unary;
extern const edy_op edy_op_cast;
extern const edy_op edy_op_where;
extern const edy_op edy_op_binary;
extern const edy_op edy_op_slice;
extern const edy_op edy_op_expand;
extern const edy_op edy_op_tile;
extern const edy_op edy_op_gather;
extern const edy_op edy_op_reduce;
extern const edy_op edy_op_argmax;
extern const edy_op edy_op_matmul;

#endif
