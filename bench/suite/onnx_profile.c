/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/suite/onnx_profile.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/text_file.h"

enum { MAX_FILE_BYTES = 1 << 20, MAX_LINES = 10000 };

/* ---- Reading --------------------------------------------------------------------------------- */

typedef struct reader {
    const char *path;
    size_t line;
    bool required_seen;
    edy_onnx_profile *p;
    edy_error *err;
} reader;

static edy_status refuse(const reader *r, const char *what, const char *value) {
    return edy_fail(r->err, EDY_BAD_FILE, "%.200s:%zu: %s \"%.60s\"", r->path, r->line, what,
                    value);
}

/* The next word of *rest, which moves behind it; "" at the end of the line. */
static char *next_word(char **rest) {
    char *word = *rest + strspn(*rest, " \t\r");
    char *end = word + strcspn(word, " \t\r");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

/* What is left of the line, without blanks around it. */
static edy_status read_reason(const reader *r, char *rest, char reason[EDY_OUTSIDE_REASON]) {
    rest += strspn(rest, " \t\r");
    size_t n = strlen(rest);
    while (n && isspace((unsigned char)rest[n - 1]))
        n--;
    if (n == 0 || n >= EDY_OUTSIDE_REASON)
        return refuse(r, "a reason of 1 to 159 characters is missing here:", rest);
    memcpy(reason, rest, n);
    reason[n] = '\0';
    return EDY_OK;
}

static bool read_number(const char *text, char **end, int64_t *value) {
    errno = 0;
    *value = isdigit((unsigned char)text[0]) ? strtoll(text, end, 10) : -1;
    return *value >= 0 && *value <= 1000000 && errno == 0;
}

static edy_status read_required(reader *r, char *rest) {
    int64_t n = 0;
    char *end = "", *word = next_word(&rest);
    if (r->required_seen || !read_number(word, &end, &n) || *end || next_word(&rest)[0])
        return refuse(r, "\"required\" is there once, with one number, not", word);
    r->required_seen = true;
    r->p->required = (size_t)n;
    return EDY_OK;
}

static edy_status read_exclude(const reader *r, char *rest) {
    const char *word = next_word(&rest);
    const int bit = edy_type_bit(word);
    if (bit < 0)
        return refuse(r, "no type of ONNX is called", word);
    r->p->excluded |= 1u << bit;
    return read_reason(r, rest, r->p->exclude_reason[bit]);
}

static edy_status read_outside(const reader *r, char *rest) {
    edy_onnx_profile_pattern *o = &r->p->outside[r->p->n_outside];
    const char *word = next_word(&rest);
    if (word[0] == '\0' || strlen(word) >= sizeof o->pattern)
        return refuse(r, "not a pattern of at most 79 characters:", word);
    strcpy(o->pattern, word);
    r->p->n_outside++;
    return read_reason(r, rest, o->reason);
}

/* FIRST-LAST */
static bool read_opsets(const char *word, edy_onnx_profile_op *op) {
    char *end = "";
    if (!read_number(word, &end, &op->first) || *end != '-')
        return false;
    return read_number(end + 1, &end, &op->last) && *end == '\0' && op->first <= op->last;
}

static edy_status read_operator(const reader *r, const char *name, char *rest) {
    edy_onnx_profile_op *op = &r->p->op[r->p->n_ops];
    if (strlen(name) >= sizeof op->name)
        return refuse(r, "the name is too long:", name);
    for (size_t i = 0; i < r->p->n_ops; i++)
        if (strcmp(r->p->op[i].name, name) == 0)
            return refuse(r, "a second line for", name);
    strcpy(op->name, name);
    char *word = next_word(&rest);
    if (!read_opsets(word, op))
        return refuse(r, "opsets are FIRST-LAST, not", word);
    for (word = next_word(&rest); word[0]; word = next_word(&rest)) {
        const int bit = edy_type_bit(word);
        char *end = "";
        int64_t n = 0;
        if (strncmp(word, "outputs=", 8) == 0 && read_number(word + 8, &end, &n) && !*end && n >= 1)
            op->outputs = (uint32_t)n;
        else if (bit >= 0)
            op->types |= 1u << bit;
        else
            return refuse(r, "no type of ONNX is called", word);
    }
    if (!op->types)
        return refuse(r, "no type is named for", name);
    r->p->n_ops++;
    return EDY_OK;
}

static edy_status read_line(reader *r, char *line) {
    line[strcspn(line, "#")] = '\0';
    char *rest = line;
    const char *word = next_word(&rest);
    if (word[0] == '\0')
        return EDY_OK;
    if (strcmp(word, "required") == 0)
        return read_required(r, rest);
    if (strcmp(word, "exclude") == 0)
        return read_exclude(r, rest);
    if (strcmp(word, "outside") == 0)
        return read_outside(r, rest);
    return read_operator(r, word, rest);
}

static edy_status read_lines(reader *r, char *text) {
    edy_status st = EDY_OK;
    while (text && !st) {
        char *end = strchr(text, '\n');
        if (end)
            *end = '\0';
        if (++r->line > MAX_LINES)
            return edy_fail(r->err, EDY_LIMIT, "%.200s: more than %d lines", r->path, MAX_LINES);
        st = read_line(r, text);
        text = end ? end + 1 : NULL;
    }
    if (!st && !r->required_seen)
        st = edy_fail(r->err, EDY_BAD_FILE, "%.200s: the line \"required N\" is missing", r->path);
    return st;
}

static size_t count_lines(const char *text) {
    size_t n = 1;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

edy_status edy_onnx_profile_read(const char *path, edy_onnx_profile **profile, edy_error *err) {
    char *text = NULL;
    *profile = NULL;
    edy_status st = edy_text_file_read(path, MAX_FILE_BYTES, &text, err);
    if (st)
        return st;
    const size_t lines = count_lines(text);
    edy_onnx_profile *p = calloc(1, sizeof *p);
    if (p) {
        p->op = calloc(lines, sizeof *p->op);
        p->outside = calloc(lines, sizeof *p->outside);
    }
    reader r = {.path = path, .p = p, .err = err};
    if (!p || !p->op || !p->outside)
        st = edy_fail(err, EDY_NO_MEMORY, "%.200s: out of memory", path);
    else
        st = read_lines(&r, text);
    free(text);
    if (st)
        edy_onnx_profile_destroy(p);
    else
        *profile = p;
    return st;
}

void edy_onnx_profile_destroy(edy_onnx_profile *profile) {
    if (!profile)
        return;
    free(profile->op);
    free(profile->outside);
    free(profile);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static const edy_onnx_profile_op *find_op(const edy_onnx_profile *p, const char *name) {
    for (size_t i = 0; i < p->n_ops; i++)
        if (strcmp(p->op[i].name, name) == 0)
            return &p->op[i];
    return NULL;
}

/* The first operator that the profile does not have. */
static bool lacks_operator(const edy_onnx_profile *p, const edy_census *c,
                           char reason[EDY_OUTSIDE_REASON]) {
    for (size_t i = 0; i < c->n_ops; i++) {
        if (find_op(p, c->op[i].name))
            continue;
        snprintf(reason, EDY_OUTSIDE_REASON, "operator %s", c->op[i].name);
        return true;
    }
    return false;
}

static bool has_excluded_type(const edy_onnx_profile *p, const edy_census *c,
                              char reason[EDY_OUTSIDE_REASON]) {
    for (int bit = 0; bit < 32; bit++) {
        if (!(p->excluded & c->boundary & 1u << bit))
            continue;
        snprintf(reason, EDY_OUTSIDE_REASON, "%s: %.120s", edy_type_text(bit),
                 p->exclude_reason[bit]);
        return true;
    }
    return false;
}

static edy_outside place_op(const edy_onnx_profile *p, const edy_census *c,
                            const edy_census_op *used, char reason[EDY_OUTSIDE_REASON]) {
    const edy_onnx_profile_op *op = find_op(p, used->name);
    char types[100];
    if (used->types & ~op->types) {
        edy_type_set_text(used->types & ~op->types, types, sizeof types);
        snprintf(reason, EDY_OUTSIDE_REASON, "%.48s of %.90s", used->name, types);
        return EDY_OUTSIDE_TYPE;
    }
    if (c->opset < op->first || c->opset > op->last) {
        snprintf(reason, EDY_OUTSIDE_REASON, "%.60s of opset %" PRId64, used->name, c->opset);
        return EDY_OUTSIDE_OPSET;
    }
    if (op->outputs && used->outputs > op->outputs) {
        snprintf(reason, EDY_OUTSIDE_REASON, "%.60s with %u outputs", used->name, used->outputs);
        return EDY_OUTSIDE_FORM;
    }
    return EDY_INSIDE;
}

edy_outside edy_onnx_profile_place(const edy_onnx_profile *p, const edy_census *c, const char *name,
                                   bool *types_excluded, char reason[EDY_OUTSIDE_REASON]) {
    char type_reason[EDY_OUTSIDE_REASON];
    reason[0] = '\0';
    *types_excluded = has_excluded_type(p, c, type_reason);
    if (lacks_operator(p, c, reason))
        return EDY_OUTSIDE_OPERATOR;
    if (*types_excluded) {
        memcpy(reason, type_reason, sizeof type_reason);
        return EDY_OUTSIDE_TYPE;
    }
    for (size_t i = 0; i < c->n_ops; i++) {
        const edy_outside place = place_op(p, c, &c->op[i], reason);
        if (place != EDY_INSIDE)
            return place;
    }
    for (size_t i = 0; name && i < p->n_outside; i++)
        if (fnmatch(p->outside[i].pattern, name, 0) == 0) {
            snprintf(reason, EDY_OUTSIDE_REASON, "%s", p->outside[i].reason);
            return EDY_OUTSIDE_FORM;
        }
    return EDY_INSIDE;
}
