/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/suite/census.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/model_file.h"
#include "engine/import/onnx_read.h"

enum { MAX_OPS = 4096, MAX_INPUTS = 10000 };

/* ---- Types ----------------------------------------------------------------------------------- */

static const char *const type_names[32] = {
    [1] = "float",
    [2] = "uint8",
    [3] = "int8",
    [4] = "uint16",
    [5] = "int16",
    [6] = "int32",
    [7] = "int64",
    [8] = "string",
    [9] = "bool",
    [10] = "float16",
    [11] = "double",
    [12] = "uint32",
    [13] = "uint64",
    [14] = "complex64",
    [15] = "complex128",
    [16] = "bfloat16",
    [EDY_TYPE_NO_TENSOR] = "no-tensor",
};

const char *edy_type_text(int bit) {
    return bit >= 0 && bit < 32 ? type_names[bit] : NULL;
}

int edy_type_bit(const char *name) {
    for (int bit = 0; bit < 32; bit++)
        if (type_names[bit] && strcmp(type_names[bit], name) == 0)
            return bit;
    return -1;
}

const char *edy_type_set_text(edy_type_set set, char *text, size_t size) {
    size_t n = 0;
    text[0] = '\0';
    for (int bit = 0; bit < 32; bit++) {
        if (!(set >> bit & 1))
            continue;
        const char *name = type_names[bit] ? type_names[bit] : "unknown";
        if (n + strlen(name) + 2 > size)
            break;
        n += (size_t)snprintf(text + n, size - n, "%s%s", n ? " " : "", name);
    }
    return text;
}

static edy_type_set type_of(int32_t data_type) {
    return data_type > 0 && data_type < EDY_TYPE_NO_TENSOR ? 1u << data_type : 0;
}

/* 0 where the file does not say. */
static edy_type_set type_of_info(const Onnx__ValueInfoProto *info) {
    if (!info->type || info->type->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET)
        return 0;
    if (info->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return 1u << EDY_TYPE_NO_TENSOR;
    return info->type->tensor_type ? type_of(info->type->tensor_type->elem_type) : 0;
}

/* ---- Names of values and their types --------------------------------------------------------- */

typedef struct typed_name {
    const char *name;
    edy_type_set type;
} typed_name;

typedef struct names {
    typed_name *at;
    size_t n;
} names;

static int by_name(const void *a, const void *b) {
    return strcmp(((const typed_name *)a)->name, ((const typed_name *)b)->name);
}

static void add_name(names *t, const char *name, edy_type_set type) {
    if (name && name[0])
        t->at[t->n++] = (typed_name){name, type};
}

static edy_status collect_names(const Onnx__GraphProto *g, names *t, edy_error *err) {
    const size_t most = g->n_input + g->n_output + g->n_value_info + g->n_initializer;
    t->at = calloc(most + 1, sizeof *t->at);
    if (!t->at)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for %zu names", most);
    for (size_t i = 0; i < g->n_input; i++)
        add_name(t, g->input[i]->name, type_of_info(g->input[i]));
    for (size_t i = 0; i < g->n_output; i++)
        add_name(t, g->output[i]->name, type_of_info(g->output[i]));
    for (size_t i = 0; i < g->n_value_info; i++)
        add_name(t, g->value_info[i]->name, type_of_info(g->value_info[i]));
    for (size_t i = 0; i < g->n_initializer; i++)
        add_name(t, g->initializer[i]->name, type_of(g->initializer[i]->data_type));
    qsort(t->at, t->n, sizeof *t->at, by_name);
    return EDY_OK;
}

static edy_type_set find_type(const names *t, const char *name) {
    const typed_name key = {name ? name : "", 0};
    const typed_name *found = bsearch(&key, t->at, t->n, sizeof *t->at, by_name);
    return found ? found->type : 0;
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

static edy_census_op *op_of(edy_census *c, const Onnx__NodeProto *node) {
    char name[EDY_CENSUS_NAME];
    const char *domain = node->domain ? node->domain : "";
    const bool own = domain[0] && strcmp(domain, "ai.onnx") != 0;
    snprintf(name, sizeof name, "%.30s%s%.30s", own ? domain : "", own ? "." : "",
             node->op_type ? node->op_type : "");
    for (size_t i = 0; i < c->n_ops; i++)
        if (strcmp(c->op[i].name, name) == 0)
            return &c->op[i];
    if (c->n_ops == MAX_OPS)
        return NULL;
    edy_census_op *op = &c->op[c->n_ops++];
    memset(op, 0, sizeof *op);
    memcpy(op->name, name, sizeof name);
    return op;
}

static edy_status count_node(edy_census *c, const names *t, const Onnx__NodeProto *node,
                             edy_error *err) {
    edy_census_op *op = op_of(c, node);
    if (!op)
        return edy_fail(err, EDY_LIMIT, "more than %d different operators", MAX_OPS);
    for (size_t i = 0; i < node->n_input; i++)
        op->types |= find_type(t, node->input[i]);
    for (size_t i = 0; i < node->n_output; i++) {
        op->types |= find_type(t, node->output[i]);
        if (node->output[i][0] && i + 1 > op->outputs)
            op->outputs = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->t)
            op->types |= type_of(node->attribute[i]->t->data_type);
    return EDY_OK;
}

static bool is_initializer(const Onnx__GraphProto *g, const char *name) {
    for (size_t i = 0; i < g->n_initializer; i++)
        if (g->initializer[i]->name && strcmp(g->initializer[i]->name, name) == 0)
            return true;
    return false;
}

static edy_status collect_inputs(edy_census *c, const Onnx__GraphProto *g, edy_error *err) {
    c->input = calloc(g->n_input + 1, sizeof *c->input);
    if (!c->input)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory");
    if (g->n_input > MAX_INPUTS)
        return edy_fail(err, EDY_LIMIT, "more than %d inputs", MAX_INPUTS);
    for (size_t i = 0; i < g->n_input; i++) {
        const char *name = g->input[i]->name ? g->input[i]->name : "";
        if (is_initializer(g, name))
            continue;
        c->input[c->n_inputs] = strdup(name);
        if (!c->input[c->n_inputs])
            return edy_fail(err, EDY_NO_MEMORY, "out of memory");
        c->n_inputs++;
    }
    return EDY_OK;
}

static edy_status count_graph(edy_census *c, const Onnx__ModelProto *model, edy_error *err) {
    const Onnx__GraphProto *g = model->graph;
    names t = {.at = NULL};
    if (!g)
        return edy_fail(err, EDY_BAD_FILE, "the model has no graph");
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = model->opset_import[i];
        if (!set->domain || !set->domain[0] || strcmp(set->domain, "ai.onnx") == 0)
            c->opset = set->version;
    }
    for (size_t i = 0; i < g->n_input; i++)
        c->boundary |= type_of_info(g->input[i]);
    for (size_t i = 0; i < g->n_output; i++)
        c->boundary |= type_of_info(g->output[i]);
    const size_t most = g->n_node < MAX_OPS ? g->n_node : MAX_OPS;
    c->op = calloc(most + 1, sizeof *c->op);
    edy_status st =
        c->op ? collect_names(g, &t, err) : edy_fail(err, EDY_NO_MEMORY, "out of memory");
    st = st ? st : collect_inputs(c, g, err);
    for (size_t i = 0; i < g->n_node && !st; i++)
        st = count_node(c, &t, g->node[i], err);
    free(t.at);
    return st;
}

edy_status edy_census_read(const char *path, edy_census *census, edy_error *err) {
    const edy_limits limits = edy_limits_default();
    uint8_t *bytes = NULL;
    size_t size = 0;
    edy_error inner;
    edy_onnx_model model = {.proto = NULL};
    *census = (edy_census){.n_ops = 0};
    edy_status st = edy_model_file_read(path, &limits, &bytes, &size, &inner);
    st = st ? st : edy_onnx_unpack(bytes, size, &model, &inner);
    st = st ? st : count_graph(census, model.proto, &inner);
    if (model.proto)
        edy_onnx_model_free(&model);
    free(bytes);
    if (!st)
        return EDY_OK;
    edy_census_free(census);
    return edy_fail(err, st, "%.200s: %s", path, inner.message);
}

void edy_census_free(edy_census *census) {
    for (size_t i = 0; census->input && i < census->n_inputs; i++)
        free(census->input[i]);
    free(census->input);
    free(census->op);
    *census = (edy_census){.n_ops = 0};
}
