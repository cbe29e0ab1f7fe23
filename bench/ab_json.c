/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A/B results as JSON and back:
 *   {"kind": "ab", "schema_version", "tag", "measure", "threads", "block_s", "tolerance", "rounds",
 *    "ratio", "low", "high", "verdict", "ping_before_ns", "ping_after_ns",
 *    "base": {"command", "name", "facts": {KEY: NUMBER}, "values": [...], "inferences": [...]},
 *    "new": {...}, "context": {...}}
 * values[i] of base and new are the pair of round i; base is first where i is even. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/ab.h"
#include "bench/record_fields.h"
#include "workloads/text_file.h"

enum { MOST_FILE_BYTES = 1 << 20 };

/* ---- Writing --------------------------------------------------------------------------------- */

/* null where the number is NAN. */
static bool add_real(cJSON *object, const char *key, double value) {
    char text[EDY_JSON_NUMBER_BYTES] = "null";
    if (isfinite(value))
        edy_json_number_text(value, text);
    return cJSON_AddRawToObject(object, key, text) != NULL;
}

static bool add_reals(cJSON *object, const char *key, const double *values, size_t n) {
    cJSON *list = cJSON_AddArrayToObject(object, key);
    for (size_t i = 0; list && i < n; i++) {
        char text[EDY_JSON_NUMBER_BYTES];
        edy_json_number_text(values[i], text);
        cJSON *item = cJSON_CreateRaw(text);
        if (!item || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return false;
        }
    }
    return list != NULL;
}

static bool add_side(cJSON *root, const char *key, const edy_ab *ab, const edy_ab_side *side) {
    cJSON *object = cJSON_AddObjectToObject(root, key);
    bool ok = object && cJSON_AddStringToObject(object, "command", side->command) &&
              cJSON_AddStringToObject(object, "name", side->facts.name);
    cJSON *facts = ok ? cJSON_AddObjectToObject(object, "facts") : NULL;
    ok = facts != NULL;
    for (size_t i = 0; ok && i < side->facts.n; i++)
        ok = add_real(facts, side->facts.fact[i].key, side->facts.fact[i].value);
    return ok && add_reals(object, "values", side->value, ab->rounds) &&
           add_reals(object, "inferences", side->inferences, ab->rounds);
}

static cJSON *to_json(const edy_ab *ab, const edy_context *context) {
    cJSON *root = cJSON_CreateObject();
    bool ok = root && cJSON_AddStringToObject(root, "kind", "ab") &&
              cJSON_AddNumberToObject(root, "schema_version", EDY_SCHEMA_VERSION) &&
              cJSON_AddStringToObject(root, "tag", ab->tag) &&
              cJSON_AddStringToObject(root, "measure", edy_ab_measure_text(ab->measure)) &&
              cJSON_AddNumberToObject(root, "threads", (double)ab->threads) &&
              add_real(root, "block_s", ab->block_s) &&
              add_real(root, "tolerance", ab->tolerance) &&
              cJSON_AddNumberToObject(root, "rounds", (double)ab->rounds) &&
              add_real(root, "ratio", ab->ratio.ratio) && add_real(root, "low", ab->ratio.low) &&
              add_real(root, "high", ab->ratio.high) &&
              cJSON_AddStringToObject(root, "verdict", edy_ab_verdict_text(ab->verdict)) &&
              add_real(root, "ping_before_ns", ab->ping_before_ns) &&
              add_real(root, "ping_after_ns", ab->ping_after_ns) &&
              add_side(root, "base", ab, &ab->base) && add_side(root, "new", ab, &ab->now);
    if (ok && context) {
        cJSON *item = edy_context_to_json(context);
        ok = item && cJSON_AddItemToObject(root, "context", item);
    }
    if (ok)
        return root;
    cJSON_Delete(root);
    return NULL;
}

edy_status edy_ab_write_json(const edy_ab *ab, const edy_context *context, const char *path,
                             edy_error *err) {
    char temporary[4096];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", path) >= sizeof temporary)
        return edy_fail(err, EDY_BAD_ARGUMENT, "the path is too long: %.200s...", path);
    cJSON *root = to_json(ab, context);
    char *text = root ? cJSON_Print(root) : NULL;
    cJSON_Delete(root);
    if (!text)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %.200s", path);
    FILE *stream = fopen(temporary, "w");
    if (!stream) {
        free(text);
        return edy_fail(err, EDY_IO, "cannot create %.200s: %s", temporary, strerror(errno));
    }
    const bool written = fprintf(stream, "%s\n", text) > 0;
    free(text);
    if (fclose(stream) == 0 && written && rename(temporary, path) == 0)
        return EDY_OK;
    const edy_status st = edy_fail(err, EDY_IO, "cannot write %.200s: %s", path, strerror(errno));
    unlink(temporary);
    return st;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static edy_status bad(const char *path, const char *field, edy_error *err) {
    return edy_fail(err, EDY_BAD_FILE, "%.200s: \"%s\" is missing or not what it should be", path,
                    field);
}

static const char *text_of(const cJSON *object, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* A number in low..high; null is NAN where `may_be_null`. */
static bool real_of(const cJSON *object, const char *key, double low, double high, bool may_be_null,
                    double *value) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *value = NAN;
    if (cJSON_IsNull(item))
        return may_be_null;
    if (!cJSON_IsNumber(item))
        return false;
    *value = item->valuedouble;
    return *value >= low && *value <= high;
}

static bool reals_of(const cJSON *object, const char *key, size_t n, double *values) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key), *item = NULL;
    size_t i = 0;
    if (!cJSON_IsArray(list) || (size_t)cJSON_GetArraySize(list) != n)
        return false;
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble > 0 && isfinite(item->valuedouble)))
            return false;
        values[i++] = item->valuedouble;
    }
    return true;
}

static bool read_facts(const cJSON *object, edy_child_facts *facts) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "facts"), *item = NULL;
    const char *name = text_of(object, "name");
    if (!cJSON_IsObject(list) || !name)
        return false;
    snprintf(facts->name, sizeof facts->name, "%s", name);
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsNumber(item) || facts->n == EDY_PEER_FACTS)
            return false;
        edy_peer_fact *fact = &facts->fact[facts->n++];
        snprintf(fact->key, sizeof fact->key, "%s", item->string);
        fact->value = item->valuedouble;
    }
    return true;
}

static edy_status read_side(const cJSON *root, const char *key, const char *path, size_t rounds,
                            edy_ab_side *side, edy_error *err) {
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(root, key);
    const char *command = text_of(object, "command");
    if (!command || !read_facts(object, &side->facts))
        return bad(path, key, err);
    side->command = strdup(command);
    side->value = calloc(rounds, sizeof *side->value);
    side->inferences = calloc(rounds, sizeof *side->inferences);
    if (!side->command || !side->value || !side->inferences)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %.200s", path);
    if (!reals_of(object, "values", rounds, side->value) ||
        !reals_of(object, "inferences", rounds, side->inferences))
        return bad(path, key, err);
    return EDY_OK;
}

/* The fields in the object itself, but ratio and verdict, which follow from the samples. */
static edy_status read_fields(const cJSON *root, const char *path, edy_ab *ab, edy_error *err) {
    const char *tag = text_of(root, "tag"), *measure = text_of(root, "measure");
    double threads, rounds;
    if (!text_of(root, "kind") || strcmp(text_of(root, "kind"), "ab") != 0)
        return edy_fail(err, EDY_BAD_FILE, "%.200s is not a result of edyno ab", path);
    if (!tag || strlen(tag) >= sizeof ab->tag)
        return bad(path, "tag", err);
    strcpy(ab->tag, tag);
    if (!measure || !edy_ab_measure_find(measure, &ab->measure))
        return bad(path, "measure", err);
    if (!real_of(root, "threads", 0, EDY_MAX_THREADS, false, &threads))
        return bad(path, "threads", err);
    if (!real_of(root, "rounds", 1, EDY_AB_MOST_ROUNDS, false, &rounds))
        return bad(path, "rounds", err);
    if (!real_of(root, "block_s", 0, 1e6, false, &ab->block_s))
        return bad(path, "block_s", err);
    if (!real_of(root, "tolerance", 0, 1e6, false, &ab->tolerance))
        return bad(path, "tolerance", err);
    if (!real_of(root, "ping_before_ns", 0, 1e12, true, &ab->ping_before_ns))
        return bad(path, "ping_before_ns", err);
    if (!real_of(root, "ping_after_ns", 0, 1e12, true, &ab->ping_after_ns))
        return bad(path, "ping_after_ns", err);
    ab->threads = (int64_t)threads;
    ab->rounds = (size_t)rounds;
    return EDY_OK;
}

edy_status edy_ab_read_json(const char *path, edy_ab **out, edy_error *err) {
    char *text = NULL;
    edy_status st = edy_text_file_read(path, MOST_FILE_BYTES, &text, err);
    if (st)
        return st;
    cJSON *root = cJSON_Parse(text);
    free(text);
    edy_ab *ab = calloc(1, sizeof *ab);
    double scratch[EDY_AB_MOST_ROUNDS];
    if (!ab)
        st = edy_fail(err, EDY_NO_MEMORY, "no memory for %.200s", path);
    else if (!root)
        st = edy_fail(err, EDY_BAD_FILE, "%.200s is not JSON", path);
    st = st ? st : read_fields(root, path, ab, err);
    st = st ? st : read_side(root, "base", path, ab->rounds, &ab->base, err);
    st = st ? st : read_side(root, "new", path, ab->rounds, &ab->now, err);
    cJSON_Delete(root);
    if (st)
        goto fail;
    ab->ratio = edy_paired_ratio(ab->base.value, ab->now.value, ab->rounds, scratch);
    ab->verdict = edy_ab_judge(&ab->ratio, ab->tolerance);
    *out = ab;
    return EDY_OK;
fail:
    edy_ab_destroy(ab);
    return st;
}
