/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/tests/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *edy_temp_dir_create(void) {
    const char *base = getenv("TMPDIR");
    char path[1024];
    snprintf(path, sizeof path, "%s/edyno-test-XXXXXX", base && base[0] ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    char *copy = strdup(path);
    assert_non_null(copy);
    return copy;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void edy_temp_dir_remove(char *dir) {
    assert_int_equal(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(dir);
}

const char *edy_temp_path(const char *dir, const char *name) {
    enum { BUFFERS = 8 };
    static char text[BUFFERS][1024];
    static int next = 0;
    next = (next + 1) % BUFFERS;
    snprintf(text[next], sizeof text[next], "%s/%s", dir, name);
    return text[next];
}

void edy_temp_mkdir(const char *path) {
    char part[1024];
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (!edy_temp_exists(part))
            assert_int_equal(mkdir(part, 0777), 0);
    }
}

void edy_temp_write(const char *path, const void *data, size_t bytes) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, bytes, f), bytes);
    assert_int_equal(fclose(f), 0);
}

char *edy_temp_read(const char *path, size_t *bytes) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *bytes = (size_t)ftell(f);
    rewind(f);
    char *data = malloc(*bytes + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *bytes, f), *bytes);
    data[*bytes] = '\0';
    fclose(f);
    return data;
}

void edy_temp_copy(const char *from, const char *to) {
    size_t bytes;
    char *data = edy_temp_read(from, &bytes);
    edy_temp_write(to, data, bytes);
    free(data);
}

bool edy_temp_exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

size_t edy_temp_count(const char *dir) {
    DIR *d = opendir(dir);
    assert_non_null(d);
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

void edy_temp_truncate(const char *path, size_t by) {
    size_t bytes;
    char *data = edy_temp_read(path, &bytes);
    assert_true(bytes >= by);
    edy_temp_write(path, data, bytes - by);
    free(data);
}

void edy_temp_flip(const char *path, size_t offset) {
    size_t bytes;
    char *data = edy_temp_read(path, &bytes);
    assert_true(offset < bytes);
    data[offset] ^= 1;
    edy_temp_write(path, data, bytes);
    free(data);
}

void edy_temp_replace(const char *path, const char *from, const char *to) {
    size_t bytes, found = 0;
    const size_t length = strlen(from);
    assert_int_equal(length, strlen(to));
    char *data = edy_temp_read(path, &bytes);
    for (size_t i = 0; i + length <= bytes; i++)
        if (memcmp(data + i, from, length) == 0) {
            memcpy(data + i, to, length);
            found++;
        }
    assert_true(found > 0);
    edy_temp_write(path, data, bytes);
    free(data);
}
