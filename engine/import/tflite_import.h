/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* TensorFlow Lite file (.tflite, schema version 3) -> graph. The file is hostile until parsed.
 *
 * Axes. The file's images are [N, H, W, C], the graph's are [N, C, H, W]. A tensor that a windowed
 * operator makes is one value of the graph in the latter axes; a Transpose stands where somebody
 * needs the file's. Ports have the file's own shape and bytes. On NHWC kernels all these Transposes
 * move nothing (engine/passes/assign_layout.c).
 *
 * Names. A value has the name of its tensor; one that several tensors share, or that is empty, gets
 * ":" and the tensor's index behind it. The value in the other axes is "NAME (n,c,h,w)" or
 * "NAME (n,h,w,c)".
 *
 * Integers. int8 nodes are integer nodes of EDY_RULE_TFLITE at once, no pass lowers them. uint8 is
 * known at the borders only: QUANTIZE from and to it, and DEQUANTIZE. Hybrid models (int8 weights
 * of float operators) have their weights dequantized here, once: edy_graph.n_dequantized. */
#ifndef EDY_TFLITE_IMPORT_H
#define EDY_TFLITE_IMPORT_H

#include "engine/graph.h"
#include "engine/import/limits.h"

/* A dynamic batch is 1 until edy_graph_set_batch. EDY_IO: cannot read. EDY_BAD_FILE: truncated, not
 * TFLite, inconsistent, a NaN or infinite weight or scale. EDY_UNSUPPORTED: an operator, type or
 * option outside the list, named with its version and index. EDY_LIMIT: over a limit. Every message
 * begins with the path. */
edy_status edy_tflite_import(const char *path, const edy_limits *limits, edy_graph **graph,
                             edy_error *err);
/* The same from memory; name stands for the path in messages. */
edy_status edy_tflite_import_memory(const char *name, const void *bytes, size_t size,
                                    const edy_limits *limits, edy_graph **graph, edy_error *err);

/* True where the bytes begin as a .tflite file does. */
bool edy_is_tflite(const void *bytes, size_t size);

#endif
