/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_names.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 4000 };

static const char *text_of(const char *text) {
    return text ? text : "";
}

static edy_status add(edy_onnx_names *names, edy_onnx_name name, const char *what, edy_error *err) {
    name.id = EDY_NO_VALUE;
    if (!name.text || !name.text[0])
        return edy_fail(err, EDY_BAD_FILE, "%s has no name", what);
    if (strlen(name.text) > LONGEST_NAME)
        return edy_fail(err, EDY_BAD_FILE, "the name \"%.40s...\" has more than %d bytes",
                        name.text, LONGEST_NAME);
    names->name[names->count++] = name;
    return EDY_OK;
}

static edy_status collect(const Onnx__GraphProto *graph, edy_onnx_names *names, edy_error *err) {
    edy_status status = EDY_OK;
    for (size_t i = 0; i < graph->n_initializer && !status; i++) {
        const Onnx__TensorProto *t = graph->initializer[i];
        status = add(names, (edy_onnx_name){.text = t->name, .tensor = t, .node = -1},
                     "an initializer", err);
    }
    for (size_t i = 0; i < graph->n_input && !status; i++) {
        const Onnx__ValueInfoProto *v = graph->input[i];
        status = add(names, (edy_onnx_name){.text = v->name, .input = v, .node = -1},
                     "a graph input", err);
    }
    for (size_t i = 0; i < graph->n_node && !status; i++)
        for (size_t j = 0; j < graph->node[i]->n_output && !status; j++)
            if (text_of(graph->node[i]->output[j])[0]) /* empty: an optional output left out */
                status = add(names,
                             (edy_onnx_name){.text = graph->node[i]->output[j],
                                             .node = (int32_t)i,
                                             .output = (int32_t)j},
                             "an output", err);
    return status;
}

static int by_text(const void *a, const void *b) {
    const edy_onnx_name *x = a, *y = b;
    return strcmp(x->text, y->text);
}

/* An initializer may also be listed as a graph input (before IR version 4 it had to be); anything
 * else that has a name twice is refused. */
static edy_status merge_duplicates(edy_onnx_names *names, edy_error *err) {
    size_t kept = 0;
    for (size_t i = 0; i < names->count; i++) {
        const edy_onnx_name *next = &names->name[i];
        edy_onnx_name *last = kept ? &names->name[kept - 1] : NULL;
        if (!last || strcmp(last->text, next->text) != 0) {
            names->name[kept++] = *next;
            continue;
        }
        const bool fits = last->node < 0 && next->node < 0 && !last->tensor == !!next->tensor &&
                          !last->input == !!next->input;
        if (!fits)
            return edy_fail(err, EDY_BAD_FILE, "the name \"%.80s\" is defined twice", next->text);
        last->tensor = last->tensor ? last->tensor : next->tensor;
        last->input = last->input ? last->input : next->input;
    }
    names->count = kept;
    return EDY_OK;
}

edy_status edy_onnx_names_create(const Onnx__GraphProto *graph, edy_onnx_names *names,
                                 edy_error *err) {
    size_t most = graph->n_initializer + graph->n_input;
    for (size_t i = 0; i < graph->n_node; i++)
        most += graph->node[i]->n_output;
    *names = (edy_onnx_names){.name = calloc(most + 1, sizeof *names->name)};
    if (!names->name)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu names", most);
    edy_status status = collect(graph, names, err);
    if (!status) {
        qsort(names->name, names->count, sizeof *names->name, by_text);
        status = merge_duplicates(names, err);
    }
    if (status)
        edy_onnx_names_destroy(names);
    return status;
}

void edy_onnx_names_destroy(edy_onnx_names *names) {
    free(names->name);
    *names = (edy_onnx_names){0};
}

edy_onnx_name *edy_onnx_names_find(const edy_onnx_names *names, const char *text) {
    const edy_onnx_name key = {.text = text};
    return names->count ? bsearch(&key, names->name, names->count, sizeof key, by_text) : NULL;
}

/* ---- Order ------------------------------------------------------------------------------------
 */

/* producer -> consumer edges; those of one producer are linked. */
typedef struct edges {
    struct edge {
        int32_t consumer;
        size_t next; /* index + 1; 0 ends the list */
    } * edge;
    size_t count;
    size_t *first;   /* [n_node], index + 1 */
    size_t *pending; /* [n_node]: inputs still to be made */
} edges;

static void edges_destroy(edges *e) {
    free(e->edge);
    free(e->first);
    free(e->pending);
}

static edy_status edges_create(const Onnx__GraphProto *graph, edges *e, edy_error *err) {
    size_t most = 0;
    for (size_t i = 0; i < graph->n_node; i++)
        most += graph->node[i]->n_input;
    *e = (edges){.edge = calloc(most + 1, sizeof *e->edge),
                 .first = calloc(graph->n_node + 1, sizeof *e->first),
                 .pending = calloc(graph->n_node + 1, sizeof *e->pending)};
    if (e->edge && e->first && e->pending)
        return EDY_OK;
    return edy_fail(err, EDY_NO_MEMORY, "no memory to order %zu nodes", graph->n_node);
}

/* *sorted stays true where every node stands behind what it reads. */
static edy_status connect(const Onnx__GraphProto *graph, const edy_onnx_names *names, edges *e,
                          bool *sorted, edy_error *err) {
    for (size_t i = 0; i < graph->n_node; i++) {
        const Onnx__NodeProto *node = graph->node[i];
        for (size_t j = 0; j < node->n_input; j++) {
            const char *text = text_of(node->input[j]);
            if (!text[0])
                continue;
            const edy_onnx_name *name = edy_onnx_names_find(names, text);
            if (!name)
                return edy_fail(err, EDY_BAD_FILE,
                                "operator %.80s (node \"%.80s\") reads \"%.80s\", which nothing "
                                "defines",
                                text_of(node->op_type), text_of(node->name), text);
            if (name->node < 0)
                continue;
            *sorted = *sorted && name->node < (int32_t)i;
            e->edge[e->count++] = (struct edge){(int32_t)i, e->first[name->node]};
            e->first[name->node] = e->count;
            e->pending[i]++;
        }
    }
    return EDY_OK;
}

/* Kahn's algorithm; order doubles as the queue. Returns how many nodes could be placed. */
static size_t place(size_t n_nodes, edges *e, int32_t *order) {
    size_t placed = 0;
    for (size_t i = 0; i < n_nodes; i++)
        if (!e->pending[i])
            order[placed++] = (int32_t)i;
    for (size_t next = 0; next < placed; next++)
        for (size_t k = e->first[order[next]]; k; k = e->edge[k - 1].next)
            if (--e->pending[e->edge[k - 1].consumer] == 0)
                order[placed++] = e->edge[k - 1].consumer;
    return placed;
}

edy_status edy_onnx_order(const Onnx__GraphProto *graph, const edy_onnx_names *names,
                          int32_t *order, edy_error *err) {
    edges e;
    bool sorted = true;
    edy_status status = edges_create(graph, &e, err);
    if (!status)
        status = connect(graph, names, &e, &sorted, err);
    if (!status && sorted)
        for (size_t i = 0; i < graph->n_node; i++)
            order[i] = (int32_t)i;
    if (!status && !sorted && place(graph->n_node, &e, order) < graph->n_node) {
        size_t stuck = 0;
        while (!e.pending[stuck])
            stuck++;
        status = edy_fail(err, EDY_BAD_FILE,
                          "the nodes form a cycle: operator %.80s (node \"%.80s\") waits for its "
                          "own result or for a node that does",
                          text_of(graph->node[stuck]->op_type), text_of(graph->node[stuck]->name));
    }
    edges_destroy(&e);
    return status;
}
