/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The registry of workloads: trained models with their sidecars, variants and golden folders, and a
 * user's own .onnx under the same type.
 *
 *   models/NAME.onnx      variant fp32            models/NAME.json    the sidecar
 *   models/NAME.V.onnx    variant V (int8, ...)   goldens/NAME.V/     its goldens, if any
 *   nets/NAME.net         a text net (engine/import/text_import.h), of the group nets: variant fp32
 *   nets/NAME.ranges      its calibration (engine/compress/ranges_file.h): variant int8
 *                         goldens/NAME.V/ as for models */
#ifndef EDY_WORKLOAD_H
#define EDY_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/import/limits.h"
#include "engine/status.h"
#include "engine/tensor.h"

typedef struct edy_variant {
    const char *name; /* "fp32", "int8", ... */
    const char *model_path;
    const char *golden_dir;   /* NULL: no such folder */
    const char *ranges_path;  /* of a text net's int8 form, made from the net; else NULL */
    const edy_limits *limits; /* on the model file; NULL: edy_limits_default() */
} edy_variant;

/* What a run or a check without names takes: trained models. The nets have no accuracy, and the
 * large ones take a while to judge. */
typedef enum edy_group { EDY_GROUP_MODELS, EDY_GROUP_NETS } edy_group;

typedef struct edy_workload {
    const char *name; /* "resnet8"; of a user's file its name without folder and extension */
    bool own_model;   /* a user's file: one variant, called "model", or a text net's two */
    edy_group group;
    const char
        *sidecar_path;     /* NULL: a user's model without one; then all below has its zero value */
    const char *dataset;   /* "fashion-mnist"; NULL: none */
    edy_shape input_shape; /* batch 1; rank 0: not given */
    bool has_preprocess;   /* the sidecar says how: edy_preprocess_load(sidecar_path) */
    const char *const *classes;
    size_t n_classes;
    const edy_variant *variant; /* fp32 first, then by name */
    size_t n_variants;
} edy_workload;

/* Owns everything that it lists. */
typedef struct edy_workloads edy_workloads;

/* Reads a folder that holds models/ (and goldens/): <share>/workloads, or --workloads-dir. dir
 * NULL: no folder, an empty registry (a user's own models can still be resolved). Fails with
 * EDY_IO where it cannot be read and EDY_BAD_FILE where a sidecar is wrong (file, field, value). */
edy_status edy_workloads_open(const char *dir, edy_workloads **all, edy_error *err);
void edy_workloads_close(edy_workloads *all); /* NULL is allowed */
/* Limits of every variant, those resolved later too, in place of the default ones. */
void edy_workloads_limit(edy_workloads *all, const edy_limits *limits);
/* Those of the folder: models, then nets, each sorted by name. */
size_t edy_workloads_count(const edy_workloads *all);
const edy_workload *edy_workloads_at(const edy_workloads *all, size_t index);

/* A workload by name, or a user's model by the path of its file (anything that ends in .onnx, .net
 * or .txt, or contains a slash); its sidecar is PATH with .json in place of the extension, where
 * there is one; a text net's ranges are PATH with .ranges in place of it. The result belongs to
 * `all`. EDY_BAD_ARGUMENT for an unknown name (the message lists the known ones), EDY_IO for a path
 * that cannot be opened, EDY_BAD_FILE for a bad sidecar. */
edy_status edy_workloads_resolve(edy_workloads *all, const char *name_or_path,
                                 const edy_workload **workload, edy_error *err);

/* True where edy_workloads_resolve takes it for a path. */
bool edy_workload_is_path(const char *name_or_path);

/* NULL where it has no variant of that name. */
const edy_variant *edy_workload_variant(const edy_workload *workload, const char *name);

#endif
