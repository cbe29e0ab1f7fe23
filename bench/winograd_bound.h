/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How far Winograd's convolution may be from the exact one (engine/ops/winograd_f32.h): its own
 * copy of the matrices, in double, shared by the kernel walk and the judge of layers. */
#ifndef EDY_WINOGRAD_BOUND_H
#define EDY_WINOGRAD_BOUND_H

#include "bench/oracle.h"

enum {
    EDY_WINOGRAD_WINDOW = 3,
    EDY_WINOGRAD_MAX_IN = 6,
    EDY_WINOGRAD_MAX_OUT = 4,
    EDY_WINOGRAD_MAX_TILE = EDY_WINOGRAD_MAX_IN * EDY_WINOGRAD_MAX_IN
};

/* The matrices of Lavin and Gray (arXiv:1509.09308, section 4). */
typedef struct edy_winograd_matrices {
    size_t out, in;
    double bt[EDY_WINOGRAD_MAX_IN][EDY_WINOGRAD_MAX_IN];
    double g[EDY_WINOGRAD_MAX_IN][EDY_WINOGRAD_WINDOW];
    double at[EDY_WINOGRAD_MAX_OUT][EDY_WINOGRAD_MAX_IN];
} edy_winograd_matrices;
const edy_winograd_matrices *edy_winograd_matrices_of(size_t out); /* 2 or 4 */

/* u[in * in] = G g Gt; of magnitudes where absolute is set. g: [3 * 3]. */
void edy_winograd_weight(const edy_winograd_matrices *m, const double *g, bool absolute, double *u);
/* v[in * in] = |Bt| |d| |B|. d: [in * in]. */
void edy_winograd_reach(const edy_winograd_matrices *m, const double *d, double *v);
/* w[out * out] += |At| (u . v) |A|. */
void edy_winograd_spread(const edy_winograd_matrices *m, const double *u, const double *v,
                         double *w);

/* Roundings that one term goes through, the constant in front of u * W. */
static inline double edy_winograd_terms(size_t channels) {
    return (double)channels + 24.0;
}

/* Replaces the bound of a convolution node by Winograd's, for tiles of out x out. in: as for
 * edy_oracle_node. */
edy_status edy_winograd_bound(const edy_node *node, size_t out, const edy_oracle_tensor *const *in,
                              const edy_shape *y, edy_oracle_bound *bound, edy_error *err);

#endif
