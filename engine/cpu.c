/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/cpu.h"

#include <stdio.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* What a build that emulates AVX-512 and VNNI (EDYNO_SIMDE) has besides, on a CPU with AVX2. */
#ifdef EDYNO_SIMDE
#define EMULATED                                                                                   \
    (EDY_CPU_AVX512F | EDY_CPU_AVX512BW | EDY_CPU_AVX512VL | EDY_CPU_AVX512DQ |                    \
     EDY_CPU_AVX512VNNI | EDY_CPU_AVXVNNI)
#else
#define EMULATED 0u
#endif

static uint64_t xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

/* Intel SDM volume 2, CPUID; volume 1, 14.3 and 15.2: the state bits that the system must save. */
uint32_t edy_cpu_features(void) {
    uint32_t a, b, c, d, features = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    if (c & bit_SSE4_1)
        features |= EDY_CPU_SSE41;
    if (!(c & bit_OSXSAVE) || (xcr0() & 0x6) != 0x6)
        return features;
    const uint64_t saved = xcr0();
    if (c & bit_FMA)
        features |= EDY_CPU_FMA;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return features;
    const uint32_t subleaves = a;
    if (b & bit_AVX2)
        features |= EDY_CPU_AVX2 | EMULATED;
    if ((saved & 0xe0) == 0xe0) {
        features |= b & bit_AVX512F ? EDY_CPU_AVX512F : 0u;
        features |= b & bit_AVX512BW ? EDY_CPU_AVX512BW : 0u;
        features |= b & bit_AVX512VL ? EDY_CPU_AVX512VL : 0u;
        features |= b & bit_AVX512DQ ? EDY_CPU_AVX512DQ : 0u;
        features |= c & bit_AVX512VNNI ? EDY_CPU_AVX512VNNI : 0u;
    }
    if (subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 4)))
        features |= EDY_CPU_AVXVNNI;
    return features;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

uint32_t edy_cpu_features(void) {
    const unsigned long hwcap = getauxval(AT_HWCAP);
    const unsigned long asimd = 1ul << 1, asimddp = 1ul << 20; /* linux uapi asm/hwcap.h */
    return (hwcap & asimd ? EDY_CPU_NEON : 0u) | (hwcap & asimddp ? EDY_CPU_DOTPROD : 0u);
}

#else

uint32_t edy_cpu_features(void) {
    return 0;
}

#endif

const char *edy_cpu_features_text(uint32_t features, char *text, size_t size) {
    static const char *const names[] = {
#define EDY_CPU_TEXT(bit, name, words) [bit] = words,
        EDY_CPU_MAP(EDY_CPU_TEXT)
#undef EDY_CPU_TEXT
    };
    size_t used = 0;
    snprintf(text, size, "none");
    for (size_t i = 0; i < sizeof names / sizeof names[0] && used < size; i++) {
        if (!(features & (1u << i)))
            continue;
        const int n = snprintf(text + used, size - used, "%s%s", used ? " " : "", names[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}
