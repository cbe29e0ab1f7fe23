/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/console.h"

#include <string.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reports/outfile.h"
#include "reports/table.h"
#include "reports/view.h"
#include "reports/writers.h"

enum { MIN_WIDTH = 60, MAX_WIDTH = 160 };

typedef enum column_id {
    COL_WORKLOAD,
    COL_VARIANT,
    COL_BACKEND,
    COL_THREADS,
    COL_BATCH,
    COL_VERDICT,
    COL_MEDIAN,
    COL_HALF_WIDTH,
    COL_INTERVAL,
    COL_P90,
    COL_P99,
    COL_TOP1,
    COL_IMAGES,
    COL_WEIGHTS,
    COL_ARENA,
    COL_RSS,
    COL_DOUBTS,
    N_COLUMNS
} column_id;

static const edy_column columns[N_COLUMNS] = {
    [COL_WORKLOAD] = {"workload", 0, false, true},
    [COL_VARIANT] = {"variant", 0, false, true},
    [COL_BACKEND] = {"backend", 0, false, true},
    [COL_THREADS] = {"thr", 0, true, false},
    [COL_BATCH] = {"batch", 0, true, false},
    [COL_VERDICT] = {"verdict", 0, false, false},
    [COL_MEDIAN] = {"median", 0, true, false},
    [COL_HALF_WIDTH] = {"95 %", 1, true, false},
    [COL_INTERVAL] = {"95 % interval", 6, true, false},
    [COL_P90] = {"p90", 7, true, false},
    [COL_P99] = {"p99", 2, true, false},
    [COL_TOP1] = {"top-1", 1, true, false},
    [COL_IMAGES] = {"of", 1, true, false},
    [COL_WEIGHTS] = {"weights", 4, true, false},
    [COL_ARENA] = {"arena", 3, true, false},
    [COL_RSS] = {"peak RSS", 5, true, false},
    [COL_DOUBTS] = {"doubt", 0, false, false},
};

/* Columns in use: some would say nothing in some runs. */
typedef struct sheet {
    const edy_view *view;
    edy_column column[N_COLUMNS];
    column_id id[N_COLUMNS];
    size_t n_columns;
    bool gaps; /* a line between workloads */
} sheet;

static bool new_workload(const edy_view *view, size_t row) {
    return row == 0 || strcmp(view->record[row]->workload, view->record[row - 1]->workload) != 0;
}

static void time_cell(const sheet *s, const edy_record *r, column_id id, char *out) {
    const edy_latency *l = &r->latency;
    if (!edy_view_timed(s->view, r)) {
        strcpy(out, "-");
        return;
    }
    switch (id) {
    case COL_MEDIAN:
        edy_text_time(out, l->median_ns, EDY_ASCII);
        break;
    case COL_HALF_WIDTH:
        edy_text_half_width(out, l->median_low_ns, l->median_ns, l->median_high_ns, EDY_ASCII);
        break;
    case COL_INTERVAL:
        edy_text_interval(out, l->median_low_ns, l->median_high_ns, EDY_ASCII);
        break;
    case COL_P90:
        edy_text_time(out, l->p90_ns, EDY_ASCII);
        break;
    default:
        edy_text_time(out, l->p99_ns, EDY_ASCII);
        break;
    }
    if (l->kind == EDY_SAMPLES_MEANS && id != COL_HALF_WIDTH && out[0] != '-')
        strcat(out, "*"); /* the instrument's line says what it means */
}

static void name_cell(const char *text, char *out, size_t size) {
    edy_text_clean(out, size, text, size, EDY_ASCII); /* never longer than text: may be in place */
}

static void cell(const void *context, size_t row, size_t column, char *out, size_t size) {
    const sheet *s = context;
    const edy_record *r = s->view->record[row];
    switch (s->id[column]) {
    case COL_WORKLOAD:
        if (new_workload(s->view, row))
            name_cell(r->workload, out, size);
        break;
    case COL_VARIANT:
        name_cell(r->variant, out, size);
        break;
    case COL_BACKEND:
        name_cell(r->backend, out, size);
        break;
    case COL_THREADS:
        edy_text_count(out, r->threads);
        break;
    case COL_BATCH:
        edy_text_count(out, r->batch);
        break;
    case COL_VERDICT:
        snprintf(out, size, "%s", edy_verdict_text(r->verdict));
        break;
    case COL_TOP1:
        edy_text_percent(out, edy_view_accurate(r) ? r->accuracy.top1 : (double)NAN);
        break;
    case COL_IMAGES:
        edy_text_count(out, edy_view_accurate(r) ? r->accuracy.n : -1);
        break;
    case COL_WEIGHTS:
        edy_text_bytes(out, r->memory.packed);
        break;
    case COL_ARENA:
        edy_text_bytes(out, r->memory.arena);
        break;
    case COL_RSS:
        edy_text_bytes(out, r->memory.peak_rss);
        break;
    case COL_DOUBTS:
        edy_view_marks(s->view, r, out, size);
        break;
    default:
        time_cell(s, r, s->id[column], out);
        break;
    }
}

static const char *style(const void *context, size_t row, size_t column) {
    static const char *const sgr[] = {
        [EDY_TONE_GOOD] = "\033[32m", [EDY_TONE_MIXED] = "\033[33m", [EDY_TONE_BAD] = "\033[1;31m"};
    const sheet *s = context;
    if (s->id[column] == COL_VERDICT)
        return sgr[edy_verdict_tone(s->view->record[row]->verdict)];
    if (s->id[column] == COL_MEDIAN)
        return "\033[1m";
    return NULL;
}

static bool gap(const void *context, size_t row) {
    const sheet *s = context;
    return s->gaps && new_workload(s->view, row);
}

static bool column_says_something(const edy_view *view, column_id id) {
    bool timed = false, batched = false, accurate = false, marked = false, sized = false;
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < view->n; i++) {
        const edy_record *r = view->record[i];
        timed |= edy_view_timed(view, r);
        batched |= r->batch > 1;
        accurate |= edy_view_accurate(r);
        if (edy_view_accurate(r)) {
            least = r->accuracy.n < least ? r->accuracy.n : least;
            most = r->accuracy.n > most ? r->accuracy.n : most;
        }
        marked |= r->n_doubts > 0;
        sized |= id == COL_RSS     ? r->memory.peak_rss >= 0
                 : id == COL_ARENA ? r->memory.arena >= 0
                                   : r->memory.packed >= 0;
    }
    switch (id) {
    case COL_BATCH:
        return batched;
    case COL_TOP1:
        return accurate;
    case COL_IMAGES: /* where all are of as many, the line below says so */
        return least < most;
    case COL_DOUBTS:
        return marked;
    case COL_MEDIAN:
    case COL_HALF_WIDTH:
    case COL_INTERVAL:
    case COL_P90:
    case COL_P99:
        return timed;
    case COL_WEIGHTS:
    case COL_ARENA:
    case COL_RSS:
        return sized;
    default:
        return true;
    }
}

static void choose_columns(sheet *s, const edy_view *view) {
    size_t workloads = 0;
    s->view = view;
    s->n_columns = 0;
    for (int id = 0; id < N_COLUMNS; id++)
        if (column_says_something(view, (column_id)id)) {
            s->id[s->n_columns] = (column_id)id;
            s->column[s->n_columns++] = columns[id];
        }
    for (size_t i = 0; i < view->n; i++)
        workloads += new_workload(view, i);
    s->gaps = view->n >= 3 * workloads;
}

/* ---- Around the table ----------------------------------------------------------------------- */

static void print_reasons(const edy_view *view, size_t width, FILE *stream) {
    for (size_t i = 0; i < view->n_reasons; i++) {
        const edy_reason_group *g = &view->reason[i];
        char cases[EDY_NAME_BYTES * 3 + 32], text[sizeof cases + 32], reason[EDY_TEXT_BYTES + 8];
        edy_cases_text(g->first, g->cases, cases, sizeof cases);
        snprintf(text, sizeof text, "%s %s", edy_verdict_text(g->verdict), cases);
        name_cell(text, text, sizeof text);
        name_cell(g->reason[0] ? g->reason : "no reason recorded", reason, sizeof reason);
        fprintf(stream, "%s%s\n", i ? "" : "\n", text);
        edy_text_print_wrapped(stream, "    ", reason, width);
    }
}

static void print_doubts(const edy_view *view, size_t width, FILE *stream) {
    if (view->n_doubts > 0)
        fputs("\nDoubts\n", stream);
    for (size_t i = 0; i < view->n_doubts; i++) {
        const edy_doubt_group *g = &view->doubt[i];
        char cases[EDY_NAME_BYTES * 3 + 32] = "", first[16], text[sizeof cases + 256];
        if (g->cases > 0)
            edy_cases_text(g->first, g->cases, cases, sizeof cases);
        snprintf(first, sizeof first, "%2s  ", g->cases > 0 ? g->mark : "-");
        snprintf(text, sizeof text, g->cases > 0 ? "%s (%s)" : "%s", g->text, cases);
        name_cell(text, text, sizeof text);
        edy_text_print_wrapped(stream, first, text, width);
    }
    if (view->left_out > 0)
        fprintf(stream, "\n%zu more reasons or doubts are only in results.json\n", view->left_out);
}

static void print_fact(FILE *stream, const char *text, size_t width) {
    char clean[EDY_TEXT_BYTES * 2];
    name_cell(text, clean, sizeof clean);
    edy_text_print_wrapped(stream, "", clean, width);
}

static void print_head(const edy_view *view, size_t width, bool color, FILE *stream) {
    static const char *const sgr[] = {[EDY_TONE_GOOD] = "\033[1;32m",
                                      [EDY_TONE_MIXED] = "\033[1;33m",
                                      [EDY_TONE_BAD] = "\033[1;31m"};
    char text[EDY_TEXT_BYTES * 2];
    edy_view_verdict_line(view, text, sizeof text);
    if (color)
        fputs(sgr[edy_view_tone(view)], stream);
    print_fact(stream, text, width);
    if (color)
        fputs("\033[0m", stream);
    edy_machine_line(&view->results->context, text, sizeof text);
    print_fact(stream, text, width);
    edy_build_line(&view->results->context, text, sizeof text);
    print_fact(stream, text, width);
}

edy_status edy_console_print(const edy_results *results, size_t width, bool color, FILE *stream,
                             edy_error *err) {
    edy_view *view;
    const edy_status status = edy_view_create(results, &view, err);
    if (status != EDY_OK)
        return status;
    width = width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
    print_head(view, width, color, stream);
    if (view->n > 0) {
        sheet s;
        choose_columns(&s, view);
        const edy_table table = {.column = s.column,
                                 .n_columns = s.n_columns,
                                 .n_rows = view->n,
                                 .cell = cell,
                                 .style = color ? style : NULL,
                                 .gap = gap,
                                 .context = &s};
        fputc('\n', stream);
        if (edy_table_print(&table, width, stream))
            fputs("~ shortened; --format csv has the names in full\n", stream);
        print_reasons(view, width, stream);
    }
    print_doubts(view, width, stream);
    char text[EDY_TEXT_BYTES];
    edy_instrument_line(view, EDY_ASCII, text, sizeof text);
    fputc('\n', stream);
    print_fact(stream, text, width);
    edy_accuracy_line(view, text, sizeof text);
    print_fact(stream, text, width);
    edy_view_destroy(view);
    return edy_stream_status(stream, err);
}

static size_t stream_width(FILE *stream) {
    struct winsize size;
    const int fd = fileno(stream);
    if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *told = getenv("COLUMNS");
    const long n = told ? strtol(told, NULL, 10) : 0;
    return n > 0 && n < 1000 ? (size_t)n : EDY_CONSOLE_WIDTH;
}

static edy_status print(const edy_results *results, FILE *stream, edy_error *err) {
    const int fd = fileno(stream);
    const char *no_color = getenv("NO_COLOR");
    const bool color = fd >= 0 && isatty(fd) && !(no_color && no_color[0]);
    return edy_console_print(results, stream_width(stream), color, stream, err);
}

const edy_report_writer edy_writer_console = {"console", NULL, NULL, print};
