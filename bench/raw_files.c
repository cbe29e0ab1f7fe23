/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/raw_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, MAX_PIPE_BYTES = 1 << 30 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "samples are read and written as they are");

static edy_status no_memory(edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "out of memory for samples");
}

/* Of one sample; 0 with *err filled where the port does not begin with the plan's batch. */
static size_t sample_bytes(const edy_plan *plan, const edy_plan_port *port, edy_error *err) {
    const edy_plan_port *first = edy_plan_input(plan, 0);
    const int64_t batch = first->shape.rank > 0 ? first->shape.dim[0] : 0;
    if (batch > 0 && port->shape.rank > 0 && port->shape.dim[0] == batch)
        return port->bytes / (size_t)batch;
    edy_fail(err, EDY_UNSUPPORTED, "\"%.80s\" of the model does not begin with the batch",
             port->name);
    return 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct edy_raw_reader {
    size_t n, samples;
    FILE **file;
    const char **path;
    size_t *bytes; /* of one sample */
    void **data;
};

/* A pipe has no size: its content goes into an unnamed temporary file. */
static FILE *spool(FILE *pipe) {
    FILE *copy = tmpfile();
    char buffer[1 << 16];
    size_t total = 0;
    for (size_t n; copy && (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
        total += n;
        if (total > MAX_PIPE_BYTES || fwrite(buffer, 1, n, copy) != n) {
            fclose(copy);
            copy = NULL;
        }
    }
    fclose(pipe);
    if (copy)
        rewind(copy);
    return copy;
}

static edy_status open_input(const char *path, FILE **file, size_t *size, edy_error *err) {
    struct stat st;
    *file = fopen(path, "rb");
    if (!*file)
        return edy_fail(err, EDY_IO, "%.200s: cannot be opened: %s", path, strerror(errno));
    if (fstat(fileno(*file), &st) != 0 || S_ISDIR(st.st_mode))
        return edy_fail(err, EDY_IO, "%.200s: is not a file", path);
    if (!S_ISREG(st.st_mode)) {
        *file = spool(*file);
        if (!*file || fseek(*file, 0, SEEK_END) != 0)
            return edy_fail(err, EDY_LIMIT, "%.200s: cannot be kept, or has more than %d bytes",
                            path, MAX_PIPE_BYTES);
        const long end = ftell(*file);
        rewind(*file);
        *size = end > 0 ? (size_t)end : 0;
        return EDY_OK;
    }
    *size = (size_t)st.st_size;
    return EDY_OK;
}

static edy_status check_size(edy_raw_reader *r, size_t i, const edy_plan_port *port, size_t size,
                             edy_error *err) {
    char shape[80];
    edy_shape one = port->shape;
    one.dim[0] = 1;
    if (size == 0 || size % r->bytes[i] != 0)
        return edy_fail(
            err, EDY_BAD_FILE,
            "%.200s: has %zu bytes, not a positive multiple of the %zu of one sample of "
            "input \"%.60s\" (%s %s)",
            r->path[i], size, r->bytes[i], port->name, edy_dtype_text(port->dtype),
            edy_shape_text(&one, shape, sizeof shape));
    const size_t samples = size / r->bytes[i];
    if (i > 0 && samples != r->samples)
        return edy_fail(err, EDY_BAD_FILE, "%.150s: has %zu samples, but %.150s has %zu",
                        r->path[i], samples, r->path[0], r->samples);
    r->samples = samples;
    return EDY_OK;
}

static edy_status open_inputs(edy_raw_reader *r, const edy_plan *plan, const char *const *paths,
                              edy_error *err) {
    edy_status st = EDY_OK;
    for (size_t i = 0; i < r->n && !st; i++) {
        const edy_plan_port *port = edy_plan_input(plan, (int32_t)i);
        size_t size = 0;
        r->path[i] = paths[i];
        r->bytes[i] = sample_bytes(plan, port, err);
        st = r->bytes[i] ? open_input(paths[i], &r->file[i], &size, err) : EDY_UNSUPPORTED;
        st = st ? st : check_size(r, i, port, size, err);
        if (st)
            break;
        r->data[i] = calloc(1, port->bytes);
        if (!r->data[i])
            st = no_memory(err);
    }
    return st;
}

edy_status edy_raw_reader_open(const edy_plan *plan, const char *const *paths, size_t n,
                               edy_raw_reader **reader, edy_error *err) {
    *reader = NULL;
    if (n != (size_t)edy_plan_input_count(plan))
        return edy_fail(err, EDY_BAD_ARGUMENT, "%zu input files, but the model has %d input%s", n,
                        edy_plan_input_count(plan), edy_plan_input_count(plan) == 1 ? "" : "s");
    edy_raw_reader *r = calloc(1, sizeof *r);
    if (!r)
        return no_memory(err);
    r->n = n;
    r->file = calloc(n, sizeof *r->file);
    r->path = calloc(n, sizeof *r->path);
    r->bytes = calloc(n, sizeof *r->bytes);
    r->data = calloc(n, sizeof *r->data);
    edy_status st = EDY_OK;
    if (!r->file || !r->path || !r->bytes || !r->data)
        st = no_memory(err);
    st = st ? st : open_inputs(r, plan, paths, err);
    if (st)
        edy_raw_reader_close(r);
    else
        *reader = r;
    return st;
}

size_t edy_raw_reader_samples(const edy_raw_reader *reader) {
    return reader->samples;
}

edy_status edy_raw_reader_next(edy_raw_reader *r, size_t samples, edy_error *err) {
    for (size_t i = 0; i < r->n; i++)
        if (fread(r->data[i], r->bytes[i], samples, r->file[i]) != samples)
            return edy_fail(err, EDY_IO, "%.200s: became shorter while it was read", r->path[i]);
    return EDY_OK;
}

const void *const *edy_raw_reader_data(const edy_raw_reader *reader) {
    return (const void *const *)reader->data;
}

void edy_raw_reader_close(edy_raw_reader *r) {
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++) {
        if (r->file && r->file[i])
            fclose(r->file[i]);
        if (r->data)
            free(r->data[i]);
    }
    free(r->file);
    free(r->path);
    free(r->bytes);
    free(r->data);
    free(r);
}

/* ---- Writing --------------------------------------------------------------------------------- */

typedef struct output {
    FILE *file; /* NULL: not opened, or closed */
    char path[PATH_BYTES], part[PATH_BYTES + 32];
    bool special; /* a device or pipe: written directly */
    bool pending; /* `part` exists */
    size_t bytes; /* of one sample */
} output;

struct edy_raw_writer {
    size_t n;
    output *out;
    void **data;
};

static edy_status cannot_write(const output *o, edy_error *err) {
    return edy_fail(err, EDY_IO, "%.200s: cannot be written: %s", o->path, strerror(errno));
}

static edy_status open_output(output *o, const char *path, edy_error *err) {
    struct stat st;
    if (strlen(path) >= PATH_BYTES)
        return edy_fail(err, EDY_LIMIT, "%.200s...: the path is too long", path);
    strcpy(o->path, path);
    const bool exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        return edy_fail(err, EDY_IO, "%.200s: is a folder, not a file", path);
    o->special = exists && !S_ISREG(st.st_mode);
    snprintf(o->part, sizeof o->part, "%s.part-%ld", path, (long)getpid());
    o->file = fopen(o->special ? path : o->part, "wb");
    if (!o->file)
        return cannot_write(o, err);
    o->pending = !o->special;
    return EDY_OK;
}

edy_status edy_raw_writer_open(const edy_plan *plan, const char *const *paths, size_t n,
                               edy_raw_writer **writer, edy_error *err) {
    *writer = NULL;
    if (n != (size_t)edy_plan_output_count(plan))
        return edy_fail(err, EDY_BAD_ARGUMENT, "%zu output files, but the model has %d output%s", n,
                        edy_plan_output_count(plan), edy_plan_output_count(plan) == 1 ? "" : "s");
    edy_raw_writer *w = calloc(1, sizeof *w);
    if (!w)
        return no_memory(err);
    w->n = n;
    w->out = calloc(n, sizeof *w->out);
    w->data = calloc(n, sizeof *w->data);
    edy_status st = w->out && w->data ? EDY_OK : no_memory(err);
    for (size_t i = 0; i < n && !st; i++) {
        const edy_plan_port *port = edy_plan_output(plan, (int32_t)i);
        w->out[i].bytes = sample_bytes(plan, port, err);
        if (w->out[i].bytes == 0)
            st = EDY_UNSUPPORTED;
        w->data[i] = calloc(1, port->bytes + 1);
        if (!st)
            st = w->data[i] ? open_output(&w->out[i], paths[i], err) : no_memory(err);
    }
    if (st)
        edy_raw_writer_discard(w);
    else
        *writer = w;
    return st;
}

void *const *edy_raw_writer_data(const edy_raw_writer *writer) {
    return writer->data;
}

edy_status edy_raw_writer_put(edy_raw_writer *w, size_t samples, edy_error *err) {
    for (size_t i = 0; i < w->n; i++)
        if (fwrite(w->data[i], w->out[i].bytes, samples, w->out[i].file) != samples)
            return cannot_write(&w->out[i], err);
    return EDY_OK;
}

edy_status edy_raw_writer_finish(edy_raw_writer *w, edy_error *err) {
    for (size_t i = 0; i < w->n; i++) {
        FILE *f = w->out[i].file;
        w->out[i].file = NULL;
        if (fclose(f) != 0)
            return cannot_write(&w->out[i], err);
    }
    for (size_t i = 0; i < w->n; i++) {
        if (w->out[i].pending && rename(w->out[i].part, w->out[i].path) != 0)
            return cannot_write(&w->out[i], err);
        w->out[i].pending = false;
    }
    return EDY_OK;
}

void edy_raw_writer_discard(edy_raw_writer *w) {
    if (!w)
        return;
    for (size_t i = 0; w->out && i < w->n; i++) {
        if (w->out[i].file)
            fclose(w->out[i].file);
        if (w->out[i].pending)
            unlink(w->out[i].part);
    }
    for (size_t i = 0; w->data && i < w->n; i++)
        free(w->data[i]);
    free(w->out);
    free(w->data);
    free(w);
}
