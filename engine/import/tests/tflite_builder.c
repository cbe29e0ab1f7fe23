/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/tests/tflite_builder.h"

#include <assert.h>
#include <string.h>

typedef struct buffer {
    uint8_t *bytes;
    size_t size, capacity;
} buffer;

static size_t put(buffer *b, const void *data, size_t n) {
    const size_t at = b->size;
    assert(at + n <= b->capacity);
    if (n)
        memcpy(b->bytes + at, data, n);
    b->size += n;
    return at;
}

static void put_number(buffer *b, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++)
        put(b, &(uint8_t){(uint8_t)(v >> 8 * i)}, 1);
}

static void set_number(buffer *b, size_t at, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++)
        b->bytes[at + (size_t)i] = (uint8_t)(v >> 8 * i);
}

/* A table of n fields of 8 bytes, all absent: the vtable before it. Returns the table's place. */
static size_t table(buffer *b, int n) {
    const size_t vtable = b->size;
    put_number(b, (uint64_t)(4 + 2 * n), 2);
    put_number(b, (uint64_t)(4 + 8 * n), 2);
    for (int i = 0; i < n; i++)
        put_number(b, 0, 2);
    const size_t at = b->size;
    put_number(b, at - vtable, 4);
    for (int i = 0; i < n; i++)
        put_number(b, 0, 8);
    return at;
}

static size_t field(buffer *b, size_t t, int index) {
    const size_t vtable = t - (b->bytes[t] | (size_t)b->bytes[t + 1] << 8);
    set_number(b, vtable + 4 + 2 * (size_t)index, (uint64_t)(4 + 8 * index), 2);
    return t + 4 + 8 * (size_t)index;
}

static void set(buffer *b, size_t t, int index, int64_t v, int bytes) {
    set_number(b, field(b, t, index), (uint64_t)v, bytes);
}

/* Points field `index` of t to what is written next. */
static void point(buffer *b, size_t t, int index) {
    const size_t at = field(b, t, index);
    set_number(b, at, b->size - at, 4);
}

static void vector_i32(buffer *b, size_t t, int index, const int *v, int n) {
    point(b, t, index);
    put_number(b, (uint64_t)n, 4);
    for (int i = 0; i < n; i++)
        put_number(b, (uint64_t)(int64_t)v[i], 4);
}

static void string(buffer *b, size_t t, int index, const char *text) {
    point(b, t, index);
    put_number(b, strlen(text), 4);
    put(b, text, strlen(text) + 1);
}

/* A vector of n offsets in field `index` of t; element(i) is set by point_element. */
static size_t vector_tables(buffer *b, size_t t, int index, int n) {
    point(b, t, index);
    put_number(b, (uint64_t)n, 4);
    const size_t first = b->size;
    for (int i = 0; i < n; i++)
        put_number(b, 0, 4);
    return first;
}

/* Element i leads to a new table of n fields. */
static size_t element(buffer *b, size_t first, int i, int n) {
    const size_t at = first + 4 * (size_t)i, t = table(b, n);
    set_number(b, at, t - at, 4);
    return t;
}

static size_t sub_table(buffer *b, size_t t, int index, int n) {
    const size_t at = field(b, t, index), made = table(b, n);
    set_number(b, at, made - at, 4);
    return made;
}

static void write_tensor(buffer *b, size_t t, const tb_tensor *d, int index) {
    vector_i32(b, t, 0, d->dim, d->rank);
    set(b, t, 1, d->type, 1);
    set(b, t, 2, d->data ? index + 1 : 0, 4);
    string(b, t, 3, d->name ? d->name : "");
    if (d->open_batch) {
        int signature[5];
        memcpy(signature, d->dim, sizeof signature);
        signature[0] = -1;
        vector_i32(b, t, 7, signature, d->rank);
    }
    if (d->n_scales == 0)
        return;
    const size_t q = sub_table(b, t, 4, 7);
    point(b, q, 2);
    put_number(b, (uint64_t)d->n_scales, 4);
    for (int i = 0; i < d->n_scales; i++)
        put_number(b, (uint32_t)tb_bits(d->scale[i]), 4);
    if (d->zero) {
        point(b, q, 3);
        put_number(b, (uint64_t)d->n_scales, 4);
        for (int i = 0; i < d->n_scales; i++)
            put_number(b, (uint64_t)d->zero[i], 8);
    }
    set(b, q, 6, d->axis, 4);
}

static void write_op(buffer *b, size_t t, const tb_op *op, int index) {
    set(b, t, 0, index, 4);
    vector_i32(b, t, 1, op->in, op->n_in);
    vector_i32(b, t, 2, op->out, op->n_out);
    if (!op->options)
        return;
    set(b, t, 3, op->options, 1);
    const size_t o = sub_table(b, t, 4, 8);
    for (int i = 0; i < op->n_fields; i++)
        set(b, o, op->field[i].index, op->field[i].value, op->field[i].bytes);
}

static void write_subgraph(buffer *b, size_t t, const tb_model *m) {
    vector_i32(b, t, 1, m->in, m->n_in);
    vector_i32(b, t, 2, m->out, m->n_out);
    const size_t tensors = vector_tables(b, t, 0, m->n_tensors);
    for (int i = 0; i < m->n_tensors; i++)
        write_tensor(b, element(b, tensors, i, 9), &m->tensor[i], i);
    const size_t ops = vector_tables(b, t, 3, m->n_ops);
    for (int i = 0; i < m->n_ops; i++)
        write_op(b, element(b, ops, i, 5), &m->op[i], i);
    string(b, t, 4, "main");
}

static void write_code(buffer *b, size_t t, const tb_op *op) {
    set(b, t, 0, op->code > 127 ? 127 : op->code, 1);
    if (op->custom)
        string(b, t, 1, op->custom);
    set(b, t, 2, 2, 4);
    if (!op->old_code)
        set(b, t, 3, op->code, 4);
}

size_t tb_write(const tb_model *m, uint8_t *out, size_t capacity) {
    buffer b = {out, 0, capacity};
    put_number(&b, 0, 4);
    put(&b, "TFL3", 4);
    const size_t model = table(&b, 5);
    set_number(&b, 0, model, 4);
    set(&b, model, 0, m->version ? m->version : 3, 4);
    const size_t codes = vector_tables(&b, model, 1, m->n_ops);
    for (int i = 0; i < m->n_ops; i++)
        write_code(&b, element(&b, codes, i, 4), &m->op[i]);
    const int n_subgraphs = m->subgraphs ? m->subgraphs : 1;
    const size_t subgraphs = vector_tables(&b, model, 2, n_subgraphs);
    for (int i = 0; i < n_subgraphs; i++)
        write_subgraph(&b, element(&b, subgraphs, i, 5), m);
    const size_t buffers = vector_tables(&b, model, 4, m->n_tensors + 1);
    element(&b, buffers, 0, 1);
    for (int i = 0; i < m->n_tensors; i++) {
        const size_t t = element(&b, buffers, i + 1, 1);
        if (!m->tensor[i].data)
            continue;
        point(&b, t, 0);
        put_number(&b, m->tensor[i].bytes, 4);
        put(&b, m->tensor[i].data, m->tensor[i].bytes);
    }
    return b.size;
}

int tb_add_tensor(tb_model *m, tb_tensor t) {
    assert(m->n_tensors < (int)(sizeof m->tensor / sizeof m->tensor[0]));
    m->tensor[m->n_tensors] = t;
    return m->n_tensors++;
}

tb_op *tb_add_op(tb_model *m, int code, int options) {
    assert(m->n_ops < (int)(sizeof m->op / sizeof m->op[0]));
    tb_op *op = &m->op[m->n_ops++];
    *op = (tb_op){.code = code, .options = options};
    return op;
}

int32_t tb_bits(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
