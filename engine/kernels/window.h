/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Sliding windows found in a depthwise kernel's list of rows. */
#ifndef EDY_KERNELS_WINDOW_H
#define EDY_KERNELS_WINDOW_H

#include <stddef.h>

enum { EDY_WINDOW_3X3 = 9 };

/* a: [pixels][9] row pointers. 1 or 2 where neighbours read the same rows, as the 3 x 3 windows of
 * a convolution with that horizontal stride do, so that a kernel may load a column once for all the
 * pixels that it belongs to; 0 where they do not. Pointers decide, never what they point to. */
static inline size_t edy_window_step(size_t pixels, const void *const *a) {
    if (pixels < 2)
        return 0;
    size_t differ_1 = 0, differ_2 = 0;
    for (size_t p = 0; p + 1 < pixels; p++, a += EDY_WINDOW_3X3) {
        const void *const *next = a + EDY_WINDOW_3X3;
        for (size_t r = 0; r < EDY_WINDOW_3X3; r += 3) {
            differ_1 |= (size_t)(a[r + 1] != next[r]) | (size_t)(a[r + 2] != next[r + 1]);
            differ_2 |= (size_t)(a[r + 2] != next[r]);
        }
    }
    return differ_1 == 0 ? 1 : differ_2 == 0 ? 2 : 0;
}

#endif
