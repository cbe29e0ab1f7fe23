/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ConvInteger, MatMulInteger and QLinearMatMul: plain loops over 8-bit integers, on every backend,
 * whose operands and zero points may be computed. Sums are int32 and wrap around, as ONNX's are. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <math.h>

#include "engine/ops/stored.h"
#include "engine/ops/window_taps.h"

/* One factor: elements minus their zero point, one for all or one an index of an axis. */
typedef struct operand {
    const edy_value *value, *zero; /* zero NULL: 0 */
    const void *data, *zero_data;
    size_t zeros, scales; /* 1, or the extent of that axis */
    const float *scale;
} operand;

static int32_t zero_of(const operand *o, size_t i) {
    return o->zero ? edy_byte_at(o->zero, o->zero_data, o->zeros > 1 ? i : 0) : 0;
}

static float scale_of(const operand *o, size_t i) {
    return o->scale[o->scales > 1 ? i : 0];
}

typedef struct product_state {
    operand a, b, y;
    size_t batches, rows, cols, depth;
    size_t *a_batch, *b_batch; /* [batches]: element offsets */
    void *out;
    edy_taps taps; /* ConvInteger */
    size_t filters, groups;
} product_state;

/* ---- Shape rules ------------------------------------------------------------ */

/* One zero point (or scale) for the tensor, or a row of them. */
static edy_status check_parameter(const edy_value *v, int64_t extent, const char *what,
                                  edy_error *err) {
    if (!v || v->shape.rank == 0 || (v->shape.rank == 1 && v->shape.dim[0] == 1))
        return EDY_OK;
    if (v->shape.rank == 1 && v->shape.dim[0] == extent && extent > 0)
        return EDY_OK;
    char text[64];
    return edy_fail(err, EDY_UNSUPPORTED, "a %s of shape %s", what,
                    edy_shape_text(&v->shape, text, sizeof text));
}

static edy_status check_factors(const edy_value *a, const edy_value *b, const edy_value *az,
                                const edy_value *bz, edy_error *err) {
    if (!a || !b || !edy_is_byte(a) || !edy_is_byte(b))
        return edy_fail(err, EDY_UNSUPPORTED, "operands that are not int8 or uint8");
    if ((az && (!edy_is_byte(az) || edy_means_u8(az) != edy_means_u8(a))) ||
        (bz && (!edy_is_byte(bz) || edy_means_u8(bz) != edy_means_u8(b))))
        return edy_fail(err, EDY_BAD_FILE, "a zero point that has not its operand's dtype");
    return EDY_OK;
}

/* The product of [..., M, K] and [..., K, N], numpy's rule. */
static edy_status product_shape(const edy_shape *a, const edy_shape *b, edy_shape *y,
                                edy_error *err) {
    char left[64], right[64];
    bool fits = a->rank >= 2 && b->rank >= 2 && a->dim[a->rank - 1] == b->dim[b->rank - 2] &&
                a->dim[a->rank - 1] > 0;
    const int32_t rank = a->rank > b->rank ? a->rank : b->rank;
    y->rank = rank;
    for (int32_t i = 0; fits && i < rank - 2; i++) {
        const int32_t d = i + 3; /* from the end */
        const int64_t u = d <= a->rank ? a->dim[a->rank - d] : 1;
        const int64_t v = d <= b->rank ? b->dim[b->rank - d] : 1;
        fits = u == v || u == 1 || v == 1;
        y->dim[rank - d] = u == 1 ? v : u;
    }
    if (!fits)
        return edy_fail(err, EDY_UNSUPPORTED, "operands of shape %s and %s",
                        edy_shape_text(a, left, sizeof left),
                        edy_shape_text(b, right, sizeof right));
    y->dim[rank - 2] = a->dim[a->rank - 2];
    y->dim[rank - 1] = b->dim[b->rank - 1];
    size_t elems;
    return edy_shape_elems(y, &elems, err);
}

static edy_status infer_matmul(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *a = edy_node_in(g, n, 0), *b = edy_node_in(g, n, 1);
    const edy_value *az = edy_node_in(g, n, 2), *bz = edy_node_in(g, n, 3);
    edy_value *y = edy_node_out(g, n, 0);
    edy_status status = check_factors(a, b, az, bz, err);
    if (!status)
        status = product_shape(&a->shape, &b->shape, &y->shape, err);
    if (!status)
        status = check_parameter(az, a->shape.dim[a->shape.rank - 2], "zero point", err);
    if (!status)
        status = check_parameter(bz, b->shape.dim[b->shape.rank - 1], "zero point", err);
    y->dtype = EDY_S32;
    return status;
}

static edy_status check_affine(const edy_value *scale, const edy_value *zero, int64_t extent,
                               edy_error *err) {
    edy_status status = check_parameter(scale, extent, "scale", err);
    if (!status)
        status = check_parameter(zero, extent, "zero point", err);
    if (status)
        return status;
    if (scale->dtype != EDY_F32 || !scale->data)
        return edy_fail(err, EDY_UNSUPPORTED, "a scale that is not a float32 constant");
    for (size_t k = 0; k < edy_shape_count(&scale->shape); k++) {
        const float s = ((const float *)scale->data)[k];
        if (!(s > 0.0f) || isinf(s))
            return edy_fail(err, EDY_BAD_FILE, "scale %zu is %g", k, (double)s);
    }
    return EDY_OK;
}

/* Inputs a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero. */
static edy_status infer_qlinear(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *in[8];
    for (int32_t i = 0; i < 8; i++) {
        in[i] = edy_node_in(g, n, i);
        if (!in[i])
            return edy_fail(err, EDY_BAD_FILE, "input %d is missing", i);
    }
    edy_value *y = edy_node_out(g, n, 0);
    edy_status status = check_factors(in[0], in[3], in[2], in[5], err);
    if (!status)
        status = product_shape(&in[0]->shape, &in[3]->shape, &y->shape, err);
    const edy_shape *a = &in[0]->shape, *b = &in[3]->shape;
    if (!status)
        status = check_affine(in[1], in[2], a->dim[a->rank - 2], err);
    if (!status)
        status = check_affine(in[4], in[5], b->dim[b->rank - 1], err);
    if (!status)
        status = check_affine(in[6], in[7], 0, err);
    if (!status && !edy_is_byte(in[7]))
        status =
            edy_fail(err, EDY_UNSUPPORTED, "an output of dtype %s", edy_dtype_text(in[7]->dtype));
    if (!status && y->dtype != EDY_S8) /* lowered, it stays as it is */
        y->dtype = edy_means_u8(in[7]) ? EDY_U8 : EDY_S8;
    return status;
}

static edy_status infer_conv(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0), *w = edy_node_in(g, n, 1);
    const edy_value *xz = edy_node_in(g, n, 2), *wz = edy_node_in(g, n, 3);
    edy_status status = check_factors(x, w, xz, wz, err);
    if (status)
        return status;
    const int64_t groups = n->window.groups;
    if (x->shape.rank != 4 || w->shape.rank != 4)
        return edy_fail(err, EDY_UNSUPPORTED, "operands that have not 4 dimensions");
    if (groups < 1 || x->shape.dim[1] % groups != 0 || w->shape.dim[0] < 1 ||
        w->shape.dim[0] % groups != 0 || w->shape.dim[1] != x->shape.dim[1] / groups)
        return edy_fail(err, EDY_BAD_FILE,
                        "weights for %" PRId64 " channels a group in %" PRId64
                        " groups, but the input has %" PRId64 " channels",
                        w->shape.dim[1], groups, x->shape.dim[1]);
    status = check_parameter(xz, 0, "zero point", err);
    if (!status)
        status = check_parameter(wz, w->shape.dim[0], "zero point", err);
    n->window.kernel[0] = w->shape.dim[2];
    n->window.kernel[1] = w->shape.dim[3];
    int64_t h, v;
    if (!status)
        status = edy_window_resolve(&n->window, x->shape.dim[2], x->shape.dim[3], &h, &v, err);
    if (status)
        return status;
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = edy_shape_make(4, (const int64_t[]){x->shape.dim[0], w->shape.dim[0], h, v});
    y->dtype = EDY_S32;
    return EDY_OK;
}

static uint64_t macs_matmul(const edy_graph *g, const edy_node *n) {
    const edy_shape *a = &g->value[n->input[0]].shape;
    return (uint64_t)edy_shape_count(&g->value[n->output[0]].shape) * (uint64_t)a->dim[a->rank - 1];
}

static uint64_t macs_conv(const edy_graph *g, const edy_node *n) {
    const edy_shape *w = &g->value[n->input[1]].shape;
    return (uint64_t)edy_shape_count(&g->value[n->output[0]].shape) *
           (uint64_t)(w->dim[1] * w->dim[2] * w->dim[3]);
}

/* ---- Runs ------------------------------------------------------------------- */

/* Row r of batch r / rows. */
static void run_matmul_rows(void *context, size_t begin, size_t end) {
    const product_state *s = context;
    for (size_t r = begin; r < end; r++) {
        const size_t batch = r / s->rows, row = r % s->rows;
        const int32_t az = zero_of(&s->a, row);
        for (size_t c = 0; c < s->cols; c++) {
            const int32_t bz = zero_of(&s->b, c);
            uint32_t sum = 0;
            for (size_t k = 0; k < s->depth; k++) {
                const size_t i = s->a_batch[batch] + row * s->depth + k;
                const size_t j = s->b_batch[batch] + k * s->cols + c;
                const int32_t u = edy_byte_at(s->a.value, s->a.data, i) - az;
                sum += (uint32_t)(u * (edy_byte_at(s->b.value, s->b.data, j) - bz));
            }
            if (!s->y.value) {
                ((int32_t *)s->out)[r * s->cols + c] = (int32_t)sum;
                continue;
            }
            const float m = scale_of(&s->a, row) * scale_of(&s->b, c) / scale_of(&s->y, 0);
            const int32_t low = edy_means_u8(s->y.value) ? 0 : -128, zero = zero_of(&s->y, 0);
            float q = (float)(int32_t)sum * m;
            q = q < (float)(low - zero) ? (float)(low - zero) : q;
            q = q > (float)(low + 255 - zero) ? (float)(low + 255 - zero) : q;
            edy_byte_put(s->y.value, s->out, r * s->cols + c, edy_rne(q) + zero);
        }
    }
}

static void run_matmul(const edy_step *step, edy_threads *threads) {
    product_state *s = step->state;
    edy_parallel_for(threads, s->batches * s->rows, run_matmul_rows, s);
}

/* One plane (image, output channel); padding is the input's zero point, which adds nothing. */
static void run_conv_planes(void *context, size_t begin, size_t end) {
    const product_state *s = context;
    const edy_taps *t = &s->taps;
    const size_t per_group = t->channels / s->groups, pixels = t->in_h * t->in_w;
    for (size_t plane = begin; plane < end; plane++) {
        const size_t image = plane / s->filters, m = plane % s->filters;
        const size_t first = image * t->channels + m / (s->filters / s->groups) * per_group;
        const int32_t xz = zero_of(&s->a, 0), wz = zero_of(&s->b, m);
        int32_t *y = (int32_t *)s->out + plane * t->out_h * t->out_w;
        for (size_t p = 0; p < t->out_h * t->out_w; p++) {
            uint32_t sum = 0;
            for (size_t k = 0; k < t->taps; k++) {
                const int64_t at = edy_tap_pixel(t, p, k);
                for (size_t c = 0; at >= 0 && c < per_group; c++) {
                    const size_t i = (first + c) * pixels + (size_t)at;
                    const size_t j = (m * per_group + c) * t->taps + k;
                    const int32_t u = edy_byte_at(s->a.value, s->a.data, i) - xz;
                    sum += (uint32_t)(u * (edy_byte_at(s->b.value, s->b.data, j) - wz));
                }
            }
            y[p] = (int32_t)sum;
        }
    }
}

static void run_conv(const edy_step *step, edy_threads *threads) {
    product_state *s = step->state;
    edy_parallel_for(threads, s->taps.batch * s->filters, run_conv_planes, s);
}

/* ---- Preparation ------------------------------------------------------------ */

/* Places in the node's inputs; -1: there is none. */
static operand operand_of(const edy_planner *p, const edy_step *step, int32_t value, int32_t zero,
                          int32_t scale) {
    const edy_graph *g = p->graph;
    const edy_value *z = zero < 0 ? NULL : edy_node_in(g, step->node, zero);
    return (operand){.value = value < 0 ? NULL : edy_node_in(g, step->node, value),
                     .zero = z,
                     .data = value < 0 ? NULL : step->in[value],
                     .zero_data = z ? step->in[zero] : NULL,
                     .zeros = z ? edy_shape_count(&z->shape) : 1,
                     .scales =
                         scale < 0 ? 1 : edy_shape_count(&edy_node_in(g, step->node, scale)->shape),
                     .scale = scale < 0 ? NULL : step->in[scale]};
}

/* Element offset of batch b of a product in the operand of that shape. */
static size_t batch_offset(const edy_shape *y, const edy_shape *x, size_t b) {
    size_t offset = 0, stride = (size_t)(x->dim[x->rank - 1] * x->dim[x->rank - 2]);
    for (int32_t d = 3; d <= y->rank; d++) {
        const size_t i = b % (size_t)y->dim[y->rank - d];
        b /= (size_t)y->dim[y->rank - d];
        if (d > x->rank)
            continue;
        offset += x->dim[x->rank - d] == 1 ? 0 : i * stride;
        stride *= (size_t)x->dim[x->rank - d];
    }
    return offset;
}

static product_state *make(edy_planner *p, edy_step *step, edy_error *err) {
    product_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s) {
        edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
        return NULL;
    }
    s->out = step->out[0];
    step->state = s;
    step->reason = "plain loops over integers";
    return s;
}

static edy_status prepare_matmul(edy_planner *p, edy_step *step, edy_error *err) {
    const bool qlinear = step->node->op == EDY_OP_QLINEARMATMUL;
    product_state *s = make(p, step, err);
    if (!s)
        return EDY_NO_MEMORY;
    s->a = operand_of(p, step, 0, 2, qlinear ? 1 : -1);
    s->b = operand_of(p, step, qlinear ? 3 : 1, qlinear ? 5 : 3, qlinear ? 4 : -1);
    if (qlinear) {
        s->y = operand_of(p, step, -1, 7, 6);
        s->y.value = &p->graph->value[step->node->output[0]];
    }
    const edy_shape *y = &p->graph->value[step->node->output[0]].shape;
    const edy_shape *a = &s->a.value->shape, *b = &s->b.value->shape;
    s->rows = (size_t)y->dim[y->rank - 2];
    s->cols = (size_t)y->dim[y->rank - 1];
    s->depth = (size_t)a->dim[a->rank - 1];
    s->batches = edy_shape_count(y) / (s->rows * s->cols);
    s->a_batch = edy_planner_indirection(p, s->batches * sizeof *s->a_batch);
    s->b_batch = edy_planner_indirection(p, s->batches * sizeof *s->b_batch);
    if (!s->a_batch || !s->b_batch)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    for (size_t i = 0; i < s->batches; i++) {
        s->a_batch[i] = batch_offset(y, a, i);
        s->b_batch[i] = batch_offset(y, b, i);
    }
    step->run = run_matmul;
    step->kernel = qlinear ? "qlinearmatmul__scalar" : "matmulinteger__scalar";
    return EDY_OK;
}

static edy_status prepare_conv(edy_planner *p, edy_step *step, edy_error *err) {
    product_state *s = make(p, step, err);
    if (!s)
        return EDY_NO_MEMORY;
    s->a = operand_of(p, step, 0, 2, -1);
    s->b = operand_of(p, step, 1, 3, -1);
    s->taps = edy_taps_of(p->graph, step->node);
    s->filters = (size_t)s->b.value->shape.dim[0];
    s->groups = (size_t)step->node->window.groups;
    step->run = run_conv;
    step->kernel = "convinteger__scalar";
    return EDY_OK;
}

const edy_op edy_op_matmulinteger = {
    .infer = infer_matmul, .macs = macs_matmul, .prepare = prepare_matmul};
const edy_op edy_op_qlinearmatmul = {
    .infer = infer_qlinear, .macs = macs_matmul, .prepare = prepare_matmul};
const edy_op edy_op_convinteger = {.infer = infer_conv, .macs = macs_conv, .prepare = prepare_conv};
