/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The operators of TFLite that are imported, one function each, and the names of all. */
#ifndef EDY_TFLITE_OPS_H
#define EDY_TFLITE_OPS_H

#include "engine/import/tflite_context.h"

/* Imports the operator at hand (BuiltinOperator `code`). */
edy_status edy_tflite_import_op(edy_tflite *c, int32_t code);
/* "CONV_2D"; NULL for a code that schema version 3 did not have when this was written. */
const char *edy_tflite_op_text(int32_t code);

edy_status edy_tflite_import_conv(edy_tflite *c);
edy_status edy_tflite_import_depthwise(edy_tflite *c);
edy_status edy_tflite_import_average_pool(edy_tflite *c);
edy_status edy_tflite_import_max_pool(edy_tflite *c);
edy_status edy_tflite_import_mean(edy_tflite *c);

/* The constant bias of `channels` elements that is input `index`, or EDY_NO_VALUE: int32 beside an
 * int8 input, else float32. */
edy_status edy_tflite_bias(edy_tflite *c, uint32_t index, int64_t channels, edy_dtype x,
                           edy_value_id *id);

edy_status edy_tflite_import_fully_connected(edy_tflite *c);
edy_status edy_tflite_import_add(edy_tflite *c);
edy_status edy_tflite_import_mul(edy_tflite *c);
edy_status edy_tflite_import_relu(edy_tflite *c);
edy_status edy_tflite_import_relu6(edy_tflite *c);
edy_status edy_tflite_import_logistic(edy_tflite *c);
edy_status edy_tflite_import_softmax(edy_tflite *c);
edy_status edy_tflite_import_quantize(edy_tflite *c);
edy_status edy_tflite_import_dequantize(edy_tflite *c);

edy_status edy_tflite_import_reshape(edy_tflite *c);
edy_status edy_tflite_import_squeeze(edy_tflite *c); /* and EXPAND_DIMS */
edy_status edy_tflite_import_pad(edy_tflite *c);     /* and PADV2 */
edy_status edy_tflite_import_concatenation(edy_tflite *c);

#endif
