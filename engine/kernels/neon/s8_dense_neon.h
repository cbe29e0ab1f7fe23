/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The s8 dense kernels of the NEON backend (kernel.h, edy_s8_dense; 8 rows, panels of 8 columns),
 * declared for the backends above it, which use them for weights that do not fit in a byte. */
#ifndef EDY_KERNELS_S8_DENSE_NEON_H
#define EDY_KERNELS_S8_DENSE_NEON_H

#include "engine/kernel.h"

/* Bytes of one panel; packed_bytes is that for each. */
size_t edy_neon_s8_dense_panel_bytes(size_t k);
void edy_neon_s8_dense_pack(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights,
                            void *packed);

void edy_neon_s8_gemm_onnx(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                           const void *w, int8_t *c, size_t c_stride, const edy_s8_output *output);
void edy_neon_s8_gemm_tflite(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                             const void *w, int8_t *c, size_t c_stride,
                             const edy_s8_output *output);
void edy_neon_s8_igemm_onnx(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                            size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                            size_t c_stride, const edy_s8_output *output);
void edy_neon_s8_igemm_tflite(size_t rows, size_t nc, size_t kc, size_t ks, const int8_t *const *a,
                              size_t a_offset, const int8_t *zero, const void *w, int8_t *c,
                              size_t c_stride, const edy_s8_output *output);

#endif
