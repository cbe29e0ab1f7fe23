/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside datasets/: the struct that dataset_open.c fills and dataset.c reads. */
#ifndef EDY_DATASET_INTERNAL_H
#define EDY_DATASET_INTERNAL_H

#include "datasets/dataset.h"
#include "datasets/manifest.h"
#include "datasets/source.h"
#include "datasets/synthetic.h"

enum { EDY_DESCRIBE_MAX = 300 };

struct edy_dataset {
    char *name, *path, *labels_path; /* path and labels_path: NULL where there is none */
    edy_source source;               /* empty for synthetic data */
    edy_preprocess pre;
    int32_t c, h, w; /* of the model's input; 0 for synthetic data */
    edy_dtype input_dtype;
    size_t input_elems;
    bool synthetic;
    edy_distribution distribution;
    int64_t synthetic_count;
    uint64_t seed;
    edy_manifest manifest;       /* empty unless opened by name */
    const edy_manifest_row *row; /* NULL unless opened by name */
};

#endif
