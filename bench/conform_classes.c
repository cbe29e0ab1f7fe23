/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The class of many images, as the golden states it. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/conform_case.h"
#include "datasets/dataset.h"

typedef struct class_run {
    const edy_conform_job *job;
    edy_plan *plan;
    edy_dataset *data;
    char *in, *out;  /* one batch */
    size_t in_bytes; /* of one image */
    edy_result result;
    size_t images;
} class_run;

static edy_status open_data(class_run *r, edy_error *err) {
    const edy_conform_job *job = r->job;
    const edy_value *v = &job->graph->value[job->graph->input[0]];
    char home[4096 + 16];
    snprintf(home, sizeof home, "%s/datasets", job->share);
    edy_preprocess pre = edy_preprocess_default();
    edy_status st = EDY_OK;
    if (job->workload->has_preprocess)
        st = edy_preprocess_load(job->workload->sidecar_path, &pre, err);
    const edy_dataset_options options = {.preprocess = &pre,
                                         .input_shape = v->shape,
                                         .input_dtype = v->dtype,
                                         .home_dir = job->share[0] ? home : NULL};
    st = st ? st : edy_dataset_open(job->golden->dataset, &options, &r->data, err);
    if (st)
        return st;
    r->images = (size_t)edy_dataset_count(r->data);
    if (r->images > job->golden->n_classes)
        r->images = job->golden->n_classes;
    if (job->images && r->images > job->images)
        r->images = job->images;
    r->in_bytes = edy_dataset_input_bytes(r->data);
    const size_t wanted = edy_plan_input(r->plan, 0)->bytes / (size_t)job->batch;
    return r->in_bytes == wanted ? EDY_OK
                                 : edy_fail(err, EDY_BAD_FILE, "%s: images do not fit the model",
                                            job->golden->dataset);
}

/* Images whose golden margin is not above twice the budget may fall either way. */
static bool decided(const edy_golden *g, size_t image, double budget) {
    return g->exact || !g->margins || (double)g->margins[image] > 2 * budget;
}

static void count(class_run *r, size_t image, size_t place, edy_judgement *j) {
    const edy_golden *g = r->job->golden;
    if (!decided(g, image, j->budget))
        return;
    const size_t bytes = r->result.sample_elems * edy_dtype_bytes(r->result.dtype);
    const size_t got = edy_argmax(r->result.dtype, r->out + place * bytes, r->result.sample_elems);
    j->class_checked++;
    if (got == g->classes[image])
        return;
    if (j->verdict != EDY_VERDICT_FAIL)
        snprintf(j->reason, sizeof j->reason, "image %zu: expected class %d, got %zu", image,
                 g->classes[image], got);
    j->verdict = EDY_VERDICT_FAIL;
    j->class_wrong++;
}

static edy_status run_batches(class_run *r, edy_judgement *j, edy_error *err) {
    const size_t batch = (size_t)r->job->batch;
    edy_status st = EDY_OK;
    for (size_t first = 0; first < r->images && !st; first += batch) {
        for (size_t k = 0; k < batch && !st; k++) /* the last batch is filled up from the start */
            st = edy_dataset_input(r->data, (int64_t)((first + k) % r->images),
                                   r->in + k * r->in_bytes, err);
        if (st)
            break;
        edy_plan_run(r->plan, (const void *[]){r->in}, (void *[]){r->out});
        for (size_t k = 0; k < batch && first + k < r->images; k++)
            count(r, first + k, k, j);
    }
    return st;
}

edy_status edy_conform_classes(const edy_conform_job *job, edy_plan *plan, edy_judgement *j,
                               edy_error *err) {
    class_run r = {.job = job, .plan = plan};
    if (edy_plan_input_count(plan) != 1 || edy_plan_output_count(plan) != 1)
        return edy_fail(err, EDY_UNSUPPORTED, "classes of a model with several inputs or outputs");
    edy_status st = open_data(&r, err);
    if (!st) {
        r.in = malloc(edy_plan_input(plan, 0)->bytes);
        r.out = malloc(edy_plan_output(plan, 0)->bytes);
        if (!r.in || !r.out)
            st = edy_fail(err, EDY_NO_MEMORY, "out of memory for a batch of images");
    }
    if (!st) {
        edy_result results[EDY_GOLDEN_PORTS];
        edy_results_of(plan, (const void *[]){r.out}, results);
        r.result = results[0];
        st = run_batches(&r, j, err);
    }
    free(r.in);
    free(r.out);
    edy_dataset_destroy(r.data);
    return st;
}
