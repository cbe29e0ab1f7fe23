/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Pad by a table an axis: output index -> input index, or nothing. Does every mode and crops. */
#ifndef EDY_PAD_MAP_H
#define EDY_PAD_MAP_H

#include "engine/ops/op.h"

typedef struct edy_pad_map {
    int32_t n_axes; /* before the run, in the order of memory; at least 1 */
    size_t extent[EDY_MAX_RANK];
    int64_t *from[EDY_MAX_RANK]; /* [extent]: offset in the input, in elements; -1: the fill */
    size_t rows;                 /* product of all extents but the last */
    size_t run, elem_bytes;      /* elements of the last axes, which keep their extents */
    uint8_t fill[8];
    const char *x;
    char *y;
} edy_pad_map;

/* Whether the node needs it: a mode other than constant, or a negative pad. */
bool edy_pad_needs_map(const edy_node *n, int32_t rank);
/* fill: one element. */
edy_status edy_pad_map_make(edy_planner *p, const edy_step *step, const void *fill,
                            edy_pad_map *map, edy_error *err);
void edy_pad_map_run(edy_pad_map *map, edy_threads *threads);

#endif
