/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the MLPerf Tiny suite found, for people (80 columns) and for programs (JSON). */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bench/print_text.h"
#include "bench/proportion.h"
#include "bench/suite/mlperf_tiny.h"

static const char label[] = "MLPerf-Tiny-style, unverified";

static void print_row(const edy_tiny_row *row, FILE *out) {
    const edy_tiny_result *r = &row->result;
    char layers[48], share[24] = "bytes", nodes[24] = "";
    snprintf(layers, sizeof layers, "%zu/%zu", r->right, r->layers);
    if (!r->integer)
        snprintf(share, sizeof share, "%.3f", r->share);
    if (r->node_share >= 0)
        snprintf(nodes, sizeof nodes, " %.3f", r->node_share);
    fprintf(out, "%-35s %-10s %-10s %-6s %s%s\n", row->c->name, row->backend->name,
            edy_verdict_text(r->verdict), layers, share, nodes);
    if (r->reason[0] && r->verdict != EDY_VERDICT_PASS)
        edy_print_wrapped(out, 2, r->reason);
}

static void print_accuracy(const edy_tiny_top1 *a, FILE *out) {
    double low = 0, high = 1;
    fprintf(out, "%-35s %-10s %s\n", a->model, a->backend->name, edy_verdict_text(a->verdict));
    if (a->images) {
        edy_proportion_interval((int64_t)a->right, (int64_t)a->images, &low, &high);
        fprintf(out, "  %zu of %zu, %.1f %% (95 %% interval %.1f..%.1f), oracle %zu%s%s\n",
                a->right, a->images, 100.0 * (double)a->right / (double)a->images, 100 * low,
                100 * high, a->expected, a->target[0] ? ", target " : "", a->target);
    }
    if (a->reason[0])
        edy_print_wrapped(out, 2, a->reason);
}

static void print_top1(const edy_tiny_table *t, FILE *out) {
    if (t->n_top1)
        fprintf(out, "\n%-35s %-10s %s\n", "TOP-1 OF CIFAR-10", "BACKEND", "VERDICT");
    for (size_t i = 0; i < t->n_top1; i++)
        print_accuracy(&t->top1[i], out);
    if (t->n_top1)
        edy_print_wrapped(
            out, 0,
            "The images come from JPEG copies; the target is that of MLPerf Tiny, for "
            "200 originals. The verdict compares with the oracle's count on this "
            "file.");
    if (t->n_top1 && t->top1_one_backend)
        fprintf(out, "Top-1 on the first backend only; --full: on all.\n");
    if (t->top1_skipped)
        fprintf(out, "\nSKIP top-1: %s\n", t->top1_skipped);
}

static void closing_line(const edy_tiny_table *t, const edy_backend *b, char *text, size_t size) {
    size_t of[EDY_VERDICT_COUNT] = {0}, total = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!b || t->row[i].backend == b) {
            of[t->row[i].result.verdict]++;
            total++;
        }
    for (size_t i = 0; i < t->n_top1; i++)
        if (!b || t->top1[i].backend == b) {
            of[t->top1[i].verdict]++;
            total++;
        }
    snprintf(text, size, "%zu passed, %zu failed, %zu crashed, %zu mistrusted of %zu",
             of[EDY_VERDICT_PASS], of[EDY_VERDICT_FAIL], of[EDY_VERDICT_CRASH],
             of[EDY_VERDICT_MISTRUSTED], total);
}

void edy_tiny_print(const edy_tiny_table *t, FILE *out) {
    char text[200];
    fprintf(out, "%-35s %-10s %-10s %-6s %s\n", "CASE", "BACKEND", "VERDICT", "LAYERS",
            "SHARE NODES");
    for (size_t i = 0; i < t->n; i++)
        print_row(&t->row[i], out);
    print_top1(t, out);
    fputc('\n', out);
    edy_print_wrapped(
        out, 0,
        "LAYERS right, of all that the golden has; those that a PASS lacks are computed "
        "inside the next. SHARE of the budget that the worst layer or output used "
        "(bytes: equal), NODES: that of the worst node on its own inputs.");
    for (size_t i = 0; i < t->n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || t->row[k].backend == t->row[i].backend;
        if (seen)
            continue;
        closing_line(t, t->row[i].backend, text, sizeof text);
        fprintf(out, "%s: %s\n", t->row[i].backend->name, text);
    }
    closing_line(t, NULL, text, sizeof text);
    fprintf(out, "%s: %s\n", label, text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static cJSON *row_json(const edy_tiny_row *row) {
    const edy_tiny_result *r = &row->result;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "case", row->c->name);
    cJSON_AddStringToObject(o, "model", row->c->model);
    cJSON_AddStringToObject(o, "backend", row->backend->name);
    cJSON_AddStringToObject(o, "verdict", edy_verdict_text(r->verdict));
    cJSON_AddStringToObject(o, "reason", r->reason);
    cJSON_AddNumberToObject(o, "layers", (double)r->layers);
    cJSON_AddNumberToObject(o, "layers_right", (double)r->right);
    cJSON_AddNumberToObject(o, "layers_fused", (double)r->fused);
    cJSON_AddNumberToObject(o, "samples", (double)r->samples);
    cJSON_AddNumberToObject(o, "wrong_samples", (double)r->wrong_samples);
    if (r->integer)
        return o;
    cJSON_AddNumberToObject(o, "share", r->share);
    cJSON_AddNumberToObject(o, "node_share", r->node_share);
    cJSON_AddNumberToObject(o, "relative_error", r->relative);
    return o;
}

static cJSON *top1_json(const edy_tiny_top1 *a) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "model", a->model);
    cJSON_AddStringToObject(o, "backend", a->backend->name);
    cJSON_AddStringToObject(o, "verdict", edy_verdict_text(a->verdict));
    cJSON_AddStringToObject(o, "reason", a->reason);
    cJSON_AddNumberToObject(o, "right", (double)a->right);
    cJSON_AddNumberToObject(o, "images", (double)a->images);
    cJSON_AddNumberToObject(o, "oracle", (double)a->expected);
    cJSON_AddStringToObject(o, "target", a->target);
    return o;
}

bool edy_tiny_print_json(const edy_tiny_table *t, FILE *out) {
    char text[200];
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "label", label);
    cJSON *cases = cJSON_AddArrayToObject(root, "cases");
    cJSON *top1 = cJSON_AddArrayToObject(root, "top1");
    for (size_t i = 0; i < t->n; i++)
        cJSON_AddItemToArray(cases, row_json(&t->row[i]));
    for (size_t i = 0; i < t->n_top1; i++)
        cJSON_AddItemToArray(top1, top1_json(&t->top1[i]));
    closing_line(t, NULL, text, sizeof text);
    cJSON_AddStringToObject(root, "closing_line", text);
    char *printed = cJSON_Print(root);
    if (printed)
        fprintf(out, "%s\n", printed);
    free(printed);
    cJSON_Delete(root);
    return printed != NULL;
}
