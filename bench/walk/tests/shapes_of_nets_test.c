/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* workloads/shapes_NET.txt holds each distinct layer of workloads/nets/NET.net, and nothing else:
 * the layers are taken from the network as it is planned. A line that is missing is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "bench/walk/problem.h"
#include "engine/import/text_import.h"
#include "engine/passes/passes.h"
#include "workloads/text_file.h"

/* False for operators that are no kind of layer (Reshape, Softmax, ...). */
static bool kind_of(const edy_graph *g, const edy_node *n, edy_layer_kind *kind) {
    switch (n->op) {
    case EDY_OP_CONV:
        *kind = n->window.groups > 1 && n->window.groups == g->value[n->input[0]].shape.dim[1]
                    ? EDY_LAYER_DWCONV
                    : EDY_LAYER_CONV;
        return true;
    case EDY_OP_GEMM:
        *kind = EDY_LAYER_GEMM;
        return true;
    case EDY_OP_MAXPOOL:
        *kind = EDY_LAYER_MAXPOOL;
        return true;
    case EDY_OP_AVGPOOL:
        *kind = EDY_LAYER_AVGPOOL;
        return true;
    case EDY_OP_GLOBALAVGPOOL:
        *kind = EDY_LAYER_MEAN;
        return true;
    case EDY_OP_ADD:
        *kind = EDY_LAYER_ADD;
        return true;
    default:
        return false;
    }
}

static edy_layer layer_of(const edy_graph *g, const edy_node *n, edy_layer_kind kind) {
    const edy_shape *x = &g->value[n->input[0]].shape, *y = &g->value[n->output[0]].shape;
    edy_layer l = {.kind = kind,
                   .in = {x->dim[0], x->dim[2], x->dim[3], x->dim[1]},
                   .out = y->dim[1],
                   .kernel = {1, 1},
                   .stride = {1, 1},
                   .dilation = {1, 1},
                   .groups = 1};
    if (kind == EDY_LAYER_GEMM)
        memcpy(l.in, (const int64_t[]){x->dim[0], 1, 1, x->dim[1]}, sizeof l.in);
    if (n->op == EDY_OP_CONV || n->op == EDY_OP_MAXPOOL || n->op == EDY_OP_AVGPOOL) {
        memcpy(l.kernel, n->window.kernel, sizeof l.kernel);
        memcpy(l.stride, n->window.stride, sizeof l.stride);
        memcpy(l.dilation, n->window.dilation, sizeof l.dilation);
        memcpy(l.pad, n->window.pad, sizeof l.pad);
        l.groups = n->op == EDY_OP_CONV ? n->window.groups : 1;
    }
    if (n->act_min == 0.0f && kind <= EDY_LAYER_GEMM)
        l.act = n->act_max == 6.0f ? EDY_ACT_RELU6 : EDY_ACT_RELU;
    l.residual = n->op == EDY_OP_CONV && n->n_inputs > EDY_IN_RESIDUAL &&
                 n->input[EDY_IN_RESIDUAL] != EDY_NO_VALUE;
    return l;
}

static bool same(const edy_layer *a, const edy_layer *b) {
    char one[EDY_PROBLEM_TEXT], other[EDY_PROBLEM_TEXT];
    return strcmp(edy_layer_case_text(a, EDY_LAYER_F32, EDY_FILL_EXACT, 0, one),
                  edy_layer_case_text(b, EDY_LAYER_F32, EDY_FILL_EXACT, 0, other)) == 0;
}

static bool listed(const edy_problems *all, const edy_layer *l) {
    for (size_t i = 0; i < all->n; i++)
        if (same(&all->item[i].layer, l))
            return true;
    return false;
}

static void print_line(const char *net, const edy_layer *l) {
    char text[EDY_PROBLEM_TEXT];
    edy_layer_case_text(l, EDY_LAYER_F32, EDY_FILL_EXACT, 0, text);
    *strstr(text, " dtype=") = '\0';
    print_error("shapes_%s.txt lacks: %s\n", net, text);
}

/* What fuses layers, and not what then arranges them for an engine. */
static void fuse(edy_graph *g) {
    static edy_status (*const passes[])(edy_graph *, edy_error *) = {
        edy_pass_fold_pad, edy_pass_fold_batchnorm, edy_pass_fuse_activation,
        edy_pass_fuse_residual, edy_pass_fuse_activation};
    edy_error err;
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        if (passes[i](g, &err))
            fail_msg("%s", err.message);
}

/* Leaky activations are steps of their own, no part of a layer problem: left out. */
static edy_graph *import(const char *net) {
    static const char leaky[] = " leaky=";
    char path[600], *text = NULL;
    edy_graph *g = NULL;
    edy_error err;
    snprintf(path, sizeof path, "%s/workloads/nets/%s.net", EDYNO_SOURCE_DIR, net);
    if (edy_text_file_read(path, 1 << 20, &text, &err))
        fail_msg("%s", err.message);
    for (char *at = text; (at = strstr(at, leaky));)
        memset(at, ' ', sizeof leaky - 1 + strcspn(at + sizeof leaky - 1, " \r\n"));
    if (edy_text_import_memory(path, text, strlen(text), NULL, &g, &err))
        fail_msg("%s", err.message);
    fuse(g);
    free(text);
    return g;
}

/* Distinct layers of the network; how many the file lacks. */
static size_t compare(const char *net, const edy_problems *file, size_t *distinct) {
    edy_graph *g = import(net);
    edy_error err;
    edy_problems own = {.item = NULL};
    size_t missing = 0;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        edy_problem p = {.is_layer = true};
        edy_layer_kind kind;
        if (!kind_of(g, &g->node[i], &kind))
            continue;
        p.layer = layer_of(g, &g->node[i], kind);
        if (listed(&own, &p.layer))
            continue;
        assert_int_equal(edy_problems_add(&own, &p, &err), EDY_OK);
        if (!listed(file, &p.layer)) {
            print_line(net, &p.layer);
            missing++;
        }
    }
    *distinct = own.n;
    edy_problems_free(&own);
    edy_graph_destroy(g);
    return missing;
}

static void files_hold_the_layers(void **state) {
    (void)state;
    size_t nets = 0, missing = 0;
    DIR *dir = opendir(EDYNO_SOURCE_DIR "/workloads/nets");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char net[128], path[600];
        const size_t n = strlen(e->d_name);
        edy_problems file = {.item = NULL};
        edy_error err;
        size_t distinct = 0;
        if (n < 5 || strcmp(e->d_name + n - 4, ".net") != 0)
            continue;
        snprintf(net, sizeof net, "%.*s", (int)(n - 4), e->d_name);
        snprintf(path, sizeof path, "%s/workloads/shapes_%s.txt", EDYNO_SOURCE_DIR, net);
        if (edy_problems_read(path, &file, &err))
            print_error("%s\n", err.message);
        missing += compare(net, &file, &distinct);
        if (file.n != distinct && missing == 0)
            fail_msg("shapes_%s.txt holds %zu layers, the network %zu", net, file.n, distinct);
        edy_problems_free(&file);
        nets++;
    }
    closedir(dir);
    assert_true(nets >= 8);
    assert_int_equal(missing, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_hold_the_layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
