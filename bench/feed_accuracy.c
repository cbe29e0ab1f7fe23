/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Accuracy on labelled images, within a time. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bench/feed.h"

enum { TRIAL_RUNS = 3, MIN_IMAGES = 10 };

int64_t edy_round_down_125(double n) {
    static const int64_t steps[] = {5, 2, 1};
    if (!(n >= 1))
        return 0;
    int64_t decade = 1;
    while ((double)decade * 10 <= n && decade < INT64_C(1000000000000))
        decade *= 10;
    for (size_t i = 0; i < 2; i++)
        if ((double)(steps[i] * decade) <= n)
            return steps[i] * decade;
    return decade;
}

typedef struct counting {
    const edy_feed *feed;
    edy_plan *plan;
    char *in, *out; /* one batch */
    edy_result result;
} counting;

static void count_image(const counting *c, int64_t image, size_t place, edy_accuracy *a) {
    const size_t bytes = c->result.sample_elems * edy_dtype_bytes(c->result.dtype);
    const size_t got = edy_argmax(c->result.dtype, c->out + place * bytes, c->result.sample_elems);
    const edy_golden *g = c->feed->golden;
    a->n++;
    a->correct += (int64_t)got == edy_dataset_label(c->feed->data, image);
    if (g && g->classes && (size_t)image < g->n_classes) {
        a->golden_n++;
        a->agree += got == g->classes[image];
    }
}

/* Runs the batch that begins with image `first`, filled up from the start of the data. */
static edy_status run_batch(const counting *c, int64_t first, edy_error *err) {
    const int64_t count = edy_dataset_count(c->feed->data);
    for (size_t k = 0; k < c->feed->batch; k++) {
        const edy_status status = edy_dataset_input(c->feed->data, (first + (int64_t)k) % count,
                                                    c->in + k * c->feed->sample_bytes[0], err);
        if (status)
            return status;
    }
    edy_plan_run(c->plan, (const void *[]){c->in}, (void *[]){c->out});
    return EDY_OK;
}

/* How many images fit in the time, by a few batches. */
static edy_status choose_count(const counting *c, const edy_clock *clock, double seconds,
                               int64_t *count, edy_error *err) {
    double fastest = INFINITY;
    for (int i = 0; i < TRIAL_RUNS; i++) {
        const int64_t start = edy_now_ns(clock);
        const edy_status status = run_batch(c, 0, err);
        if (status)
            return status;
        fastest = fmin(fastest, (double)(edy_now_ns(clock) - start));
    }
    const int64_t all = edy_dataset_count(c->feed->data);
    const double fit = seconds * 1e9 / fmax(fastest, 1) * (double)c->feed->batch;
    int64_t n = edy_round_down_125(fit);
    n = n > MIN_IMAGES ? n : MIN_IMAGES;
    *count = fit >= (double)all || n > all ? all : n;
    return EDY_OK;
}

/* A loaded machine can be slower than the trial said: then the count ends at an earlier step. */
static bool is_over_time(int64_t done, const edy_clock *clock, int64_t start_ns, double seconds) {
    return done >= MIN_IMAGES && edy_round_down_125((double)done) == done &&
           (double)(edy_now_ns(clock) - start_ns) > seconds * 1e9;
}

static edy_status count_all(const counting *c, const edy_clock *clock, double seconds,
                            edy_accuracy *a, edy_error *err) {
    int64_t count = 0;
    edy_status status = choose_count(c, clock, seconds, &count, err);
    const int64_t start = edy_now_ns(clock);
    for (int64_t first = 0; first < count && !status; first += (int64_t)c->feed->batch) {
        status = run_batch(c, first, err);
        for (size_t k = 0; k < c->feed->batch && first + (int64_t)k < count && !status; k++) {
            count_image(c, first + (int64_t)k, k, a);
            if (is_over_time(a->n, clock, start, seconds))
                return EDY_OK;
        }
    }
    return status;
}

edy_status edy_feed_accuracy(const edy_feed *feed, edy_plan *plan, const edy_clock *clock,
                             double seconds, edy_accuracy *accuracy, edy_error *err) {
    *accuracy = (edy_accuracy){.n = 0, .top1 = NAN};
    if (!feed->data || !edy_dataset_has_labels(feed->data) || edy_plan_input_count(plan) != 1 ||
        edy_plan_output_count(plan) != 1 || seconds <= 0)
        return EDY_OK;
    counting c = {.feed = feed, .plan = plan};
    c.in = malloc(edy_plan_input(plan, 0)->bytes + 1);
    c.out = malloc(edy_plan_output(plan, 0)->bytes + 1);
    edy_status status = EDY_OK;
    if (!c.in || !c.out) {
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for a batch of images");
    } else {
        edy_result results[EDY_GOLDEN_PORTS];
        edy_results_of(plan, (const void *[]){c.out}, results);
        c.result = results[0];
        status = count_all(&c, clock, seconds, accuracy, err);
    }
    if (accuracy->n > 0)
        accuracy->top1 = (double)accuracy->correct / (double)accuracy->n;
    free(c.in);
    free(c.out);
    return status;
}
