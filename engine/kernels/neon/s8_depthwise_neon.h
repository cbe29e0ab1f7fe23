/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The s8 depthwise kernels of the NEON backend (kernel.h, edy_s8_depthwise), declared for the
 * backends above it, which use them for what they have no better kernel for. */
#ifndef EDY_KERNELS_S8_DEPTHWISE_NEON_H
#define EDY_KERNELS_S8_DEPTHWISE_NEON_H

#include "engine/kernel.h"

/* Each eight channels are one panel of the packed form; panels lie one after the other. */
size_t edy_neon_s8_dwconv_panel_bytes(size_t taps);
size_t edy_neon_s8_dwconv_packed_bytes(size_t channels, size_t taps);
void edy_neon_s8_dwconv_pack(size_t channels, size_t taps, const edy_s8_weights *weights,
                             void *packed);

void edy_neon_s8_dwconv_onnx(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                             size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                             size_t out_stride, const edy_s8_output *output);
void edy_neon_s8_dwconv_tflite(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                               size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                               size_t out_stride, const edy_s8_output *output);

#endif
