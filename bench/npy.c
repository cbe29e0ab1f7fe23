/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/npy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/model_file.h"

/* A file in memory. */
typedef struct npy {
    const char *path;
    const uint8_t *bytes;
    size_t size;
    char header[1024]; /* the Python dictionary */
    size_t data_at;
    edy_error *err;
} npy;

static edy_status read_header(npy *f) {
    const uint8_t *b = f->bytes;
    if (f->size < 12 || memcmp(b, "\x93NUMPY", 6) != 0 || b[6] < 1 || b[6] > 2)
        return edy_fail(f->err, EDY_BAD_FILE, "%.200s: is no .npy file of version 1 or 2", f->path);
    const size_t at = b[6] == 1 ? 10 : 12;
    size_t n = (size_t)b[8] | (size_t)b[9] << 8;
    if (b[6] == 2)
        n |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (n >= sizeof f->header || n > f->size - at)
        return edy_fail(f->err, EDY_BAD_FILE, "%.200s: its header says that it has %zu bytes",
                        f->path, n);
    memcpy(f->header, b + at, n);
    f->header[n] = '\0';
    f->data_at = at + n;
    return EDY_OK;
}

/* What follows 'key': in the dictionary, without blanks before it; NULL where there is none. */
static const char *entry(const npy *f, const char *key) {
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s':", key);
    const char *at = strstr(f->header, quoted);
    if (!at)
        return NULL;
    at += strlen(quoted);
    return at + strspn(at, " ");
}

static edy_status read_type(const npy *f, edy_dtype *dtype) {
    static const struct {
        const char *text;
        edy_dtype dtype;
    } known[] = {{"'<f4'", EDY_F32}, {"'<f8'", EDY_F64}, {"'|u1'", EDY_U8},
                 {"'|i1'", EDY_S8},  {"'<i4'", EDY_S32}, {"'<i8'", EDY_S64}};
    const char *descr = entry(f, "descr"), *order = entry(f, "fortran_order");
    if (!descr || !order)
        return edy_fail(f->err, EDY_BAD_FILE, "%.200s: its header lacks descr or fortran_order",
                        f->path);
    if (strncmp(order, "False", 5) != 0)
        return edy_fail(f->err, EDY_UNSUPPORTED, "%.200s: fortran_order is not supported", f->path);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(descr, known[i].text, strlen(known[i].text)) == 0) {
            *dtype = known[i].dtype;
            return EDY_OK;
        }
    return edy_fail(f->err, EDY_UNSUPPORTED, "%.200s: elements of type %.8s are not supported",
                    f->path, descr);
}

/* "(2, 3)", "(5,)", "()" */
static edy_status read_shape(const npy *f, edy_shape *shape) {
    const char *at = entry(f, "shape");
    *shape = (edy_shape){.rank = 0};
    bool good = at && *at == '(';
    for (at += good; good && *at != ')';) {
        char *end = NULL;
        errno = 0;
        const long long dim = strtoll(at, &end, 10);
        good = end != at && errno == 0 && dim >= 0 && shape->rank < EDY_MAX_RANK;
        if (good)
            shape->dim[shape->rank++] = dim;
        at = end + strspn(end, ", ");
    }
    if (good)
        return EDY_OK;
    return edy_fail(f->err, EDY_BAD_FILE, "%.200s: its shape is not a list of at most %d sizes",
                    f->path, EDY_MAX_RANK);
}

static edy_status take_data(const npy *f, const edy_limits *limits, edy_file_tensor *t) {
    edy_error inner;
    size_t elems = 0;
    edy_status st = edy_shape_elems(&t->shape, &elems, &inner);
    if (st)
        return edy_fail(f->err, st, "%.200s: %s", f->path, inner.message);
    const size_t each = edy_dtype_bytes(t->dtype), have = f->size - f->data_at;
    if (elems > limits->tensor_bytes / each)
        return edy_fail(f->err, EDY_LIMIT, "%.200s: %zu elements are over the limit", f->path,
                        elems);
    if (elems * each != have)
        return edy_fail(f->err, EDY_BAD_FILE,
                        "%.200s: holds %zu bytes of data, its shape asks for %zu", f->path, have,
                        elems * each);
    t->data = malloc(have + 1);
    if (!t->data)
        return edy_fail(f->err, EDY_NO_MEMORY, "%.200s: no memory for %zu bytes", f->path, have);
    memcpy(t->data, f->bytes + f->data_at, have);
    return EDY_OK;
}

edy_status edy_npy_read(const char *path, const edy_limits *limits, edy_file_tensor *tensor,
                        edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    limits = limits ? limits : &defaults;
    edy_limits file = *limits;
    file.model_bytes = limits->tensor_bytes + 4096;
    uint8_t *bytes = NULL;
    npy f = {.path = path, .err = err};
    edy_error inner;
    *tensor = (edy_file_tensor){.dtype = EDY_NONE};
    edy_status st = edy_model_file_read(path, &file, &bytes, &f.size, &inner);
    if (st)
        return edy_fail(err, st, "%.200s: %s", path, inner.message);
    f.bytes = bytes;
    st = read_header(&f);
    st = st ? st : read_type(&f, &tensor->dtype);
    st = st ? st : read_shape(&f, &tensor->shape);
    st = st ? st : take_data(&f, limits, tensor);
    free(bytes);
    if (st)
        *tensor = (edy_file_tensor){.dtype = EDY_NONE};
    return st;
}
