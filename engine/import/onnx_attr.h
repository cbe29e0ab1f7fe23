/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Attributes of the node at hand, with their types checked. */
#ifndef EDY_ONNX_ATTR_H
#define EDY_ONNX_ATTR_H

#include "engine/import/onnx_context.h"

/* Each returns EDY_BAD_FILE, naming the attribute, where it has another type. Where it is absent
 * they give the default. */
edy_status edy_onnx_attr_int(edy_onnx_context *c, const char *name, int64_t otherwise,
                             int64_t *value);
/* NaN is refused, infinities are not. */
edy_status edy_onnx_attr_float(edy_onnx_context *c, const char *name, float otherwise,
                               float *value);
/* *n is -1 where it is absent; more than max is EDY_UNSUPPORTED. */
edy_status edy_onnx_attr_ints(edy_onnx_context *c, const char *name, int64_t *value, int32_t max,
                              int32_t *n);
/* At most size - 1 bytes. */
edy_status edy_onnx_attr_text(edy_onnx_context *c, const char *name, const char *otherwise,
                              char *value, size_t size);
/* NULL where it is absent. */
edy_status edy_onnx_attr_floats(edy_onnx_context *c, const char *name, const float **value,
                                size_t *n);
edy_status edy_onnx_attr_tensor(edy_onnx_context *c, const char *name,
                                const Onnx__TensorProto **tensor);
bool edy_onnx_has_attr(const edy_onnx_context *c, const char *name);

/* int attribute in [low, high], else EDY_UNSUPPORTED. */
edy_status edy_onnx_attr_int_in(edy_onnx_context *c, const char *name, int64_t otherwise,
                                int64_t low, int64_t high, int64_t *value);

/* Refuses attributes outside the space-separated list, duplicates, and references to a function's
 * attributes. */
edy_status edy_onnx_attr_check(edy_onnx_context *c, const char *known);

#endif
