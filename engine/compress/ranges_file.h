/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A calibration as a text file: for networks whose int8 form is made when they are loaded, alike on
 * every machine and without an inference.
 *
 *     ranges resnet8_32 8        # the network's name, and how many images were seen
 *     input -1 1                 # a tensor: its name, smallest and largest element
 *     conv_1.relu 0 3.254        # in the order of the network
 *
 * Tensors that a Relu or Clip alone reads are left out: quantization reads what comes behind.
 * Numbers have four digits, rounded away from zero, so that no element that was seen is outside. */
#ifndef EDY_RANGES_FILE_H
#define EDY_RANGES_FILE_H

#include "engine/compress/calibrate.h"
#include "engine/import/limits.h"

/* Writes the calibration of graph (edy_calibrate of the same) to path, whole or not at all. */
edy_status edy_ranges_write(const char *path, const edy_graph *graph,
                            const edy_calibration *calibration, edy_error *err);

/* Reads it back for the same graph. EDY_BAD_FILE: not in the form above, of another network, a
 * tensor that graph does not have or that is out of order, a range that is not finite or holds
 * nothing. Messages are "PATH:LINE: sentence". limits NULL: the defaults. */
edy_status edy_ranges_read(const char *path, const edy_graph *graph, const edy_limits *limits,
                           edy_calibration **calibration, edy_error *err);

#endif
