/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the fuzz targets share. A target feeds one reader with bytes; whatever they are, the reader
 * must end with a status, and with a message where that is not EDY_OK. */
#ifndef EDY_FUZZ_H
#define EDY_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "engine/graph.h"
#include "engine/import/limits.h"

/* Called by libFuzzer for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path below /proc at which a file in memory holds these bytes until the next call. */
const char *edy_fuzz_file(const uint8_t *data, size_t size);

/* A megabyte for the file and for each tensor, 1,000 nodes: so that one input takes little time. */
edy_limits edy_fuzz_limits(void);

/* Aborts where a reader failed without a sentence, or with one that holds control characters. */
void edy_fuzz_check(edy_status status, const edy_error *err);

/* Plans what was imported for the scalar backend, and runs it where it is small. Destroys the
 * graph; NULL is allowed. */
void edy_fuzz_run(edy_graph *graph);

#endif
