/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Many A/B results as one page: a table of theirs/ours, and for each number that the engine is to
 * reach its gate, its aim and what was measured.
 *
 * What a result is for stands in its tag (edyno ab --tag), words between slashes:
 *   peer/NET/DTYPE/N     base: another engine, new: ours, N threads each
 *   threads/NET/DTYPE    base: ours on one thread, new: ours on two
 *   isa/NET/DTYPE        base: ours, avx512, new: ours, avx2
 *   quant/NET/int8       base: ours in fp32, new: ours in int8, both avx2
 *   batch/NET/DTYPE      base: ours at batch 1, new: ours at batch 8, whole batches
 *   start/NET/DTYPE      measure start, base: another engine, new: ours
 *   rss/NET/DTYPE        measure rss, likewise
 * ci/peers.sh makes them, and profiles (edyno run --profile --json) beside them, in files named
 * profile.*.json. */
#ifndef EDY_SCOREBOARD_H
#define EDY_SCOREBOARD_H

#include <stdio.h>

#include "bench/ab.h"
#include "bench/profile.h"

enum { EDY_SCORES = 17, EDY_MOST_RESULTS = 1000, EDY_MOST_SHARES = 200 };

typedef enum edy_score_state {
    EDY_SCORE_AIM,    /* as good as aimed at */
    EDY_SCORE_MET,    /* the gate is met */
    EDY_SCORE_MISSED, /* the gate is not met */
    EDY_SCORE_SKIP    /* not measured here; note says why */
} edy_score_state;
const char *edy_score_state_text(edy_score_state state); /* "aim", "met", "missed", "skip" */

/* One number to reach. */
typedef struct edy_score {
    const char *what;
    bool smaller_is_better;
    double gate, aim;
    double value, low, high; /* NAN where not measured, or where there is no interval */
    size_t networks;         /* that the value is of */
    edy_score_state state;
    char note[200]; /* worst network, reason, information beside it; may be "" */
} edy_score;

/* Results in any order; each tag once (a later one replaces an earlier). */
typedef struct edy_scoreboard {
    size_t n;
    edy_ab *result[EDY_MOST_RESULTS]; /* owned */
    size_t n_shares;
    edy_profile_share share[EDY_MOST_SHARES];
} edy_scoreboard;

/* Reads every *.json of a folder: profile.*.json as profiles, the others as results of edyno ab.
 * EDY_IO where it cannot be read, EDY_BAD_FILE for a file that is no such result, EDY_LIMIT for
 * more than EDY_MOST_RESULTS or EDY_MOST_SHARES. */
edy_status edy_scoreboard_read(const char *dir, edy_scoreboard **board, edy_error *err);
/* Takes the result over, also where it fails (EDY_LIMIT). */
edy_status edy_scoreboard_add(edy_scoreboard *board, edy_ab *ab, edy_error *err);
void edy_scoreboard_destroy(edy_scoreboard *board); /* NULL is allowed */

/* Fills all scores from the results. Pure. */
void edy_scoreboard_scores(const edy_scoreboard *board, edy_score score[EDY_SCORES]);

/* Both tables, 80 columns, with the closing counts. */
void edy_scoreboard_print(const edy_scoreboard *board, FILE *out);
/* 5 where there is no result at all, 3 where a gate is missed, else 0. */
int edy_scoreboard_exit_code(const edy_scoreboard *board);

#endif
