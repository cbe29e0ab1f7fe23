/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How far a float32 run may be from the golden: EDY_BUDGET_FACTOR times what an independent scalar
 * float32 run is away from the double run, plus one rounding of the largest value. */
#include <math.h>

#include "bench/oracle.h"
#include "bench/suite/tiny_job.h"

static const double unit_roundoff = 0x1p-24;

/* What two oracle runs and the golden say of a value. */
typedef struct spread {
    double error;    /* of the float32 oracle against the double one */
    double distance; /* of the golden from the double one */
    double largest;
} spread;

/* Adds one sample's value. */
static void widen(spread *s, const edy_oracle_tensor *exact, const edy_oracle_tensor *single,
                  const float *golden, const edy_value *imported) {
    for (size_t i = 0; i < exact->count; i++) {
        const double own = fabs(single->data[i] - exact->data[i]);
        const double theirs = fabs((double)golden[edy_tiny_place(imported, i)] - exact->data[i]);
        s->error = own > s->error ? own : s->error;
        s->largest = fabs(exact->data[i]) > s->largest ? fabs(exact->data[i]) : s->largest;
        s->distance = !(theirs <= s->distance) ? theirs : s->distance; /* a NaN stays */
    }
}

/* The budget; a golden outside of it is unhealthy. */
static double budget_of(edy_tiny_job *job, const char *what, const spread *s) {
    const double budget = EDY_BUDGET_FACTOR * (s->error + unit_roundoff * s->largest);
    if (!(s->distance <= budget) && !job->unhealthy[0])
        snprintf(job->unhealthy, sizeof job->unhealthy,
                 "the golden of %.120s is %.3g away from the double run, more than %.3g", what,
                 s->distance, budget);
    return budget;
}

static void set_layers(edy_tiny_job *job, const edy_oracle *exact, const edy_oracle *single) {
    for (size_t k = 0; k < job->n_layers; k++) {
        edy_tiny_layer *layer = &job->layer[k];
        const edy_oracle_tensor *a = edy_oracle_value(exact, layer->value);
        const edy_oracle_tensor *b = edy_oracle_value(single, layer->value);
        spread s = {0};
        if (!a || !b || a->count * sizeof(float) != layer->bytes)
            continue;
        widen(&s, a, b, layer->golden, &job->graph->value[layer->value]);
        layer->budget = budget_of(job, layer->name, &s);
    }
}

static edy_status run_sample(edy_tiny_job *job, edy_oracle *exact, edy_oracle *single, size_t s,
                             spread *output, edy_error *err) {
    const void *input = (const char *)job->input + s * job->input_bytes;
    edy_status st = edy_oracle_run(exact, &input, err);
    if (!st)
        st = edy_oracle_run(single, &input, err);
    if (st)
        return st;
    const edy_value_id out = job->graph->output[0];
    const float *golden = (const float *)job->output + s * job->output_bytes / sizeof(float);
    widen(output, edy_oracle_value(exact, out), edy_oracle_value(single, out), golden,
          &job->graph->value[out]);
    if (s == 0)
        set_layers(job, exact, single);
    return EDY_OK;
}

edy_status edy_tiny_budgets(edy_tiny_job *job, edy_error *err) {
    edy_oracle *exact = NULL, *single = NULL;
    spread output = {0};
    edy_status st = edy_oracle_create(job->graph, EDY_ORACLE_DOUBLE, &exact, err);
    if (!st)
        st = edy_oracle_create(job->graph, EDY_ORACLE_FLOAT, &single, err);
    for (size_t s = 0; s < job->c->samples && !st; s++)
        st = run_sample(job, exact, single, s, &output, err);
    if (!st)
        job->budget = budget_of(job, "the output", &output);
    edy_oracle_destroy(exact);
    edy_oracle_destroy(single);
    return st;
}
