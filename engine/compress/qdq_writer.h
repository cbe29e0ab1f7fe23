/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What quantize.c (nodes) and quantize_constants.c (weights, biases, scales) share. */
#ifndef EDY_QDQ_WRITER_H
#define EDY_QDQ_WRITER_H

#include "engine/compress/quant_choice.h"
#include "engine/graph.h"

typedef struct edy_qdq_writer {
    edy_graph *g; /* its nodes are those written so far */
    const edy_calibration *calibration;
    edy_node *old; /* the nodes as they were */
    int32_t n_old;
    bool *done;            /* [n_old]: a clamp that went into the node before it */
    int32_t n_known;       /* values that existed before; the arrays below have as many */
    edy_value_id *real;    /* what to read instead of the value; itself where not quantized */
    bool *quantized;       /* has a QuantizeLinear */
    edy_u8_choice *choice; /* of a quantized value */
} edy_qdq_writer;

edy_status edy_qdq_emit(edy_qdq_writer *w, const edy_node *node, edy_error *err);

/* QuantizeLinear and DequantizeLinear behind value v; from now on its readers read the latter. */
edy_status edy_qdq_pair(edy_qdq_writer *w, edy_value_id v, edy_u8_choice q, edy_error *err);

/* A constant operand of Add or Mul becomes u8 under DequantizeLinear; *operand is what to read. */
edy_status edy_qdq_operand(edy_qdq_writer *w, edy_value_id *operand, edy_error *err);

/* Weights and bias of a Conv or Gemm (alpha = beta = 1) become s8 and s32 under DequantizeLinear; n
 * reads those. Its input 0 must still be the value that choice[] knows. */
edy_status edy_qdq_layer_operands(edy_qdq_writer *w, edy_node *n, edy_error *err);

#endif
