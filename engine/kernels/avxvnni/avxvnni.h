/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The AVX-VNNI backend: avx2's table with int8 on 256-bit VEX vpdpbusd. */
#ifndef EDY_KERNELS_AVXVNNI_H
#define EDY_KERNELS_AVXVNNI_H

#include "engine/kernel.h"

void edy_avxvnni_s8_dense(edy_kernels *k);
void edy_avxvnni_s16_dense(edy_kernels *k);
void edy_avxvnni_s8_depthwise(edy_kernels *k);

#endif
