/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Running gnuplot, without a shell. */
#ifndef EDY_GNUPLOT_H
#define EDY_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

/* Runs `gnuplot -d -e "FORM='form'" script` in a directory. False: *reason says why in one sentence
 * (not installed, ended by itself with its first complaint, took longer than a minute). */
bool edy_gnuplot_run(const char *directory, const char *script, const char *form, char *reason,
                     size_t size);

#endif
