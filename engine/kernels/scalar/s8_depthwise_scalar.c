/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 depthwise, both requantization rules. Packed form, one record a channel:
 *     column head; then, after all heads, int16_t w[channels][taps]. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/scalar/scalar.h"

typedef struct channel_head {
    int32_t bias;
    float multiplier; /* EDY_RULE_ONNX */
    edy_fixed fixed;  /* EDY_RULE_TFLITE */
} channel_head;

static size_t packed_bytes(size_t channels, size_t taps) {
    return edy_round_up(channels * (sizeof(channel_head) + taps * sizeof(int16_t)), 64);
}

static void pack(size_t channels, size_t taps, const edy_s8_weights *weights, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    channel_head *head = packed;
    for (size_t c = 0; c < channels; c++) {
        head[c].bias = weights->bias[c];
        if (weights->rule == EDY_RULE_ONNX)
            head[c].multiplier = weights->multiplier[c];
        else
            head[c].fixed = weights->fixed[c];
    }
    memcpy(head + channels, weights->w, channels * taps * sizeof(int16_t));
}

static inline void dwconv(edy_rule rule, size_t pixels, size_t channels, size_t taps,
                          const int8_t *const *a, size_t a_offset, const int8_t *zero,
                          const void *w, int8_t *out, size_t out_stride, const edy_s8_output *o) {
    assert(out_stride >= channels);
    const channel_head *head = w;
    const int16_t *weight = (const int16_t *)(head + channels);
    for (size_t p = 0; p < pixels; p++, a += taps, out += out_stride) {
        for (size_t c = 0; c < channels; c++) {
            int32_t acc = head[c].bias;
            for (size_t t = 0; t < taps; t++)
                acc += edy_row_s8(a[t], a_offset, zero)[c] * weight[c * taps + t];
            out[c] = rule == EDY_RULE_ONNX
                         ? edy_onnx_requant(acc, head[c].multiplier, o->zero_point, o->low, o->high)
                         : edy_tflite_requant(acc, head[c].fixed, o->zero_point, o->low, o->high);
        }
    }
}

static void dwconv_onnx(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                        size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                        size_t out_stride, const edy_s8_output *output) {
    dwconv(EDY_RULE_ONNX, pixels, channels, taps, a, a_offset, zero, w, out, out_stride, output);
}

static void dwconv_tflite(size_t pixels, size_t channels, size_t taps, const int8_t *const *a,
                          size_t a_offset, const int8_t *zero, const void *w, int8_t *out,
                          size_t out_stride, const edy_s8_output *output) {
    dwconv(EDY_RULE_TFLITE, pixels, channels, taps, a, a_offset, zero, w, out, out_stride, output);
}

void edy_scalar_s8_depthwise(edy_kernels *k) {
    k->s8_depthwise[EDY_RULE_ONNX] = (edy_s8_depthwise){.name = "s8_dwconv_onnx__scalar",
                                                        .run = dwconv_onnx,
                                                        .packed_bytes = packed_bytes,
                                                        .pack = pack};
    k->s8_depthwise[EDY_RULE_TFLITE] = (edy_s8_depthwise){.name = "s8_dwconv_tflite__scalar",
                                                          .run = dwconv_tflite,
                                                          .packed_bytes = packed_bytes,
                                                          .pack = pack};
}
