/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 depthwise. Packed form: float bias[channels]; float w[taps][channels]. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/row.h"
#include "engine/kernels/scalar/scalar.h"

static size_t packed_bytes(size_t channels, size_t taps) {
    return edy_round_up((1 + taps) * channels * sizeof(float), 64);
}

static void pack(size_t channels, size_t taps, const float *w, const float *bias, void *packed) {
    float *out = packed;
    memset(packed, 0, packed_bytes(channels, taps));
    for (size_t c = 0; c < channels; c++) {
        out[c] = bias ? bias[c] : 0.0f;
        for (size_t t = 0; t < taps; t++)
            out[(1 + t) * channels + c] = w[c * taps + t];
    }
}

static void dwconv(size_t pixels, size_t channels, size_t taps, const float *const *a,
                   size_t a_offset, const float *zero, const void *w, float *out, size_t out_stride,
                   const edy_f32_clamp *clamp) {
    assert(out_stride >= channels);
    const float *bias = w, *weight = bias + channels;
    for (size_t p = 0; p < pixels; p++, out += out_stride) {
        memcpy(out, bias, channels * sizeof(float));
        for (size_t t = 0; t < taps; t++) {
            const float *row = edy_row_f32(a[p * taps + t], a_offset, zero);
            for (size_t c = 0; c < channels; c++)
                out[c] += row[c] * weight[t * channels + c];
        }
        for (size_t c = 0; c < channels; c++)
            out[c] = edy_clamp_f32(out[c], clamp->low, clamp->high);
    }
}

void edy_scalar_f32_depthwise(edy_kernels *k) {
    k->f32_depthwise = (edy_f32_depthwise){
        .name = "f32_dwconv__scalar", .run = dwconv, .packed_bytes = packed_bytes, .pack = pack};
}
