/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Pieces of the page. All text given is plain: it is cleaned and escaped here. */
#ifndef EDY_HTML_TEXT_H
#define EDY_HTML_TEXT_H

#include <stdio.h>

#include "reports/sheet.h"

/* Text between tags, or in a double-quoted attribute. */
void edy_html_text(FILE *stream, const char *text);

/* "good", "mixed", "bad": the end of a class name, tone-... */
const char *edy_html_tone(edy_tone tone);

/* A table of the columns in use, in a box that scrolls sideways; nothing where none is in use. */
void edy_html_sheet(FILE *stream, const edy_view *view, const edy_sheet *sheet);

#endif
