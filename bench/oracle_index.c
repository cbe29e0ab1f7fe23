/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's operators that pick or repeat elements: Slice, Expand, Tile, Gather. */
#include "bench/oracle_ops.h"

static void coordinates(const edy_shape *s, size_t at, int64_t index[EDY_MAX_RANK]) {
    for (int32_t d = s->rank - 1; d >= 0; d--) {
        index[d] = (int64_t)(at % (size_t)s->dim[d]);
        at /= (size_t)s->dim[d];
    }
}

static size_t place(const edy_shape *s, const int64_t *index) {
    size_t at = 0;
    for (int32_t d = 0; d < s->rank; d++)
        at = at * (size_t)s->dim[d] + (size_t)index[d];
    return at;
}

/* The first index that ONNX's start means along an axis. */
static int64_t first_of(int64_t start, int64_t step, int64_t extent) {
    if (start < 0)
        start += extent;
    if (start < 0)
        return step > 0 ? 0 : -1;
    const int64_t end = step > 0 ? extent : extent - 1;
    return start > end ? end : start;
}

edy_status edy_oracle_slice(edy_oracle_call *c) {
    const edy_shape *in = &c->in[0]->shape;
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t index[EDY_MAX_RANK] = {0};
        coordinates(&c->out->shape, i, index);
        for (int32_t d = 0; d < in->rank; d++) {
            const int64_t step = c->node->step[d];
            index[d] = first_of(c->node->start[d], step, in->dim[d]) + index[d] * step;
            if (index[d] < 0 || index[d] >= in->dim[d])
                return edy_fail(c->err, EDY_BAD_ARGUMENT, "an element outside axis %d", d);
        }
        c->out->data[i] = c->in[0]->data[place(in, index)];
    }
    return EDY_OK;
}

/* Expand and Tile: both say x[index modulo extent], axes aligned at the end. */
edy_status edy_oracle_repeat(edy_oracle_call *c) {
    const edy_shape *in = &c->in[0]->shape, *out = &c->out->shape;
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t index[EDY_MAX_RANK] = {0}, from[EDY_MAX_RANK] = {0};
        coordinates(out, i, index);
        for (int32_t d = 0; d < in->rank; d++)
            from[d] = index[out->rank - in->rank + d] % in->dim[d];
        c->out->data[i] = c->in[0]->data[place(in, from)];
    }
    return EDY_OK;
}

edy_status edy_oracle_gather(edy_oracle_call *c) {
    const edy_shape *in = &c->in[0]->shape, *list = &c->in[1]->shape;
    const int32_t axis = (int32_t)(c->node->axis < 0 ? c->node->axis + in->rank : c->node->axis);
    if (axis < 0 || axis >= in->rank)
        return edy_fail(c->err, EDY_UNSUPPORTED, "an axis outside the input");
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t index[EDY_MAX_RANK] = {0}, from[EDY_MAX_RANK] = {0};
        coordinates(&c->out->shape, i, index);
        int64_t row = (int64_t)c->in[1]->data[place(list, index + axis)];
        row += row < 0 ? in->dim[axis] : 0;
        row = row < 0 ? 0 : row >= in->dim[axis] ? in->dim[axis] - 1 : row;
        for (int32_t d = 0; d < in->rank; d++)
            from[d] = d < axis ? index[d] : d == axis ? row : index[d - 1 + list->rank];
        c->out->data[i] = c->in[0]->data[place(in, from)];
    }
    return EDY_OK;
}
