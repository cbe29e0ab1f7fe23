/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* manifest.json of MLPerf Tiny's goldens. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/suite/mlperf_tiny.h"
#include "datasets/sha256.h"
#include "engine/import/model_file.h"
#include "workloads/text_file.h"

enum { MOST_JSON = 16 << 20, MOST_SAMPLES = 10000 };

edy_status edy_tiny_read_file(const char *path, const char *sha256, void **bytes, size_t *size,
                              edy_error *err) {
    const edy_limits limits = edy_limits_default();
    edy_error inner;
    uint8_t *data;
    const edy_status st = edy_model_file_read(path, &limits, &data, size, &inner);
    *bytes = NULL;
    if (st)
        return edy_fail(err, st, "%.300s: %s", path, inner.message);
    edy_sha256 hash;
    char hex[65];
    edy_sha256_begin(&hash);
    edy_sha256_add(&hash, data, *size);
    edy_sha256_end(&hash, hex);
    if (sha256[0] && strcmp(hex, sha256) != 0) {
        free(data);
        return edy_fail(err, EDY_BAD_FILE, "%.200s: its sha256 is %.12s..., not %.12s...", path,
                        hex, sha256);
    }
    *bytes = data;
    return EDY_OK;
}

typedef struct reader {
    char path[EDY_TINY_PATH + 32];
    const char *name; /* of the case at hand */
    edy_error *err;
} reader;

static edy_status bad(const reader *r, const char *field, const char *wanted) {
    return edy_fail(r->err, EDY_BAD_FILE, "%.300s: case \"%.60s\": field \"%s\" must be %s",
                    r->path, r->name, field, wanted);
}

/* A string that names a file, or a folder below (slashes allowed then, but no way out). */
static edy_status read_text(const reader *r, const cJSON *o, const char *field, bool slashes,
                            char *out, size_t size) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, field);
    if (!cJSON_IsString(v) || strlen(v->valuestring) >= size || !v->valuestring[0])
        return bad(r, field, "a string of moderate length");
    if (v->valuestring[0] == '/' || strstr(v->valuestring, "..") ||
        (!slashes && strchr(v->valuestring, '/')))
        return bad(r, field, "a name inside the folder");
    snprintf(out, size, "%s", v->valuestring);
    return EDY_OK;
}

static edy_status read_file_entry(const reader *r, const cJSON *c, const char *field,
                                  edy_tiny_file *file) {
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(c, field);
    if (!o)
        return EDY_OK;
    const edy_status st = read_text(r, o, "file", false, file->name, sizeof file->name);
    return st ? st : read_text(r, o, "sha256", false, file->sha256, sizeof file->sha256);
}

static edy_status read_case(reader *r, const cJSON *o, edy_tiny_case *c) {
    r->name = "?";
    edy_status st = read_text(r, o, "case", false, c->name, sizeof c->name);
    r->name = st ? "?" : c->name;
    if (!st)
        st = read_text(r, o, "model", false, c->model, sizeof c->model);
    if (!st)
        st = read_text(r, o, "model_sha256", false, c->model_sha256, sizeof c->model_sha256);
    if (!st)
        st = read_file_entry(r, o, "input", &c->input);
    if (!st)
        st = read_file_entry(r, o, "output", &c->output);
    if (st)
        return st;
    const cJSON *samples = cJSON_GetObjectItemCaseSensitive(o, "samples");
    if (!cJSON_IsNumber(samples) || !(samples->valuedouble >= 1) ||
        samples->valuedouble > MOST_SAMPLES || samples->valuedouble != floor(samples->valuedouble))
        return bad(r, "samples", "a whole number of 1 to 10000");
    c->samples = (size_t)samples->valuedouble;
    if (!c->input.name[0])
        return bad(r, "input", "there");
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(o, "status");
    if (cJSON_IsString(status) && strcmp(status->valuestring, "ok") != 0)
        snprintf(c->status, sizeof c->status, "%s", status->valuestring);
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(o, "layers");
    return layers ? read_text(r, layers, "dir", true, c->layers, sizeof c->layers) : EDY_OK;
}

edy_status edy_tiny_cases_read(const char *dir, edy_tiny_cases *cases, edy_error *err) {
    reader r = {.err = err};
    char *text = NULL;
    cJSON *root = NULL;
    *cases = (edy_tiny_cases){.n = 0};
    if (strlen(dir) >= sizeof cases->dir)
        return edy_fail(err, EDY_BAD_ARGUMENT, "%.80s...: the path is too long", dir);
    snprintf(cases->dir, sizeof cases->dir, "%s", dir);
    snprintf(r.path, sizeof r.path, "%s/goldens/manifest.json", dir);
    edy_status st = edy_text_file_read(r.path, MOST_JSON, &text, err);
    if (st)
        return st;
    root = cJSON_Parse(text);
    free(text);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "cases");
    const int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (n == 0)
        st = edy_fail(err, EDY_BAD_FILE, "%.300s: is no JSON with a list of \"cases\"", r.path);
    cases->c = calloc((size_t)n + 1, sizeof *cases->c);
    if (!st && !cases->c)
        st = edy_fail(err, EDY_NO_MEMORY, "%.300s: no memory for %d cases", r.path, n);
    const cJSON *o;
    if (!st)
        cJSON_ArrayForEach(o, list) {
            st = read_case(&r, o, &cases->c[cases->n]);
            if (st)
                break;
            cases->n++;
        }
    cJSON_Delete(root);
    if (st)
        edy_tiny_cases_free(cases);
    return st;
}

void edy_tiny_cases_free(edy_tiny_cases *cases) {
    free(cases->c);
    *cases = (edy_tiny_cases){.n = 0};
}
