/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Copying a block of elements from one order in memory to another: Transpose, Layout, Pad. */
#ifndef EDY_STRIDED_COPY_H
#define EDY_STRIDED_COPY_H

#include "engine/graph.h"
#include "engine/threads.h"

typedef struct edy_strided_copy {
    size_t elem_bytes;
    /* Two axes move together in small tiles: a is adjacent where it is written, b where it is read
     * (where one axis is both, b has extent 1). Strides in elements. */
    size_t a, a_from, b, b_to;
    int32_t outer_rank; /* the axes that are left */
    size_t outer[EDY_MAX_RANK], outer_from[EDY_MAX_RANK], outer_to[EDY_MAX_RANK];
    size_t items; /* units of work for edy_parallel_for */
    const char *x;
    char *y;
} edy_strided_copy;

/* y[sum of i * to] = x[sum of i * from] over all i[d] < extent[d], d < rank. elem_bytes: 1, 2, 4 or
 * 8. Extents of 0 are not allowed. */
void edy_strided_copy_make(edy_strided_copy *c, int32_t rank, const size_t *extent,
                           const size_t *from, const size_t *to, size_t elem_bytes, const void *x,
                           void *y);
void edy_strided_copy_run(edy_strided_copy *c, edy_threads *threads);

#endif
