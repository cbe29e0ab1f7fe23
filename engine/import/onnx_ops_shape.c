/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators that move or rename data: constants, aliases, reshapes, Transpose, Pad, Concat. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"
#include "engine/import/onnx_tensor.h"

/* ---- Constant, Identity, Dropout --------------------------------------------------------------
 */

static edy_status constant_of_attribute(edy_onnx_context *c) {
    const edy_shape scalar = {.rank = 0};
    const char *name = c->node->attribute[0]->name;
    int64_t ints[2 * EDY_MAX_RANK];
    edy_status status;
    if (strcmp(name, "value_float") == 0) {
        float value;
        status = edy_onnx_attr_float(c, name, 0.0f, &value);
        return status ? status : edy_onnx_finish_constant(c, EDY_F32, &scalar, &value);
    }
    if (strcmp(name, "value_floats") == 0) {
        const float *values;
        size_t n;
        status = edy_onnx_attr_floats(c, name, &values, &n);
        const edy_shape list = edy_shape_make(1, (const int64_t[]){(int64_t)n});
        return status ? status : edy_onnx_finish_constant(c, EDY_F32, &list, values);
    }
    if (strcmp(name, "value_int") == 0) {
        status = edy_onnx_attr_int(c, name, 0, &ints[0]);
        return status ? status : edy_onnx_finish_constant(c, EDY_S64, &scalar, ints);
    }
    int32_t n;
    status = edy_onnx_attr_ints(c, name, ints, 2 * EDY_MAX_RANK, &n);
    const edy_shape list = edy_shape_make(1, (const int64_t[]){n});
    return status ? status : edy_onnx_finish_constant(c, EDY_S64, &list, ints);
}

edy_status edy_import_constant(edy_onnx_context *c) {
    if (c->node->n_attribute != 1)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "has %zu attributes, not one value",
                                  c->node->n_attribute);
    const Onnx__TensorProto *tensor = NULL;
    if (strcmp(c->node->attribute[0]->name, "value") != 0)
        return constant_of_attribute(c);
    edy_onnx_name *name;
    edy_status status = edy_onnx_attr_tensor(c, "value", &tensor);
    if (!status)
        status = edy_onnx_output(c, &name);
    return status ? status : edy_onnx_tensor(c, tensor, name->text, &name->id);
}

edy_status edy_import_identity(edy_onnx_context *c) {
    edy_value_id x;
    const edy_status status = edy_onnx_input(c, 0, &x);
    return status ? status : edy_onnx_alias(c, x);
}

/* float64 is float32 here: constants may be cast to it, as exporters do with bounds and with sizes
 * that they compute, but nothing at run time. */
edy_status edy_import_cast(edy_onnx_context *c) {
    edy_value_id x;
    int64_t to;
    edy_status status = edy_onnx_input(c, 0, &x);
    if (!status)
        status = edy_onnx_attr_int_in(c, "to", 0, 1, INT32_MAX, &to);
    if (status)
        return status;
    const edy_dtype dtype = edy_onnx_dtype((int32_t)to);
    const bool wide = to == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    if (dtype == EDY_NONE || (wide && !edy_onnx_value(c, x)->data))
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "from %s to %s is not supported",
                                  edy_dtype_text(edy_onnx_value(c, x)->dtype),
                                  edy_onnx_type_text((int32_t)to));
    if (dtype == edy_onnx_value(c, x)->dtype)
        return edy_onnx_alias(c, x);
    edy_node *n;
    status = edy_onnx_begin(c, EDY_OP_CAST, 1, &n);
    if (status)
        return status;
    n->to = dtype;
    return edy_onnx_finish(c);
}

/* Identity, unless the file asks for training. */
edy_status edy_import_dropout(edy_onnx_context *c) {
    int64_t is_test = 1;
    float training = 0.0f;
    edy_status status = EDY_OK;
    if (c->opset < 7) /* 0, training, is the default there */
        status = edy_onnx_attr_int_in(c, "is_test", 0, 1, 1, &is_test);
    if (!status)
        status = edy_onnx_scalar_input(c, 2, &training);
    if (!status && training != 0.0f)
        status = edy_onnx_node_fail(c, EDY_UNSUPPORTED, "training_mode is not supported");
    return status ? status : edy_import_identity(c);
}

/* ---- Reshapes ---------------------------------------------------------------------------------
 */

static edy_status import_reshape(edy_onnx_context *c, const int64_t *target, int32_t n_target) {
    edy_node *n;
    edy_status status = edy_onnx_begin(c, EDY_OP_RESHAPE, 1, &n);
    if (status)
        return status;
    n->n_target = n_target;
    memcpy(n->target, target, (size_t)n_target * sizeof *target);
    return edy_onnx_finish(c);
}

edy_status edy_import_reshape(edy_onnx_context *c) {
    int64_t target[EDY_MAX_RANK], allow_zero;
    int32_t n;
    edy_status status = edy_onnx_attr_int_in(c, "allowzero", 0, 0, 1, &allow_zero);
    if (!status)
        status = edy_onnx_ints_input(c, 1, target, EDY_MAX_RANK, &n);
    edy_value_id x = EDY_NO_VALUE;
    if (!status)
        status = edy_onnx_input(c, 0, &x);
    bool zero = false;
    for (int32_t i = 0; !status && allow_zero && i < n; i++)
        zero = zero || target[i] == 0;
    if (status || !zero)
        return status ? status : import_reshape(c, target, n);
    const edy_value *v = edy_onnx_value(c, x);
    if (!v->data || edy_shape_count(&v->shape) != 0)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "a target dimension of 0 elements");
    const edy_shape empty = edy_shape_make(n, target);
    return edy_onnx_finish_constant(c, v->dtype, &empty, v->data);
}

/* The shape of input 0 and an axis of it, counted from the end where negative. */
static edy_status shape_of_input(edy_onnx_context *c, edy_shape *shape) {
    edy_value_id x;
    const edy_status status = edy_onnx_input(c, 0, &x);
    if (!status)
        *shape = edy_onnx_value(c, x)->shape;
    return status;
}

/* To two dimensions. The first is written so that it follows the batch. */
edy_status edy_import_flatten(edy_onnx_context *c) {
    edy_shape x;
    int64_t axis;
    edy_status status = shape_of_input(c, &x);
    if (!status)
        status = edy_onnx_attr_int(c, "axis", 1, &axis);
    if (status)
        return status;
    if (axis < -x.rank || axis > x.rank)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "axis %" PRId64 " of an input of rank %d", axis,
                                  x.rank);
    axis = axis < 0 ? axis + x.rank : axis;
    if (axis == 0)
        return import_reshape(c, (const int64_t[]){1, -1}, 2);
    if (axis == 1)
        return import_reshape(c, (const int64_t[]){0, -1}, 2);
    int64_t rest = 1;
    for (int32_t i = (int32_t)axis; i < x.rank; i++)
        rest *= x.dim[i];
    return import_reshape(c, (const int64_t[]){-1, rest}, 2);
}

/* `axes`: an attribute until opset 12, input 1 from 13 on. As a set of bits over `rank` axes;
 * *given is false where it is absent. */
static edy_status read_axes(edy_onnx_context *c, int32_t rank, uint32_t *set, bool *given) {
    int64_t axes[EDY_MAX_RANK];
    int32_t n;
    *set = 0;
    edy_status status = edy_onnx_attr_ints(c, "axes", axes, EDY_MAX_RANK, &n);
    *given = n >= 0;
    if (status || *given ? c->opset >= 13 : edy_onnx_has_input(c, 1) && c->opset < 13)
        return status
                   ? status
                   : edy_onnx_node_fail(c, EDY_BAD_FILE,
                                        "\"axes\" is not where opset %" PRId64 " has it", c->opset);
    if (!status && !*given) {
        status = edy_onnx_ints_input(c, 1, axes, EDY_MAX_RANK, &n);
        *given = n >= 0;
    }
    for (int32_t i = 0; !status && i < n; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank || (*set >> axis & 1))
            return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                      "axis %" PRId64 " is outside rank %d or given twice", axes[i],
                                      rank);
        *set |= UINT32_C(1) << axis;
    }
    return status;
}

/* Target dimension at place `to` for input dimension `from`: a copy where they are the same place,
 * so that the batch may change. */
static int64_t moved_dim(const edy_shape *x, int32_t from, int32_t to) {
    return from == to ? 0 : x->dim[from];
}

edy_status edy_import_squeeze(edy_onnx_context *c) {
    edy_shape x;
    uint32_t drop;
    bool given;
    edy_status status = shape_of_input(c, &x);
    if (!status)
        status = read_axes(c, x.rank, &drop, &given);
    if (status)
        return status;
    int64_t target[EDY_MAX_RANK];
    int32_t n = 0;
    for (int32_t i = 0; i < x.rank; i++) {
        if (given ? drop >> i & 1 : x.dim[i] == 1) {
            if (x.dim[i] != 1)
                return edy_onnx_node_fail(
                    c, EDY_BAD_FILE, "dimension %d has %" PRId64 " elements, not 1", i, x.dim[i]);
            continue;
        }
        target[n] = moved_dim(&x, i, n);
        n++;
    }
    return import_reshape(c, target, n);
}

edy_status edy_import_unsqueeze(edy_onnx_context *c) {
    edy_shape x;
    int64_t axes[EDY_MAX_RANK];
    int32_t n_axes = -1;
    uint32_t add;
    bool given;
    edy_status status = shape_of_input(c, &x);
    if (!status)
        status = c->opset < 13 ? edy_onnx_attr_ints(c, "axes", axes, EDY_MAX_RANK, &n_axes)
                               : edy_onnx_ints_input(c, 1, axes, EDY_MAX_RANK, &n_axes);
    if (status)
        return status;
    const int32_t rank = x.rank + n_axes;
    if (n_axes < 0 || rank > EDY_MAX_RANK)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "\"axes\" is missing or too long");
    status = read_axes(c, rank, &add, &given);
    if (status)
        return status;
    int64_t target[EDY_MAX_RANK];
    for (int32_t i = 0, from = 0; i < rank; i++)
        if (add >> i & 1)
            target[i] = 1;
        else {
            target[i] = from == 0 && i > 0 ? -1 : moved_dim(&x, from, i); /* -1: the batch */
            from++;
        }
    return import_reshape(c, target, rank);
}

/* ---- Transpose --------------------------------------------------------------------------------
 */

edy_status edy_import_transpose(edy_onnx_context *c) {
    int64_t perm[EDY_MAX_RANK];
    int32_t n_perm;
    edy_node *n;
    edy_status status = edy_onnx_attr_ints(c, "perm", perm, EDY_MAX_RANK, &n_perm);
    if (!status)
        status = edy_onnx_begin(c, EDY_OP_TRANSPOSE, 1, &n);
    if (status)
        return status;
    const int32_t rank = edy_onnx_value(c, n->input[0])->shape.rank;
    if (n_perm >= 0 && n_perm != rank)
        return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                  "attribute \"perm\" has %d elements for an input of rank %d",
                                  n_perm, rank);
    for (int32_t i = 0; i < rank; i++) /* the default reverses */
        n->perm[i] = n_perm < 0 ? rank - 1 - i : perm[i];
    n->n_perm = rank;
    return edy_onnx_finish(c);
}

/* ---- Pad --------------------------------------------------------------------------------------
 */

/* Pads as listed (begins, then ends) and the axes that they are for. */
typedef struct pad_list {
    int64_t pads[2 * EDY_MAX_RANK], axes[EDY_MAX_RANK];
    int32_t n_pads, n_axes; /* n_axes -1: all */
    int mode;               /* as in edy_node.pad_mode */
    float value;
} pad_list;

/* Attributes until opset 10; from 11 on inputs pads, constant_value, and (18) axes. */
static edy_status read_pads(edy_onnx_context *c, pad_list *p) {
    char mode[16];
    *p = (pad_list){.n_pads = -1, .n_axes = -1};
    edy_status status = edy_onnx_attr_text(c, "mode", "constant", mode, sizeof mode);
    static const char *const modes[] = {"constant", "reflect", "edge", "wrap"};
    while (!status && p->mode < 4 && strcmp(mode, modes[p->mode]) != 0)
        p->mode++;
    if (p->mode == 4)
        status = edy_onnx_node_fail(c, EDY_UNSUPPORTED, "mode \"%s\" is not supported", mode);
    if (status)
        return status;
    if (c->opset < 11) {
        status = edy_onnx_attr_ints(c, "pads", p->pads, 2 * EDY_MAX_RANK, &p->n_pads);
        return status ? status : edy_onnx_attr_float(c, "value", 0.0f, &p->value);
    }
    status = edy_onnx_ints_input(c, 1, p->pads, 2 * EDY_MAX_RANK, &p->n_pads);
    if (!status)
        status = edy_onnx_scalar_input(c, 2, &p->value);
    return status ? status : edy_onnx_ints_input(c, 3, p->axes, EDY_MAX_RANK, &p->n_axes);
}

/* The list over all axes of rank. */
static edy_status spread_pads(edy_onnx_context *c, const pad_list *p, int32_t rank, int64_t *pads) {
    const int32_t n = p->n_axes < 0 ? rank : p->n_axes;
    if (p->n_pads != 2 * n)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "it has %d pads for %d axes", p->n_pads, n);
    for (int32_t i = 0; i < n; i++) {
        int64_t axis = p->n_axes < 0 ? i : p->axes[i];
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank)
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "axis %" PRId64 " of an input of rank %d",
                                      p->axes[i], rank);
        pads[axis] = p->pads[i];
        pads[rank + axis] = p->pads[n + i];
    }
    return EDY_OK;
}

edy_status edy_import_pad(edy_onnx_context *c) {
    pad_list list;
    edy_shape x;
    int64_t pads[2 * EDY_MAX_RANK] = {0};
    edy_status status = shape_of_input(c, &x);
    if (!status)
        status = read_pads(c, &list);
    if (!status)
        status = spread_pads(c, &list, x.rank, pads);
    edy_node *n;
    if (!status)
        status = edy_onnx_begin(c, EDY_OP_PAD, 1, &n);
    if (status)
        return status;
    memcpy(n->pads, pads, sizeof pads);
    n->pad_value = list.value;
    n->pad_mode = list.mode;
    for (int32_t i = 0; x.rank == 4 && i < 2; i++) {
        n->window.pad[i] = pads[2 + i];
        n->window.pad[2 + i] = pads[6 + i];
    }
    return edy_onnx_finish(c);
}

/* ---- Concat -----------------------------------------------------------------------------------
 */

/* Checked here against the file's rank: a lifted node has another. */
static edy_status read_concat_axis(edy_onnx_context *c, int64_t *axis) {
    edy_shape x;
    edy_status status = shape_of_input(c, &x);
    if (!status && !edy_onnx_has_attr(c, "axis"))
        status = edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"axis\" is missing");
    if (!status)
        status = edy_onnx_attr_int(c, "axis", 0, axis);
    if (!status && (*axis < -x.rank || *axis >= x.rank))
        status = edy_onnx_node_fail(c, EDY_BAD_FILE,
                                    "attribute \"axis\" is %" PRId64 " for inputs of rank %d",
                                    *axis, x.rank);
    *axis += !status && *axis < 0 ? x.rank : 0;
    return status;
}

edy_status edy_import_concat(edy_onnx_context *c) {
    int64_t axis = 0;
    edy_status status = read_concat_axis(c, &axis);
    for (size_t i = 0; i < c->node->n_input && !status; i++)
        if (!edy_onnx_has_input(c, i))
            status = edy_onnx_node_fail(c, EDY_BAD_FILE, "input %zu is missing", i);
    if (!status && c->node->n_input == 1)
        return edy_import_identity(c);
    edy_node *n;
    const int32_t inputs = (int32_t)c->node->n_input;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, EDY_OP_CONCAT, inputs, inputs, &n);
    if (status)
        return status;
    n->axis = axis + (c->lifting && axis == 2); /* the new axis stands before the last */
    return edy_onnx_lift_finish(c);
}
