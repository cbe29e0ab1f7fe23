/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/suite/repro.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/env.h"
#include "bench/suite/slice.h"
#include "bench/tensor_pb.h"
#include "datasets/sha256.h"
#include "engine/cpu.h"
#include "engine/export/onnx_export.h"
#include "engine/file_write.h"
#include "engine/import/onnx_import.h"

enum { PATH_BYTES = 2048, FILE_BYTES = PATH_BYTES + 64 };

/* ---- The part that fails --------------------------------------------------------------------- */

void edy_repro_part_free(edy_repro_part *part) {
    edy_graph_destroy(part->slice);
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++)
        free(part->input[i]);
    free(part->output);
    *part = (edy_repro_part){.slice = NULL};
}

void edy_repro_take(edy_repro_part *part, const edy_graph *graph, const edy_plan *plan,
                    int32_t step, const double *expected, size_t elems) {
    *part = (edy_repro_part){.slice = NULL};
    edy_status st = edy_slice_make(graph, plan, step, &part->slice, NULL);
    if (!st && part->slice->n_inputs > EDY_GOLDEN_PORTS)
        st = EDY_UNSUPPORTED;
    for (int32_t i = 0; !st && i < part->slice->n_inputs; i++)
        st = edy_slice_read(part->slice, plan, part->slice->input[i], &part->input[i], NULL);
    st = st ? st : edy_slice_expected(part->slice, plan, expected, elems, &part->output, NULL);
    if (st)
        edy_repro_part_free(part);
}

/* ---- Files ----------------------------------------------------------------------------------- */

typedef struct writer {
    const edy_repro_case *c;
    char part[PATH_BYTES]; /* the folder in the making */
    edy_sha256 hash;
    edy_error *err;
} writer;

static const char *file_of(const writer *w, const char *name, char path[FILE_BYTES]) {
    snprintf(path, FILE_BYTES, "%s/%s", w->part, name);
    return path;
}

/* All that this file puts there, and nothing else. */
static void remove_part(const writer *w) {
    static const char *const files[] = {"model.onnx", "repro.json", "README"};
    char name[64], path[FILE_BYTES];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(file_of(w, files[i], path));
    for (int i = 0; i < EDY_GOLDEN_PORTS; i++)
        for (int out = 0; out < 2; out++) {
            snprintf(name, sizeof name, "test_data_set_0/%s_%d.pb", out ? "output" : "input", i);
            unlink(file_of(w, name, path));
        }
    rmdir(file_of(w, "test_data_set_0", path));
    rmdir(w->part);
}

static edy_status make_folder(writer *w) {
    char path[FILE_BYTES];
    if (snprintf(w->part, sizeof w->part, "%s/.repro.part-%ld", w->c->dir, (long)getpid()) >=
        (int)sizeof w->part)
        return edy_fail(w->err, EDY_LIMIT, "%.200s: the path is too long", w->c->dir);
    remove_part(w); /* of a process that died here */
    if (mkdir(w->part, 0777) != 0 || mkdir(file_of(w, "test_data_set_0", path), 0777) != 0)
        return edy_fail(w->err, EDY_IO, "%.200s: cannot be made: %s", w->part, strerror(errno));
    return EDY_OK;
}

static edy_status write_tensor(writer *w, bool output, int32_t index, edy_dtype dtype,
                               const edy_shape *shape, const void *data) {
    char name[64], path[FILE_BYTES];
    snprintf(name, sizeof name, "test_data_set_0/%s_%d.pb", output ? "output" : "input", index);
    if (!output)
        edy_sha256_add(&w->hash, data, edy_shape_count(shape) * edy_dtype_bytes(dtype));
    return edy_tensor_pb_write(file_of(w, name, path), dtype, shape, data, w->err);
}

static edy_status write_model(writer *w, const edy_graph *g) {
    char path[FILE_BYTES], hex[65];
    edy_status st = edy_onnx_export(g, file_of(w, "model.onnx", path), w->err);
    st = st ? st : edy_sha256_file(path, hex, w->err);
    if (!st)
        edy_sha256_add(&w->hash, hex, sizeof hex);
    return st;
}

static edy_status write_part(writer *w, const edy_repro_part *part) {
    const edy_graph *g = part->slice;
    edy_status st = write_model(w, g);
    for (int32_t i = 0; i < g->n_inputs && !st; i++) {
        const edy_value *v = &g->value[g->input[i]];
        st = write_tensor(w, false, i, v->dtype, &v->shape, part->input[i]);
    }
    const edy_value *out = &g->value[g->output[0]];
    return st ? st : write_tensor(w, true, 0, out->dtype, &out->shape, part->output);
}

/* One batch of a port, golden samples round and round, as its file's type. */
static edy_status write_port(writer *w, bool output, int32_t index, const edy_golden_port *port) {
    const size_t batch = (size_t)w->c->batch, bytes = port->sample_bytes;
    const bool narrow = port->dtype == EDY_F64;
    const size_t elems = bytes / edy_dtype_bytes(port->dtype);
    edy_shape shape = port->shape;
    shape.dim[0] = w->c->batch;
    char *data = malloc(batch * bytes + 1);
    if (!data)
        return edy_fail(w->err, EDY_NO_MEMORY, "out of memory for a batch");
    for (size_t k = 0; k < batch; k++) {
        const char *from = (const char *)port->data + k % w->c->golden->samples * bytes;
        if (!narrow)
            memcpy(data + k * bytes, from, bytes);
        for (size_t i = 0; i < elems && narrow; i++)
            ((float *)(void *)data)[k * elems + i] = (float)((const double *)(const void *)from)[i];
    }
    const edy_status st =
        write_tensor(w, output, index, narrow ? EDY_F32 : port->dtype, &shape, data);
    free(data);
    return st;
}

static edy_status write_whole(writer *w) {
    const edy_golden *golden = w->c->golden;
    edy_status st = write_model(w, w->c->graph);
    for (int32_t i = 0; i < golden->n_inputs && !st; i++)
        st = write_port(w, false, i, &golden->input[i]);
    for (int32_t i = 0; i < golden->n_outputs && !st; i++)
        st = write_port(w, true, i, &golden->output[i]);
    return st;
}

/* ---- Does the part alone fail? --------------------------------------------------------------- */

static edy_status part_fails(const writer *w, edy_error *err) {
    char path[FILE_BYTES];
    edy_graph *g = NULL;
    edy_golden *golden = NULL;
    edy_plan *plan = NULL;
    edy_threads *pool = NULL;
    edy_node_judgement j = {.wrong = 0};
    file_of(w, "model.onnx", path);
    edy_status st = edy_onnx_import(path, NULL, &g, err);
    st = st ? st : edy_golden_read_test_set(path, 0, g, &golden, err);
    st = st ? st : edy_threads_create((unsigned)w->c->threads, NULL, NULL, &pool, err);
    const edy_plan_options options = {
        .backend = w->c->backend, .threads = pool, .batch = w->c->batch, .keep_values = true};
    st = st ? st : edy_plan_create(g, &options, &plan, err);
    st = st ? st : edy_judge_nodes(plan, golden, &j, err);
    if (!st && j.wrong == 0)
        st = edy_fail(err, EDY_UNSUPPORTED, "alone it computes what it should");
    edy_plan_destroy(plan);
    edy_threads_destroy(pool);
    edy_golden_destroy(golden);
    edy_graph_destroy(g);
    return st;
}

/* ---- What is said about it ------------------------------------------------------------------- */

/* JSON has no NaN and no infinity: a text in their place. */
static void add_number(cJSON *o, const char *name, double v) {
    if (isfinite(v))
        cJSON_AddNumberToObject(o, name, v);
    else
        cJSON_AddStringToObject(o, name, isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
}

static void add_divergence(cJSON *root, const edy_divergence *d) {
    cJSON *o = cJSON_AddObjectToObject(root, "divergence");
    cJSON_AddStringToObject(o, "node", d->node);
    cJSON_AddStringToObject(o, "kernel", d->kernel);
    cJSON_AddNumberToObject(o, "index", (double)d->index);
    cJSON_AddStringToObject(o, "place", d->place);
    add_number(o, "expected", d->expected);
    add_number(o, "got", d->got);
    add_number(o, "allowed_error", d->allowed);
    add_number(o, "ulps", d->ulps);
    add_number(o, "share", d->share);
}

static edy_status write_text(const writer *w, const char *name, const char *text) {
    char path[FILE_BYTES];
    edy_error inner;
    const edy_status st = edy_file_replace(file_of(w, name, path), text, strlen(text), &inner);
    return st ? edy_fail(w->err, st, "%.200s: %s", path, inner.message) : EDY_OK;
}

static edy_status write_json(const writer *w, bool whole, const char *command) {
    const edy_conform_case *found = w->c->found;
    edy_context *context = calloc(1, sizeof *context);
    if (!context)
        return edy_fail(w->err, EDY_NO_MEMORY, "out of memory");
    edy_env_cpuinfo("", context);
    edy_env_build(context);
    char features[200];
    edy_cpu_features_text(edy_cpu_features(), features, sizeof features);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "case", found->name);
    cJSON_AddStringToObject(root, "verdict", edy_verdict_text(found->result.verdict));
    cJSON_AddStringToObject(root, "reason", found->result.reason);
    cJSON_AddStringToObject(root, "model", whole ? "whole" : "first diverging node");
    cJSON_AddStringToObject(root, "backend", w->c->backend->name);
    cJSON_AddNumberToObject(root, "threads", (double)w->c->threads);
    cJSON_AddNumberToObject(root, "batch", (double)w->c->batch);
    if (found->nodes.wrong)
        add_divergence(root, &found->nodes.first);
    cJSON_AddStringToObject(root, "command", command);
    cJSON_AddStringToObject(root, "cpu_model", context->cpu_model);
    cJSON_AddStringToObject(root, "arch", edy_env_arch());
    cJSON_AddStringToObject(root, "cpu_features", features);
    cJSON_AddStringToObject(root, "edyno_version", context->edyno_version);
    cJSON_AddStringToObject(root, "git_commit", context->git_commit);
    cJSON_AddStringToObject(root, "compiler", context->compiler);
    cJSON_AddStringToObject(root, "flags", context->flags);
    free(context);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    const edy_status st =
        text ? write_text(w, "repro.json", text) : edy_fail(w->err, EDY_NO_MEMORY, "out of memory");
    free(text);
    return st;
}

static edy_status write_readme(const writer *w, const char *command) {
    char text[PATH_BYTES + 1024];
    snprintf(text, sizeof text, "`%s` replays %s of %s; %s.\n", command,
             w->c->found->nodes.wrong ? w->c->found->nodes.first.node : "the failure",
             w->c->found->name, w->c->found->result.reason);
    return write_text(w, "README", text);
}

/* ---- All of it ------------------------------------------------------------------------------- */

static edy_status put_in_place(const writer *w, const char *path) {
    struct stat info;
    if (rename(w->part, path) == 0)
        return EDY_OK;
    if ((errno == ENOTEMPTY || errno == EEXIST) && stat(path, &info) == 0) {
        remove_part(w); /* found before: it is the same */
        return EDY_OK;
    }
    return edy_fail(w->err, EDY_IO, "%.200s: cannot be written: %s", path, strerror(errno));
}

static edy_status finish(writer *w, bool whole, char *path, size_t size) {
    char hex[65], command[PATH_BYTES + 64];
    edy_sha256_add(&w->hash, w->c->backend->name, strlen(w->c->backend->name));
    edy_sha256_end(&w->hash, hex);
    const bool here = strcmp(w->c->dir, ".") == 0;
    if (snprintf(path, size, "%s%srepro-%.12s", here ? "" : w->c->dir, here ? "" : "/", hex) >=
        (int)size)
        return edy_fail(w->err, EDY_LIMIT, "%.200s: the path is too long", w->c->dir);
    snprintf(command, sizeof command, "edyno conform repro-%.12s", hex);
    edy_status st = write_json(w, whole, command);
    st = st ? st : write_readme(w, command);
    return st ? st : put_in_place(w, path);
}

edy_status edy_repro_write(const edy_repro_case *c, const edy_repro_part *part, char *path,
                           size_t size, edy_error *err) {
    writer w = {.c = c, .err = err};
    bool whole = !part->slice;
    edy_sha256_begin(&w.hash);
    edy_status st = make_folder(&w);
    if (!st && !whole) {
        whole = write_part(&w, part) || part_fails(&w, err);
        if (whole) {
            remove_part(&w);
            edy_sha256_begin(&w.hash);
            st = make_folder(&w);
        }
    }
    if (!st && whole)
        st = write_whole(&w);
    st = st ? st : finish(&w, whole, path, size);
    if (st) {
        remove_part(&w);
        path[0] = '\0';
    }
    return st;
}
