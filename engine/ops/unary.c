/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* y[i] = f(x[i]): one row a function. float32 by the C library; 8-bit integers between quantizers
 * by a table of 256 entries (NUMERICS.md); plain integers where the function has them. */
#include "engine/ops/op_table.h"

#include <math.h>

#include "engine/ops/elementwise.h"
#include "engine/ops/integers.h"
#include "engine/tflite_fixed.h"

/* ---- The functions; NaN gives NaN ------------------------------------------------------------ */

static float f_sigmoid(const edy_node *n, float x) {
    (void)n;
    return 1.0f / (1.0f + expf(-x));
}

static float unit(float x) {
    return x < 0.0f ? 0.0f : x > 1.0f ? 1.0f : x;
}

static float f_hardsigmoid(const edy_node *n, float x) {
    return unit(n->alpha * x + n->beta);
}

static float f_hardswish(const edy_node *n, float x) {
    (void)n;
    return x * unit(x / 6.0f + 0.5f);
}

static float f_tanh(const edy_node *n, float x) {
    (void)n;
    return tanhf(x);
}

static float f_elu(const edy_node *n, float x) {
    return x < 0.0f ? n->alpha * expm1f(x) : x;
}

static float f_selu(const edy_node *n, float x) {
    return x < 0.0f ? n->beta * (n->alpha * expm1f(x)) : n->beta * x;
}

static float f_celu(const edy_node *n, float x) {
    return x < 0.0f ? n->alpha * expm1f(x / n->alpha) : x;
}

/* log(1 + exp(x)) that neither overflows nor cancels. */
static float f_softplus(const edy_node *n, float x) {
    (void)n;
    const float positive = x < 0.0f ? 0.0f : x;
    return positive + log1pf(expf(-fabsf(x)));
}

static float f_softsign(const edy_node *n, float x) {
    (void)n;
    return isinf(x) ? copysignf(1.0f, x) : x / (1.0f + fabsf(x));
}

static float f_thresholdedrelu(const edy_node *n, float x) {
    return x <= n->alpha ? 0.0f : x;
}

static float f_erf(const edy_node *n, float x) {
    (void)n;
    return erff(x);
}

static float f_exp(const edy_node *n, float x) {
    (void)n;
    return expf(x);
}

static float f_log(const edy_node *n, float x) {
    (void)n;
    return logf(x);
}

static float f_sqrt(const edy_node *n, float x) {
    (void)n;
    return sqrtf(x);
}

static float f_reciprocal(const edy_node *n, float x) {
    (void)n;
    return 1.0f / x;
}

static float f_floor(const edy_node *n, float x) {
    (void)n;
    return floorf(x);
}

static float f_ceil(const edy_node *n, float x) {
    (void)n;
    return ceilf(x);
}

static float f_round(const edy_node *n, float x) {
    (void)n;
    return rintf(x);
}

static float f_sign(const edy_node *n, float x) {
    (void)n;
    return isnan(x) ? x : (float)(x > 0.0f) - (float)(x < 0.0f);
}

static float f_neg(const edy_node *n, float x) {
    (void)n;
    return -x;
}

static float f_abs(const edy_node *n, float x) {
    (void)n;
    return fabsf(x);
}

static float f_sin(const edy_node *n, float x) {
    (void)n;
    return sinf(x);
}

static float f_cos(const edy_node *n, float x) {
    (void)n;
    return cosf(x);
}

static int64_t i_neg(int64_t x) {
    return (int64_t)(0 - (uint64_t)x);
}

static int64_t i_abs(int64_t x) {
    return x < 0 ? i_neg(x) : x;
}

static int64_t i_sign(int64_t x) {
    return (x > 0) - (x < 0);
}

static int64_t i_not(int64_t x) {
    return x == 0;
}

typedef int64_t (*integer_fn)(int64_t x);

static const struct {
    edy_unary_fn real;  /* NULL: none */
    integer_fn integer; /* NULL: none */
} functions[EDY_UNARY_COUNT] = {
    [EDY_UNARY_SIGMOID] = {f_sigmoid, NULL},
    [EDY_UNARY_HARDSIGMOID] = {f_hardsigmoid, NULL},
    [EDY_UNARY_HARDSWISH] = {f_hardswish, NULL},
    [EDY_UNARY_TANH] = {f_tanh, NULL},
    [EDY_UNARY_ELU] = {f_elu, NULL},
    [EDY_UNARY_SELU] = {f_selu, NULL},
    [EDY_UNARY_CELU] = {f_celu, NULL},
    [EDY_UNARY_SOFTPLUS] = {f_softplus, NULL},
    [EDY_UNARY_SOFTSIGN] = {f_softsign, NULL},
    [EDY_UNARY_THRESHOLDEDRELU] = {f_thresholdedrelu, NULL},
    [EDY_UNARY_ERF] = {f_erf, NULL},
    [EDY_UNARY_EXP] = {f_exp, NULL},
    [EDY_UNARY_LOG] = {f_log, NULL},
    [EDY_UNARY_SQRT] = {f_sqrt, NULL},
    [EDY_UNARY_RECIPROCAL] = {f_reciprocal, NULL},
    [EDY_UNARY_FLOOR] = {f_floor, NULL},
    [EDY_UNARY_CEIL] = {f_ceil, NULL},
    [EDY_UNARY_ROUND] = {f_round, NULL},
    [EDY_UNARY_SIGN] = {f_sign, i_sign},
    [EDY_UNARY_NEG] = {f_neg, i_neg},
    [EDY_UNARY_ABS] = {f_abs, i_abs},
    [EDY_UNARY_NOT] = {NULL, i_not},
    [EDY_UNARY_SIN] = {f_sin, NULL},
    [EDY_UNARY_COS] = {f_cos, NULL},
};

/* ---- The operator ---------------------------------------------------------------------------- */

typedef struct unary_state {
    const edy_kernels *kernels;
    const edy_node *node;
    size_t elems;
    const void *x;
    void *y;
    edy_dtype dtype;
    int8_t table[256];
} unary_state;

static bool is_quantized(const edy_value *v) {
    return v->dtype == EDY_S8 && v->quant.count > 0;
}

static bool has_dtype(const edy_value *x, int32_t sub) {
    if (x->dtype == EDY_BOOL)
        return sub == EDY_UNARY_NOT;
    if (x->dtype == EDY_F32 || is_quantized(x))
        return functions[sub].real != NULL;
    return edy_is_integer(x->dtype) && functions[sub].integer != NULL && sub != EDY_UNARY_NOT;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    if (n->sub < 0 || n->sub >= EDY_UNARY_COUNT)
        return edy_fail(err, EDY_BAD_ARGUMENT, "there is no function %d", n->sub);
    if (!has_dtype(x, n->sub))
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    if (isnan(n->alpha) || isnan(n->beta) || (n->sub == EDY_UNARY_CELU && n->alpha == 0.0f))
        return edy_fail(err, EDY_BAD_FILE, "alpha is %g, beta is %g", (double)n->alpha,
                        (double)n->beta);
    edy_value *y = edy_node_out(g, n, 0);
    if (n->rule == EDY_RULE_TFLITE &&
        (n->sub != EDY_UNARY_SIGMOID || y->quant.count != 1 || y->quant.scale[0] != 1.0f / 256 ||
         y->quant.zero_point[0] != -128))
        return edy_fail(err, EDY_UNSUPPORTED,
                        "an integer output whose scale and zero point are not 1/256 and -128");
    if (is_quantized(x) && (x->quant.count != 1 || y->quant.count != 1))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = x->shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static void run_f32(void *context, size_t begin, size_t end) {
    const unary_state *s = context;
    const edy_unary_fn f = functions[s->node->sub].real;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    const float *x = (const float *)s->x + at;
    float *y = (float *)s->y + at;
    for (size_t i = 0; i < n; i++)
        y[i] = f(s->node, x[i]);
}

static void run_integers(void *context, size_t begin, size_t end) {
    const unary_state *s = context;
    const integer_fn f = functions[s->node->sub].integer;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    for (size_t i = at; i < at + n; i++)
        edy_integer_store(s->dtype, s->y, i, f(edy_integer_load(s->dtype, s->x, i)));
}

static void run_table(void *context, size_t begin, size_t end) {
    const unary_state *s = context;
    size_t at;
    const size_t n = edy_flat_range(s->elems, begin, end, &at);
    s->kernels->s8_lut(n, (const int8_t *)s->x + at, (int8_t *)s->y + at, s->table);
}

static void run_step_f32(const edy_step *step, edy_threads *threads) {
    unary_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_f32, s);
}

static void run_step_integers(const edy_step *step, edy_threads *threads) {
    unary_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_integers, s);
}

static void run_step_table(const edy_step *step, edy_threads *threads) {
    unary_state *s = step->state;
    edy_parallel_for(threads, edy_flat_items(s->elems), run_table, s);
}

/* With the clamp that lowering may have put behind it. */
static float clamped(const edy_node *n, float x) {
    return edy_unary_clamp(n, functions[n->sub].real(n, x));
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0);
    unary_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    s->kernels = p->kernels;
    s->node = n;
    s->elems = edy_shape_count(&x->shape);
    s->x = step->in[0];
    s->y = step->out[0];
    s->dtype = x->dtype;
    step->state = s;
    step->reason = "elementwise";
    if (is_quantized(x)) {
        if (n->rule == EDY_RULE_TFLITE) /* infer allows SIGMOID alone */
            edy_tflite_logistic_table(x->quant.scale[0], x->quant.zero_point[0], s->table);
        else
            edy_table_make(p->graph, n, 0, clamped, s->table);
        step->run = run_step_table;
        step->kernel = edy_planner_name(p, "s8_lut", p->kernels->s8_lut == p->scalar->s8_lut);
        return EDY_OK;
    }
    step->run = x->dtype == EDY_F32 ? run_step_f32 : run_step_integers;
    step->kernel = x->dtype == EDY_F32 ? "f32_unary__scalar" : "integer_unary__scalar";
    return EDY_OK;
}

const edy_op edy_op_unary = {
    .infer = infer, .prepare = prepare, .overwrites = edy_overwrites_first, .folds = true};
