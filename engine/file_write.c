/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static edy_status write_then_rename(const char *path, const char *temporary, const char *bytes,
                                    size_t size, edy_error *err) {
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return edy_fail(err, EDY_IO, "cannot create: %s", strerror(errno));
    int failed = write_all(fd, bytes, size) || fsync(fd) ? errno : 0;
    if (close(fd) && !failed)
        failed = errno;
    if (!failed && rename(temporary, path))
        failed = errno;
    if (!failed)
        return EDY_OK;
    unlink(temporary);
    return edy_fail(err, EDY_IO, "cannot write: %s", strerror(failed));
}

edy_status edy_file_replace(const char *path, const void *bytes, size_t size, edy_error *err) {
    char *temporary = malloc(strlen(path) + 32);
    if (!temporary)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to write");
    sprintf(temporary, "%s.%ld.tmp", path, (long)getpid());
    const edy_status status = write_then_rename(path, temporary, bytes, size, err);
    free(temporary);
    return status;
}
