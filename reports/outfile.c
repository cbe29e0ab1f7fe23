/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

edy_status edy_outfile_open(edy_outfile *file, const char *directory, const char *name,
                            edy_error *err) {
    file->stream = NULL;
    const int n = snprintf(file->path, sizeof file->path, "%s/%s", directory, name);
    if (n < 0 || (size_t)n + sizeof ".part" > sizeof file->path)
        return edy_fail(err, EDY_IO, "%.200s: path is too long", directory);
    snprintf(file->temporary, sizeof file->temporary, "%s/%s.part", directory, name);
    file->stream = fopen(file->temporary, "w");
    if (!file->stream)
        return edy_fail(err, EDY_IO, "%s: cannot be written: %s", file->path, strerror(errno));
    return EDY_OK;
}

edy_status edy_outfile_commit(edy_outfile *file, edy_error *err) {
    errno = 0;
    const bool failed = ferror(file->stream) || fflush(file->stream) != 0;
    const int flush_errno = errno;
    const bool close_failed = fclose(file->stream) != 0;
    file->stream = NULL;
    if (failed || close_failed || rename(file->temporary, file->path) != 0) {
        const int reason = failed && flush_errno ? flush_errno : errno;
        unlink(file->temporary);
        return edy_fail(err, EDY_IO, "%s: cannot be written: %s", file->path,
                        strerror(reason ? reason : EIO));
    }
    return EDY_OK;
}

void edy_outfile_abandon(edy_outfile *file) {
    if (!file->stream)
        return;
    fclose(file->stream);
    file->stream = NULL;
    unlink(file->temporary);
}

edy_status edy_outfile_write(const edy_results *results, const char *directory, const char *name,
                             edy_status (*print)(const edy_results *, FILE *, edy_error *),
                             edy_error *err) {
    edy_outfile file;
    edy_status status = edy_outfile_open(&file, directory, name, err);
    if (status != EDY_OK)
        return status;
    status = print(results, file.stream, err);
    if (status != EDY_OK) {
        edy_outfile_abandon(&file);
        return status;
    }
    return edy_outfile_commit(&file, err);
}

edy_status edy_stream_status(FILE *stream, edy_error *err) {
    errno = 0;
    if (fflush(stream) == 0 && !ferror(stream))
        return EDY_OK;
    if (errno == 0)
        errno = EIO;
    return edy_fail(err, EDY_IO, "cannot write the report: %s", strerror(errno));
}

char *edy_file_text(const char *directory, const char *name, size_t limit) {
    char path[EDY_OUTFILE_PATH];
    const int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return NULL;
    FILE *stream = fopen(path, "r");
    if (!stream)
        return NULL;
    char *text = malloc(limit + 1);
    const size_t got = text ? fread(text, 1, limit + 1, stream) : 0;
    const bool bad = got == 0 || got > limit || ferror(stream);
    fclose(stream);
    if (bad) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    return text;
}
