/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_context.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/onnx_tensor.h"
#include "engine/ops/evaluate.h"
#include "engine/ops/op.h"

/* ---- Messages ---------------------------------------------------------------------------------
 */

edy_status edy_onnx_fail(edy_onnx_context *c, edy_status code, const char *format, ...) {
    char text[sizeof c->err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return edy_fail(c->err, code, "%.200s: %s", c->file, text);
}

edy_status edy_onnx_node_fail(edy_onnx_context *c, edy_status code, const char *format, ...) {
    char text[sizeof c->err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return edy_fail(c->err, code, "%.200s: %.40s (node \"%.80s\"): %s", c->file, c->node->op_type,
                    c->node_name, text);
}

/* ---- Inputs -----------------------------------------------------------------------------------
 */

const edy_value *edy_onnx_value(const edy_onnx_context *c, edy_value_id id) {
    return &c->graph->value[id];
}

bool edy_onnx_has_input(const edy_onnx_context *c, size_t index) {
    return index < c->node->n_input && c->node->input[index] && c->node->input[index][0];
}

/* The value of an input, made at its first use if it is an initializer. */
static edy_status resolve(edy_onnx_context *c, size_t index, edy_onnx_name **name) {
    *name = NULL;
    if (!edy_onnx_has_input(c, index))
        return EDY_OK;
    edy_onnx_name *found = edy_onnx_names_find(&c->names, c->node->input[index]);
    if (!found)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "reads \"%.80s\", which nothing defines",
                                  c->node->input[index]);
    if (found->output > 0 && found->id == EDY_NO_VALUE)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED,
                                  "reads \"%.80s\", output %d of a node; only output 0 is "
                                  "supported",
                                  found->text, found->output);
    if (found->id == EDY_NO_VALUE && found->tensor) {
        const edy_status status = edy_onnx_tensor(c, found->tensor, found->text, &found->id);
        if (status)
            return status;
    }
    if (found->id == EDY_NO_VALUE)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "reads \"%.80s\" before it is made",
                                  found->text);
    *name = found;
    return EDY_OK;
}

edy_status edy_onnx_input(edy_onnx_context *c, size_t index, edy_value_id *id) {
    edy_onnx_name *name;
    edy_status status = resolve(c, index, &name);
    *id = name ? name->id : EDY_NO_VALUE;
    if (status || !name)
        return status;
    const edy_value *value = edy_onnx_value(c, *id);
    if (value->data && !name->finite) {
        status = edy_onnx_check_finite(c, value);
        name->finite = !status;
    }
    return status;
}

edy_status edy_onnx_raw_input(edy_onnx_context *c, size_t index, edy_value_id *id) {
    edy_onnx_name *name;
    const edy_status status = resolve(c, index, &name);
    *id = name ? name->id : EDY_NO_VALUE;
    return status;
}

static edy_status refuse_computed(edy_onnx_context *c, size_t index) {
    const edy_onnx_name *name = edy_onnx_names_find(&c->names, c->node->input[index]);
    const bool input = name && name->input;
    if (input && c->options->wanted)
        snprintf(c->options->wanted, EDY_WANTED_SIZE, "%.*s", EDY_WANTED_SIZE - 1, name->text);
    return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "input %zu \"%.80s\" is not a constant%s", index,
                              c->node->input[index], input ? " but an input of the graph" : "");
}

edy_status edy_onnx_constant_input(edy_onnx_context *c, size_t index, edy_value_id *id) {
    const edy_status status = edy_onnx_input(c, index, id);
    if (status || *id == EDY_NO_VALUE || edy_onnx_value(c, *id)->data)
        return status;
    return refuse_computed(c, index);
}

edy_status edy_onnx_weight_input(edy_onnx_context *c, size_t index, edy_value_id *id) {
    edy_onnx_name *name;
    edy_status status = resolve(c, index, &name);
    *id = name ? name->id : EDY_NO_VALUE;
    if (status || !name || name->dequantized)
        return status;
    return edy_onnx_constant_input(c, index, id);
}

edy_status edy_onnx_is_weight(edy_onnx_context *c, size_t index, bool *yes) {
    edy_onnx_name *name;
    const edy_status status = resolve(c, index, &name);
    *yes = !status && name && (name->dequantized || edy_onnx_value(c, name->id)->data);
    return status;
}

edy_status edy_onnx_ints_input(edy_onnx_context *c, size_t index, int64_t *out, int32_t max,
                               int32_t *n) {
    edy_onnx_name *name;
    const edy_status status = resolve(c, index, &name);
    *n = -1;
    if (status || !name)
        return status;
    const edy_value *value = edy_onnx_value(c, name->id);
    if (!value->data)
        return refuse_computed(c, index);
    if ((value->dtype != EDY_S64 && value->dtype != EDY_S32) || value->shape.rank > 1)
        return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                  "input %zu is %s of rank %d, not a list of int64", index,
                                  edy_dtype_text(value->dtype), value->shape.rank);
    const size_t count = edy_shape_count(&value->shape);
    if (count > (size_t)max)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED,
                                  "input %zu has %zu elements, at most %d are "
                                  "supported",
                                  index, count, max);
    for (size_t i = 0; i < count; i++)
        out[i] = value->dtype == EDY_S64 ? ((const int64_t *)value->data)[i]
                                         : ((const int32_t *)value->data)[i];
    *n = (int32_t)count;
    return EDY_OK;
}

edy_status edy_onnx_scalar_input(edy_onnx_context *c, size_t index, float *value) {
    edy_onnx_name *name;
    const edy_status status = resolve(c, index, &name);
    if (status || !name)
        return status;
    const edy_value *v = edy_onnx_value(c, name->id);
    if (!v->data)
        return refuse_computed(c, index);
    if (edy_shape_count(&v->shape) != 1)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "input %zu has %zu elements, not 1", index,
                                  edy_shape_count(&v->shape));
    switch (v->dtype) {
    case EDY_F32:
        *value = *(const float *)v->data;
        break;
    case EDY_U8:
    case EDY_BOOL:
        *value = *(const uint8_t *)v->data;
        break;
    case EDY_S8:
        *value = *(const int8_t *)v->data;
        break;
    default:
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "input %zu is %s", index,
                                  edy_dtype_text(v->dtype));
    }
    return isnan(*value) ? edy_onnx_node_fail(c, EDY_BAD_FILE, "input %zu is NaN", index) : EDY_OK;
}

/* ---- Results ----------------------------------------------------------------------------------
 */

edy_status edy_onnx_inputs(edy_onnx_context *c, int32_t n_inputs, edy_value_id *input) {
    for (int32_t i = 0; i < n_inputs; i++) {
        const edy_status status = edy_onnx_input(c, (size_t)i, &input[i]);
        if (status)
            return status;
    }
    return EDY_OK;
}

edy_status edy_onnx_begin_with(edy_onnx_context *c, edy_op_kind op, const edy_value_id *input,
                               int32_t n_inputs, edy_node **n) {
    int32_t index;
    const edy_status status = edy_graph_add_node(c->graph, op, c->node_name, &index, c->err);
    if (status)
        return edy_onnx_fail(c, status, "no memory for the graph");
    *n = &c->graph->node[index];
    (*n)->n_inputs = n_inputs;
    for (int32_t i = 0; i < n_inputs; i++)
        (*n)->input[i] = input[i];
    return EDY_OK;
}

edy_status edy_onnx_begin(edy_onnx_context *c, edy_op_kind op, int32_t n_inputs, edy_node **n) {
    edy_value_id input[EDY_MAX_INPUTS];
    const edy_status status = edy_onnx_inputs(c, n_inputs, input);
    return status ? status : edy_onnx_begin_with(c, op, input, n_inputs, n);
}

edy_status edy_onnx_check_size(edy_onnx_context *c, const char *name, edy_dtype dtype,
                               const edy_shape *shape) {
    size_t elems = 0, bytes = 0;
    edy_error inner;
    const edy_status status = edy_shape_elems(shape, &elems, &inner);
    if (status)
        return edy_onnx_fail(c, status, "tensor \"%.80s\": %s", name, inner.message);
    if (__builtin_mul_overflow(elems, edy_dtype_bytes(dtype), &bytes) ||
        bytes > c->limits->tensor_bytes) {
        char text[96];
        return edy_onnx_fail(c, EDY_LIMIT,
                             "tensor \"%.80s\" of %s %s needs more than the limit of %" PRIu64
                             " bytes",
                             name, edy_shape_text(shape, text, sizeof text), edy_dtype_text(dtype),
                             c->limits->tensor_bytes);
    }
    return EDY_OK;
}

bool edy_onnx_is_from_batch(const edy_onnx_context *c, edy_value_id id) {
    return id != EDY_NO_VALUE && id < c->n_from_batch && c->from_batch[id];
}

edy_status edy_onnx_mark_batch(edy_onnx_context *c, edy_value_id id) {
    if (id >= c->n_from_batch) {
        const int32_t want = 2 * id + 64;
        bool *bigger = realloc(c->from_batch, (size_t)want * sizeof *bigger);
        if (!bigger)
            return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
        memset(bigger + c->n_from_batch, 0, (size_t)(want - c->n_from_batch) * sizeof *bigger);
        c->from_batch = bigger;
        c->n_from_batch = want;
    }
    c->from_batch[id] = true;
    return EDY_OK;
}

static bool reads_batch(const edy_onnx_context *c, const edy_node *n) {
    for (int32_t j = 0; j < n->n_inputs; j++)
        if (edy_onnx_is_from_batch(c, n->input[j]))
            return true;
    return false;
}

/* Evaluates the last node, whose inputs are constants. */
static edy_status fold_last(edy_onnx_context *c) {
    edy_graph *g = c->graph;
    const edy_node *n = &g->node[g->n_nodes - 1];
    const edy_value *y = &g->value[n->output[0]];
    const uint64_t bytes = edy_shape_count(&y->shape) * edy_dtype_bytes(y->dtype);
    if (bytes > c->limits->model_bytes - c->folded_bytes)
        return edy_onnx_node_fail(
            c, EDY_LIMIT, "constants computed so far need more than the limit of %" PRIu64 " bytes",
            c->limits->model_bytes);
    c->folded_bytes += bytes;
    edy_error inner = {0};
    const edy_status status = edy_evaluate(g, n, &inner);
    if (status)
        return edy_onnx_node_fail(c, status, "%s", inner.message);
    g->n_nodes--;
    return reads_batch(c, n) ? edy_onnx_mark_batch(c, n->output[0]) : EDY_OK;
}

edy_status edy_onnx_finish_as(edy_onnx_context *c, const char *text, edy_value_id *id) {
    edy_graph *g = c->graph;
    if (edy_graph_add_value(g, text, EDY_NONE, id, c->err))
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    edy_node *n = &g->node[g->n_nodes - 1];
    n->n_outputs = 1;
    n->output[0] = *id;
    edy_error inner = {0};
    const bool keep = c->keep;
    c->keep = false;
    const edy_status status = edy_op_get(n->op)->infer(g, n, &inner);
    if (status == EDY_UNSUPPORTED)
        return edy_onnx_node_fail(c, status, "%s (opset %" PRId64 ")", inner.message, c->opset);
    if (status)
        return edy_onnx_node_fail(c, status, "%s", inner.message);
    g->value[*id].shape_known = true;
    const edy_status fits = edy_onnx_check_size(c, text, g->value[*id].dtype, &g->value[*id].shape);
    return fits || keep || !edy_can_evaluate(g, n) ? fits : fold_last(c);
}

/* Of several nodes that one of the file becomes, all but one are named after what they make: a node
 * has a name of its own. */
static void name_after_output(edy_graph *g, edy_value_id id) {
    edy_node *n = g->n_nodes > 0 ? &g->node[g->n_nodes - 1] : NULL;
    if (n && n->output[0] == id) /* it was not folded */
        n->name = g->value[id].name;
}

edy_status edy_onnx_reshape(edy_onnx_context *c, edy_value_id from, const int64_t *target,
                            int32_t rank, const char *text, edy_value_id *to) {
    edy_node *n;
    const edy_status status = edy_onnx_begin_with(c, EDY_OP_RESHAPE, &from, 1, &n);
    if (status)
        return status;
    n->n_target = rank;
    memcpy(n->target, target, (size_t)rank * sizeof *target);
    const edy_status made = edy_onnx_finish_as(c, text, to);
    if (!made)
        name_after_output(c->graph, *to);
    return made;
}

edy_status edy_onnx_output(edy_onnx_context *c, edy_onnx_name **name) {
    *name = NULL;
    if (c->node->n_output > 0 && c->node->output[0] && c->node->output[0][0])
        *name = edy_onnx_names_find(&c->names, c->node->output[0]);
    return *name ? EDY_OK : edy_onnx_node_fail(c, EDY_BAD_FILE, "it has no output");
}

edy_status edy_onnx_finish(edy_onnx_context *c) {
    edy_onnx_name *name;
    const edy_status status = edy_onnx_output(c, &name);
    return status ? status : edy_onnx_finish_as(c, name->text, &name->id);
}

edy_status edy_onnx_finish_output(edy_onnx_context *c, size_t index) {
    const char *text = index < c->node->n_output ? c->node->output[index] : NULL;
    edy_onnx_name *name = text && text[0] ? edy_onnx_names_find(&c->names, text) : NULL;
    if (!name)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "it has no output %zu", index);
    const edy_status status = edy_onnx_finish_as(c, name->text, &name->id);
    if (!status && index > 0)
        name_after_output(c->graph, name->id);
    return status;
}

edy_status edy_onnx_finish_part(edy_onnx_context *c, bool last, edy_value_id *id) {
    edy_onnx_name *out;
    char name[256];
    edy_status status = edy_onnx_output(c, &out);
    if (status)
        return status;
    snprintf(name, sizeof name, "%.200s/%d", out->text, c->graph->n_values);
    status = edy_onnx_finish_as(c, last ? out->text : name, id);
    if (!status && last)
        out->id = *id;
    else if (!status)
        name_after_output(c->graph, *id);
    return status;
}

edy_status edy_onnx_alias(edy_onnx_context *c, edy_value_id id) {
    edy_onnx_name *name;
    const edy_status status = edy_onnx_output(c, &name);
    if (!status)
        name->id = id;
    return status;
}

void edy_onnx_fold(edy_onnx_context *c, const void *data) {
    const edy_node *n = &c->graph->node[--c->graph->n_nodes];
    c->graph->value[n->output[0]].data = data;
}

edy_status edy_onnx_finish_constant(edy_onnx_context *c, edy_dtype dtype, const edy_shape *shape,
                                    const void *data) {
    edy_onnx_name *name;
    const edy_status status = edy_onnx_output(c, &name);
    if (status)
        return status;
    edy_error inner;
    const edy_status added =
        edy_graph_add_constant(c->graph, name->text, dtype, shape, data, &name->id, &inner);
    return added ? edy_onnx_node_fail(c, added, "%s", inner.message) : EDY_OK;
}
