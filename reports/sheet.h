/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The tables of the page and of Markdown, described once: which columns, how each is read. */
#ifndef EDY_SHEET_H
#define EDY_SHEET_H

#include "reports/view.h"

typedef enum edy_sheet_format {
    /* a field of the record, at `offset` */
    EDY_SHEET_TEXT,        /* char[] */
    EDY_SHEET_COUNT,       /* int64_t */
    EDY_SHEET_SCALED,      /* int64_t, as "12.5 M" */
    EDY_SHEET_BYTES,       /* int64_t */
    EDY_SHEET_TIME,        /* double, ns */
    EDY_SHEET_SAMPLE_TIME, /* double, ns; a star where samples are means */
    EDY_SHEET_TIME_I,      /* int64_t, ns */
    EDY_SHEET_PERCENT,     /* double, a share */
    /* made of several */
    EDY_SHEET_VERDICT,
    EDY_SHEET_INTERVAL,
    EDY_SHEET_RATE,
    EDY_SHEET_SAMPLES,
    EDY_SHEET_SAMPLE_KIND,
    EDY_SHEET_ACCURACY_INTERVAL,
    EDY_SHEET_AGREEMENT,
    EDY_SHEET_MARKS
} edy_sheet_format;

/* Never: times of a case that may show none, accuracy of one that failed. */
typedef enum edy_sheet_guard { EDY_ALWAYS, EDY_IF_TIMED, EDY_IF_ACCURATE } edy_sheet_guard;

typedef struct edy_sheet_column {
    const char *title, *hint; /* hint: what it means, for who asks; or "" */
    edy_sheet_format format;
    edy_sheet_guard guard;
    size_t offset;
} edy_sheet_column;

typedef struct edy_sheet {
    const char *id, *title;
    const edy_sheet_column *own; /* [n_columns - EDY_SHEET_NAMES] */
    size_t n_columns;            /* with those that name the case */
} edy_sheet;

extern const edy_sheet edy_sheet_cases, edy_sheet_timing, edy_sheet_memory, edy_sheet_accuracy;

const edy_sheet_column *edy_sheet_column_at(const edy_sheet *sheet, size_t index);

enum { EDY_SHEET_NAMES = 5 /* columns that name the case come first */ };
enum { EDY_SHEET_CELL = EDY_NAME_BYTES * 3, EDY_SHEET_MAX_COLUMNS = 24 };

typedef struct edy_sheet_cell {
    char text[EDY_SHEET_CELL]; /* UTF-8 as the record has it: to be escaped; "-": not measured */
    double sort;               /* to order rows by; NAN for texts and what is not measured */
    bool measured;
} edy_sheet_cell;

void edy_sheet_get(const edy_view *view, const edy_record *record, const edy_sheet_column *column,
                   edy_sheet_cell *cell);
bool edy_sheet_is_number(const edy_sheet_column *column);
/* used[c]: does column c say something (any number, texts that differ)? Returns whether any column
 * but the names does. */
bool edy_sheet_used(const edy_view *view, const edy_sheet *sheet, bool *used);

#endif
