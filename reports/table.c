/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/table.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { GAP = 2, TIGHT_GAP = 1, MIN_FLEXIBLE = 6, IMPORTANT = 2, COMFORT = 14 };

/* Columns up to the priority IMPORTANT are worth that flexible ones are shortened to COMFORT, and
 * that columns stand TIGHT_GAP apart. */
typedef struct layout {
    size_t gap; /* blanks between columns */
    size_t width[EDY_TABLE_MAX_COLUMNS];
    bool shown[EDY_TABLE_MAX_COLUMNS];
} layout;

/* flexible: the most that a flexible column may take. */
static size_t total_width(const edy_table *table, const layout *l, size_t flexible) {
    size_t total = 0;
    for (size_t c = 0; c < table->n_columns; c++) {
        const size_t width =
            table->column[c].flexible && l->width[c] > flexible ? flexible : l->width[c];
        if (l->shown[c])
            total += width + (total ? l->gap : 0);
    }
    return total;
}

/* Adds columns of this priority, from the left, that still fit. */
static void add_columns(const edy_table *table, layout *l, int priority, size_t width) {
    const size_t flexible = priority <= IMPORTANT ? COMFORT : SIZE_MAX;
    for (size_t c = 0; c < table->n_columns; c++) {
        if (table->column[c].priority != priority)
            continue;
        l->shown[c] = true;
        if (priority > 0 && total_width(table, l, flexible) > width)
            l->shown[c] = false;
    }
}

/* Shortens the widest flexible column by one until the table fits or nothing can give. */
static bool shorten(const edy_table *table, layout *l, size_t width) {
    bool shortened = false;
    while (total_width(table, l, SIZE_MAX) > width) {
        size_t widest = table->n_columns;
        for (size_t c = 0; c < table->n_columns; c++)
            if (l->shown[c] && table->column[c].flexible && l->width[c] > MIN_FLEXIBLE &&
                (widest == table->n_columns || l->width[c] > l->width[widest]))
                widest = c;
        if (widest == table->n_columns)
            break;
        l->width[widest]--;
        shortened = true;
    }
    return shortened;
}

static bool lay_out(const edy_table *table, layout *l, size_t width) {
    int last = 0;
    for (size_t c = 0; c < table->n_columns; c++) {
        l->shown[c] = false;
        l->width[c] = strlen(table->column[c].title);
        if (table->column[c].priority > last)
            last = table->column[c].priority;
    }
    for (size_t r = 0; r < table->n_rows; r++)
        for (size_t c = 0; c < table->n_columns; c++) {
            char text[EDY_CELL_BYTES] = "";
            table->cell(table->context, r, c, text, sizeof text);
            if (strlen(text) > l->width[c])
                l->width[c] = strlen(text);
        }
    l->gap = GAP;
    for (size_t c = 0; c < table->n_columns; c++)
        l->shown[c] = table->column[c].priority <= IMPORTANT;
    if (total_width(table, l, SIZE_MAX) > width)
        l->gap = TIGHT_GAP;
    memset(l->shown, 0, sizeof l->shown);
    for (int p = 0; p <= last; p++)
        add_columns(table, l, p, width);
    return shorten(table, l, width);
}

/* pending: blanks owed from the cells before, so that a line never ends in them. */
static void print_cell(FILE *stream, const char *text, size_t width, bool right, const char *style,
                       size_t *pending) {
    const size_t n = strlen(text);
    const bool cut = n > width;
    const size_t shown = cut ? width : n;
    const size_t before = right ? width - shown : 0;
    if (shown > 0) {
        fprintf(stream, "%*s", (int)(*pending + before), "");
        if (style)
            fputs(style, stream);
        if (cut) /* the middle goes: names of a family differ at the end */
            fprintf(stream, "%.*s~%s", (int)(shown / 2), text, text + n - (shown - shown / 2 - 1));
        else
            fputs(text, stream);
        if (style)
            fputs("\033[0m", stream);
        *pending = width - shown - before;
    } else {
        *pending += width;
    }
}

static void print_rule(const edy_table *table, const layout *l, FILE *stream) {
    for (size_t i = total_width(table, l, SIZE_MAX); i > 0; i--)
        fputc('-', stream);
    fputc('\n', stream);
}

bool edy_table_print(const edy_table *table, size_t width, FILE *stream) {
    assert(table->n_columns <= EDY_TABLE_MAX_COLUMNS);
    layout l;
    const bool shortened = lay_out(table, &l, width);
    for (size_t line = 0; line <= table->n_rows; line++) {
        if (line > 1 && table->gap && table->gap(table->context, line - 1))
            fputc('\n', stream);
        size_t pending = 0;
        bool first = true;
        for (size_t c = 0; c < table->n_columns; c++) {
            if (!l.shown[c])
                continue;
            char text[EDY_CELL_BYTES] = "";
            const char *style = NULL;
            if (line == 0) {
                snprintf(text, sizeof text, "%s", table->column[c].title);
            } else {
                table->cell(table->context, line - 1, c, text, sizeof text);
                style = table->style ? table->style(table->context, line - 1, c) : NULL;
            }
            pending += first ? 0 : l.gap;
            first = false;
            print_cell(stream, text, l.width[c], table->column[c].right, style, &pending);
        }
        fputc('\n', stream);
        if (line == 0)
            print_rule(table, &l, stream);
    }
    return shortened;
}
