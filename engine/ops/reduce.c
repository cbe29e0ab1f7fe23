/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Reductions over any axes, in the order of the model's axes: one chain of additions from the first
 * element on. float32, and plain integers where the function stays among them. Max and Min keep
 * NaN. */
#include "engine/ops/op_table.h"

#include <inttypes.h>
#include <math.h>

#include "engine/ops/axis_strides.h"
#include "engine/ops/integers.h"

typedef struct reduce_state {
    int32_t sub;
    edy_dtype dtype;
    const void *x;
    void *y;
    int32_t kept_rank, reduced_rank;
    size_t kept[EDY_MAX_RANK], kept_stride[EDY_MAX_RANK]; /* in the order of y's memory */
    size_t reduced[EDY_MAX_RANK], reduced_stride[EDY_MAX_RANK];
    size_t outputs, terms;
} reduce_state;

/* ---- Shape rule ------------------------------------------------------------------------------ */

static bool has_dtype(const edy_value *x, int32_t sub) {
    const bool stays = sub == EDY_REDUCE_MEAN || sub == EDY_REDUCE_SUM || sub == EDY_REDUCE_MAX ||
                       sub == EDY_REDUCE_MIN || sub == EDY_REDUCE_PROD || sub == EDY_REDUCE_L1 ||
                       sub == EDY_REDUCE_SUMSQUARE;
    return x->dtype == EDY_F32 || (stays && edy_is_integer(x->dtype) && x->quant.count == 0);
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    if (n->sub < 0 || n->sub >= EDY_REDUCE_COUNT)
        return edy_fail(err, EDY_BAD_ARGUMENT, "there is no function %d", n->sub);
    if (!has_dtype(x, n->sub))
        return edy_fail(err, EDY_UNSUPPORTED, "an input of dtype %s", edy_dtype_text(x->dtype));
    if (n->axes >> x->shape.rank)
        return edy_fail(err, EDY_BAD_FILE, "axes that an input of rank %d lacks", x->shape.rank);
    edy_shape shape = {.rank = 0};
    for (int32_t i = 0; i < x->shape.rank; i++)
        if (!(n->axes >> i & 1))
            shape.dim[shape.rank++] = x->shape.dim[i];
        else if (n->keep_dims)
            shape.dim[shape.rank++] = 1;
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

static uint64_t macs(const edy_graph *g, const edy_node *n) {
    return edy_shape_count(&g->value[n->input[0]].shape);
}

/* ---- One output ------------------------------------------------------------------------------ */

static size_t offset_of(size_t index, int32_t rank, const size_t *extent, const size_t *stride) {
    size_t at = 0;
    for (int32_t d = rank - 1; d >= 0; d--) {
        at += index % extent[d] * stride[d];
        index /= extent[d];
    }
    return at;
}

static float first_of(int32_t sub) {
    switch ((edy_reduce)sub) {
    case EDY_REDUCE_MAX:
    case EDY_REDUCE_LOGSUMEXP:
        return -INFINITY;
    case EDY_REDUCE_MIN:
        return INFINITY;
    case EDY_REDUCE_PROD:
        return 1.0f;
    default:
        return 0.0f;
    }
}

static float step_f32(int32_t sub, float sum, float x) {
    switch ((edy_reduce)sub) {
    case EDY_REDUCE_MAX:
    case EDY_REDUCE_LOGSUMEXP: /* its first pass */
        return x > sum || isnan(x) ? x : sum;
    case EDY_REDUCE_MIN:
        return x < sum || isnan(x) ? x : sum;
    case EDY_REDUCE_PROD:
        return sum * x;
    case EDY_REDUCE_L1:
        return sum + fabsf(x);
    case EDY_REDUCE_L2:
    case EDY_REDUCE_SUMSQUARE:
        return sum + x * x;
    default:
        return sum + x;
    }
}

/* The innermost of the reduced axes is a plain loop. */
static float chain_f32(const reduce_state *s, const float *x, int32_t sub) {
    const int32_t last = s->reduced_rank - 1;
    const size_t inner = s->reduced[last], stride = s->reduced_stride[last];
    float sum = first_of(sub);
    for (size_t k = 0; k < s->terms; k += inner) {
        const float *row = x + offset_of(k, s->reduced_rank, s->reduced, s->reduced_stride);
        for (size_t i = 0; i < inner; i++)
            sum = step_f32(sub, sum, row[i * stride]);
    }
    return sum;
}

/* max + log(sum(exp(x - max))), which does not overflow. */
static float log_sum_exp(const reduce_state *s, const float *x) {
    const float most = chain_f32(s, x, EDY_REDUCE_MAX);
    if (!isfinite(most))
        return most;
    float sum = 0.0f;
    for (size_t k = 0; k < s->terms; k++)
        sum += expf(x[offset_of(k, s->reduced_rank, s->reduced, s->reduced_stride)] - most);
    return most + logf(sum);
}

static float reduce_f32(const reduce_state *s, const float *x) {
    switch ((edy_reduce)s->sub) {
    case EDY_REDUCE_MEAN:
        return chain_f32(s, x, s->sub) / (float)s->terms;
    case EDY_REDUCE_L2:
        return sqrtf(chain_f32(s, x, s->sub));
    case EDY_REDUCE_LOGSUM:
        return logf(chain_f32(s, x, s->sub));
    case EDY_REDUCE_LOGSUMEXP:
        return log_sum_exp(s, x);
    default:
        return chain_f32(s, x, s->sub);
    }
}

static int64_t step_integer(int32_t sub, int64_t sum, int64_t x) {
    switch ((edy_reduce)sub) {
    case EDY_REDUCE_MAX:
        return x > sum ? x : sum;
    case EDY_REDUCE_MIN:
        return x < sum ? x : sum;
    case EDY_REDUCE_PROD:
        return (int64_t)((uint64_t)sum * (uint64_t)x);
    case EDY_REDUCE_L1:
        return (int64_t)((uint64_t)sum + (x < 0 ? 0 - (uint64_t)x : (uint64_t)x));
    case EDY_REDUCE_SUMSQUARE:
        return (int64_t)((uint64_t)sum + (uint64_t)x * (uint64_t)x);
    default:
        return (int64_t)((uint64_t)sum + (uint64_t)x);
    }
}

static int64_t reduce_integer(const reduce_state *s, size_t from) {
    int64_t sum = s->sub == EDY_REDUCE_PROD  ? 1
                  : s->sub == EDY_REDUCE_MAX ? INT64_MIN
                  : s->sub == EDY_REDUCE_MIN ? INT64_MAX
                                             : 0;
    for (size_t k = 0; k < s->terms; k++) {
        const size_t at = offset_of(k, s->reduced_rank, s->reduced, s->reduced_stride);
        sum = step_integer(s->sub, sum, edy_integer_load(s->dtype, s->x, from + at));
    }
    return s->sub == EDY_REDUCE_MEAN && s->terms ? sum / (int64_t)s->terms : sum;
}

static void run_outputs(void *context, size_t begin, size_t end) {
    const reduce_state *s = context;
    for (size_t i = begin; i < end; i++) {
        const size_t from = offset_of(i, s->kept_rank, s->kept, s->kept_stride);
        if (s->dtype == EDY_F32)
            ((float *)s->y)[i] = reduce_f32(s, (const float *)s->x + from);
        else
            edy_integer_store(s->dtype, s->y, i, reduce_integer(s, from));
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    reduce_state *s = step->state;
    edy_parallel_for(s->outputs * s->terms > 16384 ? threads : NULL, s->outputs, run_outputs, s);
}

/* ---- Plan ------------------------------------------------------------------------------------ */

/* The input's axis that is axis `of_y` of the output. */
static int32_t input_axis(const edy_node *n, int32_t rank, int32_t of_y) {
    for (int32_t i = 0, kept = 0; i < rank; i++)
        if (n->keep_dims || !(n->axes >> i & 1))
            if (kept++ == of_y)
                return i;
    return -1;
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    const edy_value *x = edy_node_in(p->graph, n, 0), *y = &p->graph->value[n->output[0]];
    reduce_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    size_t stride[EDY_MAX_RANK];
    edy_axis_strides(x, stride);
    *s = (reduce_state){.sub = n->sub,
                        .dtype = x->dtype,
                        .x = step->in[0],
                        .y = step->out[0],
                        .kept_rank = y->shape.rank,
                        .outputs = edy_shape_count(&y->shape),
                        .terms = 1};
    for (int32_t k = 0; k < y->shape.rank; k++) {
        const int32_t axis = edy_memory_axis(y, k);
        s->kept[k] = (size_t)y->shape.dim[axis];
        s->kept_stride[k] = stride[input_axis(n, x->shape.rank, axis)];
    }
    for (int32_t i = 0; i < x->shape.rank; i++)
        if (n->axes >> i & 1) {
            s->reduced[s->reduced_rank] = (size_t)x->shape.dim[i];
            s->reduced_stride[s->reduced_rank++] = stride[i];
            s->terms *= (size_t)x->shape.dim[i];
        }
    if (s->reduced_rank == 0) /* each element by itself */
        s->reduced[s->reduced_rank++] = 1;
    step->state = s;
    step->run = run;
    step->kernel = x->dtype == EDY_F32 ? "f32_reduce__scalar" : "integer_reduce__scalar";
    step->reason = "one output an item";
    return EDY_OK;
}

const edy_op edy_op_reduce = {.infer = infer, .macs = macs, .prepare = prepare, .folds = true};
