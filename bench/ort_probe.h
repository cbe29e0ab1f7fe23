/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Is ONNX Runtime an oracle for integers on this CPU? On AVX2 without VNNI its fast kernels add
 * pairs of products in 16 bits, which saturates. */
#ifndef EDY_ORT_PROBE_H
#define EDY_ORT_PROBE_H

#include "bench/ort.h"

/* Two QLinearConv layers of 3x3 over 16 channels, full-range weights and bright inputs, computed by
 * the library with the given settings and by the written rules: q = clamp(rne(acc * m)) + z in
 * float32, m = (xs * ws[c]) / ys, acc exact. *wrong of *total outputs differ. */
edy_status edy_ort_probe(edy_ort *ort, edy_ort_settings settings, size_t *wrong, size_t *total,
                         edy_error *err);

#endif
