/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Splitting flat loops over threads, and how a second operand spreads over the first. */
#ifndef EDY_ELEMENTWISE_H
#define EDY_ELEMENTWISE_H

#include "engine/ops/op.h"

/* Elements an item of work: small layers stay on one thread. */
enum { EDY_FLAT_CHUNK = 16 * 1024 };

static inline size_t edy_flat_items(size_t elems) {
    return (elems + EDY_FLAT_CHUNK - 1) / EDY_FLAT_CHUNK;
}
/* Elements [*first, *first + count) of items [begin, end); returns count. */
static inline size_t edy_flat_range(size_t elems, size_t begin, size_t end, size_t *first) {
    const size_t last = end * EDY_FLAT_CHUNK < elems ? end * EDY_FLAT_CHUNK : elems;
    *first = begin * EDY_FLAT_CHUNK;
    return last - *first;
}

/* Elementwise pair: both operands of one shape, or a constant second operand that spreads over x as
 * numpy does (aligned at the end, with x's extent or 1 along each axis: [C, 1, 1] over
 * [N, C, H, W]) and is written out at plan time, or any other two that broadcast.h takes. Plain
 * integers, which no quantizer made, are always of the last sort. */
typedef enum edy_spread { EDY_SPREAD_SAME, EDY_SPREAD_AXES, EDY_SPREAD_BROADCAST } edy_spread;

edy_spread edy_spread_of(const edy_graph *g, const edy_node *n);
/* Validates the two operands of Add or Mul and sets the output. A constant stands second. */
edy_status edy_infer_pair(edy_graph *g, edy_node *n, edy_error *err);
/* Whether v holds integers that no quantizer made. */
static inline bool edy_is_plain_integer(const edy_value *v) {
    return v->dtype != EDY_F32 && v->quant.count == 0;
}
/* The constant second operand spread to x's whole shape in x's layout, in the plan's memory. */
void *edy_spread_operand(edy_planner *p, const edy_node *n);

/* dequantize -> f -> quantize of every stored byte, per tensor, rule ONNX: what NUMERICS.md calls a
 * 256-entry table. n is passed on to f. */
typedef float (*edy_unary_fn)(const edy_node *n, float x);
void edy_table_make(const edy_graph *g, const edy_node *n, int32_t input, edy_unary_fn f,
                    int8_t table[256]);
/* The node's fused clamp, as such an f. */
float edy_unary_clamp(const edy_node *n, float x);

#endif
