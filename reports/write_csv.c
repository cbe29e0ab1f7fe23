/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* results.csv: one line a case (RFC 4180), numbers in full precision, empty where not measured.
 * Names of columns are those of the fields in bench/record.h. The samples are in results.json. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/outfile.h"
#include "reports/view.h"
#include "reports/writers.h"

typedef enum kind { TEXT, INTEGER, UNSIGNED, REAL } kind;
typedef enum source { OF_RECORD, OF_CONTEXT } source;
/* When a number may be printed: always, with the latency, with the accuracy. */
typedef enum guard { ALWAYS, TIMED, ACCURATE } guard;

typedef struct field {
    const char *name;
    kind kind;
    guard guard;
    source source;
    size_t offset;
} field;

#define RECORD(name, kind, guard, member)                                                          \
    { name, kind, guard, OF_RECORD, offsetof(edy_record, member) }
#define CONTEXT(name, kind, member)                                                                \
    { name, kind, ALWAYS, OF_CONTEXT, offsetof(edy_context, member) }

static const field fields[] = {
    RECORD("name", TEXT, ALWAYS, name),
    RECORD("workload", TEXT, ALWAYS, workload),
    RECORD("variant", TEXT, ALWAYS, variant),
    RECORD("backend", TEXT, ALWAYS, backend),
    RECORD("threads", INTEGER, ALWAYS, threads),
    RECORD("batch", INTEGER, ALWAYS, batch),
    RECORD("dataset", TEXT, ALWAYS, dataset),
    RECORD("verdict_reason", TEXT, ALWAYS, verdict_reason),
    RECORD("budget_share", REAL, ALWAYS, budget_share),
    RECORD("iterations", INTEGER, TIMED, latency.iterations),
    RECORD("per_sample", INTEGER, TIMED, latency.per_sample),
    RECORD("taken", INTEGER, TIMED, latency.taken),
    RECORD("thinning", INTEGER, TIMED, latency.thinning),
    RECORD("repetitions", INTEGER, TIMED, latency.repetitions),
    RECORD("outliers", INTEGER, TIMED, latency.outliers),
    RECORD("median_ns", REAL, TIMED, latency.median_ns),
    RECORD("median_low_ns", REAL, TIMED, latency.median_low_ns),
    RECORD("median_high_ns", REAL, TIMED, latency.median_high_ns),
    RECORD("mean_ns", REAL, TIMED, latency.mean_ns),
    RECORD("min_ns", REAL, TIMED, latency.min_ns),
    RECORD("max_ns", REAL, TIMED, latency.max_ns),
    RECORD("p90_ns", REAL, TIMED, latency.p90_ns),
    RECORD("p99_ns", REAL, TIMED, latency.p99_ns),
    RECORD("mad_ns", REAL, TIMED, latency.mad_ns),
    RECORD("cpu_time_ns", REAL, TIMED, latency.cpu_time_ns),
    RECORD("first_ns", REAL, TIMED, first_ns),
    RECORD("load_ns", REAL, TIMED, load_ns),
    RECORD("plan_ns", REAL, TIMED, plan_ns),
    RECORD("n", INTEGER, ACCURATE, accuracy.n),
    RECORD("correct", INTEGER, ACCURATE, accuracy.correct),
    RECORD("top1", REAL, ACCURATE, accuracy.top1),
    RECORD("golden_n", INTEGER, ACCURATE, accuracy.golden_n),
    RECORD("agree", INTEGER, ACCURATE, accuracy.agree),
    RECORD("weights", INTEGER, ALWAYS, memory.weights),
    RECORD("packed", INTEGER, ALWAYS, memory.packed),
    RECORD("arena", INTEGER, ALWAYS, memory.arena),
    RECORD("arena_lower_bound", INTEGER, ALWAYS, memory.arena_lower_bound),
    RECORD("indirection", INTEGER, ALWAYS, memory.indirection),
    RECORD("peak_rss", INTEGER, ALWAYS, memory.peak_rss),
    RECORD("peak_rss_base", INTEGER, ALWAYS, memory.peak_rss_base),
    RECORD("instructions", INTEGER, ALWAYS, counts.instructions),
    RECORD("cycles", INTEGER, TIMED, counts.cycles),
    RECORD("task_clock_ns", INTEGER, TIMED, counts.task_clock_ns),
    RECORD("page_faults", INTEGER, ALWAYS, counts.page_faults),
    RECORD("context_switches", INTEGER, ALWAYS, counts.context_switches),
    RECORD("counts_reason", TEXT, ALWAYS, counts.reason),
    RECORD("macs", INTEGER, ALWAYS, macs),
    RECORD("model_bytes", INTEGER, ALWAYS, model_bytes),
    RECORD("model_sha256", TEXT, ALWAYS, model_sha256),
    RECORD("seed", UNSIGNED, ALWAYS, seed),
    CONTEXT("date", TEXT, date),
    CONTEXT("cpu_model", TEXT, cpu_model),
    CONTEXT("arch", TEXT, arch),
    CONTEXT("os", TEXT, os),
    CONTEXT("governor", TEXT, governor),
    CONTEXT("virtualisation", TEXT, virtualisation),
    CONTEXT("compiler", TEXT, compiler),
    CONTEXT("flags", TEXT, flags),
    CONTEXT("build_type", TEXT, build_type),
    CONTEXT("edyno_version", TEXT, edyno_version),
    CONTEXT("git_commit", TEXT, git_commit),
};

/* Columns that are not a field as it stands. */
static const char *const extra[] = {"verdict",  "kind",      "n_samples",
                                    "top1_low", "top1_high", "doubts"};

/* Quoted where RFC 4180 asks for it, and where blanks at an end might get lost. */
static void put_text(FILE *stream, const char *text) {
    const size_t n = strlen(text);
    const bool edge = n > 0 && (strchr(" \t", text[0]) || strchr(" \t", text[n - 1]));
    if (!edge && !strpbrk(text, "\",\r\n")) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', stream);
        fputc(*text, stream);
    }
    fputc('"', stream);
}

static void put_real(FILE *stream, double value) {
    char text[EDY_TEXT_SHORT];
    fputs(edy_text_exact(text, value), stream);
}

static void put_field(FILE *stream, const field *f, const void *from) {
    const char *at = (const char *)from + f->offset;
    int64_t integer;
    uint64_t natural;
    double real;
    switch (f->kind) {
    case TEXT:
        put_text(stream, at);
        break;
    case INTEGER:
        memcpy(&integer, at, sizeof integer);
        if (integer >= 0)
            fprintf(stream, "%" PRId64, integer);
        break;
    case UNSIGNED:
        memcpy(&natural, at, sizeof natural);
        fprintf(stream, "%" PRIu64, natural);
        break;
    case REAL:
        memcpy(&real, at, sizeof real);
        put_real(stream, real);
        break;
    }
}

static void put_doubts(FILE *stream, const edy_record *record) {
    char text[EDY_MAX_DOUBTS * (sizeof(edy_doubt) + 4)] = "";
    size_t used = 0;
    for (size_t i = 0; i < record->n_doubts; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s: %s", i ? "; " : "",
                                 record->doubt[i].code, record->doubt[i].text);
    put_text(stream, text);
}

static void put_extra(FILE *stream, const edy_view *view, const edy_record *record) {
    const char *const kinds[] = {"", "single", "means"};
    double low = NAN, high = NAN;
    if (edy_view_accurate(record))
        edy_view_accuracy_interval(&record->accuracy, &low, &high);
    fprintf(stream, ",%s,%s,", edy_verdict_text(record->verdict),
            edy_view_timed(view, record) ? kinds[record->latency.kind] : "");
    if (edy_view_timed(view, record))
        fprintf(stream, "%zu", record->latency.n_samples);
    fputc(',', stream);
    put_real(stream, low);
    fputc(',', stream);
    put_real(stream, high);
    fputc(',', stream);
    put_doubts(stream, record);
    fputc('\n', stream);
}

static edy_status print(const edy_results *results, FILE *stream, edy_error *err) {
    const size_t n_fields = sizeof fields / sizeof *fields;
    edy_view *view;
    const edy_status status = edy_view_create(results, &view, err);
    if (status != EDY_OK)
        return status;
    for (size_t f = 0; f < n_fields; f++)
        fprintf(stream, "%s%s", f ? "," : "", fields[f].name);
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++)
        fprintf(stream, ",%s", extra[i]);
    fputc('\n', stream);
    for (size_t r = 0; r < view->n; r++) {
        const edy_record *record = view->record[r];
        const bool allowed[] = {[ALWAYS] = true,
                                [TIMED] = edy_view_timed(view, record),
                                [ACCURATE] = edy_view_accurate(record)};
        for (size_t f = 0; f < n_fields; f++) {
            if (f)
                fputc(',', stream);
            if (allowed[fields[f].guard])
                put_field(stream, &fields[f],
                          fields[f].source == OF_RECORD ? (const void *)record : &results->context);
        }
        put_extra(stream, view, record);
    }
    edy_view_destroy(view);
    return edy_stream_status(stream, err);
}

static edy_status write_files(const edy_results *results, const char *directory, edy_error *err) {
    return edy_outfile_write(results, directory, "results.csv", print, err);
}

const edy_report_writer edy_writer_csv = {"csv", "results.csv", write_files, print};
