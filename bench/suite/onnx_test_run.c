/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* One backend test of ONNX. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/golden.h"
#include "bench/suite/onnx_tests.h"
#include "engine/import/onnx_tensor_file.h"
#include "engine/plan.h"

enum { MAX_PORTS = 64 };

static const double relative = 1e-3, absolute = 1e-7;

/* One data set of a case. */
typedef struct run {
    const edy_onnx_test *test;
    const edy_backend *backend;
    char model[EDY_TEST_PATH + 16], folder[EDY_TEST_PATH + 48];
    size_t n_files;
    edy_file_tensor in[MAX_PORTS]; /* input_K.pb */
    edy_graph *graph;
    edy_plan *plan;
    const void *input[MAX_PORTS]; /* of the plan */
    void *output[MAX_PORTS];
    edy_onnx_result *result;
} run;

static void say(run *r, edy_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(run *r, edy_verdict verdict, const char *format, ...) {
    va_list args;
    va_start(args, format);
    r->result->verdict = verdict;
    vsnprintf(r->result->reason, sizeof r->result->reason, format, args);
    va_end(args);
}

/* A refusal: the paths in front of the message say nothing that the case's name does not. */
static void refuse(run *r, edy_status status, const char *message) {
    const size_t n = strlen(r->test->dir);
    const char *text = message;
    if (strncmp(text, r->test->dir, n) == 0 && text[n] == '/')
        text += n + 1;
    say(r, status == EDY_UNSUPPORTED ? EDY_VERDICT_UNSUPPORTED : EDY_VERDICT_FAIL, "%s", text);
    r->result->refused = true;
}

/* ---- Inputs ---------------------------------------------------------------------------------- */

static edy_status read_inputs(run *r, edy_error *err) {
    char path[sizeof r->folder + 32];
    const size_t n = r->test->census.n_inputs;
    if (n > MAX_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "%zu inputs, at most %d are supported", n, MAX_PORTS);
    edy_status st = EDY_OK;
    for (r->n_files = 0; r->n_files < n && !st; r->n_files += !st) {
        snprintf(path, sizeof path, "%s/input_%zu.pb", r->folder, r->n_files);
        st = edy_onnx_tensor_read(path, NULL, &r->in[r->n_files], err);
    }
    return st;
}

/* The file of an input of the plan; -1 where there is none. */
static int file_of(const run *r, const char *name) {
    for (size_t i = 0; i < r->n_files; i++)
        if (strcmp(r->test->census.input[i], name) == 0)
            return (int)i;
    return -1;
}

/* What decides shapes comes as an input in these tests; the importer says which input it needs as
 * a constant, and gets its value in the next try. */
static edy_status import(run *r, edy_error *err) {
    edy_import_binding binding[MAX_PORTS];
    char wanted[MAX_PORTS][EDY_WANTED_SIZE];
    edy_import_options options = {.bindings = binding, .constant_results = true};
    for (;;) {
        options.wanted = wanted[options.n_bindings];
        options.wanted[0] = '\0';
        const edy_status st = edy_onnx_import_with(r->model, &options, &r->graph, err);
        const int file = st && options.wanted[0] ? file_of(r, options.wanted) : -1;
        if (file < 0 || options.n_bindings == MAX_PORTS - 1)
            return st;
        const edy_file_tensor *t = &r->in[file];
        binding[options.n_bindings] =
            (edy_import_binding){options.wanted, t->dtype, t->shape, t->data};
        options.n_bindings++;
    }
}

static edy_status bind_inputs(run *r, edy_error *err) {
    char want[80], have[80];
    for (int32_t i = 0; i < edy_plan_input_count(r->plan); i++) {
        const edy_plan_port *port = edy_plan_input(r->plan, i);
        const int file = file_of(r, port->name);
        if (file < 0 || i >= MAX_PORTS)
            return edy_fail(err, EDY_BAD_FILE, "no file for input \"%.80s\"", port->name);
        const edy_file_tensor *t = &r->in[file];
        if (t->dtype != port->dtype || !edy_shape_equal(&t->shape, &port->shape))
            return edy_fail(err, EDY_BAD_FILE, "input \"%.80s\" is %s %s, but its file is %s %s",
                            port->name, edy_dtype_text(port->dtype),
                            edy_shape_text(&port->shape, want, sizeof want),
                            edy_dtype_text(t->dtype), edy_shape_text(&t->shape, have, sizeof have));
        r->input[i] = t->data;
    }
    return EDY_OK;
}

static edy_status make_outputs(run *r, edy_error *err) {
    const int32_t n = edy_plan_output_count(r->plan);
    if (n > MAX_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "%d outputs, at most %d are supported", n, MAX_PORTS);
    for (int32_t i = 0; i < n; i++) {
        const size_t bytes = edy_plan_output(r->plan, i)->bytes;
        r->output[i] = malloc(bytes + 1);
        if (!r->output[i])
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for an output");
        memset(r->output[i], 0x7f, bytes); /* a stale output must show */
    }
    return EDY_OK;
}

/* ---- Outputs --------------------------------------------------------------------------------- */

/* As a share of what is allowed; INFINITY where a NaN or an infinity differs. */
static double share_of(double expected, double got) {
    if (expected == got || (isnan(expected) && isnan(got)))
        return 0;
    const double share = fabs(got - expected) / (absolute + relative * fabs(expected));
    return isfinite(share) ? share : INFINITY;
}

static void compare_floats(run *r, int32_t output, const float *expected, const float *got,
                           size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double share = share_of((double)expected[i], (double)got[i]);
        if (share > 1 && r->result->verdict == EDY_VERDICT_PASS)
            say(r, EDY_VERDICT_FAIL,
                "output %d, element %zu: expected %.9g (%a), got %.9g (%a), %.3g times what is "
                "allowed",
                output, i, (double)expected[i], (double)expected[i], (double)got[i], (double)got[i],
                share);
        if (share > r->result->share)
            r->result->share = share;
    }
}

static void compare_bytes(run *r, int32_t output, const char *expected, const char *got, size_t n,
                          edy_dtype dtype) {
    const size_t bytes = edy_dtype_bytes(dtype);
    for (size_t i = 0; i < n; i++) {
        if (memcmp(expected + i * bytes, got + i * bytes, bytes) == 0)
            continue;
        int64_t pair[2] = {0, 0};
        const char *at[2] = {expected + i * bytes, got + i * bytes};
        for (int k = 0; k < 2; k++)
            pair[k] = dtype == EDY_U8    ? *(const uint8_t *)at[k]
                      : dtype == EDY_S8  ? *(const int8_t *)at[k]
                      : dtype == EDY_S32 ? *(const int32_t *)(const void *)at[k]
                                         : *(const int64_t *)(const void *)at[k];
        say(r, EDY_VERDICT_FAIL, "output %d, element %zu: expected %lld, got %lld", output, i,
            (long long)pair[0], (long long)pair[1]);
        return;
    }
}

static edy_status compare_output(run *r, int32_t i, edy_error *err) {
    char path[sizeof r->folder + 32], want[80], have[80];
    edy_file_tensor t;
    const edy_plan_port *port = edy_plan_output(r->plan, i);
    snprintf(path, sizeof path, "%s/output_%d.pb", r->folder, i);
    const edy_status st = edy_onnx_tensor_read(path, NULL, &t, err);
    if (st)
        return st;
    if (t.dtype != port->dtype || !edy_shape_equal(&t.shape, &port->shape))
        say(r, EDY_VERDICT_FAIL, "output %d is %s %s, expected is %s %s", i,
            edy_dtype_text(port->dtype), edy_shape_text(&port->shape, have, sizeof have),
            edy_dtype_text(t.dtype), edy_shape_text(&t.shape, want, sizeof want));
    else if (t.dtype == EDY_F32)
        compare_floats(r, i, t.data, r->output[i], edy_shape_count(&t.shape));
    else
        compare_bytes(r, i, t.data, r->output[i], edy_shape_count(&t.shape), t.dtype);
    edy_file_tensor_free(&t);
    return EDY_OK;
}

/* ---- The case -------------------------------------------------------------------------------- */

static edy_status plan(run *r, edy_error *err) {
    edy_plan_options options = {.backend = r->backend};
    const edy_graph *g = r->graph;
    const int file = g->n_inputs ? file_of(r, g->value[g->input[0]].name) : -1;
    if (file >= 0 && r->in[file].shape.rank > 0 && g->value[g->input[0]].shape.rank > 0 &&
        r->in[file].shape.dim[0] >= 1)
        options.batch = r->in[file].shape.dim[0]; /* a symbolic batch is 1 so far */
    return edy_plan_create(g, &options, &r->plan, err);
}

static void finish(run *r) {
    for (size_t i = 0; i < r->n_files; i++)
        edy_file_tensor_free(&r->in[i]);
    for (size_t i = 0; i < MAX_PORTS; i++)
        free(r->output[i]);
    edy_plan_destroy(r->plan);
    edy_graph_destroy(r->graph);
}

static void run_set(const edy_onnx_test *test, const edy_backend *backend, size_t set,
                    edy_onnx_result *result) {
    edy_error err = {.code = EDY_OK};
    run r = {.test = test, .backend = backend, .result = result};
    snprintf(r.model, sizeof r.model, "%s/model.onnx", test->dir);
    snprintf(r.folder, sizeof r.folder, "%s/test_data_set_%zu", test->dir, set);
    edy_status st = read_inputs(&r, &err);
    st = st ? st : import(&r, &err);
    st = st ? st : plan(&r, &err);
    st = st ? st : bind_inputs(&r, &err);
    st = st ? st : make_outputs(&r, &err);
    if (!st) {
        edy_plan_run(r.plan, r.input, r.output);
        for (int32_t i = 0; i < edy_plan_output_count(r.plan) && !st; i++)
            st = compare_output(&r, i, &err);
    }
    if (st)
        refuse(&r, st, err.message);
    finish(&r);
}

void edy_onnx_test_run(const edy_onnx_test *test, const edy_backend *backend,
                       edy_onnx_result *result) {
    char model[EDY_TEST_PATH + 16];
    snprintf(model, sizeof model, "%s/model.onnx", test->dir);
    const size_t sets = edy_golden_test_sets(model);
    *result = (edy_onnx_result){.verdict = EDY_VERDICT_PASS};
    if (sets == 0) {
        result->verdict = EDY_VERDICT_SKIP;
        snprintf(result->reason, sizeof result->reason, "no test_data_set_0 beside the model");
    }
    for (size_t i = 0; i < sets && result->verdict == EDY_VERDICT_PASS; i++) {
        run_set(test, backend, i, result);
        result->sets++;
    }
}
