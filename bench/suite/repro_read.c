/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/suite/repro.h"
#include "workloads/text_file.h"

enum { MAX_JSON_BYTES = 1 << 20, PATH_BYTES = 2048, MOST = 4096 };

static bool json_path(const char *path, char file[PATH_BYTES]) {
    return snprintf(file, PATH_BYTES, "%s/repro.json", path) < PATH_BYTES;
}

bool edy_repro_is(const char *path) {
    char file[PATH_BYTES];
    struct stat st;
    return json_path(path, file) && stat(file, &st) == 0 && S_ISREG(st.st_mode);
}

static edy_status read_word(const cJSON *root, const char *file, const char *field, char *out,
                            size_t size, edy_error *err) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(root, field);
    if (!cJSON_IsString(v) || !v->valuestring[0] || strlen(v->valuestring) >= size)
        return edy_fail(err, EDY_BAD_FILE, "%.200s: field \"%s\" must be a short text", file,
                        field);
    strcpy(out, v->valuestring);
    return EDY_OK;
}

static edy_status read_count(const cJSON *root, const char *file, const char *field, int64_t *out,
                             edy_error *err) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(root, field);
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 1 && v->valuedouble <= MOST) ||
        v->valuedouble != floor(v->valuedouble))
        return edy_fail(err, EDY_BAD_FILE, "%.200s: field \"%s\" must be a whole number of 1 to %d",
                        file, field, MOST);
    *out = (int64_t)v->valuedouble;
    return EDY_OK;
}

edy_status edy_repro_read(const char *path, edy_repro *repro, edy_error *err) {
    char file[PATH_BYTES], *text = NULL;
    if (!json_path(path, file))
        return edy_fail(err, EDY_LIMIT, "%.200s: the path is too long", path);
    edy_status st = edy_text_file_read(file, MAX_JSON_BYTES, &text, err);
    if (st)
        return st;
    cJSON *root = cJSON_Parse(text);
    free(text);
    if (!cJSON_IsObject(root))
        st = edy_fail(err, EDY_BAD_FILE, "%.200s: is no JSON object", file);
    st = st ? st : read_word(root, file, "backend", repro->backend, sizeof repro->backend, err);
    st = st ? st : read_word(root, file, "verdict", repro->verdict, sizeof repro->verdict, err);
    st = st ? st : read_count(root, file, "threads", &repro->threads, err);
    st = st ? st : read_count(root, file, "batch", &repro->batch, err);
    if (!st && edy_verdict_parse(repro->verdict) == EDY_VERDICT_COUNT)
        st = edy_fail(err, EDY_BAD_FILE, "%.200s: field \"verdict\" is \"%s\", which is none", file,
                      repro->verdict);
    cJSON_Delete(root);
    return st;
}
