/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* fp32 depthwise: 4 pixels by 32 channels at a time, so that a load of weights serves four pixels
 * and inputs are operands of the multiply-add itself. Bound by loads: 10 vectors and 4 pointers for
 * 8 FMAs.
 *
 * Packed form: panels of 16 channels, each float bias[16]; float w[taps][16]; lanes past the end
 * 0. */
#include <assert.h>
#include <string.h>

#include "engine/kernels/avx512/avx512.h"
#include "engine/kernels/row.h"
#include "engine/kernels/unroll.h"

/* Windows of up to MAX_TAPS have their rows resolved once for all channels. */
enum { LANES = 16, PIXELS = 4, MAX_TAPS = 64 };

static size_t panel_floats(size_t taps) {
    return (1 + taps) * LANES;
}

static size_t packed_bytes(size_t channels, size_t taps) {
    return edy_round_up(edy_div_up(channels, LANES) * panel_floats(taps) * sizeof(float), 64);
}

static void pack(size_t channels, size_t taps, const float *w, const float *bias, void *packed) {
    memset(packed, 0, packed_bytes(channels, taps));
    for (size_t c = 0; c < channels; c++) {
        float *panel = (float *)packed + c / LANES * panel_floats(taps) + c % LANES;
        panel[0] = bias ? bias[c] : 0.0f;
        for (size_t t = 0; t < taps; t++)
            panel[(1 + t) * LANES] = w[c * taps + t];
    }
}

typedef struct problem {
    size_t taps, a_offset;
    const float *zero;
    size_t out_stride;
    __m512 low, high;
} problem;

/* pixels x vecs * 16 channels, inlined with constant resolved, pixels, vecs and masked. The last
 * vector has mask's lanes. a: the first pixel's list, of resolved rows or not; c: the first
 * channel. */
EDY_SPECIALISE void tile(int resolved, size_t pixels, size_t vecs, int masked, const problem *p,
                         const float *const *a, size_t c, const float *panel, float *out,
                         __mmask16 mask) {
    const size_t taps = p->taps, step = panel_floats(taps);
    __m512 acc[PIXELS * 2];
    EDY_UNROLL
    for (size_t i = 0; i < pixels * vecs; i++)
        acc[i] = _mm512_load_ps(panel + i % vecs * step);
    for (size_t t = 0; t < taps; t++) {
        panel += LANES;
        __m512 weight[2];
        EDY_UNROLL
        for (size_t v = 0; v < vecs; v++)
            weight[v] = _mm512_load_ps(panel + v * step);
        EDY_UNROLL
        for (size_t i = 0; i < pixels * vecs; i++) {
            const float *row = a[i / vecs * taps + t];
            const float *x =
                (resolved ? row : edy_row_f32(row, p->a_offset, p->zero)) + c + i % vecs * LANES;
            acc[i] = _mm512_fmadd_ps(masked && i % vecs == vecs - 1 ? _mm512_maskz_loadu_ps(mask, x)
                                                                    : _mm512_loadu_ps(x),
                                     weight[i % vecs], acc[i]);
        }
    }
    EDY_UNROLL
    for (size_t i = 0; i < pixels * vecs; i++) {
        float *to = out + i / vecs * p->out_stride + c + i % vecs * LANES;
        const __m512 sum = edy_avx512_clamp(acc[i], p->low, p->high);
        if (masked && i % vecs == vecs - 1)
            _mm512_mask_storeu_ps(to, mask, sum);
        else
            _mm512_storeu_ps(to, sum);
    }
}

EDY_SPECIALISE void all_channels(int resolved, size_t pixels, size_t channels, const problem *p,
                                 const float *const *a, const float *w, float *out) {
    const size_t step = panel_floats(p->taps);
    const __mmask16 mask = edy_avx512_first_lanes((channels - 1) % LANES + 1);
    size_t c = 0;
    for (; c + 2 * LANES <= channels; c += 2 * LANES, w += 2 * step)
        tile(resolved, pixels, 2, 0, p, a, c, w, out, mask);
    if (c + LANES < channels)
        tile(resolved, pixels, 2, 1, p, a, c, w, out, mask);
    else if (c + LANES == channels)
        tile(resolved, pixels, 1, 0, p, a, c, w, out, mask);
    else if (c < channels)
        tile(resolved, pixels, 1, 1, p, a, c, w, out, mask);
}

/* The list itself for the first image of a batch, else a copy in `rows` that needs no offset. */
static const float *const *resolve(const problem *p, const float *const *a, size_t count,
                                   const float **rows) {
    if (p->a_offset == 0)
        return a;
    for (size_t i = 0; i < count; i++)
        rows[i] = edy_row_f32(a[i], p->a_offset, p->zero);
    return rows;
}

static void f32_dwconv_4x32__avx512(size_t pixels, size_t channels, size_t taps,
                                    const float *const *a, size_t a_offset, const float *zero,
                                    const void *w, float *out, size_t out_stride,
                                    const edy_f32_clamp *clamp) {
    assert(out_stride >= channels);
    const problem p = {.taps = taps,
                       .a_offset = a_offset,
                       .zero = zero,
                       .out_stride = out_stride,
                       .low = _mm512_set1_ps(clamp->low),
                       .high = _mm512_set1_ps(clamp->high)};
    const float *rows[PIXELS * MAX_TAPS];
    size_t i = 0;
    for (; i + PIXELS <= pixels && taps <= MAX_TAPS; i += PIXELS)
        all_channels(1, PIXELS, channels, &p, resolve(&p, a + i * taps, PIXELS * taps, rows), w,
                     out + i * out_stride);
    for (; i < pixels && taps <= MAX_TAPS; i++)
        all_channels(1, 1, channels, &p, resolve(&p, a + i * taps, taps, rows), w,
                     out + i * out_stride);
    for (; i < pixels; i++)
        all_channels(0, 1, channels, &p, a + i * taps, w, out + i * out_stride);
}

void edy_avx512_f32_depthwise(edy_kernels *k) {
    k->f32_depthwise = (edy_f32_depthwise){.name = "f32_dwconv_4x32__avx512",
                                           .run = f32_dwconv_4x32__avx512,
                                           .packed_bytes = packed_bytes,
                                           .pack = pack};
}
