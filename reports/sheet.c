/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/sheet.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define AT(member) offsetof(edy_record, member)

/* Every sheet begins with these. */
static const edy_sheet_column names[] = {
    {"workload", "", EDY_SHEET_TEXT, EDY_ALWAYS, AT(workload)},
    {"variant", "", EDY_SHEET_TEXT, EDY_ALWAYS, AT(variant)},
    {"backend", "", EDY_SHEET_TEXT, EDY_ALWAYS, AT(backend)},
    {"threads", "", EDY_SHEET_COUNT, EDY_ALWAYS, AT(threads)},
    {"batch", "images in one inference", EDY_SHEET_COUNT, EDY_ALWAYS, AT(batch)},
};
enum { BATCH = 4 };
_Static_assert(sizeof names / sizeof *names == EDY_SHEET_NAMES, "names of a case");

static const edy_sheet_column cases[] = {
    {"verdict", "of the output of the last timed inference", EDY_SHEET_VERDICT, EDY_ALWAYS, 0},
    {"median", "time of one inference", EDY_SHEET_SAMPLE_TIME, EDY_IF_TIMED, AT(latency.median_ns)},
    {"95 % interval", "of the median, by order statistics", EDY_SHEET_INTERVAL, EDY_IF_TIMED, 0},
    {"p90", "90th percentile", EDY_SHEET_SAMPLE_TIME, EDY_IF_TIMED, AT(latency.p90_ns)},
    {"p99", "99th percentile", EDY_SHEET_SAMPLE_TIME, EDY_IF_TIMED, AT(latency.p99_ns)},
    {"images/s", "at the median", EDY_SHEET_RATE, EDY_IF_TIMED, 0},
    {"top-1", "share of images whose class is right", EDY_SHEET_PERCENT, EDY_IF_ACCURATE,
     AT(accuracy.top1)},
    {"images", "that top-1 is of", EDY_SHEET_COUNT, EDY_IF_ACCURATE, AT(accuracy.n)},
    {"doubt", "letters refer to the list of doubts", EDY_SHEET_MARKS, EDY_ALWAYS, 0},
};

static const edy_sheet_column timing[] = {
    {"samples", "kept", EDY_SHEET_SAMPLES, EDY_IF_TIMED, 0},
    {"one sample is", "", EDY_SHEET_SAMPLE_KIND, EDY_IF_TIMED, 0},
    {"repetitions", "blocks the samples were taken in", EDY_SHEET_COUNT, EDY_IF_TIMED,
     AT(latency.repetitions)},
    {"mean", "", EDY_SHEET_TIME, EDY_IF_TIMED, AT(latency.mean_ns)},
    {"fastest", "", EDY_SHEET_SAMPLE_TIME, EDY_IF_TIMED, AT(latency.min_ns)},
    {"slowest", "", EDY_SHEET_SAMPLE_TIME, EDY_IF_TIMED, AT(latency.max_ns)},
    {"MAD", "median absolute deviation", EDY_SHEET_SAMPLE_TIME, EDY_IF_TIMED, AT(latency.mad_ns)},
    {"outliers", "samples with a modified z above 3.5", EDY_SHEET_COUNT, EDY_IF_TIMED,
     AT(latency.outliers)},
    {"CPU time", "of all threads, an inference", EDY_SHEET_TIME, EDY_IF_TIMED,
     AT(latency.cpu_time_ns)},
    {"first inference", "after planning", EDY_SHEET_TIME, EDY_IF_TIMED, AT(first_ns)},
    {"load", "reading the model", EDY_SHEET_TIME, EDY_IF_TIMED, AT(load_ns)},
    {"plan", "planning and packing weights", EDY_SHEET_TIME, EDY_IF_TIMED, AT(plan_ns)},
    {"instructions", "over all timed inferences", EDY_SHEET_SCALED, EDY_ALWAYS,
     AT(counts.instructions)},
    {"cycles", "over all timed inferences", EDY_SHEET_SCALED, EDY_IF_TIMED, AT(counts.cycles)},
    {"task clock", "over all timed inferences", EDY_SHEET_TIME_I, EDY_IF_TIMED,
     AT(counts.task_clock_ns)},
    {"page faults", "over all timed inferences", EDY_SHEET_COUNT, EDY_IF_TIMED,
     AT(counts.page_faults)},
    {"switches", "context switches over all timed inferences", EDY_SHEET_COUNT, EDY_IF_TIMED,
     AT(counts.context_switches)},
};

static const edy_sheet_column memory[] = {
    {"model file", "", EDY_SHEET_BYTES, EDY_ALWAYS, AT(model_bytes)},
    {"weights", "as the model stores them", EDY_SHEET_BYTES, EDY_ALWAYS, AT(memory.weights)},
    {"packed", "weights as the backend holds them", EDY_SHEET_BYTES, EDY_ALWAYS, AT(memory.packed)},
    {"arena", "all activations and scratch", EDY_SHEET_BYTES, EDY_ALWAYS, AT(memory.arena)},
    {"lower bound", "no arena can be smaller", EDY_SHEET_BYTES, EDY_ALWAYS,
     AT(memory.arena_lower_bound)},
    {"tables", "pointers and tables made when planning", EDY_SHEET_BYTES, EDY_ALWAYS,
     AT(memory.indirection)},
    {"peak RSS", "of a fresh process that loads, plans and runs once", EDY_SHEET_BYTES, EDY_ALWAYS,
     AT(memory.peak_rss)},
    {"program alone", "peak RSS before it loads the model", EDY_SHEET_BYTES, EDY_ALWAYS,
     AT(memory.peak_rss_base)},
    {"MACs", "multiply-accumulates an inference", EDY_SHEET_SCALED, EDY_ALWAYS, AT(macs)},
};

static const edy_sheet_column accuracy[] = {
    {"dataset", "", EDY_SHEET_TEXT, EDY_IF_ACCURATE, AT(dataset)},
    {"images", "", EDY_SHEET_COUNT, EDY_IF_ACCURATE, AT(accuracy.n)},
    {"right", "", EDY_SHEET_COUNT, EDY_IF_ACCURATE, AT(accuracy.correct)},
    {"top-1", "", EDY_SHEET_PERCENT, EDY_IF_ACCURATE, AT(accuracy.top1)},
    {"95 % interval", "Wilson's score interval", EDY_SHEET_ACCURACY_INTERVAL, EDY_IF_ACCURATE, 0},
    {"as the golden", "images with the class the golden states", EDY_SHEET_AGREEMENT,
     EDY_IF_ACCURATE, 0},
    {"budget used", "worst float error as a share of what is allowed; 0 for exact integers",
     EDY_SHEET_PERCENT, EDY_ALWAYS, AT(budget_share)},
};

#define SHEET(id, title, columns)                                                                  \
    { id, title, columns, EDY_SHEET_NAMES + sizeof columns / sizeof *columns }
const edy_sheet edy_sheet_cases = SHEET("cases", "Cases", cases);
const edy_sheet edy_sheet_timing = SHEET("timing", "Timing in detail", timing);
const edy_sheet edy_sheet_memory = SHEET("memory", "Memory", memory);
const edy_sheet edy_sheet_accuracy = SHEET("accuracy", "Accuracy", accuracy);

const edy_sheet_column *edy_sheet_column_at(const edy_sheet *sheet, size_t index) {
    assert(index < sheet->n_columns);
    return index < EDY_SHEET_NAMES ? &names[index] : &sheet->own[index - EDY_SHEET_NAMES];
}

/* ---- Cells ---------------------------------------------------------------------------------- */

static void get_integer(edy_sheet_format format, int64_t value, edy_sheet_cell *cell) {
    cell->measured = value >= 0;
    cell->sort = cell->measured ? (double)value : (double)NAN;
    if (format == EDY_SHEET_BYTES)
        edy_text_bytes(cell->text, value);
    else if (format == EDY_SHEET_SCALED)
        edy_text_scaled(cell->text, cell->sort);
    else if (format == EDY_SHEET_TIME_I)
        edy_text_time(cell->text, cell->sort, EDY_UTF8);
    else
        edy_text_count(cell->text, value);
}

static void get_real(edy_sheet_format format, double value, edy_sheet_cell *cell) {
    cell->measured = isfinite(value);
    cell->sort = value;
    if (format == EDY_SHEET_TIME || format == EDY_SHEET_SAMPLE_TIME)
        edy_text_time(cell->text, value, EDY_UTF8);
    else if (format == EDY_SHEET_RATE)
        edy_text_scaled(cell->text, value);
    else
        edy_text_percent(cell->text, value);
}

static void get_text(const char *text, edy_sheet_cell *cell) {
    edy_text_clean(cell->text, sizeof cell->text, text, sizeof cell->text, EDY_UTF8);
    cell->measured = cell->text[0] != '\0';
}

static void get_sample_kind(const edy_record *record, edy_sheet_cell *cell) {
    if (record->latency.kind == EDY_SAMPLES_MEANS)
        snprintf(cell->text, sizeof cell->text, "mean of %lld",
                 (long long)record->latency.per_sample);
    else
        strcpy(cell->text, "one inference");
    cell->measured = true;
}

static void get_made(const edy_view *view, const edy_record *record, edy_sheet_format format,
                     edy_sheet_cell *cell) {
    double low, high;
    const edy_accuracy *a = &record->accuracy;
    const edy_latency *l = &record->latency;
    switch (format) {
    case EDY_SHEET_VERDICT:
        get_text(edy_verdict_text(record->verdict), cell);
        break;
    case EDY_SHEET_INTERVAL:
        cell->measured = isfinite(l->median_low_ns) && isfinite(l->median_high_ns);
        cell->sort = l->median_low_ns;
        edy_text_interval(cell->text, l->median_low_ns, l->median_high_ns, EDY_UTF8);
        break;
    case EDY_SHEET_RATE:
        get_real(format, 1e9 / edy_view_image_ns(view, record), cell);
        break;
    case EDY_SHEET_SAMPLES:
        get_integer(format, (int64_t)l->n_samples, cell);
        break;
    case EDY_SHEET_SAMPLE_KIND:
        get_sample_kind(record, cell);
        break;
    case EDY_SHEET_ACCURACY_INTERVAL:
        edy_view_accuracy_interval(a, &low, &high);
        cell->measured = isfinite(low);
        cell->sort = low;
        edy_text_percent_interval(cell->text, low, high);
        break;
    case EDY_SHEET_AGREEMENT:
        cell->measured = a->golden_n > 0;
        if (cell->measured) {
            char agree[EDY_TEXT_SHORT], of[EDY_TEXT_SHORT];
            cell->sort = (double)a->agree / (double)a->golden_n;
            snprintf(cell->text, sizeof cell->text, "%s of %s", edy_text_count(agree, a->agree),
                     edy_text_count(of, a->golden_n));
        }
        break;
    default:
        edy_view_marks(view, record, cell->text, sizeof cell->text);
        cell->measured = cell->text[0] != '\0';
        return; /* an empty cell, not a dash: no doubt is not "not measured" */
    }
}

void edy_sheet_get(const edy_view *view, const edy_record *record, const edy_sheet_column *column,
                   edy_sheet_cell *cell) {
    const char *at = (const char *)record + column->offset;
    int64_t integer;
    double real;
    *cell = (edy_sheet_cell){.text = "-", .sort = NAN, .measured = false};
    if ((column->guard == EDY_IF_TIMED && !edy_view_timed(view, record)) ||
        (column->guard == EDY_IF_ACCURATE && !edy_view_accurate(record)))
        return;
    switch (column->format) {
    case EDY_SHEET_TEXT:
        get_text(at, cell);
        break;
    case EDY_SHEET_COUNT:
    case EDY_SHEET_SCALED:
    case EDY_SHEET_BYTES:
    case EDY_SHEET_TIME_I:
        memcpy(&integer, at, sizeof integer);
        get_integer(column->format, integer, cell);
        break;
    case EDY_SHEET_TIME:
    case EDY_SHEET_SAMPLE_TIME:
    case EDY_SHEET_PERCENT:
        memcpy(&real, at, sizeof real);
        get_real(column->format, real, cell);
        if (column->format == EDY_SHEET_SAMPLE_TIME && cell->measured &&
            record->latency.kind == EDY_SAMPLES_MEANS)
            strcat(cell->text, "*"); /* as edy_instrument_line explains */
        break;
    default:
        get_made(view, record, column->format, cell);
        break;
    }
}

bool edy_sheet_is_number(const edy_sheet_column *column) {
    switch (column->format) {
    case EDY_SHEET_TEXT:
    case EDY_SHEET_VERDICT:
    case EDY_SHEET_SAMPLE_KIND:
    case EDY_SHEET_MARKS:
        return false;
    default:
        return true;
    }
}

bool edy_sheet_used(const edy_view *view, const edy_sheet *sheet, bool *used) {
    bool any = false;
    for (size_t c = 0; c < sheet->n_columns; c++) {
        const edy_sheet_column *column = edy_sheet_column_at(sheet, c);
        used[c] = c < EDY_SHEET_NAMES && c != BATCH;
        for (size_t r = 0; r < view->n && !used[c]; r++) {
            edy_sheet_cell cell;
            edy_sheet_get(view, view->record[r], column, &cell);
            if (c == BATCH)
                used[c] = view->record[r]->batch > 1;
            else if (column->format == EDY_SHEET_TEXT) /* the same text in each row says nothing */
                used[c] = strcmp((const char *)view->record[r] + column->offset,
                                 (const char *)view->record[0] + column->offset) != 0;
            else
                used[c] = cell.measured;
        }
        any |= used[c] && c >= EDY_SHEET_NAMES;
    }
    return any;
}
