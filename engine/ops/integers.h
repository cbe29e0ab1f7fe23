/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Elements of any integer dtype as int64, for operators that compute on plain (unquantized)
 * integers. Results wrap around, as numpy's do. */
#ifndef EDY_INTEGERS_H
#define EDY_INTEGERS_H

#include <assert.h>
#include <string.h>

#include "engine/tensor.h"

static inline bool edy_is_integer(edy_dtype dtype) {
    return dtype == EDY_S8 || dtype == EDY_U8 || dtype == EDY_S32 || dtype == EDY_S64;
}

/* Element i; dtype is an integer or bool. */
static inline int64_t edy_integer_load(edy_dtype dtype, const void *data, size_t i) {
    switch (dtype) {
    case EDY_S8:
        return ((const int8_t *)data)[i];
    case EDY_S32:
        return ((const int32_t *)data)[i];
    case EDY_S64:
        return ((const int64_t *)data)[i];
    default:
        return ((const uint8_t *)data)[i];
    }
}

static inline void edy_integer_store(edy_dtype dtype, void *data, size_t i, int64_t x) {
    switch (dtype) {
    case EDY_S32:
        ((int32_t *)data)[i] = (int32_t)(uint32_t)(uint64_t)x;
        break;
    case EDY_S64:
        ((int64_t *)data)[i] = x;
        break;
    default: /* the low byte, signed or not */
        ((uint8_t *)data)[i] = (uint8_t)(uint64_t)x;
    }
}

#endif
