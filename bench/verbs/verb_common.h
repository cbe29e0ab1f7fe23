/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What several verbs do alike: options of the same name and meaning, finding data, models,
 * backends. */
#ifndef EDY_VERB_COMMON_H
#define EDY_VERB_COMMON_H

#include "bench/verbs/verb.h"
#include "engine/backend.h"
#include "engine/graph.h"
#include "workloads/share.h"
#include "workloads/workload.h"

/* Rows for option tables; a verb that uses one reads it with the function named beside it. */
#define EDY_ROW_WORKLOADS_DIR /* edy_catalog_open */                                               \
    {                                                                                              \
        .name = "workloads-dir", .kind = EDY_OPT_STRING, .argument = "DIR",                        \
        .help = "folder with models/ and goldens/ to use instead"                                  \
    }
#define EDY_ROW_BACKENDS /* edy_verb_backends */                                                   \
    {                                                                                              \
        .name = "backend", .letter = 'b', .kind = EDY_OPT_LIST, .argument = "B,..|all",            \
        .help = "backends to use; all: every one this CPU can run", .fallback = "all"              \
    }
#define EDY_ROW_BACKEND /* edy_verb_backend */                                                     \
    {                                                                                              \
        .name = "backend", .letter = 'b', .kind = EDY_OPT_STRING, .argument = "B",                 \
        .help = "backend to use; best: the fastest this CPU can run", .fallback = "best"           \
    }
#define EDY_ROW_VARIANT /* edy_catalog_graph */                                                    \
    {                                                                                              \
        .name = "variant", .kind = EDY_OPT_STRING, .argument = "V",                                \
        .help = "variant of the workload: fp32, int8, ..."                                         \
    }

#define EDY_ROW_GROUP /* edy_catalog_chosen */                                                     \
    {                                                                                              \
        .name = "group", .kind = EDY_OPT_ENUM, .choices = "models|nets|all", .fallback = "models", \
        .help = "what no name means: trained models, text nets, both"                              \
    }

#define EDY_ROW_LIMITS /* edy_catalog_open, edy_verb_limits: three rows */                         \
    {.name = "max-model-bytes",                                                                    \
     .kind = EDY_OPT_INTEGER,                                                                      \
     .argument = "N",                                                                              \
     .fallback = "2147483648",                                                                     \
     .low = 1,                                                                                     \
     .high = INT64_MAX,                                                                            \
     .help = "refuse a larger model file"},                                                        \
        {.name = "max-tensor-bytes",                                                               \
         .kind = EDY_OPT_INTEGER,                                                                  \
         .argument = "N",                                                                          \
         .fallback = "1073741824",                                                                 \
         .low = 1,                                                                                 \
         .high = INT64_MAX,                                                                        \
         .help = "refuse a model with a larger tensor"},                                           \
    {                                                                                              \
        .name = "max-nodes", .kind = EDY_OPT_INTEGER, .argument = "N", .fallback = "100000",       \
        .low = 1, .high = 10000000, .help = "refuse a model of more nodes"                         \
    }

/* The data folder and the registry of workloads. */
typedef struct edy_catalog {
    char share[EDY_PATH_MAX]; /* "" where there is none */
    edy_workloads *workloads;
} edy_catalog;

/* Honours --workloads-dir (the verb's table must have the row), the limits (where it has those) and
 * EDYNO_SHARE. Where no data
 * folder exists and every operand is a model's path, the catalog is empty, which is enough for
 * them. */
edy_status edy_catalog_open(const edy_args *args, edy_catalog *catalog, edy_error *err);
void edy_catalog_close(edy_catalog *catalog);
/* Options --max-*: the verb's table must have the rows. */
edy_limits edy_verb_limits(const edy_args *args);

/* What a verb with operands [WORKLOAD|MODEL.onnx ...] is to work on: those named, or all of
 * --group (the verb's table must have the row). */
size_t edy_catalog_chosen_count(const edy_args *args, const edy_catalog *catalog);
edy_status edy_catalog_chosen(const edy_args *args, const edy_catalog *catalog, size_t index,
                              const edy_workload **workload, edy_error *err);

/* Option --variant as a list of names, or "all". A user's .onnx has one variant and no choice.
 * check: every name is a variant of one of the chosen workloads; else the message lists what they
 * have. */
bool edy_verb_wants_variant(const edy_args *args, const edy_workload *workload,
                            const char *variant);
edy_status edy_catalog_check_variants(const edy_args *args, const edy_catalog *catalog,
                                      edy_error *err);

/* Loads a workload's variant (variant NULL: its first, fp32) or a user's file. The graph is the
 * caller's. EDY_BAD_ARGUMENT for an unknown variant; the message lists those that exist. */
edy_status edy_catalog_graph(edy_catalog *catalog, const char *name_or_path, const char *variant,
                             const edy_workload **workload, const edy_variant **chosen,
                             edy_graph **graph, edy_error *err);

enum { EDY_MAX_BACKENDS = 16 };

/* Option --backend as a list: names, or "all" for those that run on this CPU. Each once, in the
 * order given. An unknown name or one that this CPU cannot run is an error. */
edy_status edy_verb_backends(const edy_args *args, const edy_backend *out[EDY_MAX_BACKENDS],
                             size_t *count, edy_error *err);
/* Option --backend as one name, or "best". */
edy_status edy_verb_backend(const edy_args *args, const edy_backend **out, edy_error *err);

#endif
