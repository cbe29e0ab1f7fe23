/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/compare.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_COLUMN = 34, WIDTH = 80 };

/* "612 us", "1.23 ms": three digits and a unit; "-" for NAN. */
static const char *time_text(double ns, char text[24]) {
    static const char *const units[] = {"ns", "us", "ms", "s"};
    size_t u = 0;
    if (!isfinite(ns))
        return "-";
    while (u < 3 && ns >= 999.5) {
        ns /= 1000;
        u++;
    }
    snprintf(text, 24, "%.*f %s", ns < 9.995 ? 2 : ns < 99.95 ? 1 : 0, ns, units[u]);
    return text;
}

/* Words of text on lines of at most WIDTH columns, indented. */
static void print_wrapped(const char *text, FILE *stream) {
    size_t column = 0;
    while (*text) {
        const size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + word > WIDTH) {
            fputc('\n', stream);
            column = 0;
        }
        column += (size_t)fprintf(stream, "%s%.*s", column ? " " : "  ", (int)word, text);
        text += word + strspn(text + word, " ");
    }
    fputc('\n', stream);
}

/* A name that does not fit stands on a line of its own. */
static void print_row(const edy_comparison *c, FILE *stream) {
    char before[24], after[24], interval[40] = "-";
    if (strlen(c->name) > NAME_COLUMN)
        fprintf(stream, "%s\n%-*s", c->name, NAME_COLUMN, "");
    else
        fprintf(stream, "%-*s", NAME_COLUMN, c->name);
    if (isfinite(c->ratio))
        snprintf(interval, sizeof interval, "%.3f %.3f..%.3f", c->ratio, c->low, c->high);
    fprintf(stream, "%8s %8s  %-18s %s\n", time_text(c->old_ns, before),
            time_text(c->new_ns, after), interval, edy_change_text(c->change));
    if (c->note[0])
        print_wrapped(c->note, stream);
}

void edy_comparison_print(const edy_comparison_table *t, FILE *stream) {
    for (size_t i = 0; i < t->n_differences; i++)
        fprintf(stream, "not comparable: %s\n", t->difference[i]);
    if (t->n_differences > 0)
        fprintf(stream, "Times below are of different machines or builds; measure both alike.\n\n");
    fprintf(stream, "%-*s%8s %8s  %-18s %s\n", NAME_COLUMN, "case", "old", "new", "new/old   95 %",
            "verdict");
    for (size_t i = 0; i < t->n; i++)
        print_row(&t->row[i], stream);
    fputc('\n', stream);
    for (int i = 0; i < EDY_CHANGE_COUNT; i++)
        if (t->count[i] > 0)
            fprintf(stream, "%zu %s, ", t->count[i], edy_change_text((edy_change)i));
    fprintf(stream, "of %zu", t->n);
    if (isfinite(t->geometric_mean))
        fprintf(stream, "; geometric mean of new/old %.3f", t->geometric_mean);
    fputc('\n', stream);
    if (t->count[EDY_CHANGE_CANT_TELL] > 0)
        fprintf(stream, "Where it can't be told, measure both again with a larger --min-time.\n");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static bool add_number(cJSON *object, const char *key, double value) {
    return isfinite(value) ? cJSON_AddNumberToObject(object, key, value) != NULL
                           : cJSON_AddNullToObject(object, key) != NULL;
}

static cJSON *row_to_json(const edy_comparison *c) {
    cJSON *o = cJSON_CreateObject();
    const bool ok = o && cJSON_AddStringToObject(o, "name", c->name) &&
                    cJSON_AddStringToObject(o, "verdict", edy_change_text(c->change)) &&
                    add_number(o, "old_median_ns", c->old_ns) &&
                    add_number(o, "new_median_ns", c->new_ns) && add_number(o, "ratio", c->ratio) &&
                    add_number(o, "ratio_low", c->low) && add_number(o, "ratio_high", c->high) &&
                    cJSON_AddStringToObject(o, "note", c->note);
    if (!ok) {
        cJSON_Delete(o);
        return NULL;
    }
    return o;
}

/* Adds item (NULL: no memory) to an array. */
static bool add_item(cJSON *array, cJSON *item) {
    return item && cJSON_AddItemToArray(array, item);
}

static cJSON *table_to_json(const edy_comparison_table *t) {
    cJSON *root = cJSON_CreateObject();
    cJSON *differences = cJSON_AddArrayToObject(root, "differences");
    cJSON *cases = cJSON_AddArrayToObject(root, "cases");
    bool ok = differences && cases && add_number(root, "geometric_mean", t->geometric_mean);
    ok = ok && add_number(root, "exit_code", edy_comparison_exit_code(t));
    for (size_t i = 0; i < t->n_differences && ok; i++)
        ok = add_item(differences, cJSON_CreateString(t->difference[i]));
    for (size_t i = 0; i < t->n && ok; i++)
        ok = add_item(cases, row_to_json(&t->row[i]));
    if (!ok) {
        cJSON_Delete(root);
        return NULL;
    }
    return root;
}

edy_status edy_comparison_print_json(const edy_comparison_table *table, FILE *stream,
                                     edy_error *err) {
    cJSON *root = table_to_json(table);
    char *text = root ? cJSON_Print(root) : NULL;
    cJSON_Delete(root);
    if (!text)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to print JSON");
    fprintf(stream, "%s\n", text);
    free(text);
    return EDY_OK;
}
