/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_tensor.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ONNX's raw_data is little-endian; so is every target. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw_data is read as it is");

enum { ONNX_TYPES = 17 };

/* What the graph makes of each TensorProto.DataType, and how wide an element of raw_data is. */
static const struct type_row {
    const char *text;
    edy_dtype dtype;
    size_t raw_bytes;
} types[ONNX_TYPES] = {
    [ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED] = {"undefined", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT] = {"float32", EDY_F32, 4},
    [ONNX__TENSOR_PROTO__DATA_TYPE__UINT8] = {"uint8", EDY_U8, 1},
    [ONNX__TENSOR_PROTO__DATA_TYPE__INT8] = {"int8", EDY_S8, 1},
    [ONNX__TENSOR_PROTO__DATA_TYPE__UINT16] = {"uint16", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__INT16] = {"int16", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__INT32] = {"int32", EDY_S32, 4},
    [ONNX__TENSOR_PROTO__DATA_TYPE__INT64] = {"int64", EDY_S64, 8},
    [ONNX__TENSOR_PROTO__DATA_TYPE__STRING] = {"string", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__BOOL] = {"bool", EDY_BOOL, 1},
    [ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16] = {"float16", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE] = {"float64", EDY_F32, 8},
    [ONNX__TENSOR_PROTO__DATA_TYPE__UINT32] = {"uint32", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__UINT64] = {"uint64", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX64] = {"complex64", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX128] = {"complex128", EDY_NONE, 0},
    [ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16] = {"bfloat16", EDY_NONE, 0},
};

const char *edy_onnx_type_text(int32_t data_type) {
    return data_type >= 0 && data_type < ONNX_TYPES ? types[data_type].text : "of an unknown type";
}

edy_dtype edy_onnx_dtype(int32_t data_type) {
    return data_type >= 0 && data_type < ONNX_TYPES ? types[data_type].dtype : EDY_NONE;
}

static edy_status fail(edy_onnx_context *c, edy_status code, const char *name, const char *what) {
    return edy_onnx_fail(c, code, "tensor \"%.80s\" %s", name, what);
}

static edy_status read_shape(edy_onnx_context *c, const Onnx__TensorProto *t, const char *name,
                             edy_shape *shape) {
    if (t->n_dims > EDY_MAX_RANK)
        return edy_onnx_fail(c, EDY_UNSUPPORTED,
                             "tensor \"%.80s\" has %zu dimensions, at most %d are supported", name,
                             t->n_dims, EDY_MAX_RANK);
    for (size_t i = 0; i < t->n_dims; i++)
        if (t->dims[i] < 0)
            return edy_onnx_fail(c, EDY_BAD_FILE, "tensor \"%.80s\": dimension %zu is %" PRId64,
                                 name, i, t->dims[i]);
    *shape = edy_shape_make((int32_t)t->n_dims, t->dims);
    return EDY_OK;
}

static edy_status check_storage(edy_onnx_context *c, const Onnx__TensorProto *t, const char *name) {
    if (edy_onnx_dtype(t->data_type) == EDY_NONE)
        return edy_onnx_fail(c, EDY_UNSUPPORTED, "tensor \"%.80s\" is %s, which is not supported",
                             name, edy_onnx_type_text(t->data_type));
    if (t->n_external_data || t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return fail(c, EDY_UNSUPPORTED, name,
                    "has its data in another file, which is not supported");
    if (t->segment)
        return fail(c, EDY_UNSUPPORTED, name, "is stored in segments, which is not supported");
    return EDY_OK;
}

/* Elements in the typed field that the tensor's type uses. */
static size_t typed_count(const Onnx__TensorProto *t) {
    switch (t->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        return t->n_float_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return t->n_double_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        return t->n_int64_data;
    default:
        return t->n_int32_data;
    }
}

/* Whether dims and data agree; nothing is allocated before this. */
static edy_status check_counts(edy_onnx_context *c, const Onnx__TensorProto *t, const char *name,
                               size_t elems) {
    const size_t typed = typed_count(t);
    const size_t all = t->n_float_data + t->n_double_data + t->n_int64_data + t->n_int32_data +
                       t->n_uint64_data + t->n_string_data;
    if (all != typed || (typed && t->raw_data.len))
        return fail(c, EDY_BAD_FILE, name, "has data in two fields or in one of another type");
    const size_t width = types[t->data_type].raw_bytes;
    if (typed == 0 && t->raw_data.len != elems * width)
        return edy_onnx_fail(c, EDY_BAD_FILE,
                             "tensor \"%.80s\" has %zu bytes of data, its dimensions need %zu",
                             name, t->raw_data.len, elems * width);
    if (typed != 0 && typed != elems)
        return edy_onnx_fail(c, EDY_BAD_FILE,
                             "tensor \"%.80s\" has %zu elements of data, its dimensions need %zu",
                             name, typed, elems);
    return EDY_OK;
}

/* ---- Data -------------------------------------------------------------------------------------
 */

static void copy_double(const Onnx__TensorProto *t, size_t elems, float *out) {
    for (size_t i = 0; i < elems; i++) {
        double d;
        if (t->n_double_data)
            d = t->double_data[i];
        else
            memcpy(&d, t->raw_data.data + i * sizeof d, sizeof d);
        out[i] = (float)d;
    }
}

/* int32_data holds int32, and 8-bit values one an element. Returns the first that does not fit, or
 * elems. */
static size_t copy_int32_data(const Onnx__TensorProto *t, size_t elems, edy_dtype dtype,
                              void *out) {
    const int32_t low = dtype == EDY_S8 ? INT8_MIN : 0, high = dtype == EDY_BOOL ? 1
                                                               : dtype == EDY_U8 ? UINT8_MAX
                                                                                 : INT8_MAX;
    if (dtype == EDY_S32) {
        memcpy(out, t->int32_data, elems * sizeof(int32_t));
        return elems;
    }
    for (size_t i = 0; i < elems; i++) {
        if (t->int32_data[i] < low || t->int32_data[i] > high)
            return i;
        ((uint8_t *)out)[i] = (uint8_t)t->int32_data[i];
    }
    return elems;
}

static edy_status copy_data(edy_onnx_context *c, const Onnx__TensorProto *t, const char *name,
                            size_t elems, edy_dtype dtype, void *out) {
    const size_t bytes = elems * edy_dtype_bytes(dtype);
    if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
        copy_double(t, elems, out);
    else if (t->raw_data.len)
        memcpy(out, t->raw_data.data, bytes);
    else if (t->n_float_data)
        memcpy(out, t->float_data, bytes);
    else if (t->n_int64_data)
        memcpy(out, t->int64_data, bytes);
    else if (t->n_int32_data) {
        const size_t bad = copy_int32_data(t, elems, dtype, out);
        if (bad < elems)
            return edy_onnx_fail(c, EDY_BAD_FILE, "tensor \"%.80s\": element %zu is %d, no %s",
                                 name, bad, t->int32_data[bad], edy_onnx_type_text(t->data_type));
    }
    return EDY_OK;
}

/* The data where they lie in the file's bytes, if these may be kept and the data are used as they
 * are; else NULL. */
static const void *borrow_data(edy_onnx_context *c, const Onnx__TensorProto *t, edy_dtype dtype) {
    const uint8_t *data = t->raw_data.data;
    const size_t width = edy_dtype_bytes(dtype);
    if (!c->own || t->raw_data.len == 0 || data < c->own || data >= c->own + c->own_bytes)
        return NULL;
    if (types[t->data_type].raw_bytes != width || (uintptr_t)data % width != 0)
        return NULL;
    c->keeps = true;
    return data;
}

edy_status edy_onnx_tensor(edy_onnx_context *c, const Onnx__TensorProto *t, const char *name,
                           edy_value_id *id) {
    edy_shape shape;
    edy_status status = check_storage(c, t, name);
    if (!status)
        status = read_shape(c, t, name, &shape);
    if (status)
        return status;
    const edy_dtype dtype = edy_onnx_dtype(t->data_type);
    const bool narrows = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    status = edy_onnx_check_size(c, name, narrows ? EDY_F64 : dtype, &shape);
    if (status)
        return status;
    const size_t elems = edy_shape_count(&shape);
    status = check_counts(c, t, name, elems);
    if (status)
        return status;
    const void *data = borrow_data(c, t, dtype);
    void *copy = data ? NULL : edy_region_array(&c->graph->region, elems, edy_dtype_bytes(dtype));
    edy_value_id made;
    if ((!data && !copy) || edy_graph_add_value(c->graph, name, dtype, &made, c->err))
        return fail(c, EDY_NO_MEMORY, name, "does not fit into memory");
    status = copy ? copy_data(c, t, name, elems, dtype, copy) : EDY_OK;
    if (status)
        return status;
    data = copy ? copy : data;
    edy_value *v = &c->graph->value[made];
    v->shape = shape;
    v->shape_known = true;
    v->data = data;
    *id = made;
    return EDY_OK;
}

/* How many whole blocks at the start are finite: a loop that a compiler can vectorise. */
static size_t finite_prefix(const float *data, size_t elems) {
    enum { BLOCK = 256 };
    const uint32_t exponent = 0x7f800000;
    size_t i = 0;
    for (; i + BLOCK <= elems; i += BLOCK) {
        uint32_t bad = 0;
        for (size_t j = 0; j < BLOCK; j++) {
            uint32_t bits;
            memcpy(&bits, data + i + j, sizeof bits);
            bad |= (bits & exponent) == exponent;
        }
        if (bad)
            break;
    }
    return i;
}

edy_status edy_onnx_check_finite(edy_onnx_context *c, const edy_value *constant) {
    if (constant->dtype != EDY_F32)
        return EDY_OK;
    const float *data = constant->data;
    const size_t elems = edy_shape_count(&constant->shape);
    for (size_t i = finite_prefix(data, elems); i < elems; i++)
        if (!isfinite(data[i]))
            return edy_onnx_fail(c, EDY_BAD_FILE, "tensor \"%.80s\": element %zu is %s",
                                 constant->name, i, isnan(data[i]) ? "NaN" : "infinite");
    return EDY_OK;
}
