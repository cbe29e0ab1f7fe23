/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/broadcast.h"

#include <assert.h>
#include <string.h>

#include "engine/ops/axis_strides.h"
#include "engine/ops/elementwise.h"

enum { BLOCK = 256 }; /* elements that are gathered at a time */

/* ---- Shapes ---------------------------------------------------------------------------------- */

edy_status edy_broadcast_shape(const edy_graph *g, const edy_node *n, int32_t n_operands,
                               edy_shape *shape, edy_error *err) {
    *shape = (edy_shape){.rank = 0};
    for (int32_t i = 0; i < n_operands; i++) {
        const edy_value *x = edy_node_in(g, n, i);
        if (!x)
            return edy_fail(err, EDY_BAD_FILE, "operand %d is missing", i);
        edy_shape wide = {.rank = x->shape.rank > shape->rank ? x->shape.rank : shape->rank};
        for (int32_t d = 1; d <= wide.rank; d++) { /* from the end */
            const int64_t a = d <= shape->rank ? shape->dim[shape->rank - d] : 1;
            const int64_t b = d <= x->shape.rank ? x->shape.dim[x->shape.rank - d] : 1;
            if (a != b && a != 1 && b != 1) {
                char s[96], t[96];
                return edy_fail(err, EDY_BAD_FILE, "operands of shape %s and %s",
                                edy_shape_text(shape, s, sizeof s),
                                edy_shape_text(&x->shape, t, sizeof t));
            }
            wide.dim[wide.rank - d] = a == 1 ? b : a;
        }
        *shape = wide;
    }
    return EDY_OK;
}

int32_t edy_broadcast_overwrites(const edy_graph *g, const edy_node *n) {
    const edy_value *x = edy_node_in(g, n, 0), *y = &g->value[n->output[0]];
    return x->layout == y->layout && edy_shape_count(&x->shape) == edy_shape_count(&y->shape) &&
                   edy_dtype_bytes(x->dtype) == edy_dtype_bytes(y->dtype)
               ? 0
               : -1;
}

/* ---- The loop nest --------------------------------------------------------------------------- */

/* Whether axis d can be one with axis d - 1, inside it. */
static bool merges(const edy_broadcast *b, int32_t d) {
    for (int32_t i = 0; i < b->n_operands; i++)
        if (b->stride[i][d - 1] != b->stride[i][d] * b->extent[d])
            return false;
    return true;
}

static void drop_axis(edy_broadcast *b, int32_t d) {
    for (int32_t k = d; k + 1 < b->rank; k++) {
        b->extent[k] = b->extent[k + 1];
        for (int32_t i = 0; i < b->n_operands; i++)
            b->stride[i][k] = b->stride[i][k + 1];
    }
    b->rank--;
}

static void merge_axes(edy_broadcast *b) {
    for (int32_t d = b->rank - 1; d >= 0; d--)
        if (b->extent[d] == 1 && b->rank > 1)
            drop_axis(b, d);
    for (int32_t d = b->rank - 1; d > 0; d--)
        if (merges(b, d)) {
            b->extent[d] *= b->extent[d - 1];
            drop_axis(b, d - 1);
        }
}

void edy_broadcast_make(edy_broadcast *b, const edy_graph *g, const edy_step *step,
                        int32_t n_operands, edy_row_fn row, const void *context) {
    assert(n_operands <= EDY_BROADCAST_OPERANDS);
    const edy_value *y = &g->value[step->node->output[0]];
    *b = (edy_broadcast){.n_operands = n_operands,
                         .rank = y->shape.rank,
                         .y_bytes = edy_dtype_bytes(y->dtype),
                         .y = step->out[0],
                         .row = row,
                         .context = context};
    for (int32_t k = 0; k < b->rank; k++)
        b->extent[k] = (size_t)y->shape.dim[edy_memory_axis(y, k)];
    for (int32_t i = 0; i < n_operands; i++) {
        const edy_value *x = edy_node_in(g, step->node, i);
        size_t stride[EDY_MAX_RANK];
        edy_axis_strides(x, stride);
        b->x[i] = step->in[i];
        b->bytes[i] = edy_dtype_bytes(x->dtype);
        for (int32_t k = 0; k < b->rank; k++) {
            const int32_t of_y = edy_memory_axis(y, k);
            const int32_t axis = of_y - (b->rank - x->shape.rank);
            b->stride[i][k] = axis < 0 || x->shape.dim[axis] == 1 ? 0 : stride[axis];
        }
    }
    if (b->rank == 0) {
        b->rank = 1;
        b->extent[0] = 1;
    }
    merge_axes(b);
    b->chunk = b->extent[b->rank - 1] < EDY_FLAT_CHUNK ? b->extent[b->rank - 1] : EDY_FLAT_CHUNK;
}

/* n elements of operand i from `from` on, adjacent: in place or in the buffer. */
static const void *adjacent(const edy_broadcast *b, int32_t i, const char *from, size_t n,
                            char *buffer) {
    const size_t stride = b->stride[i][b->rank - 1], bytes = b->bytes[i];
    if (stride == 1 || n == 1)
        return from;
    for (size_t k = 0; k < n; k++)
        memcpy(buffer + k * bytes, from + k * stride * bytes, bytes);
    return buffer;
}

/* Elements [at, at + n) of a row whose operands begin at offset[i]. */
static void run_part(const edy_broadcast *b, const size_t *offset, size_t row, size_t at,
                     size_t n) {
    char buffer[EDY_BROADCAST_OPERANDS][BLOCK * sizeof(int64_t)];
    const size_t length = b->extent[b->rank - 1];
    bool direct = true;
    for (int32_t i = 0; i < b->n_operands; i++)
        direct = direct && b->stride[i][b->rank - 1] == 1;
    const size_t block = direct ? n : BLOCK;
    for (size_t k = 0; k < n; k += block) {
        const size_t count = n - k < block ? n - k : block;
        const void *x[EDY_BROADCAST_OPERANDS];
        for (int32_t i = 0; i < b->n_operands; i++) {
            const size_t first = offset[i] + (at + k) * b->stride[i][b->rank - 1];
            x[i] = adjacent(b, i, (const char *)b->x[i] + first * b->bytes[i], count, buffer[i]);
        }
        b->row(b->context, count, x, (char *)b->y + (row * length + at + k) * b->y_bytes);
    }
}

static void run_items(void *context, size_t begin, size_t end) {
    const edy_broadcast *b = context;
    const size_t length = b->extent[b->rank - 1], parts = (length + b->chunk - 1) / b->chunk;
    for (size_t item = begin; item < end; item++) {
        const size_t row = item / parts, at = item % parts * b->chunk;
        size_t offset[EDY_BROADCAST_OPERANDS] = {0}, rest = row;
        for (int32_t d = b->rank - 2; d >= 0; d--) {
            for (int32_t i = 0; i < b->n_operands; i++)
                offset[i] += rest % b->extent[d] * b->stride[i][d];
            rest /= b->extent[d];
        }
        run_part(b, offset, row, at, length - at < b->chunk ? length - at : b->chunk);
    }
}

void edy_broadcast_run(edy_broadcast *b, edy_threads *threads) {
    size_t rows = 1;
    for (int32_t d = 0; d + 1 < b->rank; d++)
        rows *= b->extent[d];
    const size_t length = b->extent[b->rank - 1], parts = (length + b->chunk - 1) / b->chunk;
    edy_parallel_for(rows * length > EDY_FLAT_CHUNK ? threads : NULL, rows * parts, run_items, b);
}
