/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The table through which bench/ reaches the report formats without including reports/: the program
 * links reports/, which defines it. One row a format. */
#ifndef EDY_REPORT_WRITER_H
#define EDY_REPORT_WRITER_H

#include <stddef.h>
#include <stdio.h>

#include "bench/record.h"
#include "engine/status.h"

typedef struct edy_report_writer {
    const char
        *name; /* what --format says: "console", "json", "csv", "markdown", "html", "plots" */
    const char *file; /* file (or first file) it leaves in a directory: "results.csv"; NULL: none */
    /* Leaves its file or files in the directory, which exists. NULL where it only prints. Called in
     * the order of the table, so a format that embeds plots stands after the one that draws them.
     */
    edy_status (*write)(const edy_results *results, const char *directory, edy_error *err);
    /* Prints the document on a stream. NULL where it only writes files. Returns with errno set and
     * EDY_IO where the stream fails. */
    edy_status (*print)(const edy_results *results, FILE *stream, edy_error *err);
} edy_report_writer;

/* Defined in reports/. Both of write and print are never NULL in one row. */
extern const edy_report_writer *const edy_report_writers[];
extern const size_t edy_report_writer_count;

/* Row of that name, or NULL. Defined in bench/. */
const edy_report_writer *edy_report_writer_find(const char *name);

#endif
