/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* SHA-256 (FIPS 180-4), for provenance. */
#ifndef EDY_SHA256_H
#define EDY_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

typedef struct edy_sha256 {
    uint32_t state[8];
    uint64_t total_bytes;
    uint8_t block[64];
} edy_sha256;

void edy_sha256_begin(edy_sha256 *hash);
void edy_sha256_add(edy_sha256 *hash, const void *bytes, size_t size);
/* Lower-case hex and NUL. */
void edy_sha256_end(edy_sha256 *hash, char hex[65]);

/* Of a whole file. EDY_IO names the path. */
edy_status edy_sha256_file(const char *path, char hex[65], edy_error *err);

#endif
