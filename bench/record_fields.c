/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/record_fields.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INT 9007199254740992.0 /* 2^53: beyond it doubles, and so JSON, skip integers */
#define MAX_NS 1e18                /* 31 years */

/* One row each; they only abbreviate. */
#define TEXT(S, member, must)                                                                      \
    {                                                                                              \
        .key = #member, .type = EDY_FIELD_TEXT, .offset = offsetof(S, member),                     \
        .bytes = sizeof(((S *)0)->member), .required = must                                        \
    }
#define INT(S, name, member, min, max, must)                                                       \
    {                                                                                              \
        .key = name, .type = EDY_FIELD_INT, .offset = offsetof(S, member), .low = min,             \
        .high = max, .required = must                                                              \
    }
#define REAL(S, name, member, min, max, must)                                                      \
    {                                                                                              \
        .key = name, .type = EDY_FIELD_REAL, .offset = offsetof(S, member), .low = min,            \
        .high = max, .required = must                                                              \
    }
#define BOOL(S, member)                                                                            \
    { .key = #member, .type = EDY_FIELD_BOOL, .offset = offsetof(S, member) }
#define ENUM(S, name, member, list, base, must)                                                    \
    {                                                                                              \
        .key = name, .type = EDY_FIELD_ENUM, .offset = offsetof(S, member), .names = list,         \
        .n_names = (int)(sizeof list / sizeof *list), .name_base = base, .required = must          \
    }
#define COUNT(S, member) INT(S, #member, member, -1, MAX_INT, false)
#define TIME(S, member) REAL(S, #member, member, 0, MAX_NS, false)
#define GROUP(name, table)                                                                         \
    { name, table, sizeof(table) / sizeof *(table) }

static const char *const verdicts[] = {
#define EDY_VERDICT_NAME(name, text, meaning) text,
    EDY_VERDICT_MAP(EDY_VERDICT_NAME)
#undef EDY_VERDICT_NAME
};
static const char *const sample_kinds[] = {"none", "single", "means"};
static const char *const counter_kinds[] = {"none", "software", "hardware"};
static const char *const tristates[] = {"unknown", "no", "yes"};

static const edy_field record_fields[] = {
    TEXT(edy_record, name, true),
    TEXT(edy_record, workload, true),
    TEXT(edy_record, variant, true),
    TEXT(edy_record, backend, true),
    INT(edy_record, "threads", threads, 1, 65536, true),
    INT(edy_record, "batch", batch, 1, 1 << 20, true),
    TEXT(edy_record, dataset, false),
    TEXT(edy_record, model_sha256, false),
    COUNT(edy_record, model_bytes),
    COUNT(edy_record, macs),
    INT(edy_record, "seed", seed, 0, MAX_INT, false),
    ENUM(edy_record, "verdict", verdict, verdicts, 0, true),
    TEXT(edy_record, verdict_reason, false),
    REAL(edy_record, "budget_share", budget_share, 0, 1e300, false),
    TIME(edy_record, first_ns),
    TIME(edy_record, load_ns),
    TIME(edy_record, plan_ns),
};

static const edy_field latency_fields[] = {
    ENUM(edy_latency, "kind", kind, sample_kinds, 0, true),
    COUNT(edy_latency, per_sample),
    COUNT(edy_latency, iterations),
    COUNT(edy_latency, taken),
    COUNT(edy_latency, thinning),
    INT(edy_latency, "repetitions", repetitions, -1, EDY_MAX_REPETITIONS, false),
    TIME(edy_latency, mean_ns),
    TIME(edy_latency, min_ns),
    TIME(edy_latency, max_ns),
    TIME(edy_latency, median_ns),
    TIME(edy_latency, p90_ns),
    TIME(edy_latency, p99_ns),
    TIME(edy_latency, mad_ns),
    TIME(edy_latency, median_low_ns),
    TIME(edy_latency, median_high_ns),
    TIME(edy_latency, cpu_time_ns),
    COUNT(edy_latency, outliers),
};

static const edy_field memory_fields[] = {
    COUNT(edy_memory_use, weights),       COUNT(edy_memory_use, packed),
    COUNT(edy_memory_use, arena),         COUNT(edy_memory_use, arena_lower_bound),
    COUNT(edy_memory_use, indirection),   COUNT(edy_memory_use, peak_rss),
    COUNT(edy_memory_use, peak_rss_base),
};

static const edy_field accuracy_fields[] = {
    INT(edy_accuracy, "n", n, 0, MAX_INT, false),
    INT(edy_accuracy, "correct", correct, 0, MAX_INT, false),
    INT(edy_accuracy, "golden_n", golden_n, 0, MAX_INT, false),
    INT(edy_accuracy, "agree", agree, 0, MAX_INT, false),
    REAL(edy_accuracy, "top1", top1, 0, 1, false),
};

static const edy_field counter_fields[] = {
    ENUM(edy_counts, "kind", kind, counter_kinds, 0, true),
    TEXT(edy_counts, reason, false),
    COUNT(edy_counts, instructions),
    COUNT(edy_counts, cycles),
    COUNT(edy_counts, task_clock_ns),
    COUNT(edy_counts, page_faults),
    COUNT(edy_counts, context_switches),
    REAL(edy_counts, "scaled", scaled, 0, 1, false),
};

static const edy_field context_fields[] = {
    INT(edy_context, "schema_version", schema_version, 1, EDY_SCHEMA_VERSION, true),
    TEXT(edy_context, edyno_version, false),
    TEXT(edy_context, date, false),
    TEXT(edy_context, command, false),
    INT(edy_context, "seed", seed, 0, MAX_INT, false),
    TEXT(edy_context, cpu_model, false),
    TEXT(edy_context, arch, false),
    TEXT(edy_context, cpu_features, false),
    TEXT(edy_context, backends, false),
    INT(edy_context, "num_cpus", cpus, -1, 1 << 20, false),
    INT(edy_context, "cores", cores, -1, 1 << 20, false),
    INT(edy_context, "packages", packages, -1, 1 << 20, false),
    INT(edy_context, "numa_nodes", numa_nodes, -1, 1 << 20, false),
    INT(edy_context, "core_kinds", core_kinds, -1, 1 << 20, false),
    REAL(edy_context, "mhz_per_cpu", mhz, 0, 1e6, false),
    COUNT(edy_context, ram_bytes),
    TEXT(edy_context, os, false),
    TEXT(edy_context, governor, false),
    ENUM(edy_context, "scaling", scaling, tristates, 1, false),
    ENUM(edy_context, "turbo", turbo, tristates, 1, false),
    TEXT(edy_context, virtualisation, false),
    BOOL(edy_context, emulated),
    TEXT(edy_context, compiler, false),
    TEXT(edy_context, flags, false),
    TEXT(edy_context, build_type, false),
    TEXT(edy_context, git_commit, false),
    BOOL(edy_context, pinned),
    TIME(edy_context, timer_resolution_ns),
    TIME(edy_context, timer_overhead_ns),
    TIME(edy_context, empty_workload_ns),
    INT(edy_context, "perf_event_paranoid", perf_event_paranoid, -1000, 1000, false),
};

static const edy_field cache_fields[] = {
    INT(edy_cache, "level", level, 1, 10, true),
    TEXT(edy_cache, type, true),
    INT(edy_cache, "size", bytes, 0, MAX_INT, true),
    INT(edy_cache, "line_bytes", line_bytes, -1, 1 << 20, false),
    INT(edy_cache, "count", count, -1, 1 << 20, false),
    INT(edy_cache, "num_sharing", shared_by, -1, 1 << 20, false),
};

static const edy_field doubt_fields[] = {
    TEXT(edy_doubt, code, true),
    TEXT(edy_doubt, text, true),
};

const edy_field_group edy_record_groups[EDY_RECORD_GROUPS] = {
    GROUP(NULL, record_fields),        GROUP("latency", latency_fields),
    GROUP("memory", memory_fields),    GROUP("accuracy", accuracy_fields),
    GROUP("counters", counter_fields),
};
const edy_field_group edy_context_group = GROUP(NULL, context_fields);
const edy_field_group edy_cache_group = GROUP(NULL, cache_fields);
const edy_field_group edy_doubt_group = GROUP(NULL, doubt_fields);

/* ---- Writing one field ---------------------------------------------------------------------- */

size_t edy_json_number_text(double value, char text[EDY_JSON_NUMBER_BYTES]) {
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, EDY_JSON_NUMBER_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return (size_t)n;
}

static cJSON *number_or_null(double value, bool known) {
    char text[EDY_JSON_NUMBER_BYTES];
    if (!known)
        return cJSON_CreateNull();
    edy_json_number_text(value, text);
    return cJSON_CreateRaw(text);
}

static cJSON *field_to_json(const edy_field *f, const char *at) {
    int64_t i;
    double d;
    bool b;
    int e;
    switch (f->type) {
    case EDY_FIELD_TEXT:
        return cJSON_CreateString(at);
    case EDY_FIELD_INT:
        memcpy(&i, at, sizeof i);
        return number_or_null((double)i, i >= f->low && !(i == -1 && f->low == -1));
    case EDY_FIELD_REAL:
        memcpy(&d, at, sizeof d);
        return number_or_null(d, isfinite(d));
    case EDY_FIELD_BOOL:
        memcpy(&b, at, sizeof b);
        return cJSON_CreateBool(b);
    case EDY_FIELD_ENUM:
        memcpy(&e, at, sizeof e);
        e += f->name_base;
        assert(e >= 0 && e < f->n_names);
        return cJSON_CreateString(f->names[e]);
    }
    return NULL;
}

bool edy_fields_write(const edy_field_group *group, const void *from, cJSON *object) {
    for (size_t i = 0; i < group->n; i++) {
        const edy_field *f = &group->fields[i];
        cJSON *item = field_to_json(f, (const char *)from + f->offset);
        if (!item || !cJSON_AddItemToObject(object, f->key, item)) {
            cJSON_Delete(item);
            return false;
        }
    }
    return true;
}

/* ---- Reading one field ---------------------------------------------------------------------- */

static edy_status text_from_json(const edy_field *f, const cJSON *item, const char *where, char *at,
                                 edy_error *err) {
    if (!cJSON_IsString(item))
        return edy_fail(err, EDY_BAD_FILE, "%s: %s must be a text", where, f->key);
    const size_t length = strlen(item->valuestring);
    if (length >= f->bytes)
        return edy_fail(err, EDY_BAD_FILE, "%s: %s has %zu bytes, more than %zu", where, f->key,
                        length, f->bytes - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)item->valuestring[i] < 0x20 && item->valuestring[i] != '\t')
            return edy_fail(err, EDY_BAD_FILE, "%s: %s has a control character at byte %zu", where,
                            f->key, i);
    memcpy(at, item->valuestring, length + 1);
    return EDY_OK;
}

static edy_status number_from_json(const edy_field *f, const cJSON *item, const char *where,
                                   double *value, edy_error *err) {
    if (!cJSON_IsNumber(item))
        return edy_fail(err, EDY_BAD_FILE, "%s: %s must be a number", where, f->key);
    const double v = item->valuedouble;
    if (!(v >= f->low && v <= f->high))
        return edy_fail(err, EDY_BAD_FILE, "%s: %s is %g, outside %g..%g", where, f->key, v, f->low,
                        f->high);
    if (f->type == EDY_FIELD_INT && v != floor(v))
        return edy_fail(err, EDY_BAD_FILE, "%s: %s is %g, not an integer", where, f->key, v);
    *value = v;
    return EDY_OK;
}

static edy_status enum_from_json(const edy_field *f, const cJSON *item, const char *where, char *at,
                                 edy_error *err) {
    if (!cJSON_IsString(item))
        return edy_fail(err, EDY_BAD_FILE, "%s: %s must be a text", where, f->key);
    for (int i = 0; i < f->n_names; i++)
        if (strcmp(item->valuestring, f->names[i]) == 0) {
            const int value = i - f->name_base;
            memcpy(at, &value, sizeof value);
            return EDY_OK;
        }
    return edy_fail(err, EDY_BAD_FILE, "%s: %s is \"%.40s\", which is none of its values", where,
                    f->key, item->valuestring);
}

static edy_status field_from_json(const edy_field *f, const cJSON *item, const char *where,
                                  char *at, edy_error *err) {
    if (!item || cJSON_IsNull(item)) {
        if (f->required)
            return edy_fail(err, EDY_BAD_FILE, "%s: %s is missing", where, f->key);
        return EDY_OK;
    }
    double number = 0;
    edy_status status = EDY_OK;
    switch (f->type) {
    case EDY_FIELD_TEXT:
        return text_from_json(f, item, where, at, err);
    case EDY_FIELD_INT:
        status = number_from_json(f, item, where, &number, err);
        if (!status)
            memcpy(at, &(int64_t){(int64_t)number}, sizeof(int64_t));
        return status;
    case EDY_FIELD_REAL:
        status = number_from_json(f, item, where, &number, err);
        if (!status)
            memcpy(at, &number, sizeof number);
        return status;
    case EDY_FIELD_BOOL:
        if (!cJSON_IsBool(item))
            return edy_fail(err, EDY_BAD_FILE, "%s: %s must be true or false", where, f->key);
        memcpy(at, &(bool){cJSON_IsTrue(item)}, sizeof(bool));
        return EDY_OK;
    case EDY_FIELD_ENUM:
        return enum_from_json(f, item, where, at, err);
    }
    return EDY_OK;
}

edy_status edy_fields_read(const edy_field_group *group, const cJSON *object, const char *where,
                           void *to, edy_error *err) {
    edy_status status = EDY_OK;
    for (size_t i = 0; i < group->n && !status; i++) {
        const edy_field *f = &group->fields[i];
        status = field_from_json(f, cJSON_GetObjectItemCaseSensitive(object, f->key), where,
                                 (char *)to + f->offset, err);
    }
    return status;
}
