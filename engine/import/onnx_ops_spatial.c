/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Normalizations over pixels or channels, and DepthToSpace with its inverse. */
#include <math.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"

edy_status edy_import_lrn(edy_onnx_context *c) {
    float alpha, beta, bias;
    int64_t size;
    edy_node *n;
    edy_status status = edy_onnx_attr_float(c, "alpha", 1e-4f, &alpha);
    if (!status)
        status = edy_onnx_attr_float(c, "beta", 0.75f, &beta);
    if (!status)
        status = edy_onnx_attr_float(c, "bias", 1.0f, &bias);
    if (!status)
        status = edy_onnx_attr_int(c, "size", 0, &size);
    if (!status)
        status = edy_onnx_lift_begin(c, EDY_OP_LRN, 1, 0, &n);
    if (status)
        return status;
    n->alpha = alpha;
    n->beta = beta;
    n->bias = bias;
    n->size = size;
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_instancenorm(edy_onnx_context *c) {
    float epsilon;
    edy_value_id parameter;
    edy_node *n;
    edy_status status = edy_onnx_attr_float(c, "epsilon", 1e-5f, &epsilon);
    for (size_t i = 1; i < 3 && !status; i++)
        status = edy_onnx_constant_input(c, i, &parameter);
    if (!status)
        status = edy_onnx_lift_begin(c, EDY_OP_INSTANCENORM, 3, 0, &n);
    if (status)
        return status;
    n->epsilon = epsilon;
    return edy_onnx_lift_finish(c);
}

static edy_status import_blocks(edy_onnx_context *c, edy_op_kind op) {
    char mode[16];
    int64_t size;
    edy_node *n;
    edy_status status = edy_onnx_attr_text(c, "mode", "DCR", mode, sizeof mode);
    if (!status && strcmp(mode, "DCR") != 0 && strcmp(mode, "CRD") != 0)
        status = edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"mode\" is \"%s\"", mode);
    if (!status && !edy_onnx_has_attr(c, "blocksize"))
        status = edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"blocksize\" is missing");
    if (!status)
        status = edy_onnx_attr_int(c, "blocksize", 0, &size);
    if (!status)
        status = edy_onnx_begin(c, op, 1, &n);
    if (status)
        return status;
    n->size = size;
    n->columns_first = strcmp(mode, "CRD") == 0;
    return edy_onnx_finish(c);
}

edy_status edy_import_depthtospace(edy_onnx_context *c) {
    return import_blocks(c, EDY_OP_DEPTHTOSPACE);
}

edy_status edy_import_spacetodepth(edy_onnx_context *c) {
    return import_blocks(c, EDY_OP_SPACETODEPTH);
}
