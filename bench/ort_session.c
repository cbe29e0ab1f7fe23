/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/ort_abi.h"

struct edy_ort_session {
    edy_ort *ort;
    ort_object *session;
    size_t n_inputs, n_outputs;
    edy_ort_port input[EDY_ORT_PORTS], output[EDY_ORT_PORTS];
    ort_object *in_value[EDY_ORT_PORTS], *out_value[EDY_ORT_PORTS];
    const char *in_name[EDY_ORT_PORTS], *out_name[EDY_ORT_PORTS];
};

/* ---- Ports ----------------------------------------------------------------------------------- */

static edy_dtype dtype_of(int type) {
    switch (type) {
    case 1:
        return EDY_F32;
    case 2:
        return EDY_U8;
    case 3:
        return EDY_S8;
    case 6:
        return EDY_S32;
    case 7:
        return EDY_S64;
    case 9:
        return EDY_BOOL;
    default:
        return EDY_NONE;
    }
}

/* Reads dtype and shape of their tensor type into the port. batch 0: every dimension is known. */
static edy_status read_tensor_type(const edy_ort *ort, const ort_object *type, int64_t batch,
                                   edy_ort_port *port, edy_error *err) {
    typedef ort_object *(*element_fn)(const ort_object *type, int *element);
    typedef ort_object *(*dims_fn)(const ort_object *type, int64_t *dims, size_t n);
    int element = 0;
    size_t rank = 0, elems = 0;
    edy_status st = edy_ort_check(ort, ((element_fn)ort->api[SLOT_ELEMENT_TYPE])(type, &element),
                                  "asking for a type", err);
    st = st ? st
            : edy_ort_check(ort, ((count_fn)ort->api[SLOT_RANK])(type, &rank), "asking for a rank",
                            err);
    if (st)
        return st;
    port->dtype = dtype_of(element);
    if (port->dtype == EDY_NONE || rank > EDY_MAX_RANK)
        return edy_fail(err, EDY_UNSUPPORTED,
                        "\"%.80s\" of the model has element type %d and rank %zu", port->name,
                        element, rank);
    port->shape.rank = (int32_t)rank;
    st = edy_ort_check(ort, ((dims_fn)ort->api[SLOT_DIMENSIONS])(type, port->shape.dim, rank),
                       "asking for a shape", err);
    for (size_t i = 0; i < rank && !st; i++)
        if (port->shape.dim[i] < 0 && i == 0 && batch > 0)
            port->shape.dim[i] = batch;
        else if (port->shape.dim[i] < 0)
            st = edy_fail(err, EDY_UNSUPPORTED, "\"%.80s\" of the model leaves dimension %zu open",
                          port->name, i);
    st = st ? st : edy_shape_elems(&port->shape, &elems, err);
    port->bytes = elems * edy_dtype_bytes(port->dtype);
    return st;
}

static edy_status read_name(const edy_ort_session *s, int slot, size_t index, edy_ort_port *port,
                            edy_error *err) {
    typedef ort_object *(*free_fn)(ort_object * allocator, void *p);
    const edy_ort *ort = s->ort;
    char *name = NULL;
    edy_status st =
        edy_ort_check(ort, ((name_fn)ort->api[slot])(s->session, index, ort->allocator, &name),
                      "asking for a name", err);
    if (st)
        return st;
    port->name = strdup(name);
    edy_ort_release(ort, SLOT_RELEASE_STATUS,
                    ((free_fn)ort->api[SLOT_ALLOCATOR_FREE])(ort->allocator, name));
    return port->name ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "no memory for a name");
}

static edy_status read_input(edy_ort_session *s, size_t index, int64_t batch, edy_error *err) {
    const edy_ort *ort = s->ort;
    edy_ort_port *port = &s->input[index];
    ort_object *type = NULL, *tensor = NULL;
    edy_status st = read_name(s, SLOT_INPUT_NAME, index, port, err);
    s->in_name[index] = port->name;
    if (!st)
        st = edy_ort_check(ort, ((type_fn)ort->api[SLOT_INPUT_TYPE])(s->session, index, &type),
                           "asking for an input", err);
    if (!st)
        st = edy_ort_check(ort, ((part_fn)ort->api[SLOT_CAST_TYPE])(type, &tensor),
                           "asking for an input", err);
    if (!st && !tensor)
        st = edy_fail(err, EDY_UNSUPPORTED, "input \"%.80s\" of the model is not a tensor",
                      port->name);
    st = st ? st : read_tensor_type(ort, tensor, batch, port, err);
    edy_ort_release(ort, SLOT_RELEASE_TYPE, type); /* tensor is a part of it */
    return st;
}

/* What a run made of an output, the first time. */
static edy_status read_output(edy_ort_session *s, size_t index, edy_error *err) {
    const edy_ort *ort = s->ort;
    ort_object *type = NULL;
    edy_status st =
        edy_ort_check(ort, ((part_fn)ort->api[SLOT_TENSOR_TYPE])(s->out_value[index], &type),
                      "asking for an output", err);
    st = st ? st : read_tensor_type(ort, type, 0, &s->output[index], err);
    edy_ort_release(ort, SLOT_RELEASE_TENSOR_TYPE, type);
    return st;
}

/* ---- Sessions -------------------------------------------------------------------------------- */

static edy_status set_options(const edy_ort *ort, ort_object *options, unsigned threads,
                              edy_ort_settings settings, edy_error *err) {
    typedef ort_object *(*config_fn)(ort_object * options, const char *key, const char *value);
    static const struct {
        int slot, value;
    } fixed[] = {{SLOT_SET_LEVEL, LEVEL_ALL}, {SLOT_SET_INTER_THREADS, 1}};
    static const char *const exact[] = {"session.x64quantprecision", "session.qdqisint8allowed"};
    edy_status st =
        edy_ort_check(ort, ((set_int_fn)ort->api[SLOT_SET_INTRA_THREADS])(options, (int)threads),
                      "setting the threads", err);
    for (size_t i = 0; i < 2 && !st; i++)
        st = edy_ort_check(ort, ((set_int_fn)ort->api[fixed[i].slot])(options, fixed[i].value),
                           "setting an option", err);
    for (size_t i = 0; i < 2 && !st && settings == EDY_ORT_EXACT; i++)
        st = edy_ort_check(ort, ((config_fn)ort->api[SLOT_ADD_CONFIG])(options, exact[i], "1"),
                           exact[i], err);
    return st;
}

static edy_status read_ports(edy_ort_session *s, int64_t batch, edy_error *err) {
    const edy_ort *ort = s->ort;
    edy_status st =
        edy_ort_check(ort, ((count_fn)ort->api[SLOT_INPUT_COUNT])(s->session, &s->n_inputs),
                      "counting inputs", err);
    if (!st)
        st = edy_ort_check(ort, ((count_fn)ort->api[SLOT_OUTPUT_COUNT])(s->session, &s->n_outputs),
                           "counting outputs", err);
    if (!st && (s->n_inputs > EDY_ORT_PORTS || s->n_outputs > EDY_ORT_PORTS)) {
        st = edy_fail(err, EDY_UNSUPPORTED,
                      "the model has %zu inputs and %zu outputs; the most is %d", s->n_inputs,
                      s->n_outputs, EDY_ORT_PORTS);
        s->n_inputs = s->n_outputs = 0;
    }
    for (size_t i = 0; i < s->n_inputs && !st; i++)
        st = read_input(s, i, batch, err);
    for (size_t i = 0; i < s->n_outputs && !st; i++) {
        st = read_name(s, SLOT_OUTPUT_NAME, i, &s->output[i], err);
        s->out_name[i] = s->output[i].name;
    }
    return st;
}

edy_status edy_ort_session_create(edy_ort *ort, const char *model, unsigned threads, int64_t batch,
                                  edy_ort_settings settings, edy_ort_session **session,
                                  edy_error *err) {
    typedef ort_object *(*create_fn)(const ort_object *env, const char *path,
                                     const ort_object *options, ort_object **session);
    assert(batch >= 1 && threads >= 1);
    edy_ort_session *s = calloc(1, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for a session");
    s->ort = ort;
    ort_object *options = NULL;
    edy_status st = edy_ort_check(ort, ((make_fn)ort->api[SLOT_CREATE_OPTIONS])(&options),
                                  "making options", err);
    st = st ? st : set_options(ort, options, threads, settings, err);
    if (!st)
        st = edy_ort_check(
            ort, ((create_fn)ort->api[SLOT_CREATE_SESSION])(ort->env, model, options, &s->session),
            model, err);
    edy_ort_release(ort, SLOT_RELEASE_OPTIONS, options);
    st = st ? st : read_ports(s, batch, err);
    if (st)
        goto fail;
    *session = s;
    return EDY_OK;
fail:
    edy_ort_session_destroy(s);
    return st;
}

void edy_ort_session_destroy(edy_ort_session *s) {
    if (!s)
        return;
    for (size_t i = 0; i < EDY_ORT_PORTS; i++) {
        edy_ort_release(s->ort, SLOT_RELEASE_VALUE, s->in_value[i]);
        edy_ort_release(s->ort, SLOT_RELEASE_VALUE, s->out_value[i]);
        free(s->input[i].name);
        free(s->output[i].name);
    }
    edy_ort_release(s->ort, SLOT_RELEASE_SESSION, s->session);
    free(s);
}

size_t edy_ort_input_count(const edy_ort_session *session) {
    return session->n_inputs;
}

size_t edy_ort_output_count(const edy_ort_session *session) {
    return session->n_outputs;
}

const edy_ort_port *edy_ort_input(const edy_ort_session *session, size_t index) {
    assert(index < session->n_inputs);
    return &session->input[index];
}

const edy_ort_port *edy_ort_output(const edy_ort_session *session, size_t index) {
    assert(index < session->n_outputs);
    return &session->output[index];
}

/* ---- Inference ------------------------------------------------------------------------------- */

edy_status edy_ort_bind(edy_ort_session *s, size_t index, void *data, edy_error *err) {
    typedef ort_object *(*tensor_fn)(const ort_object *memory, void *data, size_t bytes,
                                     const int64_t *dims, size_t rank, int type,
                                     ort_object **value);
    static const int type_of[] = {
        [EDY_F32] = 1, [EDY_U8] = 2, [EDY_S8] = 3, [EDY_S32] = 6, [EDY_S64] = 7, [EDY_BOOL] = 9};
    const edy_ort_port *port = edy_ort_input(s, index);
    edy_ort_release(s->ort, SLOT_RELEASE_VALUE, s->in_value[index]);
    s->in_value[index] = NULL;
    return edy_ort_check(s->ort,
                         ((tensor_fn)s->ort->api[SLOT_CREATE_TENSOR])(
                             s->ort->memory, data, port->bytes, port->shape.dim,
                             (size_t)port->shape.rank, type_of[port->dtype], &s->in_value[index]),
                         "binding an input", err);
}

edy_status edy_ort_run(edy_ort_session *s, edy_error *err) {
    typedef ort_object *(*run_fn)(ort_object * session, const ort_object *run_options,
                                  const char *const *in_names, ort_object *const *in, size_t n_in,
                                  const char *const *out_names, size_t n_out, ort_object **out);
    const bool first = s->n_outputs > 0 && !s->out_value[0];
    edy_status st = edy_ort_check(
        s->ort,
        ((run_fn)s->ort->api[SLOT_RUN])(s->session, NULL, s->in_name, s->in_value, s->n_inputs,
                                        s->out_name, s->n_outputs, s->out_value),
        "running the model", err);
    for (size_t i = 0; i < s->n_outputs && first && !st; i++)
        st = read_output(s, i, err);
    return st;
}

const void *edy_ort_output_data(const edy_ort_session *s, size_t index) {
    typedef ort_object *(*data_fn)(ort_object * value, void **data);
    void *data = NULL;
    assert(index < s->n_outputs && s->out_value[index]);
    edy_ort_release(s->ort, SLOT_RELEASE_STATUS,
                    ((data_fn)s->ort->api[SLOT_TENSOR_DATA])(s->out_value[index], &data));
    return data;
}
