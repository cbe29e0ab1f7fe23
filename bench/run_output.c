/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/run_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* mkdir -p; path is changed and changed back. */
static int make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const int failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed)
            return -1;
    }
    return mkdir(path, 0777) != 0 && errno != EEXIST ? -1 : 0;
}

edy_status edy_output_make_folder(const char *directory, edy_error *err) {
    struct stat s;
    char *path = strdup(directory);
    if (!path)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the path %.200s", directory);
    const int failed = make_folders(path), reason = errno;
    free(path);
    if (failed)
        return edy_fail(err, EDY_IO, "cannot make the folder %.200s: %s", directory,
                        strerror(reason));
    if (stat(directory, &s) != 0 || !S_ISDIR(s.st_mode))
        return edy_fail(err, EDY_IO, "cannot make the folder %.200s: it is a file", directory);
    return EDY_OK;
}

edy_status edy_output_open(const char *directory, const edy_context *context, edy_journal **journal,
                           edy_error *err) {
    static const char name[] = "/results.jsonl";
    const size_t length = strlen(directory);
    *journal = NULL;
    edy_status status = edy_output_make_folder(directory, err);
    if (status)
        return status;
    char *path = malloc(length + sizeof name);
    if (!path)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the path %.200s", directory);
    memcpy(path, directory, length);
    memcpy(path + length, name, sizeof name);
    status = edy_journal_open(path, context, journal, err);
    free(path);
    return status;
}

edy_status edy_output_write(const edy_results *results, const char *directory, edy_error *err) {
    edy_status first = EDY_OK;
    for (size_t i = 0; i < edy_report_writer_count; i++) {
        const edy_report_writer *w = edy_report_writers[i];
        if (!w->write)
            continue;
        const edy_status status = w->write(results, directory, first ? NULL : err);
        first = first ? first : status;
    }
    return first;
}

edy_status edy_output_print(const edy_results *results, const char *format, FILE *stream,
                            edy_error *err) {
    const edy_report_writer *w = edy_report_writer_find(format);
    if (!w || !w->print)
        return edy_fail(err, EDY_BAD_ARGUMENT, "the format \"%.40s\" cannot be printed", format);
    const edy_status status = w->print(results, stream, err);
    if (!status && fflush(stream) != 0)
        return edy_fail(err, EDY_IO, "cannot print the results: %s", strerror(errno));
    return status;
}
