/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Finding the backend tests of ONNX, and running all of them. */
#include "bench/suite/onnx_tests.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/apart.h"

enum { MAX_DEPTH = 6, MAX_SECONDS = 60 };

/* ---- Finding --------------------------------------------------------------------------------- */

static edy_status add_test(const char *dir, edy_onnx_tests *tests, edy_error *err) {
    char model[EDY_TEST_PATH + 16];
    if (tests->n == tests->capacity) {
        const size_t capacity = tests->capacity ? 2 * tests->capacity : 256;
        edy_onnx_test *more = realloc(tests->test, capacity * sizeof *more);
        if (!more)
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for the tests");
        tests->test = more;
        tests->capacity = capacity;
    }
    edy_onnx_test *t = &tests->test[tests->n];
    const char *slash = strrchr(dir, '/');
    snprintf(t->name, sizeof t->name, "%s", slash && slash[1] ? slash + 1 : dir);
    snprintf(t->dir, sizeof t->dir, "%s", dir);
    snprintf(model, sizeof model, "%s/model.onnx", dir);
    const edy_status st = edy_census_read(model, &t->census, err);
    tests->n += !st;
    return st;
}

static bool is_file(const char *dir, const char *name) {
    char path[EDY_TEST_PATH + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static edy_status search(const char *dir, int depth, edy_onnx_tests *tests, edy_error *err);

static edy_status search_entry(const char *dir, const char *name, int depth, edy_onnx_tests *tests,
                               edy_error *err) {
    char path[EDY_TEST_PATH];
    struct stat st;
    if (name[0] == '.')
        return EDY_OK;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return edy_fail(err, EDY_LIMIT, "%.200s: the path is too long", dir);
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return EDY_OK;
    return search(path, depth + 1, tests, err);
}

static edy_status search(const char *dir, int depth, edy_onnx_tests *tests, edy_error *err) {
    if (is_file(dir, "model.onnx"))
        return add_test(dir, tests, err);
    if (depth == MAX_DEPTH)
        return EDY_OK;
    struct dirent **entry = NULL;
    const int n = scandir(dir, &entry, NULL, alphasort);
    if (n < 0)
        return edy_fail(err, EDY_IO, "%.200s: cannot be read: %s", dir, strerror(errno));
    edy_status st = EDY_OK;
    for (int i = 0; i < n; i++) {
        if (!st)
            st = search_entry(dir, entry[i]->d_name, depth, tests, err);
        free(entry[i]);
    }
    free(entry);
    return st;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const edy_onnx_test *)a)->name, ((const edy_onnx_test *)b)->name);
}

edy_status edy_onnx_tests_find(const char *dir, edy_onnx_tests *tests, edy_error *err) {
    char path[EDY_TEST_PATH];
    *tests = (edy_onnx_tests){.test = NULL};
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (n >= sizeof path)
        return edy_fail(err, EDY_LIMIT, "%.200s: the path is too long", dir);
    memcpy(path, dir, n);
    path[n] = '\0';
    edy_status st = search(path, 0, tests, err);
    if (!st && tests->n == 0)
        st = edy_fail(err, EDY_IO, "%.300s: no folder in it holds a model.onnx", path);
    if (st)
        edy_onnx_tests_free(tests);
    else
        qsort(tests->test, tests->n, sizeof *tests->test, by_name);
    return st;
}

void edy_onnx_tests_free(edy_onnx_tests *tests) {
    for (size_t i = 0; i < tests->n; i++)
        edy_census_free(&tests->test[i].census);
    free(tests->test);
    *tests = (edy_onnx_tests){.test = NULL};
}

/* ---- Running --------------------------------------------------------------------------------- */

typedef struct job {
    const edy_onnx_options *options;
    const edy_onnx_row *row;
} job;

static void work(void *context, void *result) {
    const job *j = context;
    if (j->options->run)
        j->options->run(j->row->test, j->row->backend, result);
    else
        edy_onnx_test_run(j->row->test, j->row->backend, result);
}

static void run_row(const edy_onnx_options *o, edy_onnx_row *row) {
    char death[EDY_DEATH_TEXT];
    job j = {o, row};
    edy_onnx_result *result = &row->result;
    if (o->on_begin)
        o->on_begin(o->context, row->test->name);
    if (o->in_process) {
        work(&j, result);
        return;
    }
    const edy_apart_end end = edy_apart_run(work, &j, result, sizeof *result, MAX_SECONDS, death);
    if (end == EDY_APART_DONE)
        return;
    result->verdict = end == EDY_APART_DIED ? EDY_VERDICT_CRASH : EDY_VERDICT_FAIL;
    snprintf(result->reason, sizeof result->reason, "%s", death);
}

/* Inside, UNSUPPORTED counts against us; outside, a refusal of any kind is one that was announced,
 * and types that would be computed as another are not tried. */
static void judge_row(const edy_onnx_options *o, edy_onnx_row *row) {
    bool excluded = false;
    row->outside = edy_onnx_profile_place(o->profile, &row->test->census, row->test->name,
                                          &excluded, row->excuse);
    if (!excluded)
        run_row(o, row);
    if (row->outside != EDY_INSIDE && row->result.refused)
        row->result.verdict = EDY_VERDICT_UNSUPPORTED;
    if (!excluded)
        return;
    row->result.verdict = EDY_VERDICT_UNSUPPORTED;
    snprintf(row->result.reason, sizeof row->result.reason, "%s", row->excuse);
}

edy_status edy_onnx_tests_run(const edy_onnx_tests *tests, const edy_onnx_options *o,
                              edy_onnx_table *table, edy_error *err) {
    *table = (edy_onnx_table){.committed = o->profile->required, .all = !o->pattern};
    table->row = calloc(tests->n * o->n_backends + 1, sizeof *table->row);
    if (!table->row)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for the verdicts");
    for (size_t b = 0; b < o->n_backends; b++)
        for (size_t i = 0; i < tests->n; i++) {
            const edy_onnx_test *t = &tests->test[i];
            if (o->pattern && fnmatch(o->pattern, t->name, 0) != 0)
                continue;
            edy_onnx_row *row = &table->row[table->n++];
            *row = (edy_onnx_row){.test = t, .backend = o->backend[b]};
            judge_row(o, row);
            table->required += b == 0 && row->outside == EDY_INSIDE;
        }
    return EDY_OK;
}

void edy_onnx_table_free(edy_onnx_table *table) {
    free(table->row);
    *table = (edy_onnx_table){.row = NULL};
}

/* ---- Counting -------------------------------------------------------------------------------- */

size_t edy_onnx_rows_per_backend(const edy_onnx_table *table) {
    size_t per = 0;
    while (per < table->n && table->row[per].backend == table->row[0].backend)
        per++;
    return per;
}

static edy_verdict worse(edy_verdict a, edy_verdict b) {
    static const int rank[EDY_VERDICT_COUNT] = {
        [EDY_VERDICT_PASS] = 0, [EDY_VERDICT_SKIP] = 1, [EDY_VERDICT_UNSUPPORTED] = 2,
        [EDY_VERDICT_NONE] = 3, [EDY_VERDICT_FAIL] = 3, [EDY_VERDICT_CRASH] = 4,
    };
    return rank[b] > rank[a] ? b : a;
}

edy_onnx_counts edy_onnx_count(const edy_onnx_table *table, const edy_backend *backend) {
    edy_onnx_counts c = {.total = 0};
    const size_t per = edy_onnx_rows_per_backend(table);
    for (size_t i = 0; i < per; i++) {
        edy_verdict verdict = EDY_VERDICT_PASS;
        bool any = false;
        for (size_t k = i; k < table->n; k += per) {
            if (backend && table->row[k].backend != backend)
                continue;
            verdict = worse(verdict, table->row[k].result.verdict);
            any = true;
        }
        c.of[verdict] += any;
        c.total += any;
        if (table->row[i].outside != EDY_INSIDE)
            continue;
        c.required[verdict] += any;
        c.required_total += any;
    }
    return c;
}

int edy_onnx_tests_exit_code(const edy_onnx_table *table) {
    const edy_onnx_counts c = edy_onnx_count(table, NULL);
    const size_t wrong = c.of[EDY_VERDICT_FAIL] + c.of[EDY_VERDICT_CRASH] + c.of[EDY_VERDICT_NONE];
    if (wrong || c.required[EDY_VERDICT_PASS] != c.required_total)
        return 1;
    if (table->all && table->required < table->committed)
        return 1;
    return c.of[EDY_VERDICT_PASS] ? 0 : 5;
}
