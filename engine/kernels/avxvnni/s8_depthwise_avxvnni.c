/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise, 2 pixels by 32 channels; vnni/s8_depthwise_vnni.h has the algorithm. */
#include "engine/kernels/avxvnni/avxvnni.h"
#include "engine/kernels/avxvnni/vector_avxvnni.h"

enum { PIXELS = 2 };

#include "engine/kernels/vnni/s8_depthwise_vnni.h"

static void dwconv_onnx(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                        size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                        size_t out_stride, const edy_s8_output *output) {
    const problem p = {taps, a_offset, zero, out_stride, EDY_RULE_ONNX, vec_output_make(output)};
    run(pixels, channels, &p, a, w, out);
}

static void dwconv_tflite(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                          size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                          size_t out_stride, const edy_s8_output *output) {
    const problem p = {taps, a_offset, zero, out_stride, EDY_RULE_TFLITE, vec_output_make(output)};
    run(pixels, channels, &p, a, w, out);
}

void edy_avxvnni_s8_depthwise(edy_kernels *k) {
    k->s8_depthwise[EDY_RULE_ONNX] = (edy_s8_depthwise){.name = "s8_dwconv_onnx_2x32__avxvnni",
                                                        .run = dwconv_onnx,
                                                        .packed_bytes = packed_bytes,
                                                        .pack = pack};
    k->s8_depthwise[EDY_RULE_TFLITE] = (edy_s8_depthwise){.name = "s8_dwconv_tflite_2x32__avxvnni",
                                                          .run = dwconv_tflite,
                                                          .packed_bytes = packed_bytes,
                                                          .pack = pack};
}
