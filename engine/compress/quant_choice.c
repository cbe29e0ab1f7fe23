/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/compress/quant_choice.h"

#include <float.h>
#include <math.h>

edy_u8_choice edy_choose_u8(edy_range range) {
    const double low = range.low < 0.0f ? (double)range.low : 0.0;
    const double high = range.high > 0.0f ? (double)range.high : 0.0;
    float scale = (float)((high - low) / 255.0);
    if (!(scale >= FLT_MIN) || !isfinite(scale)) /* nothing but 0: any scale will do */
        scale = scale > 0.0f && isfinite(scale) ? FLT_MIN : 1.0f;
    const double zero = nearbyint(-low / (double)scale);
    return (edy_u8_choice){scale, (int32_t)(zero > 255.0 ? 255.0 : zero)};
}

bool edy_clamp_is_implied(edy_u8_choice q, float low, float high) {
    const double zero = (double)q.zero_point, scale = (double)q.scale;
    return nearbyint((double)low / scale) + zero <= 0.0 &&
           nearbyint((double)high / scale) + zero >= 255.0;
}

float edy_choose_s8(const float *w, size_t n, size_t stride, float x_scale, float bias,
                    double bias_limit) {
    double most = 0.0;
    for (size_t i = 0; i < n; i++) { /* no fmax: GCC 12 for aarch64 fails on it at -O3 */
        const double size = fabs((double)w[i * stride]);
        most = size > most ? size : most;
    }
    double scale = most > 0.0 ? most / 127.0 : 1.0;
    const double for_bias = fabs((double)bias) / ((double)x_scale * bias_limit);
    const double for_product = 2.0 * (double)FLT_MIN / (double)x_scale;
    scale = fmax(scale, fmax(for_bias, fmax(for_product, (double)FLT_MIN)));
    return (float)scale;
}

int8_t edy_quantize_weight(float w, float scale) {
    const double q = nearbyint((double)w / (double)scale);
    return (int8_t)(q < -127.0 ? -127.0 : q > 127.0 ? 127.0 : q);
}
