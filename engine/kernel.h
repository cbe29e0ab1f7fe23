/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* THE kernel contract: one function type per family, declared once, filled in by each backend.
 *
 * Common to all families
 *   Layout    Activations are NHWC: a *row* is the channel vector of one pixel, channels adjacent.
 *   Strides   in elements, between rows.
 *   Aliasing  outputs never overlap inputs, except where a family says "may be in place".
 *   Reads     a kernel reads only the elements named by its shapes, plus what its own pack function
 *             put into the packed buffer (including that buffer's padding). Never past a row's end.
 *   Writes    exactly the elements named. Nothing is allocated; nothing is static.
 *   Order     each output is one chain of additions over (tap, input channel) in increasing order,
 *             starting from the bias, the same for full and remainder tiles. So a result does not
 *             depend on its place in a tile, on the batch or on the thread.
 *   Rounding  fp32: a backend uses either mul+add or FMA throughout one family. s8: exact
 *             (requant.h).
 *   NaN       a clamp keeps NaN: lo <= NaN <= hi comes out as NaN.
 *   Pixels    `a` lists row pointers, made at plan time. A pointer that equals `zero` is used as it
 *             is (the row of padding); to every other pointer a_offset *bytes* are added (the
 *             image's place in the batch and, where rows share a list, the row's in the
 *             image). The zero row holds 0 (fp32) or the input's zero point (s8).
 *   Align     activations and lists: of their element type only. Packed buffers: 64 bytes.
 *   Extents   every count is at least 1. Multipliers and scales are finite and positive.
 *
 * A family is a struct: the run function with its tile, and how its weights are packed. mr and nr
 * are the register tile; the caller passes any number of channels and at most mr rows.
 *
 * Panels: a packed dense buffer is a sequence of panels of nr columns, each
 * packed_bytes(nr, kc, ks) bytes. So the columns from n0 on, n0 a multiple of nr, are computed by
 * passing w + n0 / nr * packed_bytes(nr, kc, ks), nc - n0 (or fewer), c + n0 and residual + n0: how
 * work is shared among threads where there are few rows. */
#ifndef EDY_KERNEL_H
#define EDY_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "engine/requant.h"

/* Bounds of the fused activation; -INFINITY/INFINITY where there is none. */
typedef struct edy_f32_clamp {
    float low, high;
} edy_f32_clamp;

/* Output side of s8 kernels. Per-channel multipliers are packed with the weights. Domain: s8. */
typedef struct edy_s8_output {
    int32_t zero_point;
    int32_t low, high; /* fused clamp, -128 <= low <= high <= 127 */
} edy_s8_output;

/* ---- fp32 dense: GEMM and indirect GEMM ------------------------------------------------------ */

/* c[m][n] = clamp(bias[n] + sum_k a[m][k] * w[n][k] (+ residual[m][n])), m < rows, n < nc, k < kc.
 *   rows      1..mr                       a, a_stride   [rows][kc]
 *   w         packed by .pack with ks = 1 c, c_stride   [rows][nc], c_stride >= nc
 *   residual  NULL, or [rows][nc] with row stride c_stride; added after the last product, before
 *             the clamp; may be equal to c. */
typedef void (*edy_f32_gemm_fn)(size_t rows, size_t nc, size_t kc, const float *a, size_t a_stride,
                                const void *w, float *c, size_t c_stride, const float *residual,
                                const edy_f32_clamp *clamp);

/* The same with the reduction over ks taps of kc channels: row m, tap t reads a[t * mr + m], a row
 * of kc elements. The list is always mr wide; where rows < mr the surplus pointers are valid
 * repeats (they may be read, their results are not stored). residual as for gemm. */
typedef void (*edy_f32_igemm_fn)(size_t rows, size_t nc, size_t kc, size_t ks,
                                 const float *const *a, size_t a_offset, const float *zero,
                                 const void *w, float *c, size_t c_stride, const float *residual,
                                 const edy_f32_clamp *clamp);

typedef struct edy_f32_dense {
    const char *name; /* e.g. "f32_igemm_6x16__avx2" */
    uint16_t mr, nr;
    edy_f32_gemm_fn gemm;
    edy_f32_igemm_fn igemm;
    /* Bytes of the packed form, a multiple of 64; the buffer is 64-byte aligned. */
    size_t (*packed_bytes)(size_t nc, size_t kc, size_t ks);
    /* w: [nc][ks][kc] row-major; bias: [nc] or NULL for 0. Writes all packed_bytes. */
    void (*pack)(size_t nc, size_t kc, size_t ks, const float *w, const float *bias, void *packed);
} edy_f32_dense;

/* ---- fp32 depthwise -------------------------------------------------------------------------- */

/* For each pixel p < pixels and channel c < channels:
 *   out[p][c] = clamp(bias[c] + sum_t a[p * taps + t][c] * w[c][t]), t in increasing order.
 * a: [pixels][taps] row pointers. out_stride >= channels. */
typedef void (*edy_f32_dwconv_fn)(size_t pixels, size_t channels, size_t taps,
                                  const float *const *a, size_t a_offset, const float *zero,
                                  const void *w, float *out, size_t out_stride,
                                  const edy_f32_clamp *clamp);

typedef struct edy_f32_depthwise {
    const char *name;
    edy_f32_dwconv_fn run;
    size_t (*packed_bytes)(size_t channels, size_t taps);
    /* w: [channels][taps]; bias: [channels] or NULL. */
    void (*pack)(size_t channels, size_t taps, const float *w, const float *bias, void *packed);
} edy_f32_depthwise;

/* ---- fp32 Winograd --------------------------------------------------------------------------- */

/* Convolution with 3x3 windows, stride 1, dilation 1, by the minimal filtering of Lavin and Gray
 * (arXiv:1509.09308): a tile of out x out pixels comes from in x in input pixels, in = out + 2, as
 *   y = At [ (G g Gt) . (Bt d B) ] A
 * and the products in the middle are in * in plain GEMMs over all tiles (f32_dense), one for each
 * position of the transformed tile. This family is the two transforms of activations; the weights'
 * (G g Gt) is made at plan time (engine/ops/winograd_f32.c), the same for every backend.
 *
 * Exempt from "Order": sums are taken over transformed values. Results still do not depend on a
 * tile's place, the batch or the thread. Error: engine/ops/winograd_f32.h. A NaN or an infinity in
 * a tile's input may make NaN of any of its outputs; inputs up to 1e30 do not overflow. */

/* v[i * v_stride + c] = (Bt d B)[i], c < channels, i < in * in. a: [in * in] row pointers of the
 * tile's pixels, row by row. */
typedef void (*edy_f32_winograd_input_fn)(size_t channels, const float *const *a, size_t a_offset,
                                          const float *zero, float *v, size_t v_stride);

/* One tile of outputs, of which the first height x width (1..out each) exist:
 *   c[y * c_row + x * c_pixel + n] = clamp((At m A)[y][x] + bias[n] (+ residual at the same place))
 * m[i * m_stride + n], i < in * in; bias: [channels]. residual may be NULL or equal to c. */
typedef void (*edy_f32_winograd_output_fn)(size_t channels, const float *m, size_t m_stride,
                                           const float *bias, size_t height, size_t width, float *c,
                                           size_t c_row, size_t c_pixel, const float *residual,
                                           const edy_f32_clamp *clamp);

typedef struct edy_f32_winograd {
    const char *name; /* NULL: the backend has none of this size */
    uint16_t out;     /* 2 or 4 */
    edy_f32_winograd_input_fn input;
    edy_f32_winograd_output_fn output;
} edy_f32_winograd;

enum { EDY_WINOGRAD_2X2, EDY_WINOGRAD_4X4, EDY_WINOGRAD_COUNT };

/* ---- s8 dense -------------------------------------------------------------------------------- */

/* What a pack function gets for s8. The zero point of the input is already inside the bias
 * (bias[n] - zx * sum(w[n])), so kernels multiply stored values. w holds weight minus its zero
 * point, hence s16: with symmetric s8 weights it fits in s8 and `narrow` is true. */
typedef struct edy_s8_weights {
    const int16_t *w;    /* [nc][ks][kc], or [channels][taps] for depthwise */
    const int32_t *bias; /* [nc], never NULL */
    int narrow;          /* every w is in [-128, 127] */
    edy_rule rule;
    const float *multiplier; /* [nc], EDY_RULE_ONNX */
    const edy_fixed *fixed;  /* [nc], EDY_RULE_TFLITE */
} edy_s8_weights;

/* As the fp32 pair, with c = requant(bias + sum a*w) by the rule that the weights were packed for.
 * The accumulator is int32 and never saturates on the way: the planner refuses a reduction for
 * which it could leave int32. */
typedef void (*edy_s8_gemm_fn)(size_t rows, size_t nc, size_t kc, const int8_t *a, size_t a_stride,
                               const void *w, int8_t *c, size_t c_stride,
                               const edy_s8_output *output);
typedef void (*edy_s8_igemm_fn)(size_t rows, size_t nc, size_t kc, size_t ks,
                                const int8_t *const *a, size_t a_offset, const int8_t *zero,
                                const void *w, int8_t *c, size_t c_stride,
                                const edy_s8_output *output);

typedef struct edy_s8_dense {
    const char *name;
    uint16_t mr, nr;
    edy_s8_gemm_fn gemm;
    edy_s8_igemm_fn igemm;
    size_t (*packed_bytes)(size_t nc, size_t kc, size_t ks);
    void (*pack)(size_t nc, size_t kc, size_t ks, const edy_s8_weights *weights, void *packed);
} edy_s8_dense;

/* ---- s8 Winograd ----------------------------------------------------------------------------- */

/* The convolution of "fp32 Winograd" in integers, bit for bit what s8_dense gives. G with its rows
 * multiplied to integers (engine/ops/winograd_s8.h) makes weights of 16 bits, Bt inputs of 16 bits;
 * products are summed in int32 modulo 2^32, and At over them gives d * (the convolution's sum)
 * modulo 2^32, where d = 4 for tiles of 2x2 outputs and d = 576 = 64 * 9 for 4x4. Multiplying by
 * the inverse of 9 modulo 2^32 and shifting right by 2 or 6 bits gives the sum itself wherever it
 * lies in [-2^29, 2^29) or [-2^25, 2^25). The planner sees from the weights whether it may leave
 * that, and then has the channels summed in `parts`, each of which does not. */

/* v[i * v_stride + c] = (Bt d B)[i], as edy_f32_winograd_input_fn. zero holds the zero point. */
typedef void (*edy_s8_winograd_input_fn)(size_t channels, const int8_t *const *a, size_t a_offset,
                                         const int8_t *zero, int16_t *v, size_t v_stride);

/* One tile of outputs, of which the first height x width (1..out each) exist:
 *   c[y * c_row + x * c_pixel + n] = requant(bias[n] + sum_p (At m_p A)[y][x] / d)
 * m_p[i * m_stride + n], i < in * in, begins at m + p * in * in * m_stride, p < parts; sums in
 * int32 modulo 2^32. scale: made by pack_scale. */
typedef void (*edy_s8_winograd_output_fn)(size_t channels, size_t parts, const int32_t *m,
                                          size_t m_stride, const void *scale, size_t height,
                                          size_t width, int8_t *c, size_t c_row, size_t c_pixel,
                                          const edy_s8_output *output);

typedef struct edy_s8_winograd {
    const char *name; /* NULL: the backend has none of this size */
    uint16_t out;     /* 2 or 4 */
    edy_s8_winograd_input_fn input;
    edy_s8_winograd_output_fn output;
    size_t (*scale_bytes)(size_t channels); /* a multiple of 64 */
    /* Bias and multipliers of `channels` outputs (weights->w is not read). */
    void (*pack_scale)(size_t channels, const edy_s8_weights *weights, void *scale);
} edy_s8_winograd;

/* c[m][n] = sum_k a[m][k] * w[n][k] modulo 2^32, m < rows (1..mr), n < nc, k < kc. |w| < 2^15. */
typedef void (*edy_s16_gemm_fn)(size_t rows, size_t nc, size_t kc, const int16_t *a,
                                size_t a_stride, const void *w, int32_t *c, size_t c_stride);

typedef struct edy_s16_dense {
    const char *name; /* NULL: the backend has none, and no s8_winograd either */
    uint16_t mr, nr;
    uint16_t cost; /* of one multiply-add, in those of s8_dense on the same machine */
    edy_s16_gemm_fn gemm;
    size_t (*packed_bytes)(size_t nc, size_t kc);
    void (*pack)(size_t nc, size_t kc, const int16_t *w, void *packed); /* w: [nc][kc] */
} edy_s16_dense;

/* ---- s8 depthwise ---------------------------------------------------------------------------- */

typedef void (*edy_s8_dwconv_fn)(size_t pixels, size_t channels, size_t taps,
                                 const int8_t *const *a, size_t a_offset, const int8_t *zero,
                                 const void *w, int8_t *out, size_t out_stride,
                                 const edy_s8_output *output);

typedef struct edy_s8_depthwise {
    const char *name;
    edy_s8_dwconv_fn run;
    size_t (*packed_bytes)(size_t channels, size_t taps);
    void (*pack)(size_t channels, size_t taps, const edy_s8_weights *weights, void *packed);
} edy_s8_depthwise;

/* ---- Pooling --------------------------------------------------------------------------------- */

/* Maximum over taps row pointers per pixel. Padding is not listed: a tap outside the image repeats
 * one inside it. fp32: NaN in any tap gives NaN; of zeros of both signs the first stays. a_offset
 * as above (there is no zero row). */
typedef void (*edy_f32_maxpool_fn)(size_t pixels, size_t channels, size_t taps,
                                   const float *const *a, size_t a_offset, float *out,
                                   size_t out_stride, const edy_f32_clamp *clamp);
typedef void (*edy_s8_maxpool_fn)(size_t pixels, size_t channels, size_t taps,
                                  const int8_t *const *a, size_t a_offset, int8_t *out,
                                  size_t out_stride, const edy_s8_output *output);

/* out[p][c] = clamp((0 + sum over taps in order) / count[p]), a division; padding taps point to
 * `zero`. */
typedef void (*edy_f32_avgpool_fn)(size_t pixels, size_t channels, size_t taps,
                                   const float *const *a, size_t a_offset, const float *zero,
                                   const float *count, float *out, size_t out_stride,
                                   const edy_f32_clamp *clamp);

/* Mean over rows of [rows][channels] (row stride a_stride): the global average pool of one image.
 * fp32: 0 + sum in row order, then divided by (float)rows. */
typedef void (*edy_f32_mean_fn)(size_t rows, size_t channels, const float *a, size_t a_stride,
                                float *out, const edy_f32_clamp *clamp);
/* s8, rule ONNX: acc = sum(x - zx); requant with multiplier xs / (ys * rows). rows < 2^23. */
typedef void (*edy_s8_mean_fn)(size_t rows, size_t channels, const int8_t *a, size_t a_stride,
                               int32_t x_zero_point, float multiplier, int8_t *out,
                               const edy_s8_output *output);

/* ---- Elementwise, n elements; may be in place ------------------------------------------------ */

typedef void (*edy_f32_add_fn)(size_t n, const float *a, const float *b, float *out,
                               const edy_f32_clamp *clamp);
typedef void (*edy_f32_mul_fn)(size_t n, const float *a, const float *b, float *out,
                               const edy_f32_clamp *clamp);
typedef void (*edy_f32_clamp_fn)(size_t n, const float *a, float *out, const edy_f32_clamp *clamp);
/* LeakyRelu: out[i] = a[i] < 0 ? alpha * a[i] : a[i], one rounding; NaN stays, and so does -0.
 * alpha is finite. */
typedef void (*edy_f32_leaky_fn)(size_t n, const float *a, float *out, float alpha);
typedef void (*edy_s8_add_fn)(size_t n, const int8_t *a, const int8_t *b, int8_t *out,
                              const edy_requant_add *r);
/* out[i] = table[(uint8_t)a[i]] */
typedef void (*edy_s8_lut_fn)(size_t n, const int8_t *a, int8_t *out, const int8_t table[256]);
/* QuantizeLinear and DequantizeLinear, one scale; zero point and result in the s8 domain. */
typedef void (*edy_quantize_fn)(size_t n, const float *a, int8_t *out, float scale,
                                const edy_s8_output *output);
typedef void (*edy_dequantize_fn)(size_t n, const int8_t *a, float *out, float scale,
                                  int32_t zero_point);

/* ---- The table ------------------------------------------------------------------------------- */

/* A backend's kernels. Complete for scalar, but for Winograd, which is a way to be fast; any other
 * backend starts as a copy of scalar's and overrides what it has (backend.h). Dense and depthwise
 * s8 have one entry a rule, since the epilogue is part of the kernel. */
typedef struct edy_kernels {
    edy_f32_dense f32_dense;
    edy_f32_depthwise f32_depthwise;
    edy_f32_winograd f32_winograd[EDY_WINOGRAD_COUNT];
    edy_s8_dense s8_dense[EDY_RULE_COUNT];
    edy_s8_winograd s8_winograd[EDY_RULE_COUNT][EDY_WINOGRAD_COUNT];
    edy_s16_dense s16_dense;
    edy_s8_depthwise s8_depthwise[EDY_RULE_COUNT];
    edy_f32_maxpool_fn f32_maxpool;
    edy_s8_maxpool_fn s8_maxpool;
    edy_f32_avgpool_fn f32_avgpool;
    edy_f32_mean_fn f32_mean;
    edy_s8_mean_fn s8_mean;
    edy_f32_add_fn f32_add;
    edy_f32_mul_fn f32_mul;
    edy_f32_clamp_fn f32_clamp;
    edy_f32_leaky_fn f32_leaky;
    edy_s8_add_fn s8_add;
    edy_s8_lut_fn s8_lut;
    edy_quantize_fn quantize;
    edy_dequantize_fn dequantize;
} edy_kernels;

/* Fill in what each kernel folder has. */
void edy_kernels_scalar(edy_kernels *k);
void edy_kernels_sse41(edy_kernels *k);
void edy_kernels_avx2(edy_kernels *k);
void edy_kernels_avxvnni(edy_kernels *k);    /* avx2's where it has none */
void edy_kernels_avx512(edy_kernels *k);     /* avx2's where it has none */
void edy_kernels_avx512vnni(edy_kernels *k); /* avx512's where it has none */
void edy_kernels_neon(edy_kernels *k);
void edy_kernels_neondot(edy_kernels *k); /* neon's where it has none */

#endif
