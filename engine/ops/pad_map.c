/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/pad_map.h"

#include <string.h>

bool edy_pad_needs_map(const edy_node *n, int32_t rank) {
    bool crops = false;
    for (int32_t i = 0; i < 2 * rank; i++)
        crops = crops || n->pads[i] < 0;
    return crops || n->pad_mode != EDY_FILL_CONSTANT;
}

static int64_t modulo(int64_t i, int64_t n) {
    const int64_t rest = i % n;
    return rest < 0 ? rest + n : rest;
}

/* Where index i of an axis of n elements, which may lie outside, comes from. */
static int64_t source(int mode, int64_t i, int64_t n) {
    if (i >= 0 && i < n)
        return i;
    if (mode == EDY_FILL_EDGE)
        return i < 0 ? 0 : n - 1;
    if (mode == EDY_FILL_WRAP)
        return modulo(i, n);
    if (mode == EDY_FILL_CONSTANT || n == 1)
        return mode == EDY_FILL_CONSTANT ? -1 : 0;
    const int64_t at = modulo(i, 2 * (n - 1)); /* there and back, the ends once */
    return at < n ? at : 2 * (n - 1) - at;
}

edy_status edy_pad_map_make(edy_planner *p, const edy_step *step, const void *fill,
                            edy_pad_map *map, edy_error *err) {
    static const int32_t plain[EDY_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, nhwc[4] = {0, 2, 3, 1};
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    const edy_shape *y = &p->graph->value[n->output[0]].shape;
    const int32_t *axis = x->layout == EDY_LAYOUT_NHWC ? nhwc : plain, rank = x->shape.rank;
    *map = (edy_pad_map){.run = 1,
                         .rows = 1,
                         .n_axes = rank,
                         .elem_bytes = edy_dtype_bytes(x->dtype),
                         .x = step->in[0],
                         .y = step->out[0]};
    memcpy(map->fill, fill, map->elem_bytes);
    while (map->n_axes > 1 && n->pads[axis[map->n_axes - 1]] == 0 &&
           n->pads[rank + axis[map->n_axes - 1]] == 0)
        map->run *= (size_t)x->shape.dim[axis[--map->n_axes]];
    int64_t stride = (int64_t)map->run;
    for (int32_t d = map->n_axes - 1; d >= 0; d--) {
        const int64_t in = x->shape.dim[axis[d]];
        map->extent[d] = (size_t)y->dim[axis[d]];
        map->from[d] = edy_planner_indirection(p, map->extent[d] * sizeof *map->from[d]);
        if (!map->from[d])
            return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
        for (size_t o = 0; o < map->extent[d]; o++) {
            const int64_t at = source(n->pad_mode, (int64_t)o - n->pads[axis[d]], in);
            map->from[d][o] = at < 0 ? -1 : at * stride;
        }
        stride *= in;
        map->rows *= d < map->n_axes - 1 ? map->extent[d] : 1;
    }
    return EDY_OK;
}

static void fill_run(const edy_pad_map *m, char *y) {
    for (size_t i = 0; i < m->run; i++)
        memcpy(y + i * m->elem_bytes, m->fill, m->elem_bytes);
}

static void run_rows(void *context, size_t begin, size_t end) {
    const edy_pad_map *m = context;
    const int32_t last = m->n_axes - 1;
    const size_t bytes = m->run * m->elem_bytes;
    for (size_t row = begin; row < end; row++) {
        size_t rest = row;
        int64_t from = 0;
        for (int32_t d = last - 1; d >= 0; d--) {
            const int64_t at = m->from[d][rest % m->extent[d]];
            from = at < 0 || from < 0 ? -1 : from + at;
            rest /= m->extent[d];
        }
        char *y = m->y + row * m->extent[last] * bytes;
        for (size_t o = 0; o < m->extent[last]; o++) {
            const int64_t at = m->from[last][o];
            if (from < 0 || at < 0)
                fill_run(m, y + o * bytes);
            else
                memcpy(y + o * bytes, m->x + (size_t)(from + at) * m->elem_bytes, bytes);
        }
    }
}

void edy_pad_map_run(edy_pad_map *map, edy_threads *threads) {
    edy_parallel_for(threads, map->rows, run_rows, map);
}
