/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Records and contexts as cJSON trees and back. Which fields there are is in record_fields.c; here
 * is what a flat table cannot say: arrays, Google Benchmark's own keys, and relations between
 * fields. */
#include "bench/record_fields.h"

#include <stdlib.h>
#include <string.h>

/* ---- To JSON -------------------------------------------------------------------------------- */

static bool add_number(cJSON *object, const char *key, double value) {
    return cJSON_AddNumberToObject(object, key, value) != NULL;
}

static bool add_doubts(cJSON *object, const edy_doubt *doubts, size_t n) {
    cJSON *list = cJSON_AddArrayToObject(object, "doubts");
    for (size_t i = 0; list && i < n; i++) {
        cJSON *item = cJSON_CreateObject();
        if (!item || !edy_fields_write(&edy_doubt_group, &doubts[i], item)) {
            cJSON_Delete(item);
            return false;
        }
        cJSON_AddItemToArray(list, item);
    }
    return list != NULL;
}

/* The array as one piece of text: 10,000 samples as 10,000 cJSON nodes would be slow and large. */
static bool add_doubles(cJSON *object, const char *key, const double *values, size_t n) {
    char *text = malloc(n * (EDY_JSON_NUMBER_BYTES + 1) + 3);
    if (!text)
        return false;
    size_t at = 0;
    text[at++] = '[';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text[at++] = ',';
        at += edy_json_number_text(values[i], text + at);
    }
    memcpy(text + at, "]", 2);
    const bool ok = cJSON_AddRawToObject(object, key, text) != NULL;
    free(text);
    return ok;
}

/* The keys that Google Benchmark's tools look for. */
static bool add_google_fields(cJSON *object, const edy_record *record) {
    const edy_latency *t = &record->latency;
    bool ok = cJSON_AddStringToObject(object, "run_name", record->name) != NULL;
    if (!edy_record_has_latency(record)) {
        char message[EDY_TEXT_BYTES + 32];
        snprintf(message, sizeof message, "%s%s%s", edy_verdict_text(record->verdict),
                 record->verdict_reason[0] ? ": " : "", record->verdict_reason);
        return ok && cJSON_AddTrueToObject(object, "error_occurred") &&
               cJSON_AddStringToObject(object, "error_message", message);
    }
    ok = ok && cJSON_AddStringToObject(object, "run_type", "iteration");
    ok = ok && add_number(object, "repetitions", 1) && add_number(object, "repetition_index", 0);
    ok = ok && add_number(object, "iterations", (double)t->iterations);
    ok = ok && add_number(object, "real_time", t->mean_ns);
    ok = ok && add_number(object, "cpu_time", isfinite(t->cpu_time_ns) ? t->cpu_time_ns : 0);
    return ok && cJSON_AddStringToObject(object, "time_unit", "ns");
}

static bool add_latency_arrays(cJSON *object, const edy_latency *t) {
    const size_t reps = t->repetitions > 0 ? (size_t)t->repetitions : 0;
    return add_doubles(object, "rep_median_ns", t->rep_median_ns, reps) &&
           add_doubles(object, "samples_ns", t->samples_ns, t->n_samples);
}

cJSON *edy_record_to_json(const edy_record *record) {
    const void *const parts[EDY_RECORD_GROUPS] = {record, &record->latency, &record->memory,
                                                  &record->accuracy, &record->counts};
    cJSON *root = cJSON_CreateObject();
    if (!root || !edy_fields_write(&edy_record_groups[0], record, root) ||
        !add_google_fields(root, record) || !add_doubts(root, record->doubt, record->n_doubts))
        goto fail;
    for (size_t g = 1; g < EDY_RECORD_GROUPS; g++) {
        cJSON *object = cJSON_AddObjectToObject(root, edy_record_groups[g].key);
        if (!object || !edy_fields_write(&edy_record_groups[g], parts[g], object))
            goto fail;
        if (parts[g] == &record->latency && !add_latency_arrays(object, &record->latency))
            goto fail;
    }
    return root;
fail:
    cJSON_Delete(root);
    return NULL;
}

static bool add_caches(cJSON *object, const edy_context *context) {
    cJSON *list = cJSON_AddArrayToObject(object, "caches");
    for (size_t i = 0; list && i < context->n_caches; i++) {
        cJSON *item = cJSON_CreateObject();
        if (!item || !edy_fields_write(&edy_cache_group, &context->cache[i], item)) {
            cJSON_Delete(item);
            return false;
        }
        cJSON_AddItemToArray(list, item);
    }
    return list != NULL;
}

static bool add_load(cJSON *object, const edy_context *context) {
    if (!isfinite(context->load_avg[0]))
        return cJSON_AddArrayToObject(object, "load_avg") != NULL;
    return add_doubles(object, "load_avg", context->load_avg, 3);
}

cJSON *edy_context_to_json(const edy_context *context) {
    cJSON *root = cJSON_CreateObject();
    bool ok = root && cJSON_AddStringToObject(root, "executable", "edyno");
    ok = ok && edy_fields_write(&edy_context_group, context, root);
    ok = ok && cJSON_AddBoolToObject(root, "cpu_scaling_enabled", context->scaling == EDY_YES);
    ok = ok && cJSON_AddStringToObject(root, "library_build_type",
                                       strcmp(context->build_type, "Debug") ? "release" : "debug");
    ok = ok && add_load(root, context) && add_caches(root, context);
    ok = ok && add_doubts(root, context->doubt, context->n_doubts);
    if (!ok) {
        cJSON_Delete(root);
        return NULL;
    }
    return root;
}

/* ---- From JSON ------------------------------------------------------------------------------ */

/* The array under key: its length into *n. Absent is length 0. */
static edy_status array_of(const cJSON *object, const char *key, size_t most, const char *where,
                           const cJSON **array, size_t *n, edy_error *err) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *array = item;
    *n = 0;
    if (!item || cJSON_IsNull(item))
        return EDY_OK;
    if (!cJSON_IsArray(item))
        return edy_fail(err, EDY_BAD_FILE, "%s: %s must be an array", where, key);
    const int length = cJSON_GetArraySize(item);
    if (length < 0 || (size_t)length > most)
        return edy_fail(err, EDY_LIMIT, "%s: %s has %d elements, more than %zu", where, key, length,
                        most);
    *n = (size_t)length;
    return EDY_OK;
}

static edy_status doubles_of(const cJSON *array, const char *key, const char *where, double high,
                             double *values, edy_error *err) {
    size_t i = 0;
    for (const cJSON *item = array->child; item; item = item->next, i++) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= high))
            return edy_fail(err, EDY_BAD_FILE, "%s: %s[%zu] is not a number from 0 to %g", where,
                            key, i, high);
        values[i] = item->valuedouble;
    }
    return EDY_OK;
}

static edy_status doubts_of(const cJSON *object, const char *where, edy_doubt *doubts, size_t *n,
                            edy_error *err) {
    const cJSON *array = NULL;
    size_t i = 0;
    edy_status status = array_of(object, "doubts", EDY_MAX_DOUBTS, where, &array, n, err);
    for (const cJSON *item = *n ? array->child : NULL; item && !status; item = item->next, i++)
        status = edy_fields_read(&edy_doubt_group, item, where, &doubts[i], err);
    return status;
}

static edy_status latency_arrays(const cJSON *object, const char *where, edy_latency *t,
                                 edy_error *err) {
    const cJSON *array = NULL;
    size_t n = 0;
    edy_status status =
        array_of(object, "rep_median_ns", EDY_MAX_REPETITIONS, where, &array, &n, err);
    if (status)
        return status;
    if (n != (t->repetitions > 0 ? (size_t)t->repetitions : 0))
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: rep_median_ns has %zu elements, repetitions is %lld", where, n,
                        (long long)t->repetitions);
    if (n)
        status = doubles_of(array, "rep_median_ns", where, 1e18, t->rep_median_ns, err);
    if (!status)
        status = array_of(object, "samples_ns", EDY_SAMPLES_CAP, where, &array, &n, err);
    if (status || n == 0)
        return status;
    t->samples_ns = malloc(n * sizeof *t->samples_ns);
    if (!t->samples_ns)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu samples", n);
    t->n_samples = n;
    return doubles_of(array, "samples_ns", where, 1e18, t->samples_ns, err);
}

/* Relations that make the numbers safe to compute and draw with. */
static edy_status check_latency(const edy_latency *t, const char *where, edy_error *err) {
    if (t->kind == EDY_SAMPLES_NONE)
        return EDY_OK;
    if (t->n_samples == 0 || t->per_sample < 1 || t->thinning < 1 || t->repetitions < 1)
        return edy_fail(
            err, EDY_BAD_FILE,
            "%s: a latency needs samples_ns, and per_sample, thinning, repetitions >= 1", where);
    const double kept = ceil((double)t->taken / (double)t->thinning);
    if ((double)t->n_samples != kept || t->iterations < t->taken)
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: %zu samples_ns do not fit taken %lld, thinning %lld, iterations %lld",
                        where, t->n_samples, (long long)t->taken, (long long)t->thinning,
                        (long long)t->iterations);
    if (t->kind == EDY_SAMPLES_SINGLE && t->per_sample != 1)
        return edy_fail(err, EDY_BAD_FILE, "%s: kind is single but per_sample is %lld", where,
                        (long long)t->per_sample);
    if (!(t->mean_ns > 0 && t->min_ns <= t->median_ns && t->median_ns <= t->p90_ns &&
          t->p90_ns <= t->p99_ns && t->p99_ns <= t->max_ns && t->mad_ns >= 0))
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: latency must have mean > 0 and min <= median <= p90 <= p99 <= max",
                        where);
    if (isnan(t->median_low_ns) != isnan(t->median_high_ns) || t->median_low_ns > t->median_ns ||
        t->median_high_ns < t->median_ns)
        return edy_fail(err, EDY_BAD_FILE, "%s: the median's interval does not contain it", where);
    return EDY_OK;
}

static edy_status check_accuracy(const edy_accuracy *a, const char *where, edy_error *err) {
    if (a->correct > a->n || a->golden_n > a->n || a->agree > a->golden_n)
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: accuracy needs correct <= n and agree <= golden_n <= n", where);
    if (a->n > 0 && !(fabs(a->top1 - (double)a->correct / (double)a->n) < 1e-6))
        return edy_fail(err, EDY_BAD_FILE, "%s: accuracy.top1 is %g, not correct / n", where,
                        a->top1);
    return EDY_OK;
}

edy_status edy_record_from_json(const cJSON *object, const char *where, edy_record *record,
                                edy_error *err) {
    edy_record_init(record);
    void *const parts[EDY_RECORD_GROUPS] = {record, &record->latency, &record->memory,
                                            &record->accuracy, &record->counts};
    if (!cJSON_IsObject(object))
        return edy_fail(err, EDY_BAD_FILE, "%s: must be an object", where);
    edy_status status = edy_fields_read(&edy_record_groups[0], object, where, record, err);
    for (size_t g = 1; g < EDY_RECORD_GROUPS && !status; g++) {
        const char *key = edy_record_groups[g].key;
        const cJSON *part = cJSON_GetObjectItemCaseSensitive(object, key);
        if (!cJSON_IsObject(part))
            return edy_fail(err, EDY_BAD_FILE, "%s: %s must be an object", where, key);
        status = edy_fields_read(&edy_record_groups[g], part, where, parts[g], err);
        if (!status && parts[g] == &record->latency)
            status = latency_arrays(part, where, &record->latency, err);
    }
    if (!status)
        status = doubts_of(object, where, record->doubt, &record->n_doubts, err);
    if (!status)
        status = check_latency(&record->latency, where, err);
    if (!status)
        status = check_accuracy(&record->accuracy, where, err);
    return status;
}

edy_status edy_context_from_json(const cJSON *object, const char *where, edy_context *context,
                                 edy_error *err) {
    edy_context_init(context);
    if (!cJSON_IsObject(object))
        return edy_fail(err, EDY_BAD_FILE, "%s: must be an object", where);
    edy_status status = edy_fields_read(&edy_context_group, object, where, context, err);
    const cJSON *array = NULL;
    size_t n = 0, i = 0;
    if (!status)
        status = array_of(object, "load_avg", 3, where, &array, &n, err);
    if (!status && n == 3)
        status = doubles_of(array, "load_avg", where, 1e9, context->load_avg, err);
    if (!status)
        status = array_of(object, "caches", EDY_MAX_CACHES, where, &array, &context->n_caches, err);
    if (!status && context->n_caches)
        for (const cJSON *item = array->child; item && !status; item = item->next, i++)
            status = edy_fields_read(&edy_cache_group, item, where, &context->cache[i], err);
    if (!status)
        status = doubts_of(object, where, context->doubt, &context->n_doubts, err);
    return status;
}
