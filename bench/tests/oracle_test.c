/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle against cases computed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/oracle.h"

/* ---- Building -------------------------------------------------------------------------------- */

typedef struct net {
    edy_graph *g;
    int32_t node;
} net;

static edy_shape shape(int32_t rank, int64_t a, int64_t b, int64_t c, int64_t d) {
    const int64_t dim[] = {a, b, c, d};
    return edy_shape_make(rank, dim);
}

static net begin(edy_op_kind op) {
    net n = {NULL, -1};
    assert_int_equal(edy_graph_create(&n.g, NULL), EDY_OK);
    assert_int_equal(edy_graph_add_node(n.g, op, "n", &n.node, NULL), EDY_OK);
    edy_window *w = &n.g->node[n.node].window;
    w->kernel[0] = w->kernel[1] = w->stride[0] = w->stride[1] = 1;
    w->dilation[0] = w->dilation[1] = w->groups = 1;
    return n;
}

static edy_value_id value(net *n, edy_dtype dtype, edy_shape s) {
    edy_value_id id;
    assert_int_equal(edy_graph_add_value(n->g, "v", dtype, &id, NULL), EDY_OK);
    n->g->value[id].shape = s;
    n->g->value[id].shape_known = true;
    return id;
}

static void input(net *n, edy_dtype dtype, edy_shape s) {
    const edy_value_id id = value(n, dtype, s);
    edy_node *node = &n->g->node[n->node];
    node->input[node->n_inputs++] = id;
}

static void output(net *n, edy_dtype dtype, edy_shape s) {
    const edy_value_id id = value(n, dtype, s);
    n->g->node[n->node].output[0] = id;
    n->g->node[n->node].n_outputs = 1;
}

enum { MAX = 64 };

/* Runs the only node on in[0..n_inputs), each as doubles; the result goes to y. */
static edy_status eval(net *n, double *const in[], edy_oracle_precision precision, double y[MAX],
                       double magnitude[MAX], double *terms) {
    const edy_node *node = &n->g->node[n->node];
    edy_oracle_tensor t[EDY_MAX_INPUTS], out;
    const edy_oracle_tensor *p[EDY_MAX_INPUTS] = {NULL};
    for (int32_t i = 0; i < node->n_inputs; i++) {
        t[i].shape = n->g->value[node->input[i]].shape;
        t[i].count = edy_shape_count(&t[i].shape);
        t[i].data = in[i];
        p[i] = &t[i];
    }
    edy_oracle_bound bound;
    edy_status st = edy_oracle_node(n->g, node, p, precision, &out, &bound, NULL);
    if (st)
        return st;
    assert_true(out.count <= MAX);
    memcpy(y, out.data, out.count * sizeof *y);
    if (magnitude)
        memcpy(magnitude, bound.magnitude, out.count * sizeof *magnitude);
    if (terms)
        *terms = bound.terms;
    edy_oracle_tensor_free(&out);
    edy_oracle_bound_free(&bound);
    return EDY_OK;
}

static void same(const double *got, const double *want, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= 1e-12))
            fail_msg("element %zu is %.17g, not %.17g", i, got[i], want[i]);
}

/* ---- Convolution ----------------------------------------------------------------------------- */

static void conv_with_padding_stride_and_bias(void **state) {
    (void)state;
    net n = begin(EDY_OP_CONV);
    input(&n, EDY_F32, shape(4, 1, 1, 3, 3));
    input(&n, EDY_F32, shape(4, 1, 1, 2, 2));
    input(&n, EDY_F32, shape(1, 1, 0, 0, 0));
    output(&n, EDY_F32, shape(4, 1, 1, 2, 2));
    edy_window *w = &n.g->node[n.node].window;
    w->kernel[0] = w->kernel[1] = w->stride[0] = w->stride[1] = 2;
    w->pad[0] = w->pad[1] = 1; /* top, left */
    double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, k[] = {1, 10, 100, 1000}, b[] = {0.5};
    double *in[] = {x, k, b}, y[MAX], s[MAX], terms;
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, s, &terms), EDY_OK);
    same(y, (double[]){1000.5, 3200.5, 7040.5, 9865.5}, 4);
    same(s, (double[]){1000.5, 3200.5, 7040.5, 9865.5}, 4);
    assert_true(terms == 5);
    edy_graph_destroy(n.g);
}

static void conv_groups_dilation_residual_and_clamp(void **state) {
    (void)state;
    net n = begin(EDY_OP_CONV);
    input(&n, EDY_F32, shape(4, 1, 2, 1, 3));
    input(&n, EDY_F32, shape(4, 2, 1, 1, 2));
    input(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    input(&n, EDY_F32, shape(4, 1, 2, 1, 1)); /* residual */
    output(&n, EDY_F32, shape(4, 1, 2, 1, 1));
    edy_node *node = &n.g->node[n.node];
    node->window.kernel[1] = 2;
    node->window.dilation[1] = 2;
    node->window.groups = 2;
    node->act_min = 0;
    node->act_max = 6;
    double x[] = {1, 9, 2, 3, 9, 4}, k[] = {1, 2, -1, -2}, b[] = {0, 0}, r[] = {0.25, 1};
    double *in[] = {x, k, b, r}, y[MAX], s[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, s, NULL), EDY_OK);
    same(y, (double[]){5.25, 0}, 2); /* 1 + 4 + 0.25; -3 - 8 + 1 clamps to 0 */
    same(s, (double[]){5.25, 12}, 2);
    edy_graph_destroy(n.g);
}

static void conv_same_padding_is_asymmetric(void **state) {
    (void)state;
    double x[] = {1, 2, 3, 4}, k[] = {1, 10}, *in[] = {x, k}, y[MAX];
    for (int lower = 0; lower < 2; lower++) {
        net n = begin(EDY_OP_CONV);
        input(&n, EDY_F32, shape(4, 1, 1, 1, 4));
        input(&n, EDY_F32, shape(4, 1, 1, 1, 2));
        output(&n, EDY_F32, shape(4, 1, 1, 1, 4));
        edy_window *w = &n.g->node[n.node].window;
        w->kernel[1] = 2;
        w->auto_pad = lower ? EDY_PAD_SAME_LOWER : EDY_PAD_SAME_UPPER;
        assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
        same(y, lower ? (double[]){10, 21, 32, 43} : (double[]){21, 32, 43, 4}, 4);
        edy_graph_destroy(n.g);
    }
}

static void a_wrong_output_extent_is_refused(void **state) {
    (void)state;
    net n = begin(EDY_OP_CONV);
    input(&n, EDY_F32, shape(4, 1, 1, 1, 4));
    input(&n, EDY_F32, shape(4, 1, 1, 1, 2));
    output(&n, EDY_F32, shape(4, 1, 1, 1, 4)); /* 3 is right */
    n.g->node[n.node].window.kernel[1] = 2;
    double x[4] = {0}, k[2] = {0}, *in[] = {x, k}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_BAD_ARGUMENT);
    edy_graph_destroy(n.g);
}

/* ---- Others ---------------------------------------------------------------------------------- */

static void gemm_transposed_with_alpha_and_beta(void **state) {
    (void)state;
    net n = begin(EDY_OP_GEMM);
    input(&n, EDY_F32, shape(2, 2, 2, 0, 0));
    input(&n, EDY_F32, shape(2, 3, 2, 0, 0)); /* B' */
    input(&n, EDY_F32, shape(1, 3, 0, 0, 0));
    output(&n, EDY_F32, shape(2, 2, 3, 0, 0));
    edy_node *node = &n.g->node[n.node];
    node->trans_a = node->trans_b = true;
    node->alpha = 2;
    node->beta = 0.5f;
    double a[] = {1, 3, 2, 4} /* A = {{1,2},{3,4}} stored transposed */;
    double b[] = {1, 0, 0, 1, 1, 1}, c[] = {2, 4, 6}, *in[] = {a, b, c}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){3, 6, 9, 7, 10, 17}, 6);
    edy_graph_destroy(n.g);
}

static void batchnorm(void **state) {
    (void)state;
    net n = begin(EDY_OP_BATCHNORM);
    input(&n, EDY_F32, shape(4, 1, 2, 1, 2));
    for (int i = 0; i < 4; i++)
        input(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    output(&n, EDY_F32, shape(4, 1, 2, 1, 2));
    n.g->node[n.node].epsilon = 1;
    double x[] = {1, 3, 5, 7}, scale[] = {2, 3}, shift[] = {10, 20}, mean[] = {1, 5};
    double variance[] = {3, 8}, *in[] = {x, scale, shift, mean, variance}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){10, 12, 20, 22}, 4);
    edy_graph_destroy(n.g);
}

static void clip_is_exact_and_keeps_nan(void **state) {
    (void)state;
    net n = begin(EDY_OP_CLIP);
    input(&n, EDY_F32, shape(1, 4, 0, 0, 0));
    output(&n, EDY_F32, shape(1, 4, 0, 0, 0));
    n.g->node[n.node].act_min = -1;
    n.g->node[n.node].act_max = 1;
    double x[] = {-2, 0.5, 2, NAN}, *in[] = {x}, y[MAX], terms;
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, &terms), EDY_OK);
    same(y, (double[]){-1, 0.5, 1}, 3);
    assert_true(isnan(y[3]));
    assert_true(terms == 0);
    edy_graph_destroy(n.g);
}

static void mul_broadcasts_like_numpy(void **state) {
    (void)state;
    net n = begin(EDY_OP_MUL);
    input(&n, EDY_F32, shape(3, 2, 2, 2, 0));
    input(&n, EDY_F32, shape(2, 2, 1, 0, 0)); /* [2, 1]: along the middle axis */
    output(&n, EDY_F32, shape(3, 2, 2, 2, 0));
    double x[] = {1, 2, 3, 4, 5, 6, 7, 8}, k[] = {10, 100}, *in[] = {x, k}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){10, 20, 300, 400, 50, 60, 700, 800}, 8);
    edy_graph_destroy(n.g);
}

static void pools_with_padding(void **state) {
    (void)state;
    double x[] = {-1, -2, -3, -4}, *in[] = {x}, y[MAX];
    const struct {
        edy_op_kind op;
        bool count_pad;
        double want[3];
    } cases[] = {{EDY_OP_MAXPOOL, false, {-1, -2, -4}},
                 {EDY_OP_AVGPOOL, false, {-1, -2.5, -4}},
                 {EDY_OP_AVGPOOL, true, {-0.5, -2.5, -2}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        net n = begin(cases[i].op);
        input(&n, EDY_F32, shape(4, 1, 1, 1, 4));
        output(&n, EDY_F32, shape(4, 1, 1, 1, 3));
        edy_window *w = &n.g->node[n.node].window;
        w->kernel[1] = w->stride[1] = 2;
        w->pad[1] = w->pad[3] = 1;
        w->count_include_pad = cases[i].count_pad;
        assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
        same(y, cases[i].want, 3);
        edy_graph_destroy(n.g);
    }
}

static void ceil_mode_counts_only_what_is_there(void **state) {
    (void)state;
    net n = begin(EDY_OP_AVGPOOL);
    input(&n, EDY_F32, shape(4, 1, 1, 1, 3));
    output(&n, EDY_F32, shape(4, 1, 1, 1, 2));
    edy_window *w = &n.g->node[n.node].window;
    w->kernel[1] = w->stride[1] = 2;
    w->ceil_mode = w->count_include_pad = true;
    double x[] = {1, 2, 3}, *in[] = {x}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){1.5, 3}, 2);
    edy_graph_destroy(n.g);
}

static void softmax_sums_to_one_along_its_axis(void **state) {
    (void)state;
    net n = begin(EDY_OP_SOFTMAX);
    input(&n, EDY_F32, shape(3, 1, 2, 2, 0));
    output(&n, EDY_F32, shape(3, 1, 2, 2, 0));
    n.g->node[n.node].axis = 1;
    double x[] = {0, 1000, log(3), 1000}, *in[] = {x}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){0.25, 0.5, 0.75, 0.5}, 4);
    n.g->node[n.node].softmax_flattens = true;
    x[1] = x[3] = -1000;
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){0.25, 0, 0.75, 0}, 4);
    edy_graph_destroy(n.g);
}

static void transpose_and_pad_move_elements(void **state) {
    (void)state;
    net n = begin(EDY_OP_TRANSPOSE);
    input(&n, EDY_F32, shape(3, 1, 2, 3, 0));
    output(&n, EDY_F32, shape(3, 3, 1, 2, 0));
    edy_node *node = &n.g->node[n.node];
    node->n_perm = 3;
    node->perm[0] = 2;
    node->perm[1] = 0;
    node->perm[2] = 1;
    double x[] = {1, 2, 3, 4, 5, 6}, *in[] = {x}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){1, 4, 2, 5, 3, 6}, 6);
    edy_graph_destroy(n.g);

    n = begin(EDY_OP_PAD);
    input(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    output(&n, EDY_F32, shape(1, 4, 0, 0, 0));
    n.g->node[n.node].pads[0] = n.g->node[n.node].pads[1] = 1;
    n.g->node[n.node].pad_value = 9;
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){9, 1, 2, 9}, 4);
    edy_graph_destroy(n.g);
}

/* ---- Quantization ---------------------------------------------------------------------------- */

static void quantize_rounds_ties_to_even_and_saturates(void **state) {
    (void)state;
    net n = begin(EDY_OP_QUANTIZE);
    input(&n, EDY_F32, shape(1, 6, 0, 0, 0));
    input(&n, EDY_F32, shape(0, 0, 0, 0, 0));
    input(&n, EDY_U8, shape(0, 0, 0, 0, 0));
    output(&n, EDY_U8, shape(1, 6, 0, 0, 0));
    double x[] = {0.25, 0.75, -0.25, 1e9, -1e9, NAN}, scale[] = {0.5}, zero[] = {128};
    double *in[] = {x, scale, zero}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){128, 130, 128, 255, 0, 0}, 6);
    edy_graph_destroy(n.g);
}

static void quantize_divides_in_binary32(void **state) {
    (void)state;
    /* 0.35f / 0.1f is 3.5 in binary32, a tie that goes to 4; in double it is below and gives 3. */
    net n = begin(EDY_OP_QUANTIZE);
    input(&n, EDY_F32, shape(1, 1, 0, 0, 0));
    input(&n, EDY_F32, shape(0, 0, 0, 0, 0));
    input(&n, EDY_S8, shape(0, 0, 0, 0, 0));
    output(&n, EDY_S8, shape(1, 1, 0, 0, 0));
    double x[] = {(double)0.35f}, scale[] = {(double)0.1f}, zero[] = {0}, *in[] = {x, scale, zero};
    double y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    assert_true(y[0] == 4);
    edy_graph_destroy(n.g);
}

static void dequantize_per_channel(void **state) {
    (void)state;
    net n = begin(EDY_OP_DEQUANTIZE);
    input(&n, EDY_S8, shape(2, 2, 2, 0, 0));
    input(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    input(&n, EDY_S8, shape(1, 2, 0, 0, 0));
    output(&n, EDY_F32, shape(2, 2, 2, 0, 0));
    n.g->node[n.node].axis = 0;
    double x[] = {1, 2, 3, 4}, scale[] = {0.5, 2}, zero[] = {0, 1}, *in[] = {x, scale, zero},
           y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    same(y, (double[]){0.5, 1, 4, 6}, 4);
    edy_graph_destroy(n.g);
}

static void qlinearconv(void **state) {
    (void)state;
    net n = begin(EDY_OP_QLINEARCONV);
    input(&n, EDY_U8, shape(4, 1, 1, 1, 2));
    input(&n, EDY_F32, shape(0, 0, 0, 0, 0));
    input(&n, EDY_U8, shape(0, 0, 0, 0, 0));
    input(&n, EDY_S8, shape(4, 2, 1, 1, 2));
    input(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    input(&n, EDY_S8, shape(1, 2, 0, 0, 0));
    input(&n, EDY_F32, shape(0, 0, 0, 0, 0));
    input(&n, EDY_U8, shape(0, 0, 0, 0, 0));
    input(&n, EDY_S32, shape(1, 2, 0, 0, 0));
    output(&n, EDY_U8, shape(4, 1, 2, 1, 1));
    n.g->node[n.node].window.kernel[1] = 2;
    double x[] = {130, 120}, xs[] = {0.5}, xz[] = {128}, w[] = {1, 2, -3, 4}, ws[] = {1, 0.5};
    double wz[] = {0, 0}, ys[] = {2}, yz[] = {10}, b[] = {6, -100};
    double *in[] = {x, xs, xz, w, ws, wz, ys, yz, b}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    /* acc 2*1 - 8*2 + 6 = -8, * 0.5 / 2 = -2; acc -6 - 32 - 100 = -138, * 0.25 / 2 = -17.25 */
    same(y, (double[]){8, 0}, 2);
    edy_graph_destroy(n.g);
}

static void integer_conv_gives_the_number_before_rounding(void **state) {
    (void)state;
    net n = begin(EDY_OP_CONV);
    input(&n, EDY_S8, shape(4, 1, 1, 1, 2));
    input(&n, EDY_S8, shape(4, 1, 1, 1, 2));
    input(&n, EDY_S32, shape(1, 1, 0, 0, 0));
    output(&n, EDY_S8, shape(4, 1, 1, 1, 1));
    edy_node *node = &n.g->node[n.node];
    node->window.kernel[1] = 2;
    static const float xs = 0.5f, ws = 0.25f, ys = 1.0f;
    static const int32_t xz = 1, wz = 0, yz = -3;
    n.g->value[node->input[0]].quant = (edy_quant){.count = 1, .scale = &xs, .zero_point = &xz};
    n.g->value[node->input[1]].quant = (edy_quant){.count = 1, .scale = &ws, .zero_point = &wz};
    n.g->value[node->output[0]].quant = (edy_quant){.count = 1, .scale = &ys, .zero_point = &yz};
    double x[] = {11, -4}, w[] = {3, 2}, b[] = {7};
    edy_oracle_tensor t[] = {
        {shape(4, 1, 1, 1, 2), 2, x}, {shape(4, 1, 1, 1, 2), 2, w}, {shape(1, 1, 0, 0, 0), 1, b}};
    const edy_oracle_tensor *in[] = {&t[0], &t[1], &t[2]};
    edy_oracle_tensor out;
    edy_oracle_bound bound;
    assert_int_equal(edy_oracle_integer_node(n.g, node, in, &out, &bound, NULL), EDY_OK);
    assert_true(out.data[0] == (10 * 3 - 5 * 2 + 7) * 0.125 - 3); /* 0.375 */
    assert_true(bound.magnitude[0] == (30 + 10 + 7) * 0.125);
    edy_oracle_tensor_free(&out);
    edy_oracle_bound_free(&bound);
    edy_graph_destroy(n.g);
}

/* ---- Precision and graphs -------------------------------------------------------------------- */

static void float_mode_rounds_every_operation(void **state) {
    (void)state;
    net n = begin(EDY_OP_GEMM);
    input(&n, EDY_F32, shape(2, 1, 3, 0, 0));
    input(&n, EDY_F32, shape(2, 3, 1, 0, 0));
    output(&n, EDY_F32, shape(2, 1, 1, 0, 0));
    n.g->node[n.node].alpha = n.g->node[n.node].beta = 1;
    double a[] = {16777216, 1, 1}, b[] = {1, 1, 1}, *in[] = {a, b}, y[MAX];
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_OK);
    assert_true(y[0] == 16777218);
    assert_int_equal(eval(&n, in, EDY_ORACLE_FLOAT, y, NULL, NULL), EDY_OK);
    assert_true(y[0] == 16777216);
    edy_graph_destroy(n.g);
}

static void a_graph_runs_in_order(void **state) {
    (void)state;
    net n = begin(EDY_OP_RELU); /* relu(x) + x, x [2] */
    input(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    output(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    edy_value_id x = n.g->node[0].input[0], r = n.g->node[0].output[0];
    assert_int_equal(edy_graph_add_node(n.g, EDY_OP_ADD, "add", &n.node, NULL), EDY_OK);
    output(&n, EDY_F32, shape(1, 2, 0, 0, 0));
    edy_node *add = &n.g->node[n.node];
    add->n_inputs = 2;
    add->input[0] = r;
    add->input[1] = x;
    n.g->input = calloc(1, sizeof *n.g->input);
    assert_non_null(n.g->input);
    n.g->input[0] = x;
    n.g->n_inputs = 1;
    edy_oracle *oracle;
    assert_int_equal(edy_oracle_create(n.g, EDY_ORACLE_DOUBLE, &oracle, NULL), EDY_OK);
    const float in[] = {-3, 2};
    for (int again = 0; again < 2; again++)
        assert_int_equal(edy_oracle_run(oracle, (const void *[]){in}, NULL), EDY_OK);
    same(edy_oracle_value(oracle, add->output[0])->data, (double[]){-3, 4}, 2);
    edy_oracle_destroy(oracle);
    edy_graph_destroy(n.g);
}

static void leaky_relu_scales_what_is_below_zero(void **state) {
    (void)state;
    net n = begin(EDY_OP_LEAKYRELU);
    input(&n, EDY_F32, shape(1, 4, 0, 0, 0));
    output(&n, EDY_F32, shape(1, 4, 0, 0, 0));
    n.g->node[n.node].alpha = 0.1f;
    double x[] = {-3, 0, 2, NAN}, *in[] = {x}, y[MAX], s[MAX], terms;
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, s, &terms), EDY_OK);
    same(y, (double[]){-3 * (double)0.1f, 0, 2}, 3);
    same(s, (double[]){3 * (double)0.1f, 0, 2}, 3);
    assert_true(isnan(y[3]) && terms == 1);
    assert_int_equal(eval(&n, in, EDY_ORACLE_FLOAT, y, NULL, NULL), EDY_OK);
    assert_true(y[0] == (double)(-3 * 0.1f));
    edy_graph_destroy(n.g);
}

static void concat_fills_the_axis_in_order(void **state) {
    (void)state;
    net n = begin(EDY_OP_CONCAT);
    input(&n, EDY_F32, shape(3, 2, 1, 2, 0));
    input(&n, EDY_F32, shape(3, 2, 2, 2, 0));
    output(&n, EDY_F32, shape(3, 2, 3, 2, 0));
    n.g->node[n.node].axis = -2;
    double a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8, 9, 10, 11, 12}, *in[] = {a, b}, y[MAX], terms;
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, &terms), EDY_OK);
    same(y, (double[]){1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12}, 12);
    assert_true(terms == 0);
    n.g->node[n.node].axis = 3;
    assert_int_equal(eval(&n, in, EDY_ORACLE_DOUBLE, y, NULL, NULL), EDY_UNSUPPORTED);
    edy_graph_destroy(n.g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_with_padding_stride_and_bias),
        cmocka_unit_test(conv_groups_dilation_residual_and_clamp),
        cmocka_unit_test(conv_same_padding_is_asymmetric),
        cmocka_unit_test(a_wrong_output_extent_is_refused),
        cmocka_unit_test(gemm_transposed_with_alpha_and_beta),
        cmocka_unit_test(batchnorm),
        cmocka_unit_test(clip_is_exact_and_keeps_nan),
        cmocka_unit_test(mul_broadcasts_like_numpy),
        cmocka_unit_test(pools_with_padding),
        cmocka_unit_test(ceil_mode_counts_only_what_is_there),
        cmocka_unit_test(softmax_sums_to_one_along_its_axis),
        cmocka_unit_test(transpose_and_pad_move_elements),
        cmocka_unit_test(leaky_relu_scales_what_is_below_zero),
        cmocka_unit_test(concat_fills_the_axis_in_order),
        cmocka_unit_test(quantize_rounds_ties_to_even_and_saturates),
        cmocka_unit_test(quantize_divides_in_binary32),
        cmocka_unit_test(dequantize_per_channel),
        cmocka_unit_test(qlinearconv),
        cmocka_unit_test(integer_conv_gives_the_number_before_rounding),
        cmocka_unit_test(float_mode_rounds_every_operation),
        cmocka_unit_test(a_graph_runs_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
