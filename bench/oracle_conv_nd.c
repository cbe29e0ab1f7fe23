/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's ConvTranspose, by ONNX's definition: every input element is multiplied with the
 * window and added where it lands. And convolutions over D, H and W, both ways. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "bench/oracle_ops.h"

enum { MOST = 3 };

typedef struct form {
    int32_t axes;
    int64_t in[MOST], out[MOST], kernel[MOST], stride[MOST], dilation[MOST], pad[MOST];
    size_t volume, result, taps; /* elements of an input and an output channel, and of the window */
} form;

static void set_axis(form *f, int32_t i, const edy_window *w, int a) {
    f->kernel[i] = w->kernel[a];
    f->stride[i] = w->stride[a];
    f->dilation[i] = w->dilation[a];
    f->pad[i] = w->pad[a];
}

/* Whether the definition gives the extent that the graph states. */
static edy_status check_axis(edy_oracle_call *c, const form *f, int32_t i, const edy_window *w,
                             int a) {
    const int64_t end = w->pad[a + 2];
    const int64_t reach = (f->kernel[i] - 1) * f->dilation[i] + 1;
    const int64_t whole = (f->in[i] - 1) * f->stride[i] + reach + w->output_pad[a];
    const int64_t expected = w->transposed
                                 ? whole - f->pad[i] - end
                                 : (f->in[i] + f->pad[i] + end - reach) / f->stride[i] + 1;
    if (expected == f->out[i] || (w->output_size[a] == f->out[i] && whole < f->out[i]))
        return EDY_OK;
    return edy_fail(c->err, EDY_BAD_ARGUMENT,
                    "the graph says %" PRId64 " outputs, the oracle %" PRId64, f->out[i], expected);
}

static edy_status form_of(edy_oracle_call *c, form *f) {
    const edy_node *n = c->node;
    *f = (form){.axes = c->out->shape.rank - 2, .volume = 1, .result = 1, .taps = 1};
    edy_status st = EDY_OK;
    for (int32_t i = 0; i < f->axes; i++) {
        const bool deep = f->axes == 3 && i == 0;
        const edy_window *w = deep ? &n->depth : &n->window;
        const int a = deep ? 0 : i - (f->axes - 2);
        set_axis(f, i, w, a);
        f->in[i] = c->in[0]->shape.dim[2 + i];
        f->out[i] = c->out->shape.dim[2 + i];
        f->volume *= (size_t)f->in[i];
        f->result *= (size_t)f->out[i];
        f->taps *= (size_t)f->kernel[i];
        st = st ? st : check_axis(c, f, i, w, a);
    }
    return st;
}

static void unravel(size_t at, int32_t axes, const int64_t *dim, int64_t *index) {
    for (int32_t i = axes - 1; i >= 0; i--) {
        index[i] = (int64_t)(at % (size_t)dim[i]);
        at /= (size_t)dim[i];
    }
}

/* The output that input element `at` and tap k meet in, or -1: between or beyond outputs. */
static int64_t meeting(const form *f, bool transposed, size_t at, size_t k) {
    int64_t in[MOST], tap[MOST], out = 0;
    unravel(at, f->axes, f->in, in);
    unravel(k, f->axes, f->kernel, tap);
    for (int32_t i = 0; i < f->axes; i++) {
        int64_t o;
        if (transposed) {
            o = in[i] * f->stride[i] + tap[i] * f->dilation[i] - f->pad[i];
        } else {
            const int64_t shifted = in[i] + f->pad[i] - tap[i] * f->dilation[i];
            if (shifted % f->stride[i] != 0)
                return -1;
            o = shifted / f->stride[i];
        }
        if (o < 0 || o >= f->out[i])
            return -1;
        out = out * f->out[i] + o;
    }
    return out;
}

/* Adds one input channel to one output channel. */
static void scatter(edy_oracle_call *c, const form *f, const double *x, const double *w,
                    size_t to) {
    for (size_t at = 0; at < f->volume; at++)
        for (size_t k = 0; k < f->taps; k++) {
            const int64_t o = meeting(f, c->node->window.transposed, at, k);
            if (o < 0)
                continue;
            const double p = x[at] * w[k];
            double *sum = &c->out->data[to + (size_t)o];
            *sum = edy_oracle_round(c, *sum + edy_oracle_round(c, p));
            c->magnitude[to + (size_t)o] += fabs(p);
        }
}

edy_status edy_oracle_conv_nd(edy_oracle_call *c) {
    const edy_node *n = c->node;
    const edy_oracle_tensor *x = c->in[EDY_IN_X], *w = c->in[EDY_IN_W];
    const edy_oracle_tensor *bias = n->n_inputs > EDY_IN_BIAS ? c->in[EDY_IN_BIAS] : NULL;
    /* As imported, a ConvTranspose has the input channel first in its weights. */
    const bool inputs_first =
        n->op == EDY_OP_CONVTRANSPOSE || (n->op == EDY_OP_CONV3D && n->window.transposed);
    form f;
    const edy_status st = form_of(c, &f);
    if (st)
        return st;
    if (n->n_inputs > EDY_IN_RESIDUAL && c->in[EDY_IN_RESIDUAL])
        return edy_fail(c->err, EDY_UNSUPPORTED, "a residual");
    const size_t groups = (size_t)n->window.groups, channels = (size_t)x->shape.dim[1];
    const size_t filters = (size_t)c->out->shape.dim[1];
    const size_t inputs = channels / groups, outputs = filters / groups;
    c->terms = (double)(inputs * f.taps) + 1;
    for (size_t image = 0; image < (size_t)x->shape.dim[0]; image++)
        for (size_t m = 0; m < filters; m++) {
            const size_t group = m / outputs, to = (image * filters + m) * f.result;
            for (size_t i = 0; i < inputs; i++) {
                const size_t ch = group * inputs + i;
                const size_t row = inputs_first ? ch * outputs + m % outputs : m * inputs + i;
                scatter(c, &f, x->data + (image * channels + ch) * f.volume, w->data + row * f.taps,
                        to);
            }
            const double b = bias ? bias->data[m] : 0;
            for (size_t o = to; o < to + f.result; o++) {
                c->out->data[o] = edy_oracle_clamp(c, edy_oracle_round(c, c->out->data[o] + b));
                c->magnitude[o] += fabs(b);
            }
        }
    return EDY_OK;
}
