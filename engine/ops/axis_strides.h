/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Where the model's axes of a value lie in its memory. */
#ifndef EDY_AXIS_STRIDES_H
#define EDY_AXIS_STRIDES_H

#include "engine/graph.h"

/* The model's axis that is the k-th in memory, outermost first. */
static inline int32_t edy_memory_axis(const edy_value *v, int32_t k) {
    static const int32_t nhwc[4] = {0, 2, 3, 1};
    return v->layout == EDY_LAYOUT_NHWC && v->shape.rank == 4 ? nhwc[k] : k;
}

/* stride[axis]: elements from index to index along each of the model's axes. */
static inline void edy_axis_strides(const edy_value *v, size_t stride[EDY_MAX_RANK]) {
    size_t elems = 1;
    for (int32_t k = v->shape.rank - 1; k >= 0; k--) {
        const int32_t axis = edy_memory_axis(v, k);
        stride[axis] = elems;
        elems *= (size_t)v->shape.dim[axis];
    }
}

#endif
