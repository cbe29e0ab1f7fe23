/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside datasets/: what a reader of one format fills. Pixels are all in memory (idx, CIFAR), or a
 * file for each image (folder, list). Readers treat their input as hostile: sizes are checked
 * before they are used. */
#ifndef EDY_SOURCE_H
#define EDY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datasets/preprocess.h"

#define EDY_DATASET_MAX_BYTES (UINT64_C(1) << 31) /* pixels that are held in memory */
enum {
    EDY_DATASET_MAX_LABEL = 999999,
    EDY_IMAGE_MAX_PIXELS = 1 << 26 /* of one image: 64 megapixels */
};

typedef struct edy_source {
    int64_t count;     /* images */
    int32_t *label;    /* [count]; NULL: none */
    int32_t n_classes; /* largest label + 1 or number of names; 0 without labels */
    char **class_name; /* [n_names]; NULL: not known */
    int32_t n_names;
    /* Pixels in memory: image i is at bytes + i * record_bytes + pixel_offset. */
    uint8_t *bytes;
    size_t record_bytes, pixel_offset;
    int32_t width, height, channels; /* 0 where each file has its own */
    bool planar;                     /* [channel][y][x]; else [y][x][channel] */
    /* A file for each image: path to open, and the name that provenance uses. */
    char **path, **name;
} edy_source;

void edy_source_release(edy_source *source); /* frees and clears; NULL is allowed */

/* Image `index` into *image, [y][x][channel], owned by the caller. */
edy_status edy_source_image(const edy_source *source, int64_t index, edy_image *image,
                            edy_error *err);
/* Takes names and labels that are 0..: sets n_classes, fails where a label is over the limit. */
void edy_source_count_classes(edy_source *source);
/* Appends a file-backed image; the strings are copied. *capacity is the caller's. label -1:
 * none. */
edy_status edy_source_add_file(edy_source *source, size_t *capacity, const char *path,
                               const char *name, int32_t label, edy_error *err);
/* Sets the class names; the strings are copied. */
edy_status edy_source_set_names(edy_source *source, const char *const *name, int32_t n_names,
                                edy_error *err);

/* Readers; each fills *source, which is empty (all zero), and leaves it empty where it fails. */

/* idx of unsigned bytes, rank 3, plain or gzipped. labels: path, or NULL: found by the name rule,
 * and none where there is no such file. */
edy_status edy_idx_read(const char *path, const char *labels, edy_source *source, edy_error *err);
/* The name rule alone: last "images" and "idx3" of the file name become "labels" and "idx1". False
 * where it does not apply or out is too small. */
bool edy_idx_label_path(const char *images, char *out, size_t size);

typedef enum edy_cifar_kind { EDY_CIFAR10, EDY_CIFAR10_HWC, EDY_CIFAR100 } edy_cifar_kind;
edy_status edy_cifar_read(const char *path, edy_cifar_kind kind, edy_source *source,
                          edy_error *err);
enum { EDY_CIFAR10_RECORD = 1 + 3072, EDY_CIFAR100_RECORD = 2 + 3072 };

edy_status edy_folder_read(const char *path, edy_source *source, edy_error *err);
edy_status edy_csv_list_read(const char *path, edy_source *source, edy_error *err);

/* Whole file into *bytes (free() it), of at most max_bytes; never NULL where it succeeds. EDY_IO,
 * or EDY_LIMIT. */
edy_status edy_read_file(const char *path, size_t max_bytes, uint8_t **bytes, size_t *size,
                         edy_error *err);

#endif
