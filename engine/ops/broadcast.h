/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Elementwise operators of two or three operands under numpy's broadcasting: shapes are aligned at
 * their ends, and an extent of 1 is repeated. Operands and result may lie in any layout. */
#ifndef EDY_BROADCAST_H
#define EDY_BROADCAST_H

#include "engine/ops/op.h"

enum { EDY_BROADCAST_OPERANDS = 3 };

/* y[i] = f(x[0][i], x[1][i], ...), i < n: all adjacent, y may be one of them. */
typedef void (*edy_row_fn)(const void *context, size_t n, const void *const *x, void *y);

typedef struct edy_broadcast {
    int32_t n_operands, rank; /* after axes that lie alike in all tensors were merged */
    size_t extent[EDY_MAX_RANK];
    size_t stride[EDY_BROADCAST_OPERANDS][EDY_MAX_RANK]; /* elements; 0: repeated */
    size_t bytes[EDY_BROADCAST_OPERANDS], y_bytes;       /* of an element */
    size_t chunk;                                        /* elements of a row an item of work */
    const void *x[EDY_BROADCAST_OPERANDS];
    void *y;
    edy_row_fn row;
    const void *context;
} edy_broadcast;

/* The common shape of n's inputs 0..n_operands-1. EDY_BAD_FILE where they do not fit. */
edy_status edy_broadcast_shape(const edy_graph *g, const edy_node *n, int32_t n_operands,
                               edy_shape *shape, edy_error *err);
/* For a step of those operands, whose output has the common shape. */
void edy_broadcast_make(edy_broadcast *b, const edy_graph *g, const edy_step *step,
                        int32_t n_operands, edy_row_fn row, const void *context);
void edy_broadcast_run(edy_broadcast *b, edy_threads *threads);
/* For edy_op.overwrites: the first operand where it has the output's shape and layout. */
int32_t edy_broadcast_overwrites(const edy_graph *g, const edy_node *n);

#endif
