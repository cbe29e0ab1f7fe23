/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/model_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/region.h"

static edy_status check_stat(const struct stat *st, const edy_limits *limits, edy_error *err) {
    if (S_ISDIR(st->st_mode))
        return edy_fail(err, EDY_IO, "is a directory, not a model file");
    if (!S_ISREG(st->st_mode))
        return edy_fail(err, EDY_IO, "is not a regular file");
    if (st->st_size == 0)
        return edy_fail(err, EDY_BAD_FILE, "is empty");
    if ((uint64_t)st->st_size > limits->model_bytes)
        return edy_fail(err, EDY_LIMIT, "has %jd bytes, the limit is %" PRIu64,
                        (intmax_t)st->st_size, limits->model_bytes);
    return EDY_OK;
}

static edy_status read_all(int fd, uint8_t *bytes, size_t size, edy_error *err) {
    size_t done = 0;
    while (done < size) {
        const ssize_t n = read(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return edy_fail(err, EDY_IO, "cannot read: %s", strerror(errno));
        if (n == 0)
            return edy_fail(err, EDY_IO, "became shorter while it was read");
        done += (size_t)n;
    }
    return EDY_OK;
}

edy_status edy_model_file_read(const char *path, const edy_limits *limits, uint8_t **bytes,
                               size_t *size, edy_error *err) {
    *bytes = NULL;
    struct stat st;
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return edy_fail(err, EDY_IO, "cannot open: %s", strerror(errno));
    edy_status status = fstat(fd, &st) ? edy_fail(err, EDY_IO, "cannot stat: %s", strerror(errno))
                                       : check_stat(&st, limits, err);
    if (!status) {
        *size = (size_t)st.st_size;
        *bytes = edy_large_alloc(1, *size);
        status = *bytes ? read_all(fd, *bytes, *size, err)
                        : edy_fail(err, EDY_NO_MEMORY, "no memory to read %zu bytes", *size);
    }
    close(fd);
    if (status) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}
