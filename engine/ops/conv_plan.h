/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How convolutions and dense layers become calls of the dense and depthwise kernel families.
 *
 * A *problem* is rows x nc x (ks x kc), the same for a convolution (rows are the output pixels of
 * one image) and for a dense layer (one image, rows are the batch). The result is cut into tiles of
 * mr rows and blocks of channels; every (block, image, tile) is one item of work, computed by one
 * kernel call. Cuts depend on shape and backend only, so results do not depend on the number of
 * threads. */
#ifndef EDY_CONV_PLAN_H
#define EDY_CONV_PLAN_H

#include "engine/ops/op.h"
#include "engine/ops/window_taps.h"

/* Geometry of a dense problem, one of `groups` equal ones. */
typedef struct edy_dense_shape {
    size_t images, groups;
    size_t rows;       /* of one image */
    size_t nc, kc, ks; /* of one group; kc: of all joined taps */
    size_t joined;     /* neighbouring window positions that are one tap: they lie adjacent */
    size_t x_stride, y_stride; /* elements from row to row, all groups together */
    bool direct;               /* tap t of row r is row r: plain GEMM, no pointer list */
} edy_dense_shape;

/* The cut: channels a block, blocks a group, tiles an image. */
typedef struct edy_dense_cut {
    size_t block_nc, blocks, tiles;
} edy_dense_cut;

/* Blocks of packed weights are kept below this, so that one stays in L2 while all tiles pass. */
enum { EDY_WEIGHT_BLOCK_BYTES = 128 * 1024 };

edy_dense_shape edy_dense_shape_conv(const edy_graph *g, const edy_node *n);
edy_dense_shape edy_dense_shape_gemm(const edy_graph *g, const edy_node *n);
const char *edy_dense_reason(const edy_dense_shape *s); /* a phrase for the plan's table */
edy_dense_cut edy_dense_cut_make(const edy_dense_shape *s, size_t mr, size_t nr, size_t elem_bytes);

/* One item of work: which part of the result. */
typedef struct edy_dense_item {
    size_t group, block, image, tile, first_row, rows, first_nc, nc;
} edy_dense_item;
edy_dense_item edy_dense_item_at(const edy_dense_shape *s, const edy_dense_cut *cut, size_t mr,
                                 size_t index);
static inline size_t edy_dense_items(const edy_dense_shape *s, const edy_dense_cut *cut) {
    return s->groups * cut->blocks * s->images * cut->tiles;
}

/* Offset in elements of tap t of (tile, lane) in image 0, or -1 for the padding row; lanes past the
 * last row repeat it. */
int64_t edy_dense_tap_offset(const edy_dense_shape *s, const edy_taps *taps, size_t mr, size_t tile,
                             size_t t, size_t lane);

/* Integer operands of a CONV or GEMM node, ready for a pack function. Arrays are malloc'ed; weights
 * are [nc of all groups][ks][kc]. */
typedef struct edy_s8_operands {
    int16_t *w;
    int32_t *bias;
    float *multiplier;
    edy_fixed *fixed;
    int narrow;
} edy_s8_operands;

/* Fails with EDY_UNSUPPORTED where a sum could leave int32. */
edy_status edy_s8_operands_make(const edy_graph *g, const edy_node *n, size_t nc, size_t ks,
                                size_t kc, edy_s8_operands *out, edy_error *err);
void edy_s8_operands_free(edy_s8_operands *o);

/* Where the weights of an output channel lie in the node's constant (Conv [M][C/g][kH][kW], Gemm
 * [K][N] or, transposed, [N][K]): that of a window position and an input channel at
 * first + input * step + position. */
typedef struct edy_weight_order {
    size_t first, positions, inputs, step;
} edy_weight_order;
edy_weight_order edy_weight_order_of(const edy_graph *g, const edy_node *n, size_t channel);

edy_status edy_prepare_dense_f32(edy_planner *p, edy_step *step, edy_error *err);
edy_status edy_prepare_dense_s8(edy_planner *p, edy_step *step, edy_error *err);
edy_status edy_prepare_depthwise_f32(edy_planner *p, edy_step *step, edy_error *err);
edy_status edy_prepare_depthwise_s8(edy_planner *p, edy_step *step, edy_error *err);

#endif
