/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Attributes of sliding windows, of one to three spatial axes. */
#ifndef EDY_ONNX_WINDOW_H
#define EDY_ONNX_WINDOW_H

#include "engine/import/onnx_context.h"

enum { EDY_MAX_SPATIAL = 3 };

/* As the file lists them: one entry a spatial axis, outermost first. */
typedef struct edy_onnx_window {
    int32_t axes; /* 1..3 */
    int64_t kernel[EDY_MAX_SPATIAL], stride[EDY_MAX_SPATIAL], dilation[EDY_MAX_SPATIAL];
    int64_t begin[EDY_MAX_SPATIAL], end[EDY_MAX_SPATIAL]; /* padding */
    bool has_kernel;
    int auto_pad; /* as in edy_window */
} edy_onnx_window;

/* Spatial axes of input 0: its rank minus 2, 1 to most. EDY_UNSUPPORTED for others. */
edy_status edy_onnx_spatial_axes(edy_onnx_context *c, int32_t most, int32_t *axes);
/* A list attribute with one entry an axis; out keeps its content where the list is absent. */
edy_status edy_onnx_axis_list(edy_onnx_context *c, const char *name, int32_t axes, int64_t *out,
                              bool *present);
/* kernel_shape, strides, dilations, pads and auto_pad; w->axes is set. */
edy_status edy_onnx_read_window(edy_onnx_context *c, edy_onnx_window *w);
/* The axes from `first` on (one or two) as H and W of a graph's window; 1-D stands for W. */
edy_window edy_onnx_window_2d(const edy_onnx_window *w, int32_t first);

#endif
