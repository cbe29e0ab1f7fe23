/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COL_NAME,
    COL_SPLIT,
    COL_COUNT,
    COL_IMAGES,
    COL_IMAGES_SHA256,
    COL_LABELS,
    COL_LABELS_SHA256,
    COL_LICENCE,
    COL_SOURCE,
    COL_CLASSES,
    N_COLUMNS
};

static const char *const column[N_COLUMNS] = {"name",          "split",  "count",         "images",
                                              "images_sha256", "labels", "labels_sha256", "licence",
                                              "source",        "classes"};

static edy_status check_heading(const char *path, const edy_csv_table *table, edy_error *err) {
    if (table->n_rows == 0)
        return edy_fail(err, EDY_BAD_FILE, "%s: is empty", path);
    for (size_t c = 0; c < N_COLUMNS; c++) {
        const char *found = c < table->row[0].n_fields ? table->row[0].field[c] : "";
        if (strcmp(found, column[c]) != 0)
            return edy_fail(err, EDY_BAD_FILE, "%s: column %zu is '%s', must be '%s'", path, c + 1,
                            found, column[c]);
    }
    return EDY_OK;
}

static bool is_sha256(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static edy_status read_row(const char *path, size_t number, const edy_csv_row *from,
                           edy_manifest_row *row, edy_error *err) {
    if (from->n_fields != N_COLUMNS)
        return edy_fail(err, EDY_BAD_FILE, "%s: row %zu has %zu fields, must have %d", path, number,
                        from->n_fields, N_COLUMNS);
    char *const *f = from->field;
    for (int c = 0; c < COL_CLASSES; c++) {
        const bool hash = c == COL_IMAGES_SHA256 || c == COL_LABELS_SHA256;
        if (f[c][0] == '\0' || (hash && !is_sha256(f[c])))
            return edy_fail(err, EDY_BAD_FILE, "%s: row %zu: %s is '%s'", path, number, column[c],
                            f[c]);
    }
    char *end;
    const long long count = strtoll(f[COL_COUNT], &end, 10);
    if (*end != '\0' || count < 1)
        return edy_fail(err, EDY_BAD_FILE, "%s: row %zu: count is '%s'", path, number,
                        f[COL_COUNT]);
    *row = (edy_manifest_row){.name = f[COL_NAME],
                              .split = f[COL_SPLIT],
                              .count = count,
                              .images = f[COL_IMAGES],
                              .images_sha256 = f[COL_IMAGES_SHA256],
                              .labels = f[COL_LABELS],
                              .labels_sha256 = f[COL_LABELS_SHA256],
                              .licence = f[COL_LICENCE],
                              .source = f[COL_SOURCE],
                              .classes = f[COL_CLASSES]};
    return EDY_OK;
}

edy_status edy_manifest_read(const char *path, edy_manifest *manifest, edy_error *err) {
    edy_manifest m = {0};
    edy_status status = edy_csv_table_read(path, &m.table, err);
    if (status)
        return status;
    status = check_heading(path, &m.table, err);
    if (status)
        goto fail;
    m.n_rows = m.table.n_rows - 1;
    m.row = calloc(m.n_rows + 1, sizeof *m.row);
    if (!m.row) {
        status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for its rows", path);
        goto fail;
    }
    for (size_t i = 0; i < m.n_rows; i++)
        if ((status = read_row(path, i + 2, &m.table.row[i + 1], &m.row[i], err)))
            goto fail;
    *manifest = m;
    return EDY_OK;
fail:
    edy_manifest_release(&m);
    return status;
}

void edy_manifest_release(edy_manifest *manifest) {
    if (!manifest)
        return;
    free(manifest->row);
    edy_csv_table_release(&manifest->table);
    *manifest = (edy_manifest){0};
}

static bool readable(char out[EDY_MANIFEST_PATH_MAX], const char *folder, const char *below,
                     const char *file) {
    const int n = snprintf(out, EDY_MANIFEST_PATH_MAX, "%s%s%s%s%s", folder, folder[0] ? "/" : "",
                           below, below[0] ? "/" : "", file);
    return n < EDY_MANIFEST_PATH_MAX && access(out, R_OK) == 0;
}

bool edy_manifest_find(const edy_manifest_row *row, const char *file, const char *data_dir,
                       const char *home_dir, char out[EDY_MANIFEST_PATH_MAX]) {
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    if (data_dir && data_dir[0] &&
        (readable(out, data_dir, "", base) || readable(out, data_dir, row->name, base)))
        return true;
    return readable(out, file[0] == '/' ? "" : home_dir, "", file);
}
