/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/neondot/neondot.h"

void edy_kernels_neondot(edy_kernels *k) {
    edy_kernels_neon(k);
    edy_neondot_s8_dense(k);
    edy_neondot_s8_depthwise(k);
    k->s16_dense.cost = 4; /* SDOT does four times as many products as SMLAL */
}
