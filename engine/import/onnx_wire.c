/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_wire.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* All positions are offsets from the start of the file, so that messages can name them. */
typedef struct reader {
    const uint8_t *bytes;
    size_t at;
    edy_error *err;
} reader;

static edy_status fail_at(const reader *r, size_t at, const char *what) {
    return edy_fail(r->err, EDY_BAD_FILE, "not ONNX, or damaged or cut short: %s at byte %zu", what,
                    at);
}

static edy_status read_varint(reader *r, size_t end, uint64_t *value) {
    const size_t begin = r->at;
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (r->at >= end)
            return fail_at(r, begin, "a number runs past the end of its message");
        const uint8_t byte = r->bytes[r->at++];
        v |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (!(byte & 0x80)) {
            *value = v;
            return EDY_OK;
        }
    }
    return fail_at(r, begin, "a number of more than 10 bytes");
}

static bool is_scalar(ProtobufCType type) {
    return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES &&
           type != PROTOBUF_C_TYPE_MESSAGE;
}

static unsigned wire_type_of(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    default:
        return is_scalar(type) ? PROTOBUF_C_WIRE_TYPE_VARINT : PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    }
}

/* Moves over one field's value; *length is the payload of a length-prefixed one, which is not read.
 */
static edy_status skip_value(reader *r, size_t end, unsigned wire, size_t *length) {
    const size_t begin = r->at;
    uint64_t n = 0;
    edy_status status = EDY_OK;
    switch (wire) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return read_varint(r, end, &n);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        n = 8;
        break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        n = 4;
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        status = read_varint(r, end, &n);
        break;
    default:
        return fail_at(r, begin, "an unknown wire type");
    }
    if (status)
        return status;
    if (n > end - r->at)
        return edy_fail(r->err, EDY_BAD_FILE,
                        "not ONNX, or damaged or cut short: %" PRIu64
                        " bytes announced at byte %zu, %zu are left",
                        n, begin, end - r->at);
    *length = (size_t)n;
    r->at += (size_t)n;
    return EDY_OK;
}

static edy_status check_field(const reader *r, size_t at, unsigned wire,
                              const ProtobufCFieldDescriptor *field, uint64_t bit, uint64_t *seen) {
    const bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    const bool packed =
        repeated && is_scalar(field->type) && wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    if (wire != wire_type_of(field->type) && !packed)
        return edy_fail(r->err, EDY_BAD_FILE,
                        "not ONNX, or damaged: field %s has the wrong wire type at byte %zu",
                        field->name, at);
    if (!repeated && (*seen & bit))
        return edy_fail(r->err, EDY_BAD_FILE, "field %s stands twice in one message, at byte %zu",
                        field->name, at);
    *seen |= bit;
    return EDY_OK;
}

static edy_status check_message(reader *r, size_t end, const ProtobufCMessageDescriptor *type,
                                unsigned depth);

/* What stands in a known field; r is behind it. */
static edy_status check_payload(reader *r, size_t length, const ProtobufCFieldDescriptor *field,
                                unsigned depth) {
    const size_t payload = r->at - length;
    if (field->type == PROTOBUF_C_TYPE_STRING && memchr(r->bytes + payload, 0, length))
        return edy_fail(r->err, EDY_BAD_FILE, "the text of field %s holds a NUL byte, at byte %zu",
                        field->name, payload);
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return EDY_OK;
    r->at = payload;
    return check_message(r, payload + length, field->descriptor, depth + 1);
}

static edy_status check_message(reader *r, size_t end, const ProtobufCMessageDescriptor *type,
                                unsigned depth) {
    assert(type->n_fields <= 64);
    if (depth == EDY_WIRE_MAX_DEPTH)
        return fail_at(r, r->at, "messages nested more than 32 deep");
    uint64_t seen = 0; /* one bit a field of the type */
    while (r->at < end) {
        const size_t begin = r->at;
        uint64_t tag = 0;
        size_t length = 0;
        edy_status status = read_varint(r, end, &tag);
        if (!status && (tag >> 3 == 0 || tag >> 32 != 0))
            status = fail_at(r, begin, "an impossible field number");
        const unsigned wire = tag & 7;
        if (!status)
            status = skip_value(r, end, wire, &length);
        if (status)
            return status;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
        if (!field)
            continue; /* newer than our onnx.proto */
        status = check_field(r, begin, wire, field, UINT64_C(1) << (field - type->fields), &seen);
        if (!status)
            status = check_payload(r, length, field, depth);
        if (status)
            return status;
    }
    return EDY_OK;
}

edy_status edy_wire_check(const uint8_t *bytes, size_t size, const ProtobufCMessageDescriptor *type,
                          edy_error *err) {
    reader r = {.bytes = bytes, .err = err};
    return check_message(&r, size, type, 0);
}
