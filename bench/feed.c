/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/synthetic.h"

struct edy_feed_cache {
    edy_golden *golden[EDY_FEED_SAMPLES]; /* of the batch that begins with that sample; or NULL */
};

/* ---- The pool of inputs ---------------------------------------------------------------------- */

static edy_status make_pool(edy_feed *feed, edy_error *err) {
    for (int32_t i = 0; i < feed->n_inputs; i++) {
        const size_t room = feed->samples + feed->batch - 1;
        if (feed->sample_bytes[i] && room > SIZE_MAX / 2 / feed->sample_bytes[i])
            return edy_fail(err, EDY_LIMIT, "a batch of %zu inputs is too large", feed->batch);
        feed->pool[i] = malloc(room * feed->sample_bytes[i] + 1);
        if (!feed->pool[i])
            return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu inputs", room);
    }
    return EDY_OK;
}

/* The first samples once more at the end, so that a batch can begin anywhere. */
static void wrap_pool(edy_feed *feed) {
    for (int32_t i = 0; i < feed->n_inputs; i++) {
        const size_t bytes = feed->sample_bytes[i];
        for (size_t k = feed->samples; k < feed->samples + feed->batch - 1; k++)
            memcpy(feed->pool[i] + k * bytes, feed->pool[i] + k % feed->samples * bytes, bytes);
    }
}

static edy_status pool_of_golden(edy_feed *feed, edy_error *err) {
    const edy_golden *g = feed->golden;
    feed->samples = g->samples;
    feed->n_inputs = g->n_inputs;
    for (int32_t i = 0; i < g->n_inputs; i++)
        feed->sample_bytes[i] = g->input[i].sample_bytes;
    const edy_status status = make_pool(feed, err);
    for (int32_t i = 0; i < g->n_inputs && !status; i++)
        memcpy(feed->pool[i], g->input[i].data, g->samples * feed->sample_bytes[i]);
    return status;
}

static size_t input_elems(const edy_graph *graph, int32_t input) {
    const edy_value *v = &graph->value[graph->input[input]];
    return edy_shape_count(&v->shape) / (size_t)graph->batch;
}

static size_t most_samples(const edy_graph *graph) {
    return edy_graph_macs(graph) > EDY_FEED_LARGE_MACS * (uint64_t)graph->batch ? 2
                                                                                : EDY_FEED_SAMPLES;
}

static edy_status pool_of_data(edy_feed *feed, edy_error *err) {
    const int64_t count = edy_dataset_count(feed->data);
    const size_t most = most_samples(feed->graph);
    feed->samples = count < (int64_t)most ? (size_t)count : most;
    feed->n_inputs = 1;
    feed->sample_bytes[0] = edy_dataset_input_bytes(feed->data);
    edy_status status = make_pool(feed, err);
    for (size_t k = 0; k < feed->samples && !status; k++)
        status = edy_dataset_input(feed->data, (int64_t)k,
                                   feed->pool[0] + k * feed->sample_bytes[0], err);
    return status;
}

/* Models with several inputs know no images: each gets a stream of its own. */
static edy_status pool_of_streams(edy_feed *feed, uint64_t seed, edy_error *err) {
    const edy_graph *graph = feed->graph;
    feed->samples = most_samples(graph);
    feed->n_inputs = graph->n_inputs;
    for (int32_t i = 0; i < graph->n_inputs; i++)
        feed->sample_bytes[i] =
            input_elems(graph, i) * edy_dtype_bytes(graph->value[graph->input[i]].dtype);
    const edy_status status = make_pool(feed, err);
    for (int32_t i = 0; i < graph->n_inputs && !status; i++)
        for (size_t k = 0; k < feed->samples; k++)
            edy_synthetic_fill(seed, (uint64_t)i, k, EDY_UNIFORM,
                               graph->value[graph->input[i]].dtype, input_elems(graph, i),
                               feed->pool[i] + k * feed->sample_bytes[i]);
    snprintf(feed->dataset, sizeof feed->dataset, "synthetic:uniform");
    return status;
}

/* Labels as the model counts its classes; one that it cannot answer is an error of the data. */
static edy_status match_classes(edy_feed *feed, const edy_feed_options *o, edy_error *err) {
    const edy_workload *w = o->workload;
    const edy_status status = edy_dataset_match_classes(feed->data, w->classes, w->n_classes, err);
    if (status || o->graph->n_outputs != 1)
        return status;
    const edy_value *out = &o->graph->value[o->graph->output[0]];
    const size_t elems = edy_shape_count(&out->shape) / (size_t)o->graph->batch;
    const int32_t n = edy_dataset_class_count(feed->data);
    if (n > 0 && (size_t)n > elems)
        return edy_fail(err, EDY_BAD_FILE, "%s: has class %d, but output \"%.60s\" has %zu values",
                        edy_dataset_name(feed->data), n - 1, out->name, elems);
    return EDY_OK;
}

/* ---- Which source ---------------------------------------------------------------------------- */

static edy_status open_data(edy_feed *feed, const edy_feed_options *o, const char *spec,
                            edy_error *err) {
    const edy_value *v = &o->graph->value[o->graph->input[0]];
    char home[4096 + 16];
    snprintf(home, sizeof home, "%.4096s/datasets", o->share);
    edy_preprocess pre = edy_preprocess_default();
    edy_status status = EDY_OK;
    if (o->workload->has_preprocess)
        status = edy_preprocess_load(o->workload->sidecar_path, &pre, err);
    if (!status && o->preprocess)
        status = edy_preprocess_parse(o->preprocess, &pre, err);
    const edy_dataset_options options = {.preprocess = &pre,
                                         .input_shape = v->shape,
                                         .input_dtype = v->dtype,
                                         .home_dir = o->share[0] ? home : NULL,
                                         .seed = o->seed};
    if (!status)
        status = edy_dataset_open(spec, &options, &feed->data, err);
    if (!status)
        status = match_classes(feed, o, err);
    if (!status)
        snprintf(feed->dataset, sizeof feed->dataset, "%.120s", edy_dataset_name(feed->data));
    return status;
}

/* A golden holds for the data that it was made from, preprocessed as the sidecar says. */
static bool golden_fits(const edy_feed_options *o, const edy_golden *golden) {
    return !o->preprocess && (!o->data || strcmp(o->data, golden->dataset) == 0);
}

static edy_status feed_of_golden(edy_feed *feed, const edy_feed_options *o, edy_error *err) {
    edy_status status =
        edy_golden_load_inputs(feed->golden, o->graph, o->workload->sidecar_path, o->share, err);
    if (!status)
        status = pool_of_golden(feed, err);
    if (!status)
        status = open_data(feed, o, feed->golden->dataset, err);
    return status;
}

static edy_status feed_of_test_set(edy_feed *feed, const edy_feed_options *o, edy_error *err) {
    edy_status status =
        edy_golden_read_test_set(o->variant->model_path, 0, o->graph, &feed->golden, err);
    if (!status)
        status = pool_of_golden(feed, err);
    snprintf(feed->dataset, sizeof feed->dataset, "test_data_set_0");
    return status;
}

static edy_status feed_without_golden(edy_feed *feed, const edy_feed_options *o, edy_error *err) {
    const char *spec = o->data ? o->data : o->workload->dataset;
    feed->cache = calloc(1, sizeof *feed->cache);
    if (!feed->cache)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the inputs");
    if (o->graph->n_inputs > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "%s: has %d inputs, more than %d",
                        o->variant->model_path, o->graph->n_inputs, EDY_GOLDEN_PORTS);
    if (o->graph->n_inputs != 1 && o->data && strncmp(o->data, "synthetic", 9) != 0)
        return edy_fail(err, EDY_UNSUPPORTED, "%s: has %d inputs, so --data cannot feed it",
                        o->variant->model_path, o->graph->n_inputs);
    if (o->graph->n_inputs != 1)
        return pool_of_streams(feed, o->seed, err);
    edy_status status = open_data(feed, o, spec ? spec : "synthetic", err);
    return status ? status : pool_of_data(feed, err);
}

static edy_status choose_source(edy_feed *feed, const edy_feed_options *o, edy_error *err) {
    edy_status status = EDY_OK;
    if (o->variant->golden_dir) {
        status =
            edy_golden_read(o->variant->golden_dir, o->variant->model_path, &feed->golden, err);
        if (status)
            return status;
        if (golden_fits(o, feed->golden))
            return feed_of_golden(feed, o, err);
        edy_golden_destroy(feed->golden);
        feed->golden = NULL;
    }
    if (o->workload->own_model && !o->data && edy_golden_test_sets(o->variant->model_path) > 0)
        return feed_of_test_set(feed, o, err);
    return feed_without_golden(feed, o, err);
}

edy_status edy_feed_create(const edy_feed_options *options, edy_feed **feed, edy_error *err) {
    edy_feed *f = calloc(1, sizeof *f);
    if (!f)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the inputs");
    f->graph = options->graph;
    f->batch = (size_t)options->batch;
    const edy_status status = choose_source(f, options, err);
    if (status) {
        edy_feed_destroy(f);
        return status;
    }
    wrap_pool(f);
    *feed = f;
    return EDY_OK;
}

void edy_feed_destroy(edy_feed *feed) {
    if (!feed)
        return;
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++)
        free(feed->pool[i]);
    for (size_t k = 0; feed->cache && k < EDY_FEED_SAMPLES; k++)
        edy_golden_destroy(feed->cache->golden[k]);
    free(feed->cache);
    edy_golden_destroy(feed->golden);
    edy_dataset_destroy(feed->data);
    free(feed);
}

edy_status edy_feed_check(const edy_feed *feed, const edy_plan *plan, edy_error *err) {
    if (edy_plan_input_count(plan) != feed->n_inputs)
        return edy_fail(err, EDY_BAD_FILE, "the model has %d inputs, %s has %d",
                        edy_plan_input_count(plan), feed->dataset, feed->n_inputs);
    for (int32_t i = 0; i < feed->n_inputs; i++)
        if (edy_plan_input(plan, i)->bytes != feed->batch * feed->sample_bytes[i])
            return edy_fail(err, EDY_BAD_FILE,
                            "input %s takes %zu bytes, a batch of %zu from %s has %zu",
                            edy_plan_input(plan, i)->name, edy_plan_input(plan, i)->bytes,
                            feed->batch, feed->dataset, feed->batch * feed->sample_bytes[i]);
    return EDY_OK;
}

/* ---- Judging --------------------------------------------------------------------------------- */

edy_judgement edy_feed_judge(const edy_feed *feed, size_t first, const edy_plan *plan,
                             const void *const *outputs) {
    edy_result results[EDY_GOLDEN_PORTS];
    edy_results_of(plan, outputs, results);
    const int32_t n = edy_plan_output_count(plan);
    if (feed->golden)
        return edy_judge_output(feed->golden, first, feed->batch, results, n);
    edy_golden **golden = &feed->cache->golden[first];
    const void *inputs[EDY_GOLDEN_PORTS];
    edy_error err;
    edy_feed_inputs(feed, first, inputs);
    const edy_status status =
        *golden ? EDY_OK : edy_golden_from_oracle(feed->graph, inputs, feed->batch, golden, &err);
    edy_judgement j = {.verdict = EDY_VERDICT_SKIP, .share = NAN};
    if (status)
        snprintf(j.reason, sizeof j.reason, "the oracle cannot judge it: %.300s", err.message);
    else
        j = edy_judge_output(*golden, 0, feed->batch, results, n);
    return j;
}
