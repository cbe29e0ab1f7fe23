/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/tests/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"

static void *alloc(edy_ob *b, size_t count, size_t size) {
    void *p = edy_region_array(&b->region, count, size);
    if (!p)
        abort();
    return p;
}

static char *copy_text(edy_ob *b, const char *text, size_t length) {
    char *copy = alloc(b, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

edy_ob *edy_ob_create(int64_t opset) {
    edy_ob *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    onnx__model_proto__init(&b->model);
    onnx__graph_proto__init(&b->graph);
    onnx__operator_set_id_proto__init(&b->opset);
    b->opset.domain = copy_text(b, "", 0);
    b->opset.has_version = 1;
    b->opset.version = opset;
    b->opsets[0] = &b->opset;
    b->model.has_ir_version = 1;
    b->model.ir_version = 7;
    b->model.n_opset_import = 1;
    b->model.opset_import = b->opsets;
    b->model.graph = &b->graph;
    b->graph.name = copy_text(b, "test", 4);
    b->graph.node = alloc(b, EDY_OB_MOST, sizeof *b->graph.node);
    b->graph.input = alloc(b, EDY_OB_MOST, sizeof *b->graph.input);
    b->graph.output = alloc(b, EDY_OB_MOST, sizeof *b->graph.output);
    b->graph.initializer = alloc(b, EDY_OB_MOST, sizeof *b->graph.initializer);
    return b;
}

void edy_ob_destroy(edy_ob *b) {
    edy_region_free(&b->region);
    free(b);
}

static int32_t data_type(edy_dtype dtype) {
    static const int32_t types[] = {[EDY_F32] = 1, [EDY_U8] = 2,   [EDY_S8] = 3,  [EDY_S32] = 6,
                                    [EDY_S64] = 7, [EDY_BOOL] = 9, [EDY_F64] = 11};
    return types[dtype];
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static Onnx__ValueInfoProto *port(edy_ob *b, const char *name, edy_dtype dtype) {
    Onnx__ValueInfoProto *info = alloc(b, 1, sizeof *info);
    onnx__value_info_proto__init(info);
    info->name = copy_text(b, name, strlen(name));
    info->type = alloc(b, 1, sizeof *info->type);
    onnx__type_proto__init(info->type);
    info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type->tensor_type = alloc(b, 1, sizeof *info->type->tensor_type);
    onnx__type_proto__tensor__init(info->type->tensor_type);
    info->type->tensor_type->has_elem_type = 1;
    info->type->tensor_type->elem_type = data_type(dtype);
    return info;
}

void edy_ob_input(edy_ob *b, const char *name, edy_dtype dtype, int32_t rank, const int64_t *dims) {
    Onnx__ValueInfoProto *info = port(b, name, dtype);
    Onnx__TensorShapeProto *shape = alloc(b, 1, sizeof *shape);
    onnx__tensor_shape_proto__init(shape);
    shape->dim = alloc(b, (size_t)rank + 1, sizeof *shape->dim);
    shape->n_dim = (size_t)rank;
    for (int32_t i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *d = alloc(b, 1, sizeof *d);
        onnx__tensor_shape_proto__dimension__init(d);
        if (dims[i] == EDY_OB_N) {
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            d->dim_param = copy_text(b, "N", 1);
        } else {
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            d->dim_value = dims[i];
        }
        shape->dim[i] = d;
    }
    info->type->tensor_type->shape = shape;
    b->graph.input[b->graph.n_input++] = info;
}

void edy_ob_output(edy_ob *b, const char *name, edy_dtype dtype) {
    b->graph.output[b->graph.n_output++] = port(b, name, dtype);
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

static char **words(edy_ob *b, const char *text, size_t *n) {
    char **list = alloc(b, strlen(text) + 1, sizeof *list);
    *n = 0;
    while (*text) {
        const size_t length = strcspn(text, " ");
        const bool left_out = length == 1 && *text == '-';
        list[(*n)++] = copy_text(b, text, left_out ? 0 : length);
        text += length + (text[length] == ' ');
    }
    return list;
}

Onnx__NodeProto *edy_ob_node(edy_ob *b, const char *op, const char *name, const char *inputs,
                             const char *outputs) {
    Onnx__NodeProto *node = alloc(b, 1, sizeof *node);
    onnx__node_proto__init(node);
    node->op_type = copy_text(b, op, strlen(op));
    node->name = copy_text(b, name, strlen(name));
    node->input = words(b, inputs, &node->n_input);
    node->output = words(b, outputs, &node->n_output);
    node->attribute = alloc(b, 16, sizeof *node->attribute);
    b->graph.node[b->graph.n_node++] = node;
    return node;
}

Onnx__AttributeProto *edy_ob_attribute(edy_ob *b, Onnx__NodeProto *node, const char *name,
                                       Onnx__AttributeProto__AttributeType type) {
    Onnx__AttributeProto *a = alloc(b, 1, sizeof *a);
    onnx__attribute_proto__init(a);
    a->name = copy_text(b, name, strlen(name));
    a->has_type = 1;
    a->type = type;
    node->attribute[node->n_attribute++] = a;
    return a;
}

void edy_ob_int(edy_ob *b, Onnx__NodeProto *node, const char *name, int64_t value) {
    Onnx__AttributeProto *a =
        edy_ob_attribute(b, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    a->has_i = 1;
    a->i = value;
}

void edy_ob_float(edy_ob *b, Onnx__NodeProto *node, const char *name, float value) {
    Onnx__AttributeProto *a =
        edy_ob_attribute(b, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    a->has_f = 1;
    a->f = value;
}

void edy_ob_ints(edy_ob *b, Onnx__NodeProto *node, const char *name, size_t n,
                 const int64_t *value) {
    Onnx__AttributeProto *a =
        edy_ob_attribute(b, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    a->n_ints = n;
    a->ints = alloc(b, n, sizeof *a->ints);
    memcpy(a->ints, value, n * sizeof *value);
}

void edy_ob_text(edy_ob *b, Onnx__NodeProto *node, const char *name, const char *value) {
    Onnx__AttributeProto *a =
        edy_ob_attribute(b, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = 1;
    a->s.len = strlen(value);
    a->s.data = (uint8_t *)copy_text(b, value, a->s.len);
}

/* ---- Initializers ---------------------------------------------------------------------------- */

/* 0.25, -0.5, 0.75, ... : exact, different neighbours, in range for every dtype as an integer. */
static void fill_pattern(void *data, edy_dtype dtype, size_t elems) {
    for (size_t i = 0; i < elems; i++) {
        const int k = (int)(i % 7) + 1;
        switch (dtype) {
        case EDY_F32:
            ((float *)data)[i] = (i % 2 ? -0.25f : 0.25f) * (float)k;
            break;
        case EDY_F64:
            ((double *)data)[i] = 0.25 * k;
            break;
        case EDY_S32:
            ((int32_t *)data)[i] = k;
            break;
        case EDY_S64:
            ((int64_t *)data)[i] = k;
            break;
        default:
            ((uint8_t *)data)[i] = (uint8_t)k;
        }
    }
}

Onnx__TensorProto *edy_ob_tensor(edy_ob *b, const char *name, edy_dtype dtype, int32_t rank,
                                 const int64_t *dims, const void *data) {
    Onnx__TensorProto *t = alloc(b, 1, sizeof *t);
    onnx__tensor_proto__init(t);
    size_t elems = 1;
    t->dims = alloc(b, EDY_MAX_RANK + 8, sizeof *t->dims);
    t->n_dims = (size_t)rank;
    for (int32_t i = 0; i < rank; i++) {
        t->dims[i] = dims[i];
        elems *= (size_t)dims[i];
    }
    t->name = copy_text(b, name, strlen(name));
    t->has_data_type = 1;
    t->data_type = data_type(dtype);
    t->has_raw_data = 1;
    t->raw_data.len = elems * edy_dtype_bytes(dtype);
    t->raw_data.data = alloc(b, elems, edy_dtype_bytes(dtype));
    if (data)
        memcpy(t->raw_data.data, data, t->raw_data.len);
    else
        fill_pattern(t->raw_data.data, dtype, elems);
    b->graph.initializer[b->graph.n_initializer++] = t;
    return t;
}

Onnx__TensorProto *edy_ob_f32(edy_ob *b, const char *name, int32_t rank, const int64_t *dims,
                              const float *data) {
    return edy_ob_tensor(b, name, EDY_F32, rank, dims, data);
}

Onnx__TensorProto *edy_ob_s64(edy_ob *b, const char *name, int64_t n, const int64_t *data) {
    return edy_ob_tensor(b, name, EDY_S64, 1, &n, data);
}

/* ---- Use ------------------------------------------------------------------------------------- */

uint8_t *edy_ob_pack(edy_ob *b, size_t *size) {
    *size = onnx__model_proto__get_packed_size(&b->model);
    uint8_t *bytes = malloc(*size + 1);
    if (!bytes)
        abort();
    onnx__model_proto__pack(&b->model, bytes);
    return bytes;
}

edy_graph *edy_ob_import(edy_ob *b) {
    size_t size;
    edy_graph *g;
    edy_error err;
    uint8_t *bytes = edy_ob_pack(b, &size);
    const edy_status status = edy_onnx_import_memory("test.onnx", bytes, size, NULL, &g, &err);
    free(bytes);
    if (status)
        fail_msg("%s", err.message);
    return g;
}

void edy_ob_refused(edy_ob *b, edy_status code, const char *part) {
    size_t size;
    edy_graph *g;
    edy_error err = {0};
    uint8_t *bytes = edy_ob_pack(b, &size);
    const edy_status status = edy_onnx_import_memory("test.onnx", bytes, size, NULL, &g, &err);
    free(bytes);
    edy_graph_destroy(g);
    edy_ob_destroy(b);
    if (status != code || strncmp(err.message, "test.onnx: ", 11) != 0 ||
        !strstr(err.message, part))
        fail_msg("status %d, message \"%s\"; expected status %d and \"%s\"", (int)status,
                 err.message, (int)code, part);
}

const edy_value *edy_ob_value(const edy_graph *g, const char *name) {
    for (int32_t i = 0; i < g->n_values; i++)
        if (strcmp(g->value[i].name, name) == 0)
            return &g->value[i];
    fail_msg("there is no value \"%s\"", name);
    return NULL;
}
