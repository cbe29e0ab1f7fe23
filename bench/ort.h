/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A client of ONNX Runtime: the one peer that every model of ours can be compared with.
 *
 * The library is opened at run time (dlopen) and spoken to through its C ABI: a table of function
 * pointers that only ever grows, so the places used here hold for version 1.17 and all later ones.
 * No header of it is needed to build, and nothing of it to run the rest of edyno. */
#ifndef EDY_ORT_H
#define EDY_ORT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"
#include "engine/tensor.h"

enum { EDY_ORT_PORTS = 16 }; /* inputs, and outputs, of a model: more are refused */

typedef enum edy_ort_settings {
    EDY_ORT_DEFAULT, /* what a user gets; the form that is timed */
    EDY_ORT_EXACT    /* x64quantprecision and qdqisint8allowed: int8 without saturation, the form
                        whose bytes are the reference */
} edy_ort_settings;

typedef struct edy_ort edy_ort; /* the library and its environment */

/* Opens the library. EDY_IO where it cannot be loaded, EDY_BAD_FILE where it is not ONNX Runtime
 * (symbol OrtGetApiBase) or older than 1.17; the message names the file. The library stays loaded
 * until the process ends: its own threads may outlive the session. */
edy_status edy_ort_open(const char *library, edy_ort **ort, edy_error *err);
void edy_ort_close(edy_ort *ort);                /* NULL is allowed; after its sessions */
const char *edy_ort_version(const edy_ort *ort); /* "1.30.0" */

/* One input or output. Shapes are with the batch; of outputs they are known after a run. */
typedef struct edy_ort_port {
    char *name;
    edy_dtype dtype; /* F32, U8, S8, S32 or S64 */
    edy_shape shape;
    size_t bytes;
} edy_ort_port;

typedef struct edy_ort_session edy_ort_session;

/* Loads a model, all optimisations on, sequential execution. A first dimension that the model
 * leaves open becomes `batch` (>= 1); any other open dimension is EDY_UNSUPPORTED. The library's
 * own refusal is EDY_BAD_FILE with its words. `ort` must outlive the session. */
edy_status edy_ort_session_create(edy_ort *ort, const char *model, unsigned threads, int64_t batch,
                                  edy_ort_settings settings, edy_ort_session **session,
                                  edy_error *err);
void edy_ort_session_destroy(edy_ort_session *session); /* NULL is allowed */

size_t edy_ort_input_count(const edy_ort_session *session);
size_t edy_ort_output_count(const edy_ort_session *session);
const edy_ort_port *edy_ort_input(const edy_ort_session *session, size_t index);
const edy_ort_port *edy_ort_output(const edy_ort_session *session, size_t index);

/* Binds input `index` to memory of the caller's, edy_ort_input(index)->bytes of it, which must stay
 * until the next binding or the end of the session. */
edy_status edy_ort_bind(edy_ort_session *session, size_t index, void *data, edy_error *err);
/* One inference; every input must be bound. The first one lets the library allocate the outputs,
 * later ones write into the same memory. */
edy_status edy_ort_run(edy_ort_session *session, edy_error *err);
/* Output of the last run; belongs to the session. */
const void *edy_ort_output_data(const edy_ort_session *session, size_t index);

#endif
