/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's functions of one number, as the ONNX specification writes them, in double. */
#include <math.h>

#include "bench/oracle_ops.h"

/* One result: the value, and the size of the numbers that were rounded on the way to it. */
typedef struct point {
    double y, magnitude;
} point;

static point plain(double y) {
    return (point){y, fabs(y)};
}

static point sigmoid(const edy_node *n, double x) {
    (void)n;
    return plain(1 / (1 + exp(-x)));
}

static point hardsigmoid(const edy_node *n, double x) {
    const double line = (double)n->alpha * x + (double)n->beta;
    const double y = line < 0 ? 0 : line > 1 ? 1 : line;
    return (point){y, fabs((double)n->alpha * x) + fabs((double)n->beta)};
}

static point hardswish(const edy_node *n, double x) {
    (void)n;
    const double gate = x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
    return (point){isnan(x) ? x : x * gate, fabs(x) * (fabs(x) / 6 + 0.5)};
}

static point hyperbolic(const edy_node *n, double x) {
    (void)n;
    return plain(tanh(x));
}

static point elu(const edy_node *n, double x) {
    return plain(x < 0 ? (double)n->alpha * expm1(x) : x);
}

static point selu(const edy_node *n, double x) {
    return plain((double)n->beta * (x < 0 ? (double)n->alpha * expm1(x) : x));
}

/* The rounded quotient x / alpha moves the exponential by |x / alpha| times its value. */
static point celu(const edy_node *n, double x) {
    const double a = (double)n->alpha, y = x < 0 ? a * expm1(x / a) : x;
    return (point){y, fabs(y) + (x < 0 ? fabs(x) * exp(x / a) : 0)};
}

static point softplus(const edy_node *n, double x) {
    (void)n;
    return plain(x > 700 ? x : log1p(exp(x)));
}

static point softsign(const edy_node *n, double x) {
    (void)n;
    return plain(isinf(x) ? (x > 0 ? 1 : -1) : x / (1 + fabs(x)));
}

static point thresholdedrelu(const edy_node *n, double x) {
    return (point){x <= (double)n->alpha ? 0 : x, 0};
}

static point error_function(const edy_node *n, double x) {
    (void)n;
    return plain(erf(x));
}

static point exponential(const edy_node *n, double x) {
    (void)n;
    return plain(exp(x));
}

static point logarithm(const edy_node *n, double x) {
    (void)n;
    return plain(log(x));
}

static point root(const edy_node *n, double x) {
    (void)n;
    return plain(sqrt(x));
}

static point reciprocal(const edy_node *n, double x) {
    (void)n;
    return plain(1 / x);
}

static point sine(const edy_node *n, double x) {
    (void)n;
    return plain(sin(x));
}

static point cosine(const edy_node *n, double x) {
    (void)n;
    return plain(cos(x));
}

static point down(const edy_node *n, double x) {
    (void)n;
    return (point){floor(x), 0};
}

static point up(const edy_node *n, double x) {
    (void)n;
    return (point){ceil(x), 0};
}

/* To the nearest integer, ties to the even one, without the rounding mode. */
static point nearest(const edy_node *n, double x) {
    (void)n;
    const double low = floor(x), rest = x - low;
    if (!(fabs(x) < 4503599627370496.0))
        return (point){x, 0};
    const bool above = rest > 0.5 || (rest == 0.5 && fmod(low, 2) != 0);
    return (point){above ? low + 1 : low, 0};
}

static point sign(const edy_node *n, double x) {
    (void)n;
    return (point){isnan(x) ? x : x > 0 ? 1 : x < 0 ? -1 : 0, 0};
}

static point negative(const edy_node *n, double x) {
    (void)n;
    return (point){-x, 0};
}

static point absolute(const edy_node *n, double x) {
    (void)n;
    return (point){fabs(x), 0};
}

static point negation(const edy_node *n, double x) {
    (void)n;
    return (point){x == 0, 0};
}

static const struct {
    point (*f)(const edy_node *n, double x);
    int terms; /* roundings on the way, and ulps of a C library's function; 0: exact */
} functions[EDY_UNARY_COUNT] = {
    [EDY_UNARY_SIGMOID] = {sigmoid, 4},
    [EDY_UNARY_HARDSIGMOID] = {hardsigmoid, 2},
    [EDY_UNARY_HARDSWISH] = {hardswish, 4},
    [EDY_UNARY_TANH] = {hyperbolic, 3},
    [EDY_UNARY_ELU] = {elu, 4},
    [EDY_UNARY_SELU] = {selu, 5},
    [EDY_UNARY_CELU] = {celu, 5},
    [EDY_UNARY_SOFTPLUS] = {softplus, 6},
    [EDY_UNARY_SOFTSIGN] = {softsign, 2},
    [EDY_UNARY_THRESHOLDEDRELU] = {thresholdedrelu, 0},
    [EDY_UNARY_ERF] = {error_function, 3},
    [EDY_UNARY_EXP] = {exponential, 2},
    [EDY_UNARY_LOG] = {logarithm, 2},
    [EDY_UNARY_SQRT] = {root, 1},
    [EDY_UNARY_RECIPROCAL] = {reciprocal, 1},
    [EDY_UNARY_FLOOR] = {down, 0},
    [EDY_UNARY_CEIL] = {up, 0},
    [EDY_UNARY_ROUND] = {nearest, 0},
    [EDY_UNARY_SIGN] = {sign, 0},
    [EDY_UNARY_NEG] = {negative, 0},
    [EDY_UNARY_ABS] = {absolute, 0},
    [EDY_UNARY_NOT] = {negation, 0},
    [EDY_UNARY_SIN] = {sine, 3},
    [EDY_UNARY_COS] = {cosine, 3},
};

edy_status edy_oracle_unary(edy_oracle_call *c) {
    const int32_t sub = c->node->sub;
    if (sub < 0 || sub >= EDY_UNARY_COUNT)
        return edy_fail(c->err, EDY_UNSUPPORTED, "function %d is not known", sub);
    c->terms = functions[sub].terms;
    for (size_t i = 0; i < c->out->count; i++) {
        const point p = functions[sub].f(c->node, c->in[0]->data[i]);
        c->out->data[i] = edy_oracle_clamp(c, edy_oracle_round(c, p.y));
        c->magnitude[i] = p.magnitude;
    }
    return EDY_OK;
}
