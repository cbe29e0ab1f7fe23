/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/export/onnx_writer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ATTRIBUTES = 8, NAME_BYTES = 4096 };

void edy_writer_fail(edy_onnx_writer *w, edy_status status, const char *format, ...) {
    if (w->status)
        return; /* the first failure is the one to tell */
    w->status = status;
    w->error.code = status;
    va_list args;
    va_start(args, format);
    vsnprintf(w->error.message, sizeof w->error.message, format, args);
    va_end(args);
}

/* Zeroed; NULL after a failure. */
static void *alloc(edy_onnx_writer *w, size_t count, size_t size) {
    void *p = w->status ? NULL : edy_region_array(&w->region, count, size);
    if (!p)
        edy_writer_fail(w, EDY_NO_MEMORY, "no memory to write the model");
    return p;
}

static char *copy_text(edy_onnx_writer *w, const char *text) {
    char *copy = alloc(w, strlen(text) + 1, 1);
    if (copy)
        strcpy(copy, text);
    return copy;
}

/* ---- Names ----------------------------------------------------------------------------------- */

typedef struct named {
    const char *text;
    edy_value_id id;
} named;

static int by_text(const void *a, const void *b) {
    const named *x = a, *y = b;
    const int order = strcmp(x->text, y->text);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* Passes may leave several values with one name: the later ones get their id behind it. */
static void make_unique(edy_onnx_writer *w, named *list, int32_t n) {
    qsort(list, (size_t)n, sizeof *list, by_text);
    const char *last = "";
    for (int32_t i = 0; i < n && !w->status; i++) {
        if (strcmp(last, list[i].text) != 0) {
            last = list[i].text;
            continue;
        }
        char *text = alloc(w, NAME_BYTES + 16, 1);
        if (text)
            snprintf(text, NAME_BYTES + 16, "%.*s#%d", NAME_BYTES, list[i].text, list[i].id);
        list[i].text = text;
    }
    if (w->status)
        return;
    for (int32_t i = 0; i < n; i++)
        w->name[list[i].id] = list[i].text;
    qsort(list, (size_t)n, sizeof *list, by_text);
    for (int32_t i = 1; i < n; i++)
        if (strcmp(list[i - 1].text, list[i].text) == 0)
            edy_writer_fail(w, EDY_BAD_ARGUMENT, "two values are named \"%.80s\"", list[i].text);
}

/* Base, a hash sign, a letter and a number: names of values never have that letter there unless the
 * model has. */
const char *edy_writer_made_up(edy_onnx_writer *w, const char *base) {
    char *text = alloc(w, strlen(base) + 32, 1);
    bool taken = text != NULL;
    while (taken) {
        sprintf(text, "%s#e%d", base, w->made_up++);
        taken = false;
        for (int32_t i = 0; i < w->graph->n_values && !taken; i++)
            taken = strcmp(w->name[i], text) == 0;
    }
    return text;
}

/* ---- The writer ------------------------------------------------------------------------------ */

edy_status edy_onnx_writer_create(edy_onnx_writer *w, const edy_graph *graph) {
    *w = (edy_onnx_writer){.graph = graph};
    onnx__graph_proto__init(&w->proto);
    const size_t nodes = (size_t)graph->n_nodes, values = (size_t)graph->n_values;
    w->proto.name = copy_text(w, graph->name && graph->name[0] ? graph->name : "graph");
    w->proto.node = alloc(w, nodes * EDY_WRITER_NODES, sizeof *w->proto.node);
    w->proto.initializer =
        alloc(w, values + nodes * EDY_WRITER_CONSTANTS, sizeof *w->proto.initializer);
    w->name = alloc(w, values, sizeof *w->name);
    w->written = alloc(w, values, sizeof *w->written);
    named *list = alloc(w, values, sizeof *list);
    for (int32_t i = 0; !w->status && i < graph->n_values; i++)
        list[i] = (named){graph->value[i].name, i};
    if (!w->status)
        make_unique(w, list, graph->n_values);
    return w->status;
}

void edy_onnx_writer_destroy(edy_onnx_writer *w) {
    edy_region_free(&w->region);
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

Onnx__NodeProto *edy_writer_node(edy_onnx_writer *w, const char *op_type, const char *name) {
    Onnx__NodeProto *node = alloc(w, 1, sizeof *node);
    if (!node)
        return NULL;
    onnx__node_proto__init(node);
    node->op_type = copy_text(w, op_type);
    node->name = copy_text(w, name);
    node->input = alloc(w, EDY_MAX_INPUTS, sizeof *node->input);
    node->output = alloc(w, 1, sizeof *node->output);
    node->attribute = alloc(w, MAX_ATTRIBUTES, sizeof *node->attribute);
    if (w->status)
        return NULL;
    w->proto.node[w->proto.n_node++] = node;
    return node;
}

void edy_writer_input(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name) {
    char *copy = node ? copy_text(w, name) : NULL;
    if (!copy)
        return;
    assert(node->n_input < EDY_MAX_INPUTS);
    node->input[node->n_input++] = copy;
}

void edy_writer_output(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name) {
    char *copy = node ? copy_text(w, name) : NULL;
    if (!copy)
        return;
    node->output[0] = copy;
    node->n_output = 1;
}

int32_t edy_writer_data_type(edy_dtype dtype) {
    switch (dtype) {
    case EDY_F32:
        return ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    case EDY_F64:
        return ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    case EDY_S8:
        return ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
    case EDY_U8:
        return ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
    case EDY_S32:
        return ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    case EDY_S64:
        return ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    case EDY_BOOL:
        return ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    default:
        return ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED;
    }
}

/* data is not copied. */
static void add_initializer(edy_onnx_writer *w, const char *name, edy_dtype dtype, int32_t rank,
                            const int64_t *dims, const void *data, size_t elems) {
    Onnx__TensorProto *t = alloc(w, 1, sizeof *t);
    int64_t *own_dims = alloc(w, EDY_MAX_RANK, sizeof *own_dims);
    char *own_name = copy_text(w, name);
    if (w->status)
        return;
    onnx__tensor_proto__init(t);
    memcpy(own_dims, dims, (size_t)rank * sizeof *dims);
    t->name = own_name;
    t->n_dims = (size_t)rank;
    t->dims = own_dims;
    t->has_data_type = 1;
    t->data_type = edy_writer_data_type(dtype);
    t->has_raw_data = 1;
    t->raw_data.len = elems * edy_dtype_bytes(dtype);
    t->raw_data.data = (uint8_t *)data; /* packing only reads it */
    w->proto.initializer[w->proto.n_initializer++] = t;
}

void edy_writer_value(edy_onnx_writer *w, Onnx__NodeProto *node, edy_value_id id) {
    if (w->status)
        return;
    if (id == EDY_NO_VALUE) {
        edy_writer_input(w, node, "");
        return;
    }
    const edy_value *v = &w->graph->value[id];
    if (v->data && !w->written[id]) {
        add_initializer(w, w->name[id], v->dtype, v->shape.rank, v->shape.dim, v->data,
                        edy_shape_count(&v->shape));
        w->written[id] = true;
    }
    edy_writer_input(w, node, w->name[id]);
}

void edy_writer_constant(edy_onnx_writer *w, Onnx__NodeProto *node, edy_dtype dtype, int32_t rank,
                         int64_t elems, const void *data) {
    assert(rank <= 1);
    const size_t bytes = (size_t)elems * edy_dtype_bytes(dtype);
    void *copy = alloc(w, bytes, 1);
    const char *name = node ? edy_writer_made_up(w, node->name) : NULL;
    if (w->status || !name)
        return;
    memcpy(copy, data, bytes);
    add_initializer(w, name, dtype, rank, &elems, copy, (size_t)elems);
    edy_writer_input(w, node, name);
}

/* ---- Attributes ------------------------------------------------------------------------------ */

static Onnx__AttributeProto *add_attribute(edy_onnx_writer *w, Onnx__NodeProto *node,
                                           const char *name,
                                           Onnx__AttributeProto__AttributeType type) {
    Onnx__AttributeProto *a = node ? alloc(w, 1, sizeof *a) : NULL;
    char *copy = a ? copy_text(w, name) : NULL;
    if (!copy)
        return NULL;
    onnx__attribute_proto__init(a);
    a->name = copy;
    a->has_type = 1;
    a->type = type;
    assert(node->n_attribute < MAX_ATTRIBUTES);
    node->attribute[node->n_attribute++] = a;
    return a;
}

void edy_writer_int(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name, int64_t value) {
    Onnx__AttributeProto *a =
        add_attribute(w, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (!a)
        return;
    a->has_i = 1;
    a->i = value;
}

void edy_writer_float(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name, float value) {
    Onnx__AttributeProto *a =
        add_attribute(w, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (!a)
        return;
    a->has_f = 1;
    a->f = value;
}

void edy_writer_ints(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name,
                     const int64_t *value, int32_t n) {
    Onnx__AttributeProto *a =
        add_attribute(w, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    int64_t *copy = a ? alloc(w, (size_t)n, sizeof *copy) : NULL;
    if (!copy)
        return;
    memcpy(copy, value, (size_t)n * sizeof *copy);
    a->ints = copy;
    a->n_ints = (size_t)n;
}

void edy_writer_text(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name,
                     const char *value) {
    Onnx__AttributeProto *a =
        add_attribute(w, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    char *copy = a ? copy_text(w, value) : NULL;
    if (!copy)
        return;
    a->has_s = 1;
    a->s.data = (uint8_t *)copy;
    a->s.len = strlen(value);
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static Onnx__TensorShapeProto *port_shape(edy_onnx_writer *w, const edy_shape *shape) {
    Onnx__TensorShapeProto *s = alloc(w, 1, sizeof *s);
    Onnx__TensorShapeProto__Dimension **dim = alloc(w, EDY_MAX_RANK, sizeof *dim);
    Onnx__TensorShapeProto__Dimension *all = alloc(w, EDY_MAX_RANK, sizeof *all);
    char *symbol = copy_text(w, "N");
    if (w->status)
        return NULL;
    onnx__tensor_shape_proto__init(s);
    for (int32_t i = 0; i < shape->rank; i++) {
        dim[i] = &all[i];
        onnx__tensor_shape_proto__dimension__init(dim[i]);
        if (i == 0) {
            dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim[i]->dim_param = symbol;
        } else {
            dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim[i]->dim_value = shape->dim[i];
        }
    }
    s->dim = dim;
    s->n_dim = (size_t)shape->rank;
    return s;
}

static Onnx__ValueInfoProto *port(edy_onnx_writer *w, edy_value_id id) {
    const edy_value *v = &w->graph->value[id];
    Onnx__ValueInfoProto *info = alloc(w, 1, sizeof *info);
    Onnx__TypeProto *type = alloc(w, 1, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = alloc(w, 1, sizeof *tensor);
    char *name = w->status ? NULL : copy_text(w, w->name[id]);
    Onnx__TensorShapeProto *shape = port_shape(w, &v->shape);
    if (w->status)
        return NULL;
    onnx__value_info_proto__init(info);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    tensor->has_elem_type = 1;
    tensor->elem_type = edy_writer_data_type(v->dtype);
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    info->name = name;
    info->type = type;
    return info;
}

void edy_writer_ports(edy_onnx_writer *w) {
    const edy_graph *g = w->graph;
    w->proto.input = alloc(w, (size_t)g->n_inputs, sizeof *w->proto.input);
    w->proto.output = alloc(w, (size_t)g->n_outputs, sizeof *w->proto.output);
    for (int32_t i = 0; !w->status && i < g->n_inputs; i++)
        w->proto.input[w->proto.n_input++] = port(w, g->input[i]);
    for (int32_t i = 0; !w->status && i < g->n_outputs; i++)
        w->proto.output[w->proto.n_output++] = port(w, g->output[i]);
}
