/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Resize and Upsample: each axis has its own taps (resize_taps.h), an output element is the sum
 * over all combinations of them. Nearest has one tap of weight 1, moves bytes and takes any dtype.
 *
 * The last axes in memory that keep their extent make a run (the channels of a pixel, in NHWC); the
 * axis before it is the inner one, and all others are the outer ones. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/ops/resize_taps.h"

enum { MOST_COMBINATIONS = 256 };

typedef struct resize_axis {
    size_t extent, stride, taps; /* of the output; of the input, in elements; 1 where it stays */
    size_t *index;               /* [extent][taps], times stride */
    float *weight;
    bool *outside; /* [extent] */
} resize_axis;

typedef struct resize_state {
    resize_axis axis[EDY_MAX_RANK]; /* in the order of memory */
    int32_t n_axes;                 /* those before the run, at least 1 */
    size_t rows;                    /* product of the extents of all but the last of them */
    size_t run, elem_bytes;
    bool nearest;
    float extrapolation;
    const char *x;
    char *y;
} resize_state;

/* ---- Shape ------------------------------------------------------------------ */

static bool stays(const edy_resize *r, int32_t d, int64_t in) {
    const bool crops = r->coordinates == EDY_COORD_TF_CROP_AND_RESIZE &&
                       (r->roi[d] != 0.0f || r->roi[EDY_MAX_RANK + d] != 1.0f);
    return !crops && (r->by_size ? r->size[d] == 0 || r->size[d] == in : r->scale[d] == 1.0f);
}

static edy_status extent_of(const edy_resize *r, int32_t d, int64_t in, int64_t *out,
                            edy_error *err) {
    *out = in;
    if (r->by_size) {
        if (r->size[d] < 0 || r->size[d] > INT32_MAX)
            return edy_fail(err, EDY_BAD_FILE, "size %" PRId64 " of axis %d", r->size[d], d);
        *out = r->size[d] ? r->size[d] : in;
        return EDY_OK;
    }
    const float scaled = floorf((float)in * r->scale[d]);
    if (!(r->scale[d] > 0.0f) || !isfinite(r->scale[d]))
        return edy_fail(err, EDY_BAD_FILE, "scale %g of axis %d is not a positive number",
                        (double)r->scale[d], d);
    if (!(scaled >= 1.0f && scaled < 2147483648.0f))
        return edy_fail(err, EDY_BAD_FILE, "scale %g makes %g elements of axis %d",
                        (double)r->scale[d], (double)scaled, d);
    *out = (int64_t)scaled;
    return EDY_OK;
}

static edy_status check_dtype(const edy_value *x, const edy_value *y, const edy_resize *r,
                              edy_error *err) {
    if (!x || x->shape.rank < 1)
        return edy_fail(err, EDY_UNSUPPORTED, "an input without dimensions");
    if (x->dtype != EDY_F32 && r->mode != EDY_RESIZE_NEAREST)
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s in mode linear or cubic",
                        edy_dtype_text(x->dtype));
    if (x->dtype == EDY_S8 && (x->quant.count > 1 || x->quant.count != y->quant.count))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    edy_value *y = edy_node_out(g, n, 0);
    const edy_resize *r = &n->resize;
    edy_status status = check_dtype(x, y, r, err);
    if (status)
        return status;
    edy_shape shape = x->shape;
    size_t combinations = 1, elems;
    for (int32_t d = 0; d < shape.rank && !status; d++) {
        if (x->shape.dim[d] < 1)
            return edy_fail(err, EDY_BAD_FILE, "an empty input");
        status = extent_of(r, d, x->shape.dim[d], &shape.dim[d], err);
        combinations *= stays(r, d, x->shape.dim[d]) ? 1 : edy_resize_tap_count(r);
        if (!status && combinations > MOST_COMBINATIONS)
            return edy_fail(err, EDY_UNSUPPORTED, "so many axes that change in this mode");
    }
    if (status)
        return status;
    y->shape = shape;
    y->dtype = x->dtype;
    return edy_shape_elems(&shape, &elems, err);
}

/* ---- Run -------------------------------------------------------------------- */

/* The combinations of the outer axes' taps for one row. */
typedef struct row_taps {
    size_t count, offset[MOST_COMBINATIONS];
    float weight[MOST_COMBINATIONS];
    bool outside;
} row_taps;

static void combine(const resize_state *s, size_t row, row_taps *t) {
    t->count = 1;
    t->offset[0] = 0;
    t->weight[0] = 1.0f;
    t->outside = false;
    for (int32_t d = s->n_axes - 2; d >= 0; d--) {
        const resize_axis *a = &s->axis[d];
        const size_t at = row % a->extent, have = t->count;
        row /= a->extent;
        t->outside = t->outside || a->outside[at];
        for (size_t k = a->taps; k-- > 0;) /* the first tap last: it replaces what is there */
            for (size_t i = 0; i < have; i++) {
                t->offset[k * have + i] = t->offset[i] + a->index[at * a->taps + k];
                t->weight[k * have + i] = t->weight[i] * a->weight[at * a->taps + k];
            }
        t->count = have * a->taps;
    }
}

static void copy_row(const resize_state *s, size_t row, const row_taps *t) {
    const resize_axis *in = &s->axis[s->n_axes - 1];
    const size_t bytes = s->run * s->elem_bytes;
    char *y = s->y + row * in->extent * bytes;
    const char *x = s->x + t->offset[0] * s->elem_bytes;
    for (size_t o = 0; o < in->extent; o++)
        memcpy(y + o * bytes, x + in->index[o] * s->elem_bytes, bytes);
}

static void add_run(size_t n, float w, const float *x, float *y) {
    for (size_t i = 0; i < n; i++)
        y[i] += w * x[i];
}

static void sum_row(const resize_state *s, size_t row, const row_taps *t) {
    const resize_axis *in = &s->axis[s->n_axes - 1];
    float *y = (float *)s->y + row * in->extent * s->run;
    for (size_t o = 0; o < in->extent; o++, y += s->run) {
        const bool outside = t->outside || in->outside[o];
        for (size_t i = 0; i < s->run; i++)
            y[i] = outside ? s->extrapolation : 0.0f;
        for (size_t i = 0; !outside && i < t->count; i++)
            for (size_t k = 0; k < in->taps; k++)
                add_run(s->run, t->weight[i] * in->weight[o * in->taps + k],
                        (const float *)s->x + t->offset[i] + in->index[o * in->taps + k], y);
    }
}

static void run_rows(void *context, size_t begin, size_t end) {
    const resize_state *s = context;
    row_taps t;
    for (size_t row = begin; row < end; row++) {
        combine(s, row, &t);
        if (s->nearest)
            copy_row(s, row, &t);
        else
            sum_row(s, row, &t);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    resize_state *s = step->state;
    edy_parallel_for(threads, s->rows, run_rows, s);
}

/* ---- Prepare ---------------------------------------------------------------- */

static edy_status fill_axis(edy_planner *p, const edy_resize *r, const edy_resize_axis *geometry,
                            bool same, resize_axis *a, edy_error *err) {
    a->taps = same ? 1 : edy_resize_tap_count(r);
    a->index = edy_planner_indirection(p, a->extent * a->taps * sizeof *a->index);
    a->weight = edy_planner_indirection(p, a->extent * a->taps * sizeof *a->weight);
    a->outside = edy_planner_indirection(p, a->extent * sizeof *a->outside);
    if (!a->index || !a->weight || !a->outside)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    for (size_t o = 0; o < a->extent; o++) {
        edy_resize_taps t = {.index = {(int64_t)o}, .weight = {1.0f}};
        if (!same)
            t = edy_resize_taps_at(r, geometry, (int64_t)o);
        a->outside[o] = t.outside;
        for (size_t k = 0; k < a->taps; k++) {
            a->index[o * a->taps + k] = (size_t)t.index[k] * a->stride;
            a->weight[o * a->taps + k] = t.weight[k];
        }
    }
    return EDY_OK;
}

static edy_resize_axis geometry_of(const edy_resize *r, int32_t d, int64_t in, int64_t out) {
    return (edy_resize_axis){.in = in,
                             .out = out,
                             .scale = r->by_size ? (float)out / (float)in : r->scale[d],
                             .start = r->roi[d],
                             .end = r->roi[EDY_MAX_RANK + d]};
}

static edy_status fill(edy_planner *p, const edy_node *n, resize_state *s, edy_error *err) {
    static const int32_t plain[EDY_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, nhwc[4] = {0, 2, 3, 1};
    const edy_value *x = edy_node_in(p->graph, n, 0), *y = &p->graph->value[n->output[0]];
    const int32_t *order = x->layout == EDY_LAYOUT_NHWC ? nhwc : plain;
    size_t stride = 1;
    s->n_axes = x->shape.rank;
    s->run = s->rows = 1;
    while (s->n_axes > 1 &&
           stays(&n->resize, order[s->n_axes - 1], x->shape.dim[order[s->n_axes - 1]]))
        s->run *= (size_t)x->shape.dim[order[--s->n_axes]];
    stride = s->run;
    for (int32_t d = s->n_axes - 1; d >= 0; d--) {
        const int64_t in = x->shape.dim[order[d]], out = y->shape.dim[order[d]];
        const edy_resize_axis geometry = geometry_of(&n->resize, order[d], in, out);
        s->axis[d].extent = (size_t)out;
        s->axis[d].stride = stride;
        stride *= (size_t)in;
        s->rows *= d == s->n_axes - 1 ? 1 : (size_t)out;
        const edy_status status =
            fill_axis(p, &n->resize, &geometry, stays(&n->resize, order[d], in), &s->axis[d], err);
        if (status)
            return status;
    }
    return EDY_OK;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    resize_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    const bool crops = n->resize.coordinates == EDY_COORD_TF_CROP_AND_RESIZE;
    s->elem_bytes = edy_dtype_bytes(edy_node_in(p->graph, n, 0)->dtype);
    s->nearest = n->resize.mode == EDY_RESIZE_NEAREST && !crops;
    if (crops && edy_node_in(p->graph, n, 0)->dtype != EDY_F32)
        return edy_fail(err, EDY_UNSUPPORTED, "tf_crop_and_resize of integers");
    s->extrapolation = n->resize.extrapolation;
    s->x = step->in[0];
    s->y = step->out[0];
    step->state = s;
    step->run = run;
    step->kernel = s->nearest ? "resize copy" : "f32_resize__scalar";
    step->reason = "taps of each axis, in either layout";
    return fill(p, n, s, err);
}

const edy_op edy_op_resize = {.infer = infer, .prepare = prepare};
