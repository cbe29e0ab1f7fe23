/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/tests/against_oracle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/conform.h"
#include "bench/golden.h"
#include "bench/oracle.h"
#include "engine/plan.h"

enum { PORTS = 8 };

static uint32_t next(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Seeded elements of one input; the caller frees. */
static void *make_input(const edy_value *v, uint32_t *seed) {
    const size_t n = edy_shape_count(&v->shape);
    void *data = malloc(n * edy_dtype_bytes(v->dtype) + 1);
    assert_non_null(data);
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = next(seed);
        if (v->dtype == EDY_F32)
            ((float *)data)[i] = (float)bits / 4194304.0f - 2.0f;
        else if (v->dtype == EDY_BOOL)
            ((uint8_t *)data)[i] = bits & 1;
        else if (edy_dtype_bytes(v->dtype) == 1)
            ((uint8_t *)data)[i] = (uint8_t)bits;
        else if (v->dtype == EDY_S32)
            ((int32_t *)data)[i] = (int32_t)(bits % 2001) - 1000;
        else if (v->dtype == EDY_S64)
            ((int64_t *)data)[i] = (int64_t)(bits % 2001) - 1000;
        else
            fail_msg("an input of %s", edy_dtype_text(v->dtype));
    }
    return data;
}

static double element(edy_dtype dtype, const void *data, size_t i) {
    switch (dtype) {
    case EDY_F32:
        return (double)((const float *)data)[i];
    case EDY_U8:
    case EDY_BOOL:
        return ((const uint8_t *)data)[i];
    case EDY_S8:
        return ((const int8_t *)data)[i];
    case EDY_S32:
        return ((const int32_t *)data)[i];
    default:
        return (double)((const int64_t *)data)[i];
    }
}

static void compare(const edy_plan *plan, int32_t output, const void *got,
                    const edy_oracle_tensor *want) {
    const edy_plan_port *port = edy_plan_output(plan, output);
    const size_t n = edy_shape_count(&port->shape);
    assert_non_null(want);
    assert_true(edy_shape_equal(&port->shape, &want->shape));
    for (size_t i = 0; i < n; i++) {
        const double a = element(port->dtype, got, i), b = want->data[i];
        const double allowed = port->dtype == EDY_F32 ? 1e-4 * (1 + fabs(b)) : 0;
        if (!(fabs(a - b) <= allowed) && !(isnan(a) && isnan(b)))
            fail_msg("%s: output %d, element %zu is %.9g, the oracle has %.9g",
                     edy_plan_backend(plan)->name, output, i, a, b);
    }
}

static void judge(edy_plan *plan, const edy_graph *g, void *const *in) {
    edy_error err;
    edy_node_judgement j;
    edy_golden golden = {.samples = 1, .n_inputs = g->n_inputs};
    for (int32_t i = 0; i < g->n_inputs; i++) {
        const edy_value *v = &g->value[g->input[i]];
        const size_t first = v->shape.rank ? (size_t)v->shape.dim[0] : 1;
        golden.samples = i ? golden.samples : first;
        golden.input[i] = (edy_golden_port){.dtype = v->dtype,
                                            .shape = v->shape,
                                            .sample_bytes = edy_shape_count(&v->shape) *
                                                            edy_dtype_bytes(v->dtype) / first,
                                            .data = in[i]};
    }
    if (edy_judge_nodes(plan, &golden, &j, &err))
        fail_msg("%s", err.message);
    if (j.wrong || j.unknown || j.judged == 0)
        fail_msg("%s: %zu nodes judged, %zu unknown, %zu wrong: %s", edy_plan_backend(plan)->name,
                 j.judged, j.unknown, j.wrong, j.reason);
}

static void run(const edy_graph *g, const edy_plan_options *options, void *const *in,
                const edy_oracle *oracle) {
    edy_plan *plan;
    edy_error err;
    void *out[PORTS];
    if (edy_plan_create(g, options, &plan, &err))
        fail_msg("%s", err.message);
    for (int32_t i = 0; i < g->n_outputs; i++) {
        out[i] = malloc(edy_plan_output(plan, i)->bytes + 1);
        assert_non_null(out[i]);
    }
    edy_plan_run(plan, (const void *const *)in, out);
    for (int32_t i = 0; i < g->n_outputs; i++) {
        compare(plan, i, out[i], edy_oracle_value(oracle, g->output[i]));
        free(out[i]);
    }
    if (options->keep_values)
        judge(plan, g, in);
    edy_plan_destroy(plan);
}

static void run_all(const edy_graph *g, void *const *in, const edy_oracle *oracle) {
    edy_threads *three;
    assert_int_equal(edy_threads_create(3, NULL, NULL, &three, NULL), EDY_OK);
    for (size_t k = 0; k < edy_backend_count(); k++) {
        if (!edy_backend_runs_here(edy_backend_at(k)))
            continue;
        for (int kept = 0; kept < 2; kept++)
            run(g,
                &(edy_plan_options){.backend = edy_backend_at(k),
                                    .threads = kept ? NULL : three,
                                    .keep_values = kept},
                in, oracle);
    }
    edy_threads_destroy(three);
}

static bool is_batched(const edy_ob *b) {
    const Onnx__TensorShapeProto *shape = b->graph.input[0]->type->tensor_type->shape;
    return shape->n_dim > 0 &&
           shape->dim[0]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
}

edy_graph *edy_against_oracle(edy_ob *b) {
    edy_graph *g = edy_ob_import(b);
    const bool batched = is_batched(b);
    edy_error err;
    edy_oracle *oracle;
    void *in[PORTS];
    uint32_t seed = 1;
    edy_ob_destroy(b);
    assert_true(g->n_inputs <= PORTS && g->n_outputs <= PORTS);
    if (batched && edy_graph_set_batch(g, 2, &err))
        fail_msg("%s", err.message);
    for (int32_t i = 0; i < g->n_inputs; i++)
        in[i] = make_input(&g->value[g->input[i]], &seed);
    if (edy_oracle_create(g, EDY_ORACLE_DOUBLE, &oracle, &err) ||
        edy_oracle_run(oracle, (const void *const *)in, &err))
        fail_msg("%s", err.message);
    run_all(g, in, oracle);
    edy_oracle_destroy(oracle);
    for (int32_t i = 0; i < g->n_inputs; i++)
        free(in[i]);
    return g;
}
