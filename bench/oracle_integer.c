/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's operators on plain 8-bit integers, and MaxPool's indices. A lowered graph holds u8
 * values 128 lower than the model has them. */
#include <math.h>

#include "bench/oracle_ops.h"

/* Element i of input k as the model means it; 0 where the input is left out. */
static double byte_at(const edy_oracle_call *c, int32_t k, size_t i) {
    if (k >= c->node->n_inputs || !c->in[k])
        return 0;
    const edy_value *v = &c->graph->value[c->node->input[k]];
    const double shift = v->dtype == EDY_S8 && v->quant.was_u8 ? 128 : 0;
    return c->in[k]->data[c->in[k]->count > 1 ? i : 0] + shift;
}

/* Inputs of one operand: values, zero point, scale (-1: none). */
typedef struct places {
    int32_t value, zero, scale;
} places;

static double scale_at(const edy_oracle_call *c, int32_t k, size_t i) {
    return k < 0 ? 1 : c->in[k]->data[c->in[k]->count > 1 ? i : 0];
}

/* Offset of a batch's matrix in an operand that numpy's rule spreads over the result's batches. */
static size_t matrix_of(const edy_shape *x, const edy_shape *y, size_t batch) {
    size_t at = 0, stride = 1;
    for (int32_t d = 2; d < y->rank; d++) { /* counted from the end */
        const size_t extent = (size_t)y->dim[y->rank - 1 - d], i = batch % extent;
        batch /= extent;
        const size_t own = d < x->rank ? (size_t)x->dim[x->rank - 1 - d] : 1;
        at += own > 1 ? i * stride : 0;
        stride *= own;
    }
    return at * (size_t)(x->dim[x->rank - 1] * x->dim[x->rank - 2]);
}

static edy_status product(edy_oracle_call *c, places a, places b) {
    const edy_shape *x = &c->in[a.value]->shape, *y = &c->out->shape;
    const edy_shape *w = &c->in[b.value]->shape;
    const size_t rows = (size_t)y->dim[y->rank - 2], cols = (size_t)y->dim[y->rank - 1];
    const size_t depth = (size_t)x->dim[x->rank - 1];
    for (size_t i = 0; i < c->out->count; i++) {
        const size_t n = i % cols, m = i / cols % rows, batch = i / cols / rows;
        const size_t left = matrix_of(x, y, batch) + m * depth;
        const size_t right = matrix_of(w, y, batch) + n;
        double sum = 0, magnitude = 0;
        for (size_t k = 0; k < depth; k++) {
            const double p = (byte_at(c, a.value, left + k) - byte_at(c, a.zero, m)) *
                             (byte_at(c, b.value, right + k * cols) - byte_at(c, b.zero, n));
            sum += p;
            magnitude += fabs(p);
        }
        const double scale = scale_at(c, a.scale, m) * scale_at(c, b.scale, n);
        c->out->data[i] = sum * scale;
        c->magnitude[i] = magnitude * scale;
    }
    return EDY_OK; /* terms 0: exact */
}

edy_status edy_oracle_matmulinteger(edy_oracle_call *c) {
    return product(c, (places){0, 2, -1}, (places){1, 3, -1});
}

/* As imported, in the order of NUMERICS.md: the multiplier in binary32. */
edy_status edy_oracle_qlinearmatmul(edy_oracle_call *c) {
    const places a = {0, 2, 1}, b = {3, 5, 4};
    const edy_value *y = &c->graph->value[c->node->output[0]];
    const edy_value *zero_value = &c->graph->value[c->node->input[7]];
    const double low = zero_value->dtype == EDY_U8 ? 0 : -128, zero = byte_at(c, 7, 0);
    const edy_status st = product(c, (places){0, 2, -1}, (places){3, 5, -1});
    const size_t cols = (size_t)y->shape.dim[y->shape.rank - 1];
    const size_t rows = (size_t)y->shape.dim[y->shape.rank - 2];
    for (size_t i = 0; !st && i < c->out->count; i++) {
        const float m = (float)scale_at(c, a.scale, i / cols % rows) *
                        (float)scale_at(c, b.scale, i % cols) / (float)scale_at(c, 6, 0);
        const float q = (float)c->out->data[i] * m;
        const double r = nearbyint((double)q) + zero;
        c->out->data[i] = r < low ? low : r > low + 255 ? low + 255 : r;
        c->magnitude[i] = 0; /* exact */
    }
    return st;
}

edy_status edy_oracle_convinteger(edy_oracle_call *c) {
    const int64_t *in = c->in[0]->shape.dim, *w = c->in[1]->shape.dim, *out = c->out->shape.dim;
    const int64_t filters = out[1] / c->node->window.groups;
    edy_oracle_axis h, v;
    edy_status st = edy_oracle_axis_of(c, 0, in[2], out[2], &h);
    st = st ? st : edy_oracle_axis_of(c, 1, in[3], out[3], &v);
    for (size_t i = 0; !st && i < c->out->count; i++) {
        const int64_t ox = (int64_t)i % out[3], oy = (int64_t)i / out[3] % out[2];
        const int64_t m = (int64_t)i / (out[3] * out[2]) % out[1];
        const int64_t image = (int64_t)i / (out[3] * out[2] * out[1]);
        double sum = 0;
        for (int64_t ch = 0; ch < w[1]; ch++)
            for (int64_t k = 0; k < w[2] * w[3]; k++) {
                const int64_t y = edy_oracle_tap(&h, oy, k / w[3]);
                const int64_t x = edy_oracle_tap(&v, ox, k % w[3]);
                if (y < 0 || y >= in[2] || x < 0 || x >= in[3])
                    continue;
                const int64_t from = image * in[1] + m / filters * w[1] + ch;
                const double a = byte_at(c, 0, (size_t)((from * in[2] + y) * in[3] + x));
                const double b = byte_at(c, 1, (size_t)((m * w[1] + ch) * w[2] * w[3] + k));
                sum += (a - byte_at(c, 2, 0)) * (b - byte_at(c, 3, (size_t)m));
            }
        c->out->data[i] = sum;
    }
    return st;
}

edy_status edy_oracle_dynamicquantize(edy_oracle_call *c) {
    double low = 0, high = 0;
    for (size_t i = 0; i < c->in[0]->count; i++) {
        low = fmin(low, c->in[0]->data[i]);
        high = fmax(high, c->in[0]->data[i]);
    }
    const float range = (float)high - (float)low, scale = range > 0 ? range / 255 : 1;
    const double zero = fmin(fmax(nearbyint((double)(-(float)low / scale)), 0), 255);
    for (size_t i = 0; i < c->out->count; i++) {
        const double q = nearbyint((double)((float)c->in[0]->data[i] / scale)) + zero;
        c->out->data[i] = c->node->sub == 1   ? (double)scale
                          : c->node->sub == 2 ? zero
                                              : fmin(fmax(q, 0), 255);
    }
    return EDY_OK;
}

edy_status edy_oracle_maxpoolindices(edy_oracle_call *c) {
    const int64_t *in = c->in[0]->shape.dim, *out = c->out->shape.dim;
    edy_oracle_axis h, v;
    edy_status st = edy_oracle_axis_of(c, 0, in[2], out[2], &h);
    st = st ? st : edy_oracle_axis_of(c, 1, in[3], out[3], &v);
    for (size_t i = 0; !st && i < c->out->count; i++) {
        const int64_t ox = (int64_t)i % out[3], oy = (int64_t)i / out[3] % out[2];
        const int64_t plane = (int64_t)i / (out[3] * out[2]);
        double most = -INFINITY;
        int64_t best = -1;
        for (int64_t ky = 0; ky < h.kernel; ky++)
            for (int64_t kx = 0; kx < v.kernel; kx++) {
                const int64_t y = edy_oracle_tap(&h, oy, ky), x = edy_oracle_tap(&v, ox, kx);
                if (y < 0 || y >= in[2] || x < 0 || x >= in[3])
                    continue;
                const double e = c->in[0]->data[(plane * in[2] + y) * in[3] + x];
                if (best >= 0 && !(e > most))
                    continue;
                most = e;
                best = c->node->storage_columns ? x * in[2] + y : y * in[3] + x;
            }
        c->out->data[i] = (double)(plane * in[2] * in[3] + best);
    }
    return st;
}
