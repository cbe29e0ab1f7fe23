/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The text nets in workloads/nets: their size, their weights to the last bit, and that activations
 * stay healthy to the last layer. The large ones are run only where EDYNO_TEST_LARGE_NETS is set:
 * they take a few seconds each. */
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

/* Sizes as published for these networks with batch norms folded; hashes as generated. */
static const struct net {
    const char *name;
    double mmac, mparameters;
    uint64_t fp32_hash, int8_hash;
    bool large;
} nets[] = {
    {"ds_cnn_49x10", 2.66, 0.023, UINT64_C(0xe04653c9d70a2bfd), UINT64_C(0xa1f9454e47b6dca0),
     false},
    {"mobilenet_v1_0.25_96", 7.49, 0.211, UINT64_C(0x257249cee29a9c37),
     UINT64_C(0x6b17b561adf1dcee), false},
    {"mobilenet_v1_1.0_224", 568.7, 4.22, UINT64_C(0x01ffe9e5cbdbbe8a),
     UINT64_C(0x7014ef1c567cd6d1), true},
    {"mobilenet_v2_224", 300.8, 3.49, UINT64_C(0x570fdd03aeae8460), UINT64_C(0x0230ae5b1224e8a7),
     true},
    {"resnet18_224", 1814.1, 11.7, UINT64_C(0x931e3acc5f882676), UINT64_C(0x142d0b22a2f55e9a),
     true},
    {"resnet8_32", 12.50, 0.078, UINT64_C(0xfa10fb17c15fe40b), UINT64_C(0x1555a7118d63354d), false},
    {"squeezenet_1.1", 349.2, 1.24, UINT64_C(0xf484128ee424849a), UINT64_C(0x0397d8ed6f34a7f5),
     true},
    {"tinyyolo_v2_416", 3485.5, 15.9, UINT64_C(0x93779ddfda4e0cec), UINT64_C(0xc64d028d57819b58),
     true},
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
    edy_graph *g;
    edy_error err;
    if (edy_workloads_resolve(all, net, &w, &err))
        fail_msg("%s", err.message);
    assert_int_equal(w->group, EDY_GROUP_NETS);
    assert_non_null(edy_workload_variant(w, variant));
    if (edy_variant_load(edy_workload_variant(w, variant), &g, &err))
        fail_msg("%s", err.message);
    return g;
}

/* FNV-1a, 64 bits, over the payloads of all constants that nodes read, in order. */
static uint64_t hash_constants(const edy_graph *g) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t j = 0; j < g->node[i].n_inputs; j++) {
            const edy_value_id id = g->node[i].input[j];
            if (id == EDY_NO_VALUE || !g->value[id].data)
                continue;
            const edy_value *v = &g->value[id];
            const size_t bytes = edy_shape_count(&v->shape) * edy_dtype_bytes(v->dtype);
            for (size_t k = 0; k < bytes; k++)
                hash = (hash ^ ((const uint8_t *)v->data)[k]) * UINT64_C(0x100000001b3);
        }
    return hash;
}

static void nets_have_their_published_size(void **state) {
    (void)state;
    for (size_t i = 0; i < NETS; i++) {
        edy_graph *g = load(nets[i].name, "fp32");
        const double mmac = (double)edy_graph_macs(g) * 1e-6;
        const double mparameters = (double)edy_graph_parameters(g) * 1e-6;
        if (fabs(mmac / nets[i].mmac - 1) > 0.01 ||
            fabs(mparameters / nets[i].mparameters - 1) > 0.02) /* of two or three digits */
            fail_msg("%s: %.2f M multiply-accumulates, %.4f M parameters", nets[i].name, mmac,
                     mparameters);
        edy_graph_destroy(g);
    }
}

static void check_hashes(const char *variant, bool int8) {
    size_t wrong = 0;
    for (size_t i = 0; i < NETS; i++) {
        edy_graph *g = load(nets[i].name, variant);
        const uint64_t got = hash_constants(g);
        const uint64_t want = int8 ? nets[i].int8_hash : nets[i].fp32_hash;
        if (got != want)
            print_message("%s/%s: 0x%016llx\n", nets[i].name, variant, (unsigned long long)got);
        wrong += got != want;
        edy_graph_destroy(g);
    }
    assert_int_equal(wrong, 0);
}

static void weights_are_the_same_on_every_machine(void **state) {
    (void)state;
    check_hashes("fp32", false);
}

static void quantized_weights_are_the_same_on_every_machine(void **state) {
    (void)state;
    check_hashes("int8", true);
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
        cmocka_unit_test(nets_have_their_published_size),
        cmocka_unit_test(weights_are_the_same_on_every_machine),
        cmocka_unit_test(quantized_weights_are_the_same_on_every_machine),
        cmocka_unit_test(activations_stay_healthy),
    };
    return cmocka_run_group_tests(tests, open_registry, close_registry);
}
