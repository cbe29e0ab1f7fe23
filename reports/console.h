/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The report on a terminal: verdict, machine, one table, doubts. ASCII only. */
#ifndef EDY_CONSOLE_H
#define EDY_CONSOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/record.h"

enum { EDY_CONSOLE_WIDTH = 80 }; /* where nobody knows the real one */

/* Prints for a terminal of `width` columns (at least 60), with colours or without. */
edy_status edy_console_print(const edy_results *results, size_t width, bool color, FILE *stream,
                             edy_error *err);

#endif
