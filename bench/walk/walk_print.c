/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <string.h>

#include "bench/print_text.h"
#include "bench/verbs/verb.h"
#include "bench/walk/walk.h"

size_t edy_walk_count(const edy_walk_table *table, const char *backend, edy_walk_verdict verdict) {
    size_t n = 0;
    for (size_t i = 0; i < table->n; i++)
        n += table->row[i].verdict == verdict &&
             (!backend || strcmp(table->row[i].backend, backend) == 0);
    return n;
}

int edy_walk_exit_code(const edy_walk_table *table) {
    if (edy_walk_count(table, NULL, EDY_WALK_FAIL) || edy_walk_count(table, NULL, EDY_WALK_CRASH))
        return EDY_EXIT_WRONG;
    for (size_t i = 0; i < table->n; i++)
        if (table->row[i].cases)
            return EDY_EXIT_OK;
    return EDY_EXIT_NOTHING_RAN;
}

void edy_walk_print_heading(FILE *out) {
    fprintf(out, "%-10s %-22s %-28s %5s %6s %5s\n", "BACKEND", "FAMILY", "KERNEL", "CASES",
            "FAILED", "SHARE");
}

static void print_timing(const edy_walk_timing *t, FILE *out) {
    char unit[16] = "Gelem/s";
    if (t->is_arithmetic)
        strcpy(unit, strstr(t->problem, "f32") ? "GFLOP/s" : "GOP/s");
    fprintf(out, "  %12.0f ns %8.2f %-8s %s\n", t->median_ns, t->work / t->median_ns, unit,
            t->problem);
}

void edy_walk_print_row(const edy_walk_row *row, FILE *out) {
    char share[16] = "exact";
    if (row->share > 0)
        snprintf(share, sizeof share, "%.3f", row->share);
    fprintf(out, "%-10s %-22s %-28s ", row->backend, row->family,
            row->kernel[0] ? row->kernel : "-");
    if (row->verdict == EDY_WALK_INHERITED)
        fprintf(out, "inherited\n");
    else
        fprintf(out, "%5zu %6zu %5s%s\n", row->cases, row->failed, share,
                row->verdict == EDY_WALK_CRASH ? " CRASH" : "");
    for (size_t i = 0; i < row->n_timings; i++)
        print_timing(&row->timing[i], out);
    if (row->left_out)
        fprintf(out, "  %zu larger layers left out; --full walks them\n", row->left_out);
    for (size_t i = 0; i < row->n_failures; i++) {
        edy_print_wrapped(out, 2, row->failure[i].what);
        fprintf(out, "    %s\n", row->failure[i].rerun); /* one line, to be copied */
    }
}

void edy_walk_closing_line(const edy_walk_table *table, const char *backend, char *text,
                           size_t size) {
    char grouped[32];
    size_t rows = 0, cases = 0;
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->row[i].backend, backend) == 0) {
            rows++;
            cases += table->row[i].cases;
        }
    const size_t crashed = edy_walk_count(table, backend, EDY_WALK_CRASH);
    char crashes[40] = "";
    if (crashed)
        snprintf(crashes, sizeof crashes, ", %zu crashed", crashed);
    snprintf(text, size, "%s: %zu passed, %zu failed%s, %zu inherited from scalar of %zu; %s cases",
             backend, edy_walk_count(table, backend, EDY_WALK_PASS),
             edy_walk_count(table, backend, EDY_WALK_FAIL), crashes,
             edy_walk_count(table, backend, EDY_WALK_INHERITED), rows, edy_grouped(cases, grouped));
}
