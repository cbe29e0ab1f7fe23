/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A table for a terminal: the most important columns that fit the width. */
#ifndef EDY_TABLE_H
#define EDY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { EDY_CELL_BYTES = 512, EDY_TABLE_MAX_COLUMNS = 32 };

typedef struct edy_column {
    const char *title; /* ASCII */
    int priority;      /* 0: always there; others are added in rising order while they fit */
    bool right;        /* numbers stand right */
    bool flexible;     /* may lose its middle to a "~" where it must */
} edy_column;

typedef struct edy_table {
    const edy_column *column;
    size_t n_columns; /* <= EDY_TABLE_MAX_COLUMNS */
    size_t n_rows;
    /* Writes the cell's text (ASCII) into out. */
    void (*cell)(const void *context, size_t row, size_t column, char *out, size_t size);
    /* Escape sequence before a cell, or NULL for none; NULL for a table without colour. */
    const char *(*style)(const void *context, size_t row, size_t column);
    /* An empty line before this row? NULL: never. */
    bool (*gap)(const void *context, size_t row);
    const void *context;
} edy_table;

/* Prints the title line, a rule and the rows, no line wider than `width`, without trailing blanks.
 * Returns true where a cell was shortened. */
bool edy_table_print(const edy_table *table, size_t width, FILE *stream);

#endif
