/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/region.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 64, CHUNK_BYTES = 64 * 1024, HUGE_BYTES = 2 * 1024 * 1024 };

/* A chunk is one aligned block: this header, padded to ALIGN, then the payload. Small requests
 * share a chunk; a request of more than half a chunk gets one of its own. Chunks of HUGE_BYTES and
 * more come from the system, aligned to that, with the wish for huge pages: weights are read from
 * end to end, and thousands of small pages cost more time to get than the weights to be copied. */
typedef struct chunk {
    struct chunk *next;
    size_t used, size;
    size_t mapped; /* bytes from the system, already zero; 0: from malloc */
    void *kept;    /* a block of its own, freed with the chunk */
} chunk;

static size_t round_up(size_t n) {
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* NULL where the system gives none: malloc may still. */
static chunk *map_chunk(size_t payload) {
    const size_t bytes = (ALIGN + payload + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
    char *block =
        mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    const size_t before = (HUGE_BYTES - (uintptr_t)block % HUGE_BYTES) % HUGE_BYTES;
    if (before)
        munmap(block, before);
    munmap(block + before + bytes, HUGE_BYTES - before);
#ifdef MADV_HUGEPAGE
    madvise(block + before, bytes, MADV_HUGEPAGE);
#endif
    chunk *c = (chunk *)(void *)(block + before);
    *c = (chunk){.size = bytes - ALIGN, .mapped = bytes};
    return c;
}

static chunk *new_chunk(size_t payload) {
    chunk *c = payload >= HUGE_BYTES ? map_chunk(payload) : NULL;
    if (c)
        return c;
    c = aligned_alloc(ALIGN, ALIGN + payload);
    if (c)
        *c = (chunk){.size = payload};
    return c;
}

static chunk *add_chunk(edy_region *region, size_t payload) {
    chunk *c = new_chunk(payload);
    if (!c)
        return NULL;
    chunk *head = region->head;
    if (head && head->size - head->used >= payload / 2) {
        c->next = head->next; /* the old head still has room: keep filling it */
        head->next = c;
    } else {
        c->next = head;
        region->head = c;
    }
    return c;
}

/* Payload of the chunk that a request starts: where the region has become large, chunks are too. */
static size_t chunk_bytes(const edy_region *region, size_t need) {
    if (region->used_bytes >= HUGE_BYTES / 2 && need < HUGE_BYTES && need > CHUNK_BYTES / 2)
        return 2 * HUGE_BYTES - ALIGN;
    return need > CHUNK_BYTES / 2 ? need : CHUNK_BYTES;
}

void *edy_region_alloc(edy_region *region, size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        return NULL;
    const size_t need = round_up(bytes ? bytes : 1);
    chunk *c = region->head;
    if (!c || c->size - c->used < need) {
        c = add_chunk(region, chunk_bytes(region, need));
        if (!c)
            return NULL;
    }
    char *p = (char *)c + ALIGN + c->used;
    c->used += need;
    region->used_bytes += need;
    return c->mapped ? p : memset(p, 0, need);
}

void *edy_large_alloc(size_t align, size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        return NULL;
    align = bytes >= HUGE_BYTES ? HUGE_BYTES : align < ALIGN ? ALIGN : align;
    const size_t whole = (bytes + align - 1) / align * align;
    void *block = aligned_alloc(align, whole ? whole : align);
#ifdef MADV_HUGEPAGE
    if (block && whole >= HUGE_BYTES)
        madvise(block, whole, MADV_HUGEPAGE);
#endif
    return block;
}

void *edy_region_array(edy_region *region, size_t count, size_t size) {
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return edy_region_alloc(region, bytes);
}

char *edy_region_string(edy_region *region, const char *text) {
    const size_t n = strnlen(text, 4096);
    char *copy = edy_region_alloc(region, n + 1);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

void edy_region_adopt(edy_region *region, edy_region *from) {
    chunk *first = from->head, *last = first, *head = region->head;
    while (last && last->next)
        last = last->next;
    if (head && last) { /* behind the head, which may have room left */
        last->next = head->next;
        head->next = first;
    } else if (last) {
        region->head = first;
    }
    region->used_bytes += from->used_bytes;
    *from = (edy_region){0};
}

bool edy_region_keep(edy_region *region, void *block) {
    chunk *c = add_chunk(region, 0);
    if (c)
        c->kept = block;
    return c != NULL;
}

void edy_region_free(edy_region *region) {
    chunk *c = region->head;
    while (c) {
        chunk *next = c->next;
        free(c->kept);
        if (c->mapped)
            munmap(c, c->mapped);
        else
            free(c);
        c = next;
    }
    *region = (edy_region){0};
}
