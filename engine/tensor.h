/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Element types, shapes and checked sizes. */
#ifndef EDY_TENSOR_H
#define EDY_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

enum { EDY_MAX_RANK = 8 };

/* X(name, bytes an element, text) */
#define EDY_DTYPE_MAP(X)                                                                           \
    X(NONE, 0, "none")                                                                             \
    X(F32, 4, "float32")                                                                           \
    X(F64, 8, "float64")                                                                           \
    X(S8, 1, "int8")                                                                               \
    X(U8, 1, "uint8")                                                                              \
    X(S32, 4, "int32")                                                                             \
    X(S64, 8, "int64")                                                                             \
    X(BOOL, 1, "bool") /* 0 or 1 */

typedef enum edy_dtype {
#define EDY_DTYPE_ENUM(name, bytes, text) EDY_##name,
    EDY_DTYPE_MAP(EDY_DTYPE_ENUM)
#undef EDY_DTYPE_ENUM
} edy_dtype;

size_t edy_dtype_bytes(edy_dtype dtype);
const char *edy_dtype_text(edy_dtype dtype); /* "float32", "int8", ... never NULL */

/* Extents, outermost first. rank 0 is a scalar of one element. */
typedef struct edy_shape {
    int32_t rank;
    int64_t dim[EDY_MAX_RANK];
} edy_shape;

edy_shape edy_shape_make(int32_t rank, const int64_t *dim);
bool edy_shape_equal(const edy_shape *a, const edy_shape *b);

/* Number of elements into *elems. Fails with EDY_LIMIT where a dimension is negative, or the
 * product does not fit in 2^62. Where that does not fit in a size_t, *elems is SIZE_MAX, which no
 * limit on bytes admits. */
edy_status edy_shape_elems(const edy_shape *shape, size_t *elems, edy_error *err);

/* The same for a shape that was checked before (asserts). */
size_t edy_shape_count(const edy_shape *shape);

/* "1x3x224x224" into text (at most size bytes, NUL-terminated); returns text. A scalar is "scalar".
 */
const char *edy_shape_text(const edy_shape *shape, char *text, size_t size);

#endif
