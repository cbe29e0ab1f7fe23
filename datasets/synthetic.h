/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Seeded inputs: the same (seed, stream, index) gives the same bytes on every machine. */
#ifndef EDY_SYNTHETIC_H
#define EDY_SYNTHETIC_H

#include <stddef.h>
#include <stdint.h>

#include "engine/tensor.h"

typedef enum edy_distribution {
    EDY_UNIFORM, /* floats in [-1, 1), multiples of 2^-23 */
    EDY_NORMAL   /* sum of 12 uniforms in [0, 1) minus 6: mean 0, variance 1, |x| <= 6, no libm */
} edy_distribution;

/* Fills out[0, elems). Integers of one byte take every value alike under either distribution; s32
 * and s64 are in [-128, 127]. The generator is splitmix64 (Steele, Lea, Flood 2014) started from a
 * mix of seed, stream (which input of the model) and index (which sample), so samples do not depend
 * on the order in which they are asked for. dtype is not EDY_NONE. */
void edy_synthetic_fill(uint64_t seed, uint64_t stream, uint64_t index, edy_distribution kind,
                        edy_dtype dtype, size_t elems, void *out);

#endif
