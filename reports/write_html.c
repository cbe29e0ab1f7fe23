/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* report.html: one file that needs nothing else and fetches nothing. */
#include <stdlib.h>
#include <string.h>

#include "reports/embedded.h"
#include "reports/facts.h"
#include "reports/html_text.h"
#include "reports/outfile.h"
#include "reports/plot_script.h"
#include "reports/svg_tidy.h"
#include "reports/writers.h"

enum { MAX_CARDS = 12 };

static void put_paragraph(FILE *stream, const char *class_name, const char *text) {
    if (!text[0])
        return;
    fprintf(stream, "<p class=\"%s\">", class_name);
    edy_html_text(stream, text);
    fputs("</p>\n", stream);
}

static void put_head(const edy_view *view, FILE *stream) {
    char verdict[EDY_TEXT_BYTES], text[EDY_TEXT_BYTES * 2];
    edy_view_verdict_line(view, verdict, sizeof verdict);
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>edyno: ",
        stream);
    edy_html_text(stream, verdict);
    fprintf(stream, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", edy_report_css);
    fputs("<p class=\"brand\">edyno report, ", stream);
    edy_html_text(stream, view->results->context.date);
    fprintf(stream, "</p>\n<h1 class=\"tone-%s\">", edy_html_tone(edy_view_tone(view)));
    edy_html_text(stream, verdict);
    fputs("</h1>\n", stream);
    edy_machine_line(&view->results->context, text, sizeof text);
    put_paragraph(stream, "", text);
    edy_build_line(&view->results->context, text, sizeof text);
    put_paragraph(stream, "muted", text);
}

/* ---- The fastest ---------------------------------------------------------------------------- */

static void put_card(const edy_record *best, FILE *stream) {
    char text[EDY_TEXT_SHORT], n[EDY_TEXT_SHORT];
    fputs("<li><span class=\"name\">", stream);
    edy_html_text(stream, best->workload);
    fprintf(stream, "</span><b>%s%s</b>", edy_text_time(text, best->latency.median_ns, EDY_UTF8),
            best->latency.kind == EDY_SAMPLES_MEANS ? "*" : "");
    fputs("<span>", stream);
    edy_html_text(stream, best->variant);
    fputc(' ', stream);
    edy_html_text(stream, best->backend);
    fprintf(stream, ", %lld thread%s", (long long)best->threads, best->threads == 1 ? "" : "s");
    if (best->batch > 1)
        fprintf(stream, ", batch of %lld", (long long)best->batch);
    if (best->verdict != EDY_VERDICT_PASS)
        fprintf(stream, " <span class=\"verdict tone-mixed\">%s</span>",
                edy_verdict_text(best->verdict));
    fputs("</span><br><span class=\"muted small\">", stream);
    if (isfinite(best->latency.median_low_ns))
        fprintf(stream, "95 %%: %s",
                edy_text_interval(text, best->latency.median_low_ns, best->latency.median_high_ns,
                                  EDY_UTF8));
    if (edy_view_accurate(best))
        fprintf(stream, "%stop-1 %s of %s images",
                isfinite(best->latency.median_low_ns) ? "<br>" : "",
                edy_text_percent(text, best->accuracy.top1), edy_text_count(n, best->accuracy.n));
    fputs("</span></li>\n", stream);
}

static void put_fastest(const edy_view *view, FILE *stream) {
    size_t cards = 0;
    for (size_t i = 0; i < view->n && cards < MAX_CARDS; i++) {
        const char *workload = view->record[i]->workload;
        if (i > 0 && strcmp(workload, view->record[i - 1]->workload) == 0)
            continue;
        const edy_record *best = edy_view_fastest(view, workload);
        if (!best)
            continue;
        if (cards++ == 0)
            fputs("<h2>Fastest case of each workload</h2>\n<ul class=\"cards\" "
                  "style=\"margin-top:0\">\n",
                  stream);
        put_card(best, stream);
    }
    if (cards > 0)
        fputs("</ul>\n", stream);
}

/* ---- Lists ---------------------------------------------------------------------------------- */

static void put_reasons(const edy_view *view, FILE *stream) {
    if (view->n_reasons == 0)
        return;
    fputs("<h2>Not right</h2>\n<ul class=\"list wide\">\n", stream);
    for (size_t i = 0; i < view->n_reasons; i++) {
        const edy_reason_group *g = &view->reason[i];
        char cases[EDY_NAME_BYTES * 3 + 32];
        edy_cases_text(g->first, g->cases, cases, sizeof cases);
        fprintf(stream, "<li><span class=\"verdict tone-%s\">%s</span> ",
                edy_html_tone(edy_verdict_tone(g->verdict)), edy_verdict_text(g->verdict));
        edy_html_text(stream, cases);
        fputs("<br><span class=\"muted\">", stream);
        edy_html_text(stream, g->reason[0] ? g->reason : "no reason recorded");
        fputs("</span></li>\n", stream);
    }
    fputs("</ul>\n", stream);
}

static void put_doubts(const edy_view *view, FILE *stream) {
    if (view->n_doubts > 0)
        fputs("<h2>Doubts</h2>\n<ul class=\"list\">\n", stream);
    for (size_t i = 0; i < view->n_doubts; i++) {
        const edy_doubt_group *g = &view->doubt[i];
        char cases[EDY_NAME_BYTES * 3 + 32];
        fprintf(stream, "<li><span class=\"mark\">%s</span>", g->cases > 0 ? g->mark : "&ndash;");
        edy_html_text(stream, g->text);
        fputs(" <span class=\"muted small\">", stream);
        if (g->cases > 0)
            edy_cases_text(g->first, g->cases, cases, sizeof cases);
        edy_html_text(stream, g->cases > 0 ? cases : "whole run");
        fputs("</span></li>\n", stream);
    }
    if (view->n_doubts > 0)
        fputs("</ul>\n", stream);
    if (view->left_out > 0)
        fprintf(stream, "<p>%zu more reasons or doubts are in results.json.</p>\n", view->left_out);
}

/* ---- Plots ---------------------------------------------------------------------------------- */

/* One SVG of plots/ made part of the page; leaves out what is not as expected. */
static void put_svg(FILE *stream, const char *directory, const edy_plot *plot, const char *ending,
                    const char *class_name) {
    char name[96], prefix[96];
    char *inlined = NULL;
    size_t bytes = 0;
    snprintf(name, sizeof name, "plots/%s%s", plot->name, ending);
    snprintf(prefix, sizeof prefix, "%s-%s-", plot->name, class_name);
    char *text = edy_file_text(directory, name, EDY_PLOT_MAX_BYTES);
    FILE *memory = text ? open_memstream(&inlined, &bytes) : NULL;
    if (memory) {
        const edy_svg_use use = {class_name, plot->title, prefix};
        const bool ok = edy_svg_tidy(text, &use, memory);
        if (fclose(memory) == 0 && ok)
            fwrite(inlined, 1, bytes, stream);
        free(inlined);
    }
    free(text);
}

static void put_plots(const char *directory, FILE *stream) {
    if (!directory)
        return;
    bool any = false;
    for (int p = 0; p < EDY_N_PLOTS; p++) {
        if (!edy_plot_drawn(directory, edy_plots[p]))
            continue;
        fprintf(stream, "%s<figure>\n", any ? "" : "<h2>Plots</h2>\n");
        any = true;
        put_svg(stream, directory, edy_plots[p], ".svg", "wide");
        put_svg(stream, directory, edy_plots[p], "-narrow.svg", "narrow");
        fputs("</figure>\n", stream);
    }
    char *missing = edy_file_text(directory, "plots/missing.txt", 4096);
    if (missing) {
        fputs("<h2>Plots</h2>\n", stream);
        put_paragraph(stream, "", missing);
    }
    free(missing);
}

/* ---- The run -------------------------------------------------------------------------------- */

static void put_fact(void *context, const char *name, const char *text) {
    FILE *stream = context;
    fputs("<dt>", stream);
    edy_html_text(stream, name);
    fputs("</dt><dd>", stream);
    edy_html_text(stream, text);
    fputs("</dd>\n", stream);
}

static void put_facts(const edy_view *view, const char *title, FILE *stream,
                      void (*facts)(const edy_view *, edy_fact_sink *, void *)) {
    fprintf(stream, "<section><h2>%s</h2>\n<dl>\n", title);
    facts(view, put_fact, stream);
    fputs("</dl></section>\n", stream);
}

static void put_run(const edy_view *view, FILE *stream) {
    const edy_context *c = &view->results->context;
    fputs("<div class=\"columns\">\n", stream);
    put_facts(view, "Machine", stream, edy_machine_facts);
    fputs("<div>\n", stream);
    put_facts(view, "Build", stream, edy_build_facts);
    put_facts(view, "Instrument", stream, edy_instrument_facts);
    fputs("</div>\n</div>\n<h2>How to reproduce</h2>\n<pre>", stream);
    edy_html_text(stream, c->command[0] ? c->command : "# the command was not recorded");
    fputs(
        "</pre>\n<p class=\"muted\">With the build above, these model files (by sha256) and these "
        "data:</p>\n<dl>\n",
        stream);
    edy_model_facts(view, put_fact, stream);
    edy_data_facts(view, put_fact, stream);
    fputs("</dl>\n", stream);
}

static void put_sheet(const edy_view *view, const edy_sheet *sheet, FILE *stream) {
    bool used[EDY_SHEET_MAX_COLUMNS];
    if (!edy_sheet_used(view, sheet, used))
        return;
    fprintf(stream, "<h2 id=\"%s\">%s</h2>\n", sheet->id, sheet->title);
    edy_html_sheet(stream, view, sheet);
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
    put_paragraph(stream, "muted small", text);
    edy_accuracy_line(view, text, sizeof text);
    put_paragraph(stream, "muted small", text);
    put_doubts(view, stream);
    put_plots(directory, stream);
    put_sheet(view, &edy_sheet_accuracy, stream);
    put_sheet(view, &edy_sheet_memory, stream);
    fputs("<details><summary>Timing in detail</summary>\n", stream);
    edy_html_sheet(stream, view, &edy_sheet_timing);
    fputs("</details>\n", stream);
    put_run(view, stream);
    fprintf(stream, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", edy_report_js);
    edy_view_destroy(view);
    return edy_stream_status(stream, err);
}

static edy_status print(const edy_results *results, FILE *stream, edy_error *err) {
    return put_report(results, NULL, stream, err);
}

static edy_status write_files(const edy_results *results, const char *directory, edy_error *err) {
    edy_outfile file;
    edy_status status = edy_outfile_open(&file, directory, "report.html", err);
    if (status != EDY_OK)
        return status;
    status = put_report(results, directory, file.stream, err);
    if (status != EDY_OK) {
        edy_outfile_abandon(&file);
        return status;
    }
    return edy_outfile_commit(&file, err);
}

const edy_report_writer edy_writer_html = {"html", "report.html", write_files, print};
