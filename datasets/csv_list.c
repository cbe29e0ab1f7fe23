/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A list of images as rows of path,label; paths are relative to the list. A first row "path,label"
 * is a heading. Labels are whole numbers, or names, which are numbered in byte order. Rows of a
 * path alone give images without labels. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "datasets/csv_table.h"
#include "datasets/source.h"

enum { PATH_BYTES = 4096 };

typedef struct list {
    const char *path;
    edy_csv_table table;
    size_t first, columns; /* first row of data; 1 or 2 columns */
    const char **name;     /* distinct labels in byte order; NULL: labels are numbers */
    int32_t n_names;
} list;

static bool read_label(const char *text, int32_t *label) {
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    *label = (int32_t)value;
    return *end == '\0' && errno == 0 && value <= EDY_DATASET_MAX_LABEL;
}

static edy_status check_rows(list *l, edy_error *err) {
    const edy_csv_table *t = &l->table;
    l->first = t->n_rows > 0 && strcasecmp(t->row[0].field[0], "path") == 0 ? 1 : 0;
    if (t->n_rows == l->first)
        return edy_fail(err, EDY_BAD_FILE, "%s: no row of path,label", l->path);
    l->columns = t->row[l->first].n_fields;
    for (size_t i = l->first; i < t->n_rows; i++) {
        const edy_csv_row *row = &t->row[i];
        if (row->n_fields != l->columns || row->n_fields > 2)
            return edy_fail(err, EDY_BAD_FILE,
                            "%s: row %zu has %zu fields, must have path,label like the others",
                            l->path, i + 1, row->n_fields);
        if (row->field[0][0] == '\0')
            return edy_fail(err, EDY_BAD_FILE, "%s: row %zu: path is empty", l->path, i + 1);
        if (l->columns == 2 && row->field[1][0] == '\0')
            return edy_fail(err, EDY_BAD_FILE, "%s: row %zu: label is empty", l->path, i + 1);
    }
    return EDY_OK;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Numbers stay numbers; where any label is not one, all are names. */
static edy_status find_names(list *l, edy_error *err) {
    bool numbers = true;
    int32_t ignored;
    for (size_t i = l->first; numbers && i < l->table.n_rows; i++)
        numbers = read_label(l->table.row[i].field[1], &ignored);
    if (numbers)
        return EDY_OK;
    const size_t rows = l->table.n_rows - l->first;
    l->name = malloc(rows * sizeof *l->name);
    if (!l->name)
        return edy_fail(err, EDY_NO_MEMORY, "%s: no memory for its labels", l->path);
    for (size_t i = 0; i < rows; i++)
        l->name[i] = l->table.row[l->first + i].field[1];
    qsort(l->name, rows, sizeof *l->name, by_text);
    size_t distinct = 0;
    for (size_t i = 0; i < rows; i++)
        if (distinct == 0 || strcmp(l->name[distinct - 1], l->name[i]) != 0)
            l->name[distinct++] = l->name[i];
    if (distinct > EDY_DATASET_MAX_LABEL)
        return edy_fail(err, EDY_LIMIT, "%s: %zu different labels, the limit is %d", l->path,
                        distinct, EDY_DATASET_MAX_LABEL);
    l->n_names = (int32_t)distinct;
    return EDY_OK;
}

static int32_t label_of(const list *l, const edy_csv_row *row) {
    int32_t label = -1;
    if (l->columns == 1)
        return label;
    if (!l->name) {
        read_label(row->field[1], &label);
        return label;
    }
    const char *key = row->field[1];
    const char **found = bsearch(&key, l->name, (size_t)l->n_names, sizeof *l->name, by_text);
    return (int32_t)(found - l->name);
}

static edy_status add_rows(const list *l, edy_source *source, edy_error *err) {
    const char *slash = strrchr(l->path, '/');
    const int folder = slash ? (int)(slash - l->path) + 1 : 0;
    size_t capacity = 0;
    for (size_t i = l->first; i < l->table.n_rows; i++) {
        const edy_csv_row *row = &l->table.row[i];
        const char *file = row->field[0];
        char path[PATH_BYTES];
        struct stat info;
        const int n =
            snprintf(path, sizeof path, "%.*s%s", file[0] == '/' ? 0 : folder, l->path, file);
        if (n >= (int)sizeof path)
            return edy_fail(err, EDY_LIMIT, "%s: row %zu: path is too long", l->path, i + 1);
        if (stat(path, &info) != 0)
            return edy_fail(err, EDY_IO, "%s: row %zu: %s: %s", l->path, i + 1, path,
                            strerror(errno));
        const edy_status status =
            edy_source_add_file(source, &capacity, path, file, label_of(l, row), err);
        if (status)
            return status;
    }
    return EDY_OK;
}

edy_status edy_csv_list_read(const char *path, edy_source *source, edy_error *err) {
    list l = {.path = path};
    edy_status status = edy_csv_table_read(path, &l.table, err);
    if (status)
        return status;
    if ((status = check_rows(&l, err)) || (l.columns == 2 && (status = find_names(&l, err))) ||
        (status = add_rows(&l, source, err)))
        goto fail;
    if (l.columns == 1) {
        free(source->label);
        source->label = NULL;
    }
    if (l.name && (status = edy_source_set_names(source, l.name, l.n_names, err)))
        goto fail;
    edy_source_count_classes(source);
    free(l.name);
    edy_csv_table_release(&l.table);
    return EDY_OK;
fail:
    free(l.name);
    edy_csv_table_release(&l.table);
    edy_source_release(source);
    return status;
}
