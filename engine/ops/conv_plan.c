/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/conv_plan.h"

#include <stdlib.h>

edy_dense_shape edy_dense_shape_conv(const edy_graph *g, const edy_node *n) {
    const edy_taps t = edy_taps_of(g, n);
    const edy_window *w = &n->window;
    const size_t groups = (size_t)w->groups;
    const size_t out_channels = (size_t)g->value[n->input[EDY_IN_W]].shape.dim[0];
    const bool no_pad = w->pad[0] == 0 && w->pad[1] == 0 && w->pad[2] == 0 && w->pad[3] == 0;
    /* Nothing outside the image: one row of the window is one run. */
    const size_t joined =
        no_pad && !w->ceil_mode && !w->transposed && groups == 1 && w->dilation[1] == 1
            ? (size_t)w->kernel[1]
            : 1;
    return (edy_dense_shape){.images = t.batch,
                             .groups = groups,
                             .rows = t.out_h * t.out_w,
                             .nc = out_channels / groups,
                             .kc = joined * t.channels / groups,
                             .ks = t.taps / joined,
                             .joined = joined,
                             .x_stride = t.channels,
                             .y_stride = out_channels,
                             .direct =
                                 t.taps == 1 && w->stride[0] == 1 && w->stride[1] == 1 && no_pad};
}

edy_dense_shape edy_dense_shape_gemm(const edy_graph *g, const edy_node *n) {
    const edy_shape *x = &g->value[n->input[EDY_IN_X]].shape;
    const edy_shape *w = &g->value[n->input[EDY_IN_W]].shape;
    const size_t k = (size_t)x->dim[x->rank - 1];
    const size_t nc = (size_t)(n->trans_b ? w->dim[0] : w->dim[1]);
    return (edy_dense_shape){.images = 1,
                             .groups = 1,
                             .rows = k ? edy_shape_count(x) / k : 0,
                             .nc = nc,
                             .kc = k,
                             .ks = 1,
                             .joined = 1,
                             .x_stride = k,
                             .y_stride = nc,
                             .direct = true};
}

const char *edy_dense_reason(const edy_dense_shape *s) {
    if (s->direct)
        return "rows are adjacent: plain GEMM";
    return s->joined > 1 ? "indirect GEMM, a tap is a row of the window" : "indirect GEMM";
}

edy_dense_cut edy_dense_cut_make(const edy_dense_shape *s, size_t mr, size_t nr,
                                 size_t elem_bytes) {
    const size_t per_channel = s->kc * s->ks * elem_bytes;
    size_t block = per_channel ? EDY_WEIGHT_BLOCK_BYTES / per_channel / nr * nr : nr;
    block = block < nr ? nr : block;
    block = block > s->nc ? s->nc : block;
    return (edy_dense_cut){
        .block_nc = block, .blocks = (s->nc + block - 1) / block, .tiles = (s->rows + mr - 1) / mr};
}

edy_dense_item edy_dense_item_at(const edy_dense_shape *s, const edy_dense_cut *cut, size_t mr,
                                 size_t index) {
    edy_dense_item it;
    it.tile = index % cut->tiles;
    index /= cut->tiles;
    it.image = index % s->images;
    index /= s->images;
    it.block = index % cut->blocks;
    it.group = index / cut->blocks;
    it.first_row = it.tile * mr;
    it.rows = s->rows - it.first_row < mr ? s->rows - it.first_row : mr;
    it.first_nc = it.block * cut->block_nc;
    it.nc = s->nc - it.first_nc < cut->block_nc ? s->nc - it.first_nc : cut->block_nc;
    return it;
}

int64_t edy_dense_tap_offset(const edy_dense_shape *s, const edy_taps *taps, size_t mr, size_t tile,
                             size_t t, size_t lane) {
    size_t row = tile * mr + lane;
    row = row < s->rows ? row : s->rows - 1;
    const int64_t pixel = edy_tap_pixel(taps, row, t * s->joined);
    return pixel < 0 ? -1 : pixel * (int64_t)s->x_stride;
}

edy_weight_order edy_weight_order_of(const edy_graph *g, const edy_node *n, size_t channel) {
    const int64_t *d = g->value[n->input[EDY_IN_W]].shape.dim;
    const size_t rows = (size_t)d[0], columns = (size_t)d[1];
    if (n->op == EDY_OP_CONV) {
        const size_t positions = (size_t)(d[2] * d[3]);
        return (edy_weight_order){channel * columns * positions, positions, columns, positions};
    }
    return n->trans_b ? (edy_weight_order){channel * columns, 1, columns, 1}
                      : (edy_weight_order){channel, 1, rows, columns};
}

void edy_s8_operands_free(edy_s8_operands *o) {
    free(o->w);
    free(o->bias);
    free(o->multiplier);
    free(o->fixed);
    *o = (edy_s8_operands){0};
}

enum { RUN = 1 << 20 }; /* weights whose sum fits in int32 */

/* One output channel: weights minus their zero point, and the bias with the input's zero point
 * folded in. Wrapping arithmetic: the true sum fits (checked), a partial one need not. */
static edy_status channel_operands(const edy_graph *g, const edy_node *n, size_t c, size_t ks,
                                   size_t kc, edy_s8_operands *o, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, EDY_IN_X), *w = edy_node_in(g, n, EDY_IN_W);
    const edy_value *b = edy_node_in(g, n, EDY_IN_BIAS);
    const size_t q = w->quant.count > 1 ? c : 0;
    const int32_t zw = w->quant.zero_point[q], zx = x->quant.zero_point[0];
    int64_t sum = 0, magnitude = 0;
    const edy_weight_order order = edy_weight_order_of(g, n, c);
    int16_t *to = o->w + c * ks * kc;
    for (size_t p = 0; p < order.positions; p++) {
        const int8_t *from = (const int8_t *)w->data + order.first + p;
        for (size_t i = 0; i < order.inputs; i++)
            to[i] = (int16_t)(from[i * order.step] - zw);
        to += order.inputs;
    }
    const int16_t *all = o->w + c * ks * kc;
    for (size_t first = 0; first < ks * kc; first += RUN) {
        const size_t end = ks * kc - first < RUN ? ks * kc : first + RUN;
        int32_t run_sum = 0, run_magnitude = 0; /* |w| <= 383 */
        int16_t least = 0, most = 0;
        for (size_t i = first; i < end; i++) {
            run_sum += all[i];
            run_magnitude += abs(all[i]);
            least = all[i] < least ? all[i] : least;
            most = all[i] > most ? all[i] : most;
        }
        sum += run_sum;
        magnitude += run_magnitude;
        o->narrow &= least >= -128 && most <= 127;
    }
    const int64_t bias = b ? ((const int32_t *)b->data)[c] : 0;
    const int64_t folded = bias - zx * sum;
    const int64_t reach = magnitude * 255 + (bias < 0 ? -bias : bias);
    if (reach > INT32_MAX || folded + magnitude * 128 > INT32_MAX ||
        folded - magnitude * 128 < INT32_MIN)
        return edy_fail(err, EDY_UNSUPPORTED,
                        "the sum of output channel %zu may leave the 32-bit accumulator", c);
    o->bias[c] = (int32_t)folded;
    return EDY_OK;
}

edy_status edy_s8_operands_make(const edy_graph *g, const edy_node *n, size_t nc, size_t ks,
                                size_t kc, edy_s8_operands *out, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, EDY_IN_X), *w = edy_node_in(g, n, EDY_IN_W);
    const edy_value *y = &g->value[n->output[0]];
    *out = (edy_s8_operands){.w = calloc(nc * ks * kc + 1, sizeof *out->w),
                             .bias = calloc(nc, sizeof *out->bias),
                             .multiplier = calloc(nc, sizeof *out->multiplier),
                             .fixed = calloc(nc, sizeof *out->fixed),
                             .narrow = 1};
    edy_status status = EDY_OK;
    if (!out->w || !out->bias || !out->multiplier || !out->fixed)
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    for (size_t c = 0; !status && c < nc; c++) {
        const float ws = w->quant.scale[w->quant.count > 1 ? c : 0];
        const float xs = x->quant.scale[0], ys = y->quant.scale[0];
        status = channel_operands(g, n, c, ks, kc, out, err);
        out->multiplier[c] = edy_onnx_multiplier(xs, ws, ys);
        /* TFLite: FULLY_CONNECTED with one weight scale rounds xs * ws to float first. */
        const double product = n->op == EDY_OP_GEMM && w->quant.count == 1
                                   ? (double)(xs * ws)
                                   : (double)xs * (double)ws;
        out->fixed[c] = edy_tflite_multiplier(product / (double)ys);
    }
    if (status)
        edy_s8_operands_free(out);
    return status;
}
