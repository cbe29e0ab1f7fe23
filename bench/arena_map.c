/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The arena as a drawing. */
#include <stdlib.h>
#include <string.h>

#include "bench/inspect.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
enum { LETTERS = sizeof letters - 1, MAX_WIDTH = 200, MAX_STEPS = 2000 };

typedef struct block {
    edy_value_id value;
    size_t offset, bytes;
    int32_t first, last;
} block;

static int by_first(const void *a, const void *b) {
    const block *x = a, *y = b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : (x->value > y->value) - (x->value < y->value);
}

/* The placed values in the order in which they come to life; the caller frees. */
static block *collect(const edy_plan *plan, size_t *n) {
    const edy_graph *g = edy_plan_graph(plan);
    block *b = calloc((size_t)g->n_values + 1, sizeof *b);
    *n = 0;
    for (edy_value_id v = 0; b && v < g->n_values; v++) {
        block *at = &b[*n];
        if (!edy_plan_place(plan, v, &at->offset, &at->bytes, &at->first, &at->last))
            continue;
        at->value = v;
        ++*n;
    }
    if (b)
        qsort(b, *n, sizeof *b, by_first);
    return b;
}

static void draw(char *line, size_t width, size_t arena_bytes, const block *b, char letter) {
    const size_t from = b->offset * width / arena_bytes;
    size_t to = (b->offset + b->bytes) * width / arena_bytes;
    to = to > from ? to : from + 1; /* small ones have a column too */
    for (size_t i = from; i < to && i < width; i++)
        line[i] = line[i] == '.' ? letter : '*';
}

void edy_arena_map_print(const edy_plan *plan, int width, FILE *out) {
    size_t n = 0;
    block *b = collect(plan, &n);
    const size_t arena_bytes = edy_plan_memory_use(plan).arena_bytes;
    const size_t columns = width > MAX_WIDTH ? MAX_WIDTH : (size_t)width;
    if (!b || arena_bytes == 0) {
        free(b);
        return;
    }
    if (edy_plan_step_count(plan) > MAX_STEPS) {
        fprintf(out, "\nNo arena map: %d steps are more than %d\n", edy_plan_step_count(plan),
                MAX_STEPS);
        free(b);
        return;
    }
    fprintf(out, "\nArena map: a line a step, a column %zu bytes\n", arena_bytes / columns);
    for (int32_t step = 0; step < edy_plan_step_count(plan); step++) {
        char line[MAX_WIDTH + 1];
        memset(line, '.', columns);
        line[columns] = '\0';
        for (size_t i = 0; i < n; i++)
            if (b[i].first <= step && step <= b[i].last)
                draw(line, columns, arena_bytes, &b[i], letters[i % LETTERS]);
        fprintf(out, "%3d |%s|\n", step, line);
    }
    for (size_t i = 0; i < n; i++) {
        char steps[32];
        snprintf(steps, sizeof steps, "%d to %d", b[i].first, b[i].last);
        fprintf(out, "  %c  %10zu bytes at %10zu  steps %-11s %.36s\n", letters[i % LETTERS],
                b[i].bytes, b[i].offset, steps, edy_plan_graph(plan)->value[b[i].value].name);
    }
    free(b);
}
