/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ONNX file -> graph. The file is hostile until parsed. */
#ifndef EDY_ONNX_IMPORT_H
#define EDY_ONNX_IMPORT_H

#include "engine/graph.h"
#include "engine/import/limits.h"

/* Reads and validates, infers shapes at batch 1 (a symbolic first dimension of an input is the
 * batch; any other symbolic dimension is refused by name). The graph is as the file says: no pass
 * has run. EDY_IO: cannot read. EDY_BAD_FILE: truncated, not ONNX, inconsistent, a NaN or infinite
 * weight. EDY_UNSUPPORTED: an operator, attribute or dtype outside the list, named with its node.
 * EDY_LIMIT: over a limit. Every message begins with the path. */
edy_status edy_onnx_import(const char *path, const edy_limits *limits, edy_graph **graph,
                           edy_error *err);
/* The same from memory; name stands for the path in messages. */
edy_status edy_onnx_import_memory(const char *name, const void *bytes, size_t size,
                                  const edy_limits *limits, edy_graph **graph, edy_error *err);

/* What an import may be told beside the limits. All-zero is the default. */
typedef struct edy_import_binding { /* this input of the graph is a constant with this value */
    const char *name;
    edy_dtype dtype; /* the one that the file states for the input */
    edy_shape shape;
    const void *data; /* row-major; copied */
} edy_import_binding;

enum { EDY_WANTED_SIZE = 256 };

typedef struct edy_import_options {
    const edy_limits *limits; /* NULL: the default ones */
    const edy_import_binding *bindings;
    size_t n_bindings;
    bool constant_results; /* graphs without inputs, and outputs that are constants, are accepted */
    /* NULL, or EDY_WANTED_SIZE bytes: where the import fails because an input of the graph decides
     * a shape (or what else must be constant), or is empty, its name, to be bound in another try;
     * else "". */
    char *wanted;
} edy_import_options;

/* As edy_onnx_import. A name in bindings that no input has is EDY_BAD_ARGUMENT. */
edy_status edy_onnx_import_with(const char *path, const edy_import_options *options,
                                edy_graph **graph, edy_error *err);

#endif
