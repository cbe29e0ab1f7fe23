/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The verdict table for people (80 columns) and for programs (JSON). */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/conform.h"
#include "bench/print_text.h"

enum { NAME_WIDTH = 43 };

static void share_text(double share, char text[16]) {
    if (isinf(share))
        snprintf(text, 16, "inf");
    else
        snprintf(text, 16, "%.3f", share);
}

static void print_row(const edy_conform_case *c, FILE *out) {
    char output[16] = "-", node[16] = "-", classes[48] = "-";
    const edy_judgement *j = &c->result;
    if (j->compared && j->exact)
        strcpy(output, j->wrong ? "unequal" : "equal");
    else if (j->compared)
        share_text(j->share, output);
    if (c->nodes.judged && c->nodes.share >= 0)
        share_text(c->nodes.share, node);
    else if (c->nodes.judged)
        strcpy(node, c->nodes.wrong ? "wrong" : "exact");
    if (j->class_checked)
        snprintf(classes, sizeof classes, "%zu/%zu", j->class_checked - j->class_wrong,
                 j->class_checked);
    if (strlen(c->name) > NAME_WIDTH)
        fprintf(out, "%s\n%*s", c->name, NAME_WIDTH, "");
    else
        fprintf(out, "%-*s", NAME_WIDTH, c->name);
    fprintf(out, " %-11s %7s %6s %9s\n", edy_verdict_text(j->verdict), output, node, classes);
}

/* Where the worst element and the worst node are; for cases whose nodes were judged. */
static void print_worst(const edy_conform_case *c, FILE *out) {
    char text[640];
    const edy_judgement *j = &c->result;
    int n = snprintf(text, sizeof text, "%s:", c->name);
    if (j->compared && !j->exact)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      " worst element %zu of sample %zu (expected %.9g, got %.9g, budget %.3g);",
                      j->index, j->sample, j->expected, j->got, j->budget);
    if (c->nodes.share >= 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " worst node %s;", c->nodes.worst);
    snprintf(text + n, sizeof text - (size_t)n, " %zu nodes judged, %zu unknown to the oracle",
             c->nodes.judged, c->nodes.unknown);
    edy_print_wrapped(out, 2, text);
}

static bool same_reason(const edy_conform_case *a, const edy_conform_case *b) {
    return a->result.verdict == b->result.verdict &&
           strcmp(a->result.reason, b->result.reason) == 0;
}

static void print_reasons(const edy_conform_table *table, FILE *out) {
    const edy_conform_case *last = NULL;
    for (size_t i = 0; i < table->n; i++) {
        const edy_conform_case *c = &table->row[i];
        if (c->result.reason[0] == '\0' || (last && same_reason(c, last)))
            continue;
        if (!last)
            fputc('\n', out);
        char text[640];
        snprintf(text, sizeof text, "%s %s: %s", edy_verdict_text(c->result.verdict), c->name,
                 c->result.reason);
        edy_print_wrapped(out, 0, text);
        last = c;
    }
}

/* ---- Where it went wrong --------------------------------------------------------------------- */

static void print_divergence(const edy_conform_case *c, FILE *out) {
    const edy_divergence *d = &c->nodes.first;
    const char *unit = d->integer ? " (real, before rounding to a step)" : "";
    fprintf(out, "\nFirst diverging node of %s\n", c->name);
    fprintf(out, "  node      %s, step %d of %d\n", d->node, d->step + 1, d->steps);
    fprintf(out, "  kernel    %s\n", d->kernel);
    fprintf(out, "  element   %zu = %s; %zu are wrong\n", d->index, d->place, d->wrong);
    fprintf(out, "  expected  %.9g  %a%s\n", d->expected, d->expected, unit);
    fprintf(out, "  got       %.9g  %a\n", d->got, d->got);
    if (d->integer)
        fprintf(out, "  error     %.4g steps, allowed are %.4g\n", fabs(d->got - d->expected),
                d->allowed);
    else
        fprintf(out, "  error     %.3g = %.4g ULP, %.4g times the budget of %.3g\n",
                fabs(d->got - d->expected), d->ulps, d->share, d->allowed);
}

/* Once for cases that found the same. */
static void print_divergences(const edy_conform_table *table, FILE *out) {
    const edy_conform_case *last = NULL;
    for (size_t i = 0; i < table->n; i++) {
        const edy_conform_case *c = &table->row[i];
        const bool crash = c->result.verdict == EDY_VERDICT_CRASH;
        if ((!crash && c->result.verdict != EDY_VERDICT_FAIL) || (last && same_reason(c, last)))
            continue;
        if (crash)
            fprintf(out, "\nCrash of %s\n", c->name);
        else if (c->nodes.wrong)
            print_divergence(c, out);
        else if (c->nodes.judged) {
            char text[300];
            snprintf(text, sizeof text, "%s: each node alone is right, given its inputs", c->name);
            fputc('\n', out);
            edy_print_wrapped(out, 0, text);
        }
        if (c->repro[0])
            fprintf(out, "  replay    edyno conform %s\n", c->repro);
        last = c;
    }
}

void edy_conform_print(const edy_conform_table *table, FILE *out) {
    char closing[200];
    if (table->n) {
        fprintf(out, "%-*s %-11s %7s %6s %9s\n", NAME_WIDTH, "CASE", "VERDICT", "OUTPUT", "NODE",
                "CLASSES");
        for (size_t i = 0; i < table->n; i++)
            print_row(&table->row[i], out);
        fprintf(out, "OUTPUT, NODE: worst share of the error budget; integers are equal or not\n");
        bool first = true;
        for (size_t i = 0; i < table->n; i++)
            if (table->row[i].nodes.judged) {
                fputs(first ? "\nWorst places:\n" : "", out);
                first = false;
                print_worst(&table->row[i], out);
            }
        print_reasons(table, out);
        print_divergences(table, out);
        fputc('\n', out);
    }
    edy_conform_closing_line(table, closing, sizeof closing);
    fprintf(out, "%s\n", closing);
    edy_conform_required_line(table, closing, sizeof closing);
    if (strncmp(closing, "required 0:", 11) != 0)
        fprintf(out, "%s\n", closing);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* JSON has no NaN and no infinity: a text in their place. */
static void add_number(cJSON *o, const char *name, double v) {
    if (isfinite(v))
        cJSON_AddNumberToObject(o, name, v);
    else
        cJSON_AddStringToObject(o, name, isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
}

static cJSON *divergence_json(const edy_divergence *d) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "node", d->node);
    cJSON_AddStringToObject(o, "kernel", d->kernel);
    cJSON_AddNumberToObject(o, "index", (double)d->index);
    cJSON_AddStringToObject(o, "place", d->place);
    cJSON_AddNumberToObject(o, "wrong", (double)d->wrong);
    add_number(o, "expected", d->expected);
    add_number(o, "got", d->got);
    add_number(o, "allowed_error", d->allowed);
    add_number(o, "ulps", d->ulps);
    add_number(o, "share", d->share);
    return o;
}

static cJSON *case_json(const edy_conform_case *c) {
    cJSON *o = cJSON_CreateObject();
    const edy_judgement *j = &c->result;
    cJSON_AddStringToObject(o, "name", c->name);
    cJSON_AddStringToObject(o, "verdict", edy_verdict_text(j->verdict));
    cJSON_AddStringToObject(o, "reason", j->reason);
    char bits[20];
    snprintf(bits, sizeof bits, "%016" PRIx64, c->bits);
    cJSON_AddStringToObject(o, "bits", bits);
    cJSON_AddBoolToObject(o, "required", c->required);
    cJSON_AddBoolToObject(o, "exact", j->exact);
    cJSON_AddNumberToObject(o, "compared", (double)j->compared);
    cJSON_AddNumberToObject(o, "wrong", (double)j->wrong);
    if (j->compared && (!j->exact || j->wrong)) {
        add_number(o, "budget", j->budget);
        add_number(o, "share", j->share);
        cJSON_AddNumberToObject(o, "sample", (double)j->sample);
        cJSON_AddNumberToObject(o, "output", j->output);
        cJSON_AddNumberToObject(o, "index", (double)j->index);
        add_number(o, "expected", j->expected);
        add_number(o, "got", j->got);
    }
    cJSON_AddNumberToObject(o, "class_checked", (double)j->class_checked);
    cJSON_AddNumberToObject(o, "class_wrong", (double)j->class_wrong);
    cJSON_AddNumberToObject(o, "nodes_judged", (double)c->nodes.judged);
    cJSON_AddNumberToObject(o, "nodes_unknown", (double)c->nodes.unknown);
    cJSON_AddNumberToObject(o, "nodes_wrong", (double)c->nodes.wrong);
    if (c->nodes.share >= 0) {
        add_number(o, "node_share", c->nodes.share);
        cJSON_AddStringToObject(o, "node", c->nodes.worst);
    }
    if (c->nodes.wrong)
        cJSON_AddItemToObject(o, "divergence", divergence_json(&c->nodes.first));
    if (c->repro[0])
        cJSON_AddStringToObject(o, "repro", c->repro);
    return o;
}

bool edy_conform_print_json(const edy_conform_table *table, FILE *out) {
    char closing[200];
    edy_conform_closing_line(table, closing, sizeof closing);
    cJSON *root = cJSON_CreateObject();
    cJSON *cases = cJSON_AddArrayToObject(root, "cases");
    for (size_t i = 0; i < table->n; i++)
        cJSON_AddItemToArray(cases, case_json(&table->row[i]));
    cJSON_AddStringToObject(root, "summary", closing);
    edy_conform_required_line(table, closing, sizeof closing);
    cJSON_AddStringToObject(root, "profile", closing);
    char *text = cJSON_Print(root);
    if (text)
        fprintf(out, "%s\n", text);
    free(text);
    cJSON_Delete(root);
    return text != NULL;
}
