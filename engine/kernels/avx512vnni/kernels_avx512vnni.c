/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/avx512vnni/avx512vnni.h"

void edy_kernels_avx512vnni(edy_kernels *k) {
    edy_kernels_avx512(k);
    edy_avx512vnni_s8_dense(k);
    edy_avx512vnni_s16_dense(k);
    edy_avx512vnni_s8_depthwise(k);
}
