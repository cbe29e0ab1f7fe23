/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Numbers and names as people read them. The one place where a report rounds.
 *
 * Each function fills `out` (EDY_TEXT_SHORT bytes) and returns it. What was not measured is "-". */
#ifndef EDY_TEXT_H
#define EDY_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { EDY_TEXT_SHORT = 48 };

/* Where a text goes: a terminal or log that may not know more than ASCII, or UTF-8. */
typedef enum edy_charset { EDY_ASCII, EDY_UTF8 } edy_charset;

/* "84.1 us", "1.23 ms": three significant digits, ns to s ("us" is U+00B5 in UTF-8). */
const char *edy_text_time(char *out, double ns, edy_charset charset);
/* "1.228 to 1.236 ms": as many digits as show the two ends apart. "-" if either is NAN. */
const char *edy_text_interval(char *out, double low_ns, double high_ns, edy_charset charset);
/* "+-0.4%", or with the sign of UTF-8: the wider side of the interval, as a share of the middle;
 * "<0.1%" and ">99%" at the ends. */
const char *edy_text_half_width(char *out, double low, double middle, double high,
                                edy_charset charset);
/* "84.0 KiB": binary units; below 1 KiB "84 B". -1: "-". */
const char *edy_text_bytes(char *out, int64_t bytes);
/* "12,345"; -1: "-". */
const char *edy_text_count(char *out, int64_t count);
/* "12.3 M": three significant digits and k, M, G, T; below 1000 as it is. NAN or < 0: "-". */
const char *edy_text_scaled(char *out, double value);
/* "92.4 %" of a share 0..1; one decimal. NAN: "-". */
const char *edy_text_percent(char *out, double share);
/* "90.6 to 94.0 %". */
const char *edy_text_percent_interval(char *out, double low, double high);
/* The shortest decimal that reads back as the same double; "" for NAN and infinities. */
const char *edy_text_exact(char *out, double value);

/* Columns that a valid UTF-8 text takes (code points; no wide scripts, no combining marks). */
size_t edy_text_columns(const char *text);

/* Copies src as one valid line of UTF-8: control characters become spaces, broken sequences '?'.
 * Above max_columns the end is replaced by "~" (ASCII) or an ellipsis. size: bytes of dst, >= 8.
 * dst may be src. */
void edy_text_clean(char *dst, size_t size, const char *src, size_t max_columns,
                    edy_charset charset);

/* The same, but what goes is the middle: names of a family differ at the end. */
void edy_text_shorten(char *dst, size_t size, const char *src, size_t max_columns,
                      edy_charset charset);

/* Breaks a clean text into lines of at most max_columns at spaces (a longer word is broken), calls
 * line(context, text, bytes) for each. */
void edy_text_wrap(const char *text, size_t max_columns,
                   void (*line)(void *context, const char *text, size_t bytes), void *context);

/* Prints a clean text wrapped at `width` columns: `first` before the first line, then an indent of
 * as many spaces. */
void edy_text_print_wrapped(FILE *stream, const char *first, const char *text, size_t width);

#endif
