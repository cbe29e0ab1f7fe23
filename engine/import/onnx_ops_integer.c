/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Products of integers and the quantizer that measures its range itself. */
#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_ops.h"

static edy_status import_plain(edy_onnx_context *c, edy_op_kind op) {
    edy_node *n;
    const edy_status status = edy_onnx_begin(c, op, (int32_t)c->node->n_input, &n);
    return status ? status : edy_onnx_finish(c);
}

edy_status edy_import_matmulinteger(edy_onnx_context *c) {
    return import_plain(c, EDY_OP_MATMULINTEGER);
}

/* Scales must be constants: the shape rule checks them. */
edy_status edy_import_qlinearmatmul(edy_onnx_context *c) {
    static const size_t scales[] = {1, 4, 6};
    edy_value_id scale;
    edy_status status = EDY_OK;
    for (size_t i = 0; i < 3 && !status; i++)
        status = edy_onnx_constant_input(c, scales[i], &scale);
    return status ? status : import_plain(c, EDY_OP_QLINEARMATMUL);
}

/* A node for each output that has a name. */
edy_status edy_import_dynamicquantize(edy_onnx_context *c) {
    edy_value_id x;
    edy_status status = edy_onnx_input(c, 0, &x);
    for (size_t i = 0; i < c->node->n_output && !status; i++) {
        edy_node *n;
        if (i > 2)
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "has %zu outputs, not 3", c->node->n_output);
        if (!c->node->output[i] || !c->node->output[i][0])
            continue;
        status = edy_onnx_begin_with(c, EDY_OP_DYNAMICQUANTIZE, &x, 1, &n);
        if (status)
            return status;
        n->sub = (int32_t)i;
        status = edy_onnx_finish_output(c, i);
    }
    return status;
}
