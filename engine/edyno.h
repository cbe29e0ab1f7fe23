/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* libedyno: everything a program needs to load a CNN and run it.
 *
 *     edy_graph *graph; edy_plan *plan; edy_error err;
 *     if (edy_onnx_import("model.onnx", NULL, &graph, &err) ||
 *         edy_plan_create(graph, NULL, &plan, &err))
 *         { puts(err.message); return 2; }
 *     edy_plan_run(plan, inputs, outputs);
 *     edy_plan_destroy(plan);
 *     edy_graph_destroy(graph);
 */
#ifndef EDYNO_H
#define EDYNO_H

#include "engine/backend.h"
#include "engine/cpu.h"
#include "engine/graph.h"
#include "engine/import/onnx_import.h"
#include "engine/import/text_import.h"
#include "engine/import/tflite_import.h"
#include "engine/plan.h"
#include "engine/status.h"
#include "engine/tensor.h"
#include "engine/threads.h"

#endif
