/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/text_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

edy_status edy_text_fail(const edy_text_context *c, edy_status status, const char *format, ...) {
    char sentence[300];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (c->line == 0)
        return edy_fail(c->err, status, "%.90s: %s", c->file, sentence);
    return edy_fail(c->err, status, "%.90s:%zu: %s", c->file, c->line, sentence);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool edy_text_is_name(const char *word) {
    size_t n = 0;
    while (is_name_char(word[n]))
        n++;
    return n > 0 && word[n] == '\0';
}

/* "$p" and "key=$p": the argument takes the place of all from the "$" on. */
static edy_status substitute(const edy_text_context *c, char word[EDY_TEXT_WORD_BYTES]) {
    char *dollar = strchr(word, '$');
    if (!dollar)
        return EDY_OK;
    const edy_text_scope *s = c->scope;
    for (size_t i = 0; i < s->n_parameters; i++) {
        if (strcmp(s->parameter[i], dollar + 1) != 0)
            continue;
        const size_t room = EDY_TEXT_WORD_BYTES - (size_t)(dollar - word);
        if (strlen(s->argument[i]) >= room)
            return edy_text_fail(c, EDY_LIMIT, "%s becomes longer than %d bytes", word,
                                 EDY_TEXT_WORD_BYTES - 1);
        strcpy(dollar, s->argument[i]);
        return EDY_OK;
    }
    return edy_text_fail(c, EDY_BAD_FILE, "%s: there is no parameter of that name here", dollar);
}

static edy_status add_word(const edy_text_context *c, const char *text, size_t size,
                           edy_text_line *line) {
    if (line->n == EDY_TEXT_WORDS)
        return edy_text_fail(c, EDY_LIMIT, "more than %d words", EDY_TEXT_WORDS);
    if (size >= EDY_TEXT_WORD_BYTES)
        return edy_text_fail(c, EDY_LIMIT, "a word of %zu bytes, more than %d", size,
                             EDY_TEXT_WORD_BYTES - 1);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f)
            return edy_text_fail(c, EDY_BAD_FILE, "byte 0x%02x is not text",
                                 (unsigned)(unsigned char)text[i]);
    char *word = line->word[line->n++];
    memcpy(word, text, size);
    word[size] = '\0';
    return substitute(c, word);
}

edy_status edy_text_split(const edy_text_context *c, const char *text, size_t size,
                          edy_text_line *line) {
    memset(line, 0, sizeof *line);
    for (size_t i = 0; i < size && text[i] != '#';) {
        size_t end = i;
        while (end < size && !is_blank(text[end]) && text[end] != '#')
            end++;
        const edy_status status = end > i ? add_word(c, text + i, end - i, line) : EDY_OK;
        if (status)
            return status;
        i = end > i ? end : i + 1;
    }
    return EDY_OK;
}

void edy_text_shift(edy_text_line *line, size_t count) {
    line->n -= count;
    memmove(line->word, line->word + count, line->n * sizeof line->word[0]);
    memmove(line->used, line->used + count, line->n * sizeof line->used[0]);
}

bool edy_text_take(edy_text_line *line, const char *word) {
    for (size_t i = 0; i < line->n; i++)
        if (!line->used[i] && strcmp(line->word[i], word) == 0)
            return line->used[i] = true;
    return false;
}

const char *edy_text_value(edy_text_line *line, const char *key) {
    const size_t n = strlen(key);
    for (size_t i = 0; i < line->n; i++)
        if (!line->used[i] && strncmp(line->word[i], key, n) == 0 && line->word[i][n] == '=') {
            line->used[i] = true;
            return line->word[i] + n + 1;
        }
    return NULL;
}

/* Digits at *text, at most nine; *text moves behind them. */
static bool read_digits(const char **text, int64_t *out) {
    const char *start = *text;
    *out = 0;
    while (**text >= '0' && **text <= '9' && *text - start < 9)
        *out = *out * 10 + (*(*text)++ - '0');
    return *text > start;
}

edy_status edy_text_integer(const edy_text_context *c, const char *what, const char *word,
                            int64_t low, int64_t high, int64_t *out) {
    const char *at = word;
    if (read_digits(&at, out) && *at == '\0' && *out >= low && *out <= high)
        return EDY_OK;
    return edy_text_fail(c, EDY_BAD_FILE,
                         "%s is \"%s\", but must be a whole number, %" PRId64 " to %" PRId64, what,
                         word, low, high);
}

edy_status edy_text_pair(const edy_text_context *c, const char *what, const char *word, bool one,
                         int64_t low, int64_t high, int64_t out[2]) {
    const char *at = word;
    bool right = read_digits(&at, &out[0]);
    if (right && *at == 'x') {
        at++;
        right = read_digits(&at, &out[1]);
    } else {
        out[1] = out[0];
        right = right && one;
    }
    for (int i = 0; i < 2; i++)
        right = right && out[i] >= low && out[i] <= high;
    if (right && *at == '\0')
        return EDY_OK;
    return edy_text_fail(c, EDY_BAD_FILE,
                         "%s is \"%s\", but must be %sHxW, each %" PRId64 " to %" PRId64, what,
                         word, one ? "N or " : "", low, high);
}

edy_status edy_text_decimal(const edy_text_context *c, const char *what, const char *word,
                            unsigned *out) {
    int64_t whole = 0, tenths = 0;
    const char *at = word;
    bool right = read_digits(&at, &whole) && whole <= 100;
    if (right && *at == '.') {
        const char *start = ++at;
        right = read_digits(&at, &tenths) && at - start <= 4;
        for (ptrdiff_t i = at - start; i < 4 && right; i++)
            tenths *= 10;
    }
    const int64_t units = whole * EDY_TEXT_ONE + tenths;
    if (!right || *at != '\0' || units < 1 || units > 100 * EDY_TEXT_ONE)
        return edy_text_fail(
            c, EDY_BAD_FILE,
            "%s is \"%s\", but must be 0.0001 to 100 with at most four decimal places", what, word);
    *out = (unsigned)units;
    return EDY_OK;
}

edy_status edy_text_find_label(const edy_text_context *c, const char *word, edy_value_id *out) {
    for (size_t i = 0; i < c->scope->n_labels; i++)
        if (strcmp(c->scope->label[i], word) == 0) {
            *out = c->scope->value[i];
            return EDY_OK;
        }
    return edy_text_fail(c, EDY_BAD_FILE, "there is no label \"%s\" before this line", word);
}

edy_status edy_text_finish(const edy_text_context *c, const edy_text_line *line) {
    for (size_t i = 0; i < line->n; i++)
        if (!line->used[i])
            return edy_text_fail(c, EDY_BAD_FILE, "\"%s\" means nothing to %s", line->word[i],
                                 line->word[0]);
    return EDY_OK;
}
