/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ONNX Runtime's C ABI as far as we use it; only the ort*.c files include this. */
#ifndef EDY_ORT_ABI_H
#define EDY_ORT_ABI_H

#include "bench/ort.h"

enum { API_VERSION = 17, LEVEL_ALL = 99, LOG_ERRORS = 3, ALLOCATOR_ARENA = 1, MEMORY_DEFAULT = 0 };

/* Places in the table of functions. */
enum {
    SLOT_ERROR_MESSAGE = 2,
    SLOT_CREATE_ENV = 3,
    SLOT_CREATE_SESSION = 7,
    SLOT_RUN = 9,
    SLOT_CREATE_OPTIONS = 10,
    SLOT_SET_LEVEL = 23,
    SLOT_SET_INTRA_THREADS = 24,
    SLOT_SET_INTER_THREADS = 25,
    SLOT_INPUT_COUNT = 30,
    SLOT_OUTPUT_COUNT = 31,
    SLOT_INPUT_TYPE = 33,
    SLOT_INPUT_NAME = 36,
    SLOT_OUTPUT_NAME = 37,
    SLOT_CREATE_TENSOR = 49,
    SLOT_TENSOR_DATA = 51,
    SLOT_CAST_TYPE = 55,
    SLOT_ELEMENT_TYPE = 60,
    SLOT_RANK = 61,
    SLOT_DIMENSIONS = 62,
    SLOT_TENSOR_TYPE = 65,
    SLOT_CPU_MEMORY = 69,
    SLOT_ALLOCATOR_FREE = 76,
    SLOT_DEFAULT_ALLOCATOR = 78,
    SLOT_RELEASE_ENV = 92,
    SLOT_RELEASE_STATUS = 93,
    SLOT_RELEASE_MEMORY = 94,
    SLOT_RELEASE_SESSION = 95,
    SLOT_RELEASE_VALUE = 96,
    SLOT_RELEASE_TYPE = 98,
    SLOT_RELEASE_TENSOR_TYPE = 99,
    SLOT_RELEASE_OPTIONS = 100,
    SLOT_ADD_CONFIG = 130
};

typedef void (*any_fn)(void); /* cast to its real type where it is called */

typedef struct api_base {
    const any_fn *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
} api_base;

/* Their objects: all opaque. A status that is not NULL is a failure. */
typedef void ort_object;
typedef ort_object *(*make_fn)(ort_object **out);
typedef ort_object *(*count_fn)(const ort_object *session, size_t *n);
typedef ort_object *(*name_fn)(const ort_object *session, size_t i, ort_object *allocator,
                               char **name);
typedef ort_object *(*type_fn)(const ort_object *session, size_t i, ort_object **type);
typedef ort_object *(*part_fn)(const ort_object *whole, ort_object **part);
typedef ort_object *(*set_int_fn)(ort_object *options, int value);
typedef void (*release_fn)(ort_object *object);

struct edy_ort {
    const any_fn *api;
    const char *version;
    char path[256];
    ort_object *env, *memory, *allocator;
};

/* Their release function of this slot; NULL is allowed. */
void edy_ort_release(const edy_ort *ort, int slot, ort_object *object);

/* Turns their status into ours and releases it; `what` was being done. */
edy_status edy_ort_check(const edy_ort *ort, ort_object *status, const char *what, edy_error *err);

#endif
