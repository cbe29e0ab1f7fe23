/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/strided_copy.h"

#include <assert.h>
#include <string.h>

enum { TILE = 16, BLOCK = 256 };

/* Drops axes of extent 1 and joins neighbours that are one run on both sides. */
static int32_t simplify(int32_t rank, size_t *extent, size_t *from, size_t *to) {
    int32_t n = 0;
    for (int32_t d = 0; d < rank; d++) {
        if (extent[d] == 1)
            continue;
        const size_t e = extent[d];
        if (n > 0 && from[n - 1] == e * from[d] && to[n - 1] == e * to[d])
            extent[n - 1] *= e;
        else
            extent[n++] = e;
        from[n - 1] = from[d];
        to[n - 1] = to[d];
    }
    return n;
}

static int32_t axis_of_one(int32_t rank, const size_t *stride) {
    for (int32_t d = 0; d < rank; d++)
        if (stride[d] == 1)
            return d;
    return -1;
}

void edy_strided_copy_make(edy_strided_copy *c, int32_t rank, const size_t *extent,
                           const size_t *from, const size_t *to, size_t elem_bytes, const void *x,
                           void *y) {
    assert(rank <= EDY_MAX_RANK);
    size_t e[EDY_MAX_RANK], f[EDY_MAX_RANK], t[EDY_MAX_RANK];
    memcpy(e, extent, (size_t)rank * sizeof *e);
    memcpy(f, from, (size_t)rank * sizeof *f);
    memcpy(t, to, (size_t)rank * sizeof *t);
    rank = simplify(rank, e, f, t);
    const int32_t a = axis_of_one(rank, t), b = axis_of_one(rank, f);
    *c = (edy_strided_copy){
        .elem_bytes = elem_bytes, .a = 1, .a_from = 1, .b = 1, .b_to = 1, .x = x, .y = y};
    if (a >= 0) {
        c->a = e[a];
        c->a_from = f[a];
    }
    if (b >= 0 && b != a) {
        c->b = e[b];
        c->b_to = t[b];
    }
    c->items = (c->b + BLOCK - 1) / BLOCK;
    for (int32_t d = 0; d < rank; d++) {
        if (d == a || d == b)
            continue;
        c->outer[c->outer_rank] = e[d];
        c->outer_from[c->outer_rank] = f[d];
        c->outer_to[c->outer_rank++] = t[d];
        c->items *= e[d];
    }
}

/* a by count elements; inlined with constant elem. */
static inline void copy_tile(size_t elem, size_t a, size_t a_from, size_t count, size_t b_to,
                             const char *x, char *y) {
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < a; i++)
            memcpy(y + (j * b_to + i) * elem, x + (i * a_from + j) * elem, elem);
}

/* Few planes side by side, as an image's colours; inlined with constant elem and a. */
static inline void interleave(size_t elem, size_t a, size_t a_from, size_t count,
                              const char *restrict x, char *restrict y) {
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < a; i++)
            memcpy(y + (j * a + i) * elem, x + (i * a_from + j) * elem, elem);
}

/* True where it did the block. */
static bool copy_colours(const edy_strided_copy *c, const char *x, char *y, size_t count) {
    if (c->b_to != c->a || (c->a != 3 && c->a != 4) || (c->elem_bytes != 1 && c->elem_bytes != 4))
        return false;
    if (c->a == 3 && c->elem_bytes == 1)
        interleave(1, 3, c->a_from, count, x, y);
    else if (c->a == 3)
        interleave(4, 3, c->a_from, count, x, y);
    else if (c->elem_bytes == 1)
        interleave(1, 4, c->a_from, count, x, y);
    else
        interleave(4, 4, c->a_from, count, x, y);
    return true;
}

static void copy_block(const edy_strided_copy *c, const char *x, char *y, size_t count) {
    const size_t elem = c->elem_bytes;
    if (c->a_from == 1 && count == 1) {
        memcpy(y, x, c->a * elem);
        return;
    }
    if (copy_colours(c, x, y, count))
        return;
    for (size_t i = 0; i < c->a; i += TILE) {
        const size_t a = c->a - i < TILE ? c->a - i : TILE;
        const char *from = x + i * c->a_from * elem;
        char *to = y + i * elem;
        if (elem == 1)
            copy_tile(1, a, c->a_from, count, c->b_to, from, to);
        else if (elem == 2)
            copy_tile(2, a, c->a_from, count, c->b_to, from, to);
        else if (elem == 4)
            copy_tile(4, a, c->a_from, count, c->b_to, from, to);
        else
            copy_tile(8, a, c->a_from, count, c->b_to, from, to);
    }
}

static void copy_items(void *context, size_t begin, size_t end) {
    const edy_strided_copy *c = context;
    const size_t blocks = (c->b + BLOCK - 1) / BLOCK;
    for (size_t item = begin; item < end; item++) {
        const size_t first = item % blocks * BLOCK;
        size_t rest = item / blocks, from = first, to = first * c->b_to;
        for (int32_t d = c->outer_rank - 1; d >= 0; d--) {
            from += rest % c->outer[d] * c->outer_from[d];
            to += rest % c->outer[d] * c->outer_to[d];
            rest /= c->outer[d];
        }
        copy_block(c, c->x + from * c->elem_bytes, c->y + to * c->elem_bytes,
                   c->b - first < BLOCK ? c->b - first : BLOCK);
    }
}

void edy_strided_copy_run(edy_strided_copy *c, edy_threads *threads) {
    edy_parallel_for(threads, c->items, copy_items, c);
}
