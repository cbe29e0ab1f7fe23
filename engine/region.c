/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/region.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, CHUNK_BYTES = 64 * 1024 };

/* A chunk is one aligned block: this header, padded to ALIGN, then the payload. Small requests
 * share a chunk; a request of more than half a chunk gets one of its own. */
typedef struct chunk {
    struct chunk *next;
    size_t used, size;
} chunk;

static size_t round_up(size_t n) {
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static chunk *add_chunk(edy_region *region, size_t payload) {
    chunk *c = aligned_alloc(ALIGN, ALIGN + payload);
    if (!c)
        return NULL;
    *c = (chunk){.used = 0, .size = payload};
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

void *edy_region_alloc(edy_region *region, size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        return NULL;
    const size_t need = round_up(bytes ? bytes : 1);
    chunk *c = region->head;
    if (!c || c->size - c->used < need) {
        c = add_chunk(region, need > CHUNK_BYTES / 2 ? need : CHUNK_BYTES);
        if (!c)
            return NULL;
    }
    char *p = (char *)c + ALIGN + c->used;
    c->used += need;
    region->used_bytes += need;
    return memset(p, 0, need);
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

void edy_region_free(edy_region *region) {
    chunk *c = region->head;
    while (c) {
        chunk *next = c->next;
        free(c);
        c = next;
    }
    *region = (edy_region){0};
}
