/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Typed values of options: one parser a kind, one reader a kind. */
#include "bench/verbs/args_internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static edy_status no_memory(edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "out of memory for the command line");
}

static edy_status parse_integer(const edy_opt *o, const char *text, int64_t *out, edy_error *err) {
    char *end = NULL;
    errno = 0;
    const long long v = strtoll(text, &end, 10);
    const bool starts_well = (text[0] >= '0' && text[0] <= '9') || text[0] == '-';
    if (!starts_well || *end != '\0' || end == text)
        return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s needs an integer, not \"%s\"", o->name,
                        text);
    if (errno == ERANGE || v < o->low || v > o->high)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "option --%s is %s, but must be %" PRId64 " to %" PRId64, o->name, text,
                        o->low, o->high);
    *out = v;
    return EDY_OK;
}

static edy_status parse_seconds(const edy_opt *o, const char *text, double *out, edy_error *err) {
    char *end = NULL;
    const double v = strtod(text, &end);
    const bool decimal = text[0] != '\0' && strspn(text, "0123456789.eE+-") == strlen(text);
    if (!decimal || *end != '\0' || end == text || !isfinite(v))
        return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s needs seconds, not \"%s\"", o->name,
                        text);
    if (v < (double)o->low || v > (double)o->high)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "option --%s is %s s, but must be %" PRId64 " to %" PRId64 " s", o->name,
                        text, o->low, o->high);
    *out = v;
    return EDY_OK;
}

static bool among(const char *choices, const char *text) {
    const size_t length = strlen(text);
    for (const char *c = choices; *c;) {
        const size_t n = strcspn(c, "|");
        if (n == length && memcmp(c, text, n) == 0)
            return true;
        c += n + (c[n] == '|');
    }
    return false;
}

/* Cuts a copy of text at its commas into v->item. */
static edy_status split(const edy_opt *o, const char *text, edy_arg_value *v, edy_error *err) {
    v->text = strdup(text);
    v->item = calloc(EDY_MAX_LIST, sizeof *v->item);
    if (!v->text || !v->item)
        return no_memory(err);
    for (char *at = v->text;;) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma = '\0';
        if (*at == '\0')
            return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s has an empty item in \"%s\"",
                            o->name, text);
        if (v->n == EDY_MAX_LIST)
            return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s has more than %d items", o->name,
                            EDY_MAX_LIST);
        v->item[v->n++] = at;
        if (!comma)
            return EDY_OK;
        at = comma + 1;
    }
}

static edy_status parse_integers(const edy_opt *o, const char *text, edy_arg_value *v,
                                 edy_error *err) {
    edy_status st = split(o, text, v, err);
    if (st)
        return st;
    v->integer = calloc(v->n, sizeof *v->integer);
    if (!v->integer)
        return no_memory(err);
    for (size_t i = 0; i < v->n && !st; i++)
        st = parse_integer(o, v->item[i], &v->integer[i], err);
    return st;
}

static edy_status parse_text(const edy_opt *o, const char *text, edy_arg_value *v, edy_error *err) {
    if (text[0] == '\0')
        return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s is empty", o->name);
    if (o->kind == EDY_OPT_ENUM && !among(o->choices, text))
        return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s is \"%s\", but must be one of %s",
                        o->name, text, o->choices);
    v->text = strdup(text);
    return v->text ? EDY_OK : no_memory(err);
}

static edy_status parse_value(const edy_opt *o, const char *text, edy_arg_value *v,
                              edy_error *err) {
    switch (o->kind) {
    case EDY_OPT_FLAG:
        return EDY_OK;
    case EDY_OPT_STRING:
    case EDY_OPT_ENUM:
        return parse_text(o, text, v, err);
    case EDY_OPT_LIST:
        return split(o, text, v, err);
    case EDY_OPT_INTEGER:
        v->n = 1;
        v->integer = calloc(1, sizeof *v->integer);
        return v->integer ? parse_integer(o, text, v->integer, err) : no_memory(err);
    case EDY_OPT_INTEGERS:
        return parse_integers(o, text, v, err);
    case EDY_OPT_SECONDS:
        return parse_seconds(o, text, &v->seconds, err);
    }
    assert(!"every kind is handled");
    return EDY_BAD_ARGUMENT;
}

edy_status edy_args_set(edy_args *args, size_t i, const char *text, edy_error *err) {
    edy_arg_value *v = &args->value[i];
    free(v->text);
    free(v->item);
    free(v->integer);
    *v = (edy_arg_value){.set = true};
    return parse_value(&args->verb->opts[i], text, v, err);
}

static const edy_arg_value *value_of(const edy_args *args, const char *name, edy_opt_kind kind) {
    const size_t i = edy_args_index(args, name);
    assert(args->verb->opts[i].kind == kind);
    (void)kind;
    return &args->value[i];
}

bool edy_args_has(const edy_args *args, const char *name) {
    for (const edy_opt *o = args->verb->opts; o->name; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    return false;
}

bool edy_args_given(const edy_args *args, const char *name) {
    return args->given[edy_args_index(args, name)];
}

bool edy_args_flag(const edy_args *args, const char *name) {
    return value_of(args, name, EDY_OPT_FLAG)->set;
}

const char *edy_args_string(const edy_args *args, const char *name) {
    return value_of(args, name, EDY_OPT_STRING)->text;
}

const char *edy_args_enum(const edy_args *args, const char *name) {
    return value_of(args, name, EDY_OPT_ENUM)->text;
}

size_t edy_args_list(const edy_args *args, const char *name, const char *const **items) {
    const edy_arg_value *v = value_of(args, name, EDY_OPT_LIST);
    *items = v->item;
    return v->n;
}

int64_t edy_args_integer(const edy_args *args, const char *name) {
    const edy_arg_value *v = value_of(args, name, EDY_OPT_INTEGER);
    return v->set ? v->integer[0] : 0;
}

size_t edy_args_integers(const edy_args *args, const char *name, const int64_t **items) {
    const edy_arg_value *v = value_of(args, name, EDY_OPT_INTEGERS);
    *items = v->integer;
    return v->n;
}

double edy_args_seconds(const edy_args *args, const char *name) {
    return value_of(args, name, EDY_OPT_SECONDS)->seconds;
}

size_t edy_args_operand_count(const edy_args *args) {
    return args->n_operands;
}

const char *edy_args_operand(const edy_args *args, size_t index) {
    assert(index < args->n_operands);
    return args->operand[index];
}

const char *edy_args_program(const edy_args *args) {
    return args->program;
}
const char *edy_args_command(const edy_args *args) {
    return args->command;
}
