/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* One kernel case: seeded inputs, one call of a backend's kernel, and a comparison with obvious
 * loops in double or int64 that share no code with the engine. */
#ifndef EDY_WALK_KERNEL_CHECK_H
#define EDY_WALK_KERNEL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/kernel.h"
#include "bench/walk/call_timer.h"
#include "bench/walk/fill.h"

/* Everything else (strides, clamp, residual, padding rows, offsets, which side of a buffer is
 * guarded) follows from the seed. Families ignore the counts they have no use for. */
typedef struct edy_kernel_problem {
    size_t rows;     /* dense, mean: rows; depthwise and pools: pixels */
    size_t channels; /* output channels; elementwise: elements */
    size_t depth;    /* dense: input channels of a tap */
    size_t taps;     /* window positions; GEMM: 1 */
    edy_fill fill;
    uint64_t seed;
    edy_call_timer *timer; /* NULL: one call. Else the call is repeated and timed; the verdict then
                              says nothing, since outputs are also inputs of some kernels */
} edy_kernel_problem;

typedef struct edy_kernel_verdict {
    double share;      /* worst error as a share of the allowed one (fp32); 0 where exact */
    char message[320]; /* "" where it passed; else what differs */
} edy_kernel_verdict;

/* What a problem of a family may be. */
typedef struct edy_kernel_limits {
    size_t max_rows; /* 0: any */
    size_t tile;     /* channels that are done at once: tails are tried up to 2 * tile + 1 */
    bool has_depth, has_taps, has_rows;
} edy_kernel_limits;

/* The part of edy_kernels that a family walks: EDY_KERNEL_PART(f32_add). A table that has zeros
 * there lacks the kernel; one that has scalar's bytes there inherited it. All parts together cover
 * all of edy_kernels (a test proves it), so that no kernel goes unwalked. */
typedef struct edy_kernel_part {
    size_t offset, bytes;
    bool named; /* a struct that begins with `const char *name` */
} edy_kernel_part;
#define EDY_KERNEL_PART(member)                                                                    \
    { offsetof(edy_kernels, member), sizeof((const edy_kernels *)0)->member, false }
#define EDY_KERNEL_NAMED_PART(member)                                                              \
    { offsetof(edy_kernels, member), sizeof((const edy_kernels *)0)->member, true }

typedef struct edy_kernel_family {
    const char *name; /* "f32_igemm" */
    edy_kernel_part part;
    edy_kernel_limits (*limits)(const edy_kernels *k);
    /* True where the kernel's answer is right. Called only where the table has the part. */
    bool (*check)(const edy_kernels *k, const edy_kernel_problem *p, edy_kernel_verdict *v);
} edy_kernel_family;

/* Has the table this family's kernel, and is it scalar's own? */
bool edy_kernel_present(const edy_kernel_family *family, const edy_kernels *k);
bool edy_kernel_same(const edy_kernel_family *family, const edy_kernels *a, const edy_kernels *b);
/* "f32_igemm_6x16__avx2" where the table says it; else family__backend in `text`. */
const char *edy_kernel_name(const edy_kernel_family *family, const edy_kernels *k,
                            const char *backend, char text[64]);

size_t edy_kernel_family_count(void);
const edy_kernel_family *edy_kernel_family_at(size_t index);
/* NULL where there is none of this name. */
const edy_kernel_family *edy_kernel_family_find(const char *name);

/* The tables behind the three functions above: each check_*.c has one, ended by a NULL name. */
extern const edy_kernel_family edy_families_f32_dense[], edy_families_f32_depthwise[],
    edy_families_f32_winograd[], edy_families_f32_pool[], edy_families_f32_elementwise[],
    edy_families_s8_dense[], edy_families_s8_depthwise[], edy_families_s8_pool[],
    edy_families_s8_elementwise[], edy_families_s8_winograd[];

#endif
