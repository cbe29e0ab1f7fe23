/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Limits on what a model file may ask for, whatever its format. */
#ifndef EDY_LIMITS_H
#define EDY_LIMITS_H

#include <stdint.h>

/* edy_limits_default() has sane values. */
typedef struct edy_limits {
    uint64_t model_bytes;  /* size of the file: 2 GiB */
    uint64_t tensor_bytes; /* one tensor, constant or computed at batch 1: 1 GiB */
    uint32_t nodes;        /* 100,000 */
} edy_limits;

edy_limits edy_limits_default(void);

#endif
