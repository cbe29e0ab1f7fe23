/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Goldens from files that a user names: .pb, .npy or raw. */
#include <stdlib.h>
#include <string.h>

#include "bench/golden.h"
#include "bench/npy.h"
#include "engine/import/model_file.h"

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Samples end to end, of the model's own type. */
static edy_status read_raw(const char *path, const edy_value *v, edy_file_tensor *t,
                           edy_error *err) {
    edy_limits limits = edy_limits_default();
    limits.model_bytes = limits.tensor_bytes;
    uint8_t *bytes = NULL;
    size_t size = 0;
    edy_error inner;
    const edy_status st = edy_model_file_read(path, &limits, &bytes, &size, &inner);
    if (st)
        return edy_fail(err, st, "%.200s: %s", path, inner.message);
    const size_t batch = v->shape.rank && v->shape.dim[0] > 0 ? (size_t)v->shape.dim[0] : 1;
    const size_t sample = edy_shape_count(&v->shape) / batch * edy_dtype_bytes(v->dtype);
    if (v->shape.rank == 0 || sample == 0 || size % sample != 0) {
        free(bytes);
        return edy_fail(err, EDY_BAD_FILE,
                        "%.200s: has %zu bytes, no multiple of the %zu of a sample of \"%.80s\"",
                        path, size, sample, v->name);
    }
    *t = (edy_file_tensor){v->dtype, v->shape, bytes};
    t->shape.dim[0] = (int64_t)(size / sample);
    return EDY_OK;
}

static edy_status read_any(const char *path, const edy_value *v, edy_file_tensor *t,
                           edy_error *err) {
    if (ends_with(path, ".pb"))
        return edy_onnx_tensor_read(path, NULL, t, err);
    if (ends_with(path, ".npy"))
        return edy_npy_read(path, NULL, t, err);
    return read_raw(path, v, t, err);
}

edy_status edy_golden_from_files(const edy_graph *graph, const char *const *paths, size_t n,
                                 edy_golden **golden, edy_error *err) {
    edy_file_tensor in[EDY_GOLDEN_PORTS] = {{.data = NULL}},
                    out[EDY_GOLDEN_PORTS] = {{.data = NULL}};
    const size_t n_in = (size_t)graph->n_inputs, n_out = (size_t)graph->n_outputs;
    *golden = NULL;
    if (n_in > EDY_GOLDEN_PORTS || n_out > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "a model of %zu inputs and %zu outputs; at most %d",
                        n_in, n_out, EDY_GOLDEN_PORTS);
    if (n != n_in + n_out)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "--golden has %zu files; the model has %zu inputs and %zu outputs", n, n_in,
                        n_out);
    edy_status st = EDY_OK;
    for (size_t i = 0; i < n_in && !st; i++)
        st = read_any(paths[i], &graph->value[graph->input[i]], &in[i], err);
    for (size_t i = 0; i < n_out && !st; i++)
        st = read_any(paths[n_in + i], &graph->value[graph->output[i]], &out[i], err);
    st = st ? st
            : edy_golden_from_tensors(graph, paths[n_in], "files that the user named", paths, in,
                                      out, golden, err);
    for (size_t i = 0; i < EDY_GOLDEN_PORTS; i++) {
        edy_file_tensor_free(&in[i]);
        edy_file_tensor_free(&out[i]);
    }
    return st;
}
