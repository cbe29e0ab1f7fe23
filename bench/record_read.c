/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Reading results back. The file is hostile until parsed: its size, each type, each range and the
 * relations between fields are checked, and the sentence says which file and record. */
#include "bench/record_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE_BYTES = 512 * 1024 * 1024, WHERE_BYTES = 256 };

/* Reads in growing blocks: a size that the file system states is not trusted (pipes, /proc). */
static edy_status read_text(const char *path, char **text, size_t *bytes, edy_error *err) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return edy_fail(err, EDY_IO, "cannot open %s: %s", path, strerror(errno));
    size_t capacity = 1 << 16, n = 0;
    char *buffer = malloc(capacity);
    edy_status status = EDY_OK;
    while (buffer) {
        n += fread(buffer + n, 1, capacity - n - 1, f);
        if (n < capacity - 1)
            break;
        char *grown = capacity < MAX_FILE_BYTES ? realloc(buffer, 2 * capacity) : NULL;
        if (!grown) {
            status =
                capacity < MAX_FILE_BYTES
                    ? edy_fail(err, EDY_NO_MEMORY, "no memory to read %s", path)
                    : edy_fail(err, EDY_LIMIT, "%s has more than %d bytes", path, MAX_FILE_BYTES);
            break;
        }
        buffer = grown;
        capacity *= 2;
    }
    if (!buffer)
        status = edy_fail(err, EDY_NO_MEMORY, "no memory to read %s", path);
    else if (!status && ferror(f))
        status = edy_fail(err, EDY_IO, "cannot read %s: %s", path, strerror(errno));
    fclose(f);
    if (status) {
        free(buffer);
        return status;
    }
    buffer[n] = '\0';
    *text = buffer;
    *bytes = n;
    return EDY_OK;
}

static edy_status add_record(edy_results *results, const cJSON *object, const char *path,
                             edy_error *err) {
    char where[WHERE_BYTES];
    snprintf(where, sizeof where, "%s: record %zu", path, results->n);
    if (results->n >= EDY_MAX_RECORDS)
        return edy_fail(err, EDY_LIMIT, "%s: more than %d records", path, EDY_MAX_RECORDS);
    edy_record record;
    edy_status status = edy_record_from_json(object, where, &record, err);
    if (!status)
        status = edy_results_add(results, &record, err);
    edy_record_clear(&record);
    return status;
}

/* Entries of "benchmarks" or "unmeasured"; aggregates are derived and skipped. */
static edy_status add_list(edy_results *results, const cJSON *root, const char *key,
                           const char *path, edy_error *err) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, key);
    if (!cJSON_IsArray(list))
        return edy_fail(err, EDY_BAD_FILE, "%s: %s must be an array", path, key);
    edy_status status = EDY_OK;
    for (const cJSON *item = list->child; item && !status; item = item->next) {
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "run_type");
        if (cJSON_IsString(type) && strcmp(type->valuestring, "aggregate") == 0)
            continue;
        status = add_record(results, item, path, err);
    }
    return status;
}

static edy_status read_context(edy_results *results, const cJSON *root, const char *path,
                               edy_error *err) {
    char where[WHERE_BYTES];
    snprintf(where, sizeof where, "%s: context", path);
    return edy_context_from_json(cJSON_GetObjectItemCaseSensitive(root, "context"), where,
                                 &results->context, err);
}

static edy_status read_document(edy_results *results, const cJSON *root, const char *path,
                                edy_error *err) {
    edy_status status = read_context(results, root, path, err);
    if (!status)
        status = add_list(results, root, "benchmarks", path, err);
    if (!status)
        status = add_list(results, root, "unmeasured", path, err);
    results->complete = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(root, "complete"));
    return status;
}

/* One whole line of a journal. */
static edy_status read_line(edy_results *results, const char *line, size_t bytes, size_t number,
                            const char *path, edy_error *err) {
    cJSON *tree = cJSON_ParseWithLength(line, bytes);
    edy_status status;
    if (!cJSON_IsObject(tree))
        status = edy_fail(err, EDY_BAD_FILE, "%s: line %zu is not a JSON object", path, number);
    else if (number == 1)
        status = read_context(results, tree, path, err);
    else if (cJSON_HasObjectItem(tree, "complete")) {
        results->complete = true;
        status = EDY_OK;
    } else
        status = add_record(results, tree, path, err);
    cJSON_Delete(tree);
    return status;
}

static edy_status read_journal(edy_results *results, const char *text, size_t bytes,
                               const char *path, edy_error *err) {
    edy_status status = EDY_OK;
    size_t number = 1;
    for (size_t at = 0; at < bytes && !status; number++) {
        const char *end = memchr(text + at, '\n', bytes - at);
        if (!end)
            return number == 1 ? edy_fail(err, EDY_BAD_FILE, "%s: not a results file", path)
                               : EDY_OK; /* cut off in mid-line: what is before it counts */
        const size_t length = (size_t)(end - (text + at));
        status = read_line(results, text + at, length, number, path, err);
        at += length + 1;
    }
    return status;
}

edy_status edy_results_read(const char *path, edy_results **results, edy_error *err) {
    char *text = NULL;
    size_t bytes = 0;
    edy_results *r = NULL;
    *results = NULL;
    edy_status status = read_text(path, &text, &bytes, err);
    if (status)
        return status;
    cJSON *root = cJSON_ParseWithLengthOpts(text, bytes + 1, NULL, true);
    status = edy_results_create(&r, err);
    if (status)
        goto done;
    if (root && cJSON_HasObjectItem(root, "benchmarks"))
        status = read_document(r, root, path, err);
    else if (bytes > 0 && text[0] == '{')
        status = read_journal(r, text, bytes, path, err);
    else
        status = edy_fail(err, EDY_BAD_FILE, "%s: not a results file", path);
done:
    cJSON_Delete(root);
    free(text);
    if (status) {
        edy_results_destroy(r);
        return status;
    }
    *results = r;
    return EDY_OK;
}
