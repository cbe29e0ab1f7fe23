/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/peak.h"

#include <assert.h>
#include <math.h>

#include "engine/cpu.h"

/* Fastest first. ops: lanes of s32 or fp32, times products a lane, times 2.
 * An emulated build (EDYNO_SIMDE) has no peak of what it emulates. */
static const edy_peak_loop loops[] = {
#if defined(EDYNO_HAVE_AVX512VNNI) && !defined(EDYNO_SIMDE)
    {"avx512vnni vpdpbusd", 1, EDY_CPU_AVX512F | EDY_CPU_AVX512VNNI, 128, edy_peak_avx512vnni_s8},
#endif
#if defined(EDYNO_HAVE_AVX512) && !defined(EDYNO_SIMDE)
    {"avx512 FMA", 0, EDY_CPU_AVX512F, 32, edy_peak_avx512_f32},
    {"avx512 vpmaddwd", 1, EDY_CPU_AVX512F | EDY_CPU_AVX512BW, 64, edy_peak_avx512_s8},
#endif
#if defined(EDYNO_HAVE_AVXVNNI) && !defined(EDYNO_SIMDE)
    {"avxvnni vpdpbusd", 1, EDY_CPU_AVX2 | EDY_CPU_AVXVNNI, 64, edy_peak_avxvnni_s8},
#endif
#ifdef EDYNO_HAVE_AVX2
    {"avx2 FMA", 0, EDY_CPU_AVX2 | EDY_CPU_FMA, 16, edy_peak_avx2_f32},
    {"avx2 vpmaddwd", 1, EDY_CPU_AVX2, 32, edy_peak_avx2_s8},
#endif
#ifdef EDYNO_HAVE_SSE41
    {"sse41 mulps+addps", 0, EDY_CPU_SSE41, 8, edy_peak_sse41_f32},
    {"sse41 pmaddwd", 1, EDY_CPU_SSE41, 16, edy_peak_sse41_s8},
#endif
#ifdef EDYNO_HAVE_NEON
    {"neondot sdot", 1, EDY_CPU_NEON | EDY_CPU_DOTPROD, 32, edy_peak_neondot_s8},
    {"neon fmla", 0, EDY_CPU_NEON, 8, edy_peak_neon_f32},
    {"neon smlal", 1, EDY_CPU_NEON, 8, edy_peak_neon_s8},
#endif
    {NULL, 0, 0, 0, NULL},
};

size_t edy_peak_loop_count(void) {
    return sizeof loops / sizeof loops[0] - 1;
}

const edy_peak_loop *edy_peak_loop_at(size_t index) {
    assert(index < edy_peak_loop_count());
    return &loops[index];
}

const edy_peak_loop *edy_peak_loop_for(const edy_backend *backend, int integer) {
    const uint32_t features = backend->features ? backend->features : edy_cpu_features();
    for (size_t i = 0; i < edy_peak_loop_count(); i++)
        if (loops[i].integer == integer && (loops[i].features & ~features) == 0)
            return &loops[i];
    return NULL;
}

double edy_peak_measure(const edy_peak_loop *loop, int64_t (*now_ns)(void *context),
                        void *context) {
    enum { BATCHES = 500, TURNS = 20000 };
    double best = 0.0;
    for (int i = 0; i < BATCHES; i++) {
        const int64_t start = now_ns(context);
        loop->run(TURNS);
        const double spent = (double)(now_ns(context) - start);
        const double rate = 1e9 * TURNS * EDY_PEAK_CHAINS * loop->ops / spent;
        best = spent > 0 && isfinite(rate) && rate > best ? rate : best;
    }
    return best;
}
