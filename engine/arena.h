/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Placing buffers with known lifetimes into one block. */
#ifndef EDY_ARENA_H
#define EDY_ARENA_H

#include <stddef.h>
#include <stdint.h>

enum { EDY_ARENA_ALIGN = 64 };

/* One buffer: bytes, and the first and last step (inclusive) that touch it. */
typedef struct edy_arena_block {
    size_t bytes;
    int32_t first, last;
    size_t offset; /* out: multiple of EDY_ARENA_ALIGN */
} edy_arena_block;

/* Sets each offset so that no two blocks alive at one step overlap; returns the block's total bytes
 * (a multiple of EDY_ARENA_ALIGN). Greedy by size, best fit; where that misses the lower bound,
 * other sequences are tried for a bounded time. More than 4,096 blocks are placed in order of their
 * birth, so that thousands take milliseconds. Blocks of 0 bytes get offset 0. */
size_t edy_arena_place(edy_arena_block *blocks, size_t count);

/* Largest sum of (aligned) bytes alive at one step: no placement can be smaller. 0 on no
 * memory. */
size_t edy_arena_lower_bound(const edy_arena_block *blocks, size_t count);

#endif
