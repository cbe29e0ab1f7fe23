/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Constant sub-graphs are computed while importing; inputs may be bound to constants. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/import/tests/onnx_builder.h"
#include "engine/import/onnx_import.h"
#include "engine/plan.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static edy_ob *image(void) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 6, 2, 3));
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

/* Shape, Gather, Unsqueeze, arithmetic, Concat, Reshape: a channel shuffle as PyTorch writes it. */
static void sizes_that_an_exporter_computes(void **state) {
    (void)state;
    edy_ob *b = image();
    edy_ob_tensor(b, "0", EDY_S64, 0, NULL, DIMS(0));
    edy_ob_tensor(b, "1", EDY_S64, 0, NULL, DIMS(1));
    edy_ob_s64(b, "axis", 1, DIMS(0));
    edy_ob_s64(b, "two", 1, DIMS(2));
    edy_ob_s64(b, "rest", 1, DIMS(-1));
    edy_ob_node(b, "Shape", "s", "x", "shape");
    edy_ob_node(b, "Gather", "g0", "shape 0", "n");
    edy_ob_node(b, "Gather", "g1", "shape 1", "c");
    edy_ob_node(b, "Unsqueeze", "u0", "n axis", "n1");
    edy_ob_node(b, "Unsqueeze", "u1", "c axis", "c1");
    edy_ob_node(b, "Div", "d", "c1 two", "half");
    Onnx__NodeProto *n = edy_ob_node(b, "Concat", "join", "n1 two half rest", "target");
    edy_ob_int(b, n, "axis", 0);
    edy_ob_node(b, "Reshape", "r", "x target", "y");
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(g->node[0].op, EDY_OP_RESHAPE);
    assert_true(edy_shape_equal(&edy_ob_value(g, "y")->shape,
                                &(edy_shape){.rank = 4, .dim = {1, 2, 3, 6}}));
    assert_int_equal(edy_graph_set_batch(g, 5, NULL), EDY_OK); /* the computed batch follows */
    assert_true(edy_shape_equal(&edy_ob_value(g, "y")->shape,
                                &(edy_shape){.rank = 4, .dim = {5, 2, 3, 6}}));
    edy_graph_destroy(g);
}

/* A constant that is expanded to the batch, as the class token of a transformer. */
static void constants_that_follow_the_batch(void **state) {
    (void)state;
    edy_ob *b = image();
    edy_ob_f32(b, "token", 4, DIMS(1, 1, 2, 3), NULL);
    edy_ob_tensor(b, "0", EDY_S64, 0, NULL, DIMS(0));
    edy_ob_s64(b, "axis", 1, DIMS(0));
    edy_ob_s64(b, "rest", 3, DIMS(1, 1, 1));
    edy_ob_node(b, "Shape", "s", "x", "shape");
    edy_ob_node(b, "Gather", "g", "shape 0", "n");
    edy_ob_node(b, "Unsqueeze", "u", "n axis", "n1");
    Onnx__NodeProto *n = edy_ob_node(b, "Concat", "c", "n1 rest", "target");
    edy_ob_int(b, n, "axis", 0);
    edy_ob_node(b, "Expand", "e", "token target", "tokens");
    edy_ob_node(b, "ConstantOfShape", "z", "target", "zeros");
    n = edy_ob_node(b, "Concat", "j", "tokens x", "joined");
    edy_ob_int(b, n, "axis", 1);
    edy_ob_node(b, "Add", "a", "joined zeros", "y");
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    assert_int_equal(edy_graph_set_batch(g, 3, NULL), EDY_OK);
    assert_true(edy_shape_equal(&edy_ob_value(g, "tokens")->shape,
                                &(edy_shape){.rank = 4, .dim = {3, 1, 2, 3}}));
    assert_true(edy_shape_equal(&edy_ob_value(g, "y")->shape,
                                &(edy_shape){.rank = 4, .dim = {3, 7, 2, 3}}));
    edy_graph_destroy(g);
}

static void floats_fold_by_the_same_functions(void **state) {
    (void)state;
    edy_ob *b = image();
    edy_ob_f32(b, "k", 1, DIMS(3), (const float[]){-1, 0, 4});
    edy_ob_node(b, "Exp", "e", "k", "e");
    edy_ob_node(b, "Neg", "n", "e", "n");
    Onnx__NodeProto *n = edy_ob_node(b, "ReduceSum", "r", "n", "r");
    edy_ob_int(b, n, "keepdims", 0);
    edy_ob_node(b, "Add", "a", "x r", "y");
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    assert_int_equal(g->n_nodes, 1);
    const edy_value *r = edy_ob_value(g, "r");
    assert_non_null(r->data);
    assert_int_equal(r->shape.rank, 0);
    const float want = -expf(-1.0f) + -1.0f + -expf(4.0f);
    assert_true(*(const float *)r->data == want);
    edy_graph_destroy(g);
}

/* Tile by a million twice would be 4 TB. */
static void constants_have_a_limit(void **state) {
    (void)state;
    edy_ob *b = image();
    edy_ob_f32(b, "k", 1, DIMS(1), NULL);
    edy_ob_s64(b, "many", 1, DIMS(1000000));
    edy_ob_node(b, "Tile", "t", "k many", "a");
    edy_ob_node(b, "Tile", "u", "a many", "c");
    edy_ob_node(b, "Add", "s", "x c", "y");
    edy_ob_refused(b, EDY_LIMIT, "needs more than the limit");
    b = image();
    edy_ob_s64(b, "shape", 2, DIMS(INT64_C(1) << 40, INT64_C(1) << 40));
    edy_ob_node(b, "ConstantOfShape", "t", "shape", "k");
    edy_ob_node(b, "Add", "s", "x k", "y");
    edy_ob_refused(b, EDY_LIMIT, "makes the tensor too large");
    b = image();
    edy_ob_tensor(b, "a", EDY_S64, 0, NULL, DIMS(0));
    edy_ob_tensor(b, "e", EDY_S64, 0, NULL, DIMS(INT64_MAX));
    edy_ob_tensor(b, "d", EDY_S64, 0, NULL, DIMS(1));
    edy_ob_node(b, "Range", "t", "a e d", "k");
    edy_ob_node(b, "Add", "s", "x k", "y");
    edy_ob_refused(b, EDY_LIMIT, "input 1 is");
}

static void odd_forms(void **state) {
    (void)state;
    edy_ob *b = image(); /* division by zero, and of the least number by -1 */
    edy_ob_s64(b, "k", 2, DIMS(INT64_MIN, 5));
    edy_ob_s64(b, "by", 2, DIMS(-1, 0));
    edy_ob_node(b, "Div", "d", "k by", "q");
    Onnx__NodeProto *n = edy_ob_node(b, "Cast", "c", "q", "f");
    edy_ob_int(b, n, "to", 9);
    n = edy_ob_node(b, "Cast", "c2", "f", "f2");
    edy_ob_int(b, n, "to", 1);
    edy_ob_s64(b, "second", 1, DIMS(1));
    edy_ob_node(b, "Gather", "g", "f2 second", "zero");
    edy_ob_node(b, "Add", "a", "x zero", "y");
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    assert_true(*(const float *)edy_ob_value(g, "zero")->data == 0.0f);
    edy_graph_destroy(g);
    b = image();
    n = edy_ob_node(b, "Cast", "c", "x", "y");
    edy_ob_int(b, n, "to", 11);
    edy_ob_refused(b, EDY_UNSUPPORTED, "from float32 to float64 is not supported");
}

/* One node of the file, several of ours: each has a name of its own, so that an export is valid. */
static void parts_have_names_of_their_own(void **state) {
    (void)state;
    edy_ob *b = image();
    const float half = 0.5f;
    edy_ob_f32(b, "half", 0, NULL, &half);
    Onnx__NodeProto *n = edy_ob_node(b, "Split", "s", "x", "a b");
    edy_ob_int(b, n, "axis", 1);
    edy_ob_node(b, "Sum", "sum", "a b a half", "c");
    n = edy_ob_node(b, "ReduceMean", "mean", "c", "m");
    edy_ob_ints(b, n, "axes", 2, DIMS(2, 3));
    edy_ob_int(b, n, "keepdims", 0);
    n = edy_ob_node(b, "Gemm", "gemm", "m m m", "y");
    edy_ob_int(b, n, "transA", 1);
    edy_ob_float(b, n, "alpha", 2.0f);
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    assert_int_equal(g->n_nodes, 2 + 3 + 2 + 4);
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t j = 0; j < i; j++)
            assert_string_not_equal(g->node[i].name, g->node[j].name);
    edy_graph_destroy(g);
}

/* ---- Inputs that are bound ------------------------------------------------------------------- */

static void write_model(edy_ob *b, const char *path) {
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    free(bytes);
    edy_ob_destroy(b);
}

static void bound_inputs(void **state) {
    (void)state;
    char path[] = "/tmp/edyno-fold-XXXXXX";
    close(mkstemp(path));
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(2, 3));
    edy_ob_input(b, "shape", EDY_S64, 1, DIMS(2));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Reshape", "r", "x shape", "y");
    write_model(b, path);
    char wanted[EDY_WANTED_SIZE];
    edy_import_binding binding = {"shape", EDY_S64, {.rank = 1, .dim = {2}}, DIMS(3, 2)};
    edy_import_options options = {.wanted = wanted};
    edy_graph *g;
    edy_error err;
    assert_int_equal(edy_onnx_import_with(path, &options, &g, &err), EDY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "\"shape\" is not a constant but an input of the graph"));
    assert_string_equal(wanted, "shape");
    options.bindings = &binding;
    options.n_bindings = 1;
    assert_int_equal(edy_onnx_import_with(path, &options, &g, &err), EDY_OK);
    assert_int_equal(g->n_inputs, 1);
    assert_true(
        edy_shape_equal(&edy_ob_value(g, "y")->shape, &(edy_shape){.rank = 2, .dim = {3, 2}}));
    edy_graph_destroy(g);
    binding.dtype = EDY_F32;
    assert_int_equal(edy_onnx_import_with(path, &options, &g, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "input \"shape\" is bound to float32, but is int64"));
    binding.name = "other";
    assert_int_equal(edy_onnx_import_with(path, &options, &g, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "no input \"other\""));
    unlink(path);
}

/* All inputs bound: the plan has no input and no step, and still gives its output. */
static void results_that_are_constants(void **state) {
    (void)state;
    char path[] = "/tmp/edyno-fold-XXXXXX";
    close(mkstemp(path));
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 1, DIMS(2));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Neg", "n", "x", "y");
    write_model(b, path);
    const edy_import_binding binding = {
        "x", EDY_F32, {.rank = 1, .dim = {2}}, (const float[]){1, NAN}};
    edy_import_options options = {.bindings = &binding, .n_bindings = 1};
    edy_graph *g;
    edy_plan *plan;
    edy_error err;
    assert_int_equal(edy_onnx_import_with(path, &options, &g, &err), EDY_BAD_FILE);
    const edy_import_binding finite = {
        "x", EDY_F32, {.rank = 1, .dim = {2}}, (const float[]){1, 0}};
    options.bindings = &finite;
    options.constant_results = true;
    assert_int_equal(edy_onnx_import_with(path, &options, &g, &err), EDY_OK);
    assert_int_equal(edy_plan_create(g, NULL, &plan, &err), EDY_OK);
    assert_int_equal(edy_plan_input_count(plan), 0);
    float y[2];
    edy_plan_run(plan, NULL, (void *const[]){y});
    assert_true(y[0] == -1.0f && y[1] == 0.0f && signbit(y[1]));
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
    unlink(path);
}

/* NaN goes through, infinities and zeros of both signs come out as the functions have them. */
static void special_numbers(void **state) {
    (void)state;
    static const char *const names[] = {"Sigmoid", "Tanh",     "Softplus", "HardSwish",
                                        "Elu",     "Softsign", "Selu",     "Sign",
                                        "Erf",     "Round",    "Celu",     "HardSigmoid"};
    const float x[5] = {NAN, -0.0f, INFINITY, -INFINITY, 2.5f};
    for (size_t f = 0; f < sizeof names / sizeof names[0]; f++) {
        edy_ob *b = edy_ob_create(14);
        edy_ob_input(b, "x", EDY_F32, 1, DIMS(5));
        edy_ob_output(b, "y", EDY_F32);
        edy_ob_node(b, names[f], "f", "x", "y");
        edy_graph *g = edy_ob_import(b);
        edy_plan *plan;
        float y[5];
        edy_ob_destroy(b);
        assert_int_equal(edy_plan_create(g, NULL, &plan, NULL), EDY_OK);
        edy_plan_run(plan, (const void *const[]){x}, (void *const[]){y});
        assert_true(isnan(y[0]));
        for (int i = 1; i < 5; i++)
            if (isnan(y[i]) && !(strcmp(names[f], "HardSwish") == 0 && i == 3)) /* -inf * 0 */
                fail_msg("%s of %g is NaN", names[f], (double)x[i]);
        if (strcmp(names[f], "Round") == 0)
            assert_true(y[4] == 2.0f && signbit(y[1]));
        edy_plan_destroy(plan);
        edy_graph_destroy(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_an_exporter_computes),
        cmocka_unit_test(constants_that_follow_the_batch),
        cmocka_unit_test(floats_fold_by_the_same_functions),
        cmocka_unit_test(constants_have_a_limit),
        cmocka_unit_test(odd_forms),
        cmocka_unit_test(parts_have_names_of_their_own),
        cmocka_unit_test(bound_inputs),
        cmocka_unit_test(results_that_are_constants),
        cmocka_unit_test(special_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
