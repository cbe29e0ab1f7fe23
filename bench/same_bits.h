/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Does a sample get the same bits at every place of a batch, and for any number of threads?
 * (DESIGN: "Same answer for any thread count, batch place and run".) */
#ifndef EDY_SAME_BITS_H
#define EDY_SAME_BITS_H

#include "bench/golden.h"
#include "engine/plan.h"

/* Remembers the outputs of each sample when it is seen first. */
typedef struct edy_same_bits edy_same_bits;

edy_status edy_same_bits_create(const edy_plan *plan, size_t samples, edy_same_bits **bits,
                                edy_error *err);
void edy_same_bits_destroy(edy_same_bits *bits); /* NULL is allowed */

/* outputs: of one run, whose place k held sample (first + k) % samples. False where a sample got
 * other bits than before; text[size] then says which and where. */
bool edy_same_bits_add(edy_same_bits *bits, size_t first, void *const *outputs, char *text,
                       size_t size);
/* A hash (FNV-1a) of all outputs in the order of the samples, never 0: equal for equal bits. */
uint64_t edy_same_bits_hash(const edy_same_bits *bits);

#endif
