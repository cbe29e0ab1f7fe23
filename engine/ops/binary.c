/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Functions of two numbers under broadcasting; Add and Mul, which have kernels, are kinds of their
 * own. float32, plain integers, and bool for the logical ones. Integers wrap around; a quotient by
 * 0 is 0. Min and Max keep NaN. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/broadcast.h"
#include "engine/ops/integers.h"

static bool is_comparison(int32_t sub) {
    return sub >= EDY_BINARY_EQUAL && sub <= EDY_BINARY_GREATEROREQUAL;
}

static bool is_logical(int32_t sub) {
    return sub >= EDY_BINARY_AND && sub <= EDY_BINARY_XOR;
}

/* ---- float32 --------------------------------------------------------------------------------- */

static float power(float a, float b) {
    return b == 2.0f ? a * a : powf(a, b);
}

static void row_f32(const void *context, size_t n, const void *const *x, void *out) {
    const edy_node *node = context;
    const float *a = x[0], *b = x[1];
    float *y = out;
    switch ((edy_binary)node->sub) {
    case EDY_BINARY_SUB:
        for (size_t i = 0; i < n; i++)
            y[i] = a[i] - b[i];
        break;
    case EDY_BINARY_DIV:
        for (size_t i = 0; i < n; i++)
            y[i] = a[i] / b[i];
        break;
    case EDY_BINARY_MIN:
        for (size_t i = 0; i < n; i++)
            y[i] = a[i] < b[i] || isnan(a[i]) ? a[i] : b[i];
        break;
    case EDY_BINARY_MAX:
        for (size_t i = 0; i < n; i++)
            y[i] = a[i] > b[i] || isnan(a[i]) ? a[i] : b[i];
        break;
    case EDY_BINARY_PRELU:
        for (size_t i = 0; i < n; i++)
            y[i] = a[i] < 0.0f ? a[i] * b[i] : a[i];
        break;
    default:
        for (size_t i = 0; i < n; i++)
            y[i] = power(a[i], b[i]);
    }
}

static bool compare(int32_t sub, float a, float b) {
    switch ((edy_binary)sub) {
    case EDY_BINARY_EQUAL:
        return a == b;
    case EDY_BINARY_LESS:
        return a < b;
    case EDY_BINARY_GREATER:
        return a > b;
    case EDY_BINARY_LESSOREQUAL:
        return a <= b;
    default:
        return a >= b;
    }
}

static void row_compare_f32(const void *context, size_t n, const void *const *x, void *out) {
    const edy_node *node = context;
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] =
            compare(node->sub, ((const float *)x[0])[i], ((const float *)x[1])[i]);
}

/* ---- Integers -------------------------------------------------------------------------------- */

static int64_t divide(int64_t a, int64_t b) {
    if (b == 0)
        return 0;
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

/* Negative exponents: 1, -1, or 0 after the quotient's truncation. */
static int64_t integer_power(int64_t a, int64_t b) {
    uint64_t y = 1, base = (uint64_t)a;
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    for (; b; b >>= 1, base *= base)
        y *= b & 1 ? base : 1;
    return (int64_t)y;
}

static int64_t combine(int32_t sub, int64_t a, int64_t b) {
    switch ((edy_binary)sub) {
    case EDY_BINARY_SUB:
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case EDY_BINARY_DIV:
        return divide(a, b);
    case EDY_BINARY_MIN:
        return a < b ? a : b;
    case EDY_BINARY_MAX:
        return a > b ? a : b;
    case EDY_BINARY_POW:
        return integer_power(a, b);
    case EDY_BINARY_PRELU:
        return a < 0 ? (int64_t)((uint64_t)a * (uint64_t)b) : a;
    case EDY_BINARY_EQUAL:
        return a == b;
    case EDY_BINARY_LESS:
        return a < b;
    case EDY_BINARY_GREATER:
        return a > b;
    case EDY_BINARY_LESSOREQUAL:
        return a <= b;
    case EDY_BINARY_GREATEROREQUAL:
        return a >= b;
    case EDY_BINARY_AND:
        return a && b;
    case EDY_BINARY_OR:
        return a || b;
    default:
        return !a != !b;
    }
}

typedef struct binary_state {
    edy_broadcast broadcast;
    const edy_node *node;
    edy_dtype a, b, y;
} binary_state;

static void row_integers(const void *context, size_t n, const void *const *x, void *y) {
    const binary_state *s = context;
    for (size_t i = 0; i < n; i++)
        edy_integer_store(s->y, y, i,
                          combine(s->node->sub, edy_integer_load(s->a, x[0], i),
                                  edy_integer_load(s->b, x[1], i)));
}

/* Pow of two dtypes: the result has the base's. */
static double element(edy_dtype dtype, const void *data, size_t i) {
    return dtype == EDY_F32 ? (double)((const float *)data)[i]
                            : (double)edy_integer_load(dtype, data, i);
}

static void row_mixed_power(const void *context, size_t n, const void *const *x, void *y) {
    const binary_state *s = context;
    for (size_t i = 0; i < n; i++) {
        const double p = pow(element(s->a, x[0], i), element(s->b, x[1], i));
        if (s->y == EDY_F32)
            ((float *)y)[i] = (float)p;
        else
            edy_integer_store(s->y, y, i, fabs(p) < 0x1p63 ? (int64_t)p : 0);
    }
}

/* ---- The operator ---------------------------------------------------------------------------- */

static bool is_plain(const edy_value *v) {
    return v->dtype == EDY_F32 || (edy_is_integer(v->dtype) && v->quant.count == 0);
}

static bool dtypes_fit(const edy_node *n, const edy_value *a, const edy_value *b) {
    if (n->sub == EDY_BINARY_POW)
        return is_plain(a) && is_plain(b);
    if (a->dtype != b->dtype)
        return false;
    if (is_logical(n->sub))
        return a->dtype == EDY_BOOL;
    return is_plain(a) || (n->sub == EDY_BINARY_EQUAL && a->dtype == EDY_BOOL);
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    edy_shape shape;
    const edy_status status = edy_broadcast_shape(g, n, 2, &shape, err);
    if (status)
        return status;
    if (n->sub < 0 || n->sub >= EDY_BINARY_COUNT)
        return edy_fail(err, EDY_BAD_ARGUMENT, "there is no function %d", n->sub);
    const edy_value *a = edy_node_in(g, n, 0), *b = edy_node_in(g, n, 1);
    if (!dtypes_fit(n, a, b))
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s and %s",
                        edy_dtype_text(a->dtype), edy_dtype_text(b->dtype));
    if (n->sub == EDY_BINARY_PRELU && !edy_shape_equal(&shape, &a->shape))
        return edy_fail(err, EDY_BAD_FILE, "a slope that does not fit the input");
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = is_comparison(n->sub) || is_logical(n->sub) ? EDY_BOOL : a->dtype;
    return EDY_OK;
}

static void run(const edy_step *step, edy_threads *threads) {
    binary_state *s = step->state;
    edy_broadcast_run(&s->broadcast, threads);
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    binary_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->node = n;
    s->a = edy_node_in(p->graph, n, 0)->dtype;
    s->b = edy_node_in(p->graph, n, 1)->dtype;
    s->y = p->graph->value[n->output[0]].dtype;
    const bool real = s->a == EDY_F32;
    const void *context = s;
    edy_row_fn row = row_integers;
    if (s->a != s->b)
        row = row_mixed_power;
    else if (real) {
        row = is_comparison(n->sub) ? row_compare_f32 : row_f32;
        context = n;
    }
    edy_broadcast_make(&s->broadcast, p->graph, step, 2, row, context);
    step->state = s;
    step->run = run;
    step->kernel = real ? "f32_binary__scalar" : "integer_binary__scalar";
    step->reason = s->broadcast.rank == 1 ? "elementwise" : "operands that are spread";
    return EDY_OK;
}

const edy_op edy_op_binary = {
    .infer = infer, .prepare = prepare, .overwrites = edy_broadcast_overwrites, .folds = true};
