/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* s8 elementwise, eight elements at a time; what is left over goes through requant.h itself. A
 * table of 256 entries stays with scalar: shuffling it together costs as much as looking it up. */
#include "engine/kernels/neon/requant_neon.h"

enum { BLOCK = 8 };

/* The bytes at x as eight int32 in two vectors. */
static inline void load_8(const int8_t *x, int32x4_t to[2]) {
    const int16x8_t wide = vmovl_s8(vld1_s8(x));
    to[0] = vmovl_s16(vget_low_s16(wide));
    to[1] = vmovl_s16(vget_high_s16(wide));
}

/* Eight int32 in [-128, 127]. */
static inline void store_8(int8_t *to, int32x4_t lower, int32x4_t upper) {
    vst1_s8(to, vmovn_s16(vcombine_s16(vmovn_s32(lower), vmovn_s32(upper))));
}

typedef struct adder {
    float32x4_t ra, rb, f;
    int32x4_t a_shift, b_shift, y_shift;
    edy_neon_clamp clamp;
} adder;

static inline int32x4_t add_4(int32x4_t a, int32x4_t b, const adder *r) {
    const float32x4_t fa = vcvtq_f32_s32(vaddq_s32(a, r->a_shift));
    const float32x4_t fb = vcvtq_f32_s32(vaddq_s32(b, r->b_shift));
    const float32x4_t sum = vfmaq_f32(vfmaq_f32(r->f, r->rb, fb), r->ra, fa);
    return vsubq_s32(vcvtnq_s32_f32(edy_neon_clamped(sum, &r->clamp)), r->y_shift);
}

static void add(size_t n, const int8_t *a, const int8_t *b, int8_t *out, const edy_requant_add *r) {
    const edy_f32_clamp clamp = {(float)r->low, (float)r->high};
    const adder wide = {.ra = vdupq_n_f32(r->ra),
                        .rb = vdupq_n_f32(r->rb),
                        .f = vdupq_n_f32(r->f),
                        .a_shift = vdupq_n_s32(r->a_shift),
                        .b_shift = vdupq_n_s32(r->b_shift),
                        .y_shift = vdupq_n_s32(r->y_shift),
                        .clamp = edy_neon_clamp_make(&clamp)};
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        int32x4_t x[2], y[2];
        load_8(a + i, x);
        load_8(b + i, y);
        store_8(out + i, add_4(x[0], y[0], &wide), add_4(x[1], y[1], &wide));
    }
    for (; i < n; i++)
        out[i] = edy_onnx_add(a[i], b[i], r);
}

typedef struct quantizer {
    float32x4_t scale;
    edy_neon_clamp clamp; /* before the zero point is added */
    int32x4_t zero_point;
} quantizer;

/* NaN gives the low bound: a comparison with it is false. */
static inline int32x4_t quantize_4(const float *a, const quantizer *q) {
    const float32x4_t quotient = vdivq_f32(vld1q_f32(a), q->scale);
    const float32x4_t raised = vbslq_f32(vcgeq_f32(quotient, q->clamp.low), quotient, q->clamp.low);
    return vaddq_s32(vcvtnq_s32_f32(vminq_f32(raised, q->clamp.high)), q->zero_point);
}

static void quantize(size_t n, const float *a, int8_t *out, float scale,
                     const edy_s8_output *output) {
    const edy_f32_clamp clamp = {(float)(output->low - output->zero_point),
                                 (float)(output->high - output->zero_point)};
    const quantizer q = {vdupq_n_f32(scale), edy_neon_clamp_make(&clamp),
                         vdupq_n_s32(output->zero_point)};
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK)
        store_8(out + i, quantize_4(a + i, &q), quantize_4(a + i + 4, &q));
    for (; i < n; i++)
        out[i] = edy_onnx_quantize(a[i], scale, output->zero_point, output->low, output->high);
}

static void dequantize(size_t n, const int8_t *a, float *out, float scale, int32_t zero_point) {
    const float32x4_t s = vdupq_n_f32(scale);
    const int32x4_t z = vdupq_n_s32(zero_point);
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        int32x4_t x[2];
        load_8(a + i, x);
        vst1q_f32(out + i, vmulq_f32(vcvtq_f32_s32(vsubq_s32(x[0], z)), s));
        vst1q_f32(out + i + 4, vmulq_f32(vcvtq_f32_s32(vsubq_s32(x[1], z)), s));
    }
    for (; i < n; i++)
        out[i] = edy_dequantize(a[i], scale, zero_point);
}

void edy_neon_s8_elementwise(edy_kernels *k) {
    k->s8_add = add;
    k->quantize = quantize;
    k->dequantize = dequantize;
}
