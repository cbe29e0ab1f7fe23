/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Goldens that ONNX Runtime computes on the spot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/golden.h"
#include "bench/ort.h"
#include "bench/ort_probe.h"
#include "datasets/synthetic.h"

/* Seeded inputs of all samples, bound to the session; the tensors own them. */
static edy_status make_inputs(edy_ort_session *s, uint64_t seed, size_t samples,
                              edy_file_tensor in[EDY_GOLDEN_PORTS], edy_error *err) {
    edy_status st = EDY_OK;
    for (size_t i = 0; i < edy_ort_input_count(s) && !st; i++) {
        const edy_ort_port *port = edy_ort_input(s, i);
        const size_t bytes = port->bytes / samples;
        in[i] = (edy_file_tensor){port->dtype, port->shape, malloc(port->bytes + 1)};
        if (!in[i].data)
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for an input");
        for (size_t k = 0; k < samples; k++)
            edy_synthetic_fill(seed, (uint64_t)i, k, EDY_UNIFORM, port->dtype,
                               bytes / edy_dtype_bytes(port->dtype),
                               (char *)in[i].data + k * bytes);
        st = edy_ort_bind(s, i, in[i].data, err);
    }
    return st;
}

static edy_status copy_outputs(const edy_ort_session *s, edy_file_tensor out[EDY_GOLDEN_PORTS],
                               edy_error *err) {
    for (size_t i = 0; i < edy_ort_output_count(s); i++) {
        const edy_ort_port *port = edy_ort_output(s, i);
        out[i] = (edy_file_tensor){port->dtype, port->shape, malloc(port->bytes + 1)};
        if (!out[i].data)
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for an output");
        memcpy(out[i].data, edy_ort_output_data(s, i), port->bytes);
    }
    return EDY_OK;
}

/* The library's own ports; the graph's are compared with their tensors later. */
static edy_status check_ports(const edy_ort_session *s, const edy_graph *g, edy_error *err) {
    if (edy_ort_input_count(s) != (size_t)g->n_inputs ||
        edy_ort_output_count(s) != (size_t)g->n_outputs || g->n_inputs > EDY_GOLDEN_PORTS ||
        g->n_outputs > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED,
                        "the oracle sees %zu inputs and %zu outputs, edyno %d and %d (at most %d)",
                        edy_ort_input_count(s), edy_ort_output_count(s), g->n_inputs, g->n_outputs,
                        EDY_GOLDEN_PORTS);
    return EDY_OK;
}

static edy_status doubt(const edy_ort *ort, size_t wrong, size_t total, edy_golden *golden,
                        edy_error *err) {
    char text[240];
    if (wrong == 0)
        return EDY_OK;
    snprintf(text, sizeof text,
             "ONNX Runtime %s saturates on this CPU: %zu of %zu integers of its health check are "
             "wrong, so it is no oracle",
             edy_ort_version(ort), wrong, total);
    golden->doubt = strdup(text);
    return golden->doubt ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "out of memory");
}

static edy_status compute(edy_ort *ort, const edy_graph *graph, const char *model_path,
                          uint64_t seed, size_t samples, edy_file_tensor *in, edy_file_tensor *out,
                          edy_golden **golden, edy_error *err) {
    const char *names[2 * EDY_GOLDEN_PORTS];
    char origin[64];
    edy_ort_session *s = NULL;
    size_t wrong = 0, total = 0;
    snprintf(origin, sizeof origin, "onnxruntime %.40s", edy_ort_version(ort));
    for (size_t i = 0; i < 2 * EDY_GOLDEN_PORTS; i++)
        names[i] = origin;
    edy_status st = edy_ort_probe(ort, EDY_ORT_EXACT, &wrong, &total, err);
    st = st ? st
            : edy_ort_session_create(ort, model_path, 1, (int64_t)samples, EDY_ORT_EXACT, &s, err);
    st = st ? st : check_ports(s, graph, err);
    st = st ? st : make_inputs(s, seed, samples, in, err);
    st = st ? st : edy_ort_run(s, err);
    st = st ? st : copy_outputs(s, out, err);
    st = st ? st : edy_golden_from_tensors(graph, origin, origin, names, in, out, golden, err);
    st = st ? st : doubt(ort, wrong, total, *golden, err);
    edy_ort_session_destroy(s);
    return st;
}

edy_status edy_golden_from_ort(const edy_graph *graph, const char *model_path, const char *library,
                               uint64_t seed, size_t samples, edy_golden **golden, edy_error *err) {
    edy_file_tensor in[EDY_GOLDEN_PORTS] = {{.data = NULL}};
    edy_file_tensor out[EDY_GOLDEN_PORTS] = {{.data = NULL}};
    edy_ort *ort = NULL;
    *golden = NULL;
    edy_status st = edy_ort_open(library, &ort, err);
    st = st ? st : compute(ort, graph, model_path, seed, samples, in, out, golden, err);
    for (size_t i = 0; i < EDY_GOLDEN_PORTS; i++) {
        edy_file_tensor_free(&in[i]);
        edy_file_tensor_free(&out[i]);
    }
    edy_ort_close(ort);
    if (st) {
        edy_golden_destroy(*golden);
        *golden = NULL;
    }
    return st;
}
