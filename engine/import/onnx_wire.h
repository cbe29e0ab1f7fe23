/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Is a buffer well-formed protobuf for a message type, and safe to hand to protobuf-c? */
#ifndef EDY_ONNX_WIRE_H
#define EDY_ONNX_WIRE_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

/* Deepest nesting of messages that is accepted. A CNN needs 7 (model, graph, input, type, tensor
 * type, shape, dimension); protobuf-c itself has no bound and would follow a file until the stack
 * ends. */
enum { EDY_WIRE_MAX_DEPTH = 32 };

/* Walks bytes[0..size) as a message of the type without allocating. EDY_BAD_FILE, naming the byte
 * and the field, where a length runs past its message, a wire type is not the field's, a field that
 * may stand once stands twice, a string holds a NUL byte, or messages nest too deep. Wire format:
 * protobuf.dev, "Encoding". */
edy_status edy_wire_check(const uint8_t *bytes, size_t size, const ProtobufCMessageDescriptor *type,
                          edy_error *err);

#endif
