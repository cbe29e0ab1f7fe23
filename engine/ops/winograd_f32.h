/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 convolution by Winograd's minimal filtering, where it wins (kernel.h, "fp32 Winograd",
 * and winograd.h).
 *
 * Error. The transforms amplify: an output is a sum of in * in * C products whose factors were
 * summed with weights up to 8 (At), 5 (Bt) and 1 (G). With S = sum |x * w| replaced by
 *   W = |At| [ (|G| |g| |Gt|) . (|Bt| |d| |B|) ] |A|, summed over channels,
 * the error is at most (C + 24) * u * W, u = 2^-24: each of the three transforms adds at most 8
 * roundings (two passes of at most four), the sum over channels C (bench/winograd_bound.h). */
#ifndef EDY_WINOGRAD_F32_H
#define EDY_WINOGRAD_F32_H

#include "engine/ops/op.h"

/* The backend's kernel that computes the node faster than the direct way; NULL where none does, or
 * where the node is no such convolution. Depends on the shape of one image only. */
const edy_f32_winograd *edy_winograd_f32_choose(const edy_graph *g, const edy_node *n,
                                                const edy_kernels *k);
/* The phrase for the plan's table: `direct` alone where the node is no convolution for Winograd,
 * else what the cost model says of both ways. NULL on no memory. */
const char *edy_winograd_f32_reason(edy_planner *p, const edy_node *n, const char *direct);
size_t edy_winograd_f32_scratch(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                                unsigned threads);
edy_status edy_prepare_winograd_f32(edy_planner *p, edy_step *step, edy_error *err);

#endif
