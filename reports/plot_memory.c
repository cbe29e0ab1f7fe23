/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Data of plots/memory.gp: what a case needs after planning, part by part, and the peak of a fresh
 * process. One row a workload, variant and backend: the largest over threads and batches. */
#include <math.h>
#include <string.h>

#include "reports/embedded.h"
#include "reports/plot_axis.h"
#include "reports/plot_script.h"

enum { ROW_PX = 24, HEAD_PX = 26, LABEL_WIDE = 22, LABEL_NARROW = 18 };

typedef struct row {
    const edy_record *record; /* names are taken from it */
    edy_memory_use use;       /* the largest of each; -1 where none is known */
    int y_px;                 /* middle, from the top */
} row;

typedef struct rows {
    row row[EDY_PLOT_ROWS];
    size_t n, all;
    int height_px;
} rows;

static bool has_memory(const edy_record *record) {
    return record->memory.packed >= 0 || record->memory.arena >= 0 || record->memory.peak_rss >= 0;
}

static bool any(const edy_view *view) {
    for (size_t i = 0; i < view->n; i++)
        if (has_memory(view->record[i]))
            return true;
    return false;
}

static bool same_row(const edy_record *a, const edy_record *b) {
    return strcmp(a->workload, b->workload) == 0 && strcmp(a->variant, b->variant) == 0 &&
           strcmp(a->backend, b->backend) == 0;
}

static void keep_largest(edy_memory_use *use, const edy_memory_use *other) {
    const size_t n = sizeof *use / sizeof(int64_t);
    int64_t a[sizeof *use / sizeof(int64_t)], b[sizeof *use / sizeof(int64_t)];
    memcpy(a, use, sizeof a);
    memcpy(b, other, sizeof b);
    for (size_t i = 0; i < n; i++)
        a[i] = a[i] > b[i] ? a[i] : b[i];
    memcpy(use, a, sizeof a);
}
_Static_assert(sizeof(edy_memory_use) % sizeof(int64_t) == 0, "all members are int64_t");

static bool heads(const rows *r, size_t i) {
    return i == 0 || strcmp(r->row[i].record->workload, r->row[i - 1].record->workload) != 0;
}

static void choose_rows(const edy_view *view, rows *r) {
    const edy_record *last = NULL;
    *r = (rows){.n = 0};
    for (size_t i = 0; i < view->n; i++) { /* equal rows are neighbours in the view */
        const edy_record *record = view->record[i];
        if (!has_memory(record))
            continue;
        const bool fresh = !last || !same_row(record, last);
        last = record;
        r->all += fresh;
        if (fresh && r->n < EDY_PLOT_ROWS)
            r->row[r->n++] = (row){.record = record, .use = record->memory};
        else if (!fresh && same_row(record, r->row[r->n - 1].record))
            keep_largest(&r->row[r->n - 1].use, &record->memory);
    }
    for (size_t i = 0; i < r->n; i++) {
        if (heads(r, i))
            r->height_px += HEAD_PX;
        r->row[i].y_px = r->height_px + ROW_PX / 2;
        r->height_px += ROW_PX;
    }
    r->height_px += 4;
}

static double positive(int64_t bytes) {
    return bytes > 0 ? (double)bytes : 0.0;
}

/* Bytes that the plan holds. */
static double plan_bytes(const edy_memory_use *use) {
    return positive(use->packed) + positive(use->arena) + positive(use->indirection);
}

static bool has_plan(const edy_memory_use *use) {
    return use->packed >= 0 || use->arena >= 0;
}

/* ---- Output --------------------------------------------------------------------------------- */

static void put_axis(FILE *stream, const char *name, double high, size_t max) {
    double tick[EDY_AXIS_MAX_TICKS];
    char array[48], text[EDY_TEXT_SHORT];
    const double unit = high >= 2.0 * 1048576.0 ? 1048576.0 : 1024.0;
    const size_t n = edy_axis_linear(0.0, high / unit, max, tick);
    fprintf(stream, "%s_HIGH = %.9g\n%s_TICKS = %zu\n", name, high, name, n);
    snprintf(array, sizeof array, "%s_TICK", name);
    edy_script_array(stream, array, n);
    for (size_t i = 0; i < n; i++)
        edy_script_number_item(stream, array, i + 1, tick[i] * unit);
    snprintf(array, sizeof array, "%s_TEXT", name);
    edy_script_array(stream, array, n);
    for (size_t i = 0; i < n; i++) {
        const char *suffix = unit > 1024.0 ? "MiB" : "KiB";
        snprintf(text, sizeof text, tick[i] > 0.0 ? "%.4g %s" : "%.4g", tick[i], suffix);
        edy_script_text_item(stream, array, i + 1, text, EDY_TEXT_SHORT);
    }
}

static void put_labels(FILE *stream, const rows *r) {
    size_t n_heads = 0;
    for (size_t i = 0; i < r->n; i++)
        n_heads += heads(r, i);
    fprintf(stream, "rows = %zu\nheads = %zu\nPLOT_HEIGHT = %d\n", r->n, n_heads, r->height_px);
    edy_script_array(stream, "HEAD_Y", n_heads);
    edy_script_array(stream, "HEAD", n_heads);
    edy_script_array(stream, "ROW_Y", r->n);
    edy_script_array(stream, "LABEL_WIDE", r->n);
    edy_script_array(stream, "LABEL_NARROW", r->n);
    edy_script_array(stream, "PLAN_VALUE", r->n);
    edy_script_array(stream, "RSS_VALUE", r->n);
    for (size_t i = 0, head = 0; i < r->n; i++) {
        const row *at = &r->row[i];
        char label[EDY_NAME_BYTES * 2 + 8], text[EDY_TEXT_SHORT];
        if (heads(r, i)) {
            edy_script_number_item(stream, "HEAD_Y", ++head, at->y_px - ROW_PX + 2);
            edy_script_text_item(stream, "HEAD", head, at->record->workload, 40);
        }
        snprintf(label, sizeof label, "%s %s", at->record->variant, at->record->backend);
        edy_script_number_item(stream, "ROW_Y", i + 1, at->y_px);
        edy_script_text_item(stream, "LABEL_WIDE", i + 1, label, LABEL_WIDE);
        edy_script_text_item(stream, "LABEL_NARROW", i + 1, label, LABEL_NARROW);
        const int64_t plan = has_plan(&at->use) ? (int64_t)plan_bytes(&at->use) : -1;
        edy_script_text_item(stream, "PLAN_VALUE", i + 1, edy_text_bytes(text, plan),
                             EDY_TEXT_SHORT);
        edy_script_text_item(stream, "RSS_VALUE", i + 1, edy_text_bytes(text, at->use.peak_rss),
                             EDY_TEXT_SHORT);
    }
}

/* One line a part of a bar: y, left end, right end, which part (from 1). */
static void put_bars(FILE *stream, const rows *r) {
    size_t lines = 0;
    fputs("# y from to part\n$plan << EOD\n", stream);
    for (size_t i = 0; i < r->n; i++) {
        const edy_memory_use *use = &r->row[i].use;
        const int64_t part[] = {use->packed, use->arena, use->indirection};
        double at = 0.0;
        for (int p = 0; p < 3; p++) {
            if (part[p] > 0) {
                fprintf(stream, "%d %.9g %.9g %d\n", r->row[i].y_px, at, at + (double)part[p],
                        p + 1);
                lines++;
            }
            at += positive(part[p]);
        }
    }
    fprintf(stream, "%sEOD\nplan_lines = %zu\n$model << EOD\n", lines ? "" : "-1 -1 -1 1\n", lines);
    lines = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->row[i].use.weights > 0) {
            fprintf(stream, "%d %.9g\n", r->row[i].y_px, (double)r->row[i].use.weights);
            lines++;
        }
    fprintf(stream, "%sEOD\nmodel_lines = %zu\n$rss << EOD\n", lines ? "" : "-1 -1\n", lines);
    lines = 0;
    for (size_t i = 0; i < r->n; i++) {
        const edy_memory_use *use = &r->row[i].use;
        if (use->peak_rss <= 0)
            continue;
        const double base = fmin(positive(use->peak_rss_base), (double)use->peak_rss);
        fprintf(stream, "%d 0 %.9g 1\n%d %.9g %.9g 2\n", r->row[i].y_px, base, r->row[i].y_px, base,
                (double)use->peak_rss);
        lines += 2;
    }
    fprintf(stream, "%sEOD\nrss_lines = %zu\n", lines ? "" : "-1 -1 -1 1\n", lines);
}

static edy_status data(const edy_view *view, FILE *stream, edy_error *err) {
    (void)err;
    rows r;
    choose_rows(view, &r);
    char more[EDY_TEXT_BYTES] = "";
    if (r.all > r.n)
        snprintf(more, sizeof more, "The first %zu of %zu rows.", r.n, r.all);
    edy_script_notes(view,
                     "Of threads and batches the largest. Diamond: weights as the model stores "
                     "them. Peak resident set: a fresh process that loads, plans and runs once.",
                     more, stream);
    double plan_high = 1024.0, rss_high = 1024.0;
    for (size_t i = 0; i < r.n; i++) {
        const edy_memory_use *use = &r.row[i].use;
        plan_high = fmax(plan_high, fmax(plan_bytes(use), positive(use->weights)));
        rss_high = fmax(rss_high, positive(use->peak_rss));
    }
    put_axis(stream, "PLAN", plan_high * 1.04, 4);
    put_axis(stream, "RSS", rss_high * 1.04, 3);
    put_labels(stream, &r);
    put_bars(stream, &r);
    return EDY_OK;
}

const edy_plot edy_plot_memory = {"memory", "Memory", edy_memory_gp, any, data};
