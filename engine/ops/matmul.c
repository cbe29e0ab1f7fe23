/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Matrix product of two computed operands, numpy's matmul: the last two axes are matrices, those
 * before them broadcast; an operand of rank 1 is a row on the left and a column on the right. Each
 * element is one chain of additions in the order of k. (With a constant matrix on the right it is a
 * Gemm.) */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <string.h>

#include "engine/ops/integers.h"

typedef struct matmul_state {
    size_t m, k, n;
    int32_t rank; /* of the batch axes */
    size_t extent[EDY_MAX_RANK], a_stride[EDY_MAX_RANK], b_stride[EDY_MAX_RANK]; /* elements */
    size_t batches;
    const void *a, *b;
    void *y;
    edy_dtype dtype;
} matmul_state;

/* The operand as a stack of matrices. */
static edy_shape as_matrices(const edy_shape *s, bool left) {
    if (s->rank != 1)
        return *s;
    return edy_shape_make(2,
                          left ? (const int64_t[]){1, s->dim[0]} : (const int64_t[]){s->dim[0], 1});
}

static edy_status product_shape(const edy_shape *a, const edy_shape *b, edy_shape *y,
                                edy_error *err) {
    y->rank = a->rank > b->rank ? a->rank : b->rank;
    for (int32_t d = 3; d <= y->rank; d++) { /* from the end */
        const int64_t p = d <= a->rank ? a->dim[a->rank - d] : 1;
        const int64_t q = d <= b->rank ? b->dim[b->rank - d] : 1;
        if (p != q && p != 1 && q != 1)
            return edy_fail(err, EDY_BAD_FILE, "stacks of %" PRId64 " and %" PRId64 " matrices", p,
                            q);
        y->dim[y->rank - d] = p == 1 ? q : p;
    }
    y->dim[y->rank - 2] = a->dim[a->rank - 2];
    y->dim[y->rank - 1] = b->dim[b->rank - 1];
    if (a->dim[a->rank - 1] != b->dim[b->rank - 2])
        return edy_fail(err, EDY_BAD_FILE, "rows of %" PRId64 " against columns of %" PRId64,
                        a->dim[a->rank - 1], b->dim[b->rank - 2]);
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *a = edy_node_in(g, n, 0), *b = edy_node_in(g, n, 1);
    if (!a || !b || a->shape.rank < 1 || b->shape.rank < 1)
        return edy_fail(err, EDY_BAD_FILE, "it needs two operands with dimensions");
    const bool known = a->dtype == EDY_F32 || a->dtype == EDY_S32 || a->dtype == EDY_S64;
    if (a->dtype != b->dtype || !known)
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s and %s",
                        edy_dtype_text(a->dtype), edy_dtype_text(b->dtype));
    const edy_shape left = as_matrices(&a->shape, true), right = as_matrices(&b->shape, false);
    edy_shape full, shape = {.rank = 0};
    const edy_status status = product_shape(&left, &right, &full, err);
    if (status)
        return status;
    for (int32_t d = 0; d < full.rank; d++) {
        const bool row = d == full.rank - 2 && a->shape.rank == 1;
        const bool column = d == full.rank - 1 && b->shape.rank == 1;
        if (!row && !column)
            shape.dim[shape.rank++] = full.dim[d];
    }
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = a->dtype;
    return EDY_OK;
}

static uint64_t macs(const edy_graph *g, const edy_node *n) {
    const edy_shape *a = &g->value[n->input[0]].shape;
    return (uint64_t)edy_shape_count(&g->value[n->output[0]].shape) * (uint64_t)a->dim[a->rank - 1];
}

static void row_f32(const matmul_state *s, const float *a, const float *b, float *y) {
    memset(y, 0, s->n * sizeof *y);
    for (size_t k = 0; k < s->k; k++)
        for (size_t j = 0; j < s->n; j++)
            y[j] += a[k] * b[k * s->n + j];
}

static void row_integer(const matmul_state *s, size_t a, size_t b, size_t y) {
    for (size_t j = 0; j < s->n; j++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < s->k; k++)
            sum += (uint64_t)edy_integer_load(s->dtype, s->a, a + k) *
                   (uint64_t)edy_integer_load(s->dtype, s->b, b + k * s->n + j);
        edy_integer_store(s->dtype, s->y, y + j, (int64_t)sum);
    }
}

static void run_rows(void *context, size_t begin, size_t end) {
    const matmul_state *s = context;
    for (size_t row = begin; row < end; row++) {
        size_t rest = row / s->m, a = row % s->m * s->k, b = 0;
        for (int32_t d = s->rank - 1; d >= 0; d--) {
            a += rest % s->extent[d] * s->a_stride[d];
            b += rest % s->extent[d] * s->b_stride[d];
            rest /= s->extent[d];
        }
        if (s->dtype == EDY_F32)
            row_f32(s, (const float *)s->a + a, (const float *)s->b + b,
                    (float *)s->y + row * s->n);
        else
            row_integer(s, a, b, row * s->n);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    matmul_state *s = step->state;
    edy_parallel_for(threads, s->batches * s->m, run_rows, s);
}

/* Elements from matrix to matrix along each batch axis of the product; 0: repeated. */
static void batch_strides(const edy_shape *x, const edy_shape *full, size_t *stride) {
    size_t elems = (size_t)(x->dim[x->rank - 1] * x->dim[x->rank - 2]);
    for (int32_t d = 3; d <= full->rank; d++) {
        const int64_t extent = d <= x->rank ? x->dim[x->rank - d] : 1;
        stride[full->rank - d] = extent == 1 ? 0 : elems;
        elems *= (size_t)extent;
    }
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_value *a = edy_node_in(p->graph, step->node, 0);
    const edy_value *b = edy_node_in(p->graph, step->node, 1);
    const edy_shape left = as_matrices(&a->shape, true), right = as_matrices(&b->shape, false);
    edy_shape full;
    matmul_state *s = edy_region_alloc(p->region, sizeof *s);
    const edy_status status = product_shape(&left, &right, &full, err);
    if (status || !s)
        return status ? status : edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    *s = (matmul_state){.m = (size_t)left.dim[left.rank - 2],
                        .k = (size_t)left.dim[left.rank - 1],
                        .n = (size_t)right.dim[right.rank - 1],
                        .rank = full.rank - 2,
                        .batches = 1,
                        .a = step->in[0],
                        .b = step->in[1],
                        .y = step->out[0],
                        .dtype = a->dtype};
    for (int32_t d = 0; d < s->rank; d++) {
        s->extent[d] = (size_t)full.dim[d];
        s->batches *= s->extent[d];
    }
    batch_strides(&left, &full, s->a_stride);
    batch_strides(&right, &full, s->b_stride);
    step->state = s;
    step->run = run;
    step->kernel = s->dtype == EDY_F32 ? "f32_matmul__scalar" : "integer_matmul__scalar";
    step->reason = "both operands are computed";
    return EDY_OK;
}

const edy_op edy_op_matmul = {.infer = infer, .macs = macs, .prepare = prepare, .folds = true};
