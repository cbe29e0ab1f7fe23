/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The fields of records and contexts as data: one table says the JSON key, the place in the struct
 * and the range, for writing, for checked reading, and for anything that wants to list them. */
#ifndef EDY_RECORD_FIELDS_H
#define EDY_RECORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "bench/record.h"

typedef enum edy_field_type {
    EDY_FIELD_TEXT, /* char[bytes] */
    EDY_FIELD_INT,  /* int64_t; null is -1 where low is -1 */
    EDY_FIELD_REAL, /* double; null is NAN */
    EDY_FIELD_BOOL, /* bool */
    EDY_FIELD_ENUM  /* int-sized enum, written as one of names */
} edy_field_type;

typedef struct edy_field {
    const char *key;
    edy_field_type type;
    size_t offset;
    size_t bytes;             /* TEXT: capacity with the NUL */
    double low, high;         /* INT, REAL: allowed range, inclusive */
    bool required;            /* must be there and not null */
    const char *const *names; /* ENUM: [n_names], by value plus name_base */
    int n_names, name_base;   /* name_base 1: value -1 is names[0] */
} edy_field;

/* A table, and the JSON key of the object it describes. */
typedef struct edy_field_group {
    const char *key; /* NULL: stands in the object itself */
    const edy_field *fields;
    size_t n;
} edy_field_group;

enum { EDY_RECORD_GROUPS = 5 };
extern const edy_field_group edy_record_groups[EDY_RECORD_GROUPS];
extern const edy_field_group edy_context_group, edy_cache_group, edy_doubt_group;

/* A finite number as JSON that reads back to the same bits; cJSON's own printing is off by one ulp
 * at times. Returns its length. */
enum { EDY_JSON_NUMBER_BYTES = 32 };
size_t edy_json_number_text(double value, char text[EDY_JSON_NUMBER_BYTES]);

/* Adds the group's fields of *from to the object. False where memory ran out. */
bool edy_fields_write(const edy_field_group *group, const void *from, cJSON *object);

/* Sets the group's fields of *to from the object; fields that are absent keep what *to has. `where`
 * names file and record in the message ("a.json: record 3"). */
edy_status edy_fields_read(const edy_field_group *group, const cJSON *object, const char *where,
                           void *to, edy_error *err);

/* The whole of a record or context as JSON; NULL where memory ran out. The caller deletes it. */
cJSON *edy_record_to_json(const edy_record *record);
cJSON *edy_context_to_json(const edy_context *context);

/* And back, with every check. *record is initialised by the call and owns its samples afterwards,
 * also after a failure (edy_record_clear). */
edy_status edy_record_from_json(const cJSON *object, const char *where, edy_record *record,
                                edy_error *err);
edy_status edy_context_from_json(const cJSON *object, const char *where, edy_context *context,
                                 edy_error *err);

#endif
