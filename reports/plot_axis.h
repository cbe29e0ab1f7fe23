/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Where an axis has its ticks. */
#ifndef EDY_PLOT_AXIS_H
#define EDY_PLOT_AXIS_H

#include <stddef.h>

enum { EDY_AXIS_MAX_TICKS = 16 };

/* Round values (1, 2, 2.5 or 5 times a power of ten) within [low, high], rising; at most `max`
 * (2..EDY_AXIS_MAX_TICKS) of them. low < high, both finite. Returns the count. */
size_t edy_axis_linear(double low, double high, size_t max, double *ticks);

/* The same for a log axis, 0 < low < high: 1-2-5, 1-3 or powers of ten, the densest whose ticks are
 * at least `gap` apart, as a share of the axis (0.07 .. 0.5). Where the range is too short to hold
 * two of those, as on a linear axis. */
size_t edy_axis_log(double low, double high, double gap, double *ticks);

#endif
