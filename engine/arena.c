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

/* ---- Thousands of blocks --------------------------------------------------------------------- */

/* Comparing each with each would take seconds; no network that people run has so many. */
enum { MANY_BLOCKS = 4096, MOST_COMPARED = 4096 };

typedef struct life {
    int32_t first, last;
    size_t id;
} life;

static int by_first(const void *a, const void *b) {
    const life *x = a, *y = b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : (x->id > y->id) - (x->id < y->id);
}

/* Takes out what died before `step`; returns how many are left. *next_death: the earliest last step
 * of those. */
static size_t bury(const edy_arena_block *blocks, size_t *alive, size_t n, int32_t step,
                   int32_t *next_death) {
    size_t kept = 0;
    *next_death = INT32_MAX;
    for (size_t i = 0; i < n; i++) {
        const int32_t last = blocks[alive[i]].last;
        if (last < step)
            continue;
        alive[kept++] = alive[i];
        *next_death = last < *next_death ? last : *next_death;
    }
    return kept;
}

/* In order of birth, each into the smallest gap among the living, or on top of them where those are
 * too many to be looked at. */
static size_t place_by_birth(edy_arena_block *blocks, const life *lives, size_t count,
                             size_t *alive) {
    size_t total = 0, n = 0;
    int32_t next_death = INT32_MAX;
    for (size_t i = 0; i < count; i++) {
        edy_arena_block *b = &blocks[lives[i].id];
        b->offset = 0;
        if (b->bytes == 0)
            continue;
        if (next_death < b->first)
            n = bury(blocks, alive, n, b->first, &next_death);
        b->offset = n <= MOST_COMPARED ? best_offset(blocks, alive, n, b) : total;
        insert_by_offset(blocks, alive, n++, lives[i].id);
        next_death = b->last < next_death ? b->last : next_death;
        const size_t end = b->offset + aligned(b->bytes);
        total = end > total ? end : total;
    }
    return total;
}

static size_t place_one_by_one(edy_arena_block *blocks, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        blocks[i].offset = total;
        total += aligned(blocks[i].bytes);
    }
    return total;
}

static size_t place_many(edy_arena_block *blocks, size_t count) {
    life *lives = malloc(count * sizeof *lives);
    size_t *alive = malloc(count * sizeof *alive);
    size_t total = 0;
    for (size_t i = 0; lives && i < count; i++)
        lives[i] = (life){blocks[i].first, blocks[i].last, i};
    if (lives && alive) {
        qsort(lives, count, sizeof *lives, by_first);
        total = place_by_birth(blocks, lives, count, alive);
    } else {
        total = place_one_by_one(blocks, count); /* always right */
    }
    free(lives);
    free(alive);
    return total;
}

size_t edy_arena_place(edy_arena_block *blocks, size_t count) {
    if (count > MANY_BLOCKS)
        return place_many(blocks, count);
    size_t total = 0;
    size_t *order = calloc(count ? count : 1, sizeof *order);
    size_t *sequence = calloc(count ? count : 1, sizeof *sequence);
    if (order && sequence) {
        sort_by_size(blocks, sequence, count);
        total = place_all(blocks, sequence, count, order);
        total = search(blocks, sequence, count, order, total);
    } else {
        total = place_one_by_one(blocks, count);
    }
    free(order);
    free(sequence);
    return total;
}

/* Sorts births and deaths, and walks along both: the peak is where some block begins. */
static size_t peak_of(const edy_arena_block *blocks, size_t count, life *births, life *deaths) {
    size_t most = 0, sum = 0, dead = 0;
    for (size_t i = 0; i < count; i++) {
        births[i] = (life){blocks[i].first, blocks[i].last, i};
        deaths[i] = (life){blocks[i].last, 0, i};
    }
    qsort(births, count, sizeof *births, by_first);
    qsort(deaths, count, sizeof *deaths, by_first);
    for (size_t i = 0; i < count; i++) {
        for (; deaths[dead].first < births[i].first; dead++)
            sum -= aligned(blocks[deaths[dead].id].bytes);
        sum += aligned(blocks[births[i].id].bytes);
        most = sum > most ? sum : most;
    }
    return most;
}

size_t edy_arena_lower_bound(const edy_arena_block *blocks, size_t count) {
    life *lives = malloc((2 * count + 1) * sizeof *lives);
    const size_t most = lives ? peak_of(blocks, count, lives, lives + count) : 0;
    free(lives);
    return most;
}
