/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A value [N, C, ...] as images of channels of pixels, in whichever layout it lies: operators that
 * are written with these strides run on both. */
#ifndef EDY_PIXELS_H
#define EDY_PIXELS_H

#include "engine/graph.h"

/* Element (n, c, p) lies at n * channels * pixels + c * channel_stride + p * pixel_stride. */
typedef struct edy_pixels {
    size_t images, channels, pixels, channel_stride, pixel_stride;
} edy_pixels;

/* rank >= 2 */
static inline edy_pixels edy_pixels_of(const edy_value *v) {
    edy_pixels p = {.images = (size_t)v->shape.dim[0], .channels = (size_t)v->shape.dim[1]};
    p.pixels = 1;
    for (int32_t i = 2; i < v->shape.rank; i++)
        p.pixels *= (size_t)v->shape.dim[i];
    const bool nhwc = v->layout == EDY_LAYOUT_NHWC;
    p.channel_stride = nhwc ? 1 : p.pixels;
    p.pixel_stride = nhwc ? p.channels : 1;
    return p;
}

/* Strides of a rank 4 value along N, C, H and W. */
static inline void edy_image_strides(const edy_value *v, size_t stride[4]) {
    const size_t w = (size_t)v->shape.dim[3];
    const edy_pixels p = edy_pixels_of(v);
    stride[0] = p.channels * p.pixels;
    stride[1] = p.channel_stride;
    stride[2] = w * p.pixel_stride;
    stride[3] = p.pixel_stride;
}

#endif
