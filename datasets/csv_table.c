/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/csv_table.h"

#include <csv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/source.h"

enum { CSV_MAX_BYTES = 1 << 26 };

typedef struct reading {
    edy_csv_table *table;
    edy_csv_row row; /* being read */
    size_t cap_rows, cap_fields;
    bool no_memory, has_zero;
} reading;

/* Room for one more; doubles. */
static bool grow(void **items, size_t used, size_t *capacity, size_t item_bytes) {
    if (used < *capacity)
        return true;
    const size_t more = *capacity ? 2 * *capacity : 8;
    void *moved = realloc(*items, more * item_bytes);
    if (!moved)
        return false;
    *items = moved;
    *capacity = more;
    return true;
}

static void on_field(void *bytes, size_t size, void *context) {
    reading *r = context;
    r->has_zero = r->has_zero || (size > 0 && memchr(bytes, 0, size));
    char *copy = malloc(size + 1);
    void *fields = r->row.field;
    if (!copy || !grow(&fields, r->row.n_fields, &r->cap_fields, sizeof *r->row.field)) {
        free(copy);
        r->no_memory = true;
        return;
    }
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    r->row.field = fields;
    r->row.field[r->row.n_fields++] = copy;
}

static void row_release(edy_csv_row *row) {
    for (size_t i = 0; i < row->n_fields; i++)
        free(row->field[i]);
    free(row->field);
}

static void on_row(int end, void *context) {
    (void)end;
    reading *r = context;
    void *rows = r->table->row;
    if (!grow(&rows, r->table->n_rows, &r->cap_rows, sizeof *r->table->row)) {
        row_release(&r->row);
        r->no_memory = true;
    } else {
        r->table->row = rows;
        r->table->row[r->table->n_rows++] = r->row;
    }
    r->row = (edy_csv_row){0};
    r->cap_fields = 0;
}

void edy_csv_table_release(edy_csv_table *table) {
    if (!table)
        return;
    for (size_t i = 0; i < table->n_rows; i++)
        row_release(&table->row[i]);
    free(table->row);
    *table = (edy_csv_table){0};
}

edy_status edy_csv_table_read(const char *path, edy_csv_table *table, edy_error *err) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    edy_status status = edy_read_file(path, CSV_MAX_BYTES, &bytes, &size, err);
    if (status)
        return status;
    *table = (edy_csv_table){0};
    reading r = {.table = table};
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        free(bytes);
        return edy_fail(err, EDY_NO_MEMORY, "%s: no memory for libcsv", path);
    }
    if (csv_parse(&parser, bytes, size, on_field, on_row, &r) != size ||
        csv_fini(&parser, on_field, on_row, &r) != 0)
        status = edy_fail(err, EDY_BAD_FILE, "%s: row %zu: %s", path, table->n_rows + 1,
                          csv_strerror(csv_error(&parser)));
    else if (r.no_memory)
        status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for its rows", path);
    else if (r.has_zero)
        status = edy_fail(err, EDY_BAD_FILE, "%s: holds a zero byte: not a text file", path);
    csv_free(&parser);
    free(bytes);
    row_release(&r.row);
    if (status)
        edy_csv_table_release(table);
    return status;
}
