/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* datasets/manifest.csv: the data sets that have a name. A row is one split of one; its columns are
 *
 *     name, split         what `name:split` opens; rows of a name are tried in order
 *     count               images
 *     images, labels      idx files: an absolute path, or one relative to the manifest's folder
 *     images_sha256, labels_sha256
 *     licence, source
 *     classes             names joined by '|', or empty */
#ifndef EDY_MANIFEST_H
#define EDY_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/csv_table.h"

enum { EDY_MANIFEST_PATH_MAX = 4096 };

/* Strings belong to the manifest. */
typedef struct edy_manifest_row {
    const char *name, *split;
    int64_t count;
    const char *images, *images_sha256, *labels, *labels_sha256;
    const char *licence, *source, *classes;
} edy_manifest_row;

typedef struct edy_manifest {
    edy_csv_table table;
    edy_manifest_row *row;
    size_t n_rows;
} edy_manifest;

/* EDY_BAD_FILE names the row and the column. Release only what succeeded. */
edy_status edy_manifest_read(const char *path, edy_manifest *manifest, edy_error *err);
void edy_manifest_release(edy_manifest *manifest); /* NULL is allowed */

/* Where a file of a row lies, the first that exists: data_dir/BASENAME, data_dir/NAME/BASENAME
 * (data_dir may be NULL), the path of the row itself. False, with the last tried in out, where
 * there is none. */
bool edy_manifest_find(const edy_manifest_row *row, const char *file, const char *data_dir,
                       const char *home_dir, char out[EDY_MANIFEST_PATH_MAX]);

#endif
