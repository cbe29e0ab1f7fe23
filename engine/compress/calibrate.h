/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What values the activations of a network take on real input. */
#ifndef EDY_CALIBRATE_H
#define EDY_CALIBRATE_H

#include "engine/backend.h"
#include "engine/graph.h"
#include "engine/threads.h"

/* Range of one value over all images. Later calibrators (percentile, mean squared error) keep their
 * histogram here. */
typedef struct edy_range {
    float low, high; /* smallest and largest element seen; low > high where none was */
} edy_range;

typedef struct edy_calibration edy_calibration;

/* Writes image `index` as the model wants it (preprocessed, batch 1) to out. Anything but EDY_OK
 * ends the calibration with that status and the callback's message. */
typedef edy_status (*edy_next_image_fn)(void *context, uint64_t index, float *out, edy_error *err);

typedef struct edy_calibration_source {
    edy_next_image_fn next_image;
    void *context;
    uint64_t images;      /* indices 0..images - 1 are asked for, in order */
    edy_threads *threads; /* may be NULL; borrowed */
    /* NULL: the best. Backends differ in the last bits of floats and so of the ranges; "scalar"
     * gives the same ranges on every machine. */
    const edy_backend *backend;
} edy_calibration_source;

/* Runs a float network with one float32 input over the images and collects the range of its input
 * and of every tensor it computes once batch norms and pads are folded. EDY_BAD_ARGUMENT: no
 * images, or the network is quantized already. EDY_UNSUPPORTED: not one float32 input.
 * EDY_BAD_FILE: an activation is NaN or infinite (named, with the image). The graph may go away
 * afterwards. */
edy_status edy_calibrate(const edy_graph *graph, const edy_calibration_source *source,
                         edy_calibration **calibration, edy_error *err);
/* A calibration of ranges from elsewhere: range[0, n_values) by value id of the prepared graph,
 * copied. */
edy_status edy_calibration_of_ranges(const edy_range *range, int32_t n_values, uint64_t images,
                                     edy_calibration **calibration, edy_error *err);
void edy_calibration_destroy(edy_calibration *calibration); /* NULL is allowed */

uint64_t edy_calibration_images(const edy_calibration *calibration);

/* Range of a value of the prepared graph (edy_calibration_prepare). */
edy_range edy_calibration_range(const edy_calibration *calibration, edy_value_id value);

/* The network that ranges belong to: a clone of graph (which must outlive it) with pads and batch
 * norms folded. Always the same for the same graph, value ids included. */
edy_status edy_calibration_prepare(const edy_graph *graph, edy_graph **prepared, edy_error *err);

#endif
