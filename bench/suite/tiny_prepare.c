/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Model, samples and goldens of one case. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bench/suite/tiny_job.h"
#include "engine/import/tflite_import.h"
#include "workloads/text_file.h"

enum { MOST_INDEX = 4 << 20, PATH = EDY_TINY_PATH + 4 * EDY_TINY_NAME };

size_t edy_tiny_place(const edy_value *imported, size_t i) {
    if (!imported->file_nhwc)
        return i;
    const size_t c = (size_t)imported->shape.dim[1];
    const size_t hw = (size_t)(imported->shape.dim[2] * imported->shape.dim[3]);
    return (i / (c * hw) * hw + i % hw) * c + i / hw % c;
}

/* `samples` of a port, end to end. */
static edy_status read_samples(const edy_tiny_cases *cases, const edy_tiny_case *c,
                               const edy_tiny_file *file, const edy_value *port, void **data,
                               size_t *sample_bytes, edy_error *err) {
    char path[PATH];
    size_t size;
    *sample_bytes = edy_shape_count(&port->shape) * edy_dtype_bytes(port->dtype);
    snprintf(path, sizeof path, "%s/goldens/%s", cases->dir, file->name);
    const edy_status st = edy_tiny_read_file(path, file->sha256, data, &size, err);
    if (!st && size != c->samples * *sample_bytes)
        return edy_fail(err, EDY_BAD_FILE, "%.300s: has %zu bytes, %zu samples of %zu make %zu",
                        path, size, c->samples, *sample_bytes, c->samples * *sample_bytes);
    return st;
}

static edy_value_id find_value(const edy_graph *g, const char *name) {
    for (int32_t v = 0; v < g->n_values; v++)
        if (!g->value[v].data && strcmp(g->value[v].name, name) == 0)
            return v;
    return EDY_NO_VALUE;
}

static edy_status read_layer(edy_tiny_job *job, const char *dir, const cJSON *o,
                             edy_tiny_layer *layer, edy_error *err) {
    char path[PATH + EDY_TINY_NAME];
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(o, "name");
    const cJSON *file = cJSON_GetObjectItemCaseSensitive(o, "file");
    const cJSON *index = cJSON_GetObjectItemCaseSensitive(o, "index");
    if (!cJSON_IsString(name) || !cJSON_IsString(file) || !cJSON_IsNumber(index) ||
        strchr(file->valuestring, '/') || strlen(file->valuestring) >= EDY_TINY_NAME)
        return edy_fail(err, EDY_BAD_FILE, "%.300s/index.json: a tensor lacks name, file or index",
                        dir);
    layer->name = strdup(name->valuestring);
    layer->index = index->valueint;
    if (!layer->name)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for a layer");
    layer->value = find_value(job->graph, layer->name);
    snprintf(path, sizeof path, "%s/%s", dir, file->valuestring);
    const edy_status st = edy_tiny_read_file(path, "", &layer->golden, &layer->bytes, err);
    if (st)
        return st;
    if (layer->value == EDY_NO_VALUE)
        return edy_fail(err, EDY_BAD_FILE, "%.300s: the model has no tensor \"%.60s\"", path,
                        layer->name);
    const edy_value *v = &job->graph->value[layer->value];
    if (edy_shape_count(&v->shape) * edy_dtype_bytes(v->dtype) != layer->bytes)
        return edy_fail(err, EDY_BAD_FILE, "%.300s: has %zu bytes, its tensor %zu", path,
                        layer->bytes, edy_shape_count(&v->shape) * edy_dtype_bytes(v->dtype));
    return EDY_OK;
}

static edy_status read_layers(edy_tiny_job *job, const edy_tiny_cases *cases, edy_error *err) {
    char dir[PATH], path[PATH + 16];
    char *text;
    if (!job->c->layers[0])
        return EDY_OK;
    snprintf(dir, sizeof dir, "%s/goldens/%s", cases->dir, job->c->layers);
    snprintf(path, sizeof path, "%s/index.json", dir);
    edy_status st = edy_text_file_read(path, MOST_INDEX, &text, err);
    if (st)
        return st;
    cJSON *root = cJSON_Parse(text);
    free(text);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "tensors"), *o;
    const int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    job->layer = calloc((size_t)n + 1, sizeof *job->layer);
    if (n == 0)
        st = edy_fail(err, EDY_BAD_FILE, "%.300s: is no JSON with a list of \"tensors\"", path);
    else if (!job->layer)
        st = edy_fail(err, EDY_NO_MEMORY, "out of memory for %d layers", n);
    if (!st)
        cJSON_ArrayForEach(o, list) {
            st = read_layer(job, dir, o, &job->layer[job->n_layers++], err);
            if (st)
                break;
        }
    cJSON_Delete(root);
    return st;
}

static edy_status import(edy_tiny_job *job, const edy_tiny_cases *cases, edy_error *err) {
    char path[PATH];
    void *bytes;
    size_t size;
    snprintf(path, sizeof path, "%s/%s", cases->dir, job->c->model);
    edy_status st = edy_tiny_read_file(path, job->c->model_sha256, &bytes, &size, err);
    if (st)
        return st;
    st = edy_tflite_import_memory(path, bytes, size, NULL, &job->graph, err);
    free(bytes);
    if (st)
        return st;
    const edy_graph *g = job->graph;
    if (g->n_inputs != 1 || g->n_outputs != 1)
        return edy_fail(err, EDY_BAD_FILE, "%.300s: has %d inputs and %d outputs", path,
                        g->n_inputs, g->n_outputs);
    job->integer = g->value[g->output[0]].dtype == EDY_S8;
    return EDY_OK;
}

edy_status edy_tiny_job_create(const edy_tiny_cases *cases, const edy_tiny_case *c,
                               edy_tiny_job **out, edy_error *err) {
    *out = NULL;
    edy_tiny_job *job = calloc(1, sizeof *job);
    if (!job)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for a case");
    job->c = c;
    edy_status st = import(job, cases, err);
    const edy_graph *g = job->graph;
    if (!st)
        st = read_samples(cases, c, &c->input, &g->value[g->input[0]], &job->input,
                          &job->input_bytes, err);
    if (!st && c->output.name[0])
        st = read_samples(cases, c, &c->output, &g->value[g->output[0]], &job->output,
                          &job->output_bytes, err);
    if (!st)
        st = read_layers(job, cases, err);
    if (!st && !job->integer && job->output)
        st = edy_tiny_budgets(job, err);
    if (!st && !job->integer)
        st = edy_golden_from_oracle(job->graph, (const void *[]){job->input}, 1, &job->golden, err);
    if (st)
        goto fail;
    *out = job;
    return EDY_OK;
fail:
    edy_tiny_job_destroy(job);
    return st;
}

void edy_tiny_job_destroy(edy_tiny_job *job) {
    if (!job)
        return;
    for (size_t i = 0; i < job->n_layers; i++) {
        free(job->layer[i].name);
        free(job->layer[i].golden);
    }
    free(job->layer);
    free(job->input);
    free(job->output);
    edy_golden_destroy(job->golden);
    edy_graph_destroy(job->graph);
    free(job);
}
