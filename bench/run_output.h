/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Where results go: a folder that is proven writable before anything runs, and a document on
 * stdout. */
#ifndef EDY_RUN_OUTPUT_H
#define EDY_RUN_OUTPUT_H

#include <stdio.h>

#include "bench/record.h"
#include "bench/report_writer.h"

/* Makes the folder, with its parents, if it is not there. EDY_IO. */
edy_status edy_output_make_folder(const char *directory, edy_error *err);

/* Makes the folder like the above and opens its results.jsonl, which replaces
 * one that is there. EDY_IO. */
edy_status edy_output_open(const char *directory, const edy_context *context, edy_journal **journal,
                           edy_error *err);

/* Has every format of the table that writes files write into the folder. A format that fails does
 * not keep the others from being written; the first failure is returned. */
edy_status edy_output_write(const edy_results *results, const char *directory, edy_error *err);

/* Prints the results in a format of the table, and flushes. EDY_BAD_ARGUMENT where no format of
 * that name can be printed. */
edy_status edy_output_print(const edy_results *results, const char *format, FILE *stream,
                            edy_error *err);

#endif
