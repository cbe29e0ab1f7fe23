/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Seeded weights of text nets: the same bits on every machine. */
#ifndef EDY_TEXT_WEIGHTS_H
#define EDY_TEXT_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

/* A layer's weights and biases, from a generator of its own: splitmix64 (Steele, Lea, Flood 2014)
 * started from a mix of seed and layer, so a layer's weights do not depend on those before it.
 *
 * weight[0, n): uniform in [-a, a), a = gain * sqrt(3 * power / fan_in), hence of variance
 * gain^2 * power / fan_in. power 2 keeps the mean square of what a rectifier passes on (He, Zhang,
 * Ren, Sun 2015: half of a symmetric sum is cut off), power 1 that of a linear layer.
 * bias[0, channels): uniform in [-0.1, 0.1) * gain. gain is in ten-thousandths, the unit of a text
 * net's decimals.
 *
 * The square root is one of integers and all else single IEEE multiplications, so there is nothing
 * that a compiler or a libm could round in another way. fan_in, power, gain >= 1. */
void edy_text_weights(uint64_t seed, uint64_t layer, uint64_t fan_in, unsigned power, unsigned gain,
                      float *weight, size_t n, float *bias, size_t channels);

#endif
