/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op_table.h"

#include <inttypes.h>

#include "engine/ops/conv_plan.h"
#include "engine/ops/winograd_f32.h"
#include "engine/ops/winograd_s8.h"

static edy_status check_operands(const edy_graph *g, const edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, EDY_IN_X), *w = edy_node_in(g, n, EDY_IN_W);
    const edy_value *b = edy_node_in(g, n, EDY_IN_BIAS), *r = edy_node_in(g, n, EDY_IN_RESIDUAL);
    if (!x || !w)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input and weights");
    if (x->shape.rank != 4 || w->shape.rank != 4)
        return edy_fail(err, EDY_UNSUPPORTED, "input of rank %d with weights of rank %d, not 4",
                        x->shape.rank, w->shape.rank);
    const int64_t groups = n->window.groups, channels = x->shape.dim[1], m = w->shape.dim[0];
    if (groups < 1 || channels < 1 || m < 1 || channels % groups != 0 || m % groups != 0)
        return edy_fail(err, EDY_BAD_FILE,
                        "%" PRId64 " input and %" PRId64 " output channels in %" PRId64 " groups",
                        channels, m, groups);
    if (w->shape.dim[1] != channels / groups)
        return edy_fail(err, EDY_BAD_FILE,
                        "weights for %" PRId64 " channels a group, but the input has %" PRId64,
                        w->shape.dim[1], channels / groups);
    if (b && (b->shape.rank != 1 || b->shape.dim[0] != m))
        return edy_fail(err, EDY_BAD_FILE, "bias is not one value for each of %" PRId64 " channels",
                        m);
    const bool integer = x->dtype == EDY_S8;
    if (!integer && (x->dtype != EDY_F32 || w->dtype != EDY_F32 || (b && b->dtype != EDY_F32)))
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s and %s",
                        edy_dtype_text(x->dtype), edy_dtype_text(w->dtype));
    if (integer && (w->dtype != EDY_S8 || (b && b->dtype != EDY_S32) || x->quant.count != 1 ||
                    (w->quant.count != 1 && w->quant.count != (uint32_t)m)))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    if (r && r->dtype != EDY_F32)
        return edy_fail(err, EDY_UNSUPPORTED, "residual of dtype %s", edy_dtype_text(r->dtype));
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    edy_status status = check_operands(g, n, err);
    if (status)
        return status;
    const edy_value *x = edy_node_in(g, n, EDY_IN_X), *w = edy_node_in(g, n, EDY_IN_W);
    n->window.kernel[0] = w->shape.dim[2];
    n->window.kernel[1] = w->shape.dim[3];
    int64_t out_h, out_w;
    status = edy_window_resolve(&n->window, x->shape.dim[2], x->shape.dim[3], &out_h, &out_w, err);
    if (status)
        return status;
    const edy_shape shape =
        edy_shape_make(4, (const int64_t[]){x->shape.dim[0], w->shape.dim[0], out_h, out_w});
    const edy_value *r = edy_node_in(g, n, EDY_IN_RESIDUAL);
    if (r && !edy_shape_equal(&r->shape, &shape))
        return edy_fail(err, EDY_BAD_FILE, "residual and result differ in shape");
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    if (y->dtype == EDY_S8 && y->quant.count != 1)
        return edy_fail(err, EDY_BAD_FILE, "integer output lacks its scale");
    return EDY_OK;
}

static uint64_t macs(const edy_graph *g, const edy_node *n) {
    const edy_shape *w = &g->value[n->input[EDY_IN_W]].shape;
    const edy_shape *y = &g->value[n->output[0]].shape;
    const uint64_t taps = (uint64_t)(w->dim[2] * w->dim[3]);
    if (n->window.transposed) /* each input goes to every output channel of its group */
        return (uint64_t)edy_shape_count(&g->value[n->input[EDY_IN_X]].shape) * taps *
               (uint64_t)(w->dim[0] / n->window.groups);
    return (uint64_t)edy_shape_count(y) * (uint64_t)w->dim[1] * taps;
}

static bool is_depthwise(const edy_graph *g, const edy_node *n) {
    const int64_t channels = edy_node_in(g, n, EDY_IN_X)->shape.dim[1];
    return n->window.groups == channels && edy_node_in(g, n, EDY_IN_W)->shape.dim[0] == channels;
}

/* Those that are not depthwise, without a residual, which would have other rows. */
static bool spreads_rows(const edy_graph *g, const edy_node *n, const edy_kernels *k) {
    (void)k;
    return !is_depthwise(g, n) && !edy_node_in(g, n, EDY_IN_RESIDUAL);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_graph *g = p->graph;
    const edy_value *x = edy_node_in(g, step->node, EDY_IN_X);
    const edy_value *w = edy_node_in(g, step->node, EDY_IN_W);
    const edy_value *b = edy_node_in(g, step->node, EDY_IN_BIAS);
    if (!w->data || (b && !b->data))
        return edy_fail(err, EDY_UNSUPPORTED, "weights that are computed, not constant");
    const bool depthwise = is_depthwise(g, step->node);
    if (x->dtype == EDY_S8 && edy_winograd_s8_pays(g, step->node, p->kernels))
        return edy_prepare_winograd_s8(p, step, err);
    if (x->dtype == EDY_S8)
        return depthwise ? edy_prepare_depthwise_s8(p, step, err)
                         : edy_prepare_dense_s8(p, step, err);
    if (edy_winograd_f32_choose(g, step->node, p->kernels))
        return edy_prepare_winograd_f32(p, step, err);
    return depthwise ? edy_prepare_depthwise_f32(p, step, err)
                     : edy_prepare_dense_f32(p, step, err);
}

static size_t scratch_bytes(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                            unsigned threads) {
    return edy_node_in(g, n, EDY_IN_X)->dtype == EDY_S8
               ? edy_winograd_s8_scratch(g, n, k, threads)
               : edy_winograd_f32_scratch(g, n, k, threads);
}

static int32_t overwrites(const edy_graph *g, const edy_node *n) {
    return edy_node_in(g, n, EDY_IN_RESIDUAL) ? EDY_IN_RESIDUAL : -1;
}

const edy_op edy_op_conv = {.infer = infer,
                            .macs = macs,
                            .scratch_bytes = scratch_bytes,
                            .prepare = prepare,
                            .spreads_rows = spreads_rows,
                            .overwrites = overwrites};
