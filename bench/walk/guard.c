/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* At the start of each mapping, a page of its own that no kernel knows:
 *     | header page | forbidden page | usable pages | forbidden page | */
typedef struct header {
    struct header *previous;
    size_t map_bytes;
    unsigned char *usable, *block;
    size_t usable_bytes, block_bytes;
} header;

/* Mappings of few pages are kept for the next case: making one costs more than most cases do. */
enum { POOL_PAGES = 16 };
static header *pool[POOL_PAGES + 1];

static header *map_pages(size_t usable, size_t page) {
    const size_t total = usable + 3 * page;
    unsigned char *map =
        mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    unsigned char *start = map + 2 * page;
    if (mprotect(map + page, page, PROT_NONE) != 0 ||
        mprotect(start + usable, page, PROT_NONE) != 0) {
        munmap(map, total);
        return NULL;
    }
    header *h = (header *)map;
    *h = (header){.map_bytes = total, .usable = start, .usable_bytes = usable};
    return h;
}

void *edy_guard_alloc(edy_guard *guard, size_t bytes, edy_guard_side side) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t pages = bytes == 0 ? 1 : (bytes + page - 1) / page;
    header *h = pages <= POOL_PAGES ? pool[pages] : NULL;
    if (h)
        pool[pages] = h->previous;
    else if (!(h = map_pages(pages * page, page)))
        return NULL;
    memset(h->usable, EDY_GUARD_CANARY, h->usable_bytes);
    h->block = side == EDY_GUARD_AFTER ? h->usable + h->usable_bytes - bytes : h->usable;
    h->block_bytes = bytes;
    h->previous = guard->last;
    guard->last = h;
    return h->block;
}

static bool is_canary(const unsigned char *from, const unsigned char *to) {
    while (from < to && *from == EDY_GUARD_CANARY)
        from++;
    return from == to;
}

bool edy_guard_intact(const edy_guard *guard) {
    for (const header *h = guard->last; h; h = h->previous)
        if (!is_canary(h->usable, h->block) ||
            !is_canary(h->block + h->block_bytes, h->usable + h->usable_bytes))
            return false;
    return true;
}

void edy_guard_free(edy_guard *guard) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    header *h = guard->last;
    while (h) {
        header *previous = h->previous;
        const size_t pages = h->usable_bytes / page;
        if (pages <= POOL_PAGES) {
            h->previous = pool[pages];
            pool[pages] = h;
        } else {
            munmap(h, h->map_bytes);
        }
        h = previous;
    }
    guard->last = NULL;
}
