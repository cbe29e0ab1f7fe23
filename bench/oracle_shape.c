/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's operators that move elements and compute nothing. */
#include <math.h>
#include <string.h>

#include "bench/oracle_ops.h"

edy_status edy_oracle_reshape(edy_oracle_call *c) {
    if (c->in[0]->count != c->out->count)
        return edy_fail(c->err, EDY_BAD_ARGUMENT, "%zu elements cannot become %zu", c->in[0]->count,
                        c->out->count);
    memcpy(c->out->data, c->in[0]->data, c->out->count * sizeof *c->out->data);
    return EDY_OK;
}

/* Coordinates of element `at` of a row-major shape. */
static void coordinates(const edy_shape *s, size_t at, int64_t index[EDY_MAX_RANK]) {
    for (int32_t d = s->rank - 1; d >= 0; d--) {
        index[d] = (int64_t)(at % (size_t)s->dim[d]);
        at /= (size_t)s->dim[d];
    }
}

edy_status edy_oracle_transpose(edy_oracle_call *c) {
    const edy_shape *in = &c->in[0]->shape, *out = &c->out->shape;
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t index[EDY_MAX_RANK], from[EDY_MAX_RANK] = {0};
        coordinates(out, i, index);
        for (int32_t d = 0; d < in->rank; d++) {
            const int64_t axis = c->node->n_perm ? c->node->perm[d] : in->rank - 1 - d;
            from[axis] = index[d];
        }
        size_t at = 0;
        for (int32_t d = 0; d < in->rank; d++)
            at = at * (size_t)in->dim[d] + (size_t)from[d];
        c->out->data[i] = c->in[0]->data[at];
    }
    return EDY_OK;
}

/* The index of the input that stands at index x of an axis of n elements: walks back inside. */
static int64_t walk_back(int64_t x, int64_t n, int mode) {
    while (x < 0 || x >= n) {
        if (mode == EDY_FILL_WRAP)
            x += x < 0 ? n : -n;
        else if (mode == EDY_FILL_REFLECT && n > 1)
            x = x < 0 ? -x : 2 * (n - 1) - x;
        else
            x = x < 0 ? 0 : n - 1;
    }
    return x;
}

edy_status edy_oracle_pad(edy_oracle_call *c) {
    const edy_shape *in = &c->in[0]->shape, *out = &c->out->shape;
    const int mode = c->node->pad_mode;
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t index[EDY_MAX_RANK];
        coordinates(out, i, index);
        size_t at = 0;
        bool inside = true;
        for (int32_t d = 0; d < in->rank; d++) {
            const int64_t raw = index[d] - c->node->pads[d];
            const int64_t x = mode == EDY_FILL_CONSTANT ? raw : walk_back(raw, in->dim[d], mode);
            inside = inside && x >= 0 && x < in->dim[d];
            at = at * (size_t)in->dim[d] + (size_t)x;
        }
        c->out->data[i] = inside ? c->in[0]->data[at] : (double)c->node->pad_value;
    }
    return EDY_OK;
}

/* Element by element: which input holds this coordinate along the axis, and where. */
edy_status edy_oracle_concat(edy_oracle_call *c) {
    const edy_shape *out = &c->out->shape;
    const int64_t axis = c->node->axis < 0 ? c->node->axis + out->rank : c->node->axis;
    if (axis < 0 || axis >= out->rank)
        return edy_fail(c->err, EDY_UNSUPPORTED, "an axis outside the output");
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t index[EDY_MAX_RANK];
        int32_t k = 0;
        coordinates(out, i, index);
        while (k < c->node->n_inputs && c->in[k] && index[axis] >= c->in[k]->shape.dim[axis])
            index[axis] -= c->in[k++]->shape.dim[axis];
        if (k == c->node->n_inputs || !c->in[k] || c->in[k]->shape.rank != out->rank)
            return edy_fail(c->err, EDY_BAD_ARGUMENT, "inputs that do not fill the output");
        size_t at = 0;
        for (int32_t d = 0; d < out->rank; d++)
            at = at * (size_t)c->in[k]->shape.dim[d] + (size_t)index[d];
        c->out->data[i] = edy_oracle_clamp(c, c->in[k]->data[at]);
        c->magnitude[i] = fabs(c->in[k]->data[at]);
    }
    return EDY_OK; /* terms 0: exact */
}

/* Element by element: where the output's coordinate comes from. */
static edy_status blocks(edy_oracle_call *c, bool to_space) {
    const edy_shape *in = &c->in[0]->shape, *out = &c->out->shape;
    const int64_t b = c->node->size, channels = to_space ? out->dim[1] : in->dim[1];
    for (size_t i = 0; i < c->out->count; i++) {
        int64_t o[EDY_MAX_RANK], ch, h, w;
        coordinates(out, i, o);
        if (to_space) {
            const int64_t place = o[2] % b * b + o[3] % b;
            ch = c->node->columns_first ? o[1] * b * b + place : place * channels + o[1];
            h = o[2] / b;
            w = o[3] / b;
        } else {
            const int64_t place = o[1] / channels;
            ch = o[1] % channels;
            h = o[2] * b + place / b;
            w = o[3] * b + place % b;
        }
        c->out->data[i] =
            c->in[0]->data[((o[0] * in->dim[1] + ch) * in->dim[2] + h) * in->dim[3] + w];
    }
    return EDY_OK;
}

edy_status edy_oracle_depthtospace(edy_oracle_call *c) {
    return blocks(c, true);
}

edy_status edy_oracle_spacetodepth(edy_oracle_call *c) {
    return blocks(c, false);
}
