/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Copies from any order of axes to any other, against one element at a time. */
#include "engine/ops/strided_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RANK = 4, CANARY = 0xA5 };

typedef struct problem {
    size_t extent[RANK]; /* of y, in memory order */
    int order[RANK];     /* y's axis d is x's axis order[d] */
    size_t border;       /* elements of y before and after each of x's runs along the last axis */
    size_t elem;
} problem;

static size_t count_of(const size_t *extent) {
    return extent[0] * extent[1] * extent[2] * extent[3];
}

static void check(const problem *p) {
    size_t x_extent[RANK], x_stride[RANK], from[RANK], to[RANK], y_elems = 1, step = 1;
    for (int d = 0; d < RANK; d++)
        x_extent[p->order[d]] = p->extent[d];
    for (int d = RANK - 1; d >= 0; d--) {
        x_stride[d] = step;
        step *= x_extent[d];
    }
    for (int d = RANK - 1; d >= 0; d--) {
        from[d] = x_stride[p->order[d]];
        to[d] = y_elems;
        y_elems *= p->extent[d] + (d == RANK - 1 ? 2 * p->border : 0);
    }
    const size_t count = count_of(p->extent), elem = p->elem;
    uint8_t *x = malloc(count * elem), *y = malloc(y_elems * elem), *want = malloc(y_elems * elem);
    assert_true(x && y && want);
    for (size_t i = 0; i < count * elem; i++)
        x[i] = (uint8_t)(i * 37 + i / 256);
    memset(y, CANARY, y_elems * elem);
    memset(want, CANARY, y_elems * elem);
    for (size_t i = 0; i < count; i++) {
        size_t rest = i, read = 0, write = p->border;
        for (int d = RANK - 1; d >= 0; d--) {
            read += rest % p->extent[d] * from[d];
            write += rest % p->extent[d] * to[d];
            rest /= p->extent[d];
        }
        memcpy(want + write * elem, x + read * elem, elem);
    }
    edy_threads *pool = NULL;
    edy_error err;
    assert_int_equal(edy_threads_create(3, NULL, NULL, &pool, &err), EDY_OK);
    edy_strided_copy copy;
    edy_strided_copy_make(&copy, RANK, p->extent, from, to, elem, x, y + p->border * elem);
    edy_strided_copy_run(&copy, pool);
    edy_threads_destroy(pool);
    if (memcmp(y, want, y_elems * elem) != 0)
        fail_msg("%zu bytes, %zux%zux%zux%zu by %d%d%d%d, border %zu", elem, p->extent[0],
                 p->extent[1], p->extent[2], p->extent[3], p->order[0], p->order[1], p->order[2],
                 p->order[3], p->border);
    free(x);
    free(y);
    free(want);
}

/* Every order of four axes, every size of an element, extents of one and of several tiles. */
static void every_order(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 4, 8};
    uint32_t seed = 1;
    for (int code = 0; code < 4 * 4 * 4 * 4; code++) {
        problem p = {.order = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 & 3}};
        unsigned seen = 0;
        for (int d = 0; d < RANK; d++)
            seen |= 1u << p.order[d];
        for (size_t s = 0; seen == 15 && s < 4; s++) {
            p.elem = sizes[s];
            for (int d = 0; d < RANK; d++) {
                seed = seed * 1664525u + 1013904223u;
                p.extent[d] = 1 + (seed >> 16) % 19;
            }
            p.border = seed >> 28 & 1;
            check(&p);
        }
    }
}

/* Planes of more pixels than a block, to pixels of 1 to 5 colours and back. */
static void images(void **state) {
    (void)state;
    for (size_t colours = 1; colours <= 5; colours++)
        for (size_t elem = 1; elem <= 4; elem *= 4) {
            const problem there = {{2, 23, 31, colours}, {0, 2, 3, 1}, 0, elem};
            const problem back = {{2, colours, 23, 31}, {0, 3, 1, 2}, 0, elem};
            const problem wide = {{1, 1, 700, colours}, {0, 1, 3, 2}, 1, elem};
            check(&there);
            check(&back);
            check(&wide);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_order), cmocka_unit_test(images)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
