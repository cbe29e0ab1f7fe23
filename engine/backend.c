/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/backend.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "engine/cpu.h"

#define AVX512                                                                                     \
    (EDY_CPU_AVX2 | EDY_CPU_FMA | EDY_CPU_AVX512F | EDY_CPU_AVX512BW | EDY_CPU_AVX512VL |          \
     EDY_CPU_AVX512DQ)

/* Best first; the first whose features the CPU has is the default. */
static const edy_backend backends[] = {
#ifdef EDYNO_HAVE_AVX512VNNI
    {"avx512vnni", "x86-64 with AVX-512 and VNNI (Ice Lake, Zen 4 and later)",
     AVX512 | EDY_CPU_AVX512VNNI, edy_kernels_avx512vnni},
#endif
#ifdef EDYNO_HAVE_AVX512
    {"avx512", "x86-64 with AVX-512 (Skylake-X); int8 as in avx2", AVX512, edy_kernels_avx512},
#endif
#ifdef EDYNO_HAVE_AVXVNNI
    {"avxvnni", "x86-64 with AVX2 and VNNI but no AVX-512 (Alder Lake and later)",
     EDY_CPU_AVX2 | EDY_CPU_FMA | EDY_CPU_AVXVNNI, edy_kernels_avxvnni},
#endif
#ifdef EDYNO_HAVE_AVX2
    {"avx2", "x86-64 with AVX2 and FMA (Haswell, Zen and later)", EDY_CPU_AVX2 | EDY_CPU_FMA,
     edy_kernels_avx2},
#endif
#ifdef EDYNO_HAVE_SSE41
    {"sse41", "x86-64 before AVX2 (Atoms, Nehalem)", EDY_CPU_SSE41, edy_kernels_sse41},
#endif
#ifdef EDYNO_HAVE_NEON
    {"neondot", "64-bit Arm with dot product (armv8.2: Cortex-A55, A76 and later)",
     EDY_CPU_NEON | EDY_CPU_DOTPROD, edy_kernels_neondot},
    {"neon", "64-bit Arm (armv8.0: Cortex-A53, A72 and later)", EDY_CPU_NEON, edy_kernels_neon},
#endif
    {"scalar", "plain C for any CPU; the reference the others are compared with", 0,
     edy_kernels_scalar},
};

size_t edy_backend_count(void) {
    return sizeof backends / sizeof backends[0];
}

const edy_backend *edy_backend_at(size_t index) {
    assert(index < edy_backend_count());
    return &backends[index];
}

int edy_backend_runs_here(const edy_backend *backend) {
    return (backend->features & ~edy_cpu_features()) == 0;
}

const edy_backend *edy_backend_best(void) {
    size_t i = 0;
    while (!edy_backend_runs_here(&backends[i]))
        i++; /* ends: scalar needs nothing */
    return &backends[i];
}

static edy_status unknown(const char *name, edy_error *err) {
    char list[128] = "";
    size_t used = 0;
    for (size_t i = 0; i < edy_backend_count() && used < sizeof list; i++) {
        const int n =
            snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", backends[i].name);
        used += n > 0 ? (size_t)n : 0;
    }
    return edy_fail(err, EDY_BAD_ARGUMENT, "unknown backend \"%.60s\" (this build has: %s)", name,
                    list);
}

edy_status edy_backend_find(const char *name, const edy_backend **backend, edy_error *err) {
    for (size_t i = 0; i < edy_backend_count(); i++) {
        if (strcmp(backends[i].name, name) != 0)
            continue;
        const uint32_t lacking = backends[i].features & ~edy_cpu_features();
        if (lacking) {
            char text[128];
            return edy_fail(err, EDY_UNSUPPORTED_HARDWARE,
                            "backend \"%s\" cannot run on this CPU: it lacks %s", name,
                            edy_cpu_features_text(lacking, text, sizeof text));
        }
        *backend = &backends[i];
        return EDY_OK;
    }
    return unknown(name, err);
}

edy_kernels edy_backend_kernels(const edy_backend *backend) {
    edy_kernels k;
    memset(&k, 0, sizeof k);
    edy_kernels_scalar(&k);
    if (backend->fill != edy_kernels_scalar)
        backend->fill(&k);
    return k;
}
