/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The numbers to reach, as a table, and how each follows from the results. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/ping_pong.h"
#include "bench/scoreboard.h"

/* ---- Choosing -------------------------------------------------------------------------------- */

/* The words of a tag; "" for those that it does not have. */
typedef struct tag_words {
    char what[16], net[64], dtype[16], threads[8];
} tag_words;

static tag_words words_of(const edy_ab *ab) {
    tag_words w = {.what = ""};
    sscanf(ab->tag, "%15[^/]/%63[^/]/%15[^/]/%7[^/]", w.what, w.net, w.dtype, w.threads);
    return w;
}

/* Which results count for a score; NULL: any. */
typedef struct choice {
    const char *what, *dtype, *threads;
    const char *net;     /* a part of the network's name */
    const char *backend; /* of our side */
    double above_macs;
    bool near; /* only rounds between near cores */
} choice;

static bool is_near(const edy_ab *ab) {
    return ab->ping_before_ns < EDY_NEAR_BELOW_NS && ab->ping_after_ns < EDY_NEAR_BELOW_NS;
}

static bool uses_backend(const edy_ab *ab, const char *backend) {
    char part[64];
    snprintf(part, sizeof part, ", %.50s, ", backend);
    return strstr(ab->now.facts.name, part) != NULL;
}

static bool chosen(const edy_ab *ab, const choice *c) {
    const tag_words w = words_of(ab);
    return strcmp(w.what, c->what) == 0 && (!c->dtype || strcmp(w.dtype, c->dtype) == 0) &&
           (!c->threads || strcmp(w.threads, c->threads) == 0) &&
           (!c->net || strstr(w.net, c->net)) && (!c->backend || uses_backend(ab, c->backend)) &&
           !(c->above_macs > 0 && !(edy_child_fact(&ab->now.facts, "macs") > c->above_macs)) &&
           (!c->near || is_near(ab));
}

static size_t choose(const edy_scoreboard *board, const choice *c,
                     const edy_ab *out[EDY_MOST_RESULTS]) {
    size_t n = 0;
    for (size_t i = 0; i < board->n; i++)
        if (chosen(board->result[i], c))
            out[n++] = board->result[i];
    return n;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static void worst_of(const edy_ab *const *results, size_t n, edy_score *score) {
    for (size_t i = 0; i < n; i++) {
        const edy_ratio *r = &results[i]->ratio;
        if (i > 0 && !(r->ratio < score->value))
            continue;
        score->value = r->ratio;
        score->low = r->low;
        score->high = r->high;
        snprintf(score->note, sizeof score->note, "worst: %s %s", words_of(results[i]).net,
                 words_of(results[i]).dtype);
    }
}

/* Geometric mean over the networks, round by round, then as if it were one result: the interval
 * carries what the rounds of all networks did. */
static void mean_of(const edy_ab *const *results, size_t n, edy_score *score) {
    double base[EDY_AB_MOST_ROUNDS], now[EDY_AB_MOST_ROUNDS], scratch[EDY_AB_MOST_ROUNDS];
    size_t rounds = EDY_AB_MOST_ROUNDS;
    for (size_t i = 0; i < n; i++)
        rounds = results[i]->rounds < rounds ? results[i]->rounds : rounds;
    for (size_t r = 0; r < rounds; r++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += log(results[i]->base.value[r] / results[i]->now.value[r]);
        base[r] = exp(sum / (double)n);
        now[r] = 1;
    }
    const edy_ratio ratio = edy_paired_ratio(base, now, rounds, scratch);
    score->value = ratio.ratio;
    score->low = ratio.low;
    score->high = ratio.high;
}

/* ours / theirs times a factor, of a ratio that is theirs / ours. */
static void invert(edy_score *score, double factor) {
    const double low = score->low;
    score->value = factor / score->value;
    score->low = factor / score->high;
    score->high = factor / low;
}

static void judge(edy_score *score) {
    const bool small = score->smaller_is_better;
    if (isnan(score->value)) {
        score->state = EDY_SCORE_SKIP;
        return;
    }
    const bool aim = small ? score->value <= score->aim : score->value >= score->aim;
    const bool gate = small ? score->value <= score->gate : score->value >= score->gate;
    score->state = aim ? EDY_SCORE_AIM : gate ? EDY_SCORE_MET : EDY_SCORE_MISSED;
}

/* ---- The numbers to reach -------------------------------------------------------------------- */

typedef enum method {
    WORST,    /* of all chosen results, the smallest ratio */
    MEAN,     /* their geometric mean */
    LARGEST,  /* ours/theirs times a factor: the largest */
    PROFILE,  /* the smallest share of the peak of pointwise layers, from profiles */
    ARENA,    /* the largest arena / arena_bound of our sides */
    ELSEWHERE /* another tool measures it */
} method;

/* A row of the table; `why` is said where nothing was measured. */
typedef struct row {
    const char *what;
    double gate, aim;
    bool smaller;
    method method;
    choice of;
    double factor;
    const char *why;
} row;

static const char no_result[] = "not among the results";
static const char no_vnni[] = "this CPU lacks avx512vnni, or it was not used";
static const char no_near[] = "cores were far from each other, or two threads not run";
static const char no_profile[] = "no profile among the results (edyno run --profile --json)";

static const row rows[EDY_SCORES] = {
    {.what = "fp32, 1 thread, each network",
     .gate = 0.95,
     .aim = 1.05,
     .method = WORST,
     .of = {.what = "peer", .dtype = "fp32", .threads = "1"},
     .why = no_result},
    {.what = "fp32, 1 thread, geometric mean",
     .gate = 1.10,
     .aim = 1.25,
     .method = MEAN,
     .of = {.what = "peer", .dtype = "fp32", .threads = "1"},
     .why = no_result},
    {.what = "resnet18 fp32, 1 thread (Winograd)",
     .gate = 1.35,
     .aim = 1.60,
     .method = WORST,
     .of = {.what = "peer", .dtype = "fp32", .threads = "1", .net = "resnet18"},
     .why = no_result},
    {.what = "tinyyolo fp32, 1 thread (Winograd)",
     .gate = 1.35,
     .aim = 1.60,
     .method = WORST,
     .of = {.what = "peer", .dtype = "fp32", .threads = "1", .net = "tinyyolo"},
     .why = no_result},
    {.what = "int8 avx512vnni, 1 thread, each network",
     .gate = 1.00,
     .aim = 1.20,
     .method = WORST,
     .of = {.what = "peer", .dtype = "int8", .threads = "1", .backend = "avx512vnni"},
     .why = no_vnni},
    {.what = "int8 avx512vnni, 1 thread, geom. mean",
     .gate = 1.25,
     .aim = 1.50,
     .method = MEAN,
     .of = {.what = "peer", .dtype = "int8", .threads = "1", .backend = "avx512vnni"},
     .why = no_vnni},
    {.what = "2 threads, each network and dtype, near",
     .gate = 0.95,
     .aim = 1.10,
     .method = WORST,
     .of = {.what = "peer", .threads = "2", .near = true},
     .why = no_near},
    {.what = "our 2 threads / our 1, over 100 MMAC",
     .gate = 1.60,
     .aim = 1.85,
     .method = WORST,
     .of = {.what = "threads", .above_macs = 100e6},
     .why = no_result},
    {.what = "pointwise fp32, share of peak",
     .gate = 0.85,
     .aim = 0.93,
     .method = PROFILE,
     .of = {.dtype = "fp32", .threads = "1", .net = "mobilenet_v1_1.0"},
     .why = no_profile},
    {.what = "pointwise int8 VNNI, share of peak",
     .gate = 0.65,
     .aim = 0.85,
     .method = PROFILE,
     .of = {.dtype = "int8", .threads = "1", .net = "mobilenet_v1_1.0", .backend = "avx512vnni"},
     .why = no_vnni},
    {.what = "fp32 avx2 / avx512, geometric mean",
     .gate = 0.85,
     .aim = 0.95,
     .method = MEAN,
     .of = {.what = "isa", .dtype = "fp32"},
     .why = "this CPU lacks avx512, or it was not asked for"},
    {.what = "int8 avx2 / fp32 avx2, geometric mean",
     .gate = 1.2,
     .aim = 1.5,
     .method = MEAN,
     .of = {.what = "quant", .dtype = "int8"},
     .why = no_result},
    {.what = "start to first result, ours/theirs",
     .gate = 0.33,
     .aim = 0.25,
     .smaller = true,
     .method = LARGEST,
     .of = {.what = "start", .net = "mobilenet_v1_1.0"},
     .factor = 1,
     .why = no_result},
    {.what = "peak memory of resnet8, ours/theirs",
     .gate = 0.25,
     .aim = 0.20,
     .smaller = true,
     .method = LARGEST,
     .of = {.what = "rss", .net = "resnet8"},
     .factor = 1,
     .why = no_result},
    {.what = "arena / lower bound",
     .gate = 1.10,
     .aim = 1.00,
     .smaller = true,
     .method = ARENA,
     .of = {.what = "peer"},
     .why = no_result},
    {.what = "instructions per MAC, neondot / neon",
     .gate = 0.5,
     .aim = 0.35,
     .smaller = true,
     .method = ELSEWHERE,
     .why = "counted under emulation, not by this script"},
    {.what = "time an image, batch 8 / batch 1",
     .gate = 1.0,
     .aim = 0.9,
     .smaller = true,
     .method = LARGEST,
     .of = {.what = "batch"},
     .factor = 0.125,
     .why = no_result},
};

/* The largest arena / arena_bound of our sides. */
static void worst_arena(const edy_ab *const *results, size_t n, edy_score *score) {
    for (size_t i = 0; i < n; i++) {
        const edy_child_facts *facts = &results[i]->now.facts;
        const double share = edy_child_fact(facts, "arena") / edy_child_fact(facts, "arena_bound");
        if (isfinite(share) && !(share <= score->value)) {
            score->value = share;
            snprintf(score->note, sizeof score->note, "worst: %s %s", words_of(results[i]).net,
                     words_of(results[i]).dtype);
        }
    }
}

/* The smallest share among profiles on one thread. Says also which other backends were profiled. */
static void worst_share(const edy_scoreboard *board, const choice *c, edy_score *score) {
    for (size_t i = 0; i < board->n_shares; i++) {
        const edy_profile_share *s = &board->share[i];
        if (!s->known || s->threads != 1 || strcmp(s->variant, c->dtype) != 0 ||
            !strstr(s->workload, c->net))
            continue;
        if (c->backend && strcmp(s->backend, c->backend) != 0) {
            const size_t at = strlen(score->note);
            snprintf(score->note + at, sizeof score->note - at, "; %.3f on %.40s", s->of_peak,
                     s->backend);
        } else if (!(s->of_peak >= score->value)) {
            score->value = s->of_peak;
            score->networks = 1;
        }
    }
}

static size_t distinct_networks(const edy_ab *const *results, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(words_of(results[i]).net, words_of(results[k]).net) == 0;
        count += !seen;
    }
    return count;
}

/* What is known beside a number that this machine cannot give. */
static void inform(const edy_scoreboard *board, const row *r, edy_score *score) {
    const edy_ab *results[EDY_MOST_RESULTS];
    choice c = r->of;
    if (!c.backend && !c.near)
        return;
    c.backend = NULL;
    c.near = false;
    const size_t n = choose(board, &c, results);
    edy_score beside = {.value = NAN};
    if (n == 0)
        return;
    if (r->method == MEAN)
        mean_of(results, n, &beside);
    else
        worst_of(results, n, &beside);
    const size_t at = strlen(score->note);
    snprintf(score->note + at, sizeof score->note - at, "; %s%.3f without this condition (%s)",
             r->method == MEAN ? "" : "worst ", beside.value, results[0]->now.facts.name);
}

static void fill(const edy_scoreboard *board, const row *r, edy_score *score) {
    const edy_ab *results[EDY_MOST_RESULTS];
    *score = (edy_score){.what = r->what,
                         .smaller_is_better = r->smaller,
                         .gate = r->gate,
                         .aim = r->aim,
                         .value = NAN,
                         .low = NAN,
                         .high = NAN};
    const bool other = r->method == ELSEWHERE || r->method == PROFILE;
    const size_t n = other ? 0 : choose(board, &r->of, results);
    score->networks = distinct_networks(results, n);
    if (n > 0 && r->method == MEAN)
        mean_of(results, n, score);
    else if (n > 0 && r->method == ARENA)
        worst_arena(results, n, score);
    else if (n > 0)
        worst_of(results, n, score);
    if (n > 0 && r->method == LARGEST)
        invert(score, r->factor);
    char beside[sizeof score->note] = "";
    if (r->method == PROFILE) {
        worst_share(board, &r->of, score);
        memcpy(beside, score->note, sizeof beside);
        score->note[0] = '\0';
    }
    judge(score);
    if (score->state == EDY_SCORE_SKIP) {
        snprintf(score->note, sizeof score->note, "%.100s%.90s", r->why, beside);
        if (!other)
            inform(board, r, score);
    }
}

void edy_scoreboard_scores(const edy_scoreboard *board, edy_score score[EDY_SCORES]) {
    for (size_t i = 0; i < EDY_SCORES; i++)
        fill(board, &rows[i], &score[i]);
}

const char *edy_score_state_text(edy_score_state state) {
    static const char *const text[] = {"aim", "met", "missed", "skip"};
    return text[state];
}
