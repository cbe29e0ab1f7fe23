/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Transpose by a permutation, and Layout: the same copy, from one order in memory to the other. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <string.h>

#include "engine/ops/strided_copy.h"

typedef struct copy_state {
    edy_strided_copy copy;
    size_t fill_bytes; /* of y, where its borders are padding; 0: none */
    int fill;
} copy_state;

static void run(const edy_step *step, edy_threads *threads) {
    copy_state *s = step->state;
    if (s->fill_bytes)
        memset(step->out[0], s->fill, s->fill_bytes);
    edy_strided_copy_run(&s->copy, threads);
}

/* x lies row-major in shape `in`; y's memory axis d is x's memory axis perm[d], y_extent[d] long,
 * of which x fills the part from begin[d] on. NULL, NULL: no padding. */
static edy_status prepare_copy(edy_planner *p, edy_step *step, const edy_shape *in,
                               const int64_t *perm, const size_t *y_extent, const size_t *begin,
                               edy_error *err) {
    copy_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    const edy_value *x = edy_node_in(p->graph, step->node, 0);
    const size_t elem = edy_dtype_bytes(x->dtype);
    size_t stride[EDY_MAX_RANK], elems = 1, y_elems = 1, y_begin = 0;
    size_t extent[EDY_MAX_RANK], from[EDY_MAX_RANK], to[EDY_MAX_RANK];
    for (int32_t d = in->rank - 1; d >= 0; d--) {
        stride[d] = elems;
        elems *= (size_t)in->dim[d];
    }
    for (int32_t d = in->rank - 1; d >= 0; d--) {
        extent[d] = (size_t)in->dim[perm[d]];
        from[d] = stride[perm[d]];
        to[d] = y_elems;
        y_begin += begin ? begin[d] * y_elems : 0;
        y_elems *= y_extent ? y_extent[d] : extent[d];
    }
    edy_strided_copy_make(&s->copy, in->rank, extent, from, to, elem, step->in[0],
                          (char *)step->out[0] + y_begin * elem);
    s->fill_bytes = y_elems != elems ? y_elems * elem : 0;
    s->fill = x->dtype == EDY_S8 ? x->quant.zero_point[0] : 0;
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
                        NULL, NULL, err);
}

static edy_status infer_layout(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || x->shape.rank != 4)
        return edy_fail(err, EDY_BAD_FILE, "an input that has not 4 dimensions");
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    for (int32_t d = 2; d < 4; d++)
        y->shape.dim[d] += n->pads[d] + n->pads[4 + d];
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
    const int64_t *pads = step->node->pads, *out = y->shape.dim;
    if ((pads[2] | pads[3] | pads[6] | pads[7]) == 0)
        return prepare_copy(p, step, &in, to_nhwc ? nhwc : nchw, NULL, NULL, err);
    if (!to_nhwc || (x->dtype != EDY_F32 && x->dtype != EDY_S8))
        return edy_fail(err, EDY_BAD_ARGUMENT, "padding of a copy that is not NHWC");
    const size_t extent[4] = {(size_t)out[0], (size_t)out[2], (size_t)out[3], (size_t)out[1]};
    const size_t begin[4] = {0, (size_t)pads[2], (size_t)pads[3], 0};
    step->reason = "NCHW in, NHWC kernels; padded for the window that follows";
    return prepare_copy(p, step, &in, nhwc, extent, begin, err);
}

const edy_op edy_op_transpose = {
    .infer = infer_transpose, .prepare = prepare_transpose, .folds = true};
const edy_op edy_op_layout = {.infer = infer_layout, .prepare = prepare_layout};
