/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Outputs with a fault, for the judge: what conform and run hold against goldens. */
#include <math.h>
#include <string.h>

#include "bench/conform.h"
#include "bench/selftest/selftest.h"

enum {
    OVER_BUDGET,
    NOT_A_NUMBER,
    STALE,
    MIXED_UP,
    OTHER_INPUT,
    SHAPE_ONLY,
    WRONG_SIZE,
    WRONG_DTYPE,
    LOST_OUTPUT,
    WRONG_CLASS,
    ONE_BYTE,
    NEGATIVE_ZERO,
    NO_GOLDEN
};

/* ---- A golden of three samples with four logits each ----------------------------------------- */

enum { SAMPLES = 3, LOGITS = 4, ALL = SAMPLES * LOGITS };
static const double reference_error = 1e-6; /* so the budget is 8e-6 */

typedef struct trial {
    double expected[ALL];
    float got[ALL];
    uint8_t expected_byte[ALL], got_byte[ALL];
    edy_golden golden;
    edy_result result;
    size_t first;      /* golden sample that the first result is said to be of */
    int32_t n_results; /* that the model is said to have */
} trial;

static void begin(trial *t, bool exact) {
    static const double values[ALL] = {0.5, -1, 2, 0.25, 3, 1, -2, 0, -4, -3, -2, -1};
    memset(t, 0, sizeof *t);
    t->golden = (edy_golden){.source = EDY_GOLDEN_COMMITTED,
                             .origin = "selftest",
                             .provenance = "selftest",
                             .samples = SAMPLES,
                             .n_inputs = 1,
                             .n_outputs = 1,
                             .exact = exact,
                             .reference_error = reference_error};
    for (int i = 0; i < ALL; i++) {
        t->expected[i] = values[i];
        t->got[i] = (float)values[i];
        t->expected_byte[i] = t->got_byte[i] = (uint8_t)(7 + 3 * i);
    }
    t->golden.output[0] =
        (edy_golden_port){.dtype = exact ? EDY_U8 : EDY_F64,
                          .shape = {2, {SAMPLES, LOGITS}},
                          .sample_bytes = exact ? LOGITS : LOGITS * sizeof(double),
                          .data = exact ? (void *)t->expected_byte : (void *)t->expected};
    t->result.data = exact ? (const void *)t->got_byte : (const void *)t->got;
    t->result.dtype = exact ? EDY_U8 : EDY_F32;
    t->result.sample_elems = LOGITS;
    t->n_results = 1;
}

/* The first binary32 number whose distance from `from` is over the budget. */
static float first_over(float from) {
    float x = from;
    while ((double)x - (double)from <= EDY_BUDGET_FACTOR * reference_error)
        x = nextafterf(x, INFINITY);
    return x;
}

/* ---- Faults ---------------------------------------------------------------------------------- */

static void swap_samples(float *a, float *b) {
    for (int i = 0; i < LOGITS; i++) {
        const float kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void harm(trial *t, int kind) {
    switch (kind) {
    case OVER_BUDGET:
        t->got[5] = first_over(1.0f);
        break;
    case NOT_A_NUMBER:
        t->got[3] = NAN;
        break;
    case STALE: /* the buffer still holds what the sample before it left */
        memcpy(t->got + LOGITS, t->got, LOGITS * sizeof *t->got);
        break;
    case MIXED_UP:
        swap_samples(t->got, t->got + 2 * LOGITS);
        break;
    case OTHER_INPUT:
        t->first = 1;
        break;
    case SHAPE_ONLY:
        memset(t->got, 0, sizeof t->got);
        break;
    case WRONG_SIZE:
        t->result.sample_elems = LOGITS - 1;
        break;
    case WRONG_DTYPE:
        t->result.dtype = EDY_S8;
        break;
    case LOST_OUTPUT:
        t->n_results = 0;
        break;
    case WRONG_CLASS:
        t->got[8 + 3] = -1.55f;
        t->got[8 + 2] = -1.45f;
        break;
    case ONE_BYTE:
        t->got_byte[6]++;
        break;
    default:
        break;
    }
}

static void answer_with(edy_gate_answer *answer, const edy_judgement *j) {
    if (j->verdict != EDY_VERDICT_PASS)
        edy_gate_fires(answer, "%s: %s", edy_verdict_text(j->verdict), j->reason);
}

static void ask(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer) {
    (void)folder;
    trial t;
    begin(&t, fault->kind == ONE_BYTE || fault->kind == WRONG_DTYPE);
    if (fault->kind == OVER_BUDGET) /* the control is the last number inside */
        t.got[5] = nextafterf(first_over(1.0f), -INFINITY);
    if (harmed)
        harm(&t, fault->kind);
    const edy_judgement j = edy_judge_output(&t.golden, t.first, SAMPLES, &t.result, t.n_results);
    answer_with(answer, &j);
}

/* A class is judged only where the golden's margin is twice the budget, so values are over it too;
 * what is asked for here is that the classes are counted. */
static void ask_class(const edy_fault *fault, const char *folder, bool harmed,
                      edy_gate_answer *answer) {
    (void)folder;
    trial t;
    begin(&t, false);
    if (harmed)
        harm(&t, fault->kind);
    const edy_judgement j = edy_judge_output(&t.golden, 0, SAMPLES, &t.result, 1);
    if (j.class_wrong)
        edy_gate_fires(answer, "%s: %zu of %zu classes differ", edy_verdict_text(j.verdict),
                       j.class_wrong, j.class_checked);
}

/* -0 for 0 in a golden that must be met byte for byte. */
static void ask_zero(const edy_fault *fault, const char *folder, bool harmed,
                     edy_gate_answer *answer) {
    (void)fault, (void)folder;
    trial t;
    float expected[LOGITS] = {0.0f, 1, 2, 3}, got[LOGITS] = {0.0f, 1, 2, 3};
    begin(&t, false);
    t.golden.exact = true;
    t.golden.samples = 1;
    t.golden.output[0].dtype = EDY_F32;
    t.golden.output[0].sample_bytes = sizeof expected;
    t.golden.output[0].data = expected;
    t.result.data = got;
    if (harmed)
        got[0] = -0.0f;
    const edy_judgement j = edy_judge_output(&t.golden, 0, 1, &t.result, 1);
    answer_with(answer, &j);
}

/* Agreement with nothing but our own oracle is no pass. */
static void ask_independence(const edy_fault *fault, const char *folder, bool harmed,
                             edy_gate_answer *answer) {
    (void)fault, (void)folder;
    trial t;
    begin(&t, false);
    if (harmed)
        t.golden.source = EDY_GOLDEN_ORACLE;
    const edy_judgement j = edy_judge_output(&t.golden, 0, SAMPLES, &t.result, 1);
    answer_with(answer, &j);
}

#define JUDGE "judge"
const edy_fault edy_faults_judge[] = {
    {"one-step-over-budget", JUDGE, "1 of 12 values over budget", ask, OVER_BUDGET, NULL},
    {"nan-in-a-logit", JUDGE, "got nan", ask, NOT_A_NUMBER, NULL},
    {"stale-sample", JUDGE, "values over budget", ask, STALE, NULL},
    {"batch-images-mixed-up", JUDGE, "8 of 12 values over budget", ask, MIXED_UP, NULL},
    {"golden-of-another-input", JUDGE, "values over budget", ask, OTHER_INPUT, NULL},
    {"shape-only-match", JUDGE, "values over budget", ask, SHAPE_ONLY, NULL},
    {"wrong-size", JUDGE, "3 values of", ask, WRONG_SIZE, NULL},
    {"wrong-dtype", JUDGE, "but the golden has", ask, WRONG_DTYPE, NULL},
    {"output-lost", JUDGE, "0 outputs, but the golden has 1", ask, LOST_OUTPUT, NULL},
    {"wrong-class", JUDGE, "1 of 3 classes differ", ask_class, WRONG_CLASS, NULL},
    {"one-byte-off-by-one", JUDGE, "1 of 12 values differ", ask, ONE_BYTE, NULL},
    {"negative-zero", JUDGE, "1 of 4 values differ", ask_zero, NEGATIVE_ZERO, NULL},
    {"nothing-independent", JUDGE, "MISTRUSTED", ask_independence, NO_GOLDEN, NULL},
    {.name = NULL}};
