/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/plot_script.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

const edy_plot *const edy_plots[EDY_N_PLOTS] = {&edy_plot_latency, &edy_plot_memory,
                                                &edy_plot_accuracy};

enum { WIDE_COLUMNS = 134, NARROW_COLUMNS = 58, MAX_NOTES = 64 };

bool edy_plot_drawn(const char *directory, const edy_plot *plot) {
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/plots/%s.svg", directory, plot->name);
    return n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0;
}

void edy_script_text(FILE *stream, const char *text, size_t max_columns) {
    char clean[EDY_TEXT_BYTES * 4];
    edy_text_shorten(clean, sizeof clean, text, max_columns, EDY_UTF8);
    fputc('\'', stream);
    for (const char *c = clean; *c; c++) {
        if (*c == '\'')
            fputc('\'', stream);
        fputc(*c, stream);
    }
    fputc('\'', stream);
}

void edy_script_text_item(FILE *stream, const char *array, size_t index, const char *text,
                          size_t max_columns) {
    fprintf(stream, "%s[%zu] = ", array, index);
    edy_script_text(stream, text, max_columns);
    fputc('\n', stream);
}

void edy_script_number(FILE *stream, double value) {
    if (isfinite(value))
        fprintf(stream, "%.9g", value);
    else
        fputc('?', stream);
}

void edy_script_number_item(FILE *stream, const char *array, size_t index, double value) {
    fprintf(stream, "%s[%zu] = %.9g\n", array, index, value);
}

void edy_script_array(FILE *stream, const char *array, size_t n) {
    fprintf(stream, "array %s[%zu]\n", array, n > 0 ? n : 1);
}

const char *edy_script_time(char *out, double ns) {
    static const struct {
        double size;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "\xC2\xB5s"}, {1.0, "ns"}};
    size_t u = 0;
    while (u < 3 && ns < units[u].size * (1.0 - 1e-9))
        u++;
    snprintf(out, EDY_TEXT_SHORT, "%.6g %s", ns / units[u].size, units[u].name);
    return out;
}

typedef struct note_lines {
    size_t n;
    char line[MAX_NOTES][EDY_TEXT_BYTES];
} note_lines;

static void add_line(void *context, const char *text, size_t bytes) {
    note_lines *lines = context;
    if (lines->n < MAX_NOTES)
        snprintf(lines->line[lines->n++], EDY_TEXT_BYTES, "%.*s", (int)bytes, text);
}

void edy_script_notes(const edy_view *view, const char *text, const char *more, FILE *stream) {
    static const struct {
        const char *array;
        size_t columns;
    } forms[] = {{"NOTE_WIDE", WIDE_COLUMNS}, {"NOTE_NARROW", NARROW_COLUMNS}};
    char machine[EDY_TEXT_BYTES * 2], clean[EDY_TEXT_BYTES * 2];
    edy_machine_line(&view->results->context, machine, sizeof machine);
    edy_text_clean(clean, sizeof clean, machine, sizeof clean, EDY_UTF8);
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        note_lines lines = {.n = 0};
        edy_text_wrap(text, forms[f].columns, add_line, &lines);
        edy_text_wrap(more, forms[f].columns, add_line, &lines);
        edy_text_wrap(clean, forms[f].columns, add_line, &lines);
        edy_script_array(stream, forms[f].array, lines.n);
        for (size_t i = 0; i < lines.n; i++)
            edy_script_text_item(stream, forms[f].array, i + 1, lines.line[i], EDY_TEXT_BYTES);
    }
}

unsigned edy_palette(int index) {
    /* M. Okabe and K. Ito, "Color universal design" (2008); the yellow, too light for lines on
     * white, is darkened. */
    static const unsigned colors[8] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
                                       0x56b4e9, 0xe69f00, 0x8a6d00, 0x7f7f7f};
    return colors[index & 7];
}

unsigned edy_script_color(const char *backend) {
    return edy_palette(edy_backend_color(backend));
}
