/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Text for people: tables and sentences of 80 columns. */
#ifndef EDY_PRINT_TEXT_H
#define EDY_PRINT_TEXT_H

#include <stdint.h>
#include <stdio.h>

enum { EDY_TEXT_COLUMNS = 80 };

/* In lines of at most EDY_TEXT_COLUMNS, broken at blanks, each after `indent` blanks. */
void edy_print_wrapped(FILE *out, int indent, const char *text);

/* 12206720 as "12,206,720". Returns text. */
const char *edy_grouped(uint64_t n, char text[32]);

#endif
