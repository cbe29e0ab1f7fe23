/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/ort_abi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void edy_ort_release(const edy_ort *ort, int slot, ort_object *object) {
    if (object)
        ((release_fn)ort->api[slot])(object);
}

edy_status edy_ort_check(const edy_ort *ort, ort_object *status, const char *what, edy_error *err) {
    typedef const char *(*message_fn)(const ort_object *status);
    if (!status)
        return EDY_OK;
    char text[280];
    snprintf(text, sizeof text, "%s", ((message_fn)ort->api[SLOT_ERROR_MESSAGE])(status));
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    edy_ort_release(ort, SLOT_RELEASE_STATUS, status);
    return edy_fail(err, EDY_BAD_FILE, "ONNX Runtime: %.90s: %s", what, text);
}

/* ---- The library ----------------------------------------------------------------------------- */

static edy_status load_api(edy_ort *ort, edy_error *err) {
    void *library = dlopen(ort->path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return edy_fail(err, EDY_IO, "cannot load ONNX Runtime: %.300s", dlerror());
    const api_base *(*get_base)(void) = NULL;
    *(void **)&get_base = dlsym(library, "OrtGetApiBase");
    if (!get_base) {
        dlclose(library);
        return edy_fail(err, EDY_BAD_FILE,
                        "%.200s is not ONNX Runtime: it has no symbol OrtGetApiBase", ort->path);
    }
    const api_base *base = get_base();
    ort->version = base->get_version();
    ort->api = base->get_api(API_VERSION);
    if (!ort->api)
        return edy_fail(err, EDY_BAD_FILE,
                        "%.200s is ONNX Runtime %.20s, which does not speak version %d of its API; "
                        "1.%d or later is needed",
                        ort->path, ort->version, API_VERSION, API_VERSION);
    return EDY_OK;
}

edy_status edy_ort_open(const char *library, edy_ort **out, edy_error *err) {
    typedef ort_object *(*create_env_fn)(int level, const char *id, ort_object **env);
    typedef ort_object *(*create_memory_fn)(int allocator, int type, ort_object **memory);
    edy_ort *ort = calloc(1, sizeof *ort);
    if (!ort)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for ONNX Runtime");
    edy_status st = EDY_OK;
    if ((size_t)snprintf(ort->path, sizeof ort->path, "%s", library) >= sizeof ort->path)
        st = edy_fail(err, EDY_BAD_ARGUMENT, "the library's path is too long: %.200s...", library);
    st = st ? st : load_api(ort, err);
    if (st)
        goto fail;
    st = edy_ort_check(ort,
                       ((create_env_fn)ort->api[SLOT_CREATE_ENV])(LOG_ERRORS, "edyno", &ort->env),
                       "making an environment", err);
    if (!st)
        st = edy_ort_check(ort,
                           ((create_memory_fn)ort->api[SLOT_CPU_MEMORY])(
                               ALLOCATOR_ARENA, MEMORY_DEFAULT, &ort->memory),
                           "describing memory", err);
    if (!st)
        st = edy_ort_check(ort, ((make_fn)ort->api[SLOT_DEFAULT_ALLOCATOR])(&ort->allocator),
                           "finding the allocator", err);
    if (st)
        goto fail;
    *out = ort;
    return EDY_OK;
fail:
    edy_ort_close(ort);
    return st;
}

void edy_ort_close(edy_ort *ort) {
    if (!ort)
        return;
    edy_ort_release(ort, SLOT_RELEASE_MEMORY, ort->memory); /* the default allocator is not ours */
    edy_ort_release(ort, SLOT_RELEASE_ENV, ort->env);
    free(ort);
}

const char *edy_ort_version(const edy_ort *ort) {
    return ort->version;
}
