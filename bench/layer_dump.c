/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/layer_dump.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

typedef struct layer {
    edy_value_id value;
    const edy_node *node;
    FILE *file;
    void *data; /* one batch */
    size_t bytes, sample_bytes;
} layer;

struct edy_layer_dump {
    const edy_plan *plan;
    char dir[PATH_BYTES], part[PATH_BYTES + 32];
    bool pending; /* `part` exists */
    size_t n;
    layer *layer;
};

static edy_status cannot_write(const edy_layer_dump *d, edy_error *err) {
    return edy_fail(err, EDY_IO, "%.200s: cannot be written: %s", d->dir, strerror(errno));
}

static void layer_path(const edy_layer_dump *d, size_t i, char *path, size_t size) {
    snprintf(path, size, "%s/%03zu.bin", d->part, i);
}

static edy_status add_layer(edy_layer_dump *d, const edy_node *n, edy_error *err) {
    const edy_value *v = &edy_plan_graph(d->plan)->value[n->output[0]];
    layer *l = &d->layer[d->n];
    *l = (layer){.value = n->output[0], .node = n};
    l->bytes = edy_shape_count(&v->shape) * edy_dtype_bytes(v->dtype);
    l->sample_bytes = v->shape.rank > 0 ? l->bytes / (size_t)v->shape.dim[0] : l->bytes;
    l->data = malloc(l->bytes ? l->bytes : 1);
    if (!l->data)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for a layer of %zu bytes", l->bytes);
    char path[PATH_BYTES + 64];
    layer_path(d, d->n++, path, sizeof path);
    l->file = fopen(path, "wb");
    return l->file ? EDY_OK : cannot_write(d, err);
}

edy_status edy_layer_dump_open(const edy_plan *plan, const char *dir, edy_layer_dump **out,
                               edy_error *err) {
    *out = NULL;
    struct stat info;
    if (strlen(dir) >= PATH_BYTES)
        return edy_fail(err, EDY_LIMIT, "%.200s...: the path is too long", dir);
    if (lstat(dir, &info) == 0)
        return edy_fail(err, EDY_IO, "%.200s: exists already", dir);
    edy_layer_dump *d = calloc(1, sizeof *d);
    const int32_t steps = edy_plan_step_count(plan);
    if (d)
        d->layer = calloc((size_t)steps + 1, sizeof *d->layer);
    if (!d || !d->layer) {
        edy_layer_dump_discard(d);
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for the layers");
    }
    d->plan = plan;
    strcpy(d->dir, dir);
    snprintf(d->part, sizeof d->part, "%s.part-%ld", dir, (long)getpid());
    edy_status st = mkdir(d->part, 0777) == 0 ? EDY_OK : cannot_write(d, err);
    d->pending = !st;
    for (int32_t i = 0; i < steps && !st; i++) {
        const edy_plan_step step = edy_plan_step_at(plan, i);
        if (!step.transposes)
            st = add_layer(d, step.node, err);
    }
    if (st)
        edy_layer_dump_discard(d);
    else
        *out = d;
    return st;
}

edy_status edy_layer_dump_add(edy_layer_dump *d, size_t samples, edy_error *err) {
    for (size_t i = 0; i < d->n; i++) {
        layer *l = &d->layer[i];
        edy_status st = edy_plan_read(d->plan, l->value, l->data, l->bytes, err);
        if (st)
            return st;
        if (fwrite(l->data, l->sample_bytes, samples, l->file) != samples)
            return cannot_write(d, err);
    }
    return EDY_OK;
}

static cJSON *layer_json(const edy_layer_dump *d, size_t i) {
    const layer *l = &d->layer[i];
    const edy_value *v = &edy_plan_graph(d->plan)->value[l->value];
    cJSON *o = cJSON_CreateObject();
    char file[32];
    snprintf(file, sizeof file, "%03zu.bin", i);
    cJSON_AddStringToObject(o, "file", file);
    cJSON_AddStringToObject(o, "name", v->name);
    cJSON_AddStringToObject(o, "operator", edy_node_text(l->node));
    cJSON_AddStringToObject(o, "node", l->node->name);
    cJSON_AddStringToObject(o, "dtype", edy_dtype_text(v->dtype));
    cJSON *shape = cJSON_AddArrayToObject(o, "shape");
    for (int32_t k = 0; k < v->shape.rank; k++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber(k ? (double)v->shape.dim[k] : 1));
    if (v->quant.count == 1 && v->dtype == EDY_S8) {
        cJSON_AddNumberToObject(o, "scale", (double)v->quant.scale[0]);
        cJSON_AddNumberToObject(o, "zero_point", v->quant.zero_point[0]);
        cJSON_AddBoolToObject(o, "was_u8", v->quant.was_u8);
    }
    return o;
}

static edy_status write_index(const edy_layer_dump *d, edy_error *err) {
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/index.json", d->part);
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < d->n; i++)
        cJSON_AddItemToArray(list, layer_json(d, i));
    char *text = cJSON_Print(list);
    cJSON_Delete(list);
    if (!text)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for the index of layers");
    FILE *f = fopen(path, "w");
    const bool written = f && fprintf(f, "%s\n", text) > 0;
    const bool closed = f && fclose(f) == 0;
    free(text);
    return written && closed ? EDY_OK : cannot_write(d, err);
}

edy_status edy_layer_dump_finish(edy_layer_dump *d, edy_error *err) {
    edy_status st = EDY_OK;
    for (size_t i = 0; i < d->n && !st; i++) {
        FILE *f = d->layer[i].file;
        d->layer[i].file = NULL;
        if (fclose(f) != 0)
            st = cannot_write(d, err);
    }
    st = st ? st : write_index(d, err);
    if (!st && rename(d->part, d->dir) != 0)
        st = cannot_write(d, err);
    d->pending = st != EDY_OK;
    return st;
}

/* Only what this module put there is removed. */
static void remove_part(const edy_layer_dump *d) {
    char path[PATH_BYTES + 64];
    for (size_t i = 0; i < d->n; i++) {
        layer_path(d, i, path, sizeof path);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/index.json", d->part);
    unlink(path);
    rmdir(d->part);
}

void edy_layer_dump_discard(edy_layer_dump *d) {
    if (!d)
        return;
    for (size_t i = 0; i < d->n; i++) {
        if (d->layer[i].file)
            fclose(d->layer[i].file);
        free(d->layer[i].data);
    }
    if (d->pending)
        remove_part(d);
    free(d->layer);
    free(d);
}
