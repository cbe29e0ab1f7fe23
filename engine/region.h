/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Memory that is freed all at once: what a graph or a plan is made of. */
#ifndef EDY_REGION_H
#define EDY_REGION_H

#include <stdbool.h>
#include <stddef.h>

typedef struct edy_region {
    void *head;        /* chain of chunks */
    size_t used_bytes; /* sum of what was asked for */
} edy_region;

/* bytes of zeroed memory aligned to 64, or NULL. Lives until edy_region_free. A region that is all
 * zero is empty and valid. */
void *edy_region_alloc(edy_region *region, size_t bytes);
/* count * size with the product checked; NULL on overflow or no memory. */
void *edy_region_array(edy_region *region, size_t count, size_t size);
/* Copy of a string (of at most 4096 bytes; longer ones are cut). */
char *edy_region_string(edy_region *region, const char *text);
/* What from holds now lives as long as region; from is empty then. */
void edy_region_adopt(edy_region *region, edy_region *from);
/* A block from malloc or edy_large_alloc that is freed with the region. False on no memory: the
 * block is still the caller's. */
bool edy_region_keep(edy_region *region, void *block);
void edy_region_free(edy_region *region);

/* A block for free(), aligned to `align`, a power of 2, with the wish for huge pages where it is
 * large: the system takes longer to hand out thousands of small ones than a program to fill them.
 * Not zeroed. */
void *edy_large_alloc(size_t align, size_t bytes);

#endif
