/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Shared by args.c (the command line), args_value.c (types) and verb.c (help and errors). */
#ifndef EDY_ARGS_INTERNAL_H
#define EDY_ARGS_INTERNAL_H

#include "bench/verbs/verb.h"

typedef struct edy_arg_value {
    bool set;
    char *text;        /* STRING, ENUM: the value; LIST: storage cut at the commas */
    const char **item; /* LIST: [n] into text */
    int64_t *integer;  /* INTEGER: [1], INTEGERS: [n] */
    size_t n;
    double seconds;
} edy_arg_value;

struct edy_args {
    const edy_verb *verb;
    const char *program;
    size_t n_opts;
    bool given[EDY_MAX_OPTS];
    edy_arg_value value[EDY_MAX_OPTS];
    char **operand;
    size_t n_operands;
    char *command;
};

size_t edy_args_index(const edy_args *args, const char *name);
/* Parses text for option i and replaces its value; text is NULL for flags. */
edy_status edy_args_set(edy_args *args, size_t i, const char *text, edy_error *err);
/* "edyno" and argv, shell-quoted, joined by blanks; NULL on no memory. The caller frees it. */
char *edy_args_join(int argc, char *const *argv);

#endif
