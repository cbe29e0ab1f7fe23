/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/text_layers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/import/text_weights.h"
#include "engine/ops/op.h"

enum { MAX_EXTENT = 4096, MAX_CHANNELS = 1 << 20 };

/* One line's layer in the making. */
typedef struct layer {
    edy_text_context *c;
    edy_text_line *line;
    char name[EDY_TEXT_WORD_BYTES + 24]; /* "conv_3" */
    bool activated;                      /* an activation follows */
} layer;

static edy_status no_memory(const layer *l) {
    return edy_text_fail(l->c, EDY_NO_MEMORY, "no memory for the net");
}

static const edy_shape *current_shape(const layer *l) {
    return &l->c->graph->value[l->c->current].shape;
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

/* A node that reads what the line before made; *node is valid until the next append. */
static edy_status add_node(layer *l, edy_op_kind op, const char *name, edy_node **node) {
    edy_graph *g = l->c->graph;
    int32_t index;
    if (g->n_nodes >= 0 && (uint32_t)g->n_nodes >= l->c->limits->nodes)
        return edy_text_fail(l->c, EDY_LIMIT, "the net has more than %" PRIu32 " nodes",
                             l->c->limits->nodes);
    if (edy_graph_add_node(g, op, name, &index, NULL))
        return no_memory(l);
    *node = &g->node[index];
    (*node)->input[0] = l->c->current;
    (*node)->n_inputs = 1;
    return EDY_OK;
}

static edy_status check_bytes(const layer *l, const char *what, const edy_shape *shape,
                              size_t elem_bytes) {
    size_t elems;
    char text[100];
    if (edy_shape_elems(shape, &elems, NULL) || elems > l->c->limits->tensor_bytes / elem_bytes)
        return edy_text_fail(l->c, EDY_LIMIT, "%s of %s would be %s, more than %" PRIu64 " bytes",
                             what, l->name, edy_shape_text(shape, text, sizeof text),
                             l->c->limits->tensor_bytes);
    return EDY_OK;
}

/* Gives the newest node its output, called as the node, and runs its shape rule. */
static edy_status finish_node(layer *l) {
    edy_graph *g = l->c->graph;
    edy_node *n = &g->node[g->n_nodes - 1];
    edy_value_id out;
    edy_error inner;
    if (edy_graph_add_value(g, n->name, EDY_F32, &out, NULL))
        return no_memory(l);
    n->output[0] = out;
    n->n_outputs = 1;
    edy_status status = edy_op_get(n->op)->infer(g, n, &inner);
    if (status)
        return edy_text_fail(l->c, status, "%s: %s", l->line->word[0], inner.message);
    status = check_bytes(l, "the result", &g->value[out].shape, sizeof(float));
    if (status)
        return status;
    n->window.auto_pad = EDY_PAD_EXPLICIT; /* as resolved: the extents are fixed */
    g->value[out].shape_known = true;
    l->c->current = out;
    return EDY_OK;
}

static edy_status need_image(const layer *l) {
    if (current_shape(l)->rank == 4)
        return EDY_OK;
    return edy_text_fail(l->c, EDY_BAD_FILE, "%s needs an image, but the line before made a row",
                         l->line->word[0]);
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* The next word that is no KEY=VALUE; "" where there is none. */
static const char *next_word(layer *l) {
    for (size_t i = 1; i < l->line->n; i++)
        if (!l->line->used[i] && !strchr(l->line->word[i], '=')) {
            l->line->used[i] = true;
            return l->line->word[i];
        }
    return "";
}

static edy_status read_channels(layer *l, int64_t *channels) {
    return edy_text_integer(l->c, "the number of channels", next_word(l), 1, MAX_CHANNELS,
                            channels);
}

static edy_status read_pads(layer *l, bool half, edy_window *w) {
    const char *pad = edy_text_value(l->line, "pad");
    int64_t both[2] = {0, 0};
    edy_status status = EDY_OK;
    if (pad && strcmp(pad, "same") == 0)
        w->auto_pad = EDY_PAD_SAME_UPPER;
    else if (pad)
        status = edy_text_pair(l->c, "pad", pad, true, 0, MAX_EXTENT, both);
    else if (half && (w->kernel[0] % 2 == 0 || w->kernel[1] % 2 == 0))
        status = edy_text_fail(l->c, EDY_BAD_FILE, "an even kernel needs pad=");
    else
        for (int i = 0; i < 2 && half; i++)
            both[i] = (w->kernel[i] - 1) / 2 * w->dilation[i];
    for (int i = 0; i < 4; i++)
        w->pad[i] = both[i % 2];
    return status;
}

/* KERNEL and its keys; pools have no dilation, and a stride as long as the kernel. */
static edy_status read_window(layer *l, bool pool, edy_window *w) {
    *w = (edy_window){.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    edy_status status =
        edy_text_pair(l->c, "the kernel", next_word(l), false, 1, MAX_EXTENT, w->kernel);
    if (pool)
        memcpy(w->stride, w->kernel, sizeof w->stride);
    const char *stride = edy_text_value(l->line, "stride");
    if (!status && stride)
        status = edy_text_pair(l->c, "stride", stride, true, 1, MAX_EXTENT, w->stride);
    const char *dilation = pool ? NULL : edy_text_value(l->line, "dilation");
    if (!status && dilation)
        status = edy_text_pair(l->c, "dilation", dilation, true, 1, MAX_EXTENT, w->dilation);
    return status ? status : read_pads(l, !pool, w);
}

/* ---- Activations ----------------------------------------------------------------------------- */

typedef struct activation {
    const char *word; /* NULL: none */
    edy_op_kind op;
    float high, alpha;
} activation;

/* Finds the activation that the line asks for. */
static edy_status read_activation(layer *l, activation *a) {
    unsigned slope;
    *a = (activation){.word = NULL};
    if (edy_text_take(l->line, "relu")) {
        *a = (activation){.word = "relu", .op = EDY_OP_RELU, .high = INFINITY};
    } else if (edy_text_take(l->line, "relu6")) {
        *a = (activation){.word = "relu6", .op = EDY_OP_CLIP, .high = 6.0f};
    } else {
        const char *word = edy_text_value(l->line, "leaky");
        const edy_status status = word ? edy_text_decimal(l->c, "leaky", word, &slope) : EDY_OK;
        if (status || !word)
            return status;
        *a = (activation){.word = "leaky", .op = EDY_OP_LEAKYRELU};
        a->alpha = (float)slope / (float)EDY_TEXT_ONE;
    }
    return EDY_OK;
}

static edy_status activate(layer *l, const activation *a) {
    char name[sizeof l->name + 8];
    edy_node *n = NULL;
    if (!a->word)
        return EDY_OK;
    snprintf(name, sizeof name, "%s.%s", l->name, a->word);
    const edy_status status = add_node(l, a->op, name, &n);
    if (status)
        return status;
    if (a->op == EDY_OP_LEAKYRELU) {
        n->alpha = a->alpha;
    } else {
        n->act_min = 0.0f;
        n->act_max = a->high;
    }
    return finish_node(l);
}

/* ---- Layers with weights --------------------------------------------------------------------- */

/* Makes weight and bias constants of the newest node; filter is the weights' shape. */
static edy_status add_weights(layer *l, const edy_shape *filter, unsigned gain) {
    edy_text_context *c = l->c;
    edy_graph *g = c->graph;
    edy_status status = check_bytes(l, "the weight", filter, sizeof(float));
    if (status)
        return status;
    const edy_shape row = edy_shape_make(1, &filter->dim[0]);
    const size_t n = edy_shape_count(filter), channels = (size_t)filter->dim[0];
    float *weight = edy_region_array(&g->region, n, sizeof *weight);
    float *bias = edy_region_array(&g->region, channels, sizeof *bias);
    edy_value_id w, b;
    char name[sizeof l->name + 8];
    snprintf(name, sizeof name, "%s.weight", l->name);
    if (!weight || !bias || edy_graph_add_value(g, name, EDY_F32, &w, NULL))
        return no_memory(l);
    snprintf(name, sizeof name, "%s.bias", l->name);
    if (edy_graph_add_value(g, name, EDY_F32, &b, NULL))
        return no_memory(l);
    edy_text_weights(c->seed, c->layers, n / channels, l->activated ? 2 : 1, gain, weight, n, bias,
                     channels);
    const edy_value_id ids[2] = {w, b};
    for (int i = 0; i < 2; i++) {
        g->value[ids[i]].shape = i == 0 ? *filter : row;
        g->value[ids[i]].shape_known = true;
        g->value[ids[i]].data = i == 0 ? weight : bias;
    }
    edy_node *node = &g->node[g->n_nodes - 1];
    node->input[EDY_IN_W] = w;
    node->input[EDY_IN_BIAS] = b;
    node->n_inputs = 3;
    return finish_node(l);
}

static edy_status read_gain(layer *l, unsigned *gain) {
    const char *word = edy_text_value(l->line, "gain");
    *gain = EDY_TEXT_ONE;
    return word ? edy_text_decimal(l->c, "gain", word, gain) : EDY_OK;
}

static edy_status add_conv(layer *l, const edy_window *w, int64_t channels) {
    const int64_t from = current_shape(l)->dim[1];
    if (from % w->groups != 0 || channels % w->groups != 0)
        return edy_text_fail(l->c, EDY_BAD_FILE,
                             "%" PRId64 " groups do not divide %" PRId64 " channels into %" PRId64,
                             w->groups, from, channels);
    unsigned gain;
    edy_node *n = NULL;
    edy_status status = read_gain(l, &gain);
    if (!status)
        status = add_node(l, EDY_OP_CONV, l->name, &n);
    if (status)
        return status;
    n->window = *w;
    const int64_t filter[] = {channels, from / w->groups, w->kernel[0], w->kernel[1]};
    const edy_shape shape = edy_shape_make(4, filter);
    return add_weights(l, &shape, gain);
}

static edy_status conv(layer *l) {
    edy_window w;
    int64_t channels;
    edy_status status = need_image(l);
    if (!status)
        status = read_channels(l, &channels);
    if (!status)
        status = read_window(l, false, &w);
    const char *groups = edy_text_value(l->line, "groups");
    if (!status && groups)
        status = edy_text_integer(l->c, "groups", groups, 1, MAX_CHANNELS, &w.groups);
    return status ? status : add_conv(l, &w, channels);
}

static edy_status depthwise(layer *l) {
    edy_window w;
    edy_status status = need_image(l);
    if (!status)
        status = read_window(l, false, &w);
    if (status)
        return status;
    w.groups = current_shape(l)->dim[1];
    return add_conv(l, &w, w.groups);
}

static edy_status flatten(layer *l) {
    char name[sizeof l->name + 8];
    edy_node *n = NULL;
    snprintf(name, sizeof name, "%s.flat", l->name);
    const edy_status status = add_node(l, EDY_OP_RESHAPE, name, &n);
    if (status)
        return status;
    n->n_target = 2;
    n->target[0] = 0; /* the batch */
    n->target[1] = -1;
    return finish_node(l);
}

static edy_status dense(layer *l) {
    int64_t channels;
    unsigned gain;
    edy_node *n = NULL;
    edy_status status = read_channels(l, &channels);
    if (!status)
        status = read_gain(l, &gain);
    if (!status && current_shape(l)->rank != 2)
        status = flatten(l);
    if (!status)
        status = add_node(l, EDY_OP_GEMM, l->name, &n);
    if (status)
        return status;
    n->trans_b = true;
    const edy_shape shape =
        edy_shape_make(2, (const int64_t[]){channels, current_shape(l)->dim[1]});
    return add_weights(l, &shape, gain);
}

/* ---- Layers without -------------------------------------------------------------------------- */

static edy_status pool(layer *l, edy_op_kind op) {
    edy_window w;
    edy_node *n = NULL;
    edy_status status = need_image(l);
    if (!status)
        status = read_window(l, true, &w);
    if (!status && (w.pad[0] >= w.kernel[0] || w.pad[1] >= w.kernel[1]))
        status = edy_text_fail(l->c, EDY_BAD_FILE, "pad must be less than the kernel of a pool");
    if (!status)
        status = add_node(l, op, l->name, &n);
    if (status)
        return status;
    n->window = w;
    return finish_node(l);
}

static edy_status maxpool(layer *l) {
    return pool(l, EDY_OP_MAXPOOL);
}

static edy_status avgpool(layer *l) {
    return pool(l, EDY_OP_AVGPOOL);
}

static edy_status globalavgpool(layer *l) {
    edy_node *n = NULL;
    edy_status status = need_image(l);
    if (!status)
        status = add_node(l, EDY_OP_GLOBALAVGPOOL, l->name, &n);
    return status ? status : finish_node(l);
}

static edy_status softmax(layer *l) {
    edy_node *n = NULL;
    const edy_status status = add_node(l, EDY_OP_SOFTMAX, l->name, &n);
    if (status)
        return status;
    n->axis = 1;
    return finish_node(l);
}

static edy_status add(layer *l) {
    edy_value_id other;
    edy_node *n = NULL;
    edy_status status = edy_text_find_label(l->c, next_word(l), &other);
    if (!status && !edy_shape_equal(current_shape(l), &l->c->graph->value[other].shape)) {
        char a[100], b[100];
        status = edy_text_fail(l->c, EDY_BAD_FILE, "cannot add %s and %s",
                               edy_shape_text(current_shape(l), a, 100),
                               edy_shape_text(&l->c->graph->value[other].shape, b, 100));
    }
    if (!status)
        status = add_node(l, EDY_OP_ADD, l->name, &n);
    if (status)
        return status;
    n->input[1] = other;
    n->n_inputs = 2;
    return finish_node(l);
}

static edy_status concat(layer *l) {
    edy_node *n = NULL;
    edy_value_id part[EDY_MAX_INPUTS];
    int32_t count = 0;
    edy_status status = need_image(l);
    for (const char *word = next_word(l); word[0] && !status; word = next_word(l)) {
        if (count == EDY_MAX_INPUTS)
            return edy_text_fail(l->c, EDY_LIMIT, "more than %d labels", EDY_MAX_INPUTS);
        status = edy_text_find_label(l->c, word, &part[count++]);
    }
    if (!status && count < 2)
        status = edy_text_fail(l->c, EDY_BAD_FILE, "concat needs two labels or more");
    if (!status)
        status = add_node(l, EDY_OP_CONCAT, l->name, &n);
    if (status)
        return status;
    n->axis = 1;
    n->n_inputs = count;
    memcpy(n->input, part, (size_t)count * sizeof part[0]);
    return finish_node(l);
}

/* A line that is only an activation: all of it was read before. */
static edy_status activation_alone(layer *l) {
    return l->activated ? EDY_OK
                        : edy_text_fail(l->c, EDY_BAD_FILE, "leaky needs its slope: leaky=0.1");
}

/* ---- All ------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    edy_status (*add)(layer *l);
    bool activates; /* may end in an ACTIVATION */
} kinds[] = {
    {"conv", conv, true},
    {"depthwise", depthwise, true},
    {"dense", dense, true},
    {"maxpool", maxpool, false},
    {"avgpool", avgpool, false},
    {"globalavgpool", globalavgpool, false},
    {"add", add, true},
    {"concat", concat, false},
    {"softmax", softmax, false},
    {"relu", activation_alone, true},
    {"relu6", activation_alone, true},
    {"leaky", activation_alone, true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static size_t kind_of(const char *word) {
    const bool leaky = strncmp(word, "leaky=", 6) == 0;
    size_t i = 0;
    while (i < KINDS && strcmp(kinds[i].word, leaky ? "leaky" : word) != 0)
        i++;
    return i;
}

bool edy_text_is_layer(const char *word) {
    return kind_of(word) < KINDS;
}

edy_status edy_text_layer(edy_text_context *c, edy_text_line *line) {
    const size_t kind = kind_of(line->word[0]);
    layer l = {.c = c, .line = line};
    activation a = {.word = NULL};
    c->layers++;
    snprintf(l.name, sizeof l.name, "%s_%" PRIu64, kinds[kind].word, c->layers);
    edy_status status = kinds[kind].activates ? read_activation(&l, &a) : EDY_OK;
    line->used[0] = true;
    l.activated = a.word != NULL;
    if (!status)
        status = kinds[kind].add(&l);
    if (!status)
        status = activate(&l, &a);
    return status ? status : edy_text_finish(c, line);
}
