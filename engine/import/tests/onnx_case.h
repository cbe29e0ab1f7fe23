/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What tests of the importer share: how a model begins and ends. */
#ifndef EDY_ONNX_CASE_H
#define EDY_ONNX_CASE_H

#include "engine/import/tests/onnx_builder.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

edy_ob *onnx_case_image(int64_t opset);  /* x [N,4,6,8], and y as the graph's output */
edy_ob *onnx_case_vector(int64_t opset); /* x [N,6], and y as the graph's output */
/* Imports, and destroys the builder. */
edy_graph *onnx_case_finish(edy_ob *b);
void onnx_case_assert_shape(const edy_graph *g, const char *name, const char *expected);

#endif
