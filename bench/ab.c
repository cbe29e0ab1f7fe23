/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/ab.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/ping_pong.h"

static const char *const measure_text[] = {
#define MEASURE_TEXT(name, text, unit) text,
    EDY_AB_MEASURE_MAP(MEASURE_TEXT)
#undef MEASURE_TEXT
};
enum { MEASURES = sizeof measure_text / sizeof measure_text[0] };

const char *edy_ab_measure_text(edy_ab_measure measure) {
    return measure_text[measure];
}

bool edy_ab_measure_find(const char *text, edy_ab_measure *measure) {
    for (int i = 0; i < MEASURES; i++)
        if (strcmp(text, measure_text[i]) == 0) {
            *measure = (edy_ab_measure)i;
            return true;
        }
    return false;
}

const char *edy_ab_verdict_text(edy_ab_verdict verdict) {
    static const char *const text[] = {"faster", "slower", "same", "cannot say"};
    return text[verdict];
}

edy_ab_verdict edy_ab_judge(const edy_ratio *ratio, double tolerance) {
    if (!(ratio->low <= ratio->high))
        return EDY_AB_CANT_SAY;
    if (ratio->low > 1)
        return EDY_AB_FASTER;
    if (ratio->high < 1)
        return EDY_AB_SLOWER;
    return ratio->high <= 1 + tolerance && ratio->low >= 1 / (1 + tolerance) ? EDY_AB_SAME
                                                                             : EDY_AB_CANT_SAY;
}

bool edy_ab_base_first(size_t round) {
    return round % 2 == 0;
}

/* ---- Running --------------------------------------------------------------------------------- */

/* One side while it runs. */
typedef struct live_side {
    edy_ab_side *side;
    const char *label;
    edy_block_child *child; /* INFERENCE: alive from first to last round */
} live_side;

static edy_status name_side(const live_side *s, const edy_error *inner, edy_error *err) {
    return edy_fail(err, inner->code, "%s: %.380s", s->label, inner->message);
}

/* A child that starts, says its facts and ends. */
static edy_status ask_fresh(live_side *s, const edy_ab_options *o, const char *key, double *value,
                            edy_error *err) {
    edy_block_child *child = NULL;
    edy_status st = edy_block_child_start(s->side->command, o->timeout_s, &child, err);
    if (st)
        return st;
    s->side->facts = *edy_block_child_facts(child);
    st = edy_block_child_end(child, o->timeout_s, err);
    *value = edy_child_fact(&s->side->facts, key);
    if (!st && !(*value > 0))
        st = edy_fail(err, EDY_BAD_FILE, "`%.150s` states no %s in its ready line",
                      s->side->command, key);
    return st;
}

static edy_status take(live_side *s, const edy_ab_options *o, size_t round, edy_error *err) {
    edy_error inner;
    edy_status st = EDY_OK;
    int64_t count = 1;
    double *value = &s->side->value[round];
    switch (o->measure) {
    case EDY_AB_INFERENCE:
        st = edy_block_child_go(s->child, (int64_t)(o->block_s * 1e9), o->timeout_s, value, &count,
                                &inner);
        break;
    case EDY_AB_START:
        st = ask_fresh(s, o, "start_ns", value, &inner);
        break;
    case EDY_AB_RSS:
        st = ask_fresh(s, o, "rss", value, &inner);
        break;
    case EDY_AB_PROCESS:
        st = edy_whole_process(s->side->command, o->timeout_s, value, &inner);
        break;
    }
    s->side->inferences[round] = (double)count;
    return st ? name_side(s, &inner, err) : EDY_OK;
}

/* Before the first round: INFERENCE starts its child, the others have one sample that is not kept
 * (the file cache is cold once). */
static edy_status prepare(live_side *s, const edy_ab_options *o, edy_error *err) {
    edy_error inner;
    if (o->measure != EDY_AB_INFERENCE)
        return take(s, o, 0, err);
    const edy_status st = edy_block_child_start(s->side->command, o->timeout_s, &s->child, &inner);
    if (st)
        return name_side(s, &inner, err);
    s->side->facts = *edy_block_child_facts(s->child);
    return EDY_OK;
}

static edy_status finish(live_side *s, const edy_ab_options *o, edy_error *err) {
    edy_error inner;
    edy_block_child *child = s->child;
    s->child = NULL;
    return edy_block_child_end(child, o->timeout_s, &inner) ? name_side(s, &inner, err) : EDY_OK;
}

static edy_status run_rounds(edy_ab *ab, const edy_ab_options *o, edy_error *err) {
    live_side base = {.side = &ab->base, .label = "base"}, now = {.side = &ab->now, .label = "new"};
    edy_status st = prepare(&base, o, err);
    st = st ? st : prepare(&now, o, err);
    for (size_t r = 0; r < o->rounds && !st; r++) {
        const bool base_first = edy_ab_base_first(r);
        st = take(base_first ? &base : &now, o, r, err);
        st = st ? st : take(base_first ? &now : &base, o, r, err);
    }
    st = st ? st : finish(&base, o, err);
    st = st ? st : finish(&now, o, err);
    edy_block_child_kill(base.child);
    edy_block_child_kill(now.child);
    return st;
}

static double latency_between_cores(const edy_ab_options *o) {
    double ns = NAN;
    if (o->pinning && o->threads >= 2 && edy_ping_pong(o->pinning, &ns, NULL))
        return NAN; /* one core: shown as not measured */
    return ns;
}

static bool allocate_side(edy_ab_side *side, const char *command, size_t rounds) {
    side->command = strdup(command);
    side->value = calloc(rounds, sizeof *side->value);
    side->inferences = calloc(rounds, sizeof *side->inferences);
    return side->command && side->value && side->inferences;
}

static edy_status make_ab(const edy_ab_options *o, edy_ab **out, edy_error *err) {
    edy_ab *ab = calloc(1, sizeof *ab);
    if (ab && allocate_side(&ab->base, o->base, o->rounds) &&
        allocate_side(&ab->now, o->now, o->rounds)) {
        snprintf(ab->tag, sizeof ab->tag, "%s", o->tag ? o->tag : "");
        ab->measure = o->measure;
        ab->threads = o->pinning ? o->threads : 0;
        ab->block_s = o->block_s;
        ab->tolerance = o->tolerance;
        ab->rounds = o->rounds;
        *out = ab;
        return EDY_OK;
    }
    edy_ab_destroy(ab);
    return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu rounds", o->rounds);
}

static edy_status conclude(edy_ab *ab, edy_error *err) {
    double *scratch = malloc(ab->rounds * sizeof *scratch);
    if (!scratch)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu ratios", ab->rounds);
    ab->ratio = edy_paired_ratio(ab->base.value, ab->now.value, ab->rounds, scratch);
    ab->verdict = edy_ab_judge(&ab->ratio, ab->tolerance);
    free(scratch);
    return EDY_OK;
}

edy_status edy_ab_run(const edy_ab_options *options, edy_ab **out, edy_error *err) {
    edy_ab *ab = NULL;
    assert(options->rounds >= 1 && options->rounds <= EDY_AB_MOST_ROUNDS);
    edy_status st = make_ab(options, &ab, err);
    if (st)
        return st;
    ab->ping_before_ns = latency_between_cores(options);
    if (options->pinning)
        edy_pin_cores(options->pinning, (size_t)options->threads);
    st = run_rounds(ab, options, err);
    if (options->pinning)
        edy_pin_restore(options->pinning);
    ab->ping_after_ns = latency_between_cores(options);
    st = st ? st : conclude(ab, err);
    if (st)
        goto fail;
    *out = ab;
    return EDY_OK;
fail:
    edy_ab_destroy(ab);
    return st;
}

void edy_ab_destroy(edy_ab *ab) {
    if (!ab)
        return;
    edy_ab_side *const sides[] = {&ab->base, &ab->now};
    for (int i = 0; i < 2; i++) {
        free(sides[i]->command);
        free(sides[i]->value);
        free(sides[i]->inferences);
    }
    free(ab);
}
