/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"

#include <assert.h>

const edy_op *edy_op_get(edy_op_kind kind) {
    static const edy_op *const ops[EDY_OP_COUNT] = {
        [EDY_OP_CONV] = &edy_op_conv,
        [EDY_OP_GEMM] = &edy_op_gemm,
        [EDY_OP_BATCHNORM] = &edy_op_batchnorm,
        [EDY_OP_RELU] = &edy_op_relu,
        [EDY_OP_CLIP] = &edy_op_clip,
        [EDY_OP_LEAKYRELU] = &edy_op_leakyrelu,
        [EDY_OP_ADD] = &edy_op_add,
        [EDY_OP_MUL] = &edy_op_mul,
        [EDY_OP_MAXPOOL] = &edy_op_maxpool,
        [EDY_OP_AVGPOOL] = &edy_op_avgpool,
        [EDY_OP_GLOBALAVGPOOL] = &edy_op_globalavgpool,
        [EDY_OP_RESHAPE] = &edy_op_reshape,
        [EDY_OP_TRANSPOSE] = &edy_op_transpose,
        [EDY_OP_PAD] = &edy_op_pad,
        [EDY_OP_CONCAT] = &edy_op_concat,
        [EDY_OP_SOFTMAX] = &edy_op_softmax,
        [EDY_OP_QUANTIZE] = &edy_op_quantize,
        [EDY_OP_DEQUANTIZE] = &edy_op_dequantize,
        [EDY_OP_QLINEARCONV] = &edy_op_qlinearconv,
        [EDY_OP_LRN] = &edy_op_lrn,
        [EDY_OP_INSTANCENORM] = &edy_op_instancenorm,
        [EDY_OP_DEPTHTOSPACE] = &edy_op_depthtospace,
        [EDY_OP_SPACETODEPTH] = &edy_op_spacetodepth,
        [EDY_OP_RESIZE] = &edy_op_resize,
        [EDY_OP_LOGSOFTMAX] = &edy_op_logsoftmax,
        [EDY_OP_HARDMAX] = &edy_op_hardmax,
        [EDY_OP_CONVTRANSPOSE] = &edy_op_convtranspose,
        [EDY_OP_CONV3D] = &edy_op_conv3d,
        [EDY_OP_MAXPOOLINDICES] = &edy_op_maxpoolindices,
        [EDY_OP_CONVINTEGER] = &edy_op_convinteger,
        [EDY_OP_MATMULINTEGER] = &edy_op_matmulinteger,
        [EDY_OP_QLINEARMATMUL] = &edy_op_qlinearmatmul,
        [EDY_OP_DYNAMICQUANTIZE] = &edy_op_dynamicquantize,
        [EDY_OP_LAYOUT] = &edy_op_layout,
        [EDY_OP_UNARY] = &edy_op_unary,
        [EDY_OP_MATMUL] = &edy_op_matmul,
        [EDY_OP_ARGMAX] = &edy_op_argmax,
        [EDY_OP_ARGMIN] = &edy_op_argmax,
        [EDY_OP_REDUCE] = &edy_op_reduce,
        [EDY_OP_GATHER] = &edy_op_gather,
        [EDY_OP_TILE] = &edy_op_tile,
        [EDY_OP_EXPAND] = &edy_op_expand,
        [EDY_OP_SLICE] = &edy_op_slice,
        [EDY_OP_CAST] = &edy_op_cast,
        [EDY_OP_WHERE] = &edy_op_where,
        [EDY_OP_BINARY] = &edy_op_binary,
    };
    assert((unsigned)kind < EDY_OP_COUNT);
    return ops[kind];
}
