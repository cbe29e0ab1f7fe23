/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "workloads/sidecar.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/text_file.h"

enum { MAX_SIDECAR_BYTES = 1 << 20, MAX_CLASSES = 100000, MAX_DIM = 1 << 20 };

typedef struct reader {
    const char *path;
    edy_region *region;
    edy_error *err;
} reader;

static edy_status bad(const reader *r, const char *field, const char *wanted) {
    return edy_fail(r->err, EDY_BAD_FILE, "%s: field \"%s\" must be %s", r->path, field, wanted);
}

/* A string field into the region; absent leaves *out. */
static edy_status read_string(const reader *r, const cJSON *object, const char *field,
                              const char **out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
    if (!item)
        return EDY_OK;
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
        return bad(r, field, "a string that is not empty");
    *out = edy_region_string(r->region, item->valuestring);
    return *out ? EDY_OK : edy_fail(r->err, EDY_NO_MEMORY, "%s: out of memory", r->path);
}

static edy_status read_shape(const reader *r, const cJSON *root, edy_shape *shape) {
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(root, "input");
    if (!input)
        return EDY_OK;
    const cJSON *dims = cJSON_GetObjectItemCaseSensitive(input, "shape");
    const int rank = cJSON_IsArray(dims) ? cJSON_GetArraySize(dims) : 0;
    if (rank < 1 || rank > EDY_MAX_RANK)
        return bad(r, "input.shape", "a list of 1 to 8 sizes");
    for (int i = 0; i < rank; i++) {
        const cJSON *d = cJSON_GetArrayItem(dims, i);
        if (!cJSON_IsNumber(d) || d->valuedouble < 1 || d->valuedouble > MAX_DIM ||
            d->valuedouble != floor(d->valuedouble))
            return bad(r, "input.shape", "a list of sizes, each a whole number of 1 to 1048576");
        shape->dim[i] = (int64_t)d->valuedouble;
    }
    shape->rank = rank;
    return EDY_OK;
}

static edy_status read_classes(const reader *r, const cJSON *root, edy_workload *w) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "classes");
    if (!list)
        return EDY_OK;
    const int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (n < 1 || n > MAX_CLASSES)
        return bad(r, "classes", "a list of 1 to 100000 names");
    const char **names = edy_region_array(r->region, (size_t)n, sizeof *names);
    if (!names)
        return edy_fail(r->err, EDY_NO_MEMORY, "%s: out of memory", r->path);
    size_t at = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item))
            return bad(r, "classes", "a list of strings");
        names[at] = edy_region_string(r->region, item->valuestring);
        if (!names[at++])
            return edy_fail(r->err, EDY_NO_MEMORY, "%s: out of memory", r->path);
    }
    w->classes = names;
    w->n_classes = (size_t)n;
    return EDY_OK;
}

edy_status edy_sidecar_read(const char *path, edy_region *region, edy_workload *w, edy_error *err) {
    char *text = NULL;
    edy_status st = edy_text_file_read(path, MAX_SIDECAR_BYTES, &text, err);
    if (st)
        return st;
    const reader r = {path, region, err};
    cJSON *root = cJSON_Parse(text);
    const char *where = cJSON_GetErrorPtr();
    if (!root)
        st = edy_fail(err, EDY_BAD_FILE, "%s: is not JSON from byte %zu on", path,
                      where && where >= text ? (size_t)(where - text) : 0);
    else if (!cJSON_IsObject(root))
        st = edy_fail(err, EDY_BAD_FILE, "%s: must hold one JSON object", path);
    st = st ? st : read_shape(&r, root, &w->input_shape);
    w->has_preprocess = cJSON_GetObjectItemCaseSensitive(root, "preprocess") != NULL;
    st = st ? st : read_string(&r, root, "dataset", &w->dataset);
    st = st ? st : read_classes(&r, root, w);
    cJSON_Delete(root);
    free(text);
    return st;
}
