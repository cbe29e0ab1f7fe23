/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/text.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    double size;
    const char *ascii, *utf8;
} unit;

static const unit time_units[] = {
    {1.0, "ns", "ns"}, {1e3, "us", "\xC2\xB5s"}, {1e6, "ms", "ms"}, {1e9, "s", "s"}};
static const unit byte_units[] = {{1.0, "B", "B"},
                                  {1024.0, "KiB", "KiB"},
                                  {1048576.0, "MiB", "MiB"},
                                  {1073741824.0, "GiB", "GiB"},
                                  {1099511627776.0, "TiB", "TiB"}};
static const unit scale_units[] = {
    {1.0, "", ""}, {1e3, " k", " k"}, {1e6, " M", " M"}, {1e9, " G", " G"}, {1e12, " T", " T"}};

enum { N_TIME = 4, N_BYTE = 5, N_SCALE = 5 };

/* The largest unit in which the value, rounded to three digits, is at least 1. */
static const unit *pick_unit(const unit *units, int n, double value) {
    int i = n - 1;
    while (i > 0 && value < units[i].size * 0.9995)
        i--;
    return &units[i];
}

static const char *unit_name(const unit *u, edy_charset charset) {
    return charset == EDY_UTF8 ? u->utf8 : u->ascii;
}

/* Decimals that make three significant digits of a value. */
static int decimals_of(double value) {
    if (value >= 99.95)
        return 0;
    return value >= 9.995 ? 1 : 2;
}

static const char *dash(char *out) {
    return strcpy(out, "-");
}

const char *edy_text_time(char *out, double ns, edy_charset charset) {
    if (!isfinite(ns))
        return dash(out);
    const unit *u = pick_unit(time_units, N_TIME, ns);
    const double value = ns / u->size;
    snprintf(out, EDY_TEXT_SHORT, "%.*f %s", decimals_of(value), value, unit_name(u, charset));
    return out;
}

const char *edy_text_interval(char *out, double low_ns, double high_ns, edy_charset charset) {
    if (!isfinite(low_ns) || !isfinite(high_ns))
        return dash(out);
    const unit *u = pick_unit(time_units, N_TIME, high_ns);
    const double low = low_ns / u->size, high = high_ns / u->size;
    int decimals = decimals_of(high);
    for (double step = pow(10.0, -decimals); decimals < 5 && high - low < 2.0 * step; step /= 10.0)
        decimals++;
    snprintf(out, EDY_TEXT_SHORT, "%.*f to %.*f %s", decimals, low, decimals, high,
             unit_name(u, charset));
    return out;
}

const char *edy_text_half_width(char *out, double low, double middle, double high,
                                edy_charset charset) {
    if (!isfinite(low) || !isfinite(high) || !(middle > 0.0))
        return dash(out);
    const double percent = 100.0 * fmax(high - middle, middle - low) / middle;
    const char *sign = charset == EDY_UTF8 ? "\xC2\xB1" : "+-";
    if (percent >= 99.5)
        strcpy(out, ">99%");
    else if (percent < 0.05)
        strcpy(out, "<0.1%");
    else
        snprintf(out, EDY_TEXT_SHORT, "%s%.*f%%", sign, percent < 9.95 ? 1 : 0, percent);
    return out;
}

const char *edy_text_bytes(char *out, int64_t bytes) {
    if (bytes < 0)
        return dash(out);
    const unit *u = pick_unit(byte_units, N_BYTE, (double)bytes);
    const double value = (double)bytes / u->size;
    snprintf(out, EDY_TEXT_SHORT, "%.*f %s", u == byte_units ? 0 : decimals_of(value), value,
             u->ascii);
    return out;
}

const char *edy_text_count(char *out, int64_t count) {
    if (count < 0)
        return dash(out);
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%" PRId64, count);
    char *to = out;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

const char *edy_text_scaled(char *out, double value) {
    if (!isfinite(value) || value < 0.0)
        return dash(out);
    const unit *u = pick_unit(scale_units, N_SCALE, value);
    const double scaled = value / u->size;
    const int decimals = u == scale_units && scaled == floor(scaled) ? 0 : decimals_of(scaled);
    snprintf(out, EDY_TEXT_SHORT, "%.*f%s", decimals, scaled, u->ascii);
    return out;
}

const char *edy_text_percent(char *out, double share) {
    if (!isfinite(share))
        return dash(out);
    snprintf(out, EDY_TEXT_SHORT, "%.1f %%", 100.0 * share);
    return out;
}

const char *edy_text_percent_interval(char *out, double low, double high) {
    if (!isfinite(low) || !isfinite(high))
        return dash(out);
    snprintf(out, EDY_TEXT_SHORT, "%.1f to %.1f %%", 100.0 * low, 100.0 * high);
    return out;
}

const char *edy_text_exact(char *out, double value) {
    out[0] = '\0';
    if (!isfinite(value))
        return out;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, EDY_TEXT_SHORT, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return out;
}

/* Bytes of the valid UTF-8 sequence at s (RFC 3629: no overlong forms, no surrogates); 0 if
 * none. */
static size_t sequence_bytes(const unsigned char *s) {
    size_t n = s[0] < 0x80                    ? 1
               : s[0] >= 0xC2 && s[0] <= 0xDF ? 2
               : (s[0] & 0xF0) == 0xE0        ? 3
               : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                              : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if (n == 3 && ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F)))
        return 0;
    if (n == 4 && ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)))
        return 0;
    return n;
}

size_t edy_text_columns(const char *text) {
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

void edy_text_clean(char *dst, size_t size, const char *src, size_t max_columns,
                    edy_charset charset) {
    assert(size >= 8);
    const char *mark = charset == EDY_UTF8 ? "\xE2\x80\xA6" : "~";
    const unsigned char *s = (const unsigned char *)src;
    size_t used = 0, columns = 0, cut = 0; /* cut: bytes before the last column that may stay */
    while (*s) {
        size_t n = sequence_bytes(s);
        const bool control = *s < 0x20 || *s == 0x7F || (n == 2 && *s == 0xC2 && s[1] < 0xA0);
        const char *from = (const char *)s;
        const size_t taken = n ? n : 1;
        if (n == 0 || control || (charset == EDY_ASCII && n > 1)) {
            from = control ? " " : "?";
            n = 1;
        }
        if (columns == max_columns || used + n + strlen(mark) + 1 > size) {
            used = cut;
            memcpy(dst + used, mark, strlen(mark));
            used += strlen(mark);
            break;
        }
        cut = used;
        memcpy(dst + used, from, n);
        used += n;
        columns++;
        s += taken;
    }
    dst[used] = '\0';
}

/* The place `columns` code points into a clean text. */
static const char *skip_columns(const char *text, size_t columns) {
    while (*text && columns > 0) {
        do
            text++;
        while (((unsigned char)*text & 0xC0) == 0x80);
        columns--;
    }
    return text;
}

void edy_text_shorten(char *dst, size_t size, const char *src, size_t max_columns,
                      edy_charset charset) {
    char clean[1024];
    edy_text_clean(clean, sizeof clean, src, sizeof clean, charset);
    const size_t columns = edy_text_columns(clean);
    if (columns <= max_columns) {
        edy_text_clean(dst, size, clean, size, charset);
        return;
    }
    const size_t head = max_columns / 2, tail = max_columns - head - 1;
    snprintf(dst, size, "%.*s%s%s", (int)(skip_columns(clean, head) - clean), clean,
             charset == EDY_UTF8 ? "\xE2\x80\xA6" : "~", skip_columns(clean, columns - tail));
}

void edy_text_wrap(const char *text, size_t max_columns,
                   void (*line)(void *context, const char *text, size_t bytes), void *context) {
    assert(max_columns > 0);
    while (*text == ' ')
        text++;
    while (*text) {
        const char *end = text, *space = NULL;
        size_t columns = 0;
        while (*end && columns < max_columns) {
            if (*end == ' ')
                space = end;
            do
                end++;
            while (((unsigned char)*end & 0xC0) == 0x80);
            columns++;
        }
        if (*end && *end != ' ' && space)
            end = space;
        size_t bytes = (size_t)(end - text);
        while (bytes > 0 && text[bytes - 1] == ' ')
            bytes--;
        line(context, text, bytes);
        for (text = end; *text == ' '; text++)
            ;
    }
}

typedef struct wrap_state {
    FILE *stream;
    const char *first;
    size_t indent, lines;
} wrap_state;

static void print_line(void *context, const char *text, size_t bytes) {
    wrap_state *state = context;
    if (state->lines++ == 0)
        fputs(state->first, state->stream);
    else
        fprintf(state->stream, "%*s", (int)state->indent, "");
    fprintf(state->stream, "%.*s\n", (int)bytes, text);
}

void edy_text_print_wrapped(FILE *stream, const char *first, const char *text, size_t width) {
    wrap_state state = {stream, first, edy_text_columns(first), 0};
    const size_t room = width > state.indent + 20 ? width - state.indent : 20;
    edy_text_wrap(text, room, print_line, &state);
}
