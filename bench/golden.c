/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Reading a committed golden folder. */
#include "bench/golden.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/sha256.h"
#include "workloads/text_file.h"

enum {
    MAX_JSON_BYTES = 1 << 20,
    MAX_SAMPLES = 100000,
    MAX_CLASSES_LISTED = 10000000,
    MAX_OUTPUT_BYTES = 1 << 30,
    PATH_BYTES = 4096
};

typedef struct reader {
    const char *dir;
    char json_path[PATH_BYTES];
    const cJSON *root;
    edy_golden *golden;
    edy_error *err;
} reader;

static edy_status bad(const reader *r, const char *field, const char *wanted) {
    return edy_fail(r->err, EDY_BAD_FILE, "%s: field \"%s\" must be %s", r->json_path, field,
                    wanted);
}

static const cJSON *get(const cJSON *object, const char *field) {
    return cJSON_GetObjectItemCaseSensitive(object, field);
}

static edy_status no_memory(const reader *r) {
    return edy_fail(r->err, EDY_NO_MEMORY, "%s: out of memory", r->dir);
}

/* A whole number of low..high. */
static edy_status read_count(const reader *r, const cJSON *object, const char *field, double low,
                             double high, size_t *out) {
    const cJSON *v = get(object, field);
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= low && v->valuedouble <= high) ||
        v->valuedouble != floor(v->valuedouble)) {
        char wanted[80];
        snprintf(wanted, sizeof wanted, "a whole number of %.0f to %.0f", low, high);
        return bad(r, field, wanted);
    }
    *out = (size_t)v->valuedouble;
    return EDY_OK;
}

/* ---- The files it names ---------------------------------------------------------------------- */

static edy_status check_sha256(const reader *r, const cJSON *entry, const char *path,
                               const void *data, size_t bytes) {
    const cJSON *wanted = get(entry, "sha256");
    if (!cJSON_IsString(wanted))
        return edy_fail(r->err, EDY_BAD_FILE, "%s: %s has no sha256", r->json_path, path);
    edy_sha256 hash;
    char hex[65];
    edy_sha256_begin(&hash);
    edy_sha256_add(&hash, data, bytes);
    edy_sha256_end(&hash, hex);
    if (strcmp(hex, wanted->valuestring) != 0)
        return edy_fail(r->err, EDY_BAD_FILE, "%s: sha256 is %.16s..., golden.json says %.16s...",
                        path, hex, wanted->valuestring);
    return EDY_OK;
}

/* Exactly `bytes` bytes of the file that root.<field>.file names, into *data (the caller frees). */
static edy_status read_file(const reader *r, const char *field, size_t bytes, void **data) {
    const cJSON *entry = get(r->root, field), *name = get(entry, "file");
    if (!cJSON_IsString(name) || strchr(name->valuestring, '/') || name->valuestring[0] == '\0')
        return bad(r, field, "an object whose \"file\" is a file name without folder");
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/%s", r->dir, name->valuestring) >= (int)sizeof path)
        return edy_fail(r->err, EDY_LIMIT, "%.200s: the path is too long", r->dir);
    FILE *f = fopen(path, "rb");
    if (!f)
        return edy_fail(r->err, EDY_IO, "%s: cannot be opened: %s", path, strerror(errno));
    char *buffer = malloc(bytes + 1);
    const size_t n = buffer ? fread(buffer, 1, bytes + 1, f) : 0;
    fclose(f);
    edy_status st = EDY_OK;
    if (!buffer)
        st = no_memory(r);
    else if (n != bytes)
        st = edy_fail(r->err, EDY_BAD_FILE, "%s: holds %s than the %zu bytes that golden.json says",
                      path, n < bytes ? "less" : "more", bytes);
    else
        st = check_sha256(r, entry, path, buffer, bytes);
    if (st) {
        free(buffer);
        return st;
    }
    *data = buffer;
    return EDY_OK;
}

/* ---- golden.json ----------------------------------------------------------------------------- */

static edy_status read_identity(const reader *r, const char *model_path) {
    const cJSON *wanted = get(r->root, "model_sha256"), *dataset = get(r->root, "dataset");
    const cJSON *input = get(r->root, "input_sha256");
    if (!cJSON_IsString(wanted) || strlen(wanted->valuestring) != 64)
        return bad(r, "model_sha256", "64 hexadecimal digits");
    char hex[65];
    edy_status st = edy_sha256_file(model_path, hex, r->err);
    if (st)
        return st;
    if (strcmp(hex, wanted->valuestring) != 0)
        return edy_fail(r->err, EDY_BAD_FILE,
                        "%s: made for a model with sha256 %.16s..., but %s has %.16s...",
                        r->json_path, wanted->valuestring, model_path, hex);
    if (!cJSON_IsString(dataset) || dataset->valuestring[0] == '\0')
        return bad(r, "dataset", "a name");
    r->golden->dataset = strdup(dataset->valuestring);
    if (!r->golden->dataset)
        return no_memory(r);
    if (input && (!cJSON_IsString(input) || strlen(input->valuestring) != 64))
        return bad(r, "input_sha256", "64 hexadecimal digits");
    if (input)
        strcpy(r->golden->input_sha256, input->valuestring);
    st = read_count(r, r->root, "first", 0, MAX_CLASSES_LISTED, &r->golden->first);
    return st ? st : read_count(r, r->root, "count", 1, MAX_SAMPLES, &r->golden->samples);
}

static edy_status read_provenance(const reader *r) {
    const cJSON *oracle = get(r->root, "oracle");
    const cJSON *name = get(oracle, "name"), *version = get(oracle, "version");
    char text[160];
    snprintf(text, sizeof text, "%.79s %.79s",
             cJSON_IsString(name) ? name->valuestring : "unknown software",
             cJSON_IsString(version) ? version->valuestring : "");
    r->golden->provenance = strdup(text);
    return r->golden->provenance ? EDY_OK : no_memory(r);
}

static edy_dtype dtype_named(const char *name) {
    static const edy_dtype known[] = {EDY_F64, EDY_F32, EDY_U8, EDY_S8};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, edy_dtype_text(known[i])) == 0)
            return known[i];
    return EDY_NONE;
}

static edy_status read_shape(const reader *r, const cJSON *dims, edy_shape *shape) {
    const int rank = cJSON_IsArray(dims) ? cJSON_GetArraySize(dims) : 0;
    if (rank < 1 || rank > EDY_MAX_RANK)
        return bad(r, "output.shape", "a list of 1 to 8 sizes");
    shape->rank = rank;
    for (int i = 0; i < rank; i++) {
        const cJSON *d = cJSON_GetArrayItem(dims, i);
        if (!cJSON_IsNumber(d) || !(d->valuedouble >= 1 && d->valuedouble <= MAX_OUTPUT_BYTES) ||
            d->valuedouble != floor(d->valuedouble))
            return bad(r, "output.shape", "a list of whole numbers above 0");
        shape->dim[i] = (int64_t)d->valuedouble;
    }
    return EDY_OK;
}

static edy_status read_output(const reader *r) {
    edy_golden *g = r->golden;
    edy_golden_port *port = &g->output[0];
    const cJSON *entry = get(r->root, "output"), *dtype = get(entry, "dtype");
    port->dtype = cJSON_IsString(dtype) ? dtype_named(dtype->valuestring) : EDY_NONE;
    if (port->dtype == EDY_NONE)
        return bad(r, "output.dtype", "float64, float32, uint8 or int8");
    edy_status st = read_shape(r, get(entry, "shape"), &port->shape);
    if (st)
        return st;
    if ((size_t)port->shape.dim[0] != g->samples)
        return bad(r, "output.shape", "a list that begins with the value of \"count\"");
    size_t elems = 0;
    st = edy_shape_elems(&port->shape, &elems, r->err);
    if (!st && elems > MAX_OUTPUT_BYTES / edy_dtype_bytes(port->dtype))
        st = edy_fail(r->err, EDY_LIMIT, "%s: the output is larger than %d bytes", r->json_path,
                      MAX_OUTPUT_BYTES);
    if (st)
        return st;
    g->n_outputs = 1;
    g->exact = port->dtype != EDY_F64;
    port->sample_bytes = elems / g->samples * edy_dtype_bytes(port->dtype);
    return read_file(r, "output", g->samples * port->sample_bytes, &port->data);
}

/* The error that an independent scalar float32 run had: what the budget is a multiple of. */
static edy_status read_reference_error(const reader *r) {
    if (r->golden->exact)
        return EDY_OK;
    const cJSON *v = get(get(r->root, "reference_error"), "numpy_float32_max_abs");
    if (!cJSON_IsNumber(v) || !(v->valuedouble > 0) || !isfinite(v->valuedouble))
        return bad(r, "reference_error.numpy_float32_max_abs", "a number above 0");
    r->golden->reference_error = v->valuedouble;
    return EDY_OK;
}

static edy_status read_classes(const reader *r) {
    edy_golden *g = r->golden;
    const cJSON *classes = get(r->root, "classes");
    if (!classes)
        return EDY_OK;
    size_t n = 0;
    void *data = NULL;
    edy_status st = read_count(r, classes, "n", 1, MAX_CLASSES_LISTED, &n);
    st = st ? st : read_file(r, "classes", n, &data);
    if (st)
        return st;
    g->classes = data;
    g->n_classes = n;
    if (!get(r->root, "margins"))
        return g->exact ? EDY_OK : bad(r, "margins", "there, because the output is float64");
    st = read_file(r, "margins", n * sizeof *g->margins, &data);
    if (!st)
        g->margins = data;
    return st;
}

static edy_status read_fields(const reader *r, const char *model_path) {
    if (!cJSON_IsObject(r->root))
        return edy_fail(r->err, EDY_BAD_FILE, "%s: is not a JSON object", r->json_path);
    edy_status st = read_identity(r, model_path);
    st = st ? st : read_provenance(r);
    st = st ? st : read_output(r);
    st = st ? st : read_reference_error(r);
    return st ? st : read_classes(r);
}

edy_status edy_golden_read(const char *dir, const char *model_path, edy_golden **out,
                           edy_error *err) {
    *out = NULL;
    reader r = {.dir = dir, .err = err};
    if (snprintf(r.json_path, sizeof r.json_path, "%s/golden.json", dir) >= PATH_BYTES)
        return edy_fail(err, EDY_LIMIT, "%.200s: the path is too long", dir);
    char *text = NULL;
    cJSON *root = NULL;
    edy_status st = edy_text_file_read(r.json_path, MAX_JSON_BYTES, &text, err);
    if (st)
        return st;
    r.golden = calloc(1, sizeof *r.golden);
    if (!r.golden) {
        st = no_memory(&r);
        goto fail;
    }
    r.golden->origin = strdup(dir);
    root = cJSON_Parse(text);
    r.root = root;
    st = r.golden->origin ? read_fields(&r, model_path) : no_memory(&r);
    if (st)
        goto fail;
    *out = r.golden;
    cJSON_Delete(root);
    free(text);
    return EDY_OK;

fail:
    edy_golden_destroy(r.golden);
    cJSON_Delete(root);
    free(text);
    return st;
}

void edy_golden_destroy(edy_golden *golden) {
    if (!golden)
        return;
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++) {
        free(golden->input[i].data);
        free(golden->output[i].data);
    }
    free(golden->origin);
    free(golden->provenance);
    free(golden->dataset);
    free(golden->classes);
    free(golden->margins);
    free(golden->doubt);
    free(golden);
}
