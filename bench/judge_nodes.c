/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Every step of a plan against the double oracle, on the step's own inputs. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/conform.h"
#include "bench/oracle.h"
#include "bench/winograd_bound.h"

static const double unit_roundoff = 0x1p-24;

/* Allowed distance of a float result: the smaller of the hard and the expected bound. Subnormal
 * results may be flushed (the FLT_MIN term). */
static double float_bound(double terms, double magnitude) {
    const double hard = terms * unit_roundoff * magnitude;
    const double expected = 6 * sqrt(terms) * unit_roundoff * magnitude;
    return (hard < expected ? hard : expected) + terms * (double)FLT_MIN;
}

/* Allowed distance of a quantized result from the real number before rounding. TFLite's rule rounds
 * twice: to halves of a step or less, then to steps. */
static double integer_bound(edy_rule rule, double magnitude) {
    const double rounding = rule == EDY_RULE_TFLITE ? 0.75 : 0.5;
    return rounding + 1e-4 + 4 * unit_roundoff * magnitude;
}

typedef struct step_values {
    edy_oracle_tensor in[EDY_MAX_INPUTS];
    const edy_oracle_tensor *in_or_null[EDY_MAX_INPUTS];
    edy_oracle_tensor got, exact;
    edy_oracle_bound bound;
    edy_rule rule; /* of an integer node */
} step_values;

static void free_values(step_values *v) {
    for (int32_t i = 0; i < EDY_MAX_INPUTS; i++)
        edy_oracle_tensor_free(&v->in[i]);
    edy_oracle_tensor_free(&v->got);
    edy_oracle_tensor_free(&v->exact);
    edy_oracle_bound_free(&v->bound);
}

/* A value of the plan, constant or computed, in ONNX's axes. */
static edy_status read_value(const edy_plan *plan, edy_value_id id, edy_oracle_tensor *t,
                             edy_error *err) {
    const edy_value *v = &edy_plan_graph(plan)->value[id];
    edy_status st = edy_oracle_tensor_create(&v->shape, t, err);
    if (st)
        return st;
    if (v->data) {
        edy_oracle_tensor_load(t, v->dtype, v->data);
        return EDY_OK;
    }
    const size_t bytes = t->count * edy_dtype_bytes(v->dtype);
    void *raw = malloc(bytes ? bytes : 1);
    if (!raw)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for a layer's values");
    st = edy_plan_read(plan, id, raw, bytes, err);
    if (!st)
        edy_oracle_tensor_load(t, v->dtype, raw);
    free(raw);
    return st;
}

static edy_status read_step(const edy_plan *plan, const edy_node *n, step_values *v,
                            edy_error *err) {
    edy_status st = EDY_OK;
    for (int32_t i = 0; i < n->n_inputs && !st; i++) {
        if (n->input[i] == EDY_NO_VALUE)
            continue;
        st = read_value(plan, n->input[i], &v->in[i], err);
        v->in_or_null[i] = &v->in[i];
    }
    return st ? st : read_value(plan, n->output[0], &v->got, err);
}

static void describe(const edy_node *n, char *text, size_t size) {
    snprintf(text, size, "%.60s (%s)", n->name, edy_node_text(n));
}

/* ---- The first wrong node -------------------------------------------------------------------- */

double edy_ulps_between(double expected, double got) {
    int exponent = 0;
    if (!isfinite(expected) || !isfinite(got))
        return INFINITY;
    frexp(expected, &exponent); /* |expected| in [0.5, 1) * 2^exponent */
    const int last = exponent - FLT_MANT_DIG, lowest = FLT_MIN_EXP - FLT_MANT_DIG;
    return fabs(got - expected) / ldexp(1, expected == 0 || last < lowest ? lowest : last);
}

/* "[0,3,1,2] of 1x8x4x4" */
static void describe_place(const edy_shape *shape, size_t index, char *text, size_t size) {
    int64_t at[EDY_MAX_RANK];
    char dims[40];
    size_t n = 0;
    for (int32_t d = shape->rank - 1; d >= 0; d--) {
        at[d] = (int64_t)index % shape->dim[d];
        index /= (size_t)shape->dim[d];
    }
    n += (size_t)snprintf(text, size, "[");
    for (int32_t d = 0; d < shape->rank && n < size; d++)
        n += (size_t)snprintf(text + n, size - n, "%s%" PRId64, d ? "," : "", at[d]);
    if (n < size)
        snprintf(text + n, size - n, "] of %s", edy_shape_text(shape, dims, sizeof dims));
}

/* One step being judged. */
typedef struct judge {
    edy_plan *plan;
    edy_wrong_step_fn wrong;
    void *context;
    edy_node_judgement *j;
} judge;

static void note_wrong(const judge *g, int32_t step, const step_values *v, bool integer,
                       edy_divergence *d) {
    const edy_plan_step s = edy_plan_step_at(g->plan, step);
    d->step = step;
    d->steps = edy_plan_step_count(g->plan);
    d->integer = integer;
    d->ulps = edy_ulps_between(d->expected, d->got);
    describe(s.node, d->node, sizeof d->node);
    snprintf(d->kernel, sizeof d->kernel, "%s", s.kernel);
    describe_place(&v->got.shape, d->index, d->place, sizeof d->place);
    snprintf(g->j->reason, sizeof g->j->reason,
             "node %s: element %zu: expected %.9g, got %.9g, allowed error %.3g", d->node, d->index,
             d->expected, d->got, d->allowed);
    g->j->first = *d;
}

static double allowed_error(const step_values *v, size_t i, bool integer) {
    const double magnitude = v->bound.magnitude[i];
    return integer ? integer_bound(v->rule, magnitude) : float_bound(v->bound.terms, magnitude);
}

/* What the step should have given, in place of v->exact. */
static void tell(const judge *g, int32_t step, step_values *v, bool integer) {
    for (size_t i = 0; i < v->got.count && integer; i++) {
        const double exact = v->exact.data[i], got = v->got.data[i];
        v->exact.data[i] = fabs(got - exact) <= allowed_error(v, i, true) ? got : rint(exact);
    }
    g->wrong(g->context, g->plan, step, v->exact.data, v->exact.count);
}

static void compare(const judge *g, int32_t step, step_values *v, bool integer) {
    edy_node_judgement *j = g->j;
    edy_divergence d = {.wrong = 0};
    for (size_t i = 0; i < v->got.count; i++) {
        const double exact = v->exact.data[i], got = v->got.data[i];
        const double allowed = allowed_error(v, i, integer);
        const double error = fabs(got - exact);
        const bool same = exact == got || (isnan(exact) && isnan(got));
        const double share = same ? 0 : isfinite(error / allowed) ? error / allowed : INFINITY;
        if (!same && !(error <= allowed) && d.wrong++ == 0) {
            d.index = i;
            d.expected = exact;
            d.got = got;
            d.allowed = allowed;
            d.share = share;
        }
        if (!integer && v->bound.terms > 0 && share > j->share) {
            j->share = share;
            describe(edy_plan_step_at(g->plan, step).node, j->worst, sizeof j->worst);
        }
    }
    if (d.wrong && j->wrong == 0) {
        note_wrong(g, step, v, integer, &d);
        if (g->wrong)
            tell(g, step, v, integer);
    }
    j->judged++;
    j->wrong += d.wrong > 0;
}

static edy_status judge_step(const judge *of, int32_t index, edy_error *err) {
    edy_plan *plan = of->plan;
    const edy_graph *g = edy_plan_graph(plan);
    const edy_node *n = edy_plan_step_at(plan, index).node;
    step_values v = {.got = {.count = 0}, .rule = n->rule};
    edy_status st = read_step(plan, n, &v, err);
    const edy_value *y = &g->value[n->output[0]];
    const bool integer = y->dtype == EDY_S8 && y->quant.count > 0;
    if (!st && integer)
        st = edy_oracle_integer_node(g, n, v.in_or_null, &v.exact, &v.bound, err);
    else if (!st)
        st = edy_oracle_node(g, n, v.in_or_null, EDY_ORACLE_DOUBLE, &v.exact, &v.bound, err);
    const size_t winograd = edy_plan_step_at(plan, index).winograd;
    if (!st && winograd)
        st = edy_winograd_bound(n, winograd, v.in_or_null, &g->value[n->output[0]].shape, &v.bound,
                                err);
    if (!st)
        compare(of, index, &v, integer);
    free_values(&v);
    if (st != EDY_UNSUPPORTED)
        return st;
    of->j->unknown++;
    return EDY_OK;
}

/* A batch of golden samples from 0 on, round and round; NULL on no memory. The caller frees. */
static void *batch_of(const edy_golden_port *port, size_t samples, size_t batch) {
    char *data = malloc(batch * port->sample_bytes);
    for (size_t k = 0; data && k < batch; k++)
        memcpy(data + k * port->sample_bytes,
               (const char *)port->data + k % samples * port->sample_bytes, port->sample_bytes);
    return data;
}

static edy_status run_once(edy_plan *plan, const edy_golden *golden, edy_error *err) {
    void *in[EDY_GOLDEN_PORTS] = {NULL}, *out[EDY_GOLDEN_PORTS] = {NULL};
    bool complete = true;
    for (int32_t i = 0; i < edy_plan_input_count(plan); i++) {
        const size_t batch = (size_t)edy_plan_input(plan, i)->shape.dim[0];
        in[i] = batch_of(&golden->input[i], golden->samples, batch);
        complete = complete && in[i];
    }
    for (int32_t i = 0; i < edy_plan_output_count(plan); i++) {
        out[i] = malloc(edy_plan_output(plan, i)->bytes);
        complete = complete && out[i];
    }
    if (complete)
        edy_plan_run(plan, (const void *const *)in, out);
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++) {
        free(in[i]);
        free(out[i]);
    }
    return complete ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "out of memory for a batch");
}

edy_status edy_judge_nodes_watched(edy_plan *plan, const edy_golden *golden,
                                   edy_wrong_step_fn wrong, void *context, edy_node_judgement *j,
                                   edy_error *err) {
    const judge g = {plan, wrong, context, j};
    *j = (edy_node_judgement){.share = -1};
    edy_status st = run_once(plan, golden, err);
    for (int32_t i = 0; i < edy_plan_step_count(plan) && !st; i++)
        st = judge_step(&g, i, err);
    return st;
}

edy_status edy_judge_nodes(edy_plan *plan, const edy_golden *golden, edy_node_judgement *j,
                           edy_error *err) {
    return edy_judge_nodes_watched(plan, golden, NULL, NULL, j, err);
}
