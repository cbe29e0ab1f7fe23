/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Transpose by a permutation, and Layout: the same copy, from one order in memory to the other. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <string.h>

/* y[i0]..[in] = x[sum of i * stride]: extents and strides in the order of y's memory. */
typedef struct copy_state {
    int32_t rank;
    size_t extent[EDY_MAX_RANK], stride[EDY_MAX_RANK];
    size_t elem_bytes, inner_elems; /* elements of y for one index of axis 0 */
    const char *x;
    char *y;
} copy_state;

static void copy_range(void *context, size_t begin, size_t end) {
    const copy_state *s = context;
    for (size_t i = begin * s->inner_elems; i < end * s->inner_elems; i++) {
        size_t rest = i, from = 0;
        for (int32_t d = s->rank - 1; d >= 0; d--) {
            from += rest % s->extent[d] * s->stride[d];
            rest /= s->extent[d];
        }
        memcpy(s->y + i * s->elem_bytes, s->x + from * s->elem_bytes, s->elem_bytes);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    copy_state *s = step->state;
    edy_parallel_for(threads, s->extent[0], copy_range, s);
}

/* x lies row-major in shape `in`; y's memory axis d is x's memory axis perm[d]. */
static edy_status prepare_copy(edy_planner *p, edy_step *step, const edy_shape *in,
                               const int64_t *perm, edy_error *err) {
    copy_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    size_t stride[EDY_MAX_RANK], elems = 1;
    for (int32_t d = in->rank - 1; d >= 0; d--) {
        stride[d] = elems;
        elems *= (size_t)in->dim[d];
    }
    s->rank = in->rank;
    for (int32_t d = 0; d < in->rank; d++) {
        s->extent[d] = (size_t)in->dim[perm[d]];
        s->stride[d] = stride[perm[d]];
    }
    s->elem_bytes = edy_dtype_bytes(edy_node_in(p->graph, step->node, 0)->dtype);
    s->inner_elems = s->extent[0] ? elems / s->extent[0] : 0;
    s->x = step->in[0];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    step->transposes = true;
    return EDY_OK;
}

static edy_status infer_transpose(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank < 1)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input with dimensions");
    const int32_t rank = x->shape.rank;
    if (n->n_perm == 0) /* ONNX's default: reversed */
        for (int32_t i = 0; i < rank; i++)
            n->perm[i] = rank - 1 - i;
    else if (n->n_perm != rank)
        return edy_fail(err, EDY_BAD_FILE, "permutation of %d axes for an input of %d", n->n_perm,
                        rank);
    n->n_perm = rank;
    uint32_t seen = 0;
    edy_shape shape = {.rank = rank};
    for (int32_t i = 0; i < rank; i++) {
        if (n->perm[i] < 0 || n->perm[i] >= rank || (seen & (1u << n->perm[i])))
            return edy_fail(err, EDY_BAD_FILE, "permutation entry %d is %" PRId64, i, n->perm[i]);
        seen |= 1u << n->perm[i];
        shape.dim[i] = x->shape.dim[n->perm[i]];
    }
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static edy_status prepare_transpose(edy_planner *p, edy_step *step, edy_error *err) {
    step->kernel = "transpose copy";
    step->reason = "the model asks for it";
    return prepare_copy(p, step, &edy_node_in(p->graph, step->node, 0)->shape, step->node->perm,
                        err);
}

static edy_status infer_layout(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank != 4)
        return edy_fail(err, EDY_BAD_FILE, "an input that has not 4 dimensions");
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static edy_status prepare_layout(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_value *x = edy_node_in(p->graph, step->node, 0);
    const edy_value *y = &p->graph->value[step->node->output[0]];
    const int64_t *d = x->shape.dim;
    const bool to_nhwc = y->layout == EDY_LAYOUT_NHWC;
    if (x->layout == y->layout)
        return edy_fail(err, EDY_BAD_ARGUMENT, "both sides have one layout");
    const int64_t nhwc[4] = {0, 2, 3, 1}, nchw[4] = {0, 3, 1, 2};
    const edy_shape in =
        to_nhwc ? x->shape : edy_shape_make(4, (const int64_t[]){d[0], d[2], d[3], d[1]});
    step->kernel = "layout copy";
    step->reason = to_nhwc ? "NCHW in, NHWC kernels" : "a consumer needs NCHW order";
    return prepare_copy(p, step, &in, to_nhwc ? nhwc : nchw, err);
}

const edy_op edy_op_transpose = {.infer = infer_transpose, .prepare = prepare_transpose};
const edy_op edy_op_layout = {.infer = infer_layout, .prepare = prepare_layout};
