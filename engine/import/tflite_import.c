/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/tflite_import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/model_file.h"
#include "engine/import/tflite_context.h"
#include "engine/import/tflite_ops.h"

static const char identifier[5] = "TFL3";

bool edy_is_tflite(const void *bytes, size_t size) {
    return size >= 8 && memcmp((const char *)bytes + 4, identifier, 4) == 0;
}

/* ---- The tables ------------------------------------------------------------------------------ */

/* The model's only subgraph. */
static edy_status open_model(edy_tflite *c, edy_fb_table *subgraph) {
    const edy_fb_table model = edy_fb_root(&c->fb, "Model");
    const uint32_t version = edy_fb_u32(&model, 0, "version", 0);
    c->codes = edy_fb_vec(&model, 1, "operator_codes", 4);
    c->buffers = edy_fb_vec(&model, 4, "buffers", 4);
    const edy_fb_vector subgraphs = edy_fb_vec(&model, 2, "subgraphs", 4);
    edy_status status = edy_tflite_check(c);
    if (status)
        return status;
    if (version != 3)
        return edy_tflite_fail(c, EDY_UNSUPPORTED, "schema version %" PRIu32 ", not 3", version);
    if (subgraphs.count != 1)
        return edy_tflite_fail(c, subgraphs.count ? EDY_UNSUPPORTED : EDY_BAD_FILE,
                               "has %" PRIu32 " subgraphs, not 1", subgraphs.count);
    *subgraph = edy_fb_vec_table(&subgraphs, 0, "SubGraph");
    c->tensors = edy_fb_vec(subgraph, 0, "tensors", 4);
    c->operators = edy_fb_vec(subgraph, 3, "operators", 4);
    status = edy_tflite_check(c);
    if (status)
        return status;
    if (c->operators.count > c->limits->nodes)
        return edy_tflite_fail(c, EDY_LIMIT, "has %" PRIu32 " operators, the limit is %" PRIu32,
                               c->operators.count, c->limits->nodes);
    if (c->operators.count == 0 || c->tensors.count == 0)
        return edy_tflite_fail(c, EDY_BAD_FILE, "has %" PRIu32 " operators and %" PRIu32 " tensors",
                               c->operators.count, c->tensors.count);
    return EDY_OK;
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* More of a name is not looked at: a file may give one of a million bytes to each tensor. */
enum { NAME_MOST = 900 };

typedef struct name_at {
    const char *text;
    uint32_t index;
} name_at;

static int by_text(const void *a, const void *b) {
    return strncmp(((const name_at *)a)->text, ((const name_at *)b)->text, NAME_MOST);
}

/* Slots, with a mark where a name is not a tensor's alone. */
static edy_status make_slots(edy_tflite *c) {
    const uint32_t count = c->tensors.count; /* their offsets are in the file, so it is no lie */
    name_at *names = calloc(count, sizeof *names);
    c->slot = calloc(count, sizeof *c->slot);
    if (!names || !c->slot) {
        free(names);
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for %" PRIu32 " tensors", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        const edy_fb_table t = edy_fb_vec_table(&c->tensors, i, "Tensor");
        names[i] = (name_at){edy_fb_string(&t, 3, "name"), i};
        c->slot[i].value[EDY_AXES_OWN] = c->slot[i].value[EDY_AXES_NCHW] = EDY_NO_VALUE;
        c->slot[i].shared_name = names[i].text[0] == 0;
    }
    qsort(names, count, sizeof *names, by_text);
    for (uint32_t i = 1; i < count; i++)
        if (strncmp(names[i].text, names[i - 1].text, NAME_MOST) == 0)
            c->slot[names[i].index].shared_name = c->slot[names[i - 1].index].shared_name = true;
    free(names);
    return edy_tflite_check(c);
}

/* ---- Inputs and outputs ---------------------------------------------------------------------- */

static edy_status import_input(edy_tflite *c, int32_t index) {
    edy_graph *g = c->graph;
    edy_tflite_tensor t;
    edy_quant q = {0};
    edy_status status = edy_tflite_tensor_at(c, index, &t);
    if (!status && t.dtype != EDY_F32)
        status = edy_tflite_quant(c, &t, &q);
    if (status)
        return status;
    if (t.data || c->slot[index].value[EDY_AXES_OWN] != EDY_NO_VALUE)
        return edy_tflite_fail(c, EDY_BAD_FILE, "input tensor %d \"%.60s\" is %s", index, t.name,
                               t.data ? "a constant" : "an input twice");
    const bool integer = t.dtype == EDY_S8 || t.dtype == EDY_U8;
    if (t.dtype != EDY_F32 && (!integer || q.count != 1))
        return edy_tflite_fail(c, EDY_UNSUPPORTED,
                               "input tensor %d \"%.60s\" is %s with %" PRIu32 " scales", index,
                               t.name, edy_dtype_text(t.dtype), q.count);
    size_t elems;
    if (edy_shape_elems(&t.shape, &elems, NULL) ||
        elems > c->limits->tensor_bytes / edy_dtype_bytes(t.dtype))
        return edy_tflite_fail(c, EDY_LIMIT,
                               "input tensor %d \"%.60s\" needs more than the limit of %" PRIu64
                               " bytes",
                               index, t.name, c->limits->tensor_bytes);
    char name[1024];
    edy_value_id id;
    edy_tflite_name(c, &t, "", name, sizeof name);
    if (edy_graph_add_value(g, name, integer ? EDY_S8 : EDY_F32, &id, NULL))
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    g->value[id].shape = t.shape;
    g->value[id].shape_known = true;
    g->value[id].quant = q;
    if (g->n_inputs == 0 && t.shape.rank > 0)
        g->batch = t.shape.dim[0];
    g->input[g->n_inputs++] = id;
    c->slot[index].value[EDY_AXES_OWN] = id;
    return EDY_OK;
}

static edy_status import_inputs(edy_tflite *c, const edy_fb_table *subgraph) {
    const edy_fb_vector inputs = edy_fb_vec(subgraph, 1, "inputs", 4);
    if (inputs.count == 0)
        return c->fb.status ? edy_tflite_check(c)
                            : edy_tflite_fail(c, EDY_BAD_FILE, "has no input");
    c->graph->input = calloc(inputs.count, sizeof *c->graph->input);
    if (!c->graph->input)
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    edy_status status = EDY_OK;
    for (uint32_t i = 0; i < inputs.count && !status; i++)
        status = import_input(c, edy_fb_vec_i32(&inputs, i));
    return status;
}

/* The port has the tensor's own axes and name. */
static edy_status import_output(edy_tflite *c, int32_t index) {
    edy_graph *g = c->graph;
    edy_tflite_tensor t;
    edy_value_id id;
    edy_status status = edy_tflite_tensor_at(c, index, &t);
    if (status)
        return status;
    const bool image = edy_tflite_is_image(c, &t);
    if (t.data)
        return edy_tflite_fail(c, EDY_UNSUPPORTED, "output tensor %d \"%.60s\" is a constant",
                               index, t.name);
    status = edy_tflite_value(c, &t, EDY_AXES_OWN, &id);
    if (status)
        return status;
    if (g->value[id].data || edy_graph_is_output(g, id) || edy_graph_producer(g, id) < 0)
        return edy_tflite_fail(
            c, EDY_UNSUPPORTED, "output tensor %d \"%.60s\" is %s", index, t.name,
            edy_graph_is_output(g, id) ? "an output twice" : "no operator's result");
    if (image) {
        edy_value *other = &g->value[c->slot[index].value[EDY_AXES_NCHW]];
        const char *name = other->name;
        other->name = g->value[id].name;
        g->value[id].name = name;
    }
    g->output[g->n_outputs++] = id;
    return EDY_OK;
}

static edy_status import_outputs(edy_tflite *c, const edy_fb_table *subgraph) {
    const edy_fb_vector outputs = edy_fb_vec(subgraph, 2, "outputs", 4);
    if (outputs.count == 0)
        return c->fb.status ? edy_tflite_check(c)
                            : edy_tflite_fail(c, EDY_BAD_FILE, "has no output");
    c->graph->output = calloc(outputs.count, sizeof *c->graph->output);
    if (!c->graph->output)
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    edy_status status = EDY_OK;
    for (uint32_t i = 0; i < outputs.count && !status; i++)
        status = import_output(c, edy_fb_vec_i32(&outputs, i));
    return status;
}

/* ---- Operators ------------------------------------------------------------------------------- */

static edy_status import_operator(edy_tflite *c, uint32_t index) {
    const edy_fb_table op = edy_fb_vec_table(&c->operators, index, "Operator");
    const uint32_t opcode = edy_fb_u32(&op, 0, "opcode_index", 0);
    c->op_index = (int32_t)index;
    c->op_name = "?";
    c->op_version = 0;
    edy_status status = edy_tflite_check(c);
    if (status)
        return status;
    if (opcode >= c->codes.count)
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "opcode_index is %" PRIu32 " of %" PRIu32,
                                  opcode, c->codes.count);
    const edy_fb_table code = edy_fb_vec_table(&c->codes, opcode, "OperatorCode");
    /* Codes below 127 stand in the old field, and in files of before 2.4 there alone. */
    const int32_t old = edy_fb_i8(&code, 0, "deprecated_builtin_code", 0);
    const int32_t recent = edy_fb_i32(&code, 3, "builtin_code", 0);
    const int32_t builtin = recent > old ? recent : old;
    const char *custom = edy_fb_string(&code, 1, "custom_code");
    const char *text = edy_tflite_op_text(builtin);
    char number[32];
    snprintf(number, sizeof number, "builtin code %d", builtin);
    c->op_name = custom[0] ? custom : text ? text : number;
    c->op_version = edy_fb_i32(&code, 2, "version", 1);
    c->inputs = edy_fb_vec(&op, 1, "inputs", 4);
    c->outputs = edy_fb_vec(&op, 2, "outputs", 4);
    c->options_type = edy_fb_u8(&op, 3, "builtin_options_type", 0);
    c->options = edy_fb_sub(&op, 4, "builtin_options", "options");
    snprintf(c->node_name, sizeof c->node_name, "%.40s_%" PRIu32, c->op_name, index);
    status = edy_tflite_check(c);
    if (!status)
        status = edy_tflite_import_op(c, builtin);
    if (!status)
        status = edy_tflite_check(c);
    c->op_name = "?"; /* number goes */
    return status;
}

/* ---- The model ------------------------------------------------------------------------------- */

static edy_status import_graph(edy_tflite *c) {
    edy_fb_table subgraph;
    edy_error inner;
    edy_status status = open_model(c, &subgraph);
    if (!status && edy_graph_create(&c->graph, NULL))
        status = edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    if (status)
        return status;
    c->graph->name = edy_region_string(&c->graph->region, edy_fb_string(&subgraph, 4, "name"));
    if (!c->graph->name)
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    status = make_slots(c);
    if (!status)
        status = import_inputs(c, &subgraph);
    for (uint32_t i = 0; i < c->operators.count && !status; i++)
        status = import_operator(c, i);
    c->op_index = -1;
    if (!status)
        status = import_outputs(c, &subgraph);
    if (!status) {
        status = edy_graph_infer(c->graph, &inner);
        status = status ? edy_tflite_fail(c, status, "%s", inner.message) : EDY_OK;
    }
    return status;
}

/* Names in a file may hold anything; a message is one line of text. */
static void make_printable(edy_error *err) {
    for (char *p = err->message; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
}

edy_status edy_tflite_import_memory(const char *name, const void *bytes, size_t size,
                                    const edy_limits *limits, edy_graph **graph, edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    edy_error own;
    edy_tflite c = {.file = name,
                    .limits = limits ? limits : &defaults,
                    .err = err ? err : &own,
                    .op_index = -1,
                    .fb = edy_fb_open(bytes, size, identifier)};
    edy_status status = EDY_OK;
    if (size > c.limits->model_bytes)
        status = edy_tflite_fail(&c, EDY_LIMIT, "has %zu bytes, the limit is %" PRIu64, size,
                                 c.limits->model_bytes);
    if (!status)
        status = edy_tflite_check(&c);
    if (!status)
        status = import_graph(&c);
    free(c.slot);
    if (status) {
        edy_graph_destroy(c.graph);
        c.graph = NULL;
        make_printable(c.err);
    }
    *graph = c.graph;
    return status;
}

edy_status edy_tflite_import(const char *path, const edy_limits *limits, edy_graph **graph,
                             edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    edy_error inner;
    uint8_t *bytes;
    size_t size;
    *graph = NULL;
    edy_status status =
        edy_model_file_read(path, limits ? limits : &defaults, &bytes, &size, &inner);
    if (!status) {
        status = edy_tflite_import_memory(path, bytes, size, limits, graph, err);
        free(bytes);
        return status;
    }
    edy_fail(err, status, "%.200s: %s", path, inner.message);
    if (err)
        make_printable(err);
    return status;
}
