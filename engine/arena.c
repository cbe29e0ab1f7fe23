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

/* Places all blocks in that sequence; returns the total. order: [count], working space. */
static size_t place_all(edy_arena_block *blocks, const size_t *sequence, size_t count,
                        size_t *order) {
    size_t total = 0, placed = 0;
    for (size_t i = 0; i < count; i++) {
        edy_arena_block *b = &blocks[sequence[i]];
        b->offset = 0;
        if (b->bytes == 0)
            continue;
        b->offset = best_offset(blocks, order, placed, b);
        insert_by_offset(blocks, order, placed++, sequence[i]);
        const size_t end = b->offset + aligned(b->bytes);
        total = end > total ? end : total;
    }
    return total;
}

/* Larger first; ties by longer life, then by index. */
static bool goes_before(const edy_arena_block *blocks, size_t a, size_t b) {
    if (blocks[a].bytes != blocks[b].bytes)
        return blocks[a].bytes > blocks[b].bytes;
    const int32_t life_a = blocks[a].last - blocks[a].first;
    const int32_t life_b = blocks[b].last - blocks[b].first;
    return life_a != life_b ? life_a > life_b : a < b;
}

static void sort_by_size(const edy_arena_block *blocks, size_t *sequence, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && goes_before(blocks, i, sequence[at - 1]); at--)
            sequence[at] = sequence[at - 1];
        sequence[at] = i;
    }
}

static void swap(size_t *a, size_t *b) {
    const size_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Swaps pairs of the sequence at random, keeps what is not worse, and stops at the lower bound or
 * when the time is up, counted in comparisons of blocks. Seeded: the same arena each time. */
static size_t search(edy_arena_block *blocks, size_t *sequence, size_t count, size_t *order,
                     size_t total) {
    enum { COMPARISONS = 400 * 1000 };
    const size_t bound = edy_arena_lower_bound(blocks, count);
    uint64_t random = 1;
    for (size_t spent = 0; total > bound && spent < COMPARISONS; spent += count * count) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t *a = &sequence[(random >> 33) % count];
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t *b = &sequence[(random >> 33) % count];
        swap(a, b);
        const size_t other = place_all(blocks, sequence, count, order);
        if (other > total)
            swap(a, b);
        else
            total = other;
    }
    return place_all(blocks, sequence, count, order);
}

size_t edy_arena_place(edy_arena_block *blocks, size_t count) {
    size_t total = 0;
    size_t *order = calloc(count ? count : 1, sizeof *order);
    size_t *sequence = calloc(count ? count : 1, sizeof *sequence);
    if (order && sequence) {
        sort_by_size(blocks, sequence, count);
        total = place_all(blocks, sequence, count, order);
        total = search(blocks, sequence, count, order, total);
    } else { /* no memory for the search: one after the other is always right */
        for (size_t i = 0; i < count; i++) {
            blocks[i].offset = total;
            total += aligned(blocks[i].bytes);
        }
    }
    free(order);
    free(sequence);
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
