/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's reductions, ArgMax and ArgMin, and the product of two computed matrices. */
#include <math.h>

#include "bench/oracle_ops.h"

/* What has been gathered of one output: everything that any of the functions needs. */
typedef struct tally {
    double sum, absolute, squares, product, most, least;
    size_t count;
} tally;

static void add(tally *t, double x) {
    t->sum += x;
    t->absolute += fabs(x);
    t->squares += x * x;
    t->product *= x;
    t->most = x > t->most || isnan(x) ? x : t->most;
    t->least = x < t->least || isnan(x) ? x : t->least;
    t->count++;
}

/* The output element that input element `at` goes into. */
static size_t output_of(const edy_oracle_call *c, size_t at) {
    const edy_shape *in = &c->in[0]->shape;
    size_t index[EDY_MAX_RANK], to = 0;
    for (int32_t d = in->rank - 1; d >= 0; d--) {
        index[d] = at % (size_t)in->dim[d];
        at /= (size_t)in->dim[d];
    }
    for (int32_t d = 0; d < in->rank; d++)
        if (!(c->node->axes >> d & 1))
            to = to * (size_t)in->dim[d] + index[d];
    return to;
}

/* The function's value, and the sum of the magnitudes that it is rounded from. */
static void finish(edy_oracle_call *c, size_t i, const tally *t, double exponentials) {
    const bool real = c->graph->value[c->node->output[0]].dtype == EDY_F32;
    const double n = (double)t->count;
    double y = t->sum, magnitude = t->absolute;
    switch ((edy_reduce)c->node->sub) {
    case EDY_REDUCE_MEAN:
        y = real ? t->sum / n : trunc(t->sum / n);
        magnitude = t->absolute / n;
        break;
    case EDY_REDUCE_MAX:
        y = t->most;
        break;
    case EDY_REDUCE_MIN:
        y = t->least;
        break;
    case EDY_REDUCE_PROD:
        y = t->product;
        magnitude = fabs(y);
        break;
    case EDY_REDUCE_L1:
        y = t->absolute;
        break;
    case EDY_REDUCE_L2:
        y = sqrt(t->squares);
        magnitude = y;
        break;
    case EDY_REDUCE_SUMSQUARE:
        y = magnitude = t->squares;
        break;
    case EDY_REDUCE_LOGSUM: /* the sum's relative error is the logarithm's absolute one */
        y = log(t->sum);
        magnitude = fabs(y) + t->absolute / fabs(t->sum);
        break;
    case EDY_REDUCE_LOGSUMEXP:
        y = t->most + log(exponentials);
        magnitude = fabs(t->most) + fabs(y) + 1 + (t->most - t->least);
        break;
    default:
        break;
    }
    c->out->data[i] = real ? edy_oracle_clamp(c, edy_oracle_round(c, y)) : y;
    c->magnitude[i] = magnitude;
}

edy_status edy_oracle_reduce(edy_oracle_call *c) {
    const size_t outputs = c->out->count, count = c->in[0]->count;
    const bool exact = c->node->sub == EDY_REDUCE_MAX || c->node->sub == EDY_REDUCE_MIN ||
                       c->graph->value[c->node->output[0]].dtype != EDY_F32;
    edy_oracle_tensor scratch = {.count = 0};
    const edy_shape list = edy_shape_make(1, (const int64_t[]){(int64_t)outputs * 8});
    const edy_status st = edy_oracle_tensor_create(&list, &scratch, c->err);
    if (st)
        return st;
    tally *t = (tally *)(void *)scratch.data;
    _Static_assert(sizeof(tally) <= 7 * sizeof(double),
                   "the scratch tensor holds a tally and a sum");
    double *exponentials = scratch.data + 7 * outputs;
    for (size_t i = 0; i < outputs; i++)
        t[i] = (tally){.product = 1, .most = -INFINITY, .least = INFINITY};
    for (size_t k = 0; k < count; k++)
        add(&t[output_of(c, k)], c->in[0]->data[k]);
    for (size_t k = 0; k < count; k++)
        exponentials[output_of(c, k)] += exp(c->in[0]->data[k] - t[output_of(c, k)].most);
    for (size_t i = 0; i < outputs; i++)
        finish(c, i, &t[i], exponentials[i]);
    c->terms = exact || outputs == 0 ? 0 : (double)(count / outputs) + 4;
    edy_oracle_tensor_free(&scratch);
    return EDY_OK;
}

edy_status edy_oracle_argmax(edy_oracle_call *c) {
    const edy_shape *in = &c->in[0]->shape;
    const int64_t axis = c->node->axis < 0 ? c->node->axis + in->rank : c->node->axis;
    const double sign = c->node->op == EDY_OP_ARGMIN ? -1 : 1;
    if (axis < 0 || axis >= in->rank)
        return edy_fail(c->err, EDY_UNSUPPORTED, "an axis outside the input");
    size_t inner = 1;
    for (int64_t d = axis + 1; d < in->rank; d++)
        inner *= (size_t)in->dim[d];
    const size_t n = (size_t)in->dim[axis];
    for (size_t i = 0; i < c->out->count; i++) {
        const double *x = c->in[0]->data + i / inner * n * inner + i % inner;
        size_t best = 0;
        for (size_t k = 1; k < n && !(isnan(x[best * inner]) && !c->node->last_index); k++) {
            const double a = sign * x[k * inner], b = sign * x[best * inner];
            const bool nan = isnan(a) || isnan(b);
            if (nan ? isnan(a) : a > b || (c->node->last_index && a == b))
                best = k;
        }
        c->out->data[i] = (double)best;
    }
    return EDY_OK;
}

/* Offset of the matrix of x that belongs to matrix number `at` of the product. */
static size_t matrix_of(const edy_shape *x, const edy_shape *full, size_t at) {
    if (x->rank < 2)
        return 0;
    size_t offset = 0, stride = (size_t)(x->dim[x->rank - 1] * x->dim[x->rank - 2]);
    for (int32_t d = 3; d <= full->rank; d++) { /* from the end */
        const size_t extent = (size_t)full->dim[full->rank - d];
        const size_t own = d <= x->rank ? (size_t)x->dim[x->rank - d] : 1;
        offset += at % extent % own * stride;
        at /= extent;
        stride *= own;
    }
    return offset;
}

edy_status edy_oracle_matmul(edy_oracle_call *c) {
    const edy_shape *a = &c->in[0]->shape, *b = &c->in[1]->shape;
    const bool real = c->graph->value[c->node->output[0]].dtype == EDY_F32;
    const size_t k = (size_t)a->dim[a->rank - 1];
    const size_t m = a->rank < 2 ? 1 : (size_t)a->dim[a->rank - 2];
    const size_t n = b->rank < 2 ? 1 : (size_t)b->dim[b->rank - 1];
    edy_shape full = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int32_t d = 3; d <= full.rank; d++) {
        const int64_t p = d <= a->rank ? a->dim[a->rank - d] : 1;
        const int64_t q = d <= b->rank ? b->dim[b->rank - d] : 1;
        full.dim[full.rank - d] = p > q ? p : q;
    }
    for (size_t i = 0; i < c->out->count; i++) {
        const size_t matrix = i / (m * n), row = i / n % m, column = i % n;
        const double *x = c->in[0]->data + matrix_of(a, &full, matrix) + row * k;
        const double *w = c->in[1]->data + matrix_of(b, &full, matrix) + column;
        double sum = 0, magnitude = 0;
        for (size_t t = 0; t < k; t++) {
            const double product = x[t] * w[t * n];
            sum = real ? edy_oracle_round(c, sum + edy_oracle_round(c, product)) : sum + product;
            magnitude += fabs(product);
        }
        c->out->data[i] = real ? edy_oracle_clamp(c, sum) : sum;
        c->magnitude[i] = magnitude;
    }
    c->terms = real ? (double)k : 0;
    return EDY_OK;
}
