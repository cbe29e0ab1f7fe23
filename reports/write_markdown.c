/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* report.md: Markdown as GitHub reads it; pastes into a README or an issue. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "reports/facts.h"
#include "reports/outfile.h"
#include "reports/plot_script.h"
#include "reports/sheet.h"
#include "reports/writers.h"

/* One line of text in which nothing is markup. An underscore inside a word is not markup anyway. */
static void put_text(FILE *stream, const char *text) {
    char clean[EDY_TEXT_BYTES * 4];
    edy_text_clean(clean, sizeof clean, text, sizeof clean, EDY_UTF8);
    for (const char *c = clean; *c; c++) {
        const bool inside =
            c > clean && isalnum((unsigned char)c[-1]) && isalnum((unsigned char)c[1]);
        if (*c == '<')
            fputs("&lt;", stream);
        else if (*c == '&')
            fputs("&amp;", stream);
        else if (strchr("\\`*{}[]#|~$", *c) || (*c == '_' && !inside))
            fprintf(stream, "\\%c", *c);
        else
            fputc(*c, stream);
    }
}

/* A fenced block: the fence is longer than any run of backticks inside. */
static void put_code(FILE *stream, const char *text) {
    char clean[EDY_TEXT_BYTES * 4];
    size_t run = 0, longest = 2;
    edy_text_clean(clean, sizeof clean, text, sizeof clean, EDY_UTF8);
    for (const char *c = clean; *c; c++) {
        run = *c == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i <= longest; i++)
            fputc('`', stream);
        if (side == 0)
            fprintf(stream, "sh\n%s\n", clean);
    }
    fputc('\n', stream);
}

static void put_sheet(const edy_view *view, const edy_sheet *sheet, FILE *stream) {
    bool used[EDY_SHEET_MAX_COLUMNS];
    if (!edy_sheet_used(view, sheet, used))
        return;
    fprintf(stream, "\n## %s\n\n|", sheet->title);
    for (size_t c = 0; c < sheet->n_columns; c++)
        if (used[c])
            fprintf(stream, " %s |", edy_sheet_column_at(sheet, c)->title);
    fputs("\n|", stream);
    for (size_t c = 0; c < sheet->n_columns; c++)
        if (used[c])
            fputs(edy_sheet_is_number(edy_sheet_column_at(sheet, c)) ? "---:|" : "---|", stream);
    fputc('\n', stream);
    for (size_t r = 0; r < view->n; r++) {
        fputc('|', stream);
        for (size_t c = 0; c < sheet->n_columns; c++) {
            edy_sheet_cell cell;
            if (!used[c])
                continue;
            edy_sheet_get(view, view->record[r], edy_sheet_column_at(sheet, c), &cell);
            fputc(' ', stream);
            put_text(stream, cell.text);
            fputs(" |", stream);
        }
        fputc('\n', stream);
    }
}

static void put_reasons(const edy_view *view, FILE *stream) {
    if (view->n_reasons > 0)
        fputs("\n## Not right\n\n", stream);
    for (size_t i = 0; i < view->n_reasons; i++) {
        const edy_reason_group *g = &view->reason[i];
        char cases[EDY_NAME_BYTES * 3 + 32];
        edy_cases_text(g->first, g->cases, cases, sizeof cases);
        fprintf(stream, "- **%s** ", edy_verdict_text(g->verdict));
        put_text(stream, cases);
        fputs(": ", stream);
        put_text(stream, g->reason[0] ? g->reason : "no reason recorded");
        fputc('\n', stream);
    }
}

static void put_doubts(const edy_view *view, FILE *stream) {
    if (view->n_doubts > 0)
        fputs("\n## Doubts\n\n", stream);
    for (size_t i = 0; i < view->n_doubts; i++) {
        const edy_doubt_group *g = &view->doubt[i];
        char cases[EDY_NAME_BYTES * 3 + 32];
        fprintf(stream, "- **%s** ", g->cases > 0 ? g->mark : "whole run");
        put_text(stream, g->text);
        if (g->cases > 0) {
            edy_cases_text(g->first, g->cases, cases, sizeof cases);
            fputs(" (", stream);
            put_text(stream, cases);
            fputc(')', stream);
        }
        fputc('\n', stream);
    }
    if (view->left_out > 0)
        fprintf(stream, "\n%zu more reasons or doubts are in results.json.\n", view->left_out);
}

static void put_fastest(const edy_view *view, FILE *stream) {
    bool any = false;
    for (size_t i = 0; i < view->n; i++) {
        const char *workload = view->record[i]->workload;
        if (i > 0 && strcmp(workload, view->record[i - 1]->workload) == 0)
            continue;
        const edy_record *best = edy_view_fastest(view, workload);
        if (!best)
            continue;
        char time[EDY_TEXT_SHORT], interval[EDY_TEXT_SHORT], n[EDY_TEXT_SHORT];
        fputs(any ? "- " : "\nFastest:\n\n- ", stream);
        any = true;
        put_text(stream, best->name);
        fprintf(stream, ": **%s%s**", edy_text_time(time, best->latency.median_ns, EDY_UTF8),
                best->latency.kind == EDY_SAMPLES_MEANS ? "\\*" : "");
        if (isfinite(best->latency.median_low_ns))
            fprintf(stream, " (95 %%: %s)",
                    edy_text_interval(interval, best->latency.median_low_ns,
                                      best->latency.median_high_ns, EDY_UTF8));
        if (edy_view_accurate(best))
            fprintf(stream, ", top-1 %s of %s images", edy_text_percent(time, best->accuracy.top1),
                    edy_text_count(n, best->accuracy.n));
        if (best->verdict != EDY_VERDICT_PASS)
            fprintf(stream, ", %s", edy_verdict_text(best->verdict));
        fputc('\n', stream);
    }
}

/* Plots beside the report; directory NULL: it is printed, there are none. */
static void put_plots(const char *directory, FILE *stream) {
    char *missing = directory ? edy_file_text(directory, "plots/missing.txt", 4096) : NULL;
    if (missing) {
        fputc('\n', stream);
        put_text(stream, missing);
        fputc('\n', stream);
        free(missing);
    }
    for (int p = 0; directory && p < EDY_N_PLOTS; p++)
        if (edy_plot_drawn(directory, edy_plots[p]))
            fprintf(stream, "\n![%s](plots/%s.svg)\n", edy_plots[p]->title, edy_plots[p]->name);
}

static void put_fact(void *context, const char *name, const char *text) {
    FILE *stream = context;
    fputs("- ", stream);
    put_text(stream, name);
    fputs(": ", stream);
    put_text(stream, text);
    fputc('\n', stream);
}

static void put_run(const edy_view *view, FILE *stream) {
    fputs("\n## Machine\n\n", stream);
    edy_machine_facts(view, put_fact, stream);
    fputs("\n## Build\n\n", stream);
    edy_build_facts(view, put_fact, stream);
    fputs("\n## Instrument\n\n", stream);
    edy_instrument_facts(view, put_fact, stream);
    fputs("\n## How to reproduce\n\n", stream);
    put_code(stream, view->results->context.command[0] ? view->results->context.command
                                                       : "# the command was not recorded");
    fputs("\nModels by sha256, and data:\n\n", stream);
    edy_model_facts(view, put_fact, stream);
    edy_data_facts(view, put_fact, stream);
}

static void put_head(const edy_view *view, FILE *stream) {
    char text[EDY_TEXT_BYTES * 2];
    edy_view_verdict_line(view, text, sizeof text);
    fputs("# ", stream);
    put_text(stream, text);
    edy_machine_line(&view->results->context, text, sizeof text);
    fputs("\n\n", stream);
    put_text(stream, text);
    edy_build_line(&view->results->context, text, sizeof text);
    fputs("\n\n", stream);
    put_text(stream, text);
    fputs("; ", stream);
    put_text(stream, view->results->context.date);
    fputc('\n', stream);
}

static edy_status put_report(const edy_results *results, const char *directory, FILE *stream,
                             edy_error *err) {
    edy_view *view;
    const edy_status status = edy_view_create(results, &view, err);
    if (status != EDY_OK)
        return status;
    char text[EDY_TEXT_BYTES];
    put_head(view, stream);
    put_fastest(view, stream);
    put_reasons(view, stream);
    put_sheet(view, &edy_sheet_cases, stream);
    edy_instrument_line(view, EDY_UTF8, text, sizeof text);
    fputc('\n', stream);
    put_text(stream, text);
    edy_accuracy_line(view, text, sizeof text);
    fputs(text[0] ? "\n\n" : "", stream);
    put_text(stream, text);
    fputc('\n', stream);
    put_doubts(view, stream);
    put_plots(directory, stream);
    put_sheet(view, &edy_sheet_accuracy, stream);
    put_sheet(view, &edy_sheet_memory, stream);
    put_sheet(view, &edy_sheet_timing, stream);
    put_run(view, stream);
    edy_view_destroy(view);
    return edy_stream_status(stream, err);
}

static edy_status print(const edy_results *results, FILE *stream, edy_error *err) {
    return put_report(results, NULL, stream, err);
}

static edy_status write_files(const edy_results *results, const char *directory, edy_error *err) {
    edy_outfile file;
    edy_status status = edy_outfile_open(&file, directory, "report.md", err);
    if (status != EDY_OK)
        return status;
    status = put_report(results, directory, file.stream, err);
    if (status != EDY_OK) {
        edy_outfile_abandon(&file);
        return status;
    }
    return edy_outfile_commit(&file, err);
}

const edy_report_writer edy_writer_markdown = {"markdown", "report.md", write_files, print};
