/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/graph.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ops/op.h"

enum { FIRST_CAPACITY = 64 };

static edy_status no_memory(edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "no memory for the graph");
}

edy_status edy_graph_create(edy_graph **graph, edy_error *err) {
    edy_graph *g = calloc(1, sizeof *g);
    *graph = g;
    if (g)
        g->makers = calloc(1, sizeof *g->makers);
    if (!g || !g->makers) {
        free(g);
        *graph = NULL;
        return no_memory(err);
    }
    g->name = "";
    g->batch = 1;
    return EDY_OK;
}

void edy_graph_destroy(edy_graph *graph) {
    if (!graph)
        return;
    edy_region_free(&graph->region);
    free(graph->value);
    free(graph->node);
    free(graph->input);
    free(graph->output);
    free(graph->makers->at);
    free(graph->makers->name_slot);
    free(graph->makers);
    free(graph);
}

/* NULL for n == 0 is fine: nothing reads it. */
static void *duplicate(const void *p, size_t n, size_t size, bool *failed) {
    if (n == 0)
        return NULL;
    void *copy = malloc(n * size);
    if (copy)
        memcpy(copy, p, n * size);
    else
        *failed = true;
    return copy;
}

/* Grows *array to hold one more element than used. */
static bool grow(void **array, int32_t used, int32_t *capacity, size_t size) {
    if (used < *capacity)
        return true;
    const int32_t want = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *bigger = realloc(*array, (size_t)want * size);
    if (!bigger)
        return false;
    *array = bigger;
    *capacity = want;
    return true;
}

edy_status edy_graph_clone(const edy_graph *graph, edy_graph **copy, edy_error *err) {
    edy_graph *g = NULL;
    if (edy_graph_create(&g, err))
        return EDY_NO_MEMORY;
    bool failed = false;
    g->name = graph->name;
    g->opset = graph->opset;
    g->batch = graph->batch;
    g->n_dequantized = graph->n_dequantized;
    g->value = duplicate(graph->value, (size_t)graph->n_values, sizeof *g->value, &failed);
    g->node = duplicate(graph->node, (size_t)graph->n_nodes, sizeof *g->node, &failed);
    g->input = duplicate(graph->input, (size_t)graph->n_inputs, sizeof *g->input, &failed);
    g->output = duplicate(graph->output, (size_t)graph->n_outputs, sizeof *g->output, &failed);
    g->makers->at =
        duplicate(graph->makers->at, (size_t)graph->n_values, sizeof *g->makers->at, &failed);
    if (failed) {
        edy_graph_destroy(g);
        *copy = NULL;
        return no_memory(err);
    }
    g->n_values = g->cap_values = g->makers->capacity = graph->n_values;
    g->n_nodes = g->cap_nodes = graph->n_nodes;
    g->n_inputs = graph->n_inputs;
    g->n_outputs = graph->n_outputs;
    *copy = g;
    return EDY_OK;
}

void edy_graph_adopt(edy_graph *copy, edy_graph *original) {
    edy_region_adopt(&copy->region, &original->region);
    edy_graph_destroy(original);
}

/* A name that can be printed: control characters of a hostile file become '?'. */
static char *copy_name(edy_graph *g, const char *name) {
    char *copy = edy_region_string(&g->region, name);
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return copy;
}

edy_status edy_graph_add_value(edy_graph *g, const char *name, edy_dtype dtype, edy_value_id *out,
                               edy_error *err) {
    char *copy = copy_name(g, name);
    edy_makers *m = g->makers;
    if (!copy || !grow((void **)&m->at, g->n_values, &m->capacity, sizeof *m->at) ||
        !grow((void **)&g->value, g->n_values, &g->cap_values, sizeof *g->value))
        return no_memory(err);
    g->value[g->n_values] = (edy_value){.name = copy, .dtype = dtype};
    m->at[g->n_values] = g->n_nodes - 1; /* importers add a node, then what it makes */
    *out = g->n_values++;
    return EDY_OK;
}

/* FNV-1a. */
static uint32_t hash_of(const char *name) {
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h;
}

/* The slot that holds the name, or the empty one where it belongs. */
static uint32_t slot_of(const edy_graph *g, const char *name) {
    const edy_makers *m = g->makers;
    uint32_t at = hash_of(name) & (m->name_slots - 1);
    while (m->name_slot[at] && strcmp(g->value[m->name_slot[at] - 1].name, name) != 0)
        at = (at + 1) & (m->name_slots - 1);
    return at;
}

/* Takes in the values that came since; at most half of the slots are used. False on no memory. */
static bool index_names(const edy_graph *g) {
    edy_makers *m = g->makers;
    if (m->name_slots / 2 < (uint32_t)g->n_values) {
        uint32_t want = 64;
        while (want / 4 < (uint32_t)g->n_values)
            want *= 2;
        int32_t *slot = calloc(want, sizeof *slot);
        if (!slot)
            return false;
        free(m->name_slot);
        m->name_slot = slot;
        m->name_slots = want;
        m->n_named = 0;
    }
    for (; m->n_named < g->n_values; m->n_named++)
        m->name_slot[slot_of(g, g->value[m->n_named].name)] = m->n_named + 1;
    return true;
}

bool edy_graph_has_name(const edy_graph *g, const char *name) {
    if (index_names(g))
        return g->makers->name_slot[slot_of(g, name)] != 0;
    for (int32_t i = 0; i < g->n_values; i++)
        if (strcmp(g->value[i].name, name) == 0)
            return true;
    return false;
}

edy_status edy_graph_add_constant(edy_graph *g, const char *name, edy_dtype dtype,
                                  const edy_shape *shape, const void *data, edy_value_id *out,
                                  edy_error *err) {
    size_t elems = 0;
    const edy_status status = edy_shape_elems(shape, &elems, err);
    if (status)
        return status;
    void *payload = edy_region_array(&g->region, elems, edy_dtype_bytes(dtype));
    if (!payload)
        return no_memory(err);
    if (elems)
        memcpy(payload, data, elems * edy_dtype_bytes(dtype));
    edy_value_id id;
    if (edy_graph_add_value(g, name, dtype, &id, err))
        return EDY_NO_MEMORY;
    g->value[id].shape = *shape;
    g->value[id].shape_known = true;
    g->value[id].data = payload;
    *out = id;
    return EDY_OK;
}

edy_status edy_graph_add_node(edy_graph *g, edy_op_kind op, const char *name, int32_t *index,
                              edy_error *err) {
    char *copy = copy_name(g, name);
    if (!copy || !grow((void **)&g->node, g->n_nodes, &g->cap_nodes, sizeof *g->node))
        return no_memory(err);
    edy_node *n = &g->node[g->n_nodes];
    *n = (edy_node){.op = op,
                    .name = copy,
                    .act_min = -INFINITY,
                    .act_max = INFINITY,
                    .alpha = 1.0f,
                    .beta = 1.0f};
    n->window = (edy_window){.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    for (int32_t i = 0; i < EDY_MAX_INPUTS; i++)
        n->input[i] = EDY_NO_VALUE;
    for (int32_t i = 0; i < EDY_MAX_OUTPUTS; i++)
        n->output[i] = EDY_NO_VALUE;
    *index = g->n_nodes++;
    return EDY_OK;
}

edy_status edy_graph_insert_node(edy_graph *g, int32_t before, const edy_node *node,
                                 edy_error *err) {
    assert(before >= 0 && before <= g->n_nodes);
    const edy_node made = *node; /* node may point into the array that is about to move */
    if (!grow((void **)&g->node, g->n_nodes, &g->cap_nodes, sizeof *g->node))
        return no_memory(err);
    memmove(&g->node[before + 1], &g->node[before],
            (size_t)(g->n_nodes - before) * sizeof *g->node);
    g->node[before] = made;
    g->n_nodes++;
    return EDY_OK;
}

static bool makes(const edy_node *n, edy_value_id v) {
    for (int32_t j = 0; j < n->n_outputs; j++)
        if (n->output[j] == v)
            return true;
    return false;
}

static bool is_graph_input(const edy_graph *g, edy_value_id v) {
    for (int32_t i = 0; i < g->n_inputs; i++)
        if (g->input[i] == v)
            return true;
    return false;
}

/* Outwards from where it was: nodes move by a few places while passes insert and remove some. */
int32_t edy_graph_producer(const edy_graph *g, edy_value_id v) {
    if (v < 0 || v >= g->n_values || g->value[v].data || is_graph_input(g, v))
        return -1;
    const int32_t hint = g->makers->at[v] < 0 ? 0 : g->makers->at[v];
    for (int32_t low = hint, high = hint + 1; low >= 0 || high < g->n_nodes; low--, high++) {
        g->makers->steps++;
        const bool below = low >= 0 && low < g->n_nodes && makes(&g->node[low], v);
        if (below || (high < g->n_nodes && makes(&g->node[high], v)))
            return g->makers->at[v] = below ? low : high;
    }
    return -1;
}

bool edy_graph_is_output(const edy_graph *g, edy_value_id v) {
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (g->output[i] == v)
            return true;
    return false;
}

static int32_t count_uses(const edy_graph *g, edy_value_id v, int32_t *last_user) {
    int32_t count = 0;
    *last_user = -1;
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t j = 0; j < g->node[i].n_inputs; j++)
            if (g->node[i].input[j] == v) {
                count++;
                *last_user = i;
            }
    for (int32_t i = 0; i < g->n_outputs; i++)
        count += g->output[i] == v;
    return count;
}

int32_t edy_graph_consumer_count(const edy_graph *g, edy_value_id v) {
    int32_t user;
    return count_uses(g, v, &user);
}

int32_t edy_graph_consumer(const edy_graph *g, edy_value_id v) {
    int32_t user;
    return count_uses(g, v, &user) == 1 ? user : -1;
}

void edy_graph_replace_uses(edy_graph *g, edy_value_id from, edy_value_id to) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t j = 0; j < g->node[i].n_inputs; j++)
            if (g->node[i].input[j] == from)
                g->node[i].input[j] = to;
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (g->output[i] == from)
            g->output[i] = to;
}

void edy_graph_remove_node(edy_graph *g, int32_t index) {
    assert(index >= 0 && index < g->n_nodes);
    memmove(&g->node[index], &g->node[index + 1],
            (size_t)(g->n_nodes - index - 1) * sizeof *g->node);
    g->n_nodes--;
}

/* Adds change to the number of uses of each value that n reads. */
static void count_reads(const edy_node *n, int32_t *uses, int32_t change) {
    for (int32_t j = 0; j < n->n_inputs; j++)
        if (n->input[j] != EDY_NO_VALUE)
            uses[n->input[j]] += change;
}

static bool is_read(const edy_node *n, const int32_t *uses) {
    for (int32_t j = 0; j < n->n_outputs; j++)
        if (n->output[j] != EDY_NO_VALUE && uses[n->output[j]] > 0)
            return true;
    return false;
}

int32_t *edy_graph_use_counts(const edy_graph *g) {
    int32_t *uses = calloc((size_t)g->n_values + 1, sizeof *uses);
    for (int32_t i = 0; uses && i < g->n_nodes; i++)
        count_reads(&g->node[i], uses, 1);
    for (int32_t i = 0; uses && i < g->n_outputs; i++)
        uses[g->output[i]]++;
    return uses;
}

void edy_graph_drop_node(edy_graph *g, int32_t index) {
    assert(index >= 0 && index < g->n_nodes);
    g->node[index].n_inputs = g->node[index].n_outputs = 0;
}

void edy_graph_compact(edy_graph *g) {
    int32_t kept = 0;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        if (g->node[i].n_outputs == 0)
            continue;
        if (kept != i)
            g->node[kept] = g->node[i];
        kept++;
    }
    g->n_nodes = kept;
}

void edy_graph_set_output(edy_graph *g, int32_t index, edy_value_id v) {
    g->node[index].output[0] = v;
    g->makers->at[v] = index;
}

edy_status edy_graph_remove_dead(edy_graph *g, edy_error *err) {
    int32_t *uses = edy_graph_use_counts(g);
    if (!uses)
        return no_memory(err);
    int32_t kept = g->n_nodes; /* the living gather at the end, backwards: a chain dies at once */
    for (int32_t i = g->n_nodes - 1; i >= 0; i--)
        if (is_read(&g->node[i], uses))
            g->node[--kept] = g->node[i];
        else
            count_reads(&g->node[i], uses, -1);
    g->n_nodes -= kept;
    if (g->n_nodes > 0) /* without nodes there may be no array */
        memmove(g->node, g->node + kept, (size_t)g->n_nodes * sizeof *g->node);
    free(uses);
    return EDY_OK;
}

const char *edy_op_text(edy_op_kind op) {
    static const char *const text[] = {
#define EDY_OP_TEXT(name, words) [EDY_OP_##name] = words,
        EDY_OP_MAP(EDY_OP_TEXT)
#undef EDY_OP_TEXT
    };
    return (unsigned)op < EDY_OP_COUNT ? text[op] : "unknown";
}

/* An unknown number is no name: nodes are data. */
static const char *text_at(const char *const *text, int32_t count, int32_t index) {
    return index >= 0 && index < count ? text[index] : "unknown";
}

const char *edy_node_text(const edy_node *n) {
#define EDY_SUB_TEXT(name, words) words,
    static const char *const unary[] = {EDY_UNARY_MAP(EDY_SUB_TEXT)};
    static const char *const binary[] = {EDY_BINARY_MAP(EDY_SUB_TEXT)};
    static const char *const reduce[] = {EDY_REDUCE_MAP(EDY_SUB_TEXT)};
#undef EDY_SUB_TEXT
    switch (n->op) {
    case EDY_OP_CONV:
    case EDY_OP_CONV3D:
        return edy_op_text(n->window.transposed ? EDY_OP_CONVTRANSPOSE : n->op);
    case EDY_OP_UNARY:
        return text_at(unary, EDY_UNARY_COUNT, n->sub);
    case EDY_OP_BINARY:
        return text_at(binary, EDY_BINARY_COUNT, n->sub);
    case EDY_OP_REDUCE:
        return text_at(reduce, EDY_REDUCE_COUNT, n->sub);
    default:
        return edy_op_text(n->op);
    }
}

/* Prefixes the message of a shape rule with operator and node. */
static edy_status name_node(const edy_node *n, edy_status status, const edy_error *inner,
                            edy_error *err) {
    return edy_fail(err, status, "%s (node \"%.80s\"): %s", edy_node_text(n), n->name,
                    inner->message);
}

static edy_status check_inputs(const edy_graph *g, const edy_node *n, edy_error *err) {
    for (int32_t j = 0; j < n->n_inputs; j++) {
        const edy_value_id v = n->input[j];
        if (v == EDY_NO_VALUE)
            continue;
        if (v < 0 || v >= g->n_values)
            return edy_fail(err, EDY_BAD_FILE, "input %d does not exist", j);
        if (!g->value[v].shape_known)
            return edy_fail(err, EDY_BAD_FILE, "input \"%.80s\" is not computed before it",
                            g->value[v].name);
    }
    return n->n_outputs >= 1 ? EDY_OK : edy_fail(err, EDY_BAD_FILE, "it has no output");
}

/* A Reshape whose target begins with the old batch. Without a dimension to be inferred, the number
 * of elements tells whether that one is the batch or happens to be as large. */
static void follow_in_reshape(const edy_graph *g, edy_node *n, int64_t from, int64_t to) {
    const edy_shape *x = &g->value[n->input[0]].shape;
    const int64_t total = (int64_t)edy_shape_count(x);
    int64_t rest = 1;
    bool inferred = false, fits = true;
    for (int32_t i = 1; i < n->n_target; i++) {
        const int64_t d = n->target[i] == 0 && i < x->rank ? x->dim[i] : n->target[i];
        inferred = inferred || d == -1;
        fits = fits && !__builtin_mul_overflow(rest, d, &rest);
    }
    if (inferred && x->rank > 0 && x->dim[0] == to)
        n->target[0] = 0; /* a copy of the first dimension */
    else if (!inferred && fits && rest > 0 && rest != total / from && total % to == 0 &&
             rest == total / to)
        n->target[0] = to;
}

/* Shapes of n's inputs are those of the new batch. */
static void follow_batch(const edy_graph *g, edy_node *n, int64_t from, int64_t to) {
    if (n->op != EDY_OP_RESHAPE && n->op != EDY_OP_EXPAND)
        return;
    if (n->n_target < 1 || n->target[0] != from)
        return;
    const edy_value *x = &g->value[n->input[0]];
    if (n->op == EDY_OP_EXPAND) /* 1 leaves alone what has the batch already */
        n->target[0] = x->shape.rank == n->n_target && !x->data ? 1 : to;
    else if (n->n_target > 1)
        follow_in_reshape(g, n, from, to);
}

/* from, to: another batch, which nodes follow; equal: none. */
static edy_status infer_all(edy_graph *g, int64_t from, int64_t to, edy_error *err) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t j = 0; j < g->node[i].n_outputs; j++)
            if (g->node[i].output[j] != EDY_NO_VALUE)
                g->value[g->node[i].output[j]].shape_known = false;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        edy_node *n = &g->node[i];
        edy_error inner = {0};
        edy_status status = check_inputs(g, n, &inner);
        if (!status && from != to)
            follow_batch(g, n, from, to);
        if (!status)
            status = edy_op_get(n->op)->infer(g, n, &inner);
        for (int32_t j = 0; !status && j < n->n_outputs; j++) {
            size_t elems;
            status = edy_shape_elems(&g->value[n->output[j]].shape, &elems, &inner);
            g->value[n->output[j]].shape_known = true;
        }
        if (status)
            return name_node(n, status, &inner, err);
    }
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (!g->value[g->output[i]].shape_known)
            return edy_fail(err, EDY_BAD_FILE, "graph output \"%.80s\" is not computed",
                            g->value[g->output[i]].name);
    return EDY_OK;
}

edy_status edy_graph_infer(edy_graph *g, edy_error *err) {
    return infer_all(g, 1, 1, err);
}

edy_status edy_graph_set_batch(edy_graph *g, int64_t batch, edy_error *err) {
    if (batch < 1)
        return edy_fail(err, EDY_BAD_ARGUMENT, "batch %" PRId64 " is not at least 1", batch);
    if (batch == g->batch)
        return edy_graph_infer(g, err);
    for (int32_t i = 0; i < g->n_inputs; i++) {
        edy_value *v = &g->value[g->input[i]];
        if (v->shape.rank < 1)
            return edy_fail(err, EDY_UNSUPPORTED, "input \"%.80s\" has no batch dimension",
                            v->name);
        v->shape.dim[0] = batch;
    }
    const int64_t old = g->batch;
    g->batch = batch;
    return infer_all(g, old, batch, err);
}

uint64_t edy_node_macs(const edy_graph *g, const edy_node *n) {
    const edy_op *op = edy_op_get(n->op);
    return op->macs ? op->macs(g, n) : 0;
}

uint64_t edy_graph_macs(const edy_graph *g) {
    uint64_t sum = 0;
    for (int32_t i = 0; i < g->n_nodes; i++)
        sum += edy_node_macs(g, &g->node[i]);
    return sum;
}

/* Scales and zero points are not what people count as parameters. */
static bool is_quantizer_parameter(const edy_node *n, int32_t input) {
    if (n->op == EDY_OP_QLINEARCONV)
        return input != 3 && input != 8;
    return (n->op == EDY_OP_QUANTIZE || n->op == EDY_OP_DEQUANTIZE) && input > 0;
}

uint64_t edy_graph_parameters(const edy_graph *g) {
    uint64_t sum = 0;
    bool *counted = calloc((size_t)g->n_values + 1, sizeof *counted);
    for (int32_t i = 0; counted && i < g->n_nodes; i++)
        for (int32_t j = 0; j < g->node[i].n_inputs; j++) {
            const edy_value_id v = g->node[i].input[j];
            if (v == EDY_NO_VALUE || counted[v] || !g->value[v].data ||
                is_quantizer_parameter(&g->node[i], j))
                continue;
            counted[v] = true;
            sum += edy_shape_count(&g->value[v].shape);
        }
    free(counted);
    return sum;
}
