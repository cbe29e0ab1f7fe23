/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_attr.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const Onnx__AttributeProto *find(const edy_onnx_context *c, const char *name) {
    for (size_t i = 0; i < c->node->n_attribute; i++)
        if (c->node->attribute[i]->name && strcmp(c->node->attribute[i]->name, name) == 0)
            return c->node->attribute[i];
    return NULL;
}

bool edy_onnx_has_attr(const edy_onnx_context *c, const char *name) {
    return find(c, name) != NULL;
}

/* *attr is NULL where it is absent.  was optional in files before IR version 2: there the field
 * that holds something decides. */
static edy_status typed(edy_onnx_context *c, const char *name,
                        Onnx__AttributeProto__AttributeType type, const char *type_text,
                        const Onnx__AttributeProto **attr) {
    *attr = find(c, name);
    if (!*attr || (*attr)->type == type)
        return EDY_OK;
    const Onnx__AttributeProto *a = *attr;
    const bool untyped =
        !a->has_type && ((type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT && a->has_i) ||
                         (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT && a->has_f) ||
                         (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS && a->n_ints) ||
                         (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING && a->has_s) ||
                         (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR && a->t));
    if (untyped)
        return EDY_OK;
    return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"%s\" has type %d, not %s", name,
                              (int)a->type, type_text);
}

edy_status edy_onnx_attr_int(edy_onnx_context *c, const char *name, int64_t otherwise,
                             int64_t *value) {
    const Onnx__AttributeProto *a;
    const edy_status status = typed(c, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, "int", &a);
    *value = status || !a ? otherwise : a->i;
    return status;
}

edy_status edy_onnx_attr_int_in(edy_onnx_context *c, const char *name, int64_t otherwise,
                                int64_t low, int64_t high, int64_t *value) {
    const edy_status status = edy_onnx_attr_int(c, name, otherwise, value);
    if (status || (*value >= low && *value <= high))
        return status;
    return edy_onnx_node_fail(
        c, EDY_UNSUPPORTED, "attribute \"%s\" is %" PRId64 ", supported is %" PRId64 " to %" PRId64,
        name, *value, low, high);
}

edy_status edy_onnx_attr_float(edy_onnx_context *c, const char *name, float otherwise,
                               float *value) {
    const Onnx__AttributeProto *a;
    const edy_status status =
        typed(c, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, "float", &a);
    *value = status || !a ? otherwise : a->f;
    if (!status && isnan(*value))
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"%s\" is NaN", name);
    return status;
}

edy_status edy_onnx_attr_ints(edy_onnx_context *c, const char *name, int64_t *value, int32_t max,
                              int32_t *n) {
    const Onnx__AttributeProto *a;
    const edy_status status =
        typed(c, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, "ints", &a);
    *n = -1;
    if (status || !a)
        return status;
    if (a->n_ints > (size_t)max)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED,
                                  "attribute \"%s\" has %zu elements, at most %d are supported",
                                  name, a->n_ints, max);
    for (size_t i = 0; i < a->n_ints; i++)
        value[i] = a->ints[i];
    *n = (int32_t)a->n_ints;
    return EDY_OK;
}

edy_status edy_onnx_attr_text(edy_onnx_context *c, const char *name, const char *otherwise,
                              char *value, size_t size) {
    const Onnx__AttributeProto *a;
    edy_status status = typed(c, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, "string", &a);
    const size_t length = status || !a ? strlen(otherwise) : a->s.len;
    const void *text = status || !a ? (const void *)otherwise : a->s.data;
    if (!status && (length >= size || (length && memchr(text, 0, length))))
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "attribute \"%s\" has an unknown value",
                                  name);
    if (!status && length)
        memcpy(value, text, length);
    value[status ? 0 : length] = '\0';
    return status;
}

edy_status edy_onnx_attr_floats(edy_onnx_context *c, const char *name, const float **value,
                                size_t *n) {
    const Onnx__AttributeProto *a;
    const edy_status status =
        typed(c, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, "floats", &a);
    *value = status || !a ? NULL : a->floats;
    *n = status || !a ? 0 : a->n_floats;
    return status;
}

edy_status edy_onnx_attr_tensor(edy_onnx_context *c, const char *name,
                                const Onnx__TensorProto **tensor) {
    const Onnx__AttributeProto *a;
    const edy_status status =
        typed(c, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, "tensor", &a);
    *tensor = status || !a ? NULL : a->t;
    if (!status && a && !a->t)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"%s\" has no tensor", name);
    return status;
}

/* Whether name is one of the words of list. */
static bool is_listed(const char *list, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = list; *at;) {
        const size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, name, length) == 0)
            return true;
        at += word + (at[word] == ' ');
    }
    return false;
}

edy_status edy_onnx_attr_check(edy_onnx_context *c, const char *known) {
    for (size_t i = 0; i < c->node->n_attribute; i++) {
        const Onnx__AttributeProto *a = c->node->attribute[i];
        const char *name = a->name ? a->name : "";
        if (!is_listed(known, name))
            return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "attribute \"%.60s\" is not supported",
                                      name);
        if (a->ref_attr_name && a->ref_attr_name[0])
            return edy_onnx_node_fail(c, EDY_UNSUPPORTED,
                                      "attribute \"%.60s\" refers to a function's", name);
        if (find(c, name) != a)
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"%.60s\" stands twice", name);
    }
    return EDY_OK;
}
