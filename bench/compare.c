/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/compare.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/proportion.h"
#include "bench/stats.h"
#include "bench/verbs/verb.h"

enum { ROUNDS = 1000 };

static const char *const change_texts[] = {
#define EDY_CHANGE_TEXT(name, text) text,
    EDY_CHANGE_MAP(EDY_CHANGE_TEXT)
#undef EDY_CHANGE_TEXT
};

const char *edy_change_text(edy_change change) {
    return (unsigned)change < EDY_CHANGE_COUNT ? change_texts[change] : "?";
}

/* ---- Identity -------------------------------------------------------------------------------- */

static void differ(edy_comparison_table *t, const char *what, const char *old_text,
                   const char *new_text) {
    if (strcmp(old_text, new_text) == 0 || t->n_differences == EDY_MAX_DIFFERENCES)
        return;
    snprintf(t->difference[t->n_differences++], EDY_TEXT_BYTES, "%s: \"%.200s\" -> \"%.200s\"",
             what, old_text, new_text);
}

static const char *yes_no(bool value) {
    return value ? "yes" : "no";
}

static void compare_identity(edy_comparison_table *t, const edy_context *a, const edy_context *b) {
    char old_cpus[32], new_cpus[32];
    snprintf(old_cpus, sizeof old_cpus, "%lld", (long long)a->cpus);
    snprintf(new_cpus, sizeof new_cpus, "%lld", (long long)b->cpus);
    differ(t, "CPU", a->cpu_model, b->cpu_model);
    differ(t, "CPUs", old_cpus, new_cpus);
    differ(t, "architecture", a->arch, b->arch);
    differ(t, "backends", a->backends, b->backends);
    differ(t, "compiler", a->compiler, b->compiler);
    differ(t, "flags", a->flags, b->flags);
    differ(t, "build type", a->build_type, b->build_type);
    differ(t, "governor", a->governor, b->governor);
    differ(t, "virtualisation", a->virtualisation, b->virtualisation);
    differ(t, "emulated", yes_no(a->emulated), yes_no(b->emulated));
    differ(t, "threads pinned", yes_no(a->pinned), yes_no(b->pinned));
}

/* ---- One case -------------------------------------------------------------------------------- */

static void note(edy_comparison *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(edy_comparison *c, const char *format, ...) {
    const size_t at = strlen(c->note);
    va_list args;
    va_start(args, format);
    if (at + 3 < sizeof c->note) {
        memcpy(c->note + at, "; ", at > 0 ? 3 : 1);
        const size_t begin = at > 0 ? at + 2 : 0;
        vsnprintf(c->note + begin, sizeof c->note - begin, format, args);
    }
    va_end(args);
}

static void note_accuracy(edy_comparison *c, const edy_accuracy *a, const edy_accuracy *b) {
    if (a->n == 0 || b->n == 0)
        return;
    if (a->n != b->n)
        note(c, "top-1 is of %lld images, then of %lld", (long long)a->n, (long long)b->n);
    if (a->n != b->n ? a->top1 != b->top1 : a->correct != b->correct)
        note(c, "top-1 %.2f %% -> %.2f %%", 100 * a->top1, 100 * b->top1);
}

static void note_differences(edy_comparison *c, const edy_record *a, const edy_record *b) {
    if (a->verdict != b->verdict)
        note(c, "verdict %s -> %s", edy_verdict_text(a->verdict), edy_verdict_text(b->verdict));
    if (strcmp(a->model_sha256, b->model_sha256) != 0)
        note(c, "another model file");
    if (strcmp(a->dataset, b->dataset) != 0)
        note(c, "data %.60s -> %.60s", a->dataset, b->dataset);
    note_accuracy(c, &a->accuracy, &b->accuracy);
    if (edy_record_has_latency(a) && edy_record_has_latency(b) &&
        a->latency.kind != b->latency.kind)
        note(c, "single inferences on one side, means on the other");
    if (a->memory.arena >= 0 && b->memory.arena > a->memory.arena)
        note(c, "arena %lld -> %lld bytes", (long long)a->memory.arena, (long long)b->memory.arena);
    if (a->memory.packed >= 0 && b->memory.packed > a->memory.packed)
        note(c, "packed weights %lld -> %lld bytes", (long long)a->memory.packed,
             (long long)b->memory.packed);
}

static bool is_larger(int64_t before, int64_t after, double threshold) {
    return before >= 0 && (double)after > (double)before * (1 + threshold);
}

/* Of the same images any difference is real; of other counts only one beyond both intervals. */
static bool is_less_accurate(const edy_record *a, const edy_record *b) {
    const edy_accuracy *x = &a->accuracy, *y = &b->accuracy;
    if (x->n == 0 || y->n == 0 || strcmp(a->dataset, b->dataset) != 0 ||
        x->top1 - y->top1 <= EDY_TOP1_DROP)
        return false;
    if (x->n == y->n)
        return true;
    double low, high, none;
    edy_proportion_interval(x->correct, x->n, &low, &none);
    edy_proportion_interval(y->correct, y->n, &none, &high);
    return high < low;
}

static edy_change judge_ratio(const edy_ratio *r, double threshold) {
    const double most = 1 + threshold, least = 1 / most;
    if (r->low > 1 && r->ratio >= most)
        return EDY_CHANGE_WORSE;
    if (r->high < 1 && r->ratio <= least)
        return EDY_CHANGE_BETTER;
    return r->low >= least && r->high <= most ? EDY_CHANGE_SAME : EDY_CHANGE_CANT_TELL;
}

static bool has_doubt(const edy_doubt *doubts, size_t n, const char *code) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(doubts[i].code, code) == 0)
            return true;
    return false;
}

/* By how much two runs of one side may differ, judged by this one. */
static double unrest(const edy_context *context, const edy_record *r) {
    double low = r->latency.rep_median_ns[0], high = low;
    for (int64_t i = 1; i < r->latency.repetitions; i++) {
        low = fmin(low, r->latency.rep_median_ns[i]);
        high = fmax(high, r->latency.rep_median_ns[i]);
    }
    const bool disturbed = has_doubt(r->doubt, r->n_doubts, "preempted") ||
                           has_doubt(context->doubt, context->n_doubts, "load");
    return (low > 0 ? high / low - 1 : 0) + (disturbed ? EDY_UNREST : 0);
}

/* Worse and better have to hold beyond the unrest too; same and can't tell stay what they are. */
static edy_change judge_with_unrest(edy_comparison *c, const edy_ratio *r, double threshold,
                                    double all_unrest) {
    const edy_change calm = judge_ratio(r, threshold);
    if ((calm != EDY_CHANGE_WORSE && calm != EDY_CHANGE_BETTER) ||
        judge_ratio(r, threshold + all_unrest) == calm)
        return calm;
    note(c, "looks %s, but the runs were restless: only changes above %.0f %% count",
         edy_change_text(calm), 100 * (threshold + all_unrest));
    return EDY_CHANGE_CANT_TELL;
}

static size_t repetition_length(const edy_latency *t) {
    return t->n_samples / (size_t)t->repetitions;
}

static edy_status compare_pair(edy_comparison *c, const edy_results *base, const edy_record *a,
                               const edy_results *now, const edy_record *b, double threshold,
                               uint64_t seed, edy_error *err) {
    note_differences(c, a, b);
    if (edy_record_has_latency(a))
        c->old_ns = a->latency.median_ns;
    if (edy_record_has_latency(b))
        c->new_ns = b->latency.median_ns;
    if (b->verdict == EDY_VERDICT_FAIL || b->verdict == EDY_VERDICT_CRASH) {
        c->change = EDY_CHANGE_WRONG;
        note(c, "%.200s", b->verdict_reason);
        return EDY_OK;
    }
    const bool poorer = is_larger(a->memory.arena, b->memory.arena, threshold) ||
                        is_larger(a->memory.packed, b->memory.packed, threshold) ||
                        is_less_accurate(a, b);
    c->change = poorer ? EDY_CHANGE_WORSE : EDY_CHANGE_NO_NUMBER;
    if (!edy_record_has_latency(a) || !edy_record_has_latency(b))
        return EDY_OK;
    edy_ratio r;
    if (!edy_ratio_of_medians(a->latency.samples_ns, a->latency.n_samples,
                              repetition_length(&a->latency), b->latency.samples_ns,
                              b->latency.n_samples, repetition_length(&b->latency), ROUNDS, seed,
                              &r))
        return edy_fail(err, EDY_NO_MEMORY, "no memory to compare %s", c->name);
    c->ratio = r.ratio;
    c->low = r.low;
    c->high = r.high;
    const edy_change speed =
        judge_with_unrest(c, &r, threshold, unrest(&base->context, a) + unrest(&now->context, b));
    c->change = poorer ? EDY_CHANGE_WORSE : speed;
    return EDY_OK;
}

/* ---- Pairing by name ------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const edy_record *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Pointers to the records sorted by name (the caller frees); fails where two have one name. */
static edy_status sort_by_name(const edy_results *results, const char *which,
                               const edy_record ***sorted, edy_error *err) {
    const edy_record **list = malloc((results->n + 1) * sizeof *list);
    *sorted = list;
    if (!list)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu records", results->n);
    for (size_t i = 0; i < results->n; i++)
        list[i] = &results->records[i];
    qsort(list, results->n, sizeof *list, by_name);
    for (size_t i = 1; i < results->n; i++)
        if (strcmp(list[i - 1]->name, list[i]->name) == 0)
            return edy_fail(err, EDY_BAD_FILE, "the %s results have two records named %.200s",
                            which, list[i]->name);
    return EDY_OK;
}

static const edy_record *find_record(const edy_record *const *sorted, size_t n,
                                     const edy_record *like) {
    const edy_record *const *hit = n ? bsearch(&like, sorted, n, sizeof *sorted, by_name) : NULL;
    return hit ? *hit : NULL;
}

static edy_comparison *add_row(edy_comparison_table *t, const edy_record *record,
                               edy_change change) {
    edy_comparison *c = &t->row[t->n++];
    *c = (edy_comparison){.name = record->name, .change = change};
    c->old_ns = c->new_ns = c->ratio = c->low = c->high = NAN;
    return c;
}

static edy_status fill_rows(edy_comparison_table *t, const edy_results *base,
                            const edy_record *const *base_sorted, const edy_results *now,
                            const edy_record *const *now_sorted, double threshold, uint64_t seed,
                            edy_error *err) {
    edy_status status = EDY_OK;
    for (size_t i = 0; i < base->n && !status; i++) {
        const edy_record *a = &base->records[i], *b = find_record(now_sorted, now->n, a);
        edy_comparison *c = add_row(t, a, EDY_CHANGE_MISSING);
        if (b)
            status = compare_pair(c, base, a, now, b, threshold, seed + i, err);
        else if (edy_record_has_latency(a))
            c->old_ns = a->latency.median_ns;
    }
    for (size_t i = 0; i < now->n && !status; i++) {
        const edy_record *b = &now->records[i];
        if (find_record(base_sorted, base->n, b))
            continue;
        edy_comparison *c = add_row(t, b, EDY_CHANGE_ADDED);
        if (edy_record_has_latency(b))
            c->new_ns = b->latency.median_ns;
    }
    return status;
}

static void summarise(edy_comparison_table *t) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        t->count[t->row[i].change]++;
        if (isfinite(t->row[i].ratio)) {
            sum += log(t->row[i].ratio);
            n++;
        }
    }
    t->geometric_mean = n ? exp(sum / (double)n) : NAN;
}

edy_status edy_compare(const edy_results *base, const edy_results *now, double threshold,
                       uint64_t seed, edy_comparison_table **table, edy_error *err) {
    const edy_record **base_sorted = NULL, **now_sorted = NULL;
    edy_comparison_table *t = calloc(1, sizeof *t);
    edy_status status = EDY_OK;
    *table = NULL;
    if (t)
        t->row = calloc(base->n + now->n + 1, sizeof *t->row);
    if (!t || !t->row)
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for the comparison");
    status = status ? status : sort_by_name(base, "base", &base_sorted, err);
    status = status ? status : sort_by_name(now, "new", &now_sorted, err);
    if (!status) {
        compare_identity(t, &base->context, &now->context);
        status = fill_rows(t, base, base_sorted, now, now_sorted, threshold, seed, err);
    }
    free(base_sorted);
    free(now_sorted);
    if (status) {
        edy_comparison_destroy(t);
        return status;
    }
    summarise(t);
    *table = t;
    return EDY_OK;
}

void edy_comparison_destroy(edy_comparison_table *table) {
    if (!table)
        return;
    free(table->row);
    free(table);
}

int edy_comparison_exit_code(const edy_comparison_table *t) {
    if (t->count[EDY_CHANGE_WRONG] > 0)
        return EDY_EXIT_WRONG;
    if (t->n == t->count[EDY_CHANGE_MISSING] + t->count[EDY_CHANGE_ADDED])
        return EDY_EXIT_NOTHING_RAN;
    if (t->n_differences > 0)
        return EDY_EXIT_NOT_COMPARABLE;
    if (t->count[EDY_CHANGE_WORSE] > 0)
        return EDY_EXIT_WORSE;
    return t->count[EDY_CHANGE_CANT_TELL] + t->count[EDY_CHANGE_MISSING] +
                       t->count[EDY_CHANGE_NO_NUMBER] >
                   0
               ? EDY_EXIT_NOT_COMPARABLE
               : EDY_EXIT_OK;
}
