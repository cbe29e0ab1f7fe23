/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Rows of a reduction laid out in one run, for s8 dense kernels whose steps take several inputs
 * where the channels of a tap are no multiple of that. */
#ifndef EDY_KERNELS_GATHER_NEON_H
#define EDY_KERNELS_GATHER_NEON_H

#include <stdint.h>
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

/* EDY_GATHER_CHUNK inputs of a row at a time: 3 x 3 x 256, a multiple of 16. */
enum { EDY_GATHER_ROWS = 8, EDY_GATHER_CHUNK = 2304 };

typedef struct edy_gather {
    size_t kc, ks, a_offset;
    const int8_t *const *a; /* [ks][EDY_GATHER_ROWS] */
    const int8_t *zero;
} edy_gather;

/* Elements [first, first + count) of each row's reduction, count <= EDY_GATHER_CHUNK, then zeros up
 * to a multiple of 8. */
static inline void edy_gather_rows(size_t rows, const edy_gather *g, size_t first, size_t count,
                                   int8_t to[EDY_GATHER_ROWS][EDY_GATHER_CHUNK]) {
    size_t tap = first / g->kc, skip = first % g->kc;
    for (size_t done = 0; done < count; tap++, skip = 0) {
        const size_t n = g->kc - skip < count - done ? g->kc - skip : count - done;
        for (size_t m = 0; m < rows; m++) {
            const int8_t *row = edy_row_s8(g->a[tap * EDY_GATHER_ROWS + m], g->a_offset, g->zero);
            memcpy(to[m] + done, row + skip, n);
        }
        done += n;
    }
    for (size_t m = 0; m < rows; m++)
        memset(to[m] + count, 0, edy_round_up(count, 8) - count);
}

/* The same for a whole window of kc channels, a constant 1..4 once inlined, as in a first layer. */
EDY_SPECIALISE void edy_gather_window(size_t kc, size_t rows, const edy_gather *g,
                                      int8_t to[EDY_GATHER_ROWS][EDY_GATHER_CHUNK]) {
    for (size_t m = 0; m < rows; m++) {
        const int8_t *const *a = g->a + m;
        int8_t *out = to[m];
        for (size_t t = 0; t < g->ks; t++, a += EDY_GATHER_ROWS, out += kc)
            memcpy(out, edy_row_s8(*a, g->a_offset, g->zero), kc);
        memset(out, 0, 8);
    }
}

/* The whole reduction of every row, at most EDY_GATHER_CHUNK - 8 inputs. */
static inline void edy_gather_all(size_t rows, const edy_gather *g,
                                  int8_t to[EDY_GATHER_ROWS][EDY_GATHER_CHUNK]) {
    if (g->kc == 1)
        edy_gather_window(1, rows, g, to);
    else if (g->kc == 3)
        edy_gather_window(3, rows, g, to);
    else
        edy_gather_rows(rows, g, 0, g->kc * g->ks, to);
}

#endif
