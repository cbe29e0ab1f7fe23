/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A line of a text net as words, and what they may be: the part that meets hostile bytes. */
#ifndef EDY_TEXT_WORDS_H
#define EDY_TEXT_WORDS_H

#include "engine/graph.h"
#include "engine/import/limits.h"

enum {
    EDY_TEXT_WORDS = 16,
    EDY_TEXT_WORD_BYTES = 48,
    EDY_TEXT_LABELS = 32,
    EDY_TEXT_ONE = 10000 /* decimals are whole ten-thousandths */
};

typedef char edy_text_word[EDY_TEXT_WORD_BYTES];

typedef struct edy_text_line {
    edy_text_word word[EDY_TEXT_WORDS];
    bool used[EDY_TEXT_WORDS]; /* known to somebody; edy_text_finish complains of the others */
    size_t n;
} edy_text_line;

/* What names mean inside one call of a block, or outside of all. */
typedef struct edy_text_scope {
    edy_text_word parameter[EDY_TEXT_WORDS], argument[EDY_TEXT_WORDS];
    size_t n_parameters;
    edy_text_word label[EDY_TEXT_LABELS];
    edy_value_id value[EDY_TEXT_LABELS];
    size_t n_labels;
} edy_text_scope;

typedef struct edy_text_context {
    const char *file;
    const edy_limits *limits;
    edy_error *err; /* never NULL */
    edy_graph *graph;
    size_t line; /* the one at work, from 1; 0: none, messages then name the file alone */
    uint64_t seed;
    uint64_t layers;      /* so far: numbers names, seeds weights */
    edy_value_id current; /* what the next layer reads */
    edy_text_scope *scope;
} edy_text_context;

/* "FILE:LINE: sentence". */
edy_status edy_text_fail(const edy_text_context *c, edy_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Splits text[0, size) at blanks, up to a "#", and puts arguments in place of $PARAMETERs. */
edy_status edy_text_split(const edy_text_context *c, const char *text, size_t size,
                          edy_text_line *line);

/* Removes the first count words. */
void edy_text_shift(edy_text_line *line, size_t count);

/* Letters, digits, "_", "-" and ".", for names. */
bool edy_text_is_name(const char *word);

/* True where that word is there; it then is used. */
bool edy_text_take(edy_text_line *line, const char *word);
/* Value of KEY=VALUE, which then is used; NULL where there is none. */
const char *edy_text_value(edy_text_line *line, const char *key);

/* A whole number in [low, high]; what names it in the message. */
edy_status edy_text_integer(const edy_text_context *c, const char *what, const char *word,
                            int64_t low, int64_t high, int64_t *out);
/* "HxW", or "N" for both where one is allowed. */
edy_status edy_text_pair(const edy_text_context *c, const char *what, const char *word, bool one,
                         int64_t low, int64_t high, int64_t out[2]);
/* A decimal number of at most four places, at least 0.0001 and at most 100, in ten-thousandths. */
edy_status edy_text_decimal(const edy_text_context *c, const char *what, const char *word,
                            unsigned *out);

edy_status edy_text_find_label(const edy_text_context *c, const char *word, edy_value_id *out);

/* EDY_BAD_FILE where a word was used by nobody. */
edy_status edy_text_finish(const edy_text_context *c, const edy_text_line *line);

#endif
