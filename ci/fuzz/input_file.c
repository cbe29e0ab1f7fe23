/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ci/fuzz/fuzz.h"

const char *edy_fuzz_file(const uint8_t *data, size_t size) {
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("input", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    return path;
}

edy_limits edy_fuzz_limits(void) {
    return (edy_limits){.model_bytes = 1 << 20, .tensor_bytes = 1 << 20, .nodes = 1000};
}

void edy_fuzz_check(edy_status status, const edy_error *err) {
    if (!status)
        return;
    const size_t length = strnlen(err->message, sizeof err->message);
    if (length == 0 || length == sizeof err->message)
        abort();
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)err->message[i] < ' ' || err->message[i] == 127)
            abort();
}
