/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* From a variant to its graph, whatever the format of its file. */
#ifndef EDY_MODEL_LOAD_H
#define EDY_MODEL_LOAD_H

#include "engine/graph.h"
#include "workloads/workload.h"

/* True for the path of a text net: it ends in .net or .txt. */
bool edy_is_text_net(const char *path);

/* Reads variant->model_path within variant->limits. The int8 variant of a text net is made here,
 * by edy_quantize with the ranges of variant->ranges_path: no inference, and the same bits on every
 * machine. Errors as edy_onnx_import, edy_text_import, edy_ranges_read, edy_quantize; the message
 * names the file. */
edy_status edy_variant_load(const edy_variant *variant, edy_graph **graph, edy_error *err);

#endif
