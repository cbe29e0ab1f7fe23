/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A file of a report that is whole or not there: written beside its place, then renamed. */
#ifndef EDY_OUTFILE_H
#define EDY_OUTFILE_H

#include <stdio.h>

#include "bench/record.h"

enum { EDY_OUTFILE_PATH = 4096 };

typedef struct edy_outfile {
    FILE *stream; /* to write on; NULL when closed */
    char path[EDY_OUTFILE_PATH], temporary[EDY_OUTFILE_PATH];
} edy_outfile;

/* Opens directory/name for writing. EDY_IO with path and reason. */
edy_status edy_outfile_open(edy_outfile *file, const char *directory, const char *name,
                            edy_error *err);
/* Puts the file in its place, or removes it where anything written on it failed (EDY_IO). */
edy_status edy_outfile_commit(edy_outfile *file, edy_error *err);
/* Removes it. Allowed after commit, when it does nothing. */
void edy_outfile_abandon(edy_outfile *file);

/* Writes what `print` prints into directory/name. */
edy_status edy_outfile_write(const edy_results *results, const char *directory, const char *name,
                             edy_status (*print)(const edy_results *, FILE *, edy_error *),
                             edy_error *err);

/* EDY_OK where nothing written on the stream so far has failed. */
edy_status edy_stream_status(FILE *stream, edy_error *err);

/* Content of directory/name as a NUL-terminated block that the caller frees; at most `limit` bytes.
 * NULL where it cannot be read, is empty or larger. */
char *edy_file_text(const char *directory, const char *name, size_t limit);

#endif
