/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/import/onnx_wire.h"

static edy_status check_stat(const struct stat *st, const edy_limits *limits, edy_error *err) {
    if (S_ISDIR(st->st_mode))
        return edy_fail(err, EDY_IO, "is a directory, not an ONNX file");
    if (!S_ISREG(st->st_mode))
        return edy_fail(err, EDY_IO, "is not a regular file");
    if (st->st_size == 0)
        return edy_fail(err, EDY_BAD_FILE, "is empty");
    if ((uint64_t)st->st_size > limits->model_bytes)
        return edy_fail(err, EDY_LIMIT, "has %jd bytes, the limit is %" PRIu64,
                        (intmax_t)st->st_size, limits->model_bytes);
    return EDY_OK;
}

static edy_status read_all(int fd, uint8_t *bytes, size_t size, edy_error *err) {
    size_t done = 0;
    while (done < size) {
        const ssize_t n = read(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return edy_fail(err, EDY_IO, "cannot read: %s", strerror(errno));
        if (n == 0)
            return edy_fail(err, EDY_IO, "became shorter while it was read");
        done += (size_t)n;
    }
    return EDY_OK;
}

edy_status edy_onnx_read_file(const char *path, const edy_limits *limits, uint8_t **bytes,
                              size_t *size, edy_error *err) {
    *bytes = NULL;
    struct stat st;
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return edy_fail(err, EDY_IO, "cannot open: %s", strerror(errno));
    edy_status status = fstat(fd, &st) ? edy_fail(err, EDY_IO, "cannot stat: %s", strerror(errno))
                                       : check_stat(&st, limits, err);
    if (!status) {
        *size = (size_t)st.st_size;
        *bytes = malloc(*size);
        status = *bytes ? read_all(fd, *bytes, *size, err)
                        : edy_fail(err, EDY_NO_MEMORY, "no memory to read %zu bytes", *size);
    }
    close(fd);
    if (status) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

/* Counts what was ever asked for: protobuf-c's own frees during unpacking are small. */
static void *counted_alloc(void *data, size_t bytes) {
    edy_onnx_model *model = data;
    if (bytes > model->most_bytes - model->used_bytes) {
        model->used_bytes = model->most_bytes;
        return NULL;
    }
    model->used_bytes += bytes;
    return malloc(bytes);
}

static void counted_free(void *data, void *p) {
    (void)data;
    free(p);
}

static ProtobufCAllocator allocator_of(edy_onnx_model *model) {
    return (ProtobufCAllocator){counted_alloc, counted_free, model};
}

/* Checks, then unpacks a message of the type; NULL with *err filled. */
static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                size_t size, edy_onnx_model *model, edy_error *err) {
    const size_t slack = (size_t)256 << 20;
    *model = (edy_onnx_model){.most_bytes = size < SIZE_MAX / 8 ? 4 * size + slack : SIZE_MAX / 2};
    if (edy_wire_check(bytes, size, type, err))
        return NULL;
    ProtobufCAllocator allocator = allocator_of(model);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, size, bytes);
    if (!message && model->used_bytes == model->most_bytes)
        edy_fail(err, EDY_LIMIT, "needs more than %zu bytes to be unpacked", model->most_bytes);
    else if (!message)
        edy_fail(err, EDY_BAD_FILE, "is not an ONNX file or is damaged");
    return message;
}

edy_status edy_onnx_unpack(const uint8_t *bytes, size_t size, edy_onnx_model *model,
                           edy_error *err) {
    edy_error inner;
    ProtobufCMessage *message = unpack(&onnx__model_proto__descriptor, bytes, size, model, &inner);
    model->proto = (Onnx__ModelProto *)message;
    return message ? EDY_OK : edy_fail(err, inner.code, "%s", inner.message);
}

edy_status edy_onnx_unpack_tensor(const uint8_t *bytes, size_t size, Onnx__TensorProto **tensor,
                                  edy_error *err) {
    edy_onnx_model budget;
    edy_error inner;
    ProtobufCMessage *message =
        unpack(&onnx__tensor_proto__descriptor, bytes, size, &budget, &inner);
    *tensor = (Onnx__TensorProto *)message;
    return message ? EDY_OK : edy_fail(err, inner.code, "%s", inner.message);
}

void edy_onnx_model_free(edy_onnx_model *model) {
    if (!model->proto)
        return;
    ProtobufCAllocator allocator = allocator_of(model);
    onnx__model_proto__free_unpacked(model->proto, &allocator);
    model->proto = NULL;
}
