/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Running a verb, its help and its error line. */
#include "bench/verbs/verb.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verbs/args_internal.h"

static bool needs_quotes(const char *word) {
    if (*word == '\0')
        return true;
    for (const char *c = word; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-+=./,:@%", *c))
            return true;
    return false;
}

/* POSIX quoting: '...' with each ' written as '\''. Returns the end. */
static char *put_word(char *at, const char *word) {
    if (!needs_quotes(word))
        return stpcpy(at, word);
    *at++ = '\'';
    for (; *word; word++)
        at = *word == '\'' ? stpcpy(at, "'\\''") : (*at = *word, at + 1);
    *at++ = '\'';
    *at = '\0';
    return at;
}

char *edy_args_join(int argc, char *const *argv) {
    size_t size = sizeof "edyno";
    for (int i = 0; i < argc; i++)
        size += 4 * strlen(argv[i]) + 3;
    char *text = malloc(size);
    if (!text)
        return NULL;
    char *at = stpcpy(text, "edyno");
    for (int i = 0; i < argc; i++) {
        *at++ = ' ';
        at = put_word(at, argv[i]);
    }
    return text;
}

enum { HELP_LEFT = 30, HELP_WIDTH = 80 };

/* text from column `column` on, its words wrapped at HELP_WIDTH; further lines start at HELP_LEFT.
 * Returns the column behind the last word. */
static int print_wrapped(const char *text, int column, FILE *out) {
    while (*text) {
        const int length = (int)strcspn(text, " ");
        if (column > HELP_LEFT && column + 1 + length > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_LEFT, "");
            column = HELP_LEFT;
        }
        column += fprintf(out, "%s%.*s", column > HELP_LEFT ? " " : "", length, text);
        text += length;
        text += strspn(text, " ");
    }
    return column;
}

static void print_option(const edy_opt *o, FILE *out) {
    char left[80], letter[8] = "    ";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    const char *argument = o->kind == EDY_OPT_ENUM && !o->argument ? o->choices : o->argument;
    snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, argument ? " " : "",
             argument ? argument : "");
    const int width = HELP_LEFT - 4;
    if ((int)strlen(left) > width)
        fprintf(out, "  %s\n%*s", left, HELP_LEFT, "");
    else
        fprintf(out, "  %-*s  ", width, left);
    const int column = print_wrapped(o->help, HELP_LEFT, out);
    char fallback[80] = "";
    if (o->fallback)
        snprintf(fallback, sizeof fallback, "[%s]", o->fallback);
    print_wrapped(fallback, column, out);
    fputc('\n', out);
}

void edy_verb_print_help(const edy_verb *verb, FILE *out) {
    fprintf(out, "edyno %s: %s\n\nUsage:\n", verb->name, verb->summary);
    for (const char *const *line = verb->usage; *line; line++)
        fprintf(out, "  edyno %s %s\n", verb->name, *line);
    fprintf(out, "\nOptions [default]:\n");
    for (const edy_opt *o = verb->opts; o->name; o++)
        print_option(o, out);
    fprintf(out, "  %-26s  show this text\n\nExamples:\n", "-h, --help");
    for (int i = 0; i < EDY_VERB_EXAMPLES; i++)
        fprintf(out, "  %s\n", verb->example[i]);
}

int edy_verb_fail(const edy_args *args, const edy_error *err) {
    fprintf(stderr, "edyno %s: %s\n", args->verb->name, err->message);
    return EDY_EXIT_USAGE;
}

int edy_verb_main(const edy_verb *verb, const char *program, int argc, char **argv) {
    edy_args *args = NULL;
    bool help_asked = false;
    edy_error err;
    if (edy_args_parse(verb, argc, argv, &args, &help_asked, &err)) {
        fprintf(stderr, "edyno %s: %s\n", verb->name, err.message);
        return EDY_EXIT_USAGE;
    }
    if (help_asked) {
        edy_verb_print_help(verb, stdout);
        return EDY_EXIT_OK;
    }
    args->program = program;
    int code = verb->run(args);
    edy_args_destroy(args);
    if ((fflush(stdout) || ferror(stdout)) && code == EDY_EXIT_OK) {
        fprintf(stderr, "edyno %s: cannot write to standard output\n", verb->name);
        code = EDY_EXIT_USAGE;
    }
    return code;
}
