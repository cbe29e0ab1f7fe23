/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/view.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/proportion.h"

/* ---- Order ---------------------------------------------------------------------------------- */

typedef struct named {
    const char *text;
    size_t index;
} named;

static int compare_named(const void *a, const void *b) {
    const named *x = a, *y = b;
    const int order = strcmp(x->text, y->text);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* rank[i] = index of the first record whose text field at `offset` equals that of record i. */
static void rank_by_appearance(const edy_results *results, size_t offset, named *work,
                               size_t *rank) {
    for (size_t i = 0; i < results->n; i++)
        work[i] = (named){(const char *)&results->records[i] + offset, i};
    qsort(work, results->n, sizeof *work, compare_named);
    size_t first = 0;
    for (size_t i = 0; i < results->n; i++) {
        if (i == 0 || strcmp(work[i].text, work[i - 1].text) != 0)
            first = work[i].index;
        rank[work[i].index] = first;
    }
}

enum { N_TEXT_KEYS = 3 };

typedef struct sort_key {
    size_t rank[N_TEXT_KEYS]; /* workload, variant, backend */
    int64_t threads, batch;
    size_t index;
    const edy_record *record;
} sort_key;

static int compare_keys(const void *a, const void *b) {
    const sort_key *x = a, *y = b;
    for (int k = 0; k < N_TEXT_KEYS; k++)
        if (x->rank[k] != y->rank[k])
            return x->rank[k] < y->rank[k] ? -1 : 1;
    if (x->threads != y->threads)
        return x->threads < y->threads ? -1 : 1;
    if (x->batch != y->batch)
        return x->batch < y->batch ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static bool sort_records(edy_view *view) {
    static const size_t offsets[N_TEXT_KEYS] = {offsetof(edy_record, workload),
                                                offsetof(edy_record, variant),
                                                offsetof(edy_record, backend)};
    const size_t n = view->n;
    sort_key *key = calloc(n, sizeof *key);
    named *work = calloc(n, sizeof *work);
    size_t *rank = calloc(n, sizeof *rank);
    const bool ok = key && work && rank;
    if (ok) {
        for (int k = 0; k < N_TEXT_KEYS; k++) {
            rank_by_appearance(view->results, offsets[k], work, rank);
            for (size_t i = 0; i < n; i++)
                key[i].rank[k] = rank[i];
        }
        for (size_t i = 0; i < n; i++) {
            const edy_record *record = &view->results->records[i];
            key[i].threads = record->threads;
            key[i].batch = record->batch;
            key[i].index = i;
            key[i].record = record;
        }
        qsort(key, n, sizeof *key, compare_keys);
        for (size_t i = 0; i < n; i++)
            view->record[i] = key[i].record;
    }
    free(key);
    free(work);
    free(rank);
    return ok;
}

/* ---- Doubts --------------------------------------------------------------------------------- */

static edy_doubt_group *find_doubt(const edy_view *view, const char *code) {
    for (size_t i = 0; i < view->n_doubts; i++)
        if (strcmp(view->doubt[i].code, code) == 0)
            return &view->doubt[i];
    return NULL;
}

/* The group of this code, made where there is none. NULL: there are too many. */
static edy_doubt_group *doubt_group(edy_view *view, const edy_doubt *doubt) {
    edy_doubt_group *group = find_doubt(view, doubt->code);
    if (group || view->n_doubts == EDY_VIEW_MAX_GROUPS)
        return group;
    group = &view->doubt[view->n_doubts++];
    *group = (edy_doubt_group){.code = doubt->code, .text = doubt->text};
    return group;
}

static int compare_groups(const void *a, const void *b) {
    const edy_doubt_group *x = a, *y = b;
    if (x->of_run != y->of_run)
        return x->of_run ? -1 : 1;
    if (x->cases != y->cases)
        return x->cases > y->cases ? -1 : 1;
    return strcmp(x->code, y->code);
}

/* a .. z, aa .. zz */
static void set_mark(char mark[4], unsigned number) {
    if (number < 26)
        snprintf(mark, 4, "%c", (char)('a' + number));
    else
        snprintf(mark, 4, "%c%c", (char)('a' + (number / 26 - 1) % 26), (char)('a' + number % 26));
}

static void gather_doubts(edy_view *view) {
    const edy_context *context = &view->results->context;
    for (size_t i = 0; i < context->n_doubts; i++) {
        edy_doubt_group *group = doubt_group(view, &context->doubt[i]);
        if (group)
            group->of_run = true;
    }
    for (size_t r = 0; r < view->n; r++) {
        const edy_record *record = view->record[r];
        for (size_t i = 0; i < record->n_doubts; i++) {
            edy_doubt_group *group = doubt_group(view, &record->doubt[i]);
            if (!group)
                view->left_out++;
            else if (group->cases++ == 0)
                group->first = record;
        }
    }
    if (view->n_doubts > 1)
        qsort(view->doubt, view->n_doubts, sizeof *view->doubt, compare_groups);
    unsigned next = 0;
    for (size_t i = 0; i < view->n_doubts; i++)
        if (view->doubt[i].cases > 0)
            set_mark(view->doubt[i].mark, next++);
}

void edy_view_marks(const edy_view *view, const edy_record *record, char *out, size_t size) {
    assert(size > 0);
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < view->n_doubts && used < size; i++)
        for (size_t k = 0; k < record->n_doubts; k++)
            if (strcmp(record->doubt[k].code, view->doubt[i].code) == 0) {
                const bool apart = used > 0 && view->n_doubts > 26; /* marks of two letters */
                used += (size_t)snprintf(out + used, size - used, "%s%s", apart ? "," : "",
                                         view->doubt[i].mark);
                break;
            }
}

/* ---- Reasons -------------------------------------------------------------------------------- */

/* Worst first. */
static const edy_verdict not_passed[] = {EDY_VERDICT_FAIL,        EDY_VERDICT_CRASH,
                                         EDY_VERDICT_UNSUPPORTED, EDY_VERDICT_SKIP,
                                         EDY_VERDICT_MISTRUSTED,  EDY_VERDICT_NONE};
enum { N_NOT_PASSED = sizeof not_passed / sizeof *not_passed };

static void count_reason(edy_view *view, const edy_record *record, size_t first_group) {
    for (size_t g = first_group; g < view->n_reasons; g++)
        if (strcmp(view->reason[g].reason, record->verdict_reason) == 0) {
            view->reason[g].cases++;
            return;
        }
    if (view->n_reasons == EDY_VIEW_MAX_GROUPS)
        view->left_out++;
    else
        view->reason[view->n_reasons++] =
            (edy_reason_group){record->verdict, record->verdict_reason, record, 1};
}

static void gather_reasons(edy_view *view) {
    for (int v = 0; v < N_NOT_PASSED; v++) {
        const size_t first_group = view->n_reasons;
        for (size_t r = 0; r < view->n; r++)
            if (view->record[r]->verdict == not_passed[v])
                count_reason(view, view->record[r], first_group);
    }
}

void edy_cases_text(const edy_record *first, size_t cases, char *out, size_t size) {
    if (cases > 1)
        snprintf(out, size, "%s, and %zu more", first->name, cases - 1);
    else
        snprintf(out, size, "%s", first->name);
}

/* ---- The view ------------------------------------------------------------------------------- */

edy_status edy_view_create(const edy_results *results, edy_view **out, edy_error *err) {
    edy_view *view = calloc(1, sizeof *view);
    if (!view)
        goto fail;
    view->results = results;
    view->n = results->n;
    view->doubt = calloc(EDY_VIEW_MAX_GROUPS, sizeof *view->doubt);
    view->reason = calloc(EDY_VIEW_MAX_GROUPS, sizeof *view->reason);
    if (!view->doubt || !view->reason)
        goto fail;
    if (view->n > 0) {
        view->record = calloc(view->n, sizeof *view->record);
        if (!view->record || !sort_records(view))
            goto fail;
    }
    for (size_t i = 0; i < view->n; i++)
        if ((unsigned)view->record[i]->verdict < EDY_VERDICT_COUNT)
            view->verdict_count[view->record[i]->verdict]++;
    gather_doubts(view);
    gather_reasons(view);
    *out = view;
    return EDY_OK;
fail:
    edy_view_destroy(view);
    return edy_fail(err, EDY_NO_MEMORY, "no memory to report %zu cases", results->n);
}

void edy_view_destroy(edy_view *view) {
    if (!view)
        return;
    free(view->record);
    free(view->doubt);
    free(view->reason);
    free(view);
}

/* ---- What may be shown ---------------------------------------------------------------------- */

bool edy_view_accurate(const edy_record *record) {
    return record->accuracy.n > 0 && edy_verdict_tone(record->verdict) != EDY_TONE_BAD;
}

bool edy_view_timed(const edy_view *view, const edy_record *record) {
    const edy_verdict v = record->verdict;
    const bool allowed =
        v == EDY_VERDICT_PASS || v == EDY_VERDICT_MISTRUSTED || v == EDY_VERDICT_NONE;
    return allowed && !view->results->context.emulated && edy_record_has_latency(record) &&
           isfinite(record->latency.median_ns);
}

bool edy_view_sampled(const edy_view *view, const edy_record *record) {
    return edy_view_timed(view, record) && record->latency.n_samples > 0;
}

bool edy_view_has_means(const edy_view *view) {
    for (size_t i = 0; i < view->n; i++)
        if (edy_view_timed(view, view->record[i]) &&
            view->record[i]->latency.kind == EDY_SAMPLES_MEANS)
            return true;
    return false;
}

double edy_view_image_ns(const edy_view *view, const edy_record *record) {
    if (!edy_view_timed(view, record))
        return NAN;
    return record->latency.median_ns / (double)(record->batch > 0 ? record->batch : 1);
}

const edy_record *edy_view_fastest(const edy_view *view, const char *workload) {
    const edy_record *best = NULL;
    for (size_t i = 0; i < view->n; i++) {
        const edy_record *record = view->record[i];
        if (strcmp(record->workload, workload) != 0 || !edy_view_timed(view, record))
            continue;
        const bool right = record->verdict == EDY_VERDICT_PASS;
        const bool best_right = best && best->verdict == EDY_VERDICT_PASS;
        if (!best || (right && !best_right) ||
            (right == best_right &&
             edy_view_image_ns(view, record) < edy_view_image_ns(view, best)))
            best = record;
    }
    return best;
}

void edy_view_accuracy_interval(const edy_accuracy *accuracy, double *low, double *high) {
    *low = *high = NAN;
    if (accuracy->n > 0 && accuracy->correct >= 0 && accuracy->correct <= accuracy->n)
        edy_proportion_interval(accuracy->correct, accuracy->n, low, high);
}

/* ---- Verdict -------------------------------------------------------------------------------- */

edy_tone edy_verdict_tone(edy_verdict verdict) {
    switch (verdict) {
    case EDY_VERDICT_PASS:
        return EDY_TONE_GOOD;
    case EDY_VERDICT_FAIL:
    case EDY_VERDICT_CRASH:
        return EDY_TONE_BAD;
    default:
        return EDY_TONE_MIXED;
    }
}

edy_tone edy_view_tone(const edy_view *view) {
    if (view->n == 0)
        return EDY_TONE_BAD;
    edy_tone tone = view->results->complete ? EDY_TONE_GOOD : EDY_TONE_MIXED;
    for (int v = 0; v < EDY_VERDICT_COUNT; v++)
        if (view->verdict_count[v] > 0 && edy_verdict_tone((edy_verdict)v) > tone)
            tone = edy_verdict_tone((edy_verdict)v);
    return tone;
}

/* Appends to out where there is room. */
__attribute__((format(printf, 3, 4))) static void append(char *out, size_t size, const char *format,
                                                         ...) {
    const size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

void edy_view_verdict_line(const edy_view *view, char *out, size_t size) {
    static const char *const word[EDY_VERDICT_COUNT] = {
        [EDY_VERDICT_NONE] = "not judged",      [EDY_VERDICT_PASS] = "right",
        [EDY_VERDICT_FAIL] = "wrong",           [EDY_VERDICT_UNSUPPORTED] = "unsupported",
        [EDY_VERDICT_CRASH] = "crashed",        [EDY_VERDICT_SKIP] = "skipped",
        [EDY_VERDICT_MISTRUSTED] = "mistrusted"};
    const size_t right = view->verdict_count[EDY_VERDICT_PASS];
    out[0] = '\0';
    if (view->n == 0)
        append(out, size, "Nothing ran: 0 cases.");
    else if (right == view->n && view->n == 1)
        append(out, size, "The only case is right (1 of 1).");
    else if (right == view->n)
        append(out, size, "All cases right (%zu of %zu).", right, view->n);
    else {
        append(out, size, "%zu of %zu case%s right", right, view->n, view->n == 1 ? "" : "s");
        const char *separator = "; ";
        for (int i = 0; i < N_NOT_PASSED; i++)
            if (view->verdict_count[not_passed[i]] > 0) {
                append(out, size, "%s%zu %s", separator, view->verdict_count[not_passed[i]],
                       word[not_passed[i]]);
                separator = ", ";
            }
        append(out, size, ".");
    }
    if (!view->results->complete)
        append(out, size, " The run was cut off; these cases were finished.");
}

/* ---- Lines about the run -------------------------------------------------------------------- */

static bool known(const char *text) {
    return text[0] != '\0' && strcmp(text, "unknown") != 0;
}

void edy_machine_line(const edy_context *c, char *out, size_t size) {
    char number[EDY_TEXT_SHORT];
    out[0] = '\0';
    append(out, size, "%s", known(c->cpu_model) ? c->cpu_model : "unknown CPU");
    if (c->cores > 0)
        append(out, size, ", %lld core%s", (long long)c->cores, c->cores == 1 ? "" : "s");
    if (c->cpus > 0 && c->cpus != c->cores)
        append(out, size, " (%lld CPUs)", (long long)c->cpus);
    if (c->ram_bytes > 0)
        append(out, size, ", %s", edy_text_bytes(number, c->ram_bytes));
    if (known(c->os))
        append(out, size, ", %s", c->os);
    if (known(c->virtualisation) && strcmp(c->virtualisation, "none") != 0)
        append(out, size, ", %s", c->virtualisation);
    append(out, size, ", governor %s", known(c->governor) ? c->governor : "unknown");
    if (c->emulated)
        append(out, size, ", emulated");
}

void edy_build_line(const edy_context *c, char *out, size_t size) {
    out[0] = '\0';
    append(out, size, "edyno %s", c->edyno_version);
    if (known(c->git_commit))
        append(out, size, " (%.12s%s)", c->git_commit,
               strstr(c->git_commit, "-dirty") ? "-dirty" : "");
    if (known(c->compiler))
        append(out, size, ", %s", c->compiler);
    if (known(c->build_type))
        append(out, size, ", %s", c->build_type);
}

void edy_instrument_line(const edy_view *view, edy_charset charset, char *out, size_t size) {
    const edy_context *c = &view->results->context;
    char number[EDY_TEXT_SHORT];
    out[0] = '\0';
    if (c->emulated) {
        append(out, size,
               "Instructions are emulated: wall time says nothing of the machine and is "
               "not shown.");
        return;
    }
    append(out, size, "Times are of one inference; clock overhead %s, ",
           edy_text_time(number, c->timer_overhead_ns, charset));
    append(out, size, "empty workload %s; threads %s.",
           edy_text_time(number, c->empty_workload_ns, charset),
           c->pinned ? "pinned to one core each" : "not pinned");
    if (edy_view_has_means(view))
        append(out, size, " * of means of n: one inference is too short to time alone.");
}

void edy_accuracy_line(const edy_view *view, char *out, size_t size) {
    int64_t least = INT64_MAX, most = 0;
    double widest = 0.0;
    const char *dataset = NULL;
    bool one = true;
    out[0] = '\0';
    for (size_t i = 0; i < view->n; i++) {
        const edy_record *record = view->record[i];
        if (!edy_view_accurate(record))
            continue;
        double low, high;
        edy_view_accuracy_interval(&record->accuracy, &low, &high);
        widest = fmax(widest, 50.0 * (high - low));
        least = record->accuracy.n < least ? record->accuracy.n : least;
        most = record->accuracy.n > most ? record->accuracy.n : most;
        one = one && (!dataset || strcmp(dataset, record->dataset) == 0);
        dataset = record->dataset;
    }
    if (!dataset)
        return;
    char from[EDY_TEXT_SHORT], to[EDY_TEXT_SHORT];
    append(out, size, "Top-1 is of %s", edy_text_count(from, least));
    if (least != most)
        append(out, size, " to %s", edy_text_count(to, most));
    append(out, size, " image%s", most == 1 ? "" : "s");
    if (one && dataset[0])
        append(out, size, " of %s", dataset);
    append(out, size, ": its 95 %% intervals reach at most %.1f points to each side.", widest);
}

/* ---- Colours -------------------------------------------------------------------------------- */

int edy_backend_color(const char *backend) {
    static const struct {
        const char *prefix;
        int color;
    } table[] = {{"scalar", 1}, {"avx2", 0}, {"avx512", 2}, {"neon", 0}, {"sse", 4}, {"sve", 2}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strncmp(backend, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].color;
    unsigned sum = 0;
    for (; *backend; backend++)
        sum = sum * 31 + (unsigned char)*backend;
    return 3 + (int)(sum % 5);
}
