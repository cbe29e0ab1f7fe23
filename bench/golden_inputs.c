/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inputs of committed goldens: images of the data set, preprocessed by us, proven by a hash. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/golden.h"
#include "datasets/dataset.h"
#include "datasets/sha256.h"

static edy_status check_hash(const edy_golden *golden, edy_error *err) {
    if (golden->input_sha256[0] == '\0')
        return EDY_OK;
    const edy_golden_port *in = &golden->input[0];
    edy_sha256 hash;
    char hex[65];
    edy_sha256_begin(&hash);
    edy_sha256_add(&hash, in->data, golden->samples * in->sample_bytes);
    edy_sha256_end(&hash, hex);
    if (strcmp(hex, golden->input_sha256) == 0)
        return EDY_OK;
    return edy_fail(err, EDY_BAD_FILE,
                    "%s: made from other inputs than data set %s gives here (sha256 %.16s..., "
                    "golden.json says %.16s...)",
                    golden->origin, golden->dataset, hex, golden->input_sha256);
}

static edy_status read_images(edy_golden *golden, edy_dataset *data, edy_error *err) {
    edy_golden_port *in = &golden->input[0];
    const int64_t last = (int64_t)(golden->first + golden->samples);
    if (edy_dataset_count(data) < last)
        return edy_fail(err, EDY_BAD_FILE, "%s: needs %lld images, %s has %lld", golden->origin,
                        (long long)last, edy_dataset_name(data),
                        (long long)edy_dataset_count(data));
    if (edy_dataset_input_bytes(data) != in->sample_bytes)
        return edy_fail(err, EDY_BAD_FILE, "%s: the model's input is not an image of data set %s",
                        golden->origin, golden->dataset);
    edy_status st = EDY_OK;
    for (size_t s = 0; s < golden->samples && !st; s++)
        st = edy_dataset_input(data, (int64_t)(golden->first + s),
                               (char *)in->data + s * in->sample_bytes, err);
    return st;
}

edy_status edy_golden_load_inputs(edy_golden *golden, const edy_graph *graph,
                                  const char *sidecar_path, const char *share, edy_error *err) {
    if (graph->n_inputs != 1)
        return edy_fail(err, EDY_UNSUPPORTED, "%s: the model has %d inputs, not one",
                        golden->origin, graph->n_inputs);
    const edy_value *v = &graph->value[graph->input[0]];
    char home[4096 + 16];
    snprintf(home, sizeof home, "%s/datasets", share);
    edy_preprocess pre = edy_preprocess_default();
    edy_status st = sidecar_path ? edy_preprocess_load(sidecar_path, &pre, err) : EDY_OK;
    if (st)
        return st;
    const edy_dataset_options options = {.preprocess = &pre,
                                         .input_shape = v->shape,
                                         .input_dtype = v->dtype,
                                         .home_dir = share[0] ? home : NULL};
    edy_dataset *data = NULL;
    st = edy_dataset_open(golden->dataset, &options, &data, err);
    if (st)
        return st;
    edy_golden_port *in = &golden->input[0];
    in->dtype = v->dtype;
    in->shape = v->shape;
    in->shape.dim[0] = (int64_t)golden->samples;
    in->sample_bytes =
        edy_shape_count(&v->shape) / (size_t)v->shape.dim[0] * edy_dtype_bytes(v->dtype);
    free(in->data);
    in->data = malloc(golden->samples * in->sample_bytes);
    golden->n_inputs = 1;
    st = in->data ? read_images(golden, data, err)
                  : edy_fail(err, EDY_NO_MEMORY, "%s: out of memory", golden->origin);
    st = st ? st : check_hash(golden, err);
    edy_dataset_destroy(data);
    return st;
}
