/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bench/profile.h"
#include "workloads/text_file.h"

enum { MOST_FILE_BYTES = 16 << 20 };

static edy_status bad(const char *path, const char *field, edy_error *err) {
    return edy_fail(err, EDY_BAD_FILE, "%.200s: \"%s\" is missing or not what it should be", path,
                    field);
}

/* A text of a case into a field of the same size in all of them. */
static bool text_of(const cJSON *one, const char *key, char text[EDY_PROFILE_NAME_BYTES]) {
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, key));
    if (!value || strlen(value) >= EDY_PROFILE_NAME_BYTES)
        return false;
    strcpy(text, value);
    return true;
}

static edy_status read_case(const cJSON *one, const char *path, edy_profile_share *share,
                            edy_error *err) {
    if (!text_of(one, "workload", share->workload))
        return bad(path, "workload", err);
    if (!text_of(one, "variant", share->variant))
        return bad(path, "variant", err);
    if (!text_of(one, "backend", share->backend))
        return bad(path, "backend", err);
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(one, "classes");
    const cJSON *layers =
        cJSON_GetObjectItemCaseSensitive(classes, edy_layer_class_key(EDY_LAYER_POINTWISE));
    const cJSON *of_peak = cJSON_GetObjectItemCaseSensitive(layers, "of_peak");
    const cJSON *threads = cJSON_GetObjectItemCaseSensitive(one, "threads");
    if (!cJSON_IsNumber(threads) ||
        !(threads->valuedouble >= 1 && threads->valuedouble <= EDY_MAX_THREADS))
        return bad(path, "threads", err);
    share->threads = (unsigned)threads->valuedouble;
    share->known = cJSON_IsNumber(of_peak) && of_peak->valuedouble > 0;
    share->of_peak = share->known ? of_peak->valuedouble : 0;
    return EDY_OK;
}

edy_status edy_profile_read_shares(const char *path, edy_profile_share *shares, size_t most,
                                   size_t *n, edy_error *err) {
    char *text = NULL;
    edy_status st = edy_text_file_read(path, MOST_FILE_BYTES, &text, err);
    if (st)
        return st;
    cJSON *root = cJSON_Parse(text);
    free(text);
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(root, "cases"), *one = NULL;
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "kind"));
    *n = 0;
    if (!kind || strcmp(kind, "profile") != 0)
        st = edy_fail(err, EDY_BAD_FILE, "%.200s is not a result of edyno run --profile", path);
    else if (!cJSON_IsArray(cases))
        st = bad(path, "cases", err);
    else if ((size_t)cJSON_GetArraySize(cases) > most)
        st = edy_fail(err, EDY_LIMIT, "%.200s: more than %zu cases", path, most);
    cJSON_ArrayForEach(one, cases) {
        if (!st)
            st = read_case(one, path, &shares[*n], err);
        *n += !st;
    }
    cJSON_Delete(root);
    return st;
}
