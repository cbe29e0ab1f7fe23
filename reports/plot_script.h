/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Writing data as gnuplot reads it. A plot's file is: its data (written here, by C), then
 * plots/common.gp and plots/NAME.gp as they stand in the source tree. */
#ifndef EDY_PLOT_SCRIPT_H
#define EDY_PLOT_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/view.h"

enum {
    EDY_PLOT_ROWS = 60,          /* cases in one plot; the tables have all */
    EDY_PLOT_MAX_BYTES = 8 << 20 /* of an SVG; larger is left alone and not put into a page */
};

typedef struct edy_plot {
    const char *name;   /* files: plots/NAME.gp, .svg, .png, -narrow.svg */
    const char *title;  /* of the figure */
    const char *script; /* NAME.gp; UTF-8 */
    /* Is there anything to draw? */
    bool (*any)(const edy_view *view);
    /* Writes variables, arrays and data blocks. EDY_NO_MEMORY. */
    edy_status (*data)(const edy_view *view, FILE *stream, edy_error *err);
} edy_plot;

extern const edy_plot edy_plot_latency, edy_plot_memory, edy_plot_accuracy;
enum { EDY_N_PLOTS = 3 };
extern const edy_plot *const edy_plots[EDY_N_PLOTS];

/* Is directory/plots/NAME.svg there? */
bool edy_plot_drawn(const char *directory, const edy_plot *plot);

/* 'text' with quotes doubled: gnuplot takes it literally. Cleaned; longer than max_columns loses
 * its middle. */
void edy_script_text(FILE *stream, const char *text, size_t max_columns);
/* "NAME[index] = 'text'" (index from 1). */
void edy_script_text_item(FILE *stream, const char *array, size_t index, const char *text,
                          size_t max_columns);
void edy_script_number_item(FILE *stream, const char *array, size_t index, double value);
/* "array NAME[n]"; gnuplot has no empty arrays, so of 0 it makes one of 1 that is never read. */
void edy_script_array(FILE *stream, const char *array, size_t n);
/* A number, or ? where it is not finite. */
void edy_script_number(FILE *stream, double value);

/* "500 us", with the sign of UTF-8: a tick, in as few digits as it has. out: EDY_TEXT_SHORT
 * bytes. */
const char *edy_script_time(char *out, double ns);

/* (gnuplot takes tick labels as formats: a percent sign in one is written twice.) */

/* NOTE_WIDE and NOTE_NARROW: `text`, `more` (or "") and the machine line, broken into lines. */
void edy_script_notes(const edy_view *view, const char *text, const char *more, FILE *stream);

/* Colour of a backend as gnuplot takes it, 0xRRGGBB. */
unsigned edy_script_color(const char *backend);
unsigned edy_palette(int index); /* 0..7 */

#endif
