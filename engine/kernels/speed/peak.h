/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#ifndef EDY_KERNELS_PEAK_H
#define EDY_KERNELS_PEAK_H

/* What one core reaches in fp32 with independent multiply-adds in registers, in GFLOP/s. */
double edy_peak_gflops(void);

#endif
