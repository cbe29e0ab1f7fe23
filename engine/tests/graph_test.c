/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/graph.h"
#include "engine/backend.h"
#include "engine/cpu.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* x [1, 3, 8, 8] -> Relu -> Reshape [1, -1] */
static edy_graph *small_graph(void) {
    edy_graph *g = NULL;
    edy_error err;
    edy_value_id x, r, y;
    int32_t n;
    assert_int_equal(edy_graph_create(&g, &err), EDY_OK);
    edy_graph_add_value(g, "x", EDY_F32, &x, &err);
    edy_graph_add_value(g, "r", EDY_F32, &r, &err);
    edy_graph_add_value(g, "y", EDY_F32, &y, &err);
    g->value[x].shape = edy_shape_make(4, (const int64_t[]){1, 3, 8, 8});
    g->value[x].shape_known = true;
    edy_graph_add_node(g, EDY_OP_RELU, "relu", &n, &err);
    g->node[n].act_min = 0.0f;
    g->node[n].n_inputs = g->node[n].n_outputs = 1;
    g->node[n].input[0] = x;
    g->node[n].output[0] = r;
    edy_graph_add_node(g, EDY_OP_RESHAPE, "flat", &n, &err);
    g->node[n].n_inputs = g->node[n].n_outputs = 1;
    g->node[n].input[0] = r;
    g->node[n].output[0] = y;
    g->node[n].n_target = 2;
    g->node[n].target[0] = 1;
    g->node[n].target[1] = -1;
    g->input = malloc(sizeof *g->input);
    g->output = malloc(sizeof *g->output);
    g->input[0] = x;
    g->output[0] = y;
    g->n_inputs = g->n_outputs = 1;
    return g;
}

static void shapes_follow_the_batch(void **state) {
    (void)state;
    edy_graph *g = small_graph();
    edy_error err;
    assert_int_equal(edy_graph_infer(g, &err), EDY_OK);
    assert_int_equal(g->value[g->output[0]].shape.dim[1], 192);
    assert_int_equal(edy_graph_set_batch(g, 5, &err), EDY_OK);
    assert_int_equal(g->value[g->output[0]].shape.dim[0], 5);
    assert_int_equal(g->value[g->output[0]].shape.dim[1], 192);
    assert_int_equal(edy_graph_set_batch(g, 0, &err), EDY_BAD_ARGUMENT);
    edy_graph_destroy(g);
}

static void errors_name_operator_and_node(void **state) {
    (void)state;
    edy_graph *g = small_graph();
    edy_error err;
    g->node[1].target[1] = 7;
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "Reshape (node \"flat\")"));
    g->node[1].target[1] = -1;
    g->node[0].input[0] = g->node[1].output[0]; /* a cycle */
    assert_int_equal(edy_graph_infer(g, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "Relu (node \"relu\")"));
    edy_graph_destroy(g);
}

static void editing_keeps_the_order(void **state) {
    (void)state;
    edy_graph *g = small_graph(), *copy = NULL;
    edy_error err;
    assert_int_equal(edy_graph_clone(g, &copy, &err), EDY_OK);
    edy_node extra = copy->node[0];
    edy_value_id v;
    edy_graph_add_value(copy, "v", EDY_F32, &v, &err);
    extra.output[0] = v;
    extra.input[0] = copy->node[0].output[0];
    assert_int_equal(edy_graph_insert_node(copy, 1, &extra, &err), EDY_OK);
    assert_int_equal(copy->n_nodes, 3);
    assert_int_equal(g->n_nodes, 2);
    copy->node[2].input[0] = v;
    assert_int_equal(edy_graph_producer(copy, v), 1);
    assert_int_equal(edy_graph_consumer(copy, v), 2);
    assert_int_equal(edy_graph_consumer(copy, copy->output[0]), -1); /* an output, no node */
    assert_int_equal(edy_graph_infer(copy, &err), EDY_OK);
    edy_graph_replace_uses(copy, v, copy->node[0].output[0]);
    assert_int_equal(edy_graph_remove_dead(copy, &err), EDY_OK);
    assert_int_equal(copy->n_nodes, 2);
    edy_graph_destroy(copy);
    edy_graph_destroy(g);
}

static void sizes_are_checked(void **state) {
    (void)state;
    edy_error err;
    size_t n = 0;
    edy_shape s = edy_shape_make(3, (const int64_t[]){1 << 30, 1 << 30, 1 << 30});
    assert_int_equal(edy_shape_elems(&s, &n, &err), EDY_LIMIT);
    s = edy_shape_make(2, (const int64_t[]){-4, 2});
    assert_int_equal(edy_shape_elems(&s, &n, &err), EDY_LIMIT);
    assert_non_null(strstr(err.message, "-4"));
    s = edy_shape_make(0, NULL);
    assert_int_equal(edy_shape_elems(&s, &n, &err), EDY_OK);
    assert_int_equal(n, 1);
    char text[64];
    s = edy_shape_make(4, (const int64_t[]){1, 3, 224, 224});
    assert_string_equal(edy_shape_text(&s, text, sizeof text), "1x3x224x224");
    edy_region r = {0};
    assert_null(edy_region_array(&r, SIZE_MAX / 2, 8));
    edy_region_free(&r);
}

static void backends_are_found_by_name_only(void **state) {
    (void)state;
    edy_error err;
    const edy_backend *b = NULL;
    assert_int_equal(edy_backend_find("scalar", &b, &err), EDY_OK);
    assert_string_equal(b->name, "scalar");
    assert_int_equal(edy_backend_find("avx9", &b, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "avx9"));
    assert_non_null(strstr(err.message, "scalar"));
    assert_int_equal(edy_backend_find("", &b, &err), EDY_BAD_ARGUMENT);
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *at = edy_backend_at(i);
        const edy_status status = edy_backend_find(at->name, &b, &err);
        assert_int_equal(status, edy_backend_runs_here(at) ? EDY_OK : EDY_UNSUPPORTED_HARDWARE);
    }
    assert_string_equal(edy_backend_at(edy_backend_count() - 1)->name, "scalar");
}

static void names_can_be_printed(void **state) {
    (void)state;
    edy_graph *g = NULL;
    edy_error err;
    edy_value_id v;
    int32_t n;
    assert_int_equal(edy_graph_create(&g, &err), EDY_OK);
    assert_int_equal(edy_graph_add_value(g, "c\x1b[31m\n", EDY_F32, &v, &err), EDY_OK);
    assert_string_equal(g->value[v].name, "c?[31m?");
    assert_int_equal(edy_graph_add_node(g, EDY_OP_RELU, "a\tb\x7f", &n, &err), EDY_OK);
    assert_string_equal(g->node[n].name, "a?b?");
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_follow_the_batch),
        cmocka_unit_test(errors_name_operator_and_node),
        cmocka_unit_test(editing_keeps_the_order),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(names_can_be_printed),
        cmocka_unit_test(backends_are_found_by_name_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
