/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/arena.h"

#include <stdbool.h>
#include <stdlib.h>

static size_t aligned(size_t bytes) {
    return (bytes + EDY_ARENA_ALIGN - 1) / EDY_ARENA_ALIGN * EDY_ARENA_ALIGN;
}

static bool alive_together(const edy_arena_block *a, const edy_arena_block *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest of the smallest gaps between placed blocks that live at the same time as b. Blocks
 * order[0..placed) are sorted by offset. */
static size_t best_offset(const edy_arena_block *blocks, const size_t *order, size_t placed,
                          const edy_arena_block *b) {
    const size_t need = aligned(b->bytes);
    size_t cursor = 0, best = SIZE_MAX, best_gap = SIZE_MAX;
    for (size_t i = 0; i < placed; i++) {
        const edy_arena_block *p = &blocks[order[i]];
        if (!alive_together(p, b))
            continue;
        if (p->offset >= cursor) {
            const size_t gap = p->offset - cursor;
            if (gap >= need && gap < best_gap) {
                best_gap = gap;
                best = cursor;
            }
        }
        const size_t end = p->offset + aligned(p->bytes);
        cursor = end > cursor ? end : cursor;
    }
    return best == SIZE_MAX ? cursor : best;
}

static void insert_by_offset(const edy_arena_block *blocks, size_t *order, size_t placed,
                             size_t id) {
    size_t at = placed;
    while (at > 0 && blocks[order[at - 1]].offset > blocks[id].offset) {
        order[at] = order[at - 1];
        at--;
    }
    order[at] = id;
}

/* Index of the largest block not yet taken; ties by longer life, then by index. */
static size_t next_block(const edy_arena_block *blocks, const bool *taken, size_t count) {
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (taken[i])
            continue;
        if (best == count || blocks[i].bytes > blocks[best].bytes ||
            (blocks[i].bytes == blocks[best].bytes &&
             blocks[i].last - blocks[i].first > blocks[best].last - blocks[best].first))
            best = i;
    }
    return best;
}

size_t edy_arena_place(edy_arena_block *blocks, size_t count) {
    size_t total = 0, placed = 0;
    size_t *order = calloc(count ? count : 1, sizeof *order);
    bool *taken = calloc(count ? count : 1, sizeof *taken);
    for (size_t round = 0; order && taken && round < count; round++) {
        const size_t id = next_block(blocks, taken, count);
        taken[id] = true;
        blocks[id].offset = 0;
        if (blocks[id].bytes == 0)
            continue;
        blocks[id].offset = best_offset(blocks, order, placed, &blocks[id]);
        insert_by_offset(blocks, order, placed++, id);
        const size_t end = blocks[id].offset + aligned(blocks[id].bytes);
        total = end > total ? end : total;
    }
    if (!order || !taken) { /* no memory for the search: one after the other is always right */
        for (size_t i = 0; i < count; i++) {
            blocks[i].offset = total;
            total += aligned(blocks[i].bytes);
        }
    }
    free(order);
    free(taken);
    return total;
}

size_t edy_arena_lower_bound(const edy_arena_block *blocks, size_t count) {
    size_t most = 0;
    for (size_t i = 0; i < count; i++) { /* the peak begins where some block begins */
        size_t sum = 0;
        for (size_t j = 0; j < count; j++)
            if (blocks[j].first <= blocks[i].first && blocks[i].first <= blocks[j].last)
                sum += aligned(blocks[j].bytes);
        most = sum > most ? sum : most;
    }
    return most;
}
