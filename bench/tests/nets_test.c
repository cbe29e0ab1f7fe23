/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Activations of the text nets in workloads/nets stay healthy to the last layer, fp32 and int8. The
 * large nets are run only where EDYNO_TEST_LARGE_NETS is set: they take a few seconds each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/synthetic.h"
#include "engine/plan.h"
#include "workloads/model_load.h"

static const struct net {
    const char *name;
    bool large;
} nets[] = {
    {"ds_cnn_49x10", false},    {"mobilenet_v1_0.25_96", false}, {"mobilenet_v1_1.0_224", true},
    {"mobilenet_v2_224", true}, {"resnet18_224", true},          {"resnet8_32", false},
    {"squeezenet_1.1", true},   {"tinyyolo_v2_416", true},
};
enum { NETS = sizeof nets / sizeof nets[0] };

static edy_workloads *all;

static int open_registry(void **state) {
    (void)state;
    return edy_workloads_open(EDYNO_SOURCE_DIR "/workloads", &all, NULL) ? -1 : 0;
}

static int close_registry(void **state) {
    (void)state;
    edy_workloads_close(all);
    return 0;
}

static edy_graph *load(const char *net, const char *variant) {
    const edy_workload *w;
    edy_graph *g = NULL;
    edy_error err;
    if (edy_workloads_resolve(all, net, &w, &err))
        fail_msg("%s", err.message);
    assert_int_equal(w->group, EDY_GROUP_NETS);
    assert_non_null(edy_workload_variant(w, variant));
    if (edy_variant_load(edy_workload_variant(w, variant), &g, &err))
        fail_msg("%s", err.message);
    return g;
}

/* ---- Health ---------------------------------------------------------------------------------- */

typedef struct spread {
    double rms, deviation, zeros, low, high; /* zeros: share; low, high: share of these extremes */
} spread;

static spread measure(const float *x, size_t n) {
    double sum = 0, squares = 0, zeros = 0, low = 0, high = 0;
    float least = x[0], most = x[0];
    for (size_t i = 0; i < n; i++) {
        assert_true(isfinite(x[i]));
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
        zeros += x[i] == 0.0f;
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    for (size_t i = 0; i < n; i++) {
        low += x[i] == least && x[i] != 0.0f;
        high += x[i] == most && x[i] != 0.0f;
    }
    const double mean = sum / (double)n, square = squares / (double)n, count = (double)n;
    return (spread){sqrt(square), sqrt(square - mean * mean), zeros / count, low / count,
                    high / count};
}

/* Runs on one seeded input with every tensor kept; each then is seen as real numbers. */
static void check_health(const char *net, const char *variant) {
    edy_graph *g = load(net, variant);
    edy_plan *plan;
    edy_error err;
    const edy_plan_options options = {0};
    edy_value_id *watched = malloc((size_t)g->n_nodes * sizeof *watched);
    assert_non_null(watched);
    int32_t n = 0;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_node *node = &g->node[i];
        const bool constant = g->value[node->input[0]].data != NULL;
        if (g->value[node->output[0]].dtype == EDY_F32 && !constant)
            watched[n++] = node->output[0];
    }
    free(g->output);
    g->output = watched;
    g->n_outputs = n;
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s: %s", net, err.message);
    float *input = malloc(edy_plan_input(plan, 0)->bytes);
    void **out = malloc((size_t)n * sizeof *out);
    assert_true(input && out);
    edy_synthetic_fill(5, 0, 0, EDY_UNIFORM, EDY_F32, edy_plan_input(plan, 0)->bytes / 4, input);
    for (int32_t i = 0; i < n; i++)
        assert_non_null(out[i] = malloc(edy_plan_output(plan, i)->bytes));
    edy_plan_run(plan, (const void *[]){input}, out);
    for (int32_t i = 0; i < n; i++) {
        const edy_plan_port *port = edy_plan_output(plan, i);
        const spread s = measure(out[i], port->bytes / 4);
        /* A deviation over few elements says little: those of the last rows are judged by rms. */
        const bool few = port->bytes / 4 < 16;
        if (s.rms < 0.1 || s.rms > 10 || (!few && s.deviation < 0.1) || s.zeros > 0.8 ||
            (!few && (s.low > 0.05 || s.high > 0.05)))
            fail_msg("%s/%s: \"%s\" has rms %.3g, deviation %.3g, %.0f %% zeros, %.1f and %.1f %% "
                     "at its ends",
                     net, variant, port->name, s.rms, s.deviation, 100 * s.zeros, 100 * s.low,
                     100 * s.high);
        free(out[i]);
    }
    free(out);
    free(input);
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

static void activations_stay_healthy(void **state) {
    (void)state;
    const bool every = getenv("EDYNO_TEST_LARGE_NETS") != NULL;
    for (size_t i = 0; i < NETS; i++) {
        if (nets[i].large && !every)
            continue;
        check_health(nets[i].name, "fp32");
        check_health(nets[i].name, "int8");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_stay_healthy),
    };
    return cmocka_run_group_tests(tests, open_registry, close_registry);
}
