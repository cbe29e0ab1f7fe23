/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What a verb of the program is: a value with its help, its options and its function.
 *
 * An option is described once, in the verb's table; parsing, range checks, error sentences and
 * --help all come from there. A wrong command line gives one sentence on stderr and exit code 2. */
#ifndef EDY_VERB_H
#define EDY_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/status.h"

/* The exit-code contract of every verb (DESIGN: "One exit-code contract"). */
enum {
    EDY_EXIT_OK = 0,
    EDY_EXIT_WRONG = 1,          /* wrong output */
    EDY_EXIT_USAGE = 2,          /* usage or I/O */
    EDY_EXIT_WORSE = 3,          /* slower, larger or less accurate than allowed */
    EDY_EXIT_NOT_COMPARABLE = 4, /* not comparable, or too noisy to say */
    EDY_EXIT_NOTHING_RAN = 5
};

typedef enum edy_opt_kind {
    EDY_OPT_FLAG,     /* --quick */
    EDY_OPT_STRING,   /* --output FILE; may not be empty */
    EDY_OPT_LIST,     /* --backend A,B: comma separated, no empty item */
    EDY_OPT_INTEGER,  /* --seed N: decimal, low..high */
    EDY_OPT_INTEGERS, /* --threads 1,2: a list of them, at most EDY_MAX_LIST */
    EDY_OPT_SECONDS,  /* --min-time 0.5: decimal, low..high seconds */
    EDY_OPT_ENUM      /* --format json: one of `choices` */
} edy_opt_kind;

enum { EDY_MAX_LIST = 64, EDY_MAX_OPTS = 48 };

typedef struct edy_opt {
    const char *name; /* without the dashes */
    char letter;      /* short form, 0 for none */
    edy_opt_kind kind;
    const char *argument; /* how the help calls the value; NULL for flags */
    const char *help;     /* one line */
    const char *fallback; /* value when not given, as a user would write it; NULL: none */
    int64_t low, high;    /* bounds, inclusive, of INTEGER, INTEGERS, SECONDS */
    const char *choices;  /* ENUM: "console|json|csv" */
} edy_opt;

/* A parsed command line. All strings live as long as it does. */
typedef struct edy_args edy_args;

enum { EDY_VERB_EXAMPLES = 3 };

typedef struct edy_verb {
    const char *name;
    const char *summary;      /* one line, no full stop */
    const char *const *usage; /* NULL-terminated, each without "edyno NAME" */
    const char
        *example[EDY_VERB_EXAMPLES];  /* whole command lines that run as they stand in a source
                                               tree or an installation */
    const edy_opt *opts;              /* ends with a row whose name is NULL; --help needs no row */
    int min_operands, max_operands;   /* max -1: any number */
    int (*run)(const edy_args *args); /* returns an EDY_EXIT_* */
} edy_verb;

/* Parses argv[1..] (argv[0] is the verb's name), runs the verb, returns the exit code. --help
 * prints the verb's help to stdout and returns 0. program: argv[0] of the process. */
int edy_verb_main(const edy_verb *verb, const char *program, int argc, char **argv);

/* The parse alone: EDY_BAD_ARGUMENT with a sentence that names option and value. help_asked is set
 * where --help was given, and then nothing else is checked. */
edy_status edy_args_parse(const edy_verb *verb, int argc, char **argv, edy_args **args,
                          bool *help_asked, edy_error *err);
void edy_args_destroy(edy_args *args); /* NULL is allowed */
void edy_verb_print_help(const edy_verb *verb, FILE *out);

/* Values by option name. A name that is not in the verb's table, or of another kind, is a bug of
 * the verb and asserts. */
bool edy_args_given(const edy_args *args,
                    const char *name); /* on the command line, not by default */
bool edy_args_flag(const edy_args *args, const char *name);
const char *edy_args_string(const edy_args *args,
                            const char *name); /* NULL: not given, no default */
size_t edy_args_list(const edy_args *args, const char *name, const char *const **items);
int64_t edy_args_integer(const edy_args *args, const char *name); /* 0: not given, no default */
size_t edy_args_integers(const edy_args *args, const char *name, const int64_t **items);
double edy_args_seconds(const edy_args *args, const char *name);
const char *edy_args_enum(const edy_args *args, const char *name); /* as in choices */

bool edy_args_has(const edy_args *args, const char *name); /* is there such an option at all? */

size_t edy_args_operand_count(const edy_args *args);
const char *edy_args_operand(const edy_args *args, size_t index);
const char *edy_args_program(const edy_args *args); /* argv[0] of the process */
/* The command line as a user would type it, shell-quoted where needed: for records and reports. */
const char *edy_args_command(const edy_args *args);

/* "edyno VERB: message" as one line on stderr; returns the exit code that belongs to the status:
 * EDY_EXIT_USAGE for all that can come from input, files or arguments. */
int edy_verb_fail(const edy_args *args, const edy_error *err);

#endif
