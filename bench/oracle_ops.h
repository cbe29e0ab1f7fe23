/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside the oracle: one function an operator. */
#ifndef EDY_ORACLE_OPS_H
#define EDY_ORACLE_OPS_H

#include "bench/oracle.h"

typedef struct edy_oracle_call {
    const edy_graph *graph;
    const edy_node *node;
    const edy_oracle_tensor *const *in;
    bool single;            /* round every operation to binary32 */
    edy_oracle_tensor *out; /* shape from the graph, data zeroed */
    double *magnitude;      /* [out->count], never NULL */
    double terms;           /* out */
    edy_error *err;
} edy_oracle_call;

typedef edy_status (*edy_oracle_fn)(edy_oracle_call *c);

edy_status edy_oracle_conv(edy_oracle_call *c);
edy_status edy_oracle_gemm(edy_oracle_call *c);
edy_status edy_oracle_batchnorm(edy_oracle_call *c);
edy_status edy_oracle_relu_clip(edy_oracle_call *c);
edy_status edy_oracle_leakyrelu(edy_oracle_call *c);
edy_status edy_oracle_add(edy_oracle_call *c);
edy_status edy_oracle_mul(edy_oracle_call *c);
edy_status edy_oracle_maxpool(edy_oracle_call *c);
edy_status edy_oracle_avgpool(edy_oracle_call *c);
edy_status edy_oracle_globalavgpool(edy_oracle_call *c);
edy_status edy_oracle_softmax(edy_oracle_call *c);
edy_status edy_oracle_logsoftmax(edy_oracle_call *c);
edy_status edy_oracle_hardmax(edy_oracle_call *c);
edy_status edy_oracle_conv_nd(edy_oracle_call *c); /* and ConvTranspose */
edy_status edy_oracle_maxpoolindices(edy_oracle_call *c);
edy_status edy_oracle_convinteger(edy_oracle_call *c);
edy_status edy_oracle_matmulinteger(edy_oracle_call *c);
edy_status edy_oracle_qlinearmatmul(edy_oracle_call *c);
edy_status edy_oracle_dynamicquantize(edy_oracle_call *c);
edy_status edy_oracle_lrn(edy_oracle_call *c);
edy_status edy_oracle_instancenorm(edy_oracle_call *c);
edy_status edy_oracle_depthtospace(edy_oracle_call *c);
edy_status edy_oracle_spacetodepth(edy_oracle_call *c);
edy_status edy_oracle_resize(edy_oracle_call *c);
edy_status edy_oracle_reshape(edy_oracle_call *c);
edy_status edy_oracle_transpose(edy_oracle_call *c);
edy_status edy_oracle_pad(edy_oracle_call *c);
edy_status edy_oracle_concat(edy_oracle_call *c);
edy_status edy_oracle_quantize(edy_oracle_call *c);
edy_status edy_oracle_dequantize(edy_oracle_call *c);
edy_status edy_oracle_qlinearconv(edy_oracle_call *c);
edy_status edy_oracle_unary(edy_oracle_call *c);
edy_status edy_oracle_binary(edy_oracle_call *c);
edy_status edy_oracle_where(edy_oracle_call *c);
edy_status edy_oracle_cast(edy_oracle_call *c);
edy_status edy_oracle_slice(edy_oracle_call *c);
edy_status edy_oracle_repeat(edy_oracle_call *c);
edy_status edy_oracle_gather(edy_oracle_call *c);
edy_status edy_oracle_reduce(edy_oracle_call *c);
edy_status edy_oracle_argmax(edy_oracle_call *c);
edy_status edy_oracle_matmul(edy_oracle_call *c);

/* Result of one operation in the call's precision. Sums, products, quotients and square roots of
 * binary32 numbers round to binary32 through double without double rounding (53 >= 2 * 24 + 2). */
static inline double edy_oracle_round(const edy_oracle_call *c, double x) {
    return c->single ? (double)(float)x : x;
}

/* The node's fused activation; keeps NaN. */
static inline double edy_oracle_clamp(const edy_oracle_call *c, double x) {
    const double low = c->node->act_min, high = c->node->act_max;
    return x < low ? low : x > high ? high : x;
}

/* Index into a tensor that is broadcast (numpy's rule) to `shape`, of that shape's element `at`;
 * and whether t can be broadcast to the output's shape. */
size_t edy_oracle_spread_index(const edy_oracle_tensor *t, const edy_shape *shape, size_t at);
edy_status edy_oracle_check_spread(edy_oracle_call *c, const edy_oracle_tensor *t);

/* Sliding window along one of two axes: where output o's tap k lies in the input. */
typedef struct edy_oracle_axis {
    int64_t in, out, kernel, stride, dilation, pad; /* pad before the first element */
    int64_t pad_end;
} edy_oracle_axis;

/* axis 0: H, 1: W. Resolves auto_pad by the ONNX specification of Conv and fails where the graph's
 * output extent is not what the specification says. */
edy_status edy_oracle_axis_of(edy_oracle_call *c, int axis, int64_t in, int64_t out,
                              edy_oracle_axis *a);
static inline int64_t edy_oracle_tap(const edy_oracle_axis *a, int64_t o, int64_t k) {
    return o * a->stride + k * a->dilation - a->pad;
}

#endif
