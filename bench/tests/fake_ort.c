/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A shared library with ONNX Runtime's C ABI and a made-up model, for ort_test.c: inputs "a"
 * (float32, open x 2) and "b" (uint8, 3), outputs "sum" (a's rows added up) and "rest" (255 - b).
 * The model's file name says what goes wrong; FAKE_ORT=old makes it refuse the API's version. The
 * options that a session was made with come back in the sum: see run(). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct status {
    char message[200];
} status;

typedef struct tensor {
    int type;
    size_t rank;
    int64_t dim[8];
    void *data;
    bool owned;
} tensor;

typedef struct options {
    int threads, level, exact;
} options;

typedef struct session {
    options options;
    char model[200];
} session;

static const size_t type_bytes[] = {[1] = 4, [2] = 1, [8] = 1};

static status *fail(const char *text) {
    status *s = malloc(sizeof *s);
    snprintf(s->message, sizeof s->message, "%s", text);
    return s;
}

static const char *message(const status *s) {
    return s->message;
}

static status *create_env(int level, const char *id, void **env) {
    (void)level;
    *env = strdup(id);
    return NULL;
}

static status *create_options(options **o) {
    *o = calloc(1, sizeof **o);
    return NULL;
}

static status *set_threads(options *o, int n) {
    o->threads = n;
    return NULL;
}

static status *set_level(options *o, int level) {
    o->level = level;
    return NULL;
}

static status *set_inter(options *o, int n) {
    (void)o;
    return n == 1 ? NULL : fail("inter threads");
}

static status *add_config(options *o, const char *key, const char *value) {
    o->exact += strcmp(value, "1") == 0 && (strcmp(key, "session.x64quantprecision") == 0 ||
                                            strcmp(key, "session.qdqisint8allowed") == 0);
    return NULL;
}

static status *create_session(void *env, const char *model, const options *o, session **out) {
    (void)env;
    if (strstr(model, "refuse"))
        return fail("Load model failed:\nbad things");
    session *s = calloc(1, sizeof *s);
    s->options = *o;
    snprintf(s->model, sizeof s->model, "%s", model);
    *out = s;
    return NULL;
}

static status *count_ports(const session *s, size_t *n) {
    *n = strstr(s->model, "many") ? 100 : 2;
    return NULL;
}

static status *input_name(const session *s, size_t i, void *allocator, char **name) {
    (void)s;
    (void)allocator;
    *name = strdup(i ? "b" : "a");
    return NULL;
}

static status *output_name(const session *s, size_t i, void *allocator, char **name) {
    (void)s;
    (void)allocator;
    *name = strdup(i ? "rest" : "sum");
    return NULL;
}

static status *allocator_free(void *allocator, void *p) {
    (void)allocator;
    free(p);
    return NULL;
}

static status *input_type(const session *s, size_t i, tensor **type) {
    tensor *t = calloc(1, sizeof *t);
    *t = i ? (tensor){.type = 2, .rank = 1, .dim = {3}}
           : (tensor){.type = 1, .rank = 2, .dim = {-1, 2}};
    if (strstr(s->model, "open") && i == 0)
        t->dim[1] = -1;
    if (strstr(s->model, "string"))
        t->type = 8;
    if (strstr(s->model, "deep"))
        t->rank = 9;
    *type = t;
    return NULL;
}

static status *cast_type(tensor *type, tensor **out) {
    *out = type;
    return NULL;
}

static status *element_type(const tensor *t, int *type) {
    *type = t->type;
    return NULL;
}

static status *rank_of(const tensor *t, size_t *rank) {
    *rank = t->rank;
    return NULL;
}

static status *dims_of(const tensor *t, int64_t *dims, size_t n) {
    memcpy(dims, t->dim, n * sizeof *dims);
    return NULL;
}

static status *tensor_type(const tensor *value, tensor **type) {
    *type = malloc(sizeof **type);
    **type = *value;
    (*type)->owned = false;
    return NULL;
}

static status *create_memory(int allocator, int type, void **memory) {
    *memory = strdup(allocator == 1 && type == 0 ? "cpu" : "wrong");
    return NULL;
}

static status *default_allocator(void **allocator) {
    static int one;
    *allocator = &one;
    return NULL;
}

static status *create_tensor(void *memory, void *data, size_t bytes, const int64_t *dims,
                             size_t rank, int type, tensor **out) {
    size_t elems = 1;
    tensor *t = calloc(1, sizeof *t);
    (void)memory;
    t->type = type;
    t->rank = rank;
    t->data = data;
    for (size_t i = 0; i < rank; i++)
        elems *= (size_t)(t->dim[i] = dims[i]);
    *out = t;
    return elems * type_bytes[type] == bytes ? NULL : fail("bytes and shape differ");
}

static status *tensor_data(tensor *t, void **data) {
    *data = t->data;
    return NULL;
}

static void make_output(tensor **out, int type, int64_t extent) {
    if (*out)
        return;
    *out = calloc(1, sizeof **out);
    **out = (tensor){.type = type, .rank = 1, .dim = {extent}, .owned = true};
    (*out)->data = calloc((size_t)extent, type_bytes[type]);
}

/* sum[row] = a[row][0] + a[row][1] + 1000 * threads + 100 * (exact options) + (level is 99) */
static status *run(session *s, void *run_options, const char *const *in_names, tensor *const *in,
                   size_t n_in, const char *const *out_names, size_t n_out, tensor **out) {
    (void)run_options;
    if (n_in != 2 || n_out != 2 || strcmp(in_names[0], "a") != 0 ||
        strcmp(out_names[1], "rest") != 0)
        return fail("wrong names");
    if (strstr(s->model, "trip"))
        return fail("the run failed");
    make_output(&out[0], 1, in[0]->dim[0]);
    make_output(&out[1], 2, 3);
    const float *a = in[0]->data;
    const uint8_t *b = in[1]->data;
    for (int64_t row = 0; row < in[0]->dim[0]; row++)
        ((float *)out[0]->data)[row] =
            a[2 * row] + a[2 * row + 1] + 1000.0f * (float)s->options.threads +
            100.0f * (float)s->options.exact + (s->options.level == 99 ? 1.0f : 0.0f);
    for (int i = 0; i < 3; i++)
        ((uint8_t *)out[1]->data)[i] = (uint8_t)(255 - b[i]);
    return NULL;
}

static void release_value(tensor *t) {
    if (t->owned)
        free(t->data);
    free(t);
}

typedef void (*any_fn)(void);

static const any_fn table[131] = {
    [2] = (any_fn)message,
    [3] = (any_fn)create_env,
    [7] = (any_fn)create_session,
    [9] = (any_fn)run,
    [10] = (any_fn)create_options,
    [23] = (any_fn)set_level,
    [24] = (any_fn)set_threads,
    [25] = (any_fn)set_inter,
    [30] = (any_fn)count_ports,
    [31] = (any_fn)count_ports,
    [33] = (any_fn)input_type,
    [36] = (any_fn)input_name,
    [37] = (any_fn)output_name,
    [49] = (any_fn)create_tensor,
    [51] = (any_fn)tensor_data,
    [55] = (any_fn)cast_type,
    [60] = (any_fn)element_type,
    [61] = (any_fn)rank_of,
    [62] = (any_fn)dims_of,
    [65] = (any_fn)tensor_type,
    [69] = (any_fn)create_memory,
    [76] = (any_fn)allocator_free,
    [78] = (any_fn)default_allocator,
    [92] = (any_fn)free,
    [93] = (any_fn)free,
    [94] = (any_fn)free,
    [95] = (any_fn)free,
    [96] = (any_fn)release_value,
    [98] = (any_fn)free,
    [99] = (any_fn)free,
    [100] = (any_fn)free,
    [130] = (any_fn)add_config,
};

static const any_fn *get_api(uint32_t version) {
    const char *how = getenv("FAKE_ORT");
    return version == 17 && !(how && strcmp(how, "old") == 0) ? table : NULL;
}

static const char *get_version(void) {
    return "9.8.7";
}

typedef struct api_base {
    const any_fn *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
} api_base;

const api_base *OrtGetApiBase(void);
const api_base *OrtGetApiBase(void) {
    static const api_base base = {get_api, get_version};
    return &base;
}
