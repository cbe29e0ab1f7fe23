/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The idx format, as described with the MNIST files: two zero bytes, a type (8: unsigned byte), the
 * rank, then that many big-endian 32-bit extents, then the data. zlib reads plain files too. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "datasets/source.h"

enum { MAX_RANK = 3, CHUNK = 1 << 20, PATH_BYTES = 4096 };

/* Reads exactly n bytes. */
static edy_status read_bytes(gzFile file, const char *path, const char *what, void *to, size_t n,
                             edy_error *err) {
    const int got = gzread(file, to, (unsigned)n);
    if (got == (int)n)
        return EDY_OK;
    int code;
    const char *why = gzerror(file, &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        return edy_fail(err, EDY_BAD_FILE, "%s: broken in its %s: %s", path, what, why);
    return edy_fail(err, EDY_BAD_FILE, "%s: ends within its %s", path, what);
}

/* Nothing may follow the data, and the checksum of a gzipped file must hold. */
static edy_status check_end(gzFile file, const char *path, uint64_t total, edy_error *err) {
    uint8_t beyond;
    if (gzread(file, &beyond, 1) > 0)
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: goes on after the %" PRIu64 " bytes of data that its header tells",
                        path, total);
    int code;
    const char *why = gzerror(file, &code);
    if (code != Z_OK && code != Z_STREAM_END)
        return edy_fail(err, EDY_BAD_FILE, "%s: broken at its end: %s", path, why);
    return EDY_OK;
}

/* Reads total bytes of data, growing as they come: a header that lies does not make room. */
static edy_status read_data(gzFile file, const char *path, uint64_t total, uint8_t **bytes,
                            edy_error *err) {
    uint8_t *held = NULL;
    edy_status status = EDY_OK;
    size_t used = 0, capacity = 0;
    while (used < total) {
        if (used == capacity) {
            capacity = capacity ? 2 * capacity : CHUNK;
            capacity = capacity < total ? capacity : (size_t)total;
            uint8_t *more = realloc(held, capacity);
            if (!more) {
                status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for %" PRIu64 " bytes", path,
                                  total);
                goto fail;
            }
            held = more;
        }
        const size_t n = capacity - used < CHUNK ? capacity - used : CHUNK;
        status = read_bytes(file, path, "data", held + used, n, err);
        if (status)
            goto fail;
        used += n;
    }
    status = check_end(file, path, total, err);
    if (status)
        goto fail;
    *bytes = held;
    return EDY_OK;
fail:
    free(held);
    return status;
}

static edy_status read_header(gzFile file, const char *path, unsigned rank,
                              uint32_t extent[MAX_RANK], uint64_t *total, edy_error *err) {
    uint8_t magic[4], raw[4];
    edy_status status = read_bytes(file, path, "magic number", magic, sizeof magic, err);
    if (status)
        return status;
    if (magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || magic[3] != rank)
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: magic number is %02x%02x%02x%02x, an idx file of bytes of rank %u has "
                        "000008%02x",
                        path, magic[0], magic[1], magic[2], magic[3], rank, rank);
    *total = 1;
    for (unsigned i = 0; i < rank; i++) {
        status = read_bytes(file, path, "extents", raw, sizeof raw, err);
        if (status)
            return status;
        extent[i] =
            (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
        if (extent[i] == 0)
            return edy_fail(err, EDY_BAD_FILE, "%s: extent %u is 0", path, i);
        if (extent[i] > EDY_DATASET_MAX_BYTES / *total)
            return edy_fail(err, EDY_LIMIT,
                            "%s: extent %u of %u makes more than the limit of %" PRIu64 " bytes",
                            path, i, extent[i], EDY_DATASET_MAX_BYTES);
        *total *= extent[i];
    }
    return EDY_OK;
}

static edy_status read_idx(const char *path, unsigned rank, uint32_t extent[MAX_RANK],
                           uint8_t **bytes, edy_error *err) {
    gzFile file = gzopen(path, "rb");
    if (!file)
        return edy_fail(err, EDY_IO, "%s: %s", path, strerror(errno ? errno : ENOMEM));
    gzbuffer(file, 1 << 17);
    uint64_t total = 0;
    edy_status status = read_header(file, path, rank, extent, &total, err);
    if (status == EDY_OK)
        status = read_data(file, path, total, bytes, err);
    gzclose(file);
    return status;
}

/* Replaces the last `from` in text by `to`, of the same length. */
static bool replace_last(char *text, const char *from, const char *to) {
    char *last = NULL;
    for (char *at = strstr(text, from); at; at = strstr(at + 1, from))
        last = at;
    if (last)
        memcpy(last, to, strlen(to));
    return last != NULL;
}

bool edy_idx_label_path(const char *images, char *out, size_t size) {
    if (strlen(images) >= size)
        return false;
    strcpy(out, images);
    char *base = strrchr(out, '/');
    base = base ? base + 1 : out;
    return replace_last(base, "images", "labels") && replace_last(base, "idx3", "idx1");
}

static edy_status read_labels(const char *path, const char *images, edy_source *source,
                              edy_error *err) {
    uint32_t count[MAX_RANK];
    uint8_t *bytes = NULL;
    const edy_status status = read_idx(path, 1, count, &bytes, err);
    if (status)
        return status;
    if (count[0] != source->count) {
        free(bytes);
        return edy_fail(err, EDY_BAD_FILE, "%s: %u labels, but %s has %" PRId64 " images", path,
                        count[0], images, source->count);
    }
    source->label = malloc(count[0] * sizeof *source->label);
    for (uint32_t i = 0; source->label && i < count[0]; i++)
        source->label[i] = bytes[i];
    free(bytes);
    if (!source->label)
        return edy_fail(err, EDY_NO_MEMORY, "%s: no memory for %u labels", path, count[0]);
    edy_source_count_classes(source);
    return EDY_OK;
}

edy_status edy_idx_read(const char *path, const char *labels, edy_source *source, edy_error *err) {
    uint32_t extent[MAX_RANK];
    edy_status status = read_idx(path, 3, extent, &source->bytes, err);
    if (status)
        goto fail;
    if (extent[1] > EDY_IMAGE_MAX_SIDE || extent[2] > EDY_IMAGE_MAX_SIDE) {
        status = edy_fail(err, EDY_LIMIT, "%s: images of %ux%u; the limit is %d a side", path,
                          extent[2], extent[1], EDY_IMAGE_MAX_SIDE);
        goto fail;
    }
    source->count = extent[0];
    source->height = (int32_t)extent[1];
    source->width = (int32_t)extent[2];
    source->channels = 1;
    source->record_bytes = (size_t)extent[1] * extent[2];

    char beside[PATH_BYTES];
    if (!labels && edy_idx_label_path(path, beside, sizeof beside) && access(beside, F_OK) == 0)
        labels = beside;
    if (labels && (status = read_labels(labels, path, source, err)))
        goto fail;
    return EDY_OK;
fail:
    edy_source_release(source);
    return status;
}
