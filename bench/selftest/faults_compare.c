/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Pairs of results with a fault, for compare: an old run, and a new one that became worse. */
#include "bench/compare.h"

#include <stdlib.h>
#include <string.h>

#include "bench/selftest/selftest.h"
#include "bench/stats.h"

enum {
    SLOWER,
    LARGER_ARENA,
    LARGER_WEIGHTS,
    LESS_ACCURATE,
    NOW_WRONG,
    NO_NUMBER,
    MISSING,
    NOTHING_SHARED,
    OTHER_MACHINE,
    OTHER_COMPILER,
    RESTLESS,
    TWICE
};

enum { REPETITIONS = 5, SAMPLES = 100, IMAGES = 10000 };

/* ---- Documents ------------------------------------------------------------------------------- */

/* What a case of a document is: median_ns 0 for one without a number. */
typedef struct made {
    const char *name;
    double median_ns, drift; /* drift: of the repetitions' medians, as a share */
    int64_t arena, packed, correct;
    edy_verdict verdict;
} made;

/* Samples that scatter by 1 % about the median. */
static bool add_latency(edy_latency *t, const made *m) {
    uint64_t seed = 7;
    t->samples_ns = malloc(SAMPLES * sizeof(double));
    if (!t->samples_ns)
        return false;
    t->kind = EDY_SAMPLES_SINGLE;
    t->per_sample = t->thinning = 1;
    t->repetitions = REPETITIONS;
    t->taken = t->iterations = SAMPLES;
    t->n_samples = SAMPLES;
    t->median_ns = m->median_ns;
    for (size_t i = 0; i < SAMPLES; i++) {
        const size_t repetition = i / (SAMPLES / REPETITIONS);
        const double scatter = 0.01 * ((double)(edy_random_next(&seed) >> 11) * 0x1p-53 - 0.5);
        t->rep_median_ns[repetition] = m->median_ns * (1 + m->drift * (double)(repetition % 2));
        t->samples_ns[i] = t->rep_median_ns[repetition] * (1 + scatter);
    }
    return true;
}

static bool add(edy_results *results, const made *m) {
    edy_record r;
    edy_record_init(&r);
    snprintf(r.workload, sizeof r.workload, "%s", m->name);
    snprintf(r.variant, sizeof r.variant, "int8");
    snprintf(r.backend, sizeof r.backend, "scalar");
    snprintf(r.dataset, sizeof r.dataset, "selftest");
    r.threads = r.batch = 1;
    edy_record_set_name(&r);
    r.verdict = m->verdict;
    if (m->verdict != EDY_VERDICT_PASS)
        snprintf(r.verdict_reason, sizeof r.verdict_reason, "12 of 20 values differ");
    r.memory.arena = m->arena;
    r.memory.packed = m->packed;
    r.accuracy = (edy_accuracy){
        .n = IMAGES, .correct = m->correct, .top1 = (double)m->correct / (double)IMAGES};
    edy_error err;
    const bool filled = m->median_ns <= 0 || add_latency(&r.latency, m);
    const bool added = filled && !edy_results_add(results, &r, &err);
    edy_record_clear(&r);
    return added;
}

/* Cases one, two and three, with n of them; *third stands for the last. */
static edy_results *document(const made *third, size_t n) {
    static const made usual[] = {{"one", 1e6, 0, 1000, 500, 9000, EDY_VERDICT_PASS},
                                 {"two", 2e6, 0, 2000, 900, 8000, EDY_VERDICT_PASS}};
    edy_results *results = NULL;
    edy_error err;
    if (edy_results_create(&results, &err))
        return NULL;
    snprintf(results->context.cpu_model, sizeof results->context.cpu_model, "A CPU");
    snprintf(results->context.compiler, sizeof results->context.compiler, "GNU 12");
    bool complete = true;
    for (size_t i = 0; i < n && complete; i++)
        complete = add(results, i < 2 ? &usual[i] : third);
    if (complete)
        return results;
    edy_results_destroy(results);
    return NULL;
}

/* ---- Faults ---------------------------------------------------------------------------------- */

static void harm_case(made *m, int kind) {
    if (kind == SLOWER)
        m->median_ns *= 1.10;
    if (kind == LARGER_ARENA)
        m->arena = m->arena * 2;
    if (kind == LARGER_WEIGHTS)
        m->packed = m->packed * 2;
    if (kind == LESS_ACCURATE)
        m->correct -= 60; /* 0.6 points of 10,000 images */
    if (kind == NOW_WRONG)
        m->verdict = EDY_VERDICT_FAIL;
    if (kind == NOW_WRONG || kind == NO_NUMBER)
        m->median_ns = 0;
    if (kind == NOTHING_SHARED)
        m->name = "four";
    if (kind == TWICE)
        m->name = "two";
    if (kind == RESTLESS) { /* 10 % slower between repetitions that differ by 30 % */
        m->median_ns *= 1.10;
        m->drift = 0.30;
    }
}

static void harm_context(edy_context *c, int kind) {
    if (kind == OTHER_MACHINE)
        snprintf(c->cpu_model, sizeof c->cpu_model, "Another CPU");
    if (kind == OTHER_COMPILER)
        snprintf(c->compiler, sizeof c->compiler, "Clang 14");
}

static void report(edy_gate_answer *answer, const edy_comparison_table *t) {
    const int code = edy_comparison_exit_code(t);
    if (code == 0)
        return;
    for (size_t i = 0; i < t->n; i++)
        if (t->row[i].change != EDY_CHANGE_SAME) {
            edy_gate_fires(answer, "exit code %d; %s is %s: %s", code, t->row[i].name,
                           edy_change_text(t->row[i].change), t->row[i].note);
            return;
        }
    edy_gate_fires(answer, "exit code %d; %s", code,
                   t->n_differences ? t->difference[0] : "no case to compare");
}

static void ask(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer) {
    (void)folder;
    const made before = {"three", 3e6, 0, 3000, 700, 9100, EDY_VERDICT_PASS};
    made after = before;
    if (harmed)
        harm_case(&after, fault->kind);
    edy_results *base = document(&before, 3);
    edy_results *now = document(&after, harmed && fault->kind == MISSING ? 2 : 3);
    edy_comparison_table *table = NULL;
    edy_error err;
    if (base && now && harmed && fault->kind == NOTHING_SHARED) { /* the third case alone */
        now->records[0].name[0] = now->records[1].name[0] = 'x';
    }
    if (base && now && harmed)
        harm_context(&now->context, fault->kind);
    if (!base || !now)
        edy_gate_trouble(answer, "no memory for two documents");
    else if (edy_compare(base, now, 0.05, 1, &table, &err))
        edy_gate_fires(answer, "%s", err.message);
    else
        report(answer, table);
    edy_comparison_destroy(table);
    edy_results_destroy(base);
    edy_results_destroy(now);
}

#define COMPARE "compare"
const edy_fault edy_faults_compare[] = {
    {"ten-percent-slower", COMPARE, "exit code 3; three/int8/scalar/threads:1 is worse", ask,
     SLOWER, NULL},
    {"larger-arena", COMPARE, "arena 3000 -> 6000 bytes", ask, LARGER_ARENA, NULL},
    {"larger-weights", COMPARE, "packed weights 700 -> 1400 bytes", ask, LARGER_WEIGHTS, NULL},
    {"accuracy-below-limit", COMPARE, "top-1 91.00 % -> 90.40 %", ask, LESS_ACCURATE, NULL},
    {"fast-but-wrong", COMPARE, "exit code 1; three/int8/scalar/threads:1 is wrong", ask, NOW_WRONG,
     NULL},
    {"record-without-number", COMPARE, "exit code 4; three/int8/scalar/threads:1 is no number", ask,
     NO_NUMBER, NULL},
    {"missing-case", COMPARE, "exit code 4; three/int8/scalar/threads:1 is missing", ask, MISSING,
     NULL},
    {"nothing-in-common", COMPARE, "exit code 5", ask, NOTHING_SHARED, NULL},
    {"another-machine", COMPARE, "exit code 4; CPU: \"A CPU\" -> \"Another CPU\"", ask,
     OTHER_MACHINE, NULL},
    {"another-compiler", COMPARE, "exit code 4; compiler", ask, OTHER_COMPILER, NULL},
    {"too-restless-to-tell", COMPARE, "exit code 4; three/int8/scalar/threads:1 is can't tell", ask,
     RESTLESS, NULL},
    {"one-name-twice", COMPARE, "have two records named two/int8/scalar/threads:1", ask, TWICE,
     NULL},
    {.name = NULL}};
