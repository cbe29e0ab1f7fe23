/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Node of the graph -> nodes of an ONNX file, opset 13. */
#ifndef EDY_ONNX_EXPORT_OPS_H
#define EDY_ONNX_EXPORT_OPS_H

#include "engine/export/onnx_writer.h"

/* Appends the node to the writer, with what is fused into it as nodes of their own.
 * EDY_BAD_ARGUMENT (in the writer) for nodes that ONNX has no form for. */
void edy_export_node(edy_onnx_writer *w, const edy_node *n);

#endif
