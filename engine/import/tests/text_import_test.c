/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The grammar of text nets: what a line becomes, and how each wrong one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/import/text_import.h"
#include "engine/import/text_weights.h"

static edy_graph *import(const char *text) {
    edy_graph *g;
    edy_error err;
    if (edy_text_import_memory("net", text, strlen(text), NULL, &g, &err))
        fail_msg("%s", err.message);
    return g;
}

static void check_shape(const edy_graph *g, edy_value_id v, const char *expected) {
    char text[100];
    assert_true(g->value[v].shape_known);
    assert_string_equal(edy_shape_text(&g->value[v].shape, text, sizeof text), expected);
}

static void lines_become_nodes(void **state) {
    (void)state;
    edy_graph *g = import("net small.1 # a comment\n"
                          "\n"
                          "input 3x9x8\r\n"
                          "conv 8 3x5 stride=2x1 relu6\n"
                          "  depthwise 3x3 pad=0 dilation=1x2\n"
                          "maxpool 2x2#and another\n"
                          "dense 4 relu\n"
                          "softmax");
    assert_string_equal(g->name, "small.1");
    const edy_op_kind ops[] = {EDY_OP_CONV,    EDY_OP_CLIP, EDY_OP_CONV, EDY_OP_MAXPOOL,
                               EDY_OP_RESHAPE, EDY_OP_GEMM, EDY_OP_RELU, EDY_OP_SOFTMAX};
    const char *const shapes[] = {"1x8x5x8", "1x8x5x8", "1x8x3x4", "1x8x1x2",
                                  "1x16",    "1x4",     "1x4",     "1x4"};
    assert_int_equal(g->n_nodes, 8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(g->node[i].op, ops[i]);
        check_shape(g, g->node[i].output[0], shapes[i]);
    }
    const edy_window *w = &g->node[0].window;
    assert_int_equal(w->pad[0], 1);
    assert_int_equal(w->pad[1], 2); /* half of the kernel's width */
    assert_int_equal(w->stride[0], 2);
    assert_int_equal(w->stride[1], 1);
    assert_int_equal(g->node[2].window.groups, 8);
    assert_true(g->node[1].act_max == 6.0f);
    assert_string_equal(g->value[g->input[0]].name, "input");
    assert_string_equal(g->value[g->output[0]].name, "output");
    assert_string_equal(g->node[0].name, "conv_1");
    assert_string_equal(g->node[1].name, "conv_1.relu6");
    edy_graph_destroy(g);
}

static void same_padding_puts_the_odd_one_at_the_end(void **state) {
    (void)state;
    edy_graph *g = import("net n\ninput 1x49x10\nconv 4 10x4 stride=2 pad=same\n"
                          "maxpool 2x2 stride=1 pad=same\n");
    const int64_t first[] = {4, 1, 5, 1}, second[] = {0, 0, 1, 1};
    assert_memory_equal(g->node[0].window.pad, first, sizeof first);
    assert_memory_equal(g->node[1].window.pad, second, sizeof second);
    assert_int_equal(g->node[1].window.auto_pad, EDY_PAD_EXPLICIT);
    check_shape(g, g->output[0], "1x4x25x5");
    edy_graph_destroy(g);
}

static void concat_keeps_the_order_of_its_labels(void **state) {
    (void)state;
    edy_graph *g = import("net n\ninput 2x4x4\na = conv 3 1x1\nfrom in\nb = conv 5 1x1\n"
                          "concat b in a\n");
    const edy_node *n = &g->node[2];
    assert_int_equal(n->op, EDY_OP_CONCAT);
    assert_int_equal(n->n_inputs, 3);
    assert_int_equal(n->axis, 1);
    assert_int_equal(n->input[0], g->node[1].output[0]);
    assert_int_equal(n->input[1], g->input[0]);
    assert_int_equal(n->input[2], g->node[0].output[0]);
    check_shape(g, g->output[0], "1x10x4x4");
    edy_graph_destroy(g);
}

static void leaky_has_its_slope(void **state) {
    (void)state;
    edy_graph *g = import("net n\ninput 2x4x4\nconv 3 1x1 leaky=0.1\nleaky=0.25\n");
    assert_int_equal(g->n_nodes, 3);
    assert_int_equal(g->node[1].op, EDY_OP_LEAKYRELU);
    assert_true(g->node[1].alpha == 0.1f);
    assert_true(g->node[2].alpha == 0.25f);
    assert_string_equal(g->node[2].name, "leaky_2.leaky");
    edy_graph_destroy(g);
}

static void blocks_and_labels_are_local(void **state) {
    (void)state;
    edy_graph *g = import("net n\ninput 2x4x4\n"
                          "block twice c k\n"
                          "  x = conv $c $k relu\n" /* every call has its own x */
                          "  conv $c 3x3 gain=0.5\n"
                          "  add x\n"
                          "end\n"
                          "block pair c\n"
                          "  repeat 2 twice $c 1x1\n"
                          "  add in relu # what the block began with\n"
                          "end\n"
                          "x = conv 2 1x1\n"
                          "z = pair 2\n"
                          "from x\n"
                          "y = relu\n"
                          "add y\n"
                          "add z\n"
                          "add in\n");
    /* conv; twice: conv relu conv add, two times; add relu; relu; add add add */
    assert_int_equal(g->n_nodes, 1 + 2 * 4 + 2 + 1 + 3);
    for (int i = 1; i < 9; i += 4) /* each sum reads the x of its own call */
        assert_int_equal(g->node[i + 3].input[1], g->node[i + 1].output[0]);
    assert_int_equal(g->node[9].input[1], g->node[0].output[0]);   /* in of pair */
    assert_int_equal(g->node[12].input[0], g->node[11].output[0]); /* y and y */
    assert_int_equal(g->node[13].input[1], g->node[10].output[0]); /* z: with its relu */
    assert_int_equal(g->node[14].input[1], g->input[0]);           /* in of the net */
    edy_graph_destroy(g);
}

static edy_status refused(const char *text, size_t size, const edy_limits *limits, char *message) {
    edy_graph *g;
    edy_error err;
    const edy_status status = edy_text_import_memory("a.net", text, size, limits, &g, &err);
    if (g)
        fail_msg("was taken:\n%.*s", (int)size, text);
    assert_int_equal(err.code, status);
    strcpy(message, err.message);
    return status;
}

static void wrong_lines_are_refused_by_number(void **state) {
    (void)state;
#define HEAD "net n\ninput 2x8x8\n"
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "a.net: a text net begins with \"net NAME\""},
        {"# nothing\n", "a.net: a text net begins with \"net NAME\""},
        {"\nconv 3 1x1\n", "a.net:2: a text net begins with \"net NAME\""},
        {"net a/b\n", "a.net:1: a text net begins with"},
        {"net n\nrelu\n", "a.net:2: \"input CxHxW\" must come before layers"},
        {"net n\ninput 3x8\n", "a.net:2: input behind C is \"8\", but must be HxW"},
        {"net n\ninput 0x8x8\n", "input's C in CxHxW is \"0\""},
        {"net n\ninput\n", "input's C in CxHxW is \"\""},
        {"net n\ninput 60000x60000x60000\n", "a.net:2: input 60000x60000x60000 has more than"},
        {"net n\nseed -1\n", "a.net:2: seed is \"-1\", but must be a whole number, 0 to"},
        {HEAD "seed 2\n", "a.net:3: seed must come before input"},
        {HEAD "input 2x8x8\n", "a.net:3: a net has one input"},
        {HEAD, "a.net: the net has no layer"},
        {HEAD "a = relu\nfrom in\n", "a.net: the net ends with its input"},
        {HEAD "convolve 3 1x1\n",
         "a.net:3: \"convolve\" is no layer and no block before this line"},
        {HEAD "conv\n", "a.net:3: the number of channels is \"\""},
        {HEAD "conv 0 1x1\n", "the number of channels is \"0\""},
        {HEAD "conv 8\n", "a.net:3: the kernel is \"\", but must be HxW"},
        {HEAD "conv 8 3\n", "the kernel is \"3\", but must be HxW"},
        {HEAD "conv 8 3x3x3\n", "the kernel is \"3x3x3\""},
        {HEAD "conv 8 2x2\n", "a.net:3: an even kernel needs pad="},
        {HEAD "conv 8 3x3 stride=0\n", "stride is \"0\", but must be N or HxW"},
        {HEAD "conv 8 3x3 stride=1000000000000\n", "stride is \"1000000000000\""},
        {HEAD "conv 8 3x3 strides=2\n", "a.net:3: \"strides=2\" means nothing to conv"},
        {HEAD "conv 8 3x3 relu relu\n", "\"relu\" means nothing to conv"},
        {HEAD "conv 8 3x3 groups=3\n", "3 groups do not divide 2 channels into 8"},
        {HEAD "conv 8 3x3 gain=0\n", "gain is \"0\", but must be 0.0001 to 100"},
        {HEAD "conv 8 3x3 gain=1e9\n", "gain is \"1e9\""},
        {HEAD "conv 8 3x3 gain=0.00001\n", "gain is \"0.00001\""},
        {HEAD "conv 8 11x11 pad=0\n", "a.net:3: conv: "},
        {HEAD "conv 1000000 4095x4095\n", "the weight of conv_1 would be 1000000x2x4095x4095"},
        {HEAD "conv 30 3x3\nconv 30 1x1 pad=4000\n", "a.net:4: the result of conv_2 would be"},
        {HEAD "maxpool 3x3 pad=3\n", "a.net:3: pad must be less than the kernel"},
        {HEAD "maxpool 3x3 relu\n", "\"relu\" means nothing to maxpool"},
        {HEAD "dense 4\nconv 3 1x1\n", "a.net:4: conv needs an image, but the line before"},
        {HEAD "add x\n", "a.net:3: there is no label \"x\" before this line"},
        {HEAD "add\n", "there is no label \"\""},
        {HEAD "conv 4 1x1\nadd in\n", "a.net:4: cannot add 1x4x8x8 and 1x2x8x8"},
        {HEAD "concat in\n", "a.net:3: concat needs two labels or more"},
        {HEAD "concat in y\n", "a.net:3: there is no label \"y\" before this line"},
        {HEAD "x = maxpool 2x2\nconcat in x\n", "a.net:4: concat: input 1 is 1x2x4x4"},
        {HEAD "x = relu\nx = relu\n", "a.net:4: label \"x\" is taken"},
        {HEAD "in = relu\n", "a.net:3: label \"in\" is taken"},
        {HEAD "x =\n", "a labelled line is LABEL = LAYER"},
        {HEAD "x = relu\nfrom in\nrelu\n", "a.net: nothing reads what relu_1.relu makes"},
        {HEAD "from\n", "a.net:3: from needs one label"},
        {HEAD "repeat 0 relu\n", "the count of repeat is \"0\""},
        {HEAD "repeat 2\n", "repeat needs a line to repeat"},
        {HEAD "repeat 2 x = relu\n", "a.net:3: label \"x\" is taken"},
        {HEAD "relu $x\n", "a.net:3: $x: there is no parameter of that name here"},
        {HEAD "block\nend\n", "a.net:3: block needs a name"},
        {HEAD "block b\nrelu\n", "a.net:3: block b has no end"},
        {HEAD "block conv\nend\n", "a.net:3: the name \"conv\" is taken"},
        {HEAD "block b\nend\nblock b\nend\n", "a.net:5: the name \"b\" is taken"},
        {HEAD "block b p\nrelu\nend\nb\n", "a.net:6: block b takes 1 values, but got 0"},
        {HEAD "block b\nrelu\nblock c\nend\nb\n", "a.net:5: \"block\" is no layer"},
        {HEAD "block b\nb\nend\nb\n", "a.net:4: \"b\" is no layer and no block before"},
        {HEAD "end\n", "a.net:3: \"end\" is no layer"},
        {HEAD "leaky\n", "a.net:3: leaky needs its slope"},
        {HEAD "conv 1 1x1 leaky=-1\n", "a.net:3: leaky is \"-1\", but must be 0.0001 to 100"},
        {HEAD "relu\a\n", "a.net:3: byte 0x07 is not text"},
        {HEAD "relu \xc3\xa4\n", "a.net:3: byte 0xc3 is not text"},
        {HEAD "a a a a a a a a a a a a a a a a a\n", "a.net:3: more than 16 words"},
        {HEAD "conv 123456789012345678901234567890123456789012345678901234567890\n",
         "a.net:3: a word of 60 bytes, more than 47"},
    };
    char message[400];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const edy_status status = refused(cases[i].text, strlen(cases[i].text), NULL, message);
        if (!strstr(message, cases[i].message))
            fail_msg("%s\ngives \"%s\", not \"%s\"", cases[i].text, message, cases[i].message);
        assert_true(status == EDY_BAD_FILE || status == EDY_LIMIT);
        assert_null(strchr(message, '\n'));
    }
    assert_int_equal(refused("net n\0", 6, NULL, message), EDY_BAD_FILE);
    assert_non_null(strstr(message, "byte 0x00 is not text"));
}

/* 8 levels of 100 calls each would be 10^16 lines. */
static void blocks_cannot_explode(void **state) {
    (void)state;
    char text[2000] = HEAD "block b0\nrelu\nend\n", message[400];
    for (int i = 1; i <= 8; i++)
        sprintf(text + strlen(text), "block b%d\nrepeat 100 b%d\nend\n", i, i - 1);
    strcat(text, "b6\n");
    assert_int_equal(refused(text, strlen(text), NULL, message), EDY_LIMIT);
    assert_non_null(strstr(message, "the net unfolds to more than 100000 lines"));
    strcpy(text + strlen(text) - 3, "b8\n");
    assert_int_equal(refused(text, strlen(text), NULL, message), EDY_LIMIT);
    assert_non_null(strstr(message, "more than 8 deep"));
}

static void limits_are_the_callers(void **state) {
    (void)state;
    const char *text = HEAD "conv 4 1x1 relu\ndense 10\n";
    char message[400];
    edy_limits limits = edy_limits_default();
    limits.nodes = 3;
    assert_int_equal(refused(text, strlen(text), &limits, message), EDY_LIMIT);
    assert_non_null(strstr(message, "a.net:4: the net has more than 3 nodes"));
    limits = edy_limits_default();
    limits.tensor_bytes = 4 * 2 * 8 * 8;
    assert_int_equal(refused(text, strlen(text), &limits, message), EDY_LIMIT);
    assert_non_null(strstr(message, "a.net:3: the result of conv_1 would be 1x4x8x8"));
    limits = edy_limits_default();
    limits.model_bytes = 10;
    assert_int_equal(refused(text, strlen(text), &limits, message), EDY_LIMIT);
    assert_non_null(strstr(message, "a text net has at most 10"));
}

/* Every prefix of a net, and every byte of it changed: a net or a sentence, never more. */
static void damaged_nets_end_in_a_sentence(void **state) {
    (void)state;
    static const char text[] = HEAD "block b c\nx = conv $c 3x3 stride=2x1 relu6\nadd x relu\n"
                                    "end\nrepeat 2 b 4\ndense 10 gain=0.25\n";
    char copy[sizeof text];
    edy_graph *g;
    edy_error err;
    for (size_t i = 0; i < sizeof text; i++) {
        edy_status status = edy_text_import_memory("n", text, i, NULL, &g, &err);
        assert_true(status ? g == NULL : g != NULL);
        edy_graph_destroy(g);
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, text, sizeof text);
            copy[i] = (char)(copy[i] ^ 1 << bit);
            status = edy_text_import_memory("n", copy, sizeof text - 1, NULL, &g, &err);
            assert_true(status ? g == NULL && strlen(err.message) > 3 : g != NULL);
            edy_graph_destroy(g);
        }
    }
}

static void files_that_are_none_are_refused(void **state) {
    (void)state;
    edy_graph *g;
    edy_error err;
    assert_int_equal(edy_text_import("no/such.net", NULL, &g, &err), EDY_IO);
    assert_non_null(strstr(err.message, "no/such.net: cannot open"));
    assert_int_equal(edy_text_import(EDYNO_SOURCE_DIR, NULL, &g, &err), EDY_IO);
    assert_non_null(strstr(err.message, "is a directory"));
}

/* ---- Weights --------------------------------------------------------------------------------- */

static void weights_have_the_stated_distribution(void **state) {
    (void)state;
    enum { N = 100000, FAN_IN = 48 };
    static float w[N], b[N];
    edy_text_weights(3, 5, FAN_IN, 2, 5000, w, N, b, N);
    double sum = 0, squares = 0, most = 0, bias_most = 0;
    for (size_t i = 0; i < N; i++) {
        sum += (double)w[i];
        squares += (double)w[i] * (double)w[i];
        most = fmax(most, fabs((double)w[i]));
        bias_most = fmax(bias_most, fabs((double)b[i]));
    }
    const double variance = 0.25 * 2 / FAN_IN, bound = sqrt(3 * variance);
    assert_true(fabs(sum / N) < 4 * sqrt(variance / N));
    assert_true(fabs(squares / N / variance - 1) < 0.02);
    assert_true(most <= bound * 1.0001 && most > bound * 0.999);
    assert_true(bias_most <= 0.05 && bias_most > 0.0499);
}

static void weights_depend_on_seed_and_layer_alone(void **state) {
    (void)state;
    float a[4][8], b[4];
    edy_text_weights(1, 1, 9, 1, 10000, a[0], 8, b, 1);
    edy_text_weights(1, 2, 9, 1, 10000, a[1], 8, b, 1);
    edy_text_weights(2, 1, 9, 1, 10000, a[2], 8, b, 1);
    edy_text_weights(1, 1, 9, 1, 10000, a[3], 8, b, 1);
    assert_memory_equal(a[0], a[3], sizeof a[0]);
    assert_memory_not_equal(a[0], a[1], sizeof a[0]);
    assert_memory_not_equal(a[0], a[2], sizeof a[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_nodes),
        cmocka_unit_test(same_padding_puts_the_odd_one_at_the_end),
        cmocka_unit_test(concat_keeps_the_order_of_its_labels),
        cmocka_unit_test(leaky_has_its_slope),
        cmocka_unit_test(blocks_and_labels_are_local),
        cmocka_unit_test(wrong_lines_are_refused_by_number),
        cmocka_unit_test(blocks_cannot_explode),
        cmocka_unit_test(limits_are_the_callers),
        cmocka_unit_test(damaged_nets_end_in_a_sentence),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(weights_have_the_stated_distribution),
        cmocka_unit_test(weights_depend_on_seed_and_layer_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
