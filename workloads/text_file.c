/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "workloads/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

edy_status edy_text_file_read(const char *path, size_t max_bytes, char **out, edy_error *err) {
    *out = NULL;
    FILE *f = fopen(path, "rb");
    if (!f)
        return edy_fail(err, EDY_IO, "%s: cannot be opened: %s", path, strerror(errno));
    char *text = malloc(max_bytes + 1);
    const size_t n = text ? fread(text, 1, max_bytes + 1, f) : 0;
    const int failed = ferror(f);
    fclose(f);
    edy_status st = EDY_OK;
    if (!text)
        st = edy_fail(err, EDY_NO_MEMORY, "%s: out of memory", path);
    else if (failed)
        st = edy_fail(err, EDY_IO, "%s: cannot be read", path);
    else if (n > max_bytes)
        st = edy_fail(err, EDY_LIMIT, "%s: is larger than %zu bytes", path, max_bytes);
    if (st) {
        free(text);
        return st;
    }
    text[n] = '\0';
    *out = text;
    return EDY_OK;
}
