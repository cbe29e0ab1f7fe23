/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A graph of many nodes costs time in proportion to its length: nothing searches all of it for each
 * node. Counted in nodes looked at, not in seconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_case.h"
#include "engine/passes/passes.h"

enum { CHAIN = 20000 };

typedef struct chain {
    edy_region region;
    Onnx__NodeProto *node[CHAIN], nodes[CHAIN];
    char *input[CHAIN][2], *output[CHAIN][1];
} chain;

static char *name(chain *c, int i) {
    char text[16];
    snprintf(text, sizeof text, i < 0 ? "x" : i == CHAIN - 1 ? "y" : "v%d", i);
    char *copy = edy_region_string(&c->region, text);
    assert_non_null(copy);
    return copy;
}

/* Node i of the sort, which reads the node before it and `second`, or that node twice. */
static void link_node(chain *c, int i, char *op, char *second) {
    Onnx__NodeProto *n = &c->nodes[i];
    onnx__node_proto__init(n);
    n->op_type = op;
    c->input[i][0] = name(c, i - 1);
    c->input[i][1] = second ? second : c->input[i][0];
    c->output[i][0] = name(c, i);
    n->input = c->input[i];
    n->n_input = strcmp(op, "Add") == 0 || strcmp(op, "Conv") == 0 ? 2 : 1;
    n->output = c->output[i];
    n->n_output = 1;
    c->node[i] = n;
}

/* Imports a chain of these operators in turn, and runs the passes over it. */
static void check_chain(char *const ops[2], char *second, int32_t left) {
    chain *c = calloc(1, sizeof *c);
    assert_non_null(c);
    edy_ob *b = onnx_case_image(13);
    edy_ob_f32(b, "w", 4, DIMS(4, 4, 1, 1), NULL);
    edy_ob_f32(b, "k", 3, DIMS(4, 1, 1), NULL);
    for (int i = 0; i < CHAIN; i++)
        link_node(c, i, ops[i % 2], second);
    b->graph.node = c->node;
    b->graph.n_node = CHAIN;
    edy_graph *g = onnx_case_finish(b);
    assert_int_equal(g->n_nodes, CHAIN);
    assert_true(g->makers->steps <= 16 * (uint64_t)CHAIN);
    edy_error err = {0};
    if (edy_passes_run(g, &err))
        fail_msg("%s", err.message);
    assert_int_equal(g->n_nodes, left);
    assert_true(g->makers->steps <= 64 * (uint64_t)CHAIN);
    edy_graph_destroy(g);
    edy_region_free(&c->region);
    free(c);
}

static void sums_of_a_tensor_with_itself(void **state) {
    (void)state;
    char add[] = "Add";
    check_chain((char *const[]){add, add}, NULL, CHAIN);
}

static void sums_with_a_constant(void **state) {
    (void)state;
    char add[] = "Add", k[] = "k";
    check_chain((char *const[]){add, add}, k, CHAIN);
}

static void activations_are_one(void **state) {
    (void)state;
    char relu[] = "Relu";
    check_chain((char *const[]){relu, relu}, NULL, 1);
}

static void layers_and_activations(void **state) {
    (void)state;
    char conv[] = "Conv", relu[] = "Relu", w[] = "w";
    check_chain((char *const[]){conv, relu}, w, CHAIN / 2 + 2); /* and a copy at each end */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_a_tensor_with_itself),
        cmocka_unit_test(sums_with_a_constant),
        cmocka_unit_test(activations_are_one),
        cmocka_unit_test(layers_and_activations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
