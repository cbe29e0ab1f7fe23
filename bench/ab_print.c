/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/ab.h"
#include "bench/ping_pong.h"
#include "bench/print_text.h"

/* "189.2 us", "3.951 ms", "34.6 MiB" */
static const char *value_text(edy_ab_measure measure, double value, char text[32]) {
    if (measure == EDY_AB_RSS)
        snprintf(text, 32, "%.2f MiB", value / 1048576);
    else if (value < 1e6)
        snprintf(text, 32, "%.2f us", value / 1e3);
    else if (value < 1e9)
        snprintf(text, 32, "%.3f ms", value / 1e6);
    else
        snprintf(text, 32, "%.3f s", value / 1e9);
    return text;
}

static void print_side(const edy_ab *ab, const char *label, const edy_ab_side *side, FILE *out) {
    char median[32], low[32], high[32];
    double *sorted = malloc(ab->rounds * sizeof *sorted);
    if (!sorted)
        return;
    memcpy(sorted, side->value, ab->rounds * sizeof *sorted);
    edy_sort(sorted, ab->rounds);
    fprintf(out, "%-5s %s  (%s .. %s)  %s\n", label,
            value_text(ab->measure, edy_median_sorted(sorted, ab->rounds), median),
            value_text(ab->measure, sorted[0], low),
            value_text(ab->measure, sorted[ab->rounds - 1], high),
            side->facts.name[0] ? side->facts.name : side->command);
    free(sorted);
}

/* How much more base takes, in percent, of a ratio above 1. */
static double percent(double ratio) {
    return 100 * (ratio - 1);
}

static void print_verdict(const edy_ab *ab, FILE *out) {
    const edy_ratio *r = &ab->ratio;
    const char *faster = ab->measure == EDY_AB_RSS ? "smaller" : "faster";
    const char *slower = ab->measure == EDY_AB_RSS ? "larger" : "slower";
    char text[240];
    switch (ab->verdict) {
    case EDY_AB_FASTER:
        snprintf(text, sizeof text, "new is %s: base takes %.1f %% more (95 %%: %.1f .. %.1f %%).",
                 faster, percent(r->ratio), percent(r->low), percent(r->high));
        break;
    case EDY_AB_SLOWER:
        snprintf(text, sizeof text, "new is %s: it takes %.1f %% more (95 %%: %.1f .. %.1f %%).",
                 slower, percent(1 / r->ratio), percent(1 / r->high), percent(1 / r->low));
        break;
    case EDY_AB_SAME:
        snprintf(text, sizeof text,
                 "no difference seen: if there is one, it is below %.1f %% (95 %%).",
                 percent(fmax(r->high, 1 / r->low)));
        break;
    case EDY_AB_CANT_SAY:
        snprintf(text, sizeof text,
                 "cannot say: the interval holds 1 and reaches beyond %g %%; more rounds, longer "
                 "blocks or a quieter machine are needed.",
                 100 * ab->tolerance);
        break;
    }
    edy_print_wrapped(out, 0, text);
}

static void print_cores(const edy_ab *ab, FILE *out) {
    const char *before = edy_ping_pong_text(ab->ping_before_ns);
    const char *after = edy_ping_pong_text(ab->ping_after_ns);
    fprintf(out, "cores %s before (%.0f ns), %s after (%.0f ns)\n", before, ab->ping_before_ns,
            after, ab->ping_after_ns);
    if (strcmp(before, after) != 0)
        edy_print_wrapped(out, 6,
                          "the cores moved apart or together meanwhile: do not compare these times "
                          "with others; the ratio is of rounds in both states.");
}

void edy_ab_print(const edy_ab *ab, FILE *out) {
    print_side(ab, "base", &ab->base, out);
    print_side(ab, "new", &ab->now, out);
    if (ab->threads >= 2)
        print_cores(ab, out);
    fprintf(out, "ratio base/new %.3f, 95 %% interval %.3f .. %.3f, %zu rounds ABBA\n",
            ab->ratio.ratio, ab->ratio.low, ab->ratio.high, ab->rounds);
    print_verdict(ab, out);
}
