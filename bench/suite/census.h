/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What an ONNX file asks for, whether or not edyno can do it: operators, the types of their
 * tensors, versions. It reads the file only; no importer decides. */
#ifndef EDY_CENSUS_H
#define EDY_CENSUS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

/* A set of ONNX's TensorProto.DataType (bit n is type n), and of what is no tensor. */
typedef uint32_t edy_type_set;
enum { EDY_TYPE_NO_TENSOR = 31 }; /* a sequence, a map, an optional, a sparse tensor */

/* "float", "int64", ... as ONNX writes it; NULL for a bit that means nothing. */
const char *edy_type_text(int bit);
/* The bit of such a name; -1 where there is none. */
int edy_type_bit(const char *name);
/* The names in a set, separated by blanks. Returns text. */
const char *edy_type_set_text(edy_type_set set, char *text, size_t size);

enum { EDY_CENSUS_NAME = 64 };

typedef struct edy_census_op {
    char name[EDY_CENSUS_NAME]; /* "Conv", "com.microsoft.QLinearAdd" */
    edy_type_set types;         /* of its inputs and outputs, as far as the file states them */
    uint32_t outputs; /* most outputs that a node of it uses: its last one that is named */
} edy_census_op;

typedef struct edy_census {
    int64_t opset;         /* of ai.onnx; 0: the file has none */
    edy_type_set boundary; /* types of the graph's inputs and outputs */
    size_t n_inputs;
    char **input; /* names of the graph's inputs that are no initializers, in order */
    size_t n_ops;
    edy_census_op *op; /* each operator once, in the order of their first nodes */
} edy_census;

/* EDY_IO, EDY_BAD_FILE, EDY_LIMIT; the message begins with the path. */
edy_status edy_census_read(const char *path, edy_census *census, edy_error *err);
void edy_census_free(edy_census *census); /* all-zero is allowed */

#endif
