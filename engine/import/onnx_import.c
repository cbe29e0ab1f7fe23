/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/model_file.h"
#include "engine/import/onnx_context.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"
#include "engine/import/onnx_read.h"
#include "engine/import/onnx_tensor.h"

enum { FIRST_OPSET = 6, LAST_OPSET = 18 };

/* ---- Inputs and outputs of the graph ----------------------------------------------------------
 */

/* A symbolic first dimension is the batch, 1 for now. */
static edy_status read_dim(edy_onnx_context *c, const char *name, size_t axis,
                           const Onnx__TensorShapeProto__Dimension *dim, int64_t *value) {
    const bool fixed = dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    if (fixed && dim->dim_value == 0 && c->options->wanted)
        snprintf(c->options->wanted, EDY_WANTED_SIZE, "%.*s", EDY_WANTED_SIZE - 1, name);
    if (fixed && dim->dim_value < 1)
        return edy_onnx_fail(c, EDY_BAD_FILE, "input \"%.80s\": dimension %zu is %" PRId64, name,
                             axis, dim->dim_value);
    if (!fixed && axis > 0) {
        const bool named =
            dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
            dim->dim_param;
        return edy_onnx_fail(c, EDY_UNSUPPORTED,
                             "input \"%.80s\": dimension %zu is the symbol \"%.60s\"; only the "
                             "first may be symbolic",
                             name, axis, named ? dim->dim_param : "");
    }
    *value = fixed ? dim->dim_value : 1;
    return EDY_OK;
}

static const Onnx__TypeProto__Tensor *tensor_type(const Onnx__ValueInfoProto *info) {
    const bool tensor = info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    return tensor ? info->type->tensor_type : NULL;
}

static edy_status read_input_type(edy_onnx_context *c, const Onnx__ValueInfoProto *info,
                                  edy_dtype *dtype, edy_shape *shape) {
    const Onnx__TypeProto__Tensor *type = tensor_type(info);
    if (!type || !type->shape)
        return edy_onnx_fail(c, EDY_UNSUPPORTED, "input \"%.80s\" is no tensor of a known shape",
                             info->name);
    *dtype = edy_onnx_dtype(type->elem_type);
    if (*dtype == EDY_NONE || type->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
        return edy_onnx_fail(
            c, EDY_UNSUPPORTED,
            "input \"%.80s\" is %s; float32, uint8, int8, int32, int64 and bool are supported",
            info->name, edy_onnx_type_text(type->elem_type));
    if (type->shape->n_dim > EDY_MAX_RANK)
        return edy_onnx_fail(c, EDY_UNSUPPORTED,
                             "input \"%.80s\" has %zu dimensions, at most %d are supported",
                             info->name, type->shape->n_dim, EDY_MAX_RANK);
    *shape = (edy_shape){.rank = (int32_t)type->shape->n_dim};
    edy_status status = EDY_OK;
    for (size_t i = 0; i < type->shape->n_dim && !status; i++)
        status = read_dim(c, info->name, i, type->shape->dim[i], &shape->dim[i]);
    return status;
}

static const edy_import_binding *find_binding(const edy_onnx_context *c, const char *name) {
    for (size_t i = 0; i < c->options->n_bindings; i++)
        if (strcmp(c->options->bindings[i].name, name) == 0)
            return &c->options->bindings[i];
    return NULL;
}

/* The input becomes a constant. */
static edy_status bind_input(edy_onnx_context *c, const Onnx__ValueInfoProto *info,
                             const edy_import_binding *b, edy_value_id *id) {
    const Onnx__TypeProto__Tensor *type = tensor_type(info);
    if (!type || edy_onnx_dtype(type->elem_type) != b->dtype)
        return edy_onnx_fail(c, EDY_BAD_ARGUMENT, "input \"%.80s\" is bound to %s, but is %s",
                             info->name, edy_dtype_text(b->dtype),
                             edy_onnx_type_text(type ? type->elem_type : -1));
    edy_error inner;
    const edy_status status =
        edy_graph_add_constant(c->graph, info->name, b->dtype, &b->shape, b->data, id, &inner);
    return status ? edy_onnx_fail(c, status, "input \"%.80s\": %s", info->name, inner.message)
                  : EDY_OK;
}

static edy_status import_input(edy_onnx_context *c, const Onnx__ValueInfoProto *info) {
    edy_onnx_name *name = edy_onnx_names_find(&c->names, info->name);
    const edy_import_binding *binding = find_binding(c, info->name);
    if (binding)
        return bind_input(c, info, binding, &name->id);
    if (name->tensor)
        return EDY_OK; /* an initializer: a constant */
    edy_dtype dtype = EDY_NONE;
    edy_shape shape;
    edy_status status = read_input_type(c, info, &dtype, &shape);
    if (!status)
        status = edy_onnx_check_size(c, info->name, dtype, &shape);
    if (status)
        return status;
    edy_graph *g = c->graph;
    if (edy_graph_add_value(g, info->name, dtype, &name->id, c->err))
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    g->value[name->id].shape = shape;
    g->value[name->id].shape_known = true;
    if (g->n_inputs == 0 && shape.rank > 0)
        g->batch = shape.dim[0];
    g->input[g->n_inputs++] = name->id;
    return EDY_OK;
}

static edy_status check_bindings(edy_onnx_context *c) {
    for (size_t i = 0; i < c->options->n_bindings; i++) {
        const edy_onnx_name *name = edy_onnx_names_find(&c->names, c->options->bindings[i].name);
        if (!name || !name->input)
            return edy_onnx_fail(c, EDY_BAD_ARGUMENT, "the graph has no input \"%.80s\" to bind",
                                 c->options->bindings[i].name);
    }
    return EDY_OK;
}

static edy_status import_inputs(edy_onnx_context *c) {
    edy_graph *g = c->graph;
    g->input = calloc(c->proto->n_input + 1, sizeof *g->input);
    if (!g->input)
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    edy_status status = check_bindings(c);
    for (size_t i = 0; i < c->proto->n_input && !status; i++)
        status = import_input(c, c->proto->input[i]);
    if (!status && g->n_inputs == 0 && !c->options->constant_results)
        status = edy_onnx_fail(c, EDY_BAD_FILE, "the graph has no input");
    return status;
}

static bool is_input(const edy_graph *g, edy_value_id id) {
    for (int32_t i = 0; i < g->n_inputs; i++)
        if (g->input[i] == id)
            return true;
    return false;
}

/* An output that is an alias (Identity at the end): the value takes the output's name where it is
 * free to, else a Reshape to the same shape makes a value of its own. */
static edy_status name_output(edy_onnx_context *c, edy_onnx_name *name) {
    edy_graph *g = c->graph;
    if (strcmp(g->value[name->id].name, name->text) == 0)
        return EDY_OK;
    if (!is_input(g, name->id) && !edy_graph_is_output(g, name->id)) {
        const char *copy = edy_region_string(&g->region, name->text);
        g->value[name->id].name = copy ? copy : g->value[name->id].name;
        return copy ? EDY_OK : edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    }
    edy_node *n;
    c->node = c->proto->node[name->node];
    c->node_name = name->text;
    const edy_status status = edy_onnx_begin_with(c, EDY_OP_RESHAPE, &name->id, 1, &n);
    if (status)
        return status;
    n->n_target = g->value[name->id].shape.rank; /* targets of 0: copies */
    return edy_onnx_finish_as(c, name->text, &name->id);
}

static edy_status import_output(edy_onnx_context *c, const Onnx__ValueInfoProto *info) {
    const char *text = info->name ? info->name : "";
    edy_onnx_name *name = edy_onnx_names_find(&c->names, text);
    if (!name)
        return edy_onnx_fail(c, EDY_BAD_FILE, "nothing makes the graph's output \"%.80s\"", text);
    if (name->output > 0 && name->id == EDY_NO_VALUE)
        return edy_onnx_fail(c, EDY_UNSUPPORTED,
                             "the graph's output \"%.80s\" is output %d of a node; only output 0 "
                             "is supported",
                             text, name->output);
    edy_status status = EDY_OK;
    const bool constant = name->id == EDY_NO_VALUE || edy_onnx_value(c, name->id)->data;
    if (constant && !c->options->constant_results)
        return edy_onnx_fail(c, EDY_UNSUPPORTED, "the graph's output \"%.80s\" is a constant",
                             text);
    if (name->id == EDY_NO_VALUE && name->tensor)
        status = edy_onnx_tensor(c, name->tensor, name->text, &name->id);
    if (!status && name->id == EDY_NO_VALUE)
        status = edy_onnx_fail(c, EDY_BAD_FILE, "nothing makes the graph's output \"%.80s\"", text);
    if (!status)
        status = name_output(c, name);
    if (status)
        return status;
    const Onnx__TypeProto__Tensor *type = tensor_type(info);
    const edy_dtype dtype = edy_onnx_value(c, name->id)->dtype;
    if (type && type->has_elem_type && type->elem_type != 0 &&
        edy_onnx_dtype(type->elem_type) != dtype)
        return edy_onnx_fail(c, EDY_BAD_FILE,
                             "the graph's output \"%.80s\" is said to be %s but is %s", text,
                             edy_onnx_type_text(type->elem_type), edy_dtype_text(dtype));
    c->graph->output[c->graph->n_outputs++] = name->id;
    return EDY_OK;
}

static edy_status import_outputs(edy_onnx_context *c) {
    edy_graph *g = c->graph;
    if (c->proto->n_output == 0)
        return edy_onnx_fail(c, EDY_BAD_FILE, "the graph has no output");
    g->output = calloc(c->proto->n_output, sizeof *g->output);
    if (!g->output)
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    edy_status status = EDY_OK;
    for (size_t i = 0; i < c->proto->n_output && !status; i++)
        status = import_output(c, c->proto->output[i]);
    return status;
}

/* ---- Nodes ------------------------------------------------------------------------------------
 */

static edy_status import_nodes(edy_onnx_context *c) {
    const size_t n = c->proto->n_node;
    edy_error inner;
    int32_t *order = calloc(n + 1, sizeof *order);
    if (!order)
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for %zu nodes", n);
    edy_status status = edy_onnx_order(c->proto, &c->names, order, &inner);
    if (status)
        status = edy_onnx_fail(c, status, "%s", inner.message);
    for (size_t i = 0; i < n && !status; i++) {
        char made_up[96];
        c->node = c->proto->node[order[i]];
        const char *type = c->node->op_type ? c->node->op_type : "";
        snprintf(made_up, sizeof made_up, "%.60s_%d", type, order[i]);
        c->node_name = c->node->name && c->node->name[0] ? c->node->name : made_up;
        status = type[0] ? edy_onnx_import_node(c)
                         : edy_onnx_fail(c, EDY_BAD_FILE, "node \"%.80s\" has no operator",
                                         c->node_name);
    }
    free(order);
    return status;
}

/* ---- The model --------------------------------------------------------------------------------
 */

static edy_status read_opset(edy_onnx_context *c, const Onnx__ModelProto *model) {
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = model->opset_import[i];
        if (!set->domain || !set->domain[0] || strcmp(set->domain, "ai.onnx") == 0)
            c->opset = set->version;
    }
    if (c->opset == 0)
        return edy_onnx_fail(c, EDY_BAD_FILE,
                             "is not ONNX or is damaged: it names no opset of ai.onnx");
    if (c->opset < FIRST_OPSET || c->opset > LAST_OPSET)
        return edy_onnx_fail(c, EDY_UNSUPPORTED, "opset %" PRId64 " is not supported, %d to %d are",
                             c->opset, FIRST_OPSET, LAST_OPSET);
    return EDY_OK;
}

static edy_status check_model(edy_onnx_context *c, const Onnx__ModelProto *model) {
    if (!model->graph)
        return edy_onnx_fail(c, EDY_BAD_FILE, "is not ONNX or is damaged: it has no graph");
    c->proto = model->graph;
    if (c->proto->n_node == 0)
        return edy_onnx_fail(c, EDY_BAD_FILE, "the graph has no node");
    if (c->proto->n_node > c->limits->nodes)
        return edy_onnx_fail(c, EDY_LIMIT, "the graph has %zu nodes, the limit is %" PRIu32,
                             c->proto->n_node, c->limits->nodes);
    if (c->proto->n_sparse_initializer)
        return edy_onnx_fail(c, EDY_UNSUPPORTED, "sparse initializers are not supported");
    return read_opset(c, model);
}

static edy_status import_graph(edy_onnx_context *c) {
    edy_graph *g = c->graph;
    edy_error inner;
    edy_status status = edy_onnx_names_create(c->proto, &c->names, &inner);
    if (status)
        return edy_onnx_fail(c, status, "%s", inner.message);
    g->opset = c->opset;
    g->name = edy_region_string(&g->region, c->proto->name ? c->proto->name : "");
    if (!g->name)
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    status = import_inputs(c);
    if (!status)
        status = import_nodes(c);
    if (!status)
        status = import_outputs(c);
    if (!status)
        status = edy_onnx_lift_prune(c);
    if (!status) {
        status = edy_graph_infer(g, &inner);
        status = status ? edy_onnx_fail(c, status, "%s", inner.message) : EDY_OK;
    }
    return status;
}

/* Names in a file may hold anything; a message is one line of text. */
static void make_printable(edy_error *err) {
    for (char *p = err->message; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
}

static edy_status unpack(edy_onnx_context *c, const void *bytes, size_t size,
                         edy_onnx_model *model) {
    edy_error inner;
    if (size == 0)
        return edy_onnx_fail(c, EDY_BAD_FILE, "is empty");
    if (size > c->limits->model_bytes)
        return edy_onnx_fail(c, EDY_LIMIT, "has %zu bytes, the limit is %" PRIu64, size,
                             c->limits->model_bytes);
    const edy_status status = edy_onnx_unpack(bytes, size, model, &inner);
    return status ? edy_onnx_fail(c, status, "%s", inner.message) : EDY_OK;
}

static edy_status import_model(edy_onnx_context *c, const Onnx__ModelProto *model) {
    const edy_status status = check_model(c, model);
    if (status)
        return status;
    if (edy_graph_create(&c->graph, NULL))
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    return import_graph(c);
}

/* options->limits is not NULL. *keep: bytes, which the graph may then take and free with itself,
 * leaving NULL; keep NULL: bytes are the caller's, and the graph refers to nothing in them. */
static edy_status import_bytes(const char *name, const void *bytes, size_t size, uint8_t **keep,
                               const edy_import_options *options, edy_graph **graph,
                               edy_error *err) {
    edy_error own;
    edy_onnx_model model = {0};
    edy_onnx_context c = {
        .file = name, .limits = options->limits, .options = options, .err = err ? err : &own};
    if (options->wanted)
        options->wanted[0] = '\0';
    edy_status status = unpack(&c, bytes, size, &model);
    if (!status && keep) {
        edy_onnx_align_payloads(&model);
        c.own = *keep;
        c.own_bytes = size;
    }
    if (!status)
        status = import_model(&c, model.proto);
    if (!status && c.keeps) {
        if (edy_region_keep(&c.graph->region, *keep))
            *keep = NULL;
        else
            status = edy_onnx_fail(&c, EDY_NO_MEMORY, "no memory for the graph");
    }
    edy_onnx_names_destroy(&c.names);
    edy_onnx_model_free(&model);
    free(c.twin);
    free(c.from_batch);
    if (status) {
        edy_graph_destroy(c.graph);
        c.graph = NULL;
        make_printable(c.err);
    }
    *graph = c.graph;
    return status;
}

edy_status edy_onnx_import_memory(const char *name, const void *bytes, size_t size,
                                  const edy_limits *limits, edy_graph **graph, edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    const edy_import_options options = {.limits = limits ? limits : &defaults};
    return import_bytes(name, bytes, size, NULL, &options, graph, err);
}

edy_status edy_onnx_import_with(const char *path, const edy_import_options *options,
                                edy_graph **graph, edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    edy_import_options own = *options;
    own.limits = own.limits ? own.limits : &defaults;
    edy_error inner;
    uint8_t *bytes;
    size_t size;
    *graph = NULL;
    edy_status status = edy_model_file_read(path, own.limits, &bytes, &size, &inner);
    if (!status) {
        status = import_bytes(path, bytes, size, &bytes, &own, graph, err);
        free(bytes); /* NULL where the graph has them */
        return status;
    }
    edy_fail(err, status, "%.200s: %s", path, inner.message);
    if (err)
        make_printable(err);
    return status;
}

edy_status edy_onnx_import(const char *path, const edy_limits *limits, edy_graph **graph,
                           edy_error *err) {
    const edy_import_options options = {.limits = limits};
    return edy_onnx_import_with(path, &options, graph, err);
}
