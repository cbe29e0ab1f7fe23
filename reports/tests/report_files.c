/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/tests/report_files.h"

#include <assert.h>
#include <ctype.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *edy_test_folder(void) {
    const char *base = getenv("TMPDIR");
    char *name = NULL;
    if (asprintf(&name, "%s/edyno_reports_XXXXXX", base && base[0] ? base : "/tmp") < 0)
        abort();
    if (!mkdtemp(name))
        abort();
    return name;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where) {
    (void)s;
    (void)kind;
    (void)where;
    return remove(path);
}

void edy_test_folder_remove(char *folder) {
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

static FILE *open_in(const char *folder, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "r");
}

bool edy_test_exists(const char *folder, const char *name) {
    FILE *file = open_in(folder, name);
    if (file)
        fclose(file);
    return file != NULL;
}

char *edy_test_text(const char *folder, const char *name) {
    FILE *file = open_in(folder, name);
    if (!file)
        return NULL;
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    for (int c; (c = fgetc(file)) != EOF;)
        fputc(c, memory);
    fclose(memory);
    fclose(file);
    return text;
}

char *edy_test_printed(const edy_results *results, const char *format) {
    const edy_report_writer *writer = edy_report_writer_find(format);
    char *text = NULL;
    size_t bytes = 0;
    edy_error err;
    if (!writer || !writer->print)
        abort();
    FILE *memory = open_memstream(&text, &bytes);
    if (writer->print(results, memory, &err) != EDY_OK)
        abort();
    fclose(memory);
    return text;
}

void edy_test_write_all(const edy_results *results, const char *folder) {
    edy_error err;
    for (size_t i = 0; i < edy_report_writer_count; i++)
        if (edy_report_writers[i]->write &&
            edy_report_writers[i]->write(results, folder, &err) != EDY_OK) {
            fprintf(stderr, "%s: %s\n", edy_report_writers[i]->name, err.message);
            abort();
        }
}

size_t edy_test_count(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + strlen(part), part))
        n++;
    return n;
}

/* ---- Tags ----------------------------------------------------------------------------------- */

enum { MAX_DEPTH = 64, NAME_BYTES = 24 };

typedef struct tag_stack {
    char name[MAX_DEPTH][NAME_BYTES];
    int depth;
} tag_stack;

static bool is_void(const char *name) {
    static const char *const names[] = {"meta", "br", "input", "link", "img", "hr"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* The '>' that ends the tag, passing over quoted values; NULL where a quote or the tag is open. */
static const char *find_end(const char *at) {
    while (*at && *at != '>') {
        if (*at == '"' || *at == '\'') {
            at = strchr(at + 1, *at);
            if (!at)
                return NULL;
        } else if (*at == '<') {
            return NULL;
        }
        at++;
    }
    return *at ? at : NULL;
}

static bool fault(const char *what, const char *at) {
    fprintf(stderr, "%s: %.60s\n", what, at);
    return false;
}

/* One tag; *next: where to go on. */
static bool take_tag(tag_stack *stack, const char *at, const char **next) {
    const bool closing = at[1] == '/';
    const char *name_at = at + 1 + closing, *end = find_end(name_at);
    char name[NAME_BYTES];
    size_t n = 0;
    if (!end)
        return fault("open tag or quote", at);
    while (n + 1 < NAME_BYTES && (isalnum((unsigned char)name_at[n]) || name_at[n] == '-')) {
        name[n] = name_at[n];
        n++;
    }
    name[n] = '\0';
    *next = end + 1;
    if (n == 0)
        return fault("tag without a name", at);
    if (closing) {
        if (stack->depth == 0 || strcmp(stack->name[stack->depth - 1], name) != 0)
            return fault("closes what is not open", at);
        stack->depth--;
        return true;
    }
    if (end[-1] == '/' || is_void(name))
        return true;
    if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0) {
        char last[NAME_BYTES + 4];
        snprintf(last, sizeof last, "</%s>", name);
        const char *close = strstr(end, last);
        *next = close ? close + strlen(last) : end;
        return close ? true : fault("not closed", at);
    }
    if (stack->depth == MAX_DEPTH)
        return fault("too deep", at);
    snprintf(stack->name[stack->depth++], NAME_BYTES, "%s", name);
    return true;
}

bool edy_test_balanced(const char *text) {
    tag_stack stack = {.depth = 0};
    for (const char *at = strchr(text, '<'); at; at = strchr(at, '<')) {
        if (at[1] == '!' || at[1] == '?') {
            at = strchr(at, '>');
            if (!at)
                return fault("open declaration", text);
        } else if (!take_tag(&stack, at, &at)) {
            return false;
        }
    }
    return stack.depth == 0 ? true : fault("never closed", stack.name[stack.depth - 1]);
}
