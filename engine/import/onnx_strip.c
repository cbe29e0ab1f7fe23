/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_strip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Field numbers of onnx.proto. */
enum { MODEL_GRAPH = 7, GRAPH_INITIALIZER = 5, TENSOR_RAW_DATA = 9, LARGE = 1024 };
enum { WIRE_VARINT, WIRE_64BIT, WIRE_BYTES, WIRE_32BIT = 5 };

/* One field: bytes [begin, end), its value from payload on. */
typedef struct field {
    size_t begin, payload, end;
    uint64_t number;
    unsigned wire;
} field;

/* The wire format was checked: nothing here can run past the end. */
static uint64_t read_varint(const uint8_t *bytes, size_t *at) {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const uint8_t byte = bytes[(*at)++];
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (!(byte & 0x80))
            return value;
    }
}

static field next_field(const uint8_t *bytes, size_t at) {
    field f = {.begin = at};
    const uint64_t tag = read_varint(bytes, &at);
    f.number = tag >> 3;
    f.wire = tag & 7;
    f.payload = f.end = at;
    if (f.wire == WIRE_VARINT) {
        read_varint(bytes, &f.end);
    } else if (f.wire == WIRE_BYTES) {
        const uint64_t length = read_varint(bytes, &at);
        f.payload = at;
        f.end = at + (size_t)length;
    } else {
        f.end += f.wire == WIRE_64BIT ? 8 : 4;
    }
    return f;
}

static bool is_message(const field *f, uint64_t number) {
    return f->number == number && f->wire == WIRE_BYTES;
}

/* Bytes of the tensor's raw_data field, tag and length included; 0 where it is small or absent. */
static size_t large_raw(const uint8_t *bytes, const field *tensor, field *raw) {
    for (size_t at = tensor->payload; at < tensor->end; at = raw->end) {
        *raw = next_field(bytes, at);
        if (is_message(raw, TENSOR_RAW_DATA) && raw->end - raw->payload >= LARGE)
            return raw->end - raw->begin;
    }
    return 0;
}

typedef struct writer {
    uint8_t *to;
} writer;

static void copy(writer *w, const uint8_t *bytes, size_t begin, size_t end) {
    memcpy(w->to, bytes + begin, end - begin);
    w->to += end - begin;
}

static void write_header(writer *w, uint64_t number, uint64_t length) {
    *w->to++ = (uint8_t)(number << 3 | WIRE_BYTES); /* numbers below 16: one byte */
    for (; length >= 0x80; length >>= 7)
        *w->to++ = (uint8_t)(length | 0x80);
    *w->to++ = (uint8_t)length;
}

static size_t header_bytes(uint64_t length) {
    size_t n = 2;
    for (; length >= 0x80; length >>= 7)
        n++;
    return n;
}

/* Initializers of the graph, and the graph's length without their large data. */
static size_t measure(const uint8_t *bytes, const field *graph, size_t *initializers) {
    size_t length = 0;
    for (size_t at = graph->payload; at < graph->end;) {
        const field f = next_field(bytes, at);
        field raw;
        if (is_message(&f, GRAPH_INITIALIZER)) {
            const size_t left = f.end - f.payload - large_raw(bytes, &f, &raw);
            length += header_bytes(left) + left;
            ++*initializers;
        } else {
            length += f.end - f.begin;
        }
        at = f.end;
    }
    return length;
}

static void write_tensor(writer *w, const uint8_t *bytes, const field *tensor,
                         edy_onnx_payload *payload) {
    field raw;
    const size_t taken = large_raw(bytes, tensor, &raw);
    write_header(w, GRAPH_INITIALIZER, tensor->end - tensor->payload - taken);
    if (taken == 0) {
        copy(w, bytes, tensor->payload, tensor->end);
        return;
    }
    copy(w, bytes, tensor->payload, raw.begin);
    copy(w, bytes, raw.end, tensor->end);
    *payload = (edy_onnx_payload){bytes + raw.payload, raw.end - raw.payload};
}

static void write_graph(writer *w, const uint8_t *bytes, const field *graph, size_t length,
                        edy_onnx_payload *payload) {
    write_header(w, MODEL_GRAPH, length);
    for (size_t at = graph->payload; at < graph->end;) {
        const field f = next_field(bytes, at);
        if (is_message(&f, GRAPH_INITIALIZER))
            write_tensor(w, bytes, &f, payload++);
        else
            copy(w, bytes, f.begin, f.end);
        at = f.end;
    }
}

edy_status edy_onnx_strip(const uint8_t *bytes, size_t size, edy_onnx_stripped *out,
                          edy_error *err) {
    *out = (edy_onnx_stripped){0};
    size_t graph_length = 0;
    for (size_t at = 0; at < size;) {
        const field f = next_field(bytes, at);
        if (is_message(&f, MODEL_GRAPH)) {
            graph_length = measure(bytes, &f, &out->initializers);
            out->size += header_bytes(graph_length) + graph_length;
        } else {
            out->size += f.end - f.begin;
        }
        at = f.end;
    }
    out->bytes = malloc(out->size + 1);
    out->payload = calloc(out->initializers + 1, sizeof *out->payload);
    if (!out->bytes || !out->payload) {
        edy_onnx_stripped_free(out);
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the model");
    }
    writer w = {out->bytes};
    for (size_t at = 0; at < size;) {
        const field f = next_field(bytes, at);
        if (is_message(&f, MODEL_GRAPH))
            write_graph(&w, bytes, &f, graph_length, out->payload);
        else
            copy(&w, bytes, f.begin, f.end);
        at = f.end;
    }
    out->size = (size_t)(w.to - out->bytes);
    return EDY_OK;
}

void edy_onnx_stripped_free(edy_onnx_stripped *s) {
    free(s->bytes);
    free(s->payload);
    *s = (edy_onnx_stripped){0};
}
