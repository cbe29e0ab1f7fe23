/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The sidecar NAME.json of a model: what it wants as input and what its classes are called.
 *
 *   "input"       {"shape": [1, C, H, W]}
 *   "preprocess"  only whether there is one; datasets/preprocess.h says what is in it
 *   "dataset"     "fashion-mnist"
 *   "classes"     ["T-shirt/top", ...]
 * All are optional; other fields are ignored. */
#ifndef EDY_SIDECAR_H
#define EDY_SIDECAR_H

#include "engine/region.h"
#include "workloads/workload.h"

/* Fills the sidecar's part of *w; strings and arrays live in the region. Messages name the file,
 * the field and its value. */
edy_status edy_sidecar_read(const char *path, edy_region *region, edy_workload *w, edy_error *err);

#endif
