/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The judge: outputs against a golden. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/conform.h"
#include "bench/oracle.h"

/* ---- One element ----------------------------------------------------------------------------- */

static double element(edy_dtype dtype, const void *data, size_t index) {
    double value;
    edy_oracle_tensor one = {.count = 1, .data = &value};
    edy_oracle_tensor_load(&one, dtype, (const char *)data + index * edy_dtype_bytes(dtype));
    return value;
}

/* Share of the budget; INFINITY where one of the two is NaN or where infinities differ. */
static double share_of(double expected, double got, double budget) {
    if (isnan(expected) && isnan(got))
        return 0;
    if (expected == got)
        return 0;
    const double error = fabs(got - expected);
    return isfinite(error) ? error / budget : INFINITY;
}

/* What is being judged: one sample of one output. */
typedef struct piece {
    const void *expected, *got;
    edy_dtype expected_dtype, got_dtype;
    size_t elems;
    size_t sample;
    int32_t output;
} piece;

static void note_worst(edy_judgement *j, const piece *p, size_t i, double expected, double got) {
    j->sample = p->sample;
    j->output = p->output;
    j->index = i;
    j->expected = expected;
    j->got = got;
}

static void judge_float(edy_judgement *j, const piece *p) {
    for (size_t i = 0; i < p->elems; i++) {
        const double expected = element(p->expected_dtype, p->expected, i);
        const double got = element(p->got_dtype, p->got, i);
        const double share = share_of(expected, got, j->budget);
        j->wrong += share > 1;
        if (j->compared == 0 || share > j->share) {
            j->share = share;
            note_worst(j, p, i, expected, got);
        }
        j->compared++;
    }
}

static void judge_bytes(edy_judgement *j, const piece *p) {
    const size_t bytes = edy_dtype_bytes(p->expected_dtype);
    for (size_t i = 0; i < p->elems; i++) {
        const char *e = (const char *)p->expected + i * bytes;
        if (memcmp(e, (const char *)p->got + i * bytes, bytes) != 0) {
            if (j->wrong == 0)
                note_worst(j, p, i, element(p->expected_dtype, p->expected, i),
                           element(p->got_dtype, p->got, i));
            j->wrong++;
        }
        j->compared++;
    }
}

/* ---- Classes --------------------------------------------------------------------------------- */

size_t edy_argmax(edy_dtype dtype, const void *data, size_t elems) {
    size_t best = 0;
    for (size_t i = 1; i < elems; i++)
        if (element(dtype, data, i) > element(dtype, data, best))
            best = i;
    return best;
}

/* Largest element minus the largest of the others; < 0 where there is no other. */
static double margin_of(edy_dtype dtype, const void *data, size_t elems) {
    const size_t best = edy_argmax(dtype, data, elems);
    double second = INFINITY;
    for (size_t i = 0; i < elems; i++)
        if (i != best && (isinf(second) || element(dtype, data, i) > second))
            second = element(dtype, data, i);
    return isinf(second) ? -1 : element(dtype, data, best) - second;
}

static void judge_class(edy_judgement *j, const piece *p) {
    if (p->elems < 2 || !(margin_of(p->expected_dtype, p->expected, p->elems) > 2 * j->budget))
        return;
    j->class_checked++;
    j->class_wrong += edy_argmax(p->expected_dtype, p->expected, p->elems) !=
                      edy_argmax(p->got_dtype, p->got, p->elems);
}

/* ---- The verdict ----------------------------------------------------------------------------- */

static void explain(edy_judgement *j) {
    char at[80];
    snprintf(at, sizeof at, "sample %zu, output %d, element %zu", j->sample, j->output, j->index);
    if (j->exact)
        snprintf(j->reason, sizeof j->reason,
                 "%zu of %zu values differ; first at %s: expected %.9g, got %.9g", j->wrong,
                 j->compared, at, j->expected, j->got);
    else if (j->wrong)
        snprintf(j->reason, sizeof j->reason,
                 "%zu of %zu values over budget; worst at %.79s: expected %.9g, got %.9g, %.2fx "
                 "the budget of %.3g",
                 j->wrong, j->compared, at, j->expected, j->got, j->share, j->budget);
    else
        snprintf(j->reason, sizeof j->reason, "%zu of %zu classes differ", j->class_wrong,
                 j->class_checked);
}

static edy_verdict good_verdict(const edy_golden *g) {
    const bool mistrusted = g->source == EDY_GOLDEN_ORACLE || g->doubt;
    return mistrusted ? EDY_VERDICT_MISTRUSTED : EDY_VERDICT_PASS;
}

void edy_results_of(const edy_plan *plan, const void *const *outputs,
                    edy_result result[EDY_GOLDEN_PORTS]) {
    for (int32_t i = 0; i < edy_plan_output_count(plan) && i < EDY_GOLDEN_PORTS; i++) {
        const edy_plan_port *port = edy_plan_output(plan, i);
        const size_t elems = edy_shape_count(&port->shape);
        result[i] = (edy_result){outputs[i], port->dtype, elems / (size_t)port->shape.dim[0]};
    }
}

/* Whether results can be compared with the golden at all. */
static bool comparable(edy_judgement *j, const edy_golden *golden, const edy_result *results,
                       int32_t n_results) {
    if (n_results != golden->n_outputs) {
        snprintf(j->reason, sizeof j->reason, "%d outputs, but the golden has %d", n_results,
                 golden->n_outputs);
        return false;
    }
    for (int32_t o = 0; o < n_results; o++) {
        const edy_golden_port *port = &golden->output[o];
        const edy_dtype wanted = golden->exact ? port->dtype : EDY_F32;
        const size_t elems = port->sample_bytes / edy_dtype_bytes(port->dtype);
        if (results[o].dtype == wanted && results[o].sample_elems == elems)
            continue;
        snprintf(j->reason, sizeof j->reason,
                 "output %d is %zu values of %s a sample, but the golden has %zu of %s", o,
                 results[o].sample_elems, edy_dtype_text(results[o].dtype), elems,
                 edy_dtype_text(wanted));
        return false;
    }
    return true;
}

static void judge_sample(edy_judgement *j, const edy_golden *golden, const edy_result *result,
                         int32_t output, size_t sample, size_t place) {
    const edy_golden_port *port = &golden->output[output];
    const size_t got_bytes = result->sample_elems * edy_dtype_bytes(result->dtype);
    const piece p = {.expected = (const char *)port->data + sample * port->sample_bytes,
                     .got = (const char *)result->data + place * got_bytes,
                     .expected_dtype = port->dtype,
                     .got_dtype = result->dtype,
                     .elems = result->sample_elems,
                     .sample = sample,
                     .output = output};
    if (golden->exact)
        judge_bytes(j, &p);
    else
        judge_float(j, &p);
    if (output == 0)
        judge_class(j, &p);
}

edy_judgement edy_judge_output(const edy_golden *golden, size_t first, size_t samples,
                               const edy_result *results, int32_t n_results) {
    assert(samples >= 1 && golden->samples >= 1);
    edy_judgement j = {.verdict = EDY_VERDICT_FAIL,
                       .exact = golden->exact,
                       .budget = EDY_BUDGET_FACTOR * golden->reference_error};
    if (!comparable(&j, golden, results, n_results))
        return j;
    for (int32_t o = 0; o < n_results; o++)
        for (size_t s = 0; s < samples; s++)
            judge_sample(&j, golden, &results[o], o, (first + s) % golden->samples, s);
    if (j.compared == 0)
        snprintf(j.reason, sizeof j.reason, "nothing was compared");
    else if (j.wrong || j.class_wrong)
        explain(&j);
    else
        j.verdict = good_verdict(golden);
    if (j.verdict == EDY_VERDICT_MISTRUSTED && golden->doubt)
        snprintf(j.reason, sizeof j.reason, "%s", golden->doubt);
    else if (j.verdict == EDY_VERDICT_MISTRUSTED)
        snprintf(j.reason, sizeof j.reason, "agrees with %s, which is not independent",
                 golden->origin);
    return j;
}

/* Empty: a judgement that is all zero (verdict NONE). FAIL before anything else. */
void edy_judgement_merge(edy_judgement *all, const edy_judgement *more) {
    const edy_judgement before = *all;
    const bool worse = more->verdict == EDY_VERDICT_FAIL && before.verdict != EDY_VERDICT_FAIL;
    const bool larger = more->verdict == before.verdict && more->share > before.share;
    if (before.verdict == EDY_VERDICT_NONE || worse || larger)
        *all = *more;
    all->compared = before.compared + more->compared;
    all->wrong = before.wrong + more->wrong;
    all->class_checked = before.class_checked + more->class_checked;
    all->class_wrong = before.class_wrong + more->class_wrong;
    if (all->wrong || all->class_wrong)
        explain(all);
}
