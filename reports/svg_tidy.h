/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Tidying the SVG that gnuplot writes: half of it is empty groups, its ids repeat, and it cannot
 * say bold. Not a reader of SVG in general. */
#ifndef EDY_SVG_TIDY_H
#define EDY_SVG_TIDY_H

#include <stdbool.h>
#include <stdio.h>

typedef struct edy_svg_use {
    /* Set: to stand inside a page. No prolog, no namespace, no background; colours are the page's
     * variables (--ink, --c0 ...), so that they follow light and dark. NULL: a file of its own. */
    const char *css_class;
    const char *label;  /* what a screen reader says; plain ASCII without quotes */
    const char *prefix; /* of ids; unique in the page */
} edy_svg_use;

/* Writes the tidied text. False where it is not what gnuplot writes (no <svg>, an open tag at the
 * end); then what was written is not to be used. */
bool edy_svg_tidy(const char *text, const edy_svg_use *use, FILE *out);

#endif
