/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the backend tests found, for people (80 columns) and for programs (JSON). */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bench/print_text.h"
#include "bench/suite/onnx_tests.h"

/* ---- Failures -------------------------------------------------------------------------------- */

static bool is_bad(const edy_onnx_row *row) {
    const edy_verdict v = row->result.verdict;
    const bool required = row->outside == EDY_INSIDE;
    return v == EDY_VERDICT_FAIL || v == EDY_VERDICT_CRASH || (required && v != EDY_VERDICT_PASS);
}

static bool same_finding(const edy_onnx_row *a, const edy_onnx_row *b) {
    return a->result.verdict == b->result.verdict &&
           strcmp(a->result.reason, b->result.reason) == 0;
}

/* One line for all backends that found the same: it is printed at the first of them. */
static void print_finding(const edy_onnx_table *t, size_t per, size_t i, FILE *out) {
    const edy_onnx_row *row = &t->row[i];
    char text[EDY_TEST_REASON + 512];
    for (size_t k = i % per; k < i; k += per)
        if (same_finding(&t->row[k], row))
            return;
    int n = snprintf(text, sizeof text, "%s%s %s (", edy_verdict_text(row->result.verdict),
                     row->outside == EDY_INSIDE ? "" : " outside the profile", row->test->name);
    for (size_t k = i; k < t->n; k += per)
        if (same_finding(&t->row[k], row) && n < 400)
            n += snprintf(text + n, sizeof text - (size_t)n, "%s%s", k == i ? "" : ", ",
                          t->row[k].backend->name);
    snprintf(text + n, sizeof text - (size_t)n, "): %s", row->result.reason);
    edy_print_wrapped(out, 0, text);
}

static void print_findings(const edy_onnx_table *t, size_t per, FILE *out) {
    bool any = false;
    for (size_t i = 0; i < t->n; i++) {
        if (!is_bad(&t->row[i]))
            continue;
        print_finding(t, per, i, out);
        any = true;
    }
    if (any)
        fputs("Once more, without a child process: --case NAME --backend B --in-process\n\n", out);
}

/* ---- UNSUPPORTED, by reason ------------------------------------------------------------------ */

typedef struct group {
    edy_outside kind;
    const char *reason;
    size_t n;
} group;

static int by_kind_and_count(const void *a, const void *b) {
    const group *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return strcmp(x->reason, y->reason);
}

/* Of the first backend; the others refuse the same. The caller frees. */
static group *make_groups(const edy_onnx_table *t, size_t per, size_t *n_groups) {
    group *g = calloc(per + 1, sizeof *g);
    *n_groups = 0;
    for (size_t i = 0; g && i < per; i++) {
        const edy_onnx_row *row = &t->row[i];
        if (row->result.verdict != EDY_VERDICT_UNSUPPORTED || row->outside == EDY_INSIDE)
            continue;
        size_t k = 0;
        while (k < *n_groups && strcmp(g[k].reason, row->excuse) != 0)
            k++;
        if (k == *n_groups)
            g[(*n_groups)++] = (group){row->outside, row->excuse, 0};
        g[k].n++;
    }
    if (g)
        qsort(g, *n_groups, sizeof *g, by_kind_and_count);
    return g;
}

/* "And 8, ArgMin 16, ...": the operators share one paragraph. */
static void print_operators(const group *g, size_t n, FILE *out) {
    static const size_t prefix = sizeof "operator " - 1;
    size_t size = 1, cases = 0;
    for (size_t i = 0; i < n; i++) {
        size += strlen(g[i].reason) + 24;
        cases += g[i].n;
    }
    char *text = malloc(size);
    size_t at = 0;
    for (size_t i = 0; text && i < n; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s %zu", i ? ", " : "",
                               g[i].reason + prefix, g[i].n);
    fprintf(out, "%6zu  operators that are not in the profile:\n", cases);
    if (text && n)
        edy_print_wrapped(out, 8, text);
    free(text);
}

static void print_groups(const edy_onnx_table *t, size_t per, FILE *out) {
    size_t n = 0, operators = 0;
    group *g = make_groups(t, per, &n);
    if (n)
        fprintf(out, "UNSUPPORTED, by reason (of %s)\n", t->row[0].backend->name);
    while (operators < n && g[operators].kind == EDY_OUTSIDE_OPERATOR)
        operators++;
    if (operators)
        print_operators(g, operators, out);
    for (size_t i = operators; i < n; i++)
        fprintf(out, "%6zu  %s\n", g[i].n, g[i].reason);
    if (n)
        fputc('\n', out);
    free(g);
}

/* Those that would let the profile grow. */
static void print_extra(const edy_onnx_table *t, size_t per, FILE *out) {
    size_t n = 0;
    for (size_t i = 0; i < per; i++)
        n += t->row[i].result.verdict == EDY_VERDICT_PASS && t->row[i].outside != EDY_INSIDE;
    if (n)
        fprintf(out, "%zu %s outside the profile (--format json tells).\n\n", n,
                n == 1 ? "case passes that lies" : "cases pass that lie");
}

/* ---- Closing lines --------------------------------------------------------------------------- */

static void print_counts(const char *name, const edy_onnx_counts *c, FILE *out) {
    fprintf(out, "%s%s%zu passed, %zu failed, %zu unsupported, %zu crashed, %zu skipped of %zu\n",
            name, name[0] ? ": " : "", c->of[EDY_VERDICT_PASS],
            c->of[EDY_VERDICT_FAIL] + c->of[EDY_VERDICT_NONE], c->of[EDY_VERDICT_UNSUPPORTED],
            c->of[EDY_VERDICT_CRASH], c->of[EDY_VERDICT_SKIP], c->total);
}

static const edy_onnx_row *worst_row(const edy_onnx_table *t, const edy_backend *backend) {
    const edy_onnx_row *worst = NULL;
    for (size_t i = 0; i < t->n; i++)
        if (t->row[i].backend == backend && t->row[i].result.verdict == EDY_VERDICT_PASS &&
            (!worst || t->row[i].result.share > worst->result.share))
            worst = &t->row[i];
    return worst;
}

static void print_backends(const edy_onnx_table *t, size_t per, FILE *out) {
    for (size_t i = 0; i < t->n; i += per) {
        const edy_backend *backend = t->row[i].backend;
        const edy_onnx_counts c = edy_onnx_count(t, backend);
        const edy_onnx_row *worst = worst_row(t, backend);
        print_counts(backend->name, &c, out);
        if (worst)
            fprintf(out, "  worst share of ONNX's rtol 1e-3, atol 1e-7: %.3f (%.40s)\n",
                    worst->result.share, worst->test->name);
    }
}

static void required_text(const edy_onnx_table *t, char *text, size_t size) {
    const edy_onnx_counts c = edy_onnx_count(t, NULL);
    snprintf(text, size, "required %zu: %zu passed, %zu failed, %zu unsupported, %zu crashed",
             c.required_total, c.required[EDY_VERDICT_PASS],
             c.required[EDY_VERDICT_FAIL] + c.required[EDY_VERDICT_NONE] +
                 c.required[EDY_VERDICT_SKIP],
             c.required[EDY_VERDICT_UNSUPPORTED], c.required[EDY_VERDICT_CRASH]);
}

/* "" where the profile is as large as it was, or where not all cases were run. */
static void shrink_text(const edy_onnx_table *t, char *text, size_t size) {
    text[0] = '\0';
    if (t->all && t->required < t->committed)
        snprintf(text, size,
                 "FAIL: the profile has shrunk: %zu cases lie inside, %zu are committed",
                 t->required, t->committed);
}

void edy_onnx_tests_print(const edy_onnx_table *t, FILE *out) {
    char text[200];
    const size_t per = edy_onnx_rows_per_backend(t);
    const edy_onnx_counts c = edy_onnx_count(t, NULL);
    if (per) {
        print_findings(t, per, out);
        print_groups(t, per, out);
        print_extra(t, per, out);
        print_backends(t, per, out);
        fputs(t->n > per ? "On all backends, each case by its worst verdict:\n" : "", out);
    }
    print_counts("", &c, out);
    shrink_text(t, text, sizeof text);
    if (text[0])
        fprintf(out, "%s\n", text);
    required_text(t, text, sizeof text);
    fprintf(out, "%s\n", text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static cJSON *row_json(const edy_onnx_row *row) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", row->test->name);
    cJSON_AddStringToObject(o, "backend", row->backend->name);
    cJSON_AddStringToObject(o, "verdict", edy_verdict_text(row->result.verdict));
    cJSON_AddBoolToObject(o, "required", row->outside == EDY_INSIDE);
    cJSON_AddStringToObject(o, "outside", row->excuse);
    cJSON_AddNumberToObject(o, "opset", (double)row->test->census.opset);
    cJSON *ops = cJSON_AddObjectToObject(o, "operators"); /* with the types that they work on */
    for (size_t i = 0; i < row->test->census.n_ops; i++) {
        const edy_census_op *op = &row->test->census.op[i];
        char types[200];
        cJSON_AddStringToObject(ops, op->name, edy_type_set_text(op->types, types, sizeof types));
    }
    cJSON_AddStringToObject(o, "reason", row->result.reason);
    if (row->result.verdict == EDY_VERDICT_PASS)
        cJSON_AddNumberToObject(o, "share", row->result.share);
    return o;
}

bool edy_onnx_tests_print_json(const edy_onnx_table *t, FILE *out) {
    char text[200];
    cJSON *root = cJSON_CreateObject();
    cJSON *cases = cJSON_AddArrayToObject(root, "cases");
    for (size_t i = 0; i < t->n; i++)
        cJSON_AddItemToArray(cases, row_json(&t->row[i]));
    required_text(t, text, sizeof text);
    cJSON_AddStringToObject(root, "profile", text);
    cJSON_AddNumberToObject(root, "required", (double)t->required);
    cJSON_AddNumberToObject(root, "committed", (double)t->committed);
    char *printed = cJSON_Print(root);
    if (printed)
        fprintf(out, "%s\n", printed);
    free(printed);
    cJSON_Delete(root);
    return printed != NULL;
}
