/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Which input row each tap of each output pixel reads, over one NHWC image. */
#ifndef EDY_WINDOW_TAPS_H
#define EDY_WINDOW_TAPS_H

#include "engine/ops/op.h"

/* Geometry of one windowed node; extents in pixels. */
typedef struct edy_taps {
    size_t batch, channels; /* of the input */
    size_t in_h, in_w, out_h, out_w;
    size_t taps; /* kernel h * w */
    const edy_window *window;
} edy_taps;

/* Input 0 and output 0 of n are [N, C, H, W]. */
static inline edy_taps edy_taps_of(const edy_graph *g, const edy_node *n) {
    const edy_shape *x = &g->value[n->input[0]].shape, *y = &g->value[n->output[0]].shape;
    return (edy_taps){.batch = (size_t)x->dim[0],
                      .channels = (size_t)x->dim[1],
                      .in_h = (size_t)x->dim[2],
                      .in_w = (size_t)x->dim[3],
                      .out_h = (size_t)y->dim[2],
                      .out_w = (size_t)y->dim[3],
                      .taps = (size_t)(n->window.kernel[0] * n->window.kernel[1]),
                      .window = &n->window};
}

/* Index of the input pixel (h * in_w + w) that tap t of output pixel p reads, or -1 in the padding.
 */
static inline int64_t edy_tap_pixel(const edy_taps *g, size_t p, size_t t) {
    const edy_window *w = g->window;
    const int64_t oy = (int64_t)(p / g->out_w), ox = (int64_t)(p % g->out_w);
    const int64_t ky = (int64_t)t / w->kernel[1], kx = (int64_t)t % w->kernel[1];
    int64_t y = oy * w->stride[0] - w->pad[0] + ky * w->dilation[0];
    int64_t x = ox * w->stride[1] - w->pad[1] + kx * w->dilation[1];
    if (w->transposed) {
        y = oy + w->pad[0] - ky * w->dilation[0];
        x = ox + w->pad[1] - kx * w->dilation[1];
        if (y < 0 || x < 0 || y % w->stride[0] != 0 || x % w->stride[1] != 0)
            return -1; /* between inputs */
        y /= w->stride[0];
        x /= w->stride[1];
    }
    if (y < 0 || x < 0 || y >= (int64_t)g->in_h || x >= (int64_t)g->in_w)
        return -1;
    return y * (int64_t)g->in_w + x;
}

/* Output rows first <= y < end are those whose windows lie in the image from top to bottom: what
 * row y reads lies (y - first) * stride input rows behind what row first reads. first <= end. */
typedef struct edy_inner_rows {
    size_t first, end;
} edy_inner_rows;

static inline edy_inner_rows edy_inner_rows_of(const edy_taps *g) {
    const edy_window *w = g->window;
    if (w->transposed) /* rows differ in which taps they have */
        return (edy_inner_rows){0, 0};
    const int64_t reach = (w->kernel[0] - 1) * w->dilation[0], rows = (int64_t)g->out_h;
    int64_t first = (w->pad[0] + w->stride[0] - 1) / w->stride[0];
    const int64_t last_start = (int64_t)g->in_h - 1 - reach + w->pad[0];
    int64_t end = last_start < 0 ? 0 : last_start / w->stride[0] + 1;
    first = first < rows ? first : rows;
    end = end < rows ? end : rows;
    return (edy_inner_rows){(size_t)first, (size_t)(end > first ? end : first)};
}

/* True where the tap lies in the image or its declared padding: ceil_mode makes windows that stick
 * out further, and AveragePool with count_include_pad does not count those taps. */
static inline bool edy_tap_in_padded(const edy_taps *g, size_t p, size_t t) {
    const edy_window *w = g->window;
    const int64_t oy = (int64_t)(p / g->out_w), ox = (int64_t)(p % g->out_w);
    const int64_t ky = (int64_t)t / w->kernel[1], kx = (int64_t)t % w->kernel[1];
    const int64_t y = oy * w->stride[0] + ky * w->dilation[0];
    const int64_t x = ox * w->stride[1] + kx * w->dilation[1];
    return y < (int64_t)g->in_h + w->pad[0] + w->pad[2] &&
           x < (int64_t)g->in_w + w->pad[1] + w->pad[3];
}

#endif
