/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's elementwise operators, batch normalization and softmax. */
#include <math.h>

#include "bench/oracle_ops.h"

edy_status edy_oracle_relu_clip(edy_oracle_call *c) {
    const double low = c->node->op == EDY_OP_RELU ? 0 : -INFINITY;
    for (size_t i = 0; i < c->out->count; i++) {
        const double x = c->in[0]->data[i];
        c->out->data[i] = edy_oracle_clamp(c, x < low ? low : x);
    }
    return EDY_OK; /* terms 0: exact */
}

edy_status edy_oracle_leakyrelu(edy_oracle_call *c) {
    c->terms = 1;
    for (size_t i = 0; i < c->out->count; i++) {
        const double x = c->in[0]->data[i];
        const double y = x < 0 ? edy_oracle_round(c, (double)c->node->alpha * x) : x;
        c->out->data[i] = edy_oracle_clamp(c, y);
        c->magnitude[i] = fabs(y);
    }
    return EDY_OK;
}

size_t edy_oracle_spread_index(const edy_oracle_tensor *t, const edy_shape *shape, size_t at) {
    size_t index = 0, stride = 1;
    for (int32_t d = 0; d < shape->rank; d++) { /* from the innermost axis outwards */
        const int64_t extent = shape->dim[shape->rank - 1 - d];
        const int64_t own = d < t->shape.rank ? t->shape.dim[t->shape.rank - 1 - d] : 1;
        const size_t i = at % (size_t)extent;
        at /= (size_t)extent;
        if (own > 1)
            index += i * stride;
        stride *= (size_t)own;
    }
    return index;
}

edy_status edy_oracle_check_spread(edy_oracle_call *c, const edy_oracle_tensor *t) {
    const edy_shape *s = &c->out->shape;
    bool fits = t->shape.rank <= s->rank;
    for (int32_t d = 0; fits && d < t->shape.rank; d++) {
        const int64_t own = t->shape.dim[t->shape.rank - 1 - d];
        fits = own == 1 || own == s->dim[s->rank - 1 - d];
    }
    return fits ? EDY_OK : edy_fail(c->err, EDY_UNSUPPORTED, "shapes that do not broadcast");
}

static edy_status pairwise(edy_oracle_call *c, bool product) {
    const edy_oracle_tensor *a = c->in[0], *b = c->in[1];
    const bool real = c->graph->value[c->node->output[0]].dtype == EDY_F32;
    edy_status st = edy_oracle_check_spread(c, a);
    st = st ? st : edy_oracle_check_spread(c, b);
    for (size_t i = 0; !st && i < c->out->count; i++) {
        const double x = a->data[edy_oracle_spread_index(a, &c->out->shape, i)];
        const double y = b->data[edy_oracle_spread_index(b, &c->out->shape, i)];
        const double v = real      ? edy_oracle_round(c, product ? x * y : x + y)
                         : product ? x * y
                                   : x + y;
        c->out->data[i] = edy_oracle_clamp(c, v);
        c->magnitude[i] = product ? fabs(x * y) : fabs(x) + fabs(y);
    }
    c->terms = real; /* integers are exact, as far as double is */
    return st;
}

edy_status edy_oracle_add(edy_oracle_call *c) {
    return pairwise(c, false);
}
edy_status edy_oracle_mul(edy_oracle_call *c) {
    return pairwise(c, true);
}

/* Inputs x, scale, shift, mean, variance; y = (x - mean) / sqrt(variance + epsilon) * scale +
 * shift. */
edy_status edy_oracle_batchnorm(edy_oracle_call *c) {
    const edy_oracle_tensor *x = c->in[0];
    if (x->shape.rank < 2)
        return edy_fail(c->err, EDY_UNSUPPORTED, "an input without channels");
    const size_t channels = (size_t)x->shape.dim[1];
    const size_t inner = x->count / ((size_t)x->shape.dim[0] * channels);
    c->terms = 6;
    for (size_t i = 0; i < x->count; i++) {
        const size_t ch = i / inner % channels;
        const double scale = c->in[1]->data[ch], shift = c->in[2]->data[ch];
        const double mean = c->in[3]->data[ch], variance = c->in[4]->data[ch];
        const double deviation =
            edy_oracle_round(c, sqrt(edy_oracle_round(c, variance + c->node->epsilon)));
        const double centred = edy_oracle_round(c, x->data[i] - mean);
        const double unit = edy_oracle_round(c, centred / deviation);
        const double v = edy_oracle_round(c, edy_oracle_round(c, unit * scale) + shift);
        c->out->data[i] = edy_oracle_clamp(c, v);
        c->magnitude[i] = (fabs(x->data[i]) + fabs(mean)) / deviation * fabs(scale) + fabs(shift);
    }
    return EDY_OK;
}

/* One row of n elements, stride apart. An error of u * |x - max| in the exponent is a relative
 * error of the same size in the exponential, hence the magnitude. */
static void softmax_row(edy_oracle_call *c, size_t first, size_t n, size_t stride) {
    const double *x = c->in[0]->data + first;
    double *y = c->out->data + first, *magnitude = c->magnitude + first;
    double max = -INFINITY, sum = 0, spread = 0;
    for (size_t i = 0; i < n; i++)
        max = x[i * stride] > max || isnan(x[i * stride]) ? x[i * stride] : max;
    for (size_t i = 0; i < n; i++) {
        y[i * stride] = edy_oracle_round(c, exp(edy_oracle_round(c, x[i * stride] - max)));
        sum = edy_oracle_round(c, sum + y[i * stride]);
    }
    for (size_t i = 0; i < n; i++) {
        y[i * stride] = edy_oracle_round(c, y[i * stride] / sum);
        spread += y[i * stride] * fabs(x[i * stride] - max);
    }
    for (size_t i = 0; i < n; i++)
        magnitude[i * stride] = y[i * stride] * (4 + fabs(x[i * stride] - max) + spread);
}

/* log(exp(x - max) / sum). Errors: the difference's, and that of the sum's logarithm. */
static void log_softmax_row(edy_oracle_call *c, size_t first, size_t n, size_t stride) {
    const double *x = c->in[0]->data + first;
    double max = -INFINITY, sum = 0, spread = 0;
    for (size_t i = 0; i < n; i++)
        max = x[i * stride] > max || isnan(x[i * stride]) ? x[i * stride] : max;
    for (size_t i = 0; i < n; i++) {
        const double e = edy_oracle_round(c, exp(edy_oracle_round(c, x[i * stride] - max)));
        sum = edy_oracle_round(c, sum + e);
        spread += e * fabs(x[i * stride] - max);
    }
    const double log_sum = edy_oracle_round(c, log(sum));
    for (size_t i = 0; i < n; i++) {
        const double d = edy_oracle_round(c, x[i * stride] - max);
        c->out->data[first + i * stride] = edy_oracle_round(c, d - log_sum);
        c->magnitude[first + i * stride] = fabs(d) + fabs(log_sum) + 4 + spread / sum;
    }
}

static void hardmax_row(edy_oracle_call *c, size_t first, size_t n, size_t stride) {
    size_t best = 0;
    for (size_t i = 0; i < n; i++)
        if (c->in[0]->data[first + i * stride] > c->in[0]->data[first + best * stride])
            best = i;
    c->out->data[first + best * stride] = 1;
}

static edy_status along_axis(edy_oracle_call *c,
                             void (*row)(edy_oracle_call *, size_t, size_t, size_t)) {
    const edy_shape *s = &c->in[0]->shape;
    const int64_t axis = c->node->axis < 0 ? c->node->axis + s->rank : c->node->axis;
    if (axis < 0 || axis >= s->rank)
        return edy_fail(c->err, EDY_UNSUPPORTED, "an axis outside the input");
    size_t n = 1, inner = 1;
    for (int64_t d = axis; d < s->rank; d++) {
        if (d == axis || c->node->softmax_flattens)
            n *= (size_t)s->dim[d];
        else
            inner *= (size_t)s->dim[d];
    }
    c->terms = (double)n + 4;
    for (size_t i = 0; i < c->in[0]->count / n; i++)
        row(c, i / inner * n * inner + i % inner, n, inner);
    return EDY_OK;
}

edy_status edy_oracle_softmax(edy_oracle_call *c) {
    return along_axis(c, softmax_row);
}

edy_status edy_oracle_logsoftmax(edy_oracle_call *c) {
    return along_axis(c, log_softmax_row);
}

edy_status edy_oracle_hardmax(edy_oracle_call *c) {
    const edy_status status = along_axis(c, hardmax_row);
    c->terms = 0;
    return status;
}
