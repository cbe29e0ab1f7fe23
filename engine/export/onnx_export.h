/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Graph -> ONNX file (opset 13), for graphs in the imported domain (no LAYOUT, no integer nodes; a
 * fused activation is written as its own Relu or Clip, a residual as Add). */
#ifndef EDY_ONNX_EXPORT_H
#define EDY_ONNX_EXPORT_H

#include "engine/graph.h"

/* Writes to a temporary file beside path and renames it: nothing half-written is left behind.
 * The first dimension of inputs and outputs is written as the symbol "N". */
edy_status edy_onnx_export(const edy_graph *graph, const char *path, edy_error *err);

#endif
