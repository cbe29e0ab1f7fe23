/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A CSV file as rows of strings, read with libcsv. */
#ifndef EDY_CSV_TABLE_H
#define EDY_CSV_TABLE_H

#include <stddef.h>

#include "engine/status.h"

typedef struct edy_csv_row {
    char **field; /* NUL-terminated, blanks around it removed */
    size_t n_fields;
} edy_csv_row;

typedef struct edy_csv_table {
    edy_csv_row *row; /* blank lines are no rows */
    size_t n_rows;
} edy_csv_table;

/* At most 64 MiB; quotes as RFC 4180 has them. EDY_IO; EDY_BAD_FILE names file and row. Release the
 * table only where it succeeds. */
edy_status edy_csv_table_read(const char *path, edy_csv_table *table, edy_error *err);
void edy_csv_table_release(edy_csv_table *table); /* NULL is allowed */

#endif
