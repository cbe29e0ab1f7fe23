/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Lines, blocks and labels. A block is a range of lines, run again with each call under a scope of
 * its own; it may call blocks that stand before it only, so calls end. */
#include "engine/import/text_import.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/model_file.h"
#include "engine/import/text_layers.h"

enum { MAX_TEXT_BYTES = 1 << 20, MAX_BLOCKS = 64, MAX_DEPTH = 8, MAX_REPEAT = 10000 };

typedef struct text_line {
    const char *text;
    size_t size;
} text_line;

/* Lines first..last-1 (indices) of the file under a name. */
typedef struct block {
    edy_text_word name;
    edy_text_word parameter[EDY_TEXT_WORDS];
    size_t n_parameters, first, last;
} block;

typedef struct reader {
    edy_text_context c;
    text_line *line;
    size_t n_lines;
    uint64_t unfolded; /* lines run so far, those of blocks each time */
    block block[MAX_BLOCKS];
    size_t n_blocks;
    bool named;
    bool only_input; /* reads no further */
} reader;

static edy_status run_words(reader *r, edy_text_line *words, size_t known_blocks, int depth);

/* ---- Labels ---------------------------------------------------------------------------------- */

static edy_status add_label(reader *r, const char *word) {
    edy_text_scope *s = r->c.scope;
    for (size_t i = 0; i < s->n_labels; i++)
        if (strcmp(s->label[i], word) == 0)
            return edy_text_fail(&r->c, EDY_BAD_FILE, "label \"%s\" is taken", word);
    if (s->n_labels == EDY_TEXT_LABELS)
        return edy_text_fail(&r->c, EDY_LIMIT, "more than %d labels", EDY_TEXT_LABELS);
    strcpy(s->label[s->n_labels], word);
    s->value[s->n_labels++] = r->c.current;
    return EDY_OK;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static edy_status call_block(reader *r, const edy_text_line *words, size_t index, int depth) {
    const block *b = &r->block[index];
    edy_text_context *c = &r->c;
    if (words->n - 1 != b->n_parameters)
        return edy_text_fail(c, EDY_BAD_FILE, "block %s takes %zu values, but got %zu", b->name,
                             b->n_parameters, words->n - 1);
    if (depth == MAX_DEPTH)
        return edy_text_fail(c, EDY_LIMIT, "blocks inside blocks more than %d deep", MAX_DEPTH);
    edy_text_scope scope = {.n_parameters = b->n_parameters}, *outer = c->scope;
    memcpy(scope.parameter, b->parameter, sizeof scope.parameter);
    memcpy(scope.argument, words->word + 1, b->n_parameters * sizeof scope.argument[0]);
    const size_t line = c->line;
    c->scope = &scope;
    edy_status status = add_label(r, "in");
    for (size_t i = b->first; i < b->last && !status; i++) {
        edy_text_line inner;
        c->line = i + 1;
        status = edy_text_split(c, r->line[i].text, r->line[i].size, &inner);
        if (!status && inner.n > 0)
            status = run_words(r, &inner, index, depth + 1);
    }
    c->scope = outer;
    if (!status)
        c->line = line;
    return status;
}

static size_t find_block(const reader *r, const char *name, size_t known) {
    for (size_t i = 0; i < known; i++)
        if (strcmp(r->block[i].name, name) == 0)
            return i;
    return MAX_BLOCKS;
}

/* Reads a block's head in words and finds its end; *at is its line, then that of "end". */
static edy_status read_block(reader *r, const edy_text_line *words, size_t *at) {
    edy_text_context *c = &r->c;
    if (words->n < 2 || !edy_text_is_name(words->word[1]))
        return edy_text_fail(c, EDY_BAD_FILE, "block needs a name of letters, digits, _ - .");
    const char *name = words->word[1];
    if (edy_text_is_layer(name) || find_block(r, name, r->n_blocks) < MAX_BLOCKS)
        return edy_text_fail(c, EDY_BAD_FILE, "the name \"%s\" is taken", name);
    if (r->n_blocks == MAX_BLOCKS)
        return edy_text_fail(c, EDY_LIMIT, "more than %d blocks", MAX_BLOCKS);
    block *b = &r->block[r->n_blocks];
    *b = (block){.n_parameters = words->n - 2, .first = *at + 1};
    strcpy(b->name, name);
    memcpy(b->parameter, words->word + 2, b->n_parameters * sizeof b->parameter[0]);
    for (size_t i = b->first; i < r->n_lines; i++) {
        /* Only the first word counts here; "$" has no meaning before the call. */
        const char *text = r->line[i].text, *end = text + r->line[i].size;
        while (text < end && (*text == ' ' || *text == '\t'))
            text++;
        const size_t n = (size_t)(end - text);
        if (n < 3 || memcmp(text, "end", 3) != 0 || (n > 3 && !strchr(" \t\r#", text[3])))
            continue;
        b->last = *at = i;
        r->n_blocks++;
        return EDY_OK;
    }
    return edy_text_fail(c, EDY_BAD_FILE, "block %s has no end", name);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static edy_status repeat(reader *r, const edy_text_line *words, size_t known_blocks, int depth) {
    int64_t times = 0;
    edy_status status = edy_text_integer(&r->c, "the count of repeat",
                                         words->n > 1 ? words->word[1] : "", 1, MAX_REPEAT, &times);
    if (!status && words->n < 3)
        status = edy_text_fail(&r->c, EDY_BAD_FILE, "repeat needs a line to repeat");
    for (int64_t i = 0; i < times && !status; i++) {
        edy_text_line line = *words;
        edy_text_shift(&line, 2);
        status = run_words(r, &line, known_blocks, depth);
    }
    return status;
}

static edy_status from(reader *r, const edy_text_line *words) {
    if (words->n != 2)
        return edy_text_fail(&r->c, EDY_BAD_FILE, "from needs one label");
    return edy_text_find_label(&r->c, words->word[1], &r->c.current);
}

/* A line inside the net, which may call the first known_blocks blocks. */
static edy_status run_words(reader *r, edy_text_line *words, size_t known_blocks, int depth) {
    edy_text_context *c = &r->c;
    if (++r->unfolded > c->limits->nodes)
        return edy_text_fail(c, EDY_LIMIT, "the net unfolds to more than %" PRIu32 " lines",
                             c->limits->nodes);
    if (c->current == EDY_NO_VALUE)
        return edy_text_fail(c, EDY_BAD_FILE, "\"input CxHxW\" must come before layers");
    edy_text_word label = "";
    if (words->n >= 2 && strcmp(words->word[1], "=") == 0) {
        strcpy(label, words->word[0]);
        edy_text_shift(words, 2);
        if (!edy_text_is_name(label) || words->n == 0)
            return edy_text_fail(c, EDY_BAD_FILE, "a labelled line is LABEL = LAYER ...");
    }
    const char *first = words->word[0];
    const size_t called = find_block(r, first, known_blocks);
    edy_status status;
    if (strcmp(first, "repeat") == 0)
        status = repeat(r, words, known_blocks, depth);
    else if (strcmp(first, "from") == 0)
        status = from(r, words);
    else if (called < MAX_BLOCKS)
        status = call_block(r, words, called, depth);
    else if (edy_text_is_layer(first))
        status = edy_text_layer(c, words);
    else
        status = edy_text_fail(c, EDY_BAD_FILE, "\"%s\" is no layer and no block before this line",
                               first);
    return status || !label[0] ? status : add_label(r, label);
}

static edy_status read_name(reader *r, const edy_text_line *words) {
    edy_text_context *c = &r->c;
    if (words->n != 2 || strcmp(words->word[0], "net") != 0 || !edy_text_is_name(words->word[1]))
        return edy_text_fail(c, EDY_BAD_FILE, "a text net begins with \"net NAME\"");
    c->graph->name = edy_region_string(&c->graph->region, words->word[1]);
    r->named = true;
    return c->graph->name ? EDY_OK : edy_text_fail(c, EDY_NO_MEMORY, "no memory for the net");
}

static edy_status read_seed(reader *r, const edy_text_line *words) {
    int64_t seed = 0;
    if (r->c.current != EDY_NO_VALUE)
        return edy_text_fail(&r->c, EDY_BAD_FILE, "seed must come before input");
    const edy_status status =
        edy_text_integer(&r->c, "seed", words->n == 2 ? words->word[1] : "", 0, 999999999, &seed);
    r->c.seed = (uint64_t)seed;
    return status;
}

static edy_status read_input(reader *r, const edy_text_line *words) {
    enum { MAX_SIZE = 65536 };
    edy_text_context *c = &r->c;
    edy_graph *g = c->graph;
    int64_t dim[4] = {1, 0, 0, 0};
    const char *shape = words->n == 2 ? words->word[1] : "", *cut = strchr(shape, 'x');
    edy_text_word channels = "";
    if (c->current != EDY_NO_VALUE)
        return edy_text_fail(c, EDY_BAD_FILE, "a net has one input");
    memcpy(channels, shape, cut ? (size_t)(cut - shape) : 0);
    edy_status status = edy_text_integer(c, "input's C in CxHxW", channels, 1, MAX_SIZE, &dim[1]);
    if (!status)
        status =
            edy_text_pair(c, "input behind C", cut ? cut + 1 : "", false, 1, MAX_SIZE, &dim[2]);
    if (status)
        return status;
    if ((uint64_t)(dim[1] * dim[2] * dim[3]) > c->limits->tensor_bytes / sizeof(float))
        return edy_text_fail(c, EDY_LIMIT, "input %s has more than %" PRIu64 " bytes", shape,
                             c->limits->tensor_bytes);
    g->input = malloc(sizeof *g->input);
    if (!g->input || edy_graph_add_value(g, "input", EDY_F32, &c->current, NULL))
        return edy_text_fail(c, EDY_NO_MEMORY, "no memory for the net");
    g->input[g->n_inputs++] = c->current;
    g->value[c->current].shape = edy_shape_make(4, dim);
    g->value[c->current].shape_known = true;
    return add_label(r, "in");
}

static edy_status run_file(reader *r) {
    edy_text_context *c = &r->c;
    edy_status status = EDY_OK;
    for (size_t i = 0; i < r->n_lines && !status; i++) {
        edy_text_line words;
        if (r->only_input && c->current != EDY_NO_VALUE)
            break;
        c->line = i + 1;
        status = edy_text_split(c, r->line[i].text, r->line[i].size, &words);
        if (status || words.n == 0)
            continue;
        if (!r->named)
            status = read_name(r, &words);
        else if (strcmp(words.word[0], "seed") == 0)
            status = read_seed(r, &words);
        else if (strcmp(words.word[0], "input") == 0)
            status = read_input(r, &words);
        else if (strcmp(words.word[0], "block") == 0)
            status = read_block(r, &words, &i);
        else
            status = run_words(r, &words, r->n_blocks, 0);
    }
    return status;
}

/* ---- The net --------------------------------------------------------------------------------- */

static edy_status check_readers(reader *r) {
    const edy_graph *g = r->c.graph;
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (edy_graph_consumer_count(g, g->node[i].output[0]) == 0)
            return edy_text_fail(&r->c, EDY_BAD_FILE, "nothing reads what %s makes",
                                 g->node[i].name);
    return EDY_OK;
}

static edy_status finish_net(reader *r) {
    edy_text_context *c = &r->c;
    edy_graph *g = c->graph;
    edy_error inner;
    if (g->n_nodes == 0)
        return edy_text_fail(c, EDY_BAD_FILE, "the net has no layer");
    g->output = malloc(sizeof *g->output);
    const char *name = edy_region_string(&g->region, "output");
    if (!g->output || !name)
        return edy_text_fail(c, EDY_NO_MEMORY, "no memory for the net");
    g->output[g->n_outputs++] = c->current;
    if (c->current == g->input[0])
        return edy_text_fail(c, EDY_BAD_FILE, "the net ends with its input");
    g->value[c->current].name = name;
    const edy_status status = check_readers(r);
    if (status)
        return status;
    return edy_graph_infer(g, &inner) ? edy_text_fail(c, inner.code, "%s", inner.message) : EDY_OK;
}

static edy_status cut_lines(reader *r, const char *text, size_t size) {
    size_t n = 1;
    for (size_t i = 0; i < size; i++)
        n += text[i] == '\n';
    r->line = calloc(n, sizeof *r->line);
    if (!r->line)
        return edy_text_fail(&r->c, EDY_NO_MEMORY, "no memory for the net");
    const char *end = text + size;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        r->line[r->n_lines++] = (text_line){text, (size_t)(stop - text)};
        text = newline ? newline + 1 : end;
    }
    return EDY_OK;
}

static edy_status read_net(reader *r, const char *text, size_t size) {
    const edy_text_context *c = &r->c;
    if (size > MAX_TEXT_BYTES || size > c->limits->model_bytes)
        return edy_text_fail(c, EDY_LIMIT, "has %zu bytes, a text net has at most %" PRIu64, size,
                             c->limits->model_bytes < MAX_TEXT_BYTES ? c->limits->model_bytes
                                                                     : (uint64_t)MAX_TEXT_BYTES);
    if (edy_graph_create(&r->c.graph, NULL))
        return edy_text_fail(c, EDY_NO_MEMORY, "no memory for the net");
    edy_status status = cut_lines(r, text, size);
    if (!status)
        status = run_file(r);
    if (!status)
        r->c.line = 0; /* from here on sentences are of the whole */
    if (!status && !r->named)
        status = edy_text_fail(c, EDY_BAD_FILE, "a text net begins with \"net NAME\"");
    if (!status && r->only_input && c->current == EDY_NO_VALUE)
        status = edy_text_fail(c, EDY_BAD_FILE, "has no input");
    return status || r->only_input ? status : finish_net(r);
}

static edy_status import(const char *name, const char *text, size_t size, const edy_limits *limits,
                         bool only_input, edy_graph **graph, edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    edy_error own;
    edy_text_scope scope = {.n_labels = 0};
    *graph = NULL;
    reader *r = calloc(1, sizeof *r);
    if (!r)
        return edy_fail(err, EDY_NO_MEMORY, "%.200s: no memory for the net", name);
    r->only_input = only_input;
    r->c = (edy_text_context){.file = name,
                              .limits = limits ? limits : &defaults,
                              .err = err ? err : &own,
                              .seed = 1,
                              .current = EDY_NO_VALUE,
                              .scope = &scope};
    const edy_status status = read_net(r, text, size);
    if (status)
        edy_graph_destroy(r->c.graph);
    else
        *graph = r->c.graph;
    free(r->line);
    free(r);
    return status;
}

static edy_status import_file(const char *path, const edy_limits *limits, bool only_input,
                              edy_graph **graph, edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    edy_error inner;
    uint8_t *bytes;
    size_t size;
    *graph = NULL;
    edy_status status =
        edy_model_file_read(path, limits ? limits : &defaults, &bytes, &size, &inner);
    if (status)
        return edy_fail(err, status, "%.200s: %s", path, inner.message);
    status = import(path, (const char *)bytes, size, limits, only_input, graph, err);
    free(bytes);
    return status;
}

edy_status edy_text_import_memory(const char *name, const char *text, size_t size,
                                  const edy_limits *limits, edy_graph **graph, edy_error *err) {
    return import(name, text, size, limits, false, graph, err);
}

edy_status edy_text_import(const char *path, const edy_limits *limits, edy_graph **graph,
                           edy_error *err) {
    return import_file(path, limits, false, graph, err);
}

edy_status edy_text_import_input(const char *path, const edy_limits *limits, edy_shape *shape,
                                 edy_error *err) {
    edy_graph *graph = NULL;
    const edy_status status = import_file(path, limits, true, &graph, err);
    if (!status)
        *shape = graph->value[graph->input[0]].shape;
    edy_graph_destroy(graph);
    return status;
}
