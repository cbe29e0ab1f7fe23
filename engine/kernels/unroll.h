/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#ifndef EDY_KERNELS_UNROLL_H
#define EDY_KERNELS_UNROLL_H

/* Before a loop of at most 16 rounds whose count is a constant once its function is inlined:
 * unrolls it wholly, so that an array indexed by it becomes registers. */
#ifdef __clang__
#define EDY_UNROLL _Pragma("unroll")
#else
#define EDY_UNROLL _Pragma("GCC unroll 16")
#endif

/* A function that exists to be specialised by constant arguments. */
#define EDY_SPECIALISE static inline __attribute__((always_inline))

#endif
