/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Where inputs come from: one interface over idx files, CIFAR binaries, folders and lists of
 * images, and seeded synthetic data.
 *
 *     edy_dataset_options options = {.preprocess = &pre, .input_shape = shape};
 *     edy_dataset *data;
 *     if (edy_dataset_open("fashion-mnist", &options, &data, &err)) ...
 *     for (int64_t i = 0; i < edy_dataset_count(data); i++)
 *         if (edy_dataset_input(data, i, buffer, &err)) ...
 *     edy_dataset_destroy(data);
 */
#ifndef EDY_DATASET_H
#define EDY_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/preprocess.h"
#include "engine/tensor.h"

typedef struct edy_dataset edy_dataset;

typedef struct edy_dataset_options {
    const edy_preprocess *preprocess; /* NULL: edy_preprocess_default() */
    /* Of the model's input; dim 0 is the batch and counts as 1. Images need 1xCxHxW, C = 1 or 3;
     * synthetic data takes any shape. */
    edy_shape input_shape;
    /* EDY_NONE counts as EDY_F32; EDY_U8: the bytes before normalisation; EDY_S8: those minus 128.
     * Others only for synthetic data. */
    edy_dtype input_dtype;
    const char *labels;   /* label file of an idx file; NULL: found beside it by its name */
    const char *data_dir; /* looked into first for known names; NULL: nowhere */
    const char
        *home_dir; /* the folder of manifest.csv and the committed subset; NULL: no known names */
    uint64_t seed; /* synthetic data */
} edy_dataset_options;

/* Opens what `spec` names:
 *   fashion-mnist           a name in manifest.csv: its first row whose files are there, looked for
 *                           in data_dir, then where the row says (Debian's package: 10,000 test
 *                           images), so that the committed subset of 1,000 is last
 *   fashion-mnist:train     one split of it (test, train, 1000)
 *   synthetic[:normal][:N]  N (1,024) seeded inputs in the model's shape and dtype: synthetic.h
 *   PATH                    by what is there: a folder of class folders with images, or of images
 *                           (then without labels); a .csv of path,label (paths relative to it); an
 *                           idx file of bytes, also gzipped (labels: the same name with images-idx3
 *                           as labels-idx1); a CIFAR-10 binary (records of 1 + 3072 bytes, planar)
 *                           or CIFAR-100 binary (2 + 3072; the fine label); one PNG, JPEG, PGM, PPM
 *   KIND:PATH               the same, told: idx, cifar10, cifar100, cifar-hwc (1 + 3072 bytes,
 *                           pixels interleaved), folder, csv, image
 * EDY_IO: cannot read. EDY_BAD_FILE: malformed. EDY_BAD_ARGUMENT: unknown name, or preprocessing
 * that does not lead to the model's input. EDY_LIMIT: too large. Each names file, field, value. */
edy_status edy_dataset_open(const char *spec, const edy_dataset_options *options,
                            edy_dataset **dataset, edy_error *err);
void edy_dataset_destroy(edy_dataset *dataset); /* NULL is allowed */

int64_t edy_dataset_count(const edy_dataset *dataset); /* >= 1 */
/* True name with split, e.g. "fashion-mnist:test", "synthetic:uniform", or the path. */
const char *edy_dataset_name(const edy_dataset *dataset);
/* Path of the images file or folder; "" for synthetic data. */
const char *edy_dataset_source(const edy_dataset *dataset);
bool edy_dataset_is_synthetic(const edy_dataset *dataset);

bool edy_dataset_has_labels(const edy_dataset *dataset);
/* Largest label + 1, or the number of class folders or names where that is more; 0 if no labels. */
int32_t edy_dataset_class_count(const edy_dataset *dataset);
/* NULL where not known. */
const char *edy_dataset_class_name(const edy_dataset *dataset, int32_t index);
/* Of input `index`; -1 without labels. */
int32_t edy_dataset_label(const edy_dataset *dataset, int64_t index);

/* Brings the labels of data that names its classes into the model's order: class_name[n_classes],
 * NULL and 0 where the model does not say. Names decide (letters and digits alone, any case); where
 * they are not the model's but numbers, these; where none is known and the model says nothing or as
 * many, byte order stays. Else EDY_BAD_FILE with the class that the model does not have. Labels
 * that are numbers already are left alone. */
edy_status edy_dataset_match_classes(edy_dataset *dataset, const char *const *class_name,
                                     size_t n_classes, edy_error *err);

/* Bytes of one input: the shape without the batch, times the dtype's size. */
size_t edy_dataset_input_bytes(const edy_dataset *dataset);
/* Input `index` in the model's shape (batch 1, row-major [C][H][W]) and dtype, into
 * edy_dataset_input_bytes of out. The same bytes on each call. Not reentrant for one dataset.
 * An image file that cannot be decoded is EDY_BAD_FILE, and then out is untouched. */
edy_status edy_dataset_input(edy_dataset *dataset, int64_t index, void *out, edy_error *err);
/* The same for a dataset opened with EDY_F32 (asserts). */
edy_status edy_dataset_image(edy_dataset *dataset, int64_t index, float *out, edy_error *err);

/* Provenance: sha256, in hex, of the images file; of a folder, list or single image: of the text
 * that `sha256sum` prints for its images in order, by the paths below the folder or as the list has
 * them; "" for synthetic data. Reads the files. */
edy_status edy_dataset_sha256(const edy_dataset *dataset, char hex[65], edy_error *err);
/* Compares a dataset opened by name with its row of manifest.csv: sha256 of both files, and the
 * count. EDY_BAD_FILE says what differs. A dataset opened by path is EDY_BAD_ARGUMENT. */
edy_status edy_dataset_verify(const edy_dataset *dataset, edy_error *err);

#endif
