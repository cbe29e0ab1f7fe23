/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's quantized operators. Everything but the rounding is done on real numbers: an integer
 * node is the float operator between a dequantization and a division by the output's scale. */
#include <math.h>

#include "bench/oracle_ops.h"

/* Scale and zero point of element i of a tensor quantized per tensor or along an axis. */
typedef struct affine {
    const edy_shape *shape;
    size_t count; /* 1, or the extent of axis */
    int64_t axis;
    const double *scale, *zero_point; /* zero_point NULL: 0 */
} affine;

static size_t affine_index(const affine *a, size_t i) {
    if (a->count == 1)
        return 0;
    size_t inner = 1;
    for (int64_t d = a->axis + 1; d < a->shape->rank; d++)
        inner *= (size_t)a->shape->dim[d];
    return i / inner % a->count;
}

/* Inputs 1 and 2 of QuantizeLinear and DequantizeLinear as imported. */
static edy_status affine_of(edy_oracle_call *c, affine *a) {
    const edy_oracle_tensor *scale = c->in[1], *zero = c->node->n_inputs > 2 ? c->in[2] : NULL;
    const edy_shape *shape = &c->in[0]->shape;
    *a = (affine){.shape = shape,
                  .count = scale->count,
                  .axis = c->node->axis < 0 ? c->node->axis + shape->rank : c->node->axis,
                  .scale = scale->data,
                  .zero_point = zero ? zero->data : NULL};
    const bool fits = a->count == 1 || (a->axis >= 0 && a->axis < shape->rank &&
                                        (size_t)shape->dim[a->axis] == a->count);
    return fits && (!zero || zero->count == a->count)
               ? EDY_OK
               : edy_fail(c->err, EDY_UNSUPPORTED, "scales that do not fit the tensor");
}

/* NUMERICS, rule ONNX: in binary32, a division; NaN gives the lowest value. */
static double quantize_one(double x, double scale, double zero, double low, double high) {
    const float q = (float)x / (float)scale;
    const double r = nearbyint((double)q) + zero;
    return !(r >= low) ? low : r > high ? high : r;
}

edy_status edy_oracle_quantize(edy_oracle_call *c) {
    affine a;
    if (c->node->n_inputs < 2)
        return edy_fail(c->err, EDY_UNSUPPORTED, "a lowered quantizer is judged as integer node");
    edy_status st = affine_of(c, &a);
    if (st)
        return st;
    const bool is_signed = c->graph->value[c->node->output[0]].dtype == EDY_S8;
    const double low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
    for (size_t i = 0; i < c->out->count; i++) {
        const size_t k = affine_index(&a, i);
        const double zero = a.zero_point ? a.zero_point[k] : 0;
        c->out->data[i] = quantize_one(c->in[0]->data[i], a.scale[k], zero, low, high);
    }
    return EDY_OK;
}

/* Real values of stored integers; the quant of a value in a lowered graph. */
static void dequantize_value(const edy_quant *q, edy_oracle_tensor *t) {
    size_t inner = 1;
    for (int32_t d = q->axis + 1; d < t->shape.rank; d++)
        inner *= (size_t)t->shape.dim[d];
    for (size_t i = 0; i < t->count; i++) {
        const size_t k = q->count == 1 ? 0 : i / inner % q->count;
        t->data[i] = (t->data[i] - q->zero_point[k]) * (double)q->scale[k];
    }
}

edy_status edy_oracle_dequantize(edy_oracle_call *c) {
    c->terms = 1;
    if (c->node->n_inputs == 1) { /* lowered */
        for (size_t i = 0; i < c->out->count; i++)
            c->out->data[i] = c->in[0]->data[i];
        dequantize_value(&c->graph->value[c->node->input[0]].quant, c->out);
    } else {
        affine a;
        edy_status st = affine_of(c, &a);
        if (st)
            return st;
        for (size_t i = 0; i < c->out->count; i++) {
            const size_t k = affine_index(&a, i);
            const double q = c->in[0]->data[i] - (a.zero_point ? a.zero_point[k] : 0);
            c->out->data[i] = edy_oracle_round(c, q * a.scale[k]);
        }
    }
    for (size_t i = 0; i < c->out->count; i++)
        c->magnitude[i] = fabs(c->out->data[i]);
    return EDY_OK;
}

/* Copy of t with (q - zero[k]) * scale[k], k along axis 0 where there are several. */
static edy_status real_copy(edy_oracle_call *c, const edy_oracle_tensor *t,
                            const edy_oracle_tensor *scale, const edy_oracle_tensor *zero,
                            edy_oracle_tensor *out) {
    edy_status st = edy_oracle_tensor_create(&t->shape, out, c->err);
    if (st)
        return st;
    const size_t inner = t->count / scale->count;
    for (size_t i = 0; i < t->count; i++) {
        const size_t k = i / inner;
        out->data[i] = (t->data[i] - zero->data[zero->count == 1 ? 0 : k]) * scale->data[k];
    }
    return EDY_OK;
}

/* Inputs x, xs, xz, w, ws, wz, ys, yz, [bias]; the bias has scale xs * ws[m]. */
edy_status edy_oracle_qlinearconv(edy_oracle_call *c) {
    const edy_oracle_tensor *bias = c->node->n_inputs > 8 ? c->in[8] : NULL;
    const size_t filters = (size_t)c->in[3]->shape.dim[0];
    edy_oracle_tensor x = {0}, w = {0}, b = {0};
    edy_status st = EDY_OK;
    if (c->in[1]->count != 1 || c->in[6]->count != 1 ||
        (c->in[4]->count != 1 && c->in[4]->count != filters))
        st = edy_fail(c->err, EDY_UNSUPPORTED, "scales that do not fit the tensors");
    st = st ? st : real_copy(c, c->in[0], c->in[1], c->in[2], &x);
    st = st ? st : real_copy(c, c->in[3], c->in[4], c->in[5], &w);
    if (!st && bias)
        st = edy_oracle_tensor_create(&bias->shape, &b, c->err);
    for (size_t m = 0; !st && bias && m < b.count; m++)
        b.data[m] = bias->data[m] * c->in[1]->data[0] * c->in[4]->data[c->in[4]->count > 1 ? m : 0];
    if (!st) {
        const edy_oracle_tensor *in[] = {&x, &w, bias ? &b : NULL};
        edy_node node = *c->node;
        node.n_inputs = 3;
        edy_oracle_call conv = *c;
        conv.node = &node;
        conv.in = in;
        conv.single = false;
        st = edy_oracle_conv(&conv);
    }
    const bool is_signed = c->graph->value[c->node->output[0]].dtype == EDY_S8;
    const double low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
    for (size_t i = 0; !st && i < c->out->count; i++) {
        const double r = nearbyint(c->out->data[i] / c->in[6]->data[0]) + c->in[7]->data[0];
        c->out->data[i] = r < low ? low : r > high ? high : r;
    }
    edy_oracle_tensor_free(&x);
    edy_oracle_tensor_free(&w);
    edy_oracle_tensor_free(&b);
    return st;
}

/* Real numbers of input i of a lowered integer node into *out. */
static edy_status real_input(const edy_graph *g, const edy_node *n, int32_t i,
                             const edy_oracle_tensor *in, edy_oracle_tensor *out, edy_error *err) {
    const edy_value *v = &g->value[n->input[i]];
    edy_status st = edy_oracle_tensor_create(&in->shape, out, err);
    if (st)
        return st;
    for (size_t k = 0; k < in->count; k++)
        out->data[k] = in->data[k];
    if (v->dtype == EDY_S32 && i == EDY_IN_BIAS) {
        const edy_quant *x = &g->value[n->input[EDY_IN_X]].quant;
        const edy_quant *w = &g->value[n->input[EDY_IN_W]].quant;
        if (x->count != 1 || (w->count != 1 && w->count != in->count))
            return edy_fail(err, EDY_UNSUPPORTED, "a bias whose scales do not fit");
        for (size_t m = 0; m < in->count; m++)
            out->data[m] *= (double)x->scale[0] * (double)w->scale[w->count > 1 ? m : 0];
    } else if (v->quant.count) {
        dequantize_value(&v->quant, out);
    }
    return EDY_OK;
}

/* To the output's own steps: y / ys + zy, clamped to what s8 holds. */
static void to_steps(const edy_quant *q, edy_oracle_tensor *out, edy_oracle_bound *bound) {
    for (size_t i = 0; i < out->count; i++) {
        const double r = out->data[i] / (double)q->scale[0] + q->zero_point[0];
        out->data[i] = !(r >= -128) ? -128 : r > 127 ? 127 : r;
        if (bound)
            bound->magnitude[i] /= (double)q->scale[0];
    }
}

/* The float operator of a lowered quantizer is the identity. */
static edy_status integer_body(const edy_graph *g, const edy_node *n,
                               const edy_oracle_tensor *const *in, edy_oracle_tensor *out,
                               edy_oracle_bound *bound, edy_error *err) {
    edy_node node = *n;
    if (n->op == EDY_OP_QUANTIZE)
        node.op = EDY_OP_LAYOUT;
    return edy_oracle_node(g, &node, in, EDY_ORACLE_DOUBLE, out, bound, err);
}

/* Operators on plain integers: what the tensors' scales mean is not their business. */
static edy_status plain_integers(const edy_graph *g, const edy_node *n,
                                 const edy_oracle_tensor *const *in, edy_oracle_tensor *out,
                                 edy_oracle_bound *bound, edy_error *err) {
    const edy_status st = edy_oracle_node(g, n, in, EDY_ORACLE_DOUBLE, out, bound, err);
    const double shift = g->value[n->output[0]].quant.was_u8 ? 128 : 0;
    for (size_t i = 0; !st && i < out->count; i++)
        out->data[i] -= shift;
    return st;
}

edy_status edy_oracle_integer_node(const edy_graph *graph, const edy_node *node,
                                   const edy_oracle_tensor *const *in, edy_oracle_tensor *out,
                                   edy_oracle_bound *bound, edy_error *err) {
    const edy_quant *q = &graph->value[node->output[0]].quant;
    if (node->op == EDY_OP_QLINEARMATMUL || node->op == EDY_OP_DYNAMICQUANTIZE)
        return plain_integers(graph, node, in, out, bound, err);
    if (q->count != 1)
        return edy_fail(err, EDY_UNSUPPORTED, "an integer output that has not one scale");
    edy_oracle_tensor real[EDY_MAX_INPUTS] = {0};
    const edy_oracle_tensor *reals[EDY_MAX_INPUTS] = {NULL};
    edy_status st = EDY_OK;
    for (int32_t i = 0; i < node->n_inputs && !st; i++) {
        if (!in[i])
            continue;
        st = real_input(graph, node, i, in[i], &real[i], err);
        reals[i] = &real[i];
    }
    st = st ? st : integer_body(graph, node, reals, out, bound, err);
    for (int32_t i = 0; i < node->n_inputs; i++)
        edy_oracle_tensor_free(&real[i]);
    if (!st)
        to_steps(q, out, bound);
    return st;
}
