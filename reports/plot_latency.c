/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Data of plots/latency.gp: where each case stands on a log axis of time, and how its samples are
 * spread around their median. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/embedded.h"
#include "reports/plot_axis.h"
#include "reports/plot_script.h"

enum {
    SHAPE_POINTS = 96,
    FEW = 30, /* fewer samples are drawn one by one: a density of them would be invented */
    LABEL_WIDE = 23,
    LABEL_NARROW = 18
};
static const double LONGEST_NS = 1e15; /* of an axis: eleven days */

/* The cases that are drawn, and the common range of sample / median. */
typedef struct rows {
    const edy_record *record[EDY_PLOT_ROWS];
    size_t n, timed;
    double ratio_low, ratio_high;
} rows;

static bool any(const edy_view *view) {
    for (size_t i = 0; i < view->n; i++)
        if (edy_view_sampled(view, view->record[i]) && view->record[i]->latency.median_ns > 0.0)
            return true;
    return false;
}

static void choose_rows(const edy_view *view, rows *r) {
    *r = (rows){.ratio_low = 0.97, .ratio_high = 1.05};
    for (size_t i = 0; i < view->n; i++) {
        const edy_record *record = view->record[i];
        const edy_latency *l = &record->latency;
        if (!edy_view_sampled(view, record) || !(l->median_ns > 0.0))
            continue;
        r->timed++;
        if (r->n == EDY_PLOT_ROWS)
            continue;
        r->record[r->n++] = record;
        r->ratio_low = fmin(r->ratio_low, l->min_ns / l->median_ns);
        r->ratio_high = fmax(r->ratio_high, l->p99_ns / l->median_ns);
    }
    r->ratio_low = fmax(r->ratio_low - 0.01, 0.5);
    r->ratio_high = fmin(r->ratio_high + 0.01, 2.0);
}

static bool new_panel(const rows *r, size_t i) {
    return i == 0 || strcmp(r->record[i]->workload, r->record[i - 1]->workload) != 0;
}

/* ---- Panels --------------------------------------------------------------------------------- */

typedef struct tick_list {
    const char *suffix;
    size_t n;
    double gap; /* a label's width as a share of the axis */
    double tick[EDY_PLOT_ROWS * EDY_AXIS_MAX_TICKS];
} tick_list;

static void put_ticks(FILE *stream, const tick_list *list) {
    char name[48], text[EDY_TEXT_SHORT];
    snprintf(name, sizeof name, "TICK_%s", list->suffix);
    edy_script_array(stream, name, list->n);
    for (size_t i = 0; i < list->n; i++)
        edy_script_number_item(stream, name, i + 1, list->tick[i]);
    snprintf(name, sizeof name, "TICK_TEXT_%s", list->suffix);
    edy_script_array(stream, name, list->n);
    for (size_t i = 0; i < list->n; i++) {
        edy_script_time(text, list->tick[i]);
        edy_script_text_item(stream, name, i + 1, text, EDY_TEXT_SHORT);
    }
}

static void put_panel(FILE *stream, const rows *r, size_t panel, size_t first, size_t n,
                      tick_list lists[2]) {
    double low = INFINITY, high = 0.0;
    for (size_t i = first; i < first + n; i++) {
        const edy_latency *l = &r->record[i]->latency;
        low = fmin(low, fmin(l->min_ns, l->median_ns)); /* the median is known, others may not be */
        high = fmax(high, fmax(l->max_ns, l->median_ns));
    }
    low = fmin(fmax(low, 0.1), LONGEST_NS) / 1.15;
    high = fmin(fmax(high, low), LONGEST_NS) * 1.15;
    edy_script_text_item(stream, "PANEL_TITLE", panel, r->record[first]->workload, 48);
    edy_script_number_item(stream, "PANEL_FIRST", panel, (double)(first + 1));
    edy_script_number_item(stream, "PANEL_ROWS", panel, (double)n);
    edy_script_number_item(stream, "PANEL_LOW", panel, low);
    edy_script_number_item(stream, "PANEL_HIGH", panel, high);
    for (int f = 0; f < 2; f++) {
        char name[48];
        const size_t got = edy_axis_log(low, high, lists[f].gap, lists[f].tick + lists[f].n);
        snprintf(name, sizeof name, "PANEL_TICK_%s", lists[f].suffix);
        edy_script_number_item(stream, name, panel, (double)(lists[f].n + 1));
        snprintf(name, sizeof name, "PANEL_TICKS_%s", lists[f].suffix);
        edy_script_number_item(stream, name, panel, (double)got);
        lists[f].n += got;
    }
}

static void put_panels(FILE *stream, const rows *r, tick_list lists[2]) {
    static const char *const arrays[] = {
        "PANEL_TITLE",      "PANEL_FIRST",       "PANEL_ROWS",
        "PANEL_LOW",        "PANEL_HIGH",        "PANEL_TICK_WIDE",
        "PANEL_TICKS_WIDE", "PANEL_TICK_NARROW", "PANEL_TICKS_NARROW"};
    size_t panels = 0;
    for (size_t i = 0; i < r->n; i++)
        panels += new_panel(r, i);
    fprintf(stream, "rows = %zu\npanels = %zu\n", r->n, panels);
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        edy_script_array(stream, arrays[a], panels);
    for (size_t first = 0, panel = 1; first < r->n; panel++) {
        size_t n = 1;
        while (first + n < r->n && !new_panel(r, first + n))
            n++;
        put_panel(stream, r, panel, first, n, lists);
        first += n;
    }
    put_ticks(stream, &lists[0]);
    put_ticks(stream, &lists[1]);
}

/* Ticks of sample / median, as the difference from the median in percent. */
static void put_ratio_axis(FILE *stream, const rows *r) {
    double tick[EDY_AXIS_MAX_TICKS];
    const double low = 100.0 * (r->ratio_low - 1.0), high = 100.0 * (r->ratio_high - 1.0);
    size_t n = edy_axis_linear(low, high, 4, tick);
    if (n > 3 && tick[n - 1] >= 100.0) /* "+100 %" is wide */
        n = edy_axis_linear(low, high, 3, tick);
    fprintf(stream, "RATIO_LOW = %.9g\nRATIO_HIGH = %.9g\n", r->ratio_low, r->ratio_high);
    edy_script_array(stream, "RATIO_TICK", n);
    edy_script_array(stream, "RATIO_TEXT", n);
    fprintf(stream, "RATIO_TICKS = %zu\n", n);
    for (size_t i = 0; i < n; i++) {
        char text[EDY_TEXT_SHORT];
        snprintf(text, sizeof text, fabs(tick[i]) < 1e-9 ? "0" : "%+.4g %%%%", tick[i]);
        edy_script_number_item(stream, "RATIO_TICK", i + 1, 1.0 + tick[i] / 100.0);
        edy_script_text_item(stream, "RATIO_TEXT", i + 1, text, EDY_TEXT_SHORT);
    }
}

/* ---- Rows ----------------------------------------------------------------------------------- */

static void put_labels(FILE *stream, const rows *r) {
    static const char *const arrays[] = {"LABEL_WIDE", "LABEL_NARROW", "VALUE",
                                         "SPREAD",     "COUNT",        "COLOR"};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        edy_script_array(stream, arrays[a], r->n);
    for (size_t i = 0; i < r->n; i++) {
        const edy_record *record = r->record[i];
        const edy_latency *l = &record->latency;
        char label[EDY_NAME_BYTES * 2 + 64], batch[32] = "", text[EDY_TEXT_SHORT];
        if (record->batch > 1)
            snprintf(batch, sizeof batch, " b%lld", (long long)record->batch);
        snprintf(label, sizeof label, "%s %s %lldt%s", record->variant, record->backend,
                 (long long)record->threads, batch);
        edy_script_text_item(stream, "LABEL_NARROW", i + 1, label, LABEL_NARROW);
        snprintf(label, sizeof label, "%s %s, %lld thr%s", record->variant, record->backend,
                 (long long)record->threads, batch);
        edy_script_text_item(stream, "LABEL_WIDE", i + 1, label, LABEL_WIDE);
        edy_text_time(text, l->median_ns, EDY_UTF8);
        if (l->kind == EDY_SAMPLES_MEANS)
            strcat(text, "*");
        edy_script_text_item(stream, "VALUE", i + 1, text, EDY_TEXT_SHORT);
        edy_text_half_width(text, l->median_low_ns, l->median_ns, l->median_high_ns, EDY_UTF8);
        edy_script_text_item(stream, "SPREAD", i + 1, text, EDY_TEXT_SHORT);
        edy_text_count(text, (int64_t)l->n_samples);
        edy_script_text_item(stream, "COUNT", i + 1, text, EDY_TEXT_SHORT);
        fprintf(stream, "COLOR[%zu] = 0x%06x\n", i + 1, edy_script_color(record->backend));
    }
}

/* Row inside its panel (from 1), fastest, 99th percentile, slowest, median; then ends of the
 * median's interval. Times in ns. */
static void put_rows(FILE *stream, const rows *r) {
    size_t row = 0;
    fputs("# row min p99 max median low high\n$rows << EOD\n", stream);
    for (size_t i = 0; i < r->n; i++) {
        const edy_latency *l = &r->record[i]->latency;
        const double value[] = {l->min_ns,    l->p99_ns,        l->max_ns,
                                l->median_ns, l->median_low_ns, l->median_high_ns};
        row = new_panel(r, i) ? 1 : row + 1;
        fprintf(stream, "%zu", row);
        for (size_t v = 0; v < sizeof value / sizeof *value; v++) {
            fputc(' ', stream);
            edy_script_number(stream, value[v]);
        }
        fputc('\n', stream);
    }
    fputs("EOD\n", stream);
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Silverman's rule of thumb (Density Estimation, 1986, eq. 3.31) on sorted values. */
static double bandwidth(const double *sorted, size_t n) {
    double mean = 0.0, square = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += sorted[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (sorted[i] - mean) * (sorted[i] - mean) / (double)n;
    const double quartiles = (sorted[n * 3 / 4] - sorted[n / 4]) / 1.34;
    const double spread = quartiles > 0.0 ? fmin(sqrt(square), quartiles) : sqrt(square);
    return 0.9 * spread * pow((double)n, -0.2);
}

/* Gaussian density of sorted ratios at SHAPE_POINTS places over [low, high], highest = 1. */
static void put_density(FILE *stream, const double *sorted, size_t n, double low, double high) {
    double density[SHAPE_POINTS], highest = 0.0;
    const double step = (high - low) / (SHAPE_POINTS - 1);
    const double h = fmax(bandwidth(sorted, n), 0.7 * step);
    size_t begin = 0;
    for (int p = 0; p < SHAPE_POINTS; p++) {
        const double x = low + step * p;
        density[p] = 0.0;
        while (begin < n && sorted[begin] < x - 5.0 * h)
            begin++;
        for (size_t i = begin; i < n && sorted[i] <= x + 5.0 * h; i++) {
            const double z = (sorted[i] - x) / h;
            density[p] += exp(-0.5 * z * z);
        }
        highest = fmax(highest, density[p]);
    }
    for (int p = 0; p < SHAPE_POINTS; p++) {
        const double d = highest > 0.0 ? density[p] / highest : 0.0;
        if (d > 0.001)
            fprintf(stream, "%.5g %.4g\n", low + step * p, d);
    }
}

/* One block a row: ratio, density. Rows of few samples get a flat block; their samples follow in
 * $dots as ratio, row in the panel, row of all. */
static edy_status put_shapes(FILE *stream, const rows *r, edy_error *err) {
    fputs("$shape << EOD\n", stream);
    for (size_t i = 0; i < r->n; i++) {
        const edy_latency *l = &r->record[i]->latency;
        if (l->n_samples >= FEW) {
            double *sorted = malloc(l->n_samples * sizeof *sorted);
            if (!sorted)
                return edy_fail(err, EDY_NO_MEMORY, "no memory to sort %zu samples", l->n_samples);
            for (size_t s = 0; s < l->n_samples; s++)
                sorted[s] = l->samples_ns[s] / l->median_ns;
            qsort(sorted, l->n_samples, sizeof *sorted, compare_doubles);
            put_density(stream, sorted, l->n_samples, r->ratio_low, r->ratio_high);
            free(sorted);
        } else {
            fputs("1 0\n1 0\n", stream);
        }
        fputs("\n\n", stream);
    }
    fputs("EOD\n", stream);
    return EDY_OK;
}

static void put_dots(FILE *stream, const rows *r) {
    size_t row = 0, dots = 0;
    fputs("$dots << EOD\n", stream);
    for (size_t i = 0; i < r->n; i++) {
        const edy_latency *l = &r->record[i]->latency;
        row = new_panel(r, i) ? 1 : row + 1;
        for (size_t s = 0; l->n_samples < FEW && s < l->n_samples; s++, dots++)
            fprintf(stream, "%.6g %zu %zu\n", l->samples_ns[s] / l->median_ns, row, i + 1);
    }
    fprintf(stream, "%sEOD\ndots = %zu\n", dots ? "" : "-1 -1 -1\n", dots);
}

static edy_status data(const edy_view *view, FILE *stream, edy_error *err) {
    rows r;
    choose_rows(view, &r);
    tick_list *lists = calloc(2, sizeof *lists);
    if (!lists)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the latency plot");
    lists[0].suffix = "WIDE";
    lists[0].gap = 0.22;
    lists[1].suffix = "NARROW";
    lists[1].gap = 0.27;
    char more[EDY_TEXT_BYTES] = "";
    if (r.timed > r.n)
        snprintf(more, sizeof more, "The first %zu of %zu timed cases. ", r.n, r.timed);
    if (edy_view_has_means(view))
        strcat(more, "* One inference is too short to time alone: a sample is a mean of several.");
    edy_script_notes(
        view,
        "Time: line from the fastest to the slowest sample, dot at the median, tick "
        "at the 99th percentile. Spread: density of the samples (fewer than 30: a dot each), cut "
        "off at the frame. 95\xC2\xA0%: interval of the median. n: samples.",
        more, stream);
    put_panels(stream, &r, lists);
    free(lists);
    put_ratio_axis(stream, &r);
    put_labels(stream, &r);
    put_rows(stream, &r);
    put_dots(stream, &r);
    return put_shapes(stream, &r, err);
}

const edy_plot edy_plot_latency = {"latency", "Latency of one inference", edy_latency_gp, any,
                                   data};
