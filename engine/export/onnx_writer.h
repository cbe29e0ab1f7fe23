/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A GraphProto in the making. Everything lives in the writer's region. A failure is kept in the
 * writer and makes every later call do nothing, so callers check once, at the end. */
#ifndef EDY_ONNX_WRITER_H
#define EDY_ONNX_WRITER_H

#include "engine/graph.h"
#include "onnx/onnx.pb-c.h"

/* Most nodes and made-up initializers that one node of the graph may become (onnx_export_ops.c). */
enum { EDY_WRITER_NODES = 4, EDY_WRITER_CONSTANTS = 6 };

typedef struct edy_onnx_writer {
    const edy_graph *graph;
    edy_region region;
    edy_status status;
    edy_error error; /* valid where status is not EDY_OK */
    Onnx__GraphProto proto;
    const char **name; /* [n_values] unique names */
    bool *written;     /* [n_values] constants that are initializers already */
    int32_t made_up;   /* counts names that the writer made */
} edy_onnx_writer;

/* EDY_NO_MEMORY, or EDY_BAD_ARGUMENT where values cannot be told apart by name. To be destroyed in
 * any case. */
edy_status edy_onnx_writer_create(edy_onnx_writer *w, const edy_graph *graph);
void edy_onnx_writer_destroy(edy_onnx_writer *w);

void edy_writer_fail(edy_onnx_writer *w, edy_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A new node. Functions below take NULL, which they return after a failure. */
Onnx__NodeProto *edy_writer_node(edy_onnx_writer *w, const char *op_type, const char *name);
void edy_writer_input(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name);
void edy_writer_output(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name);
/* A value of the graph as an input; "" for EDY_NO_VALUE; a constant becomes an initializer. */
void edy_writer_value(edy_onnx_writer *w, Onnx__NodeProto *node, edy_value_id id);
/* An initializer that the graph does not have; data is copied. */
void edy_writer_constant(edy_onnx_writer *w, Onnx__NodeProto *node, edy_dtype dtype, int32_t rank,
                         int64_t elems, const void *data);

int32_t edy_writer_data_type(edy_dtype dtype); /* ONNX's number for it */

void edy_writer_int(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name, int64_t value);
void edy_writer_float(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name, float value);
void edy_writer_ints(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name,
                     const int64_t *value, int32_t n);
void edy_writer_text(edy_onnx_writer *w, Onnx__NodeProto *node, const char *name,
                     const char *value);

/* A name that nothing has: base and a number. */
const char *edy_writer_made_up(edy_onnx_writer *w, const char *base);

/* Graph inputs and outputs: the first dimension is the symbol "N". */
void edy_writer_ports(edy_onnx_writer *w);

#endif
