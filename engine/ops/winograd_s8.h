/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Integer convolution by Winograd's minimal filtering, exact, where it wins (kernel.h, "s8
 * Winograd", and winograd.h).
 *
 * Rows of G are multiplied so that all is integer; At undoes it by other factors, so that a row's
 * two factors give 2 (tiles of 2x2 outputs) or 24 (4x4):
 *     2x2   G: (2,0,0) (1,1,1) (1,-1,1) (0,0,2)
 *           At: (1,1,1,0) (0,1,-1,-1)
 *     4x4   G: (6,0,0) (-4,-4,-4) (-4,4,-4) (1,2,4) (1,-2,4) (0,0,12)
 *           At: (1,1,1,1,1,0) (0,1,-1,2,-2,0) (0,1,1,4,4,0) (0,1,-1,8,-8,2)
 * With |w| <= 128 a transformed weight is at most 12 * 12 * 128 = 18432, with |x| <= 128 a
 * transformed input at most 10 * 10 * 128 = 12800: both are int16, and two products fit in int32.
 * The sums over channels wrap around, which does no harm: what leaves the transform back is 4 or
 * 576 times the convolution's sum S modulo 2^32, and S follows where -2^29 <= S < 2^29 or
 * -2^25 <= S < 2^25. That holds if 128 * sum |w| of the output channel is below, which is looked at
 * when the plan is made; where it does not, the input channels are cut into parts for which it
 * does. */
#ifndef EDY_WINOGRAD_S8_H
#define EDY_WINOGRAD_S8_H

#include "engine/ops/op.h"

/* Has the backend a kernel that computes the node faster than the direct way? Not for weights
 * beyond 128. Depends on the shape of one image and on the weights. */
bool edy_winograd_s8_pays(const edy_graph *g, const edy_node *n, const edy_kernels *k);
/* As edy_winograd_f32_reason. */
const char *edy_winograd_s8_reason(edy_planner *p, const edy_node *n, const char *direct);
size_t edy_winograd_s8_scratch(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                               unsigned threads);
edy_status edy_prepare_winograd_s8(edy_planner *p, edy_step *step, edy_error *err);

#endif
