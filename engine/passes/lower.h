/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The parts of lower_quantized, in the order in which they run. */
#ifndef EDY_LOWER_H
#define EDY_LOWER_H

#include "engine/graph.h"

/* 1. Quantizers move past operators that only move data, and equal ones become one
 * (lower_move.c). */
edy_status edy_lower_move_quantizers(edy_graph *g, edy_error *err);

/* 2. From the imported to the integer domain, values only (lower_values.c): every u8 or s8 tensor
 * becomes EDY_S8 and carries its quantization; quantizers keep input[0] alone; a QuantizeLinear of
 * a constant becomes a constant; QLinearConv becomes CONV. Fails where a scale is computed, is not
 * a positive number, or has the wrong number of elements. */
edy_status edy_lower_values(edy_graph *g, edy_error *err);

/* 3. Groups between quantizers become integer nodes (lower_groups.c). */
edy_status edy_lower_groups(edy_graph *g, edy_error *err);

/* 4. What is left of constants under DequantizeLinear becomes float (lower_values.c). */
edy_status edy_lower_float_constants(edy_graph *g, edy_error *err);

/* Per-tensor and alike in scale and zero point; nothing is alike where one has no quantization. */
bool edy_quant_same(const edy_quant *a, const edy_quant *b);

/* The pair (scale, zero point) for element i of a tensor of this shape. */
typedef struct edy_quant_pair {
    float scale;
    int32_t zero_point;
} edy_quant_pair;
edy_quant_pair edy_quant_at(const edy_quant *q, const edy_shape *shape, size_t i);

/* Quantization that a quantizer's inputs describe for a tensor of that dtype (U8, S8 or S32) and
 * shape, in the stored domain (U8: zero point minus 128, was_u8). zero may be EDY_NO_VALUE. node is
 * for messages and for its axis. */
edy_status edy_quant_read(edy_graph *g, const edy_node *node, edy_value_id scale, edy_value_id zero,
                          edy_dtype dtype, const edy_shape *shape, edy_quant *out, edy_error *err);

#endif
