/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Data of plots/accuracy.gp: top-1 accuracy against the time of one image. All cases of one
 * workload and variant make a group: joined by a line, named once, at the right. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/embedded.h"
#include "reports/plot_axis.h"
#include "reports/plot_script.h"

enum {
    MAX_GROUPS = 16,
    LABEL_WIDE = 20,
    LABEL_NARROW = 14,
    N_FORMS = 2,
    MAX_BACKENDS = 8,
    LEGEND_COLUMNS = 20
};

static const double LONGEST_NS = 1e15; /* of an axis: eleven days */

typedef struct group {
    const edy_record *record; /* names are taken from it */
    double least, most;       /* accuracy of its cases, in percent: equal, unless of other images */
    double end, end_ns;       /* accuracy and time of its slowest case, where the name is tied */
    double label[N_FORMS];    /* place of the name on the axis, 0 (bottom) to 1 */
} group;

typedef struct points {
    const edy_record *record[EDY_PLOT_ROWS];
    size_t n, all;
    group group[MAX_GROUPS];
    size_t n_groups;
    double low, high;       /* accuracy axis, in percent */
    double low_ns, high_ns; /* time axis */
} points;

static bool drawable(const edy_view *view, const edy_record *record) {
    return edy_view_image_ns(view, record) > 0.0 && edy_view_accurate(record) &&
           isfinite(record->accuracy.top1);
}

static bool any(const edy_view *view) {
    for (size_t i = 0; i < view->n; i++)
        if (drawable(view, view->record[i]))
            return true;
    return false;
}

static bool same_group(const edy_record *a, const edy_record *b) {
    return strcmp(a->workload, b->workload) == 0 && strcmp(a->variant, b->variant) == 0;
}

static double percent(const edy_record *record) {
    return 100.0 * record->accuracy.top1;
}

/* Interval of the time of an image: that of the median, where there is one. */
static void time_interval(const edy_record *record, double middle, double *low, double *high) {
    const double batch = record->batch > 0 ? (double)record->batch : 1.0;
    *low = *high = middle;
    if (isfinite(record->latency.median_low_ns) && isfinite(record->latency.median_high_ns)) {
        *low = record->latency.median_low_ns / batch;
        *high = record->latency.median_high_ns / batch;
    }
}

static void choose_points(const edy_view *view, points *p) {
    *p = (points){.low = INFINITY, .high = 0.0, .low_ns = INFINITY, .high_ns = 0.0};
    for (size_t i = 0; i < view->n; i++) {
        const edy_record *record = view->record[i];
        if (!drawable(view, record))
            continue;
        p->all++;
        group *last = p->n_groups ? &p->group[p->n_groups - 1] : NULL;
        const bool joins = last && same_group(last->record, record);
        if (p->n == EDY_PLOT_ROWS || (!joins && p->n_groups == MAX_GROUPS))
            continue;
        if (!joins) {
            last = &p->group[p->n_groups++];
            *last = (group){record, INFINITY, 0.0, 0.0, 0.0, {0.0, 0.0}};
        }
        p->record[p->n++] = record;
        double low, high;
        edy_view_accuracy_interval(&record->accuracy, &low, &high);
        p->low = fmin(p->low, 100.0 * low);
        p->high = fmax(p->high, 100.0 * high);
        const double middle = edy_view_image_ns(view, record);
        time_interval(record, middle, &low, &high);
        last->least = fmin(last->least, percent(record));
        last->most = fmax(last->most, percent(record));
        if (middle > last->end_ns) {
            last->end_ns = middle;
            last->end = percent(record);
        }
        p->low_ns = fmin(p->low_ns, low);
        p->high_ns = fmax(p->high_ns, high);
    }
    const double margin = fmax(0.06 * (p->high - p->low), 0.2);
    p->low = fmax(0.0, p->low - margin);
    p->high = fmin(100.0 + margin, p->high + margin);
    p->low_ns = fmin(fmax(p->low_ns, 0.01), LONGEST_NS) / 1.25;
    p->high_ns = fmin(fmax(p->high_ns, p->low_ns), LONGEST_NS) * 1.25;
}

static int by_accuracy(const void *a, const void *b) {
    const double x = ((const group *)a)->end, y = ((const group *)b)->end;
    return (x > y) - (x < y);
}

/* Places names at least `gap` apart in the order of their accuracies, with the least sum of squared
 * shifts: isotonic regression of (place - i * gap) by pooling adjacent violators (Barlow et al.,
 * Statistical Inference under Order Restrictions, 1972). Then all into [0, 1]. */
static void place_labels(points *p, int form, double gap) {
    double mean[MAX_GROUPS];
    size_t count[MAX_GROUPS], blocks = 0, g = 0;
    qsort(p->group, p->n_groups, sizeof *p->group, by_accuracy);
    for (size_t i = 0; i < p->n_groups; i++) {
        const double own = (p->group[i].end - p->low) / (p->high - p->low);
        mean[blocks] = own - (double)i * gap;
        count[blocks++] = 1;
        for (; blocks > 1 && mean[blocks - 2] > mean[blocks - 1]; blocks--) {
            const double a = (double)count[blocks - 2], b = (double)count[blocks - 1];
            mean[blocks - 2] = (a * mean[blocks - 2] + b * mean[blocks - 1]) / (a + b);
            count[blocks - 2] += count[blocks - 1];
        }
    }
    const double top = 1.0 - (double)(p->n_groups - 1) * gap;
    for (size_t b = 0; b < blocks; b++)
        for (size_t k = 0; k < count[b]; k++, g++)
            p->group[g].label[form] = fmin(fmax(mean[b], 0.0), top) + (double)g * gap;
}

/* ---- Output --------------------------------------------------------------------------------- */

static void put_ticks(FILE *stream, const char *name, const double *tick, size_t n, bool time) {
    char array[48], text[EDY_TEXT_SHORT];
    fprintf(stream, "%s_TICKS = %zu\n", name, n);
    snprintf(array, sizeof array, "%s_TICK", name);
    edy_script_array(stream, array, n);
    for (size_t i = 0; i < n; i++)
        edy_script_number_item(stream, array, i + 1, tick[i]);
    snprintf(array, sizeof array, "%s_TEXT", name);
    edy_script_array(stream, array, n);
    for (size_t i = 0; i < n; i++) {
        if (time)
            edy_script_time(text, tick[i]);
        else
            snprintf(text, sizeof text, "%.5g %%%%", tick[i]);
        edy_script_text_item(stream, array, i + 1, text, EDY_TEXT_SHORT);
    }
}

static void put_axes(FILE *stream, const points *p) {
    double tick[EDY_AXIS_MAX_TICKS];
    fprintf(stream, "X_LOW = %.9g\nX_HIGH = %.9g\nY_LOW = %.9g\nY_HIGH = %.9g\n", p->low_ns,
            p->high_ns, p->low, p->high);
    put_ticks(stream, "X_WIDE", tick, edy_axis_log(p->low_ns, p->high_ns, 0.11, tick), true);
    put_ticks(stream, "X_NARROW", tick, edy_axis_log(p->low_ns, p->high_ns, 0.25, tick), true);
    put_ticks(stream, "Y", tick, edy_axis_linear(p->low, fmin(p->high, 100.0), 7, tick), false);
}

/* A group's cases from the fastest to the slowest, as a line. */
static void put_link(FILE *stream, const edy_view *view, const points *p, const group *g) {
    double reached = 0.0;
    for (;;) {
        const edy_record *next = NULL;
        for (size_t i = 0; i < p->n; i++) {
            const double ns = edy_view_image_ns(view, p->record[i]);
            if (same_group(p->record[i], g->record) && ns > reached &&
                (!next || ns < edy_view_image_ns(view, next)))
                next = p->record[i];
        }
        if (!next)
            break;
        reached = edy_view_image_ns(view, next);
        fprintf(stream, "%.9g %.9g\n", reached, percent(next));
    }
    fputc('\n', stream);
}

/* "92.4 %", or "91.6 to 92.9 %" where cases were judged on different images. */
static void accuracy_text(const group *g, char *out) {
    if (g->most - g->least < 0.05)
        edy_text_percent(out, g->end / 100.0);
    else
        edy_text_percent_interval(out, g->least / 100.0, g->most / 100.0);
}

static void put_groups(FILE *stream, const edy_view *view, const points *p) {
    static const char *const arrays[] = {"NAME_WIDE",    "NAME_NARROW",    "NAME_VALUE",
                                         "NAME_AT_WIDE", "NAME_AT_NARROW", "GROUP_Y",
                                         "GROUP_HIGH"};
    fprintf(stream, "groups = %zu\n", p->n_groups);
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        edy_script_array(stream, arrays[a], p->n_groups);
    for (size_t i = 0; i < p->n_groups; i++) {
        const group *g = &p->group[i];
        char name[EDY_NAME_BYTES * 2 + 8], text[EDY_TEXT_SHORT];
        snprintf(name, sizeof name, "%s %s", g->record->workload, g->record->variant);
        edy_script_text_item(stream, "NAME_WIDE", i + 1, name, LABEL_WIDE);
        edy_script_text_item(stream, "NAME_NARROW", i + 1, name, LABEL_NARROW);
        accuracy_text(g, text);
        edy_script_text_item(stream, "NAME_VALUE", i + 1, text, EDY_TEXT_SHORT);
        edy_script_number_item(stream, "NAME_AT_WIDE", i + 1, g->label[0]);
        edy_script_number_item(stream, "NAME_AT_NARROW", i + 1, g->label[1]);
        edy_script_number_item(stream, "GROUP_Y", i + 1, g->end);
        edy_script_number_item(stream, "GROUP_HIGH", i + 1, g->end_ns);
    }
    fputs("$links << EOD\n", stream);
    for (size_t i = 0; i < p->n_groups; i++)
        put_link(stream, view, p, &p->group[i]);
    fputs("EOD\n", stream);
}

static void put_points(FILE *stream, const edy_view *view, const points *p) {
    fputs("# time low high accuracy low high color threads\n$points << EOD\n", stream);
    for (size_t i = 0; i < p->n; i++) {
        const edy_record *r = p->record[i];
        const double middle = edy_view_image_ns(view, r);
        double low_ns, high_ns, low, high;
        time_interval(r, middle, &low_ns, &high_ns);
        edy_view_accuracy_interval(&r->accuracy, &low, &high);
        fprintf(stream, "%.9g %.9g %.9g %.9g %.9g %.9g %u %lld\n", middle, low_ns, high_ns,
                percent(r), 100.0 * low, 100.0 * high, edy_script_color(r->backend),
                (long long)r->threads);
    }
    fputs("EOD\n", stream);
}

/* Lines of names, none wider than `width` pixels. */
static void place_legend(FILE *stream, const char *form, double width, const char *const *backend,
                         size_t n) {
    char array_x[32], array_line[32];
    double x = 8.0;
    size_t line = 0;
    snprintf(array_x, sizeof array_x, "BACKEND_X_%s", form);
    snprintf(array_line, sizeof array_line, "BACKEND_LINE_%s", form);
    edy_script_array(stream, array_x, n);
    edy_script_array(stream, array_line, n);
    for (size_t i = 0; i < n; i++) {
        const size_t columns = edy_text_columns(backend[i]);
        const double taken =
            30.0 + 7.0 * (double)(columns < LEGEND_COLUMNS ? columns : LEGEND_COLUMNS);
        if (x > 8.0 && x + taken > width) {
            x = 8.0;
            line++;
        }
        edy_script_number_item(stream, array_x, i + 1, x);
        edy_script_number_item(stream, array_line, i + 1, (double)line);
        x += taken;
    }
    fprintf(stream, "LEGEND_LINES_%s = %zu\n", form, line + 1);
}

static void put_legend(FILE *stream, const points *p) {
    const char *backend[MAX_BACKENDS];
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        size_t k = 0;
        while (k < n && strcmp(backend[k], p->record[i]->backend) != 0)
            k++;
        if (k == n && n < MAX_BACKENDS)
            backend[n++] = p->record[i]->backend;
    }
    fprintf(stream, "backends = %zu\n", n);
    edy_script_array(stream, "BACKEND", n);
    edy_script_array(stream, "BACKEND_COLOR", n);
    for (size_t i = 0; i < n; i++) {
        edy_script_text_item(stream, "BACKEND", i + 1, backend[i], LEGEND_COLUMNS);
        edy_script_number_item(stream, "BACKEND_COLOR", i + 1, edy_script_color(backend[i]));
    }
    place_legend(stream, "WIDE", 740.0, backend, n);
    place_legend(stream, "NARROW", 350.0, backend, n);
}

static edy_status data(const edy_view *view, FILE *stream, edy_error *err) {
    (void)err;
    points p;
    choose_points(view, &p);
    place_labels(&p, 0, 17.0 / 300.0);
    place_labels(&p, 1, 15.0 / 260.0);
    char more[EDY_TEXT_BYTES] = "";
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < p.n; i++) {
        least = p.record[i]->accuracy.n < least ? p.record[i]->accuracy.n : least;
        most = p.record[i]->accuracy.n > most ? p.record[i]->accuracy.n : most;
    }
    char from[EDY_TEXT_SHORT], to[EDY_TEXT_SHORT];
    edy_text_count(from, least);
    edy_text_count(to, most);
    if (least == most)
        snprintf(more, sizeof more, "n = %s images.", to);
    else
        snprintf(more, sizeof more, "n = %s to %s images.", from, to);
    if (p.all > p.n)
        snprintf(more + strlen(more), sizeof more - strlen(more), " The first %zu of %zu cases.",
                 p.n, p.all);
    edy_script_notes(
        view,
        "Better is up and to the left. Filled: one thread; open: more. Upright bars: "
        "95\xC2\xA0% interval of accuracy (Wilson); level bars: 95\xC2\xA0% interval of the median "
        "time of an image, mostly narrower than the dot.",
        more, stream);
    put_axes(stream, &p);
    put_groups(stream, view, &p);
    put_points(stream, view, &p);
    put_legend(stream, &p);
    return EDY_OK;
}

const edy_plot edy_plot_accuracy = {"accuracy", "Accuracy against latency", edy_accuracy_gp, any,
                                    data};
