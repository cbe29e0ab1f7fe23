/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Buffers against a page that must not be touched: an access past either end of the block that lies
 * flush with its page crashes, and a write into the slack on the other side is found at the end. */
#ifndef EDY_WALK_GUARD_H
#define EDY_WALK_GUARD_H

#include <stdbool.h>
#include <stddef.h>

typedef enum edy_guard_side {
    EDY_GUARD_AFTER, /* the block's last byte is the last before the forbidden page */
    EDY_GUARD_BEFORE /* the block's first byte is the first after the forbidden page */
} edy_guard_side;

/* All blocks of one case; all zero is empty. */
typedef struct edy_guard {
    void *last;
} edy_guard;

/* bytes of memory filled with EDY_GUARD_CANARY; NULL on no memory. Aligned with AFTER as the size
 * is, with BEFORE to a page. */
enum { EDY_GUARD_CANARY = 0xA5 };
void *edy_guard_alloc(edy_guard *guard, size_t bytes, edy_guard_side side);

/* True where nobody wrote outside a block. */
bool edy_guard_intact(const edy_guard *guard);

/* Frees all blocks. */
void edy_guard_free(edy_guard *guard);

#endif
