/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the CPU that runs this process can execute. */
#ifndef EDY_CPU_H
#define EDY_CPU_H

#include <stddef.h>
#include <stdint.h>

/* X(bit, name, text). x86 bits are set only where the operating system saves the registers too. */
#define EDY_CPU_MAP(X)                                                                             \
    X(0, SSE41, "sse4.1")                                                                          \
    X(1, AVX2, "avx2")                                                                             \
    X(2, FMA, "fma")                                                                               \
    X(3, AVX512F, "avx512f")                                                                       \
    X(4, AVX512BW, "avx512bw")                                                                     \
    X(5, AVX512VL, "avx512vl")                                                                     \
    X(6, AVX512DQ, "avx512dq")                                                                     \
    X(7, AVX512VNNI, "avx512vnni")                                                                 \
    X(8, AVXVNNI, "avxvnni")                                                                       \
    X(9, NEON, "neon")                                                                             \
    X(10, DOTPROD, "dotprod")

#define EDY_CPU_ENUM(bit, name, text) EDY_CPU_##name = 1u << (bit),
enum { EDY_CPU_MAP(EDY_CPU_ENUM) };
#undef EDY_CPU_ENUM

/* Set of EDY_CPU_* bits of this CPU; computed by asking the CPU at each call, cheap and
 * thread-safe. */
uint32_t edy_cpu_features(void);

/* "avx2 fma" into text; "none" for 0. Returns text. */
const char *edy_cpu_features_text(uint32_t features, char *text, size_t size);

#endif
