/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* DepthToSpace and SpaceToDepth: a copy with six axes (image, channel, row and column of the block,
 * H and W of the smaller image), in either layout, of elements of any dtype. With C the channels of
 * the larger image and b the block's edge, its pixel (h * b + i, w * b + j) of channel c is in the
 * smaller one's pixel (h, w), in channel (i * b + j) * C + c, or c * b * b + i * b + j in mode
 * CRD. */
#include "engine/ops/op_table.h"

#include <inttypes.h>

#include "engine/ops/pixels.h"
#include "engine/ops/strided_copy.h"

enum { AXES = 6 };

static edy_status check_input(const edy_value *x, const edy_node *n, edy_error *err) {
    if (!x || x->shape.rank != 4)
        return edy_fail(err, EDY_UNSUPPORTED, "an input that has not 4 dimensions");
    if (n->size < 1 || n->size > INT16_MAX)
        return edy_fail(err, EDY_BAD_FILE, "blocksize %" PRId64 " is not in 1..%d", n->size,
                        INT16_MAX);
    return EDY_OK;
}

static edy_status set_output(const edy_value *x, edy_value *y, const int64_t dim[4],
                             edy_error *err) {
    if (x->dtype == EDY_S8 && (x->quant.count > 1 || x->quant.count != y->quant.count))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = edy_shape_make(4, dim);
    y->dtype = x->dtype;
    size_t elems;
    return edy_shape_elems(&y->shape, &elems, err);
}

static edy_status infer_to_space(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    const edy_status status = check_input(x, n, err);
    if (status)
        return status;
    const int64_t b = n->size, *d = x->shape.dim;
    if (d[1] % (b * b) != 0)
        return edy_fail(err, EDY_BAD_FILE, "%" PRId64 " channels in blocks of %" PRId64 "x%" PRId64,
                        d[1], b, b);
    int64_t h, w;
    if (__builtin_mul_overflow(d[2], b, &h) || __builtin_mul_overflow(d[3], b, &w))
        return edy_fail(err, EDY_LIMIT, "blocksize %" PRId64 " makes too large an image", b);
    return set_output(x, edy_node_out(g, n, 0), (const int64_t[]){d[0], d[1] / (b * b), h, w}, err);
}

static edy_status infer_to_depth(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    const edy_status status = check_input(x, n, err);
    if (status)
        return status;
    const int64_t b = n->size, *d = x->shape.dim;
    if (d[2] % b != 0 || d[3] % b != 0)
        return edy_fail(err, EDY_BAD_FILE,
                        "an image of %" PRId64 "x%" PRId64 " in blocks of %" PRId64, d[2], d[3], b);
    int64_t channels;
    if (__builtin_mul_overflow(d[1], b * b, &channels))
        return edy_fail(err, EDY_LIMIT, "blocksize %" PRId64 " makes too many channels", b);
    return set_output(x, edy_node_out(g, n, 0),
                      (const int64_t[]){d[0], channels, d[2] / b, d[3] / b}, err);
}

static void run(const edy_step *step, edy_threads *threads) {
    edy_strided_copy_run(step->state, threads);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const bool to_space = n->op == EDY_OP_DEPTHTOSPACE;
    const edy_value *x = edy_node_in(p->graph, n, 0), *y = &p->graph->value[n->output[0]];
    const edy_value *large = to_space ? y : x, *small = to_space ? x : y;
    const size_t b = (size_t)n->size, channels = (size_t)large->shape.dim[1];
    const bool columns = to_space && n->columns_first;
    const size_t extent[AXES] = {
        (size_t)x->shape.dim[0],    channels, b, b, (size_t)small->shape.dim[2],
        (size_t)small->shape.dim[3]};
    size_t l[4], s[4];
    edy_image_strides(large, l);
    edy_image_strides(small, s);
    const size_t in_large[AXES] = {l[0], l[1], l[2], l[3], b * l[2], b * l[3]};
    const size_t in_small[AXES] = {s[0],
                                   columns ? b * b * s[1] : s[1],
                                   columns ? b * s[1] : b * channels * s[1],
                                   columns ? s[1] : channels * s[1],
                                   s[2],
                                   s[3]};
    edy_strided_copy *copy = edy_region_alloc(p->region, sizeof *copy);
    if (!copy)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    edy_strided_copy_make(copy, AXES, extent, to_space ? in_small : in_large,
                          to_space ? in_large : in_small, edy_dtype_bytes(x->dtype), step->in[0],
                          step->out[0]);
    step->state = copy;
    step->run = run;
    step->kernel = "block copy";
    step->reason = "in either layout";
    return EDY_OK;
}

const edy_op edy_op_depthtospace = {.infer = infer_to_space, .prepare = prepare};
const edy_op edy_op_spacetodepth = {.infer = infer_to_depth, .prepare = prepare};
