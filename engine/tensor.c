/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/tensor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const struct {
    size_t bytes;
    const char *text;
} dtypes[] = {
#define EDY_DTYPE_ROW(name, size, words) [EDY_##name] = {size, words},
    EDY_DTYPE_MAP(EDY_DTYPE_ROW)
#undef EDY_DTYPE_ROW
};

size_t edy_dtype_bytes(edy_dtype dtype) {
    assert((size_t)dtype < sizeof dtypes / sizeof dtypes[0]);
    return dtypes[dtype].bytes;
}

const char *edy_dtype_text(edy_dtype dtype) {
    return (size_t)dtype < sizeof dtypes / sizeof dtypes[0] ? dtypes[dtype].text : "unknown";
}

edy_shape edy_shape_make(int32_t rank, const int64_t *dim) {
    assert(rank >= 0 && rank <= EDY_MAX_RANK);
    edy_shape shape = {.rank = rank};
    for (int32_t i = 0; i < rank; i++)
        shape.dim[i] = dim[i];
    return shape;
}

bool edy_shape_equal(const edy_shape *a, const edy_shape *b) {
    if (a->rank != b->rank)
        return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

edy_status edy_shape_elems(const edy_shape *shape, size_t *elems, edy_error *err) {
    const int64_t most = INT64_C(1) << 62;
    int64_t product = 1;
    for (int32_t i = 0; i < shape->rank; i++) {
        const int64_t d = shape->dim[i];
        if (d < 0)
            return edy_fail(err, EDY_LIMIT, "dimension %d is %" PRId64, i, d);
        if (d > 0 && product > most / d)
            return edy_fail(err, EDY_LIMIT,
                            "dimension %d of %" PRId64 " makes the tensor too large", i, d);
        product *= d;
    }
    *elems = (uint64_t)product > SIZE_MAX ? SIZE_MAX : (size_t)product;
    return EDY_OK;
}

size_t edy_shape_count(const edy_shape *shape) {
    size_t elems = 0;
    const edy_status status = edy_shape_elems(shape, &elems, NULL);
    assert(status == EDY_OK);
    (void)status;
    return elems;
}

const char *edy_shape_text(const edy_shape *shape, char *text, size_t size) {
    if (shape->rank == 0) {
        snprintf(text, size, "scalar");
        return text;
    }
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < shape->rank && used < size; i++) {
        const int n = snprintf(text + used, size - used, "%s%" PRId64, i ? "x" : "", shape->dim[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}
