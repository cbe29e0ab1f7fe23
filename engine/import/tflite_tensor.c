/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/import/tflite_context.h"

static const char *const type_text[] = {"FLOAT32", "FLOAT16",    "INT32",  "UINT8",     "INT64",
                                        "STRING",  "BOOL",       "INT16",  "COMPLEX64", "INT8",
                                        "FLOAT64", "COMPLEX128", "UINT64", "RESOURCE",  "VARIANT",
                                        "UINT32",  "UINT16",     "INT4",   "BFLOAT16"};

static edy_status fail_at(edy_tflite *c, const edy_tflite_tensor *t, edy_status code,
                          const char *what, int64_t value) {
    return edy_tflite_op_fail(c, code, "tensor %d \"%.60s\": %s %" PRId64, t->index, t->name, what,
                              value);
}

static edy_status read_type(edy_tflite *c, const edy_fb_table *table, edy_tflite_tensor *t) {
    const int8_t type = edy_fb_i8(table, 1, "type", EDY_TFLITE_FLOAT32);
    switch (type) {
    case EDY_TFLITE_FLOAT32:
        t->dtype = EDY_F32;
        return EDY_OK;
    case EDY_TFLITE_INT8:
        t->dtype = EDY_S8;
        return EDY_OK;
    case EDY_TFLITE_UINT8:
        t->dtype = EDY_U8;
        return EDY_OK;
    case EDY_TFLITE_INT32:
        t->dtype = EDY_S32;
        return EDY_OK;
    case EDY_TFLITE_INT64:
        t->dtype = EDY_S64;
        return EDY_OK;
    default:
        break;
    }
    if (type < 0 || (size_t)type >= sizeof type_text / sizeof type_text[0])
        return fail_at(c, t, EDY_BAD_FILE, "unknown type", type);
    return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                              "tensor %d \"%.60s\" is %s; FLOAT32, INT8 and, at the borders, UINT8 "
                              "are computed",
                              t->index, t->name, type_text[type]);
}

static edy_status read_shape(edy_tflite *c, const edy_fb_table *table, edy_tflite_tensor *t) {
    const edy_fb_vector dims = edy_fb_vec(table, 0, "shape", 4);
    const edy_fb_vector signature = edy_fb_vec(table, 7, "shape_signature", 4);
    if (dims.count > EDY_MAX_RANK)
        return fail_at(c, t, EDY_UNSUPPORTED, "dimensions, of at most 8:", dims.count);
    t->has_shape = dims.count > 0;
    t->any_batch = signature.count > 0 && edy_fb_vec_i32(&signature, 0) == -1;
    t->shape.rank = (int32_t)dims.count;
    for (uint32_t i = 0; i < dims.count; i++) {
        t->shape.dim[i] = edy_fb_vec_i32(&dims, i);
        if (i == 0 && (t->any_batch || t->shape.dim[i] == -1)) {
            t->any_batch = true;
            t->shape.dim[i] = 1;
        }
        if (t->shape.dim[i] < 1)
            return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                      "tensor %d \"%.60s\": dimension %" PRIu32 " is %" PRId64,
                                      t->index, t->name, i, t->shape.dim[i]);
    }
    return EDY_OK;
}

static edy_status read_data(edy_tflite *c, const edy_fb_table *table, edy_tflite_tensor *t) {
    const uint32_t index = edy_fb_u32(table, 2, "buffer", 0);
    if (index == 0) /* by convention the empty one */
        return edy_tflite_check(c);
    if (index >= c->buffers.count)
        return fail_at(c, t, EDY_BAD_FILE, "no such buffer:", index);
    const edy_fb_table buffer = edy_fb_vec_table(&c->buffers, index, "Buffer");
    const edy_fb_vector data = edy_fb_vec(&buffer, 0, "data", 1);
    if (edy_fb_u64(&buffer, 1, "offset", 0) > 1)
        return fail_at(c, t, EDY_UNSUPPORTED, "data outside the flatbuffer, in buffer", index);
    const edy_status status = edy_tflite_check(c);
    if (status || data.count == 0)
        return status;
    size_t elems = 0;
    if (edy_shape_elems(&t->shape, &elems, NULL) ||
        elems > UINT32_MAX / edy_dtype_bytes(t->dtype) ||
        elems * edy_dtype_bytes(t->dtype) != data.count) {
        char text[96];
        return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                  "tensor %d \"%.60s\": %s of %s has %" PRIu32 " bytes of data",
                                  t->index, t->name, edy_shape_text(&t->shape, text, sizeof text),
                                  edy_dtype_text(t->dtype), data.count);
    }
    t->data = data.data;
    return EDY_OK;
}

edy_status edy_tflite_tensor_at(edy_tflite *c, int32_t index, edy_tflite_tensor *t) {
    *t = (edy_tflite_tensor){.index = index, .name = ""};
    if (index < 0 || (uint32_t)index >= c->tensors.count)
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "tensor %d of %" PRIu32, index,
                                  c->tensors.count);
    const edy_fb_table table = edy_fb_vec_table(&c->tensors, (uint32_t)index, "Tensor");
    t->name = edy_fb_string(&table, 3, "name");
    t->quant = edy_fb_sub(&table, 4, "quantization", "QuantizationParameters");
    if (edy_fb_u8(&table, 5, "is_variable", 0))
        return fail_at(c, t, EDY_UNSUPPORTED, "a variable: is_variable is", 1);
    if (edy_fb_has(&table, 6, "sparsity"))
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "tensor %d \"%.60s\" is stored sparsely",
                                  index, t->name);
    edy_status status = read_type(c, &table, t);
    if (!status)
        status = read_shape(c, &table, t);
    if (!status)
        status = read_data(c, &table, t);
    return status;
}

void edy_tflite_name(const edy_tflite *c, const edy_tflite_tensor *t, const char *suffix,
                     char *name, size_t size) {
    char number[16] = "";
    if (c->slot[t->index].shared_name)
        snprintf(number, sizeof number, ":%d", t->index);
    snprintf(name, size, "%.900s%s%s", t->name, number, suffix);
}

/* ---- Quantization ---------------------------------------------------------------------------- */

static edy_status check_pair(edy_tflite *c, const edy_tflite_tensor *t, uint32_t i, float scale,
                             int64_t zero) {
    const int64_t low = t->dtype == EDY_U8 ? 0 : -128, high = t->dtype == EDY_U8 ? 255 : 127;
    if (!(scale > 0.0f) || isinf(scale))
        return edy_tflite_op_fail(c, EDY_BAD_FILE, "tensor %d \"%.60s\": scale %" PRIu32 " is %g",
                                  t->index, t->name, i, (double)scale);
    if (t->dtype == EDY_S32 ? zero != 0 : zero < low || zero > high)
        return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                  "tensor %d \"%.60s\": zero point %" PRIu32 " is %" PRId64,
                                  t->index, t->name, i, zero);
    return EDY_OK;
}

edy_status edy_tflite_quant(edy_tflite *c, const edy_tflite_tensor *t, edy_quant *q) {
    const edy_fb_vector scales = edy_fb_vec(&t->quant, 2, "scale", 4);
    const edy_fb_vector zeros = edy_fb_vec(&t->quant, 3, "zero_point", 8);
    const int32_t axis = edy_fb_i32(&t->quant, 6, "quantized_dimension", 0);
    *q = (edy_quant){0};
    edy_status status = edy_tflite_check(c);
    if (status || scales.count == 0)
        return status;
    if (edy_fb_u8(&t->quant, 4, "details_type", 0) != 0)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "tensor %d \"%.60s\" has custom quantization",
                                  t->index, t->name);
    if (zeros.count != 0 && zeros.count != scales.count)
        return edy_tflite_op_fail(
            c, EDY_BAD_FILE, "tensor %d \"%.60s\": %" PRIu32 " scales and %" PRIu32 " zero points",
            t->index, t->name, scales.count, zeros.count);
    if (scales.count > 1 &&
        (axis < 0 || axis >= t->shape.rank || t->shape.dim[axis] != scales.count))
        return edy_tflite_op_fail(c, EDY_BAD_FILE,
                                  "tensor %d \"%.60s\": %" PRIu32 " scales along dimension %d",
                                  t->index, t->name, scales.count, axis);
    float *scale = edy_region_array(&c->graph->region, scales.count, sizeof *scale);
    int32_t *zero = edy_region_array(&c->graph->region, scales.count, sizeof *zero);
    if (!scale || !zero)
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    for (uint32_t i = 0; i < scales.count && !status; i++) {
        const int64_t z = zeros.count ? edy_fb_vec_i64(&zeros, i) : 0;
        scale[i] = edy_fb_vec_f32(&scales, i);
        status = check_pair(c, t, i, scale[i], z);
        zero[i] = status ? 0 : (int32_t)z - (t->dtype == EDY_U8 ? 128 : 0);
    }
    *q = (edy_quant){.count = scales.count,
                     .axis = scales.count > 1 ? axis : 0,
                     .scale = scale,
                     .zero_point = zero,
                     .was_u8 = t->dtype == EDY_U8};
    return status;
}

/* ---- Constants ------------------------------------------------------------------------------- */

/* Extents and strides (in elements of the file) of the result's axes. */
typedef struct order_walk {
    edy_shape shape;
    size_t stride[EDY_MAX_RANK];
} order_walk;

static order_walk walk_of(const edy_tflite_tensor *t, const edy_tflite_order *order) {
    order_walk w = {.shape.rank = order->rank};
    const int32_t front = order->rank - t->shape.rank;
    size_t stride[EDY_MAX_RANK] = {0}, elems = 1;
    for (int32_t d = t->shape.rank - 1; d >= 0; d--) {
        stride[front + d] = elems;
        elems *= (size_t)t->shape.dim[d];
    }
    for (int32_t i = 0; i < order->rank; i++) {
        const int32_t from = order->perm[i];
        w.shape.dim[i] = from < front ? 1 : t->shape.dim[from - front];
        w.stride[i] = stride[from];
    }
    return w;
}

/* Index in the file of element i of the result. */
static size_t source_of(const order_walk *w, size_t i) {
    size_t at = 0;
    for (int32_t d = w->shape.rank - 1; d >= 0; d--) {
        at += i % (size_t)w->shape.dim[d] * w->stride[d];
        i /= (size_t)w->shape.dim[d];
    }
    return at;
}

/* The pair of element `at` of the file. */
static size_t pair_of(const edy_tflite_tensor *t, const edy_quant *q, size_t at) {
    if (q->count == 1)
        return 0;
    size_t inner = 1;
    for (int32_t d = q->axis + 1; d < t->shape.rank; d++)
        inner *= (size_t)t->shape.dim[d];
    return at / inner % q->count;
}

static edy_status fill(edy_tflite *c, const edy_tflite_tensor *t, const order_walk *w,
                       const edy_quant *q, bool to_float, void *data) {
    const size_t elems = edy_shape_count(&w->shape);
    for (size_t i = 0; i < elems; i++) {
        const size_t at = source_of(w, i);
        if (t->dtype == EDY_S8 && to_float) {
            const size_t k = pair_of(t, q, at);
            ((float *)data)[i] = edy_dequantize((int8_t)t->data[at], q->scale[k], q->zero_point[k]);
        } else if (t->dtype == EDY_S8) {
            ((int8_t *)data)[i] = (int8_t)t->data[at];
        } else if (t->dtype == EDY_S32) {
            ((int32_t *)data)[i] = (int32_t)edy_fb_load32(t->data + 4 * at);
        } else {
            const float v = edy_fb_load_f32(t->data + 4 * at);
            ((float *)data)[i] = v;
            if (!isfinite(v))
                return edy_tflite_op_fail(c, EDY_BAD_FILE, "tensor %d \"%.60s\": element %zu is %s",
                                          t->index, t->name, at, isnan(v) ? "NaN" : "infinite");
        }
    }
    return EDY_OK;
}

/* Tensors may share a buffer, and each takes memory of its own in the graph. */
static edy_status account(edy_tflite *c, const edy_tflite_tensor *t, uint64_t bytes) {
    if (bytes > c->limits->tensor_bytes)
        return edy_tflite_op_fail(
            c, EDY_LIMIT, "tensor %d \"%.60s\" needs %" PRIu64 " bytes, the limit is %" PRIu64,
            t->index, t->name, bytes, c->limits->tensor_bytes);
    c->constant_bytes += bytes;
    if (c->constant_bytes > 4 * (uint64_t)c->fb.size + (1 << 20) &&
        c->constant_bytes > c->limits->model_bytes)
        return edy_tflite_op_fail(c, EDY_LIMIT,
                                  "the constants up to tensor %d need more than the limit of "
                                  "%" PRIu64 " bytes",
                                  t->index, c->limits->model_bytes);
    return EDY_OK;
}

edy_status edy_tflite_constant(edy_tflite *c, const edy_tflite_tensor *t,
                               const edy_tflite_order *order, bool to_float, edy_value_id *id) {
    if (!t->data)
        return edy_tflite_op_fail(
            c, EDY_UNSUPPORTED, "tensor %d \"%.60s\" is computed, not constant", t->index, t->name);
    if (t->dtype != EDY_F32 && t->dtype != EDY_S8 && t->dtype != EDY_S32)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED, "tensor %d \"%.60s\" is a constant of %s",
                                  t->index, t->name, edy_dtype_text(t->dtype));
    edy_quant q;
    edy_status status = edy_tflite_quant(c, t, &q);
    if (!status && t->dtype == EDY_S8 && q.count == 0)
        status = edy_tflite_op_fail(c, EDY_BAD_FILE, "tensor %d \"%.60s\" of INT8 has no scale",
                                    t->index, t->name);
    const order_walk w = walk_of(t, order);
    const bool converts = to_float && t->dtype == EDY_S8;
    const edy_dtype dtype = converts ? EDY_F32 : t->dtype;
    const size_t elems = edy_shape_count(&w.shape), bytes = edy_dtype_bytes(dtype);
    if (!status)
        status = account(c, t, (uint64_t)elems * bytes);
    if (status)
        return status;
    char name[1024];
    edy_tflite_name(c, t, converts ? " (dequantized)" : "", name, sizeof name);
    void *data = edy_region_array(&c->graph->region, elems, bytes);
    if (!data || edy_graph_add_value(c->graph, name, dtype, id, NULL))
        return edy_tflite_fail(c, EDY_NO_MEMORY, "no memory for tensor %d", t->index);
    status = fill(c, t, &w, &q, converts, data);
    edy_value *v = &c->graph->value[*id];
    v->shape = w.shape;
    v->shape_known = true;
    v->data = data;
    c->graph->n_dequantized += converts;
    if (converts || dtype == EDY_F32)
        return status;
    for (int32_t i = 0; i < order->rank && q.count > 1; i++)
        if (order->perm[i] == q.axis + order->rank - t->shape.rank) {
            q.axis = i;
            break;
        }
    v->quant = q;
    return status;
}

edy_status edy_tflite_ints(edy_tflite *c, const edy_tflite_tensor *t, int64_t *out, int32_t max,
                           int32_t *n) {
    if (!t->data || (t->dtype != EDY_S32 && t->dtype != EDY_S64))
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                  "tensor %d \"%.60s\" is no constant list of integers", t->index,
                                  t->name);
    const size_t count = edy_shape_count(&t->shape);
    if (count > (size_t)max)
        return edy_tflite_op_fail(c, EDY_UNSUPPORTED,
                                  "tensor %d \"%.60s\" has %zu elements, of at most %d", t->index,
                                  t->name, count, max);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = t->data + i * edy_dtype_bytes(t->dtype);
        out[i] = t->dtype == EDY_S32
                     ? (int32_t)edy_fb_load32(p)
                     : (int64_t)(edy_fb_load32(p) | (uint64_t)edy_fb_load32(p + 4) << 32);
    }
    *n = (int32_t)count;
    return EDY_OK;
}
