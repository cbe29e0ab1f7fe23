/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* TensorProto -> constant of the graph. */
#ifndef EDY_ONNX_TENSOR_H
#define EDY_ONNX_TENSOR_H

#include "engine/import/onnx_context.h"

/* "float32", "float16", "string", ... for a TensorProto.DataType; never NULL. */
const char *edy_onnx_type_text(int32_t data_type);
/* The dtype that values of a TensorProto.DataType have in the graph; EDY_NONE where there is none.
 * float64 becomes EDY_F32, bool EDY_U8 (it occurs only as a flag, Dropout's training_mode). */
edy_dtype edy_onnx_dtype(int32_t data_type);

/* Adds the tensor as a constant called name. float64 is rounded to float32. EDY_BAD_FILE where dims
 * and data do not agree, EDY_UNSUPPORTED for other types and for data in another file, EDY_LIMIT
 * where it is too large. NaN and infinities pass. */
edy_status edy_onnx_tensor(edy_onnx_context *c, const Onnx__TensorProto *tensor, const char *name,
                           edy_value_id *id);

/* EDY_BAD_FILE naming the constant and the element where a float constant has a NaN or an infinity.
 */
edy_status edy_onnx_check_finite(edy_onnx_context *c, const edy_value *constant);

#endif
