/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The scalar backend: the definition of every kernel that people read, and every other backend is
 * compared with. Plain loops, no intrinsics, multiply then add in fp32. One family a file; each
 * file gives one function that fills its entries in. */
#ifndef EDY_KERNELS_SCALAR_H
#define EDY_KERNELS_SCALAR_H

#include "engine/kernel.h"

void edy_scalar_f32_dense(edy_kernels *k);
void edy_scalar_f32_depthwise(edy_kernels *k);
void edy_scalar_f32_pool(edy_kernels *k);
void edy_scalar_f32_elementwise(edy_kernels *k);
void edy_scalar_s8_dense(edy_kernels *k);
void edy_scalar_s8_depthwise(edy_kernels *k);
void edy_scalar_s8_pool(edy_kernels *k);
void edy_scalar_s8_elementwise(edy_kernels *k);

#endif
