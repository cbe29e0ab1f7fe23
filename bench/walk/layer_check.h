/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* One layer, as an engine runs it, against the definition as loops.
 *
 * The families of kernel_check.h call single kernels on guarded buffers. What they cannot see is
 * whether the kernels are called rightly: pointer lists with padding, remainder tiles, offsets of
 * images and groups, blocks of channels, the choice of kernel itself. So a layer problem becomes a
 * graph of one node, which the engine plans for the backend and runs with one to three threads: the
 * same code as in a network, with whatever kernel the planner prefers for this shape. (Calling
 * kernels with lists made here would test this file's lists, not the engine's.) The arena has no
 * guard pages; ci/sanitize.sh runs the same cases under AddressSanitizer.
 *
 * Oracle: direct loops over N, M, H, W, C in double or int64 that read the problem and the drawn
 * numbers only. fp32 within the budgets of NUMERICS.md (exact fill: equal), s8 equal. Where the
 * planner chose Winograd, its own budget holds (bench/winograd_bound.h), the exact fill has weights
 * and inputs with which that is exact, and no NaN is fed, since one makes more of its tile. */
#ifndef EDY_WALK_LAYER_CHECK_H
#define EDY_WALK_LAYER_CHECK_H

#include "bench/oracle.h"
#include "bench/walk/check_case.h"
#include "bench/walk/problem.h"
#include "engine/plan.h"

typedef struct edy_layer_case {
    const edy_backend *backend;
    const edy_layer *layer;
    edy_layer_dtype dtype; /* one that the kind has */
    edy_fill fill;
    uint64_t seed;
    edy_call_timer *timer; /* not NULL: time the layer's step, one thread; judge nothing */
} edy_layer_case;

typedef struct edy_layer_verdict {
    edy_kernel_verdict of;
    char kernel[64]; /* that the planner chose; "" where it refused */
} edy_layer_verdict;

/* True where the answer is right. A plan that is refused is wrong. */
bool edy_layer_check(const edy_layer_case *job, edy_layer_verdict *v);

/* ---- Inside ---------------------------------------------------------------------------------- */

/* The numbers of one case: NCHW, weights [M][C/groups][kH][kW] (gemm: [M][depth]). */
typedef struct edy_layer_data {
    const edy_layer *layer;
    edy_layer_dtype dtype;
    int64_t out_h, out_w;
    size_t x_count, w_count, y_count;
    float *x, *w, *bias, *other;      /* f32; other: residual, or the second operand */
    int8_t *x8, *w8;                  /* s8 */
    int32_t *bias32;                  /* s8; [out] */
    float x_scale, y_scale, *w_scale; /* w_scale [out] */
    int32_t x_zero, y_zero, *w_zero;  /* w_zero [out] */
    float low, high;                  /* of the activation, in real numbers */
    edy_s8_output output;             /* the same, with y_zero, in steps of y_scale */
    edy_oracle_bound winograd;        /* where the planner chose Winograd; else count 0 */
} edy_layer_data;

/* Draws everything but x and x8, then these (NaN and infinities among them where spoil). */
void edy_layer_draw(edy_case *c, edy_layer_data *d);
void edy_layer_draw_x(edy_case *c, edy_layer_data *d, bool spoil);

/* The graph of the layer; constants are copied. */
edy_status edy_layer_graph(const edy_layer_data *d, edy_graph **graph, edy_error *err);

/* Compares the output, NCHW, with the loops; failures and shares go to the case. */
void edy_layer_compare_f32(edy_case *c, const edy_layer_data *d, const float *y);
void edy_layer_compare_s8(edy_case *c, const edy_layer_data *d, const int8_t *y);

#endif
