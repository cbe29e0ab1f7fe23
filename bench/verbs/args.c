/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Parsing of a verb's command line: getopt_long finds the options, args_value.c gives them
 * types. */
#include "bench/verbs/args_internal.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* Codes of long options that have no letter start here, above every char. */
enum { LONG_BASE = 0x200, LONG_HELP = LONG_BASE + EDY_MAX_OPTS };

static size_t opt_count(const edy_verb *verb) {
    size_t n = 0;
    while (verb->opts[n].name)
        n++;
    assert(n <= EDY_MAX_OPTS);
    return n;
}

size_t edy_args_index(const edy_args *args, const char *name) {
    for (size_t i = 0; i < args->n_opts; i++)
        if (strcmp(args->verb->opts[i].name, name) == 0)
            return i;
    assert(!"option is in the verb's table");
    return 0;
}

/* The tables that getopt_long wants, made from the verb's. */
typedef struct getopt_tables {
    struct option long_opts[EDY_MAX_OPTS + 2];
    char letters[2 * EDY_MAX_OPTS + 4];
} getopt_tables;

static void make_tables(const edy_verb *verb, size_t n, getopt_tables *t) {
    memset(t, 0, sizeof *t);
    size_t at = 0;
    t->letters[at++] = ':';
    t->letters[at++] = 'h';
    for (size_t i = 0; i < n; i++) {
        const edy_opt *o = &verb->opts[i];
        const int takes = o->kind == EDY_OPT_FLAG ? no_argument : required_argument;
        t->long_opts[i] = (struct option){o->name, takes, NULL, LONG_BASE + (int)i};
        if (!o->letter)
            continue;
        t->letters[at++] = o->letter;
        if (takes)
            t->letters[at++] = ':';
    }
    t->long_opts[n] = (struct option){"help", no_argument, NULL, LONG_HELP};
}

/* Index of the option that getopt_long returned `code` for. */
static size_t index_of(const edy_verb *verb, size_t n, int code) {
    if (code >= LONG_BASE)
        return (size_t)(code - LONG_BASE);
    for (size_t i = 0; i < n; i++)
        if (verb->opts[i].letter == (char)code)
            return i;
    assert(!"getopt_long returns only what it was given");
    return 0;
}

static edy_status refuse(const edy_verb *verb, int code, char *const *argv, edy_error *err) {
    const char *word = argv[optind - 1];
    if (code == ':')
        return edy_fail(err, EDY_BAD_ARGUMENT, "option %s needs a value", word);
    const char *equals = strchr(word, '=');
    if (optopt >= LONG_BASE && equals)
        return edy_fail(err, EDY_BAD_ARGUMENT, "option %.*s takes no value, but was given \"%s\"",
                        (int)(equals - word), word, equals + 1);
    if (optopt && optopt < LONG_BASE)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "unknown option -%c; \"edyno %s --help\" lists those that exist", optopt,
                        verb->name);
    return edy_fail(err, EDY_BAD_ARGUMENT,
                    "unknown option %s; \"edyno %s --help\" lists those that exist", word,
                    verb->name);
}

static edy_status check_operands(const edy_verb *verb, const edy_args *args, edy_error *err) {
    if ((int)args->n_operands < verb->min_operands)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "needs %d argument%s but got %zu; usage: edyno %s %s", verb->min_operands,
                        verb->min_operands == 1 ? "" : "s", args->n_operands, verb->name,
                        verb->usage[0]);
    if (verb->max_operands >= 0 && (int)args->n_operands > verb->max_operands)
        return edy_fail(err, EDY_BAD_ARGUMENT, "unexpected argument \"%s\"; usage: edyno %s %s",
                        args->operand[verb->max_operands], verb->name, verb->usage[0]);
    for (size_t i = 0; i < args->n_operands; i++)
        if (args->operand[i][0] == '\0')
            return edy_fail(err, EDY_BAD_ARGUMENT, "argument %zu is empty", i + 1);
    return EDY_OK;
}

/* One pass of getopt_long over a copy of argv (it permutes). */
static edy_status scan(const edy_verb *verb, int argc, char **argv, edy_args *args,
                       bool *help_asked, edy_error *err) {
    getopt_tables tables;
    make_tables(verb, args->n_opts, &tables);
    optind = 0; /* GNU: start afresh */
    opterr = 0;
    for (;;) {
        const int code = getopt_long(argc, argv, tables.letters, tables.long_opts, NULL);
        if (code == -1)
            break;
        if (code == 'h' || code == LONG_HELP) {
            *help_asked = true;
            return EDY_OK;
        }
        if (code == '?' || code == ':')
            return refuse(verb, code, argv, err);
        const size_t i = index_of(verb, args->n_opts, code);
        args->given[i] = true;
        edy_status st = edy_args_set(args, i, optarg, err);
        if (st)
            return st;
    }
    for (int i = optind; i < argc; i++)
        args->operand[args->n_operands++] = argv[i];
    return check_operands(verb, args, err);
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

edy_status edy_args_parse(const edy_verb *verb, int argc, char **argv, edy_args **out,
                          bool *help_asked, edy_error *err) {
    assert(argc >= 1);
    edy_status st = EDY_OK;
    *out = NULL;
    *help_asked = asks_for_help(argc, argv);
    if (*help_asked)
        return EDY_OK;
    edy_args *args = calloc(1, sizeof *args);
    char **copy = calloc((size_t)argc + 1, sizeof *copy);
    if (!args || !copy)
        goto no_memory;
    args->verb = verb;
    args->n_opts = opt_count(verb);
    args->operand = calloc((size_t)argc + 1, sizeof *args->operand);
    args->command = edy_args_join(argc, argv);
    if (!args->operand || !args->command)
        goto no_memory;
    memcpy(copy, argv, (size_t)argc * sizeof *copy);
    for (size_t i = 0; i < args->n_opts && !st; i++)
        if (verb->opts[i].fallback)
            st = edy_args_set(args, i, verb->opts[i].fallback, err);
    assert(!st && "the verb's own defaults are valid");
    if (!st)
        st = scan(verb, argc, copy, args, help_asked, err);
    free(copy);
    if (st) {
        edy_args_destroy(args);
        return st;
    }
    *out = args;
    return EDY_OK;

no_memory:
    free(copy);
    edy_args_destroy(args);
    return edy_fail(err, EDY_NO_MEMORY, "out of memory for the command line");
}

void edy_args_destroy(edy_args *args) {
    if (!args)
        return;
    for (size_t i = 0; i < args->n_opts; i++) {
        free(args->value[i].text);
        free(args->value[i].item);
        free(args->value[i].integer);
    }
    free(args->operand);
    free(args->command);
    free(args);
}
