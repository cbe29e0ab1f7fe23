/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's convolution and matrix product: the definition, as loops. */
#include <inttypes.h>
#include <math.h>

#include "bench/oracle_ops.h"

edy_status edy_oracle_axis_of(edy_oracle_call *c, int axis, int64_t in, int64_t out,
                              edy_oracle_axis *a) {
    const edy_window *w = &c->node->window;
    *a = (edy_oracle_axis){.in = in,
                           .out = out,
                           .kernel = w->kernel[axis],
                           .stride = w->stride[axis],
                           .dilation = w->dilation[axis]};
    const int64_t reach = (a->kernel - 1) * a->dilation + 1;
    int64_t expected;
    if (w->auto_pad == EDY_PAD_SAME_UPPER || w->auto_pad == EDY_PAD_SAME_LOWER) {
        expected = (in + a->stride - 1) / a->stride;
        int64_t total = (expected - 1) * a->stride + reach - in;
        total = total > 0 ? total : 0;
        a->pad = w->auto_pad == EDY_PAD_SAME_UPPER ? total / 2 : total - total / 2;
        a->pad_end = total - a->pad;
    } else {
        const bool valid = w->auto_pad == EDY_PAD_VALID;
        a->pad = valid ? 0 : w->pad[axis];
        a->pad_end = valid ? 0 : w->pad[axis + 2];
        const int64_t room = in + a->pad + a->pad_end - reach;
        expected = (room + (w->ceil_mode ? a->stride - 1 : 0)) / a->stride + 1;
        /* A window that would start in the padding at the end does not exist (ONNX, from opset 19's
         * wording on, and what PyTorch does). */
        if (w->ceil_mode && (expected - 1) * a->stride >= in + a->pad)
            expected--;
    }
    if (expected != out)
        return edy_fail(c->err, EDY_BAD_ARGUMENT,
                        "the graph says %" PRId64 " outputs along %c, the oracle %" PRId64, out,
                        axis ? 'W' : 'H', expected);
    return EDY_OK;
}

/* One output element: sum over the group's channels and the window. */
typedef struct conv_sum {
    double sum, magnitude;
} conv_sum;

static conv_sum conv_at(const edy_oracle_call *c, const edy_oracle_axis *h,
                        const edy_oracle_axis *w, const double *x, const double *weights,
                        int64_t channels, int64_t oy, int64_t ox) {
    conv_sum s = {0, 0};
    for (int64_t ch = 0; ch < channels; ch++)
        for (int64_t ky = 0; ky < h->kernel; ky++)
            for (int64_t kx = 0; kx < w->kernel; kx++) {
                const int64_t y = edy_oracle_tap(h, oy, ky), at = edy_oracle_tap(w, ox, kx);
                if (y < 0 || y >= h->in || at < 0 || at >= w->in)
                    continue;
                const double p = x[(ch * h->in + y) * w->in + at] *
                                 weights[(ch * h->kernel + ky) * w->kernel + kx];
                s.sum = edy_oracle_round(c, s.sum + edy_oracle_round(c, p));
                s.magnitude += fabs(p);
            }
    return s;
}

static edy_status convolve(edy_oracle_call *c) {
    const edy_oracle_tensor *x = c->in[EDY_IN_X], *w = c->in[EDY_IN_W];
    const edy_oracle_tensor *bias = c->node->n_inputs > EDY_IN_BIAS ? c->in[EDY_IN_BIAS] : NULL;
    const edy_oracle_tensor *residual =
        c->node->n_inputs > EDY_IN_RESIDUAL ? c->in[EDY_IN_RESIDUAL] : NULL;
    const int64_t groups = c->node->window.groups, *in = x->shape.dim, *out = c->out->shape.dim;
    if (x->shape.rank != 4 || w->shape.rank != 4)
        return edy_fail(c->err, EDY_UNSUPPORTED, "the oracle's Conv takes rank 4 only");
    const int64_t per_group = in[1] / groups, filters = out[1] / groups;
    edy_oracle_axis h, v;
    edy_status st = edy_oracle_axis_of(c, 0, in[2], out[2], &h);
    st = st ? st : edy_oracle_axis_of(c, 1, in[3], out[3], &v);
    if (st)
        return st;
    c->terms = (double)(per_group * h.kernel * v.kernel) + (bias != NULL) + (residual != NULL);
    size_t at = 0;
    for (int64_t n = 0; n < out[0]; n++)
        for (int64_t m = 0; m < out[1]; m++)
            for (int64_t oy = 0; oy < out[2]; oy++)
                for (int64_t ox = 0; ox < out[3]; ox++, at++) {
                    const int64_t first = n * in[1] + m / filters * per_group;
                    conv_sum s =
                        conv_at(c, &h, &v, x->data + first * in[2] * in[3],
                                w->data + m * per_group * h.kernel * v.kernel, per_group, oy, ox);
                    const double b = bias ? bias->data[m] : 0,
                                 r = residual ? residual->data[at] : 0;
                    s.sum = edy_oracle_round(c, s.sum + b);
                    s.sum = edy_oracle_round(c, s.sum + r);
                    c->out->data[at] = edy_oracle_clamp(c, s.sum);
                    c->magnitude[at] = s.magnitude + fabs(b) + fabs(r);
                }
    return EDY_OK;
}

edy_status edy_oracle_conv(edy_oracle_call *c) {
    return c->node->window.transposed ? edy_oracle_conv_nd(c) : convolve(c);
}

/* Element of C at [m][n], which ONNX's Gemm broadcasts to the output from a scalar, [N], [M, 1] or
 * [M, N]. */
static double gemm_c(const edy_oracle_tensor *t, int64_t m, int64_t n) {
    const int32_t rank = t->shape.rank;
    const int64_t cols = rank > 0 ? t->shape.dim[rank - 1] : 1;
    const int64_t rows = rank > 1 ? t->shape.dim[rank - 2] : 1;
    return t->data[(rows > 1 ? m : 0) * cols + (cols > 1 ? n : 0)];
}

edy_status edy_oracle_gemm(edy_oracle_call *c) {
    const edy_node *node = c->node;
    const edy_oracle_tensor *a = c->in[EDY_IN_X], *b = c->in[EDY_IN_W];
    const edy_oracle_tensor *bias = node->n_inputs > EDY_IN_BIAS ? c->in[EDY_IN_BIAS] : NULL;
    if (b->shape.rank != 2 || a->shape.rank < 2 || (node->trans_a && a->shape.rank != 2))
        return edy_fail(c->err, EDY_UNSUPPORTED, "the oracle's Gemm does not take these ranks");
    const int64_t depth = b->shape.dim[node->trans_b ? 1 : 0];
    const int64_t cols = b->shape.dim[node->trans_b ? 0 : 1];
    const int64_t rows = (int64_t)a->count / depth;
    c->terms = (double)depth + (bias != NULL) + (node->alpha != 1) + (node->beta != 1);
    for (int64_t m = 0; m < rows; m++)
        for (int64_t n = 0; n < cols; n++) {
            double sum = 0, magnitude = 0;
            for (int64_t k = 0; k < depth; k++) {
                const double p = a->data[node->trans_a ? k * rows + m : m * depth + k] *
                                 b->data[node->trans_b ? n * depth + k : k * cols + n];
                sum = edy_oracle_round(c, sum + edy_oracle_round(c, p));
                magnitude += fabs(p);
            }
            sum = edy_oracle_round(c, sum * node->alpha);
            magnitude *= fabs((double)node->alpha);
            const double shift = bias ? gemm_c(bias, m, n) * node->beta : 0;
            sum = edy_oracle_round(c, sum + edy_oracle_round(c, shift));
            c->out->data[m * cols + n] = edy_oracle_clamp(c, sum);
            c->magnitude[m * cols + n] = magnitude + fabs(shift);
        }
    return EDY_OK;
}
