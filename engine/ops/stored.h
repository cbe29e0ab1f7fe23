/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* 8-bit integers as the model means them, wherever they lie: a plan holds computed u8 values as
 * q - 128 (quant.was_u8), constants as they are. */
#ifndef EDY_STORED_H
#define EDY_STORED_H

#include "engine/graph.h"

static inline bool edy_is_byte(const edy_value *v) {
    return v->dtype == EDY_U8 || v->dtype == EDY_S8;
}

/* Whether the model has it as u8. */
static inline bool edy_means_u8(const edy_value *v) {
    return v->dtype == EDY_U8 || (v->dtype == EDY_S8 && v->quant.was_u8);
}

/* Element i of v, whose memory is data. */
static inline int32_t edy_byte_at(const edy_value *v, const void *data, size_t i) {
    if (v->dtype == EDY_U8)
        return ((const uint8_t *)data)[i];
    return ((const int8_t *)data)[i] + (v->quant.was_u8 ? 128 : 0);
}

static inline void edy_byte_put(const edy_value *v, void *data, size_t i, int32_t q) {
    ((uint8_t *)data)[i] = (uint8_t)(v->dtype == EDY_S8 && v->quant.was_u8 ? q - 128 : q);
}

#endif
