/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The text nets in workloads/nets: their size, and their weights to the last bit, on every machine
 * that the tests are run on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "engine/compress/quantize.h"
#include "engine/compress/ranges_file.h"
#include "engine/import/text_import.h"

/* Sizes as published for these networks with batch norms folded; hashes as generated. */
static const struct net {
    const char *name;
    double mmac, mparameters;
    uint64_t fp32_hash, int8_hash;
} nets[] = {
    {"ds_cnn_49x10", 2.66, 0.023, UINT64_C(0xe04653c9d70a2bfd), UINT64_C(0xa1f9454e47b6dca0)},
    {"mobilenet_v1_0.25_96", 7.49, 0.211, UINT64_C(0x257249cee29a9c37),
     UINT64_C(0x6b17b561adf1dcee)},
    {"mobilenet_v1_1.0_224", 568.7, 4.22, UINT64_C(0x01ffe9e5cbdbbe8a),
     UINT64_C(0x7014ef1c567cd6d1)},
    {"mobilenet_v2_224", 300.8, 3.49, UINT64_C(0x570fdd03aeae8460), UINT64_C(0x0230ae5b1224e8a7)},
    {"resnet18_224", 1814.1, 11.7, UINT64_C(0x931e3acc5f882676), UINT64_C(0x142d0b22a2f55e9a)},
    {"resnet8_32", 12.50, 0.078, UINT64_C(0xfa10fb17c15fe40b), UINT64_C(0x1555a7118d63354d)},
    {"squeezenet_1.1", 349.2, 1.24, UINT64_C(0xf484128ee424849a), UINT64_C(0x0397d8ed6f34a7f5)},
    {"tinyyolo_v2_416", 3485.5, 15.9, UINT64_C(0x93779ddfda4e0cec), UINT64_C(0xc64d028d57819b58)},
};
enum { NETS = sizeof nets / sizeof nets[0] };

#define FOLDER EDYNO_SOURCE_DIR "/workloads/nets/"

static edy_graph *load(const char *net, bool int8) {
    char path[512];
    edy_graph *g, *q = NULL;
    edy_calibration *c;
    edy_error err;
    snprintf(path, sizeof path, FOLDER "%s.net", net);
    if (edy_text_import(path, NULL, &g, &err))
        fail_msg("%s", err.message);
    if (!int8)
        return g;
    snprintf(path, sizeof path, FOLDER "%s.ranges", net);
    if (edy_ranges_read(path, g, NULL, &c, &err) || edy_quantize(g, c, &q, &err))
        fail_msg("%s", err.message);
    edy_calibration_destroy(c);
    edy_graph_adopt(q, g);
    return q;
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
        edy_graph *g = load(nets[i].name, false);
        const double mmac = (double)edy_graph_macs(g) * 1e-6;
        const double mparameters = (double)edy_graph_parameters(g) * 1e-6;
        if (fabs(mmac / nets[i].mmac - 1) > 0.01 ||
            fabs(mparameters / nets[i].mparameters - 1) > 0.02) /* of two or three digits */
            fail_msg("%s: %.2f M multiply-accumulates, %.4f M parameters", nets[i].name, mmac,
                     mparameters);
        edy_graph_destroy(g);
    }
}

static void check_hashes(bool int8) {
    const char *variant = int8 ? "int8" : "fp32";
    size_t wrong = 0;
    for (size_t i = 0; i < NETS; i++) {
        edy_graph *g = load(nets[i].name, int8);
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
    check_hashes(false);
}

static void quantized_weights_are_the_same_on_every_machine(void **state) {
    (void)state;
    check_hashes(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nets_have_their_published_size),
        cmocka_unit_test(weights_are_the_same_on_every_machine),
        cmocka_unit_test(quantized_weights_are_the_same_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
