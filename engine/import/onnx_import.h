/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ONNX file -> graph. The file is hostile until parsed. */
#ifndef EDY_ONNX_IMPORT_H
#define EDY_ONNX_IMPORT_H

#include "engine/graph.h"
#include "engine/import/limits.h"

/* Reads and validates, infers shapes at batch 1 (a symbolic first dimension of an input is the
 * batch; any other symbolic dimension is refused by name). The graph is as the file says: no pass
 * has run. EDY_IO: cannot read. EDY_BAD_FILE: truncated, not ONNX, inconsistent, a NaN or infinite
 * weight. EDY_UNSUPPORTED: an operator, attribute or dtype outside the list, named with its node.
 * EDY_LIMIT: over a limit. Every message begins with the path. */
edy_status edy_onnx_import(const char *path, const edy_limits *limits, edy_graph **graph,
                           edy_error *err);
/* The same from memory; name stands for the path in messages. */
edy_status edy_onnx_import_memory(const char *name, const void *bytes, size_t size,
                                  const edy_limits *limits, edy_graph **graph, edy_error *err);

#endif
