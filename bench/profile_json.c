/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/profile.h"
#include "bench/record_fields.h"

struct edy_profile_file {
    cJSON *root, *cases;
};

/* null where the number is NAN. */
static void add_real(cJSON *object, const char *key, double value) {
    char text[EDY_JSON_NUMBER_BYTES] = "null";
    if (isfinite(value))
        edy_json_number_text(value, text);
    cJSON_AddRawToObject(object, key, text);
}

static void add_rate(cJSON *object, const edy_profile_rate *r) {
    add_real(object, "ns", r->ns);
    add_real(object, "share", r->share);
    add_real(object, "macs", (double)r->macs);
    add_real(object, "gops", r->gops);
    add_real(object, "of_peak", r->of_peak);
}

static void add_peaks(cJSON *object, const edy_peaks *peaks) {
    static const char *const key[] = {"fp32", "int8"};
    cJSON *list = cJSON_AddObjectToObject(object, "peaks");
    for (int i = 0; i < 2; i++) {
        if (!peaks->loop[i])
            continue;
        cJSON *peak = cJSON_AddObjectToObject(list, key[i]);
        cJSON_AddStringToObject(peak, "loop", peaks->loop[i]->name);
        add_real(peak, "gops", peaks->ops[i] / 1e9);
    }
}

static void add_step(cJSON *list, const edy_profile *p, int32_t index) {
    const edy_plan_step s = edy_plan_step_at(p->plan, index);
    const edy_graph *g = edy_plan_graph(p->plan);
    const edy_value *y = &g->value[s.node->output[0]];
    char shape[80];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "node", s.node->name);
    cJSON_AddStringToObject(o, "operator", edy_node_text(s.node));
    cJSON_AddStringToObject(o, "class", edy_layer_class_key(edy_layer_class_of(g, s.node)));
    cJSON_AddStringToObject(o, "dtype", edy_dtype_text(y->dtype));
    cJSON_AddStringToObject(o, "shape", edy_shape_text(&y->shape, shape, sizeof shape));
    cJSON_AddStringToObject(o, "kernel", s.kernel);
    add_rate(o, &p->step[index]);
    cJSON_AddNumberToObject(o, "packed_bytes", (double)s.packed_bytes);
    cJSON_AddItemToArray(list, o);
}

edy_profile_file *edy_profile_file_create(void) {
    edy_profile_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->root = cJSON_CreateObject();
    cJSON_AddStringToObject(file->root, "kind", "profile");
    cJSON_AddNumberToObject(file->root, "schema_version", EDY_SCHEMA_VERSION);
    file->cases = cJSON_AddArrayToObject(file->root, "cases");
    if (file->cases)
        return file;
    edy_profile_file_destroy(file);
    return NULL;
}

bool edy_profile_file_add(edy_profile_file *file, const edy_profile *p, const char *workload,
                          const char *variant) {
    cJSON *o = cJSON_CreateObject();
    if (!o || !cJSON_AddItemToArray(file->cases, o))
        return false;
    cJSON_AddStringToObject(o, "workload", workload);
    cJSON_AddStringToObject(o, "variant", variant);
    cJSON_AddStringToObject(o, "backend", edy_plan_backend(p->plan)->name);
    cJSON_AddNumberToObject(o, "threads", p->threads);
    cJSON_AddNumberToObject(o, "batch", (double)edy_plan_input(p->plan, 0)->shape.dim[0]);
    cJSON_AddNumberToObject(o, "groups", (double)edy_plan_groups(p->plan));
    cJSON_AddNumberToObject(o, "runs", (double)p->runs);
    add_peaks(o, &p->peaks);
    add_real(o, "whole_ns", p->whole_ns);
    add_rate(cJSON_AddObjectToObject(o, "sum"), &p->all);
    cJSON *classes = cJSON_AddObjectToObject(o, "classes");
    for (int c = 0; c < EDY_LAYER_CLASSES; c++)
        if (p->steps_by[c])
            add_rate(cJSON_AddObjectToObject(classes, edy_layer_class_key((edy_layer_class)c)),
                     &p->by[c]);
    cJSON *steps = cJSON_AddArrayToObject(o, "steps");
    for (int32_t i = 0; i < p->n; i++)
        add_step(steps, p, i);
    return steps != NULL;
}

edy_status edy_profile_file_write(const edy_profile_file *file, const char *path, edy_error *err) {
    char temporary[4096];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", path) >= sizeof temporary)
        return edy_fail(err, EDY_BAD_ARGUMENT, "the path is too long: %.200s...", path);
    char *text = cJSON_Print(file->root);
    if (!text)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %.200s", path);
    FILE *out = fopen(temporary, "w");
    if (!out) {
        free(text);
        return edy_fail(err, EDY_IO, "cannot create %.200s: %s", temporary, strerror(errno));
    }
    const bool written = fprintf(out, "%s\n", text) > 0;
    free(text);
    if (fclose(out) == 0 && written && rename(temporary, path) == 0)
        return EDY_OK;
    const edy_status st = edy_fail(err, EDY_IO, "cannot write %.200s: %s", path, strerror(errno));
    unlink(temporary);
    return st;
}

void edy_profile_file_destroy(edy_profile_file *file) {
    if (!file)
        return;
    cJSON_Delete(file->root);
    free(file);
}
