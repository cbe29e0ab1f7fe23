/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The AVX-512 VNNI backend: avx512's table with int8 on 512-bit vpdpbusd. */
#ifndef EDY_KERNELS_AVX512VNNI_H
#define EDY_KERNELS_AVX512VNNI_H

#include "engine/kernel.h"

void edy_avx512vnni_s8_dense(edy_kernels *k);
void edy_avx512vnni_s16_dense(edy_kernels *k);
void edy_avx512vnni_s8_depthwise(edy_kernels *k);

#endif
