/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/avxvnni/avxvnni.h"

void edy_kernels_avxvnni(edy_kernels *k) {
    edy_kernels_avx2(k);
    edy_avxvnni_s8_dense(k);
    edy_avxvnni_s16_dense(k);
    edy_avxvnni_s8_depthwise(k);
}
