/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's normalizations. */
#include <math.h>

#include "bench/oracle_ops.h"

edy_status edy_oracle_lrn(edy_oracle_call *c) {
    const edy_node *n = c->node;
    const edy_oracle_tensor *x = c->in[0];
    const int64_t channels = x->shape.dim[1];
    const size_t pixels = x->count / (size_t)(x->shape.dim[0] * channels);
    c->terms = ((double)n->size + 4) * fmax(1, fabs((double)n->beta)) + 6;
    for (size_t i = 0; i < x->count; i++) {
        const int64_t ch = (int64_t)(i / pixels) % channels;
        double sum = 0;
        for (int64_t k = ch - (n->size - 1) / 2; k <= ch + n->size / 2; k++) {
            if (k < 0 || k >= channels)
                continue;
            const double v = x->data[(size_t)((int64_t)i + (k - ch) * (int64_t)pixels)];
            sum = edy_oracle_round(c, sum + edy_oracle_round(c, v * v));
        }
        const double share = (double)n->alpha * sum / (double)n->size;
        const double base = edy_oracle_round(c, (double)n->bias + share);
        const double y = edy_oracle_round(c, x->data[i] / pow(base, (double)n->beta));
        c->out->data[i] = y;
        c->magnitude[i] = fabs(y) * (fabs((double)n->bias) + fabs(share)) / fabs(base);
    }
    return EDY_OK;
}

edy_status edy_oracle_instancenorm(edy_oracle_call *c) {
    const edy_oracle_tensor *x = c->in[0];
    const size_t channels = (size_t)x->shape.dim[1];
    const size_t pixels = x->count / ((size_t)x->shape.dim[0] * channels);
    c->terms = 4; /* a float32 result of sums in double; two for scale and shift */
    for (size_t plane = 0; plane * pixels < x->count; plane++) {
        const double *from = x->data + plane * pixels;
        double mean = 0, variance = 0;
        for (size_t i = 0; i < pixels; i++)
            mean += from[i] / (double)pixels;
        for (size_t i = 0; i < pixels; i++)
            variance += (from[i] - mean) * (from[i] - mean) / (double)pixels;
        const double scale = c->in[1]->data[plane % channels];
        const double shift = c->in[2]->data[plane % channels];
        const double deviation = sqrt(variance + (double)c->node->epsilon);
        for (size_t i = 0; i < pixels; i++) {
            const double y = scale * (from[i] - mean) / deviation + shift;
            c->out->data[plane * pixels + i] = edy_oracle_round(c, y);
            c->magnitude[plane * pixels + i] =
                (fabs(from[i]) + fabs(mean)) * fabs(scale) / deviation + fabs(shift);
        }
    }
    return EDY_OK;
}
