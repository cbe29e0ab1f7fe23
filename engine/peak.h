/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What one core reaches with independent multiply-adds in registers: the most that a kernel of the
 * same instruction set can. A loop keeps EDY_PEAK_CHAINS accumulators, which covers latency times
 * throughput of every core known to us, and touches no memory. */
#ifndef EDY_PEAK_H
#define EDY_PEAK_H

#include <stddef.h>
#include <stdint.h>

#include "engine/backend.h"

enum { EDY_PEAK_CHAINS = 12 };
/* X(n) for each chain: accumulators by name, where an array would be kept in memory. */
#define EDY_PEAK_CHAIN_MAP(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

typedef struct edy_peak_loop {
    const char *name;          /* "avx2 FMA", "avx512vnni vpdpbusd" */
    int integer;               /* s8 products summed in s32; else fp32 */
    uint32_t features;         /* EDY_CPU_* bits that it needs */
    uint32_t ops;              /* operations a turn of one chain; a multiply-add is two */
    void (*run)(size_t turns); /* turns of all chains */
} edy_peak_loop;

/* The loops compiled in, fastest first. */
size_t edy_peak_loop_count(void);
const edy_peak_loop *edy_peak_loop_at(size_t index);

/* The loop that a backend's kernels are to be compared with: the fastest within its features; for
 * scalar, which has none, the fastest that this CPU runs. NULL where there is none. */
const edy_peak_loop *edy_peak_loop_for(const edy_backend *backend, int integer);

/* Operations a second: the best of many batches of some 30 us, since the machine may be busy with
 * something else at times. now_ns: a clock that is given context. Takes about 20 ms. */
double edy_peak_measure(const edy_peak_loop *loop, int64_t (*now_ns)(void *context), void *context);

/* The loops, each in its instruction set's folder. */
void edy_peak_sse41_f32(size_t turns);
void edy_peak_sse41_s8(size_t turns);
void edy_peak_avx2_f32(size_t turns);
void edy_peak_avx2_s8(size_t turns);
void edy_peak_avxvnni_s8(size_t turns);
void edy_peak_avx512_f32(size_t turns);
void edy_peak_avx512_s8(size_t turns);
void edy_peak_avx512vnni_s8(size_t turns);
void edy_peak_neon_f32(size_t turns);
void edy_peak_neon_s8(size_t turns);
void edy_peak_neondot_s8(size_t turns);

#endif
