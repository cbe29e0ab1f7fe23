/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/html_text.h"

#include <math.h>

void edy_html_text(FILE *stream, const char *text) {
    char clean[EDY_TEXT_BYTES * 4];
    edy_text_clean(clean, sizeof clean, text, sizeof clean, EDY_UTF8);
    for (const char *c = clean; *c; c++)
        switch (*c) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        case '\'':
            fputs("&#39;", stream);
            break;
        default:
            fputc(*c, stream);
            break;
        }
}

const char *edy_html_tone(edy_tone tone) {
    static const char *const names[] = {
        [EDY_TONE_GOOD] = "good", [EDY_TONE_MIXED] = "mixed", [EDY_TONE_BAD] = "bad"};
    return names[tone];
}

static bool is_name(const edy_sheet_column *column) {
    return column->format == EDY_SHEET_TEXT;
}

static void put_cell(FILE *stream, const edy_record *record, const edy_sheet_column *column,
                     const edy_sheet_cell *cell, bool split) {
    const bool number = edy_sheet_is_number(column);
    const bool main = column->format == EDY_SHEET_SAMPLE_TIME &&
                      column->offset == offsetof(edy_record, latency.median_ns);
    fprintf(stream, "<td class=\"%s%s%s%s%s\"", number ? "n" : "", is_name(column) ? "name" : "",
            split ? " split" : "",
            cell->measured || column->format == EDY_SHEET_MARKS ? "" : " none",
            main ? " main" : "");
    if (isfinite(cell->sort))
        fprintf(stream, " data-s=\"%.9g\"", cell->sort);
    if (is_name(column)) {
        fputs(" title=\"", stream);
        edy_html_text(stream, cell->text);
        fputc('"', stream);
    }
    fputc('>', stream);
    if (column->format == EDY_SHEET_VERDICT)
        fprintf(stream, "<span class=\"verdict tone-%s\">",
                edy_html_tone(edy_verdict_tone(record->verdict)));
    if (column->offset == offsetof(edy_record, backend) && is_name(column))
        fprintf(stream, "<span class=\"dot\" style=\"background:var(--c%d)\"></span>",
                edy_backend_color(record->backend));
    edy_html_text(stream, cell->text);
    fprintf(stream, "%s</td>", column->format == EDY_SHEET_VERDICT ? "</span>" : "");
}

/* The names of a case in one cell, in place of four, where the screen is narrow. */
static void put_case(FILE *stream, const edy_record *record) {
    fputs("<td class=\"case\"><b>", stream);
    edy_html_text(stream, record->workload);
    fprintf(stream, "</b><br><span class=\"dot\" style=\"background:var(--c%d)\"></span>",
            edy_backend_color(record->backend));
    edy_html_text(stream, record->variant);
    fputc(' ', stream);
    edy_html_text(stream, record->backend);
    fprintf(stream, " %lldt", (long long)record->threads);
    if (record->batch > 1)
        fprintf(stream, " b%lld", (long long)record->batch);
    fputs("</td>", stream);
}

static void put_heads(FILE *stream, const edy_sheet *sheet, const bool *used) {
    fputs("<thead><tr><th scope=\"col\" class=\"case\">case</th>", stream);
    for (size_t c = 0; c < sheet->n_columns; c++) {
        const edy_sheet_column *column = edy_sheet_column_at(sheet, c);
        if (!used[c])
            continue;
        fprintf(stream, "<th scope=\"col\" class=\"%s%s\"", edy_sheet_is_number(column) ? "n" : "",
                c < EDY_SHEET_NAMES ? " split" : "");
        if (column->hint[0])
            fprintf(stream, " title=\"%s\"", column->hint);
        fprintf(stream, ">%s</th>", column->title);
    }
    fputs("</tr></thead>\n", stream);
}

void edy_html_sheet(FILE *stream, const edy_view *view, const edy_sheet *sheet) {
    bool used[EDY_SHEET_MAX_COLUMNS];
    if (!edy_sheet_used(view, sheet, used))
        return;
    fputs("<div class=\"scroll\"><table>\n", stream);
    put_heads(stream, sheet, used);
    fputs("<tbody>\n", stream);
    for (size_t r = 0; r < view->n; r++) {
        fputs("<tr>", stream);
        put_case(stream, view->record[r]);
        for (size_t c = 0; c < sheet->n_columns; c++) {
            const edy_sheet_column *column = edy_sheet_column_at(sheet, c);
            edy_sheet_cell cell;
            if (!used[c])
                continue;
            edy_sheet_get(view, view->record[r], column, &cell);
            put_cell(stream, view->record[r], column, &cell, c < EDY_SHEET_NAMES);
        }
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table></div>\n", stream);
}
