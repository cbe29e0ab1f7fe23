/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Small tools that several passes share. */
#ifndef EDY_REWRITE_H
#define EDY_REWRITE_H

#include <math.h>

#include "engine/graph.h"

/* The payload of v where it is a constant of that dtype and number of elements, else NULL. v may be
 * EDY_NO_VALUE. */
const void *edy_constant(const edy_graph *g, edy_value_id v, edy_dtype dtype, size_t elems);

/* The producer of v, where it is a node of that kind and v is read exactly once and is no graph
 * output; else -1. */
int32_t edy_only_source(const edy_graph *g, edy_value_id v, edy_op_kind op);

static inline bool edy_has_clamp(const edy_node *n) {
    return n->act_min != -INFINITY || n->act_max != INFINITY;
}

static inline edy_value_id edy_node_residual(const edy_node *n) {
    return n->n_inputs > EDY_IN_RESIDUAL ? n->input[EDY_IN_RESIDUAL] : EDY_NO_VALUE;
}

static inline edy_value_id edy_node_bias(const edy_node *n) {
    return n->n_inputs > EDY_IN_BIAS ? n->input[EDY_IN_BIAS] : EDY_NO_VALUE;
}

/* True where a Conv's or Gemm's bias is absent, one constant for all output channels, or a constant
 * row of one a channel ([channels], or [1, channels] in a Gemm). */
bool edy_bias_is_row(const edy_graph *g, const edy_node *n, edy_dtype dtype, size_t channels);

/* n's clamp followed by clamp(low, high), as one: min(max(bound, low), high) for both bounds, which
 * is also right where low > high. */
void edy_clamp_after(edy_node *n, float low, float high);

/* A value named "<base><suffix>", with a number behind it where that name is taken. */
edy_status edy_add_named(edy_graph *g, const char *base, const char *suffix, edy_dtype dtype,
                         edy_value_id *out, edy_error *err);

/* A constant, named so, with a zeroed payload of that shape, to be filled through *data. Appends a
 * value: pointers into g->value die. */
edy_status edy_new_constant(edy_graph *g, const char *base, const char *suffix, edy_dtype dtype,
                            const edy_shape *shape, edy_value_id *out, void **data, edy_error *err);

/* A computed value, named so, with dtype, shape, layout and quantization of `like`. */
edy_status edy_new_value_like(edy_graph *g, edy_value_id like, const char *suffix,
                              edy_value_id *out, edy_error *err);

/* A neutral node of one input and one output, in no graph yet: for edy_graph_insert_node. */
edy_status edy_new_node(edy_graph *g, edy_op_kind op, const char *name, edy_value_id in,
                        edy_value_id out, edy_node *node, edy_error *err);

/* Moves the node at `from` to just before the one at `to` (from < to); order stays topological only
 * if nobody between reads it: the caller knows. Returns its new index. */
int32_t edy_move_node_down(edy_graph *g, int32_t from, int32_t to);

#endif
