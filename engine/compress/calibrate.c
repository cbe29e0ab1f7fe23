/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/compress/calibrate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/passes/passes.h"
#include "engine/plan.h"

struct edy_calibration {
    uint64_t images;
    int32_t n_values;
    edy_range *range; /* [n_values] */
};

/* The plan of a prepared graph whose computed values are all outputs: nothing is fused away
 * then. */
typedef struct observer {
    edy_graph *graph;
    edy_value_id *watched; /* borrowed from graph->output */
    int32_t n_watched;
    edy_plan *plan;
    float *input;
    void **outputs; /* one buffer a watched value */
} observer;

static edy_status refuse_quantized(const edy_graph *g, edy_error *err) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_op_kind op = g->node[i].op;
        if (op == EDY_OP_QUANTIZE || op == EDY_OP_DEQUANTIZE || op == EDY_OP_QLINEARCONV)
            return edy_fail(err, EDY_BAD_ARGUMENT,
                            "the model is quantized already: node \"%.80s\" is a %s",
                            g->node[i].name, edy_op_text(op));
    }
    return EDY_OK;
}

edy_status edy_calibration_prepare(const edy_graph *graph, edy_graph **prepared, edy_error *err) {
    *prepared = NULL;
    edy_graph *g = NULL;
    edy_status status = refuse_quantized(graph, err);
    if (!status)
        status = edy_graph_clone(graph, &g, err);
    if (!status)
        status = edy_graph_set_batch(g, 1, err);
    if (!status)
        status = edy_pass_fold_pad(g, err);
    if (!status)
        status = edy_pass_fold_batchnorm(g, err);
    if (status) {
        edy_graph_destroy(g);
        return status;
    }
    *prepared = g;
    return EDY_OK;
}

static edy_status check_input(const edy_graph *g, edy_error *err) {
    if (g->n_inputs != 1)
        return edy_fail(err, EDY_UNSUPPORTED, "the model has %d inputs; one can be calibrated",
                        g->n_inputs);
    const edy_value *x = &g->value[g->input[0]];
    if (x->dtype != EDY_F32)
        return edy_fail(err, EDY_UNSUPPORTED, "input \"%.80s\" is %s, not float32", x->name,
                        edy_dtype_text(x->dtype));
    return EDY_OK;
}

/* Every float tensor that a node computes becomes an output, once. */
static edy_status watch_all(edy_graph *g, edy_error *err) {
    edy_value_id *list = malloc(((size_t)g->n_nodes + 1) * sizeof *list);
    if (!list)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the list of tensors");
    int32_t n = 0;
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->value[g->node[i].output[0]].dtype == EDY_F32)
            list[n++] = g->node[i].output[0];
    free(g->output);
    g->output = list;
    g->n_outputs = n;
    return EDY_OK;
}

static void close_observer(observer *o) {
    for (int32_t i = 0; o->outputs && i < o->n_watched; i++)
        free(o->outputs[i]);
    free(o->outputs);
    free(o->input);
    edy_plan_destroy(o->plan);
    edy_graph_destroy(o->graph);
    *o = (observer){0};
}

static edy_status open_observer(const edy_graph *graph, const edy_calibration_source *source,
                                observer *o, edy_error *err) {
    *o = (observer){0};
    const edy_plan_options options = {.threads = source->threads, .backend = source->backend};
    edy_status status = edy_calibration_prepare(graph, &o->graph, err);
    if (!status)
        status = check_input(o->graph, err);
    if (!status)
        status = watch_all(o->graph, err);
    if (!status)
        status = edy_plan_create(o->graph, &options, &o->plan, err);
    if (status)
        goto fail;
    o->watched = o->graph->output;
    o->n_watched = o->graph->n_outputs;
    o->input = malloc(edy_plan_input(o->plan, 0)->bytes + 1);
    o->outputs = calloc((size_t)o->n_watched + 1, sizeof *o->outputs);
    if (o->input && o->outputs)
        for (int32_t i = 0; i < o->n_watched; i++) {
            o->outputs[i] = malloc(edy_plan_output(o->plan, i)->bytes + 1);
            if (!o->outputs[i])
                status = EDY_NO_MEMORY;
        }
    if (status || !o->input || !o->outputs) {
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for the activations");
        goto fail;
    }
    return EDY_OK;
fail:
    close_observer(o);
    return status;
}

static edy_status widen(edy_range *r, const edy_value *v, const float *x, uint64_t image,
                        edy_error *err) {
    const size_t n = edy_shape_count(&v->shape);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return edy_fail(err, EDY_BAD_FILE,
                            "\"%.80s\" holds %g at element %zu on calibration image %" PRIu64,
                            v->name, (double)x[i], i, image);
        r->low = x[i] < r->low ? x[i] : r->low;
        r->high = x[i] > r->high ? x[i] : r->high;
    }
    return EDY_OK;
}

static edy_status observe(observer *o, const edy_calibration_source *source, uint64_t image,
                          edy_range *range, edy_error *err) {
    const edy_value_id x = o->graph->input[0];
    edy_status status = source->next_image(source->context, image, o->input, err);
    if (!status)
        status = widen(&range[x], &o->graph->value[x], o->input, image, err);
    if (status)
        return status;
    edy_plan_run(o->plan, (const void *const[]){o->input}, o->outputs);
    for (int32_t i = 0; !status && i < o->n_watched; i++) {
        const edy_value_id v = o->watched[i];
        status = widen(&range[v], &o->graph->value[v], o->outputs[i], image, err);
    }
    return status;
}

edy_status edy_calibration_of_ranges(const edy_range *range, int32_t n_values, uint64_t images,
                                     edy_calibration **calibration, edy_error *err) {
    edy_calibration *c = calloc(1, sizeof *c);
    if (c)
        c->range = malloc(((size_t)n_values + 1) * sizeof *c->range);
    *calibration = c;
    if (!c || !c->range) {
        edy_calibration_destroy(c);
        *calibration = NULL;
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the ranges");
    }
    c->images = images;
    c->n_values = n_values;
    memcpy(c->range, range, (size_t)n_values * sizeof *range);
    return EDY_OK;
}

edy_status edy_calibrate(const edy_graph *graph, const edy_calibration_source *source,
                         edy_calibration **calibration, edy_error *err) {
    *calibration = NULL;
    if (source->images == 0)
        return edy_fail(err, EDY_BAD_ARGUMENT, "there are no images to calibrate with");
    observer o;
    edy_status status = open_observer(graph, source, &o, err);
    if (status)
        return status;
    edy_calibration *c = calloc(1, sizeof *c);
    if (c)
        c->range = malloc(((size_t)o.graph->n_values + 1) * sizeof *c->range);
    if (!c || !c->range) {
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for the ranges");
        goto fail;
    }
    c->images = source->images;
    c->n_values = o.graph->n_values;
    for (int32_t i = 0; i < c->n_values; i++)
        c->range[i] = (edy_range){INFINITY, -INFINITY};
    for (uint64_t i = 0; !status && i < source->images; i++)
        status = observe(&o, source, i, c->range, err);
    if (status)
        goto fail;
    close_observer(&o);
    *calibration = c;
    return EDY_OK;
fail:
    edy_calibration_destroy(c);
    close_observer(&o);
    return status;
}

void edy_calibration_destroy(edy_calibration *calibration) {
    if (!calibration)
        return;
    free(calibration->range);
    free(calibration);
}

uint64_t edy_calibration_images(const edy_calibration *calibration) {
    return calibration->images;
}

edy_range edy_calibration_range(const edy_calibration *calibration, edy_value_id value) {
    if (value < 0 || value >= calibration->n_values)
        return (edy_range){INFINITY, -INFINITY};
    return calibration->range[value];
}
