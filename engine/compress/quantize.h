/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Post-training quantization: float network + ranges -> QuantizeLinear/DequantizeLinear network.
 *
 * The result is in the imported domain, for edy_onnx_export or edy_plan_create. Inputs and outputs
 * stay float32. Activations are u8, one scale a tensor, asymmetric, their range always holding 0;
 * weights s8 in [-127, 127], symmetric, one scale an output channel; biases s32 with scale exactly
 * float32(xs * ws[c]). Every tensor between is quantized, so that ONNX Runtime (level 99) and edyno
 * compute all of it in integers. A Relu or Clip is dropped where the range of the result implies
 * it.
 * MaxPool, Reshape and Transpose keep the scale of their input; tensors that only a Concat reads
 * have its result's. Softmax stays float. */
#ifndef EDY_QUANTIZE_H
#define EDY_QUANTIZE_H

#include "engine/compress/calibrate.h"

/* The calibration must come from the same graph. fp32 must outlive *qdq. EDY_BAD_ARGUMENT:
 * quantized already, or a calibration of another graph. EDY_UNSUPPORTED: weights that are not
 * constant, or a reduction too long for a 32-bit accumulator. */
edy_status edy_quantize(const edy_graph *fp32, const edy_calibration *calibration, edy_graph **qdq,
                        edy_error *err);

#endif
