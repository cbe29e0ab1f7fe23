/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/ping_pong.h"
#include "bench/print_text.h"
#include "bench/scoreboard.h"

/* ---- theirs/ours ----------------------------------------------------------------------------- */

static double median_of(const double *values, size_t n) {
    double sorted[EDY_AB_MOST_ROUNDS];
    memcpy(sorted, values, n * sizeof *values);
    edy_sort(sorted, n);
    return edy_median_sorted(sorted, n);
}

/* "near", "far", "near>far" where they moved meanwhile, "-" on one thread. */
static const char *cores_text(const edy_ab *ab, char text[24]) {
    const char *before = edy_ping_pong_text(ab->ping_before_ns);
    const char *after = edy_ping_pong_text(ab->ping_after_ns);
    if (ab->threads < 2)
        snprintf(text, 24, "-");
    else if (isnan(ab->ping_before_ns) || isnan(ab->ping_after_ns))
        snprintf(text, 24, "?");
    else if (strcmp(before, after) == 0)
        snprintf(text, 24, "%s", before);
    else
        snprintf(text, 24, "%s>%s", before, after);
    return text;
}

static const char *time_text(double ns, char text[24]) {
    snprintf(text, 24, ns < 1e6 ? "%.1f us" : "%.2f ms", ns < 1e6 ? ns / 1e3 : ns / 1e6);
    return text;
}

static void print_peers(const edy_scoreboard *board, FILE *out) {
    const edy_ab *any = NULL;
    fprintf(out, "%-21s %-5s %-2s %9s %9s %6s %-14s %s\n", "NETWORK", "DTYPE", "TH", "THEIRS",
            "OURS", "RATIO", "95 % INTERVAL", "CORES");
    for (size_t i = 0; i < board->n; i++) {
        const edy_ab *ab = board->result[i];
        char net[64], dtype[16], threads[8], theirs[24], ours[24], interval[40], cores[24];
        if (sscanf(ab->tag, "peer/%63[^/]/%15[^/]/%7[^/]", net, dtype, threads) != 3)
            continue;
        snprintf(interval, sizeof interval, "%.3f .. %.3f", ab->ratio.low, ab->ratio.high);
        fprintf(out, "%-21.21s %-5.5s %-2.2s %9s %9s %6.3f %-14s %s\n", net, dtype, threads,
                time_text(median_of(ab->base.value, ab->rounds), theirs),
                time_text(median_of(ab->now.value, ab->rounds), ours), ab->ratio.ratio, interval,
                cores_text(ab, cores));
        any = any ? any : ab;
    }
    if (any)
        fprintf(out, "theirs: %s, and so on\nours:   %s, and so on; %zu rounds ABBA\n",
                any->base.facts.name, any->now.facts.name, any->rounds);
}

/* ---- Numbers to reach ------------------------------------------------------------------------ */

static void print_score(const edy_score *s, FILE *out) {
    char interval[40] = "", note[300];
    if (isfinite(s->low) && isfinite(s->high))
        snprintf(interval, sizeof interval, "%.3f .. %.3f", s->low, s->high);
    fprintf(out, "%-41s %5.2f %5.2f ", s->what, s->gate, s->aim);
    if (s->state == EDY_SCORE_SKIP)
        fprintf(out, "%6s %-14s %s\n", "-", "", edy_score_state_text(s->state));
    else
        fprintf(out, "%6.3f %-14s %s\n", s->value, interval, edy_score_state_text(s->state));
    if (s->state == EDY_SCORE_SKIP)
        snprintf(note, sizeof note, "%s", s->note);
    else
        snprintf(note, sizeof note, "%zu network%s%s%s", s->networks, s->networks == 1 ? "" : "s",
                 s->note[0] ? "; " : "", s->note);
    edy_print_wrapped(out, 4, note);
}

void edy_scoreboard_print(const edy_scoreboard *board, FILE *out) {
    edy_score score[EDY_SCORES];
    size_t count[4] = {0};
    print_peers(board, out);
    edy_scoreboard_scores(board, score);
    fprintf(out, "\n%-41s %5s %5s %6s %s\n", "NUMBER TO REACH", "GATE", "AIM", "VALUE",
            "95 % INTERVAL");
    for (size_t i = 0; i < EDY_SCORES; i++) {
        print_score(&score[i], out);
        count[score[i].state]++;
    }
    fprintf(out, "%zu at the aim, %zu met, %zu missed, %zu not measured of %d\n",
            count[EDY_SCORE_AIM], count[EDY_SCORE_MET], count[EDY_SCORE_MISSED],
            count[EDY_SCORE_SKIP], EDY_SCORES);
}
