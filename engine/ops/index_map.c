/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/index_map.h"

#include <stdlib.h>
#include <string.h>

#include "engine/ops/axis_strides.h"
#include "engine/ops/elementwise.h"

typedef struct map_state {
    int32_t rank; /* of the axes that are walked, outermost first; a run of bytes below them */
    size_t extent[EDY_MAX_RANK];
    const size_t *offset[EDY_MAX_RANK]; /* bytes from the input's start, [extent] */
    size_t runs, run_bytes;             /* runs = product of extents */
    const char *x;
    char *y;
} map_state;

static size_t run_offset(const map_state *s, size_t run) {
    size_t from = 0;
    for (int32_t d = s->rank - 1; d >= 0; d--) {
        from += s->offset[d][run % s->extent[d]];
        run /= s->extent[d];
    }
    return from;
}

/* The size is a constant for the compiler where it can be. */
static void copy_run(char *to, const char *from, size_t bytes) {
    switch (bytes) {
    case 1:
        *to = *from;
        break;
    case 4:
        memcpy(to, from, 4);
        break;
    default:
        memcpy(to, from, bytes);
    }
}

static size_t runs_an_item(const map_state *s) {
    return EDY_FLAT_CHUNK / s->run_bytes + 1;
}

static void run_items(void *context, size_t begin, size_t end) {
    const map_state *s = context;
    const size_t some = runs_an_item(s);
    const size_t last = end * some < s->runs ? end * some : s->runs;
    for (size_t r = begin * some; r < last; r++)
        copy_run(s->y + r * s->run_bytes, s->x + run_offset(s, r), s->run_bytes);
}

static void run(const edy_step *step, edy_threads *threads) {
    map_state *s = step->state;
    const size_t some = runs_an_item(s);
    edy_parallel_for(threads, (s->runs + some - 1) / some, run_items, s);
}

/* Whether the list takes the whole axis in order, and that is all of it: then the axis belongs to
 * the run of bytes below it. */
static bool is_whole(const size_t *at, size_t count, size_t extent) {
    for (size_t k = 0; k < count; k++)
        if (at[k] != k)
            return false;
    return count == extent;
}

/* Extent of x along y's axis; 1 where it lacks it. */
static size_t extent_of(const edy_value *x, const edy_value *y, int32_t axis) {
    const int32_t own = axis - (y->shape.rank - x->shape.rank);
    return own < 0 ? 1 : (size_t)x->shape.dim[own];
}

/* A new outermost axis of those that are walked; false on no memory. */
static bool add_axis(edy_planner *p, map_state *s, const size_t *at, size_t count, size_t stride) {
    size_t *offset = edy_region_array(p->region, count, sizeof *offset);
    if (!offset)
        return false;
    for (size_t k = 0; k < count; k++)
        offset[k] = at[k] * stride;
    memmove(s->extent + 1, s->extent, (size_t)s->rank * sizeof *s->extent);
    memmove(s->offset + 1, s->offset, (size_t)s->rank * sizeof *s->offset);
    s->extent[0] = count;
    s->offset[0] = offset;
    s->rank++;
    s->runs *= count;
    p->indirection_bytes += count * sizeof *offset;
    return true;
}

edy_status edy_prepare_index_map(edy_planner *p, edy_step *step, edy_index_fn index,
                                 edy_error *err) {
    const edy_value *x = edy_node_in(p->graph, step->node, 0);
    const edy_value *y = &p->graph->value[step->node->output[0]];
    map_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    if (x->layout != y->layout)
        return edy_fail(err, EDY_BAD_ARGUMENT, "its two sides have different layouts");
    *s = (map_state){.run_bytes = edy_dtype_bytes(x->dtype), .x = step->in[0], .y = step->out[0]};
    size_t stride = s->run_bytes;
    bool inner = true;
    s->runs = 1;
    for (int32_t d = y->shape.rank - 1; d >= 0; d--) { /* in memory order, from the innermost */
        const int32_t axis = edy_memory_axis(y, d);
        const size_t count = (size_t)y->shape.dim[axis], extent = extent_of(x, y, axis);
        size_t *at = calloc(count, sizeof *at);
        if (!at)
            return edy_fail(err, EDY_NO_MEMORY, "no memory for a list of indices");
        index(p->graph, step->node, axis, at, count);
        inner = inner && is_whole(at, count, extent);
        const bool kept = inner || add_axis(p, s, at, count, stride);
        free(at);
        if (!kept)
            return edy_fail(err, EDY_NO_MEMORY, "no memory for a list of indices");
        s->run_bytes *= inner ? count : 1;
        stride *= extent;
    }
    step->state = s;
    step->run = run;
    step->kernel = "index copy";
    step->reason = "elements from other places";
    return EDY_OK;
}
