/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/source.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "datasets/image_file.h"

static void free_strings(char **string, int64_t n) {
    for (int64_t i = 0; string && i < n; i++)
        free(string[i]);
    free(string);
}

void edy_source_release(edy_source *source) {
    if (!source)
        return;
    free_strings(source->class_name, source->n_names);
    free_strings(source->path, source->count);
    free_strings(source->name, source->count);
    free(source->label);
    free(source->bytes);
    *source = (edy_source){0};
}

edy_status edy_source_image(const edy_source *source, int64_t index, edy_image *image,
                            edy_error *err) {
    assert(index >= 0 && index < source->count);
    if (source->path)
        return edy_image_read(source->path[index], image, err);

    const size_t pixels = (size_t)source->width * (size_t)source->height;
    const size_t channels = (size_t)source->channels;
    const uint8_t *from =
        source->bytes + (size_t)index * source->record_bytes + source->pixel_offset;
    uint8_t *to = malloc(pixels * channels);
    if (!to)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for an image of %zu pixels", pixels);
    *image = (edy_image){source->width, source->height, source->channels, to};
    if (!source->planar) {
        memcpy(to, from, pixels * channels);
        return EDY_OK;
    }
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < channels; c++)
            *to++ = from[c * pixels + i];
    return EDY_OK;
}

void edy_source_count_classes(edy_source *source) {
    source->n_classes = source->label ? source->n_names : 0;
    for (int64_t i = 0; source->label && i < source->count; i++) {
        assert(source->label[i] >= 0 && source->label[i] <= EDY_DATASET_MAX_LABEL);
        if (source->label[i] >= source->n_classes)
            source->n_classes = source->label[i] + 1;
    }
}

/* Makes room for one more entry in each of the arrays of a file-backed source. */
static bool grow(edy_source *source, size_t *capacity) {
    if ((size_t)source->count < *capacity)
        return true;
    const size_t more = *capacity ? 2 * *capacity : 64;
    char **path = realloc(source->path, more * sizeof *path);
    if (path)
        source->path = path;
    char **name = realloc(source->name, more * sizeof *name);
    if (name)
        source->name = name;
    int32_t *label = realloc(source->label, more * sizeof *label);
    if (label)
        source->label = label;
    if (!path || !name || !label)
        return false;
    *capacity = more;
    return true;
}

edy_status edy_source_add_file(edy_source *source, size_t *capacity, const char *path,
                               const char *name, int32_t label, edy_error *err) {
    char *path_copy = strdup(path), *name_copy = strdup(name);
    if (!path_copy || !name_copy || !grow(source, capacity)) {
        free(path_copy);
        free(name_copy);
        return edy_fail(err, EDY_NO_MEMORY, "%s: no memory for the list of images", path);
    }
    source->path[source->count] = path_copy;
    source->name[source->count] = name_copy;
    source->label[source->count] = label;
    source->count++;
    return EDY_OK;
}

edy_status edy_source_set_names(edy_source *source, const char *const *name, int32_t n_names,
                                edy_error *err) {
    assert(!source->class_name);
    source->class_name = calloc((size_t)n_names, sizeof *source->class_name);
    for (int32_t i = 0; source->class_name && i < n_names; i++) {
        source->class_name[i] = strdup(name[i]);
        if (!source->class_name[i])
            return edy_fail(err, EDY_NO_MEMORY, "no memory for the names of %d classes", n_names);
        source->n_names = i + 1;
    }
    if (!source->class_name)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the names of %d classes", n_names);
    return EDY_OK;
}

edy_status edy_read_file(const char *path, size_t max_bytes, uint8_t **bytes, size_t *size,
                         edy_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return edy_fail(err, EDY_IO, "%s: %s", path, strerror(errno));
    edy_status status = EDY_OK;
    uint8_t *held = NULL;
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        status = edy_fail(err, EDY_IO, "%s: not a regular file", path);
        goto fail;
    }
    if ((uint64_t)info.st_size > max_bytes) {
        status = edy_fail(err, EDY_LIMIT, "%s: %lld bytes, the limit is %zu", path,
                          (long long)info.st_size, max_bytes);
        goto fail;
    }
    const size_t want = (size_t)info.st_size;
    held = malloc(want + 1);
    if (!held) {
        status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for %zu bytes", path, want);
        goto fail;
    }
    if (fread(held, 1, want, file) != want) {
        status = edy_fail(err, EDY_IO, "%s: reading stopped before its %zu bytes", path, want);
        goto fail;
    }
    held[want] = 0;
    fclose(file);
    *bytes = held;
    *size = want;
    return EDY_OK;
fail:
    free(held);
    fclose(file);
    return status;
}
