/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* One axis of a Resize: which input indices each output index reads, and with which weights. */
#ifndef EDY_RESIZE_TAPS_H
#define EDY_RESIZE_TAPS_H

#include "engine/graph.h"

enum { EDY_RESIZE_MOST_TAPS = 4 };

typedef struct edy_resize_axis {
    int64_t in, out;
    float scale;      /* of the axis, given or out / in */
    float start, end; /* TF_CROP_AND_RESIZE */
} edy_resize_axis;

typedef struct edy_resize_taps {
    int64_t index[EDY_RESIZE_MOST_TAPS]; /* in [0, in); some may repeat */
    float weight[EDY_RESIZE_MOST_TAPS];
    bool outside; /* TF_CROP_AND_RESIZE: the result is the extrapolation value */
} edy_resize_taps;

/* Taps an output index has: 1, 2 or 4. */
static inline size_t edy_resize_tap_count(const edy_resize *r) {
    return r->mode == EDY_RESIZE_NEAREST ? 1 : r->mode == EDY_RESIZE_LINEAR ? 2 : 4;
}

/* Of output index o, by the ONNX operator's formulas, in float32. */
edy_resize_taps edy_resize_taps_at(const edy_resize *r, const edy_resize_axis *a, int64_t o);

#endif
