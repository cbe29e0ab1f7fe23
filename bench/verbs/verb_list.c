/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno list: what there is to run, and on what. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"
#include "engine/cpu.h"

static const char *const usage[] = {"[workloads|backends|targets] [--format console|json]", NULL};

static const edy_opt opts[] = {
    EDY_ROW_WORKLOADS_DIR,
    {.name = "format",
     .kind = EDY_OPT_ENUM,
     .choices = "console|json",
     .fallback = "console",
     .help = "how to print"},
    {.name = NULL},
};

/* ---- Gathering: one cJSON array a topic, which either prints as it is or as a table ---------- */

static cJSON *gather_workloads(const edy_catalog *catalog) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < edy_workloads_count(catalog->workloads); i++) {
        const edy_workload *w = edy_workloads_at(catalog->workloads, i);
        cJSON *item = cJSON_CreateObject();
        char shape[80];
        cJSON_AddStringToObject(item, "name", w->name);
        cJSON_AddStringToObject(item, "group", w->group == EDY_GROUP_NETS ? "nets" : "models");
        cJSON_AddStringToObject(item, "input",
                                edy_shape_text(&w->input_shape, shape, sizeof shape));
        cJSON_AddStringToObject(item, "dataset", w->dataset ? w->dataset : "");
        cJSON_AddNumberToObject(item, "classes", (double)w->n_classes);
        cJSON *variants = cJSON_AddArrayToObject(item, "variants");
        for (size_t v = 0; v < w->n_variants; v++) {
            cJSON *variant = cJSON_CreateObject();
            cJSON_AddStringToObject(variant, "name", w->variant[v].name);
            cJSON_AddStringToObject(variant, "model", w->variant[v].model_path);
            cJSON_AddBoolToObject(variant, "golden", w->variant[v].golden_dir != NULL);
            cJSON_AddItemToArray(variants, variant);
        }
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static cJSON *gather_backends(void) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *b = edy_backend_at(i);
        char needs[128], lacks[128];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", b->name);
        cJSON_AddStringToObject(item, "purpose", b->purpose);
        cJSON_AddStringToObject(item, "needs",
                                edy_cpu_features_text(b->features, needs, sizeof needs));
        cJSON_AddBoolToObject(item, "runs_here", edy_backend_runs_here(b));
        cJSON_AddStringToObject(
            item, "lacking",
            edy_cpu_features_text(b->features & ~edy_cpu_features(), lacks, sizeof lacks));
        cJSON_AddBoolToObject(item, "default", b == edy_backend_best());
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

/* The first sentence line of a toolchain file's comment, after the licence. */
static void describe_target(const char *path, char *text, size_t size) {
    text[0] = '\0';
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    char line[256];
    while (fgets(line, sizeof line, f) && line[0] == '#')
        if (line[1] == ' ' && !strstr(line, "SPDX-") && !strstr(line, "Copyright")) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(text, size, "%s", line + 2);
            break;
        }
    fclose(f);
}

static int by_text(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_toolchain(const struct dirent *e) {
    const char *dot = strrchr(e->d_name, '.');
    return e->d_name[0] != '.' && dot && strcmp(dot, ".cmake") == 0;
}

static cJSON *gather_targets(const edy_catalog *catalog) {
    cJSON *list = cJSON_CreateArray(), *own = cJSON_CreateObject();
    cJSON_AddStringToObject(own, "name", "native");
    cJSON_AddStringToObject(own, "description", "this program was built for " EDYNO_TARGET);
    cJSON_AddItemToArray(list, own);
    char dir[EDY_PATH_MAX + 16];
    snprintf(dir, sizeof dir, "%s/targets", catalog->share);
    struct dirent **entry = NULL;
    const int n = scandir(dir, &entry, is_toolchain, by_text);
    for (int i = 0; i < n; i++) {
        char path[EDY_PATH_MAX + 300], text[256];
        snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name);
        describe_target(path, text, sizeof text);
        *strrchr(entry[i]->d_name, '.') = '\0';
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", entry[i]->d_name);
        cJSON_AddStringToObject(item, "description", text);
        cJSON_AddItemToArray(list, item);
        free(entry[i]);
    }
    free(entry);
    return list;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static const char *text_of(const cJSON *item, const char *field) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, field));
}

static bool is_true(const cJSON *item, const char *field) {
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, field));
}

static void print_workloads(const cJSON *list) {
    printf("%-21s %-6s %-11s %-13s %7s  %s\n", "WORKLOAD", "GROUP", "INPUT", "DATA", "CLASSES",
           "VARIANTS");
    const cJSON *w, *v;
    cJSON_ArrayForEach(w, list) {
        char classes[24] = "-";
        const double n = cJSON_GetObjectItemCaseSensitive(w, "classes")->valuedouble;
        if (n > 0)
            snprintf(classes, sizeof classes, "%.0f", n);
        printf("%-21s %-6s %-11s %-13s %7s  ", text_of(w, "name"), text_of(w, "group"),
               text_of(w, "input"), text_of(w, "dataset"), classes);
        const char *between = "";
        cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(w, "variants")) {
            printf("%s%s%s", between, text_of(v, "name"),
                   is_true(v, "golden") ? "" : " (no golden)");
            between = ", ";
        }
        putchar('\n');
    }
}

/* Descriptions say the main thing before the first of these; tables have 80 columns. */
static int headline(const char *text) {
    size_t n = strcspn(text, ";(");
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return (int)n;
}

/* The features that a backend needs have a line of their own: there can be seven. */
static void print_backends(const cJSON *list) {
    printf("%-12s %-10s %s\n", "BACKEND", "HERE", "FOR, NEEDS");
    const cJSON *b;
    cJSON_ArrayForEach(b, list) {
        const char *here = is_true(b, "default") ? "yes, best" : "yes";
        const char *purpose = text_of(b, "purpose"), *needs = text_of(b, "needs");
        printf("%-12s %-10s %.*s\n", text_of(b, "name"), is_true(b, "runs_here") ? here : "no",
               headline(purpose), purpose);
        if (strcmp(needs, "none") != 0)
            printf("%-23s %s\n", "", needs);
    }
}

static void print_targets(const cJSON *list) {
    printf("%-20s %s\n", "TARGET", "DESCRIPTION");
    const cJSON *t;
    cJSON_ArrayForEach(t, list) {
        const char *text = text_of(t, "description");
        printf("%-20s %.*s\n", text_of(t, "name"), headline(text), text);
    }
}

/* ---- The verb -------------------------------------------------------------------------------- */

typedef struct topic {
    const char *name;
    cJSON *list;
    void (*print)(const cJSON *list);
} topic;

static bool print_json(const topic *topics, size_t n, const char *only) {
    cJSON *root = cJSON_CreateObject();
    for (size_t i = 0; i < n; i++)
        if (!only || strcmp(only, topics[i].name) == 0)
            cJSON_AddItemReferenceToObject(root, topics[i].name, topics[i].list);
    char *text = cJSON_Print(root);
    if (text)
        puts(text);
    free(text);
    cJSON_Delete(root);
    return text != NULL;
}

static void print_tables(const topic *topics, size_t n, const char *only) {
    const char *between = "";
    for (size_t i = 0; i < n; i++) {
        if (only && strcmp(only, topics[i].name) != 0)
            continue;
        fputs(between, stdout);
        topics[i].print(topics[i].list);
        between = "\n";
    }
}

static int run(const edy_args *args) {
    edy_error err;
    const char *only = edy_args_operand_count(args) ? edy_args_operand(args, 0) : NULL;
    const bool known = !only || strcmp(only, "workloads") == 0 || strcmp(only, "backends") == 0 ||
                       strcmp(only, "targets") == 0;
    if (!known) {
        edy_fail(&err, EDY_BAD_ARGUMENT,
                 "unknown topic \"%.60s\"; known are workloads, backends, targets", only);
        return edy_verb_fail(args, &err);
    }
    edy_catalog catalog;
    if (edy_catalog_open(args, &catalog, &err))
        return edy_verb_fail(args, &err);
    topic topics[] = {
        {"workloads", gather_workloads(&catalog), print_workloads},
        {"backends", gather_backends(), print_backends},
        {"targets", gather_targets(&catalog), print_targets},
    };
    const size_t n = sizeof topics / sizeof topics[0];
    int code = EDY_EXIT_OK;
    if (strcmp(edy_args_enum(args, "format"), "json") != 0)
        print_tables(topics, n, only);
    else if (!print_json(topics, n, only))
        code = EDY_EXIT_USAGE;
    for (size_t i = 0; i < n; i++)
        cJSON_Delete(topics[i].list);
    edy_catalog_close(&catalog);
    return code;
}

const edy_verb edy_verb_list = {
    .name = "list",
    .summary = "show workloads, backends and targets",
    .usage = usage,
    .example = {"edyno list", "edyno list backends", "edyno list workloads --format json"},
    .opts = opts,
    .max_operands = 1,
    .run = run,
};
